"""All instances of a claim that have one shape, as one instance whose numbers are polynomials."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.coordinates import Block, Coordinates, Shape
from iltheory.claims.claim import Claim
from iltheory.claims.domains import Box, Rows
from iltheory.claims.kinds import SMALLEST, Count, Instance, Model, PolicyKind, PositiveNumber
from iltheory.claims.kinds import Sequence as Series
from proofs_check.identities.algebras import Algebra, Flint
from proofs_check.identities.cells import EVERYWHERE, MOST, Cell, Effort, TooManyCells
from proofs_check.identities.polynomial import Polynomials
from proofs_check.identities.vertices import Row
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import RATIONAL, NotRepresentable, Numbers, System

ANY_DISCOUNT = "gamma in [0, 1)"
"""How a shape is written whose models may have any discount."""

EACH = slice(None)
"""All cells that are listed."""

SPARE = 2**6
"""Positive parts of polynomials that a formula may have."""


@dataclass(frozen=True)
class Simplex:
    """Vertices of a simplex in which several tables have their rows: coordinates are shares of the vertices.

    Attributes
    ----------
    vertices : of each table ``[vertices, n]``
    """

    vertices: tuple[NDArray[Any], ...]


class Domain:
    """All instances of a claim that have one shape.

    Distributions are shares of the vertices of a simplex, the last of which is what the others leave; a number in
    [low, high] is a mixture of the ends, a positive number is ``x / (1 - x)``, and a discount is free. What is no
    polynomial on the whole domain is one on each of finitely many cells, which are listed along the batch axis: rows
    that must be deterministic are one of n vertices.

    Parameters
    ----------
    claim : the claim
    shape : sizes of its instances
    split : whether rows ``p, q`` of two policies, if the claim has two, lie in cells by the signs of ``p - q``, too
    spare : whether there are variables for positive parts of polynomials
    algebra : makes polynomials from names of variables

    Attributes
    ----------
    words : the shape
    cells : how many are listed
    variables : how many numbers are free

    Raises
    ------
    TooManyCells
        If there are too many cells.
    NotRepresentable
        If a parameter has no table of numbers, or its numbers have no ends.
    """

    def __init__(
        self,
        claim: Claim,
        shape: Shape,
        *,
        split: bool = False,
        spare: bool = False,
        algebra: Callable[[tuple[str, ...]], Algebra] = Flint,
    ) -> None:
        for name, kind in claim.parameters.items():
            if not isinstance(kind, Model | Count) and kind.domain is None:
                raise NotRepresentable(f"{claim.id}: {name} ranges over what is no table of numbers between ends.")
        self.claim = claim
        self._coordinates = Coordinates(claim, shape, np.random.default_rng(0))
        self._discounted = any(isinstance(kind, Model) and not kind.finite for kind in claim.parameters.values())
        self.words = words_of(self._coordinates)
        blocks = self._coordinates.blocks
        pair = _pair(claim, blocks) if split else []
        groups = [[block for block in blocks if block in pair], *([block] for block in blocks if block not in pair)]
        self._options = [(group, self._simplices(group), _places(group[0])) for group in groups if group]
        counts = [len(choices) ** prod(places) for _, choices, places in self._options]
        if prod(counts) > MOST:
            raise TooManyCells(f"{self.words} has {prod(counts)} cells, more than {MOST}.")
        self._widest = [
            (prod(places), max(len(c.vertices[0]) for c in choices) - 1) for _, choices, places in self._options
        ]
        self._picks = np.array(
            list(product(*(range(len(c)) for _, c, places in self._options for _ in range(prod(places)))))
        )
        self.cells = len(self._picks)
        self._rows = [*_rows([*self._widest, *([(1, 1)] * self._discounted)])]
        self.variables = sum(map(len, self._rows))
        self._spare = range(self.variables, self.variables + SPARE * spare)
        self._algebra = algebra(tuple(f"x{v}" for v in range(self.variables + SPARE * spare)))

    def _simplices(self, group: Sequence[Block]) -> list[Simplex]:
        """The cells in which one row of each block of a group may lie."""
        first = group[0]
        if isinstance(first.domain, Rows):
            ends = np.eye(first.shape[-1], dtype=np.int64)
        elif self._unbounded(first):
            ends = np.array([[0], [1]], dtype=object)
        else:  # searches stop short of 0, a proof does not
            low = 0 if first.domain.low == SMALLEST else first.domain.low
            ends = np.array([[low], [first.domain.high]], dtype=object)
        return _simplices_of(ends, len(group) == 2, _deterministic(first))

    def _unbounded(self, block: Block) -> bool:
        """Whether a number may be any positive one."""
        kind = self.claim.parameters[block.name]
        return isinstance(kind.of if isinstance(kind, Series) else kind, PositiveNumber)

    def ring(self, cell: Cell = EVERYWHERE, effort: Effort | None = None) -> Polynomials:
        """The number system of a cell."""
        x = self._algebra.variables
        positive = [1 - x[self._rows[-1][0]]] if self._discounted else []
        rows = iter(self._rows)
        for (group, _, _), (number, _) in zip(self._options, self._widest, strict=True):
            own = [next(rows) for _ in range(number)]
            domain, unbounded = group[0].domain, self._unbounded(group[0])
            if unbounded or (isinstance(domain, Box) and domain.low == SMALLEST):
                positive += [x[row[0]] for row in own]
            if unbounded:
                positive += [1 - x[row[0]] for row in own]
        return Polynomials(self._algebra, self._rows, positive=positive, cell=cell, spare=self._spare, effort=effort)

    def instance(self, ring: Polynomials) -> Instance:
        """The instances: numbers of the ring, with a batch axis over the listed cells."""
        variables = ring.variables()
        if self._discounted:
            ring.discount = variables[-1].entries[()]
        return self._instance(variables)

    def instance_at(self, point: Mapping[int, Fraction], cells: slice = EACH) -> Instance:
        """The instances at a point, in exact rationals, of all listed cells or some."""
        values = np.empty(self.variables, dtype=object)
        values[:] = [point[v] for row in self._rows for v in row]
        return self._instance(RATIONAL.convert(values), cells)

    def _instance(self, variables: Numbers, cells: slice = EACH) -> Instance:
        """The instances whose free numbers are given."""
        system = ar.system_of(variables)
        shares = iter(_shares(variables, self._widest))
        found: dict[Block, Numbers] = {}
        used = 0
        for group, choices, places in self._options:
            picks, used = self._picks[cells, used : used + prod(places)], used + prod(places)
            tables = _filled(system, next(shares), choices, picks, places)
            if self._unbounded(group[0]):
                tables = [table / (1 - table) for table in tables]
            found |= zip(group, tables, strict=True)
        tables = [ar.reshape(found[block], (-1, *block.shape)) for block in self._coordinates.blocks]
        instance = self._coordinates.instance(tables)
        if not self._discounted:
            return instance
        gamma = variables[-1]
        return {n: v.with_end(discount=gamma) if isinstance(v, TabularMDP) else v for n, v in instance.items()}


def words_of(coordinates: Coordinates) -> str:
    """A shape in words, whatever its discount."""
    return re.sub("gamma=[^,]*", ANY_DISCOUNT, coordinates.words)


def _pair(claim: Claim, blocks: tuple[Block, ...]) -> list[Block]:
    """The two policies of a claim that has two, or none."""
    policies = [b for b in blocks if isinstance(claim.parameters[b.name], PolicyKind) and not _deterministic(b)]
    return policies if len(policies) == 2 and policies[0].shape == policies[1].shape else []


def _deterministic(block: Block) -> bool:
    return block.domain.deterministic if isinstance(block.domain, Rows) else block.domain.ends_only


def _places(block: Block) -> tuple[int, ...]:
    """Where the rows (or the numbers) of a block are."""
    return block.shape[:-1] if isinstance(block.domain, Rows) else block.shape


def _simplices_of(ends: NDArray[Any], pair: bool, deterministic: bool) -> list[Simplex]:
    """The cells in which one row of each block of a group may lie."""
    if pair:
        return [_cell(len(ends), set(above)) for above in _proper_subsets(len(ends))]
    return [Simplex((end[None],)) for end in ends] if deterministic else [Simplex((ends[::-1],))]


def _proper_subsets(n: int) -> Iterator[tuple[int, ...]]:
    return (subset for k in range(1, n) for subset in combinations(range(n), k)) if n > 1 else iter([()])


def _cell(n: int, above: set[int]) -> Simplex:
    """Pairs ``p, q`` with ``p >= q`` on a set and ``p <= q`` off it.

    An optimal coupling of them moves mass from the set to the rest and nowhere else; so they are mixtures of
    ``(e_i, e_i)`` and of ``(e_i, e_j)`` with i in the set and j not in it.
    """
    pairs = [(i, j) for i in above for j in range(n) if j not in above] + [(i, i) for i in range(n)]
    unit = np.eye(n, dtype=np.int64)
    return Simplex((unit[[i for i, _ in pairs]], unit[[j for _, j in pairs]]))


def _rows(widest: Sequence[tuple[int, int]]) -> Iterator[Row]:
    """Variables of each row, numbered through."""
    used = 0
    for number, length in widest:
        for _ in range(number):
            yield tuple(range(used, used + length))
            used += length


def _shares(variables: Numbers, widest: Sequence[tuple[int, int]]) -> Iterator[Numbers]:
    """Variables of each group ``[rows, length]``."""
    used = 0
    for number, length in widest:
        yield variables[used : used + number * length].reshape((number, length))
        used += number * length


def _filled(
    system: System, shares: Numbers, choices: Sequence[Simplex], picks: NDArray[np.intp], places: tuple[int, ...]
) -> list[Numbers]:
    """Tables ``[cells, *places, n]`` of a group: shares times vertices, of the simplex that each cell picks."""
    tables = []
    for k in range(len(choices[0].vertices)):
        by_choice = []
        for choice in choices:
            vertices = system.convert(choice.vertices[k])
            m = vertices.shape[0] - 1
            own = shares[:, :m]
            last = (1 - ar.sum(own, -1) if m else system.convert(np.ones(len(picks[0]), dtype=np.int64)))[:, None]
            by_choice.append(ar.einsum("rv,vn->rn", ar.concatenate([own, last], axis=1), vertices))
        stacked = ar.stack(by_choice)  # [choices, rows, n]
        tables.append(stacked[picks, np.arange(picks.shape[1])])
    return tables
