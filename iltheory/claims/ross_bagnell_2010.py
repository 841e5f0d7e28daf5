"""Ross and Bagnell, Efficient reductions for imitation learning, AISTATS 2010.

The paper is written in costs ``c`` in [0, 1]; here rewards are ``r = 1 - c``, so ``J(expert) - J(learner)`` is the excess cost.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import AS_PUBLISHED, Paper, Tight, claim
from iltheory.claims.kinds import FiniteHorizonMDP, Policy
from iltheory.measures import error_rate, gap
from sims import families


def ross_bagnell(theorem: str) -> Paper:
    """A theorem of the paper."""
    return Paper("Ross and Bagnell", 2010, "Efficient reductions for imitation learning", theorem)


def _first_step() -> Tight:
    family = families.first_step_error(horizon=7, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=Fraction(49, 10), rhs=Fraction(49, 10), note="the whole error is at step 1")


@claim(
    id="ross-bagnell-2010-thm-2-1",
    source=ross_bagnell("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le H^2 \epsilon,\quad \epsilon = \tfrac1H\sum_h \mathbb{E}_{d_h^{\pi_E}}[\mathrm{TV}(\hat\pi_h, \pi_{E,h})]",
    status=AS_PUBLISHED,
    assumptions=[UNIT_REWARDS],
    tight=_first_step,
)
def supervised_bound(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Supervised learning pays quadratically in the horizon.

    An error at step h costs at most the H - h + 1 rewards that remain, and happens with probability ``epsilon_h`` under the
    expert's own occupancy; bound each weight by H.
    """
    return gap(mdp, expert, learner) <= mdp.horizon**2 * error_rate(mdp, expert, learner)


@supervised_bound.false_variant("linear in H", counterexample=lambda: families.cliff(horizon=3, error=Fraction(1, 2)))
def linear(mdp, expert, learner):
    return gap(mdp, expert, learner) <= mdp.horizon * error_rate(mdp, expert, learner)
