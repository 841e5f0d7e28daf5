"""The one verdict rule: an inequality is certain, certainly false, or open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sims.arithmetic.errors import NotSingle, UndecidedComparison

if TYPE_CHECKING:
    from sims.arithmetic.system import System

HOLDS, UNDECIDED, REFUTED = 1, 0, -1
"""Entries of ``Comparison.verdicts``."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """``lhs op rhs`` between enclosures.

    ``lhs <= rhs`` holds if ``lhs.upper <= rhs.lower``, is refuted if ``lhs.lower > rhs.upper``, and is
    undecided otherwise. In ``float64`` the numbers are compared as they are, which decides nothing
    rigorously.

    Attributes
    ----------
    lhs, rhs : numbers of one system, shapes broadcast
    op : ``<=``, ``<``, ``>=``, ``>`` or ``==``
    """

    lhs: Any
    op: str
    rhs: Any

    @cached_property
    def system(self) -> System:
        """The number system of both sides."""
        return self._sides[0]

    @cached_property
    def _sides(self) -> tuple[System, Any, Any]:
        from sims.arithmetic.functions import coerce_all

        system, (lhs, rhs) = coerce_all(self.lhs, self.rhs)
        return system, lhs, rhs

    @cached_property
    def verdicts(self) -> NDArray[np.int8]:
        """``HOLDS``, ``UNDECIDED`` or ``REFUTED`` for each entry."""
        system, lhs, rhs = self._sides
        if self.op in ("<", ">"):
            return (-system.compare(lhs, {"<": ">=", ">": "<="}[self.op], rhs)).astype(np.int8)
        return system.compare(lhs, self.op, rhs)

    @property
    def holds(self) -> NDArray[np.bool_]:
        """True where the comparison is certain."""
        return np.equal(self.verdicts, HOLDS)

    @property
    def refuted(self) -> NDArray[np.bool_]:
        """True where the comparison is certainly false."""
        return np.equal(self.verdicts, REFUTED)

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """True where the enclosures overlap."""
        return np.equal(self.verdicts, UNDECIDED)

    def all(self) -> bool:
        """True if the comparison is certain everywhere."""
        return bool(np.all(self.holds))

    def __bool__(self) -> bool:
        if self.verdicts.size != 1:
            raise NotSingle(
                f"a comparison of {self.verdicts.size} numbers has no single truth value; use .all() or "
                ".verdicts. `a <= x <= b`, `!=`, `and`, `or`, `not` and `if` ask for one, too."
            )
        if np.any(self.undecided):
            raise UndecidedComparison(
                f"{self} cannot be decided: the enclosures overlap. Use more bits "
                "(`.to('ball', bits=256)`) or exact rationals (`.to('rational')`)."
            )
        return self.all()

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}"


def equal(lhs: Any, rhs: Any) -> Comparison:
    """The comparison ``lhs == rhs``, for numbers of any system, plain floats included."""
    return Comparison(lhs, "==", rhs)
