"""Transition laws, dense, sparse or deterministic, behind three operations.

Every formula about a model needs only: the expectation of a function of the next state (``expect``), the law of the
next state under a law of state-action pairs (``push``), and, for discounted models, the kernel of a policy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, partial
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.arithmetic.raw import like
from sims.tabular.errors import InvalidModel
from sims.tabular.validation import check_distributions, convert_distributions

ROW_ADVICE = (
    "Rows of P are distributions over next states. If a state ends the episode, send it to an absorbing state with "
    "reward 0; if the numbers were rounded, use TabularMDP(..., normalize=True)."
)


class Transitions(ABC):
    """The law of the next state given step, state and action."""

    n_states: int
    n_actions: int
    steps: int = 1
    """1 if the law is the same at every step, else the number of steps."""

    @property
    @abstractmethod
    def system(self) -> System:
        """Number system of the probabilities."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the leading batch axes."""
        return ()

    @abstractmethod
    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        """``E[f(s') | s, a]``: from ``[..., S]`` to ``[..., S, A]``."""

    @abstractmethod
    def push(self, d: Numbers, step: int = 0) -> Numbers:
        """``sum_{s,a} d(s, a) P(s' | s, a)``: from ``[..., S, A]`` to ``[..., S]``."""

    @abstractmethod
    def dense(self) -> Numbers:
        """The probabilities as ``[..., steps, S, A, S]``."""

    @abstractmethod
    def to(self, system: System) -> Transitions:
        """The same law in another number system."""

    @abstractmethod
    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        """Mask ``[..., S]`` of the states that some pair in ``pairs[..., S, A]`` reaches with positive probability."""

    @abstractmethod
    def restricted(self, states: NDArray[np.intp]) -> Transitions:
        """The law on a subset of states that no transition leaves."""

    @abstractmethod
    def draw(self, states: NDArray[np.intp], actions: NDArray[np.intp], step: int, rng: np.random.Generator) -> Any:
        """Sample one next state for each pair."""

    def kernel(self, policy: Numbers) -> Numbers:
        """State-to-state kernel ``[..., S, S]`` of a stationary policy, dense."""
        return ar.einsum("...sa,...sat->...st", policy, self.dense()[..., 0, :, :, :])

    def _matrix(self, step: int) -> int:
        return step if self.steps > 1 else 0


class DenseTransitions(Transitions):
    """Probabilities in one array ``[..., steps, S, A, S]``."""

    def __init__(self, probabilities: Numbers) -> None:
        self.probabilities = probabilities
        self.steps, self.n_states, self.n_actions, _ = probabilities.shape[-4:]
        self._flat: dict[int, Numbers] = {}

    @property
    def system(self) -> System:
        return ar.system_of(self.probabilities)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return tuple(self.probabilities.shape[:-4])

    def validate(self, name: str) -> None:
        """Raise ``InvalidModel`` unless all rows are distributions."""
        p = self.probabilities[..., 0, :, :, :] if self.steps == 1 else self.probabilities
        check_distributions(p, name, InvalidModel, ROW_ADVICE)

    def _rows(self, step: int) -> Numbers:
        """The matrix ``[..., S * A, S]`` of one step, kept because number arrays cache what they know of themselves."""
        step = self._matrix(step)
        if step not in self._flat:
            p = self.probabilities[..., step, :, :, :]
            self._flat[step] = ar.reshape(p, (*p.shape[:-3], self.n_states * self.n_actions, self.n_states))
        return self._flat[step]

    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        rows = ar.matvec(self._rows(step), f)
        return ar.reshape(rows, (*rows.shape[:-1], self.n_states, self.n_actions))

    def push(self, d: Numbers, step: int = 0) -> Numbers:
        return ar.vecmat(ar.reshape(d, (*d.shape[:-2], self.n_states * self.n_actions)), self._rows(step))

    def dense(self) -> Numbers:
        return self.probabilities

    def to(self, system: System) -> DenseTransitions:
        if system == self.system:
            return self
        name = partial(_row_name, (*self.probabilities.shape[:-4], self.steps, self.n_states, self.n_actions))
        return DenseTransitions(convert_distributions(self.probabilities, system, name))

    @cached_property
    def _support(self) -> Mask:
        return ar.possibly_nonzero(self.probabilities)

    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        return np.asarray(np.any(pairs[..., None] & self._support[..., self._matrix(step), :, :, :], axis=(-3, -2)))

    def restricted(self, states: NDArray[np.intp]) -> DenseTransitions:
        p = ar.take(self.probabilities, states, self.probabilities.ndim - 3)
        return DenseTransitions(ar.take(p, states, p.ndim - 1))

    def draw(self, states: NDArray[np.intp], actions: NDArray[np.intp], step: int, rng: np.random.Generator) -> Any:
        rows = ar.midpoint(self.probabilities)[self._matrix(step)][states, actions]
        return choose(rows, rng)


