"""The least value of a polynomial minus positive parts of polynomials, where it is concave in each row.

The positive part of a function that is affine, or convex, in a row is convex in it; so a polynomial that is affine in
each row, minus such positive parts, is concave in each row when the others are held, and takes its least value where
every row is a vertex of its simplex.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs_check.identities.algebras import Monomials
from proofs_check.identities.cells import Effort
from proofs_check.identities.vertices import MOST, MOST_LARGE, VERTICES_PER_MONOMIAL, Row, least

LARGE = 2**60
"""Machine integers stay below it."""

MOST_CASES = 2**5
"""Signs of positive parts that are told apart."""

Parts = Mapping[int, Monomials]
"""What each variable that belongs to no row is the positive part of."""


def least_if_concave(polynomial: Monomials, parts: Parts, rows: Sequence[Row], effort: Effort) -> Fraction | None:
    """Return the least value; None if it is not seen to be concave in each row, or there are too many vertices.

    Parameters
    ----------
    polynomial : its monomials, in variables of rows and positive parts
    parts : the positive parts
    rows : of variables that are not negative and sum to at most 1
    effort : how much work there may be
    """
    if not _convex({m: -c for m, c in polynomial.items()}, parts, rows, effort):
        return None
    used = _variables(polynomial, parts)
    grid = Grid([row for row in rows if used & {*row}], parts)
    if prod(grid.shape) > MOST:
        return None
    effort.spend(len(polynomial) * prod(grid.shape) // VERTICES_PER_MONOMIAL)
    values, scale = grid.values(polynomial)
    return None if values is None else Fraction(int(values.min()), scale)


def _convex(polynomial: Monomials, parts: Parts, rows: Sequence[Row], effort: Effort) -> bool:
    """Whether it is affine in each row but for positive parts, with weights that are nowhere negative, of the same.

    A weight times a positive part is the positive part of the weight times what is below it.
    """
    taken = by_part(polynomial, parts)
    if taken is None or not _affine(taken.pop(None, {}), rows):
        return False
    for t, weight in taken.items():
        low = least(weight, rows, effort)
        if t is None or low is None or low < 0 or not _convex(_product(weight, parts[t]), parts, rows, effort):
            return False
    return True


def by_part(polynomial: Monomials, parts: Parts) -> dict[int | None, dict[tuple[int, ...], Fraction]] | None:
    """Weights of the positive parts, and what is without any; None if two are multiplied."""
    found: dict[int | None, dict[tuple[int, ...], Fraction]] = {}
    for monomial, c in polynomial.items():
        of = [v for v in monomial if v in parts]
        if len(of) > 1:
            return None
        rest = tuple(v for v in monomial if v not in parts)
        found.setdefault(of[0] if of else None, {})[rest] = c
    return found


def cases(polynomial: Monomials, parts: Parts, rows: Sequence[Row], effort: Effort) -> list[Monomials] | None:
    """Polynomials all of which are not negative only if the given one is not.

    A positive part with a weight that is not positive is the least of two: 0, and the weight times what it is a part
    of; each is tried for it. Others stay. None if there are more than `MOST_CASES`, or two are multiplied.
    """
    left, found = [polynomial], list[Monomials]()
    while left:
        p = left.pop()
        taken = by_part(p, parts)
        if taken is None or len(left) + len(found) >= MOST_CASES:
            return None
        # Latest first: what a part is one of may have earlier parts in it, never later ones.
        below = [t for t, weight in taken.items() if t is not None and _nowhere_positive(weight, rows, effort)]
        if not below:
            found.append(p)
            continue
        t = max(below)
        rest = {m: c for m, c in p.items() if t not in m}
        other = _product(taken[t], parts[t])
        left += [rest, _sum(rest, other)]
    return found


def _nowhere_positive(p: Monomials, rows: Sequence[Row], effort: Effort) -> bool:
    low = least({m: -c for m, c in p.items()}, rows, effort)
    return low is not None and low >= 0


def constraints_of(parts: Parts) -> list[Monomials]:
    """Positive parts are not negative, and not below what they are parts of."""
    found: list[Monomials] = []
    for t, p in parts.items():
        found += [{(t,): Fraction(1)}, _sum({(t,): Fraction(1)}, {m: -c for m, c in p.items()})]
    return found


def _sum(p: Monomials, q: Monomials) -> dict[tuple[int, ...], Fraction]:
    found = {m: p.get(m, Fraction(0)) + q.get(m, Fraction(0)) for m in {**p, **q}}
    return {m: c for m, c in found.items() if c}


def _affine(polynomial: Monomials, rows: Sequence[Row]) -> bool:
    place = {v: i for i, row in enumerate(rows) for v in row}
    return all(len({place[v] for v in monomial}) == len(monomial) for monomial in polynomial)


def _product(p: Monomials, q: Monomials) -> Monomials:
    found: dict[tuple[int, ...], Fraction] = {}
    for a, c in p.items():
        for b, d in q.items():
            m = tuple(sorted((*a, *b)))
            found[m] = found.get(m, Fraction(0)) + c * d
    return {m: c for m, c in found.items() if c}


def _variables(polynomial: Monomials, parts: Parts) -> set[int]:
    found = {v for monomial in polynomial for v in monomial}
    for t in found & parts.keys():
        found |= _variables(parts[t], parts)
    return found


class Grid:
    """Values at all combinations of vertices of rows.

    Parameters
    ----------
    rows : an axis each
    parts : the positive parts
    """

    def __init__(self, rows: Sequence[Row], parts: Parts) -> None:
        self.shape = (*(len(row) + 1 for row in rows), 1)  # of no axes numpy makes plain numbers
        self._place = {v: (axis, k) for axis, row in enumerate(rows) for k, v in enumerate(row, 1)}
        self._parts = parts
        self._known: dict[int, tuple[NDArray[Any], int]] = {}

    def values(self, polynomial: Monomials) -> tuple[NDArray[Any] | None, int]:
        """Whole numbers, and what they are divided by; None if they are too large and too many."""
        total, scale = np.zeros(self.shape, dtype=object), 1
        if total.size > MOST_LARGE:
            total = np.zeros(self.shape, dtype=np.int64)
        for t, weight in (by_part(polynomial, self._parts) or {}).items():
            values, below = self._plain(weight, total.dtype)
            if values is None:
                return None, 1
            if t is not None:
                if t not in self._known:
                    inner, under = self.values(self._parts[t])
                    if inner is None:
                        return None, 1
                    self._known[t] = np.maximum(inner, 0), under
                positive, under = self._known[t]
                if not _fit(values, positive):
                    return None, 1
                values, below = values * positive, below * under
            common = lcm(scale, below)
            if not (_fit(total, common // scale) and _fit(values, common // below)):
                return None, 1
            total, scale = total * (common // scale) + values * (common // below), common
        return total, scale

    def _plain(self, polynomial: Monomials, kind: Any) -> tuple[NDArray[Any] | None, int]:
        scale = lcm(*(c.denominator for c in polynomial.values()))
        if np.dtype(kind).kind == "i" and sum(abs(int(c * scale)) for c in polynomial.values()) >= LARGE:
            return None, 1
        total = np.zeros(self.shape, dtype=kind)
        for monomial, c in polynomial.items():
            index: list[Any] = [slice(None)] * len(self.shape)
            for axis, k in (self._place[v] for v in monomial):
                index[axis] = k
            total[tuple(index)] += int(c * scale)
        return total, scale


def _fit(x: Any, y: Any) -> bool:
    """Whether products of machine integers stay far from their ends; others are of any size."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        return True
    return int(np.abs(x).max()) * int(np.abs(y).max()) < LARGE
