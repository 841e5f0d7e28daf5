"""Enclosures of single numbers: what a report prints and a verdict is read from."""

from __future__ import annotations

from dataclasses import dataclass
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
    lower, upper : Fraction, or infinite float
    sense : ``exact`` (a single point), ``ball`` or ``interval`` (rigorous), ``confidence`` (contains the truth with
        probability at least ``1 - delta``)
    delta : failure probability; failure probabilities add up when enclosures are combined (union bound)
    """

    lower: Bound
    upper: Bound
    sense: str = "exact"
    delta: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.sense not in SENSES:
            raise ValueError(f"sense={self.sense!r}: must be one of {', '.join(SENSES)}")
        if not self.lower <= self.upper:
            raise ValueError(f"lower={self.lower} exceeds upper={self.upper}")
        if (self.sense == "confidence") != (self.delta > 0) or not 0 <= self.delta < 1:
            raise ValueError(
                f"delta={self.delta} with sense={self.sense!r}: a confidence enclosure has 0 < delta < 1, others delta=0"
            )
        if self.sense == "exact" and self.lower != self.upper:
            raise ValueError(f"an exact enclosure is a point, not [{self.lower}, {self.upper}]")

    @classmethod
    def of(cls, x: Any) -> Enclosure:
        """Enclose a single number of any rigorous system, or an exact constant."""
        if isinstance(x, Enclosure):
            return x
        if isinstance(x, NumberArray):
            name = x.system.name
            if name == "float64":
                raise TypeError("a float64 result encloses nothing; compute it in interval, ball or rational.")
            lower, upper = x.bounds()
            return cls(lower, upper, "exact" if name == "rational" else name)
        return cls(Fraction(x), Fraction(x))

    @property
    def width(self) -> Bound:
        """Distance between the ends."""
        return self.upper - self.lower

    def _with(self, other: Enclosure, *ends: Bound) -> Enclosure:
        sense = max(self.sense, other.sense, key=SENSES.index)
        lower, upper = min(ends), max(ends)
        if sense == "exact" and lower != upper:  # pragma: no cover - exact arithmetic keeps points points
            raise AssertionError("exact operands gave a proper interval")
        return Enclosure(lower, upper, sense, self.delta + other.delta)

    def __add__(self, other: Any) -> Enclosure:
        other = Enclosure.of(other)
        return self._with(other, self.lower + other.lower, self.upper + other.upper)

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
        return self._with(other, *products)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Enclosure:
        other = Enclosure.of(other)
        if other.lower <= 0 <= other.upper:
            raise ZeroDivisionError(f"division by an enclosure that contains zero: {other}")
        return self * Enclosure(_inverse(other.upper), _inverse(other.lower), other.sense, other.delta)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return Enclosure.of(other) / self

    def compare(self, op: str, other: Any) -> int:
        """1 if ``self op other`` is certain, -1 if it is certainly false, else 0 (``op``: ``<=``, ``>=``, ``==``)."""
        other = Enclosure.of(other)
        if op == ">=":
            return other.compare("<=", self)
        if op == "<=":
            return 1 if self.upper <= other.lower else -1 if self.lower > other.upper else 0
        if op == "==":
            if self.lower == self.upper == other.lower == other.upper:
                return 1
            return -1 if self.lower > other.upper or self.upper < other.lower else 0
        raise ValueError(f"op={op!r}: must be <=, >= or ==")

    def __str__(self) -> str:
        if self.lower == self.upper:
            return exact_text(self.lower)
        level = f" with probability at least {1 - self.delta}" if self.delta else ""
        return f"[{float(self.lower):.17g}, {float(self.upper):.17g}]{level}"


def _times(a: Bound, b: Bound) -> Bound:
    return Fraction(0) if a == 0 or b == 0 else a * b


def _inverse(a: Bound) -> Bound:
    return Fraction(0) if isinstance(a, float) else 1 / a
