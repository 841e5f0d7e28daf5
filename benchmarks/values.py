"""Value of one stochastic policy: dense, sparse, and on a ring that mixes slowly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from harness import Bench, Ours, Row, against_floors, against_peers
from instances import GAMMA, Sparse, dense, random_sparse, ring

from sims.tabular import kernels

PRECISION = 1e-9
TOLERANCE = 0.5 * PRECISION * (1 - GAMMA)  # relative to max|r| / (1 - gamma); the other half is for rounding


def rows(bench: Bench) -> Iterator[Row]:
    """The dense line with its peers, the sparse ones with the best of scipy."""
    x = dense(1000, 4)
    mdp = x.model(discount=GAMMA)
    kernel = partial(kernels.discounted_values, x.P, x.r, x.pi, GAMMA, tolerance=TOLERANCE)
    v, error = kernel()

    def check(answer: np.ndarray) -> str:
        gap = np.abs(answer - v).max()
        return f"peer differs by {gap:.0e}" if gap < 1 else "peer evaluates another, deterministic policy"

    yield from against_peers(
        bench,
        Ours(
            "value of a policy, S=1000 A=4 dense",
            kernel,
            lambda: mdp.value(x.pi),
            f"certified error {error:.0e}",
        ),
        {"quantecon.evaluate_policy": 4.0, "jaxdp.PolicyEvaluation": 8.0},
        check=check,
        **x._asdict(),
    )
    yield from _sparse_rows("S=1e5, 10 successors", random_sparse(100_000, 4, 10), ("sparse LU",))
    yield from _sparse_rows("slow ring S=20,000", ring(20_000, 4, 5), ())


def _sparse_rows(where: str, x: Sparse, impossible: tuple[str, ...]) -> Iterator[Row]:
    mdp = x.model()
    kernel = partial(kernels.sparse_discounted_values, *x.arrays, x.r, x.pi, GAMMA, tolerance=TOLERANCE)
    v, error = kernel()
    floors = {
        "scipy GMRES": partial(_krylov, spla.gmres, x),
        "scipy BiCGSTAB": partial(_krylov, spla.bicgstab, x),
        "Picard with span bound": partial(_picard, x),
        "sparse LU": partial(_sparse_lu, x),
    }
    for name in impossible:
        del floors[name]
    ours = Ours(f"value of a policy, {where}", kernel, lambda: mdp.value(x.pi), f"certified error {error:.0e}")
    yield from against_floors(ours, floors, 1.0, check=lambda answer: f"it differs by {np.abs(answer - v).max():.0e}")
    for name in impossible:
        yield Row(ours.task, name, None, None, None, ">=", 1.0, "skipped: its fill-in exceeds the memory")


def policy_system(model: Sparse) -> tuple[sp.csr_array, np.ndarray]:
    """Kernel and expected reward of the model's policy."""
    n_states, n_actions = model.pi.shape
    weights = np.repeat(model.pi.ravel(), np.diff(model.indptr))
    parts = (model.data * weights, model.indices, model.indptr[::n_actions].copy())
    return sp.csr_array(parts, shape=(n_states, n_states)), (model.pi * model.r).sum(1)


def _krylov(solver: Callable[..., tuple[np.ndarray, int]], model: Sparse) -> np.ndarray:
    K, b = policy_system(model)
    operator = spla.LinearOperator(K.shape, matvec=lambda x: x - GAMMA * (K @ x), dtype=float)
    # A residual of 2-norm sqrt(S) t has entries of about t: no more precision is asked than we certify.
    target = PRECISION * (1 - GAMMA) * np.sqrt(len(b)) / 3
    return solver(operator, b, rtol=0.0, atol=target, maxiter=10_000)[0]


def _picard(model: Sparse) -> np.ndarray:
    K, b = policy_system(model)
    x = b
    while True:
        new = b + GAMMA * (K @ x)
        low, high = (new - x).min(), (new - x).max()
        x = new
        if GAMMA / (1 - GAMMA) * (high - low) / 2 <= PRECISION:
            return x + GAMMA / (1 - GAMMA) * (low + high) / 2


def _sparse_lu(model: Sparse) -> np.ndarray:
    K, b = policy_system(model)
    return spla.spsolve((sp.eye_array(len(b)) - GAMMA * K).tocsc(), b)
