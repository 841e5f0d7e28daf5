"""Confidence sequences: intervals for a mean that stay valid however long one keeps sampling.

Outcomes ``x_1, x_2, ...`` lie in [0, 1], and given the past each has the same mean (independent draws of one
law do). Every function returns the intersection of the intervals after 1, ..., n outcomes; it misses the mean
with probability at most ``delta`` for all n together, so sampling may stop whenever a question is decided.
Ends are rounded outward; what is assumed is that the generator's numbers are as good as random ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.errors import InvalidArgument

Floats = NDArray[np.float64]

UNIT = 2.0**-52
STAKE = 0.5
"""Largest share of the capital that is staked on one outcome."""
TUNED_FOR = 1024
"""Number of outcomes at which Hoeffding's mixture is narrowest; it is valid at every number."""
HALVINGS = 26


class Bounds(NamedTuple):
    """Ends of confidence intervals, float64 of one shape, in [0, 1]."""

    lower: Floats
    upper: Floats


def hoeffding_sequence(outcomes: Any, delta: Any) -> Bounds:
    """Confidence sequence from the range alone: the normal mixture of Hoeffding's supermartingales.

    Parameters
    ----------
    outcomes : floats ``[..., n]`` in [0, 1], in the order in which they were drawn
    delta : number in (0, 1), probability of ever missing the mean

    Returns
    -------
    Bounds ``[...]``

    Notes
    -----
    By Hoeffding's lemma ``exp(s S_t - s^2 t / 8)``, ``S_t = sum_{i <= t} (x_i - mean)``, is a supermartingale
    for every s; mixed over ``s ~ N(0, 1/rho)`` it is ``sqrt(rho / (rho + t/4)) exp(S_t^2 / (2 (rho + t/4)))``,
    and by Ville's inequality it ever reaches ``1/delta`` with probability at most delta [derived].
    """
    x, log_two = _read(outcomes, delta)
    t, sums = _times(x), np.cumsum(x, axis=-1)
    log_one = 2 * (log_two - np.log(2))  # 2 log(1/delta)
    rho = TUNED_FOR / 4 / (log_one + np.log1p(log_one))
    spread = t / 4 + rho
    radius = np.sqrt(spread * (log_one + np.log(spread / rho))) / t
    return _intersection(sums / t, radius, t)


def empirical_bernstein_sequence(outcomes: Any, delta: Any) -> Bounds:
    """Confidence sequence that narrows with the variance: predictable plug-in empirical Bernstein.

    Parameters and result as for :func:`hoeffding_sequence`.

    Notes
    -----
    Waudby-Smith and Ramdas 2024, theorem 2 (catalogue: cs-prpl-eb [text]). Any weights ``lambda_t`` in [0, 1/2]
    and guesses of the mean that depend on the past alone give a valid sequence, so rounding them harms nothing.
    """
    x, log_two = _read(outcomes, delta)
    guess, weight = _plug_in(x, log_two)
    weight = np.minimum(weight, STAKE)
    total = np.cumsum(weight, axis=-1)
    cost = (x - guess) ** 2 * (-np.log1p(-weight) - weight)
    radius = (log_two + np.cumsum(cost, axis=-1)) / total
    return _intersection(np.cumsum(weight * x, axis=-1) / total, radius, _times(x))


