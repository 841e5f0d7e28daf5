"""Algorithms of imitation learning, one a file."""

from __future__ import annotations

from iltheory.learners.behavioral_cloning import behavioral_cloning
from iltheory.learners.maximum_causal_entropy import MaximumCausalEntropy, maximum_causal_entropy

__all__ = ["MaximumCausalEntropy", "behavioral_cloning", "maximum_causal_entropy"]
