"""Tiny exact models and policies for tests of learners, and their occupancies by plain loops over fractions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims import drawing
from sims import TabularMDP
from sims import arithmetic as ar

S, A, H = 3, 2, 3


def random_model(seed: int, *, law: str = "mixed", horizon: int = H, batch: int | None = None) -> TabularMDP:
    """An exact model with rewards in [0, 1] that vary in time, or a batch of them."""
    scale = drawing.Scale(size=batch or 1, n_states=S, n_actions=A, horizon=horizon, law=law, stationary=False)
    mdp = drawing.model(np.random.default_rng(seed), scale, finite=True)
    return mdp if batch else mdp.select(0)


def random_policy(seed: int, *, law: str = "mixed", horizon: int = H) -> Any:
    """Exact, ``[H, S, A]``."""
    return drawing.rows(np.random.default_rng(1000 + seed), (horizon, S, A), law, 8)


def random_rule(seed: int, *, horizon: int = H) -> Any:
    """Deterministic, ``[H, S, A]``."""
    return ar.asarray(np.eye(A, dtype=int)[np.random.default_rng(2000 + seed).integers(A, size=(horizon, S))])


def stationary_rules() -> list[Any]:
    """All deterministic policies ``[S, A]``."""
    return [ar.asarray(np.eye(A, dtype=int)[list(rule)]) for rule in itertools.product(range(A), repeat=S)]


def rules(horizon: int = H) -> Iterator[Any]:
    """All deterministic policies ``[H, S, A]``."""
    for actions in itertools.product(range(A), repeat=horizon * S):
        yield np.eye(A, dtype=int)[np.reshape(actions, (horizon, S))]


def fractions(mdp: TabularMDP, pi: Any) -> Any:
    """A policy as an array of fractions ``[H, S, A]``."""
    return np.broadcast_to(mdp.policy(pi).fractions(), (mdp.horizon, mdp.n_states, mdp.n_actions))


def visits(mdp: TabularMDP, pi: Any) -> Any:
    """Law of the state at each step, ``[H, S]``, by following every transition."""
    assert mdp.horizon is not None
    P = mdp.transitions.dense().fractions()
    acts, law = fractions(mdp, pi), [list(mdp.mu.fractions())]
    for h in range(mdp.horizon - 1):
        moves = P[h if len(P) > 1 else 0]
        following = [Fraction(0)] * mdp.n_states
        for s, a, after in np.ndindex(mdp.n_states, mdp.n_actions, mdp.n_states):
            following[after] += law[-1][s] * acts[h][s][a] * moves[s][a][after]
        law.append(following)
    return np.array(law)


def mistakes(mdp: TabularMDP, expert: Any, pi: Any, states: Any) -> Fraction:
    """Mean over steps of the probability that the action of a policy is not the one the expert draws."""
    agrees = np.sum(fractions(mdp, expert) * fractions(mdp, pi), axis=-1)
    return Fraction(np.sum(states * (1 - agrees)) / mdp.horizon)
