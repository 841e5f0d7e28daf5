"""Floats of a table read as the rationals they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np

from sims.environments.errors import InvalidEnvironment

LARGEST_DENOMINATOR = 10**6
"""Such fractions lie at least 10^-12 apart, so at most one of them is within rounding of a float."""

ROUNDING = Fraction(1, 2**52)
"""Absolute: ``(1 - 0.8) / 2`` inherits its error from the 1, and is two of its own last places off 0.1."""

UNITS = 2**50

Number = int | float | Fraction


class Recovery:
    """Turns numbers of a table into exact ones and remembers which floats it took for something else.

    Parameters
    ----------
    normalize : whether probabilities that sum to one in no reading are divided by their sum

    Attributes
    ----------
    pairs : (float, rational taken for it), where the two differ
    """

    def __init__(self, *, normalize: bool) -> None:
        self.normalize = normalize
        self.pairs: set[tuple[float, Fraction]] = set()

    def number(self, x: Number) -> Fraction:
        """The simple fraction whose nearest float is ``x``; if there is none, ``x`` itself."""
        simple = _simple(x)
        return self._noted([x], [simple if float(simple) == x else Fraction(x)])[0]

    def distribution(self, p: Sequence[Number], where: str) -> list[Fraction]:
        """Probabilities that sum to exactly one.

        Floats are taken for the simple fractions within rounding of them if these sum to one; else exactly as
        they are if so they do; else, to normalise, they are divided by their sum and moved to multiples of
        ``2**-50``. A positive probability stays positive.

        Parameters
        ----------
        p : numbers
        where : what to call them in an error

        Raises
        ------
        InvalidEnvironment
            If one is negative, or there is no such reading.
        """
        negative = [x for x in p if x < 0]
        if negative:
            raise InvalidEnvironment(f"{where} contains the negative probability {negative[0]}.")
        exact = [Fraction(x) for x in p]
        simple = [_within_rounding(x) for x in p]
        total = sum(exact, Fraction(0))
        if sum(simple) == 1:
            return self._noted(p, simple)
        if total == 1:
            return exact
        if self.normalize and total > 0:
            return self._noted(p, _dyadic([x / total for x in exact]))
        raise InvalidEnvironment(
            f"{where} sums to {_beside_one(total)} (should be 1), and its numbers are no roundings of "
            "fractions with denominators up to 10^6 that do.\n  Correct it, or use normalize=True, which "
            "divides by the sum and moves the quotients to multiples of 2^-50."
        )

    def _noted(self, read: Sequence[Number], exact: list[Fraction]) -> list[Fraction]:
        pairs = zip(read, exact, strict=True)
        self.pairs.update((x, y) for x, y in pairs if isinstance(x, float) and Fraction(x) != y)
        return exact


def finite(x: Any, where: str) -> Number:
    """A finite Python number.

    Raises
    ------
    InvalidEnvironment
        If ``x`` is no real number, NaN or infinite.
    """
    value = x.item() if isinstance(x, np.generic) else x
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise InvalidEnvironment(f"{where} is {x!r}, not a number.")
    if not isfinite(value):
        raise InvalidEnvironment(f"{where} is {value}; every number must be finite.")
    return value


def _simple(x: Number) -> Fraction:
    exact = Fraction(x)
    return exact.limit_denominator(LARGEST_DENOMINATOR) if isinstance(x, float) else exact


def _within_rounding(x: Number) -> Fraction:
    exact, simple = Fraction(x), _simple(x)
    return simple if abs(simple - exact) <= ROUNDING and (simple > 0) == (exact > 0) else exact


def _dyadic(shares: list[Fraction]) -> list[Fraction]:
    units = [max(1, round(x * UNITS)) if x else 0 for x in shares]
    units[units.index(max(units))] += UNITS - sum(units)
    return [Fraction(n, UNITS) for n in units]


def _beside_one(total: Fraction) -> str:
    """The sum of a row; how far it is from 1 if six digits would not show it."""
    off = float(total - 1)
    return f"{float(total):.6g}" if abs(off) > 1e-6 else f"1 {'+' if off > 0 else '-'} {abs(off):.3g}"