class SparseTransitions(Transitions):
    """Probabilities in CSR form over the rows ``s * A + a``.

    Parameters
    ----------
    indptr : ints ``[S * A + 1]``, every row non-empty
    indices : ints ``[nnz]``, next states
    probabilities : numbers ``[nnz]``
    n_states, n_actions : sizes
    """

    def __init__(
        self,
        indptr: NDArray[np.integer[Any]],
        indices: NDArray[np.integer[Any]],
        probabilities: Any,
        n_states: int,
        n_actions: int,
    ) -> None:
        self.indptr = np.asarray(indptr)
        self.indices = np.asarray(indices)
        self.probabilities = ar.asarray(probabilities)
        self.n_states, self.n_actions = n_states, n_actions
        if self.indptr.shape != (n_states * n_actions + 1,):
            raise InvalidModel(
                f"indptr has shape {self.indptr.shape}, expected ({n_states * n_actions + 1},) = (S * A + 1,)."
            )
        lengths = np.diff(self.indptr)
        if lengths.min() < 1 or self.indptr[0] != 0:
            row = int(np.argmin(lengths))
            raise InvalidModel(f"row {divmod(row, n_actions)} of P is empty; give each (state, action) a next state.")
        if self.indices.shape != (self.indptr[-1],) or self.probabilities.shape != self.indices.shape:
            raise InvalidModel(
                f"indices {self.indices.shape} and probabilities {self.probabilities.shape} must both have length "
                f"indptr[-1] = {int(self.indptr[-1])}."
            )
        if self.indices.min() < 0 or self.indices.max() >= n_states:
            bad = int(np.argmax((self.indices < 0) | (self.indices >= n_states)))
            raise InvalidModel(f"indices[{bad}] = {int(self.indices[bad])} is no state of 0..{n_states - 1}.")

    @property
    def system(self) -> System:
        return ar.system_of(self.probabilities)

    @cached_property
    def _row_terms(self) -> int:
        return int(np.diff(self.indptr).max())

    @cached_property
    def _column_terms(self) -> int:
        return int(np.bincount(self.indices, minlength=self.n_states).max())

    @cached_property
    def _rows(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(self.n_states * self.n_actions), np.diff(self.indptr))

    def validate(self, name: str) -> None:
        """Raise ``InvalidModel`` unless all rows are distributions."""
        ones = np.ones(self.n_states, dtype=np.int64)
        if (ar.upper(self.probabilities) < 0).any():
            k = int(np.argmax(ar.upper(self.probabilities) < 0))
            s, a = divmod(int(self._rows[k]), self.n_actions)
            raise InvalidModel(
                f"{name}[{s}, {a}, {self.indices[k]}] is {float(ar.midpoint(self.probabilities)[k]):.6g}, a negative "
                f"probability.\n  {ROW_ADVICE}"
            )
        total = self.expect(self.system.convert(ones))
        check_distributions(total[..., None], name, InvalidModel, ROW_ADVICE)

    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        system, (p, f) = ar.coerce_all(self.probabilities, f)
        rows = system.bilinear(self._csr_matvec, p, f, self._row_terms)
        return ar.reshape(rows, (*rows.shape[:-1], self.n_states, self.n_actions))

    def push(self, d: Numbers, step: int = 0) -> Numbers:
        system, (p, d) = ar.coerce_all(self.probabilities, d)
        flat = ar.reshape(d, (*d.shape[:-2], self.n_states * self.n_actions))
        return system.bilinear(self._csr_vecmat, p, flat, self._column_terms)

    def _csr_matvec(self, data: Any, f: Any) -> Any:
        if is_torch_array(f):
            out = f.new_zeros((*f.shape[:-1], self.n_states * self.n_actions))
            return out.index_add(-1, f.new_tensor(self._rows, dtype=like(f).int64), data * f[..., self.indices])
        if data.dtype == np.float64 and f.dtype == np.float64:
            return (self._scipy(data) @ f.reshape(-1, self.n_states).T).T.reshape(*f.shape[:-1], -1)
        return np.add.reduceat(data * f[..., self.indices], self.indptr[:-1], axis=-1)

    def _csr_vecmat(self, data: Any, d: Any) -> Any:
        if is_torch_array(d):
            out = d.new_zeros((*d.shape[:-1], self.n_states))
            return out.index_add(-1, d.new_tensor(self.indices, dtype=like(d).int64), data * d[..., self._rows])
        if data.dtype == np.float64 and d.dtype == np.float64:
            return (self._scipy(data).T @ d.reshape(-1, d.shape[-1]).T).T.reshape(*d.shape[:-1], -1)
        return scatter_add(data * d[..., self._rows], self.indices, self.n_states)

    def _scipy(self, data: NDArray[np.float64]) -> Any:
        from scipy.sparse import csr_array

        return csr_array((data, self.indices, self.indptr), shape=(self.n_states * self.n_actions, self.n_states))

    def dense(self) -> Numbers:
        size = self.n_states * self.n_actions * self.n_states
        if size > 10**8:
            raise MemoryError(f"a dense P of {size} entries is too large; use expect() and push().")
        keys = self._rows * self.n_states + self.indices
        flat = self.system.linear(lambda p: scatter_add(p, keys, size), self.probabilities, self._row_terms)
        return ar.reshape(flat, (1, self.n_states, self.n_actions, self.n_states))

    def to(self, system: System) -> SparseTransitions:
        if system == self.system:
            return self
        name = partial(_row_name, (self.n_states, self.n_actions))
        p = convert_distributions(self.probabilities, system, name, self.indptr)
        return SparseTransitions(self.indptr, self.indices, p, self.n_states, self.n_actions)

    @cached_property
    def _support(self) -> Mask:
        return ar.possibly_nonzero(self.probabilities)

    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        reached = (pairs.reshape(*pairs.shape[:-2], -1)[..., self._rows] & self._support).astype(np.int64)
        return scatter_add(reached, self.indices, self.n_states) > 0

    def restricted(self, states: NDArray[np.intp]) -> SparseTransitions:
        rows = (states[:, None] * self.n_actions + np.arange(self.n_actions)).ravel()
        entries = np.concatenate([np.arange(self.indptr[r], self.indptr[r + 1]) for r in rows])
        new_index = np.full(self.n_states, -1)
        new_index[states] = np.arange(len(states))
        indptr = np.concatenate([[0], np.cumsum(np.diff(self.indptr)[rows])])
        return SparseTransitions(
            indptr, new_index[self.indices[entries]], ar.take(self.probabilities, entries, 0), len(states), self.n_actions
        )

    def draw(self, states: NDArray[np.intp], actions: NDArray[np.intp], step: int, rng: np.random.Generator) -> Any:
        rows = states * self.n_actions + actions
        lengths = np.diff(self.indptr)[rows]
        offsets = np.arange(self._row_terms)
        inside = offsets < lengths[:, None]
        entries = np.minimum(self.indptr[rows][:, None] + offsets, len(self.indices) - 1)
        p = np.where(inside, ar.midpoint(self.probabilities)[entries], 0.0)
        return self.indices[entries[np.arange(len(rows)), choose(p, rng)]]


