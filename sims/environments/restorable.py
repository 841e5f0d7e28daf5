"""Simulators whose full states can be saved, chosen from and continued: counterfactuals, values at chosen states."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sims.environments.errors import InvalidEnvironment
from sims.sampled import SampledPolicy, Simulator, Spaces, Step
from sims.sampled.simulator import Array, Floats, Mask


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Full states of n copies of one world; ``snapshot[indices]`` chooses some, with repetitions if wanted.

    Attributes
    ----------
    states : ``[n, ...]``, what the simulator that took them continues from
    observations : ``[n, ...]``, what the copies observed last
    running : bools ``[n]``, false where the episode has terminated
    """

    states: NDArray[Any]
    observations: Array
    running: Mask

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, indices: Any) -> Snapshot:
        rows = np.atleast_1d(np.arange(len(self))[indices])
        return Snapshot(self.states[rows], self.observations[rows], self.running[rows])


class RestorableSimulator(Simulator):
    """n copies whose full states can be saved and restored; a copy that terminated stands still and is paid nothing.

    Subclasses start copies (:meth:`_start`), move those that run (:meth:`_move`), save (:meth:`_states`) and continue
    them (:meth:`_resume`). The arrays they return are theirs to keep: none is written to later.

    Parameters
    ----------
    name : of the world
    n : number of copies, at least 1
    spaces : what its observations and actions look like

    Raises
    ------
    InvalidEnvironment
        If n is no number of copies.
    """

    def __init__(self, name: str, n: int, spaces: Spaces) -> None:
        if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
            raise InvalidEnvironment(f"n={n!r}: must be a whole number of copies of {name}, at least 1.")
        self.name, self.n, self.spaces = name, int(n), spaces
        self._observations: Array = np.zeros(0)
        self._running: Mask | None = None

    def reset(self, rng: np.random.Generator) -> Array:
        """Start a new episode in every copy, with all its randomness from `rng`; observations ``[n, ...]``."""
        self._observations, self._running = self._start(rng), np.ones(self.n, dtype=np.bool_)
        return self._observations

    def step(self, actions: Array) -> Step:
        """Take one action ``[n, ...]`` in every copy, as it is: whether to clip actions is the policy's matter.

        Raises
        ------
        InvalidEnvironment
            If an action is none of this world, or nothing was reset.
        """
        running, taken = self._started(), self._checked(actions)
        rewards, terminated, observations = np.zeros(self.n), ~running, self._observations.copy()
        if running.any():
            observations[running], rewards[running], terminated[running] = self._move(taken, np.flatnonzero(running))
        self._observations, self._running = observations, ~terminated
        return Step(observations, rewards, terminated)

    def snapshot(self) -> Snapshot:
        """Save the full states of all copies, their randomness included."""
        running = self._started()
        return Snapshot(self._states(), self._observations.copy(), running.copy())

    def restore(self, snapshot: Snapshot, rng: np.random.Generator | None = None) -> Array:
        """Continue every copy from a saved state, possibly one of another simulator of the same world.

        Parameters
        ----------
        snapshot : n states
        rng : if given, all randomness from here on comes from it, independent for each copy; if not, what follows is
            what followed the snapshot, bit for bit, as long as actions are the same

        Returns
        -------
        array ``[n, ...]``
            The observations at those states.

        Raises
        ------
        InvalidEnvironment
            If there are not n states, or they are of another world.
        """
        if len(snapshot) != self.n or snapshot.observations.shape[1:] != self.spaces.observation_shape:
            raise InvalidEnvironment(
                f"snapshot has {len(snapshot)} states with observations of shape {snapshot.observations.shape[1:]}; "
                f"these are {self.n} copies of {self.name} with {self.spaces.observation_shape}.\n"
                "  Choose as many states as there are copies: snapshot[indices]."
            )
        self._resume(snapshot, rng)
        self._observations, self._running = snapshot.observations.copy(), snapshot.running.copy()
        return self._observations

    @abstractmethod
    def _start(self, rng: np.random.Generator) -> Array:
        """Start an episode in every copy; observations ``[n, ...]``."""

    @abstractmethod
    def _move(self, actions: Array, moving: NDArray[np.intp]) -> Step:
        """Step the m copies `moving`, with actions ``[n, ...]`` of all; what they return, ``[m, ...]``."""

    @abstractmethod
    def _states(self) -> NDArray[Any]:
        """Full states ``[n, ...]``."""

    @abstractmethod
    def _resume(self, snapshot: Snapshot, rng: np.random.Generator | None) -> None:
        """Continue from full states."""

    def _started(self) -> Mask:
        if self._running is None:
            raise InvalidEnvironment(f"{self.name} was not started: call reset(rng) first.")
        return self._running

    def _checked(self, actions: Any) -> Array:
        taken, spaces = np.asarray(actions), self.spaces
        if taken.shape != (self.n, *spaces.action_shape) or taken.dtype.kind not in (
            "iu" if spaces.discrete else "fiu"
        ):
            raise InvalidEnvironment(
                f"actions have shape {taken.shape} and type {taken.dtype}; {self.n} copies of {self.name} take "
                f"{(self.n, *spaces.action_shape)}, {'whole numbers' if spaces.discrete else 'floats'}."
            )
        if spaces.n_actions is not None:
            wrong = (taken < 0) | (taken >= spaces.n_actions)
        else:
            wrong = ~np.isfinite(taken).all(axis=-1)
        if wrong.any():
            i = int(np.argmax(wrong))
            fix = "finite numbers" if spaces.n_actions is None else f"0, ..., {spaces.n_actions - 1}"
            raise InvalidEnvironment(f"actions[{i}] is {taken[i]}; actions of {self.name} are {fix}.")
        return taken


