"""Prove a claim for all models of one shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from iltheory.attack.coordinates import Shape
from iltheory.claims.claim import Claim, collecting
from iltheory.claims.kinds import Model
from proofs_check.identities.algebras import Algebra, Flint
from proofs_check.identities.shapes import TooManyCells, generic
from sims.arithmetic import NotRepresentable

IDENTITY, VERTICES = "polynomial identity", "vertices of polytopes"


@dataclass(frozen=True)
class ShapeProof:
    """A claim that holds for all instances of a shape.

    Attributes
    ----------
    claim : its id
    words : the shape, such as ``S=2, A=2, H=3``
    method : ``polynomial identity``: both sides are the same polynomial; ``vertices of polytopes``: their difference is
        affine in each row of probabilities and in each reward, and not negative where all of them are at their ends,
        which for rewards are those of the claim's kind of model, such as [0, 1]
    cells : parts of the domain on which sides are polynomials
    variables : free numbers of an instance
    """

    claim: str
    words: str
    method: str
    cells: int
    variables: int


def prove_for_shape(
    claim: Claim, shape: Shape, *, algebra: Callable[[tuple[str, ...]], Algebra] = Flint
) -> ShapeProof | None:
    """Evaluate a claim on polynomials; return the proof, or None if the comparison is not certain everywhere.

    Of what the claim assumes only the ranges of its numbers are used, such as rewards in [0, 1].

    Raises
    ------
    NotRepresentable
        If a side is no polynomial, on any of the cells tried.
    TooManyCells
        If there are too many cells to list.
    """
    if claim.statistical or any(isinstance(kind, Model) and not kind.finite for kind in claim.parameters.values()):
        raise NotRepresentable(f"{claim.id}: what is sampled or discounted is no polynomial.")
    try:
        return _proved(claim, shape, split=False, algebra=algebra)
    except NotRepresentable:
        return _proved(claim, shape, split=True, algebra=algebra)


def _proved(
    claim: Claim, shape: Shape, *, split: bool, algebra: Callable[[tuple[str, ...]], Algebra]
) -> ShapeProof | None:
    found = generic(claim, shape, split=split, algebra=algebra)
    if not found.variables:
        raise NotRepresentable(f"{claim.id}: there is one instance of this shape.")
    with collecting():
        comparison = replace(claim, assumptions=()).evaluate(found.instance)
    if not np.all(comparison.holds):
        return None
    method = IDENTITY if comparison.op == "==" else VERTICES
    return ShapeProof(claim.id, found.words, method, found.cells, found.variables)


__all__ = ["IDENTITY", "VERTICES", "ShapeProof", "TooManyCells", "prove_for_shape"]
