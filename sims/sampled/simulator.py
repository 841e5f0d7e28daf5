"""What a world must do to be sampled: reset and step many copies of itself side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.errors import InvalidArgument

Array = NDArray[Any]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Spaces:
    """What observations and actions of a world look like: ``n_actions`` of them, or vectors between two ends.

    Attributes
    ----------
    observation_shape : shape of one observation; ``()`` for the index of a state
    n_actions : number of actions 0, ..., n_actions - 1, or None
    action_low, action_high : of vector actions, tuples of the ends of each entry, or None
    """

    observation_shape: tuple[int, ...]
    n_actions: int | None = None
    action_low: tuple[float, ...] | None = None
    action_high: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        vectors = self.action_low is not None and self.action_high is not None
        if (self.n_actions is not None) == vectors or (self.action_low is None) != (self.action_high is None):
            raise InvalidArgument("spaces: give n_actions, or both action_low and action_high.")
        if self.n_actions is not None and self.n_actions < 1:
            raise InvalidArgument(f"n_actions={self.n_actions}: must be at least 1.")
        low, high = self.action_low or (), self.action_high or ()
        if vectors and (len(low) != len(high) or not low):
            raise InvalidArgument(
                f"action_low has {len(low)} entries and action_high {len(high)}: give both ends of every entry."
            )

    @property
    def discrete(self) -> bool:
        """Whether actions are numbered."""
        return self.n_actions is not None

    @property
    def action_shape(self) -> tuple[int, ...]:
        """Shape of one action: ``()`` if actions are numbered."""
        return () if self.action_low is None else (len(self.action_low),)

    def no_actions(self, n: int) -> Array:
        """Some action for each of n copies, ``[n, ...]``: for copies whose episode is over."""
        if self.action_low is None or self.action_high is None:
            return np.zeros(n, dtype=np.intp)
        return np.tile(np.clip(0.0, self.action_low, self.action_high), (n, 1))


class Step(NamedTuple):
    """What one step of all copies returned.

    ``observations [n, ...]``, ``rewards [n]`` float64 and ``terminated [n]``: whether the world itself ended the
    episode, never a time limit.
    """

    observations: Array
    rewards: Floats
    terminated: Mask


class Simulator(ABC):
    """n copies of one world that step together, without a time limit and without automatic resets.

    Attributes
    ----------
    n : number of copies
    spaces : what observations and actions look like
    """

    n: int
    spaces: Spaces

    @abstractmethod
    def reset(self, rng: np.random.Generator) -> Array:
        """Start a new episode in every copy and return its observations ``[n, ...]``.

        All randomness until the next reset comes from ``rng``; the copies are independent of each other.
        """

    @abstractmethod
    def step(self, actions: Array) -> Step:
        """Take one action ``[n, ...]`` in every copy.

        What a copy returns after it terminated means nothing; it must still take part.
        """
