"""The verification toolkit for imitation-learning theory."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from iltheory.attack.falsify import falsify
from iltheory.attack.sweep import sweep
from iltheory.attack.worst_case import worst_case
from iltheory.claims.claim import (
    AS_PUBLISHED,
    DERIVED_HERE,
    FROM_MEMORY,
    Assumption,
    Claim,
    Paper,
    Tight,
    assume,
    claim,
)
from iltheory.claims.kinds import (
    DeterministicPolicies,
    DeterministicPolicy,
    DiscountedMDP,
    Distribution,
    FiniteHorizonMDP,
    HistoryPolicy,
    Policies,
    Policy,
    Reward,
    SignedReward,
    SignedStationaryReward,
    StateFunction,
    StateLaws,
    StateSet,
    StationaryPolicy,
    Temperature,
    UnitInterval,
    UnitIntervals,
)
from iltheory.claims.linear_kinds import DiscountedLinearMDP, LinearMDP
from iltheory.claims.registry import catalogue
from iltheory.engine.batches import drawn, evaluate_batch
from iltheory.engine.report import Report
from iltheory.engine.sampled_report import SampledReport
from iltheory.engine.sampled_worlds import verify_sampled
from iltheory.engine.verify import reproduce, verify, verify_all
from iltheory.measures import (
    Sampling,
    TooManyTrajectories,
    causal_entropy,
    disadvantage,
    error_rate,
    gap,
    largest_reward,
    occupancy,
    occupancy_chi2,
    occupancy_hellinger2,
    occupancy_kl,
    occupancy_tv,
    off_policy_moment_error,
    on_policy_error_rate,
    on_policy_moment_error,
    optimal_value,
    policy_hellinger2,
    policy_kl,
    policy_tv,
    recoverability,
    reward_moment_error,
    sampled_mean,
    smallest_reward,
    soft_optimal_value,
    soft_value,
    state_occupancy_chi2,
    state_occupancy_hellinger2,
    state_occupancy_kl,
    state_occupancy_tv,
    trajectory_chi2,
    trajectory_hellinger2,
    trajectory_js,
    trajectory_kl,
    trajectory_law,
    trajectory_tv,
    value,
)
from sims.arithmetic import equal, exp, log, maximum, minimum, sqrt

if TYPE_CHECKING:
    from iltheory import games, learners

__all__ = [
    "AS_PUBLISHED",
    "Assumption",
    "Claim",
    "DERIVED_HERE",
    "DeterministicPolicies",
    "DeterministicPolicy",
    "DiscountedLinearMDP",
    "DiscountedMDP",
    "Distribution",
    "FROM_MEMORY",
    "FiniteHorizonMDP",
    "HistoryPolicy",
    "LinearMDP",
    "Paper",
    "Policies",
    "Policy",
    "Report",
    "Reward",
    "SampledReport",
    "Sampling",
    "SignedReward",
    "SignedStationaryReward",
    "StateFunction",
    "StateLaws",
    "StateSet",
    "StationaryPolicy",
    "Temperature",
    "Tight",
    "TooManyTrajectories",
    "UnitInterval",
    "UnitIntervals",
    "assume",
    "catalogue",
    "causal_entropy",
    "claim",
    "disadvantage",
    "drawn",
    "equal",
    "error_rate",
    "evaluate_batch",
    "exp",
    "falsify",
    "games",
    "gap",
    "largest_reward",
    "learners",
    "log",
    "maximum",
    "minimum",
    "occupancy",
    "occupancy_chi2",
    "occupancy_hellinger2",
    "occupancy_kl",
    "occupancy_tv",
    "off_policy_moment_error",
    "on_policy_error_rate",
    "on_policy_moment_error",
    "optimal_value",
    "policy_hellinger2",
    "policy_kl",
    "policy_tv",
    "recoverability",
    "reproduce",
    "reward_moment_error",
    "sampled_mean",
    "smallest_reward",
    "soft_optimal_value",
    "soft_value",
    "sqrt",
    "state_occupancy_chi2",
    "state_occupancy_hellinger2",
    "state_occupancy_kl",
    "state_occupancy_tv",
    "sweep",
    "trajectory_chi2",
    "trajectory_hellinger2",
    "trajectory_js",
    "trajectory_kl",
    "trajectory_law",
    "trajectory_tv",
    "value",
    "verify",
    "verify_all",
    "verify_sampled",
    "worst_case",
]


def __getattr__(name: str) -> Any:
    """Load the rooms of algorithms when they are first asked for: they take as long as everything else here."""
    if name in ("games", "learners"):
        return import_module(f"iltheory.{name}")
    raise AttributeError(f"module 'iltheory' has no attribute {name!r}")
