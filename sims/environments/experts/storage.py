"""Experts as files: weights as safetensors, and a card in JSON with the check sums of both. Nothing is unpickled."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.datasets._atomic import replacing
from sims.environments import atari
from sims.environments._make import extra
from sims.environments.experts.card import Card
from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.network import Network
from sims.environments.experts.policies import Boltzmann, Greedy, NetworkPolicy, Noisy
from sims.sampled import SampledPolicy, Spaces

Array = NDArray[Any]

SHIPPED = Path(__file__).parent / "weights"
PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib")


@dataclass(frozen=True)
class Expert:
    """A policy worth imitating.

    Attributes
    ----------
    policy : the deterministic version
    stochastic : the version with densities that are positive everywhere (softmax, or normal noise); None where the
        expert's source defines none
    card : where it comes from and what it returns; None for an expert of somebody else's
    """

    policy: NetworkPolicy
    stochastic: SampledPolicy | None
    card: Card | None


def versions(network: Network, log_std: Array | None, spaces: Spaces) -> tuple[Greedy, SampledPolicy]:
    """The deterministic and the stochastic version of a network."""
    if spaces.discrete:
        return Greedy(network, spaces), Boltzmann(network, spaces)
    if log_std is None:
        raise InvalidExpert("the tensor log_std is missing: action vectors need a standard deviation.")
    return Greedy(network, spaces), Noisy(network, spaces, log_std, clip_mean=True)


def shipped() -> tuple[str, ...]:
    """The ids of the experts that come with the project, sorted."""
    return _ids(SHIPPED)


def cards(*, folder: str | PathLike[str] | None = None) -> tuple[Card, ...]:
    """The cards of the experts that are shipped, or in a folder, sorted by id.

    Raises
    ------
    InvalidExpert
        If there is no such folder, or one of them cannot be read.
    """
    root = SHIPPED if folder is None else Path(folder)
    return tuple(read_card(root / f"{id}.json") for id in _ids(root))


def load(id: str, *, folder: str | PathLike[str] | None = None) -> Expert:
    """An expert by its id, from those that are shipped or from a folder that training wrote.

    Parameters
    ----------
    id : such as ``Hopper-v5``; :func:`shipped` lists them
    folder : where `python -m sims.environments.experts` wrote it; default: the shipped ones

    Raises
    ------
    InvalidExpert
        If the id is unknown, the card or the weights are damaged, or a pickled file is given.
    """
    root = SHIPPED if folder is None else Path(folder)
    if Path(id).suffix in PICKLED:
        raise InvalidExpert(
            f"{id} is pickled: reading it would run whatever it holds, so it is refused.\n"
            "  Give the zip file of stable-baselines3 to from_stable_baselines3, or save the tensors as safetensors."
        )
    if Path(id).suffix == ".zip":
        raise InvalidExpert(f"{id} is no id.\n  experts.from_stable_baselines3(path, environment) reads zip files.")
    known = _ids(root)
    if id not in known and not (root / f"{id}.json").exists():
        if (game := atari.find(id)) is not None:
            raise InvalidExpert(f"{game} is the table of a game.\n  experts.game_expert({game!r}) solves it.")
        near = get_close_matches(id, known, n=3, cutoff=0.5)
        where = "shipped" if folder is None else f"in {root}"
        raise InvalidExpert(
            f"no expert {id!r} is {where}"
            + (f"; near it: {', '.join(near)}." if near else ".")
            + f"\n  There are: {', '.join(known) or 'none'}."
        )
    card = read_card(root / f"{id}.json")
    tensors = _read_weights(root / f"{id}.safetensors", card.sha256)
    clip = np.inf if card.clip is None else card.clip
    network = Network.from_tensors(tensors, activation=card.activation, clip=clip)
    policy, stochastic = versions(network, tensors.get("log_std"), card.spaces)
    return Expert(policy, stochastic, card)


def read_card(path: Path) -> Card:
    """The card in a file.

    Raises
    ------
    InvalidExpert
        If it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidExpert(f"{path} cannot be read: {error}.\n  Install or train it again.") from error
    return Card.from_json(text, str(path))


def weights_bytes(network: Network, log_std: Array | None) -> bytes:
    """The file of weights; numbers that are float32 numbers are kept as such."""
    tensors = network.tensors() | ({} if log_std is None else {"log_std": log_std})
    return bytes(extra("safetensors.numpy").save({name: _narrow(x) for name, x in tensors.items()}))


def write(folder: Path, card: Card, weights: bytes) -> None:
    """Write the two files of an expert, each wholly or not at all; the card, which vouches for the weights, last."""
    for suffix, content in ((".safetensors", weights), (".json", card.to_json().encode())):
        with replacing(folder / f"{card.id}{suffix}", error=InvalidExpert) as new:
            new.write_bytes(content)


def check_sum(weights: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(weights).hexdigest()


def _ids(folder: Path) -> tuple[str, ...]:
    """Names of the cards that have weights beside them: other JSON is none of ours."""
    if not folder.is_dir():
        raise InvalidExpert(f"{folder} is no folder.\n  python -m sims.environments.experts writes one.")
    return tuple(sorted(path.stem for path in folder.glob("*.json") if path.with_suffix(".safetensors").exists()))


def _read_weights(path: Path, wanted: str) -> dict[str, Array]:
    safetensors = extra("safetensors.numpy")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidExpert(f"{path} cannot be read: {error}.\n  Install or train it again.") from error
    found = check_sum(content)
    if found != wanted:
        raise InvalidExpert(
            f"{path} is not the file that its card describes: SHA-256 is {found}, the card says {wanted}.\n"
            "  It is damaged or was changed; install or train it again."
        )
    tensors: dict[str, Array] = safetensors.load(content)
    return tensors


def _narrow(x: Array) -> Array:
    narrow = x.astype(np.float32, order="C")
    return narrow if np.array_equal(narrow, x) else x