class DeterministicTransitions(Transitions):
    """One next state for each pair.

    Parameters
    ----------
    next_state : ints ``[S, A]``
    system : number system of the answers (``rational`` unless converted)
    """

    def __init__(self, next_state: Any, system: System = ar.RATIONAL) -> None:
        self.next_state = np.asarray(next_state)
        if self.next_state.ndim != 2 or self.next_state.dtype.kind not in "iu":
            raise InvalidModel(
                f"next_state must be integers of shape [S, A], got {self.next_state.dtype} of shape "
                f"{self.next_state.shape}."
            )
        self.n_states, self.n_actions = self.next_state.shape
        bad = (self.next_state < 0) | (self.next_state >= self.n_states)
        if bad.any():
            s, a = (int(i) for i in np.argwhere(bad)[0])
            raise InvalidModel(
                f"next_state[{s}, {a}] = {int(self.next_state[s, a])} is no state of 0..{self.n_states - 1}."
            )
        self._system = system

    @property
    def system(self) -> System:
        return self._system

    def validate(self, name: str) -> None:
        """Nothing to check: one next state is always a distribution."""

    @cached_property
    def _column_terms(self) -> int:
        return max(1, int(np.bincount(self.next_state.ravel(), minlength=self.n_states).max()))

    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        flat = ar.take(f, self.next_state.ravel(), f.ndim - 1)
        return ar.reshape(flat, (*flat.shape[:-1], self.n_states, self.n_actions))

    def push(self, d: Numbers, step: int = 0) -> Numbers:
        system, (d,) = ar.coerce_all(d)
        flat = ar.reshape(d, (*d.shape[:-2], self.n_states * self.n_actions))
        target = self.next_state.ravel()
        return system.linear(lambda x: scatter_add(x, target, self.n_states), flat, self._column_terms)

    def dense(self) -> Numbers:
        size = self.n_states**2 * self.n_actions
        if size > 10**8:
            raise MemoryError(f"a dense P of {size} entries is too large; use expect() and push().")
        p = np.zeros((1, self.n_states, self.n_actions, self.n_states), dtype=np.int64)
        np.put_along_axis(p, self.next_state[None, ..., None], 1, axis=-1)
        return self.system.convert(p)

    def to(self, system: System) -> DeterministicTransitions:
        return DeterministicTransitions(self.next_state, system)

    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        counts = pairs.reshape(*pairs.shape[:-2], -1).astype(np.int64)
        return scatter_add(counts, self.next_state.ravel(), self.n_states) > 0

    def restricted(self, states: NDArray[np.intp]) -> DeterministicTransitions:
        new_index = np.full(self.n_states, -1)
        new_index[states] = np.arange(len(states))
        return DeterministicTransitions(new_index[self.next_state[states]], self.system)

    def draw(self, states: NDArray[np.intp], actions: NDArray[np.intp], step: int, rng: np.random.Generator) -> Any:
        return self.next_state[states, actions]


