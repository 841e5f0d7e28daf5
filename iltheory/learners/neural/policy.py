"""Policies made of a network: numpy arrays that sampled worlds can ask, and files."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.neural import stored
from iltheory.learners.neural.heads import CategoricalHead, GaussianHead, PointHead
from iltheory.learners.neural.networks import FARTHEST, Architecture, Flat, PolicyNetwork
from iltheory.learners.neural.stored import InvalidCheckpoint
from sims.environments.experts.network import ACTIVATIONS, Network, Normalization
from sims.errors import require
from sims.sampled import ActionLaws, InvalidPolicy, SampledPolicy, Spaces

KIND = "iltheory policy"
NAME = "policy"


@dataclass(frozen=True, eq=False, repr=False)
class NeuralPolicy(SampledPolicy):
    """A policy network at rest: it computes in numpy and float64, and nothing trains it any more.

    Attributes
    ----------
    architecture : features, layers and head
    weights : arrays, by the names they have in :class:`PolicyNetwork`
    greedy : always play the most probable action; see :meth:`mode`
    """

    architecture: Architecture
    weights: dict[str, NDArray[Any]]
    greedy: bool = False

    @classmethod
    def of(cls, network: PolicyNetwork) -> NeuralPolicy:
        """The policy that a network is now: a copy."""
        weights = {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}
        return cls(network.architecture, weights)

    def __post_init__(self) -> None:
        features, activation = self.architecture.features, self.architecture.activation
        if isinstance(features, Flat):
            object.__setattr__(
                self, "_network", Network.from_tensors(self.weights, activation=activation, clip=FARTHEST)
            )
        else:
            object.__setattr__(self, "_table", _table(self.weights, activation))
        free = self.weights.get("free")
        object.__setattr__(self, "_free", None if free is None else free.astype(np.float64))

    @property
    def deterministic(self) -> bool:  # type: ignore[override]
        """Whether it plays one action everywhere."""
        return self.greedy or isinstance(self.architecture.head, PointHead)

    @property
    def stationary(self) -> bool:  # type: ignore[override]
        """Whether it does not see the step."""
        features = self.architecture.features
        return isinstance(features, Flat) or features.horizon is None

    def __repr__(self) -> str:
        mode = ", greedy" if self.greedy else ""
        return f"NeuralPolicy({self.architecture}, {sum(w.size for w in self.weights.values())} numbers{mode})"

    def outputs(self, observations: Any, steps: Any) -> NDArray[np.float64]:
        """What the last layer says, ``[m, head.outputs]``, of observations ``[m, ...]`` at steps ``[m]`` (from 0).

        Raises
        ------
        InvalidPolicy
            If the observations, or the steps, are not those it was made for.
        """
        features, observations = self.architecture.features, np.asarray(observations)
        if isinstance(features, Flat):
            if observations.shape[1:] != features.shape:
                raise InvalidPolicy(
                    f"observations have shape {observations.shape[1:]}, but the policy was made for "
                    f"{features.shape}: it belongs to another observation space."
                )
            outputs: NDArray[np.float64] = self._network(observations.reshape(len(observations), -1))  # type: ignore[attr-defined]
            return outputs
        table = self._table  # type: ignore[attr-defined]
        features.check(observations, steps)
        return np.asarray(table[features.index(observations, np.asarray(steps))])

    def laws(self, observations: Any, steps: Any) -> ActionLaws:
        """Laws of the action in observations ``[m, ...]`` at steps ``[m]``, from 0."""
        head = self.architecture.head
        answer = head.greedy_laws if self.greedy else head.sampled_laws
        laws: ActionLaws = answer(self.outputs(observations, steps), self._free)  # type: ignore[attr-defined]
        return laws

    def check(self, spaces: Spaces) -> None:
        """Raise ``InvalidPolicy`` unless it is a policy of a world with these spaces."""
        check_spaces(self.architecture, spaces)

    def mode(self) -> NeuralPolicy:
        """The policy that plays the most probable action everywhere."""
        return replace(self, greedy=True)

    def network(self, device: str = "cpu") -> PolicyNetwork:
        """The network again, to train it further."""
        import torch

        network = PolicyNetwork(self.architecture, torch.Generator())
        network.load_state_dict({name: torch.tensor(array) for name, array in self.weights.items()})
        network.to(device)
        return network

    def save(self, folder: str | PathLike[str]) -> None:
        """Write a folder with ``policy.safetensors`` and ``policy.json`` (architecture, shapes, versions, digests).

        Raises
        ------
        InvalidCheckpoint
            If the folder holds other files, or the disk is full or refuses; what was there before is unchanged.
        """
        meaning = {
            "kind": KIND,
            "architecture": self.architecture.as_json(),
            "greedy": self.greedy,
            "versions": versions(),
        }
        stored.write(Path(folder), NAME, self.weights, meaning)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> NeuralPolicy:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InvalidCheckpoint
            If a file is missing, damaged, pickled or of something else.
        """
        folder = Path(folder)
        if not folder.is_file() and not (folder / f"{NAME}.json").exists():
            inside = (folder / "policy" / f"{NAME}.json").exists()
            fix = f"This run's policy is in {folder / 'policy'}." if inside else "Give what NeuralPolicy.save wrote."
            raise InvalidCheckpoint(f"{folder / NAME}.json does not exist.\n  {fix}")
        arrays, meaning = stored.read(folder, NAME, KIND, mend="Restore it from a copy, or save the policy again.")
        try:
            architecture, greedy = Architecture.from_json(meaning["architecture"]), bool(meaning["greedy"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidCheckpoint(f"{folder / NAME}.json describes no policy: {error!r}.") from error
        found = {name: tuple(array.shape) for name, array in arrays.items()}
        if found != architecture.shapes:
            raise InvalidCheckpoint(
                f"{folder / NAME}.safetensors holds {found}, but the policy that {NAME}.json describes has "
                f"{architecture.shapes}."
            )
        return cls(architecture, arrays, greedy)


def check_spaces(architecture: Architecture, spaces: Spaces) -> None:
    """Raise ``InvalidPolicy`` unless a policy of this architecture fits a world with these spaces."""
    features, head = architecture.features, architecture.head
    seen = features.shape if isinstance(features, Flat) else ()
    if seen != spaces.observation_shape:
        raise InvalidPolicy(
            f"the policy was made for observations of shape {seen}, the world shows {spaces.observation_shape}: they "
            "are of different observation spaces."
        )
    made = f"{head.n_actions} actions" if isinstance(head, CategoricalHead) else f"vectors of {head.action_shape[0]}"
    wanted = f"{spaces.n_actions} actions" if spaces.discrete else f"vectors of {spaces.action_shape[0]}"
    if made != wanted:
        raise InvalidPolicy(f"the policy chooses from {made}, the world takes {wanted}.")


def versions() -> dict[str, str]:
    """What runs: for cards and checkpoints."""
    from importlib.metadata import version

    return {"python": sys.version.split()[0], **{name: version(name) for name in ("iltheory", "numpy", "torch")}}


def _table(weights: dict[str, NDArray[Any]], activation: str) -> NDArray[np.float64]:
    """Outputs for every state (or step and state): the first layer holds a row for each."""
    rows: NDArray[np.float64] = weights["layers.0.weight"].astype(np.float64)
    n = sum(name.startswith("layers.") for name in weights) // 2 + 1
    if n == 1:
        return rows
    width = rows.shape[1]
    others: Network = Network(
        Normalization(np.zeros(width), np.ones(width)),
        [weights[f"layers.{i}.weight"] for i in range(1, n)],
        [weights[f"layers.{i}.bias"] for i in range(1, n)],
        activation,
    )
    outputs: NDArray[np.float64] = others(ACTIVATIONS[activation](rows))
    return outputs


def architecture_for(spaces: Spaces, architecture: Architecture | None) -> Architecture:
    """The architecture given, if it fits a world; without one, two layers of 32 with a softmax or a Gaussian.

    Raises
    ------
    InvalidPolicy
        If it does not fit, or is needed because observations are indices of states.
    """
    if architecture is None:
        if not spaces.observation_shape:
            raise InvalidPolicy(
                "observations are indices of states, and the number of states is not known here.\n"
                "  Give architecture=Architecture(OneHot(n_states, horizon), CategoricalHead(n_actions), hidden=())."
            )
        n, shape = spaces.n_actions, spaces.action_shape
        return Architecture(Flat(spaces.observation_shape), GaussianHead(shape[0]) if n is None else CategoricalHead(n))
    require("architecture", architecture, Architecture, "Architecture(Flat((4,)), CategoricalHead(2))")
    check_spaces(architecture, spaces)
    return architecture
