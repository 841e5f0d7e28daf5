"""DAgger: learn from the expert's actions in the states the learner visits itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.labels import asked, labeller
from iltheory.learners.losses import ZERO_ONE, Loss
from iltheory.learners.online import FOLLOW_THE_LEADER, OnlineLearner, OnlineRun, play
from iltheory.learners.options import require_rule
from iltheory.learners.policy_class import PolicyClass, probability
from iltheory.learners.schedules import Schedule, never
from iltheory.measures import acting, pick, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


@dataclass(frozen=True)
class Dagger(OnlineRun):
    """What DAgger learnt.

    ``losses``, ``class_error`` and ``regret`` are about the states that were observed: exact laws, or samples.

    Attributes
    ----------
    policies, losses, hindsight, class_error, regret : see :class:`~iltheory.learners.online.OnlineRun`
    own_losses : numbers ``[N, ...]``, exact loss of each policy on the states it visits itself
    best : ints ``[...]``, the policy with the smallest own loss, from 0
    policy : numbers ``[..., T, S, A]``, that policy: what DAgger returns
    """

    own_losses: Numbers
    best: NDArray[np.intp]
    policy: Numbers


def dagger(
    mdp: TabularMDP,
    expert: Any,
    policy_class: PolicyClass,
    *,
    iterations: int,
    beta: Schedule = never,
    online: OnlineLearner = FOLLOW_THE_LEADER,
    loss: Loss = ZERO_ONE,
    trajectories: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> Dagger:
    """Dataset aggregation (Ross, Gordon and Bagnell 2011, algorithm 3.1) [text].

    Iteration i gathers states with ``beta_i pi_E + (1 - beta_i) hat pi_i``, one of the two acting at each step, asks
    the expert what it would do there, and hands the losses of all iterations to an online learner.

    Parameters
    ----------
    mdp : finite horizon H
    expert : policy ``[S, A]`` or ``[..., H, S, A]``
    beta : iteration, from 1 -> probability of acting as the expert at a step
    online : picks the next policy from the losses so far
    loss : what a policy loses where the expert says what it would do
    trajectories : number to sample at each iteration; None for the exact laws of the states
    rng : seed or generator for sampling

    Raises
    ------
    InvalidArgument
        If the model has no horizon, the expert cannot be asked, or an option is out of range.
    """
    expert = asked(mdp, expert)
    require_rule("beta", beta, "never, at_first or geometric(alpha)")
    labels = labeller(mdp, expert, trajectories, rng)

    def observe(i: int, pi: Numbers) -> Numbers:
        return loss.data(labels(acting(expert, pi, probability(mdp, f"beta({i})", beta(i)))))

    run = play(mdp, policy_class, iterations=iterations, online=online, loss=loss, observe=observe)
    visited = labeller(mdp, expert, None, None)
    own_losses = ar.asarray(together(loss.total(mdp, loss.data(visited(pi)), pi) for pi in run.policies))
    best = ar.argmax(-own_losses, 0)
    return Dagger(**vars(run), own_losses=own_losses, best=best, policy=pick(run.policies, best))
