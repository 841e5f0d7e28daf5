"""NRPI: policy iteration without regret, on states of an exploration law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.learners.demonstrations import shown_occupancy
from iltheory.learners.exploration import sampled_costs
from iltheory.learners.labels import read_rng
from iltheory.learners.losses import COST
from iltheory.learners.online import FOLLOW_THE_LEADER, OnlineLearner, play
from iltheory.learners.options import require_model
from iltheory.learners.policy_class import PolicyClass
from iltheory.learners.valued_run import ValuedRun, valued
from iltheory.measures import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.reading import bring, read_numbers
from sims.tabular.validation import check_distributions


@dataclass(frozen=True)
class Nrpi(ValuedRun):
    """What NRPI learnt.

    Losses are costs to go of the policy of the iteration itself, ``-Q^{hat pi_i}``, on explored states: exact, or
    estimated from samples.

    Attributes
    ----------
    policies, losses, hindsight, class_error, regret, values, best, mixture, policy : see
        :class:`~iltheory.learners.valued_run.ValuedRun`
    """


def nrpi(
    mdp: TabularMDP,
    exploration: Any,
    policy_class: PolicyClass,
    *,
    iterations: int,
    online: OnlineLearner = FOLLOW_THE_LEADER,
    samples: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> Nrpi:
    """No-regret policy iteration (Ross and Bagnell 2014, algorithm 2) [memory].

    At iteration i a policy loses ``-Q^{hat pi_i}(s, pi)`` on states of the exploration law: what it would earn by
    acting once in place of ``hat pi_i``. No expert is asked; it may say which states are worth exploring.

    Parameters
    ----------
    mdp : finite horizon H
    exploration : laws of the states explored, ``[S]`` or ``[..., H, S]``; such as ``mdp.state_occupancy(expert)``; or
        ``Trajectories``, which explore where they went
    online : picks the next policy from the losses so far
    samples : number of sampled returns at each iteration, each after one uniformly random action; None for exact values
    rng : seed or generator for sampling

    Raises
    ------
    InvalidArgument
        If the model has no horizon, the exploration law is none, or an option is out of range.
    """
    states = _laws(mdp, exploration)
    generator = read_rng("samples", samples, rng)

    def observe(i: int, pi: Numbers) -> Numbers:
        if samples is None or generator is None:
            return states[..., None] * -mdp.q(pi)
        return sampled_costs(mdp, states, pi, samples, generator)

    run = play(mdp, policy_class, iterations=iterations, online=online, loss=COST, observe=observe)
    return Nrpi(**vars(valued(mdp, run)))


def _laws(mdp: TabularMDP, exploration: Any) -> Numbers:
    from sims.datasets import Trajectories

    require_model(mdp)
    horizon = steps(mdp)
    if isinstance(exploration, Trajectories):
        return ar.sum(shown_occupancy(mdp, exploration), -1)
    states = bring(read_numbers("exploration", exploration, InvalidArgument), mdp.system)
    shape = tuple(states.shape)
    if shape[-1:] != (mdp.n_states,) or (len(shape) > 1 and shape[-2] not in (1, horizon)):
        raise InvalidArgument(
            f"exploration has shape {shape}, expected [S] = ({mdp.n_states},) or [H, S] = {(horizon, mdp.n_states)}."
        )
    check_distributions(states, "exploration", InvalidArgument, "It is the law of the states explored at each step.")
    return states if len(shape) > 1 else states[None]
