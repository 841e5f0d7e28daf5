"""Identities of occupancies and values: exact in rationals, within the enclosures elsewhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enclosing import encloses

from sims import TabularMDP
from sims import arithmetic as ar
from sims.families.random import random_dense, random_policy

SYSTEMS = ["rational", "interval", "ball"]
ENDS = [{"horizon": 4}, {"horizon": 1}, {"discount": 0.0}, {"discount": 0.75}, {"discount": 1023 / 1024}]
LAWS = ["uniform", "spiky", "deterministic", "near-deterministic"]


@pytest.fixture(params=[(system, i) for system in SYSTEMS for i in range(len(ENDS))], ids=str)
def case(request):
    """A model in a number system, and two policies."""
    name, i = request.param
    mdp = random_dense(4, 3, rng=i, law=LAWS[i % 4], **ENDS[i]).to(name)
    shape = (4, 3) if mdp.horizon is None else (mdp.horizon, 4, 3)
    first, second = (random_policy(shape, rng=10 * i + k, law=LAWS[(i + k) % 4]) for k in (1, 2))
    return mdp, mdp.system.convert(first), mdp.system.convert(second)


def zero(x) -> bool:
    return encloses(x, ar.RationalArray(np.zeros(x.shape, dtype=np.int64)))


def same(x, y) -> bool:
    return zero(x - y)


def scale(mdp: TabularMDP):
    """What turns a mean under the occupancy into a value."""
    return 1 if mdp.horizon is not None else 1 / (1 - mdp.discount)


def test_occupancies_sum_to_one(case):
    mdp, pi, _ = case
    assert zero(ar.sum(mdp.occupancy(pi), (-2, -1)) - 1)
    assert zero(ar.sum(mdp.state_occupancy(pi), -1) - 1)


def test_flow_residual_is_zero_for_occupancies(case):
    mdp, pi, _ = case
    assert zero(mdp.flow_residual(mdp.occupancy(pi)))


def test_flow_residual_sees_misplaced_mass(case):
    """Moving an eighth of the mass from one state to another breaks the flow by just that much."""
    mdp, pi, _ = case
    d = mdp.occupancy(pi)
    move = np.zeros(d.shape, dtype=np.int64)
    move[..., 0, 0], move[..., 1, 0] = 1, -1
    residual = mdp.flow_residual(
        d + ar.asarray(move) / 8 if mdp.system.name == "rational" else d + mdp.system.convert(move) / 8
    )
    first = residual if mdp.horizon is None else residual[0]
    if mdp.horizon is not None or mdp.discount == 0:
        assert encloses(first[:2], ar.asarray([Fraction(1, 8), Fraction(-1, 8)]))
    assert ar.equal(residual, residual * 0).refuted.any()


def test_value_is_the_mean_reward_under_the_occupancy(case):
    mdp, pi, _ = case
    assert same(mdp.value(pi), ar.sum(mdp.occupancy(pi) * mdp.rewards()) * scale(mdp))


def test_performance_difference(case):
    """Kakade and Langford (2002), lemma 6.1: ``J(pi) - J(pi') = sum_h E_{d_h^pi}[A^{pi'}]``, over ``1 - gamma``."""
    mdp, pi, other = case
    gained = ar.sum(mdp.occupancy(pi) * mdp.advantage(other)) * scale(mdp)
    assert same(mdp.value(pi) - mdp.value(other), gained)


def test_advantages_have_mean_zero(case):
    mdp, pi, _ = case
    assert zero(ar.sum(mdp.policy(pi) * mdp.advantage(pi), -1))


def test_projection_returns_to_the_occupancy(case):
    """The policy of an occupancy has that occupancy, and is the policy itself where the state is visited."""
    mdp, pi, _ = case
    d = mdp.occupancy(pi)
    projected = mdp.project(d)
    assert same(mdp.occupancy(projected), d)
    visited = ar.possibly_nonzero(mdp.state_occupancy(pi))
    assert zero(ar.where(visited[..., None], projected - mdp.policy(pi), 0))
    assert same(ar.sum(projected, -1), ar.sum(mdp.policy(pi), -1))


def test_optimal_value_dominates_and_is_attained(case):
    mdp, pi, other = case
    best = mdp.optimal_value()
    assert not (best >= mdp.value(pi)).refuted.any()
    assert not (best >= mdp.value(other)).refuted.any()
    assert same(best, mdp.value(mdp.optimal_policy()))


def test_unvisited_states_project_to_the_uniform_policy():
    mdp = TabularMDP([[[1, 0], [1, 0], [1, 0]], [[0, 1]] * 3], [[0] * 3] * 2, [1, 0], horizon=2)
    for name in ("rational", "interval", "ball", "float64"):
        model = mdp.to(name)
        pi = model.system.convert(np.array([[0, 1, 0]] * 2))
        projected = model.project(model.occupancy(pi))
        expected = ar.asarray([[[0, 1, 0], [Fraction(1, 3)] * 3]] * 2)
        if name == "float64":
            assert np.array_equal(projected, np.asarray(expected))
        else:
            assert encloses(projected, expected)


@pytest.mark.parametrize("name", ["float64", *SYSTEMS])
@pytest.mark.parametrize("storage", ["dense", "sparse", "deterministic"])
def test_unreachable_states_have_exactly_no_occupancy(name, storage):
    """Discounted: states 2 and 3 feed 0 and 1 but are never entered."""
    from sims import DeterministicTransitions, SparseTransitions

    following = np.array([[0, 1], [1, 0], [0, 3], [1, 2]])
    P = {
        "dense": np.eye(4, dtype=np.int64)[following],
        "sparse": SparseTransitions(np.arange(9), following.ravel(), np.ones(8, dtype=np.int64), 4, 2),
        "deterministic": DeterministicTransitions(following),
    }[storage]
    mdp = TabularMDP(P, [[0, 1]] * 4, [Fraction(1, 4), Fraction(3, 4), 0, 0], discount=Fraction(7, 8)).to(name)
    d = mdp.occupancy(mdp.system.convert(ar.asarray([[Fraction(1, 2)] * 2] * 4)))
    assert ar.possibly_nonzero(d).tolist() == [[True, True]] * 2 + [[False, False]] * 2
