"""Bayes values of learning from an expert: the most that any learner can earn on average over a prior.

A finite prior puts equal weight on E pairs of a model and its expert. What the best learner misses of the
experts' mean value is the Bayes risk, a lower bound on the minimax risk.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iltheory.measures.datasets import TooManyDatasets, dataset_law
from iltheory.measures.quantity import quantity
from iltheory.measures.steps import steps
from iltheory.measures.trajectories import trajectory_law
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import at_step

LARGEST_HISTORIES = 10**6
"""Histories of interaction that may be enumerated."""


@quantity
def bayes_value(mdp: TabularMDP, experts: Any, policies: Any, samples: int) -> Numbers:
    """Largest mean value of a learner that sees N trajectories of the expert and then picks a policy.

    Parameters
    ----------
    mdp : models, one batch axis ``[E]``
    experts : their experts, ``[E, H, S, A]``
    policies : numbers ``[K, 1, H, S, A]``, what may be picked
    samples : N

    Raises
    ------
    TooManyTrajectories, TooManyDatasets
        If there are too many of them.
    """
    law = trajectory_law(mdp, experts)
    data = dataset_law(law, np.eye(law.shape[-1], dtype=np.int64), samples)
    earned = ar.einsum("em,ke->mk", data.probabilities, mdp.value(policies))
    return ar.sum(ar.amax(earned, -1), 0) / law.shape[0]


@quantity
def interactive_bayes_value(mdp: TabularMDP, experts: Any, policies: Any, samples: int) -> Numbers:
    """As :func:`bayes_value`, for learners that act themselves in N episodes and ask the expert in every state.

    All histories are enumerated, and the best action found by backward induction. Asking costs nothing, so a
    learner that always asks does best; what it does at the last step of an episode teaches nothing.

    Raises
    ------
    TooManyDatasets
        If there are more than 10^6 histories.
    """
    histories = (mdp.n_states * mdp.n_actions**2) ** (steps(mdp) * samples)
    if histories > LARGEST_HISTORIES:
        raise TooManyDatasets(
            f"(S A^2)**(H N) = {mdp.n_states * mdp.n_actions**2}**{steps(mdp) * samples} histories are more than "
            f"{LARGEST_HISTORIES}; use fewer episodes or a smaller model."
        )
    expert, value, kernel = mdp.policy(experts), mdp.value(policies), mdp.transitions.dense()
    pairs = expert.shape[0]
    first = ar.broadcast_to(mdp.mu, (pairs, mdp.n_states))

    def arriving(joint: Numbers, law: Numbers, h: int, episode: int) -> Numbers:
        """Value from a state drawn from ``law[E, S]``; ``joint[E]`` is the law of the history with the pair."""
        return sum((asking(joint * law[:, s], s, h, episode) for s in range(mdp.n_states)), start=0 * joint[0])

    def asking(joint: Numbers, s: int, h: int, episode: int) -> Numbers:
        answers = (joint * at_step(expert, h)[:, s, a] for a in range(mdp.n_actions))
        return sum((acting(joint, s, h, episode) for joint in answers), start=0 * joint[0])

    def acting(joint: Numbers, s: int, h: int, episode: int) -> Numbers:
        if not ar.possibly_nonzero(joint).any():
            return 0 * joint[0]
        if h < steps(mdp) - 1:
            laws = at_step(kernel, h, 3)[:, s]
            futures = [arriving(joint, laws[:, a], h + 1, episode) for a in range(mdp.n_actions)]
            return ar.amax(ar.stack(futures), 0)
        if episode < samples:
            return arriving(joint, first, 0, episode + 1)
        return ar.amax(ar.matvec(value, joint), 0)

    return arriving(mdp.system.convert(np.ones(pairs, dtype=np.int64)) / pairs, first, 0, 1)
