"""Ross, Gordon and Bagnell 2011, sections 3 and 4: DAgger as no-regret online learning.

Iteration i gathers states with ``pi_i = beta_i pi_E + (1 - beta_i) hat pi_i`` and suffers ``l_i(pi) = E_{s ~
d_{pi_i}} l(s, pi)``. By definition ``epsilon_N + gamma_N = (1/N) sum_i l_i(hat pi_i)``, whatever the class
and the online learner, so the theorems hold for any sequence of policies and no class appears here. The
paper's ``n_beta + T sum_{i > n_beta} beta_i`` is ``sum_i min(1, T beta_i)`` for nonincreasing ``beta_i``; in
that form no order is needed. Rewards are ``r = 1 - c``, and T is H.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Tight, claim
from iltheory.claims.dagger_2011 import dagger
from iltheory.claims.kinds import (
    FiniteHorizonMDP,
    Horizon,
    Iterations,
    Policies,
    Policy,
    PositiveUnitInterval,
    Reward,
    UnitIntervals,
)
from iltheory.claims.tables import coin
from iltheory.learners import schedules
from iltheory.measures import (
    acting,
    expected_loss,
    greatest,
    interference,
    mean,
    quantity,
    smallest,
    steps,
    together,
)
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def own_losses(mdp: TabularMDP, loss: Any, learners: Sequence[Any]) -> list[Any]:
    """Each learner's loss on the states it visits itself."""
    return [expected_loss(mdp, loss, pi, mdp.state_occupancy(pi)) for pi in learners]


def observed_losses(
    mdp: TabularMDP, loss: Any, expert: Any, learners: Sequence[Any], betas: Sequence[Any]
) -> list[Any]:
    """Each learner's loss on the states that the mixture of its iteration visits."""
    visits = [mdp.state_occupancy(acting(expert, pi, beta)) for pi, beta in zip(learners, betas, strict=True)]
    return [expected_loss(mdp, loss, pi, states) for pi, states in zip(learners, visits, strict=True)]


def penalty(mdp: TabularMDP, betas: Sequence[Any]) -> Any:
    """``(1/N) sum_i min(1, H beta_i)``."""
    return mean(ar.minimum(1, steps(mdp) * beta) for beta in betas)


def geometric(alpha: Any, n: int) -> list[Any]:
    """The schedule ``beta_i = (1 - alpha)^(i-1)``."""
    beta = schedules.geometric(alpha)
    return [beta(i) for i in range(1, n + 1)]


def staying(horizon: int, *betas: Fraction) -> tuple[Any, ...]:
    """The one-way model, a learner that stays, an expert that goes, and a loss where the learner stays."""
    mdp, expert, learner = families.one_way(horizon=horizon, mixing=0)
    return mdp, expert, ar.asarray([[[1, 1], [0, 0]]] * horizon), (learner,) * len(betas), betas


def _observed(horizon: int, beta: Fraction) -> Fraction:
    """What the staying learner is seen to lose: the probability that the expert has not gone yet."""
    return 1 - Fraction(families.one_way(horizon=horizon, mixing=beta).state_l1) / 2


def _good_then_bad() -> tuple[Any, ...]:
    mdp, good, bad = coin([1, 0], [0, 1])
    return mdp, good, ar.asarray([[[0, 1]]]), (good, bad), (0, 0)


@claim(
    id="dagger-2011-thm-4-1",
    source=dagger("Theorem 4.1"),
    statement=r"\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] \le \epsilon_N + \gamma_N + "
    r"\frac{2}{N} \sum_{i=1}^N \min(1, H \beta_i),\quad 0 \le \ell \le 1",
    status=AS_PUBLISHED,
    tight=lambda: Tight(
        staying(4, Fraction(1, 8)), lhs=1, rhs=_observed(4, Fraction(1, 8)) + 1, note="stay, or go for good"
    ),
)
def no_regret(mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals) -> Any:
    """Some policy of a sequence without regret does well on the states it visits itself.

    The smallest loss is at most the average. By lemma 4.1, and since a loss is at most 1, each
    ``E_{d_hat pi_i} l <= l_i(hat pi_i) + 2 min(1, H beta_i)``; average over i.
    """
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return smallest(own_losses(mdp, loss, learners)) <= observed + 2 * penalty(mdp, betas)


