"""Al-Hafez, Tateo, Arenz, Zhao and Peters 2023, LS-IQ: implicit rewards that stay bounded.

The regulariser of the rewards is an expectation under the mixture ``m = (d + e) / 2`` of the learner's law d and the
expert's e, instead of under e alone.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Tight, claim
from iltheory.claims.garg_2021 import one_state
from iltheory.claims.garg_2021_table import coins
from iltheory.claims.kinds import ActionValues, DiscountedMDP, Distribution, Policy, Temperature
from iltheory.claims.occupancy import HALF
from iltheory.claims.values import lingering
from iltheory.measures import (
    CHI2,
    gamma,
    kl_divergence,
    largest,
    mean_over_pairs,
    quantity,
    squared_hellinger,
    total_variation,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

ONE = ar.convert(1, "ball", bits=512)


def ls_iq(theorem: str) -> Paper:
    """A statement of the paper."""
    title = "LS-IQ: Implicit reward regularization for inverse reinforcement learning"
    return Paper("Al-Hafez, Tateo, Arenz, Zhao and Peters", 2023, title, theorem, arxiv="2303.00599")


def best_reward(d: Numbers, e: Numbers, c: Numbers) -> Numbers:
    """``(e - d) / (c (e + d))``, and 0 where nobody goes."""
    both = d + e
    seen = ar.possibly_nonzero(both)
    return ar.where(seen, (e - d) / ar.where(seen, both, 1), 0) / c[..., None]


def mixture_chi2(d: Numbers, e: Numbers) -> Any:
    """``chi2(e || m)``."""
    return ar.wrap(CHI2(e, (d + e) / 2, axes=1))


def _penalised(d: Numbers, e: Numbers, r: Numbers, c: Numbers) -> Any:
    """``E_e r - E_d r - c E_m r^2``."""
    return ar.sum((e - d) * r - c[..., None] * (d + e) / 2 * r**2, -1)


def _halves() -> tuple[Any, ...]:
    """``m = (5/8, 3/8)``, ``chi2(e || m) = 1/15``."""
    return *coins(), 2


def _disjoint() -> tuple[Any, ...]:
    return ar.asarray([1, 0]), ar.asarray([0, 1]), 2


@claim(
    id="lsiq-mixture-chi2",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\max_r \mathbb{E}_e[r] - \mathbb{E}_d[r] - c\, \mathbb{E}_m[r^2] = \frac1c \chi^2(e \| m), \quad r^* = "
    r"\frac1c \frac{e - d}{e + d}, \; m = \tfrac12 (d + e)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_halves(), Fraction(1, 30), Fraction(1, 30), note="chi2(e || m) = 1/15, c = 2"),
)
def mixture_penalty(d: Distribution, e: Distribution, c: Temperature) -> Any:
    """A quadratic penalty under the mixture gives a bounded chi-squared divergence.

    Complete the square at each outcome; ``e - d = 2 (e - m)``.
    """
    return equal(_penalised(d, e, best_reward(d, e, c), c), mixture_chi2(d, e) / c)


@mixture_penalty.false_variant("against the expert alone", counterexample=_halves)
def mixture_penalty_expert(d: Distribution, e: Distribution, c: Temperature) -> Any:
    return equal(_penalised(d, e, best_reward(d, e, c), c), ar.wrap(CHI2(d, e, axes=1)) / c)


@mixture_penalty.false_variant("over 4 c, as for the expert's penalty", counterexample=_halves)
def mixture_penalty_quarter(d: Distribution, e: Distribution, c: Temperature) -> Any:
    return equal(_penalised(d, e, best_reward(d, e, c), c), mixture_chi2(d, e) / (4 * c))


@claim(
    id="lsiq-mixture-chi2.bounded",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\chi^2(e \| m) \le \mathrm{TV}(d, e) \le 1",
    status=DERIVED_HERE,
    tight=lambda: Tight(_disjoint()[:2], 1, 1, note="disjoint supports"),
)
def mixture_bounded(d: Distribution, e: Distribution) -> Any:
    """The divergence is at most the total variation, so at most 1, with equality iff the supports are disjoint.

    ``chi2(e || m) = 1/2 sum |e - d| |e - d| / (e + d)``, and the last factor is at most 1.
    """
    return mixture_chi2(d, e) <= total_variation(d, e)


@mixture_bounded.false_variant("half of it", counterexample=lambda: _disjoint()[:2])
def mixture_bounded_half(d: Distribution, e: Distribution) -> Any:
    return mixture_chi2(d, e) <= total_variation(d, e) / 2


@mixture_bounded.false_variant("against the expert alone", counterexample=lambda: _rare())
def expert_unbounded(d: Distribution, e: Distribution) -> Any:
    return ar.wrap(CHI2(d, e, axes=1)) <= total_variation(d, e)


def _rare() -> tuple[Any, ...]:
    rare = Fraction(1, 10**6)
    return ar.asarray([HALF, HALF]), ar.asarray([rare, 1 - rare])


@claim(
    id="lsiq-mixture-chi2.hellinger",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\chi^2(e \| m) \le \sum_x \left(\sqrt{d(x)} - \sqrt{e(x)}\right)^2",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _nearly_fair(), Fraction(1, 10**4), 2 - 2 * ar.sqrt(1 - ONE / 10**4), note="approached as the laws get closer"
    ),
)
def mixture_hellinger(d: Distribution, e: Distribution) -> Any:
    """The divergence is at most the squared Hellinger distance: of second order where the laws are close.

    ``chi2(e || m) = 1/2 sum (sqrt e - sqrt d)^2 (sqrt e + sqrt d)^2 / (e + d)``, and ``(x + y)^2 <= 2 (x^2 + y^2)``.
    Total variation is of first order there.
    """
    return mixture_chi2(d, e) <= squared_hellinger(d, e)


def _nearly_fair() -> tuple[Any, ...]:
    """Coins tilted by 1/200 to opposite sides."""
    more, less = Fraction(101, 200), Fraction(99, 200)
    return ar.asarray([more, less]), ar.asarray([less, more])


@mixture_hellinger.false_variant("nine tenths of it", counterexample=_nearly_fair)
def mixture_hellinger_less(d: Distribution, e: Distribution) -> Any:
    return mixture_chi2(d, e) <= Fraction(9, 10) * squared_hellinger(d, e)


@mixture_hellinger.false_variant("against the expert alone", counterexample=lambda: _rare())
def expert_hellinger(d: Distribution, e: Distribution) -> Any:
    return ar.wrap(CHI2(d, e, axes=1)) <= squared_hellinger(d, e)


@claim(
    id="lsiq-mixture-chi2.hellinger-below",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\sum_x \left(\sqrt{d(x)} - \sqrt{e(x)}\right)^2 \le 2\, \chi^2(e \| m)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_disjoint()[:2], 2, 2, note="disjoint supports"),
)
def hellinger_below(d: Distribution, e: Distribution) -> Any:
    """The divergence is at least half the squared Hellinger distance, so LS-IQ's objective is equivalent to it.

    In the form above ``(x + y)^2 >= x^2 + y^2``, with equality iff one of them is 0.
    """
    return squared_hellinger(d, e) <= 2 * mixture_chi2(d, e)


@hellinger_below.false_variant("without the factor 2", counterexample=lambda: _disjoint()[:2])
def hellinger_below_half(d: Distribution, e: Distribution) -> Any:
    return squared_hellinger(d, e) <= mixture_chi2(d, e)


@hellinger_below.false_variant("total variation", counterexample=_nearly_fair)
def tv_below(d: Distribution, e: Distribution) -> Any:
    return total_variation(d, e) <= 2 * mixture_chi2(d, e)


@claim(
    id="lsiq-mixture-chi2.rewards",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\max |r^*| \le \frac1c, \quad r^* = \frac1c \frac{e - d}{e + d}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_disjoint(), HALF, HALF, note="disjoint supports, c = 2"),
)
def mixture_rewards(d: Distribution, e: Distribution, c: Temperature) -> Any:
    """The best rewards stay within ``1 / c`` however rarely the expert acts: contrast iq-chi2.unbounded.

    ``|e - d| <= e + d``.
    """
    return ar.amax(ar.absolute(best_reward(d, e, c)), -1) <= 1 / c


@mixture_rewards.false_variant("half of that", counterexample=_disjoint)
def mixture_rewards_half(d: Distribution, e: Distribution, c: Temperature) -> Any:
    return ar.amax(ar.absolute(best_reward(d, e, c)), -1) <= 1 / (2 * c)


@mixture_rewards.false_variant("for the penalty under the expert", counterexample=lambda: (*_rare(), 2))
def expert_rewards(d: Distribution, e: Distribution, c: Temperature) -> Any:
    seen = ar.possibly_nonzero(e)
    best = ar.where(seen, (e - d) / ar.where(seen, e, 1), 0) / (2 * c[..., None])
    return ar.amax(ar.absolute(best), -1) <= 1 / c


def _subgradient_tight() -> Tight:
    d, e, c = _halves()
    side = -ar.log(ar.convert(Fraction(16, 15), "ball", bits=512)) / 2
    return Tight((e, e, d, c), side, 0, note="r = 0 where d = e; KL(e || m) = log(16/15) / 2")


@claim(
    id="lsiq-mixture-chi2.alternating",
    source=ls_iq("Algorithm"),
    statement=r"\frac2c \mathrm{KL}(e \| m_d) - \frac2c \mathrm{KL}(e \| m_{d'}) \le \langle d' - d, r^* \rangle, "
    r"\quad r^* = \frac1c \frac{e - d}{e + d}, \; m_d = \tfrac12 (d + e)",
    status=DERIVED_HERE,
    tight=_subgradient_tight,
)
def alternating(d: Distribution, e: Distribution, other: Distribution, c: Temperature) -> Any:
    """A learner that takes LS-IQ's reward as given descends a relative entropy, not chi-squared.

    The derivative of ``(2/c) KL(e || m)`` in d is ``-2/c e / (d + e) = -(r* + 1/c)``, and the divergence is convex in
    d; the constant does not count between laws. So alternating best rewards and best responses stops at the least
    ``(2/c) KL(e || m) - H``; only a learner that anticipates how the mixture moves plays for chi-squared.
    """
    fall = kl_divergence(e, (d + e) / 2) - kl_divergence(e, (other + e) / 2)
    return 2 * fall / c <= ar.sum((other - d) * best_reward(d, e, c), -1)


def _away() -> tuple[Any, ...]:
    """The learner takes a step from ``1/10, 9/10`` towards the even expert."""
    fifth = Fraction(1, 5)
    return ar.asarray([fifth / 2, 1 - fifth / 2]), ar.asarray([HALF, HALF]), ar.asarray([fifth, 1 - fifth]), 1


@alternating.false_variant("chi-squared", counterexample=lambda: _further())
def alternating_chi2(d: Distribution, e: Distribution, other: Distribution, c: Temperature) -> Any:
    fall = mixture_chi2(d, e) - mixture_chi2(other, e)
    return fall / c <= ar.sum((other - d) * best_reward(d, e, c), -1)


def _further() -> tuple[Any, ...]:
    """The learner moves further from the expert, and chi-squared grows by less than the reward says."""
    fifth, rare = Fraction(1, 5), Fraction(1, 100)
    return ar.asarray([fifth, 1 - fifth]), ar.asarray([rare, 1 - rare]), ar.asarray([3 * fifth, 2 * fifth]), 1


@alternating.false_variant("half the reward", counterexample=_away)
def alternating_half(d: Distribution, e: Distribution, other: Distribution, c: Temperature) -> Any:
    fall = kl_divergence(e, (d + e) / 2) - kl_divergence(e, (other + e) / 2)
    return 2 * fall / c <= ar.sum((other - d) * best_reward(d, e, c), -1) / 2


def _sure() -> tuple[Any, ...]:
    """One state, where expert and learner take different actions, the expert's policy once more, and ``c = 2``."""
    return *one_state((1, 0), (0, 1), (1, 0))[:4], 2


