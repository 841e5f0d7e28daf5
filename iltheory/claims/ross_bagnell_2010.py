"""Ross and Bagnell, Efficient reductions for imitation learning, AISTATS 2010: supervised, forward.

The paper counts costs ``c`` in [0, 1]; here rewards are ``r = 1 - c``, so ``J(expert) - J(learner)`` is the
excess cost, and the paper's T is H. SMILe has a file of its own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Paper, Tight, claim
from iltheory.claims.kinds import DeterministicPolicy, FiniteHorizonMDP, Horizon, Policy, UnitInterval
from iltheory.claims.tables import coin, off_course
from iltheory.measures import (
    disadvantage,
    error_rate,
    gap,
    on_policy_error_rate,
    step_disadvantages,
    step_errors,
    steps,
    steps_left,
    value,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF = Fraction(1, 2)


def ross_bagnell(theorem: str = "") -> Paper:
    """A theorem of the paper."""
    return Paper("Ross and Bagnell", 2010, "Efficient reductions for imitation learning", theorem)


def _first_step() -> Tight:
    family = families.first_step_error(horizon=7, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=family.gap, rhs=family.bound, note="the whole error is at step 1")


@claim(
    id="ross-bagnell-2010-thm-2-1",
    source=ross_bagnell("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le H^2 \epsilon,\quad "
    r"\epsilon = \tfrac1H\sum_h \mathbb{E}_{d_h^{\pi_E}}[\mathrm{TV}(\hat\pi_h, \pi_{E,h})]",
    status=AS_PUBLISHED,
    assumptions=[UNIT_REWARDS],
    tight=_first_step,
    sampled=True,
)
def supervised_bound(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Supervised learning pays quadratically in the horizon.

    An error at step h costs at most the H - h + 1 rewards that remain, and happens with probability
    ``epsilon_h`` under the expert's own occupancy; bound each weight by H. For a deterministic expert, as in
    the paper, the total variation is the 0-1 loss.
    """
    return gap(mdp, expert, learner) <= steps(mdp) ** 2 * error_rate(mdp, expert, learner)


@supervised_bound.false_variant("linear in H", counterexample=lambda: families.cliff(horizon=3, error=HALF))
def supervised_linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= steps(mdp) * error_rate(mdp, expert, learner)


@supervised_bound.false_variant(
    "half the constant", counterexample=lambda: families.first_step_error(horizon=2, error=HALF)
)
def supervised_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= steps(mdp) ** 2 * error_rate(mdp, expert, learner) / 2


