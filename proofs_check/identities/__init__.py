"""Claims proved for all models of a shape: the claim's own formula, evaluated on polynomials in the model's numbers."""

from proofs_check.identities.proof import IDENTITY, VERTICES, ShapeProof, TooManyCells, prove_for_shape

__all__ = ["IDENTITY", "VERTICES", "ShapeProof", "TooManyCells", "prove_for_shape"]
