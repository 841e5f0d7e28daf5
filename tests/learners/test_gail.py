"""GAIL: discriminator and objective from their definitions, at population level and from data; its kin."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

import iltheory as il
from iltheory.games import DivergenceRewards, LinearRewards, LipschitzRewards
from iltheory.learners import adversarial_imitation, gail
from sims import TabularMDP, families
from sims import arithmetic as ar


@pytest.fixture(params=[{"horizon": 4}, {"discount": 0.9}], ids=["finite", "discounted"])
def world(request):
    mdp = families.garnet(n_states=6, n_actions=3, branching=3, rng=0, **request.param)
    return mdp, np.random.default_rng(0).dirichlet(np.ones(3), size=6)


def law(mdp, policy):
    return np.asarray(mdp.occupancy(policy)) / (mdp.horizon or 1)


def objective(mdp, d, e, discriminator, policy, weight):
    """``E_d log D + E_e log(1 - D) - lambda E_d[-log pi]``, term by term."""
    entropy = -(d * np.log(np.maximum(policy, 1e-300))).sum()
    return (d * np.log(discriminator)).sum() + (e * np.log(1 - discriminator)).sum() - weight * entropy


@pytest.mark.parametrize("weight", [0.0, 1e-2, 1.0])
def test_objective_and_discriminator_are_what_they_are_called(world, weight):
    mdp, expert = world
    found = gail(mdp, expert, entropy_weight=weight)
    policy = ar.convert(found.policy, "float64")
    d, e = law(mdp, policy), law(mdp, expert)
    assert np.allclose(found.discriminator, d / (d + e))
    value = objective(mdp, d, e, found.discriminator, policy, weight)
    assert abs(value - float(found.objective.upper)) < 1e-9 and found.objective.width < 1e-8
    rng = np.random.default_rng(1)
    for _ in range(20):  # no discriminator does better against this policy, no policy better than the value
        other = np.clip(found.discriminator + 0.05 * rng.normal(size=d.shape), 1e-3, 1 - 1e-3)
        assert objective(mdp, d, e, other, policy, weight) <= value + 1e-9
        pi = 0.9 * policy + 0.1 * rng.dirichlet(np.ones(3), size=policy.shape[:-1])
        x = law(mdp, pi)
        assert objective(mdp, x, e, x / (x + e), pi, weight) >= float(found.objective.lower) - 1e-9
    assert np.allclose(found.saddle.reward, -np.log(2 * found.discriminator), atol=1e-5)


def test_without_entropy_gail_finds_the_expert(world):
    mdp, expert = world
    found = gail(mdp, expert)
    assert np.allclose(found.discriminator, 0.5, atol=1e-5)
    assert found.policy.dtype == np.float64 and abs(float(il.gap(mdp, expert, found.policy))) < 1e-5
    assert found.objective.lower <= -log(4) + 1e-12 and abs(float(found.objective.upper) + log(4)) < 1e-9
    assert float(il.occupancy_tv(mdp, expert, ar.convert(found.policy, "float64"))) < 1e-6


def test_learns_from_demonstrations(world):
    mdp, expert = world
    demos = mdp.sample(expert, 200, 0, length=mdp.horizon or 100)
    found = gail(mdp, demos, entropy_weight=1e-3)
    assert found.saddle.relative_gap < 1e-8
    assert float(il.occupancy_tv(mdp, expert, ar.convert(found.policy, "float64"))) < 0.1


def test_nobody_has_a_discriminator_where_nobody_goes():
    P = np.eye(3)[np.array([[1, 1], [1, 1], [2, 2]])]
    mdp = TabularMDP(P, np.zeros((3, 2)), np.array([1.0, 0, 0]), discount=0.5)
    found = gail(mdp, np.array([[1.0, 0], [0.5, 0.5], [0.5, 0.5]]), entropy_weight=0.1)
    assert np.isnan(found.discriminator[2]).all() and np.isfinite(found.discriminator[:2]).all()
    assert found.discriminator[0, 1] == 1  # only the learner goes there


def test_kin_share_the_solver_and_its_certificate(world):
    mdp, expert = world
    features = np.random.default_rng(0).normal(size=(6, 3, 4))
    points = np.arange(18.0)
    others = [
        DivergenceRewards("chi2"),
        *(LinearRewards(features, ball) for ball in ("simplex", "l1", "l2", "linf")),
        LipschitzRewards(abs(points[:, None] - points)),
    ]
    for adversary in others:
        saddle = adversarial_imitation(mdp, expert, adversary, entropy_weight=1e-2)
        assert 0 <= saddle.gap < 1e-7, adversary
    chosen = adversarial_imitation(mdp, expert, others[0], entropy_weight=1e-1, method="conic")
    assert chosen.method == "conic"


def test_exact_models_give_exact_policies():
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, rng=0, horizon=2).to("rational")
    found = gail(mdp, mdp.optimal_policy(), entropy_weight=1)
    assert (found.policy.fractions().sum(-1) == 1).all() and (found.policy == found.saddle.policy).all()
    assert found.saddle.gap < 1e-9
    assert not found.saddle.attained and "end -0.6931" in found.saddle.why_not  # D = 1 at the other actions
