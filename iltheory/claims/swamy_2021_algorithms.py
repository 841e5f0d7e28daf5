"""Swamy, Choudhury, Bagnell and Wu, ICML 2021: AdVIL, AdRIL and DAeQuIL on tabular models.

The algorithms run inside the claims, with the learners of :mod:`iltheory.learners`; T is H.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Tight, claim
from iltheory.claims.dagger_2011_no_regret import logarithm
from iltheory.claims.kinds import (
    Count,
    FiniteHorizonMDP,
    Policies,
    Policy,
    SignedReward,
    SignedStationaryReward,
    UnitInterval,
)
from iltheory.claims.swamy_2021 import every_step, first_step, loop, swamy
from iltheory.claims.swamy_2021_on_policy import fair_coin
from iltheory.claims.tables import coin, off_course
from iltheory.learners.adril import adril, frank_wolfe
from iltheory.learners.daequil import daequil
from iltheory.learners.online import OnlineRun, hedge
from iltheory.learners.policy_class import FinitePolicies, PolicyClass, TabularPolicies
from iltheory.measures import (
    best_moment,
    gap,
    largest,
    mean,
    off_policy_mismatch,
    off_policy_moment_error,
    off_policy_payoff,
    on_policy_moment_error,
    over_time,
    payoff,
    quantity,
    recoverability,
    reward_mismatch,
    smallest,
    steps,
    sum_over_pairs,
    total_variation,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF = Fraction(1, 2)

Rounds = Annotated[int, Count(8)]
"""Number of rounds of an algorithm that runs inside a claim."""


# AdVIL.


@claim(
    id="swamy-2021-advil",
    source=swamy("AdVIL"),
    statement=r"\max_{|f| \le 1} U_2(\pi, f) = U_2(\pi, \operatorname{sign}(\pi - \pi_E)) = "
    r"\tfrac1T \sum_h \mathbb{E}_{d_h^{\pi_E}} \|\pi_h - \pi_{E,h}\|_1",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(loop(3, HALF)), lhs=1, rhs=1, note="one state, p = 1/2"),
)
def best_discriminator(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """AdVIL's best discriminator marks the actions the learner takes too often, and sees their total variation.

    U2 is ``<g, f>`` with ``g = d_E(s) (pi - pi_E)(a|s) / T``, largest at the sign of g.
    """
    f = best_moment(off_policy_mismatch(mdp, expert, learner))
    return equal(off_policy_payoff(mdp, expert, learner, f), off_policy_moment_error(mdp, expert, learner))


@best_discriminator.false_variant("half of it, the total variation", counterexample=lambda: loop(1, HALF))
def discriminator_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    f = best_moment(off_policy_mismatch(mdp, expert, learner))
    return equal(off_policy_payoff(mdp, expert, learner, f), off_policy_moment_error(mdp, expert, learner) / 2)


@best_discriminator.false_variant("where the learner goes", counterexample=lambda: off_course())
def discriminator_on_policy(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    f = best_moment(off_policy_mismatch(mdp, expert, learner))
    return equal(off_policy_payoff(mdp, expert, learner, f), on_policy_moment_error(mdp, expert, learner))


def _fair() -> tuple[Any, ...]:
    """Learner and expert toss the same coin; the discriminator marks heads."""
    mdp, expert, learner = coin([HALF, HALF], [HALF, HALF])
    return mdp, expert, learner, ar.asarray([[[1, 0]]])


@claim(
    id="swamy-2021-advil.supremum",
    source=swamy("AdVIL"),
    statement=r"U_2(\pi, f) \le \tfrac1T \sum_h \mathbb{E}_{d_h^{\pi_E}} \|\pi_h - \pi_{E,h}\|_1"
    r"\quad\text{for all } |f| \le 1",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        (*loop(1, HALF), ar.asarray([[[-1, 1]]])), lhs=1, rhs=1, note="the discriminator marks the mistake"
    ),
)
def any_discriminator(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward) -> Any:
    """No discriminator sees more, so a policy that imitates the expert's actions wins against all of them.

    Hölder, state by state.
    """
    return off_policy_payoff(mdp, expert, learner, moment) <= off_policy_moment_error(mdp, expert, learner)


@any_discriminator.false_variant("f at the action probabilities", counterexample=_fair)
def relaxed_discriminator(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward) -> Any:
    """``f(s, p) = sum_a p_a^2 f(s, a)`` agrees with f at single actions; a stochastic expert does not match itself."""
    at_laws = mdp.policy(learner) ** 2 - mdp.policy(expert)
    seen = mdp.state_occupancy(expert)[..., None] * at_laws / steps(mdp)
    return payoff(mdp, seen, -moment) <= off_policy_moment_error(mdp, expert, learner)


@any_discriminator.false_variant(
    "half of it, the total variation", counterexample=lambda: (*loop(1, HALF), ar.asarray([[[-1, 1]]]))
)
def supremum_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward) -> Any:
    return off_policy_payoff(mdp, expert, learner, moment) <= off_policy_moment_error(mdp, expert, learner) / 2


@claim(
    id="swamy-2021-advil.equilibrium",
    source=swamy("AdVIL"),
    statement=r"\max_{|f| \le 1} U_2(\pi, f) = 0\quad\text{if } \pi_h(\cdot | s) = \pi_{E,h}(\cdot | s)"
    r"\text{ wherever } d_h^{\pi_E}(s) > 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(families.cliff(horizon=3, error=HALF)), lhs=0, rhs=0, note="anything at the bottom"),
)
def imitation_wins(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Off the expert's states every policy is as good: AdVIL never looks there.

    The learner's laws, replaced by the expert's wherever the expert goes.
    """
    visited = ar.possibly_nonzero(mdp.state_occupancy(expert))[..., None]
    return equal(off_policy_moment_error(mdp, expert, ar.where(visited, expert, learner)), 0)


