"""Invariants of occupancies and planning: ours keep them, and the bugs they were made for break them."""

from __future__ import annotations

import numpy as np
import pytest
from seeded_faults.planning import gae, next_values

from iltheory.learners.demonstrations import empirical_occupancy
from iltheory.measures import acting, soft_v
from iltheory.testing import (
    InvariantViolated,
    discount_is_used,
    discounted_model,
    empirical_occupancy_is_exact,
    episodic_model,
    lambda_returns_match_brute_force,
    mixture_is_stochastic,
    models,
    occupancy_belongs_to_the_policy,
    occupancy_flows,
    occupancy_is_a_law,
    pairing_is_the_value,
    proportional_data,
    soft_evaluation_is_a_linear_solve,
    soft_optimality_holds,
    value_is_exact,
)
from sims import TabularMDP

LAWS = (occupancy_is_a_law, occupancy_flows, occupancy_belongs_to_the_policy)


def forward(mdp, pi, steps):
    """Laws of (s, a) at each of some steps, pushed forward by hand."""
    law, laws = np.asarray(mdp.mu), []
    for h in range(steps):
        d = law[:, None] * (pi[min(h, len(pi) - 1)] if pi.ndim == 3 else pi)
        laws.append(d)
        P = np.asarray(mdp.P)
        law = np.einsum("sa,sat->t", d, P[min(h, len(P) - 1)] if P.ndim == 4 else P)
    return np.array(laws)


# B2, B24, B44: the discount is accepted and not used.


def undiscounted_visits(mdp, pi):
    if mdp.horizon is not None:
        return mdp.occupancy(pi)
    return mdp.with_end(discount=0.999).occupancy(pi)


# B3: discounted visits normalised to 1 instead of the sum of the weights, here without the factor 1 - gamma.


def unnormalised(mdp, pi):
    return mdp.occupancy(pi) if mdp.horizon is not None else mdp.occupancy(pi) / (1 - float(mdp.discount))


def last_policy_of_all(mdp, pi):
    """The occupancy of another policy than the one that is returned."""
    other = np.roll(pi, 1, axis=-1)
    return mdp.occupancy(other)


@pytest.mark.parametrize("invariant", LAWS)
def test_our_occupancies_are_laws_that_flow_and_belong_to_their_policy(invariant):
    invariant(TabularMDP.occupancy)
    invariant(TabularMDP.occupancy, [episodic_model()])


def test_our_values_are_exact_and_pair_with_occupancies():
    pairing_is_the_value(TabularMDP.occupancy, TabularMDP.value)
    value_is_exact(TabularMDP.value)
    discount_is_used(TabularMDP.value)
    discount_is_used(TabularMDP.occupancy, TabularMDP.occupancy)


@pytest.mark.parametrize(
    ("bug", "invariant", "faulty"),
    [
        ("B1", occupancy_belongs_to_the_policy, last_policy_of_all),
        ("B3", occupancy_is_a_law, unnormalised),
        ("B24", occupancy_flows, undiscounted_visits),
    ],
)
def test_faulty_occupancies_are_caught(bug, invariant, faulty):
    with pytest.raises(InvariantViolated, match=invariant.__name__):
        invariant(faulty)


@pytest.mark.parametrize(
    ("bug", "occupancy", "value", "mdps"),
    [
        ("B2", undiscounted_visits, TabularMDP.value, None),
        ("B44", TabularMDP.occupancy, lambda mdp, pi: mdp.with_end(discount=0.5).value(pi), [discounted_model()]),
    ],
)
def test_faulty_pairings_are_caught(bug, occupancy, value, mdps):
    with pytest.raises(InvariantViolated, match="pairing_is_the_value"):
        pairing_is_the_value(occupancy, value, mdps)


def test_values_without_discount_are_caught():  # B24
    with pytest.raises(InvariantViolated, match="value_is_exact"):
        value_is_exact(lambda mdp, pi: (forward(mdp, pi, 100) * np.asarray(mdp.rewards())).sum(), [discounted_model()])


