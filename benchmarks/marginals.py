"""All state marginals of a finite horizon."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from harness import Bench, Row, against_peers
from instances import SEED, dense, policies

from sims.tabular import kernels

HORIZON = 100


def rows(bench: Bench) -> Iterator[Row]:
    """A policy that depends on time, and one that does not; the peer computes 101 marginals, so do we."""
    model = dense(1000, 4)
    pi = policies(np.random.default_rng(SEED), 1000, 4, (HORIZON,))
    for name, ours_pi, peers_pi, target in (
        ("time-dependent", np.concatenate([pi, pi[-1:]]), pi, 0.9),
        ("stationary", pi[0], np.broadcast_to(pi[0], pi.shape), 4.0),
    ):
        ours = partial(kernels.marginals, model.P, model.mu, ours_pi, HORIZON + 1)
        d, error = ours()
        yield from against_peers(
            bench,
            f"all H=100 marginals, S=1000 dense, {name} policy",
            ours,
            {"imitation.mce_occupancy_measures": target},
            note=f"certified l1 error {error[-1]:.0e}",
            check=lambda answer, d=d: f"peer differs by {np.abs(answer - d).sum(1).max():.0e}",
            P=model.P,
            mu=model.mu,
            pi=np.ascontiguousarray(peers_pi),
        )
