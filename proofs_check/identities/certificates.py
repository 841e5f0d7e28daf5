"""Polynomials written as sums of products of what is not negative, with weights that are not negative either.

Such a sum is a certificate (Handelman's; Farkas' if the products have one factor each): anyone can expand it and
compare coefficients. Weights are looked for in floats, by a linear programme, then solved for in rationals on the
products that the floats use, and checked by expanding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, islice, product
from typing import Any

import flint
import numpy as np

from proofs_check.identities.algebras import Monomials
from proofs_check.identities.cells import Effort
from proofs_check.identities.vertices import Row

LARGEST = 2**12
"""Products, and monomials, of the largest programme that is tried."""
MOST_DEGREES = 2**9
"""Degrees in the rows that monomials of a polynomial may have, for a certificate to be looked for."""
PIVOTS = 2**12
"""Steps that the simplex method may take."""
TINY = 1e-9
"""Weights below it count as 0."""

Shares = tuple[tuple[int, int], ...]
"""A product of shares: of row i the k-th, where 0 stands for what the variables leave of 1."""


@dataclass(frozen=True)
class Summand:
    """One summand of a certificate.

    Attributes
    ----------
    weight : not negative
    shares : a product of shares of rows
    constraint : position of the constraint it is multiplied with, or None
    """

    weight: Fraction
    shares: Shares
    constraint: int | None


Certificate = tuple[Summand, ...]


def proves(certificate: Certificate, target: Monomials, constraints: Sequence[Monomials], rows: Sequence[Row]) -> bool:
    """Whether a certificate shows that a polynomial is not negative where constraints are not.

    Parameters
    ----------
    certificate : the summands
    target : the polynomial
    constraints : polynomials
    rows : of variables that are not negative and sum to at most 1
    """
    total: dict[tuple[int, ...], Fraction] = {}
    for summand in certificate:
        if summand.weight < 0:
            return False
        for m, c in _expanded(summand.shares, summand.constraint, constraints, rows).items():
            total[m] = total.get(m, Fraction(0)) + summand.weight * c
    return {m: c for m, c in total.items() if c} == dict(target)


def certificate_for(
    target: Monomials, constraints: Sequence[Monomials], rows: Sequence[Row], effort: Effort
) -> Certificate | None:
    """Look for a certificate; what is returned is checked.

    Parameters
    ----------
    target : a polynomial
    constraints : polynomials that are not negative
    rows : of variables that are not negative and sum to at most 1
    effort : how much work there may be
    """
    if not target:
        return ()
    found = [*dict.fromkeys(islice(_candidates(target, constraints, rows), LARGEST + 1))]
    if not 0 < len(found) <= LARGEST:
        return None
    columns: list[Monomials] = []
    for shares, constraint in found:
        columns.append(_expanded(shares, constraint, constraints, rows))
        effort.spend(len(columns[-1]))
    monomials = {m: i for i, m in enumerate(dict.fromkeys(m for p in (target, *columns) for m in p))}
    if len(monomials) > LARGEST:
        return None
    used = _support(columns, target, monomials)
    weights = None if used is None else _solved([columns[j] for j in used], target)
    if used is None or weights is None:
        return None
    certificate = tuple(Summand(w, *found[j]) for w, j in zip(weights, used, strict=True) if w)
    return certificate if proves(certificate, target, constraints, rows) else None


def _candidates(
    target: Monomials, constraints: Sequence[Monomials], rows: Sequence[Row]
) -> Iterator[tuple[Shares, int | None]]:
    """Products that have at most the degrees of a monomial of the target in each row; none if those differ too much."""
    home = {v: i for i, row in enumerate(rows) for v in row}
    every = {_degrees(m, home) for m in target}
    if len(every) > MOST_DEGREES:
        return
    wanted = _largest(every)
    factors: list[tuple[int | None, Monomials]] = [(None, {(): Fraction(1)}), *enumerate(constraints)]
    for constraint, p in factors:
        own = _joined(_degrees(m, home) for m in p)
        left = {tuple(max(d - own.get(i, 0), 0) for i, d in enumerate(degrees)) for degrees in _full(wanted, len(rows))}
        for degrees in left:
            choices = [
                combinations_with_replacement([(i, k) for k in range(len(rows[i]) + 1)], d)
                for i, d in enumerate(degrees)
                if d
            ]
            for way in product(*choices):
                yield tuple(share for part in way for share in part), constraint


Degrees = frozenset[tuple[int, int]]


def _degrees(monomial: tuple[int, ...], home: Mapping[int, int]) -> Degrees:
    return frozenset(Counter(home[v] for v in monomial if v in home).items())


def _joined(degrees: Iterator[Degrees]) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in degrees:
        for i, d in each:
            found[i] = max(found.get(i, 0), d)
    return found


def _largest(degrees: set[Degrees]) -> list[dict[int, int]]:
    """Those that no other exceeds in every row."""
    listed: list[dict[int, int]] = [dict(d) for d in degrees]
    return [a for a in listed if not any(a is not b and all(b.get(i, 0) >= d for i, d in a.items()) for b in listed)]


def _full(degrees: Sequence[Mapping[int, int]], n: int) -> list[list[int]]:
    return [[d.get(i, 0) for i in range(n)] for d in degrees]


def _expanded(
    shares: Shares, constraint: int | None, constraints: Sequence[Monomials], rows: Sequence[Row]
) -> Mapping[tuple[int, ...], Any]:
    start: Monomials = {(): Fraction(1)} if constraint is None else constraints[constraint]
    # Whole numbers are faster than fractions.
    found: dict[tuple[int, ...], Fraction | int] = {m: int(c) if c.denominator == 1 else c for m, c in start.items()}
    for i, k in shares:
        factor: dict[tuple[int, ...], int] = {(v,): -1 for v in rows[i]} | {(): 1}
        if k:
            factor = {(rows[i][k - 1],): 1}
        larger: dict[tuple[int, ...], Fraction | int] = {}
        for m, c in found.items():
            for more, sign in factor.items():
                key = tuple(sorted((*m, *more)))
                larger[key] = larger.get(key, 0) + sign * c
        found = {m: c for m, c in larger.items() if c}
    return found


def _support(
    columns: Sequence[Monomials], target: Monomials, monomials: Mapping[tuple[int, ...], int]
) -> list[int] | None:
    """Columns that a basic solution in floats uses."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    entries = [(monomials[m], j, float(c)) for j, column in enumerate(columns) for m, c in column.items()]
    at, of, values = zip(*entries, strict=True)
    matrix = csc_array((values, (at, of)), shape=(len(monomials), len(columns)))
    right = np.zeros(len(monomials))
    for m, c in target.items():
        right[monomials[m]] = float(c)
    found: Any = linprog(np.ones(len(columns)), A_eq=matrix, b_eq=right, method="highs-ds", options={"maxiter": PIVOTS})
    return [int(j) for j in np.flatnonzero(found.x > TINY)] if found.status == 0 else None


def _solved(columns: Sequence[Monomials], target: Monomials) -> list[Fraction] | None:
    """Rational weights of columns that are independent."""
    places = {m: i for i, m in enumerate(dict.fromkeys(m for p in (target, *columns) for m in p))}
    n = len(columns)
    table = [[flint.fmpq(0)] * (n + 1) for _ in places]
    for j, p in enumerate((*columns, target)):
        for m, c in p.items():
            table[places[m]][j] = flint.fmpq(c.numerator, c.denominator)
    if not n:
        return None
    reduced, rank = flint.fmpq_mat(len(places), n + 1, [q for row in table for q in row]).rref()
    if rank != n or any(reduced[i, i] != 1 for i in range(n)):
        return None
    return [Fraction(int(reduced[i, n].p), int(reduced[i, n].q)) for i in range(n)]
