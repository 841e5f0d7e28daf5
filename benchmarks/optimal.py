"""Optimal policy and value, certified to 1e-8."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from harness import Bench, Row, against_peers
from instances import GAMMA, dense, random_sparse, ring

from sims.tabular import kernels

PRECISION = 1e-8
TOLERANCE = 0.5 * PRECISION * (1 - GAMMA)  # relative to max|r| / (1 - gamma); the other half is for rounding


def rows(bench: Bench) -> Iterator[Row]:
    """Dense, random sparse, ring."""
    model = dense(1000, 4)
    sparse, slow = random_sparse(100_000, 4, 10), ring(20_000, 4, 5)
    tasks = (
        (
            "optimal policy, S=1000 A=4 dense",
            partial(kernels.optimal, model.P, model.r, GAMMA, tolerance=TOLERANCE),
            {"quantecon.modified_policy_iteration": 1.0},
            model._asdict(),
        ),
        (
            "optimal policy, S=1e5, 10 successors",
            partial(kernels.sparse_optimal, *sparse.arrays, sparse.r, GAMMA, tolerance=TOLERANCE),
            {"quantecon.modified_policy_iteration": 1.5, "mdpsolver.mpi": 10.0},
            sparse._asdict(),
        ),
        (
            "optimal policy, slow ring S=20,000",
            partial(kernels.sparse_optimal, *slow.arrays, slow.r, GAMMA, tolerance=TOLERANCE),
            {"quantecon.policy_iteration": 1.3, "quantecon.modified_policy_iteration": 1.0},
            slow._asdict(),
        ),
    )
    for task, ours, peers, instance in tasks:
        found = ours()
        yield from against_peers(
            bench,
            task,
            ours,
            peers,
            note=f"certified error {found.error:.0e}",
            check=lambda answer, value=found.value: f"peer differs by {np.abs(answer - value).max():.0e}",
            **instance,
        )
