"""Means and slopes over seeds, with intervals whose method is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sims.errors import InvalidArgument

LEVEL = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A number with an interval at 95 percent; how it was made is said where it is printed.

    Attributes
    ----------
    centre, low, high : the ends are nan where one value alone says nothing of its error
    """

    centre: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.centre:.3g} [{self.low:.3g}, {self.high:.3g}]"


def mean_over_seeds(values: Sequence[float]) -> Estimate:
    """Mean with Student's interval: it takes the values of seeds as independent and nearly normal.

    Raises
    ------
    InvalidArgument
        If there are no values.
    """
    from scipy import stats

    x = np.asarray(values, dtype=np.float64)
    if len(x) == 0:
        raise InvalidArgument("values: none were given; a mean needs at least one.")
    if len(x) == 1:
        return Estimate(float(x[0]), float("nan"), float("nan"))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return Estimate(float(x.mean()), float(x.mean()) - reach, float(x.mean()) + reach)


def log_slope(values: Mapping[int, Sequence[float]]) -> Estimate | None:
    """Slope of log mean value over log size, with a bootstrap interval over seeds.

    Parameters
    ----------
    values : by size, one number a seed, the same seeds in the same order at each size

    Returns
    -------
    Estimate, or None if there are fewer than three sizes, or a mean that is not positive
    """
    sizes = sorted(values)
    table = np.array([values[size] for size in sizes], dtype=np.float64)  # [sizes, seeds]
    if len(sizes) < 3 or np.any(table.mean(axis=1) <= 0):
        return None
    x = np.log(sizes)
    centre = _slope(x, table.mean(axis=1))
    n = table.shape[1]
    if n == 1:
        return Estimate(centre, float("nan"), float("nan"))
    drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
    means = table[:, drawn].mean(axis=2)  # [sizes, resamples]
    slopes = [_slope(x, column) for column in means.T if np.all(column > 0)]
    low, high = np.quantile(slopes, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(centre, float(low), float(high))


def _slope(x: np.ndarray, means: np.ndarray) -> float:
    return float(np.polyfit(x, np.log(means), 1)[0])
