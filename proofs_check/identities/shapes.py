"""All instances of a claim that have one shape, as one instance whose numbers are polynomials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.coordinates import Block, Coordinates, Shape
from iltheory.claims.claim import Claim
from iltheory.claims.domains import Box, Rows
from iltheory.claims.kinds import SMALLEST, Count, Instance, Model, PolicyKind, PositiveNumber
from proofs_check.identities.algebras import Algebra, Flint
from proofs_check.identities.polynomial import Polynomials
from proofs_check.identities.vertices import Row
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable, Numbers
from sims.errors import IltheoryError

MOST = 2**8
"""Cells of a domain that are listed."""


class TooManyCells(IltheoryError, ValueError):
    """The domain of a shape has too many cells to list."""


@dataclass(frozen=True)
class Generic:
    """The instances of a shape.

    Attributes
    ----------
    instance : values of the parameters: polynomials, with a batch axis over the cells of the domain
    words : the shape
    cells : how many there are
    variables : how many numbers are free
    """

    instance: Instance
    words: str
    cells: int
    variables: int


@dataclass(frozen=True)
class Simplex:
    """Vertices of a simplex in which several tables have their rows: coordinates are shares of the vertices.

    Attributes
    ----------
    vertices : of each table ``[vertices, n]``
    """

    vertices: tuple[NDArray[Any], ...]


def generic(
    claim: Claim, shape: Shape, *, split: bool = False, algebra: Callable[[tuple[str, ...]], Algebra] = Flint
) -> Generic:
    """Return the instances of a claim that have one shape.

    Distributions are shares of the vertices of a simplex, the last of which is what the others leave; a number in
    [low, high] is a mixture of the ends. What is no polynomial on the whole domain is one on each of finitely many
    cells, which are listed along the batch axis: rows that must be deterministic are one of n vertices.

    Parameters
    ----------
    split : whether rows ``p, q`` of two policies, if the claim has two, lie in cells by the signs of ``p - q``, too
    algebra : makes polynomials from names of variables

    Raises
    ------
    TooManyCells
        If there are more than `MOST` cells.
    NotRepresentable
        If a parameter has no table of numbers, or its numbers have no ends.
    """
    for name, kind in claim.parameters.items():
        if not isinstance(kind, Model | Count) and (kind.domain is None or isinstance(kind, PositiveNumber)):
            raise NotRepresentable(f"{claim.id}: {name} ranges over what is no table of numbers between ends.")
    coordinates = Coordinates(claim, shape, np.random.default_rng(0))
    blocks = coordinates.blocks
    pair = _pair(claim, blocks) if split else []
    groups = [[block for block in blocks if block in pair], *([block] for block in blocks if block not in pair)]
    options = [(group, _options(group), _places(group[0])) for group in groups if group]
    counts = [len(choices) ** prod(places) for _, choices, places in options]
    if prod(counts) > MOST:
        raise TooManyCells(f"{coordinates.words} has {prod(counts)} cells, more than {MOST}.")
    widest = [(prod(places), max(len(c.vertices[0]) for c in choices) - 1) for _, choices, places in options]
    rows = list(_rows(widest))
    ring = Polynomials(algebra(tuple(f"x{v}" for row in rows for v in row)), rows)
    shares = iter(_shares(ring, widest))
    found: dict[Block, Numbers] = {}
    cells = np.array(list(product(*(range(len(c)) for _, c, places in options for _ in range(prod(places))))))
    used = 0
    for group, choices, places in options:
        picks, used = cells[:, used : used + prod(places)], used + prod(places)
        found |= zip(group, _filled(ring, next(shares), choices, picks, places), strict=True)
    tables = [ar.reshape(found[block], (len(cells), *block.shape)) for block in blocks]
    return Generic(coordinates.instance(tables), coordinates.words, len(cells), sum(map(len, rows)))


def _pair(claim: Claim, blocks: tuple[Block, ...]) -> list[Block]:
    """The two policies of a claim that has two, or none."""
    policies = [b for b in blocks if isinstance(claim.parameters[b.name], PolicyKind) and not _deterministic(b)]
    return policies if len(policies) == 2 and policies[0].shape == policies[1].shape else []


def _deterministic(block: Block) -> bool:
    return block.domain.deterministic if isinstance(block.domain, Rows) else block.domain.ends_only


def _places(block: Block) -> tuple[int, ...]:
    """Where the rows (or the numbers) of a block are."""
    return block.shape[:-1] if isinstance(block.domain, Rows) else block.shape


def _options(group: Sequence[Block]) -> list[Simplex]:
    """The cells in which one row of each block of a group may lie."""
    first = group[0]
    if isinstance(first.domain, Box):
        low = 0 if first.domain.low == SMALLEST else first.domain.low  # searches stop short of 0, a proof does not
        ends = np.array([[low], [first.domain.high]], dtype=object)
    else:
        ends = np.eye(first.shape[-1], dtype=np.int64)
    if len(group) == 2:
        return [_cell(len(ends), set(above)) for above in _proper_subsets(len(ends))]
    return [Simplex((end[None],)) for end in ends] if _deterministic(first) else [Simplex((ends[::-1],))]


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


def _shares(ring: Polynomials, widest: Sequence[tuple[int, int]]) -> Iterator[Numbers]:
    """Variables of each group ``[rows, length]``."""
    variables, used = ring.variables(), 0
    for number, length in widest:
        yield variables[used : used + number * length].reshape((number, length))
        used += number * length


def _filled(
    ring: Polynomials, shares: Numbers, choices: Sequence[Simplex], picks: NDArray[np.intp], places: tuple[int, ...]
) -> list[Numbers]:
    """Tables ``[cells, *places, n]`` of a group: shares times vertices, of the simplex that each cell picks."""
    tables = []
    for k in range(len(choices[0].vertices)):
        by_choice = []
        for choice in choices:
            vertices = ring.convert(choice.vertices[k])
            m = vertices.shape[0] - 1
            own = shares[:, :m]
            last = (1 - ar.sum(own, -1) if m else ring.convert(np.ones(len(picks[0]), dtype=np.int64)))[:, None]
            by_choice.append(ar.einsum("rv,vn->rn", ar.concatenate([own, last], axis=1), vertices))
        stacked = ar.stack(by_choice)  # [choices, rows, n]
        tables.append(stacked[picks, np.arange(picks.shape[1])])
    return tables
