"""Figures of the catalogue about GAIL's duality, each certified, and its optima found from both sides."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from iltheory.claims.ho_ermon_2016 import mixed, occupancy_entropy
from iltheory.claims.ho_ermon_2016_regulariser import dual_objective, saddle_of
from iltheory.measures import CHI2, JENSEN_SHANNON, causal_entropy, deterministic_policies
from sims import TabularMDP, families
from sims import arithmetic as ar


def test_the_entropy_of_a_policy_is_not_concave_in_it():
    """Leave for good with probability p at each of 6 steps: ``h(p) (1 - (1-p)^6) / p``."""
    mdp = families.one_way(mixing=Fraction(1, 2), horizon=6).mdp.to("interval")
    entropies = []
    for go in (Fraction(49, 100), Fraction(75, 100), Fraction(62, 100)):
        entropies.append(causal_entropy(mdp, ar.asarray([[1 - go, go], [1, 0]])))
    ends, middle = (entropies[0] + entropies[1]) / 2, entropies[2]
    assert float(ends) == pytest.approx(1.06944, abs=2e-5)
    assert float(middle) == pytest.approx(1.06785, abs=2e-5)
    assert np.all((middle < ends).verdicts == 1)


def test_the_entropy_of_occupancies_is_that_of_their_mixture_over_whole_trajectories():
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, rng=0, discount=0.5).to("rational")
    vertices = mdp.occupancy(deterministic_policies(mdp))
    weight = Fraction(1, 3)
    for i, j in ((0, 7), (2, 5)):
        d = mixed(ar.asarray(weight), vertices[i], vertices[j])
        expected = causal_entropy(mdp.to("ball"), mdp.project(d)) / 2
        assert float(occupancy_entropy(mdp.to("ball"), ar.convert(d, "ball"))) == pytest.approx(float(expected))


def slope(divergence, weight, p, q):
    """Derivative in p of ``-weight H(p, 1-p) + D``, in balls; D is chi2 or twice the Jensen-Shannon divergence."""
    p, q = (ar.convert(x, "ball", bits=256) for x in (p, q))
    logit = ar.log(p / (1 - p))
    if divergence is CHI2:
        return weight * logit + 2 * (p - q) / q + 2 * (p - q) / (1 - q)
    return weight * logit + ar.log(2 * p / (p + q)) - ar.log(2 * (1 - p) / (2 - p - q))


@pytest.mark.parametrize(
    ("divergence", "roots"),
    [(JENSEN_SHANNON, ("0.649778", "0.858999", "0.896021")), (CHI2, ("0.828973", "0.890566", "0.899016"))],
    ids=["JS", "chi2"],
)
def test_the_entropy_biases_the_learner_by_so_much(divergence, roots):
    q, step = Fraction(9, 10), Fraction(1, 10**6)
    for weight, root in zip((1, Fraction(1, 10), Fraction(1, 100)), map(Fraction, roots), strict=True):
        below, above = (slope(divergence, weight, root + sign * step, q) for sign in (-1, 1))
        assert float(ar.upper(below)) < 0 < float(ar.lower(above))


def test_the_slope_is_that_of_the_divergence():
    q, p, step = Fraction(9, 10), Fraction(2, 3), Fraction(1, 10**20)
    for divergence in (JENSEN_SHANNON, CHI2):
        laws = [ar.convert([x, 1 - x], "ball", bits=256) for x in (p - step, p + step, q)]
        low, high = (divergence(law, laws[2], axes=1) for law in laws[:2])
        assert float((high - low) / (2 * step)) == pytest.approx(float(slope(divergence, 0, p, q)), abs=1e-12)


def test_both_sides_of_the_duality_have_the_optimum_where_it_is_claimed():
    rng = np.random.default_rng(0)
    for _ in range(5):
        c, pi, expert = saddle_of(*rng.dirichlet(np.ones(4), size=2))
        irl = minimize(lambda x, expert=expert: -float(dual_objective(x, expert)), np.zeros(4), tol=1e-14)
        assert irl.x == pytest.approx(c, abs=1e-6)

        def matching(x, expert=expert):
            p = np.exp(x - x.max())
            p /= p.sum()
            return float((p * np.log(p)).sum() + ((p - expert) ** 2).sum() / 2)

        found = np.exp(minimize(matching, np.zeros(4), tol=1e-14).x)
        assert found / found.sum() == pytest.approx(pi, abs=1e-6)
        assert matching(np.log(pi)) == pytest.approx(float(dual_objective(c, expert)), abs=1e-14)


def test_the_value_of_discrimination_where_learner_and_expert_agree_is_minus_log_4():
    mdp = TabularMDP([[[1], [1]]], [[0, 0]], [1], discount=Fraction(1, 2))
    d = ar.convert(mdp.occupancy(ar.asarray([[Fraction(1, 3), Fraction(2, 3)]])), "ball")
    assert float(JENSEN_SHANNON(d, d, axes=2) - ar.log(ar.convert(4, "ball"))) == pytest.approx(-1.386294, abs=1e-6)