@no_regret.false_variant("no penalty", counterexample=lambda: staying(2, Fraction(1)))
def no_regret_free(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return smallest(own_losses(mdp, loss, learners)) <= observed


@no_regret.false_variant("an eighth of the penalty", counterexample=lambda: staying(3, QUARTER))
def no_regret_eighth(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return smallest(own_losses(mdp, loss, learners)) <= observed + penalty(mdp, betas) / 4


@no_regret.false_variant("the last policy", counterexample=_good_then_bad)
def no_regret_last(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return own_losses(mdp, loss, learners)[-1] <= observed + 2 * penalty(mdp, betas)


@claim(
    id="dagger-2011-thm-4-1.refined",
    source=dagger("Theorem 4.1"),
    statement=r"\frac1N \sum_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] \le \epsilon_N + \gamma_N + "
    r"\frac1N \sum_{i=1}^N \min(1, H \beta_i)",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        staying(4, Fraction(1, 8)),
        lhs=1,
        rhs=_observed(4, Fraction(1, 8)) + HALF,
        note="stay, or go for good",
    ),
)
def no_regret_refined(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    """The constant 2 may be 1, and the smallest loss may be the average.

    The expectations of a function with values in [0, 1] under two laws differ by at most their total
    variation, which is half the l1 distance of lemma 4.1.
    """
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return mean(own_losses(mdp, loss, learners)) <= observed + penalty(mdp, betas)


@no_regret_refined.false_variant("penalty without H", counterexample=lambda: staying(4, QUARTER))
def refined_without_horizon(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return mean(own_losses(mdp, loss, learners)) <= observed + mean(betas)


@no_regret_refined.false_variant("the largest loss", counterexample=_good_then_bad)
def refined_largest(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    return greatest(own_losses(mdp, loss, learners)) <= observed + penalty(mdp, betas)


@claim(
    id="dagger-2011-thm-4-1.coupling",
    source=dagger("Theorem 4.1"),
    statement=r"\frac1N \sum_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] \le \epsilon_N + \gamma_N + "
    r"\frac1N \sum_{i=1}^N \frac1H \sum_{h=1}^H (1 - (1 - \beta_i)^{h - 1})",
    status=DERIVED_HERE,
    tight=lambda: Tight(staying(6, HALF, QUARTER), lhs=1, rhs=1, note="stay, or go for good: equality"),
)
def no_regret_coupling(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    """The penalty is the probability that the expert acted before the step, which is sharp.

    As the refined form, with the coupling of lemma 4.1 in place of ``min(1, H beta_i)``.
    """
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    moved = mean(interference(mdp, beta) for beta in betas)
    return mean(own_losses(mdp, loss, learners)) <= observed + moved


@no_regret_coupling.false_variant("half the penalty", counterexample=lambda: staying(2, HALF))
def coupling_half(mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    moved = mean(interference(mdp, beta) for beta in betas)
    return mean(own_losses(mdp, loss, learners)) <= observed + moved / 2


@no_regret_coupling.false_variant("the largest loss", counterexample=_good_then_bad)
def coupling_largest(
    mdp: FiniteHorizonMDP, expert: Policy, loss: Reward, learners: Policies, betas: UnitIntervals
) -> Any:
    observed = mean(observed_losses(mdp, loss, expert, learners, betas))
    moved = mean(interference(mdp, beta) for beta in betas)
    return greatest(own_losses(mdp, loss, learners)) <= observed + moved


@quantity
def _penalties(horizon: int, keep: Any, iterations: int) -> Any:
    """``sum_i min(1, H keep^(i-1))``."""
    return ar.sum(together(ar.minimum(1, horizon * keep**i) for i in range(iterations)), 0)


def logarithm(x: int, like: Any) -> Any:
    """Natural logarithm of a whole number, in the number system of another number."""
    return ar.wrap(ar.log(ar.system_of(like).convert(x)))


def _log(x: int) -> Any:
    return logarithm(x, ar.convert(0, "ball", bits=512))


@claim(
    id="dagger-2011-thm-4-1.penalty",
    source=dagger("Theorem 4.1, geometric schedule"),
    statement=r"\alpha \sum_{i=1}^N \min(1, H (1 - \alpha)^{i - 1}) \le \log H + 1",
    status=AS_PUBLISHED,
    tight=lambda: Tight(
        (8, HALF, 64),
        lhs=(5 - Fraction(1, 2**60)) / 2,
        rhs=_log(8) + 1,
        note="4 terms of 1, then 1/2, 1/4, ...",
    ),
)
def geometric_penalty(horizon: Horizon, alpha: PositiveUnitInterval, iterations: Iterations) -> Any:
    """The penalties of a geometric schedule add up to at most (log H + 1) / alpha, however long it runs.

    The sharper form, and ``-log(1 - alpha) >= alpha``.
    """
    return alpha * _penalties(horizon, 1 - alpha, iterations) <= logarithm(horizon, alpha) + 1


@geometric_penalty.false_variant("without the one", counterexample=lambda: (1, HALF, 1))
def penalty_without_one(horizon: Horizon, alpha: PositiveUnitInterval, iterations: Iterations) -> Any:
    return alpha * _penalties(horizon, 1 - alpha, iterations) <= logarithm(horizon, alpha)


@geometric_penalty.false_variant("without the logarithm", counterexample=lambda: (2, HALF, 3))
def penalty_without_log(horizon: Horizon, alpha: PositiveUnitInterval, iterations: Iterations) -> Any:
    return alpha * _penalties(horizon, 1 - alpha, iterations) <= 1


@claim(
    id="dagger-2011-thm-4-1.penalty-sharper",
    source=dagger("Theorem 4.1, geometric schedule"),
    statement=r"\alpha L \sum_{i=1}^N \min(1, H (1 - \alpha)^{i - 1}) \le \alpha \log H + L,\quad "
    r"L = -\log(1 - \alpha)",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        (8, HALF, 64),
        lhs=_log(2) * (5 - Fraction(1, 2**60)) / 2,
        rhs=_log(2) * Fraction(5, 2),
        note="equality as N grows, wherever log H / L is whole",
    ),
)
def geometric_penalty_sharper(horizon: Horizon, keep: PositiveUnitInterval, iterations: Iterations) -> Any:
    """The penalties add up to at most ``log H / -log(1 - alpha) + 1 / alpha``; ``keep`` is ``1 - alpha``.

    For any x the sum is at most ``f(x) = x + H (1 - alpha)^x / alpha`` if x is whole; f is convex, and
    equals ``x_0 + 1 / alpha`` at ``x_0 = log H / L`` and at ``x_0 + 1``, so it is no larger at the whole
    number between. Multiplied by ``alpha L``, so that ``alpha = 0`` is included.
    """
    alpha, rate = 1 - keep, -ar.log(keep)
    total = _penalties(horizon, keep, iterations)
    return alpha * rate * total <= alpha * logarithm(horizon, keep) + rate


@geometric_penalty_sharper.false_variant("one in place of 1 / alpha", counterexample=lambda: (1, HALF, 2))
def sharper_without_alpha(horizon: Horizon, keep: PositiveUnitInterval, iterations: Iterations) -> Any:
    alpha, rate = 1 - keep, -ar.log(keep)
    total = _penalties(horizon, keep, iterations)
    return alpha * rate * total <= alpha * logarithm(horizon, keep) + alpha * rate


@geometric_penalty_sharper.false_variant("without the logarithm", counterexample=lambda: (2, HALF, 3))
def sharper_without_log(horizon: Horizon, keep: PositiveUnitInterval, iterations: Iterations) -> Any:
    alpha, rate = 1 - keep, -ar.log(keep)
    return alpha * rate * _penalties(horizon, keep, iterations) <= rate
