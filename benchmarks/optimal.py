"""Optimal policy and value, certified to 1e-8."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from harness import Bench, Ours, Row, against_peers
from instances import GAMMA, Dense, Sparse, dense, random_sparse, ring

from sims import TabularMDP
from sims.tabular import kernels

PRECISION = 1e-8
TOLERANCE = 0.5 * PRECISION * (1 - GAMMA)  # relative to max|r| / (1 - gamma); the other half is for rounding


def rows(bench: Bench) -> Iterator[Row]:
    """Dense, random sparse, ring."""
    x = dense(1000, 4)
    kernel = partial(kernels.optimal, x.P, x.r, GAMMA, tolerance=TOLERANCE)
    yield from _rows(
        bench, "S=1000 A=4 dense", x, x.model(discount=GAMMA), kernel, {"quantecon.modified_policy_iteration": 1.0}
    )
    for where, y, targets in (
        (
            "S=1e5, 10 successors",
            random_sparse(100_000, 4, 10),
            {"quantecon.modified_policy_iteration": 1.5, "mdpsolver.mpi": 10.0},
        ),
        (
            "slow ring S=20,000",
            ring(20_000, 4, 5),
            {"quantecon.policy_iteration": 1.3, "quantecon.modified_policy_iteration": 1.0},
        ),
    ):
        kernel = partial(kernels.sparse_optimal, *y.arrays, y.r, GAMMA, tolerance=TOLERANCE)
        yield from _rows(bench, where, y, y.model(), kernel, targets)


def _rows(
    bench: Bench,
    where: str,
    x: Dense | Sparse,
    mdp: TabularMDP,
    kernel: Callable[[], kernels.Optimal],
    targets: dict[str, float],
) -> Iterator[Row]:
    found = kernel()
    note = f"certified error {found.error:.0e}"
    yield from against_peers(
        bench,
        Ours(f"optimal policy, {where}", kernel, mdp.optimal_policy, note),
        targets,
        check=lambda answer: f"peer differs by {np.abs(answer - found.value).max():.0e}",
        **x._asdict(),
    )
