"""Instances that come close to violating a claim, with exact sides; and how to write them with simple numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from iltheory.attack.coordinates import Block, Coordinates
from iltheory.attack.counterexample import Evaluated
from iltheory.claims.claim import Claim
from iltheory.claims.domains import Rows
from iltheory.claims.kinds import Instance
from iltheory.engine.evaluate import NOT_APPLICABLE, decide, exact_sides
from sims import arithmetic as ar
from sims.arithmetic import Enclosure
from sims.errors import IltheoryError

SIMPLE = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)
"""Denominators that numbers of an instance are rounded to."""


@dataclass(frozen=True, eq=False)
class Extreme(Evaluated):
    """An exact instance that comes close to violating a claim."""

    @cached_property
    def ratio(self) -> Enclosure | None:
        """The side that should be the smaller over the other; None where the other is not certainly positive."""
        return self.low / self.high if self.high.lower > 0 else None

    @property
    def attained(self) -> bool:
        """Whether both sides are equal, exactly, and not zero."""
        return self.lhs.compare("==", self.rhs) == 1 and self.lhs.lower != 0

    @cached_property
    def rank(self) -> tuple[Fraction, Fraction]:
        """What extremes are ordered by: ``(low - high) / (|low| + |high|)``, as by the ratio; then ``low``."""
        low, high = (Fraction(side.lower + side.upper) / 2 for side in (self.low, self.high))
        scale = abs(low) + abs(high)
        return ((low - high) / scale if scale else Fraction(-1)), low

    def to_json(self) -> dict[str, Any]:
        """The instance, both sides and their exact ratio."""
        return {**super().to_json(), "ratio": None if self.ratio is None else str(self.ratio)}


def extreme(claim: Claim, instance: Instance) -> Extreme | None:
    """Evaluate a claim exactly on one instance; None where an assumption may fail or a side is no finite number."""
    try:
        decision = decide(claim, instance, 1)
        lhs, rhs = map(Enclosure.of, exact_sides(claim, instance))
    except (IltheoryError, ZeroDivisionError):  # the formula has no value here
        return None
    if decision.verdicts[0] == NOT_APPLICABLE or np.isinf(decision.widths[0]):
        return None
    if any(isinstance(end, float) for side in (lhs, rhs) for end in (side.lower, side.upper)):
        return None
    return Extreme(claim, instance, lhs, rhs, decision.op)


def simplified(coordinates: Coordinates, found: Extreme, *, deadline: float) -> Extreme:
    """Round one row or number after the other to a small denominator, wherever that makes the ratio no smaller.

    Where tables of one shape agree, such as a learner's with the expert's, they are rounded together.

    Parameters
    ----------
    deadline : of ``time.perf_counter``, when to stop
    """
    claim = coordinates.claim
    tables = [table.fractions() for table in coordinates.tables(found.instance)]
    for i, block in enumerate(coordinates.blocks):
        for place in np.ndindex(*_axes(block)):
            same = _agreeing(coordinates.blocks, tables, i, (0, *place))
            for value in _rounded(tables[i][(0, *place)], isinstance(block.domain, Rows)):
                if time.perf_counter() > deadline:
                    return found
                trial = [table.copy() for table in tables]
                for j in same:
                    trial[j][(0, *place)] = value
                simpler = extreme(claim, claim.select(coordinates.instance([ar.asarray(t) for t in trial]), 0))
                if simpler is not None and simpler.rank[0] >= found.rank[0]:
                    tables, found = trial, simpler
                    break
    return found


def _agreeing(blocks: Sequence[Block], tables: Sequence[Any], i: int, place: tuple[int, ...]) -> list[int]:
    """Positions of the tables that are like the i-th one and have the same row or number at a place."""
    alike = [j for j, other in enumerate(blocks) if other.shape == blocks[i].shape and other.domain == blocks[i].domain]
    return [j for j in alike if np.all(tables[j][place] == tables[i][place])]


def _axes(block: Block) -> tuple[int, ...]:
    return block.shape[:-1] if isinstance(block.domain, Rows) else block.shape


def _rounded(value: Any, row: bool) -> Iterator[Any]:
    """Rows, or numbers, with smaller denominators than the given one, the smallest first."""
    entries = np.atleast_1d(np.asarray(value, dtype=object))
    largest = max(x.denominator for x in entries)
    for denominator in SIMPLE:
        if denominator >= largest:
            return
        near = np.array([Fraction(round(x * denominator), denominator) for x in entries], dtype=object)
        if not row:
            yield near[0]
        elif near.sum() == 1:
            yield near