@pytest.mark.parametrize("bug", ["B24: no effect", "B2: another discount"])
def test_discounts_that_are_not_used_are_caught(bug):
    with pytest.raises(InvariantViolated, match="discount_is_used"):
        if "no effect" in bug:
            discount_is_used(lambda mdp, pi: forward(mdp, pi, 30).sum(0))
        else:
            discount_is_used(undiscounted_visits, TabularMDP.occupancy)


def test_our_mixture_acts_at_random():
    mixture_is_stochastic(lambda first, second, beta: acting(first, second, np.asarray(beta))[0])


def test_our_empirical_occupancy_is_exact_on_proportional_data():
    empirical_occupancy_is_exact(empirical_occupancy)
    mdp, pi, demos = proportional_data()
    assert len(demos) == 512 and np.ptp(np.asarray(mdp.occupancy(pi)) * 512 % 1) == 0


@pytest.mark.parametrize("bug", ["B3: mass 1 in all", "B3: states before actions", "B6: the first to finish"])
def test_faulty_estimates_are_caught(bug):
    def estimate(mdp, demos):
        counts = demos.counts(mdp.horizon, mdp.n_states, mdp.n_actions)
        if "mass" in bug:
            return counts / counts.sum()
        if "states" in bug:
            return counts.swapaxes(-1, -2) / len(demos)
        return demos.counts(mdp.horizon, mdp.n_states, mdp.n_actions) / (len(demos) - 100)

    with pytest.raises(InvariantViolated, match="empirical_occupancy_is_exact"):
        empirical_occupancy_is_exact(estimate)


def plan(mdp, tau):
    found = mdp.soft_optimal(tau)
    return found.policy, found.v


def test_our_soft_planning_solves_its_equation():
    soft_optimality_holds(plan)
    soft_optimality_holds(plan, [*models(), episodic_model()])


def test_plans_of_another_temperature_are_caught():
    with pytest.raises(InvariantViolated, match="soft_optimality_holds"):
        soft_optimality_holds(lambda mdp, tau: plan(mdp, 1.0))


def masked_soft_v(mdp, pi, tau):
    """Soft values where nothing is paid after the end, the entropy included."""
    bonus = -tau * (pi * np.log(pi)).sum(-1)
    return mdp.with_rewards(np.asarray(mdp.rewards()) + np.where(mdp.terminal, 0, bonus)[:, None]).v(pi)


def test_our_soft_evaluation_is_a_linear_solve():
    soft_evaluation_is_a_linear_solve(soft_v)
    soft_evaluation_is_a_linear_solve(masked_soft_v, [episodic_model()])


@pytest.mark.parametrize(
    ("bug", "faulty", "mdps"),
    [
        ("B25: weight 1", lambda mdp, pi, tau: soft_v(mdp, pi, 1), None),
        ("B33: entropy paid after the end", soft_v, [episodic_model()]),
        ("B33, B35: sign", lambda mdp, pi, tau: soft_v(mdp, pi, -tau), None),
        ("B33: none at the last step", lambda mdp, pi, tau: mdp.v(pi), None),
    ],
)
def test_faulty_soft_evaluations_are_caught(bug, faulty, mdps):
    with pytest.raises(InvariantViolated, match="soft_evaluation_is_a_linear_solve"):
        soft_evaluation_is_a_linear_solve(faulty, mdps)


@pytest.mark.parametrize("bug", ["B34: time limit ignored", "returns for advantages"])
def test_faulty_advantages_are_caught(bug):
    def advantages(rewards, values, discount, decay, terminated):
        if "time limit" in bug:
            return gae(next_values)(rewards, values, discount, decay, True)
        return gae(next_values)(rewards, values, discount, decay, terminated) + values[:-1]

    with pytest.raises(InvariantViolated, match="lambda_returns_match_brute_force"):
        lambda_returns_match_brute_force(advantages)


def test_a_violation_names_the_invariant_the_numbers_and_the_fix():
    with pytest.raises(InvariantViolated) as caught:
        pairing_is_the_value(TabularMDP.occupancy, lambda mdp, pi: 0.0)
    violation = caught.value
    assert isinstance(violation, AssertionError) and violation.invariant == "pairing_is_the_value"
    assert "the value is 0 (should be " in violation.numbers and "H steps" in violation.fix
    assert str(violation) == f"{violation.invariant}: {violation.numbers}\n  {violation.fix}"
