"""Linear algebra over the rationals: independent columns, and systems most of whose equations have few unknowns."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import RationalArray

Columns = NDArray[np.intp]

PRIME = 2**61 - 1
"""Columns that are independent modulo a prime are independent."""


def solve_exactly(matrix: RationalArray, b: RationalArray) -> RationalArray:
    """Solve ``matrix x = b`` for a nonsingular square matrix, most of whose equations have few unknowns.

    Unknowns that appear in one equation are left for the end, and of the other equations those in one unknown come
    first.
    """
    last, closing = alone(matrix.num)
    unknowns, equations = _others(last, len(b)), _others(closing, len(b))
    core, right = matrix[equations][:, unknowns], b[equations]
    opening, first = alone(core.num.T)
    sought, left = _others(first, len(unknowns)), _others(opening, len(unknowns))
    known = right[opening] / core[opening, first]
    found = _solve_dense(core[left][:, sought], right[left] - ar.matvec(core[left][:, first], known))
    x = _joined((known, first), (found, sought))
    rest = b[closing] - ar.matvec(matrix[closing][:, unknowns], x)
    return _joined((rest / matrix[closing, last], last), (x, unknowns)).reduced()


def independent_columns(integers: NDArray[Any]) -> Columns:
    """Pivot columns of an integer matrix modulo a prime: independent of one another, and of those before them."""
    rows, columns = integers.shape
    reduced, rank = flint.nmod_mat(rows, columns, (integers % PRIME).ravel().tolist(), PRIME).rref()
    leading = [next(j for j, entry in enumerate(row) if int(entry)) for row in reduced.tolist()[:rank]]
    return np.array(leading, dtype=np.intp)


def alone(entries: NDArray[Any]) -> tuple[Columns, Columns]:
    """Columns with a single nonzero entry, and its row."""
    nonzero = entries != 0
    columns = np.flatnonzero(nonzero.sum(axis=0) == 1)
    return columns, np.nonzero(nonzero[:, columns].T)[1]


def _others(some: Columns, n: int) -> Columns:
    return np.setdiff1d(np.arange(n), some)


def _joined(*parts: tuple[RationalArray, Columns]) -> RationalArray:
    """Entries at their places."""
    joined: RationalArray = ar.concatenate([x for x, _ in parts])
    return joined[np.argsort(np.concatenate([places for _, places in parts]))]


def _solve_dense(matrix: RationalArray, b: RationalArray) -> RationalArray:
    n = len(b)
    if not n:
        return b
    integers = flint.fmpq_mat(flint.fmpz_mat(n, n, matrix.num.ravel().tolist()))
    solved = integers.solve(flint.fmpq_mat(flint.fmpz_mat(n, 1, b.num.tolist())))
    numerators, denominator = solved.numer_denom()
    x = RationalArray([int(entry) for entry in numerators.entries()], int(denominator) * b.den)
    return (matrix.den * x).reduced()
