"""Quantities of each step of a finite horizon."""

from __future__ import annotations

from typing import Any

from iltheory.measures.policies import total_variation
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def steps(mdp: TabularMDP) -> int:
    """Number of steps H of a model with a finite horizon."""
    if mdp.horizon is None:
        raise ValueError(f"this needs a finite horizon; the model is discounted (discount={mdp.discount}).")
    return mdp.horizon


def step_errors(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """Expected total variation of the action laws under the *expert's* law of each step, ``[..., H]``.

    ``error_rate`` is their mean.
    """
    distance = total_variation(mdp.policy(expert), mdp.policy(learner))
    return ar.sum(mdp.state_occupancy(expert) * distance, -1)
