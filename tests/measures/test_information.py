"""What codes tell, against dictionaries of trajectories and closed forms."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import log

import numpy as np
import pytest

from iltheory.measures import (
    TooManyCodes,
    code_information,
    code_pair_information,
    code_trajectories,
    mutual_information,
    path_products,
    path_sums,
    posterior,
    recovery_error,
    trajectory_law,
    variational_information,
)
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF = Fraction(1, 2)


def mixture(seed: int = 0) -> tuple[TabularMDP, list[np.ndarray], np.ndarray]:
    mdp = families.garnet(2, 2, 2, horizon=3, rng=seed)
    rng = np.random.default_rng(seed)
    policies = [rng.dirichlet(np.ones(2), size=(3, 2)) for _ in range(3)]
    return mdp, policies, np.array([0.5, 0.25, 0.25])


def slow_joint(mdp: TabularMDP, policies: list[np.ndarray], prior: np.ndarray) -> dict:
    joint = {}
    for c, pi in enumerate(policies):
        for path in product(range(2), repeat=6):
            states, actions = path[::2], path[1::2]
            p = prior[c] * mdp.mu[states[0]]
            for h in range(3):
                p *= pi[h, states[h], actions[h]]
                if h < 2:
                    p *= mdp.P[states[h], actions[h], states[h + 1]]
            joint[c, path] = p
    return joint


def slow_information(joint: dict) -> float:
    codes, seen = {}, {}
    for (c, x), p in joint.items():
        codes[c] = codes.get(c, 0) + p
        seen[x] = seen.get(x, 0) + p
    return sum(p * log(p / (codes[c] * seen[x])) for (c, x), p in joint.items() if p > 0)


@pytest.mark.parametrize("seed", range(3))
def test_information_of_trajectories_and_pairs_by_dictionaries(seed):
    mdp, policies, prior = mixture(seed)
    joint = slow_joint(mdp, policies, prior)
    assert float(code_information(mdp, policies, prior)) == pytest.approx(slow_information(joint), abs=1e-14)
    pairs: dict = {}
    for (c, path), p in joint.items():
        for h in range(3):
            pairs[c, path[2 * h : 2 * h + 2]] = pairs.get((c, path[2 * h : 2 * h + 2]), 0) + p / 3
    assert float(code_pair_information(mdp, policies, prior)) == pytest.approx(slow_information(pairs), abs=1e-14)


def test_the_posterior_closes_the_gap_and_nothing_else_does():
    joint = code_trajectories(*mixture())
    exact = float(mutual_information(joint))
    assert float(variational_information(joint, posterior(joint))) == pytest.approx(exact, abs=1e-14)
    blurred = (posterior(joint) + 1 / 3) / 2
    assert float(variational_information(joint, blurred)) < exact - 1e-3


def test_a_guess_that_rules_out_what_happens_is_worth_nothing():
    joint = np.array([[0.5, 0.0], [0.0, 0.5]])
    assert float(variational_information(joint, np.eye(2))) == pytest.approx(log(2))
    assert float(variational_information(joint, 1 - np.eye(2))) == -np.inf


def test_posterior_is_uniform_where_nothing_happens():
    joint = ar.asarray([[HALF, 0], [HALF, 0]])
    assert [[Fraction(x) for x in row] for row in posterior(joint)] == [[HALF, HALF], [HALF, HALF]]


def test_one_step_of_coins():
    coin = TabularMDP([[[1], [1]]], [[0, 0]], [1], horizon=1).to("ball")
    policies = [ar.asarray([[[1, 0]]]), ar.asarray([[[HALF, HALF]]])]
    told = code_information(coin, [coin.policy(p) for p in policies], ar.convert(ar.asarray([HALF, HALF]), "ball"))
    closed = ar.convert(ar.asarray(Fraction(3, 2)), "ball")
    closed = closed * ar.log(ar.convert(2, "ball")) - Fraction(3, 4) * ar.log(ar.convert(3, "ball"))
    assert abs(float(told) - float(closed)) < 1e-30


def test_recovery_is_blind_to_the_order_only():
    laws = ar.asarray([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert Fraction(recovery_error(laws, laws[np.array([2, 0, 1])])) == 0
    mixed = ar.asarray([[HALF, HALF, 0], [HALF, HALF, 0], [0, 0, 1]])
    assert Fraction(recovery_error(laws, mixed)) == Fraction(1, 3)
    with pytest.raises(TooManyCodes, match="8!"):
        recovery_error(np.full((8, 2), 0.5), np.full((8, 2), 0.5))


def test_paths_are_in_the_order_of_the_law_of_trajectories():
    mdp, policies, _ = mixture()
    pi = policies[0]
    sums, products = path_sums(mdp, np.log(pi)), path_products(mdp, pi)
    assert np.allclose(np.exp(sums), products)
    free = trajectory_law(mdp, np.full((2, 2), 0.5)) * 2**3
    assert np.allclose(free * products, trajectory_law(mdp, pi))
