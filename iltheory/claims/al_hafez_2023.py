"""Al-Hafez, Tateo, Arenz, Zhao and Peters 2023, LS-IQ: implicit rewards that stay bounded.

The regulariser of the rewards is an expectation under the mixture ``m = (d + e) / 2`` of the learner's law d and the
expert's e, instead of under e alone.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Paper, Tight, claim
from iltheory.claims.garg_2021 import one_state
from iltheory.claims.garg_2021_table import QUARTER, coins
from iltheory.claims.kinds import ActionValues, DiscountedMDP, Distribution, Policy, Temperature, UnitInterval
from iltheory.claims.occupancy import HALF
from iltheory.claims.values import lingering
from iltheory.measures import (
    CHI2,
    kl_divergence,
    mean_over_pairs,
    quantity,
    total_variation,
    value,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


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
    id="lsiq-mixture-chi2.rewards",
    source=ls_iq("Proposition on the mixture regulariser"),
    statement=r"\max |r^*| \le \frac1c, \quad r^* = \frac1c \frac{e - d}{e + d}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_disjoint(), HALF, HALF, note="disjoint supports, c = 2"),
)
def mixture_rewards(d: Distribution, e: Distribution, c: Temperature) -> Any:
    """The best rewards stay within ``1 / c`` however rarely the expert acts: contrast iq-chi2.unbounded.

    ``|e - d| <= e + d``. So without entropy ``|Q*| <= 1 / (c (1 - gamma))``.
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


# Absorbing states.


def _ends(discount: Numbers) -> Any:
    return discount < 1


PROPER = Assumption("a discount below 1", _ends)


def episodes(discount: Numbers, *, after: int) -> TabularMDP:
    """State 0 earns 1 until the action stop leads to the absorbing state 1, which earns ``after`` for ever."""
    moves = [[[0, 1], [1, 0]], [[0, 1], [0, 1]]]
    return TabularMDP(moves, [[1, 1], [after, after]], [1, 0], discount=discount, batch_axes=discount.ndim)


def stopping(stop: Numbers) -> Numbers:
    """The policy that stops with this probability at each step."""
    row = ar.stack([stop, 1 - stop], axis=-1)
    return ar.stack([row, row], axis=-2)


def _stop() -> tuple[Any, ...]:
    return HALF, HALF


@claim(
    id="lsiq-absorbing",
    source=ls_iq("Section on absorbing states"),
    statement=r"J(\pi_p) = \frac{1}{1-\gamma} \quad \text{if the absorbing state earns what every state earns}",
    status=FROM_MEMORY,
    assumptions=[PROPER],
    tight=lambda: Tight(_stop(), 2, 2, note="1 / (1 - gamma)"),
)
def absorbing(stop: UnitInterval, discount: UnitInterval) -> Any:
    """With the value ``r_A / (1 - gamma)`` of the absorbing state, a constant reward prefers no policy.

    Every step earns 1, before and after the end.
    """
    shorter = _proper(discount)
    return equal(_return(stop, discount, after=1), 1 / (1 - shorter))


def _proper(discount: Numbers) -> Numbers:
    """The discount, or 0 where it is 1 and the claim does not apply."""
    return ar.where(ar.upper(discount) < 1, discount, 0)


def _return(stop: Numbers, discount: Numbers, *, after: int) -> Any:
    return value(episodes(_proper(discount), after=after), stopping(stop))


@absorbing.false_variant("with the value 0, as by masking", counterexample=_stop)
def absorbing_masked(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount)))


@absorbing.false_variant("the undiscounted length", counterexample=_stop)
def absorbing_length(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=1), 1 / (1 - _proper(discount)) ** 2)


@claim(
    id="lsiq-absorbing.masked",
    source=ls_iq("Section on absorbing states"),
    statement=r"J_{\mathrm{masked}}(\pi_p) = \frac{1}{1 - \gamma (1-p)} = \mathbb{E} \left[ \frac{1-\gamma^L}{1-\gamma}"
    r" \right], \quad L \sim \mathrm{Geom}(p)",
    status=FROM_MEMORY,
    assumptions=[PROPER],
    tight=lambda: Tight(_stop(), Fraction(4, 3), Fraction(4, 3), note="1 / (1 - 1/4)"),
)
def masked(stop: UnitInterval, discount: UnitInterval) -> Any:
    """Masking values at the end makes a constant reward a bonus for surviving: of length L, ``(1-g^L)/(1-g)``.

    ``V = 1 + gamma (1 - p) V``. A negative constant rewards ending.
    """
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount) * (1 - stop)))


@masked.false_variant("every policy alike", counterexample=_stop)
def masked_alike(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount)))


@masked.false_variant("the chance to stop for the chance to go on", counterexample=lambda: (QUARTER, HALF))
def masked_swapped(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount) * stop))


@claim(
    id="lsiq-absorbing.survival",
    source=ls_iq("Section on absorbing states"),
    statement=r"p \le q \Rightarrow J_{\mathrm{masked}}(\pi_p) \ge J_{\mathrm{masked}}(\pi_q)",
    status=DERIVED_HERE,
    assumptions=[PROPER],
    tight=lambda: Tight((0, 1, HALF), 2, 1, note="never stop, or stop at once"),
)
def survival(stop: UnitInterval, other: UnitInterval, discount: UnitInterval) -> Any:
    """A masked positive reward prefers the policy that stops less.

    ``1 / (1 - gamma (1 - p))`` decreases in p. A check for learners: from an expert that shows nothing, none may
    prefer a length.
    """
    less, more = ar.minimum(stop, other), ar.maximum(stop, other)
    return _return(less, discount, after=0) >= _return(more, discount, after=0)


@survival.false_variant("the one that stops more", counterexample=lambda: (0, 1, HALF))
def survival_of_the_short(stop: UnitInterval, other: UnitInterval, discount: UnitInterval) -> Any:
    less, more = ar.minimum(stop, other), ar.maximum(stop, other)
    return _return(less, discount, after=0) <= _return(more, discount, after=0)


@survival.false_variant("neither", counterexample=lambda: (0, 1, HALF))
def survival_of_neither(stop: UnitInterval, other: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), _return(other, discount, after=0))