def rewards_from(
    simulator: RestorableSimulator,
    snapshot: Snapshot,
    policy: SampledPolicy,
    rng: np.random.Generator,
    *,
    step: int,
    horizon: int,
    first: ArrayLike | None = None,
) -> Floats:
    """Rewards of following a policy from saved states to the horizon: samples of its values there.

    Parameters
    ----------
    simulator : n copies of the world
    snapshot : n states; ``snapshot[np.repeat(i, n)]`` for n samples at one state
    policy : that goes on from there
    rng : all randomness, of the world and the policy, independent for each copy
    step : steps that were taken before the snapshot
    horizon : number of steps of an episode
    first : actions ``[n, ...]`` to take instead of the policy's first: then these are samples of ``Q(s, a)``

    Returns
    -------
    array ``[n, horizon - step]``
        As the world pays them, not clipped; 0 once it terminated.

    Raises
    ------
    InvalidEnvironment
        If `step` is no step before the horizon, or the snapshot or an action does not fit.
    """
    if not 0 <= step < horizon:
        raise InvalidEnvironment(f"step={step}: must be from 0 to {horizon - 1}, before the horizon={horizon}.")
    policy.check(simulator.spaces)
    world, actor = rng.spawn(2)
    observations, running = simulator.restore(snapshot, world), snapshot.running.copy()
    rewards = np.zeros((simulator.n, horizon - step))
    for h in range(step, horizon):
        if not running.any():
            break
        actions = simulator.spaces.no_actions(simulator.n)
        if h == step and first is not None:
            actions = np.asarray(first)
        else:
            laws = policy.laws(observations[running], np.full(int(running.sum()), h))
            actions[running] = laws.sample(actor)
        observations, rewards[:, h - step], terminated = simulator.step(actions)
        running = ~terminated
    return rewards


def seeds(rng: np.random.Generator, n: int) -> list[int]:
    """One seed a copy, drawn from a generator, for worlds that start from seeds."""
    return [int(seed) for seed in rng.integers(2**31, size=n)]
