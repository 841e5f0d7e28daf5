"""Horizon-free bounds: recursions over returns against enumeration, and the instances of the catalogue."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.claims.foster_2024 import horizon_free_sharp, leak, stochastic_expert, tilted
from iltheory.measures import (
    action_variance,
    largest_luck,
    largest_return,
    parting,
    path_sums,
    smallest_return,
    trajectory_law,
    trajectory_tv,
)
from sims import DeterministicTransitions, SparseTransitions, TabularMDP, families
from sims import arithmetic as ar


def _possible(law):
    return ar.possibly_nonzero(law)


def _policies(rng, mdp):
    shape = (mdp.horizon, mdp.n_states, mdp.n_actions)
    weights = rng.integers(0, 4, shape)
    weights[..., 0] += weights.sum(-1) == 0
    stochastic = ar.asarray(weights) / ar.asarray(weights.sum(-1, keepdims=True))
    deterministic = ar.asarray(np.eye(mdp.n_actions, dtype=np.int64)[rng.integers(0, mdp.n_actions, shape[:2])])
    return deterministic, stochastic


@pytest.mark.parametrize("seed", range(10))
def test_returns_and_partings_against_enumeration(seed):
    rng = np.random.default_rng(seed)
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, horizon=4, rng=seed).to("rational")
    expert, learner = _policies(rng, mdp)
    anything = mdp.policy(ar.asarray(np.ones((3, 2), dtype=np.int64)) / 2)
    returns = ar.midpoint(path_sums(mdp, mdp.rewards()))[_possible(trajectory_law(mdp, anything))]
    assert float(largest_return(mdp)) == pytest.approx(returns.max(), abs=1e-12)
    assert float(smallest_return(mdp)) == pytest.approx(returns.min(), abs=1e-12)
    assert Fraction(parting(mdp, expert, learner)) == Fraction(trajectory_tv(mdp, expert, learner))
    law = trajectory_law(mdp, learner)
    luck = path_sums(mdp, mdp.advantage(learner))
    either = _possible(law) | _possible(trajectory_law(mdp, expert))
    assert float(largest_luck(mdp, learner, expert)) == pytest.approx(abs(ar.midpoint(luck)[either]).max(), abs=1e-12)
    assert Fraction(action_variance(mdp, learner)) == Fraction(ar.sum(law * luck**2, -1))  # a martingale


@pytest.mark.parametrize("system", ["float64", "rational", "interval", "ball"])
def test_every_storage_has_the_same_largest_successor(system):
    mdp = families.garnet(n_states=6, n_actions=3, branching=2, horizon=2, rng=3).to("rational")
    rows = mdp.transitions.rows()
    sparse = SparseTransitions(rows.indptr, rows.indices, ar.midpoint(rows.probabilities), 6, 3).to(
        ar.get_system(system)
    )
    dense = mdp.transitions.to(ar.get_system(system))
    f = ar.convert([Fraction(n, 8) for n in (3, -1, 4, 1, -5, 9)], system)
    found = [ar.midpoint(storage.largest(f)) for storage in (dense, sparse)]
    assert np.array_equal(*found)
    support = ar.midpoint(mdp.transitions.dense())[0] > 0
    assert np.array_equal(found[0], np.where(support, ar.midpoint(f), -np.inf).max(-1))
    moves = np.random.default_rng(0).integers(0, 6, (6, 3))
    assert np.array_equal(ar.midpoint(DeterministicTransitions(moves).largest(f)), ar.midpoint(f)[moves])


def test_only_trajectories_that_can_start_and_be_taken_count():
    mdp = TabularMDP([[[1, 0], [1, 0]], [[0, 1], [0, 1]]], [[1, 0], [5, 5]], [1, 0], horizon=3)
    assert Fraction(largest_return(mdp)) == 3 and Fraction(smallest_return(mdp)) == 0  # state 1 is never met
    stay = mdp.policy([[1, 0], [1, 0]])
    assert Fraction(largest_luck(mdp, stay, stay)) == 0


def _in_balls(instance):
    mdp, *policies = instance
    return mdp.to("ball"), *(ar.convert(policy, "ball") for policy in policies)


def test_the_ratios_of_the_catalogue():
    """The gap over ``R D^2`` of one leaking step is ``(1 + sqrt(1 - p)) / 2``: 1/2 at p = 1, and 1 in the limit."""
    for keeps in (Fraction(0), Fraction(1, 2), Fraction(99, 100)):
        comparison = horizon_free_sharp(*_in_balls(leak(1 - keeps**2)))
        assert float(comparison.lhs) / float(comparison.rhs) == pytest.approx(float(1 + keeps) / 2, abs=1e-12)
    slight = stochastic_expert(*_in_balls(tilted(Fraction(1, 10**4))))
    assert 0.9998 < float(slight.lhs) / float(slight.rhs) < 1
