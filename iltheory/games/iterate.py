"""What a solver hands out as it goes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.errors import IltheoryError

Floats = NDArray[np.float64]


class NoFiniteValue(IltheoryError, ValueError):
    """Every policy is infinitely far from the expert."""


class Unsolved(IltheoryError, ArithmeticError):
    """A solver gave up, for reasons of its own."""


class Iterate(NamedTuple):
    """Both players of a game in floats, and the solver's own estimates of the duality gap and the value."""

    policy: Floats
    strategy: Floats
    gap: float
    value: float


def policy_of(occupancy: Floats) -> Floats:
    """The policy of an occupancy; uniform where it never goes."""
    mass = occupancy.sum(-1, keepdims=True)
    return np.where(mass > 0, occupancy / np.where(mass > 0, mass, 1), 1 / occupancy.shape[-1])
