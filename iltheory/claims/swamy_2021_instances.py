"""Swamy, Choudhury, Bagnell and Wu, ICML 2021: cliff, unicycle and loop.

The learner errs with probability epsilon at every step; T is H. The names of the instances are from memory, their
values derived here.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.kinds import Horizon, PositiveUnitInterval
from iltheory.claims.swamy_2021 import swamy
from iltheory.measures import gap, mean
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import equal

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)


def erring_gap(family: Any, horizon: int, error: Any) -> Any:
    """Gap of a two-action family of :mod:`sims.families` for a batch of errors, each ``[...]``."""
    mdp, expert, _ = family(horizon=horizon, error=0)
    mdp = mdp.to(ar.system_of(error))
    expert, wrong = mdp.policy(expert), np.array([-1, 1])
    return gap(mdp, expert, expert + wrong * error[..., None, None, None])


def _closed(family: Any, horizon: int, error: Fraction) -> Any:
    return family(horizon=horizon, error=error).gap


@claim(
    id="swamy-2021-instances",
    source=swamy("Cliff"),
    statement=r"\epsilon\,(J(\pi_E) - J(\pi)) = \epsilon T - (1 - \epsilon)(1 - (1 - \epsilon)^T)\text{ on the cliff}",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        (7, TENTH), lhs=_closed(families.cliff, 7, TENTH) / 10, rhs=_closed(families.cliff, 7, TENTH) / 10
    ),
)
def cliff_gap(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    """On the cliff the learner pays for every step after its first mistake.

    It is still up at step t with probability ``(1 - epsilon)^t``; sum the geometric series.
    """
    closed = error * horizon - (1 - error) * (1 - (1 - error) ** horizon)
    return equal(error * erring_gap(families.cliff, horizon, error), closed)


@cliff_gap.false_variant("without the step of the mistake", counterexample=lambda: (1, HALF))
def cliff_gap_late(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    closed = error * horizon - (1 - (1 - error) ** horizon)
    return equal(error * erring_gap(families.cliff, horizon, error), closed)


@cliff_gap.false_variant("epsilon T^2", counterexample=lambda: (2, HALF))
def cliff_gap_quadratic(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    return equal(erring_gap(families.cliff, horizon, error), error * horizon**2)


@claim(
    id="swamy-2021-instances.cliff-slope",
    source=swamy("Cliff"),
    statement=r"J(\pi_E) - J(\pi) \ge \tfrac{T (T + 1)}{2} \epsilon - \tfrac{(T - 1) T (T + 1)}{6} \epsilon^2"
    r"\text{ on the cliff}",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        (2, HALF), lhs=Fraction(5, 4), rhs=Fraction(5, 4), note="equality for T = 2; slope 2 while T epsilon is small"
    ),
)
def cliff_slope(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    """The cliff is quadratic in the horizon: no bound linear in T and in off-policy errors can hold.

    ``1 - (1 - epsilon)^t >= t epsilon - t (t - 1) / 2 epsilon^2`` (Bonferroni), summed over t.
    """
    pairs = Fraction(horizon * (horizon + 1), 2)
    triples = Fraction((horizon - 1) * horizon * (horizon + 1), 6)
    return erring_gap(families.cliff, horizon, error) >= pairs * error - triples * error**2


@cliff_slope.false_variant("without the second order", counterexample=lambda: (2, HALF))
def cliff_first_order(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    return erring_gap(families.cliff, horizon, error) >= Fraction(horizon * (horizon + 1), 2) * error


@cliff_slope.false_variant("T^2 epsilon", counterexample=lambda: (2, TENTH))
def cliff_square(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    triples = Fraction((horizon - 1) * horizon * (horizon + 1), 6)
    return erring_gap(families.cliff, horizon, error) >= horizon**2 * error - triples * error**2


@claim(
    id="swamy-2021-instances.unicycle",
    source=swamy("Unicycle"),
    statement=r"(1 + \epsilon) (J(\pi_E) - J(\pi)) = \epsilon \sum_{t=1}^T (1 - (-\epsilon)^{t-1})"
    r"\text{ on the unicycle}",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        (5, Fraction(1, 5)), lhs=Fraction(6, 5) * Fraction(434, 625), rhs=Fraction(6, 5) * Fraction(434, 625)
    ),
)
def unicycle_gap(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    """On the unicycle the learner is soon beside the track at a constant rate, however long the horizon.

    ``p_(t+1) = epsilon (1 - p_t)`` from ``p_1 = 0``, so ``p_t = epsilon / (1 + epsilon) (1 - (-epsilon)^(t-1))``; every
    such step costs 1.
    """
    closed = error * horizon * mean(1 - (-error) ** t for t in range(horizon))
    return equal((1 + error) * erring_gap(families.unicycle, horizon, error), closed)


@unicycle_gap.false_variant("off at the start, too", counterexample=lambda: (1, HALF))
def unicycle_gap_early(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    closed = error * horizon * mean(1 - (-error) ** (t + 1) for t in range(horizon))
    return equal((1 + error) * erring_gap(families.unicycle, horizon, error), closed)


@unicycle_gap.false_variant("without the alternation", counterexample=lambda: (3, HALF))
def unicycle_gap_monotone(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    closed = error * horizon * mean(1 - error**t for t in range(horizon))
    return equal((1 + error) * erring_gap(families.unicycle, horizon, error), closed)


@claim(
    id="swamy-2021-instances.unicycle-slope",
    source=swamy("Unicycle"),
    statement=r"J(\pi_E) - J(\pi) \le (T - 1) \epsilon\text{ on the unicycle}",
    status=DERIVED_HERE,
    tight=lambda: Tight((2, HALF), lhs=HALF, rhs=HALF, note="equality for T = 2, and to first order in epsilon"),
)
def unicycle_slope(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    """The unicycle is linear in the horizon, although the learner errs off-policy as on the cliff.

    ``epsilon / (1 + epsilon) (1 - (-epsilon)^(t-1)) <= epsilon``, and it is 0 at the start.
    """
    return erring_gap(families.unicycle, horizon, error) <= (horizon - 1) * error


@unicycle_slope.false_variant("T - 2", counterexample=lambda: (2, HALF))
def unicycle_slope_less(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    return erring_gap(families.unicycle, horizon, error) <= (horizon - 2) * error


@unicycle_slope.false_variant("no horizon", counterexample=lambda: (3, HALF))
def unicycle_slope_flat(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    return erring_gap(families.unicycle, horizon, error) <= error / 2


@claim(
    id="swamy-2021-instances.loop",
    source=swamy("reward-moment lower bound"),
    statement=r"J(\pi_E) - J(\pi) = T \epsilon\text{ in the loop of one state}",
    status=FROM_MEMORY,
    tight=lambda: Tight((5, TENTH), lhs=HALF, rhs=HALF, note="5/10"),
)
def loop_gap(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    """Nothing but matching can help where there is nothing to recover from: every mistake costs itself.

    One state, so every step loses ``epsilon``: no reward-moment bound can be below linear in T.
    """
    return equal(erring_gap(families.loop, horizon, error), horizon * error)


@loop_gap.false_variant("no horizon", counterexample=lambda: (2, HALF))
def loop_flat(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    return equal(erring_gap(families.loop, horizon, error), error)


@loop_gap.false_variant("quadratic", counterexample=lambda: (2, HALF))
def loop_quadratic(horizon: Horizon, error: PositiveUnitInterval) -> Any:
    return equal(erring_gap(families.loop, horizon, error), horizon**2 * error)
