"""The upper rungs: what a machine has proved of claims."""

from iltheory.proofs.citation import citation
from iltheory.proofs.coq import Checked, prove_in_coq, proved_in_coq
from iltheory.proofs.shapes import prove_for_shapes, proved_for_shapes, tried_for_shapes
from iltheory.proofs.standing import Contradiction, known_theorems, strongest, unchecked
from iltheory.proofs.theorem import Theorem
from iltheory.proofs.vetting import unvetted

__all__ = [
    "Checked",
    "Contradiction",
    "Theorem",
    "citation",
    "known_theorems",
    "prove_for_shapes",
    "prove_in_coq",
    "proved_for_shapes",
    "proved_in_coq",
    "strongest",
    "tried_for_shapes",
    "unchecked",
    "unvetted",
]
