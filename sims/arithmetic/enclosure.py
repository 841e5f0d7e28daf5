"""Enclosures of single numbers: what a report prints and a verdict is read from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from sims.arithmetic.numbers import NumberArray, exact_text

SENSES = ("exact", "ball", "interval", "confidence")
"""From strongest to weakest; a combination is only as strong as its weakest part."""

Bound = Fraction | float
"""A rational, or plus or minus infinity."""


@dataclass(frozen=True)
class Enclosure:
    """A set ``[lower, upper]`` that contains the truth, and in what sense it does.

    End points are exact rationals (or infinities), so arithmetic on enclosures is exact: no rounding at all.

    Attributes
    ----------
    lower, upper : Fraction, or infinite float; finite numbers are turned into fractions
    sense : ``exact`` (a point), ``ball`` or ``interval`` (rigorous), ``confidence`` (contains the truth with
        probability at least ``1 - delta``)
    delta : failure probability; failure probabilities add up when enclosures are combined (union bound)

    Raises
    ------
    ValueError
        If the end points are NaN or in the wrong order, or do not fit ``sense`` and ``delta``.
    """

    lower: Bound
    upper: Bound
    sense: str = "exact"
    delta: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "delta"):
            object.__setattr__(self, name, _bound(name, getattr(self, name)))
        if self.sense not in SENSES:
            raise ValueError(f"sense={self.sense!r}: must be one of {', '.join(SENSES)}")
        if not self.lower <= self.upper:
            raise ValueError(f"lower={self.lower} exceeds upper={self.upper}")
        if (self.sense == "confidence") != (self.delta > 0) or not 0 <= self.delta < 1:
            raise ValueError(
                f"delta={self.delta} with sense={self.sense!r}: a confidence enclosure has 0 < delta < 1, "
                "others delta=0"
            )
        if self.sense == "exact" and self.lower != self.upper:
            raise ValueError(f"an exact enclosure is a point, not [{self.lower}, {self.upper}]")

    @classmethod
    def of(cls, x: Any) -> Enclosure:
        """Enclose a single number of any rigorous system, or an exact constant.

        Raises
        ------
        TypeError
            If ``x`` is a result of float64 arithmetic, which encloses nothing.
        """
        if isinstance(x, Enclosure):
            return x
        if isinstance(x, NumberArray):
            name = x.system.name
            if name == "float64":
                raise TypeError("a float64 result encloses nothing; compute it in interval, ball or rational.")
            lower, upper = x.bounds()
            return cls(lower, upper, "exact" if name == "rational" else name)
        return cls(x, x)

    @property
    def width(self) -> Bound:
        """Distance between the ends."""
        return Fraction(0) if self.lower == self.upper else _plus(self.upper, -self.lower, math.inf)

    @property
    def middle(self) -> float:
        """The number half-way between the ends, rounded."""
        return float((self.lower + self.upper) / 2)

    def _with(self, other: Enclosure, lower: Bound, upper: Bound) -> Enclosure:
        sense = max(self.sense, other.sense, key=SENSES.index)
        return Enclosure(lower, upper, sense, self.delta + other.delta)

    def __add__(self, other: Any) -> Enclosure:
        other = Enclosure.of(other)
        lower = _plus(self.lower, other.lower, -math.inf)
        return self._with(other, lower, _plus(self.upper, other.upper, math.inf))

    __radd__ = __add__

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.upper, -self.lower, self.sense, self.delta)

    def __sub__(self, other: Any) -> Enclosure:
        return self + (-Enclosure.of(other))

    def __rsub__(self, other: Any) -> Enclosure:
        return Enclosure.of(other) + (-self)

    def __mul__(self, other: Any) -> Enclosure:
        other = Enclosure.of(other)
        products = [_times(a, b) for a in (self.lower, self.upper) for b in (other.lower, other.upper)]
        return self._with(other, min(products), max(products))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Enclosure:
        other = Enclosure.of(other)
        if other.lower <= 0 <= other.upper:
            raise ZeroDivisionError(f"division by an enclosure that contains zero: {other}")
        return self * Enclosure(_inverse(other.upper), _inverse(other.lower), other.sense, other.delta)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return Enclosure.of(other) / self

    def compare(self, op: str, other: Any) -> int:
        """Decide ``self op other`` for ``op`` one of ``<=``, ``>=``, ``==``.

        Returns
        -------
        int
            1 if it is certain, -1 if it is certainly false, else 0.
        """
        that = Enclosure.of(other)
        if op == ">=":
            return that.compare("<=", self)
        if op == "<=":
            return 1 if self.upper <= that.lower else -1 if self.lower > that.upper else 0
        if op == "==":
            if self.lower == self.upper == that.lower == that.upper:
                return 1
            return -1 if self.lower > that.upper or self.upper < that.lower else 0
        raise ValueError(f"op={op!r}: must be <=, >= or ==")

    def __str__(self) -> str:
        level = f" with probability at least {1 - self.delta}" if self.delta else ""
        if self.lower == self.upper:
            return f"{exact_text(self.lower)}{level}"
        return f"[{_decimal(self.lower, ROUND_FLOOR)}, {_decimal(self.upper, ROUND_CEILING)}]{level}"


def _bound(name: str, x: Any) -> Bound:
    if isinstance(x, Fraction):
        return x
    if isinstance(x, float) and not math.isfinite(x):
        if math.isnan(x) or name == "delta":
            raise ValueError(f"{name}={x}: must be a number")
        return x
    return Fraction(x)


def _plus(a: Bound, b: Bound, undefined: float) -> Bound:
    """Add end points; infinity minus infinity is ``undefined``."""
    if isinstance(a, float) and isinstance(b, float) and a != b:
        return undefined
    return a if isinstance(a, float) else b if isinstance(b, float) else a + b


def _times(a: Bound, b: Bound) -> Bound:
    if a == 0 or b == 0:
        return Fraction(0)
    if isinstance(a, float) or isinstance(b, float):
        return math.inf if (a > 0) == (b > 0) else -math.inf
    return a * b


def _inverse(a: Bound) -> Bound:
    return Fraction(0) if isinstance(a, float) else 1 / a


def _decimal(x: Bound, rounding: str) -> str:
    """Seventeen significant digits, rounded outward as the end point asks."""
    if isinstance(x, float):
        return str(x)
    context = Context(prec=17, rounding=rounding)
    return f"{context.divide(Decimal(x.numerator), Decimal(x.denominator)).normalize(context):g}"
