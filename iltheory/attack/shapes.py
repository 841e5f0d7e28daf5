"""In which order a search goes through sizes of instances: small ones first, for their counterexamples are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from iltheory.attack.coordinates import Coordinates, Shape
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Count, Model, Sequence

SMALL = (
    (1, 2, 1), (2, 2, 2), (2, 1, 2), (2, 2, 1), (3, 2, 2), (2, 2, 3), (1, 3, 1), (1, 2, 2), (3, 2, 3), (2, 3, 2),
    (2, 2, 4), (3, 3, 2), (4, 2, 2), (4, 2, 4), (3, 2, 4), (4, 3, 4), (1, 1, 1),
)  # fmt: skip
"""States, actions and steps of the first shapes."""

DISCOUNTS = ((1, 2), (9, 10), (0, 1), (99, 100), (3, 10))
ROUND = 16
"""Random shapes in each later round."""


def small_shapes(claim: Claim) -> Iterator[Shape]:
    """Every kind of small shape a claim has, each once."""
    seen: set[tuple[object, ...]] = set()
    for shape in _combinations(claim):
        coordinates = Coordinates(claim, shape, np.random.default_rng(0))
        key = (coordinates.words, shape.stationary, tuple(block.shape for block in coordinates.blocks))
        if key not in seen:
            seen.add(key)
            yield shape


def larger_shapes(claim: Claim, rng: np.random.Generator) -> Iterator[Shape]:
    """Random shapes up to the claim's largest, for as long as they are asked for."""
    largest, counts = claim.largest, [kind for kind in claim.parameters.values() if isinstance(kind, Count)]
    while True:
        yield Shape(
            n_states=int(rng.integers(1, largest.n_states, endpoint=True)),
            n_actions=int(rng.integers(1, largest.n_actions, endpoint=True)),
            horizon=int(rng.integers(1, largest.horizon, endpoint=True)),
            discount=DISCOUNTS[rng.integers(len(DISCOUNTS))],
            length=int(rng.integers(1, largest.length, endpoint=True)),
            stationary=bool(rng.integers(2)),
            counts=tuple(int(rng.integers(0, kind.most - kind.least, endpoint=True)) for kind in counts),
        )


def _combinations(claim: Claim) -> Iterator[Shape]:
    kinds, largest = claim.parameters.values(), claim.largest
    counts = [kind for kind in kinds if isinstance(kind, Count)]
    lengths = range(1, min(largest.length, 3) + 1) if any(isinstance(kind, Sequence) for kind in kinds) else (1,)
    models = [kind for kind in kinds if isinstance(kind, Model)]
    discounts = DISCOUNTS[:4] if any(not kind.finite for kind in models) else DISCOUNTS[:1]
    within = [
        (s, a, h) for s, a, h in SMALL if s <= largest.n_states and a <= largest.n_actions and h <= largest.horizon
    ]
    above = sorted(product(*(range(kind.most - kind.least + 1) for kind in counts)), key=lambda k: (sum(k), k))
    if not any(not isinstance(kind, Count) for kind in kinds):  # nothing but whole numbers: all of them
        yield from (Shape(counts=k) for k in above)
        return
    varied = list(product(lengths, discounts))
    for turn, (s, a, h) in enumerate(within):
        for variant, (length, discount) in enumerate(varied):
            chosen = above[(turn * len(varied) + variant) % max(min(len(above), len(within) * len(varied)), 1)]
            yield Shape(s, a, h, discount, length, stationary=turn % 2 == 0 and h > 1, counts=chosen)
