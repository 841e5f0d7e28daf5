"""The least value of a polynomial on a product of simplices.

A function that is affine in each of several rows, when the others are held, takes its least value where every row is a
vertex of its simplex; so finitely many exact values decide its sign. A polynomial of degree d in a row is one that is
affine in each of d copies of the row, where all copies agree; so the least value of that one is a bound from below
(its values at the vertices are Bernstein's coefficients).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import groupby, permutations
from math import lcm, perm, prod
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs_check.identities.algebras import Monomials
from proofs_check.identities.cells import Effort

MOST, MOST_LARGE = 2**19, 2**14
"""Combinations of vertices that are tried, where values are machine integers, and where they are too large for that."""

VERTICES_PER_MONOMIAL = 2**17
"""Values at vertices that are as much work as reading a monomial, roughly."""

MOST_COPIED = 2**11
"""Terms of a polynomial in copies of rows."""

Row = tuple[int, ...]
"""Variables that are not negative and sum to at most 1: a distribution without its last entry, or one in [0, 1]."""

Term = tuple[tuple[int, int], ...]
"""A monomial by its rows, and which entry of the row."""


def least(polynomial: Monomials, rows: Sequence[Row], effort: Effort) -> Fraction | None:
    """Return the least value, or a bound from below if the polynomial is not affine in each row.

    None if it has other variables, or more vertices than `MOST` would have to be tried.

    Parameters
    ----------
    polynomial : its monomials
    rows : of variables
    effort : how much work there may be

    Raises
    ------
    TooMuchWork
        If there were more.
    """
    copies = in_copies(polynomial, rows, effort)
    if copies is None:
        return None
    terms, lengths = copies.terms, [len(rows[i]) for i in copies.origin]
    alone = _unmixed(terms)
    axes = {i: axis for axis, i in enumerate(sorted({i for term in terms for i, _ in term} - alone))}
    shape = tuple(lengths[i] + 1 for i in axes)
    scale = lcm(*(c.denominator for c in terms.values()))
    whole = {term: int(c * scale) for term, c in terms.items()}
    large = sum(map(abs, whole.values())) >= 2**62
    if prod(shape) > (MOST_LARGE if large else MOST):
        return None
    effort.spend(len(terms) * prod(shape) // VERTICES_PER_MONOMIAL)
    kind = object if large else np.int64
    by_share: dict[tuple[int, int] | None, list[Term]] = {}
    for term in terms:
        by_share.setdefault(next((share for share in term if share[0] in alone), None), []).append(term)

    def at_vertices(share: tuple[int, int] | None) -> NDArray[Any]:
        found = np.zeros(shape, dtype=kind)
        for term in by_share.get(share, ()):
            found[_where(term, axes, len(shape))] += whole[term]
        return found

    total = at_vertices(None)
    # Rows that never meet are minimised one by one, at each vertex of the others.
    for i in alone:
        entries = (at_vertices((i, k)) for k in range(1, lengths[i] + 1))
        total += reduce(np.minimum, entries, np.zeros(shape, dtype=kind))  # the last entry contributes nothing
    return Fraction(int(total.min()), scale)


@dataclass(frozen=True)
class Copies:
    """A polynomial that is affine in each of several copies of rows.

    Attributes
    ----------
    terms : its coefficients
    origin : which row each copy is one of
    """

    terms: dict[Term, Fraction]
    origin: list[int]


def in_copies(polynomial: Monomials, rows: Sequence[Row], effort: Effort) -> Copies | None:
    """Return the symmetric polynomial in copies of the rows that is the given one where all copies of a row agree.

    A row has as many copies as the polynomial's degree in it, at least one. None if there are other variables, or more
    than `MOST_COPIED` terms where copies are needed.
    """
    place = {v: (i, k) for i, row in enumerate(rows) for k, v in enumerate(row, 1)}
    if any(v not in place for monomial in polynomial for v in monomial):
        return None
    terms = {tuple(place[v] for v in monomial): c for monomial, c in polynomial.items()}
    degrees = [1] * len(rows)
    for term in terms:
        for i, power in Counter(i for i, _ in term).items():
            degrees[i] = max(degrees[i], power)
    if max(degrees, default=1) == 1:
        return Copies(terms, list(range(len(rows))))
    origin = [i for i, degree in enumerate(degrees) for _ in range(degree)]
    found: dict[Term, Fraction] = {}
    for term, c in terms.items():
        placed: list[Term] = [()]
        for i, group in groupby(sorted(term), key=itemgetter(0)):
            entries = [k for _, k in group]
            if perm(degrees[i], len(entries)) > MOST_COPIED:
                return None
            ways = permutations(range(degrees[i]), len(entries))
            chosen = [tuple((origin.index(i) + j, k) for j, k in zip(way, entries, strict=True)) for way in ways]
            if len(placed) * len(chosen) > MOST_COPIED:
                return None
            placed = [(*a, *b) for a in placed for b in chosen]
        if len(found) > MOST_COPIED:
            return None
        effort.spend(len(placed))
        for copy in placed:
            key = tuple(sorted(copy))
            found[key] = found.get(key, Fraction(0)) + c / len(placed)
    return Copies({term: c for term, c in found.items() if c}, origin)


def _where(term: Term, axes: dict[int, int], n: int) -> tuple[Any, ...]:
    """Vertices at which a monomial is 1."""
    index: list[Any] = [slice(None)] * n
    for i, k in term:
        if i in axes:
            index[axes[i]] = k
    return tuple(index)


def _unmixed(terms: Iterable[Term]) -> set[int]:
    """Rows no two of which meet in a monomial, as many as a greedy choice finds."""
    meets: dict[int, set[int]] = {}
    for term in terms:
        for i, _ in term:
            meets.setdefault(i, set()).update(j for j, _ in term if j != i)
    found: set[int] = set()
    for i in sorted(meets, key=lambda i: (len(meets[i]), i)):
        if not meets[i] & found:
            found.add(i)
    return found
