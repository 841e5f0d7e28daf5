"""A net under proofs for shapes: at random points, what was proved is what the claim computes there, and it holds.

A proof is about polynomials. It is one about the claim only if its formula computes the values of these polynomials on
exact rationals, too: a formula that asks what kind of numbers it was given, or counts its calls, need not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from iltheory.claims.claim import collecting
from proofs_check.identities.faces import Face, shares_gone
from proofs_check.identities.polynomial import LeavesTheRing, Polynomials
from proofs_check.identities.shapes import EACH, Domain
from sims.arithmetic import Comparison, equal

POINTS = 7
"""Points of each cell: one inside, and others where some shares are 0."""
ALONE = 5
"""Listed cells that are evaluated alone."""
TRIES = 16
"""Points that are drawn for the others."""
DENOMINATOR = 64
"""Of shares at random points, unless there are more: that of all numbers stays small."""


def points(ring: Polynomials) -> Iterator[Mapping[int, Fraction]]:
    """Random points of the cell of a ring, none only if it has none."""
    rng = np.random.default_rng(0)
    for gone in shares_gone(ring.rows, ring.zero):
        inner = _point(ring, gone, rng, kept=1)
        if ring.within(inner):
            break
    else:
        return
    yield inner
    found = 1
    for _ in range(TRIES):
        point = _point(ring, gone, rng, kept=1 / 2)
        if found < POINTS and ring.within(point):
            found += 1
            yield point


def check(domain: Domain, proved: Comparison, ring: Polynomials) -> None:
    """Evaluate a claim without its assumptions at points of a cell, beside what was proved.

    At the first point, some of the cells that are listed along the batch axis are evaluated alone, too: what mixes
    the instances of a batch states nothing about each.

    Parameters
    ----------
    domain : the claim, and the shape whose listed cells are along the batch axis
    proved : the comparison of polynomials that holds on the cell
    ring : those polynomials

    Raises
    ------
    LeavesTheRing
        If a side is not what the polynomials are there, or the comparison is not certain.
    """
    for i, point in enumerate(points(ring)):
        _check_at(domain, proved, ring, point, EACH)
        if i == 0 and domain.cells > 1:
            some = np.random.default_rng(0).choice(domain.cells, min(domain.cells, ALONE), replace=False)
            for cell in some:
                _check_at(domain, proved, ring, point, slice(cell, cell + 1))


def _check_at(
    domain: Domain, proved: Comparison, ring: Polynomials, point: Mapping[int, Fraction], cells: slice
) -> None:
    claim = domain.claim
    with collecting():
        exact = replace(claim, assumptions=()).evaluate(domain.instance_at(point, cells))
    for side in ("lhs", "rhs"):
        polynomial, number = ring.at(ring.coerce(getattr(proved, side)), point), getattr(exact, side)
        if polynomial.ndim and len(polynomial) == domain.cells:
            polynomial = polynomial[cells]
        if exact.op != proved.op or not equal(number, polynomial).all():
            raise LeavesTheRing(
                f"{claim.id}: the formula takes the kind of its numbers into account, or more than them, or other "
                f"instances of a batch: at a point of the shape the {side} of {exact.op} is {number} on exact "
                f"rationals, and of {proved.op} it is {polynomial} by the polynomials. What computes something else is "
                "no polynomial."
            )
    if not exact.all():
        raise LeavesTheRing(f"{claim.id}: at a point of the shape {exact} is false, so the polynomials prove nothing.")


def _point(ring: Polynomials, gone: Face, rng: np.random.Generator, *, kept: float) -> dict[int, Fraction]:
    """Shares of each row, positive where they are kept, and at least one of them is."""
    point: dict[int, Fraction] = {}
    for i, row in enumerate(ring.rows):
        free = [k for k in range(len(row) + 1) if (i, k) not in gone]
        positive = [k for k in free if rng.random() < kept] or [free[rng.integers(len(free))]]
        whole = max(DENOMINATOR, len(positive))
        cuts = np.sort(rng.choice(np.arange(1, whole), size=len(positive) - 1, replace=False))
        shares = dict(zip(positive, np.diff([0, *cuts, whole]), strict=True))
        point |= {v: Fraction(int(shares.get(k, 0)), whole) for k, v in enumerate(row, 1)}
    return point
