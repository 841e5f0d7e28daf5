"""A batch of recorded trajectories, stored flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sims.datasets.errors import InvalidDataset

Array = NDArray[Any]


class Trajectory(NamedTuple):
    """One trajectory of T steps: `states` (T+1, ...), `actions` (T, ...), `rewards` (T,) or None, its end."""

    states: Array
    actions: Array
    rewards: Array | None
    terminated: bool
    truncated: bool


class Steps(NamedTuple):
    """The steps of all trajectories, end to end: index `h` (from 0), the state left, the action taken."""

    h: NDArray[np.intp]
    state: Array
    action: Array


@dataclass(frozen=True, eq=False, repr=False)
class Trajectories:
    """Recorded trajectories of possibly different lengths, one after another in flat arrays.

    Trajectory `i` has `T = offsets[i+1] - offsets[i]` steps: actions and rewards `offsets[i] : offsets[i+1]`,
    and the `T + 1` states `offsets[i]+i : offsets[i+1]+i+1`, the last of which no action follows.

    Parameters
    ----------
    states : array (n_steps + n_trajectories, ...)
        Integers without trailing axes are state indices (not negative); anything else is an observation.
    actions : array (n_steps, ...)
        The same for actions.
    rewards : array (n_steps,) or None
        One real number a step, kept as float64; None if they were not recorded.
    terminated, truncated : bool array (n_trajectories,)
        Whether the environment ended the trajectory, and whether something outside it (a time limit) cut it.
        Both may be true, as in Gymnasium; both false means that the recording just stops.
    offsets : int array (n_trajectories + 1,)
        Where each trajectory starts in `actions`; begins with 0, ends with n_steps.

    Raises
    ------
    InvalidDataset
        If lengths disagree, offsets decrease, a number is not finite, an index is negative, or a dtype is not
        an integer or a float of at most 64 bits (flags: bool).
    """

    states: Array
    actions: Array
    rewards: Array | None
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    offsets: NDArray[np.intp]

    def __post_init__(self) -> None:
        offsets = _offsets(self.offsets)
        n, total = len(offsets) - 1, int(offsets[-1])
        checked: dict[str, Array | None] = {
            "states": _entries("states", self.states, total + n, offsets + np.arange(n + 1)),
            "actions": _entries("actions", self.actions, total, offsets),
            "rewards": None if self.rewards is None else _rewards(self.rewards, total, offsets),
            "terminated": _flags("terminated", self.terminated, n),
            "truncated": _flags("truncated", self.truncated, n),
            "offsets": offsets,
        }
        for name, array in checked.items():
            if array is not None:
                array = array.view()
                array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def from_arrays(
        cls,
        states: ArrayLike,
        actions: ArrayLike,
        rewards: ArrayLike | None,
        terminated: ArrayLike,
        truncated: ArrayLike,
    ) -> Trajectories:
        """N trajectories of the same H steps, from rectangular arrays.

        Parameters
        ----------
        states : array (N, H+1, ...)
        actions : array (N, H, ...)
        rewards : array (N, H) or None
        terminated, truncated : bool array (N,)

        Raises
        ------
        InvalidDataset
            If the leading axes disagree, or for what `Trajectories` refuses.
        """
        s, a = np.asarray(states), np.asarray(actions)
        r = None if rewards is None else np.asarray(rewards)
        if s.ndim < 2 or a.ndim < 2 or a.shape[:2] != (s.shape[0], s.shape[1] - 1):
            raise InvalidDataset(
                f"states have shape {s.shape} and actions {a.shape}.\n"
                "  N trajectories of H steps are states (N, H+1, ...) and actions (N, H, ...)."
            )
        n, horizon = a.shape[:2]
        if r is not None and r.shape != (n, horizon):
            raise InvalidDataset(f"rewards have shape {r.shape} (should be {(n, horizon)}: one a step).")
        return cls(
            states=s.reshape(n * (horizon + 1), *s.shape[2:]),
            actions=a.reshape(n * horizon, *a.shape[2:]),
            rewards=None if r is None else r.reshape(n * horizon),
            terminated=np.asarray(terminated),
            truncated=np.asarray(truncated),
            offsets=np.arange(n + 1) * horizon,
        )

    @classmethod
    def concatenate(cls, batches: Sequence[Trajectories]) -> Trajectories:
        """The trajectories of all `batches`, in order.

        Raises
        ------
        InvalidDataset
            If there is no batch, if they differ in dtype or shape of a state or an action (nothing is
            converted), or if only some have rewards.
        """
        if not batches:
            raise InvalidDataset("batches is empty: give at least one Trajectories.")
        for name in ("states", "actions"):
            kinds = [kind(getattr(batch, name)) for batch in batches]
            for i, own in enumerate(kinds):
                if own != kinds[0]:
                    raise InvalidDataset(
                        f"{name} of batches[{i}] are {own}, of batches[0] {kinds[0]}.\n"
                        "  Convert one of them first: nothing is converted silently."
                    )
        rewards = [b.rewards for b in batches if b.rewards is not None]
        if len(rewards) not in (0, len(batches)):
            raise InvalidDataset(f"{len(rewards)} of {len(batches)} batches have rewards (should be all or none).")
        return cls(
            states=np.concatenate([b.states for b in batches]),
            actions=np.concatenate([b.actions for b in batches]),
            rewards=np.concatenate(rewards) if rewards else None,
            terminated=np.concatenate([b.terminated for b in batches]),
            truncated=np.concatenate([b.truncated for b in batches]),
            offsets=np.concatenate([[0], np.cumsum(np.concatenate([b.lengths for b in batches]))]),
        )

    def __len__(self) -> int:
        return len(self.terminated)

    def __getitem__(self, i: int) -> Trajectory:
        if not -len(self) <= index(i) < len(self):
            raise IndexError(f"trajectory {i} of {len(self)}")
        i = index(i) % len(self)
        start, stop = int(self.offsets[i]), int(self.offsets[i + 1])
        return Trajectory(
            states=self.states[start + i : stop + i + 1],
            actions=self.actions[start:stop],
            rewards=None if self.rewards is None else self.rewards[start:stop],
            terminated=bool(self.terminated[i]),
            truncated=bool(self.truncated[i]),
        )

    def __iter__(self) -> Iterator[Trajectory]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return (
            f"Trajectories({len(self)} trajectories, {len(self.actions)} steps, states {kind(self.states)}, "
            f"actions {kind(self.actions)}, {'no rewards' if self.rewards is None else 'rewards'}, "
            f"{int(self.terminated.sum())} terminated, {int(self.truncated.sum())} truncated)"
        )

    @property
    def lengths(self) -> NDArray[np.intp]:
        """Number of steps of each trajectory, shape (n_trajectories,)."""
        return np.diff(self.offsets)

    def steps(self) -> Steps:
        """Every step of every trajectory as flat arrays (n_steps,): its index `h`, its state, its action."""
        owner = self._owner()
        return Steps(
            h=np.arange(len(owner)) - self.offsets[owner],
            state=self.states[np.arange(len(owner)) + owner],
            action=self.actions,
        )

    def counts(self, horizon: int, n_states: int, n_actions: int) -> NDArray[np.intp]:
        """How often action `a` was taken in state `s` at step `h`: array (horizon, n_states, n_actions).

        Raises
        ------
        InvalidDataset
            If states or actions are not indices, if one is out of range, or if a trajectory is longer than
            `horizon`.
        """
        for name, array, size in (("states", self.states, n_states), ("actions", self.actions, n_actions)):
            if not are_indices(array):
                raise InvalidDataset(f"{name} are {kind(array)}, not indices: they cannot be counted.")
            if array.size and array.max() >= size:
                raise InvalidDataset(
                    f"{name} contain {array.max()}, but n_{name} is {size}.\n  Indices run from 0 to n - 1."
                )
        if self.lengths.max() > horizon:
            i = int(self.lengths.argmax())
            raise InvalidDataset(f"trajectory {i} has {self.lengths[i]} steps, but horizon is {horizon}.")
        h, state, action = self.steps()
        shape = (horizon, n_states, n_actions)
        cells = np.ravel_multi_index((h, state.astype(np.intp), action.astype(np.intp)), shape)
        return np.bincount(cells, minlength=horizon * n_states * n_actions).reshape(shape)

    def returns(self) -> NDArray[np.float64]:
        """Undiscounted sum of rewards of each trajectory, shape (n_trajectories,).

        Raises
        ------
        InvalidDataset
            If rewards were not recorded.
        """
        if self.rewards is None:
            raise InvalidDataset("rewards were not recorded: there are no returns.")
        sums: NDArray[np.float64] = np.bincount(self._owner(), self.rewards, len(self)).astype(np.float64)
        return sums

    def _owner(self) -> NDArray[np.intp]:
        """For each step, the number of its trajectory."""
        return np.repeat(np.arange(len(self)), self.lengths)


def are_indices(array: Array) -> bool:
    """Whether states (or actions) are indices: integers without trailing axes."""
    return array.ndim == 1 and array.dtype.kind in "iu"


def kind(array: Array) -> str:
    """What one entry of states (or actions) is: `int64`, `float32[3, 2]`."""
    return str(array.dtype) + (str(list(array.shape[1:])) if array.ndim > 1 else "")


def _offsets(offsets: ArrayLike) -> NDArray[np.intp]:
    array = np.asarray(offsets)
    if array.ndim != 1 or len(array) < 2 or array.dtype.kind not in "iu":
        raise InvalidDataset(
            f"offsets are {array.dtype} of shape {array.shape}.\n"
            "  They should be n_trajectories + 1 >= 2 integers: where each trajectory starts, and the end."
        )
    array = array.astype(np.intp)
    if array[0] != 0:
        raise InvalidDataset(f"offsets[0] is {array[0]} (should be 0).")
    falls = np.flatnonzero(np.diff(array) < 0)
    if falls.size:
        i = int(falls[0])
        raise InvalidDataset(f"offsets decrease from {array[i]} to {array[i + 1]} at trajectory {i}.")
    return array


def _entries(name: str, values: ArrayLike, length: int, starts: NDArray[np.intp]) -> Array:
    """Check states or actions; `starts` says where each trajectory starts in `values`."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise InvalidDataset(f"{name} have dtype {array.dtype} (should be integers, or floats of at most 64 bits).")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.ndim < 1 or len(array) != length or 0 in array.shape[1:]:
        raise InvalidDataset(
            f"{name} have shape {array.shape}; the offsets ask for {length} along the first axis, and no "
            "other may be empty.\n  A trajectory of T steps has T + 1 states, T actions and T rewards."
        )
    _finite(name, array, starts)
    if are_indices(array) and array.size and array.min() < 0:
        where = _place(int(array.argmin()), starts)
        raise InvalidDataset(f"{name} contain {array.min()} ({where}): indices start at 0.")
    return array


