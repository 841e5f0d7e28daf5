"""Classes of policies a learner chooses from: all tabular ones, or those of a finite list.

Log-linear policies have a file of their own. Losses that are linear in the policy are given as *costs* ``[..., H, S,
A]``: what an action costs times how often its state is met, so that a policy loses ``sum costs * pi`` and the costs of
several iterations add up. Likelihoods are given as *weights* of the same shape: counts, or an occupancy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.measures import blend, linear_loss, pick, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.reading import bring, read_scalar
from sims.tabular.validation import check_finite


class PolicyClass(ABC):
    """A set of policies that can be searched for the best one."""

    @abstractmethod
    def minimize(self, mdp: TabularMDP, costs: Numbers) -> Numbers:
        """A policy of the class that loses least.

        Parameters
        ----------
        costs : numbers ``[..., H, S, A]``; with a discount ``[..., S, A]``

        Returns
        -------
        numbers ``[..., T, S, A]`` with T in {1, H}; with a discount ``[..., S, A]``
            Exactly optimal in exact systems; enclosing ones compare midpoints.
        """

    @abstractmethod
    def likeliest(self, mdp: TabularMDP, weights: Numbers) -> Numbers:
        """A policy of the class that maximises ``sum weights * log pi``; shapes as for :meth:`minimize`."""


@dataclass(frozen=True, eq=False)
class TabularPolicies(PolicyClass):
    """All policies: a law of the action in each state, at each step or the same at all steps.

    Parameters
    ----------
    stationary : the same law at every step; with a discount every policy is
    smoothing : pseudo-count of every action, added to the weights before a likelihood is maximised
    unseen : what to play where the data do not tell actions apart: where no weight falls, or every action costs the
        same. None means uniformly, an integer that action, numbers ``[S, A]`` or ``[..., H, S, A]`` that policy.
    """

    stationary: bool = False
    smoothing: Any = 0
    unseen: Any = None

    def minimize(self, mdp: TabularMDP, costs: Numbers) -> Numbers:
        """The cheapest action of each state, the first of several; ``unseen`` where all cost the same."""
        costs = self._over_steps(mdp, costs)
        cheapest = one_hot(mdp, ar.argmax(-costs, -1), mdp.n_actions)
        told_apart = ar.compare(ar.amin(costs, -1), "==", ar.amax(costs, -1)) != 1
        return ar.where(told_apart[..., None], cheapest, self._unseen(mdp))

    def likeliest(self, mdp: TabularMDP, weights: Numbers) -> Numbers:
        """The share of each action in the smoothed weights of its state; ``unseen`` where there are none."""
        weights = self._over_steps(mdp, weights) + self._smoothing(mdp)
        seen = ar.possibly_nonzero(ar.sum(weights, -1))
        return ar.where(seen[..., None], conditional(mdp, weights), self._unseen(mdp))

    def gradient(self, mdp: TabularMDP, costs: Numbers) -> Numbers:
        """What each action costs in each state, ``[..., T, S, A]``, so that ``linear_loss = sum gradient * pi``."""
        costs = self._over_steps(mdp, costs)
        return costs if mdp.horizon is None else costs / mdp.horizon

    def mixture(self, mdp: TabularMDP, weights: Numbers) -> Numbers:
        """The policy whose laws are given, ``[..., T, S, A]``."""
        return weights

    def _over_steps(self, mdp: TabularMDP, x: Numbers) -> Numbers:
        """Sum over steps, whose axis stays, if the class is stationary."""
        stationary = self.stationary and mdp.horizon is not None
        return ar.sum(x, -3)[..., None, :, :] if stationary else x

    def _smoothing(self, mdp: TabularMDP) -> Numbers:
        smoothing = number(mdp, "smoothing", self.smoothing)
        if not ar.compare(smoothing, ">=", 0) == 1:
            raise InvalidArgument(f"smoothing={self.smoothing}: a pseudo-count must be at least 0.")
        return smoothing

    def _unseen(self, mdp: TabularMDP) -> Numbers:
        if self.unseen is None:
            return mdp.system.convert(Fraction(1, mdp.n_actions))
        if isinstance(self.unseen, int | np.integer):
            if not 0 <= self.unseen < mdp.n_actions or isinstance(self.unseen, bool):
                raise InvalidArgument(f"unseen={self.unseen}: actions run from 0 to {mdp.n_actions - 1}.")
            return one_hot(mdp, np.asarray(self.unseen), mdp.n_actions)
        policy = mdp.policy(self.unseen)
        if self.stationary and mdp.horizon is not None and policy.shape[-3] > 1:
            raise InvalidArgument(
                f"unseen varies over {policy.shape[-3]} steps, but the class is stationary.\n"
                "  Give a policy [S, A], or TabularPolicies(stationary=False, ...)."
            )
        return policy


ALL_POLICIES = TabularPolicies()


@dataclass(frozen=True, eq=False)
class FinitePolicies(PolicyClass):
    """The policies of a list.

    Parameters
    ----------
    policies : policies of the model, at least one
    """

    policies: Sequence[Any]

    def minimize(self, mdp: TabularMDP, costs: Numbers) -> Numbers:
        """The policy that loses least, the first of several."""
        return self._pick(mdp, -self.gradient(mdp, costs))

    def likeliest(self, mdp: TabularMDP, weights: Numbers) -> Numbers:
        """The policy with the largest likelihood, the first of several; logarithms are taken in floats."""
        axes = tuple(range(-_axes(mdp), 0))
        excess = [ar.relative_entropy(ar.midpoint(weights), ar.midpoint(pi)) for pi in self._policies(mdp)]
        return self._pick(mdp, -together([ar.sum(nats, axes) for nats in excess], -1))

    def gradient(self, mdp: TabularMDP, costs: Numbers) -> Numbers:
        """What each policy loses, ``[..., K]``, so that a mixture loses ``sum gradient * weights``."""
        return together([linear_loss(mdp, costs, pi) for pi in self._policies(mdp)], -1)

    def mixture(self, mdp: TabularMDP, weights: Numbers) -> Numbers:
        """The policy that at every step plays the k-th with probability ``weights[..., k]``."""
        policies = self._policies(mdp)
        return blend(policies, [weights[..., k] for k in range(len(policies))], axes=_axes(mdp))

    def _pick(self, mdp: TabularMDP, scores: Numbers) -> Numbers:
        return pick(self._policies(mdp), ar.argmax(scores, -1), axes=_axes(mdp))

    def _policies(self, mdp: TabularMDP) -> list[Numbers]:
        if len(self.policies) == 0:
            raise InvalidArgument("policies is empty: a class needs at least one policy.")
        return [mdp.policy(pi) for pi in self.policies]


def one_hot(mdp: TabularMDP, index: Any, size: int) -> Numbers:
    """Laws ``[..., size]`` that put all mass on one entry."""
    return mdp.system.convert((np.asarray(index)[..., None] == np.arange(size)).astype(np.int64))


def conditional(mdp: TabularMDP, weights: Numbers) -> Numbers:
    """``mdp.project``, for weights with one step, too."""
    if mdp.horizon is None or weights.shape[-3] == mdp.horizon:
        return mdp.project(weights)
    every_step = (*weights.shape[:-3], mdp.horizon, *weights.shape[-2:])
    return mdp.project(ar.broadcast_to(weights, every_step))[..., :1, :, :]


def number(mdp: TabularMDP, name: str, x: Any) -> Numbers:
    """Read one number, or numbers over the batch axes, in the number system of the model.

    Raises
    ------
    InvalidArgument
        If it is no number, or not finite.
    """
    read = bring(read_scalar(name, x, InvalidArgument), mdp.system)
    check_finite(read, name, InvalidArgument)
    return read


def probability(mdp: TabularMDP, name: str, x: Any) -> Numbers:
    """Read a number in [0, 1].

    Raises
    ------
    InvalidArgument
        If it is (certainly) outside.
    """
    p = number(mdp, name, x)
    if np.any((ar.compare(p, ">=", 0) == -1) | (ar.compare(p, "<=", 1) == -1)):
        raise InvalidArgument(f"{name}={x}: a probability must lie in [0, 1].")
    return p


def _axes(mdp: TabularMDP) -> int:
    return 2 if mdp.horizon is None else 3
