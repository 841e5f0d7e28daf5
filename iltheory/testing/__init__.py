"""Invariants that real libraries broke, as functions to run against any implementation.

Each takes an implementation (an occupancy, a value, an objective, a reward, a learner, what reads data) and raises
:class:`InvariantViolated`, an ``AssertionError`` that names the invariant, the numbers and the usual cause. B1 to
B44 in their docstrings are the bugs that ``docs/invariants.md`` lists::

    from iltheory.testing import pairing_is_the_value
    pairing_is_the_value(my_library.occupancy, my_library.value)

:func:`check` runs all that apply to an implementation on many models (``docs/testing.md``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from iltheory.testing.data import (
    cut_in_two,
    cutting_changes_nothing,
    episodes_follow_the_policy,
    episodes_have_their_horizon,
    padding_changes_nothing,
    rewards_are_those_of_the_model,
    rollouts_have_no_length_bias,
    steps_follow_the_model,
    time_limits_are_not_deaths,
)
from iltheory.testing.learners import (
    arguments_are_left_alone,
    certainty_falls_with_disagreement,
    cloning_raises_the_likelihood,
    every_option_changes_something,
    learner_keeps_the_length_of_episodes,
    learner_recovers_the_expert,
    replay_estimate_is_between,
    reported_occupancy_is_the_policys,
    same_call_same_bits,
)
from iltheory.testing.models import discounted_model, episodic_model, finite_model, models, random_policy
from iltheory.testing.objectives import (
    bounds_enclose,
    expert_is_rewarded_nothing,
    expert_is_stationary,
    gradient_is_the_derivative,
    interpolation_stays_on_the_segment,
    payoff_is_linear_in_the_policy,
    points,
    report_is_the_objective,
    shift_changes_nothing,
    step_ascends,
    telescopes_from_the_start,
    utility_is_concave_and_increases,
)
from iltheory.testing.occupancies import (
    discount_is_used,
    empirical_occupancy_is_exact,
    mixture_is_stochastic,
    occupancy_belongs_to_the_policy,
    occupancy_flows,
    occupancy_is_a_law,
    pairing_is_the_value,
    proportional_data,
    value_is_exact,
)
from iltheory.testing.planning import (
    backup_matches_behaviour,
    lambda_returns_match_brute_force,
    soft_evaluation_is_a_linear_solve,
    soft_optimality_holds,
)
from iltheory.testing.rewards import (
    labels_are_the_functional_gradient,
    reward_ignores_batch_mates,
    reward_is_of_this_transition,
    reward_is_the_log_ratio,
    reward_paths_agree,
    reward_rises_where_the_expert_goes_more,
    shaping_keeps_every_difference,
    uninformative_expert_prefers_no_length,
)
from iltheory.testing.violation import InvariantViolated

if TYPE_CHECKING:
    from iltheory.testing.runner import check

__all__ = [
    "InvariantViolated",
    "arguments_are_left_alone",
    "backup_matches_behaviour",
    "bounds_enclose",
    "certainty_falls_with_disagreement",
    "check",
    "cloning_raises_the_likelihood",
    "cut_in_two",
    "cutting_changes_nothing",
    "discount_is_used",
    "discounted_model",
    "empirical_occupancy_is_exact",
    "episodes_follow_the_policy",
    "episodes_have_their_horizon",
    "episodic_model",
    "every_option_changes_something",
    "expert_is_rewarded_nothing",
    "expert_is_stationary",
    "finite_model",
    "gradient_is_the_derivative",
    "interpolation_stays_on_the_segment",
    "labels_are_the_functional_gradient",
    "lambda_returns_match_brute_force",
    "learner_keeps_the_length_of_episodes",
    "learner_recovers_the_expert",
    "mixture_is_stochastic",
    "models",
    "occupancy_belongs_to_the_policy",
    "occupancy_flows",
    "occupancy_is_a_law",
    "padding_changes_nothing",
    "pairing_is_the_value",
    "payoff_is_linear_in_the_policy",
    "points",
    "proportional_data",
    "random_policy",
    "replay_estimate_is_between",
    "report_is_the_objective",
    "reported_occupancy_is_the_policys",
    "reward_ignores_batch_mates",
    "reward_is_of_this_transition",
    "reward_is_the_log_ratio",
    "reward_paths_agree",
    "reward_rises_where_the_expert_goes_more",
    "rewards_are_those_of_the_model",
    "rollouts_have_no_length_bias",
    "same_call_same_bits",
    "shaping_keeps_every_difference",
    "shift_changes_nothing",
    "soft_evaluation_is_a_linear_solve",
    "soft_optimality_holds",
    "step_ascends",
    "steps_follow_the_model",
    "telescopes_from_the_start",
    "time_limits_are_not_deaths",
    "uninformative_expert_prefers_no_length",
    "utility_is_concave_and_increases",
    "value_is_exact",
]


def __getattr__(name: str) -> Any:
    """Load what draws models, and Hypothesis with it, when it is first asked for."""
    if name == "check":
        return import_module("iltheory.testing.runner").check
    raise AttributeError(f"module 'iltheory.testing' has no attribute {name!r}")
