"""Online learning of policies: the next policy from the losses so far, and the regret of all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.laws import exact_laws
from iltheory.learners.losses import Loss
from iltheory.learners.policy_class import FinitePolicies, PolicyClass, TabularPolicies
from iltheory.measures import mean, steps, together
from iltheory.measures.multiplicative_weights import exponential_weights
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument, require
from sims.tabular.reading import read_scalar

Floats = NDArray[np.float64]
Regularizer = Literal["quadratic", "entropic"]


class OnlineLearner(ABC):
    """A rule for choosing the next policy from all that was lost before."""

    @abstractmethod
    def next(self, mdp: TabularMDP, policy_class: PolicyClass, loss: Loss, data: Numbers) -> Numbers:
        """The next policy.

        Parameters
        ----------
        data : numbers ``[..., H, S, A]``, the data of the loss, summed over past iterations; zeros at first
        """


@dataclass(frozen=True)
class FollowTheLeader(OnlineLearner):
    """Play what would have lost least so far.

    No regret for strongly convex losses; for the 0-1 loss of deterministic policies its regret may be linear
    (``dagger-ftl-needs-convexity``).
    """

    def next(self, mdp: TabularMDP, policy_class: PolicyClass, loss: Loss, data: Numbers) -> Numbers:
        """See :class:`OnlineLearner`."""
        return loss.minimizer(mdp, policy_class, data)


FOLLOW_THE_LEADER = FollowTheLeader()


@dataclass(frozen=True)
class FollowTheRegularizedLeader(OnlineLearner):
    """Play the weights w that minimise ``loss so far + R(w) / rate``, for linear losses.

    Weights are laws of the action, one in each state (``TabularPolicies``), or one law of the policy to play, drawn
    afresh at every step (``FinitePolicies``). They are found in floats and put on multiples of 2^-50, so that they are
    the same policy in every number system.

    Parameters
    ----------
    rate : positive number; about ``sqrt(8 log K / N)`` for N iterations over a list of K policies
    regularizer : ``quadratic``: ``|w - uniform|^2 / 2``; ``entropic``: ``sum w log w``. Summed over states.
    """

    rate: Any
    regularizer: Regularizer = "quadratic"

    def __post_init__(self) -> None:
        if self.regularizer not in get_args(Regularizer):
            raise InvalidArgument(f"regularizer={self.regularizer!r}: there are {', '.join(get_args(Regularizer))}.")
        rate = read_scalar("rate", self.rate, InvalidArgument)
        if not 0 < float(rate) < np.inf:
            raise InvalidArgument(f"rate={self.rate}: must be a positive number.")

    def next(self, mdp: TabularMDP, policy_class: PolicyClass, loss: Loss, data: Numbers) -> Numbers:
        """See :class:`OnlineLearner`."""
        if not loss.linear or not isinstance(policy_class, TabularPolicies | FinitePolicies):
            raise InvalidArgument(
                f"{type(self).__name__} needs a linear loss and a class whose mixtures it can play; it got the "
                f"{loss.name} loss and {type(policy_class).__name__}.\n  Use FollowTheLeader()."
            )
        weights = self.weights(ar.midpoint(policy_class.gradient(mdp, data)))
        return policy_class.mixture(mdp, exact_laws(mdp, weights))

    def weights(self, losses: Floats) -> Floats:
        """Laws ``[..., n]`` that minimise ``sum losses * w + R(w) / rate``."""
        rate = float(self.rate)
        if self.regularizer == "quadratic":
            return _nearest(-rate * losses)
        return np.asarray(exponential_weights(losses, rate))


def hedge(rate: Any) -> FollowTheRegularizedLeader:
    """Weights proportional to ``exp(-rate * loss so far)``: the entropic regulariser.

    Average regret at most ``log K / (rate N) + rate / 8`` on K policies whose losses lie in [0, 1] (Freund and Schapire
    1997).
    """
    return FollowTheRegularizedLeader(rate, "entropic")


def _nearest(scores: Floats) -> Floats:
    """Law nearest to ``scores + uniform``, in Euclidean distance: ``max(scores - level, 0)``."""
    falling = -np.sort(-scores, axis=-1)
    levels = (np.cumsum(falling, axis=-1) - 1) / np.arange(1, scores.shape[-1] + 1)
    support = np.sum(falling > levels, axis=-1, keepdims=True)
    return np.asarray(np.maximum(scores - np.take_along_axis(levels, support - 1, axis=-1), 0))


@dataclass(frozen=True)
class OnlineRun:
    """What an online learner played and lost.

    Attributes
    ----------
    policies : numbers ``[N, ..., T, S, A]`` with T in {1, H}, one policy an iteration
    losses : numbers ``[N, ...]``, ``l_i(hat pi_i)``, means over steps
    hindsight : numbers ``[..., T, S, A]``, a policy of the class with the smallest loss over all iterations
    class_error : its average loss, ``epsilon_N = min_pi (1/N) sum_i l_i(pi)``; where the class smooths or penalises a
        likelihood, the loss of the policy it then takes, which may be larger than the minimum
    regret : ``gamma_N``, the average of the losses minus ``class_error``
    """

    policies: Numbers
    losses: Numbers
    hindsight: Numbers
    class_error: Numbers
    regret: Numbers


def play(
    mdp: TabularMDP,
    policy_class: PolicyClass,
    *,
    iterations: int,
    online: OnlineLearner,
    loss: Loss,
    observe: Callable[[int, Numbers], Numbers],
) -> OnlineRun:
    """Let an online learner choose a policy at each iteration, and observe what its loss depends on.

    Parameters
    ----------
    iterations : N, at least 1
    observe : ``(i, hat pi_i)``, i from 1: data ``[..., H, S, A]`` of the loss of iteration i

    Raises
    ------
    InvalidArgument
        If ``iterations`` is not a positive integer, or an argument is of the wrong kind.
    """
    require("policy_class", policy_class, PolicyClass, "TabularPolicies()")
    require("online", online, OnlineLearner, "FollowTheLeader()")
    require("loss", loss, Loss, "ZERO_ONE")
    data = ar.zeros((*mdp.batch_shape, steps(mdp), mdp.n_states, mdp.n_actions), mdp.system)
    policies, losses = [], []
    for i in range(1, count("iterations", iterations) + 1):
        pi = mdp.policy(online.next(mdp, policy_class, loss, data))
        seen = observe(i, pi)
        policies.append(pi)
        losses.append(loss.total(mdp, seen, pi))
        data = data + seen
    hindsight = loss.minimizer(mdp, policy_class, data)
    class_error = ar.asarray(loss.total(mdp, data, hindsight) / iterations)
    suffered = ar.asarray(together(losses))
    return OnlineRun(together(policies), suffered, hindsight, class_error, ar.asarray(mean(suffered)) - class_error)


def count(name: str, n: Any) -> int:
    """Check a number of iterations or of samples."""
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InvalidArgument(f"{name}={n!r}: must be an integer, at least 1.")
    return int(n)
