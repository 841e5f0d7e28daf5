"""Maximum causal entropy: gradients against finite differences, recovery of experts, rigorous gaps, planted faults."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.learners import maximum_causal_entropy
from iltheory.learners.reward_features import InvalidFeatures
from iltheory.learners.soft_responses import soft_response
from iltheory.measures import causal_entropy, per_step
from sims import DeterministicTransitions, SparseTransitions, TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable
from sims.errors import InvalidArgument

STEP = 1e-5


def stored(how, P):
    if how == "sparse":
        rows = P.reshape(-1, P.shape[-1])
        counts = (rows > 0).sum(1)
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return SparseTransitions(indptr, np.nonzero(rows)[1], rows[rows > 0], P.shape[0], P.shape[1])
    return DeterministicTransitions(P.argmax(-1)) if how == "deterministic" else P


def model(how="dense", *, seed=0, n_states=5, n_actions=3, **end):
    rng = np.random.default_rng(seed)
    shape = (n_states, n_actions, n_states)
    if how == "varying":
        shape = (end["horizon"], *shape)
    P = rng.dirichlet(np.full(n_states, 0.5), size=shape[:-1])
    if how == "deterministic":
        P = np.eye(n_states)[rng.integers(n_states, size=shape[:-1])]
    return TabularMDP(stored(how, P), np.zeros(shape[-3:-1]), rng.dirichlet(np.ones(n_states)), **end)


MODELS = [
    *[(how, {"horizon": 4}) for how in ("dense", "varying", "sparse", "deterministic")],
    *[(how, {"discount": 0.8}) for how in ("dense", "sparse", "deterministic")],
]


def reward_shape(mdp):
    steps = () if mdp.horizon is None else (mdp.horizon,)
    return (*steps, mdp.n_states, mdp.n_actions)


def slow_soft_value(mdp, r):
    """Backward induction over Python numbers; with a discount, over so many steps that the rest is nothing."""
    discount = 1.0 if mdp.discount is None else float(mdp.discount)
    P = np.asarray(mdp.transitions.dense())
    horizon = mdp.horizon or 400
    v = [0.0] * mdp.n_states
    for h in reversed(range(horizon)):
        rows, paid = P[h % len(P)], r[h] if mdp.horizon else r
        q = [
            [paid[s, a] + discount * math.fsum(rows[s, a] * v) for a in range(mdp.n_actions)]
            for s in range(mdp.n_states)
        ]
        v = [math.log(math.fsum(map(math.exp, row))) for row in q]
    total = math.fsum(mdp.mu * v)
    return total / mdp.horizon if mdp.horizon else total * (1 - discount)


@pytest.mark.parametrize(("how", "end"), MODELS)
def test_soft_value_is_that_of_a_slow_recursion(how, end):
    mdp = model(how, **end)
    r = np.random.default_rng(1).normal(size=reward_shape(mdp))
    assert soft_response(mdp, r).value == pytest.approx(slow_soft_value(mdp, r), abs=1e-12)


@pytest.mark.parametrize(("how", "end"), MODELS)
def test_occupancy_is_the_derivative_of_the_soft_value(how, end):
    mdp, rng = model(how, **end), np.random.default_rng(1)
    r, direction = rng.normal(size=(2, *reward_shape(mdp)))
    up, down = (slow_soft_value(mdp, r + sign * STEP * direction) for sign in (1, -1))
    occupancy = soft_response(mdp, r).occupancy
    assert (direction * occupancy).sum() / (mdp.horizon or 1) == pytest.approx((up - down) / (2 * STEP), abs=1e-9)


def test_counting_one_more_step_or_forgetting_the_discount_would_be_caught():
    mdp, rng = model(horizon=4), np.random.default_rng(1)
    r, direction = rng.normal(size=(2, mdp.n_states, 1)) * np.ones((1, mdp.n_actions))
    every = np.broadcast_to(r, reward_shape(mdp))
    slope = (slow_soft_value(mdp, every + STEP * direction) - slow_soft_value(mdp, every - STEP * direction)) / (
        2 * STEP
    )
    occupancy = soft_response(mdp, every).occupancy
    after = mdp.transitions.push(occupancy[-1])  # imitation counts H + 1 laws of the state for H rewards
    counted = ((direction * occupancy).sum() + (direction[:, 0] * after).sum()) / 4
    assert abs(counted - slope) > 0.01
    discounted = model(discount=0.8)
    slope = (slow_soft_value(discounted, r + STEP * direction) - slow_soft_value(discounted, r - STEP * direction)) / (
        2 * STEP
    )
    myopic = discounted.with_end(discount=0.99).with_rewards(r).soft_optimal(1).policy
    assert abs((direction * discounted.occupancy(myopic)).sum() - slope) > 0.001


@pytest.mark.parametrize(("how", "end"), MODELS)
def test_the_slope_of_the_occupancy_is_its_derivative(how, end):
    mdp, rng = model(how, **end), np.random.default_rng(2)
    r, direction = rng.normal(size=(2, *reward_shape(mdp)))
    up, down = (soft_response(mdp, r + sign * STEP * direction).occupancy for sign in (1, -1))
    assert soft_response(mdp, r).slope(direction) == pytest.approx((up - down) / (2 * STEP), abs=1e-8)


def soft_expert(mdp, per, seed=3):
    rng = np.random.default_rng(seed)
    shape = {None: reward_shape(mdp), "state-action": (mdp.n_states, mdp.n_actions), "state": (mdp.n_states, 1)}[per]
    r = rng.normal(size=shape) * np.ones((mdp.n_states, mdp.n_actions))
    return mdp.with_rewards(r).soft_optimal(1).policy


@pytest.mark.parametrize("per", [None, "state-action", "state"])
@pytest.mark.parametrize(("how", "end"), MODELS)
def test_recovers_every_expert_that_is_a_soft_optimum_of_such_a_reward(how, end, per):
    mdp = model(how, **end)
    expert = soft_expert(mdp, per)
    found = maximum_causal_entropy(mdp, expert, per, tolerance=1e-12)
    assert found.status == "attained"
    visited = mdp.state_occupancy(expert) > 0  # deterministic transitions leave some states out
    assert np.abs(np.where(visited[..., None], found.policy - expert, 0)).max() <= 1e-8
    assert found.feature_error <= 1e-12
    assert float(found.dual) == pytest.approx(float(per_step(mdp, causal_entropy(mdp, expert))), abs=1e-10)


@pytest.mark.parametrize("end", [{"horizon": 4}, {"discount": 0.8}])
def test_matches_the_features_of_experts_that_no_such_reward_explains(end):
    mdp = model(**end)
    expert = np.random.default_rng(4).dirichlet(np.ones(mdp.n_actions), size=mdp.n_states)
    found = maximum_causal_entropy(mdp, expert, "state")
    error = mdp.state_occupancy(found.policy) - mdp.state_occupancy(expert)
    assert np.abs(error.sum(0) / mdp.horizon if mdp.horizon else error).max() <= 1e-8
    assert il.causal_entropy(mdp, found.policy) > il.causal_entropy(mdp, expert)
    assert found.search.errors[-1] <= 1e-8 < found.search.errors[-2]
    assert np.all(np.diff(found.search.duals) < 1e-12)


@pytest.mark.parametrize("end", [{"horizon": 4}, {"discount": 0.8}])
def test_plans_softly_pairs_the_reward_with_the_occupancy_and_uses_the_discount(end):
    mdp = model(**end)
    expert = np.random.default_rng(4).dirichlet(np.ones(mdp.n_actions), size=mdp.n_states)
    found = maximum_causal_entropy(mdp, expert, "state-action")
    paid = mdp.with_rewards(found.reward)
    best = paid.soft_optimal(1)
    later = best.v[1:] if mdp.horizon else 0.8 * best.v
    q = (
        found.reward + np.concatenate([mdp.transitions.expect(later), np.zeros((1, 5, 3))])
        if mdp.horizon
        else (found.reward + mdp.transitions.expect(later))
    )
    assert np.log(found.policy) == pytest.approx(q - best.v[..., None], abs=1e-9)
    mean = (found.reward * mdp.occupancy(found.policy)).sum()
    assert paid.value(found.policy) == pytest.approx(mean if mdp.horizon else mean / 0.2)


def test_the_discount_has_an_effect_and_the_policy_shows_what_was_matched_under_it():
    expert = np.random.default_rng(4).dirichlet(np.ones(3), size=5)
    rewards = []
    for discount in (0.3, 0.9):
        mdp = model(discount=discount)
        found = maximum_causal_entropy(mdp, expert, "state")
        rewards.append(found.reward)
        assert mdp.state_occupancy(found.policy) == pytest.approx(mdp.state_occupancy(expert), abs=1e-8)
    assert np.abs(rewards[0] - rewards[1]).max() > 0.1


@pytest.mark.parametrize("end", [{"horizon": 4}, {"discount": 0.8}])
@pytest.mark.parametrize("per", [None, "state-action"])
def test_says_that_a_deterministic_expert_has_no_reward_and_comes_as_close_as_asked(end, per):
    mdp = model(**end)
    expert = mdp.with_rewards(np.random.default_rng(5).random((5, 3))).optimal_policy()
    found = maximum_causal_entropy(mdp, expert, per, tolerance=1e-6)
    assert found.status == "not attained"
    assert 1e-8 < found.feature_error <= 1e-6
    assert np.isfinite(found.theta).all() and np.abs(found.theta).max() < 100
    closer = maximum_causal_entropy(mdp, expert, per, tolerance=1e-9)
    assert np.abs(closer.theta).max() > np.abs(found.theta).max() + 1
    assert 0 <= float(closer.dual) < float(found.dual) < 1e-4


def test_one_state_that_is_never_left_needs_no_step():
    mdp = TabularMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), [1.0], horizon=3)
    found = maximum_causal_entropy(mdp, np.full((1, 2), 0.5))
    assert (found.status, found.iterations) == ("attained", 0)
    assert float(found.dual) == pytest.approx(math.log(2))


def test_a_bandit_has_its_closed_form():
    mdp = TabularMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), [1.0], discount=0.5)
    found = maximum_causal_entropy(mdp, [[0.9, 0.1]], np.array([[[1.0], [0.0]]]), tolerance=1e-13)
    assert float(found.theta[0]) == pytest.approx(math.log(9))
    assert float(found.dual) == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))


def test_a_negative_dual_proves_that_no_policy_shows_what_few_demonstrations_show():
    mdp = model(horizon=4)
    demos = mdp.sample(soft_expert(mdp, "state"), 5, rng=1)
    for per in (None, "state-action"):
        found = maximum_causal_entropy(mdp.to("interval"), demos, per)
        assert found.status == "infeasible"
        assert float(ar.upper(found.dual)) < 0


@pytest.mark.parametrize("end", [{"horizon": 4}, {"discount": 0.8}])
def test_learns_from_demonstrations_as_from_their_occupancy(end):
    mdp, rng = model(**end), np.random.default_rng(6)
    features = rng.normal(size=(5, 2))
    demos = mdp.sample(soft_expert(mdp, "state"), 400, rng=1, **({} if mdp.horizon else {"length": 60}))
    found = maximum_causal_entropy(mdp, demos, features)
    assert found.status == "attained"
    shown = il.learners.demonstrations.shown_occupancy(mdp, demos)
    shown, acted = (
        d.reshape(-1, 5, 3).sum((0, 2)) @ features / (mdp.horizon or 1) for d in (shown, mdp.occupancy(found.policy))
    )
    assert acted == pytest.approx(shown, abs=1e-8)


@pytest.mark.parametrize("end", [{"horizon": 4}, {"discount": 0.8}])
def test_features_written_out_are_the_tables_they_stand_for(end):
    mdp = model(**end)
    expert = np.random.default_rng(4).dirichlet(np.ones(3), size=5)
    table = maximum_causal_entropy(mdp, expert, "state")
    assert maximum_causal_entropy(mdp, expert, np.eye(5)).reward == pytest.approx(table.reward)
    table = maximum_causal_entropy(mdp, expert, "state-action")
    written = np.eye(15).reshape(5, 3, 15)
    assert maximum_causal_entropy(mdp, expert, written).reward == pytest.approx(table.reward)
    if mdp.horizon:
        table = maximum_causal_entropy(mdp, expert)
        written = np.eye(60).reshape(4, 5, 3, 60)
        assert maximum_causal_entropy(mdp, expert, written).reward == pytest.approx(table.reward)


@pytest.mark.parametrize("end", [{"horizon": 4}, {"discount": 0.75}])
@pytest.mark.parametrize("system", ["interval", "ball"])
def test_the_duality_gap_is_rigorous(system, end):
    floats = families.garnet(n_states=4, n_actions=2, branching=2, rng=0, **end)
    mdp = floats.to("rational").to(system)
    expert = mdp.system.convert(ar.RationalArray(np.array([[1, 3], [2, 2], [3, 1], [1, 3]]), 4))
    found = maximum_causal_entropy(mdp, expert, "state-action")
    assert ar.system_of(found.theta, found.reward, found.policy, found.dual, found.feature_error).name == system
    gap = ar.wrap(found.dual - per_step(mdp, causal_entropy(mdp, found.policy)))
    bound = ar.sum(ar.absolute(found.theta), -1) * found.feature_error
    assert float(ar.upper(ar.absolute(gap))) <= 1.0001 * float(ar.upper(bound)) < 1e-6
    assert float(ar.lower(found.dual - per_step(mdp, causal_entropy(mdp, expert)))) > -1e-9


def test_no_argument_is_changed_and_the_same_call_gives_the_same_bits():
    mdp = model(horizon=4)
    expert, features = soft_expert(mdp, "state"), np.random.default_rng(0).normal(size=(5, 3, 4))
    copies = expert.copy(), features.copy()
    first, second = (maximum_causal_entropy(mdp, expert, features) for _ in range(2))
    assert np.array_equal(expert, copies[0]) and np.array_equal(features, copies[1])
    assert np.array_equal(first.theta, second.theta) and np.array_equal(first.policy, second.policy)
    assert np.array_equal(mdp.r, np.zeros((5, 3)))


def test_stops_after_so_many_iterations_and_says_so():
    mdp = model(horizon=4)
    found = maximum_causal_entropy(mdp, soft_expert(mdp, "state"), "state", iterations=1)
    assert (found.status, found.iterations) == ("unfinished", 1)


def test_says_what_is_wrong_with_its_arguments():
    mdp = model(horizon=4)
    expert = soft_expert(mdp, "state")
    for features, words in (
        ("actions", "'state-action', 'state'"),
        (np.zeros((4, 2)), r"\(4, 2\), expected \[S, k\]"),
        (np.zeros((3, 5, 3, 2)), r"\(3, 5, 3, 2\)"),
        (np.full((5, 2), np.nan), r"features\[0, 0\] is nan"),
    ):
        with pytest.raises(InvalidFeatures, match=words):
            maximum_causal_entropy(mdp, expert, features)
    for options, words in (({"tolerance": 0.0}, "tolerance=0.0"), ({"iterations": 0}, "iterations=0")):
        with pytest.raises(InvalidArgument, match=words):
            maximum_causal_entropy(mdp, expert, **options)
    with pytest.raises(NotRepresentable, match="interval"):
        maximum_causal_entropy(families.loop(error=Fraction(1, 2), horizon=2).mdp, [[1, 0]])
    batch = TabularMDP(np.ones((2, 1, 2, 1)), np.zeros((1, 2)), [1.0], horizon=3, batch_axes=1)
    with pytest.raises(InvalidArgument, match="batch of shape"):
        maximum_causal_entropy(batch, np.full((1, 2), 0.5))
