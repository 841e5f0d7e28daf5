"""Rewards that explain a policy: solved for independently, in one environment and in two."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.claims.cao_2021 import two_discounts
from iltheory.claims.fu_2018 import two_cycle
from iltheory.measures import reward_ambiguity
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import HOLDS

HALF = Fraction(1, 2)


def soft_values(p, r, gamma, tau):
    """Soft value iteration in numpy."""
    v = np.zeros(len(p))
    for _ in range(2000):
        v = tau * np.log(np.exp((r + gamma * p @ v) / tau).sum(1))
    return v


@pytest.mark.parametrize("tau", [0.5, 2.0])
def test_any_value_explains_any_policy(tau):
    mdp, rng = families.garnet(4, 3, 2, discount=0.9, rng=0), np.random.default_rng(0)
    p, pi, v = np.asarray(mdp.P), rng.dirichlet(np.ones(3), size=4), rng.normal(size=4)
    r = tau * np.log(pi) + v[:, None] - 0.9 * p @ v
    found = soft_values(p, r, 0.9, tau)
    assert np.abs(found - v).max() < 1e-10
    assert np.abs(np.exp((r + 0.9 * p @ found - found[:, None]) / tau) - pi).max() < 1e-10


def test_two_environments_intersect_two_subspaces():
    """The dimension of an intersection is dim + dim - dim of the sum, by numpy's ranks."""
    for seed in range(5):
        one, other = (families.garnet(4, 2, 2, discount=d, rng=seed + k) for k, d in ((0, 0.5), (100, 0.75)))
        spaces = [(np.eye(4)[:, None] - float(m.discount) * np.asarray(m.P)).reshape(8, 4) for m in (one, other)]
        meet = sum(map(np.linalg.matrix_rank, spaces)) - np.linalg.matrix_rank(np.hstack(spaces))
        assert float(reward_ambiguity(one, other)) == meet


def test_action_independent_dynamics_are_never_identified():
    comparison = two_discounts(two_cycle(), ar.asarray(HALF))
    assert comparison.verdicts == HOLDS and Fraction(comparison.lhs) == 2


def test_a_lucky_model_is_ambiguous_under_two_discounts_although_its_actions_differ():
    """P_a and P_b differ, but agree on the function (1, 1, 0): two dimensions."""
    p = [[[HALF, HALF, 0], [1, 0, 0]], [[0, HALF, HALF], [HALF, 0, HALF]], [[0, 0, 1], [0, 0, 1]]]
    mdp = TabularMDP(p, [[0, 0]] * 3, [1, 0, 0], discount=HALF)
    assert Fraction(reward_ambiguity(mdp, mdp.with_end(discount=Fraction(1, 3)))) == 2
