"""Forward training: one policy for each step, trained where the policies before it lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.learners.labels import asked, labeller
from iltheory.learners.losses import ZERO_ONE, Loss
from iltheory.learners.policy_class import PolicyClass
from iltheory.measures import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import require
from sims.tabular import at_step


@dataclass(frozen=True)
class ForwardTraining:
    """What forward training learnt.

    Attributes
    ----------
    policy : numbers ``[..., H, S, A]``
    losses : numbers ``[H, ...]``, ``epsilon_h``: loss of each step's law on the states observed at that step, which
        are the ones ``policy`` visits
    """

    policy: Numbers
    losses: Numbers


def forward_training(
    mdp: TabularMDP,
    expert: Any,
    policy_class: PolicyClass,
    *,
    loss: Loss = ZERO_ONE,
    trajectories: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> ForwardTraining:
    """Train the policy of each step on the states that the policies of the steps before lead to.

    Ross and Bagnell (2010), algorithm 3.1 [text].

    Parameters
    ----------
    mdp : finite horizon H
    expert : policy ``[S, A]`` or ``[..., H, S, A]``
    policy_class : each step chooses from it anew
    loss : what a policy loses where the expert says what it would do
    trajectories : number to sample for each step; None for the exact laws of the states
    rng : seed or generator for sampling

    Raises
    ------
    InvalidArgument
        If the model has no horizon, the expert cannot be asked, or an option is out of range.
    """
    expert = asked(mdp, expert)
    require("policy_class", policy_class, PolicyClass, "TabularPolicies()")
    require("loss", loss, Loss, "ZERO_ONE")
    labels = labeller(mdp, expert, trajectories, rng)
    # Steps not trained yet play as the expert: what happens after step h does not matter for step h.
    policy = expert + ar.zeros((steps(mdp), 1, 1), mdp.system)
    losses = []
    for h in range(steps(mdp)):
        now = (np.arange(steps(mdp)) == h)[:, None, None]
        data = ar.where(now, loss.data(labels(policy)), 0)
        law = at_step(mdp.policy(loss.minimizer(mdp, policy_class, data)), h)
        policy = ar.where(now, law[..., None, :, :], policy)
        losses.append(steps(mdp) * loss.total(mdp, data, policy))
    return ForwardTraining(policy, ar.asarray(ar.stack(losses)))
