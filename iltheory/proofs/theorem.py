"""What is proved, not checked on instances: of all finite models, or of all of one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ALL, SHAPE = "proved", "shape"
"""Rungs: every finite set of states and actions, every horizon; or one shape."""


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
    text : the statement as it was proved
    assumptions : axioms that the proof uses; none if it is closed
    seconds : of checking it, with whatever shares its file
    shapes : those that it covers, in words such as ``S=3, A=2, H=3``; none where it covers all
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

    @property
    def document(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "assumptions": list(self.assumptions), "shapes": list(self.shapes)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Theorem:
        """Inverse of `document`."""
        return cls(**{**document, **{name: tuple(document.get(name, ())) for name in ("assumptions", "shapes")}})
