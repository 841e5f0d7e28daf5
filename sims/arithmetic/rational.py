"""Exact rationals: integer numerators over one common denominator.

Probabilities of a model share a denominator, sums keep it and products multiply it, so contractions are integer
contractions: int64 while the bound on the result fits, Python integers beyond. No gcd is taken on the way.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic, NotRepresentable, NotSingle
from sims.arithmetic.numbers import NumberArray, exact_text
from sims.arithmetic.system import Mask, Numbers, Raw, System

INT64 = 2**62
"""Numerators up to this size are kept as int64."""


class RationalArray(NumberArray):
    """Exact rationals ``num / den``.

    Attributes
    ----------
    num : integer array, int64 or Python integers
    den : positive integer, common to all entries
    """

    def __init__(self, num: NDArray[Any], den: int = 1) -> None:
        num = np.asarray(num)
        # A Python integer from 2**63 to 2**64 (the sum of an object array) would become uint64, which wraps.
        self.num = num.astype(object) if num.dtype.kind == "u" else num
        self.den = int(den)

    @property
    def system(self) -> System:
        """The system ``rational``."""
        return RATIONAL

    @property
    def raw(self) -> Raw:
        """The numerators."""
        return self.num

    @cached_property
    def bound(self) -> int:
        """Largest numerator in absolute value."""
        return int(np.max(np.abs(self.num))) if self.num.size else 0

    def _single(self) -> Fraction:
        if self.num.size != 1:
            raise NotSingle(
                f"only a single rational is a Fraction, this array has shape {self.shape}; see .fractions(). A Fraction on "
                "the left of <= or == asks for one, too: write the array first, x >= Fraction(1, 2)."
            )
        return Fraction(int(self.num.reshape(())[()]), self.den)

    @property
    def numerator(self) -> int:
        """Numerator of a single number in lowest terms."""
        return self._single().numerator

    @property
    def denominator(self) -> int:
        """Denominator of a single number in lowest terms."""
        return self._single().denominator

    def fractions(self) -> NDArray[Any]:
        """The entries as ``fractions.Fraction`` objects in an object array of the same shape."""
        entries = np.empty(self.num.size, dtype=object)
        entries[:] = [Fraction(int(n), self.den) for n in self.num.ravel()]
        return entries.reshape(self.shape)

    def reduced(self) -> RationalArray:
        """The same numbers over their least common denominator."""
        divisor = math.gcd(self.den, *(int(n) for n in self.num.ravel()))
        return self if divisor == 1 else _compact(self.num // divisor, self.den // divisor)

    def enclose_in_floats(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Nearest float64 of each entry, and a bound on its error (zero where it is exact)."""
        if self.num.dtype != object and self.bound <= 2**53 and self.den <= 2**53:
            mid = self.num / self.den
            if self.den & (self.den - 1) == 0:
                return mid, np.zeros(mid.shape)
            divisor = self.den // np.gcd(self.num, self.den)
            exact = divisor & (divisor - 1) == 0
            return mid, np.where(exact, 0.0, np.abs(mid) * 2.0**-53 * (1 + 2.0**-52) + 5e-324)
        pairs = [_nearest(int(n), self.den) for n in self.num.ravel()]
        flat = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return flat[:, 0].reshape(self.shape), flat[:, 1].reshape(self.shape)

    def __str__(self) -> str:
        return exact_text(self._single()) if self.num.size == 1 else str(self._texts().astype(str))

    def __repr__(self) -> str:
        return f"RationalArray({self._texts().tolist()!r})"

    def _texts(self) -> NDArray[Any]:
        return np.vectorize(exact_text, otypes=[object])(self.fractions())


# Lets Fraction(x) read a single entry.
numbers.Rational.register(RationalArray)


