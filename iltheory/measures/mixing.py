"""Letting the expert act now and then while the learner's states are gathered."""

from __future__ import annotations

from typing import Any

from iltheory.measures.sequences import blend, mean
from iltheory.measures.steps import steps
from sims import TabularMDP


def acting(expert: Any, learner: Any, beta: Any) -> Any:
    """DAgger's policy for gathering data: each step the expert with probability ``beta``, or the learner.

    One of the two acts, chosen afresh at every step: a mixture of laws of actions, never of actions.

    Parameters
    ----------
    expert, learner : numbers ``[..., H, S, A]`` (or with a step axis of length 1)
    beta : numbers ``[...]``
    """
    return blend([expert, learner], [beta, 1 - beta])


def interference(mdp: TabularMDP, beta: Any) -> Any:
    """Probability that the expert, acting with probability ``beta``, acted before a uniformly random step.

    ``(1/H) sum_h (1 - (1 - beta)^(h-1))``.
    """
    return 1 - mean((1 - beta) ** h for h in range(steps(mdp)))
