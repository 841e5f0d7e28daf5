"""Exponentials, logarithms, roots and relative entropies of intervals, held against flint balls of 200 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest
from exact_intervals import MEMBER, bounded, floats, integers, members, mixed, parts

import sims.arithmetic as ar
from sims.arithmetic import interval

BITS = 200
ARB: dict[str, Callable[[Any], Any]] = {
    "exp": lambda b: b.exp(),
    "log": lambda b: b.log(),
    "log1p": lambda b: b.log1p(),
    "sqrt": lambda b: b.sqrt(),
}


def reals(x: Any, numerators: Any) -> list[Any]:
    """Exact balls of integers over ``2**MEMBER``."""
    return [flint.arb((int(n), -MEMBER)) for n in np.ravel(numerators)]


def arb_relative_entropy(p: Any, q: Any) -> Any:
    return flint.arb(0) if p == 0 else p * (p / q).log() if q != 0 else flint.arb("inf")


def balls_missed(z: Any, truths: list[Any]) -> int:
    """How many exact balls are not inside the intervals; those of which nothing is known are inside of all."""
    missed = 0
    mids, rads = parts(z)
    for mid, rad, truth, finite in zip(mids.ravel(), rads.ravel(), truths, bounded(z).ravel(), strict=True):
        if finite:
            low, high = flint.arb(float(mid)) - flint.arb(float(rad)), flint.arb(float(mid)) + flint.arb(float(rad))
            missed += not (low <= truth and truth <= high)
    return missed


def arguments(rng: np.random.Generator, function: str, count: int, device: str | None) -> Any:
    """Intervals of all sizes on which the function is defined, points and wide ones."""
    if function == "exp":
        mid = np.concatenate([rng.uniform(-750, 720, count), floats(rng, "denormal", (count,)), rng.normal(size=count)])
    else:
        kinds = ("huge range", "denormal", "near one", "unit", "powers")
        mid = np.abs(np.concatenate([floats(rng, kind, (count,)) for kind in kinds]))
    relative = np.where(rng.random(mid.shape) < 0.4, 0.0, 10.0 ** rng.uniform(-17, -0.5, mid.shape))
    return ar.Interval(device).convert(ar.IntervalArray(mid, mid.__abs__() * relative))


def function_misses(function: str, device: str | None, seed: int, count: int = 300) -> int:
    rng = np.random.default_rng(seed)
    x = arguments(rng, function, count, device)
    z = getattr(ar, function)(x)
    missed = 0
    with ar.Ball(BITS).precision():
        for where in ("low", "mid", "high"):
            inside = reals(x, members(rng, x, where))
            truths = [flint.arb("-inf") if b == 0 and function == "log" else ARB[function](b) for b in inside]
            missed += balls_missed(z, truths)
    return missed


def shares(rng: np.random.Generator, count: int, device: str | None) -> tuple[Any, Any]:
    """Probabilities p and q: far apart, near each other, around p = q/e, tiny, zero, exact and not."""
    p, q = rng.random(5 * count), rng.random(5 * count)
    near = slice(count, 2 * count)
    p[near] = q[near] * (1 + rng.integers(-9, 10, count) * 10.0 ** rng.integers(-17, 0, count))
    turning = slice(2 * count, 3 * count)
    p[turning] = q[turning] / np.e * (1 + rng.integers(-2, 3, count) * 10.0 ** rng.integers(-17, -1, count))
    tiny = slice(3 * count, 4 * count)
    p[tiny], q[tiny] = (np.abs(floats(rng, kind, (count,))) for kind in ("denormal", "huge range"))
    last = slice(4 * count, 5 * count)
    p[last] = np.where(rng.random(count) < 0.5, 0.0, p[last])
    widths = np.array([0.0, 2.0**-53, 1e-9, 0.3, 1.0])
    out = [
        ar.Interval(device).convert(
            ar.IntervalArray(x, x * rng.choice(widths, x.shape) + (x == 0) * rng.choice([0.0, 1e-30, 0.1], x.shape))
        )
        for x in (p, q)
    ]
    return out[0], out[1]


def divergence_misses(device: str | None, seed: int, count: int = 150) -> int:
    rng = np.random.default_rng(seed)
    p, q = shares(rng, count, device)
    z = ar.relative_entropy(p, q)
    missed = 0
    with ar.Ball(BITS).precision():
        for where in ("low", "mid", "high", "any"):
            for there in ("low", "mid", "high", "any"):
                a, b = (np.maximum(members(rng, x, place), 0) for x, place in ((p, where), (q, there)))
                truths = [arb_relative_entropy(*pair) for pair in zip(reals(p, a), reals(q, b), strict=True)]
                missed += balls_missed(z, truths)
    return missed


@pytest.mark.parametrize("function", ["exp", "log", "sqrt"])
def test_no_function_value_is_missed(function, device):
    assert function_misses(function, device, seed=0) == 0


def test_no_relative_entropy_is_missed(device):
    assert divergence_misses(device, seed=1) == 0


@pytest.mark.parametrize("function", ["exp", "log", "log1p", "sqrt"])
def test_this_machine_computes_functions_as_accurately_as_assumed(function, device):
    """Within 4 units in the last place."""
    rng = np.random.default_rng(2)
    x = parts(arguments(rng, function, 3000, device))[0]
    x = np.concatenate([-0.9 * rng.random(3000), x]) if function == "log1p" else x
    x = x[(x != 0) | (function != "log")]
    placed = ar.Interval(device).convert(x).mid
    xp = interval.like(placed)
    with np.errstate(over="ignore", under="ignore"):
        values = np.asarray(getattr(xp, function)(placed))
    x, values = x[np.isfinite(values)], values[np.isfinite(values)]
    with ar.Ball(BITS).precision():
        for argument, value in zip(x, values, strict=True):
            ulp = flint.arb(float(np.spacing(np.abs(value))))
            assert abs(ARB[function](flint.arb(float(argument))) - flint.arb(float(value))) <= 4 * ulp


def test_values_that_are_exact_stay_exact(device):
    system = ar.Interval(device)
    zero, one = system.convert(np.zeros(3)), system.convert(np.ones(3))
    for x, value in (
        (ar.exp(zero), 1),
        (ar.log(one), 0),
        (ar.sqrt(zero), 0),
        (ar.entropy(zero), 0),
        (ar.entropy(one), 0),
    ):
        assert (parts(x)[0] == value).all() and (parts(x)[1] == 0).all()
    p = system.convert(np.array([0.3, 1e-320, 0.7]))
    assert not ar.possibly_nonzero(ar.relative_entropy(p, p)).any()
    assert not ar.possibly_nonzero(ar.relative_entropy(zero, system.convert(np.array([0.0, 0.5, 1e-310])))).any()
    assert not ar.possibly_nonzero(ar.relative_entropy(zero, zero)).any()


def test_only_the_non_negative_part_counts(device):
    """Rounding may push the lower end of a probability below zero; certain nonsense gives the whole line."""
    system = ar.Interval(device)
    straddling = system.convert(ar.IntervalArray(np.array([0.0, 1e-20]), np.array([1e-18, 1e-19])))
    root, information = ar.sqrt(straddling), ar.entropy(straddling)
    assert bounded(root).all() and (ar.upper(root) < 1.1e-9).all() and (ar.lower(root) > -1e-24).all()
    assert (
        bounded(information).all() and (ar.upper(information) < 1e-16).all() and (ar.lower(information) > -1e-30).all()
    )
    negative = system.convert(np.array([-0.5]))
    for x in (ar.sqrt(negative), ar.log(negative), ar.entropy(negative), ar.relative_entropy(1, negative)):
        assert not bounded(x).any()
    assert not bounded(ar.log(straddling)).any()
    assert not bounded(ar.relative_entropy(system.convert(np.array([0.5])), system.convert(np.zeros(1)))).any()


def test_widths_of_functions_of_points(device):
    """At most 12 ulp for functions that are only assumed to be correct to 4; the radius is half of the width."""
    rng = np.random.default_rng(3)
    x = ar.Interval(device).convert(rng.uniform(0.01, 20, 3000))
    for function, ulps in ((ar.exp, 6), (ar.log, 6), (ar.sqrt, 6)):
        mid, rad = parts(function(x))
        assert (rad <= ulps * 2.0**-52 * np.abs(mid)).all(), function
    p, q = (ar.Interval(device).convert(rng.random(3000)) for _ in range(2))
    mid, rad = parts(ar.relative_entropy(p, q))
    assert (rad <= 8 * 2.0**-52 * np.abs(mid)).all()
    close = ar.Interval(device).convert(parts(p)[0] * (1 + 1e-13))
    mid, rad = parts(ar.relative_entropy(p, close))
    assert (mid != 0).any() and (rad <= 8 * 2.0**-52 * np.abs(mid)).all()


def test_widths_of_functions_of_intervals_are_their_ranges(device):
    rng = np.random.default_rng(4)
    mid = rng.uniform(0.5, 3, 500)
    rad = mid * 10.0 ** rng.uniform(-12, -2, 500)
    x = ar.Interval(device).convert(ar.IntervalArray(mid, rad))
    for function, plain in ((ar.exp, np.exp), (ar.log, np.log), (ar.sqrt, np.sqrt)):
        exact = plain(mid + rad) - plain(mid - rad)
        assert (2 * parts(function(x))[1] <= 1.01 * exact + 30 * np.spacing(np.abs(plain(mid)))).all()


def test_relative_entropy_falls_to_its_least_value_inside():
    """Between p = 0.1 and p = 0.9 the function p log p (q = 1) turns at 1/e, where it is -1/e."""
    p = ar.IntervalArray(np.array([0.5]), np.array([0.4]))
    low, high = ar.relative_entropy(p, 1).bounds()
    assert -np.exp(-1) - 1e-14 < low <= -np.exp(-1) + 1e-16
    assert high >= 0.9 * np.log(0.9) and high < 0.9 * np.log(0.9) + 1e-14


def test_the_least_relative_entropy_is_never_missed(device):
    """On p in [0, q] it is -q/e, whatever q."""
    q = np.concatenate([np.random.default_rng(6).random(500), [1e-300, 1e300]])
    system = ar.Interval(device)
    z = ar.relative_entropy(system.convert(ar.IntervalArray(q / 2, q / 2)), system.convert(q))
    with ar.Ball(BITS).precision():
        truths = [-flint.arb(float(entry)) / flint.arb(1).exp() for entry in q]
        assert balls_missed(z, truths) == 0
        assert balls_missed(z, [flint.arb(0)] * len(q)) == 0
    assert (parts(z)[1] <= q / np.e).all()


def test_relative_entropy_of_ratios_no_float_holds(device):
    """The difference of the logarithms takes over where p / q overflows or underflows, with the same accuracy."""
    p, q = np.array([1e-300, 1e300, 1e-310, 5e-324, 0.5]), np.array([1e300, 1e-300, 0.5, 1e308, 1e-310])
    system = ar.Interval(device)
    z = ar.relative_entropy(system.convert(p), system.convert(q))
    assert bounded(z).all()
    mid, rad = parts(z)
    assert (rad <= 8 * 2.0**-52 * np.abs(mid) + 2.0**-1060).all()
    with ar.Ball(BITS).precision():
        truths = [arb_relative_entropy(flint.arb(float(a)), flint.arb(float(b))) for a, b in zip(p, q, strict=True)]
        assert balls_missed(z, truths) == 0


def test_dropped_error_of_functions_is_caught(monkeypatch):
    monkeypatch.setattr(interval, "FUNCTION", 0.0)
    assert function_misses("exp", None, 0) > 0 and function_misses("log", None, 0) > 0
    monkeypatch.setattr(interval, "DIVERGENCE", 0.0)
    assert divergence_misses(None, 1) > 0


def test_endpoints_only_are_caught(monkeypatch):
    """p log(p / q) is not monotone in p: the ends alone miss its least value."""
    monkeypatch.setattr(interval.math, "exp", lambda x: 0.0)
    assert divergence_misses(None, 1) > 0


def test_all_kinds_of_intervals_pass_through_functions_without_warnings(device):
    x = mixed(np.random.default_rng(5), 4, device)
    for function in (ar.exp, ar.log, ar.sqrt, ar.entropy):
        low, high = ar.lower(function(x)), ar.upper(function(x))
        assert (low <= high).all()
    assert integers(0.0) == 0