@claim(
    id="lsiq-mixture-chi2.values",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\max_{s,a} |Q^{\pi'}_{r^*}(s,a)| \le \frac{1}{c\,(1-\gamma)} \quad \forall \pi'",
    status=FROM_MEMORY,
    tight=lambda: Tight(_sure(), HALF, HALF, note="the expert earns 1/c for ever; the horizon is on the left"),
)
def mixture_values(mdp: DiscountedMDP, expert: Policy, pi: Policy, other: Policy, c: Temperature) -> Any:
    """Without entropy the action values of the best reward are bounded, too, under every policy and so the optimal one.

    ``|r*| <= 1 / c``, over the horizon. (Both sides times ``1 - gamma``; ``other`` is ``pi'``.)
    """
    return _largest_value(mdp, expert, pi, other, c) <= 1 / c


@quantity
def _largest_value(mdp: TabularMDP, expert: Any, pi: Any, other: Any, c: Numbers) -> Numbers:
    """``(1 - gamma) max |Q|`` of a policy for the best reward."""
    r = best_reward(mdp.occupancy(pi), mdp.occupancy(expert), c[..., None])
    size = ar.amax(ar.absolute(mdp.with_rewards(r).q(other)), -1)
    return (1 - gamma(mdp)) * largest(mdp, size)


@mixture_values.false_variant("half of it", counterexample=_sure)
def mixture_values_half(mdp: DiscountedMDP, expert: Policy, pi: Policy, other: Policy, c: Temperature) -> Any:
    return _largest_value(mdp, expert, pi, other, c) <= 1 / (2 * c)


@mixture_values.false_variant("without the horizon", counterexample=_sure)
def mixture_values_once(mdp: DiscountedMDP, expert: Policy, pi: Policy, other: Policy, c: Temperature) -> Any:
    return _largest_value(mdp, expert, pi, other, c) <= (1 - gamma(mdp)) / c


# Least squares.


def _rewarded() -> tuple[Any, ...]:
    mdp, pi = lingering()
    return mdp, ar.asarray([[1, 0], [0, 1]]), pi, ar.asarray([[1, 0], [0, -1]]), HALF


def _still() -> tuple[Any, ...]:
    mdp, pi = lingering()
    return mdp, pi, pi, ar.asarray([[1, 1], [1, 1]]), HALF


@claim(
    id="lsiq-least-squares",
    source=ls_iq("Section on least squares"),
    statement=r"\mathbb{E}_e[r] - \mathbb{E}_d[r] - c\, \mathbb{E}_m[r^2] = \frac1c - \frac{c}{2} \left( "
    r"\mathbb{E}_e[(r - \tfrac1c)^2] + \mathbb{E}_d[(r + \tfrac1c)^2] \right), \quad r = Q - \gamma P V^\pi",
    status=FROM_MEMORY,
    tight=lambda: Tight(_still(), -HALF, -HALF, note="r = 1 and d = e: -c"),
)
def least_squares(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues, c: Temperature) -> Any:
    """LS-IQ is SQIL with targets ``1/c`` on the expert's pairs and ``-1/c`` on the learner's.

    Expand the squares.
    """
    return equal(_mixture_objective(mdp, expert, pi, r, c), 1 / c - c * _errors(mdp, expert, pi, r, 1 / c) / 2)


def _mixture_objective(mdp: TabularMDP, expert: Any, pi: Any, r: Numbers, c: Numbers) -> Any:
    d, e = mdp.occupancy(pi), mdp.occupancy(expert)
    return mean_over_pairs(mdp, e - d, r) - c * mean_over_pairs(mdp, (d + e) / 2, r**2)


def _errors(mdp: TabularMDP, expert: Any, pi: Any, r: Numbers, goal: Numbers) -> Any:
    """Squared distance of r from a goal where the expert goes, and from its opposite where the learner goes."""
    goal = goal[..., None, None]
    shown = mean_over_pairs(mdp, mdp.occupancy(expert), (r - goal) ** 2)
    return shown + mean_over_pairs(mdp, mdp.occupancy(pi), (r + goal) ** 2)


@least_squares.false_variant("targets 1 and 0, as in SQIL", counterexample=_rewarded)
def least_squares_sqil(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues, c: Temperature) -> Any:
    shown = mean_over_pairs(mdp, mdp.occupancy(expert), (r - 1) ** 2)
    errors = shown + mean_over_pairs(mdp, mdp.occupancy(pi), r**2)
    return equal(_mixture_objective(mdp, expert, pi, r, c), 1 / c - c * errors / 2)


@least_squares.false_variant("targets c", counterexample=_rewarded)
def least_squares_inverse(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues, c: Temperature) -> Any:
    return equal(_mixture_objective(mdp, expert, pi, r, c), 1 / c - c * _errors(mdp, expert, pi, r, c) / 2)


def _fully_told() -> tuple[Any, ...]:
    """One state, where expert and learner take different actions, and the best reward for ``c = 2``."""
    return *one_state((1, 0), (0, 1), discount=0, q=(HALF, -HALF)), 2


@claim(
    id="lsiq-mixture-chi2.best",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\mathbb{E}_e[r] - \mathbb{E}_d[r] - c\, \mathbb{E}_m[r^2] \le \frac1c \chi^2(e \| m) \quad \forall r",
    status=FROM_MEMORY,
    tight=lambda: Tight(_fully_told(), HALF, HALF, note="chi2 = 1, c = 2"),
)
def no_reward_does_better(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues, c: Temperature) -> Any:
    """No reward is worth more than the divergence from the mixture.

    ``(e - d) r - c m r^2`` is at most ``(e - d)^2 / (4 c m)`` at each pair.
    """
    return _mixture_objective(mdp, expert, pi, r, c) <= _mixture_divergence(mdp, expert, pi) / c


@quantity
def _mixture_divergence(mdp: TabularMDP, expert: Any, pi: Any) -> Numbers:
    d, e = mdp.occupancy(pi), mdp.occupancy(expert)
    return CHI2(e, (d + e) / 2, axes=2)


@no_reward_does_better.false_variant("over 4 c, as for the expert's penalty", counterexample=_fully_told)
def no_reward_quarter(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues, c: Temperature) -> Any:
    return _mixture_objective(mdp, expert, pi, r, c) <= _mixture_divergence(mdp, expert, pi) / (4 * c)


@no_reward_does_better.false_variant("whatever the weight", counterexample=_fully_told)
def no_reward_unweighed(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues, c: Temperature) -> Any:
    return 2 * c * _mixture_objective(mdp, expert, pi, r, c) <= _mixture_divergence(mdp, expert, pi)
