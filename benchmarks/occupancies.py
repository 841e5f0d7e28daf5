"""Discounted occupancies: a thousand small models, also in rigorous intervals, and one large sparse model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import scipy.sparse.linalg as spla
from harness import Bench, Ours, Row, against_floors, against_peers, local, race
from instances import GAMMA, Dense, Sparse, dense, random_sparse
from values import policy_system

from sims import TabularMDP
from sims.tabular import kernels

PRECISION = 1e-10


def rows(bench: Bench) -> Iterator[Row]:
    """The batch, its intervals, the sparse model."""
    x = dense(20, 4, batch=(1000,))
    mdp = x.model(discount=GAMMA)
    kernel = partial(kernels.discounted_occupancies, x.P, x.mu, x.pi, GAMMA)
    d, errors = kernel()
    note = f"certified l1 error {errors.max():.0e}"
    ours = Ours("occupancies of 1000 models, S=20 A=4", kernel, lambda: mdp.occupancy(x.pi), note)

    def check(answer: np.ndarray) -> str:
        return f"it differs by {np.abs(answer - d).sum((1, 2)).max():.0e}"

    yield from against_floors(ours, {"numpy batched solve": partial(_numpy, x)}, 2.0, check=check)
    yield from against_peers(bench, ours, {"jaxdp.Occupancy": 20.0}, check=check, **x._asdict())
    yield _interval_row(mdp, x.pi)

    y = random_sparse(100_000, 4, 10)
    large = y.model()
    kernel = partial(kernels.sparse_discounted_occupancies, *y.arrays, y.mu, y.pi, GAMMA, tolerance=0.5 * PRECISION)
    occupancy, error = kernel()
    yield from against_floors(
        Ours(
            "discounted occupancy, S=1e5, 10 successors",
            kernel,
            lambda: large.occupancy(y.pi),
            f"certified l1 error {error:.0e}",
        ),
        {"scipy GMRES": partial(_gmres, y)},
        1.0,
        check=lambda answer: f"it differs by {np.abs(answer - occupancy).sum():.0e}",
    )


def _interval_row(mdp: TabularMDP, pi: np.ndarray) -> Row:
    rigorous = mdp.to("interval")
    floats, intervals = race(local(lambda: mdp.occupancy(pi)), local(lambda: rigorous.occupancy(pi)))
    return Row(
        "the same in interval, through TabularMDP",
        "our float64",
        intervals,
        floats,
        intervals / floats,
        "<=",
        5.0,
        f"largest radius {rigorous.occupancy(pi).rad.max():.0e}",
    )


def _numpy(model: Dense) -> np.ndarray:
    K = np.matmul(model.pi[:, :, None, :], model.P)[:, :, 0]
    system = np.eye(K.shape[-1]) - GAMMA * K.swapaxes(-1, -2)
    return np.linalg.solve(system, (1 - GAMMA) * model.mu[..., None]) * model.pi


def _gmres(model: Sparse) -> np.ndarray:
    K, _ = policy_system(model)
    transposed = K.T.tocsr()
    b = (1 - GAMMA) * model.mu
    operator = spla.LinearOperator(K.shape, matvec=lambda x: x - GAMMA * (transposed @ x), dtype=float)
    # |x|_1 <= sqrt(S) |x|_2: the 2-norm that guarantees the l1 error we certify.
    target = PRECISION * (1 - GAMMA) / np.sqrt(len(b))
    return spla.gmres(operator, b, rtol=0.0, atol=target, maxiter=10_000)[0][:, None] * model.pi
