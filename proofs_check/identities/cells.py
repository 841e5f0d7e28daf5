"""Cells of a domain on which a formula takes the same branches everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sims.errors import IltheoryError

MOST = 2**8
"""Cells of a domain that are listed."""


class TooManyCells(IltheoryError, ValueError):
    """The domain of a shape has too many cells to list."""


class TooMuchWork(IltheoryError, ValueError):
    """A proof would need more work than is worth it."""


class Effort:
    """How much work a proof may take: the same on every machine.

    Parameters
    ----------
    most : monomials that are handled
    """

    def __init__(self, most: int) -> None:
        self._most, self.spent = most, 0

    def spend(self, monomials: int) -> None:
        """Note that this many monomials are handled.

        Raises
        ------
        TooMuchWork
            If that makes more than there may be.
        """
        self.spent += monomials + 1
        if self.spent > self._most:
            raise TooMuchWork(f"no proof was found among {self._most} monomials.")


class Undecided(IltheoryError, ArithmeticError):
    """A formula asks whether a polynomial that is nowhere negative is 0, which depends on the point.

    Attributes
    ----------
    polynomial : the one
    """

    def __init__(self, polynomial: Any) -> None:
        super().__init__("whether a polynomial is 0 depends on the point.")
        self.polynomial = polynomial


@dataclass(frozen=True)
class Cell:
    """Points at which some polynomials that are nowhere negative are positive, and others 0."""

    positive: tuple[Any, ...] = field(default=())
    zero: tuple[Any, ...] = field(default=())


EVERYWHERE = Cell()
"""The whole domain."""


def all_cells(settle: Callable[[Cell], int | None]) -> int | None:
    """Settle a domain cell by cell, dividing those on which something is undecided; return how many there were.

    None as soon as one is not settled.

    Parameters
    ----------
    settle : returns 1, or 0 of a cell without points; None if it cannot

    Raises
    ------
    TooManyCells
        If there are more than `MOST`.
    """
    left, settled = [EVERYWHERE], 0
    while left:
        cell = left.pop()
        if settled + len(left) > MOST:
            raise TooManyCells(f"the formula takes more than {MOST} branches.")
        try:
            found = settle(cell)
        except Undecided as asked:
            p = asked.polynomial
            left += [Cell(cell.positive, (*cell.zero, p)), Cell((*cell.positive, p), cell.zero)]
        else:
            if found is None:
                return None
            settled += found
    return settled
