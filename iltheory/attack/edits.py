"""Simpler numbers for an exact instance: vertices, simple fractions, and rows that another table has already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.drafts import Draft, Key, Table
from iltheory.claims.domains import Box

DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10, 16, 20, 50, 100, 1000)
"""Denominators of the simple fractions that numbers are moved to."""

HALF = Fraction(1, 2)


@dataclass(frozen=True, eq=False)
class Edit:
    """New numbers for one row (or one entry) of a table, or for all of it.

    Attributes
    ----------
    key : the table
    index : the row, ``()`` for all of it
    entries : the numbers
    """

    key: Key
    index: tuple[int, ...]
    entries: Any

    @cached_property
    def floats(self) -> Any:
        """The numbers in float64."""
        return np.asarray(self.entries, dtype=np.float64)

    @property
    def place(self) -> tuple[Key, tuple[int, ...]]:
        """Where it is."""
        return self.key, self.index


def edited(draft: Draft, edits: Sequence[Edit]) -> Draft:
    """Make some edits."""
    by_table: dict[Key, list[Edit]] = {}
    for edit in edits:
        by_table.setdefault(edit.key, []).append(edit)
    return draft.change({key: draft.tables[key].changed(partial(_made, edits=own)) for key, own in by_table.items()})


def _made(entries: NDArray[Any], edits: Sequence[Edit]) -> NDArray[Any]:
    entries = entries.copy()
    for edit in edits:
        entries[edit.index or ...] = edit.floats if entries.dtype == np.float64 else edit.entries
    return entries


def snapped(draft: Draft) -> Iterator[list[Edit]]:
    """Edits of all tables at once, then of one, to vertices and to ever larger denominators."""
    per_table = [(key, [*_whole(table)]) for key, table in draft.tables.items()]
    for options in zip(*(options for _, options in per_table), strict=True):
        yield [Edit(key, (), entries) for (key, _), entries in zip(per_table, options, strict=True)]
    for key, options in per_table:
        for entries in options:
            yield [Edit(key, (), entries)]
        if not draft.tables[key].law:
            for value in (Fraction(0), Fraction(1)):
                yield [Edit(key, (), np.full(draft.tables[key].floats.shape, value, dtype=object))]


def simpler_rows(draft: Draft) -> Iterator[Edit]:
    """Simpler numbers for every row of a distribution and for every other entry."""
    for key, table in draft.tables.items():
        for index in table.places:
            row = table.entries[index]
            options = _simpler_laws(row) if table.law else _simpler_numbers(row, table.domain)
            for option in [*options, *_elsewhere(draft, key, index)]:
                if np.any(option != row):
                    yield Edit(key, index, option)


def ends(draft: Draft) -> Iterator[Edit]:
    """Every vertex for every row of a distribution, and both ends for every other entry."""
    for key, table in draft.tables.items():
        for index in table.places:
            row = table.entries[index]
            for option in _vertices(len(row)) if table.law else _both(table.domain):
                if np.any(option != row):
                    yield Edit(key, index, option)


def _both(domain: Any) -> tuple[Fraction, ...]:
    return Fraction(domain.low), Fraction(domain.high)


def _whole(table: Table) -> Iterator[NDArray[Any]]:
    """All numbers of a table moved to one denominator after the other."""
    for denominator in DENOMINATORS:
        entries = np.empty(table.floats.shape, dtype=object)
        for index in table.places:
            row = table.entries[index]
            law = table.law
            entries[index] = _nearest_law(row, denominator) if law else Fraction(round(row * denominator), denominator)
        yield entries


def _vertices(n: int) -> Iterator[NDArray[Any]]:
    for i in range(n):
        vertex = np.full(n, Fraction(0), dtype=object)
        vertex[i] = Fraction(1)
        yield vertex


def _simpler_laws(row: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Vertices, halves, the uniform law, and the nearest laws of small denominators."""
    n = len(row)
    yield from _vertices(n)
    for i in range(n):
        for j in range(i):
            halves = np.full(n, Fraction(0), dtype=object)
            halves[[i, j]] = HALF
            yield halves
    support = row != 0
    for inside in (support, np.ones(n, dtype=bool)):
        yield np.array([Fraction(int(i), int(inside.sum())) for i in inside], dtype=object)
    for denominator in DENOMINATORS[2:]:
        yield _nearest_law(row, denominator)
        if denominator >= support.sum():
            yield _nearest_law(row, denominator, least=1)


def _nearest_law(row: NDArray[Any], denominator: int, *, least: int = 0) -> NDArray[Any]:
    """Multiples of a unit fraction that sum to one, by largest remainders; at least ``least`` where positive."""
    units = [max(floor(p * denominator), least * (p > 0)) for p in row]
    while (missing := denominator - sum(units)) != 0:
        sign = 1 if missing > 0 else -1
        open_ = [i for i in range(len(row)) if row[i] > 0 and (sign > 0 or units[i] > least)]
        units[max(open_, key=lambda i: sign * (row[i] * denominator - units[i]))] += sign
    return np.array([Fraction(unit, denominator) for unit in units], dtype=object)


def _simpler_numbers(x: Fraction, domain: Any) -> list[Fraction]:
    """0, 1, their like, and the nearest fractions of small denominators, simpler than a number and in its domain."""
    assert isinstance(domain, Box)
    options = dict.fromkeys(Fraction(value) for value in (0, 1, HALF, domain.low, domain.high, -1))
    for denominator in DENOMINATORS:
        options |= dict.fromkeys(Fraction(near(x * denominator), denominator) for near in (round, floor, ceil))
    low, high = min(domain.low, x), max(domain.high, x)
    return [value for value in options if low <= value <= high and value != x]


def _elsewhere(draft: Draft, key: Key, index: tuple[int, ...]) -> Iterator[Any]:
    """What tables of the same axes have at the same place, and this one at the step before."""
    table = draft.tables[key]
    for other, candidate in draft.tables.items():
        if other == key:
            break
        if candidate.axes == table.axes and candidate.law == table.law:
            place = index if candidate.n_steps > 1 or candidate.n_steps == table.n_steps else (0, *index[1:])
            if candidate.entries.shape[len(place) :] == table.entries.shape[len(index) :]:
                yield candidate.entries[place]
    if table.n_steps > 1 and index[0] > 0:
        yield table.entries[(index[0] - 1, *index[1:])]
