"""The flow equations of occupancies in floats, for solvers: which laws of (h, s, a) a policy can have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims import TabularMDP

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Flow:
    """The equations ``E x = b`` of a model, ``x[T, S, A]`` with T = H steps, or 1 if it is discounted.

    ``x_h(s) = b_h(s) + sum P_{h-1}(s | s', a') x_{h-1}(s', a')``; with a discount
    ``x(s) = b(s) + gamma sum P(s | s', a') x(s', a')``.

    Attributes
    ----------
    p : ``[T, S, A, S]``, or ``[1, S, A, S]`` if it does not vary; zeros if the discount is 0 and nothing follows
    b : ``[T, S]``
    gamma : the discount, or None
    """

    p: Floats
    b: Floats
    gamma: float | None

    @classmethod
    def of(cls, mdp: TabularMDP) -> Flow:
        """The flow of a float64 model, its transitions as a dense table."""
        p, mu = np.asarray(mdp.transitions.dense()), np.asarray(mdp.mu)
        if mdp.horizon is None:
            gamma = float(mdp.discount)
            return cls(p if gamma > 0 else 0 * p, (1 - gamma) * mu[None], gamma)
        b = np.zeros((mdp.horizon, mdp.n_states))
        b[0] = mu / mdp.horizon
        return cls(p, b, None)

    def _push(self, x: Floats) -> Floats:
        """Mass that flows into the states of the next step, ``[T, S]``."""
        steps, states, actions = x.shape
        if len(self.p) == 1:
            return x.reshape(steps, -1) @ self.p.reshape(states * actions, states)
        return np.asarray(x.reshape(steps, 1, -1) @ self.p.reshape(steps, states * actions, states))[:, 0]

    def expect(self, y: Floats) -> Floats:
        """Expectation ``[T, S, A]`` of ``y[T, S]`` at the next state."""
        return np.asarray(self.p @ y[:, None, :, None])[..., 0]

    def occupancy(self, pi: Floats) -> Floats:
        """Law ``[T, S, A]`` of a policy."""
        if self.gamma is not None:
            kernel = np.einsum("sa,sat->st", pi[0], self.p[0])
            mass = np.linalg.solve(np.eye(len(kernel)) - self.gamma * kernel.T, self.b[0])[None]
            return np.maximum(mass, 0)[..., None] * pi
        x = np.zeros_like(pi)
        mass = self.b[0]
        for h in range(len(pi)):
            x[h] = mass[:, None] * pi[h]
            mass = x[h].ravel() @ self.p[min(h, len(self.p) - 1)].reshape(-1, len(mass))
        return x

    def image(self, x: Floats) -> Floats:
        """``E x``: what is at each state less what flows into it, ``[T, S]``."""
        inflow = self._push(x)
        if self.gamma is not None:
            return np.asarray(x.sum(-1) - self.gamma * inflow)
        mass: Floats = x.sum(-1)
        mass[1:] -= inflow[:-1]
        return mass

    def adjoint(self, y: Floats) -> Floats:
        """``E' y``: ``y_h(s) - E y_{h+1}(s')``, ``[T, S, A]``; with a discount ``y(s) - gamma E y(s')``."""
        if self.gamma is not None:
            return y[..., None] - self.gamma * self.expect(y)
        later = np.zeros_like(y)
        later[:-1] = y[1:]
        return y[..., None] - self.expect(later)

    def reachable(self, allowed: Mask) -> Mask:
        """States ``[T, S]`` with positive probability under some policy that takes allowed pairs ``[T, S, A]``."""
        now = self.b > 0
        while True:
            inflow = self._push((now[..., None] & allowed).astype(float)) > 0
            grown = now | inflow if self.gamma is not None else now | np.vstack([now[:1] & False, inflow[:-1]])
            if np.array_equal(grown, now):
                return now
            now = grown

    def safe(self, allowed: Mask) -> Mask:
        """Allowed pairs ``[T, S, A]`` that a policy reaches, and after which it need never leave the allowed ones."""
        while True:
            dead = np.asarray(~allowed.any(-1), dtype=np.float64)
            kept = allowed & (self.adjoint(dead) >= 0)  # a pair goes if it may lead to a dead state
            if np.array_equal(kept, allowed):
                return allowed & self.reachable(allowed)[..., None]
            allowed = kept

    def factor(self, v: Floats, k: Floats) -> Callable[[Floats], Floats]:
        """Solver of ``E C E' y = rhs`` for sides ``[T, S]``, where C has blocks ``diag(v) + k v v'`` by state.

        Parameters
        ----------
        v : ``[T, S, A]``, not negative; zero where a pair is not allowed
        k : ``[T, S]``, not negative
        """
        present = self._present(v)
        blocks = [self._blocks(h, v[h], k[h], present) for h in range(len(v))]
        if self.gamma is None:
            diagonal = [blocks[0].own, *(after.own + before.pushed for before, after in pairwise(blocks))]
            solve = _block_tridiagonal(diagonal, [-block.cross for block in blocks[:-1]])
        else:
            own, cross, pushed = blocks[0]
            solve = _block_tridiagonal([own - self.gamma * (cross + cross.T) + self.gamma**2 * pushed], [])

        def solve_all(rhs: Floats) -> Floats:
            y = rhs.copy()  # the equation of a state nobody reaches is y = rhs
            for h, found in enumerate(solve([rhs[h, states] for h, states in enumerate(present)])):
                y[h, present[h]] = found
            return y

        return solve_all

    def _present(self, v: Floats) -> list[Indices]:
        """The states of each step that have a pair, or follow on one of the step before (with a discount, on any)."""
        own = np.any(v > 0, axis=-1)
        inflow = self._push((v > 0).astype(float)) > 0
        follows = inflow if self.gamma is not None else np.vstack([own[:1], inflow[:-1]])
        return [np.flatnonzero(states) for states in np.logical_or(own, follows)]

    def _blocks(self, h: int, v: Floats, k: Floats, present: list[Indices]) -> _Blocks:
        """``C`` at step h between its states, with their successors, and between successors, where they are present."""
        states = present[h]
        v, k = v[states], k[states]
        row = v * (1 + k * v.sum(-1))[:, None]
        weight = row.sum(-1)
        own = np.diag(np.where(weight > 0, weight, 1.0))
        later = present[min(h + 1, len(present) - 1)]
        p = self.p[min(h, len(self.p) - 1)][states][..., later]
        cross = (row[:, None, :] @ p)[:, 0]
        mixed = (v[:, None, :] @ p)[:, 0]
        flat = p.reshape(-1, len(later))
        pushed = flat.T @ (v.reshape(-1, 1) * flat) + mixed.T @ (k[:, None] * mixed)
        return _Blocks(own, cross, pushed)


class _Blocks(NamedTuple):
    own: Floats
    cross: Floats
    pushed: Floats


def scaled(v: Floats, k: Floats, x: Floats) -> Floats:
    """``(diag(v) + k v v') x`` in each state."""
    return np.asarray(v * (x + (k * (v * x).sum(-1))[..., None]))


def _block_tridiagonal(diagonal: Sequence[Floats], upper: Sequence[Floats]) -> Callable[[list[Floats]], list[Floats]]:
    """Solver of a symmetric block tridiagonal system; a side is a list of its parts."""
    solves, factors = [_definite(diagonal[0])], []
    for h, block in enumerate(upper):
        factors.append(solves[h](block).T)
        solves.append(_definite(diagonal[h + 1] - factors[h] @ block))

    def solve(rhs: list[Floats]) -> list[Floats]:
        y = list(rhs)
        for h, factor in enumerate(factors):
            y[h + 1] = y[h + 1] - factor @ y[h]
        y[-1] = solves[-1](y[-1])
        for h in reversed(range(len(upper))):
            y[h] = solves[h](y[h] - upper[h] @ y[h + 1])
        return y

    return solve


def _definite(matrix: Floats) -> Callable[[Floats], Floats]:
    """Solve with a positive definite matrix, which rounding may have made indefinite."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    scale = 1 / np.sqrt(np.maximum(matrix.diagonal(), np.finfo(float).tiny))
    even = matrix * scale[:, None] * scale
    try:
        factor = cho_factor(even, check_finite=False)
    except LinAlgError:
        inverse = np.linalg.pinv(even, hermitian=True)
        return lambda x: ((inverse @ (x.T * scale).T).T * scale).T
    return lambda x: (np.asarray(cho_solve(factor, (x.T * scale).T, check_finite=False)).T * scale).T