@imitation_wins.false_variant("wherever the learner goes", counterexample=lambda: families.cliff(horizon=2, error=1))
def imitation_on_policy(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    visited = ar.possibly_nonzero(mdp.state_occupancy(learner))[..., None]
    return equal(off_policy_moment_error(mdp, expert, ar.where(visited, expert, learner)), 0)


@imitation_wins.false_variant("for the learner as it is", counterexample=lambda: loop(1, HALF))
def imitation_unneeded(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return equal(off_policy_moment_error(mdp, expert, learner), 0)


@claim(
    id="swamy-2021-advil.unique",
    source=swamy("AdVIL"),
    statement=r"\max_{|f| \le 1} U_2(\pi, f) \ge \tfrac1T \max_{h,s} d_h^{\pi_E}(s)\,"
    r"\|\pi_h(\cdot | s) - \pi_{E,h}(\cdot | s)\|_1",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(loop(1, HALF)), lhs=1, rhs=1, note="one step, one state"),
)
def only_imitation_wins(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """The value is 0 only for policies that agree with the expert wherever it goes.

    A sum of non-negative terms is at least each of them.
    """
    distance = 2 * total_variation(mdp.policy(learner), mdp.policy(expert))
    return off_policy_moment_error(mdp, expert, learner) >= _largest_weighted(mdp, expert, distance) / steps(mdp)


@quantity
def _largest_weighted(mdp: TabularMDP, expert: Any, f: Any) -> Any:
    """``max_{h, s} d_h^E(s) f_h(s)``."""
    return largest(mdp, mdp.state_occupancy(expert) * f)


@only_imitation_wins.false_variant("without 1/T", counterexample=lambda: first_step(2, HALF))
def unique_sum(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    distance = 2 * total_variation(mdp.policy(learner), mdp.policy(expert))
    return off_policy_moment_error(mdp, expert, learner) >= _largest_weighted(mdp, expert, distance)


@only_imitation_wins.false_variant(
    "in every state", counterexample=lambda: every_step(families.unreachable(horizon=1))[:3]
)
def unique_everywhere(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    distance = ar.wrap(2 * total_variation(mdp.policy(learner), mdp.policy(expert)))
    return off_policy_moment_error(mdp, expert, learner) >= largest(mdp, distance) / steps(mdp)


# AdRIL.


def all_wrong(horizon: int, rounds: int) -> tuple[Any, ...]:
    """One state: the expert takes action 0, the first policy action 1."""
    return (*loop(horizon, 1), rounds)


@quantity
def with_averages(mdp: TabularMDP, expert: Any, start: Any, rounds: int) -> Any:
    """Half the squared distance of mean occupancies after AdRIL with a number of policies, the first of them given."""
    return adril(mdp, expert, start=start, iterations=rounds, stationary=True).losses[-1]


@quantity
def with_frank_wolfe(mdp: TabularMDP, expert: Any, start: Any, rounds: int) -> Any:
    """As :func:`with_averages`, with the steps of Frank and Wolfe."""
    return adril(mdp, expert, start=start, iterations=rounds, stationary=True, step_size=frank_wolfe).losses[-1]


@quantity
def with_time(mdp: TabularMDP, expert: Any, start: Any, rounds: int) -> Any:
    """As :func:`with_averages`, with a kernel that tells steps apart."""
    return adril(mdp, expert, start=start, iterations=rounds).losses[-1]


def harmonic(n: int) -> Fraction:
    """``1 + 1/2 + ... + 1/n``."""
    return sum((Fraction(1, i) for i in range(1, n + 1)), Fraction(0))


@claim(
    id="swamy-2021-adril",
    source=swamy("AdRIL"),
    statement=r"\tfrac12 \|\bar d^{\pi_E} - \bar d_k\|_2^2 \le \frac{4}{k + 2}\quad"
    r"\text{for steps } \tfrac{2}{i + 2}\text{ to best responses to } r_i = \bar d^{\pi_E} - \bar d_i",
    status=DERIVED_HERE,
    tight=lambda: Tight(all_wrong(1, 1), lhs=1, rhs=Fraction(4, 3), note="the worst ratio, 3/4, at k = 1"),
)
def conditional_gradient(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    """AdRIL with an indicator kernel is the Frank-Wolfe method on the squared distance of mean occupancies.

    ``L(d) = |d_E - d|^2 / 2`` has the gradient ``-r``; with ``|s - d|^2 <= 2`` a step of size g to the best response
    gives ``L' <= (1 - g) L + g^2``. Induction, from ``L_1 <= 1``.
    """
    return with_frank_wolfe(mdp, expert, start, rounds) <= Fraction(4, rounds + 2)


@conditional_gradient.false_variant("half the constant", counterexample=lambda: all_wrong(1, 1))
def conditional_half(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_frank_wolfe(mdp, expert, start, rounds) <= Fraction(2, rounds + 2)


@conditional_gradient.false_variant("second order", counterexample=lambda: all_wrong(1, 1))
def conditional_squared(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_frank_wolfe(mdp, expert, start, rounds) <= Fraction(4, (rounds + 2) ** 2)


@conditional_gradient.false_variant("always the first answer", counterexample=lambda: all_wrong(1, 3))
def conditional_stuck(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_frank_wolfe(mdp, expert, start, 1) <= Fraction(4, rounds + 2)


@claim(
    id="swamy-2021-adril.fictitious-play",
    source=swamy("AdRIL"),
    statement=r"\tfrac12 \|\bar d^{\pi_E} - \tfrac1k \textstyle\sum_{i \le k} \bar d^{\pi_i}\|_2^2 \le "
    r"\frac1k \sum_{i=1}^k \frac1i = O(\log k / k)",
    status=DERIVED_HERE,
    tight=lambda: Tight(all_wrong(1, 1), lhs=1, rhs=1, note="k = 1"),
)
def fictitious(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    """The plain average of the best responses, as AdRIL has it, converges at the rate log k / k at least.

    With ``g = 1 / (k + 1)`` the step of the Frank-Wolfe bound reads ``(k + 1) L' <= k L + 1 / (k + 1)``; add up. The
    same holds for a target of no policy once the least possible L is subtracted.
    """
    return with_averages(mdp, expert, start, rounds) <= harmonic(rounds) / rounds


@fictitious.false_variant("half the constant", counterexample=lambda: all_wrong(1, 1))
def fictitious_half(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_averages(mdp, expert, start, rounds) <= harmonic(rounds) / (2 * rounds)


@fictitious.false_variant("without the first term", counterexample=lambda: all_wrong(1, 1))
def fictitious_later(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_averages(mdp, expert, start, rounds) <= (harmonic(rounds) - 1) / rounds


@claim(
    id="swamy-2021-adril.sharper",
    source=swamy("AdRIL"),
    statement=r"\tfrac12 \|\bar d^{\pi_E} - \tfrac1k \textstyle\sum_{i \le k} \bar d^{\pi_i}\|_2^2 \le \frac1k",
    status=DERIVED_HERE,
    tight=lambda: Tight(all_wrong(1, 1), lhs=1, rhs=1, note="k = 1"),
)
def no_logarithm(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    """Against a policy the plain average needs no logarithm, and its bound is up to four times below Frank-Wolfe's.

    Let ``w_k = sum_i (d_i - d_E)``. The next policy does no worse than the expert against ``r_k = -w_k / k``, so
    ``<w_k, d_{k+1} - d_E> <= 0`` and ``|w_{k+1}|^2 <= |w_k|^2 + |d_{k+1} - d_E|^2 <= 2 (k + 1)``.
    """
    return with_averages(mdp, expert, start, rounds) <= Fraction(1, rounds)


@no_logarithm.false_variant("half the constant", counterexample=lambda: all_wrong(1, 1))
def no_logarithm_half(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_averages(mdp, expert, start, rounds) <= Fraction(1, 2 * rounds)


@no_logarithm.false_variant("one more round", counterexample=lambda: all_wrong(1, 1))
def no_logarithm_more(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_averages(mdp, expert, start, rounds) <= Fraction(1, rounds + 1)


@claim(
    id="swamy-2021-adril.time-dependent",
    source=swamy("AdRIL"),
    statement=r"\tfrac{1}{2 T^2} \sum_h \|d_h^{\pi_E} - \tfrac1k \textstyle\sum_{i \le k} d_h^{\pi_i}\|_2^2 "
    r"\le \frac{1}{T k}",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        all_wrong(3, 1), lhs=Fraction(1, 3), rhs=Fraction(1, 3), note="wrong at all three steps, k = 1"
    ),
)
def kernel_with_time(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    """A kernel that tells steps apart sees distances smaller by T.

    As without time; now ``|d - d_E|^2 = sum_h |d_h - d_h^E|^2 / T^2 <= 2 / T``.
    """
    return with_time(mdp, expert, start, rounds) <= Fraction(1, steps(mdp) * rounds)


@kernel_with_time.false_variant("half the constant", counterexample=lambda: all_wrong(2, 1))
def with_time_half(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_time(mdp, expert, start, rounds) <= Fraction(1, 2 * steps(mdp) * rounds)


@kernel_with_time.false_variant("smaller by T^2", counterexample=lambda: all_wrong(2, 1))
def with_time_squared(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    return with_time(mdp, expert, start, rounds) <= Fraction(1, steps(mdp) ** 2 * rounds)


@quantity
def squared_price(mdp: TabularMDP, expert: Any, start: Any, reward: Any, rounds: int) -> Any:
    """``(J(pi_E) - J(mixture))^2`` for AdRIL with plain averages."""
    found = adril(mdp, expert, start=start, iterations=rounds, stationary=True)
    lost = sum_over_pairs(mdp, (mdp.occupancy(expert) - found.occupancy) * reward)
    return lost * lost


def _paid_all_wrong() -> tuple[Any, ...]:
    mdp, expert, learner, rounds = all_wrong(1, 1)
    return mdp, expert, learner, 2 * mdp.rewards() - 1, rounds


@claim(
    id="swamy-2021-adril.performance",
    source=swamy("AdRIL"),
    statement=r"(J(\pi_E) - J(\bar\pi_k))^2 \le \frac{2\,T^2\,|S| |A|}{k}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_paid_all_wrong(), lhs=4, rhs=4, note="two actions, k = 1"),
)
def adril_performance(
    mdp: FiniteHorizonMDP, expert: Policy, start: Policy, reward: SignedStationaryReward, rounds: Rounds
) -> Any:
    """AdRIL's mixture loses at most ``T sqrt(2 S A / k)``: linear in the horizon, as reward moments promise.

    Cauchy-Schwarz: the gap is ``T <r, d_E - d>`` and ``|r|_2^2 <= S A``; then the bound without a logarithm.
    """
    size = mdp.n_states * mdp.n_actions
    return squared_price(mdp, expert, start, reward, rounds) <= Fraction(2 * steps(mdp) ** 2 * size, rounds)


@adril_performance.false_variant("whatever the sizes", counterexample=_paid_all_wrong)
def performance_sizes(
    mdp: FiniteHorizonMDP, expert: Policy, start: Policy, reward: SignedStationaryReward, rounds: Rounds
) -> Any:
    return squared_price(mdp, expert, start, reward, rounds) <= Fraction(2 * steps(mdp) ** 2, rounds)


@adril_performance.false_variant("half the constant", counterexample=_paid_all_wrong)
def performance_half(
    mdp: FiniteHorizonMDP, expert: Policy, start: Policy, reward: SignedStationaryReward, rounds: Rounds
) -> Any:
    size = mdp.n_states * mdp.n_actions
    return squared_price(mdp, expert, start, reward, rounds) <= Fraction(steps(mdp) ** 2 * size, rounds)


def half_square(mdp: TabularMDP, g: Any) -> Any:
    """``|g|^2 / 2``."""
    return sum_over_pairs(mdp, g * g) / 2


def mean_mismatch(mdp: TabularMDP, first: Any, second: Any) -> Any:
    """Mean occupancy of the second policy minus that of the first."""
    return over_time(mdp, reward_mismatch(mdp, first, second))


def _quarter_way() -> tuple[Any, ...]:
    mdp, expert, learner = coin([1, 0], [0, 1])
    return mdp, expert, learner, ar.asarray([[1, 0]]), Fraction(1, 4)


@claim(
    id="swamy-2021-adril.gradient",
    source=swamy("AdRIL, text of the code"),
    statement=r"L((1 - \alpha) d + \alpha d') = L(d) - \alpha \langle r, d' - d \rangle + "
    r"\tfrac{\alpha^2}{2} \|d' - d\|_2^2,\quad L(d) = \tfrac12 \|d^{\pi_E} - d\|_2^2,\; r = d^{\pi_E} - d",
    status=AS_PUBLISHED,
    tight=lambda: Tight(_quarter_way(), lhs=Fraction(9, 16), rhs=Fraction(9, 16), note="1 - 1/2 + 1/16"),
)
def functional_gradient(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, other: Policy, weight: UnitInterval
) -> Any:
    """AdRIL's reward, +1 on the expert's samples and -1/k on those of k past policies, is the functional gradient.

    Expand the square; d is the occupancy of the mixture of the past policies.
    """
    to_expert, to_other = mean_mismatch(mdp, learner, expert), mean_mismatch(mdp, learner, other)
    share = weight[..., None, None, None]
    linear = weight * payoff(mdp, to_other, to_expert)
    second = weight * weight * half_square(mdp, to_other)
    return equal(half_square(mdp, to_expert - share * to_other), half_square(mdp, to_expert) - linear + second)


@functional_gradient.false_variant("the sign the other way", counterexample=_quarter_way)
def gradient_reversed(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, other: Policy, weight: UnitInterval
) -> Any:
    to_expert, to_other = mean_mismatch(mdp, learner, expert), mean_mismatch(mdp, learner, other)
    share = weight[..., None, None, None]
    linear = weight * payoff(mdp, to_other, to_expert)
    second = weight * weight * half_square(mdp, to_other)
    return equal(half_square(mdp, to_expert - share * to_other), half_square(mdp, to_expert) + linear + second)


@functional_gradient.false_variant("without the past policies", counterexample=_quarter_way)
def gradient_of_expert(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, other: Policy, weight: UnitInterval
) -> Any:
    to_expert, to_other = mean_mismatch(mdp, learner, expert), mean_mismatch(mdp, learner, other)
    share, shown = weight[..., None, None, None], over_time(mdp, mdp.occupancy(expert)) / steps(mdp)
    linear = weight * payoff(mdp, to_other, shown)
    second = weight * weight * half_square(mdp, to_other)
    return equal(half_square(mdp, to_expert - share * to_other), half_square(mdp, to_expert) - linear + second)


# DAeQuIL.


def _one(mdp: Any, expert: Any, learner: Any, reward: Any) -> tuple[Any, ...]:
    return mdp, expert, (learner,), reward


def _good_then_bad() -> tuple[Any, ...]:
    mdp, good, bad = coin([1, 0], [0, 1])
    return mdp, good, (good, good, bad), ar.asarray([[[1, -1]]])


@claim(
    id="swamy-2021-daequil",
    source=swamy("DAeQuIL"),
    statement=r"\min_i |J(\pi_E) - J(\pi_i)| \le H_{rec} T (\epsilon_N + \gamma_N),\quad "
    r"\epsilon_N + \gamma_N = \frac1N \sum_i \ell_i(\pi_i),\quad \ell_i(\pi_i) = \sup_{|f| \le 1} U_3(\pi_i, f)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_one(*fair_coin()), lhs=1, rhs=1, note="one iterate: the bound for on-policy moments"),
)
def online_matching(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    """Some iterate of an online learner without regret loses linearly, if the expert can recover.

    The losses against the best discriminators are the moment errors themselves; the least is at most the mean, which
    is ``epsilon_N + gamma_N`` by definition, whatever the class and the online learner. Then the on-policy bound.
    """
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    least = smallest(ar.absolute(gap(mdp, expert, pi)) for pi in learners)
    return least <= recoverability(mdp, expert) * steps(mdp) * error


@online_matching.false_variant("the last iterate", counterexample=_good_then_bad)
def online_last(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    return ar.absolute(gap(mdp, expert, learners[-1])) <= recoverability(mdp, expert) * steps(mdp) * error


@online_matching.false_variant(
    "no recoverability", counterexample=lambda: _one(*every_step(families.cliff(horizon=4, error=Fraction(1, 4))))
)
def online_unrecoverable(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    return smallest(ar.absolute(gap(mdp, expert, pi)) for pi in learners) <= steps(mdp) * error


@online_matching.false_variant("half the constant", counterexample=lambda: _one(*fair_coin()))
def online_half(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    least = smallest(ar.absolute(gap(mdp, expert, pi)) for pi in learners)
    return least <= recoverability(mdp, expert) * steps(mdp) * error / 2


def hedging(mdp: TabularMDP, expert: Any, policy_class: PolicyClass, rounds: int, rate: Any) -> OnlineRun:
    """DAeQuIL with Hedge of a given rate."""
    return daequil(mdp, expert, policy_class, iterations=rounds, online=hedge(rate)).run


@quantity
def regret_among(mdp: TabularMDP, expert: Any, learners: Any, rounds: int, slowness: int) -> Any:
    """Average regret of DAeQuIL with Hedge over a list of policies."""
    return hedging(mdp, expert, FinitePolicies(learners), rounds, Fraction(1, slowness)).regret


def hedge_bound(choices: int, games: int, rounds: int, slowness: int, like: Any) -> Any:
    """``games log(choices) / (eta N) + eta / 2`` with ``eta = 1 / slowness``."""
    return Fraction(games * slowness, rounds) * logarithm(choices, like) + Fraction(1, 2 * slowness)


def _two_sides() -> tuple[Any, ...]:
    mdp, good, bad = coin([1, 0], [0, 1])
    return mdp, good, (good, bad), 1, 1


def _log_two_and_half() -> Any:
    return ar.log(ar.convert(2, "ball", bits=512)) + HALF


@claim(
    id="swamy-2021-daequil.regret",
    source=swamy("DAeQuIL"),
    statement=r"\gamma_N \le \frac{\log K}{\eta N} + \frac{\eta}{2}\quad"
    r"\text{for Hedge with rate } \eta\text{ over mixtures of K policies}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_two_sides(), lhs=1, rhs=_log_two_and_half(), note="right and wrong, one round, eta = 1"),
)
def regret_of_hedge(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, rounds: Rounds, slowness: Rounds) -> Any:
    """DAeQuIL runs, against discriminators that answer it, and its regret is Hedge's; ``eta = 1 / slowness``.

    ``l_i`` is linear in the policy, with values in an interval of length 2 over the class: Hedge's average regret is at
    most ``log K / (eta N) + eta 2^2 / 8`` (Hoeffding's lemma), whatever the discriminators do.
    """
    regret = regret_among(mdp, expert, learners, rounds, slowness)
    return regret <= hedge_bound(len(learners), 1, rounds, slowness, regret)


@regret_of_hedge.false_variant("losses in [0, 1]", counterexample=_two_sides)
def regret_unit(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, rounds: Rounds, slowness: Rounds) -> Any:
    regret = regret_among(mdp, expert, learners, rounds, slowness)
    return regret <= hedge_bound(len(learners), 1, rounds, slowness, regret) - Fraction(3, 8 * slowness)


@regret_of_hedge.false_variant("without the logarithm", counterexample=_two_sides)
def regret_without_log(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, rounds: Rounds, slowness: Rounds
) -> Any:
    regret = regret_among(mdp, expert, learners, rounds, slowness)
    return regret <= hedge_bound(1, 1, rounds, slowness, regret)


def _one_state() -> tuple[Any, ...]:
    mdp, good, _ = coin([1, 0], [0, 1])
    return mdp, good, 1, 1


@claim(
    id="swamy-2021-daequil.tabular",
    source=swamy("DAeQuIL"),
    statement=r"\min_i \sup_{|f| \le 1} U_3(\pi_i, f) \le \frac{|S| \log |A|}{\eta N} + \frac{\eta}{2}\quad"
    r"\text{for Hedge with rate } \eta T\text{ in every state at every step}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_one_state(), lhs=1, rhs=_log_two_and_half(), note="one state, one round, eta = 1"),
)
def tabular_matching(mdp: FiniteHorizonMDP, expert: Policy, rounds: Rounds, slowness: Rounds) -> Any:
    """Over all tabular policies DAeQuIL matches the expert's on-policy moments, at the rate of the square root of N.

    Regrets of Hedge add up over states and steps: the losses there have a range of ``2 d_i(s) / T``, whose squares sum
    to at most ``4 / T``. The expert is in the class and loses nothing, so ``epsilon_N <= 0``.
    """
    run = hedging(mdp, expert, TabularPolicies(), rounds, Fraction(steps(mdp), slowness))
    found = smallest(on_policy_moment_error(mdp, expert, run.policies[i]) for i in range(rounds))
    return found <= hedge_bound(mdp.n_actions, mdp.n_states, rounds, slowness, found)


@tabular_matching.false_variant("without the logarithm", counterexample=_one_state)
def tabular_without_log(mdp: FiniteHorizonMDP, expert: Policy, rounds: Rounds, slowness: Rounds) -> Any:
    run = hedging(mdp, expert, TabularPolicies(), rounds, Fraction(steps(mdp), slowness))
    found = smallest(on_policy_moment_error(mdp, expert, run.policies[i]) for i in range(rounds))
    return found <= hedge_bound(1, mdp.n_states, rounds, slowness, found)


@tabular_matching.false_variant("losses in [0, 1]", counterexample=_one_state)
def tabular_unit(mdp: FiniteHorizonMDP, expert: Policy, rounds: Rounds, slowness: Rounds) -> Any:
    run = hedging(mdp, expert, TabularPolicies(), rounds, Fraction(steps(mdp), slowness))
    found = smallest(on_policy_moment_error(mdp, expert, run.policies[i]) for i in range(rounds))
    bound = hedge_bound(mdp.n_actions, mdp.n_states, rounds, slowness, found)
    return found <= bound - Fraction(3, 8 * slowness)
