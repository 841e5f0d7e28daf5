"""Classes of policies: exact minimisers and likeliest policies, against enumeration."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import A, H, S, random_model, random_policy, random_rule, rules, stationary_rules

from iltheory.learners import FinitePolicies, TabularPolicies
from iltheory.measures import cross_entropy, linear_loss
from sims import arithmetic as ar
from sims.errors import InvalidArgument

HALF = Fraction(1, 2)


def some_costs(seed: int, shape: tuple[int, ...] = (H, S, A)) -> Any:
    return ar.asarray(np.random.default_rng(seed).integers(-4, 9, size=shape)) / 7


@pytest.mark.parametrize("seed", range(4))
def test_the_tabular_minimiser_loses_as_little_as_any_deterministic_policy(seed: int) -> None:
    mdp, costs = random_model(seed), some_costs(seed)
    best = TabularPolicies().minimize(mdp, costs)
    assert linear_loss(mdp, costs, best) == min(Fraction(np.sum(costs.fractions() * rule) / H) for rule in rules())


@pytest.mark.parametrize("seed", range(4))
def test_the_stationary_minimiser_loses_as_little_as_any_stationary_policy(seed: int) -> None:
    mdp, costs = random_model(seed), some_costs(seed)
    best = TabularPolicies(stationary=True).minimize(mdp, costs)
    assert best.shape == (1, S, A)
    assert linear_loss(mdp, costs, best) == min(Fraction(linear_loss(mdp, costs, rule)) for rule in stationary_rules())


def test_where_all_actions_cost_the_same_the_rule_for_unseen_states_decides() -> None:
    mdp = random_model(0)
    costs = ar.asarray(np.zeros((H, S, A), dtype=int))
    policy = random_policy(3)
    assert np.all(TabularPolicies().minimize(mdp, costs).fractions() == HALF)
    assert np.all(TabularPolicies(unseen=1).minimize(mdp, costs).fractions()[..., 1] == 1)
    assert np.all(TabularPolicies(unseen=policy).minimize(mdp, costs).fractions() == policy.fractions())
    told = costs + ar.asarray([[[0, 1]] + [[0, 0]] * (S - 1)] + [[[0, 0]] * S] * (H - 1))
    chosen = TabularPolicies(unseen=1).minimize(mdp, told).fractions()
    assert list(chosen[0, 0]) == [1, 0] and np.all(chosen[1:, :, 1] == 1)


def test_the_likeliest_tabular_policy_is_the_smoothed_share_of_weights() -> None:
    mdp = random_model(0)
    counts = np.array([[[3, 1], [0, 0], [0, 2]]] * H)
    law = TabularPolicies().likeliest(mdp, ar.asarray(counts)).fractions()
    assert list(law[0].ravel()) == [Fraction(3, 4), Fraction(1, 4), HALF, HALF, 0, 1]
    smooth = TabularPolicies(smoothing=HALF, unseen=0).likeliest(mdp, ar.asarray(counts)).fractions()
    assert list(smooth[1].ravel()) == [Fraction(7, 10), Fraction(3, 10), HALF, HALF, Fraction(1, 6), Fraction(5, 6)]
    once = TabularPolicies(smoothing=1, stationary=True).likeliest(mdp, ar.asarray(counts)).fractions()
    assert once.shape == (1, S, A) and list(once[0, 0]) == [Fraction(10, 14), Fraction(4, 14)]


@pytest.mark.parametrize("seed", range(3))
def test_no_policy_is_likelier_than_the_tabular_one(seed: int) -> None:
    mdp = random_model(seed).to("ball")
    weights = mdp.occupancy(random_policy(seed))
    best = TabularPolicies().likeliest(mdp, weights)
    for other in range(50, 56):
        assert (cross_entropy(mdp, weights, best) > cross_entropy(mdp, weights, random_policy(other))).refuted


@pytest.mark.parametrize("seed", range(4))
def test_a_list_is_searched_to_its_best_entry(seed: int) -> None:
    mdp, costs = random_model(seed), some_costs(seed)
    policies = [random_policy(seed + 10 * k) for k in range(5)]
    best = FinitePolicies(policies).minimize(mdp, costs)
    losses = [Fraction(linear_loss(mdp, costs, pi)) for pi in policies]
    assert np.all(best.fractions() == policies[losses.index(min(losses))].fractions())


def test_the_likeliest_of_a_list_need_not_make_the_fewest_mistakes() -> None:
    mdp = random_model(1, horizon=1)
    weights = ar.asarray([[[3, 2], [0, 0], [0, 0]]])
    sure, unsure, impossible = ([[p, 1 - p]] * S for p in (Fraction(9, 10), HALF, Fraction(1)))
    listed = FinitePolicies([impossible, sure, unsure])
    assert listed.likeliest(mdp, weights).fractions()[0, 0, 0] == HALF
    assert listed.minimize(mdp, -weights).fractions()[0, 0, 0] == 1


def test_impossible_actions_make_a_policy_the_least_likely() -> None:
    mdp = random_model(1, horizon=1)
    impossible, slim = [[0, 1]] * S, [[Fraction(1, 10**6), 1 - Fraction(1, 10**6)]] * S
    weights = ar.asarray([[[1, 10**6]] + [[0, 0]] * (S - 1)])
    assert FinitePolicies([impossible, slim]).likeliest(mdp, weights).fractions()[0, 0, 0] > 0


def test_of_equal_policies_the_first_is_taken() -> None:
    mdp, costs = random_model(2), ar.asarray(np.ones((H, S, A), dtype=int))
    policies = [random_policy(k) for k in range(3)]
    for found in (FinitePolicies(policies).minimize(mdp, costs), FinitePolicies(policies).likeliest(mdp, 0 * costs)):
        assert np.all(found.fractions() == policies[0].fractions())


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture_loses_what_its_gradient_says(seed: int) -> None:
    mdp, costs = random_model(seed), some_costs(seed)
    listed = FinitePolicies([random_policy(seed + k) for k in range(3)])
    weights = ar.asarray([HALF, Fraction(1, 3), Fraction(1, 6)])
    assert linear_loss(mdp, costs, listed.mixture(mdp, weights)) == ar.sum(listed.gradient(mdp, costs) * weights)
    for tabular in (TabularPolicies(), TabularPolicies(stationary=True)):
        laws = random_policy(seed)[:1] if tabular.stationary else random_policy(seed)
        assert linear_loss(mdp, costs, tabular.mixture(mdp, laws)) == ar.sum(tabular.gradient(mdp, costs) * laws)


def test_a_batch_is_searched_instance_by_instance() -> None:
    batch = random_model(5, batch=4)
    costs = some_costs(5, (4, H, S, A))
    listed = FinitePolicies([random_rule(k) for k in range(4)])
    for found in (listed, TabularPolicies(), TabularPolicies(stationary=True, unseen=0)):
        together = found.minimize(batch, costs)
        for i in range(4):
            alone = found.minimize(batch.select(i), costs[i])
            assert np.all(together[i].fractions() == alone.fractions())


def test_discounted_models_have_policies_without_a_step_axis() -> None:
    mdp = random_model(0, horizon=1)
    mdp = type(mdp)(mdp.P, mdp.r, mdp.mu, discount=HALF)
    costs = some_costs(1, (S, A))
    for found in (TabularPolicies(), TabularPolicies(stationary=True), FinitePolicies(stationary_rules())):
        assert linear_loss(mdp, costs, found.minimize(mdp, costs)) == ar.sum(ar.amin(costs, -1))
        assert found.likeliest(mdp, mdp.occupancy(stationary_rules()[2])).shape == (S, A)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (TabularPolicies(unseen=A), "unseen=2: actions run from 0 to 1"),
        (TabularPolicies(unseen=-1), "unseen=-1"),
        (TabularPolicies(smoothing=-1), "smoothing=-1: a pseudo-count must be at least 0"),
        (TabularPolicies(stationary=True, unseen=random_policy(0)), "varies over 3 steps"),
        (FinitePolicies([]), "policies is empty"),
        (TabularPolicies(unseen=[[1, 1]] * S), "sums to 2"),
        (FinitePolicies([[[1, 0]] * 2]), "last axes must be"),
    ],
)
def test_bad_classes_are_named(asked: Any, complaint: str) -> None:
    mdp = random_model(0)
    with pytest.raises(ValueError, match=complaint):
        asked.likeliest(mdp, ar.asarray(np.ones((H, S, A), dtype=int)))


def test_a_pseudo_count_does_not_hide_a_bad_class() -> None:
    with pytest.raises(InvalidArgument, match="unseen=7"):
        TabularPolicies(smoothing=1, unseen=7).likeliest(random_model(0), ar.asarray(np.ones((H, S, A), dtype=int)))
