"""The models the benchmarks run on, drawn from one seed.

Like those of `sims.families`, their probabilities are multiples of a power of 2 and rows sum to exactly one,
so that floats, intervals and rationals see the same model.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sims import SparseTransitions, TabularMDP

SEED = 20240
BITS = 40
GAMMA = 0.99


class Dense(NamedTuple):
    """A dense model with a stochastic policy; leading batch axes possible."""

    P: np.ndarray
    r: np.ndarray
    mu: np.ndarray
    pi: np.ndarray

    def model(self, **end: Any) -> TabularMDP:
        """With ``discount=`` or ``horizon=``."""
        return TabularMDP(self.P, self.r, self.mu, batch_axes=self.mu.ndim - 1, **end)


class Sparse(NamedTuple):
    """A CSR model over rows ``s A + a`` with a stochastic policy."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray
    r: np.ndarray
    mu: np.ndarray
    pi: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``indptr, indices, data``."""
        return self.indptr, self.indices, self.data

    def model(self) -> TabularMDP:
        """With the discount of all benchmarks."""
        return TabularMDP(SparseTransitions(*self.arrays, *self.r.shape), self.r, self.mu, discount=GAMMA)


def dense(n_states: int, n_actions: int, batch: tuple[int, ...] = ()) -> Dense:
    """Rows uniform on the simplex: mixes in a few steps."""
    rng = np.random.default_rng(SEED)
    return Dense(
        _distributions(rng, n_states, (*batch, n_states, n_actions)),
        rng.random((*batch, n_states, n_actions)),
        _distributions(rng, n_states, batch),
        policies(rng, n_states, n_actions, batch),
    )


def random_sparse(n_states: int, n_actions: int, successors: int) -> Sparse:
    """Successors drawn from all states: mixes in some twenty steps."""
    rng = np.random.default_rng(SEED)
    indices = rng.integers(0, n_states, size=(n_states * n_actions, successors), dtype=np.int32)
    return _sparse(indices, n_states, n_actions, rng)


def ring(n_states: int, n_actions: int, reach: int) -> Sparse:
    """Successors at most `reach` places away on a ring: mixing takes some ``n_states ** 2`` steps."""
    rng = np.random.default_rng(SEED)
    offsets = np.delete(np.arange(-reach, reach + 1), reach)
    indices = (np.repeat(np.arange(n_states), n_actions)[:, None] + offsets) % n_states
    return _sparse(indices.astype(np.int32), n_states, n_actions, rng)


def _sparse(indices: np.ndarray, n_states: int, n_actions: int, rng: np.random.Generator) -> Sparse:
    rows, successors = indices.shape
    return Sparse(
        np.arange(0, rows * successors + 1, successors, dtype=np.int32),
        indices.ravel(),
        _distributions(rng, successors, (rows,)).ravel(),
        rng.random((n_states, n_actions)),
        _distributions(rng, n_states, ()),
        policies(rng, n_states, n_actions),
    )


def policies(rng: np.random.Generator, n_states: int, n_actions: int, batch: tuple[int, ...] = ()) -> np.ndarray:
    """Stochastic policies ``[*batch, S, A]``."""
    return _distributions(rng, n_actions, (*batch, n_states))


def _distributions(rng: np.random.Generator, n: int, shape: tuple[int, ...]) -> np.ndarray:
    units = np.floor(rng.dirichlet(np.ones(n), size=shape) * 2.0**BITS)
    units[..., 0] += 2.0**BITS - units.sum(-1)
    return units / 2.0**BITS
