"""Saddle points of imitation: solved in floats, then bounded from both sides rigorously."""

from __future__ import annotations

from iltheory.games.adversaries import (
    Adversary,
    DivergenceRewards,
    InvalidStrategy,
    LinearRewards,
    LipschitzRewards,
)
from iltheory.games.certificate import certificate
from iltheory.games.game import OccupancyGame
from iltheory.games.iterate import NoFiniteValue, Unsolved
from iltheory.games.linear_programme import Infeasible, LinearProgramme, Optimum, Unbounded
from iltheory.games.moment_games import MomentGame
from iltheory.games.saddle import Bounds, Saddle, bounds, exact_policy
from iltheory.games.solve import SOLVERS, solve

__all__ = [
    "Adversary",
    "Bounds",
    "bounds",
    "certificate",
    "DivergenceRewards",
    "exact_policy",
    "Infeasible",
    "InvalidStrategy",
    "LinearProgramme",
    "LinearRewards",
    "LipschitzRewards",
    "MomentGame",
    "NoFiniteValue",
    "OccupancyGame",
    "Optimum",
    "Saddle",
    "solve",
    "SOLVERS",
    "Unbounded",
    "Unsolved",
]
