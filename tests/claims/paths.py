"""Tiny models by listing their trajectories in fractions: slow, and sharing no recursion with the library."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims import drawing
from iltheory.claims.claim import Claim
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Comparison

S, A, H = 2, 2, 3

Path = tuple[tuple[int, int], ...]
"""``(s_1, a_1), ..., (s_H, a_H)``."""


def random_model(rng: np.random.Generator, law: str = "mixed", horizon: int = H) -> TabularMDP:
    scale = drawing.Scale(size=1, n_states=S, n_actions=A, horizon=horizon, law=law, stationary=False)
    return drawing.model(rng, scale, finite=True).select(0)


def random_policy(rng: np.random.Generator, law: str = "mixed", horizon: int = H) -> Any:
    return drawing.rows(rng, (horizon, S, A), law, 8)


def in_balls(claim: Claim, *values: Any) -> Comparison:
    """Evaluate a claim with logarithms on exact values."""
    return claim.evaluate(claim.convert(claim.bind(*values), ar.Ball(256)))


def deterministic_rules() -> list[Any]:
    """All ways to choose one action in each state, ``[S, A]``."""
    return [np.eye(A, dtype=int)[list(choice)] for choice in itertools.product(range(A), repeat=S)]


class Paths:
    """All trajectories of a model, with sums over them read literally."""

    def __init__(self, mdp: TabularMDP) -> None:
        steps = mdp.horizon
        assert steps is not None
        p, r = mdp.transitions.dense().fractions(), mdp.rewards().fractions()
        self.steps = steps
        self.P = [p[h if len(p) > 1 else 0] for h in range(steps)]
        self.r = [r[h if len(r) > 1 else 0] for h in range(steps)]
        self.mu = mdp.mu.fractions()
        pairs = itertools.product(range(mdp.n_states), range(mdp.n_actions))
        self.all: list[Path] = list(itertools.product(list(pairs), repeat=steps))

    def law(self, pi: Any) -> Iterator[tuple[Path, Fraction]]:
        acts = self.table(pi)
        for path in self.all:
            p = self.mu[path[0][0]]
            for h, (s, a) in enumerate(path):
                p *= acts[h][s][a]
                if h + 1 < self.steps:
                    p *= self.P[h][s][a][path[h + 1][0]]
            if p:
                yield path, p

    def table(self, pi: Any) -> Any:
        table = ar.asarray(pi).fractions()
        table = table[None] if table.ndim == 2 else table
        return [table[h if len(table) > 1 else 0] for h in range(self.steps)]

    def mean(self, pi: Any, f: Callable[[Path], Fraction]) -> Fraction:
        return sum((p * f(path) for path, p in self.law(pi)), Fraction(0))

    def value(self, pi: Any) -> Fraction:
        return self.mean(pi, lambda path: sum(self.r[h][s][a] for h, (s, a) in enumerate(path)))

    def states(self, pi: Any) -> Any:
        """Law of the state at each step, ``[H, S]`` fractions."""
        d = np.full((self.steps, len(self.mu)), Fraction(0), dtype=object)
        for path, p in self.law(pi):
            for h, (s, _) in enumerate(path):
                d[h, s] += p
        return d

    def errors(self, expert: Any, learner: Any, along: Any) -> list[Fraction]:
        """Expected total variation of the action laws at each step, under the states of a policy."""
        d, distances = (
            self.states(along),
            np.abs(np.array(self.table(expert)) - np.array(self.table(learner))),
        )
        return [sum(d[h] * distances[h].sum(-1)) / 2 for h in range(self.steps)]

    def after(self, expert: Any, h: int, s: int, a: int) -> Fraction:
        """Value of an action at a step when the expert goes on: mean return of all tails that begin so."""
        acts = self.table(expert)
        total = Fraction(0)
        for tail in itertools.product(
            list(itertools.product(range(len(self.mu)), range(A))), repeat=self.steps - h - 1
        ):
            p, earned, last = Fraction(1), self.r[h][s][a], (s, a)
            for k, (state, action) in enumerate(tail, start=h + 1):
                p *= self.P[k - 1][last[0]][last[1]][state] * acts[k][state][action]
                earned += self.r[k][state][action]
                last = (state, action)
            total += p * earned
        return total
