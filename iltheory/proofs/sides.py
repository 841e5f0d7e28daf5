"""Both sides of claims in the words of ``proofs_check/coq/Definitions``, and why those of a claim are not there.

False variants are there, too, so that counterexamples can be certified. Tests compute both sides in Coq and compare
them with the claims.
"""

from __future__ import annotations

from dataclasses import dataclass

from iltheory.attack.references import reference
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import (
    Count,
    Model,
    PolicyKind,
    PositiveNumber,
    RewardKind,
    Sequence,
    StateFunctionKind,
    UnitNumber,
)
from iltheory.proofs import sides_discounted, sides_finite
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable


def _spelt_out(bounds: dict[str, tuple[str, dict[str, str | tuple[str, str]]]]) -> dict[str, tuple[str, str]]:
    return {
        f"{id}/{variant}" if variant else id: (left, sides) if isinstance(sides, str) else sides
        for id, (left, variants) in bounds.items()
        for variant, sides in variants.items()
    }


SIDES: dict[str, tuple[str, str]] = _spelt_out(sides_finite.BOUNDS) | _spelt_out(sides_discounted.BOUNDS)
"""Left and right side by the id of the claim, or of its false variant."""

RATIONAL = ar.get_system("rational")
WRITTEN = (Model, PolicyKind, RewardKind, StateFunctionKind, UnitNumber, PositiveNumber, Count)
"""Kinds of parameters that Coq can be given as tables of rational numbers."""


@dataclass(frozen=True)
class Lack:
    """What keeps a claim from being certified.

    Attributes
    ----------
    kind : sides that are ``sampled`` or ``irrational``, or a ``parameter`` or ``sides`` not written in Coq
    words : for people
    """

    kind: str
    words: str


def lacking(claim: Claim) -> Lack | None:
    """Say what is missing for certificates of a claim, or of a false variant; None if nothing is."""
    if claim.id in SIDES and reference(claim) == claim.id:  # another claim may have the same id
        return None
    if claim.statistical:
        return Lack("sampled", "its sides are estimated from samples")
    if _irrational(claim):
        return Lack("irrational", "a logarithm, exponential or root in its sides is no rational number")
    for name, kind in claim.parameters.items():
        if not isinstance(kind.of if isinstance(kind, Sequence) else kind, WRITTEN):
            return Lack("parameter", f"its parameter {name} ({kind}) is not written in Coq")
    return Lack("sides", "its sides are not written in Coq (iltheory/proofs/sides_finite.py, sides_discounted.py)")


def _irrational(claim: Claim) -> bool:
    """Whether sides are no rational numbers on the instance that comes with a claim, if one does."""
    if claim.counterexample is not None:
        example = claim.counterexample()
    elif claim.tight is not None:
        example = claim.tight().instance
    else:
        return False
    try:
        claim(**claim.convert(claim.bind_any(example), RATIONAL))
    except NotRepresentable:
        return True
    return False
