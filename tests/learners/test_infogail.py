"""InfoGAIL: exact objectives and gradients, codes that recover experts, and codes that cannot."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from iltheory import testing
from iltheory.learners import infogail
from iltheory.learners.infogail import _Problem
from iltheory.measures import code_information, occupancy_tv
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.datasets import Trajectories
from sims.errors import InvalidArgument

E4 = np.eye(4)
LOG2 = np.log(2)


def bandit(n: int = 4, horizon: int = 1) -> TabularMDP:
    return TabularMDP(np.ones((1, n, 1)), np.zeros((1, n)), np.ones(1), horizon=horizon)


@pytest.mark.parametrize("information", ["trajectory", "pair"])
def test_gradient_is_that_of_the_objective(information):
    mdp = families.garnet(2, 2, 2, horizon=3, rng=1)
    problem = _Problem(mdp, mdp.occupancy(np.array([[0.9, 0.1], [0.3, 0.7]])), np.full(2, 0.5), 0.7, 0.3, information)
    x = np.random.default_rng(0).normal(size=(2, 3, 2, 2))
    value, gradient = problem.value_and_gradient(x)
    numeric = [
        (problem.value_and_gradient(x + e)[0] - problem.value_and_gradient(x - e)[0]) / 2e-5
        for e in 1e-5 * np.eye(x.size).reshape(-1, *x.shape)
    ]
    assert np.abs(gradient - numeric).max() < 1e-9
    assert np.abs(gradient).max() > 1e-2 and np.isfinite(value)


def test_deterministic_experts_are_recovered_in_some_order():
    learnt = infogail(bandit(), [E4[[0]], E4[[1]]], codes=2, rng=0, information_weight=0.1)
    assert float(learnt.divergence) < 1e-6
    assert float(learnt.information) == pytest.approx(LOG2, abs=1e-5)
    assert float(learnt.recovery) < 1e-5
    assert float(learnt.objective) == pytest.approx(-2 * LOG2 - 0.1 * LOG2, abs=1e-5)


def test_without_its_weight_nothing_makes_codes_differ():
    learnt = infogail(bandit(), [E4[[0]], E4[[1]]], codes=2, rng=0, information_weight=0, searches=3)
    assert float(learnt.divergence) < 1e-6
    assert float(learnt.information) < 0.9 * LOG2 and float(learnt.recovery) > 0.05


def test_stochastic_experts_are_not_identified_by_mixture_and_information():
    """All information, the mixture matched, and yet other pairs of arms: the objective cannot tell."""
    experts = [(E4[[0]] + E4[[1]]) / 2, (E4[[2]] + E4[[3]]) / 2]
    found = [infogail(bandit(), experts, codes=2, rng=seed, information_weight=0.1, searches=1) for seed in range(6)]
    for learnt in found:
        assert float(learnt.divergence) < 1e-6 and float(learnt.information) == pytest.approx(LOG2, abs=1e-4)
    assert max(float(learnt.recovery) for learnt in found) > 0.4


def test_paths_that_cross_are_told_apart_by_pairs_or_not_at_all():
    """Two steps in one state: occupancies do not say who goes on how."""
    mdp, up, down = bandit(2, horizon=2), np.array([[[1.0, 0]]] * 2), np.array([[[0, 1.0]]] * 2)
    found = [infogail(mdp, [up, down], codes=2, rng=s, information_weight=0.1, searches=1) for s in range(6)]
    matched = [r for r in found if float(r.divergence) < 1e-5]
    assert all(float(r.information) > 0.99 * LOG2 for r in matched)
    assert max(float(r.recovery) for r in matched) > 0.9
    pairs = infogail(mdp, [up, down], codes=2, rng=0, information_weight=0.1, information="pair")
    assert float(pairs.recovery) < 1e-4 and float(pairs.bound) > 0.99 * LOG2


def test_bounds_in_order():
    mdp = families.garnet(2, 2, 2, horizon=3, rng=1)
    experts = [mdp.optimal_policy(), mdp.with_rewards(-mdp.r).optimal_policy()]
    learnt = infogail(
        mdp.to("interval"), experts, codes=2, rng=0, information_weight=0.1, information="pair", searches=2
    )
    assert ar.lower(learnt.bound) <= ar.upper(learnt.information) <= LOG2 + 1e-9
    again = code_information(mdp.to("interval"), list(learnt.policies), ar.convert(np.full(2, 0.5), "interval"))
    assert abs(float(again) - float(learnt.information)) < 1e-9


def test_one_code_is_gail():
    mdp = families.garnet(2, 2, 2, horizon=3, rng=2)
    experts = [mdp.optimal_policy(), np.full((2, 2), 0.5)]
    learnt = infogail(mdp, experts, codes=1, rng=0, searches=1)
    assert float(learnt.information) == pytest.approx(0, abs=1e-12) and learnt.recovery is None
    mixed = mdp.project((mdp.occupancy(experts[0]) + mdp.occupancy(experts[1])) / 2)
    assert float(occupancy_tv(mdp, learnt.policies[0], mixed)) < 1e-3


def test_entropy_weight_spreads_the_policies():
    mdp = bandit(2)
    plain, spread = (
        infogail(mdp, [np.array([[0.9, 0.1]])], codes=1, rng=0, searches=1, entropy_weight=w) for w in (0.0, 1.0)
    )
    assert float(plain.policies[0, 0, 0, 0]) == pytest.approx(0.9, abs=1e-4)
    assert 0.5 < float(spread.policies[0, 0, 0, 0]) < 0.75


def test_demonstrations_of_a_mixture():
    arms = np.repeat(np.arange(4), 5)[:, None]
    over, cut = np.zeros(20, dtype=bool), np.ones(20, dtype=bool)
    demos = Trajectories.from_arrays(np.zeros((20, 2), dtype=int), arms, None, over, cut)
    learnt = infogail(bandit(), demos, codes=2, rng=0, information_weight=0.05, searches=4)
    assert learnt.recovery is None
    assert float(learnt.divergence) < 1e-6 and float(learnt.information) > 0.99 * LOG2


def test_experts_known_one_by_one_by_their_demonstrations():
    arms = [np.full((5, 1), arm) for arm in (1, 3)]
    over, cut = np.zeros(5, dtype=bool), np.ones(5, dtype=bool)
    demos = [Trajectories.from_arrays(np.zeros((5, 2), dtype=int), pulled, None, over, cut) for pulled in arms]
    options = {"codes": 2, "rng": 0, "searches": 2}
    learnt, exact = infogail(bandit(), demos, **options), infogail(bandit(), [E4[[1]], E4[[3]]], **options)
    assert float(learnt.recovery) == float(exact.recovery) < 1e-3
    assert np.array_equal(learnt.policies, exact.policies)


def test_invariants():
    mdp, experts = bandit(3), [np.array([[0.6, 0.3, 0.1]])]
    short = partial(infogail, searches=1, codes=2)
    testing.arguments_are_left_alone(short, mdp, experts, rng=7)
    testing.same_call_same_bits(short, mdp, experts, rng=7)
    options = {"codes": (2, 1), "rng": (7, 8), "information_weight": (0.0, 1.0), "entropy_weight": (0.0, 1.0)}
    for name, values in options.items():
        others = {option: one[0] for option, one in options.items() if option != name}
        testing.every_option_changes_something(infogail, mdp, experts, searches=1, options={name: values}, **others)


def test_bad_arguments_are_named():
    mdp, expert = bandit(2), np.array([[0.5, 0.5]])
    with pytest.raises(InvalidArgument, match="codes=0"):
        infogail(mdp, [expert], codes=0, rng=0)
    with pytest.raises(InvalidArgument, match="entropy_weight=-1"):
        infogail(mdp, [expert], codes=1, rng=0, entropy_weight=-1)
    with pytest.raises(InvalidArgument, match="information='state'"):
        infogail(mdp, [expert], codes=1, rng=0, information="state")
    with pytest.raises(InvalidArgument, match=r"write \[expert\]"):
        infogail(mdp, expert, codes=1, rng=0)
    with pytest.raises(InvalidArgument, match="horizon"):
        infogail(mdp.with_end(discount=0.5), [expert], codes=1, rng=0)