def betting_sequence(outcomes: Any, delta: Any, *, tuned_for: Any = None, running: bool = True) -> Bounds:
    """Confidence sequence from bets against each value of the mean: the hedged capital. The narrowest of the three.

    Parameters
    ----------
    outcomes, delta : as for :func:`hoeffding_sequence`
    tuned_for : the delta that stakes are chosen for, by default ``delta``. For one choice of stakes the intervals at
        all deltas come from the same capital: ``1 / delta`` at the least delta that excludes a value is what the bets
        against it have earned
    running : whether to intersect the intervals after 1, ..., n outcomes; if not, the last one counts alone, and then
        what is earned is an e-value: its expectation is at most 1, whenever sampling stops

    Returns
    -------
    Bounds ``[...]``

    Notes
    -----
    Waudby-Smith and Ramdas 2024, theorem 3 (catalogue: cs-betting [text]). Who starts with 1 and stakes
    ``lambda_t(m) (x_t - m)`` on each outcome has a non-negative martingale as capital if the mean is m, which
    ever reaches ``2/delta`` with probability at most ``delta/2``. The capital of a bet on more falls with m,
    that of a bet on less grows; so the values they exclude are found by bisection, and an end is always a value
    that is certainly excluded.
    """
    x, log_two = _read(outcomes, delta)
    _, weight = _plug_in(x, log_two if tuned_for is None else _read(x, tuned_for)[1])
    lower = _largest_excluded(lambda m: _ruined(x, weight, m, log_two, running), x.shape[:-1])
    # A bet on less of x is one on more of 1 - x, whose mean rounding moves by at most UNIT / 4.
    less = _largest_excluded(lambda m: _ruined(1 - x, weight, m, log_two, running), x.shape[:-1])
    return Bounds(lower, np.minimum(1 - less + UNIT, 1.0))


def _ruined(x: Floats, weight: Floats, mean: Floats, threshold: float, running: bool) -> NDArray[np.bool_]:
    """Whether the logarithm of the capital of a bet on more than ``mean`` has certainly reached a threshold."""
    with np.errstate(divide="ignore"):
        stake = np.minimum(weight, STAKE / mean[..., None])
    growth = np.log1p(stake * (x - mean[..., None]))
    capital = np.cumsum(growth, axis=-1)
    slack = 64 * UNIT * _times(x) * (1 + np.cumsum(np.abs(growth), axis=-1))
    reached = capital - slack >= threshold
    answer: NDArray[np.bool_] = np.any(reached, axis=-1) if running else reached[..., -1]
    return answer


def _largest_excluded(excluded: Callable[[Floats], NDArray[np.bool_]], shape: tuple[int, ...]) -> Floats:
    """A number in [0, 1], as large as bisection finds, such that all smaller ones are excluded."""
    low, high = np.zeros(shape), np.ones(shape)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        out = excluded(middle)
        low, high = np.where(out, middle, low), np.where(out, high, middle)
    return low


def _plug_in(x: Floats, log_two: float) -> tuple[Floats, Floats]:
    """Before each outcome: the guess of the mean, and the weight of a bet, both from the outcomes before it."""
    t = _times(x)
    means = (0.5 + np.cumsum(x, axis=-1)) / (t + 1)
    variances = (0.25 + np.cumsum((x - means) ** 2, axis=-1)) / (t + 1)
    first = np.ones((*x.shape[:-1], 1))
    guess = np.concatenate([first / 2, means[..., :-1]], axis=-1)
    variance = np.concatenate([first / 4, variances[..., :-1]], axis=-1)
    return guess, np.sqrt(2 * log_two / (variance * t * np.log1p(t)))


def _intersection(centre: Floats, radius: Floats, t: Floats) -> Bounds:
    """Intersection of intervals around sums of t numbers, widened by what rounding may have done."""
    radius = radius + 16 * UNIT * (t + 16) * (1 + radius)
    return Bounds(
        np.clip(np.max(centre - radius, axis=-1), 0.0, 1.0), np.clip(np.min(centre + radius, axis=-1), 0.0, 1.0)
    )


def _times(x: Floats) -> Floats:
    return np.arange(1, x.shape[-1] + 1, dtype=np.float64)


def _read(outcomes: Any, delta: Any) -> tuple[Floats, float]:
    """Check outcomes and delta; return the outcomes and ``log(2 / delta)``, rounded up."""
    x = np.asarray(outcomes, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise InvalidArgument(f"outcomes have shape {x.shape}: give at least one along the last axis.")
    if not np.all((x >= 0) & (x <= 1)):
        wrong = x[~((x >= 0) & (x <= 1))].flat[0]
        raise InvalidArgument(
            f"outcomes hold {wrong} (should lie in [0, 1]): rescale them by the range they are certain to keep."
        )
    if not 0 < delta < 1:
        raise InvalidArgument(f"delta={delta}: must lie strictly between 0 and 1.")
    return x, float(np.log(2 / float(delta)) * (1 + 16 * UNIT))
