"""Prove a claim for all models of one shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iltheory.attack.coordinates import Shape
from iltheory.claims.claim import Claim, collecting
from proofs_check.identities.algebras import Algebra, Flint
from proofs_check.identities.cells import Cell, Effort, TooManyCells, TooMuchWork, all_cells
from proofs_check.identities.certificates import certificate_for
from proofs_check.identities.concave import cases, constraints_of, least_if_concave
from proofs_check.identities.points import check, points
from proofs_check.identities.polynomial import PATIENCE, LeavesTheRing, Polynomials
from proofs_check.identities.quotients import numerator
from proofs_check.identities.shapes import Domain
from sims.arithmetic import REFUTED, Comparison, NotRepresentable
from sims.arithmetic.functions import coerce_all

IDENTITY, VERTICES, CERTIFICATE = "polynomial identity", "vertices of polytopes", "certificate of rational weights"


@dataclass(frozen=True)
class ShapeProof:
    """A claim that holds for all instances of a shape.

    Attributes
    ----------
    claim : its id
    words : the shape, such as ``S=2, A=2, H=3``
    method : ``polynomial identity``: both sides are the same polynomial, or the same quotient of polynomials;
        ``vertices of polytopes``: their difference is affine, or concave, in each row of probabilities and in each
        reward, and not negative where all of them are at their ends, which for rewards are those of the claim's kind of
        model, such as [0, 1]; ``certificate of rational weights``: the difference is a sum of products of what is not
        negative
    cells : parts of the domain on which the formula takes one branch
    variables : free numbers of an instance
    """

    claim: str
    words: str
    method: str
    cells: int
    variables: int


def prove_for_shape(
    claim: Claim,
    shape: Shape,
    *,
    algebra: Callable[[tuple[str, ...]], Algebra] = Flint,
    patience: int = PATIENCE,
) -> ShapeProof | None:
    """Evaluate a claim on polynomials; return the proof, or None if the comparison is not certain everywhere.

    Of what the claim assumes the ranges of its numbers are used, such as rewards in [0, 1], and other assumptions where
    they certainly fail on a cell.

    Parameters
    ----------
    claim : the claim
    shape : sizes of its instances
    algebra : computes with polynomials
    patience : monomials that it may handle

    Raises
    ------
    NotRepresentable
        If a side is no quotient of polynomials, on any of the cells tried.
    TooManyCells
        If there are too many cells to list.
    TooMuchWork
        If it would handle more.
    """
    if claim.statistical:
        raise NotRepresentable(f"{claim.id}: what is sampled is no polynomial.")
    problems: list[NotRepresentable] = []
    effort = Effort(patience)
    # From fast to slow: domains that are not divided, then divided; signs that are known, then positive parts.
    ways = [(False, False, True), (False, True, True), (True, False, False), (True, True, False)]
    ways += [(True, False, True), (True, True, True)]
    for spare, split, certified in ways:
        domain = Domain(claim, shape, split=split, spare=spare, algebra=algebra)
        try:
            found = _proved(domain, certified, effort)
        except LeavesTheRing:
            raise
        except NotRepresentable as problem:
            problems.append(problem)
        else:
            if found is not None or not spare:
                return found
    if len(problems) == len(ways):
        raise problems[0]
    return None


def _proved(domain: Domain, certified: bool, effort: Effort) -> ShapeProof | None:
    if not domain.variables:
        raise NotRepresentable(f"{domain.claim.id}: there is one instance of this shape.")
    methods: set[str] = set()

    def settle(cell: Cell) -> int | None:
        ring = domain.ring(cell, effort)
        if ring.empty:
            return 0
        method = _settled(domain, ring, certified)
        methods.update({method} if method else ())
        return 1 if method else None

    cells = all_cells(settle)
    if cells is None:
        return None
    method = next((method for method in (CERTIFICATE, VERTICES) if method in methods), IDENTITY)
    return ShapeProof(domain.claim.id, domain.words, method, cells * domain.cells, domain.variables)


def _settled(domain: Domain, ring: Polynomials, certified: bool) -> str | None:
    """How the claim was proved on a cell, if it was."""
    claim, instance = domain.claim, domain.instance(ring)
    problem: NotRepresentable | None = None
    try:
        with collecting():
            comparison = replace(claim, assumptions=()).evaluate(instance)
        ring.effort.spend(0)  # the formula may have caught that it was too much
        if ring.refused:
            raise LeavesTheRing(f"{claim.id}: the formula went on where polynomials refused, which is another formula.")
        method = how_it_holds(comparison, ring, certified)
    except NotRepresentable as caught:
        method, problem = None, caught
    if method is not None:
        check(domain, comparison, ring)
        return method
    if _excluded(claim, instance) and all(_excluded(claim, domain.instance_at(point)) for point in points(ring)):
        return IDENTITY
    if problem is not None:
        raise problem
    return None


def _excluded(claim: Claim, instance: Any) -> bool:
    """Whether an assumption fails at all points."""
    for assumption in claim.assumptions:
        for condition in assumption.conditions(instance):
            try:
                verdicts = condition.verdicts if isinstance(condition, Comparison) else np.asarray(condition) - 1
            except NotRepresentable:
                continue
            if np.size(verdicts) and np.all(verdicts == REFUTED):
                return True
    return False


def how_it_holds(comparison: Comparison, ring: Polynomials, certified: bool) -> str | None:
    """The method that proves a comparison at all points, if one does."""
    _, (lhs, rhs) = coerce_all(comparison.lhs, comparison.rhs)
    differences = (lhs - rhs).entries.ravel()
    if not differences.size:
        raise LeavesTheRing("a comparison of empty tables states nothing, so there is nothing to prove.")
    if comparison.op == "==":
        return IDENTITY if not any(map(ring.monomials, differences)) else None
    sign = 1 if comparison.op in (">=", ">") else -1
    if comparison.op in ("<", ">"):
        return VERTICES if all(ring.positive(p * sign) for p in differences) else None
    methods = set()
    for p in differences:
        method = _not_negative(p * sign, ring, certified)
        if method is None:
            return None
        methods.add(method)
    return CERTIFICATE if CERTIFICATE in methods else VERTICES


def _not_negative(p: Any, ring: Polynomials, certified: bool) -> str | None:
    """How a quotient is known to be at least 0 at all points."""
    if ring.sign(p) == 1:
        return VERTICES
    monomials, parts = ring.monomials(numerator(p)), ring.parts.known
    low = least_if_concave(monomials, parts, ring.rows, ring.effort)
    if low is not None and low >= 0:
        return VERTICES
    targets = cases(monomials, parts, ring.rows, ring.effort) if certified else None
    if targets is None:
        return None
    constraints = constraints_of(parts)
    certificates = (certificate_for(target, constraints, ring.rows, ring.effort) for target in targets)
    return CERTIFICATE if all(found is not None for found in certificates) else None


__all__ = ["CERTIFICATE", "IDENTITY", "VERTICES", "ShapeProof", "TooManyCells", "TooMuchWork", "prove_for_shape"]
