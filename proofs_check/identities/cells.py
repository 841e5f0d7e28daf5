"""Cells of a domain on which a formula takes the same branches everywhere."""

from __future__ import annotations

import time
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
    """How long a proof may take.

    Parameters
    ----------
    seconds : of this process's own time
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._begun = seconds, time.process_time()

    def check(self) -> None:
        """Ask whether to go on.

        Raises
        ------
        TooMuchWork
            If the time is over.
        """
        if time.process_time() - self._begun > self._seconds:
            raise TooMuchWork(f"no proof was found in {self._seconds} seconds.")


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
