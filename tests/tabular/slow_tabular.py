"""The definitions read literally, in Python fractions: lists of trajectories, Gauss elimination, no cleverness.

Shares no code with the library: models are nested lists, laws are sums over every trajectory.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass
class Slow:
    """A model as nested lists of fractions, at every step: ``P[h][s][a][t]``, ``r[h][s][a][t]``, ``mu[s]``."""

    P: list[Any]
    r: list[Any]
    mu: list[Fraction]

    @property
    def sizes(self) -> tuple[int, int, int]:
        return len(self.P), len(self.P[0]), len(self.P[0][0])

    def walks(self, pi, start: int, h0: int = 0, action: int | None = None):
        """Every (states, actions, probability) from ``start`` at step ``h0``, the state after the last action too."""
        H, S, A = self.sizes
        for path in itertools.product(*[range(A), range(S)] * (H - h0)):
            actions, states = path[::2], (start, *path[1::2])
            if action is not None and actions[0] != action:
                continue
            p = ONE
            for i, h in enumerate(range(h0, H)):
                if not (action is not None and i == 0):
                    p *= pi[h][states[i]][actions[i]]
                p *= self.P[h][states[i]][actions[i]][states[i + 1]]
            if p:
                yield states, actions, p

    def payoff(self, states, actions, h0: int = 0) -> Fraction:
        return sum((self.r[h0 + i][states[i]][a][states[i + 1]] for i, a in enumerate(actions)), ZERO)

    def occupancy(self, pi) -> np.ndarray:
        H, S, A = self.sizes
        d = np.full((H, S, A), ZERO, dtype=object)
        for s in range(S):
            for states, actions, p in self.walks(pi, s):
                for h in range(H):
                    d[h, states[h], actions[h]] += self.mu[s] * p
        return d

    def q(self, pi) -> np.ndarray:
        H, S, A = self.sizes
        out = np.empty((H, S, A), dtype=object)
        for h, s, a in np.ndindex(H, S, A):
            out[h, s, a] = sum((p * self.payoff(x, u, h) for x, u, p in self.walks(pi, s, h, a)), ZERO)
        return out

    def v(self, pi) -> np.ndarray:
        H, S, _ = self.sizes
        out = np.empty((H, S), dtype=object)
        for h, s in np.ndindex(H, S):
            out[h, s] = sum((p * self.payoff(x, u, h) for x, u, p in self.walks(pi, s, h)), ZERO)
        return out

    def value(self, pi) -> Fraction:
        return sum(
            (m * p * self.payoff(x, u) for s, m in enumerate(self.mu) if m for x, u, p in self.walks(pi, s)),
            ZERO,
        )

    def deterministic_policies(self):
        H, S, A = self.sizes
        for choice in itertools.product(range(A), repeat=H * S):
            yield [[[ONE if choice[h * S + s] == a else ZERO for a in range(A)] for s in range(S)] for h in range(H)]


def solve(matrix: list[list[Fraction]], b: list[Fraction]) -> list[Fraction]:
    """Gauss elimination with fractions."""
    n = len(b)
    rows = [[*row, x] for row, x in zip(matrix, b, strict=True)]
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k], strict=True)]
    return [row[n] for row in rows]


def kernel(P, pi):
    """``P_pi[s][t]`` of a stationary policy."""
    S, A = len(pi), len(pi[0])
    return [[sum((pi[s][a] * P[s][a][t] for a in range(A)), ZERO) for t in range(S)] for s in range(S)]


def discounted_v(P, r, pi, gamma: Fraction) -> list[Fraction]:
    K, S, A = kernel(P, pi), len(pi), len(pi[0])
    matrix = [[(s == t) - gamma * K[s][t] for t in range(S)] for s in range(S)]
    return solve(matrix, [sum((pi[s][a] * r[s][a] for a in range(A)), ZERO) for s in range(S)])


def discounted_d(P, mu, pi, gamma: Fraction) -> list[Fraction]:
    K, S = kernel(P, pi), len(pi)
    matrix = [[(s == t) - gamma * K[t][s] for t in range(S)] for s in range(S)]
    return solve(matrix, [(1 - gamma) * m for m in mu])


def fractions(x) -> np.ndarray:
    """The entries of a rational array, as an object array of fractions."""
    return x.fractions()


def draw_rows(rng: np.random.Generator, shape: tuple[int, ...], bits: int = 4) -> np.ndarray:
    """Distributions of fractions along the last axis, over ``2**bits``; many entries are 0, some rows one-hot."""
    *batch, n = shape
    out = np.empty(shape, dtype=object)
    for i in np.ndindex(*batch):
        cuts = sorted(int(c) for c in rng.integers(0, 2**bits + 1, size=n - 1))
        if rng.random() < 0.3:
            cuts = [2**bits if rng.random() < 0.5 else 0 for _ in cuts]
            cuts.sort()
        edges = [0, *cuts, 2**bits]
        out[i] = [Fraction(b - a, 2**bits) for a, b in itertools.pairwise(edges)]
    return out


def draw_numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Fractions in [-2, 2] over small denominators."""
    out = np.empty(shape, dtype=object)
    for i in np.ndindex(*shape):
        out[i] = Fraction(int(rng.integers(-12, 13)), int(rng.integers(6, 8)))
    return out
