"""Ross, Gordon and Bagnell 2011, theorems 3.1 to 3.4: what DAgger's best policy loses, in explicit form.

The paper states them for N of the order of H log H and more; the explicit forms below hold for every N.
Rewards are ``r = 1 - c``, and T is H.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, Tight, claim
from iltheory.claims.dagger_2011 import dagger
from iltheory.claims.dagger_2011_no_regret import (
    geometric,
    logarithm,
    observed_losses,
    own_losses,
    penalty,
    staying,
)
from iltheory.claims.kinds import (
    DeterministicPolicy,
    FiniteHorizonMDP,
    Policies,
    Policy,
    PositiveUnitInterval,
    Reward,
    UnitIntervals,
)
from iltheory.claims.tables import coin, off_course
from iltheory.measures import disadvantage, gap, greatest, mean, smallest, steps
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF = Fraction(1, 2)


def mistakes_observed(mdp: TabularMDP, expert: Any, learners: Sequence[Any], betas: Sequence[Any]) -> Any:
    """``epsilon_N + gamma_N`` for the 0-1 loss and a deterministic expert."""
    return mean(observed_losses(mdp, 1 - expert, expert, learners, betas))


def recovery(mdp: TabularMDP, expert: Any, learners: Sequence[Any]) -> Any:
    """``u H``, u the largest disadvantage where any of the learners goes."""
    return greatest(disadvantage(mdp, expert, pi) for pi in learners) * steps(mdp)


def _off_course(*betas: Fraction) -> tuple[Any, ...]:
    mdp, expert, learner = off_course()
    return mdp, expert, (learner,) * len(betas), betas


def _two_coins() -> tuple[Any, ...]:
    mdp, good, bad = coin([1, 0], [0, 1])
    return mdp, good, good, bad


def _losing(mdp: TabularMDP, expert: Any, *learners: Any) -> tuple[Any, ...]:
    return mdp, expert, learners, (0,) * len(learners)


@claim(
    id="dagger-2011-thm-3-1-to-3-4",
    source=dagger("Theorem 3.2, explicit form"),
    statement=r"\min_i J(\pi_E) - J(\hat\pi_i) \le u H \left(\epsilon_N + \gamma_N + "
    r"\frac1N \sum_{i=1}^N \min(1, H \beta_i)\right)",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _losing(*families.loop(horizon=5, error=Fraction(1, 10))), lhs=HALF, rhs=HALF, note="one state, u = 1"
    ),
)
def dagger_performance(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, betas: UnitIntervals
) -> Any:
    """DAgger's best policy pays linearly in the horizon, where the expert can recover.

    Theorem 2.2 for the policy with the smallest 0-1 loss, and the refined theorem 4.1. With a learner that
    has no regret and ``beta_i = (1 - alpha)^(i-1)`` the last two terms vanish as N grows, which is how the
    paper states it; u is taken over the states that any of the learners visits.
    """
    loss = mistakes_observed(mdp, expert, learners, betas) + penalty(mdp, betas)
    return smallest(gap(mdp, expert, pi) for pi in learners) <= recovery(mdp, expert, learners) * loss


@dagger_performance.false_variant("no penalty", counterexample=lambda: _off_course(Fraction(1)))
def performance_free(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, betas: UnitIntervals
) -> Any:
    loss = mistakes_observed(mdp, expert, learners, betas)
    return smallest(gap(mdp, expert, pi) for pi in learners) <= recovery(mdp, expert, learners) * loss


@dagger_performance.false_variant("u where the expert goes", counterexample=lambda: _off_course(Fraction(0)))
def performance_expert_u(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, betas: UnitIntervals
) -> Any:
    loss = mistakes_observed(mdp, expert, learners, betas) + penalty(mdp, betas)
    return smallest(gap(mdp, expert, pi) for pi in learners) <= recovery(mdp, expert, [expert]) * loss


@dagger_performance.false_variant("the last policy", counterexample=lambda: _losing(*_two_coins()))
def performance_last(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, betas: UnitIntervals
) -> Any:
    loss = mistakes_observed(mdp, expert, learners, betas) + penalty(mdp, betas)
    return gap(mdp, expert, learners[-1]) <= recovery(mdp, expert, learners) * loss


def _geometric(horizon: int, alpha: Fraction, iterations: int) -> tuple[Any, ...]:
    mdp, expert, loss, learners, _ = staying(horizon, *[alpha] * iterations)
    return mdp, expert, loss, learners, alpha


@claim(
    id="dagger-2011-thm-3-1-to-3-4.geometric",
    source=dagger("Theorem 3.1, explicit form"),
    statement=r"\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] \le \epsilon_N + \gamma_N + "
    r"\frac{\log H + 1}{\alpha N},\quad \beta_i = (1 - \alpha)^{i - 1}",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _geometric(2, HALF, 2),
        lhs=1,
        rhs=logarithm(2, ar.convert(0, "ball", bits=512)) + 1 + Fraction(5, 8),
        note="seen: 1/2, then 3/4 of the loss",
    ),
)
def dagger_loss(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
    """After N = O(H log H) iterations the price of the expert's help is O(1 / H).

    Theorem 4.1, refined, with the sum of its penalties for the geometric schedule.
    """
    n = len(learners)
    observed = mean(observed_losses(mdp, loss, expert, learners, geometric(alpha, n)))
    bound = (logarithm(steps(mdp), alpha) + 1) / (alpha * n)
    return smallest(own_losses(mdp, loss, learners)) <= observed + bound


@dagger_loss.false_variant("without alpha", counterexample=lambda: _geometric(2, Fraction(1, 16), 4))
def loss_without_alpha(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
    n = len(learners)
    observed = mean(observed_losses(mdp, loss, expert, learners, geometric(alpha, n)))
    bound = (logarithm(steps(mdp), alpha) + 1) / n
    return smallest(own_losses(mdp, loss, learners)) <= observed + bound


@dagger_loss.false_variant("a quarter of the penalty", counterexample=lambda: _geometric(2, Fraction(1), 1))
def loss_quarter(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
    n = len(learners)
    observed = mean(observed_losses(mdp, loss, expert, learners, geometric(alpha, n)))
    bound = (logarithm(steps(mdp), alpha) + 1) / (4 * alpha * n)
    return smallest(own_losses(mdp, loss, learners)) <= observed + bound
