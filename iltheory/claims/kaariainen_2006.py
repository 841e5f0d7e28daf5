"""Kaariainen, Lower bounds for reductions, 2006: a learner that now and then changes sides.

The source counts costs; here rewards are ``r = 1 - c`` and the cost of a policy is ``H - J``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Paper, Tight, claim
from iltheory.claims.kinds import Horizon, UnitInterval
from iltheory.measures import gap
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import equal

KAARIAINEN = Paper("Kaariainen", 2006, "Lower bounds for reductions", "footnote 1 of Ross, Gordon and Bagnell 2011")
TENTH, HALF = Fraction(1, 10), Fraction(1, 2)


def _flip(horizon: int, error: Any) -> tuple[Any, Any, Any]:
    """``families.kaariainen_flip`` for a batch of errors."""
    mdp, expert, _ = families.kaariainen_flip(horizon=horizon, error=0)
    mdp = mdp.to(ar.system_of(error))
    expert = mdp.policy(expert)
    return mdp, expert, expert + np.array([[-1, 1], [-1, 1]]) * error[..., None, None, None]


COST = Fraction(32147483648, 10**10)
"""Cost of ten steps with error 1/10."""


@claim(
    id="kaariainen-2006-flip",
    source=KAARIAINEN,
    statement=r"4\epsilon\,(J(\pi_E) - J(\hat\pi)) = 2\epsilon(H + 1) - 1 + (1 - 2\epsilon)^{H + 1}",
    status=AS_PUBLISHED,
    tight=lambda: Tight((10, TENTH), lhs=4 * TENTH * COST, rhs=4 * TENTH * COST, note="H = 10, epsilon = 1/10"),
)
def flip(horizon: Horizon, error: UnitInterval) -> Any:
    """Independent flips cost ``H/2 - (1 - (1 - 2 epsilon)^(H+1)) / (4 epsilon) + 1/2`` in total.

    Two states, right and wrong; the expert keeps, the learner flips with probability ``epsilon`` in both,
    and a step costs 1 if it ends in wrong. ``Pr(wrong after t flips) = (1 - (1 - 2 epsilon)^t) / 2``; sum
    the geometric series. Multiplied by ``4 epsilon``, so that ``epsilon = 0`` is included.
    """
    cost = gap(*_flip(horizon, error))
    return equal(4 * error * cost, 2 * error * (horizon + 1) - 1 + (1 - 2 * error) ** (horizon + 1))


@flip.false_variant("exponent H", counterexample=lambda: (1, HALF / 2))
def flip_exponent(horizon: Horizon, error: UnitInterval) -> Any:
    cost = gap(*_flip(horizon, error))
    return equal(4 * error * cost, 2 * error * (horizon + 1) - 1 + (1 - 2 * error) ** horizon)


@flip.false_variant("without the last half", counterexample=lambda: (1, HALF))
def flip_without_half(horizon: Horizon, error: UnitInterval) -> Any:
    cost = gap(*_flip(horizon, error))
    return equal(4 * error * cost, 2 * error * horizon - 1 + (1 - 2 * error) ** (horizon + 1))


@claim(
    id="kaariainen-2006-flip.quadratic",
    source=KAARIAINEN,
    statement=r"J(\pi_E) - J(\hat\pi) \ge \tfrac{H (H + 1)}{2}\,\epsilon - \tfrac{H^3 - H}{3}\,\epsilon^2",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        (2, TENTH),
        lhs=Fraction(28, 100),
        rhs=Fraction(28, 100),
        note="H = 2: the series ends after two terms",
    ),
)
def flip_quadratic(horizon: Horizon, error: UnitInterval) -> Any:
    """The cost is quadratic in the horizon as long as ``epsilon H`` is small.

    The wrong state after t steps has probability ``(1 - (1 - x)^t) / 2`` with ``x = 2 epsilon``, at least
    ``(t x - t (t-1) x^2 / 2) / 2`` by the inequality of Bonferroni; sum over t.
    """
    triangle, cubic = horizon * (horizon + 1) // 2, (horizon**3 - horizon) // 3
    return gap(*_flip(horizon, error)) >= triangle * error - cubic * error**2


@flip_quadratic.false_variant("without the second order", counterexample=lambda: (2, HALF))
def flip_first_order(horizon: Horizon, error: UnitInterval) -> Any:
    return gap(*_flip(horizon, error)) >= horizon * (horizon + 1) // 2 * error


@flip_quadratic.false_variant("half the second order", counterexample=lambda: (2, HALF))
def flip_half_order(horizon: Horizon, error: UnitInterval) -> Any:
    triangle, cubic = horizon * (horizon + 1) // 2, (horizon**3 - horizon) // 3
    return gap(*_flip(horizon, error)) >= triangle * error - cubic * error**2 / 2
