"""Replay estimation: simulated where certain, unbiased elsewhere, and where it beats the empirical estimate."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from recorded import dataset, drawn, reset_paths
from small_models import A, H, S, random_model, random_rule

import iltheory as il
from iltheory.learners.behavioral_cloning import behavioral_cloning
from iltheory.learners.demonstrations import empirical_occupancy
from iltheory.learners.held_out import halves
from iltheory.learners.mimic_md import mimic_md
from iltheory.learners.replay_estimation import replay_estimation
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.datasets.errors import InvalidDataset
from sims.errors import InvalidArgument


def l1(x, y):
    return Fraction(ar.sum(ar.absolute(x - y)))


@pytest.mark.parametrize("seed", range(3))
def test_full_certainty_is_the_simulated_clone_and_none_the_held_out_data(seed):
    mdp, _, demos = drawn(seed)
    first, second = halves(demos)
    certain = replay_estimation(mdp, demos, certainty=np.ones((H, S), dtype=int))
    clone = behavioral_cloning(first, mdp)
    assert l1(certain.estimate, mdp.occupancy(clone)) == 0
    assert Fraction(certain.distance) == 0 and l1(mdp.occupancy(certain.policy), certain.estimate) == 0
    doubtful = replay_estimation(mdp, demos, certainty=np.zeros((H, S), dtype=int))
    assert l1(doubtful.estimate, empirical_occupancy(mdp, second)) == 0


def test_inverted_certainty_is_another_estimate():
    """The planted fault of a released implementation: trusted exactly where it should not be."""
    mdp, expert, demos = drawn(0)
    right = replay_estimation(mdp, demos)
    wrong = replay_estimation(mdp, demos, certainty=1 - right.certainty)
    assert l1(wrong.estimate, right.estimate) > 0
    target = mdp.occupancy(expert)
    assert l1(wrong.estimate, target) > l1(right.estimate, target)


def uniform_resets(horizon, good):
    """The reset instance with equally likely fresh states, its expert, and its equally likely trajectories."""
    mdp, expert, _ = families.reset(good + 1, 2, horizon=horizon, n_trajectories=good - 1)
    actions = np.zeros((horizon, good + 1), dtype=int)
    return mdp, mdp.policy(expert), actions, reset_paths(horizon, good)


def test_the_estimate_is_unbiased_given_the_first_half():
    mdp, expert, actions, paths = uniform_resets(2, 2)
    for first in paths:
        estimates = [replay_estimation(mdp, dataset([first, second], actions)).estimate for second in paths]
        assert l1(sum(estimates[1:], start=estimates[0]) / len(paths), mdp.occupancy(expert)) == 0


def test_the_estimate_is_closer_on_average_than_the_empirical_one():
    """All pairs of trajectories are enumerated: one is cloned, one held out; the other estimate is of the latter."""
    mdp, expert, actions, paths = uniform_resets(3, 2)
    target = mdp.occupancy(expert)
    replayed = held_out = Fraction(0)
    for data in product(paths, repeat=2):
        demos = dataset(data, actions)
        second = halves(demos)[1]
        replayed += l1(replay_estimation(mdp, demos).estimate, target)
        held_out += l1(empirical_occupancy(mdp, second), target)
    assert replayed < held_out


def test_the_estimate_may_be_worse_than_the_empirical_one():
    """Not always: who left once counts as unknown ever after, however well the later states are known.

    Two equally likely first states lead to one chain of H - 1 states. The first half, one trajectory, shows one of
    them. The empirical occupancy is off by 1 at the first step only; the replayed one by 1/2 at every step.
    """
    horizon = 4
    P = np.zeros((3, 1, 3), dtype=int)
    P[:, :, 2] = 1
    mdp = TabularMDP(P, np.zeros((3, 1), dtype=int), ar.asarray([Fraction(1, 2), Fraction(1, 2), 0]), horizon=horizon)
    expert = ar.asarray([[1]] * 3)
    target, actions = mdp.occupancy(expert), np.zeros((horizon, 3), dtype=int)
    paths = [[s] + [2] * (horizon - 1) for s in (0, 1)]
    off = [[], []]
    for data in product(paths, repeat=2):
        demos = dataset(data, actions)
        off[0].append(l1(replay_estimation(mdp, demos).estimate, target))
        off[1].append(l1(empirical_occupancy(mdp, halves(demos)[1]), target))
    assert set(off[0]) == {Fraction(horizon, 2)} and set(off[1]) == {Fraction(1)}


def test_a_stochastic_expert_may_be_replayed():
    mdp, expert = random_model(1), ar.asarray([[Fraction(1, 2)] * A] * S)
    found = replay_estimation(mdp, mdp.sample(expert, 12, rng=0))
    assert Fraction(found.distance) == l1(mdp.occupancy(found.policy), found.estimate)
    assert np.all(ar.compare(ar.sum(found.policy, -1), "==", 1) == 1)


def test_a_known_expert_is_matched_exactly():
    mdp, expert = random_model(2), random_rule(2)
    found = replay_estimation(mdp, expert)
    assert Fraction(found.distance) == 0 and l1(found.estimate, mdp.occupancy(expert)) == 0
    assert Fraction(il.gap(mdp, expert, found.policy)) == 0


def test_no_occupancy_is_nearer():
    mdp, expert, demos = drawn(5)
    found = replay_estimation(mdp, demos)
    for pi in (expert, behavioral_cloning(demos, mdp), mimic_md(mdp, demos).policy):
        assert l1(mdp.occupancy(pi), found.estimate) >= Fraction(found.distance)


def test_over_a_long_horizon_it_loses_far_less_than_cloning():
    mdp, expert, _ = families.reset(5, 2, horizon=25, n_trajectories=20)
    gaps = [], []
    for seed in range(6):
        demos = mdp.sample(expert, 20, rng=seed)
        gaps[0].append(float(il.gap(mdp, expert, replay_estimation(mdp, demos).policy)))
        gaps[1].append(float(il.gap(mdp, expert, behavioral_cloning(demos, mdp))))
    assert np.mean(gaps[0]) < np.mean(gaps[1]) / 5


def test_terminated_trajectories_rest_where_they_ended():
    P, r = np.zeros((2, 2, 2), dtype=int), [[1, 0], [0, 0]]
    P[0, 0, 0] = P[0, 1, 1] = P[1, :, 1] = 1
    half = Fraction(1, 2)
    mdp = TabularMDP(P, r, [1, 0], horizon=4, terminal=[False, True])
    demos = mdp.sample(ar.asarray([[half, half], [half, half]]), 20, rng=0)
    assert demos.terminated.any()
    found = replay_estimation(mdp, demos, certainty=np.zeros((4, 2), dtype=int))
    assert l1(found.estimate, empirical_occupancy(mdp, halves(demos)[1])) == 0
    assert np.all(ar.compare(ar.sum(found.estimate, (-2, -1)), "==", 1) == 1)


def test_bad_input_is_named():
    mdp, expert, demos = drawn(0)
    with pytest.raises(InvalidArgument, match=r"certainty has shape \(3,\)"):
        replay_estimation(mdp, demos, certainty=[1, 1, 1])
    with pytest.raises(InvalidArgument, match=r"certainty has values from 0.0 to 2.0"):
        replay_estimation(mdp, demos, certainty=2 * np.eye(H, S, dtype=int))
    with pytest.raises(InvalidDataset, match="1 trajectory cannot be split"):
        replay_estimation(mdp, mdp.sample(expert, 1, rng=0))
