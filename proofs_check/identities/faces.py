"""Where a polynomial that is nowhere negative is 0, and which others then are.

Written in the shares of each row (its variables, and what they leave of 1), a polynomial that is affine in each row and
nowhere negative is a sum of monomials with positive coefficients. It is 0 at a point only if every one of them is, and
then so is every polynomial all of whose monomials are divisible by one of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from proofs_check.identities.algebras import Monomials
from proofs_check.identities.cells import Effort, TooMuchWork
from proofs_check.identities.vertices import Row, in_copies

MOST_TRIED = 2**10
"""Choices of shares that are tried for a point of a cell."""

Face = frozenset[tuple[int, int]]
"""Product of shares: of row i the k-th, where 0 stands for what the variables leave of 1."""

MOST = 2**12
"""Monomials in shares that a polynomial may have."""


def summands(polynomial: Monomials, rows: Sequence[Row], effort: Effort) -> frozenset[Face] | None:
    """Return the products of shares that a polynomial is a positive combination of.

    None if it has other variables, too many monomials, or a coefficient is negative. Powers of a share count as the
    share itself.
    """
    copies = in_copies(polynomial, rows, effort)
    if copies is None:
        return None
    terms, origin = {frozenset(term): c for term, c in copies.terms.items()}, copies.origin
    found: set[Face] = set()
    left = [(terms, frozenset[tuple[int, int]]())]
    while left:
        terms, face = left.pop()
        effort.spend(len(terms))
        row = min((i for term in terms for i, _ in term), default=None)
        if row is None:
            if terms.get(frozenset(), 0) < 0:
                return None
            found |= {frozenset((origin[i], k) for i, k in face)} if terms else set()
            continue
        for k in range(len(rows[origin[row]]) + 1):
            left.append((_at(terms, row, k), face | {(row, k)}))
        if len(left) > MOST:
            return None
    return frozenset(found)


def point_on(rows: Sequence[Row], zero: Iterable[Face]) -> dict[int, Fraction] | None:
    """Return a point at which all of these products of shares are 0; None if there is none.

    Raises
    ------
    TooMuchWork
        If it is not found after `MOST_TRIED` choices of shares to be 0.
    """
    gone = next(shares_gone(rows, zero), None)
    if gone is None:
        return None
    point: dict[int, Fraction] = {}
    for i, row in enumerate(rows):
        weights = [0 if (i, k) in gone else 1 + (7 * i + 5 * k) % 11 for k in range(len(row) + 1)]
        point |= {v: Fraction(w, sum(weights)) for v, w in zip(row, weights[1:], strict=True)}
    return point


def shares_gone(rows: Sequence[Row], zero: Iterable[Face]) -> Iterator[Face]:
    """Choices of shares that make all of these products 0, wherever the shares chosen are 0.

    At every point at which the products are 0, the shares of one of the choices are.

    Raises
    ------
    TooMuchWork
        After `MOST_TRIED` shares were chosen.
    """
    left = [(frozenset[tuple[int, int]](), sorted(zero, key=len))]
    for _ in range(MOST_TRIED):
        if not left:
            return
        gone, faces = left.pop()
        faces = [face for face in faces if not face & gone]
        if faces:
            kept = (share for share in faces[0] if sum(i == share[0] for i, _ in gone) < len(rows[share[0]]))
            left += [(gone | {share}, faces) for share in sorted(kept)]
            continue
        yield gone
    raise TooMuchWork(f"no point of a cell was found in {MOST_TRIED} choices of shares that are 0.")


def vanishes(polynomial: Monomials, rows: Sequence[Row], zero: Iterable[Face], effort: Effort) -> bool:
    """Whether a polynomial is seen to be 0 wherever each of these products of shares is.

    It is written in the shares of the rows that the products mention; each of its monomials must be divisible by one.
    """
    faces = list(zero)
    involved = sorted({i for face in faces for i, _ in face})
    inner = {v for i in involved for v in rows[i]}
    groups: dict[tuple[int, ...], dict[tuple[int, ...], Fraction]] = {}
    for monomial, c in polynomial.items():
        outside = tuple(v for v in monomial if v not in inner)
        groups.setdefault(outside, {})[tuple(v for v in monomial if v in inner)] = c
    return len(groups) <= MOST_TRIED and all(_vanishes(group, rows, faces, effort) for group in groups.values())


def _vanishes(polynomial: Monomials, rows: Sequence[Row], zero: Sequence[Face], effort: Effort) -> bool:
    copies = in_copies(polynomial, rows, effort)
    if copies is None:
        return False
    left = [({frozenset(term): c for term, c in copies.terms.items()}, zero)]
    steps = 0
    while left:
        terms, faces = left.pop()
        effort.spend(len(terms))
        steps += 1
        row = min((i for term in terms for i, _ in term), default=None)
        if row is None:
            # Where the shares chosen so far are positive, the rest of each product must be 0.
            if point_on(rows, faces) is not None:
                return False
            continue
        for k in range(len(rows[copies.origin[row]]) + 1):
            here = _at(terms, row, k)
            smaller = [face - {(copies.origin[row], k)} for face in faces]
            if here and all(smaller):
                left.append((here, smaller))
        if steps + len(left) > MOST:
            return False
    return True


def _at(terms: dict[Face, Fraction], row: int, k: int) -> dict[Face, Fraction]:
    """A polynomial that is affine in a row, at one of its vertices."""
    found: dict[Face, Fraction] = {}
    for term, c in terms.items():
        own = {share for share in term if share[0] == row}
        if not own or (row, k) in own:
            rest = term - own
            found[rest] = found.get(rest, Fraction(0)) + c
    return {term: c for term, c in found.items() if c}