def _rewards(values: ArrayLike, length: int, offsets: NDArray[np.intp]) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise InvalidDataset(f"rewards have dtype {array.dtype} (should be real numbers of at most 64 bits).")
    if array.shape != (length,):
        raise InvalidDataset(f"rewards have shape {array.shape} (should be {(length,)}: one a step).")
    if array.dtype.kind in "iu" and array.size and max(abs(int(array.min())), int(array.max())) > 2**53:
        raise InvalidDataset("rewards are integers beyond 2**53, which float64 cannot hold: scale them.")
    rewards = array.astype(np.float64, copy=False)
    _finite("rewards", rewards, offsets)
    return rewards


def _flags(name: str, values: ArrayLike, length: int) -> NDArray[np.bool_]:
    array = np.asarray(values)
    if array.dtype != np.bool_ or array.shape != (length,):
        raise InvalidDataset(
            f"{name} is {array.dtype} of shape {array.shape} (should be {length} bools, one a trajectory)."
        )
    return array


def _finite(name: str, array: Array, starts: NDArray[np.intp]) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        where = _place(int(bad[0, 0]), starts)
        raise InvalidDataset(f"{name} contain {array[tuple(bad[0])]} ({where}): every number must be finite.")


def _place(position: int, starts: NDArray[np.intp]) -> str:
    i = int(np.searchsorted(starts, position, side="right")) - 1
    return f"trajectory {i}, step {position - starts[i]}"
