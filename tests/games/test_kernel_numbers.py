"""The kernel's own arithmetic against flint at high precision: every enclosure contains the truth, and is narrow."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.kernel.numbers import BITS, ONE, Interval, exp, log, lower, maximum, sqrt

BALL_BITS = 1200
wide = st.fractions(min_value=-(2**70), max_value=2**70, max_denominator=2**70)
exponents = st.fractions(min_value=-200, max_value=100, max_denominator=2**60) | st.integers(-250, 100).map(Fraction)
positive = st.builds(
    lambda n, k: n * Fraction(2) ** k, st.integers(1, 2**64).map(Fraction), st.integers(-BITS + 70, 3 * BITS)
)
UNIT = Fraction(1, ONE)


def upper(x):
    return -lower(-x)


def interval(x: Fraction, width: int) -> Interval:
    """Around x, ``width`` units to both sides."""
    exact = Interval.of(x)
    return Interval(exact.lo - width, exact.hi + width)


def ball(x: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(x.numerator, x.denominator))


def holds(enclosure: Interval, truth: flint.arb, *, within: Fraction) -> bool:
    """Whether the truth certainly lies inside, and no end is further away than allowed."""
    low, high, allowed = ball(lower(enclosure)), ball(upper(enclosure)), ball(within)
    return bool(low <= truth and truth <= high and truth - low <= allowed and high - truth <= allowed)


@settings(deadline=None, max_examples=150)
@given(exponents)
def test_exp(x):
    with flint.ctx.workprec(BALL_BITS):
        scale = Fraction(2) ** max(0, int(x * 3 // 2) + 1)  # at least exp(x)
        assert holds(exp(x), ball(x).exp(), within=Fraction(1, 2**100) * scale)


@settings(deadline=None, max_examples=150)
@given(positive)
def test_log(x):
    with flint.ctx.workprec(BALL_BITS):
        # x has been cut to BITS binary places, which moves the logarithm of a small one
        assert holds(log(x), ball(x).log(), within=Fraction(1, 2**98) + UNIT * 2**12 / x)


@settings(deadline=None, max_examples=150)
@given(positive)
def test_sqrt(x):
    with flint.ctx.workprec(BALL_BITS):
        assert holds(sqrt(x), ball(x).sqrt(), within=UNIT * 4 * max(1, 1 / x))


@settings(deadline=None, max_examples=100)
@given(wide, wide, st.integers(0, 2**300), st.integers(0, 2**300), st.fractions(0, 1), st.fractions(0, 1))
def test_sums_products_and_quotients_contain_every_choice_of_their_terms(x, y, wx, wy, tx, ty):
    first, second = interval(x, wx), interval(y, wy)
    u = lower(first) + tx * (upper(first) - lower(first))
    v = lower(second) + ty * (upper(second) - lower(second))
    results = [
        (u + v, first + second),
        (u + x, first + x),
        (x + u, x + first),
        (u - v, first - second),
        (x - v, x - second),
        (u * v, first * second),
        (y * u, y * first),
        (-u, -first),
        (abs(u), abs(first)),
        (max(u, v), maximum(first, second)),
        (max(u, y), maximum(first, y)),
        (u + v + u, sum([first, second, first])),
        (u**2, first**2),
        (u**3, first**3),
        (Fraction(1), first**0),
    ]
    if not lower(second) <= 0 <= upper(second):
        results += [(u / v, first / second), (x / v, x / second)]
    for truth, enclosure in results:
        assert lower(enclosure) <= truth <= upper(enclosure)


def test_fractions_stay_exact_and_intervals_are_exact_to_the_last_place():
    third = Interval.of(Fraction(1, 3))
    assert third.hi - third.lo == 1
    assert lower(Interval.of(Fraction(3, 4))) == upper(Interval.of(Fraction(3, 4))) == Fraction(3, 4)
    assert lower(Interval.of(2) * Interval.of(Fraction(-5, 2))) == -5
    assert (third * third).hi - (third * third).lo <= 2 and (third / third).hi - (third / third).lo <= 16
    assert maximum(Fraction(1, 3), Fraction(2, 3)) == Fraction(2, 3)
    assert sqrt(Fraction(9, 4)) == Interval.of(Fraction(3, 2))


def test_what_is_not_defined_is_an_error():
    zero = Interval(-1, 1)
    with pytest.raises(ZeroDivisionError):
        Interval.of(1) / zero
    with pytest.raises(ZeroDivisionError):
        1 / zero
    with pytest.raises(ZeroDivisionError):
        zero / 0
    for undefined, argument in ((log, zero), (log, 0), (log, -1), (sqrt, zero), (sqrt, -1)):
        with pytest.raises(ValueError, match=r"logarithm|nonnegative"):
            undefined(argument)
    with pytest.raises(AttributeError):  # floats are no numbers
        lower(0.5)
    assert 0 <= exp(-(10**6)).lo <= exp(-(10**6)).hi <= 1
    with pytest.raises(ZeroDivisionError):
        exp(200)  # whose reciprocal is lost


def test_large_exponentials_are_enclosed():
    with flint.ctx.workprec(BALL_BITS):
        truth = ball(Fraction(150)).exp()
        assert ball(lower(exp(150))) <= truth and truth <= ball(upper(exp(150)))


def test_monotone_functions_enclose_both_ends_of_wide_intervals():
    wide_one = Interval(ONE, 2 * ONE)
    with flint.ctx.workprec(BALL_BITS):
        assert ball(lower(exp(wide_one))) <= flint.arb(1).exp() and ball(upper(exp(wide_one))) >= flint.arb(2).exp()
        assert lower(log(wide_one)) <= 0 and ball(upper(log(wide_one))) >= flint.arb(2).log()
        assert lower(sqrt(wide_one)) <= 1 and ball(upper(sqrt(wide_one))) >= flint.arb(2).sqrt()
