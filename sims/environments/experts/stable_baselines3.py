"""Actors out of the zip files of stable-baselines3, without unpickling anything.

Such a file holds tensors (`policy.pth`) and settings (`data`, JSON with pickled parts). The tensors are read by
torch's reader of plain weights, the settings as text; pickled parts stay unread. So the observation and action spaces,
which are pickled, come from the environment that the caller names, and statistics of VecNormalize, which
stable-baselines3 pickles in a file of their own, are handed in.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from os import PathLike
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import extra
from sims.environments._spaces import spaces_of
from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.evaluation import world_of
from sims.environments.experts.network import Network, Normalization
from sims.environments.experts.policies import Boltzmann, Greedy, NetworkPolicy, Noisy, Squashed, SquashedNoise
from sims.environments.experts.storage import Expert
from sims.sampled import Spaces

Tensors = dict[str, NDArray[Any]]

ACTIVATIONS = {f"<class 'torch.nn.modules.activation.{name}'>": name.lower() for name in ("Tanh", "ReLU")}
THEIRS = "stable_baselines3."
FLATTENS = "<class 'stable_baselines3.common.torch_layers.FlattenExtractor'>"
READ = "PPO, A2C, SAC, TD3, DDPG and DQN with MlpPolicy"


def from_stable_baselines3(
    path: str | PathLike[str], environment: str, *, normalization: Normalization | None = None
) -> Expert:
    """The expert in a zip file that `model.save` of stable-baselines3 wrote.

    Parameters
    ----------
    path : the file
    environment : Gymnasium id of the world that it was trained in
    normalization : mean, standard deviation and clip of its VecNormalize, if it was trained with one:
        ``Normalization(venv.obs_rms.mean, np.sqrt(venv.obs_rms.var + venv.epsilon), venv.clip_obs)``

    Returns
    -------
    Expert
        Without a card. TD3, DDPG and DQN have no stochastic version.

    Raises
    ------
    InvalidExpert
        If it is no such file, would have to be unpickled, is no actor of plain layers with tanh or relu between them,
        or its layers do not fit the spaces of the environment.
    """
    torch = extra("torch")
    members = _members(Path(path))
    try:
        loaded = torch.load(io.BytesIO(members["policy.pth"]), weights_only=True, map_location="cpu")
        tensors: Tensors = {name: x.detach().numpy() for name, x in loaded.items()}
    except UnpicklingError as error:
        raise InvalidExpert(
            f"policy.pth in {path} holds more than tensors; reading it would unpickle whatever it holds: refused.\n"
            "  Save it again with stable-baselines3 >= 2, which writes a state_dict."
        ) from error
    except (RuntimeError, EOFError, AttributeError, TypeError, ValueError) as error:
        raise InvalidExpert(f"policy.pth in {path} is damaged: {error!r}.") from error
    settings = _settings(members["data"], str(path))
    world = world_of(environment)
    spaces = spaces_of(world, environment)
    world.close()
    try:
        return _expert(tensors, settings, spaces, normalization)
    except InvalidExpert as error:
        raise InvalidExpert(f"{path} as an expert for {environment}: {error}") from None


def _expert(tensors: Tensors, settings: dict[str, Any], spaces: Spaces, normalization: Normalization | None) -> Expert:
    if settings.get("use_sde"):
        raise InvalidExpert("its noise depends on the state (use_sde=True), which is not read.")
    kwargs = settings.get("policy_kwargs") or {}
    own = settings.get("policy_class", {}).get("__module__", THEIRS)
    if not own.startswith(THEIRS):
        raise InvalidExpert(f"its policy is a class of {own}, not of {THEIRS[:-1]}; read are {READ}.")
    extracts = kwargs.get("features_extractor_class", FLATTENS) != FLATTENS
    if extracts or any("features_extractor." in name for name in tensors):
        raise InvalidExpert(f"it extracts features by layers of their own, such as those for images; read are {READ}.")

    def network(*layers: str, default: str) -> Network:
        named = [name for layer in layers for name in _linear(tensors, layer)]
        first = tensors[f"{named[0]}.weight"]
        seen = normalization or Normalization(np.zeros(first.shape[-1]), np.ones(first.shape[-1]))
        weights, biases = ([tensors[f"{name}.{part}"] for name in named] for part in ("weight", "bias"))
        return Network(seen, weights, biases, _activation(kwargs, default))

    policy: NetworkPolicy
    if "action_net.weight" in tensors:
        net = network("mlp_extractor.policy_net", "action_net", default="tanh")
        policy = Greedy(net, spaces)
        if spaces.discrete:
            return Expert(policy, Boltzmann(net, spaces), None)
        return Expert(policy, Noisy(net, spaces, tensors["log_std"], clip_mean=False), None)
    if "actor.log_std.weight" in tensors:
        mean = network("actor.latent_pi", "actor.mu", default="relu")
        log_std = network("actor.latent_pi", "actor.log_std", default="relu")
        return Expert(Squashed(mean, spaces), SquashedNoise(mean, spaces, log_std), None)
    if _linear(tensors, "actor.mu"):
        return Expert(Squashed(network("actor.mu", default="relu"), spaces), None, None)
    if _linear(tensors, "q_net.q_net"):
        return Expert(Greedy(network("q_net.q_net", default="relu"), spaces), None, None)
    raise InvalidExpert(f"it holds {', '.join(sorted(tensors)[:4])}, ...: no actor that is known; read are {READ}.")


def _linear(tensors: Tensors, prefix: str) -> list[str]:
    """Names of the affine layers at or under `prefix`, in their order."""
    if f"{prefix}.weight" in tensors:
        return [prefix]
    found = (re.fullmatch(rf"{re.escape(prefix)}\.(\d+)\.weight", name) for name in tensors)
    return [f"{prefix}.{i}" for i in sorted(int(match[1]) for match in found if match)]


def _activation(kwargs: dict[str, Any], default: str) -> str:
    if "activation_fn" not in kwargs:
        return default
    chosen = str(kwargs["activation_fn"])
    if chosen not in ACTIVATIONS:
        raise InvalidExpert(f"its activation is {chosen}; read are torch.nn.Tanh and torch.nn.ReLU.")
    return ACTIVATIONS[chosen]


def _settings(content: bytes, where: str) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except (TypeError, ValueError) as error:
        raise InvalidExpert(f"data in {where} is damaged: {error!r}.") from error


def _members(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in ("policy.pth", "data")}
    except FileNotFoundError:
        raise InvalidExpert(f"{path} does not exist.") from None
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise InvalidExpert(
            f"{path} is no zip file with policy.pth and data, as stable-baselines3 saves models: {error}.\n"
            "  A file that is pickled as a whole is refused: reading it would run whatever it holds."
        ) from error
