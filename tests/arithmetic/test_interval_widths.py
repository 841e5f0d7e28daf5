"""How wide enclosures are: a best possible one is about one unit in the last place of the result wide."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from exact_intervals import MEMBER, SHIFT, bounded, ends, intervals, members

import sims.arithmetic as ar


def best_width(low: Any, high: Any) -> Any:
    """One ulp of the result, or its exact range if that is larger, over ``2**SHIFT``."""
    size = np.maximum(abs(low), abs(high))
    ulp = np.array([1 << max(int(s).bit_length() - 53, SHIFT - 1074) for s in size.ravel()], dtype=object)
    return np.maximum(high - low, ulp.reshape(size.shape))


def width_ratio(z: Any, low: Any, high: Any) -> float:
    z_low, z_high = ends(z)
    assert bounded(z).all()
    return max(
        float(Fraction(int(w), int(b)))
        for w, b in zip((z_high - z_low).ravel(), best_width(low, high).ravel(), strict=True)
    )


@pytest.mark.parametrize("radius", ["none", "ulp", "relative"])
@pytest.mark.parametrize("kind", ["unit", "signed", "near one", "powers"])
def test_single_operations_are_within_ten_times_the_best_width(kind, radius, device):
    rng = np.random.default_rng(15)
    x, y = (intervals(rng, kind, radius, (500,), device) for _ in range(2))
    cut = 2 * MEMBER - SHIFT
    corners = [members(rng, x, a) * members(rng, y, b) for a in ("low", "high") for b in ("low", "high")]
    products = [
        np.asarray(bound >> cut, dtype=object) for bound in (np.minimum.reduce(corners), np.maximum.reduce(corners))
    ]
    assert width_ratio(x * y, *products) <= 10
    sums = [np.asarray((members(rng, x, end) + members(rng, y, end)) >> 3, dtype=object) for end in ("low", "high")]
    assert width_ratio(x + y, *sums) <= 10
    quotients = [(members(rng, x, a) << SHIFT) // members(rng, y, b) for a in ("low", "high") for b in ("low", "high")]
    assert width_ratio(x / y, np.minimum.reduce(quotients), np.maximum.reduce(quotients)) <= 10
    assert width_ratio(ar.maximum(x, y), *(np.maximum(a, b) for a, b in zip(ends(x), ends(y), strict=True))) <= 10


def test_absolute_values_of_intervals_around_zero_are_folded(device):
    mid, rad = np.array([1.0, -2.0, 0.0, 3.0]), np.array([2.0, 3.0, 1.0, 1.0])
    z = abs(ar.Interval(device).convert(ar.IntervalArray(mid, rad)))
    assert (ar.lower(z) >= np.array([0, 0, 0, 2]) - 1e-14).all()
    assert (ar.upper(z) <= np.array([3, 5, 1, 4]) + 1e-14).all()


@pytest.mark.parametrize("radius", ["none", "ulp", "relative"])
@pytest.mark.parametrize("n", [1, 10, 48, 200, 1000])
def test_contractions_are_within_a_hundred_times_the_best_width(n, radius, device):
    """Non-negative data: the exact range is between the products of all lower and of all upper ends."""
    rng = np.random.default_rng(16)
    m, v = intervals(rng, "unit", radius, (3, n), device), intervals(rng, "unit", radius, (n,), device)
    cut = 2 * MEMBER - SHIFT
    low, high = (np.asarray((members(rng, m, e) @ members(rng, v, e)) >> cut, dtype=object) for e in ("low", "high"))
    # The width of an interval with midpoint and radius is twice its radius.
    assert width_ratio(ar.matvec(m, v), low, high) <= (100 if n <= 200 else 140)
    low, high = (np.asarray(members(rng, m, e).sum(1) >> 3, dtype=object) for e in ("low", "high"))
    assert width_ratio(ar.sum(m, 1), low, high) <= (100 if n <= 48 else 160)
