"""The Gibbs law of trajectories: against enumeration, against causal entropy, and what it gets wrong."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from iltheory.learners import maximum_causal_entropy, maximum_entropy
from iltheory.learners.maximum_entropy import _response
from iltheory.measures import gibbs_occupancy, trajectory_gibbs
from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument


def model(*, seed=0, n_states=3, n_actions=2, horizon=3, law="dense"):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(n_states), size=(n_states, n_actions))
    if law == "deterministic":
        P = DeterministicTransitions(rng.integers(n_states, size=(n_states, n_actions)))
    if law == "sparse":
        rows = P.reshape(-1, n_states)
        indptr = np.arange(0, rows.size + 1, n_states)
        P = SparseTransitions(indptr, np.tile(np.arange(n_states), len(rows)), rows.ravel(), n_states, n_actions)
    return TabularMDP(P, rng.normal(size=(n_states, n_actions)), rng.dirichlet(np.ones(n_states)), horizon=horizon)


def enumerated(mdp):
    """Laws of (s_h, a_h) under the Gibbs law: every trajectory with its weight, given its first state."""
    P, laws = mdp.P, np.zeros((mdp.horizon, mdp.n_states, mdp.n_actions))
    pairs = list(itertools.product(range(mdp.n_states), range(mdp.n_actions)))
    for first in range(mdp.n_states):
        weighed = []
        for path in itertools.product(pairs, repeat=mdp.horizon):
            if path[0][0] == first:
                moved = math.prod(P[s, a, t] for (s, a), (t, _) in itertools.pairwise(path))
                weighed.append((path, moved * math.exp(sum(mdp.r[s, a] for s, a in path))))
        total = math.fsum(weight for _, weight in weighed)
        for path, weight in weighed:
            for h, (s, a) in enumerate(path):
                laws[h, s, a] += mdp.mu[first] * weight / total
    return laws


@pytest.mark.parametrize("seed", range(3))
def test_the_law_is_that_of_all_trajectories_weighed_one_by_one(seed):
    mdp = model(seed=seed)
    law, expected = trajectory_gibbs(mdp), enumerated(mdp)
    assert gibbs_occupancy(mdp, law) == pytest.approx(expected, abs=1e-13)
    assert law.policy == pytest.approx(expected / expected.sum(-1, keepdims=True), abs=1e-12)


def test_the_law_is_enclosed_in_every_rigorous_system():
    mdp = model()
    exact = TabularMDP(mdp.P, mdp.r, mdp.mu, horizon=3, normalize=True)
    for system in ("interval", "ball"):
        law = trajectory_gibbs(exact.to(system))
        assert ar.midpoint(law.policy) == pytest.approx(trajectory_gibbs(exact).policy, abs=1e-12)
        width = ar.upper(law.policy) - ar.lower(law.policy)
        assert width.max() < 1e-12


@pytest.mark.parametrize("law", ["dense", "sparse", "deterministic"])
def test_the_gradient_and_the_slope_of_the_law_are_exact(law):
    mdp, step = model(law=law, n_states=4, horizon=4), 1e-5
    r, direction = np.random.default_rng(1).normal(size=(2, 4, 4, 2))
    up, down, here = (_response(mdp, r + sign * step * direction) for sign in (1, -1, 0))
    assert (direction * here.occupancy).sum() / 4 == pytest.approx((up.value - down.value) / (2 * step), abs=1e-9)
    assert here.slope(direction) == pytest.approx((up.occupancy - down.occupancy) / (2 * step), abs=1e-8)


def expert_of(mdp):
    return np.random.default_rng(5).dirichlet(np.ones(mdp.n_actions), size=mdp.n_states)


def test_deterministic_transitions_make_it_maximum_causal_entropy():
    mdp = model(law="deterministic", n_states=4, horizon=4)
    features = np.random.default_rng(2).normal(size=(4, 2, 3))
    gibbs, causal = (
        learn(mdp, expert_of(mdp), features, tolerance=1e-12) for learn in (maximum_entropy, maximum_causal_entropy)
    )
    assert gibbs.status == causal.status == "attained"
    visited = mdp.reachable()  # where nobody comes to be features say nothing
    assert gibbs.theta == pytest.approx(causal.theta, abs=1e-6)
    assert gibbs.policy[:, visited] == pytest.approx(causal.policy[:, visited], abs=1e-7)
    assert float(gibbs.dual) == pytest.approx(float(causal.dual), abs=1e-12)


def test_stochastic_transitions_make_its_policy_miss_the_features_that_the_law_has():
    mdp = model(n_states=4, horizon=4)
    found = maximum_entropy(mdp, expert_of(mdp), "state")
    assert found.status == "attained"
    assert float(found.feature_error) <= 1e-8
    assert float(found.policy_error) > 1e-3
    causal = maximum_causal_entropy(mdp, expert_of(mdp), "state")
    assert float(causal.feature_error) <= 1e-8


def gamble():
    """Stay, or go for good to where the feature is 1 or -1 with probability 1/2 each."""
    P = np.zeros((3, 2, 3))
    P[0, 0, 0], P[0, 1, 1:], P[1, :, 1], P[2, :, 2] = 1, 0.5, 1, 1
    return TabularMDP(P, np.zeros((3, 2)), [1.0, 0.0, 0.0], horizon=2), np.array([[0.0], [1.0], [-1.0]])


def test_it_takes_a_fair_gamble_that_causal_entropy_does_not_care_for():
    mdp, features = gamble()
    paid = mdp.with_rewards(3 * features * np.ones((1, 2)))
    chance = math.cosh(3) / (1 + math.cosh(3))
    assert chance == pytest.approx(0.909647, abs=1e-6)
    assert trajectory_gibbs(paid).policy[0, 0, 1] == pytest.approx(chance)
    assert paid.soft_optimal(1).policy[0, 0, 1] == pytest.approx(0.5)


def test_says_that_it_needs_a_horizon_and_what_is_infeasible():
    mdp = model(n_states=4, horizon=4)
    with pytest.raises(InvalidArgument, match="finite horizon"):
        maximum_entropy(mdp.with_end(discount=0.5), expert_of(mdp))
    found = maximum_entropy(mdp, mdp.sample(expert_of(mdp), 3, rng=0))
    assert found.status == "infeasible"
    assert np.isfinite(found.theta).all() and np.isfinite(float(found.feature_error))
