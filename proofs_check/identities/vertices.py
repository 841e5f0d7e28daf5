"""The least value of a polynomial that is affine in each row of a table of probabilities.

A function that is affine in each of several rows, when the others are held, takes its least value where every row is a
vertex of its simplex; so finitely many exact values decide its sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm, prod
from typing import Any

import numpy as np

from proofs_check.identities.algebras import Monomials

MOST, MOST_LARGE = 2**19, 2**14
"""Combinations of vertices that are tried, where values are machine integers, and where they are too large for that."""

Row = tuple[int, ...]
"""Variables that are not negative and sum to at most 1: a distribution without its last entry, or one in [0, 1]."""

Term = tuple[tuple[int, int], ...]
"""A monomial by its rows, and which entry of the row."""


def least(polynomial: Monomials, rows: Sequence[Row]) -> Fraction | None:
    """Return the least value.

    None if the polynomial is not affine in each row, or more vertices than `MOST` would have to be tried.

    Parameters
    ----------
    polynomial : its monomials
    rows : every variable belongs to one
    """
    place = {v: (i, k) for i, row in enumerate(rows) for k, v in enumerate(row, 1)}
    terms = {tuple(place[v] for v in monomial): c for monomial, c in polynomial.items()}
    if any(len({i for i, _ in term}) < len(term) for term in terms):
        return None
    alone = _unmixed(terms)
    axes = {i: axis for axis, i in enumerate(sorted({i for term in terms for i, _ in term} - alone))}
    shape = tuple(len(rows[i]) + 1 for i in axes)
    scale = lcm(*(c.denominator for c in terms.values()))
    whole = {term: int(c * scale) for term, c in terms.items()}
    large = sum(map(abs, whole.values())) >= 2**62
    if prod(shape) > (MOST_LARGE if large else MOST):
        return None
    kind = object if large else np.int64
    total = np.zeros(shape, dtype=kind)
    # Rows that never meet are minimised one by one, at each vertex of the others.
    for i in [None, *alone]:
        least_of_row = np.zeros(shape, dtype=kind)  # the last entry of a row contributes nothing
        for k in [0] if i is None else range(1, len(rows[i]) + 1):
            part = np.zeros(shape, dtype=kind)
            for term, c in whole.items():
                if (i is None and not alone & {j for j, _ in term}) or (i, k) in term:
                    part[_where(term, axes, len(shape))] += c
            least_of_row = part if i is None else np.minimum(least_of_row, part)
        total += least_of_row
    return Fraction(int(total.min()), scale)


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
