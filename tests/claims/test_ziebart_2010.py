"""What the claims on maximum causal entropy compute, against slow definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iltheory.claims.ziebart_2010 import collected, dual, mean_entropy, rewarded, soft_policy, surprise
from iltheory.claims.ziebart_2010_causality import balanced
from iltheory.claims.ziebart_2010_gradient import occupancy_slope, slope
from iltheory.learners import maximum_causal_entropy
from sims import TabularMDP
from sims import arithmetic as ar

STEP = 1e-5


@pytest.fixture(params=[{"horizon": 3}, {"discount": 0.7}], ids=["horizon", "discount"])
def drawn(request):
    """A model, an expert, two features and weights of them."""
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(4), size=(4, 3))
    mdp = TabularMDP(P, np.zeros((4, 3)), rng.dirichlet(np.ones(4)), **request.param)
    expert = mdp.policy(rng.dirichlet(np.ones(3), size=4))
    features = tuple(rng.normal(size=(2, 4, 3)))
    if mdp.horizon:
        features = tuple(f[None] for f in features)
    return mdp, expert, features, tuple(np.array(x) for x in rng.normal(size=2))


def shown(mdp, d, f):
    return float((d * f).sum()) / (mdp.horizon or 1)


def test_the_dual_and_its_parts_are_what_they_are_called(drawn):
    mdp, expert, features, theta = drawn
    r = sum(float(w) * f for w, f in zip(theta, features, strict=True))
    best = mdp.with_rewards(r).soft_optimal(1)
    scale = 1 / mdp.horizon if mdp.horizon else 1 - 0.7
    expected = scale * float(best.value) - shown(mdp, mdp.occupancy(expert), r)
    assert float(dual(mdp, expert, features, theta)) == pytest.approx(expected)
    assert float(collected(mdp, expert, features, theta)) == pytest.approx(shown(mdp, mdp.occupancy(expert), r))
    negative_log = -shown(mdp, mdp.occupancy(expert), np.log(best.policy))
    assert float(surprise(mdp, expert, features, theta)) == pytest.approx(negative_log) == pytest.approx(expected)


def test_the_slope_is_the_derivative_of_the_dual(drawn):
    mdp, expert, features, theta = drawn
    step = (np.array(1.0), np.array(-2.0))
    up, down = (
        float(dual(mdp, expert, features, tuple(w + sign * STEP * s for w, s in zip(theta, step, strict=True))))
        for sign in (1, -1)
    )
    assert float(slope(mdp, expert, features, theta, step)) == pytest.approx((up - down) / (2 * STEP), abs=1e-9)


def test_the_least_dual_is_what_the_learner_finds(drawn):
    mdp, expert, features, theta = drawn
    table = np.stack([f.reshape(4, 3) for f in features], axis=-1)
    found = maximum_causal_entropy(mdp, expert, table, tolerance=1e-12)
    at_best = tuple(np.array(x) for x in found.theta)
    assert float(dual(mdp, expert, features, at_best)) == pytest.approx(float(found.dual), abs=1e-13)
    assert float(dual(mdp, expert, features, theta)) > float(found.dual)
    best = soft_policy(mdp, features, at_best)
    assert float(mean_entropy(mdp, best)) == pytest.approx(float(found.dual), abs=1e-10)
    assert float(mean_entropy(mdp, expert)) < float(found.dual)


def test_the_hessian_is_the_derivative_of_the_gradient():
    rng = np.random.default_rng(1)
    mdp = TabularMDP(rng.dirichlet(np.ones(3), size=(3, 2)), np.zeros((3, 2)), np.ones(3) / 3, horizon=4)
    r, u = rng.normal(size=(2, 4, 3, 2))
    up, down, here = (mdp.with_rewards(r + sign * STEP * u).soft_optimal(1).policy for sign in (1, -1, 0))
    difference = (mdp.occupancy(up) - mdp.occupancy(down)) / (2 * STEP)
    assert occupancy_slope(mdp, here, u) == pytest.approx(difference, abs=1e-8)


def test_the_combined_feature_is_shown_alike_and_not_by_being_trivial(drawn):
    mdp, expert, features, _ = drawn
    other = mdp.policy(np.random.default_rng(3).dirichlet(np.ones(3), size=4))
    f = np.asarray(balanced(mdp, expert, other, *features))
    shows = [shown(mdp, mdp.occupancy(pi), f) for pi in (expert, other)]
    assert shows[0] == pytest.approx(shows[1], abs=1e-14) and np.ptp(f) > 0.01
    third = mdp.policy(np.random.default_rng(4).dirichlet(np.ones(3), size=4))
    assert abs(shown(mdp, mdp.occupancy(third), f) - shows[0]) > 1e-3


def test_rewards_are_weighed_instance_by_instance_in_a_batch():
    mdp = TabularMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), [1.0], discount=0.5)
    weights = np.array([0.0, math.log(3)])
    value = dual(mdp, np.full((1, 2), 0.5), (np.array([[1.0, 0.0]]),), (weights,))
    assert ar.midpoint(value) == pytest.approx([math.log(2), math.log(4) - math.log(3) / 2])
    batch = rewarded(mdp, (np.array([[1.0, 0.0]]),), (weights,))
    assert batch.batch_shape == (2,)
