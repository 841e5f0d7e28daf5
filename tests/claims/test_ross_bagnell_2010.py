"""Ross and Bagnell 2010, and Kaariainen's flip, by hand and by listing trajectories."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from paths import H, Paths, deterministic_rules, random_model, random_policy

from iltheory.claims import ross_bagnell_2010 as rb
from iltheory.claims import ross_bagnell_2010_smile as smile
from iltheory.claims.kaariainen_2006 import flip
from iltheory.claims.tables import contagion
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import equal

TENTH = Fraction(1, 10)


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_of_the_supervised_bounds_by_listing_trajectories(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, expert, learner = random_model(rng), random_policy(rng), random_policy(rng)
    paths = Paths(mdp)
    gap = paths.value(expert) - paths.value(learner)
    errors = paths.errors(expert, learner, expert)
    published = rb.supervised_bound(mdp, expert, learner)
    assert published.lhs == gap and published.rhs == H * sum(errors)
    weighted = rb.horizon_weighted(mdp, expert, learner)
    assert weighted.rhs == sum((H - h) * error for h, error in enumerate(errors))
    assert rb.uniform_error(mdp, expert, learner).rhs == H * (H + 1) * max(errors) / 2


def test_the_cliff_costs_what_is_quoted() -> None:
    family = families.cliff(horizon=12, error=TENTH)
    assert round(float(rb.uniform_error(*family).lhs), 12) == 5.541865828329


@pytest.mark.parametrize("horizon", [2, 3, 12])
@pytest.mark.parametrize("cost", [0, Fraction(1, 3), 1])
def test_the_quadratic_bound_is_attained(horizon: int, cost: Fraction) -> None:
    """The learner pays H if it errs at once, with probability ``epsilon H``, else what the expert pays."""
    p = Fraction(2, 5)
    comparison = rb.exact_compounding(horizon, p, cost)
    assert comparison.holds
    assert comparison.lhs == p * horizon + (1 - p) * cost * horizon


@pytest.mark.parametrize("seed", range(3))
def test_forward_training_pays_for_its_own_errors(seed: int) -> None:
    """Run the algorithm: each step takes the best deterministic rule where the steps before it lead."""
    rng = np.random.default_rng(seed)
    mdp, expert = (
        random_model(rng),
        ar.asarray(np.array([deterministic_rules()[i] for i in rng.integers(4, size=H)])),
    )
    rules = [rule for rule in deterministic_rules() if rng.random() < 0.7] or deterministic_rules()[:1]
    policy = np.array([rules[0]] * H)
    trained = []
    for h in range(H):
        visits = Paths(mdp).states(policy)[h]
        errors = [sum(visits[s] * (1 - (rule * expert.num[h])[s].sum()) for s in range(2)) for rule in rules]
        policy[h] = rules[errors.index(min(errors))]
        trained.append(min(errors))
    comparison = rb.forward_training(mdp, expert, ar.asarray(policy))
    assert comparison.holds
    paths = Paths(mdp)
    assert paths.errors(expert, policy, policy) == trained
    own = [
        max(
            paths.after(expert, h, s, int(np.argmax(expert.num[h, s]))) - paths.after(expert, h, s, a) for a in range(2)
        )
        for h in range(H)
        for s in range(2)
        if paths.states(policy)[h, s] > 0
    ]
    assert comparison.rhs == max(*own, Fraction(0)) * sum(trained)


@pytest.mark.parametrize("error", [Fraction(0), TENTH, Fraction(1, 2), Fraction(1)])
def test_flips_by_listing_them(error: Fraction) -> None:
    horizon = 4
    cost = Fraction(0)
    for flips in itertools.product([0, 1], repeat=horizon):
        probability = error ** sum(flips) * (1 - error) ** (horizon - sum(flips))
        cost += probability * sum(sum(flips[: t + 1]) % 2 for t in range(horizon))
    comparison = flip(horizon, error)
    assert comparison.holds and comparison.lhs == 4 * error * cost


def test_flips_cost_what_is_quoted() -> None:
    assert flip(10, TENTH).lhs == 4 * TENTH * Fraction("3.2147483648")


def run_smile(mdp: Any, expert: Any, alpha: Fraction, iterations: int) -> tuple[list[Any], list[Any]]:
    """SMILe as it is written, in fractions: ``pi^n = pi^(n-1) + alpha (1 - alpha)^(n-1) (hat pi^n - pi_E)``.

    ``hat pi^n`` is the best stationary deterministic rule but the expert's own on the states of ``pi^(n-1)``.
    """
    target = expert.fractions()
    policies, learners = [target], []
    for n in range(iterations):
        visits = Paths(mdp).states(policies[-1])
        rules = [rule for rule in deterministic_rules() if np.any(rule != target[0])]
        errors = [np.sum(visits[:, :, None] * (target * (1 - rule)[None])) for rule in rules]
        learners.append(np.array([rules[errors.index(min(errors))]] * H))
        share = alpha * (1 - alpha) ** n
        policies.append(policies[-1] + share * (learners[-1] - target))
    return policies, learners


@pytest.mark.parametrize("seed", range(3))
def test_smile_as_it_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    alpha, iterations = Fraction(1, 5), 3
    mdp = random_model(rng)
    expert = ar.asarray(np.array([deterministic_rules()[1]] * H))
    policies, learners = run_smile(mdp, expert, alpha, iterations)
    ours = smile.mixtures(expert, [ar.asarray(pi) for pi in learners], ar.asarray(alpha))
    assert all(equal(mixed, ar.asarray(pi)).all() for mixed, pi in zip(ours, policies, strict=True))

    p = (1 - alpha) ** iterations
    final = (policies[-1] - p * policies[0]) / (1 - p)
    assert equal(smile.without_expert([ar.asarray(pi) for pi in learners], ar.asarray(alpha)), ar.asarray(final)).all()

    total = smile.smile(mdp, expert, learners, alpha)
    paths = Paths(mdp)
    assert total.holds and total.lhs == paths.value(policies[0]) - paths.value(policies[-1])
    renormalised = smile.smile_renormalised(mdp, expert, learners, alpha)
    assert renormalised.holds and renormalised.lhs == paths.value(policies[0]) - paths.value(final)

    for n, (before, after, learner) in enumerate(zip(policies, policies[1:], learners, strict=False)):
        share = alpha * (1 - alpha) ** n
        others = (before - share * policies[0]) / (1 - share)
        for step in (smile.smile_step, smile.smile_step_sharper):
            update = step(mdp, expert, ar.asarray(others), learner, share)
            assert update.holds and update.lhs == paths.value(before) - paths.value(after)


@pytest.mark.parametrize("horizon", [1, 2, 3, 10, 50])
def test_the_constant_of_the_drift(horizon: int) -> None:
    terms = sum(2 * (horizon - h + 1) * (h - 1) for h in range(1, horizon + 1))
    assert 3 * terms == horizon**3 - horizon


@pytest.mark.parametrize("horizon", [2, 3, 4])
def test_half_the_drift_is_attained_at_two_steps(horizon: int) -> None:
    """The sharper form is an equality here, and at H = 2 it is half the published second-order term."""
    alpha = Fraction(1, 3)
    mdp, expert, learner = contagion(horizon)
    sharper = smile.smile_step_sharper(mdp, expert, expert, learner, alpha)
    assert sharper.lhs == sharper.rhs
    published = smile.smile_step(mdp, expert, expert, learner, alpha)
    assert sharper.rhs - alpha == alpha**2 * (horizon - 1)
    if horizon == 2:
        assert published.rhs - alpha == 2 * (sharper.rhs - alpha)


def test_smile_without_updates_keeps_the_expert() -> None:
    mdp, expert, learner = contagion(3)
    comparison = smile.smile(mdp, expert, (learner, learner), 0)
    assert comparison.lhs == 0 and comparison.rhs == 0
