"""Worlds that can only be sampled: simulators, policies with known densities, finite-horizon processes.

`SampledMDP` is a process with a declared horizon and a declared range of rewards around a `Simulator`; a
`SampledPolicy` maps observations to `ActionLaws`. `sampled_table` makes one of any tabular model.
"""

from __future__ import annotations

from sims.sampled.errors import InvalidPolicy, InvalidSimulator, NotEstimable
from sims.sampled.laws import ActionLaws, Categorical, Gaussian, GaussianMixture, Point, SquashedGaussian
from sims.sampled.model import COPIES, Moment, SampledMDP, StatesAlong
from sims.sampled.policies import SampledPolicy, Smoothed, TabularPolicy
from sims.sampled.rollouts import Rollouts
from sims.sampled.simulator import Simulator, Spaces, Step
from sims.sampled.tabular import TabularSimulator, sampled_table
from sims.sampled.uniform import UniformBox, UniformPolicy

__all__ = [
    "COPIES",
    "ActionLaws",
    "Categorical",
    "Gaussian",
    "GaussianMixture",
    "InvalidPolicy",
    "InvalidSimulator",
    "Moment",
    "NotEstimable",
    "Point",
    "Rollouts",
    "SampledMDP",
    "SampledPolicy",
    "Simulator",
    "Smoothed",
    "Spaces",
    "SquashedGaussian",
    "StatesAlong",
    "Step",
    "TabularPolicy",
    "TabularSimulator",
    "UniformBox",
    "UniformPolicy",
    "sampled_table",
]
