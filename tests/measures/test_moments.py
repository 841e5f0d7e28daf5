"""Payoffs of the three moment games, read literally from listed trajectories, and by enumeration of discriminators."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from iltheory.claims import drawing
from iltheory.measures import (
    best_moment,
    error_rate,
    half_span,
    largest_payoff,
    least_off_policy_payoff,
    least_on_policy_payoff,
    least_reward_payoff,
    occupancy_tv,
    off_policy_mismatch,
    off_policy_moment_error,
    off_policy_payoff,
    on_policy_error_rate,
    on_policy_mismatch,
    on_policy_moment_error,
    on_policy_payoff,
    on_policy_price,
    over_time,
    payoff,
    recoverability,
    reward_mismatch,
    reward_moment_error,
    reward_payoff,
)
from sims import TabularMDP, families
from sims import arithmetic as ar

S, A, H = 2, 2, 2
GAMES = [
    (reward_mismatch, reward_payoff, reward_moment_error),
    (off_policy_mismatch, off_policy_payoff, off_policy_moment_error),
    (on_policy_mismatch, on_policy_payoff, on_policy_moment_error),
]


def drawn(seed: int) -> tuple[TabularMDP, Any, Any, Any]:
    """Model, expert, learner and a discriminator with values in [-1, 1]."""
    rng = np.random.default_rng(seed)
    scale = drawing.Scale(size=1, n_states=S, n_actions=A, horizon=H, law="mixed", stationary=False)
    mdp = drawing.model(rng, scale, finite=True).select(0)
    expert, learner = (drawing.rows(rng, (H, S, A), "uniform", 6) for _ in range(2))
    return mdp, expert, learner, drawing.units(rng, (H, S, A), -1, 1)


def literal(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> list[Fraction]:
    """U1, U2 and U3 by listing the trajectories of who moves."""
    P, mu = mdp.transitions.dense().fractions(), mdp.mu.fractions()
    pe, pl, f = (np.array(x.fractions()) for x in (expert, learner, f))

    def along(pi: Any, value: Any) -> Fraction:
        total = Fraction(0)
        for path in itertools.product(itertools.product(range(S), range(A)), repeat=H):
            p = mu[path[0][0]]
            for h, (s, a) in enumerate(path):
                p *= pi[h][s][a] * (P[h if len(P) > 1 else 0][s][a][path[h + 1][0]] if h + 1 < H else 1)
            total += p * sum(value(h, s, a) for h, (s, a) in enumerate(path))
        return total / H

    def as_it_is(h: int, s: int, a: int) -> Fraction:
        return f[h][s][a]

    def of_learner(h: int, s: int, a: int) -> Fraction:
        return np.sum(pl[h][s] * f[h][s]) - f[h][s][a]

    def of_expert(h: int, s: int, a: int) -> Fraction:
        return f[h][s][a] - np.sum(pe[h][s] * f[h][s])

    return [along(pl, as_it_is) - along(pe, as_it_is), along(pe, of_learner), along(pl, of_expert)]


@pytest.mark.parametrize("seed", range(4))
def test_payoffs_are_what_the_paper_writes(seed: int) -> None:
    mdp, expert, learner, f = drawn(seed)
    for (mismatch, pays, _), slow in zip(GAMES, literal(mdp, expert, learner, f), strict=True):
        assert Fraction(pays(mdp, expert, learner, f)) == slow
        assert Fraction(payoff(mdp, mismatch(mdp, expert, learner), f)) == slow


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stationary", [False, True])
def test_suprema_by_trying_all_signs(seed: int, stationary: bool) -> None:
    mdp, expert, learner, _ = drawn(seed)
    steps = 1 if stationary else H
    signs = [ar.asarray(np.reshape(x, (steps, S, A))) for x in itertools.product((-1, 1), repeat=steps * S * A)]
    for mismatch, pays, error in GAMES:
        best = max(Fraction(pays(mdp, expert, learner, f)) for f in signs)
        assert Fraction(error(mdp, expert, learner, stationary=stationary)) == best
        g = mismatch(mdp, expert, learner)
        g = over_time(mdp, g) if stationary else g
        assert Fraction(payoff(mdp, g, best_moment(g))) == best == Fraction(largest_payoff(mdp, g))


def test_suprema_are_twice_the_error_rates() -> None:
    mdp, expert, learner, _ = drawn(7)
    assert Fraction(reward_moment_error(mdp, expert, learner)) == 2 * Fraction(occupancy_tv(mdp, expert, learner))
    assert Fraction(off_policy_moment_error(mdp, expert, learner)) == 2 * Fraction(error_rate(mdp, expert, learner))
    on_policy = on_policy_error_rate(mdp, expert, learner)
    assert Fraction(on_policy_moment_error(mdp, expert, learner)) == 2 * Fraction(on_policy)


@pytest.mark.parametrize("seed", range(2))
def test_infima_by_trying_all_deterministic_policies(seed: int) -> None:
    """Payoffs are linear in occupancies, or laws of the action: some deterministic policy attains the infimum."""
    mdp, expert, _, f = drawn(seed)
    choices = itertools.product(range(A), repeat=H * S)
    policies = [ar.asarray(np.eye(A, dtype=int)[np.reshape(actions, (H, S))]) for actions in choices]
    least = [
        least_reward_payoff(mdp, mdp.occupancy(expert), f),
        least_off_policy_payoff(mdp, expert, mdp.state_occupancy(expert), f),
        least_on_policy_payoff(mdp, expert, f),
    ]
    for (_, pays, _), found in zip(GAMES, least, strict=True):
        assert Fraction(found) == min(Fraction(pays(mdp, expert, pi, f)) for pi in policies) <= 0


def test_discounted_payoffs_are_normalised() -> None:
    """On the discounted cliff every payoff of the sign of a mistake is its rate: 2 e times the time spent there."""
    e, gamma = Fraction(1, 10), Fraction(9, 10)
    mdp, expert, learner = families.cliff(error=e, discount=gamma)
    f = ar.asarray([[-1, 1], [-1, 1]])
    assert off_policy_payoff(mdp, expert, learner, f) == 2 * e
    assert on_policy_payoff(mdp, expert, learner, f) == 2 * e
    l1 = np.abs((mdp.occupancy(learner) - mdp.occupancy(expert)).fractions()).sum()
    assert reward_moment_error(mdp, expert, learner) == l1
    assert reward_moment_error(mdp, expert, learner, stationary=True) == l1
    assert recoverability(mdp, expert) == 10  # 1 / (1 - gamma): every reward is lost
    wide = ar.asarray([[1, 0], [0, 1]])
    assert reward_payoff(mdp, expert, learner, wide) >= least_reward_payoff(mdp, mdp.occupancy(expert), wide)


@pytest.mark.parametrize("horizon", [1, 2, 7])
def test_recoverability_of_the_families(horizon: int) -> None:
    cliff, expert, _ = families.cliff(horizon=horizon, error=0)
    assert recoverability(cliff, expert) == horizon
    assert half_span(cliff, expert) == Fraction(horizon, 2)
    unicycle, expert, _ = families.unicycle(horizon=horizon, error=0)
    assert recoverability(unicycle, expert) == min(horizon - 1, 1)


@pytest.mark.parametrize("seed", range(4))
def test_half_a_span_is_at_most_the_recoverability(seed: int) -> None:
    mdp, expert, learner, _ = drawn(seed)
    assert half_span(mdp, expert) <= recoverability(mdp, expert)
    price = on_policy_price(mdp, expert, learner)
    assert price <= half_span(mdp, expert) * on_policy_moment_error(mdp, expert, learner)


def test_undecided_signs_are_left_out() -> None:
    """An enclosure around 0 gets no sign, and what is left is still a discriminator."""
    g = ar.IntervalArray(np.array([1.0, 0.0, -1.0]), np.array([0.5, 0.5, 0.5]))
    assert ar.midpoint(best_moment(g)).tolist() == [1.0, 0.0, -1.0]
