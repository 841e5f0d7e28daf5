"""Means and slopes over seeds, with intervals whose method is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np

from iltheory.experiments.experiment import Finding
from sims.errors import InvalidArgument

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with an interval at 95 percent; how it was made is said where it is printed.

    Attributes
    ----------
    centre, low, high : the ends are nan where the values say nothing of its error
    """

    centre: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.centre:.4g} " + self.interval(".4g")

    def interval(self, digits: str) -> str:
        """The ends as text."""
        return "(no interval)" if isnan(self.low) else f"[{self.low:{digits}}, {self.high:{digits}}]"


def mean_over_seeds(values: Sequence[float]) -> Estimate:
    """Mean with Student's interval: it takes the values of seeds as independent and nearly normal.

    Raises
    ------
    InvalidArgument
        If there are no values.
    """
    from sims.environments.experts.evaluation import student_interval

    x = np.asarray(values, dtype=np.float64)
    if len(x) == 0:
        raise InvalidArgument("values: none were given; a mean needs at least one.")
    if len(x) == 1:
        return Estimate(float(x[0]), nan, nan)
    interval = student_interval(x)
    return Estimate(interval.mean, interval.low, interval.high)


def log_slope(values: Mapping[int, Sequence[float]]) -> Estimate:
    """Slope of log mean value over log size, with Student's interval.

    The sizes are taken as independent, and the logarithm of a mean as nearly normal with variance
    ``s^2 / (n mean^2)``; the degrees of freedom are Welch's and Satterthwaite's. Where sizes share the luck of a seed
    the interval is wider than need be.

    Parameters
    ----------
    values : by size, one number a seed; a run that was cut short may have fewer seeds at some sizes

    Returns
    -------
    Estimate, without an interval if some size has one seed

    Raises
    ------
    InvalidArgument
        If there are fewer than three sizes, or a mean is not positive.
    """
    from scipy.stats import t

    sizes = sorted(values)
    found = [np.asarray(values[size], dtype=np.float64) for size in sizes]
    means, counts = np.array([x.mean() for x in found]), np.array([len(x) for x in found])
    if len(sizes) < 3:
        raise InvalidArgument(f"{len(sizes)} sizes have no slope worth the name: three are the fewest.")
    if np.any(means <= 0):
        raise InvalidArgument(f"the mean at size {sizes[int(np.argmin(means))]} is {means.min():.3g}, not positive.")
    logs = np.log(sizes) - np.log(sizes).mean()
    weights = logs / (logs @ logs)
    centre = float(weights @ np.log(means))
    if counts.min() == 1:
        return Estimate(centre, nan, nan)
    terms = weights**2 * np.array([x.var(ddof=1) for x in found]) / (counts * means**2)
    variance = float(terms.sum())
    freedom = variance**2 / float((terms**2 / (counts - 1)).sum()) if variance > 0 else 1.0
    half = float(t.ppf((1 + LEVEL) / 2, freedom)) * sqrt(variance)
    return Estimate(centre, centre - half, centre + half)


SLOPES = Finding(
    f"Slopes of logarithms of means, with {LEVEL:.0%} intervals by Student, the sizes taken as independent."
)
"""What reports say of them."""


def slope_in_words(values: Mapping[int, Sequence[float]]) -> str:
    """The slope to two digits, or why there is none."""
    try:
        slope = log_slope(values)
    except InvalidArgument as reason:
        return f"none ({str(reason).rstrip('.')})"
    return f"{slope.centre:.2f} " + slope.interval(".2f")
