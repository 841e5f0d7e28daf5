"""Behavioural cloning: supervised learning of the expert's actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sims import TabularMDP
from sims.arithmetic import Numbers

if TYPE_CHECKING:
    from sims.datasets import Trajectories


def behavioral_cloning(demos: Trajectories, mdp: TabularMDP) -> Numbers:
    """Maximum-likelihood policy of the demonstrations: the empirical law of actions in each state.

    It minimises the empirical log loss over all tabular policies, and, where the expert is deterministic, agrees with
    it in every state the demonstrations visit.

    Parameters
    ----------
    demos : trajectories of states and actions of ``mdp``
    mdp : gives the sizes, the horizon and the number system; its transitions and rewards are not used

    Returns
    -------
    numbers ``[H, S, A]``, one law for each step and state; with a discount ``[S, A]``, all steps counted together
        Uniform where the demonstrations never were.
    """
    steps = mdp.horizon if mdp.horizon is not None else int(demos.lengths.max())
    counts = demos.counts(steps, mdp.n_states, mdp.n_actions)
    if mdp.horizon is None:
        counts = counts.sum(axis=0)
    return mdp.project(mdp.system.convert(counts))
