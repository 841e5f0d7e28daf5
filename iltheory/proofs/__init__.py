"""The upper rungs: what a machine has proved of claims."""

from iltheory.proofs.coq import prove_in_coq, proved_in_coq
from iltheory.proofs.shapes import prove_for_shapes, proved_for_shapes
from iltheory.proofs.theorem import Theorem

__all__ = ["Theorem", "prove_for_shapes", "prove_in_coq", "proved_for_shapes", "proved_in_coq"]
