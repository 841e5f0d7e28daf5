"""Machine-checked proofs: Coq, identities per shape, and a checker that shares no code with the rest."""
