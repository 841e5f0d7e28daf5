"""Online runs whose policies are compared by their values: what AggreVaTe and NRPI return."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.online import OnlineRun
from iltheory.measures import pick, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import TrajectoryMixture, trajectory_mixture


@dataclass(frozen=True)
class ValuedRun(OnlineRun):
    """An online run of policies that are worth having for their values.

    Attributes
    ----------
    policies, losses, hindsight, class_error, regret : see :class:`~iltheory.learners.online.OnlineRun`
    values : numbers ``[N, ...]``, exact value J of each policy
    best : ints ``[...]``, the policy with the largest value, from 0
    mixture : occupancy and history-free policy of drawing one of the policies, each as likely, for a whole trajectory
    policy : numbers ``[..., H, S, A]``, the latter: what the learner returns
    """

    values: Numbers
    best: NDArray[np.intp]
    mixture: TrajectoryMixture
    policy: Numbers

    @property
    def best_policy(self) -> Numbers:
        """The policy with the largest value, ``[..., T, S, A]``."""
        return pick(self.policies, self.best)


def valued(mdp: TabularMDP, run: OnlineRun) -> ValuedRun:
    """The same run, with the values of its policies."""
    values, n = together(mdp.value(pi) for pi in run.policies), len(run.policies)
    mixture = trajectory_mixture(mdp, list(run.policies), [Fraction(1, n)] * n)
    return ValuedRun(**vars(run), values=values, best=ar.argmax(values, 0), mixture=mixture, policy=mixture.policy)
