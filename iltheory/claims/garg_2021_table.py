"""Garg et al. 2021: which concave utility gives which divergence.

With ``phi(x) = -f*(-x)``, ``max_r E_e phi(r) - E_d r = D_f(d || e) = sum e f(d / e)``, attained at ``r = -f'(d / e)``.
Each claim evaluates the left side at that reward. Laws d of the learner and e of the expert are any two laws.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from iltheory.claims.assumptions import SHOWN
from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Assumption, Tight, claim
from iltheory.claims.garg_2021 import EVEN, ball, garg, one_state
from iltheory.claims.garg_2021_experiments import RowKind
from iltheory.claims.kinds import ActionValues, DiscountedMDP, Distribution, Policy
from iltheory.claims.occupancy import HALF
from iltheory.measures import (
    CHI2,
    FORWARD_KL,
    JENSEN_SHANNON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    FDivergence,
    expected_utility,
    mean_over_pairs,
    occupancy_chi2,
    total_variation,
)
from iltheory.measures.inverse_soft import Utility
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

QUARTER = Fraction(1, 4)


def _possible(d: Numbers, e: Numbers) -> list[Any]:
    return [ar.amin(d, -1) > 0, ar.amin(e, -1) > 0]


POSSIBLE = Assumption("every outcome is possible under both laws", _possible)


def worth(d: Numbers, e: Numbers, r: Numbers, utility: Utility) -> Any:
    """``E_e phi(r) - E_d r``."""
    return ar.sum(e * utility(r) - d * r, -1)


def attained(divergence: FDivergence, d: Numbers, e: Numbers) -> Any:
    """What the best reward is worth."""
    return worth(d, e, divergence.reward(d, e), divergence.utility)


def coins() -> tuple[Any, Any]:
    """The learner's coin and the expert's: ``t = d / e`` is 3/2 and 1/2."""
    return ar.asarray([3 * QUARTER, QUARTER]), ar.asarray([HALF, HALF])


def uneven_coins() -> tuple[Any, Any]:
    """The same coins changed round: chi-squared is not symmetric."""
    return ar.asarray([HALF, HALF]), ar.asarray([3 * QUARTER, QUARTER])


def _tight(side: Any, note: str) -> Tight:
    return Tight(coins(), side, side, note=note)


def _log(x: Any) -> Any:
    return ar.log(ball(x))


@claim(
    id="iq-phi-table",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[\phi(r)] - \mathbb{E}_d[r] \le \chi^2(d \| e), \quad \phi(x) = x - x^2/4, \; d = "
    r"\rho_\pi, \, e = \rho_E \quad \forall r",
    status=AS_PUBLISHED,
    assumptions=[SHOWN],
    tight=lambda: Tight(
        one_state(EVEN, (3 * QUARTER, QUARTER), discount=0, q=(-1, 1)), QUARTER, QUARTER, note="r = 2 (1 - t)"
    ),
)
def no_reward_does_better(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues) -> Any:
    """No reward is worth more than the divergence.

    ``e phi(r) - d r = -e f*(-r) - d r <= e f(d / e)``: Fenchel's inequality, entry by entry.
    """
    return _paid(mdp, expert, pi, r) <= occupancy_chi2(mdp, pi, expert)


def _paid(mdp: TabularMDP, expert: Any, pi: Any, r: Numbers) -> Any:
    gained = expected_utility(mdp, mdp.occupancy(expert), r, CHI2.utility)
    return gained - mean_over_pairs(mdp, mdp.occupancy(pi), r)


def _tilted() -> tuple[Any, ...]:
    """``t = 1/10`` and 19/10: the two directions of chi-squared differ."""
    low = Fraction(1, 20)
    return one_state((low, 1 - low), EVEN, discount=0, q=(2 - 20, 2 - Fraction(20, 19)))


@no_reward_does_better.false_variant("the divergence the wrong way round", counterexample=_tilted)
def no_reward_swapped(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues) -> Any:
    return _paid(mdp, expert, pi, r) <= occupancy_chi2(mdp, expert, pi)


@no_reward_does_better.false_variant("half of it", counterexample=_tilted)
def no_reward_half(mdp: DiscountedMDP, expert: Policy, pi: Policy, r: ActionValues) -> Any:
    return _paid(mdp, expert, pi, r) <= occupancy_chi2(mdp, pi, expert) / 2


SMOOTH = (FORWARD_KL, REVERSE_KL, SQUARED_HELLINGER, CHI2, JENSEN_SHANNON)
Row = Annotated[int, RowKind(len(SMOOTH))]
"""A row of the table with a smooth f, in its order."""


def _all_possible(d: Numbers, e: Numbers, other: Numbers, third: Numbers) -> list[Any]:
    return _possible(d, e) + _possible(other, third)


def _best_of_chi2() -> tuple[Any, ...]:
    """The coins changed round, and the best reward in the row of chi-squared."""
    return *uneven_coins(), *uneven_coins(), 4


@claim(
    id="iq-phi-table.best",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[\phi(r)] - \mathbb{E}_d[r] \le D_f(d \| e), \quad r = -f'(d'/e') \quad \forall d', e'",
    status=AS_PUBLISHED,
    assumptions=[Assumption("every outcome is possible under all laws", _all_possible)],
    tight=lambda: Tight(_best_of_chi2(), Fraction(1, 3), Fraction(1, 3), note="d' = d and e' = e"),
)
def no_reward_does_better_in_any_row(
    d: Distribution, e: Distribution, other: Distribution, third: Distribution, row: Row
) -> Any:
    """No reward is worth more than the divergence, in any row: the rewards of all other laws are worth less.

    Fenchel's inequality. ``d' / e'`` may be any positive numbers but for a factor, so r runs over the rewards that
    some law makes best. (``other`` and ``third`` are d' and e'.)
    """
    divergence = SMOOTH[row - 1]
    return worth(d, e, divergence.reward(other, third), divergence.utility) <= divergence(d, e, axes=1)


@no_reward_does_better_in_any_row.false_variant("the divergence the wrong way round", counterexample=_best_of_chi2)
def no_reward_swapped_in_any_row(
    d: Distribution, e: Distribution, other: Distribution, third: Distribution, row: Row
) -> Any:
    divergence = SMOOTH[row - 1]
    return worth(d, e, divergence.reward(other, third), divergence.utility) <= divergence(e, d, axes=1)


@no_reward_does_better_in_any_row.false_variant("half of it", counterexample=_best_of_chi2)
def no_reward_half_in_any_row(
    d: Distribution, e: Distribution, other: Distribution, third: Distribution, row: Row
) -> Any:
    divergence = SMOOTH[row - 1]
    return worth(d, e, divergence.reward(other, third), divergence.utility) <= divergence(d, e, axes=1) / 2


# The rows.


@claim(
    id="iq-phi-table.forward-kl",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[1 + \log r] - \mathbb{E}_d[r] = \mathrm{KL}(e \| d), \quad r = e/d",
    status=AS_PUBLISHED,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(_log(Fraction(4, 3)) / 2, "log(4/3) / 2"),
)
def forward_kl(d: Distribution, e: Distribution) -> Any:
    """``f(t) = -log t``.

    ``E_d[e/d] = 1`` cancels the 1.
    """
    return equal(attained(FORWARD_KL, d, e), FORWARD_KL(d, e, axes=1))


@forward_kl.false_variant("the wrong way round", counterexample=coins)
def forward_kl_swapped(d: Distribution, e: Distribution) -> Any:
    return equal(attained(FORWARD_KL, d, e), FORWARD_KL(e, d, axes=1))


@forward_kl.false_variant("without the 1", counterexample=coins)
def forward_kl_without_one(d: Distribution, e: Distribution) -> Any:
    return equal(worth(d, e, FORWARD_KL.reward(d, e), ar.log), FORWARD_KL(d, e, axes=1))


@claim(
    id="iq-phi-table.reverse-kl",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[-e^{-(r+1)}] - \mathbb{E}_d[r] = \mathrm{KL}(d \| e), \quad r = -1 - \log(d/e)",
    status=AS_PUBLISHED,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(3 * _log(Fraction(3, 2)) / 4 - _log(2) / 4, "3/4 log(3/2) - 1/4 log 2"),
)
def reverse_kl(d: Distribution, e: Distribution) -> Any:
    """``f(t) = t log t``.

    ``e phi(r) = -d``, and ``-E_d[r] = 1 + KL(d || e)``.
    """
    return equal(attained(REVERSE_KL, d, e), REVERSE_KL(d, e, axes=1))


@reverse_kl.false_variant("the wrong way round", counterexample=coins)
def reverse_kl_swapped(d: Distribution, e: Distribution) -> Any:
    return equal(attained(REVERSE_KL, d, e), REVERSE_KL(e, d, axes=1))


@reverse_kl.false_variant("reward 0 at the expert", counterexample=coins)
def reverse_kl_unshifted(d: Distribution, e: Distribution) -> Any:
    return equal(worth(d, e, REVERSE_KL.reward(d, e) + 1, REVERSE_KL.utility), REVERSE_KL(d, e, axes=1))


@claim(
    id="iq-phi-table.reverse-kl-centred",
    source=garg("official code, kl_fix"),
    statement=r"\mathbb{E}_e[1 - e^{-r}] - \mathbb{E}_d[r] = \mathrm{KL}(d \| e), \quad r = -\log(d/e)",
    status=DERIVED_HERE,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(3 * _log(Fraction(3, 2)) / 4 - _log(2) / 4, "3/4 log(3/2) - 1/4 log 2"),
)
def reverse_kl_centred(d: Distribution, e: Distribution) -> Any:
    """``f(t) = t log t - t + 1``: the same divergence of laws, with reward 0 where the learner is like the expert.

    Adding ``c (t - 1)`` to f moves every reward by -c: a bonus for surviving, or for ending, where episodes vary in
    length.
    """
    return equal(attained(REVERSE_KL.centred(), d, e), REVERSE_KL(d, e, axes=1))


@reverse_kl_centred.false_variant("with the reward of f(t) = t log t", counterexample=coins)
def reverse_kl_mixed(d: Distribution, e: Distribution) -> Any:
    return equal(worth(d, e, REVERSE_KL.reward(d, e), REVERSE_KL.centred().utility), REVERSE_KL(d, e, axes=1))


@reverse_kl_centred.false_variant("the wrong way round", counterexample=coins)
def reverse_kl_centred_swapped(d: Distribution, e: Distribution) -> Any:
    return equal(attained(REVERSE_KL.centred(), d, e), REVERSE_KL(e, d, axes=1))


@claim(
    id="iq-phi-table.squared-hellinger",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e \left[ \frac{r}{1+r} \right] - \mathbb{E}_d[r] = \sum (\sqrt{d} - \sqrt{e})^2, \quad "
    r"r = \sqrt{e/d} - 1",
    status=AS_PUBLISHED,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(2 - ar.sqrt(ball(HALF)) * (ar.sqrt(ball(3)) + 1), "2 - 2 sum sqrt(d e)"),
)
def squared_hellinger(d: Distribution, e: Distribution) -> Any:
    """``f(t) = (sqrt t - 1)^2``.

    ``e r / (1 + r) = e - sqrt(e d)`` and ``d r = sqrt(e d) - d``.
    """
    return equal(attained(SQUARED_HELLINGER, d, e), SQUARED_HELLINGER(d, e, axes=1))


@squared_hellinger.false_variant("with the factor one half", counterexample=coins)
def squared_hellinger_half(d: Distribution, e: Distribution) -> Any:
    return equal(attained(SQUARED_HELLINGER, d, e), SQUARED_HELLINGER(d, e, axes=1) / 2)


@squared_hellinger.false_variant("reward 1 at the expert", counterexample=coins)
def squared_hellinger_shifted(d: Distribution, e: Distribution) -> Any:
    r = SQUARED_HELLINGER.reward(d, e) + 1
    return equal(worth(d, e, r, SQUARED_HELLINGER.utility), SQUARED_HELLINGER(d, e, axes=1))


@claim(
    id="iq-phi-table.chi2",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[r - r^2/4] - \mathbb{E}_d[r] = \chi^2(d \| e), \quad r = 2 (1 - d/e)",
    status=AS_PUBLISHED,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(QUARTER, "both coins are off by 1/2 of e"),
)
def chi2(d: Distribution, e: Distribution) -> Any:
    """``f(t) = (t - 1)^2``.

    ``(e - d) r - e r^2 / 4 = (e - d)^2 / e`` at this r.
    """
    return equal(attained(CHI2, d, e), CHI2(d, e, axes=1))


@chi2.false_variant("the wrong way round", counterexample=uneven_coins)
def chi2_swapped(d: Distribution, e: Distribution) -> Any:
    return equal(attained(CHI2, d, e), CHI2(e, d, axes=1))


@chi2.false_variant("half of it", counterexample=coins)
def chi2_half(d: Distribution, e: Distribution) -> Any:
    return equal(attained(CHI2, d, e), CHI2(d, e, axes=1) / 2)


@claim(
    id="iq-phi-table.jensen-shannon",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[\log(2 - e^{-r})] - \mathbb{E}_d[r] = 2\, \mathrm{JSD}(d, e), \quad r = -\log "
    r"\frac{2d}{d+e}",
    status=AS_PUBLISHED,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(
        3 * _log(Fraction(6, 5)) / 4 + _log(Fraction(2, 3)) / 4 + _log(Fraction(16, 15)) / 2, "by hand"
    ),
)
def jensen_shannon(d: Distribution, e: Distribution) -> Any:
    """``f(t) = t log t - (t + 1) log((t + 1) / 2)``.

    ``2 - exp(-r) = 2 e / (d + e)``: the two terms are the two relative entropies to the mean law.
    """
    return equal(attained(JENSEN_SHANNON, d, e), JENSEN_SHANNON(d, e, axes=1))


@jensen_shannon.false_variant("the Jensen-Shannon divergence itself", counterexample=coins)
def jensen_shannon_once(d: Distribution, e: Distribution) -> Any:
    return equal(attained(JENSEN_SHANNON, d, e), JENSEN_SHANNON(d, e, axes=1) / 2)


@jensen_shannon.false_variant("without the 2 in the reward", counterexample=coins)
def jensen_shannon_reward(d: Distribution, e: Distribution) -> Any:
    return equal(worth(d, e, ar.log((d + e) / d), JENSEN_SHANNON.utility), JENSEN_SHANNON(d, e, axes=1))


@claim(
    id="iq-phi-table.total-variation",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[r] - \mathbb{E}_d[r] = \mathrm{TV}(d, e), \quad r = \tfrac12 \mathrm{sign}(e - d)",
    status=AS_PUBLISHED,
    tight=lambda: _tight(QUARTER, "half of 1/4 + 1/4"),
)
def tv(d: Distribution, e: Distribution) -> Any:
    """``f(t) = |t - 1| / 2``, with ``phi(x) = x`` for ``|x| <= 1/2``.

    ``(e - d) sign(e - d) / 2 = |e - d| / 2``.
    """
    return equal(attained(TOTAL_VARIATION, d, e), TOTAL_VARIATION(d, e, axes=1))


@tv.false_variant("for rewards up to 1", counterexample=coins)
def tv_one(d: Distribution, e: Distribution) -> Any:
    return equal(worth(d, e, 2 * TOTAL_VARIATION.reward(d, e), TOTAL_VARIATION.utility), total_variation(d, e))


@tv.false_variant("the wrong sign", counterexample=coins)
def tv_sign(d: Distribution, e: Distribution) -> Any:
    return equal(worth(d, e, -TOTAL_VARIATION.reward(d, e), TOTAL_VARIATION.utility), total_variation(d, e))


@claim(
    id="iq-phi-table.stationary",
    source=garg("Section 3, divergences (official code)"),
    statement=r"\sum | e\, \phi'(r^*) - d | = 0, \quad r^* = -f'(d/e), \quad \phi(x) = \log(2 - e^{-x})",
    status=DERIVED_HERE,
    assumptions=[POSSIBLE],
    tight=lambda: _tight(0, "an equality"),
)
def stationary(d: Distribution, e: Distribution) -> Any:
    """The gradient the code takes, ``e phi'(r) - d``, vanishes at the best reward.

    ``phi'(r) = t`` at ``r = -f'(t)``: here ``1 / (2 exp(r) - 1) = d / e``.
    """
    slope = JENSEN_SHANNON.slope(JENSEN_SHANNON.reward(d, e))
    return equal(ar.sum(ar.absolute(e * slope - d), -1), 0)


@stationary.false_variant("at the learner's weight", counterexample=coins)
def stationary_learner(d: Distribution, e: Distribution) -> Any:
    slope = JENSEN_SHANNON.slope(JENSEN_SHANNON.reward(d, e))
    return equal(ar.sum(ar.absolute(d * slope - e), -1), 0)


@stationary.false_variant("beyond the domain", counterexample=coins)
def stationary_outside(d: Distribution, e: Distribution) -> Any:
    slope = JENSEN_SHANNON.slope(-1 - JENSEN_SHANNON.reward(d, e))
    return equal(ar.sum(ar.absolute(e * slope - d), -1), 0)
