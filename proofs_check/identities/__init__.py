"""Claims proved for all models of a shape: the claim's own formula, evaluated on polynomials in the model's numbers."""

from proofs_check.identities.proof import (
    CERTIFICATE,
    IDENTITY,
    VERTICES,
    ShapeProof,
    TooManyCells,
    TooMuchWork,
    prove_for_shape,
)
from proofs_check.identities.shapes import words_of

__all__ = [
    "CERTIFICATE",
    "IDENTITY",
    "VERTICES",
    "ShapeProof",
    "TooManyCells",
    "TooMuchWork",
    "prove_for_shape",
    "words_of",
]
