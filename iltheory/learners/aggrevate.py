"""AggreVaTe: learn from the expert's values of actions, in the states the learner visits itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.learners.exploration import sampled_costs
from iltheory.learners.labels import asked, read_rng
from iltheory.learners.losses import COST
from iltheory.learners.online import FOLLOW_THE_LEADER, OnlineLearner, play
from iltheory.learners.options import require_rule
from iltheory.learners.policy_class import PolicyClass, probability
from iltheory.learners.schedules import Schedule, never
from iltheory.learners.valued_run import ValuedRun, valued
from iltheory.measures import acting, average, mean
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


@dataclass(frozen=True)
class Aggrevate(ValuedRun):
    """What AggreVaTe learnt.

    Losses are costs to go, ``-Q^E``, on the states that were observed: exact, or estimated from samples.

    Attributes
    ----------
    policies, losses, hindsight, class_error, regret, values, best, mixture, policy : see
        :class:`~iltheory.learners.valued_run.ValuedRun`; here ``class_error`` is the average loss of the best
        policy of the class, not compared with anybody's
    against_best_action : number, ``epsilon_class``: that loss less the one of the best action in every state
    against_expert : number, ``epsilon_class^*``: that loss less the expert's own; negative if the class improves on it
    """

    against_best_action: Numbers
    against_expert: Numbers


def aggrevate(
    mdp: TabularMDP,
    expert: Any,
    policy_class: PolicyClass,
    *,
    iterations: int,
    beta: Schedule = never,
    online: OnlineLearner = FOLLOW_THE_LEADER,
    samples: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> Aggrevate:
    """Aggregate values to imitate (Ross and Bagnell 2014, algorithm 1) [memory].

    As DAgger, but a policy loses what its actions cost before the expert goes on, ``-Q^E(s, pi)``, in place of its
    mistakes.

    Parameters
    ----------
    mdp : finite horizon H
    expert : policy ``[S, A]`` or ``[..., H, S, A]``
    beta : iteration, from 1 -> probability of acting as the expert at a step
    online : picks the next policy from the losses so far
    samples : number of sampled returns at each iteration, each after one uniformly random action; None for exact values
    rng : seed or generator for sampling

    Raises
    ------
    InvalidArgument
        If the model has no horizon, the expert cannot be asked, or an option is out of range.
    """
    expert = asked(mdp, expert)
    require_rule("beta", beta, "never, at_first or geometric(alpha)")
    generator = read_rng("samples", samples, rng)
    costs = -mdp.q(expert)
    best_action, own = [], []

    def observe(i: int, pi: Numbers) -> Numbers:
        states = mdp.state_occupancy(acting(expert, pi, probability(mdp, f"beta({i})", beta(i))))
        best_action.append(average(mdp, states, ar.amin(costs, -1)))
        own.append(average(mdp, states, ar.sum(costs * expert, -1)))
        if samples is None or generator is None:
            return states[..., None] * costs
        return sampled_costs(mdp, states, expert, samples, generator)

    run = play(mdp, policy_class, iterations=iterations, online=online, loss=COST, observe=observe)
    return Aggrevate(
        **vars(valued(mdp, run)),
        against_best_action=run.class_error - ar.asarray(mean(best_action)),
        against_expert=run.class_error - ar.asarray(mean(own)),
    )
