"""Transition laws with one next state for each pair."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.tabular.errors import InvalidModel
from sims.tabular.transitions import (
    Indices,
    Rows,
    Transitions,
    check_dense_size,
    new_indices,
)
from sims.tabular.validation import scatter_add


class DeterministicTransitions(Transitions):
    """One next state for each pair.

    Parameters
    ----------
    next_state : ints ``[S, A]``
    system : number system of the answers (a model takes the one of its rewards)

    Raises
    ------
    InvalidModel
        If an entry is no state.
    """

    def __init__(self, next_state: Any, system: System = ar.RATIONAL) -> None:
        self.next_state = np.asarray(next_state)
        if self.next_state.ndim != 2 or self.next_state.dtype.kind not in "iu":
            given = f"next_state is {self.next_state.dtype} of shape {self.next_state.shape}"
            raise InvalidModel(f"{given}; it must be integers [S, A].")
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

    def validate(self) -> None:
        """Nothing to check: one next state is always a distribution."""

    def normalized(self) -> DeterministicTransitions:
        return self

    @cached_property
    def _column_terms(self) -> int:
        return int(np.bincount(self.next_state.ravel()).max())

    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        flat = ar.take(f, self.next_state.ravel(), f.ndim - 1)
        return ar.reshape(flat, (*flat.shape[:-1], self.n_states, self.n_actions))

    def expect_each(self, f: Numbers, step: int = 0) -> Numbers:
        flat = ar.reshape(f, (*f.shape[:-3], -1))
        keys = np.arange(self.next_state.size) * self.n_states + self.next_state.ravel()
        return ar.reshape(ar.take(flat, keys, flat.ndim - 1), tuple(f.shape[:-1]))

    def push(self, d: Numbers, step: int = 0) -> Numbers:
        flat = ar.reshape(d, (*d.shape[:-2], self.n_states * self.n_actions))
        return self._scattered(flat, self.next_state.ravel(), (self.n_states,), self._column_terms)

    def kernel(self, policy: Numbers) -> Numbers:
        check_dense_size(self.n_states**2)
        flat = ar.reshape(policy, (*policy.shape[:-2], self.n_states * self.n_actions))
        keys = (np.arange(self.n_states)[:, None] * self.n_states + self.next_state).ravel()
        return self._scattered(flat, keys, (self.n_states, self.n_states), self.n_actions)

    @staticmethod
    def _scattered(values: Numbers, keys: Indices, shape: tuple[int, ...], terms: int) -> Numbers:
        system, (values,) = ar.coerce_all(values)
        flat = system.linear(lambda x: scatter_add(x, keys, int(np.prod(shape))), values, terms)
        return ar.reshape(flat, (*flat.shape[:-1], *shape))

    def dense(self) -> Numbers:
        check_dense_size(self.n_states**2 * self.n_actions)
        p = np.zeros((1, self.n_states, self.n_actions, self.n_states), dtype=np.int64)
        np.put_along_axis(p, self.next_state[None, ..., None], 1, axis=-1)
        return self.system.convert(p)

    def rows(self, step: int = 0) -> Rows:
        n = self.next_state.size
        return Rows(np.arange(n + 1), self.next_state.ravel(), np.ones(n))

    def to(self, system: System) -> DeterministicTransitions:
        return DeterministicTransitions(self.next_state, system)

    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        out = np.zeros((*pairs.shape[:-2], self.n_states), dtype=np.bool_)
        for i in np.ndindex(pairs.shape[:-2]):
            out[i][self.next_state[pairs[i]]] = True
        return out

    def largest(self, f: Numbers, step: int = 0) -> Numbers:
        return self.expect(f, step)

    def self_loops(self, step: int = 0) -> Mask:
        return np.asarray(self.next_state == np.arange(self.n_states)[:, None])

    def restricted(self, states: Indices) -> DeterministicTransitions:
        moved = new_indices(states, self.n_states)[self.next_state[states]]
        return DeterministicTransitions(np.where(moved < 0, np.arange(len(states))[:, None], moved), self.system)
