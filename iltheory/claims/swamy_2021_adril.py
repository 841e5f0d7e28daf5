"""Swamy, Choudhury, Bagnell and Wu, ICML 2021: AdRIL on tabular models, with the indicator kernel; T is H.

The algorithm runs inside the claims, by :func:`iltheory.learners.adril`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, Sizes, Tight, claim
from iltheory.claims.kinds import (
    FiniteHorizonMDP,
    Policies,
    Policy,
    Rounds,
    SignedReward,
    SignedStationaryReward,
    UnitInterval,
)
from iltheory.claims.swamy_2021 import loop, swamy
from iltheory.claims.tables import coin
from iltheory.learners.adril import adril, frank_wolfe, replay_labels
from iltheory.measures import mean, over_time, payoff, quantity, reward_mismatch, steps, sum_over_pairs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import equal


def all_wrong(horizon: int, rounds: int) -> tuple[Any, ...]:
    """One state: the expert takes action 0, the first policy action 1."""
    return (*loop(horizon, 1), rounds)


def half_square(mdp: TabularMDP, g: Any) -> Any:
    """``|g|^2 / 2``."""
    return sum_over_pairs(mdp, g * g) / 2


def mean_mismatch(mdp: TabularMDP, first: Any, second: Any) -> Any:
    """Mean occupancy of the second policy minus that of the first."""
    return over_time(mdp, reward_mismatch(mdp, first, second))


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
    same holds for a target of no policy once the least possible L is subtracted; there, too, the logarithm goes in
    the end, with a constant that depends on the model, as only finitely many best responses leave the optimal face.
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


@quantity
def errors_of(mdp: TabularMDP, expert: Any, policies: Any) -> Any:
    """Sum over some policies of their squared distances of mean occupancies from the expert's."""
    return 2 * len(policies) * mean(half_square(mdp, mean_mismatch(mdp, expert, pi)) for pi in policies)


@claim(
    id="swamy-2021-adril.distances",
    source=swamy("AdRIL"),
    statement=r"\|\bar d^{\pi_E} - \tfrac1k \textstyle\sum_{i \le k} \bar d^{\pi_i}\|_2^2 \le "
    r"\frac{1}{k^2} \sum_{i \le k} \|\bar d^{\pi_i} - \bar d^{\pi_E}\|_2^2",
    status=DERIVED_HERE,
    tight=lambda: Tight(all_wrong(1, 1), lhs=2, rhs=2, note="k = 1"),
    largest=Sizes(strict=True),  # a tie is decided in rationals, which grow with every round and step
)
def as_if_orthogonal(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    """The best responses are as good as orthogonal errors, or better: averages cancel them as independent samples do.

    The bound without a logarithm, before distances are bounded by 2.
    """
    found = adril(mdp, expert, start=start, iterations=rounds, stationary=True)
    left = 2 * ar.wrap(found.losses[-1])
    return left <= errors_of(mdp, expert, found.policies) / rounds**2


@as_if_orthogonal.false_variant("without the square", counterexample=lambda: all_wrong(1, 2))
def orthogonal_linear(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    found = adril(mdp, expert, start=start, iterations=rounds, stationary=True)
    left = 2 * ar.wrap(found.losses[-1])
    return left <= errors_of(mdp, expert, found.policies) / rounds**3


@as_if_orthogonal.false_variant("the errors of all but the first", counterexample=lambda: all_wrong(1, 2))
def orthogonal_later(mdp: FiniteHorizonMDP, expert: Policy, start: Policy, rounds: Rounds) -> Any:
    found = adril(mdp, expert, start=start, iterations=rounds, stationary=True)
    left = 2 * ar.wrap(found.losses[-1])
    first = 2 * half_square(mdp, mean_mismatch(mdp, expert, found.policies[0]))
    return left <= (errors_of(mdp, expert, found.policies) - first) / rounds**2


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


def _quarter_way() -> tuple[Any, ...]:
    mdp, expert, learner = coin([1, 0], [0, 1])
    return mdp, expert, learner, ar.asarray([[1, 0]]), Fraction(1, 4)


@claim(
    id="swamy-2021-adril.gradient",
    source=swamy("AdRIL, text of the code"),
    statement=r"L((1 - \alpha) d + \alpha d') = L(d) - \alpha \langle r, d' - d \rangle + "
    r"\tfrac{\alpha^2}{2} \|d' - d\|_2^2,\quad L(d) = \tfrac12 \|d^{\pi_E} - d\|_2^2,\; r = d^{\pi_E} - d",
    status=DERIVED_HERE,
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


def _one_past_round() -> tuple[Any, ...]:
    mdp, expert, learner = coin([1, 0], [0, 1])
    return mdp, expert, (learner,), ar.asarray([[[1, -1]]])


def balanced(mdp: TabularMDP, expert: Any, past: Any, f: Any) -> Any:
    """Expected label times f, sampling half of the time from the expert, half from all rounds, the current included."""
    shown, *labels, _ = replay_labels(len(past) + 1)
    seen = [expectation_of(mdp, pi, f) for pi in past]
    replay = sum(Fraction(label, len(past) + 1) * x for label, x in zip(labels, seen, strict=True))
    return (shown * expectation_of(mdp, expert, f) + replay) / 2


@quantity
def expectation_of(mdp: TabularMDP, pi: Any, f: Any) -> Any:
    """``E_pi[f]``, a mean over steps."""
    return sum_over_pairs(mdp, mdp.occupancy(pi) * f) / steps(mdp)


@claim(
    id="swamy-2021-adril.balanced-replay",
    source=swamy("AdRIL, text of the code"),
    statement=r"\tfrac12 \mathbb{E}_{\pi_E}[f] + \tfrac12 \sum_{i \le k} \tfrac{1}{k + 1} "
    r"\mathbb{E}_{\pi_i}[-\tfrac1k f] = \tfrac12 \langle \bar d^{\pi_E} - \tfrac{1}{k + 1} \bar d_k, f \rangle",
    status=DERIVED_HERE,
    tight=lambda: Tight(_one_past_round(), lhs=Fraction(3, 4), rhs=Fraction(3, 4), note="1/2 + 1/4 for k = 1"),
)
def balanced_replay(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, f: SignedReward) -> Any:
    """Sampled half and half, the labels of the code forget the learner: its half weighs 1 / (k + 1) of the expert's.

    All k + 1 rounds share the learner's half, and each past one is labelled -1/k. The functional gradient
    ``d_E - mean_i d_i`` takes labels of -(k + 1)/k, or weights as in ``replayed_reward``.
    """
    past = mean(expectation_of(mdp, pi, f) for pi in learners)
    right = (expectation_of(mdp, expert, f) - past / (len(learners) + 1)) / 2
    return equal(balanced(mdp, expert, learners, f), right)


@balanced_replay.false_variant("the functional gradient", counterexample=_one_past_round)
def balanced_gradient(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, f: SignedReward) -> Any:
    past = mean(expectation_of(mdp, pi, f) for pi in learners)
    return equal(balanced(mdp, expert, learners, f), (expectation_of(mdp, expert, f) - past) / 2)


@balanced_replay.false_variant("the expert alone", counterexample=_one_past_round)
def balanced_expert(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, f: SignedReward) -> Any:
    return equal(balanced(mdp, expert, learners, f), expectation_of(mdp, expert, f) / 2)
