"""Upper bounds by exhausting vertices, where both sides of a claim are multi-affine.

Values and occupancies are affine in each row of the transitions and of a policy alone, in the first law, and in the
rewards together. If both sides of a claim are, then ``low - c * high`` is so for every c, and its maximum over all
instances of a size lies where every row is a vertex of its simplex and every reward an end of its range. The rewards
of the maximum are found in closed form: an affine function of K numbers is known from K + 1 evaluations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.coordinates import Block, Coordinates
from iltheory.attack.extreme import Extreme, extreme
from iltheory.claims.claim import collecting
from iltheory.claims.domains import Box, Rows
from iltheory.claims.kinds import Count
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable, RationalArray
from sims.errors import IltheoryError

MOST = 1 << 20
"""Evaluations of a claim that vertices may take."""
CHUNK = 1 << 12
LINES = 24
"""Random rational lines that each row and each box is checked on."""
EIGHTHS = 8
"""Random numbers on those lines are multiples of one eighth of their range."""

Numbers = NDArray[Any]
"""Integers or fractions, exact."""


@dataclass(frozen=True)
class UpperBound:
    """A bound on the ratio of every instance of a size, or the reason why there is none.

    Attributes
    ----------
    value : the bound, None if there is none
    words : what it rests on, or what is missing
    """

    value: Fraction | None
    words: str

    def to_json(self) -> dict[str, Any]:
        """Describe the bound in plain JSON values."""
        return {"value": None if self.value is None else str(self.value), "words": self.words}


@dataclass(frozen=True)
class _Part:
    """A row of a table of distributions, one number that takes two values, or all numbers of a box.

    Attributes
    ----------
    block : position of its block
    place : index of the row or number in the block; () for a whole box
    choices : vertices of the row, or 2
    """

    block: int
    place: tuple[int, ...]
    choices: int


class _NoBound(Exception):
    """Why there is no upper bound."""


def upper_bound(coordinates: Coordinates, found: Extreme, rng: np.random.Generator) -> tuple[UpperBound, Extreme]:
    """Bound the ratio of all instances, and return the worst of them if it is worse than the one found.

    Parameters
    ----------
    coordinates : all instances of the size
    found : the worst instance known
    """
    try:
        return _exhausted(coordinates, found, rng)
    except _NoBound as reason:
        return UpperBound(None, f"no upper bound: {reason}"), found
    except NotRepresentable:
        return UpperBound(None, "no upper bound: not multi-affine, the sides are irrational"), found
    except (IltheoryError, ZeroDivisionError) as problem:
        return UpperBound(None, f"no upper bound: a side is undefined somewhere, {problem}".splitlines()[0]), found


def _exhausted(coordinates: Coordinates, found: Extreme, rng: np.random.Generator) -> tuple[UpperBound, Extreme]:
    claim = coordinates.claim
    free = {block.name for block in coordinates.blocks}
    fixed = [name for name, kind in claim.parameters.items() if name not in free and not isinstance(kind, Count)]
    if fixed:
        raise _NoBound(f"{', '.join(fixed)} cannot be moved freely")
    if found.ratio is None or found.ratio.lower != found.ratio.upper:
        raise _NoBound("no exact ratio was found to start from")
    ratio = Fraction(found.ratio.lower)
    if not coordinates.blocks:
        return UpperBound(ratio, "this size has one instance"), found
    boxes = [i for i, block in enumerate(coordinates.blocks) if _is_free_box(block)]
    parts = [part for i, block in enumerate(coordinates.blocks) for part in _parts(i, block)]
    most = math.prod(part.choices for part in parts if part.place or part.block not in boxes)
    if most > MOST**2:  # more than could fall away because neither side depends on them
        raise _NoBound(f"some 10^{len(str(most)) - 1} vertices are too many to look at")
    mattering = _checked(coordinates, parts, boxes, rng)
    closed = max(boxes, key=lambda i: math.prod(coordinates.blocks[i].shape), default=None)
    corners = [part for part in mattering if part.block != closed]
    for i in boxes:
        if i != closed and any(part.block == i for part in mattering):
            corners = [part for part in corners if part.block != i]
            corners += [_Part(i, place, 2) for place in np.ndindex(*coordinates.blocks[i].shape)]
    vertices = math.prod(part.choices for part in corners)
    numbers = 0 if closed is None else math.prod(coordinates.blocks[closed].shape)
    if vertices * (numbers + 1) > MOST:
        raise _NoBound(f"{vertices} vertices are too many to look at")
    worst = found
    for first in range(0, vertices, max(CHUNK // (numbers + 1), 1)):
        index = np.arange(first, min(first + max(CHUNK // (numbers + 1), 1), vertices))
        tables = _vertices(coordinates.blocks, corners, index)
        low, high = _affine(coordinates, tables, closed)
        if np.any(high[:, 0] + np.minimum(high[:, 1:], 0).sum(-1) < 0):
            raise _NoBound("the side that should be the larger is negative somewhere")
        while True:
            excess = low * ratio.denominator - high * ratio.numerator
            most = excess[:, 0] + np.maximum(excess[:, 1:], 0).sum(-1)
            at = int(most.argmax())
            if most[at] <= 0:
                break
            paid = excess[at, 1:] > 0
            smaller, larger = (side[at, 0] + side[at, 1:][paid].sum() for side in (low, high))
            if larger == 0:
                raise _NoBound("the side that should be the larger vanishes where the other does not")
            ratio = Fraction(int(smaller), int(larger))
            worst = _instance(coordinates, tables, closed, at, paid) or worst
    words = (
        f"both sides are multi-affine (checked on {LINES * len(parts)} random rational lines), "
        f"and {vertices} vertices were looked at"
    )
    ranges = {"[{}, {}]".format(*_ends(block)) for block in coordinates.blocks if not isinstance(block.domain, Rows)}
    words += f", other numbers than probabilities in {', '.join(sorted(ranges))}" if ranges else ""
    return UpperBound(ratio, words), worst


def _is_free_box(block: Block) -> bool:
    return not isinstance(block.domain, Rows) and not block.domain.ends_only


def _ends(block: Block) -> tuple[Fraction, Fraction]:
    """The least and the greatest number of a box."""
    assert isinstance(block.domain, Box)
    return Fraction(block.domain.low), Fraction(block.domain.high)


def _parts(i: int, block: Block) -> Iterator[_Part]:
    if isinstance(block.domain, Rows):
        yield from (_Part(i, place, block.shape[-1]) for place in np.ndindex(*block.shape[:-1]))
    elif block.domain.ends_only:
        yield from (_Part(i, place, 2) for place in np.ndindex(*block.shape))
    else:
        yield _Part(i, (), 2)


def _checked(
    coordinates: Coordinates, parts: Sequence[_Part], boxes: Sequence[int], rng: np.random.Generator
) -> list[_Part]:
    """The parts that a side depends on; raises unless both are affine in each of them on random lines."""
    blocks, mattering = coordinates.blocks, []
    curved: dict[int, str] = {}
    for part in parts:
        if part.block in curved:
            continue
        base = [_random(rng, block, LINES) for block in blocks]
        here, there = base[part.block], _random(rng, blocks[part.block], LINES)
        at: Any = (slice(None), *part.place)
        weight = np.array([Fraction(int(k), EIGHTHS) for k in rng.integers(1, EIGHTHS, LINES)], dtype=object)
        discrete = _is_discrete(blocks[part.block])
        values = []
        for share in (None, weight, 1 + 0 * weight):
            moved = here.copy()
            if share is not None and not (discrete and share is weight):
                spread = share.reshape(LINES, *[1] * (here[at].ndim - 1))
                moved[at] = (1 - spread) * here[at] + spread * there[at]
            values.append(_sides(coordinates, [moved if i == part.block else t for i, t in enumerate(base)]))
        (low, high), (low_on, high_on), (low_end, high_end) = values
        if np.any(low != low_end) or np.any(high != high_end):
            mattering.append(part)
        if discrete:
            continue
        for start, on, end in ((low, low_on, low_end), (high, high_on, high_end)):
            if np.any(on != (1 - weight) * start + weight * end):
                block = blocks[part.block]
                curved[part.block] = _words(block)
    if curved:
        raise _NoBound(f"not multi-affine in {', '.join(dict.fromkeys(curved.values()))}")
    return mattering


def _words(block: Block) -> str:
    if isinstance(block.part, int):
        return f"{block.name}[{block.part}]"
    return block.name if block.part is None else f"{block.part} of {block.name}"


def _is_discrete(block: Block) -> bool:
    return block.domain.deterministic if isinstance(block.domain, Rows) else block.domain.ends_only


def _random(rng: np.random.Generator, block: Block, n: int) -> Numbers:
    """Random entries ``[n, *shape]`` of a block, as fractions; a third of the rows are vertices."""
    shape = (n, *block.shape)
    if not isinstance(block.domain, Rows):
        steps = rng.integers(0, EIGHTHS, shape, endpoint=True)
        if block.domain.ends_only:
            steps = EIGHTHS * (steps > EIGHTHS // 2)
        low, high = _ends(block)
        return np.asarray(low + (high - low) * (steps.astype(object) * Fraction(1, EIGHTHS)))
    size = block.shape[-1]
    mixed = rng.multinomial(EIGHTHS, np.full(size, 1 / size), shape[:-1])
    corner = EIGHTHS * np.eye(size, dtype=np.int64)[rng.integers(size, size=shape[:-1])]
    pure = np.full((*shape[:-1], 1), True) if block.domain.deterministic else rng.random((*shape[:-1], 1)) < 1 / 3
    return np.asarray(np.where(pure, corner, mixed).astype(object) * Fraction(1, EIGHTHS))


def _vertices(blocks: Sequence[Block], corners: Sequence[_Part], index: NDArray[np.int64]) -> list[Numbers]:
    """Tables ``[N, *shape]`` of the vertices with these numbers; what does not matter is at its first vertex."""
    tables: list[Numbers] = []
    for block in blocks:
        table = np.zeros((len(index), *block.shape), dtype=object)
        if isinstance(block.domain, Rows):
            table[..., 0] = 1
        else:
            table[...] = _ends(block)[0]
        tables.append(table)
    rest = index
    for part in corners:
        rest, choice = np.divmod(rest, part.choices)
        block = blocks[part.block]
        at: Any = (slice(None), *part.place)
        if isinstance(block.domain, Rows):
            tables[part.block][at] = np.eye(part.choices, dtype=np.int64)[choice]
        else:
            tables[part.block][at] = np.array(_ends(block), dtype=object)[choice]
    return tables


def _affine(coordinates: Coordinates, tables: Sequence[Numbers], closed: int | None) -> tuple[Numbers, Numbers]:
    """Both sides as integers ``[N, K + 1]`` over one denominator: at the low ends, and what each high end adds."""
    n = len(tables[0])
    if closed is None:
        low, high = _sides(coordinates, tables)
        return _whole(low[:, None], high[:, None])
    block = coordinates.blocks[closed]
    numbers = math.prod(block.shape)
    least, greatest = _ends(block)
    ends = np.full((numbers + 1, numbers), least, dtype=object)
    ends[np.arange(1, numbers + 1), np.arange(numbers)] = greatest
    repeated = [np.repeat(table, numbers + 1, axis=0) for table in tables]
    repeated[closed] = np.tile(ends, (n, 1)).reshape(-1, *block.shape)
    sides = (side.reshape(n, numbers + 1) for side in _sides(coordinates, repeated))
    low, high = (np.concatenate([side[:, :1], side[:, 1:] - side[:, :1]], axis=1) for side in sides)
    return _whole(low, high)


def _whole(low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    denominator = math.lcm(*(x.denominator for side in (low, high) for x in side.ravel()))
    scale = np.vectorize(lambda x: int(x * denominator), otypes=[object])
    return scale(low), scale(high)


def _sides(coordinates: Coordinates, tables: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    """Both sides ``[N]`` in exact rationals, the one that should be the smaller first."""
    size = len(tables[0])
    with collecting():
        comparison = coordinates.claim.evaluate(coordinates.instance([ar.asarray(table) for table in tables]))
    lhs, rhs = (_fractions(side, size) for side in (comparison.lhs, comparison.rhs))
    return (rhs, lhs) if comparison.op in (">=", ">") else (lhs, rhs)


def _fractions(side: Any, size: int) -> Numbers:
    exact: RationalArray = ar.RATIONAL.coerce(side)
    return np.broadcast_to(exact.fractions(), (size,))


def _instance(
    coordinates: Coordinates, tables: Sequence[Numbers], closed: int | None, at: int, paid: NDArray[np.bool_]
) -> Extreme | None:
    chosen = [table[at : at + 1].copy() for table in tables]
    if closed is not None:
        block = coordinates.blocks[closed]
        least, greatest = _ends(block)
        chosen[closed] = np.array([greatest if p else least for p in paid], dtype=object).reshape(1, *block.shape)
    instance = coordinates.instance([ar.asarray(table) for table in chosen])
    return extreme(coordinates.claim, coordinates.claim.select(instance, 0))
