"""Transition laws stored as one dense table."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.tabular.errors import InvalidModel
from sims.tabular.transitions import ROW_ADVICE, Indices, Rows, Transitions, system_like
from sims.tabular.validation import check_distributions, convert_distributions, normalized


class DenseTransitions(Transitions):
    """Probabilities in one array ``[..., steps, S, A, S]``."""

    def __init__(self, probabilities: Numbers) -> None:
        self.probabilities = probabilities
        self.steps, self.n_states, self.n_actions, _ = probabilities.shape[-4:]
        self._flat: dict[int, Numbers] = {}

    @property
    def system(self) -> System:
        return system_like(self.probabilities)

    @property
    def data(self) -> tuple[Numbers, ...]:
        return (self.probabilities,)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return tuple(self.probabilities.shape[:-4])

    @property
    def _as_given(self) -> Numbers:
        """The table without the step axis, if every step has the same law: errors index it."""
        return self.probabilities[..., 0, :, :, :] if self.steps == 1 else self.probabilities

    def validate(self) -> None:
        check_distributions(self._as_given, "P", InvalidModel, ROW_ADVICE)

    def normalized(self) -> DenseTransitions:
        table = normalized(self._as_given, "P")
        return DenseTransitions(ar.reshape(table, tuple(self.probabilities.shape)))

    def _pairs(self, step: int) -> Numbers:
        """The matrix ``[..., S * A, S]`` of one step, kept: intervals remember what they know of themselves."""
        step = self._index(step)
        if step not in self._flat:
            p = self.probabilities[..., step, :, :, :]
            self._flat[step] = ar.reshape(p, (*p.shape[:-3], self.n_states * self.n_actions, self.n_states))
        return self._flat[step]

    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        rows = ar.matvec(self._pairs(step), f)
        return ar.reshape(rows, (*rows.shape[:-1], self.n_states, self.n_actions))

    def expect_each(self, f: Numbers, step: int = 0) -> Numbers:
        p = self.probabilities[..., self._index(step), :, :, :]
        return ar.einsum("...sat,...sat->...sa", p, f)

    def push(self, d: Numbers, step: int = 0) -> Numbers:
        return ar.vecmat(ar.reshape(d, (*d.shape[:-2], self.n_states * self.n_actions)), self._pairs(step))

    def kernel(self, policy: Numbers) -> Numbers:
        return ar.einsum("...sa,...sat->...st", policy, self.probabilities[..., 0, :, :, :])

    def dense(self) -> Numbers:
        return self.probabilities

    def rows(self, step: int = 0) -> Rows:
        n = self.n_states * self.n_actions
        p = ar.midpoint(self._pairs(step))
        return Rows(np.arange(n + 1) * self.n_states, np.tile(np.arange(self.n_states), n), p.ravel())

    def to(self, system: System) -> DenseTransitions:
        name = partial(_row_name, tuple(self._as_given.shape[:-1]))
        return DenseTransitions(convert_distributions(self.probabilities, system, name))

    @cached_property
    def _support(self) -> Mask:
        return ar.possibly_nonzero(self.probabilities)

    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        support = self._support[..., self._index(step), :, :, :]
        return np.asarray(np.any(pairs[..., None] & support, axis=(-3, -2)))

    def largest(self, f: Numbers, step: int = 0) -> Numbers:
        support, f = self._support[..., self._index(step), :, :, :], f[..., None, None, :]
        return ar.amax(ar.where(support, f, ar.amin(f, -1)[..., None]), -1)

    def self_loops(self, step: int = 0) -> Mask:
        elsewhere = ~np.eye(self.n_states, dtype=np.bool_)[:, None, :]
        return ~np.asarray(np.any(self._support[..., self._index(step), :, :, :] & elsewhere, axis=-1))

    def restricted(self, states: Indices) -> DenseTransitions:
        inside = np.isin(np.arange(self.n_states), states)
        leaves = np.asarray(np.any(self._support[..., ~inside], axis=-1))[..., states, :]
        p = ar.take(self.probabilities, states, self.probabilities.ndim - 3)
        p = ar.take(p, states, p.ndim - 1)
        loop = self.system.convert(np.eye(len(states), dtype=np.int64)[:, None, :])
        return DenseTransitions(ar.where(leaves[..., None], loop, p))


def _row_name(shape: tuple[int, ...], row: int) -> str:
    return f"P{[int(i) for i in np.unravel_index(row, shape)]}"
