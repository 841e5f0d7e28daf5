"""Where small errors grow: the instances behind the quadratic bounds of imitation learning.

Every family takes either ``horizon`` or ``discount``. ``w_t`` is the weight of step ``t = 0, 1, ...`` (1
below the horizon, or ``discount**t``), ``T = sum_t w_t`` and ``G(x) = sum_t w_t x**t``. The papers count
costs; here the reward is one minus the cost, so that rewards lie in [0, 1] and gaps are the papers' own.
"""

from __future__ import annotations

from sims.families._clock import Clock
from sims.families._instance import ZERO, Imitation, erring, following, table, task, transitions
from sims.families._parameters import InvalidParameter, Parameter, number_type, probability


def cliff(*, error: Parameter, horizon: int | None = None, discount: Parameter | None = None) -> Imitation:
    """Keep to the path, or fall once and for all: per-step errors cost quadratically.

    State 0 is the path, state 1 the bottom. Action 0 on the path stays on it (reward 1), action 1 falls
    (reward 0); the bottom is absorbing with reward 0. The expert plays action 0, the learner errs with
    probability ``error`` in both states.

    Parameters
    ----------
    error : probability of the learner's mistake at each step
    horizon, discount : exactly one of the two

    Returns
    -------
    Imitation
        ``error_rate`` = e; ``gap`` = T - (1-e) G(1-e), for a horizon ``H - (1-e) (1 - (1-e)**H) / e`` and for
        a discount ``e / ((1-g) (1 - g (1-e)))``; ``bound`` = e H (H+1) / 2 or e / (1-g)**2, both approached
        as e -> 0; ``state_l1`` = 2 - 2 G(1-e) / T.

    Raises
    ------
    InvalidParameter
        If ``error`` is outside [0, 1], or not exactly one of ``horizon`` and ``discount`` is given.

    Notes
    -----
    Ross and Bagnell, AISTATS 2010, Theorem 2.1, its tight case with per-step error [memory]; the Cliff of
    Swamy et al., ICML 2021 (there the rewards are 0 and -1) [names memory, values derived]; discounted, the
    instance of Xu, Li and Yu, NeurIPS 2020 [derived].
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(error, discount)
    P = transitions([[{0: 1}, {1: 1}], [{1: 1}, {1: 1}]], number)
    survival = clock.geometric(1 - e)
    return Imitation(
        mdp=task(P, table([[1, 0], [0, 0]], number), 0, 2, clock, number),
        expert=following([0, 0], 2, number),
        learner=erring([0, 0], 2, e, number),
        error_rate=number(e),
        gap=number(clock.total - (1 - e) * survival),
        bound=number(e * clock.compounded),
        state_l1=number(2 - 2 * survival / clock.total),
    )


def first_step_error(
    *,
    error: Parameter,
    expert_cost: Parameter = 0,
    horizon: int | None = None,
    discount: Parameter | None = None,
) -> Imitation:
    """The whole error at the first step: the bound ``H**2 * error`` is attained, for every horizon.

    States 0 (start), 1 (good) and 2 (bad); good and bad are absorbing. At the start action 0 leads to good
    and action 1 to bad. Costs: 1 for action 1 at the start and in bad, ``expert_cost`` elsewhere. The expert
    plays action 0; the learner errs at the start only, with probability ``p = error * T``, so that its mean
    error is ``error``.

    Parameters
    ----------
    error : mean error over steps, at most 1/T
    expert_cost : cost k in [0, 1] of each of the expert's steps
    horizon, discount : exactly one of the two

    Returns
    -------
    Imitation
        ``error_rate`` = e; ``gap`` = (1-k) e T**2, which is ``bound`` = e T**2 at k = 0; ``state_l1`` = 2 e
        (T-1). In costs, ``J(learner) = (1 - e T) J(expert) + e T**2``.

    Raises
    ------
    InvalidParameter
        If ``error * T`` or ``expert_cost`` is outside [0, 1].

    Notes
    -----
    Ross and Bagnell, AISTATS 2010, as quoted by Ross, Gordon and Bagnell, AISTATS 2011, section 2.1 [text];
    the instance is a reconstruction [derived].
    """
    clock = Clock.of(horizon, discount)
    number = number_type(error, expert_cost, discount)
    e = probability("error", error)
    k = probability("expert_cost", expert_cost)
    first = e * clock.total
    if first > 1:
        raise InvalidParameter(
            f"error is {error}, so the first step would err with probability {float(first):.6g} "
            f"(should be at most {1 / clock.total}: the error of all steps is made at the first)."
        )
    P = transitions([[{1: 1}, {2: 1}], [{1: 1}, {1: 1}], [{2: 1}, {2: 1}]], number)
    return Imitation(
        mdp=task(P, table([[1 - k, 0], [1 - k, 1 - k], [0, 0]], number), 0, 3, clock, number),
        expert=following([0, 0, 0], 2, number),
        learner=erring([0, 0, 0], 2, [first, ZERO, ZERO], number),
        error_rate=number(e),
        gap=number((1 - k) * e * clock.total**2),
        bound=number(e * clock.total**2),
        state_l1=number(2 * e * (clock.total - 1)),
    )


def kaariainen_flip(*, error: Parameter, horizon: int | None = None, discount: Parameter | None = None) -> Imitation:
    """Two states, right and wrong, and a learner that now and then changes sides.

    Action 0 keeps the state, action 1 flips it; a step costs 1 if it ends in the wrong state (state 1). The
    start is right; the expert keeps, the learner flips with probability ``error`` in both states.

    Parameters
    ----------
    error : probability of a flip at each step
    horizon, discount : exactly one of the two

    Returns
    -------
    Imitation
        ``error_rate`` = e; ``gap`` = (T - (1-2e) G(1-2e)) / 2, for a horizon
        ``H/2 - (1 - (1-2e)**(H+1)) / (4e) + 1/2``; ``bound`` = e H (H+1) / 2 or e / (1-g)**2; ``state_l1`` =
        1 - G(1-2e) / T.

    Raises
    ------
    InvalidParameter
        If ``error`` is outside [0, 1], or not exactly one of ``horizon`` and ``discount`` is given.

    Notes
    -----
    Kaariainen, Lower bounds for reductions, 2006; the formula is footnote 1 of Ross, Gordon and Bagnell 2011
    [text].
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(error, discount)
    P = transitions([[{0: 1}, {1: 1}], [{1: 1}, {0: 1}]], number)
    correlation = clock.geometric(1 - 2 * e)
    return Imitation(
        mdp=task(P, table([[1, 0], [0, 1]], number), 0, 2, clock, number),
        expert=following([0, 0], 2, number),
        learner=erring([0, 0], 2, e, number),
        error_rate=number(e),
        gap=number((clock.total - (1 - 2 * e) * correlation) / 2),
        bound=number(e * clock.compounded),
        state_l1=number(1 - correlation / clock.total),
    )


