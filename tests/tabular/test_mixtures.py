"""Mixing policies once a trajectory or afresh at every step."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from enclosing import encloses
from slow_tabular import Slow, draw_numbers, draw_rows, fractions

from sims import TabularMDP
from sims import arithmetic as ar
from sims.tabular import InvalidMixture, step_mixture, trajectory_mixture

HALF = Fraction(1, 2)


def chain() -> TabularMDP:
    """0 -stay-> 0, 0 -go-> 1, 1 absorbing; H = 2: the instance of the claim occ-mixture."""
    return TabularMDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 1], [0, 0]], [1, 0], horizon=2)


STAY, GO = [[1, 0], [1, 0]], [[0, 1], [0, 1]]


def test_the_two_mixtures_differ_on_the_chain():
    mdp = chain()
    once = trajectory_mixture(mdp, [GO, STAY], [HALF, HALF])
    steps = step_mixture([GO, STAY], [HALF, HALF])
    assert fractions(once.occupancy).tolist() == [[[HALF, HALF], [0, 0]], [[HALF, 0], [0, HALF]]]
    quarter = Fraction(1, 4)
    assert fractions(mdp.occupancy(steps)).tolist() == [
        [[HALF, HALF], [0, 0]],
        [[quarter, quarter], [quarter, quarter]],
    ]
    average = lambda d: fractions(ar.sum(d, 0) / 2)  # noqa: E731
    assert average(mdp.occupancy(steps)).tolist() == [[Fraction(3, 8)] * 2, [Fraction(1, 8)] * 2]
    assert average(once.occupancy).tolist() == [[HALF, quarter], [0, quarter]]
    assert Fraction(mdp.value(once.policy)) == HALF
    assert Fraction(mdp.value(steps)) == Fraction(3, 4)


@pytest.mark.parametrize("seed", range(6))
def test_drawing_once_is_what_the_trajectories_say(seed):
    """Mix the laws of whole trajectories, by enumeration; then read occupancy and value off the mixture."""
    rng = np.random.default_rng(seed)
    S, A, H = 2, 2, 3
    P, r, mu = draw_rows(rng, (H, S, A, S)), draw_numbers(rng, (H, S, A)), draw_rows(rng, (S,))
    policies, weights = [draw_rows(rng, (H, S, A)) for _ in range(3)], draw_rows(rng, (3,))
    slow = Slow(list(P), [np.repeat(x[..., None], S, -1) for x in r], list(mu))
    truth = sum(w * slow.occupancy(pi) for w, pi in zip(weights, policies, strict=True))
    mdp = TabularMDP(P, r, mu, horizon=H)
    mixture = trajectory_mixture(mdp, policies, weights)
    assert np.array_equal(fractions(mixture.occupancy), truth)
    assert np.array_equal(fractions(mdp.occupancy(mixture.policy)), truth)
    value = sum(w * slow.value(pi) for w, pi in zip(weights, policies, strict=True))
    assert Fraction(mdp.value(mixture.policy)) == value


@pytest.mark.parametrize("name", ["interval", "ball", "rational"])
@pytest.mark.parametrize("gamma", [HALF, Fraction(999, 1000)])
def test_discounted_mixtures_are_linear_in_occupancies_and_values(name, gamma):
    rng = np.random.default_rng(1)
    P, r, mu = draw_rows(rng, (3, 2, 3)), draw_numbers(rng, (3, 2)), draw_rows(rng, (3,))
    policies = [draw_rows(rng, (3, 2)) for _ in range(2)]
    exact = TabularMDP(P, r, mu, discount=gamma)
    weights = [Fraction(1, 3), Fraction(2, 3)]
    truth = sum(w * fractions(exact.occupancy(pi)) for w, pi in zip(weights, policies, strict=True))
    mdp = exact.to(name)
    mixture = trajectory_mixture(mdp, policies, weights)
    assert encloses(mixture.occupancy, ar.asarray(truth))
    assert encloses(mdp.occupancy(mixture.policy), ar.asarray(truth))
    mean = sum(w * Fraction(exact.value(pi)) for w, pi in zip(weights, policies, strict=True))
    assert encloses(mdp.value(mixture.policy), ar.asarray(mean)[()])


def test_step_mixtures_mix_stationary_and_varying_policies_of_any_system():
    varying = np.array([STAY, GO])
    for weights in ([HALF, HALF], [0.5, 0.5], np.array([0.5, 0.5])):
        mixed = step_mixture([STAY, varying], weights)
        assert np.array_equal(np.asarray(mixed), [[[1, 0]] * 2, [[0.5, 0.5]] * 2])
    assert ar.system_of(step_mixture([STAY, GO], [HALF, HALF])).name == "rational"
    assert ar.system_of(step_mixture([STAY, np.array(GO) * 1.0], [HALF, HALF])).name == "float64"
    interval = ar.convert(np.array(GO) * 1.0, "interval")
    assert ar.system_of(step_mixture([STAY, interval], [HALF, 0.5])).name == "interval"


def test_batches_mix_entry_by_entry():
    rng = np.random.default_rng(2)
    mdp = chain()
    policies = [draw_rows(rng, (4, 2, 2, 2)) for _ in range(2)]
    mixture = trajectory_mixture(mdp, policies, [HALF, HALF])
    for i in range(4):
        alone = trajectory_mixture(mdp, [pi[i] for pi in policies], [HALF, HALF])
        assert ar.equal(mixture.occupancy[i], alone.occupancy).all()


BAD = [
    ([STAY, GO], [HALF], "2 policies and 1 weights"),
    ([], [], "0 policies"),
    ([STAY, GO], [HALF, Fraction(1, 3)], "sums to 5/6"),
    ([STAY, GO], [Fraction(3, 2), -HALF], r"weights\[1\] is -1/2"),
    ([STAY, "policy"], [HALF, HALF], r"policies\[1\]"),
]


@pytest.mark.parametrize(("policies", "weights", "message"), BAD)
def test_mixtures_refuse_what_is_none(policies, weights, message):
    with pytest.raises(InvalidMixture, match=message):
        step_mixture(policies, weights)
    if "policy" not in itertools.chain(policies):
        with pytest.raises(InvalidMixture, match=message):
            trajectory_mixture(chain(), policies, weights)
