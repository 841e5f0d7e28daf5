"""Demonstrations as tensors: every transition, and where trajectories start."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from iltheory.learners.online import count
from sims.datasets import InvalidDataset, Trajectories
from sims.errors import InvalidArgument, require
from sims.sampled import SampledMDP, Spaces


@dataclass(frozen=True, eq=False)
class Transitions:
    """n transitions, and the m observations that trajectories start with.

    Attributes
    ----------
    observations, next_observations : ``[n, ...]``
    actions : ``[n]`` int64, or ``[n, d]``
    absorbing : bools ``[n]``: the world ended the episode here, so that the next state is absorbing. A time limit is
        no end: where a trajectory was truncated, or its recording stops, the next observation is an ordinary one.
    steps : int64 ``[n]``, steps taken before in the episode: 0 at its first action
    weights : ``[n]``, positive, with mean 1; all 1 unless something is weighted
    starts : ``[m, ...]``, first observations of the trajectories, whether their transitions were kept or not
    """

    observations: Any
    actions: Any
    next_observations: Any
    absorbing: Any
    steps: Any
    weights: Any
    starts: Any

    def __len__(self) -> int:
        return len(self.observations)

    def take(self, index: Any) -> Transitions:
        """The transitions at positions ``[k]``, with all starts."""
        parts = {field.name: getattr(self, field.name)[index] for field in fields(self) if field.name != "starts"}
        return replace(self, **parts)

    @property
    def digest(self) -> str:
        """Sha256 of all entries."""
        content = hashlib.sha256()
        for field in fields(self):
            array = getattr(self, field.name).cpu().numpy()
            content.update(f"{field.name} {array.dtype} {array.shape}".encode() + array.tobytes())
        return content.hexdigest()

    def to(self, device: str) -> Transitions:
        """The same on a device."""
        return Transitions(*(getattr(self, field.name).to(device) for field in fields(self)))


def transitions(
    demos: Trajectories,
    spaces: Spaces,
    *,
    subsample: int = 1,
    rng: np.random.Generator | None = None,
    dtype: Any = torch.float32,
    device: str = "cpu",
) -> Transitions:
    """Tensors of all transitions of trajectories.

    Parameters
    ----------
    demos : recorded in a world with these spaces
    spaces : shapes of observations and actions
    subsample : keep every k-th transition of a trajectory, from a first one that is drawn uniformly among the first k
        (Ho and Ermon 2016; Garg et al. 2021). Next observations stay those of the very next step.
    rng : draws the first ones; needed if ``subsample > 1``
    dtype : of observations and vector actions; indices of states are int64

    Raises
    ------
    InvalidDataset
        If nothing is shown, or observations or actions are of another space.
    InvalidArgument
        If an option is out of range.
    """
    require("demos", demos, Trajectories, "mdp.roll(expert, 10, rng).trajectories()")
    if not demos.lengths.any():
        raise InvalidDataset("demos have no step at all: they show nothing of the expert.")
    _check({"observations": demos.states, "actions": demos.actions}, spaces)
    h, observations, actions = demos.steps()
    owner = np.repeat(np.arange(len(demos)), demos.lengths)
    final = np.zeros(len(h), dtype=np.bool_)
    final[demos.offsets[1:][demos.lengths > 0] - 1] = True
    kept = _kept(h, owner, len(demos), count("subsample", subsample), rng)

    arrays = {
        "observations": observations[kept],
        "actions": actions[kept],
        "next_observations": demos.states[kept + owner[kept] + 1],
        "absorbing": (final & demos.terminated[owner])[kept],
        "steps": h[kept],
        "weights": np.ones(len(kept)),
        "starts": demos.states[(demos.offsets[:-1] + np.arange(len(demos)))[demos.lengths > 0]],
    }
    kinds = _kinds(spaces, dtype)
    return Transitions(
        **{
            name: torch.tensor(np.ascontiguousarray(array), dtype=kinds[name], device=device)
            for name, array in arrays.items()
        }
    )


def shown(
    demos: Trajectories | Transitions,
    spaces: Spaces,
    rng: np.random.Generator,
    *,
    dtype: Any,
    device: str,
    horizon: int | None = None,
) -> Transitions:
    """Demonstrations of a learner, with weights of mean 1: transitions that are given, or all those of trajectories.

    Parameters
    ----------
    horizon : H, of a learner that compares the laws of H steps: of each trajectory the first H are shown. One that goes
        on is truncated there, and does not get to the absorbing state.

    Raises
    ------
    InvalidDataset
        If nothing is shown, an entry is not finite in ``dtype``, or observations or actions are of another space.
    """
    if isinstance(demos, Transitions):
        _check_tensors(demos, spaces)
    else:
        demos = transitions(demos, spaces, rng=rng, dtype=dtype)
    data = Transitions(**{name: getattr(demos, name).to(device, kind) for name, kind in _kinds(spaces, dtype).items()})
    for name, x in vars(data).items():
        if not torch.isfinite(x).all():
            raise InvalidDataset(f"{name} of demos have an entry that is not finite in {x.dtype}.")
    if horizon is not None:
        data = data.take(data.steps < horizon)
        if not len(data):
            raise InvalidDataset(f"demos show none of the first {horizon} steps, the horizon of the world.")
    return replace(data, weights=data.weights / data.weights.mean())


def spaces_of(world: SampledMDP | Spaces) -> Spaces:
    """The spaces of a world, which may be given instead of it."""
    if isinstance(world, SampledMDP):
        return world.spaces
    require("world", world, Spaces, "a SampledMDP, or its Spaces(observation_shape=(4,), n_actions=2)")
    return world


def _kept(h: Any, owner: Any, n: int, k: int, rng: np.random.Generator | None) -> Any:
    """Positions of the transitions that are kept."""
    if k == 1:
        return np.arange(len(h))
    if not isinstance(rng, np.random.Generator):
        raise InvalidArgument(
            f"subsample={k}: the first transition is drawn, so give rng=numpy.random.default_rng(seed)."
        )
    lengths = np.bincount(owner, minlength=n)
    first = rng.integers(np.clip(lengths, 1, k))
    return np.flatnonzero((h - first[owner]) % k == 0)


def _kinds(spaces: Spaces, dtype: Any) -> dict[str, Any]:
    """Dtypes of the tensors of transitions."""
    seen = dtype if spaces.observation_shape else torch.int64
    taken = torch.int64 if spaces.discrete else dtype
    kinds = (seen, taken, seen, torch.bool, torch.int64, dtype, seen)
    return dict(zip((field.name for field in fields(Transitions)), kinds, strict=True))


def _check(arrays: Mapping[str, Any], spaces: Spaces) -> None:
    """Raise ``InvalidDataset`` unless arrays, or tensors, hold observations and ``actions`` of a world."""
    for name, array in arrays.items():
        shape = spaces.action_shape if name == "actions" else spaces.observation_shape
        if array.shape[1:] != shape:
            raise InvalidDataset(
                f"{name} of demos have shape {tuple(array.shape[1:])}, those of the world {shape}: the demonstrations "
                "are of another world."
            )
        if shape == () and "int" not in str(array.dtype):
            raise InvalidDataset(f"{name} of demos are {array.dtype}, those of the world are numbered from 0.")
        if shape == () and array.min() < 0:
            raise InvalidDataset(f"{name} of demos contain {array.min()}, those of the world are numbered from 0.")
    if spaces.n_actions is not None and arrays["actions"].max() >= spaces.n_actions:
        raise InvalidDataset(f"demos take action {arrays['actions'].max()}, the world has {spaces.n_actions}, from 0.")


def _check_tensors(demos: Transitions, spaces: Spaces) -> None:
    """Raise ``InvalidDataset`` unless transitions, which anybody can make, are some of a world."""
    tensors = vars(demos)
    for name, x in tensors.items():
        if not isinstance(x, torch.Tensor) or x.ndim == 0 or len(x) == 0:
            raise InvalidDataset(f"{name} of demos are {x!r:.60}: make them with transitions(trajectories, spaces).")
        if name != "starts" and len(x) != len(demos):
            raise InvalidDataset(f"demos have {len(demos)} observations, but {len(x)} {name}.")
    for name, kind in (("absorbing", "bool"), ("steps", "int"), ("weights", "float")):
        x = tensors[name]
        if x.ndim != 1 or kind not in str(x.dtype):
            raise InvalidDataset(f"{name} of demos are {x.dtype} of shape {tuple(x.shape)}, not {kind}s, one for each.")
    _check({name: tensors[name] for name in ("observations", "actions", "next_observations", "starts")}, spaces)
    if demos.steps.min() < 0:
        raise InvalidDataset(f"steps of demos contain {demos.steps.min()}: the first action of an episode has step 0.")
    if not demos.weights.min() > 0:
        raise InvalidDataset(f"weights of demos contain {demos.weights.min()}, but must be positive.")