@supervised_bound.false_variant(
    "the constant of uniform errors", counterexample=lambda: families.first_step_error(horizon=2, error=HALF)
)
def supervised_triangular(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= steps_left(mdp).sum() * error_rate(mdp, expert, learner)


@claim(
    id="ross-bagnell-2010-thm-2-1.horizon-weighted",
    source=ross_bagnell("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le \sum_h (H - h + 1)\,\epsilon_h,\quad "
    r"\epsilon_h = \mathbb{E}_{d_h^{\pi_E}}[\mathrm{TV}(\hat\pi_h, \pi_{E,h})]",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=_first_step,
    sampled=True,
)
def horizon_weighted(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """An early error costs more than a late one.

    Performance difference with the roles swapped: the gap is ``sum_h E_{d_h^E} sum_a (pi_E - pi)(a)
    Q_h^pi(s, a)``, and the inner sum is at most ``TV(pi, pi_E)`` times the range H - h + 1 of ``Q_h^pi``.
    """
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= ar.sum(steps_left(mdp) * errors, -1)


@horizon_weighted.false_variant("one reward fewer", counterexample=lambda: families.loop(horizon=1, error=HALF))
def weighted_one_fewer(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= ar.sum((steps_left(mdp) - 1) * errors, -1)


@horizon_weighted.false_variant(
    "weights in reverse", counterexample=lambda: families.first_step_error(horizon=2, error=HALF)
)
def weighted_in_reverse(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= ar.sum((steps(mdp) + 1 - steps_left(mdp)) * errors, -1)


def _cliff() -> Tight:
    family = families.cliff(horizon=12, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=family.gap, rhs=family.bound, note="approached as the error goes to 0")


@claim(
    id="ross-bagnell-2010-thm-2-1.uniform-error",
    source=ross_bagnell("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le \tfrac{H (H + 1)}{2}\,\max_h \epsilon_h",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=_cliff,
    sampled=True,
)
def uniform_error(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Where no step errs more than ``epsilon`` the price is half as large.

    Bound every ``epsilon_h`` in the weighted form by the largest; the weights add up to H (H + 1) / 2.
    """
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= steps_left(mdp).sum() * ar.amax(errors, -1)


@uniform_error.false_variant("H (H - 1) / 2", counterexample=lambda: families.loop(horizon=1, error=HALF))
def uniform_one_fewer(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= (steps_left(mdp) - 1).sum() * ar.amax(errors, -1)


@uniform_error.false_variant(
    "errors where the learner goes", counterexample=lambda: families.cliff(horizon=2, error=HALF)
)
def uniform_linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(learner))
    return gap(mdp, expert, learner) <= steps(mdp) * ar.amax(errors, -1)


@claim(
    id="ross-bagnell-2010-thm-2-1.either-policy",
    source=ross_bagnell("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le \min_{d \in \{d^{\pi_E}, d^{\hat\pi}\}} \sum_h (H - h + 1)\,"
    r"\mathbb{E}_{d_h}[\mathrm{TV}(\hat\pi_h, \pi_{E,h})]",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=_first_step,
    sampled=True,
)
def either_policy(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Errors may be counted where the expert goes or where the learner goes, whichever is less.

    Performance difference both ways: the gap is ``sum_h E_{d_h} <pi_E - pi, Q_h>`` with ``d^E`` and ``Q^pi``, or with
    ``d^pi`` and ``Q^E``, and either Q has the range H - h + 1. So errors after a first one, where the expert never
    goes, need not be paid for; neither need errors that the learner never lives to see.
    """
    return gap(mdp, expert, learner) <= _cheaper(mdp, expert, learner, steps_left(mdp))


def _cheaper(mdp: TabularMDP, expert: Any, learner: Any, weights: Any) -> Any:
    """``sum_h w_h epsilon_h``, the smaller one of both occupancies."""
    sums = [
        ar.sum(weights * step_errors(mdp, expert, learner, mdp.state_occupancy(pi)), -1) for pi in (expert, learner)
    ]
    return ar.minimum(*sums)


@either_policy.false_variant("one reward fewer", counterexample=lambda: families.loop(horizon=1, error=HALF))
def either_one_fewer(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= _cheaper(mdp, expert, learner, steps_left(mdp) - 1)


@either_policy.false_variant(
    "an error costs one reward", counterexample=lambda: families.first_step_error(horizon=2, error=HALF)
)
def either_unweighted(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= _cheaper(mdp, expert, learner, steps_left(mdp) ** 0)


def _first_mistake(horizon: int, error: Any, cost: Any) -> tuple[Any, Any, Any]:
    """``families.first_step_error`` for a batch: first-step errors ``error`` and expert's costs ``cost``."""
    mdp, expert, _ = families.first_step_error(horizon=horizon, error=0)
    mdp = mdp.to(ar.system_of(error, cost))
    expert = mdp.policy(expert)
    good = np.array([[1, 0], [1, 1], [0, 0]])
    wrong = np.array([[-1, 1], [0, 0], [0, 0]])
    mdp = mdp.with_rewards(good * (1 - cost)[..., None, None, None])
    return mdp, expert, expert + wrong * error[..., None, None, None]


@claim(
    id="ross-bagnell-2010-tight",
    source=ross_bagnell("quoted in section 2.1 of Ross, Gordon and Bagnell 2011"),
    statement=r"C(\hat\pi) = (1 - \epsilon H)\,C(\pi_E) + H^2 \epsilon,\quad C(\pi) = H - J(\pi)",
    status=AS_PUBLISHED,
    tight=lambda: Tight((5, HALF, Fraction(1, 3)), lhs=Fraction(10, 3), rhs=Fraction(10, 3), note="5/2 + 5/2 * 1/3"),
)
def exact_compounding(horizon: Horizon, error: UnitInterval, cost: UnitInterval) -> Any:
    """The quadratic bound cannot be improved: one instance attains it for every horizon.

    From the start the right action leads to an absorbing state where each step costs ``cost``, the wrong one
    costs 1 and leads to one where each step costs 1; the expert pays ``cost`` at every step. The learner
    errs at the start only, with probability ``error``, so ``epsilon = error / H`` and it pays H with
    probability ``epsilon H``. The paper's formula; the instance is a reconstruction.
    """
    mdp, expert, learner = _first_mistake(horizon, error, cost)
    epsilon = error_rate(mdp, expert, learner)
    expert_cost, learner_cost = (horizon - value(mdp, pi) for pi in (expert, learner))
    return equal(learner_cost, (1 - epsilon * horizon) * expert_cost + horizon**2 * epsilon)


@exact_compounding.false_variant("the expert survives with 1 - epsilon", counterexample=lambda: (2, HALF, 1))
def compounding_once(horizon: Horizon, error: UnitInterval, cost: UnitInterval) -> Any:
    mdp, expert, learner = _first_mistake(horizon, error, cost)
    epsilon = error_rate(mdp, expert, learner)
    expert_cost, learner_cost = (horizon - value(mdp, pi) for pi in (expert, learner))
    return equal(learner_cost, (1 - epsilon) * expert_cost + horizon**2 * epsilon)


@exact_compounding.false_variant("linear in H", counterexample=lambda: (2, HALF, 0))
def compounding_linear(horizon: Horizon, error: UnitInterval, cost: UnitInterval) -> Any:
    mdp, expert, learner = _first_mistake(horizon, error, cost)
    epsilon = error_rate(mdp, expert, learner)
    expert_cost, learner_cost = (horizon - value(mdp, pi) for pi in (expert, learner))
    return equal(learner_cost, (1 - epsilon * horizon) * expert_cost + horizon * epsilon)


def _loop() -> Tight:
    family = families.loop(horizon=5, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=family.gap, rhs=family.bound, note="one state, u = 1")


@claim(
    id="ross-bagnell-2010-forward",
    source=ross_bagnell("Theorem 3.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le u H \bar\epsilon,\quad "
    r"\bar\epsilon = \tfrac1H\sum_h \mathbb{E}_{d_h^{\hat\pi}}[1 - \hat\pi_h(\pi_{E,h}(s) | s)]",
    status=AS_PUBLISHED,
    tight=_loop,
)
def forward_training(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """Training each step on the states that the steps before it lead to pays linearly.

    Forward training fits ``pi_h`` under the law of ``s_h`` that ``pi_1 .. pi_{h-1}`` induce, which is the
    learner's own law: whatever the class and the fit, the result is a time-varying policy with its errors
    under ``d^pi``. The gap is ``sum_h E_{d_h^pi} [V_h^E(s) - Q_h^E(s, pi_h)]``; the bracket is at most u
    times the probability of not acting as the expert, u the largest loss ``V_h^E(s) - Q_h^E(s, a)`` where
    the learner goes.
    """
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * steps(mdp) * on_policy_error_rate(mdp, expert, learner)


@forward_training.false_variant("errors where the expert goes", counterexample=off_course)
def forward_under_the_expert(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * steps(mdp) * error_rate(mdp, expert, learner)


@forward_training.false_variant("no horizon", counterexample=lambda: families.loop(horizon=2, error=HALF))
def forward_without_horizon(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * on_policy_error_rate(mdp, expert, learner)


@forward_training.false_variant("a stochastic expert", counterexample=lambda: coin([HALF, HALF], [0, 1]))
def forward_stochastic(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * steps(mdp) * on_policy_error_rate(mdp, expert, learner)


def _unicycle() -> Tight:
    family = families.unicycle(horizon=6, error=Fraction(1, 10))
    return Tight(
        tuple(family),
        lhs=family.gap,
        rhs=Fraction(5, 10),
        note="leaving the track costs 1 but in the last step",
    )


@claim(
    id="ross-bagnell-2010-forward.sharper",
    source=ross_bagnell("Theorem 3.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le "
    r"\sum_h u_h\,\mathbb{E}_{d_h^{\hat\pi}}[1 - \hat\pi_h(\pi_{E,h}(s) | s)]",
    status=DERIVED_HERE,
    tight=_unicycle,
)
def forward_stepwise(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """Each step may have its own u.

    The proof of the theorem bounds each step by itself: ``u_h`` is the largest loss of an action at step h
    where the learner goes.
    """
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(learner))
    return gap(mdp, expert, learner) <= ar.sum(step_disadvantages(mdp, expert, learner) * errors, -1)


@forward_stepwise.false_variant("errors where the expert goes", counterexample=off_course)
def stepwise_under_the_expert(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= ar.sum(step_disadvantages(mdp, expert, learner) * errors, -1)


@forward_stepwise.false_variant("u where the expert goes", counterexample=off_course)
def stepwise_expert_u(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(learner))
    return gap(mdp, expert, learner) <= ar.sum(step_disadvantages(mdp, expert, expert) * errors, -1)
