"""Finite Markov decision processes, exactly."""

from __future__ import annotations

from sims.tabular.dense import DenseTransitions
from sims.tabular.deterministic import DeterministicTransitions
from sims.tabular.errors import IllConditioned, InvalidMixture, InvalidModel, InvalidOccupancy, InvalidPolicy
from sims.tabular.evaluation import at_step
from sims.tabular.mixtures import TrajectoryMixture, step_mixture, trajectory_mixture
from sims.tabular.model import TabularMDP
from sims.tabular.planning import SoftOptimal
from sims.tabular.sparse import SparseTransitions
from sims.tabular.transitions import Transitions

__all__ = [
    "DenseTransitions",
    "DeterministicTransitions",
    "IllConditioned",
    "InvalidMixture",
    "InvalidModel",
    "InvalidOccupancy",
    "InvalidPolicy",
    "SoftOptimal",
    "SparseTransitions",
    "TabularMDP",
    "at_step",
    "TrajectoryMixture",
    "Transitions",
    "step_mixture",
    "trajectory_mixture",
]