class Rational(System):
    """Exact rational numbers."""

    name = "rational"

    def coerce(self, x: Any) -> RationalArray:
        """Take rationals and exact constants; a float raises."""
        if isinstance(x, RationalArray):
            return x
        inexact = isinstance(x, NumberArray | float | np.floating) or is_torch_array(x)
        if inexact or (isinstance(x, np.ndarray) and x.dtype.kind == "f"):
            kind = x.system.name if isinstance(x, NumberArray) else f"float ({x})" if np.ndim(x) == 0 else "float64"
            raise MixedArithmetic(
                f"a {kind} number met exact rationals. Write constants as int or Fraction(1, 3), or convert on "
                "purpose with convert(x, 'rational'), which takes a float as the dyadic rational it is."
            )
        return self.convert(x)

    def convert(self, x: Any) -> RationalArray:
        """Take numbers exactly; a float is the dyadic rational it is. Enclosures have no single value and raise."""
        if isinstance(x, RationalArray):
            return x
        if isinstance(x, NumberArray) and x.system.name != "float64":
            raise NotRepresentable(
                f"a {x.system.name} number is a set, not one rational; convert the model or policy it came from."
            )
        if isinstance(x, Fraction):
            return _compact(np.array(x.numerator, dtype=object), x.denominator)
        values = np.asarray(x.system.midpoint(x) if isinstance(x, NumberArray) else x)
        if is_torch_array(x):
            values = x.detach().cpu().numpy()
        if values.dtype.kind in "iub":
            return RationalArray(values.astype(np.int64))
        if values.dtype.kind == "f":
            dyadic = _dyadic(values)
            if dyadic is not None:
                return dyadic
        entries = [_fraction(v) for v in values.ravel()]
        den = math.lcm(*(f.denominator for f in entries)) if entries else 1
        num = np.empty(len(entries), dtype=object)
        num[:] = [f.numerator * (den // f.denominator) for f in entries]
        return _compact(num.reshape(values.shape), den)

    def lower(self, x: RationalArray) -> NDArray[np.float64]:
        mid, rad = x.enclose_in_floats()
        return np.where(rad == 0, mid, np.nextafter(mid, -np.inf))

    def upper(self, x: RationalArray) -> NDArray[np.float64]:
        mid, rad = x.enclose_in_floats()
        return np.where(rad == 0, mid, np.nextafter(mid, np.inf))

    def midpoint(self, x: RationalArray) -> NDArray[np.float64]:
        return x.enclose_in_floats()[0]

    def exact_bounds(self, x: RationalArray) -> tuple[Fraction | float, Fraction | float]:
        value = Fraction(x)
        return value, value

    def possibly_nonzero(self, x: RationalArray) -> Mask:
        return np.asarray(x.num != 0, dtype=np.bool_)

    # Liftings.

    def structural(self, f: Callable[..., Raw], *xs: RationalArray) -> RationalArray:
        nums, den = _over_one_denominator(*xs)
        return RationalArray(f(*nums), den)

    def linear(self, f: Callable[[Raw], Raw], x: RationalArray, terms: int) -> RationalArray:
        return RationalArray(f(_exact(x.num, x.bound * terms)), x.den)

    def bilinear(
        self, f: Callable[[Raw, Raw], Raw], x: RationalArray, y: RationalArray, terms: int
    ) -> RationalArray:
        size = x.bound * y.bound * terms
        return RationalArray(f(_exact(x.num, size), _exact(y.num, size)), x.den * y.den)

    # Arithmetic.

    def add(self, x: RationalArray, y: RationalArray) -> RationalArray:
        (a, b), den = _over_one_denominator(x, y)
        return RationalArray(a + b, den)

    def negative(self, x: RationalArray) -> RationalArray:
        return RationalArray(-x.num, x.den)

    def divide(self, x: RationalArray, y: RationalArray) -> RationalArray:
        if np.any(y.num == 0):
            where = np.argwhere(y.num == 0)[0].tolist()
            raise ZeroDivisionError(f"division by an exact zero at entry {where} of shape {y.shape}")
        flat = [int(n) for n in y.num.ravel()]
        common = math.lcm(*flat)
        inverse = np.empty(len(flat), dtype=object)
        inverse[:] = [y.den * (common // n) for n in flat]
        return self.multiply(x, _compact(inverse.reshape(y.shape), common))

    def where(self, mask: Mask, x: RationalArray, y: RationalArray) -> RationalArray:
        return self.structural(lambda a, b: np.where(mask, a, b), x, y)

    # Order.

    def compare(self, x: RationalArray, op: str, y: RationalArray) -> NDArray[np.int8]:
        (a, b), _ = _over_one_denominator(x, y)
        decided = {"<=": a <= b, ">=": a >= b, "==": a == b}[op]
        return np.where(np.asarray(decided, dtype=np.bool_), 1, -1).astype(np.int8)

    def maximum(self, x: RationalArray, y: RationalArray) -> RationalArray:
        return self.structural(np.maximum, x, y)

    def amax(self, x: RationalArray, axis: int) -> RationalArray:
        return RationalArray(np.max(x.num, axis=axis), x.den)

    def argmax(self, x: RationalArray, axis: int) -> NDArray[np.intp]:
        return np.argmax(x.num, axis=axis)

    def absolute(self, x: RationalArray) -> RationalArray:
        return RationalArray(np.abs(x.num), x.den)

    def hull(self, x: RationalArray, y: RationalArray) -> RationalArray:
        if np.any(self.compare(x, "==", y) != 1):
            raise NotRepresentable("two different rationals are no single rational; use interval or ball.")
        return x

    # Analysis.

    def exp(self, x: RationalArray) -> RationalArray:
        return _irrational("exp")

    def log(self, x: RationalArray) -> RationalArray:
        return _irrational("log")

    def sqrt(self, x: RationalArray) -> RationalArray:
        return _irrational("sqrt")

    def relative_entropy(self, p: RationalArray, q: RationalArray) -> RationalArray:
        return _irrational("relative_entropy")


RATIONAL = Rational()


def _irrational(function: str) -> RationalArray:
    raise NotRepresentable(f"{function} of a rational is not rational; use the systems interval or ball.")


def _exact(num: NDArray[Any], size: int) -> NDArray[Any]:
    """Integers wide enough for results of absolute value up to ``size``."""
    return num.astype(object) if size > INT64 and num.dtype != object else num


def _compact(num: NDArray[Any], den: int) -> RationalArray:
    """Store numerators as int64 if they fit."""
    num, den = (num, den) if den > 0 else (-num, -den)
    array = RationalArray(num, den)
    return RationalArray(num.astype(np.int64), den) if num.dtype == object and array.bound <= INT64 else array


def _over_one_denominator(*xs: RationalArray) -> tuple[list[NDArray[Any]], int]:
    den = math.lcm(*(x.den for x in xs))
    nums = []
    for x in xs:
        factor = den // x.den
        num = _exact(x.num, 2 * max(x.bound, 1) * factor)
        nums.append(num if factor == 1 else np.asarray(num * factor, dtype=num.dtype))
    return nums, den


def _fraction(x: Any) -> Fraction:
    if isinstance(x, float | np.floating) and not np.isfinite(x):
        raise NotRepresentable(f"{x} is not a rational number")
    return Fraction(x) if isinstance(x, int | float | Fraction | str) else Fraction(x.item() if hasattr(x, "item") else x)


def _dyadic(values: NDArray[Any]) -> RationalArray | None:
    """Floats that are multiples of ``2**-52`` below ``2**10``, all at once; else None."""
    scaled = values.astype(np.float64) * 2.0**52
    if not np.all(np.abs(scaled) < 2.0**62) or np.any(scaled != np.rint(scaled)):
        return None
    num = scaled.astype(np.int64)
    used = int(np.bitwise_or.reduce(num, axis=None)) | 2**52
    shift = (used & -used).bit_length() - 1
    return RationalArray(num >> shift, 2 ** (52 - shift))


def _nearest(num: int, den: int) -> tuple[float, float]:
    try:
        mid = num / den
    except OverflowError:
        return math.inf, math.inf
    p, q = mid.as_integer_ratio()
    return (mid, 0.0) if p * den == num * q else (mid, abs(mid) * 2.0**-53 * (1 + 2.0**-52) + 5e-324)
