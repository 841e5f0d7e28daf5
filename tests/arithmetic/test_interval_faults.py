"""What the enclosures assume of the machine, and faults planted to see that the checks catch them."""

from __future__ import annotations

import numpy as np
from exact_intervals import contraction_misses, elementwise_misses, mixed, parts, sum_misses

import sims.arithmetic as ar
from sims.arithmetic import functions, interval


def test_this_machine_underflows_gradually_and_rounds_to_nearest(device):
    tiny = ar.Interval(device).convert(np.array([2.0**-1074, 3 * 2.0**-1074])).mid
    assert np.asarray(tiny * 1).tolist() == [2.0**-1074, 3 * 2.0**-1074]
    assert np.asarray(tiny / 2).tolist() == [0.0, 2 * 2.0**-1074]
    one = ar.Interval(device).convert(np.array([1.0])).mid
    assert float((one + 2.0**-53)[0]) == 1.0 and float((one + 3 * 2.0**-53)[0]) == 1 + 2.0**-51


def test_torch_rounds_single_operations_as_numpy_does(device):
    """Both as IEEE 754 wants, so the midpoints are the same bits."""
    rng = np.random.default_rng(19)
    x, y = mixed(rng, 40), mixed(rng, 40)
    u, v = (ar.Interval(device).convert(z) for z in (x, y))
    for here, there in ((x + y, u + v), (x - y, u - v), (x * y, u * v), (x / y, u / v)):
        assert np.array_equal(parts(here)[0], parts(there)[0], equal_nan=True)


def test_radius_not_rounded_up_is_caught(monkeypatch):
    monkeypatch.setattr(interval, "_up", lambda depth: 1.0)
    assert elementwise_misses("multiply", None, seed=0) > 0
    assert sum(contraction_misses("matvec", None, seed, 17, "signed", "centred") for seed in range(9)) > 0


def test_dropped_rounding_term_is_caught(monkeypatch):
    monkeypatch.setattr(interval, "_gamma", lambda depth: 0.0)
    assert elementwise_misses("multiply", None, seed=0) > 0
    assert contraction_misses("matvec", None, 1, 17, "signed", "none") > 0
    assert sum_misses(None, 2, 17, "signed", "none") > 0


def test_rounding_term_of_a_single_operation_is_not_enough_for_a_sum(monkeypatch):
    gamma = interval._gamma
    monkeypatch.setattr(interval, "_gamma", lambda depth: gamma(min(depth, 1)))
    assert contraction_misses("einsum", None, 1, 1000, "absorbing", "none") > 0
    assert sum_misses(None, 2, 1000, "absorbing", "none") > 0


def test_understated_depth_of_blocked_sums_is_caught(monkeypatch):
    monkeypatch.setattr(functions, "_depth", lambda terms: 1)
    monkeypatch.setattr(functions, "_additions", lambda terms: 1)
    assert contraction_misses("matvec", None, 1, 1000, "absorbing", "none") > 0
    assert sum_misses(None, 2, 1000, "absorbing", "none") > 0


def test_dropped_underflow_term_is_caught(monkeypatch):
    monkeypatch.setattr(interval, "TINY", 0.0)
    assert elementwise_misses("multiply", None, seed=0) > 0
    assert elementwise_misses("divide", None, seed=0) > 0
    assert contraction_misses("matvec", None, 1, 17, "denormal", "none") > 0


def test_bounds_rounded_to_nearest_are_caught(monkeypatch):
    monkeypatch.setattr(interval, "_step", lambda x: 0 * x)
    assert elementwise_misses("maximum", None, seed=0) > 0
    assert elementwise_misses("hull", None, seed=0) > 0


def test_hull_of_one_side_only_is_caught(monkeypatch):
    monkeypatch.setattr(ar.Interval, "hull", lambda self, x, y: x)
    assert elementwise_misses("hull", None, seed=0) > 0
