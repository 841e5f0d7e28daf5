"""Quantities of each step of a finite horizon."""

from __future__ import annotations

from typing import Any

from iltheory.measures.policies import total_variation
from iltheory.measures.quantity import quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument


def steps(mdp: TabularMDP) -> int:
    """Number of steps H of a model with a finite horizon."""
    if mdp.horizon is None:
        raise InvalidArgument(f"this needs a finite horizon; the model is discounted (discount={mdp.discount}).")
    return mdp.horizon


@quantity
def step_errors(mdp: TabularMDP, expert: Any, learner: Any, states: Any) -> Numbers:
    """Expected total variation of the action laws of expert and learner at each step, ``[..., H]``.

    Parameters
    ----------
    states : laws ``[..., H, S]`` of the states where they are compared; with ``mdp.state_occupancy(expert)``
        the mean over steps is ``error_rate``, with the learner's it is ``on_policy_error_rate``
    """
    distance = total_variation(mdp.policy(expert), mdp.policy(learner))
    return ar.sum(mdp.system.coerce(states) * distance, -1)
