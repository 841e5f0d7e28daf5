"""Random draws: exact sums, the laws they claim, repeatability, speed at size."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import combinations
from typing import get_args

import numpy as np
import pytest

from sims import arithmetic, families
from sims.families.random import BITS, Law, _quantise, _subsets

LAWS = get_args(Law)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("bits", [1, 7, BITS])
@pytest.mark.parametrize("shape", [(1,), (7,), (40, 1), (40, 3), (3, 5, 11), (0, 4)])
def test_rows_are_distributions_over_a_power_of_two(law: Law, bits: int, shape: tuple[int, ...]) -> None:
    rows = families.simplex_rows(3, shape, law=law, bits=bits)
    assert rows.shape == shape and rows.dtype == np.int64
    assert (rows >= 0).all()
    assert (rows.sum(axis=-1) == 1 << bits).all()
    floats = families.dyadic(rows, bits=bits)
    assert all(sum(map(F, row)) == 1 for row in floats.reshape(-1, shape[-1]))
    assert (floats.sum(axis=-1) == 1).all()


@pytest.mark.parametrize("law", LAWS)
def test_draws_repeat_with_the_seed_and_differ_without(law: Law) -> None:
    first = families.simplex_rows(5, (50, 4), law=law)
    assert (first == families.simplex_rows(np.random.default_rng(5), (50, 4), law=law)).all()
    assert (first != families.simplex_rows(6, (50, 4), law=law)).any()


def test_a_generator_moves_on() -> None:
    rng = np.random.default_rng(0)
    assert (families.simplex_rows(rng, (9, 3)) != families.simplex_rows(rng, (9, 3))).any()


def test_uniform_law_has_dirichlet_moments() -> None:
    x = families.dyadic(families.simplex_rows(0, (200_000, 3)))
    assert np.abs(x.mean(axis=0) - 1 / 3).max() < 0.003
    assert np.abs(x.var(axis=0) - 1 / 18).max() < 0.001


def test_spiky_law_has_dirichlet_moments() -> None:
    x = families.dyadic(families.simplex_rows(0, (200_000, 3), law="spiky"))
    assert np.abs(x.mean(axis=0) - 1 / 3).max() < 0.005
    assert np.abs(x.var(axis=0) - 2 / 9 / 1.3).max() < 0.002


def test_deterministic_law_is_uniform_over_the_entries() -> None:
    x = families.simplex_rows(0, (60_000, 3), law="deterministic")
    assert set(np.unique(x)) == {0, 1 << BITS}
    assert np.abs((x > 0).mean(axis=0) - 1 / 3).max() < 0.01


def test_near_deterministic_law_spreads_between_a_millionth_and_a_tenth() -> None:
    x = families.dyadic(families.simplex_rows(0, (60_000, 3), law="near-deterministic"))
    rest = 1 - x.max(axis=1)
    assert rest.min() >= 0 and rest.max() <= 0.1
    # The mass off the largest entry is e times a Beta(2, 1) variable; E log10 of it is -3.5 - 1 / (2 ln 10).
    assert np.log10(rest).mean() == pytest.approx(-3.5 - 0.5 / np.log(10), abs=0.02)


def test_mixed_law_is_a_quarter_of_each() -> None:
    x = families.simplex_rows(0, (60_000, 3), law="mixed")
    certain = (x.max(axis=1) == 1 << BITS).mean()
    assert 0.25 < certain < 0.28
    near = (x.max(axis=1) > 0.9 * 2**BITS).mean() - certain
    assert 0.3 < near < 0.45


def test_underflowed_weights_still_give_a_distribution() -> None:
    assert _quantise(np.zeros((2, 3)), 4).tolist() == [[0, 0, 16]] * 2


def test_rounding_moves_an_entry_by_at_most_one_unit() -> None:
    weights = np.random.default_rng(0).random((1000, 6))
    exact = weights / weights.sum(axis=1, keepdims=True) * 2**10
    assert np.abs(_quantise(weights, 10) - exact).max() <= 1 + 1e-9


def test_subsets_are_uniform_sorted_and_distinct() -> None:
    drawn = _subsets(np.random.default_rng(0), 60_000, 5, 2)
    counts = {pair: int((drawn == pair).all(axis=1).sum()) for pair in combinations(range(5), 2)}
    assert sum(counts.values()) == 60_000
    assert all(abs(count - 6000) < 400 for count in counts.values())
    assert (_subsets(np.random.default_rng(0), 3, 4, 4) == np.arange(4)).all()


def test_garnet_as_in_the_readme() -> None:
    mdp = families.garnet(n_states=6, n_actions=3, branching=2, horizon=10, rng=0)
    P = mdp.to("rational").transitions.dense()[0]
    assert (mdp.n_states, mdp.n_actions, mdp.horizon, mdp.system.name) == (6, 3, 10, "float64")
    for s in range(6):
        for a in range(3):
            row = [F(p) for p in P[s, a]]
            assert sum(row) == 1
            assert sum(p > 0 for p in row) == 2
    assert sum(F(p) for p in mdp.to("rational").mu) == 1
    r = np.asarray(mdp.r)
    assert (r >= 0).all() and (r <= 1).all()


def test_garnet_repeats_with_the_seed() -> None:
    first, again, other = (families.garnet(6, 3, 2, horizon=10, rng=seed) for seed in (0, 0, 1))
    assert (np.asarray(first.P) == np.asarray(again.P)).all()
    assert (np.asarray(first.r) == np.asarray(again.r)).all()
    assert (np.asarray(first.P) != np.asarray(other.P)).any()


def test_sparse_and_dense_garnets_are_the_same_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = families.garnet(30, 2, 4, discount=0.9, rng=0)
    monkeypatch.setattr("sims.families.random.DENSE_ENTRIES", 0)
    sparse = families.garnet(30, 2, 4, discount=0.9, rng=0)
    assert type(sparse.transitions).__name__ == "SparseTransitions"
    assert (np.asarray(sparse.transitions.dense()) == np.asarray(dense.transitions.dense())).all()
    assert (np.asarray(sparse.mu) == np.asarray(dense.mu)).all()


def test_a_garnet_of_a_hundred_thousand_states_is_sparse() -> None:
    mdp = families.garnet(100_000, 4, 10, discount=0.99, rng=0)
    probabilities = mdp.transitions.probabilities.reshape(-1, 10)
    assert (probabilities.sum(axis=1) == 1).all()
    assert (np.diff(mdp.transitions.indices.reshape(-1, 10), axis=1) > 0).all()


def test_a_ring_of_twenty_thousand_states_is_sparse() -> None:
    mdp, expert, learner = families.ring(20_000, discount=0.99, slip=0.1)
    assert len(mdp.transitions.indices) == 5 * 20_000
    assert expert.shape == learner.shape == (20_000, 3)


@pytest.mark.parametrize("law", LAWS)
def test_random_dense(law: Law) -> None:
    mdp = families.random_dense(5, 3, discount=0.9, rng=2, law=law).to("rational")
    assert all(sum(F(p) for p in row) == 1 for rows in mdp.transitions.dense()[0] for row in rows)


def test_random_deterministic() -> None:
    mdp = families.random_deterministic(5, 3, horizon=4, rng=2)
    again = families.random_deterministic(5, 3, horizon=4, rng=2)
    assert (mdp.transitions.next_state == again.transitions.next_state).all()
    assert mdp.system.name == "float64"
    policy = families.random_policy((5, 3), 0)
    exact = F(mdp.to("rational").value(policy_as_rational(policy)))
    assert abs(float(mdp.value(policy)) - float(exact)) < 1e-12


def policy_as_rational(policy: np.ndarray) -> object:
    return arithmetic.convert(policy, "rational")


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("shape", [(4, 3), (5, 4, 3), (2, 5, 4, 3)])
def test_random_policies_are_exact(law: Law, shape: tuple[int, ...]) -> None:
    policy = families.random_policy(shape, 7, law=law)
    assert policy.shape == shape and policy.dtype == np.float64
    assert all(sum(map(F, row)) == 1 for row in policy.reshape(-1, shape[-1]))


@pytest.mark.parametrize("law", LAWS)
def test_random_linear_models_are_exact_through_their_products(law: Law) -> None:
    model = families.random_linear(6, 3, 2, discount=0.9, rng=4, law=law)
    assert model.features == "simplex" and model.system.name == "float64"
    P = np.asarray(model.tabular().transitions.dense())[0]
    phi, measures = np.asarray(model.phi), np.asarray(model.measures)
    for s in range(6):
        for a in range(3):
            row = [sum(F(phi[s, a, k]) * F(measures[k, t]) for k in range(2)) for t in range(6)]
            assert sum(row) == 1
            assert row == [F(p) for p in P[s, a]]


def test_random_linear_repeats_with_the_seed() -> None:
    first, again, other = (families.random_linear(4, 2, 3, horizon=5, rng=seed) for seed in (0, 0, 1))
    for name in ("phi", "measures", "weights", "mu"):
        assert (np.asarray(getattr(first, name)) == np.asarray(getattr(again, name))).all()
    assert (np.asarray(first.phi) != np.asarray(other.phi)).any()
    weights = np.asarray(first.weights)
    assert weights.min() >= 0 and weights.max() <= 1


def test_random_linear_agrees_with_its_table_in_rationals() -> None:
    model = families.random_linear(3, 2, 2, horizon=3, rng=0).to("rational")
    policy = policy_as_rational(families.random_policy((3, 2), 1))
    assert F(model.value(policy)) == F(model.tabular().value(policy))
