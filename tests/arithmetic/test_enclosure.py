"""Enclosures of single numbers: exact end points, the weakest sense wins, failure probabilities add up."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sims.arithmetic as ar
from sims.arithmetic import Enclosure

ends = st.one_of(st.fractions(), st.just(math.inf), st.just(-math.inf), st.fractions().map(lambda f: f * 10**400))


@st.composite
def enclosures_with_members(draw):
    low, high = sorted([draw(ends), draw(ends)])
    if low == high and isinstance(low, float):
        low, high = -math.inf, math.inf
    member = draw(st.fractions())
    member = min(max(member, low), high)
    if isinstance(member, float):
        member = high if isinstance(high, Fraction) else low if isinstance(low, Fraction) else Fraction(0)
    return Enclosure(low, high, "ball"), member


@given(enclosures_with_members(), enclosures_with_members())
def test_arithmetic_contains_that_of_members(first, second):
    (x, a), (y, b) = first, second
    for z, truth in ((x + y, a + b), (x - y, a - b), (x * y, a * b), (-x, -a), (3 * x, 3 * a), (1 - x, 1 - a)):
        assert z.lower <= truth <= z.upper
    if not y.lower <= 0 <= y.upper:
        z = x / y
        assert z.lower <= a / b <= z.upper
    else:
        with pytest.raises(ZeroDivisionError, match="contains zero"):
            x / y
    for op, truth in (("<=", a <= b), (">=", a >= b), ("==", a == b)):
        verdict = x.compare(op, y)
        assert verdict == 0 or (verdict == 1) == truth
    assert x.width >= 0


def test_end_points_are_exact():
    x = Enclosure(Fraction(1, 3), Fraction(1, 2), "interval")
    assert (x + x).lower == Fraction(2, 3) and (x * x).upper == Fraction(1, 4) and (1 / x).upper == 3
    assert x.width == Fraction(1, 6)
    assert Enclosure(0.5, 1, "ball") == Enclosure(Fraction(1, 2), Fraction(1), "ball")
    assert isinstance(Enclosure(0.5, 1, "ball").lower, Fraction)
    tiny = Enclosure(Fraction(1, 10**500), Fraction(10**500), "ball")
    assert tiny * Enclosure(-math.inf, math.inf, "ball") == Enclosure(-math.inf, math.inf, "ball")
    assert (tiny + math.inf).upper == math.inf and (tiny * 0).upper == 0


def test_the_weakest_sense_wins_and_failures_add_up():
    exact, ball, interval = Enclosure.of(1), Enclosure(0, 1, "ball"), Enclosure(0, 1, "interval")
    sampled = Enclosure(0, 1, "confidence", Fraction(1, 20))
    assert [(exact + x).sense for x in (exact, ball, interval, sampled)] == ["exact", "ball", "interval", "confidence"]
    assert (ball * interval).sense == "interval"
    assert (sampled - sampled).delta == Fraction(1, 10) and (sampled / 2).delta == Fraction(1, 20)
    assert str(sampled) == "[0, 1] with probability at least 19/20"


def test_numbers_of_every_rigorous_system():
    third = ar.asarray(Fraction(1, 3))
    assert Enclosure.of(third) == Enclosure(Fraction(1, 3), Fraction(1, 3))
    for name in ("interval", "ball"):
        x = Enclosure.of(ar.convert(third, name))
        assert x.sense == name and x.lower < Fraction(1, 3) < x.upper and x.width < 1e-16
    infinite = Enclosure.of(ar.relative_entropy(ar.convert(third, "ball"), 0))
    assert (infinite.lower, infinite.upper) == (math.inf, math.inf)
    assert infinite.compare(">=", 10**500) == 1 and (infinite - 1).lower == math.inf and infinite.width == 0
    assert (infinite - infinite).lower == -math.inf
    with pytest.raises(TypeError, match="encloses nothing"):
        Enclosure.of(ar.FloatArray(0.5))
    with pytest.raises(ar.NotSingle):
        Enclosure.of(ar.asarray([1, 2]))


def test_what_is_printed_lies_outside():
    x = Enclosure(Fraction(1, 3), Fraction(2, 3), "ball")
    assert str(x) == "[0.33333333333333333, 0.66666666666666667]"
    for low, high in (
        (Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30)),
        (-Fraction(10**600, 7), Fraction(1, 10**600 * 3)),
    ):
        left, right = str(Enclosure(low, high, "ball")).strip("[]").split(", ")
        assert Fraction(left) <= low and high <= Fraction(right)
    assert str(Enclosure(-math.inf, 0, "ball")) == "[-inf, 0]" and str(Enclosure.of(Fraction(1, 3))) == "1/3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0, "ball"), "lower=1 exceeds upper=0"),
        ((0, 1, "guess"), "sense='guess': must be one of exact, ball, interval, confidence"),
        ((0, 1, "exact"), "a point"),
        ((0, 1, "confidence"), "0 < delta < 1"),
        ((0, 1, "ball", Fraction(1, 2)), "others delta=0"),
        ((0, 1, "confidence", 1), "0 < delta < 1"),
        ((math.nan, 1, "ball"), "lower=nan"),
        ((0, 1, "confidence", math.nan), "delta=nan"),
    ],
)
def test_nonsense_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Enclosure(*arguments)


def test_comparisons_need_an_operator_that_exists():
    with pytest.raises(ValueError, match="op='<'"):
        Enclosure.of(1).compare("<", 2)
    assert Enclosure.of(1).compare("==", 1) == 1 == Enclosure.of(np.float64(0.5)).compare("<=", Fraction(1, 2))
