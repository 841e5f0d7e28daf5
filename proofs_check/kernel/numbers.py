"""Numbers: Fractions, which are exact, and intervals around other reals, every operation rounded outwards."""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, prod
from typing import Any

BITS, DOUBLINGS, ONE = 256, 120, 1 << 256


def _hull(operation: Any) -> Any:
    """Enclose what an operation, monotone in each argument, makes of all reals; it gives quotients of integers."""

    def method(self: "Interval", other: Any) -> "Interval":
        ends = [operation(a, b) for a in (self.lo, self.hi) for b in (Interval.of(other).lo, Interval.of(other).hi)]
        if min(d for _, d in ends) <= 0 <= max(d for _, d in ends):
            raise ZeroDivisionError("division by what may be 0")
        return Interval(min(n // d for n, d in ends), max(-(-n // d) for n, d in ends))

    return method


@dataclass(slots=True)
class Interval:
    """All reals between ``lo / ONE`` and ``hi / ONE``; every operation rounds outwards."""

    lo: int
    hi: int

    @classmethod
    def of(cls, x: Any) -> "Interval":
        """Enclose a number."""
        if isinstance(x, Interval):
            return x
        return cls(x.numerator * ONE // x.denominator, -(-x.numerator * ONE // x.denominator))

    def __neg__(self) -> "Interval":
        return Interval(-self.hi, -self.lo)

    def __abs__(self) -> "Interval":
        return self if self.lo >= 0 else Interval(max(0, -self.hi), max(-self.lo, self.hi))

    def __pow__(self, n: int) -> "Interval":
        return prod([self if n % 2 else abs(self)] * n, start=Interval(ONE, ONE))

    __add__ = __radd__ = _hull(lambda a, b: (a + b, 1))
    __sub__, __rsub__ = _hull(lambda a, b: (a - b, 1)), _hull(lambda a, b: (b - a, 1))
    __mul__ = __rmul__ = _hull(lambda a, b: (a * b, ONE))
    __truediv__, __rtruediv__ = _hull(lambda a, b: (a * ONE, b)), _hull(lambda a, b: (b * ONE, a))


def lower(x: Any) -> Fraction:
    """Lower end of a number; its upper end is ``-lower(-x)``."""
    return Fraction(x.lo, ONE) if isinstance(x, Interval) else Fraction(x.numerator, x.denominator)


def maximum(*xs: Any) -> Any:
    """Enclose the largest number."""
    if not any(isinstance(x, Interval) for x in xs):
        return max(xs)
    return Interval(max(Interval.of(x).lo for x in xs), max(Interval.of(x).hi for x in xs))


def sqrt(x: Any) -> Interval:
    """Enclose the root."""
    x = Interval.of(x)
    return Interval(isqrt(x.lo * ONE), isqrt(max(x.hi * ONE - 1, 0)) + (x.hi > 0))


def exp(x: Any) -> Interval:
    """Enclose the exponential: ``(1 + x / n)^n <= exp(x) <= 1 / (1 - x / n)^n`` for a power n of 2."""
    lo, hi = min(Interval.of(x).lo, BITS * ONE), max(Interval.of(x).hi, -BITS * ONE)
    low, high = max(ONE + (lo >> DOUBLINGS), 0), max(ONE + (-hi >> DOUBLINGS), 0)
    for _ in range(DOUBLINGS):
        low, high = low * low >> BITS, high * high >> BITS
    return Interval(low, ONE * ONE // high + 1)


def log(x: Any) -> Interval:
    """Enclose the logarithm: ``n (1 - 1 / y) <= log(x) <= n (y - 1)``, y being the n-th root, for a power n of 2."""
    low, high = Interval.of(x).lo, Interval.of(x).hi
    if low <= 0:
        raise ValueError("the logarithm of a number that may not be positive")
    for _ in range(DOUBLINGS):
        low, high = isqrt(low * ONE), isqrt(high * ONE - 1) + 1
    return Interval((ONE + -ONE * ONE // low) << DOUBLINGS, (high - ONE) << DOUBLINGS)


def kl(p: Any, q: Any) -> Any:
    """Enclose ``p log(p / q)``, 0 where p is 0; an interval p may touch 0, and is then meant not to be negative."""
    p, q = Interval.of(p), Interval.of(q)
    if p.hi < 0 or q.lo <= 0 < p.hi:
        raise ValueError("a divergence is infinite: one law may go where the other never does")
    if p.lo > 0:
        return p * log(p / q)
    top, least = Interval(p.hi, p.hi), q * Fraction(-37, 100)  # x log(x / q) is never below -q / e, and convex
    return Interval(least.lo, max((top * log(top / q)).hi, 0)) if p.hi else Interval(0, 0)
