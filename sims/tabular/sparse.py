"""Transition laws stored row by row (CSR)."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.arithmetic.raw import like
from sims.tabular.errors import InvalidModel
from sims.tabular.transitions import (
    ROW_ADVICE,
    Indices,
    Rows,
    Transitions,
    check_dense_size,
    new_indices,
    pairs_of,
    system_like,
)
from sims.tabular.validation import (
    check_finite,
    check_sums,
    convert_distributions,
    normalized_rows,
    scatter_add,
)


class SparseTransitions(Transitions):
    """Probabilities in CSR form over the rows ``s * A + a``.

    Parameters
    ----------
    indptr : ints ``[S * A + 1]``, every row non-empty
    indices : ints ``[nnz]``, next states
    probabilities : numbers ``[nnz]``
    n_states, n_actions : sizes S and A

    Raises
    ------
    InvalidModel
        If these do not describe rows of next states.
    """

    def __init__(
        self,
        indptr: NDArray[np.integer[Any]],
        indices: NDArray[np.integer[Any]],
        probabilities: Any,
        n_states: int,
        n_actions: int,
    ) -> None:
        self.indptr = _integers("indptr", indptr)
        self.indices = _integers("indices", indices)
        self.probabilities = ar.asarray(probabilities)
        self.n_states, self.n_actions = _size("n_states", n_states), _size("n_actions", n_actions)
        if self.indptr.shape != (n_states * n_actions + 1,):
            expected = f"({n_states * n_actions + 1},) = (S * A + 1,)"
            raise InvalidModel(f"indptr has shape {self.indptr.shape}, expected {expected}.")
        lengths = np.diff(self.indptr)
        if self.indptr[0] != 0 or lengths.min() < 1:
            row = int(np.argmin(lengths)) if self.indptr[0] == 0 else 0
            raise InvalidModel(
                f"indptr runs from {int(self.indptr[row])} to {int(self.indptr[row + 1])} at row "
                f"P{list(divmod(row, n_actions))}; it must start at 0 and give every (state, action) a next "
                "state."
            )
        if self.indices.shape != (self.indptr[-1],) or self.probabilities.shape != self.indices.shape:
            given = f"indices {self.indices.shape} and probabilities {tuple(self.probabilities.shape)}"
            raise InvalidModel(f"{given} must both have length indptr[-1] = {int(self.indptr[-1])}.")
        if self.indices.min() < 0 or self.indices.max() >= n_states:
            bad = int(np.argmax((self.indices < 0) | (self.indices >= n_states)))
            raise InvalidModel(f"indices[{bad}] = {int(self.indices[bad])} is no state of 0..{n_states - 1}.")

    @property
    def system(self) -> System:
        return system_like(self.probabilities)

    @property
    def data(self) -> tuple[Numbers, ...]:
        return (self.probabilities,)

    @cached_property
    def _row_terms(self) -> int:
        return int(np.diff(self.indptr).max())

    @cached_property
    def _column_terms(self) -> int:
        return int(np.bincount(self.indices, minlength=self.n_states).max())

    @cached_property
    def _pair(self) -> Indices:
        """For each entry the row ``s * A + a`` it belongs to."""
        return np.repeat(np.arange(self.n_states * self.n_actions), np.diff(self.indptr))

    def validate(self) -> None:
        check_finite(self.probabilities, "probabilities", InvalidModel)
        negative = ar.upper(self.probabilities) < 0
        if negative.any():
            k = int(np.argmax(negative))
            s, a = divmod(int(self._pair[k]), self.n_actions)
            value = float(ar.midpoint(self.probabilities)[k])
            raise InvalidModel(
                f"P[{s}, {a}, {self.indices[k]}] is {value:.6g}, a negative probability.\n  {ROW_ADVICE}"
            )
        check_sums(self.expect(self.system.convert(np.ones(self.n_states))), "P", InvalidModel, ROW_ADVICE)

    def normalized(self) -> SparseTransitions:
        return self._with(normalized_rows(self.probabilities, self.indptr, "P", (self.n_states, self.n_actions)))

    def _with(self, probabilities: Numbers) -> SparseTransitions:
        return SparseTransitions(self.indptr, self.indices, probabilities, self.n_states, self.n_actions)

    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        system, (p, f) = ar.coerce_all(self.probabilities, f)
        rows = system.bilinear(self._matvec, p, f, self._row_terms)
        return ar.reshape(rows, (*rows.shape[:-1], self.n_states, self.n_actions))

    def expect_each(self, f: Numbers, step: int = 0) -> Numbers:
        flat = ar.reshape(f, (*f.shape[:-3], -1))
        terms = self.probabilities * ar.take(flat, self._pair * self.n_states + self.indices, flat.ndim - 1)
        return self._added(terms, self._pair, (self.n_states, self.n_actions), self._row_terms)

    def push(self, d: Numbers, step: int = 0) -> Numbers:
        system, (p, d) = ar.coerce_all(self.probabilities, d)
        flat = ar.reshape(d, (*d.shape[:-2], self.n_states * self.n_actions))
        return system.bilinear(self._vecmat, p, flat, self._column_terms)

    def _matvec(self, data: Any, f: Any) -> Any:
        if is_torch_array(f):
            out = f.new_zeros((*f.shape[:-1], self.n_states * self.n_actions))
            return out.index_add(-1, f.new_tensor(self._pair, dtype=like(f).int64), data * f[..., self.indices])
        if data.dtype == np.float64 and f.dtype == np.float64:
            return (self._csr(data) @ f.reshape(-1, self.n_states).T).T.reshape(*f.shape[:-1], -1)
        return np.add.reduceat(data * f[..., self.indices], self.indptr[:-1], axis=-1)

    def _vecmat(self, data: Any, d: Any) -> Any:
        if not is_torch_array(d) and data.dtype == np.float64 and d.dtype == np.float64:
            return (self._csr(data).T @ d.reshape(-1, d.shape[-1]).T).T.reshape(*d.shape[:-1], -1)
        return scatter_add(data * d[..., self._pair], self.indices, self.n_states)

    def _csr(self, data: NDArray[np.float64]) -> Any:
        from scipy.sparse import csr_array

        return csr_array((data, self.indices, self.indptr), shape=(self.n_states * self.n_actions, self.n_states))

    def kernel(self, policy: Numbers) -> Numbers:
        check_dense_size(self.n_states**2)
        flat = ar.reshape(policy, (*policy.shape[:-2], self.n_states * self.n_actions))
        weighted = self.probabilities * ar.take(flat, self._pair, flat.ndim - 1)
        keys = self._pair // self.n_actions * self.n_states + self.indices
        return self._added(weighted, keys, (self.n_states, self.n_states), self._row_terms * self.n_actions)

    def dense(self) -> Numbers:
        check_dense_size(self.n_states**2 * self.n_actions)
        shape = (1, self.n_states, self.n_actions, self.n_states)
        return self._added(self.probabilities, self._pair * self.n_states + self.indices, shape, self._row_terms)

    @staticmethod
    def _added(values: Numbers, keys: Indices, shape: tuple[int, ...], terms: int) -> Numbers:
        """A table of the given shape with ``values[..., k]`` added at its entry ``keys[k]``."""
        system, (values,) = ar.coerce_all(values)
        flat = system.linear(lambda x: scatter_add(x, keys, math.prod(shape)), values, terms)
        return ar.reshape(flat, (*flat.shape[:-1], *shape))

    def rows(self, step: int = 0) -> Rows:
        return Rows(self.indptr, self.indices, ar.midpoint(self.probabilities))

    def to(self, system: System) -> SparseTransitions:
        return self._with(convert_distributions(self.probabilities, system, self._row_name, self.indptr))

    def _row_name(self, row: int) -> str:
        return f"P{list(divmod(row, self.n_actions))}"

    @cached_property
    def _support(self) -> Mask:
        return ar.possibly_nonzero(self.probabilities)

    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        flat = pairs.reshape(*pairs.shape[:-2], -1)
        out = np.zeros((*flat.shape[:-1], self.n_states), dtype=np.bool_)
        for i in np.ndindex(flat.shape[:-1]):
            out[i][self.indices[flat[i][self._pair] & self._support]] = True
        return out

    @cached_property
    def _possible(self) -> Indices:
        """The states each pair may lead to, ``[S * A, K]``; a row that has fewer than K repeats one of them."""
        pair, state = self._pair[self._support], self.indices[self._support]
        counts = np.bincount(pair, minlength=self.n_states * self.n_actions)
        first = np.cumsum(counts) - counts
        within = np.minimum(np.arange(counts.max()), counts[:, None] - 1)
        return np.asarray(state[first[:, None] + within])

    def largest(self, f: Numbers, step: int = 0) -> Numbers:
        reached = ar.take(f, self._possible.ravel(), f.ndim - 1)
        shape = (*f.shape[:-1], self.n_states, self.n_actions, self._possible.shape[-1])
        return ar.amax(ar.reshape(reached, shape), -1)

    def self_loops(self, step: int = 0) -> Mask:
        loops = np.ones(self.n_states * self.n_actions, dtype=np.bool_)
        loops[self._pair[(self.indices != self._pair // self.n_actions) & self._support]] = False
        return loops.reshape(self.n_states, self.n_actions)

    def restricted(self, states: Indices) -> SparseTransitions:
        state, kept = new_indices(states, self.n_states), pairs_of(states, self.n_actions)
        pair = new_indices(kept, self.n_states * self.n_actions)
        leaves = np.zeros(pair.shape, dtype=np.bool_)
        leaves[self._pair[(state[self.indices] < 0) & self._support]] = True
        stay = np.flatnonzero((pair[self._pair] >= 0) & ~leaves[self._pair] & (state[self.indices] >= 0))
        loops = kept[leaves[kept]]
        rows = np.concatenate([pair[self._pair[stay]], pair[loops]])
        columns = np.concatenate([state[self.indices[stay]], state[loops // self.n_actions]])
        ones = self.system.convert(np.ones(len(loops), dtype=np.int64))
        values = ar.concatenate([ar.take(self.probabilities, stay, 0), ones])
        order = np.argsort(rows, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(kept)))])
        return SparseTransitions(indptr, columns[order], ar.take(values, order, 0), len(states), self.n_actions)


def _size(name: str, n: Any) -> int:
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InvalidModel(f"{name}={n!r}: must be an integer, at least 1.")
    return int(n)


def _integers(name: str, x: Any) -> NDArray[np.integer[Any]]:
    """Indices as int32 where they fit: half the memory, and what scipy's products take without a copy."""
    array = np.asarray(x)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InvalidModel(f"{name} is {array.dtype} of shape {array.shape}; it must be a list of integers.")
    fits = array.size == 0 or (array.max() < 2**31 and array.min() >= -(2**31))
    return array.astype(np.int32, copy=False) if fits else array
