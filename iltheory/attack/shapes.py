"""In which order a search goes through sizes of instances: small ones first, for their counterexamples are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from iltheory.attack.coordinates import Coordinates, Shape
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Count, Model, Sequence
from iltheory.claims.linear_kinds import LinearKind

SMALL = (
    (1, 2, 1), (2, 2, 2), (2, 1, 2), (2, 2, 1), (3, 2, 2), (2, 2, 3), (1, 3, 1), (1, 2, 2), (3, 2, 3), (2, 3, 2),
    (2, 2, 4), (3, 3, 2), (4, 2, 1), (4, 2, 2), (3, 2, 1), (4, 2, 4), (3, 2, 4), (4, 3, 4), (1, 1, 1), (2, 2, 8),
    (3, 2, 12),
)  # fmt: skip
"""States, actions and steps of the first shapes; the last are long, for what is false from some horizon on."""

DISCOUNTS = ((1, 2), (9, 10), (0, 1), (99, 100), (3, 10))
PASSES = 6
"""How often the first shapes are gone through, with other lengths, discounts and whole numbers."""
FEW = 8
"""How many of them are gone through more often, for claims that have whole numbers."""
MOST_VARIED = 96
"""Combinations of these that are tried at the most, those of small numbers first."""
LARGEST_STATES = 8
"""States of random shapes: what needs more has too many numbers to be found by moving them."""
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
            n_states=int(rng.integers(1, min(largest.n_states, LARGEST_STATES), endpoint=True)),
            n_actions=int(rng.integers(1, largest.n_actions, endpoint=True)),
            horizon=int(rng.integers(1, largest.horizon, endpoint=True)),
            discount=DISCOUNTS[rng.integers(len(DISCOUNTS))],
            length=int(rng.integers(1, largest.length, endpoint=True)),
            stationary=bool(rng.integers(2)),
            counts=tuple(int(rng.integers(0, kind.most - kind.least, endpoint=True)) for kind in counts),
        )


def _combinations(claim: Claim) -> Iterator[Shape]:
    """Small sizes, again and again: with other discounts, other lengths and other whole numbers each time."""
    kinds, largest = claim.parameters.values(), claim.largest
    counts = [kind for kind in kinds if isinstance(kind, Count)]
    above = sorted(product(*(range(kind.most - kind.least + 1) for kind in counts)), key=lambda k: (sum(k), k))
    if len(counts) == len(kinds):  # nothing but whole numbers: all of them, smallest first
        yield from (Shape(counts=k) for k in above)
        return
    sizes = [
        (s, a, h) for s, a, h in SMALL if s <= largest.n_states and a <= largest.n_actions and h <= largest.horizon
    ]
    several = any(isinstance(kind, Sequence | LinearKind) for kind in kinds)
    # where nothing is enumerated a long sequence costs little, and some statements fail in the long run only
    longer = () if largest.strict else (2 * largest.length,)
    lengths = (*range(1, largest.length + 1), *longer) if several else (1,)
    discounts = DISCOUNTS[:4] if any(isinstance(kind, Model) and not kind.finite for kind in kinds) else DISCOUNTS[:1]
    combined = product(above, enumerate(lengths), enumerate(discounts))
    varied = sorted(combined, key=lambda v: sum(v[0]) + v[1][0] + v[2][0])[:MOST_VARIED]
    # The smallest sizes meet the combinations from small numbers on; larger ones in an order at random, each its own.
    order = np.random.default_rng(0).permutation(len(varied))
    turn = 0
    for again in range(min(len(varied), PASSES * (4 if counts else 1))):
        for place, (s, a, h) in enumerate(sizes if again < PASSES else sizes[:FEW]):
            counts_above, (_, length), (_, discount) = varied[
                again if place < FEW else order[(place + again) % len(varied)]
            ]
            yield Shape(s, a, h, discount, length, stationary=h > 1 and turn % 2 == 0, counts=counts_above)
            turn += 1
