"""Moment matching: equilibria of the three games of Swamy, Choudhury, Bagnell and Wu (ICML 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iltheory.games.moment_games import MomentGame, Moments, mixture_saddle, occupancy_saddle
from iltheory.learners.demonstrations import Expert, shown_alone, shown_occupancy
from iltheory.measures import over_time, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument


@dataclass(frozen=True, eq=False)
class MomentMatching:
    """A policy and a discriminator, with what each guarantees.

    Attributes
    ----------
    game : the game they play
    policy : numbers ``[H, S, A]`` or ``[S, A]``, with the payoffs of the mixture
    policies : the policies of the mixture
    weights : numbers ``[K]``, their probabilities
    discriminator : f, numbers in [-1, 1], ``[H, S, A]`` (``[1, S, A]`` if stationary) or ``[S, A]``
    primal : ``sup_f U(policy, f)``, an upper bound on the value of the game
    dual : ``inf_pi U(pi, discriminator)`` over the policies of the class, a lower bound
    """

    game: MomentGame
    policy: Numbers
    policies: tuple[Numbers, ...]
    weights: Numbers
    discriminator: Numbers
    primal: Numbers
    dual: Numbers

    @property
    def gap(self) -> Numbers:
        """How far either player may be from optimal: ``primal - dual``, not below 0."""
        return ar.maximum(self.primal - self.dual, 0)


def moment_matching(
    mdp: TabularMDP,
    expert: Expert,
    policies: Sequence[Any] | None = None,
    *,
    moments: Moments = "reward",
    stationary: bool = False,
) -> MomentMatching:
    """Equilibrium of a game of moments, between a policy and functions f with values in [-1, 1].

    Over a list of policies and their mixtures, a linear programme. Over all policies, the games of action values are
    won by imitating the expert, and so is the reward game, but that the occupancy of few demonstrations may be that of
    no policy: then it is a linear programme on the occupancy polytope. Exact in ``rational``, where primal and dual
    values agree; elsewhere as floats find it, evaluated in the number system of the model. [text for the games,
    derived for their solutions]

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : policy, or ``Trajectories``; then U1 compares with their empirical occupancy, and U2 and U3 with the policy
        they project to (uniform in states they do not show)
    policies : a finite class; None for all policies
    moments : ``reward`` (U1), ``off-policy`` (U2) or ``on-policy`` (U3)
    stationary : whether f must be the same function of state and action at every step

    Raises
    ------
    InvalidArgument
        If the model, or the expert, is a batch, there are no such moments, or the list is empty.
    """
    from sims.datasets import Trajectories

    target = shown_alone(mdp, expert)
    game = MomentGame(mdp, imitated(mdp, expert), target, moments, stationary)
    if policies is not None:
        return _over_mixtures(game, [mdp.policy(pi) for pi in policies])
    if moments == "reward" and isinstance(expert, Trajectories):
        return _solution(game, *occupancy_saddle(game))
    return _solution(game, game.expert, 0 * over_time(mdp, target) if stationary else 0 * target)


def imitated(mdp: TabularMDP, expert: Expert) -> Numbers:
    """The expert's policy, or the one its demonstrations project to."""
    from sims.datasets import Trajectories

    return mdp.project(shown_occupancy(mdp, expert)) if isinstance(expert, Trajectories) else mdp.policy(expert)


def _over_mixtures(game: MomentGame, policies: list[Numbers]) -> MomentMatching:
    if not policies:
        raise InvalidArgument("policies is empty: a class needs at least one policy.")
    for k, pi in enumerate(policies):
        if pi.ndim > game.target.ndim:
            raise InvalidArgument(f"policies[{k}] has shape {tuple(pi.shape)}, a batch: list its policies one by one.")
    weights, f = mixture_saddle(together(game.mismatch(pi) for pi in policies))
    policy = game.mixture(policies, weights)
    return MomentMatching(game, policy, tuple(policies), weights, f, game.primal(policy), game.dual(f, policies))


def _solution(game: MomentGame, policy: Numbers, f: Numbers) -> MomentMatching:
    one = game.mdp.system.convert([1])
    return MomentMatching(game, policy, (policy,), one, f, game.primal(policy), game.dual(f))
