"""Coordinate ascent: move one row, or one number, of every instance at a time to where its claim is nearer to failing.

A side that is multi-affine, as values are in each row of the transitions and of a policy and in each reward, has its
extremes at vertices; moves part of the way serve what is not, such as logarithms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.coordinates import Block, Coordinates
from iltheory.attack.objective import Scores, scores
from iltheory.claims.domains import Rows

VERTICES = (1.0,)
FINE = (1.0, 0.5, 2.0**-3, 2.0**-6, 2.0**-10)
"""How far a move goes: all the way to a vertex, or part of it."""

TOLERANCE = 1e-9
"""A move has to improve by more than rounding."""

ROUNDING = 1e-12
"""What two excesses may differ by and count as one."""

Table = NDArray[np.float64]


def climb(
    coordinates: Coordinates,
    tables: Sequence[Table],
    rng: np.random.Generator,
    *,
    steps: Sequence[float],
    sweeps: int,
    most: int = 1 << 16,
) -> tuple[list[Table], Scores, int]:
    """Move every instance uphill in excess; where that does not change, to where its sides are larger.

    Parameters
    ----------
    tables : instances ``[N, *shape]`` to start from
    steps : fractions of the way to a vertex or an end that a move may go
    sweeps : how often all rows are visited, unless nothing improves any more
    most : instances to evaluate at the most

    Returns
    -------
    tables, scores, evaluated : where the instances ended, their scores, how many instances were evaluated
    """
    claim, n = coordinates.claim, len(tables[0])
    current = [table.copy() for table in tables]
    best = scores(claim, coordinates.instance(current), n)
    evaluated = n
    places = [
        (among, place) for among in _together(coordinates.blocks) for place in _places(coordinates.blocks[among[0]])
    ]
    for _ in range(sweeps):
        before = best
        for turn in rng.permutation(len(places)):
            among, place = places[turn]
            moved = list(_moves(coordinates.blocks, current, among[0], place, steps))
            if evaluated + n * len(moved) > most:
                return current, best, evaluated
            trial = [np.tile(table, (len(moved), *[1] * (table.ndim - 1))) for table in current]
            at = (slice(None), *place)
            for i in among:
                trial[i][at] = np.concatenate(moved)
            found = scores(claim, coordinates.instance(trial), n * len(moved))
            evaluated += n * len(moved)
            excess, lows = found.excess.reshape(-1, n), found.lows.reshape(-1, n)
            choice = np.where(excess >= excess.max(0) - ROUNDING, lows, -np.inf).argmax(0)
            at_choice = (choice, np.arange(n))
            equal = (excess[at_choice] >= best.excess - ROUNDING) & (lows[at_choice] > best.lows + TOLERANCE)
            better = (excess[at_choice] > best.excess + TOLERANCE) | (equal & (best.excess > -1))
            rows = np.stack(moved)[at_choice]
            for i in among:
                current[i][(better, *place)] = rows[better]
            best = Scores(
                *(
                    np.where(better, getattr(found, name).reshape(-1, n)[at_choice], getattr(best, name))
                    for name in ("excess", "ratios", "lows")
                )
            )
        if np.all(best.excess <= before.excess + TOLERANCE) and np.all(best.lows <= before.lows + TOLERANCE):
            break
    return current, best, evaluated


def _together(blocks: Sequence[Block]) -> list[tuple[int, ...]]:
    """What moves together: each table by itself, and the entries of each sequence."""
    sequences: dict[str, list[int]] = {}
    for i, block in enumerate(blocks):
        if isinstance(block.part, int):
            sequences.setdefault(block.name, []).append(i)
    return [
        *((i,) for i in range(len(blocks))),
        *(tuple(entries) for entries in sequences.values() if len(entries) > 1),
    ]


def _places(block: Block) -> Iterator[tuple[int | slice, ...]]:
    """Every row of a table of distributions, or every number of a box; and each for all steps at once."""
    axes = block.shape[:-1] if isinstance(block.domain, Rows) else block.shape
    yield from np.ndindex(*axes)
    if len(block.shape) > 2 and axes[0] > 1:
        yield from ((slice(None), *place) for place in np.ndindex(*axes[1:]))


def _moves(
    blocks: Sequence[Block], tables: Sequence[Table], i: int, place: tuple[int | slice, ...], steps: Sequence[float]
) -> Iterator[Table]:
    """What the numbers of one place may become, batch axis first."""
    block, table = blocks[i], tables[i]
    at = (slice(None), *place)
    old = table[at]
    ends: list[tuple[Table, float]] = []
    if isinstance(block.domain, Rows):
        targets: list[Table] = [np.broadcast_to(vertex, old.shape) for vertex in np.eye(block.shape[-1])]
        whole = block.domain.deterministic
    else:
        targets = [np.full(old.shape, float(end)) for end in (block.domain.low, block.domain.high)]
        whole = block.domain.ends_only
    ends += [(target, step) for target in targets for step in ((1.0,) if whole else steps)]
    # where another table of this shape has the same row, differences vanish
    ends += [(tables[j][at], 1.0) for j, kin in enumerate(blocks) if j != i and kin.shape == block.shape
             and kin.domain == block.domain]  # fmt: skip
    for end, step in ends:
        yield old + step * (end - old)
