"""Finite Markov decision processes, exactly."""

from __future__ import annotations

from sims.tabular.errors import InvalidModel, InvalidPolicy
from sims.tabular.model import TabularMDP
from sims.tabular.planning import SoftOptimal
from sims.tabular.transitions import DenseTransitions, DeterministicTransitions, SparseTransitions, Transitions

__all__ = [
    "DenseTransitions",
    "DeterministicTransitions",
    "InvalidModel",
    "InvalidPolicy",
    "SoftOptimal",
    "SparseTransitions",
    "TabularMDP",
    "Transitions",
]
