"""What is proved, not checked on instances: of all finite models, or of all of one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from proofs_check.coq.refusals import REALS

ALL, SHAPE = "proved", "shape"
"""Rungs: every finite set of states and actions, every horizon; or one shape."""
REALS_ASSUMED = "the axioms of Coq's real numbers"


@dataclass(frozen=True)
class Theorem:
    """A statement with a proof that a machine checked.

    Attributes
    ----------
    claim : id in the catalogue; None of what theorems rest on and no claim states
    rung : ``proved`` or ``shape``
    verdict : in the strict words
    name : of the theorem in Coq, or the method of the proof
    about : the statement in words, where the claim's differ or there is no claim
    text : the statement as it was proved, and the statements that it names
    assumptions : axioms that the proof uses; none if it is closed
    seconds : of checking it, with whatever shares its file
    shapes : those that it covers, in words such as ``S=3, A=2, H=3``; none where it covers all
    checker : the Coq and the libraries that accepted it, by their versions
    """

    claim: str | None
    rung: str
    verdict: str
    name: str
    about: str
    text: str
    assumptions: tuple[str, ...]
    seconds: float
    shapes: tuple[str, ...] = ()
    checker: str = ""

    @property
    def assumed(self) -> str:
        """What the proof assumes, in words."""
        if not self.assumptions:
            return "no axiom"
        return REALS_ASSUMED if REALS.issuperset(self.assumptions) else ", ".join(self.assumptions)

    @property
    def words(self) -> str:
        """The verdict, with what it assumes."""
        return f"{self.verdict}; assumes {self.assumed}" if self.assumptions else self.verdict

    @property
    def document(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "assumptions": list(self.assumptions), "shapes": list(self.shapes)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Theorem:
        """Inverse of `document`."""
        return cls(**{**document, **{name: tuple(document.get(name, ())) for name in ("assumptions", "shapes")}})
