"""Garg et al. 2021: bounded and Lipschitz rewards, whose divergences are total variation and Wasserstein's distance.

Laws d of the learner and e of the expert are any two laws; here ``phi(x) = x``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, Tight, claim
from iltheory.claims.garg_2021 import garg
from iltheory.claims.garg_2021_table import coins
from iltheory.claims.kinds import Distribution, Temperature
from iltheory.measures import TOTAL_VARIATION, total_variation
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def _told(d: Numbers, e: Numbers, r: Numbers) -> Any:
    """``E_e r - E_d r``."""
    return ar.sum((e - d) * r, -1)


@claim(
    id="iq-phi-table.bounded",
    source=garg("Section 3, divergences"),
    statement=r"\max_{|r| \le R} \mathbb{E}_e[r] - \mathbb{E}_d[r] = 2 R\, \mathrm{TV}(d, e)",
    status=AS_PUBLISHED,
    tight=lambda: Tight((*coins(), 3), Fraction(3, 2), Fraction(3, 2), note="2 R / 4"),
)
def bounded(d: Distribution, e: Distribution, bound: Temperature) -> Any:
    """Rewards in [-R, R] measure total variation.

    The best one is ``R sign(e - d)``: an outcome adds at most ``R |e - d|``.
    """
    return equal(_signed(d, e, bound), 2 * bound * total_variation(d, e))


def _signed(d: Numbers, e: Numbers, bound: Numbers) -> Any:
    """What the reward ``R sign(e - d)`` tells."""
    return _told(d, e, 2 * bound[..., None] * TOTAL_VARIATION.reward(d, e))


@bounded.false_variant("without the 2", counterexample=lambda: (*coins(), 3))
def bounded_once(d: Distribution, e: Distribution, bound: Temperature) -> Any:
    return equal(_signed(d, e, bound), bound * total_variation(d, e))


@bounded.false_variant("whatever the bound", counterexample=lambda: (*coins(), 3))
def bounded_anyhow(d: Distribution, e: Distribution, bound: Temperature) -> Any:
    return equal(_signed(d, e, bound), 2 * total_variation(d, e))


def _any_way() -> tuple[Any, ...]:
    """The coins, R = 3 and the best reward: 3 and -3."""
    return *coins(), ar.asarray([0, 1]), ar.asarray([1, 0]), 3


@claim(
    id="iq-phi-table.bounded-best",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[r] - \mathbb{E}_d[r] \le 2 R\, \mathrm{TV}(d, e) \quad \forall |r| \le R",
    status=AS_PUBLISHED,
    tight=lambda: Tight(_any_way(), Fraction(3, 2), Fraction(3, 2), note="r = R sign(e - d)"),
)
def no_bounded_reward_does_better(
    d: Distribution, e: Distribution, plus: Distribution, minus: Distribution, bound: Temperature
) -> Any:
    """No reward in [-R, R] tells more.

    An outcome adds at most ``R |e - d|``. (r is ``R (plus - minus)``.)
    """
    return _told(d, e, bound[..., None] * (plus - minus)) <= 2 * bound * total_variation(d, e)


@no_bounded_reward_does_better.false_variant("without the 2", counterexample=_any_way)
def no_bounded_reward_once(
    d: Distribution, e: Distribution, plus: Distribution, minus: Distribution, bound: Temperature
) -> Any:
    return _told(d, e, bound[..., None] * (plus - minus)) <= bound * total_variation(d, e)


@no_bounded_reward_does_better.false_variant("whatever the bound", counterexample=_any_way)
def no_bounded_reward_anyhow(
    d: Distribution, e: Distribution, plus: Distribution, minus: Distribution, bound: Temperature
) -> Any:
    return _told(d, e, bound[..., None] * (plus - minus)) <= 2 * total_variation(d, e)


def _running(x: Numbers) -> Numbers:
    """Partial sums ``[..., n]``, the last 0 for differences of laws."""
    return ar.stack([ar.sum(x[..., : i + 1], -1) for i in range(x.shape[-1])], axis=-1)


def _climbing(rises: Numbers) -> Numbers:
    """The reward with these rises from each outcome to the next, 0 at the first; the last rise leads nowhere."""
    return ar.stack([ar.sum(rises[..., :i], -1) for i in range(rises.shape[-1])], axis=-1)


def _opposite() -> tuple[Any, ...]:
    return ar.asarray([1, 0, 0]), ar.asarray([0, 0, 1]), 3


@claim(
    id="iq-phi-table.wasserstein",
    source=garg("Section 3, divergences"),
    statement=r"\max_{|r_{i+1} - r_i| \le K} \mathbb{E}_e[r] - \mathbb{E}_d[r] = K \sum_i |F_d(i) - F_e(i)| "
    r"= K\, W_1(d, e)",
    status=AS_PUBLISHED,
    tight=lambda: Tight(_opposite(), 6, 6, note="all mass moves two places, K = 3"),
)
def wasserstein(d: Distribution, e: Distribution, slope: Temperature) -> Any:
    """K-Lipschitz rewards measure K times the Wasserstein distance; here for outcomes in a row.

    Summation by parts: ``E_e r - E_d r = sum_i (r_{i+1} - r_i) (F_d(i) - F_e(i))``, largest for slopes ``K sign(F_d -
    F_e)``; the left side is taken at that potential.
    """
    ahead = _running(d - e)
    rises = slope[..., None] * ar.where(ar.midpoint(ahead) >= 0, 1 + 0 * ahead, -1 + 0 * ahead)
    return equal(_told(d, e, _climbing(rises)), slope * ar.sum(ar.absolute(ahead), -1))


@wasserstein.false_variant("total variation", counterexample=_opposite)
def wasserstein_tv(d: Distribution, e: Distribution, slope: Temperature) -> Any:
    return equal(slope * ar.sum(ar.absolute(_running(d - e)), -1), slope * total_variation(d, e))


@wasserstein.false_variant("whatever the slope", counterexample=_opposite)
def wasserstein_anyhow(d: Distribution, e: Distribution, slope: Temperature) -> Any:
    distance = ar.sum(ar.absolute(_running(d - e)), -1)
    return equal(slope * distance, distance)


def _uphill() -> tuple[Any, ...]:
    """All mass moves one place, and the reward rises by K = 3 there."""
    first, last = ar.asarray([1, 0]), ar.asarray([0, 1])
    return first, last, first, last, 3


@claim(
    id="iq-phi-table.wasserstein-best",
    source=garg("Section 3, divergences"),
    statement=r"\mathbb{E}_e[r] - \mathbb{E}_d[r] \le K\, W_1(d, e) \quad \forall r: |r_{i+1} - r_i| \le K",
    status=AS_PUBLISHED,
    tight=lambda: Tight(_uphill(), 3, 3, note="all mass moves one place, K = 3"),
)
def no_lipschitz_reward_does_better(
    d: Distribution, e: Distribution, plus: Distribution, minus: Distribution, slope: Temperature
) -> Any:
    """No K-Lipschitz reward tells more, for outcomes in a row.

    Summation by parts, and ``|r_{i+1} - r_i| <= K``. (The rises are ``K (plus - minus)``.)
    """
    r = _climbing(slope[..., None] * (plus - minus))
    return _told(d, e, r) <= slope * ar.sum(ar.absolute(_running(d - e)), -1)


@no_lipschitz_reward_does_better.false_variant("half the distance", counterexample=_uphill)
def no_lipschitz_reward_half(
    d: Distribution, e: Distribution, plus: Distribution, minus: Distribution, slope: Temperature
) -> Any:
    r = _climbing(slope[..., None] * (plus - minus))
    return _told(d, e, r) <= slope * ar.sum(ar.absolute(_running(d - e)), -1) / 2


@no_lipschitz_reward_does_better.false_variant("whatever the slope", counterexample=_uphill)
def no_lipschitz_reward_anyhow(
    d: Distribution, e: Distribution, plus: Distribution, minus: Distribution, slope: Temperature
) -> Any:
    r = _climbing(slope[..., None] * (plus - minus))
    return _told(d, e, r) <= ar.sum(ar.absolute(_running(d - e)), -1)
