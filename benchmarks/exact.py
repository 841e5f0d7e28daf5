"""Exact rational occupancies beside python-flint's own solve of the same integer system."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from flint import fmpq_mat, fmpz_mat
from harness import Bench, Row, local, race
from instances import SEED

from sims import TabularMDP
from sims import arithmetic as ar

DENOMINATOR = 256
GAMMA = Fraction(99, 100)


def rows(bench: Bench) -> Iterator[Row]:
    """S=100 as a race, S=1000 once against the clock."""
    mdp, pi, entries, b = _instance(100)
    ours, floor = race(local(lambda: mdp.occupancy(pi)), local(lambda: _flint(entries, b)))
    total = Fraction(mdp.occupancy(pi).sum())
    yield Row(
        "exact occupancy, S=100",
        "flint fmpz_mat.solve",
        ours,
        floor,
        ours / floor,
        "<=",
        1.3,
        f"sums to {total}",
    )
    mdp, pi, _, _ = _instance(1000)
    start = time.process_time()
    d = mdp.occupancy(pi)
    ours = time.process_time() - start
    yield Row("exact occupancy, S=1000", "10 seconds", ours, None, ours, "<=", 10.0, f"sums to {Fraction(d.sum())}")


def _flint(entries: list[int], b: list[int]) -> fmpq_mat:
    n = len(b)
    return fmpz_mat(n, n, entries).solve(fmpz_mat(n, 1, b))


def _instance(n_states: int) -> tuple[TabularMDP, ar.RationalArray, list[int], list[int]]:
    """One action, rows with a common denominator; and ``(I - gamma P)^T d = (1 - gamma) mu`` in integers."""
    rng = np.random.default_rng(SEED)
    counts = rng.multinomial(DENOMINATOR, np.full(n_states, 1 / n_states), size=n_states)
    start = rng.multinomial(DENOMINATOR, np.full(n_states, 1 / n_states))
    denominator = ar.asarray(Fraction(1, DENOMINATOR))
    P, mu = ar.asarray(counts[:, None, :]) * denominator, ar.asarray(start) * denominator
    mdp = TabularMDP(P, ar.asarray(np.zeros((n_states, 1), dtype=int)), mu, discount=GAMMA)
    scale = GAMMA.denominator * DENOMINATOR
    matrix = scale * np.eye(n_states, dtype=int) - GAMMA.numerator * counts.T
    b = (GAMMA.denominator - GAMMA.numerator) * start
    return mdp, ar.asarray(np.ones((n_states, 1), dtype=int)), matrix.ravel().tolist(), b.tolist()
