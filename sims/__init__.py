"""Worlds: exact and sampled decision processes, and the numbers they are computed in."""

from __future__ import annotations

from sims import arithmetic
from sims.linear_mdp import LinearMDP
from sims.tabular import DeterministicTransitions, SparseTransitions, TabularMDP

__all__ = ["DeterministicTransitions", "LinearMDP", "SparseTransitions", "TabularMDP", "arithmetic"]
