"""Programmes over occupancies: floats against exact rationals, certificates, and what they are made of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.games import Unsolved
from iltheory.games.exact_systems import solve_exactly
from iltheory.games.linear_programme import minimise
from iltheory.games.occupancy_programme import flow_equations, nearest_flow
from iltheory.games.sparse import Sparse
from sims import arithmetic as ar
from sims import families

ENDS = [{"discount": Fraction(9, 10)}, {"horizon": 5}]


def model(end, seed):
    mdp = families.garnet(n_states=4, n_actions=3, branching=2, rng=seed, **end).to("rational")
    shape = (*(() if mdp.horizon is None else (mdp.horizon,)), 4, 3)
    counts = np.random.default_rng(seed).integers(0, 3, shape)
    return mdp, ar.asarray(counts) / int(counts.sum()) * (mdp.horizon or 1)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("summed", [False, True])
def test_the_nearest_flow_is_certified_and_floats_find_it(end, summed):
    """f attains the l1 distance of the flow found, and no deterministic policy does better against f."""
    for seed in range(4):
        mdp, target = model(end, seed)
        if summed and mdp.horizon is not None:
            target = ar.sum(target, 0)[None]
        flow, f = nearest_flow(mdp, target)
        assert np.all(ar.compare(mdp.flow_residual(flow), "==", 0) == 1)
        seen = ar.sum(flow, 0)[None] if target.shape != flow.shape else flow
        distance = Fraction(ar.sum(ar.absolute(seen - target)))
        assert Fraction(ar.sum(f * (seen - target))) == distance
        scale = 1 if mdp.horizon is not None else 1 - Fraction(mdp.discount)
        least = -scale * Fraction(mdp.with_rewards(-f).optimal_value()) - Fraction(ar.sum(f * target))
        assert least == distance
        floats, g = nearest_flow(mdp.to("float64"), ar.midpoint(target))
        seen = floats.sum(0)[None] if target.shape != flow.shape else floats
        assert np.abs(seen - ar.midpoint(target)).sum() == pytest.approx(float(distance), abs=1e-9)
        assert np.abs(g).max() <= 1 and floats.min() >= 0


@pytest.mark.parametrize("end", ENDS)
def test_float_models_have_the_equations_of_rational_ones(end):
    mdp, _ = model(end, 1)
    exact, floats = flow_equations(mdp), flow_equations(mdp.to("float64"))
    assert exact[0].dense().fractions().astype(float) == pytest.approx(floats[0].csr().toarray(), abs=1e-15)
    assert ar.midpoint(exact[1]) == pytest.approx(floats[1], abs=1e-15)


def test_sparse_matrices_are_put_together_and_cut():
    rng = np.random.default_rng(0)
    M = rng.integers(-2, 3, (4, 6))
    sparse = Sparse.of(ar.asarray(M))
    rows, columns = np.array([0, 3]), np.array([1, 2, 5])
    assert np.array_equal(sparse.at_rows(rows).dense().num, M[rows])
    assert np.array_equal(sparse.at_columns(columns).dense().num, M[:, columns])
    assert np.array_equal((-sparse).column_sums().num, -M.sum(0))
    twice = Sparse.assemble((5, 6), (0, 0, sparse), (1, 0, sparse))
    assert np.array_equal(twice.dense().num, np.vstack([M, np.zeros((1, 6))]) + np.vstack([np.zeros((1, 6)), M]))
    assert np.array_equal(twice.csr().toarray(), twice.dense().num)


@pytest.mark.parametrize("seed", range(8))
def test_sparse_systems_are_solved(seed):
    """Permuted triangular matrices, some with a dense block: whatever is lonely, the solution solves."""
    rng = np.random.default_rng(seed)
    n, block = 12, 3 * (seed % 3)
    M = np.triu(rng.integers(-3, 4, (n, n)) * (rng.random((n, n)) < 0.2), 1) + np.diag(rng.integers(1, 5, n))
    M[:block, :block] += 20 * np.eye(block, dtype=int) + rng.integers(1, 4, (block, block))
    M = M[rng.permutation(n)][:, rng.permutation(n)]
    b = rng.integers(-5, 6, n)
    x = solve_exactly(ar.asarray(M) / 7, ar.asarray(b) / 3)
    assert np.all(ar.compare(ar.matvec(ar.asarray(M) / 7, x), "==", ar.asarray(b) / 3) == 1)


def test_floats_that_find_no_optimum_say_so():
    with pytest.raises(Unsolved, match="1 variables"):
        minimise(np.ones(1), Sparse.of(np.ones((2, 1))), np.array([1.0, 2.0]))
