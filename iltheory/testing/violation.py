"""What an invariant raises, and how it compares floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.errors import IltheoryError

TOLERANCE = 1e-8
"""Largest relative error of an implementation in float64; every invariant takes another one."""

Floats = NDArray[np.float64]


class InvariantViolated(IltheoryError, AssertionError):
    """An implementation breaks an invariant.

    Attributes
    ----------
    invariant : its name, that of the function that raised
    numbers : what was found, and what it should be
    fix : what usually causes it
    """

    def __init__(self, invariant: str, numbers: str, fix: str) -> None:
        super().__init__(invariant, numbers, fix)
        self.invariant, self.numbers, self.fix = invariant, numbers, fix

    def __str__(self) -> str:
        return f"{self.invariant}: {self.numbers}\n  {self.fix}"


def require(condition: bool, invariant: str, numbers: str, fix: str) -> None:
    """Raise ``InvariantViolated`` unless a condition holds."""
    if not condition:
        raise InvariantViolated(invariant, numbers, fix)


def require_close(
    found: Any, wanted: Any, invariant: str, what: str, fix: str, *, tolerance: float = TOLERANCE
) -> None:
    """Raise unless two arrays have one shape and agree, up to ``tolerance`` times the largest entry (at least 1).

    The message names the entry that is furthest off.
    """
    x, y = floats(found), floats(wanted)
    require(x.shape == y.shape, invariant, f"{what} has shape {x.shape} (should be {y.shape}).", fix)
    off = np.abs(x - y)
    if x.size and not np.all(off <= tolerance * max(1.0, float(np.abs(y).max()))):
        worst = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), off.shape)
        where = f"[{', '.join(map(str, worst))}]" if worst else ""
        raise InvariantViolated(invariant, f"{what}{where} is {x[worst]:.9g} (should be {y[worst]:.9g}).", fix)


def floats(x: Any) -> Floats:
    """Numbers of any system, tensors included, as a float64 array."""
    detached = x.detach().cpu() if hasattr(x, "detach") else x
    return np.asarray(detached, dtype=np.float64)
