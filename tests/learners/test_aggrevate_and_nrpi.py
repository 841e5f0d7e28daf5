"""AggreVaTe and NRPI: by hand, their theorems on their own output, and unbiased estimates from samples."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import H, fractions, random_model, random_policy, random_rule, stationary_rules, visits

import iltheory as il
from iltheory.claims import aggrevate_2014 as claims
from iltheory.claims import nrpi_2014 as nrpi_claims
from iltheory.claims.tables import playing, task
from iltheory.learners import (
    FinitePolicies,
    FollowTheLeader,
    FollowTheRegularizedLeader,
    TabularPolicies,
    aggrevate,
    dagger,
    geometric,
    hedge,
    nrpi,
)
from iltheory.learners.exploration import sampled_costs
from iltheory.learners.log_linear import LogLinearPolicies
from iltheory.measures import linear_loss
from sims import TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument

HALF = Fraction(1, 2)
ONLINE = [FollowTheLeader(), hedge(HALF), FollowTheRegularizedLeader(HALF)]
names = pytest.mark.parametrize("online", ONLINE, ids=["leader", "hedge", "quadratic"])


def cost_to_go(mdp: TabularMDP, policy: Any, pi: Any, states: Any) -> Fraction:
    """``-(1/H) sum_h E_{s ~ states_h} Q_h(s, pi)``, Q by recursion over fractions."""
    P, r = mdp.transitions.dense().fractions(), mdp.rewards().fractions()
    acts, later, total = fractions(mdp, policy), np.array([Fraction(0)] * mdp.n_states), Fraction(0)
    for h in reversed(range(H)):
        q = r[h if len(r) > 1 else 0] + P[h if len(P) > 1 else 0] @ later
        total -= np.sum(states[h][:, None] * fractions(mdp, pi)[h] * q)
        later = np.sum(acts[h] * q, -1)
    return total / H


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [HALF, Fraction(1)])
def test_every_number_of_a_run_by_hand(seed: int, alpha: Fraction) -> None:
    mdp, expert, rules, n = random_model(seed), random_policy(seed), stationary_rules(), 4
    run = aggrevate(mdp, expert, FinitePolicies(rules), iterations=n, beta=geometric(alpha))
    total, observed, best_action, own, played = [Fraction(0)] * len(rules), [], [], [], []
    q = mdp.q(expert).fractions()
    for i in range(1, n + 1):
        leader, b = total.index(min(total)), (1 - alpha) ** (i - 1)
        mixed = b * fractions(mdp, expert) + (1 - b) * fractions(mdp, rules[leader])
        states = visits(mdp, ar.asarray(mixed.tolist()))
        losses = [cost_to_go(mdp, expert, pi, states) for pi in rules]
        total = [before + loss for before, loss in zip(total, losses, strict=True)]
        observed.append(losses[leader])
        best_action.append(-np.sum(states * q.max(-1)) / H)
        own.append(cost_to_go(mdp, expert, expert, states))
        played.append(rules[leader])
    assert run.losses.fractions().tolist() == observed
    assert run.class_error == min(total) / n and run.regret == (sum(observed) - min(total)) / n
    assert run.against_best_action == (min(total) - sum(best_action)) / n
    assert run.against_expert == (min(total) - sum(own)) / n
    values = [Fraction(mdp.value(pi)) for pi in played]
    assert run.values.fractions().tolist() == values and run.best == values.index(max(values))
    assert np.all(run.best_policy.fractions() == played[int(run.best)].fractions())


@names
@pytest.mark.parametrize("seed", range(4))
def test_without_mixing_nothing_is_lost_in_the_theorem(seed: int, online: Any) -> None:
    """``J(expert) - J(mixture) = H (class error against the expert + regret)``, exactly."""
    mdp, expert = random_model(seed), random_policy(seed)
    for policy_class in (TabularPolicies(stationary=True), FinitePolicies(stationary_rules()[:3])):
        run = aggrevate(mdp, expert, policy_class, iterations=4, online=online)
        assert il.gap(mdp, expert, run.policy) == H * (run.against_expert + run.regret)
        assert mdp.value(run.policy) == ar.sum(run.values) / 4
        assert np.all(mdp.occupancy(run.policy).fractions() == run.mixture.occupancy.fractions())
        assert run.against_expert <= run.against_best_action
        assert run.values[run.best] >= mdp.value(run.policy)


@names
@pytest.mark.parametrize("seed", range(4))
def test_its_theorems_hold_on_what_it_played(seed: int, online: Any) -> None:
    mdp, expert, n = random_model(seed), random_policy(seed), 4
    betas = [mdp.system.convert(geometric(HALF)(i)) for i in range(1, n + 1)]
    run = aggrevate(mdp, expert, FinitePolicies(stationary_rules()), iterations=n, beta=geometric(HALF), online=online)
    bound = claims.aggrevate_bound(mdp, expert, list(run.policies), betas)
    rest = 2 * claims.largest_advantage(mdp, expert) * claims.moved(mdp, betas)
    assert bound.holds and bound.lhs == il.gap(mdp, expert, run.policy)
    assert bound.rhs == H * (run.against_best_action + run.regret) + rest
    assert claims.aggrevate_mixing(mdp, expert, list(run.policies), betas).holds


@pytest.mark.parametrize("seed", range(4))
def test_over_all_policies_it_does_at_least_as_well_as_the_expert(seed: int) -> None:
    """One step of policy improvement wherever it goes; DAgger can only imitate."""
    mdp, expert = random_model(seed, law="uniform"), random_rule(seed)
    run = aggrevate(mdp, expert, TabularPolicies(), iterations=H + 2)
    assert run.against_expert <= 0 and run.against_best_action == 0
    assert mdp.value(run.policies[-1]) >= mdp.value(expert)


def test_a_bad_expert_is_improved_on() -> None:
    mdp = task([[0, 1], [1, 1]], [[0, 1], [1, 0]], horizon=3)
    bad = playing(0, 0)
    run = aggrevate(mdp, bad, TabularPolicies(), iterations=4)
    assert mdp.value(bad) == 0 and mdp.value(run.best_policy) == 3 and run.against_expert < 0
    assert mdp.value(dagger(mdp, bad, TabularPolicies(), iterations=4).policy) == 0


@names
@pytest.mark.parametrize("seed", range(4))
def test_nrpi_keeps_its_theorem_against_every_policy(seed: int, online: Any) -> None:
    mdp, exploration, n = random_model(seed), random_policy(seed + 5), 4
    states, rules = mdp.state_occupancy(exploration), stationary_rules()
    run = nrpi(mdp, states, FinitePolicies(rules), iterations=n, online=online)
    policies = list(run.policies)
    for pi in [*rules, exploration]:
        bound = nrpi_claims.nrpi(mdp, mdp.policy(pi), policies, states)
        assert bound.holds
    regrets = [Fraction(nrpi_claims.regret(mdp, mdp.policy(pi), policies, states)) for pi in rules]
    assert run.regret == max(regrets)
    own = [cost_to_go(mdp, pi, pi, states.fractions()) for pi in policies]
    assert run.losses.fractions().tolist() == own
    assert mdp.value(run.policy) == ar.sum(run.values) / n and run.values[run.best] >= mdp.value(run.policy)


def test_nrpi_with_good_exploration_finds_the_optimum() -> None:
    for seed in range(4):
        mdp = random_model(seed)
        optimum = mdp.optimal_policy()
        run = nrpi(mdp, mdp.state_occupancy(optimum), TabularPolicies(), iterations=25)
        assert float(il.gap(mdp, optimum, run.best_policy)) < 1e-9


def test_nrpi_takes_one_law_for_all_steps() -> None:
    mdp = random_model(0)
    law = [Fraction(1, 3)] * 3
    one = nrpi(mdp, law, TabularPolicies(), iterations=3)
    each = nrpi(mdp, [law] * H, TabularPolicies(), iterations=3)
    assert one.regret == each.regret and np.all(one.values.fractions() == each.values.fractions())


def test_estimated_costs_are_returns_of_the_pairs_tried() -> None:
    """Deterministic moves, actions and rewards: a pair tried c times costs ``-c Q H A / m`` exactly."""
    mdp = task([[1, 2], [2, 0], [0, 1]], [[1, 0], [0, 3], [2, 2]], horizon=3)
    following, m = mdp.policy(playing(1, 0, 1)), 64
    costs = sampled_costs(
        mdp, mdp.state_occupancy(playing(0, 1, 1)), following, m, np.random.default_rng(0)
    ).fractions()
    q = mdp.q(following).fractions()
    tried = -costs * m / (np.where(q == 0, 1, q) * 3 * 2)
    assert all(c.denominator == 1 and c >= 0 for c in tried[q != 0].ravel())
    assert np.all(costs[q == 0] == 0) and 0 < np.sum(tried[q != 0]) <= m
    assert np.all(costs[visits(mdp, playing(0, 1, 1)) == 0] == 0)


@pytest.mark.parametrize("seed", range(3))
def test_estimated_costs_are_unbiased(seed: int) -> None:
    """Each entry is a mean of m numbers in ``[-H^2 A, 0]``, almost all of them 0."""
    mdp, following, m = random_model(seed, law="uniform"), random_policy(seed), 60_000
    states, pi = mdp.state_occupancy(random_policy(seed + 9)), mdp.policy(following)
    costs = np.asarray(sampled_costs(mdp, states, pi, m, np.random.default_rng(seed)))
    exact = -np.asarray(states)[..., None] * np.asarray(mdp.q(pi))
    spread = np.sqrt(np.asarray(states)[..., None] * H * 2 * H**2 / m)
    assert np.all(np.abs(costs - exact) <= 5 * spread)
    other = random_rule(seed)
    estimate = linear_loss(mdp, mdp.system.convert(costs), other)
    assert abs(float(estimate) - float(linear_loss(mdp, -states[..., None] * mdp.q(pi), other))) < 0.1


def test_samples_are_reproducible_and_lead_to_the_same_place() -> None:
    mdp, expert = random_model(1, law="uniform"), random_rule(1)
    runs = [aggrevate(mdp, expert, TabularPolicies(), iterations=5, samples=20, rng=rng) for rng in (3, 3, 4)]
    assert np.all(runs[0].losses.fractions() == runs[1].losses.fractions())
    assert np.any(runs[0].losses.fractions() != runs[2].losses.fractions())
    many = aggrevate(mdp.to("float64"), np.asarray(expert), TabularPolicies(), iterations=10, samples=5000, rng=0)
    assert many.values[many.best] >= float(mdp.value(expert)) - 0.05
    states = mdp.state_occupancy(mdp.optimal_policy())
    runs = [nrpi(mdp, states, TabularPolicies(), iterations=4, samples=30, rng=rng) for rng in (3, 3, 4)]
    assert np.all(runs[0].losses.fractions() == runs[1].losses.fractions())
    assert np.any(runs[0].losses.fractions() != runs[2].losses.fractions())


def test_number_systems_agree() -> None:
    exact, expert = random_model(3), random_policy(3)
    for learn in (
        lambda mdp, pi: aggrevate(mdp, pi, TabularPolicies(stationary=True), iterations=3),
        lambda mdp, pi: nrpi(mdp, mdp.state_occupancy(pi), TabularPolicies(stationary=True), iterations=3),
    ):
        rational = learn(exact, expert)
        for name in ("float64", "interval", "ball"):
            run = learn(exact.to(name), expert if name != "float64" else np.asarray(expert))
            for field in ("losses", "values", "regret", "class_error"):
                ours, theirs = np.asarray(getattr(run, field)), np.asarray(getattr(rational, field))
                assert np.abs(ours - theirs).max() < 1e-13


def test_a_batch_runs_like_its_instances() -> None:
    batch, expert = random_model(6, batch=3), random_rule(6)
    run = aggrevate(batch, expert, TabularPolicies(), iterations=3, beta=geometric(HALF))
    for i in range(3):
        alone = aggrevate(batch.select(i), expert, TabularPolicies(), iterations=3, beta=geometric(HALF))
        assert np.all(run.policy[i].fractions() == alone.policy.fractions())
        assert Fraction(run.against_expert[i]) == Fraction(alone.against_expert)


@pytest.mark.parametrize(
    ("exploration", "complaint"),
    [
        ([1, 0], "exploration has shape"),
        ([[1, 0, 0]] * (H + 1), "exploration has shape"),
        ([1, 1, 0], "exploration sums to 2|exploration.*sums to 2"),
        ([2, -1, 0], "negative probability"),
        ("everywhere", "exploration is not an array of numbers"),
    ],
)
def test_bad_exploration_is_named(exploration: Any, complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        nrpi(random_model(0), exploration, TabularPolicies(), iterations=2)


def test_bad_options_are_named() -> None:
    mdp, expert = random_model(0), random_rule(0)
    for options, complaint in (
        ({"samples": 3}, "rng=None: samples are drawn, so give a seed"),
        ({"rng": 1}, "rng is given, but nothing is sampled"),
        ({"samples": 0, "rng": 1}, "samples=0"),
    ):
        with pytest.raises(InvalidArgument, match=complaint):
            aggrevate(mdp, expert, TabularPolicies(), iterations=2, **options)  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument, match=complaint):
            nrpi(mdp, mdp.state_occupancy(expert), TabularPolicies(), iterations=2, **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="expert is a set of trajectories"):
        aggrevate(mdp, mdp.sample(expert, 2, rng=0), TabularPolicies(), iterations=2)
    with pytest.raises(InvalidArgument, match="a linear loss"):
        aggrevate(mdp, expert, LogLinearPolicies(np.ones((3, 2, 1))), iterations=2)
