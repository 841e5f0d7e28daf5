"""Sparse matrices of numbers, for linear programmes: written down once, read in rationals or in floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.tabular.validation import scatter_add

Indices = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Sparse:
    """A matrix ``[m, n]`` by its entries; those at one place add up.

    Attributes
    ----------
    shape : m and n
    rows, columns : ints ``[entries]``
    values : numbers ``[entries]``
    """

    shape: tuple[int, int]
    rows: Indices
    columns: Indices
    values: Numbers

    @classmethod
    def of(cls, matrix: Numbers) -> Self:
        """The nonzero entries of a matrix."""
        rows, columns = np.nonzero(ar.possibly_nonzero(matrix))
        values = ar.take(ar.reshape(matrix, (-1,)), rows * matrix.shape[1] + columns, 0)
        return cls((matrix.shape[0], matrix.shape[1]), rows, columns, values)

    @classmethod
    def ones(cls, rows: Indices, height: int, system: System) -> Self:
        """A 1 in each column, at these rows."""
        return cls((height, len(rows)), rows, np.arange(len(rows)), system.convert(np.ones(len(rows), dtype=np.int64)))

    @classmethod
    def assemble(cls, shape: tuple[int, int], *parts: tuple[int, int, Sparse]) -> Self:
        """The matrix with a part below and to the right of each (row, column), zero elsewhere."""
        rows = np.concatenate([row + part.rows for row, _, part in parts])
        columns = np.concatenate([column + part.columns for _, column, part in parts])
        return cls(shape, rows, columns, ar.concatenate([part.values for *_, part in parts]))

    def __neg__(self) -> Sparse:
        return Sparse(self.shape, self.rows, self.columns, -self.values)

    def at_rows(self, kept: Indices) -> Sparse:
        """Some rows, in ascending order."""
        some = np.flatnonzero(np.isin(self.rows, kept))
        rows = np.searchsorted(kept, self.rows[some])
        return Sparse((len(kept), self.shape[1]), rows, self.columns[some], ar.take(self.values, some, 0))

    def at_columns(self, kept: Indices) -> Sparse:
        """Some columns, in ascending order."""
        transposed = Sparse(self.shape[::-1], self.columns, self.rows, self.values).at_rows(kept)
        return Sparse((self.shape[0], len(kept)), transposed.columns, transposed.rows, transposed.values)

    def column_sums(self) -> Numbers:
        """Sums over rows, ``[n]``."""
        return self._added(self.columns, self.shape[1])

    def dense(self) -> Numbers:
        """The table ``[m, n]``, in the number system of the values."""
        m, n = self.shape
        return ar.reshape(self._added(self.rows * n + self.columns, m * n), (m, n))

    def csr(self) -> Any:
        """The matrix in floats, for scipy."""
        from scipy.sparse import coo_array

        return coo_array((ar.midpoint(self.values), (self.rows, self.columns)), shape=self.shape).tocsr()

    def _added(self, places: Indices, size: int) -> Numbers:
        system, (values,) = ar.coerce_all(self.values)
        return system.linear(lambda x: scatter_add(x, places, size), values, max(len(places), 1))
