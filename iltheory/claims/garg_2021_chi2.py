"""Garg et al. 2021, table 2 and section 5.3: chi-squared, with both meanings of alpha.

Laws d of the learner and e of the expert are any two laws; ``t = d / e``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Assumption, Tight, claim
from iltheory.claims.garg_2021 import garg
from iltheory.claims.garg_2021_table import QUARTER, coins, uneven_coins
from iltheory.claims.kinds import Distribution, Temperature
from iltheory.claims.occupancy import HALF
from iltheory.measures import CHI2
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def _expert_possible(e: Numbers) -> Any:
    return ar.amin(e, -1) > 0


EXPERT_POSSIBLE = Assumption("every outcome is possible under the expert's law", _expert_possible)


def _penalised(d: Numbers, e: Numbers, r: Numbers, alpha: Numbers) -> Any:
    """``E_e r - E_d r - alpha E_e r^2``."""
    return ar.sum((e - d) * r - alpha[..., None] * e * r**2, -1)


@claim(
    id="iq-chi2",
    source=garg("Table 2"),
    statement=r"\max_r \mathbb{E}_e[r] - \mathbb{E}_d[r] - \alpha \mathbb{E}_e[r^2] = \frac{1}{4\alpha} \chi^2(d "
    r"\| e), \quad r^* = \frac{1 - d/e}{2\alpha}",
    status=AS_PUBLISHED,
    assumptions=[EXPERT_POSSIBLE],
    tight=lambda: Tight((*coins(), HALF), Fraction(1, 8), Fraction(1, 8), note="chi2 = 1/4, alpha = 1/2"),
)
def chi2_penalty(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    """A quadratic penalty with weight alpha gives the chi-squared divergence with weight ``1 / (4 alpha)``.

    Complete the square at each outcome.
    """
    weight = 2 * alpha[..., None]
    return equal(_penalised(d, e, (1 - d / e) / weight, alpha), CHI2(d, e, axes=1) / (4 * alpha))


@chi2_penalty.false_variant("alpha times the divergence, as in the code", counterexample=lambda: (*coins(), 1))
def chi2_penalty_code(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    weight = 2 * alpha[..., None]
    return equal(_penalised(d, e, (1 - d / e) / weight, alpha), CHI2(d, e, axes=1) * alpha)


@chi2_penalty.false_variant("the wrong way round", counterexample=lambda: (*uneven_coins(), 1))
def chi2_penalty_swapped(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    weight = 2 * alpha[..., None]
    return equal(_penalised(d, e, (1 - d / e) / weight, alpha), CHI2(e, d, axes=1) / (4 * alpha))


@claim(
    id="iq-chi2.code",
    source=garg("Section 5.3 (official code)"),
    statement=r"\max_r \mathbb{E}_e[\phi(r)] - \mathbb{E}_d[r] = \alpha \chi^2(d \| e), \quad \phi(x) = x - "
    r"\frac{x^2}{4\alpha}, \; r^* = 2 \alpha (1 - d/e)",
    status=AS_PUBLISHED,
    assumptions=[EXPERT_POSSIBLE],
    tight=lambda: Tight((*coins(), 3), 3 * QUARTER, 3 * QUARTER, note="chi2 = 1/4, alpha = 3"),
)
def chi2_code(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    """The code's alpha is the reciprocal of four times the table's: it multiplies the divergence.

    The same with ``1 / (4 alpha)`` for alpha.
    """
    r = 2 * alpha[..., None] * (1 - d / e)
    return equal(_penalised(d, e, r, 1 / (4 * alpha)), alpha * CHI2(d, e, axes=1))


@chi2_code.false_variant("a quarter of its inverse, as in the table", counterexample=lambda: (*coins(), 3))
def chi2_code_table(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    r = 2 * alpha[..., None] * (1 - d / e)
    return equal(_penalised(d, e, r, 1 / (4 * alpha)), CHI2(d, e, axes=1) / (4 * alpha))


@chi2_code.false_variant("with the reward of the table", counterexample=lambda: (*coins(), 3))
def chi2_code_reward(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    r = (1 - d / e) / (2 * alpha[..., None])
    return equal(_penalised(d, e, r, 1 / (4 * alpha)), alpha * CHI2(d, e, axes=1))


def _blow_up() -> tuple[Any, ...]:
    """An expert that hardly ever does what the learner does every second time."""
    rare = Fraction(1, 10**6)
    return ar.asarray([HALF, HALF]), ar.asarray([rare, 1 - rare]), 1


@claim(
    id="iq-chi2.unbounded",
    source=garg("Table 2"),
    statement=r"\max |r^*|^2 \ge \frac{\chi^2(d \| e)}{4\alpha^2}, \quad r^* = \frac{1 - d/e}{2\alpha}",
    status=DERIVED_HERE,
    assumptions=[EXPERT_POSSIBLE],
    tight=lambda: Tight((*coins(), 1), Fraction(1, 16), Fraction(1, 16), note="both coins are off by the same ratio"),
)
def chi2_rewards_blow_up(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    """The best reward is as large as the divergence, which nothing bounds.

    ``chi2 = 4 alpha^2 E_e[r*^2]``, and a mean is at most the largest term.
    """
    return _largest_square(d, e, alpha) >= CHI2(d, e, axes=1) / (4 * alpha**2)


def _largest_square(d: Numbers, e: Numbers, alpha: Numbers) -> Any:
    return ar.amax(((1 - d / e) / (2 * alpha[..., None])) ** 2, -1)


@chi2_rewards_blow_up.false_variant("never beyond 1 / alpha", counterexample=_blow_up)
def chi2_rewards_bounded(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    return _largest_square(d, e, alpha) <= 1 / alpha**2


@chi2_rewards_blow_up.false_variant("as large as the divergence", counterexample=lambda: (*coins(), 1))
def chi2_rewards_larger(d: Distribution, e: Distribution, alpha: Temperature) -> Any:
    return _largest_square(d, e, alpha) >= CHI2(d, e, axes=1)
