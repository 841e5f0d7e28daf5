"""Peak memory of a large sparse model, from its arrays to its values and occupancies."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import numpy as np
from harness import Bench, Row
from instances import Sparse, random_sparse

MEGABYTE = 2**20


def rows(bench: Bench) -> Iterator[Row]:
    """S=1e6: everything this process takes beyond what it took before the arrays were there."""
    small = random_sparse(1000, 2, 10)
    _value_and_occupancy(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    model = random_sparse(1_000_000, 2, 10)
    drawn = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = sum(x.nbytes for x in model)
    _value_and_occupancy(model)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    yield Row(
        "memory, sparse S=1e6, 10 successors",
        "the model's own arrays",
        (peak - before) / MEGABYTE,
        size / MEGABYTE,
        (peak - before) / size,
        "<=",
        3.0,
        f"MiB; drawing the model alone peaked at {(drawn - before) / MEGABYTE:.0f}",
    )


def _value_and_occupancy(model: Sparse) -> None:
    mdp = model.model()
    assert np.isfinite(mdp.value(model.pi))
    assert mdp.occupancy(model.pi).shape == model.r.shape
