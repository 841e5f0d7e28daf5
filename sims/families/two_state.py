"""Two states that mix, alternate, trap or stay apart: what occupancies can and cannot tell.

``w_t`` is the weight of step ``t = 0, 1, ...`` (1 below the horizon, or ``discount**t``), ``T = sum_t w_t``
and ``G(x) = sum_t w_t x**t``. The start is state 0 and the closed forms are derived here: none of the four is
from a paper.
"""

from __future__ import annotations

from fractions import Fraction

from sims.families._clock import Clock
from sims.families._instance import ZERO, Imitation, erring, following, table, task, transitions
from sims.families._parameters import InvalidParameter, Parameter, number_type, probability


def ergodic(
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    error: Parameter = Fraction(1, 10),
    leave: Parameter = Fraction(1, 4),
) -> Imitation:
    """Every policy forgets the start.

    Action 0 changes the state with probability ``leave``, action 1 with the rest; state 0 earns 1. The expert
    plays action 0, the learner errs with probability ``error`` in both states.

    Parameters
    ----------
    horizon, discount : exactly one of the two
    error : probability of the learner's mistake at each step
    leave : probability that action 0 changes the state, strictly between 0 and 1

    Returns
    -------
    Imitation
        A policy that changes the state with probability x is worth ``(T + G(1-2x)) / 2``; x is ``leave`` for
        the expert and ``(1-e) leave + e (1 - leave)`` for the learner. ``error_rate`` = e; ``gap`` is the
        difference.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    x = probability("leave", leave)
    if x in (0, 1):
        raise InvalidParameter(f"leave is {leave} (should be strictly between 0 and 1, or a policy never mixes).")
    number = number_type(discount, error, leave)
    P = transitions([[{0: 1 - x, 1: x}, {0: x, 1: 1 - x}], [{0: x, 1: 1 - x}, {0: 1 - x, 1: x}]], number)
    learner = (1 - e) * x + e * (1 - x)
    return Imitation(
        mdp=task(P, table([[1, 1], [0, 0]], number), 0, 2, clock, number),
        expert=following([0, 0], 2, number),
        learner=erring([0, 0], 2, e, number),
        error_rate=number(e),
        gap=number((clock.geometric(1 - 2 * x) - clock.geometric(1 - 2 * learner)) / 2),
    )


def periodic(
    *, horizon: int | None = None, discount: Parameter | None = None, error: Parameter = Fraction(1, 10)
) -> Imitation:
    """The states alternate whatever is played, so step laws never converge; only state 0's action matters.

    Action 0 in state 0 earns 1. The expert plays action 0, the learner errs with probability ``error`` in
    both states.

    Parameters
    ----------
    horizon, discount : exactly one of the two
    error : probability of the learner's mistake at each step

    Returns
    -------
    Imitation
        ``error_rate`` = e; ``gap`` = e (T + G(-1)) / 2, for a horizon ``e ceil(H/2)``; ``state_l1`` = 0.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(discount, error)
    P = transitions([[{1: 1}, {1: 1}], [{0: 1}, {0: 1}]], number)
    return Imitation(
        mdp=task(P, table([[1, 0], [0, 0]], number), 0, 2, clock, number),
        expert=following([0, 0], 2, number),
        learner=erring([0, 0], 2, e, number),
        error_rate=number(e),
        gap=number(e * (clock.total + clock.geometric(Fraction(-1))) / 2),
        state_l1=number(ZERO),
    )


def absorbing(
    *, horizon: int | None = None, discount: Parameter | None = None, error: Parameter = Fraction(1, 10)
) -> Imitation:
    """The expert leaves for good at the first step, so it shows state 0 only once; the learner lingers there.

    In state 0 action 0 goes to state 1 and action 1 stays; state 1 is absorbing and earns 1. The expert plays
    action 0; the learner errs with probability ``error`` in state 0 and never in state 1.

    Parameters
    ----------
    horizon, discount : exactly one of the two
    error : probability of the learner's mistake in state 0

    Returns
    -------
    Imitation
        ``error_rate`` = e / T; ``gap`` = G(e) - 1, for a horizon ``e (1 - e**(H-1)) / (1-e)``; ``state_l1`` =
        2 gap / T.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(discount, error)
    P = transitions([[{1: 1}, {0: 1}], [{1: 1}, {1: 1}]], number)
    gap = clock.geometric(e) - 1
    return Imitation(
        mdp=task(P, table([[0, 0], [1, 1]], number), 0, 2, clock, number),
        expert=following([0, 0], 2, number),
        learner=erring([0, 0], 2, [e, ZERO], number),
        error_rate=number(e / clock.total),
        gap=number(gap),
        state_l1=number(2 * gap / clock.total),
    )


def unreachable(*, horizon: int | None = None, discount: Parameter | None = None) -> Imitation:
    """State 1 is never visited and the policies differ only there: one occupancy, two policies.

    Both states are absorbing; action 0 earns 1, action 1 earns 0. The expert plays action 0 in both states,
    the learner action 1 in state 1.

    Parameters
    ----------
    horizon, discount : exactly one of the two

    Returns
    -------
    Imitation
        ``error_rate``, ``gap`` and ``state_l1`` are 0.

    Raises
    ------
    InvalidParameter
        If not exactly one of ``horizon`` and ``discount`` is given, or it is out of range.
    """
    clock = Clock.of(horizon, discount)
    number = number_type(discount)
    return Imitation(
        mdp=task(
            transitions([[{0: 1}, {0: 1}], [{1: 1}, {1: 1}]], number),
            table([[1, 0], [1, 0]], number),
            0,
            2,
            clock,
            number,
        ),
        expert=following([0, 0], 2, number),
        learner=following([0, 1], 2, number),
        error_rate=number(ZERO),
        gap=number(ZERO),
        state_l1=number(ZERO),
    )
