"""Public quantities: every one takes leading batch axes and any number system."""

from __future__ import annotations

from iltheory.measures.occupancies import occupancy, occupancy_kl, occupancy_tv, state_occupancy_tv
from iltheory.measures.policies import (
    error_rate,
    kl_divergence,
    on_policy_error_rate,
    policy_hellinger2,
    policy_kl,
    policy_tv,
    squared_hellinger,
    total_variation,
)
from iltheory.measures.quantity import average, expectation, largest, quantity, total
from iltheory.measures.trajectories import (
    TooManyTrajectories,
    trajectory_hellinger2,
    trajectory_kl,
    trajectory_law,
    trajectory_tv,
)
from iltheory.measures.values import (
    causal_entropy,
    disadvantage,
    gap,
    largest_reward,
    optimal_value,
    smallest_reward,
    soft_optimal_value,
    value,
)

__all__ = [
    "TooManyTrajectories",
    "average",
    "causal_entropy",
    "disadvantage",
    "error_rate",
    "expectation",
    "gap",
    "kl_divergence",
    "largest",
    "largest_reward",
    "occupancy",
    "occupancy_kl",
    "occupancy_tv",
    "on_policy_error_rate",
    "optimal_value",
    "policy_hellinger2",
    "policy_kl",
    "policy_tv",
    "quantity",
    "smallest_reward",
    "soft_optimal_value",
    "squared_hellinger",
    "state_occupancy_tv",
    "total",
    "total_variation",
    "trajectory_hellinger2",
    "trajectory_kl",
    "trajectory_law",
    "trajectory_tv",
    "value",
]
