"""Demonstrations as tensors: every transition, and where trajectories start."""

from __future__ import annotations

import hashlib
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
    _check(demos, spaces)
    h, observations, actions = demos.steps()
    owner = np.repeat(np.arange(len(demos)), demos.lengths)
    final = np.zeros(len(h), dtype=np.bool_)
    final[demos.offsets[1:][demos.lengths > 0] - 1] = True
    kept = _kept(h, owner, len(demos), count("subsample", subsample), rng)

    def tensor(array: Any, kind: Any) -> Any:
        return torch.tensor(np.ascontiguousarray(array), dtype=kind, device=device)

    seen = torch.int64 if not spaces.observation_shape else dtype
    return Transitions(
        observations=tensor(observations[kept], seen),
        actions=tensor(actions[kept], torch.int64 if spaces.discrete else dtype),
        next_observations=tensor(demos.states[kept + owner[kept] + 1], seen),
        absorbing=tensor((final & demos.terminated[owner])[kept], torch.bool),
        steps=tensor(h[kept], torch.int64),
        weights=torch.ones(len(kept), dtype=dtype, device=device),
        starts=tensor(demos.states[(demos.offsets[:-1] + np.arange(len(demos)))[demos.lengths > 0]], seen),
    )


def shown(
    demos: Trajectories | Transitions, spaces: Spaces, rng: np.random.Generator, *, dtype: Any, device: str
) -> Transitions:
    """Demonstrations of a learner: transitions as they are, or all those of trajectories."""
    if isinstance(demos, Transitions):
        return demos.to(device)
    return transitions(demos, spaces, rng=rng, dtype=dtype, device=device)


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


def _check(demos: Trajectories, spaces: Spaces) -> None:
    if not demos.lengths.any():
        raise InvalidDataset("demos have no step at all: they show nothing of the expert.")
    for name, array, shape in (
        ("observations", demos.states, spaces.observation_shape),
        ("actions", demos.actions, spaces.action_shape),
    ):
        if array.shape[1:] != shape:
            raise InvalidDataset(
                f"{name} of demos have shape {array.shape[1:]}, those of the world {shape}: the demonstrations are of "
                "another world."
            )
        if shape == () and array.dtype.kind not in "iu":
            raise InvalidDataset(f"{name} of demos are {array.dtype}, those of the world are numbered from 0.")
    if spaces.n_actions is not None and demos.actions.max() >= spaces.n_actions:
        raise InvalidDataset(f"demos take action {demos.actions.max()}, the world has {spaces.n_actions}, from 0.")
