"""Ross and Bagnell 2014, AggreVaTe and NRPI, by hand and by listing trajectories."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from paths import A, H, Paths, S, deterministic_rules, in_balls, random_model, random_policy

from iltheory.claims import aggrevate_2014 as aggrevate
from iltheory.claims import aggrevate_2014_sampling as estimate
from iltheory.claims.nrpi_2014 import nrpi
from sims import arithmetic as ar
from sims import families


def values_after(paths: Paths, pi: Any) -> Any:
    """``Q`` of a policy, ``[H, S, A]``, each entry by listing the tails."""
    q = np.empty((H, S, A), dtype=object)
    for h, s, a in np.ndindex(H, S, A):
        q[h, s, a] = paths.after(pi, h, s, a)
    return q


@pytest.mark.parametrize("seed", range(3))
def test_the_estimate_is_unbiased_by_listing_samples(seed: int) -> None:
    """A sample: gather up to a random step, act at random once, let the expert finish; weigh its return."""
    rng = np.random.default_rng(seed)
    mdp, expert, gathering, learner = random_model(rng), *(random_policy(rng) for _ in range(3))
    paths = Paths(mdp)
    acts = paths.table(learner)
    expected = Fraction(0)
    for t in range(H):
        uniform = ar.asarray([[Fraction(1, A)] * A] * S)
        behaviour = [pi.fractions() for pi in (gathering, expert)]
        sampled = np.array(
            [behaviour[0][h] if h < t else uniform.fractions() if h == t else behaviour[1][h] for h in range(H)]
        )
        for path, p in paths.law(sampled):
            s, a = path[t]
            to_go = sum(paths.r[h][state][action] for h, (state, action) in enumerate(path) if h >= t)
            expected += p * A * acts[t][s][a] * to_go / H
    comparison = estimate.unbiased(mdp, expert, gathering, learner)
    assert comparison.holds and comparison.lhs == expected

    q, visits = values_after(paths, expert), paths.states(gathering)
    assert comparison.rhs == np.sum(visits[:, :, None] * np.array(acts) * q) / H
    moment = estimate.moment(mdp, expert, gathering, learner)
    assert moment.lhs == np.sum(visits[:, :, None] * (A * np.array(acts) * q) ** 2) / (A * H)


@pytest.mark.parametrize("seed", range(3))
def test_class_and_regret_add_up_whatever_the_class(seed: int) -> None:
    """``epsilon_class + epsilon_regret`` with an explicit class is the average that needs none."""
    rng = np.random.default_rng(seed)
    mdp, expert = random_model(rng), random_policy(rng)
    learners, betas = [random_policy(rng) for _ in range(3)], [Fraction(1), Fraction(1, 2), Fraction(0)]
    paths = Paths(mdp)
    q = values_after(paths, expert)
    visits = [
        paths.states(b * expert.fractions() + (1 - b) * pi.fractions()) for pi, b in zip(learners, betas, strict=True)
    ]

    def loss(i: int, pi: Any) -> Fraction:
        return -np.sum(visits[i][:, :, None] * np.array(paths.table(pi)) * q) / H

    rules = [np.array([rule] * H) for rule in deterministic_rules()]
    hindsight = min(sum(loss(i, pi) for i in range(3)) / 3 for pi in [*rules, *learners])
    regret = sum(loss(i, pi) for i, pi in enumerate(learners)) / 3 - hindsight
    best_action = -sum(np.sum(v * q.max(-1)) for v in visits) / (3 * H)
    largest = max(
        abs(q[h, s, a] - sum(np.array(paths.table(expert))[h, s] * q[h, s])) for h, s, a in np.ndindex(H, S, A)
    )
    moved = sum(sum(1 - (1 - b) ** h for h in range(H)) for b in betas) / 3

    comparison = aggrevate.aggrevate_bound(mdp, expert, learners, betas)
    assert comparison.holds
    assert comparison.lhs == paths.value(expert) - sum(paths.value(pi) for pi in learners) / 3
    assert comparison.rhs == H * (hindsight - best_action + regret) + 2 * largest * moved


def test_a_learner_may_improve_on_the_expert() -> None:
    """The starred class error is then negative, and the equality still holds."""
    mdp, good, bad = families.loop(horizon=4, error=Fraction(1, 2))
    comparison = aggrevate.aggrevate_equality(mdp, bad, (good,))
    assert comparison.holds and comparison.lhs == -2


@pytest.mark.parametrize("beta", [Fraction(0), Fraction(1, 7), Fraction(1)])
def test_the_constant_of_mixing_is_attained_for_every_share(beta: Fraction) -> None:
    comparison = aggrevate.aggrevate_mixing(*aggrevate._crossroads(beta))
    assert comparison.lhs == comparison.rhs == 2 * beta


@pytest.mark.parametrize("seed", range(5))
def test_exploring_costs_exactly_a_factor_for_deterministic_policies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, expert, gathering = random_model(rng), random_policy(rng), random_policy(rng)
    rule = np.array([deterministic_rules()[i] for i in rng.integers(4, size=H)])
    comparison = estimate.moment(mdp, expert, gathering, rule)
    assert comparison.lhs == comparison.rhs


def test_the_generating_function_of_a_fair_coin() -> None:
    comparison = in_balls(estimate.concentration, *estimate._fair_coin(), Fraction(1, 2))
    assert float(comparison.lhs) == pytest.approx(2 * math.cosh(0.5))
    assert float(comparison.rhs) == pytest.approx(2 * math.exp(0.125))


@pytest.mark.parametrize("seed", range(3))
def test_both_sides_of_nrpi_by_listing_trajectories(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, comparator = random_model(rng), random_policy(rng)
    learners, exploration = [random_policy(rng) for _ in range(2)], random_policy(rng)[..., 0]
    exploration = ar.stack([exploration, 1 - exploration], axis=-1)[:, 0]
    paths = Paths(mdp)
    nu, visits = exploration.fractions(), paths.states(comparator)
    regret, largest = Fraction(0), Fraction(0)
    for pi in learners:
        q = values_after(paths, pi)
        advantage = np.sum((np.array(paths.table(comparator)) - np.array(paths.table(pi))) * q, -1)
        regret += np.sum(nu * advantage) / 2
        largest = max(largest, (q.max(-1) - q.min(-1)).max())
    comparison = nrpi(mdp, comparator, learners, exploration)
    gap = paths.value(comparator) - sum(paths.value(pi) for pi in learners) / 2
    assert comparison.holds and comparison.lhs == gap - regret
    assert comparison.rhs == largest * np.abs(nu - visits).sum()


@pytest.mark.parametrize("seed", range(3))
def test_exploring_where_the_comparator_goes_is_free(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, comparator, learner = random_model(rng), random_policy(rng), random_policy(rng)
    comparison = nrpi(mdp, comparator, (learner,), mdp.state_occupancy(comparator))
    assert comparison.lhs == 0 and comparison.rhs == 0
