"""The three games of moment matching, over all policies or over mixtures of finitely many.

Swamy, Choudhury, Bagnell and Wu, ICML 2021: a policy against a discriminator f with values in [-1, 1], whose payoffs
U1, U2, U3 are in :mod:`iltheory.measures.moments`. [text for the payoffs] A policy bounds the value of a game from
above, by the supremum of its payoffs; a discriminator bounds it from below, by the infimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from iltheory.games.game import read_target
from iltheory.games.linear_programme import searched
from iltheory.games.occupancy_programme import nearest_flow, nearest_point
from iltheory.games.sparse import Sparse
from iltheory.measures import (
    action_mismatch,
    largest_payoff,
    least_off_policy_payoff,
    least_on_policy_payoff,
    least_reward_payoff,
    occupancy_mismatch,
    over_time,
    payoff,
    smallest,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular import step_mixture, trajectory_mixture
from sims.tabular.reading import bring, read_numbers

Moments = Literal["reward", "off-policy", "on-policy"]


@dataclass(frozen=True, eq=False)
class MomentGame:
    """``min_pi max_f U(pi, f)`` over f with values in [-1, 1].

    Attributes
    ----------
    mdp : one model; its own rewards do not matter
    expert : policy; where it is known by demonstrations only, the one they project to
    target : occupancy the expert shows, ``[H, S, A]`` or ``[S, A]``; the reward game needs no more than this
    moments : ``reward`` (U1), ``off-policy`` (U2) or ``on-policy`` (U3)
    stationary : whether f must be the same at every step

    Raises
    ------
    InvalidArgument
        If the model is a batch, or there are no such moments.
    """

    mdp: TabularMDP
    expert: Numbers
    target: Numbers
    moments: Moments = "reward"
    stationary: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", read_target(self.mdp, self.target))
        object.__setattr__(self, "expert", self.mdp.policy(self.expert))
        if self.moments not in get_args(Moments):
            raise InvalidArgument(f"moments={self.moments!r}: there are {', '.join(get_args(Moments))}.")

    def mismatch(self, policy: Any) -> Numbers:
        """The signed measure g with ``U(pi, f) = <g, f>``."""
        if self.moments == "reward":
            g = occupancy_mismatch(self.mdp, self.target, policy)
        else:
            states = ar.sum(self.target, -1) if self.moments == "off-policy" else self.mdp.state_occupancy(policy)
            g = action_mismatch(self.mdp, self.expert, policy, states)
        return over_time(self.mdp, g) if self.stationary else g

    def primal(self, policy: Any) -> Numbers:
        """What the best discriminator makes of a policy: at least the value of the game."""
        return ar.asarray(largest_payoff(self.mdp, self.mismatch(policy)))

    def dual(self, f: Any, policies: Sequence[Any] | None = None) -> Numbers:
        """What the best policy (of a list, or of all) makes of a discriminator: at most the value of the game.

        Parameters
        ----------
        f : numbers in [-1, 1], ``[H, S, A]`` or ``[1, S, A]``; with a discount ``[S, A]``

        Raises
        ------
        InvalidArgument
            If f is none of the game's functions.
        """
        f = self._function(f)
        if policies is not None:
            return ar.asarray(smallest(payoff(self.mdp, self.mismatch(pi), f) for pi in policies))
        if self.moments == "reward":
            return ar.asarray(least_reward_payoff(self.mdp, self.target, f))
        if self.moments == "off-policy":
            return ar.asarray(least_off_policy_payoff(self.mdp, self.expert, ar.sum(self.target, -1), f))
        return ar.asarray(least_on_policy_payoff(self.mdp, self.expert, f))

    def _function(self, f: Any) -> Numbers:
        read, shape = bring(read_numbers("f", f, InvalidArgument), self.mdp.system), tuple(self.target.shape)
        stationary = shape if self.mdp.horizon is None else (1, *shape[1:])
        if tuple(read.shape) not in ({stationary} if self.stationary else {stationary, shape}):
            raise InvalidArgument(
                f"f has shape {tuple(read.shape)}, expected {stationary if self.stationary else shape}."
            )
        if not (ar.lower(ar.absolute(read)) <= 1).all():
            raise InvalidArgument("f has values outside of [-1, 1], or NaN: divide it by the largest.")
        return read

    def mixture(self, policies: Sequence[Any], weights: Numbers) -> Numbers:
        """The policy whose mismatch is the weighted mean of the mismatches.

        U1 and U3 are linear in the occupancy of the policy, U2 in its laws of the action: drawn once a trajectory, or
        afresh at every step.
        """
        if self.moments == "off-policy":
            return step_mixture([self.mdp.policy(pi) for pi in policies], list(weights))
        return trajectory_mixture(self.mdp, policies, list(weights)).policy


def mixture_saddle(mismatches: Numbers) -> tuple[Numbers, Numbers]:
    """Weights and a discriminator that solve ``min_w max_f sum_k w_k <g_k, f>``.

    Parameters
    ----------
    mismatches : numbers ``[K, ...]``

    Returns
    -------
    weights : numbers ``[K]``, a law
    f : numbers ``[...]`` in [-1, 1]
    """
    system, g = ar.system_of(mismatches), searched(mismatches)
    columns = Sparse.of(ar.moveaxis(ar.reshape(g, (len(g), -1)), 0, 1))
    law = Sparse.ones(np.zeros(len(g), dtype=np.int64), 1, ar.system_of(g))
    weights, f = nearest_point(columns, ar.zeros((columns.shape[0],), ar.system_of(g)), law, law.values[:1])
    return system.convert(weights / ar.sum(weights)), ar.reshape(system.convert(f), tuple(g.shape[1:]))


def occupancy_saddle(game: MomentGame) -> tuple[Numbers, Numbers]:
    """A policy and a discriminator that solve the reward game over all policies, on the occupancy polytope.

    Returns
    -------
    policy : numbers ``[H, S, A]`` or ``[S, A]``
    f : numbers in [-1, 1], as ``game.dual`` takes them
    """
    mdp = game.mdp
    flow, f = nearest_flow(mdp, over_time(mdp, game.target) if game.stationary else game.target)
    return mdp.project(flow), f