def _row_name(shape: tuple[int, ...], row: int) -> str:
    index = [int(i) for i in np.unravel_index(row, shape)]
    return f"P{index[1:] if len(shape) == 3 and shape[0] == 1 else index}"


def scatter_add(values: Any, target: NDArray[np.integer[Any]], size: int) -> Any:
    """Sum ``values[..., k]`` into ``out[..., target[k]]``, for raw arrays of any kind."""
    if is_torch_array(values):
        out = values.new_zeros((*values.shape[:-1], size))
        return out.index_add(-1, values.new_tensor(target, dtype=like(values).int64), values)
    if values.dtype == np.float64 and values.ndim == 1:
        return np.bincount(target, weights=values, minlength=size)
    zero = type(values.flat[0])(0) if values.dtype == object and values.size else 0
    out = np.full((*values.shape[:-1], size), zero, dtype=values.dtype)
    np.add.at(np.moveaxis(out, -1, 0), target, np.moveaxis(values, -1, 0))
    return out


def choose(probabilities: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Sample one index for each row of probabilities."""
    cumulative = np.cumsum(probabilities, axis=-1)
    thresholds = rng.random((*probabilities.shape[:-1], 1)) * cumulative[..., -1:]
    return np.asarray(np.sum(cumulative <= thresholds, axis=-1), dtype=np.intp)
