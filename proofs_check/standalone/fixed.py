"""Intervals of fixed-point numbers: integers over ``2**BITS``, every operation rounded outwards.

Python's integers are exact, so each result is a proof: the true number lies between ``lo`` and ``hi``. Logarithms and
exponentials are truncated series with the remainder added.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import isqrt

BITS = 320
ONE = 1 << BITS

LARGEST = 4096
"""Exponent that is still evaluated."""


class Interval:
    """All reals between ``lo / 2**BITS`` and ``hi / 2**BITS``."""

    __slots__ = ("hi", "lo")

    def __init__(self, lo: int, hi: int) -> None:
        if lo > hi:
            raise ValueError("an interval needs lo <= hi")
        self.lo, self.hi = lo, hi

    @classmethod
    def of(cls, x: Fraction | int) -> Interval:
        """Enclose a rational."""
        scaled = Fraction(x) * ONE
        return cls(scaled.numerator // scaled.denominator, -(-scaled.numerator // scaled.denominator))

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.lo + other.lo, self.hi + other.hi)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.lo - other.hi, self.hi - other.lo)

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo)

    def __mul__(self, other: Interval) -> Interval:
        ends = (self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi)
        return Interval(min(ends) >> BITS, -(-max(ends) >> BITS))

    def __truediv__(self, other: Interval) -> Interval:
        if other.lo <= 0 <= other.hi:
            raise ZeroDivisionError("division by an interval that contains 0")
        ends = [(a << BITS, b) for a in (self.lo, self.hi) for b in (other.lo, other.hi)]
        return Interval(min(a // b for a, b in ends), max(-(-a // b) for a, b in ends))

    def join(self, other: Interval) -> Interval:
        """Enclose the larger of two numbers."""
        return Interval(max(self.lo, other.lo), max(self.hi, other.hi))

    def absolute(self) -> Interval:
        """Enclose the absolute value."""
        if self.lo >= 0:
            return self
        return -self if self.hi <= 0 else Interval(0, max(-self.lo, self.hi))

    def sqrt(self) -> Interval:
        """Enclose the root; a lower end below 0 counts as 0."""
        if self.hi < 0:
            raise ValueError("the root of a negative number")
        high = isqrt(self.hi << BITS)
        return Interval(isqrt(max(self.lo, 0) << BITS), high + (high * high < self.hi << BITS))

    def exp(self) -> Interval:
        """Enclose the exponential."""
        return Interval(_exp(self.lo).lo, _exp(self.hi).hi)

    def log(self) -> Interval:
        """Enclose the logarithm."""
        if self.lo <= 0:
            raise ValueError("the logarithm of a number that may not be positive")
        return Interval(_log(self.lo).lo, _log(self.hi).hi)

    @property
    def lower(self) -> Fraction:
        """Lower end."""
        return Fraction(self.lo, ONE)

    @property
    def upper(self) -> Fraction:
        """Upper end."""
        return Fraction(self.hi, ONE)


ZERO = Interval(0, 0)


def _exp(x: int) -> Interval:
    """``exp(x / 2**BITS)``: halve the argument to below 1/256, sum the series, square back."""
    if x < -BITS * ONE:
        return Interval(0, 1)  # below exp(-BITS) < 2**-BITS
    if x > LARGEST * ONE:
        raise ValueError(f"the exponential of a number above {LARGEST}")
    halvings = max(0, abs(x).bit_length() - BITS + 8)
    small = Interval(x >> halvings, -(-x >> halvings))
    term = result = Interval(ONE, ONE)
    k = 1
    while max(abs(term.lo), abs(term.hi)) > 1:
        term = term * small
        term = Interval(term.lo // k, -(-term.hi // k))
        result, k = result + term, k + 1
    result = Interval(result.lo - 2, result.hi + 2)  # the remainder is less than twice the last term
    for _ in range(halvings):
        result = result * result
    return result


def _log(x: int) -> Interval:
    """``log(x / 2**BITS)``: a power of two, and ``2 atanh((m - 1) / (m + 1))`` of the rest."""
    shift = x.bit_length() - BITS - 1
    mantissa = Interval(x >> shift, -(-x >> shift)) if shift > 0 else Interval(x << -shift, x << -shift)
    unit = Interval(ONE, ONE)
    part = _atanh((mantissa - unit) / (mantissa + unit))
    return Interval(2 * part.lo, 2 * part.hi) + _log_two() * Interval.of(shift)


@cache
def _log_two() -> Interval:
    part = _atanh(Interval.of(Fraction(1, 3)))
    return Interval(2 * part.lo, 2 * part.hi)


def _atanh(z: Interval) -> Interval:
    """``sum z^(2k+1) / (2k+1)`` for ``|z| <= 1/3``, up to rounding: the remainder is below twice the last term."""
    square, power, k = z * z, z, 1
    result = ZERO
    while max(abs(power.lo), abs(power.hi)) > 1:
        result = result + Interval(power.lo // k, -(-power.hi // k))
        power, k = power * square, k + 2
    return Interval(result.lo - 2, result.hi + 2)
