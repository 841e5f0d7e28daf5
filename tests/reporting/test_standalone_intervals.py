"""Intervals of stand-alone scripts against flint at high precision: each contains the truth, and is narrow."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.standalone.fixed import BITS, LARGEST, ONE, Interval

BALL_BITS = 1200
wide = st.fractions(min_value=-(2**70), max_value=2**70, max_denominator=2**70)
exponents = st.fractions(min_value=-300, max_value=300, max_denominator=2**60) | st.integers(-400, 400).map(Fraction)
positive = st.builds(
    lambda n, k: n * Fraction(2) ** k, st.integers(1, 2**64).map(Fraction), st.integers(-BITS + 70, 3 * BITS)
)


def interval(x: Fraction, width: int) -> Interval:
    """Around x, ``width`` units to both sides."""
    exact = Interval.of(x)
    return Interval(exact.lo - width, exact.hi + width)


def ball(x: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(x.numerator, x.denominator))


def holds(enclosure: Interval, truth: flint.arb, *, within: Fraction) -> bool:
    """Whether the truth certainly lies inside, and no end is further away than allowed."""
    low, high, allowed = ball(enclosure.lower), ball(enclosure.upper), ball(within)
    return bool(low <= truth and truth <= high and truth - low <= allowed and high - truth <= allowed)


UNIT = Fraction(1, ONE)


@settings(deadline=None, max_examples=150)
@given(exponents)
def test_exp(x):
    with flint.ctx.workprec(BALL_BITS):
        scale = Fraction(2) ** max(0, int(x * 3 // 2) + 1)  # at least exp(x)
        assert holds(Interval.of(x).exp(), ball(x).exp(), within=UNIT * 2**24 * scale)


@settings(deadline=None, max_examples=150)
@given(positive)
def test_log(x):
    with flint.ctx.workprec(BALL_BITS):
        # x has been cut to BITS binary places, which moves the logarithm of a small one
        assert holds(Interval.of(x).log(), ball(x).log(), within=UNIT * 2**24 * max(1, 1 / x))


@settings(deadline=None, max_examples=150)
@given(positive)
def test_sqrt(x):
    with flint.ctx.workprec(BALL_BITS):
        assert holds(Interval.of(x).sqrt(), ball(x).sqrt(), within=UNIT * 4 * max(1, 1 / x))


@settings(deadline=None, max_examples=100)
@given(wide, wide, st.integers(0, 2**300), st.integers(0, 2**300), st.fractions(0, 1), st.fractions(0, 1))
def test_sums_products_and_quotients_contain_every_choice_of_their_terms(x, y, wx, wy, tx, ty):
    first, second = interval(x, wx), interval(y, wy)
    u = first.lower + tx * (first.upper - first.lower)
    v = second.lower + ty * (second.upper - second.lower)
    results = {
        u + v: first + second,
        u - v: first - second,
        u * v: first * second,
        -u: -first,
        abs(u): first.absolute(),
        max(u, v): first.join(second),
    }
    if not second.lower <= 0 <= second.upper:
        results[u / v] = first / second
    for truth, enclosure in results.items():
        assert enclosure.lower <= truth <= enclosure.upper


def test_results_of_exact_numbers_are_exact_to_the_last_place():
    third = Interval.of(Fraction(1, 3))
    assert third.hi - third.lo == 1
    assert Interval.of(Fraction(3, 4)).lower == Interval.of(Fraction(3, 4)).upper == Fraction(3, 4)
    assert (Interval.of(2) * Interval.of(Fraction(-5, 2))).lower == -5
    assert (third * third).hi - (third * third).lo <= 2 and (third / third).hi - (third / third).lo <= 8


def test_what_is_not_defined_is_an_error():
    zero = Interval(-1, 1)
    with pytest.raises(ZeroDivisionError):
        Interval.of(1) / zero
    with pytest.raises(ValueError, match="logarithm"):
        zero.log()
    with pytest.raises(ValueError, match="root"):
        Interval(-2, -1).sqrt()
    with pytest.raises(ValueError, match="exponential"):
        Interval.of(LARGEST + 1).exp()
    with pytest.raises(ValueError, match="lo <= hi"):
        Interval(1, 0)
    assert Interval(-5, 4).sqrt().lo == 0
    assert 0 <= Interval.of(-(10**6)).exp().lo <= Interval.of(-(10**6)).exp().hi <= 1


def test_monotone_functions_enclose_both_ends_of_wide_intervals():
    wide_one = Interval.of(2).join(Interval.of(2)) - Interval(0, ONE)  # [1, 2]
    with flint.ctx.workprec(BALL_BITS):
        assert ball(wide_one.exp().lower) <= flint.arb(1).exp() and ball(wide_one.exp().upper) >= flint.arb(2).exp()
        assert wide_one.log().lower <= 0 and ball(wide_one.log().upper) >= flint.arb(2).log()
