"""All state marginals of a finite horizon."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from harness import Bench, Ours, Row, against_peers
from instances import SEED, dense, policies

from sims.tabular import kernels

HORIZON = 100


def rows(bench: Bench) -> Iterator[Row]:
    """A policy that depends on time, and one that does not; the peer computes 101 marginals, so do we."""
    x = dense(1000, 4)
    mdp = x.model(horizon=HORIZON + 1)
    pi = policies(np.random.default_rng(SEED), 1000, 4, (HORIZON,))
    for name, ours_pi, peers_pi, target in (
        ("time-dependent", np.concatenate([pi, pi[-1:]]), pi, 0.9),
        ("stationary", pi[0], np.broadcast_to(pi[0], pi.shape), 4.0),
    ):
        kernel = partial(kernels.marginals, x.P, x.mu, ours_pi, HORIZON + 1)
        d, error = kernel()
        yield from against_peers(
            bench,
            Ours(
                f"all H=100 marginals, S=1000 dense, {name} policy",
                kernel,
                partial(mdp.state_occupancy, ours_pi),
                f"certified l1 error {error[-1]:.0e}",
            ),
            {"imitation.mce_occupancy_measures": target},
            check=lambda answer, d=d: f"peer differs by {np.abs(answer - d).sum(1).max():.0e}",
            P=x.P,
            mu=x.mu,
            pi=np.ascontiguousarray(peers_pi),
        )
