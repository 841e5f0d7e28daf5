"""Behavioural cloning: supervised learning of the expert's actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iltheory.learners.losses import LOG_LOSS, Loss
from iltheory.learners.options import require_model
from iltheory.learners.policy_class import ALL_POLICIES, PolicyClass
from sims import TabularMDP
from sims.arithmetic import Numbers
from sims.datasets.errors import InvalidDataset
from sims.errors import require

if TYPE_CHECKING:
    from sims.datasets import Trajectories


def behavioral_cloning(
    demos: Trajectories | Any,
    mdp: TabularMDP,
    *,
    loss: Loss = LOG_LOSS,
    policy_class: PolicyClass = ALL_POLICIES,
) -> Numbers:
    """The policy that imitates the actions shown best, where they were shown.

    By default it is the maximum-likelihood policy over all tabular ones: the empirical law of actions in each state,
    uniform where nothing was shown. With ``policy_class=TabularPolicies(unseen=a)`` and a deterministic expert it
    mimics where it has seen and plays action a elsewhere (Rajaraman, Yang, Jiao and Ramchandran 2020);
    ``smoothing`` and stationary policies are options of the class, too.

    Parameters
    ----------
    demos : trajectories of states and actions of ``mdp``, whose steps all count alike; or, at population level, an
        expert's policy ``[S, A]`` or ``[..., H, S, A]``, which shows its occupancy
    mdp : gives the sizes, the horizon and the number system; given trajectories, its transitions and rewards are not
        used
    loss : log loss (maximum likelihood), 0-1 loss or any other of :mod:`iltheory.learners.losses`
    policy_class : where the policy is looked for

    Returns
    -------
    numbers ``[..., T, S, A]`` with T in {1, H}, 1 for stationary policies; with a discount ``[..., S, A]``, all steps
        counted together

    Raises
    ------
    InvalidArgument
        If an argument is of the wrong kind (note the order: demonstrations first), or an option is out of its range.
    InvalidDataset
        If nothing is shown, a state or action is out of range, or a trajectory is longer than the horizon.
    """
    require_model(mdp)
    require("loss", loss, Loss, "LOG_LOSS")
    require("policy_class", policy_class, PolicyClass, "TabularPolicies()")
    return loss.minimizer(mdp, policy_class, loss.data(_shown(mdp, demos)))


def _shown(mdp: TabularMDP, demos: Any) -> Numbers:
    from sims.datasets import Trajectories

    if not isinstance(demos, Trajectories):
        return mdp.occupancy(demos)
    if not demos.lengths.any():
        raise InvalidDataset("demos have no step at all: they show nothing of the expert.")
    steps = mdp.horizon if mdp.horizon is not None else int(demos.lengths.max())
    counts = demos.counts(steps, mdp.n_states, mdp.n_actions)
    return mdp.system.convert(counts if mdp.horizon is not None else counts.sum(axis=0))
