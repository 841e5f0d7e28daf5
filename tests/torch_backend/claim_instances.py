"""Random instances of claims, and both sides of them in a number system."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from iltheory.claims.claim import Claim, collecting
from iltheory.claims.drawing import Scale
from sims import arithmetic as ar


def draw(claim: Claim, *, size: int = 4, seed: int = 0, largest: int = 3) -> dict[str, Any]:
    """A few exact instances, no larger than the claim allows."""
    limit = claim.largest
    scale = Scale(
        size=size,
        n_states=min(largest, limit.n_states),
        n_actions=min(2, limit.n_actions),
        horizon=min(largest, limit.horizon),
        law="mixed",
        stationary=False,
        length=min(2, limit.length),
    )
    rng, instance = np.random.default_rng(seed), {}
    for name, kind in claim.parameters.items():
        instance[name] = kind.draw(rng, scale, instance)
    return instance


class Sides(NamedTuple):
    """Both sides of a comparison, the smaller first (of an equality: as written)."""

    low: Any
    high: Any
    verdicts: Any


def sides(claim: Claim, instance: dict[str, Any], system: ar.System) -> Sides:
    """Evaluate on a batch, whether or not the assumptions hold."""
    with collecting():
        comparison = claim.evaluate(claim.convert(instance, system))
    pair = (comparison.lhs, comparison.rhs)
    return Sides(*(pair[::-1] if comparison.op in (">=", ">") else pair), comparison.verdicts)


def spread(x: Any, size: int) -> np.ndarray:
    """One entry for each instance."""
    return np.broadcast_to(np.asarray(x), (size,))