def unicycle(*, error: Parameter, horizon: int | None = None, discount: Parameter | None = None) -> Imitation:
    """One step off the track and back: errors that can be mended cost linearly.

    State 0 is the track, state 1 beside it. On the track action 0 stays and action 1 leaves; from beside it
    every action returns. A step that starts beside the track costs 1. The expert plays action 0, the learner
    errs with probability ``error`` in both states. No action is worse than the expert's by more than u = 1.

    Parameters
    ----------
    error : probability of the learner's mistake at each step
    horizon, discount : exactly one of the two

    Returns
    -------
    Imitation
        ``error_rate`` = e (also under the learner's own occupancy); ``gap`` = e/(1+e) (T - G(-e)), the sum of
        ``Pr(s_t = 1) = e/(1+e) (1 - (-e)**t)``; ``bound`` = u e T; ``state_l1`` = 2 gap / T.

    Raises
    ------
    InvalidParameter
        If ``error`` is outside [0, 1], or not exactly one of ``horizon`` and ``discount`` is given.

    Notes
    -----
    Swamy et al., ICML 2021, Unicycle [name memory, values derived]; tight for Ross, Gordon and Bagnell 2011,
    Theorem 2.2, as e -> 0 and H grows.
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(error, discount)
    P = transitions([[{0: 1}, {1: 1}], [{0: 1}, {0: 1}]], number)
    gap = e / (1 + e) * (clock.total - clock.geometric(-e))
    return Imitation(
        mdp=task(P, table([[1, 1], [0, 0]], number), 0, 2, clock, number),
        expert=following([0, 0], 2, number),
        learner=erring([0, 0], 2, e, number),
        error_rate=number(e),
        gap=number(gap),
        bound=number(e * clock.total),
        state_l1=number(2 * gap / clock.total),
    )


def loop(*, error: Parameter, horizon: int | None = None, discount: Parameter | None = None) -> Imitation:
    """One state, a right action (reward 1) and a wrong one (reward 0): a mistake costs itself and no more.

    Parameters
    ----------
    error : probability of the learner's mistake at each step
    horizon, discount : exactly one of the two

    Returns
    -------
    Imitation
        ``error_rate`` = e; ``gap`` = ``bound`` = e T; ``state_l1`` = 0.

    Raises
    ------
    InvalidParameter
        If ``error`` is outside [0, 1], or not exactly one of ``horizon`` and ``discount`` is given.

    Notes
    -----
    Swamy et al., ICML 2021, the loop or bandit of the reward-moment lower bound [name memory, values
    derived]; attains Ross, Gordon and Bagnell 2011, Theorem 2.2, with u = 1.
    """
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(error, discount)
    return Imitation(
        mdp=task(transitions([[{0: 1}, {0: 1}]], number), table([[1, 0]], number), 0, 1, clock, number),
        expert=following([0], 2, number),
        learner=erring([0], 2, e, number),
        error_rate=number(e),
        gap=number(e * clock.total),
        bound=number(e * clock.total),
        state_l1=number(ZERO),
    )
