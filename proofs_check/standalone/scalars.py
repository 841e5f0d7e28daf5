"""Numbers: exact fractions while that is possible, then enclosures of 320 bits, rounded outwards."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isqrt, nan

from proofs_check.standalone.fixed import Interval


class Undecided(Exception):
    """Two enclosures overlap where the formula needs to know which number is larger."""


class Inexact:
    """A number that is known up to an interval only."""


class Enclosure(Inexact):
    """A real number known to lie in an interval; arithmetic mixes with fractions and integers."""

    def __init__(self, interval):
        self.interval = interval

    def __add__(self, other):
        return other if isinstance(other, float) else Enclosure(self.interval + enclosing(other))

    __radd__ = __add__

    def __neg__(self):
        return Enclosure(-self.interval)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if isinstance(other, float):
            return other * sign(self)
        if not isinstance(other, Inexact) and other == 0:
            return Fraction(0)
        return Enclosure(self.interval * enclosing(other))

    __rmul__ = __mul__

    def __truediv__(self, other):
        return Enclosure(self.interval / enclosing(other))

    def __rtruediv__(self, other):
        return Enclosure(enclosing(other) / self.interval) if other else Fraction(0)

    def __pow__(self, power):
        base = self if power % 2 else abs(self)
        result = Fraction(1)
        for _ in range(abs(power)):
            result = base * result
        return result if power >= 0 else 1 / result

    def __abs__(self):
        return Enclosure(self.interval.absolute())

    def join(self, other):
        """Enclose the larger of two numbers."""
        return Enclosure(self.interval.join(enclosing(other)))

    @property
    def lower(self):
        return self.interval.lower

    @property
    def upper(self):
        return self.interval.upper


def enclosing(x):
    return x.interval if isinstance(x, Inexact) else Interval.of(x)


def lower(x):
    return x.lower if isinstance(x, Inexact) else x


def upper(x):
    return x.upper if isinstance(x, Inexact) else x


def middle(x):
    """A fraction inside the enclosure: a choice, never a decision."""
    return (lower(x) + upper(x)) / 2 if isinstance(x, Inexact) else x


def hull_of(x, y):
    """The smallest enclosure of both numbers."""
    if not isinstance(x, Inexact) and not isinstance(y, Inexact) and x == y:
        return x
    first, second = enclosing(x), enclosing(y)
    return Enclosure(Interval(min(first.lo, second.lo), max(first.hi, second.hi)))


def decide(x, op, y):
    """Whether ``x op y``: True, False, or None where the enclosures leave it open."""
    if op in (">=", ">"):
        return decide(y, "<=" if op == ">=" else "<", x)
    if x is y or not (isinstance(x, Inexact) or isinstance(y, Inexact)):
        if x != x or y != y:
            raise Undecided("a side is infinity minus infinity, which is no number")
        return {"<=": x <= y, "<": x < y, "==": x == y}[op]
    if op == "==":
        return False if upper(x) < lower(y) or lower(x) > upper(y) else None
    surely = upper(x) <= lower(y) if op == "<=" else upper(x) < lower(y)
    never = lower(x) > upper(y) if op == "<=" else lower(x) >= upper(y)
    return True if surely else False if never else None


def sign(x):
    """1, 0 or -1."""
    if lower(x) > 0:
        return 1
    if upper(x) < 0:
        return -1
    if isinstance(x, Inexact):
        raise Undecided("the sign of a number that is nearly 0")
    return 0


def may_be_nonzero(x):
    return isinstance(x, Inexact) or x != 0


def larger(x, y):
    if decide(x, "<=", y) or decide(y, "<=", x):
        return y if decide(x, "<=", y) else x
    return x.join(y) if isinstance(x, Inexact) else y.join(x)


def smaller(x, y):
    return -larger(-x, -y)


def quotient(x, y):
    if isinstance(y, Inexact):
        return x / y
    if y == 0:
        return inf * sign(x) if sign(x) else nan
    if isinstance(y, float):
        return Fraction(0)
    return x / Fraction(y)


def exp_of(x):
    if x == inf or x == -inf:
        return inf if x == inf else Fraction(0)
    return Fraction(1) if not isinstance(x, Inexact) and x == 0 else Enclosure(enclosing(x).exp())


def log_of(x):
    if isinstance(x, Inexact):
        return Enclosure(x.interval.log())
    if x in (0, inf):
        return -inf if x == 0 else inf
    x = Fraction(x)
    if x == 1:
        return Fraction(0)
    if x < Fraction(1, 2):
        return -log_of(1 / x)  # a tiny number has few digits after a fixed point
    return Enclosure(Interval.of(x).log())


def sqrt_of(x):
    if isinstance(x, Inexact):
        return Enclosure(x.interval.sqrt())
    x = Fraction(x)
    p, q = isqrt(x.numerator), isqrt(x.denominator)
    if p * p == x.numerator and q * q == x.denominator:
        return Fraction(p, q)
    return Enclosure(Interval.of(x).sqrt())


def relative_entropy_of(p, q):
    """``p log(p / q)``, with ``0 log 0 = 0``."""
    if not isinstance(p, Inexact) and p == 0:
        return Fraction(0)
    if not isinstance(q, Inexact) and q == 0:
        return inf
    if lower(p) > 0 and lower(q) > 0:
        return p * log_of(p / q)
    if lower(q) <= 0:
        raise Undecided("a relative entropy to a probability that is nearly 0")
    top = Fraction(upper(p))
    most = relative_entropy_of(top, q) if top > 0 else Fraction(0)
    least = smaller(-q * Fraction(37, 100), Fraction(0))  # x log(x / q) is never below -q / e
    return Enclosure(Interval.of(0).join(enclosing(most))) if top == 0 else hull_of(hull_of(least, most), Fraction(0))


def texts(x):
    """A number as a fraction and as a decimal."""
    if not isinstance(x, Inexact):
        return str(x), _decimal(x)
    return f"between {_decimal(lower(x))} and {_decimal(upper(x))}", _decimal(middle(x))


def _decimal(x):
    try:
        return repr(float(x))
    except OverflowError:
        return "a huge number"
