"""Instances of single steps of proofs: step-wise mixing, model error, and follow-the-leader's cycle.

``w_t`` is the weight of step ``t = 0, 1, ...`` (1 below the horizon, or ``discount**t``), ``T = sum_t w_t``
and ``G(x) = sum_t w_t x**t``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sims.families._clock import Clock
from sims.families._instance import ZERO, Table, erring, following, table, task, transitions
from sims.families._parameters import Number, Parameter, integer, number_type, probability
from sims.tabular import TabularMDP


@dataclass(frozen=True)
class OneWay:
    """A model, an expert, a learner and their step-wise mixture; unpacks to the first three.

    Attributes
    ----------
    mdp : TabularMDP
    expert, learner : array (S, A)
    mixture : array (S, A)
        ``mixing * expert + (1 - mixing) * learner``.
    state_l1 : number
        l1 distance between the mean state laws of ``mixture`` and ``learner``.
    bound : number
        The refined bound on it, (T-1) times ``mixing`` for a horizon.
    """

    mdp: TabularMDP
    expert: Table
    learner: Table
    mixture: Table
    state_l1: Number
    bound: Number

    def __iter__(self) -> Iterator[Any]:
        return iter((self.mdp, self.expert, self.learner))


def one_way(*, mixing: Parameter, horizon: int | None = None, discount: Parameter | None = None) -> OneWay:
    """Stay, or go and never come back: how far mixing in the expert at every step moves the states.

    In state 0 action 0 stays, action 1 goes to state 1, which is absorbing; staying in state 0 earns 1. The
    learner stays, the expert goes, and the mixture goes with probability ``mixing`` in both states.

    Parameters
    ----------
    mixing : probability b of acting as the expert, at each step
    horizon, discount : exactly one of the two

    Returns
    -------
    OneWay
        ``state_l1`` = 2 - 2 G(1-b) / T, for a horizon ``(2/H) sum_t (1 - (1-b)**t)``; ``bound`` = (H-1) b, or
        2 b g / (1-g), approached as b -> 0.

    Raises
    ------
    InvalidParameter
        If ``mixing`` is outside [0, 1], or not exactly one of ``horizon`` and ``discount`` is given.

    Notes
    -----
    Ross, Gordon and Bagnell, AISTATS 2011, Lemma 4.1 [text], whose bound is 2 H b; the exact form is
    [derived].
    """
    clock = Clock.of(horizon, discount)
    b = probability("mixing", mixing)
    number = number_type(mixing, discount)
    P = transitions([[{0: 1}, {1: 1}], [{1: 1}, {1: 1}]], number)
    return OneWay(
        mdp=task(P, table([[1, 0], [0, 0]], number), 0, 2, clock, number),
        expert=following([1, 1], 2, number),
        learner=following([0, 0], 2, number),
        mixture=erring([0, 0], 2, b, number),
        state_l1=number(2 - 2 * clock.geometric(1 - b) / clock.total),
        bound=number(2 * b * (clock.compounded / clock.total - 1)),
    )


@dataclass(frozen=True)
class Leak:
    """Two models with one action, and the difference of their values; unpacks to ``mdp, leaking, policy``.

    Attributes
    ----------
    mdp, leaking : TabularMDP
    policy : array (S, 1)
    gap : number
        ``J(mdp) - J(leaking)``.
    bound : number
        The simulation lemma's bound on it.
    """

    mdp: TabularMDP
    leaking: TabularMDP
    policy: Table
    gap: Number
    bound: Number

    def __iter__(self) -> Iterator[Any]:
        return iter((self.mdp, self.leaking, self.policy))


def leak(*, error: Parameter, horizon: int | None = None, discount: Parameter | None = None) -> Leak:
    """State 0 pays 1 and stays; in the second model it leaks into an unpaid absorbing state.

    Parameters
    ----------
    error : probability of the leak at each step, the total variation between the two models' rows
    horizon, discount : exactly one of the two

    Returns
    -------
    Leak
        ``gap`` = T - G(1-e), for a horizon ``sum_t (1 - (1-e)**t)``, for a discount
        ``g e / ((1-g)(1 - g (1-e)))``; ``bound`` = e H (H-1) / 2 or g e / (1-g)**2, approached as e -> 0.

    Raises
    ------
    InvalidParameter
        If ``error`` is outside [0, 1], or not exactly one of ``horizon`` and ``discount`` is given.

    Notes
    -----
    Tight for the simulation lemma of Kearns and Singh, Machine Learning 2002 [memory]; the instance is
    [derived].
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(error, discount)
    r = table([[1], [0]], number)
    return Leak(
        mdp=task(transitions([[{0: 1}], [{1: 1}]], number), r, 0, 2, clock, number),
        leaking=task(transitions([[{0: 1 - e, 1: e}], [{1: 1}]], number), r, 0, 2, clock, number),
        policy=table([[1], [1]], number),
        gap=number(clock.total - clock.geometric(1 - e)),
        bound=number(e * (clock.compounded - clock.total)),
    )


@dataclass(frozen=True)
class FollowTheLeaderCycle:
    """A model, an expert and two policies between which follow-the-leader alternates for ever.

    Attributes
    ----------
    mdp : TabularMDP
    expert : array (S, A)
    policies : array (2, 1, S, A)
    losses : tuple of two pairs of Fractions
        ``losses[i][j]``: mean 0-1 loss of policy j under the states that policy i visits.
    """

    mdp: TabularMDP
    expert: Table
    policies: Table
    losses: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.mdp, self.expert, self.policies))


def ftl_cycle(*, horizon: int) -> FollowTheLeaderCycle:
    """Each of two policies looks wrong where it goes and right where the other goes.

    From state 0 action 0 leads to state 1, action 1 to state 2; both are absorbing. Action 0 earns 1
    everywhere and the expert always plays it, so the value of a policy is H (1 - its own loss). The first
    policy plays 0, 1, 0 in the three states, the second the opposite. With the 0-1 loss follow-the-leader
    alternates between them: its own loss is at least 1 - 1/H while the best fixed policy's average loss tends
    to 1/2.

    Parameters
    ----------
    horizon : H, at least 2

    Returns
    -------
    FollowTheLeaderCycle
        ``losses`` = ((1 - 1/H, 1/H), (0, 1)).

    Raises
    ------
    InvalidParameter
        If ``horizon`` is below 2.

    Notes
    -----
    Why DAgger's Theorem 4.1 needs strongly convex losses (Ross, Gordon and Bagnell 2011) [derived].
    """
    H = integer("horizon", horizon, least=2)
    P = transitions([[{1: 1}, {2: 1}], [{1: 1}, {1: 1}], [{2: 1}, {2: 1}]], Fraction)
    first, second = [[1, 0], [0, 1], [1, 0]], [[0, 1], [1, 0], [0, 1]]
    once = Fraction(1, H)
    return FollowTheLeaderCycle(
        mdp=task(P, table([[1, 0]] * 3, Fraction), 0, 3, Clock.of(H, None), Fraction),
        expert=following([0, 0, 0], 2, Fraction),
        policies=table([[first], [second]], Fraction),
        losses=((1 - once, once), (ZERO, Fraction(1))),
    )
