"""Midpoint-radius interval arithmetic on numpy or torch floats (Rump 1999), rounded outward.

Every operation computes its midpoint in ordinary floats and a radius that covers the error of that midpoint, the
radii of the operands, and the rounding of the radius itself. With ``u = 2^-53`` a sum of ``n`` products in any order
errs by at most ``n u / (1 - n u)`` times the sum of their absolute values, plus ``n`` times the smallest subnormal
where products underflow; so a product of interval matrices costs two to four float products.

Assumed of the hardware and libraries: IEEE 754 double precision with gradual underflow, round to nearest, and
``exp``, ``log``, ``sqrt`` correct to 4 units in the last place.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.raw import like, mask_like, to_numpy
from sims.arithmetic.system import Mask, Numbers, Raw, System

U = 2.0**-53
"""Unit roundoff: rounding to nearest errs by at most ``U |result|`` unless the result is subnormal."""
EPS = 2.0**-52
TINY = 2.0**-1068
"""More than all the underflow errors of one multiplication or division and its radius."""
SAFE = 2.0**-900
"""Products of at least this size never underflow, nor do their error bounds."""
ULPS = 8 * EPS
"""Relative error granted to an elementary function: 4 ulp is at most ``4 EPS``, doubled for our own roundings."""


class IntervalArray(NumberArray):
    """Intervals ``[mid - rad, mid + rad]``; a non-finite ``mid`` or ``rad`` stands for the whole line."""

    def __init__(self, mid: Raw, rad: Raw) -> None:
        self.mid = mid
        self.rad = rad

    @property
    def system(self) -> System:
        """The system ``interval``."""
        return INTERVAL

    @property
    def raw(self) -> Raw:
        """The midpoints."""
        return self.mid

    @cached_property
    def magnitude(self) -> Raw:
        """``|mid|``, shared with ``mid`` when nothing is negative."""
        return self.mid if bool((self.mid >= 0).all()) else abs(self.mid)

    @cached_property
    def exact(self) -> bool:
        """Whether every radius is zero."""
        return not bool((self.rad != 0).any())

    @cached_property
    def smallest(self) -> float:
        """Smallest non-zero size of an entry (of its midpoint, or of its radius where the midpoint is zero)."""
        xp = like(self.mid)
        size = xp.where(self.mid == 0, self.rad, self.magnitude)
        if 0 in size.shape:
            return np.inf
        return float(xp.min(xp.where(size == 0, xp.full_like(size, np.inf), size)))

    def __str__(self) -> str:
        return f"{to_numpy(self.mid)} ± {to_numpy(self.rad)}"

    def __repr__(self) -> str:
        return f"IntervalArray(mid={to_numpy(self.mid)!r}, rad={to_numpy(self.rad)!r})"


class Interval(System):
    """Rigorous midpoint-radius intervals over float64."""

    name = "interval"

    def __init__(self, device: str | None = None) -> None:
        self.device = device

    # Making and reading numbers.

    def coerce(self, x: Any) -> IntervalArray:
        """Take intervals, and constants: integers, fractions and Python floats (each the exact number it is)."""
        if isinstance(x, IntervalArray):
            return x
        if isinstance(x, NumberArray) or is_torch_array(x) or _is_computed_float(x):
            kind = x.system.name if isinstance(x, NumberArray) else "float64"
            raise MixedArithmetic(
                f"a {kind} number met an interval. A rounded float would make the enclosure meaningless: convert "
                "it on purpose with convert(x, 'interval'), or write the constant as an int or a Fraction."
            )
        return self.convert(x)

    def convert(self, x: Any) -> IntervalArray:
        """Enclose any numbers; floats and tensors are taken as the exact dyadic rationals they are."""
        if isinstance(x, IntervalArray):
            return self._place(x.mid, x.rad)
        if is_torch_array(x):
            return IntervalArray(x, like(x).zeros_like(x))
        if isinstance(x, NumberArray):
            enclose = getattr(x, "enclose_in_floats", None)
            mid, rad = enclose() if enclose else (x.system.midpoint(x), np.zeros(x.shape))
            return self._place(mid, rad)
        values = np.asarray(x)
        if values.dtype == object or values.dtype.kind in "iu":
            from sims.arithmetic.rational import RATIONAL

            return self._place(*RATIONAL.convert(x).enclose_in_floats())
        mid = values.astype(np.float64, copy=False)
        return self._place(mid, np.zeros(mid.shape))

    def _place(self, mid: Raw, rad: Raw) -> IntervalArray:
        if self.device is None:
            return IntervalArray(mid, rad)
        import torch

        to_device = {"dtype": torch.float64, "device": self.device}
        return IntervalArray(torch.as_tensor(mid, **to_device), torch.as_tensor(rad, **to_device))

    def lower(self, x: IntervalArray) -> NDArray[np.float64]:
        return to_numpy(_bounds(x)[0])

    def upper(self, x: IntervalArray) -> NDArray[np.float64]:
        return to_numpy(_bounds(x)[1])

    def midpoint(self, x: IntervalArray) -> NDArray[np.float64]:
        return to_numpy(x.mid)

    def exact_bounds(self, x: IntervalArray) -> tuple[Fraction | float, Fraction | float]:
        mid, rad = float(to_numpy(x.mid).reshape(())), float(to_numpy(x.rad).reshape(()))
        if not (np.isfinite(mid) and np.isfinite(rad)):
            return -np.inf, np.inf
        return Fraction(mid) - Fraction(rad), Fraction(mid) + Fraction(rad)

    def possibly_nonzero(self, x: IntervalArray) -> Mask:
        return to_numpy((x.mid != 0) | (x.rad != 0))

    # Liftings.

    def structural(self, f: Callable[..., Raw], *xs: IntervalArray) -> IntervalArray:
        mids, rads = [x.mid for x in xs], [x.rad for x in xs]
        if any(is_torch_array(m) for m in mids):
            mids, rads = _on_torch(mids), _on_torch(rads)
        return IntervalArray(f(*mids), f(*rads))

    def linear(self, f: Callable[[Raw], Raw], x: IntervalArray, terms: int) -> IntervalArray:
        mid = f(x.mid)
        size = mid if x.magnitude is x.mid else f(x.magnitude)
        # Adding subnormals is exact, so sums need no underflow term.
        radius = _gamma(terms) * size if x.exact else f(x.rad) + _gamma(terms) * size
        return IntervalArray(mid, _up(radius, terms))

    def bilinear(
        self, f: Callable[[Raw, Raw], Raw], x: IntervalArray, y: IntervalArray, terms: int
    ) -> IntervalArray:
        if is_torch_array(x.mid) or is_torch_array(y.mid):
            x, y = _both_on_torch(x, y)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            mid = f(x.mid, y.mid)
            nonnegative = x.magnitude is x.mid and y.magnitude is y.mid
            radius = _gamma(terms) * (mid if nonnegative else f(x.magnitude, y.magnitude))
            if not y.exact:
                radius = radius + f(x.magnitude, y.rad)
            if not x.exact:
                radius = radius + f(x.rad, y.magnitude if y.exact else y.magnitude + y.rad)
            radius = _up(radius, terms)
            if x.smallest * y.smallest < SAFE:
                present = f(_nonzero(x), _nonzero(y)) > 0
                radius = radius + like(mid).astype(present, mid.dtype) * (terms * TINY)
        return IntervalArray(mid, radius)

    # Arithmetic.

    def add(self, x: IntervalArray, y: IntervalArray) -> IntervalArray:
        if is_torch_array(x.mid) or is_torch_array(y.mid):
            x, y = _both_on_torch(x, y)
        with np.errstate(over="ignore", invalid="ignore"):
            mid = x.mid + y.mid
            return IntervalArray(mid, _up(x.rad + y.rad + U * abs(mid), 1))

    def negative(self, x: IntervalArray) -> IntervalArray:
        return IntervalArray(-x.mid, x.rad)

    def divide(self, x: IntervalArray, y: IntervalArray) -> IntervalArray:
        if is_torch_array(x.mid) or is_torch_array(y.mid):
            x, y = _both_on_torch(x, y)
        xp = like(x.mid)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            mid = x.mid / y.mid
            # |x/y - a/b| <= (rad x + |a/b| rad y) / (|b| - rad y)
            distance = (abs(y.mid) - y.rad) * (1 - 4 * EPS)
            present = TINY * _nonzero(x)
            underflow = 0.0 if y.exact else present * (1 + y.rad)
            radius = _up((x.rad + abs(mid) * y.rad + underflow) / distance + EPS * abs(mid), 6) + present
            unsafe = ~((distance > 2.0**-1000) & xp.isfinite(mid))
            return IntervalArray(mid, xp.where(unsafe, xp.full_like(radius, np.inf), radius))

    def where(self, mask: Mask, x: IntervalArray, y: IntervalArray) -> IntervalArray:
        return self.structural(lambda a, b: like(a).where(mask_like(mask, a), a, b), x, y)

    # Order.

    def compare(self, x: IntervalArray, op: str, y: IntervalArray) -> NDArray[np.int8]:
        x_low, x_high, y_low, y_high = self.lower(x), self.upper(x), self.lower(y), self.upper(y)
        at_most, at_least = (x_high <= y_low), (x_low >= y_high)
        above, below = (x_low > y_high), (x_high < y_low)
        if op == "==":
            return np.where(at_most & at_least, 1, np.where(above | below, -1, 0)).astype(np.int8)
        yes, no = (at_most, above) if op == "<=" else (at_least, below)
        return np.where(yes, 1, np.where(no, -1, 0)).astype(np.int8)

    def maximum(self, x: IntervalArray, y: IntervalArray) -> IntervalArray:
        if is_torch_array(x.mid) or is_torch_array(y.mid):
            x, y = _both_on_torch(x, y)
        xp = like(x.mid)
        (x_low, x_high), (y_low, y_high) = _bounds(x), _bounds(y)
        return _from_bounds(xp.maximum(x_low, y_low), xp.maximum(x_high, y_high))

    def amax(self, x: IntervalArray, axis: int) -> IntervalArray:
        xp = like(x.mid)
        low, high = _bounds(x)
        return _from_bounds(xp.max(low, axis=axis), xp.max(high, axis=axis))

    def argmax(self, x: IntervalArray, axis: int) -> NDArray[np.intp]:
        return np.argmax(to_numpy(x.mid), axis=axis)

    def absolute(self, x: IntervalArray) -> IntervalArray:
        xp = like(x.mid)
        straddles = abs(x.mid) < x.rad
        if not bool(straddles.any()):
            return IntervalArray(abs(x.mid), x.rad)
        low, high = _bounds(x)
        zero = xp.zeros_like(low)
        folded = _from_bounds(zero, xp.maximum(-low, high))
        return IntervalArray(xp.where(straddles, folded.mid, abs(x.mid)), xp.where(straddles, folded.rad, x.rad))

    def hull(self, x: IntervalArray, y: IntervalArray) -> IntervalArray:
        if is_torch_array(x.mid) or is_torch_array(y.mid):
            x, y = _both_on_torch(x, y)
        return _from_bounds(_bounds(x)[0], like(x.mid).maximum(_bounds(x)[1], _bounds(y)[1]))

    # Analysis.

    def exp(self, x: IntervalArray) -> IntervalArray:
        xp = like(x.mid)
        with np.errstate(over="ignore", under="ignore"):
            low, high = (xp.exp(bound) for bound in _bounds(x))
        low = xp.clip(low * (1 - ULPS) - TINY, 0.0, None)
        exactly_one = (x.mid == 0) & (x.rad == 0)
        one = xp.ones_like(low)
        return _from_bounds(xp.where(exactly_one, one, low), xp.where(exactly_one, one, high * (1 + ULPS) + TINY))

    def log(self, x: IntervalArray) -> IntervalArray:
        xp = like(x.mid)
        low, high = _bounds(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = xp.log(xp.clip(low, 0.0, None)), xp.log(high)
        # Near 1 the logarithm is small and 4 ulp of it are, too; log(1) = 0 exactly.
        return _from_bounds(low - ULPS * abs(low), high + ULPS * abs(high))

    def sqrt(self, x: IntervalArray) -> IntervalArray:
        xp = like(x.mid)
        low, high = _bounds(x)
        with np.errstate(invalid="ignore"):
            low, high = xp.sqrt(xp.clip(low, 0.0, None)), xp.sqrt(high)
        return _from_bounds(low * (1 - ULPS), high * (1 + ULPS))

    def relative_entropy(self, p: IntervalArray, q: IntervalArray) -> IntervalArray:
        present = self.possibly_nonzero(p)
        one = self.convert(1.0)
        ratio = self.divide(self.where(present, p, one), self.where(present, q, one))
        return self.where(present, self.multiply(p, self.log(ratio)), self.convert(0.0))


INTERVAL = Interval()


def _gamma(terms: int) -> float:
    """Relative error of a sum of ``terms`` products, over the sum of absolute values *as computed*."""
    return terms * U * (1 + 2 * terms * EPS)


def _up(radius: Raw, terms: int) -> Raw:
    """Enlarge a non-negative radius so that it exceeds what exact arithmetic would have given."""
    return radius * (1 + (terms + 6) * EPS)


def _nonzero(x: IntervalArray) -> Raw:
    """1.0 where an entry may be non-zero, else 0.0."""
    xp = like(x.mid)
    return xp.astype((x.mid != 0) | (x.rad != 0), x.mid.dtype)


def _bounds(x: IntervalArray) -> tuple[Raw, Raw]:
    """Floats below and above each interval."""
    xp = like(x.mid)
    if x.exact:
        finite = xp.isfinite(x.mid)
        if bool(finite.all()):
            return x.mid, x.mid
    infinity = xp.full_like(x.mid, np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        low = xp.nextafter(x.mid - x.rad, -infinity)
        high = xp.nextafter(x.mid + x.rad, infinity)
    finite = xp.isfinite(x.mid) & xp.isfinite(x.rad)
    point = finite & (x.rad == 0)
    low = xp.where(point, x.mid, xp.where(finite, low, -infinity))
    high = xp.where(point, x.mid, xp.where(finite, high, infinity))
    return low, high


def _from_bounds(low: Raw, high: Raw) -> IntervalArray:
    xp = like(low)
    with np.errstate(over="ignore", invalid="ignore"):
        mid = low / 2 + high / 2
        mid = xp.where(low == high, low, mid)
        radius = xp.maximum(high - mid, mid - low) * (1 + 2 * EPS)
    return IntervalArray(mid, xp.where(low == high, xp.zeros_like(low), radius))


def _on_torch(raws: list[Raw]) -> list[Raw]:
    model = next(r for r in raws if is_torch_array(r))
    return [r if is_torch_array(r) else model.new_tensor(np.asarray(r)) for r in raws]


def _both_on_torch(x: IntervalArray, y: IntervalArray) -> tuple[IntervalArray, IntervalArray]:
    (x_mid, y_mid), (x_rad, y_rad) = _on_torch([x.mid, y.mid]), _on_torch([x.rad, y.rad])
    return IntervalArray(x_mid, x_rad), IntervalArray(y_mid, y_rad)


def _is_computed_float(x: Any) -> bool:
    return isinstance(x, np.floating) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")
