"""Means and slopes over seeds, with intervals whose method is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from sims.errors import InvalidArgument

LEVEL = 0.95
RESAMPLES = 2000


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
        return f"{self.centre:.4g} " + ("(no interval)" if isnan(self.low) else f"[{self.low:.4g}, {self.high:.4g}]")


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


def log_slope(values: Mapping[int, Sequence[float]]) -> Estimate | None:
    """Slope of log mean value over log size, with a bootstrap interval.

    Parameters
    ----------
    values : by size, one number a seed; a run that was cut short may have fewer seeds at some sizes. Each size is
        resampled on its own

    Returns
    -------
    Estimate, or None if there are fewer than three sizes, or a mean that is not positive. There is no interval if some
    size has one seed, or some resampled mean is not positive: the slope has no bound then
    """
    sizes = sorted(values)
    found = [np.asarray(values[size], dtype=np.float64) for size in sizes]
    means = np.array([x.mean() for x in found])
    if len(sizes) < 3 or np.any(means <= 0):
        return None
    logs = np.log(sizes)
    centre = _slope(logs, means)
    rng = np.random.default_rng(0)
    drawn = np.stack([x[rng.integers(len(x), size=(RESAMPLES, len(x)))].mean(axis=1) for x in found])
    if min(map(len, found)) == 1 or np.any(drawn <= 0):
        return Estimate(centre, nan, nan)
    low, high = np.quantile([_slope(logs, column) for column in drawn.T], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(centre, float(low), float(high))


def _slope(x: np.ndarray, means: np.ndarray) -> float:
    return float(np.polyfit(x, np.log(means), 1)[0])
