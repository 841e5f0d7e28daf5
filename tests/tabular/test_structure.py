"""Reachable states, restriction to them, other horizons and rewards, conversion."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from slow_tabular import draw_numbers, draw_rows, fractions

from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import MixedArithmetic
from sims.tabular import InvalidModel

STORAGES = ["dense", "sparse", "deterministic"]


def corridor(n: int, storage: str, **end) -> TabularMDP:
    """States in a row: action 0 moves right, action 1 stays; state n-1 leads nowhere else. Start at 0."""
    following = np.stack([np.minimum(np.arange(n) + 1, n - 1), np.arange(n)], axis=1)
    P = {
        "dense": np.eye(n, dtype=int)[following],
        "sparse": SparseTransitions(np.arange(2 * n + 1), following.ravel(), np.ones(2 * n, dtype=int), n, 2),
        "deterministic": DeterministicTransitions(following),
    }[storage]
    r = np.stack([np.arange(n), -np.arange(n)], axis=1)
    return TabularMDP(P, r, [1] + [0] * (n - 1), **end)


@pytest.mark.parametrize("storage", STORAGES)
def test_only_what_the_horizon_allows_is_reachable(storage):
    mdp = corridor(10, storage, horizon=4)
    assert np.flatnonzero(mdp.reachable()).tolist() == [0, 1, 2, 3]
    part, states = mdp.restrict_to_reachable()
    assert states.tolist() == [0, 1, 2, 3]
    assert part.n_states == 4
    assert type(part.transitions) is type(mdp.transitions)
    part.transitions.validate()
    pi = np.tile([[1, 0]], (10, 1))
    assert Fraction(part.value(pi[states])) == Fraction(mdp.value(pi)) == 6
    assert Fraction(part.optimal_value()) == Fraction(mdp.optimal_value())


@pytest.mark.parametrize("storage", STORAGES)
def test_discounted_restriction_keeps_the_closed_set(storage):
    mdp = corridor(6, storage, discount=Fraction(1, 2))
    assert mdp.reachable().all()
    start = [0, 0, 0, 0, Fraction(1, 2), Fraction(1, 2)]
    mdp = TabularMDP(mdp.transitions, mdp.r, start, discount=Fraction(1, 2))
    part, states = mdp.restrict_to_reachable()
    assert states.tolist() == [4, 5]
    pi = draw_rows(np.random.default_rng(0), (6, 2))
    assert Fraction(part.value(pi[states])) == Fraction(mdp.value(pi))
    assert np.array_equal(fractions(part.occupancy(pi[states])), fractions(mdp.occupancy(pi))[states])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("end", [{"horizon": 3}, {"discount": Fraction(3, 4)}], ids=str)
def test_restriction_keeps_values_and_occupancies(seed, end):
    """Random sparse supports, varying in time for odd seeds; dense and CSR give the same part."""
    rng = np.random.default_rng(seed)
    steps = (3,) if seed % 2 and "horizon" in end else ()
    P = draw_rows(rng, (*steps, 7, 2, 7), bits=1)
    mu = np.array([0, Fraction(1, 2), Fraction(1, 2), 0, 0, 0, 0], dtype=object)
    mdp = TabularMDP(P, draw_numbers(rng, (7, 2)), mu, **end)
    pi = draw_rows(rng, (7, 2))
    part, states = mdp.restrict_to_reachable()
    assert Fraction(part.value(pi[states])) == Fraction(mdp.value(pi))
    assert Fraction(part.optimal_value()) == Fraction(mdp.optimal_value())
    d = fractions(mdp.occupancy(pi))
    assert np.array_equal(fractions(part.occupancy(pi[states])), d[..., states, :])
    assert d.sum() == d[..., states, :].sum()
    if not steps:
        rows = [np.flatnonzero(row) for row in P.reshape(14, 7)]
        csr = SparseTransitions(
            np.cumsum([0, *map(len, rows)]), np.concatenate(rows), [p for p in P.ravel() if p], 7, 2
        )
        other, same = TabularMDP(csr, mdp.r, mu, **end).restrict_to_reachable()
        assert same.tolist() == states.tolist()
        assert ar.equal(other.P, part.P).all()


def test_restriction_keeps_terminal_states_and_expected_rewards():
    P = [[[0, Fraction(1, 2), Fraction(1, 2)]], [[0, 1, 0]], [[0, 0, 1]]]
    r = [[[0, 4, 8]], [[0, 0, 0]], [[0, 0, 0]]]
    mdp = TabularMDP(P, r, [1, 0, 0], horizon=1, terminal=np.array([False, True, True]))
    part, states = mdp.restrict_to_reachable()
    assert states.tolist() == [0]
    assert part.terminal.tolist() == [False]
    assert Fraction(part.value([[1]])) == 6
    assert part.sample([[1]], 3, 0).rewards.tolist() == [6.0] * 3


# Other ends, other rewards.


def test_another_end_is_another_model_of_the_same_states():
    mdp = corridor(4, "dense", horizon=3)
    pi = [[1, 0]] * 4
    assert Fraction(mdp.with_end(horizon=1).value(pi)) == 0
    half = mdp.with_end(discount=Fraction(1, 2))
    assert half.horizon is None
    assert Fraction(half.value(pi)) == Fraction(1, 2) + Fraction(2, 4) + 3 * Fraction(1, 4)
    assert Fraction(half.with_end(horizon=3).value(pi)) == Fraction(mdp.value(pi)) == 3


def test_models_that_vary_with_the_step_keep_their_horizon():
    mdp = TabularMDP([[[1]]], [[[1]], [[2]]], [1], horizon=2)
    with pytest.raises(InvalidModel, match="varies over its 2 steps"):
        mdp.with_end(horizon=3)
    assert Fraction(mdp.with_end(horizon=2).value([[1]])) == 3


def test_other_rewards_leave_the_dynamics_alone():
    mdp = corridor(4, "dense", horizon=3)
    pi = draw_rows(np.random.default_rng(1), (3, 4, 2))
    paid = mdp.with_rewards(np.ones((4, 2), dtype=int))
    assert Fraction(paid.value(pi)) == 3
    assert np.array_equal(fractions(paid.occupancy(pi)), fractions(mdp.occupancy(pi)))
    steps = np.arange(1, 4)[:, None, None] * np.ones((4, 2), dtype=int)
    assert Fraction(mdp.with_rewards(steps).value(pi)) == 6
    assert [Fraction(v) for v in mdp.with_rewards(np.stack([steps, 2 * steps])).value(pi)] == [6, 12]


def test_rewards_in_terminal_states_end_their_being_terminal():
    mdp = TabularMDP([[[0, 1]], [[0, 1]]], [[1], [0]], [1, 0], horizon=3, terminal=np.array([False, True]))
    assert mdp.with_rewards([[5], [0]]).terminal is not None
    assert mdp.with_rewards([[0], [1]]).terminal is None


def test_projected_rationals_are_in_lowest_terms():
    """The policy behind an occupancy comes back with its own denominators, not those of the visits."""
    from sims.families.random import random_dense, random_policy

    mdp = random_dense(5, 3, horizon=8, rng=0).to("rational")
    pi = mdp.system.convert(random_policy((8, 5, 3), 1))
    projected = mdp.project(mdp.occupancy(pi))
    assert ar.equal(projected, pi).all()
    assert projected.den <= 2**30


# Conversion.


def test_dyadic_floats_convert_without_loss():
    from sims.families.random import random_dense

    floats = random_dense(5, 3, horizon=4, rng=0)
    exact = floats.to("rational")
    assert np.array_equal(np.asarray(exact.P), floats.P)
    assert all(sum(row) == 1 for row in exact.P.fractions().reshape(-1, 5))
    assert np.array_equal(exact.to("float64").P, floats.P)


def test_normalising_makes_floats_exact():
    P = np.full((3, 1, 3), 1 / 3)
    mdp = TabularMDP(P, np.ones((3, 1)), np.full(3, 1 / 3), horizon=5, normalize=True).to("rational")
    assert Fraction(mdp.value([[1]] * 3)) == 5
    assert all(p.denominator <= 2**50 for p in mdp.P.fractions().ravel())
    with pytest.raises(InvalidModel, match=r"(?s)P\[0, 0\] sums to 1 .*normalize=True"):
        TabularMDP(P, np.ones((3, 1)), np.full(3, 1 / 3), horizon=5).to("rational")


def test_normalising_weights_of_any_system():
    weights = [[[1, 2]], [[3, 3]]]
    for counts in (weights, np.array(weights) * 1.0):
        mdp = TabularMDP(counts, [[0], [1]], [2, 2], horizon=2, normalize=True)
        assert np.asarray(mdp.P)[0, 0] == pytest.approx([1 / 3, 2 / 3])
        assert np.asarray(mdp.mu) == pytest.approx([0.5, 0.5])
    assert TabularMDP(weights, [[0], [1]], [2, 2], horizon=2, normalize=True).P.fractions()[0, 0, 1] == Fraction(2, 3)
    csr = SparseTransitions([0, 2, 4], [0, 1, 0, 1], [1.0, 2.0, 3.0, 3.0], 2, 1)
    mdp = TabularMDP(csr, [[0.0], [1.0]], [0.5, 0.5], horizon=2, normalize=True)
    assert mdp.to("rational").P.fractions().sum(-1).ravel().tolist() == [1, 1]


def test_conversion_to_the_same_system_is_the_same_model():
    mdp = corridor(3, "dense", horizon=2)
    assert mdp.to("rational") is mdp


def test_dense_tables_too_large_to_make_are_refused():
    n = 20_000
    law = DeterministicTransitions(np.zeros((n, 2), dtype=int))
    mdp = TabularMDP(law, np.zeros((n, 2), dtype=int), [1] + [0] * (n - 1), horizon=2)
    with pytest.raises(MemoryError, match="800000000 entries"):
        _ = mdp.P


def test_float_policies_meet_rational_models_loudly():
    with pytest.raises(MixedArithmetic, match="float64"):
        corridor(3, "dense", horizon=2).value(np.full((3, 2), 0.5))


def test_repr_says_what_it_is():
    assert repr(corridor(3, "sparse", horizon=2)) == "TabularMDP(3 states, 2 actions, horizon=2, sparse, rational)"
    batch = TabularMDP(np.ones((4, 1, 1, 1)), [[1]], [1], discount=0.5, batch_axes=1)
    assert repr(batch) == "TabularMDP(1 states, 1 actions, discount=0.5, dense, float64, batch_shape=(4,))"
