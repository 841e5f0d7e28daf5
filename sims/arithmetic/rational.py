"""Exact rationals: integer numerators over one common denominator.

Probabilities of a model share a denominator, sums keep it and products multiply it, so contractions are
integer contractions: int64 while the bound on the result fits, Python integers beyond. No gcd is taken on the
way.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic, NotRepresentable, NotSingle
from sims.arithmetic.numbers import NumberArray, exact_text
from sims.arithmetic.raw import holds_floats, to_numpy
from sims.arithmetic.system import Mask, Raw, System

INT64 = 2**62
"""Numerators up to this size may be kept as int64; larger ones are Python integers."""


class RationalArray(NumberArray):
    """Exact rationals ``num / den``.

    A single one converts with ``Fraction(x)``. For that it passes for a ``numbers.Rational``, with the one
    catch that ``Fraction(1, 2) <= x``, unlike ``x >= Fraction(1, 2)``, is a plain bool: Python asks the left
    side first.

    Parameters
    ----------
    num : array of integers of any size; copied
    den : integer other than zero, common to all entries

    Raises
    ------
    TypeError
        If the numerators or the denominator are not integers.
    ZeroDivisionError
        If the denominator is zero.
    """

    def __init__(self, num: Any, den: int = 1) -> None:
        array, den = np.asarray(num), operator.index(den)
        if array.dtype.kind == "f" and not isinstance(num, np.ndarray):
            whole = np.asarray(num, dtype=object)  # numpy reads [2**63, 1] as floats
            array = whole if all(isinstance(n, int) for n in whole.ravel()) else array
        if array.dtype.kind == "O":
            array = _objects([operator.index(n) for n in array.ravel()], array.shape)
        elif array.dtype.kind not in "iub":
            raise TypeError(f"num must be integers, not {array.dtype}; convert() takes other numbers")
        if den == 0:
            raise ZeroDivisionError("den is 0")
        fits = array.size == 0 or max(int(array.max()), -int(array.min())) <= INT64
        self.num = array.astype(np.int64) if fits else array.astype(object)
        self.den = abs(den)
        if den < 0:
            self.num = -self.num

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
        return max(int(self.num.max()), -int(self.num.min())) if self.num.size else 0

    def _single(self) -> Fraction:
        if self.num.size != 1:
            raise NotSingle(
                f"only a single rational is a Fraction, this array has shape {self.shape}; see .fractions(). "
                "A Fraction on the left of <= or == asks for one, too: write x >= Fraction(1, 2)."
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
        """Return the entries as ``fractions.Fraction`` objects in an object array of the same shape."""
        return _objects([Fraction(n, self.den) for n in self.num.ravel().tolist()], self.shape)

    def reduced(self) -> RationalArray:
        """Return the same numbers over their least common denominator."""
        if not self.bound:
            return _rational(np.zeros(self.shape, dtype=np.int64), 1)
        divisor = math.gcd(self.den, int(np.gcd.reduce(self.num.ravel())))
        return self if divisor == 1 else RationalArray(self.num // divisor, self.den // divisor)

    def __str__(self) -> str:
        return exact_text(self._single()) if self.num.size == 1 else str(self._texts().astype(str))

    def __repr__(self) -> str:
        return f"RationalArray({self._texts().tolist()!r})"

    def _texts(self) -> NDArray[Any]:
        return _objects([exact_text(entry) for entry in self.fractions().ravel()], self.shape)


# Lets Fraction(x) read a single entry.
numbers.Rational.register(RationalArray)


class Rational(System):
    """Exact rational numbers."""

    name = "rational"
    exact = True

    def coerce(self, x: Any) -> RationalArray:
        """Take rationals and exact constants; a float raises."""
        if isinstance(x, RationalArray):
            return x
        if isinstance(x, NumberArray) or holds_floats(x):
            kind = x.system.name if isinstance(x, NumberArray) else "float64"
            shown = "" if getattr(x, "shape", ()) else f" ({x})"
            raise MixedArithmetic(
                f"a {kind} number{shown} met exact rationals. Write constants as int or Fraction(1, 3), or "
                "convert on purpose with convert(x, 'rational'), which takes floats as the dyadics they are."
            )
        return self.convert(x)

    def convert(self, x: Any) -> RationalArray:
        """Take numbers exactly; a float is the dyadic rational it is.

        Raises
        ------
        NotRepresentable
            If ``x`` is an enclosure, which is no single number, or not finite.
        """
        if isinstance(x, RationalArray):
            return x
        if isinstance(x, NumberArray) and x.system.name != "float64":
            raise NotRepresentable(
                f"a {x.system.name} number is a set, not one rational; convert the model or policy it came from."
            )
        values = to_numpy(x.raw if isinstance(x, NumberArray) else x)
        if values.dtype.kind in "iub":
            return RationalArray(values)
        if values.dtype.kind == "f" and values.dtype.itemsize <= 8:
            dyadic = _dyadic(values.astype(np.float64))
            if dyadic is not None:
                return dyadic
        entries = [_fraction(v) for v in values.ravel()]
        den = math.lcm(*(f.denominator for f in entries))
        return RationalArray(_objects([f.numerator * (den // f.denominator) for f in entries], values.shape), den)

    def lower(self, x: RationalArray) -> NDArray[np.float64]:
        mid, rad = self.enclose_in_floats(x)
        return np.where(rad == 0, mid, np.nextafter(mid, -np.inf))

    def upper(self, x: RationalArray) -> NDArray[np.float64]:
        mid, rad = self.enclose_in_floats(x)
        return np.where(rad == 0, mid, np.nextafter(mid, np.inf))

    def midpoint(self, x: RationalArray) -> NDArray[np.float64]:
        return self.enclose_in_floats(x)[0]

    def enclose_in_floats(self, x: RationalArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Nearest float64 of each entry, and a bound on its error (zero where it is exact)."""
        if x.num.dtype != object and x.bound <= 2**53 and x.den <= 2**53:
            mid = np.asarray(x.num / x.den)
            if x.den & (x.den - 1) == 0:
                return mid, np.zeros(mid.shape)
            reduced = x.den // np.gcd(x.num, x.den)
            return mid, np.where(reduced & (reduced - 1) == 0, 0.0, _rounding_error(mid))
        pairs = [_nearest(n, x.den) for n in x.num.ravel().tolist()]
        flat = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return flat[:, 0].reshape(x.shape), flat[:, 1].reshape(x.shape)

    def exact_bounds(self, x: RationalArray) -> tuple[Fraction | float, Fraction | float]:
        value = Fraction(x.numerator, x.denominator)
        return value, value

    def possibly_nonzero(self, x: RationalArray) -> Mask:
        return np.asarray(x.num != 0, dtype=np.bool_)

    # Liftings.

    def structural(self, f: Callable[..., Raw], *xs: RationalArray) -> RationalArray:
        nums, den = _over_one_denominator(*xs)
        return _rational(f(*nums), den)

    def linear(
        self, f: Callable[[Raw], Raw], x: RationalArray, terms: int, *, depth: int | None = None
    ) -> RationalArray:
        return _rational(f(_wide(x.num, x.bound * terms)), x.den)

    def bilinear(
        self,
        f: Callable[[Raw, Raw], Raw],
        x: RationalArray,
        y: RationalArray,
        terms: int,
        *,
        depth: int | None = None,
    ) -> RationalArray:
        size = max(x.bound, 1) * max(y.bound, 1) * terms
        return _rational(f(_wide(x.num, size), _wide(y.num, size)), x.den * y.den)

    # Arithmetic.

    def add(self, x: RationalArray, y: RationalArray) -> RationalArray:
        (a, b), den = _over_one_denominator(x, y)
        return _rational(a + b, den)

    def negative(self, x: RationalArray) -> RationalArray:
        return _rational(-x.num, x.den)

    def divide(self, x: RationalArray, y: RationalArray) -> RationalArray:
        if np.any(y.num == 0):
            where = np.argwhere(np.asarray(y.num == 0))[0].tolist()
            raise ZeroDivisionError(f"division by an exact zero at entry {where} of shape {y.shape}")
        flat = y.num.ravel().tolist()
        common = math.lcm(*flat)
        inverse = RationalArray(_objects([y.den * (common // n) for n in flat], y.shape), common)
        return self.bilinear(operator.mul, x, inverse, 1)

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
        return _rational(np.max(x.num, axis=axis), x.den)

    def argmax(self, x: RationalArray, axis: int) -> NDArray[np.intp]:
        return np.asarray(np.argmax(x.num, axis=axis))

    def absolute(self, x: RationalArray) -> RationalArray:
        return _rational(np.abs(x.num), x.den)

    def hull(self, x: RationalArray, y: RationalArray) -> RationalArray:
        """Return the one number if they are equal; else there is no such rational."""
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
    raise NotRepresentable(
        f"{function} of a rational is not rational; use the systems interval or ball.\n"
        "  A constant in a claim is brought to the system of what it meets: with `from sims import arithmetic as ar`, "
        f"{function}(ar.system_of(x).convert(4))."
    )


def _rational(num: Any, den: int) -> RationalArray:
    """Rationals from numerators that are known to fit, unchecked and shared."""
    new = object.__new__(RationalArray)
    # Operations on 0-d object arrays give bare integers, which numpy would read as int64 or even uint64.
    new.num = np.asarray(num, dtype=None if isinstance(num, np.ndarray | np.generic) else object)
    new.den = den
    return new


def _objects(entries: list[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    out = np.empty(len(entries), dtype=object)
    out[:] = entries
    return out.reshape(shape)


def _wide(num: NDArray[Any], size: int) -> NDArray[Any]:
    """Integers wide enough for results of absolute value up to ``size``."""
    return num.astype(object) if size > INT64 and num.dtype != object else num


def _over_one_denominator(*xs: RationalArray) -> tuple[list[NDArray[Any]], int]:
    """Numerators over the least common denominator, small enough to add two of them."""
    den = math.lcm(*(x.den for x in xs))
    nums = []
    for x in xs:
        factor = den // x.den
        num = _wide(x.num, 2 * max(x.bound, 1) * factor)
        nums.append(num if factor == 1 else np.asarray(num * factor, dtype=num.dtype))
    return nums, den


def _fraction(x: Any) -> Fraction:
    # Fraction would keep a numpy integer as it is, and let it overflow.
    x = x.item() if isinstance(x, np.generic) else x
    if isinstance(x, float | np.longdouble) and not np.isfinite(x):
        raise NotRepresentable(f"{x} is not a rational number")
    try:
        return Fraction(*x.as_integer_ratio()) if isinstance(x, np.longdouble) else Fraction(x)
    except (TypeError, ValueError):
        raise TypeError(f"{x!r} is not a number; give int, Fraction, float, or a string such as '3/7'") from None


def _dyadic(values: NDArray[np.float64]) -> RationalArray | None:
    """Floats that are multiples of ``2**-52`` below ``2**10``, all at once; else None."""
    with np.errstate(over="ignore"):
        scaled = np.asarray(values * 2.0**52)
    if not np.all(np.abs(scaled) < 2.0**62) or np.any(scaled != np.rint(scaled)):
        return None
    num = scaled.astype(np.int64)
    used = int(np.bitwise_or.reduce(num, axis=None)) | 2**52
    shift = (used & -used).bit_length() - 1
    return _rational(num >> shift, 2 ** (52 - shift))


def _rounding_error(nearest: Any) -> Any:
    """Bound on the error of rounding to nearest, which gave ``nearest``."""
    return np.abs(nearest) * 2.0**-53 * (1 + 2.0**-52) + 2.0**-1074


def _nearest(num: int, den: int) -> tuple[float, float]:
    try:
        mid = num / den
    except OverflowError:
        return math.inf if num > 0 else -math.inf, math.inf
    p, q = mid.as_integer_ratio()
    return mid, 0.0 if p * den == num * q else float(_rounding_error(mid))
