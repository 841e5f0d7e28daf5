"""Real balls of any precision: flint ``arb`` numbers in object arrays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.raw import holds_floats, to_numpy
from sims.arithmetic.system import Mask, Raw, System

ZERO = flint.arb(0)
INFINITY = flint.arb("inf")
WHOLE_LINE = flint.arb("nan")
SPELLED_OUT = 2**14
"""Bounds are spelled out as fractions up to this binary exponent, beyond they are bounded by floats."""

_PRECISION = threading.RLock()
"""flint has one working precision for all threads; whoever sets it holds this lock."""


class BallArray(NumberArray):
    """Balls of ``bits`` bits of precision in an object array.

    Parameters
    ----------
    balls : array of ``arb``, or of what converts to ``arb`` exactly; copied
    bits : working precision of the operations on this array
    """

    def __init__(self, balls: Any, bits: int) -> None:
        self.balls = _all_balls(np.array(balls, dtype=object))
        self.bits = bits

    @property
    def system(self) -> System:
        """The system ``ball`` at this precision."""
        return Ball(self.bits)

    @property
    def raw(self) -> Raw:
        """The object array of ``arb``."""
        return self.balls

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, ([_parts(b) for b in self.balls.ravel()], self.shape, self.bits)

    def __str__(self) -> str:
        return str(self.balls.astype(str)) if self.ndim else str(self.balls.reshape(())[()])

    def __repr__(self) -> str:
        return f"BallArray({self.balls.astype(str).tolist()!r}, bits={self.bits})"


@dataclass(frozen=True)
class Ball(System):
    """Rigorous ball arithmetic.

    Attributes
    ----------
    bits : working precision in bits
    """

    bits: int = 128
    name = "ball"

    def __post_init__(self) -> None:
        if not isinstance(self.bits, int | np.integer) or isinstance(self.bits, bool) or self.bits < 2:
            raise ValueError(f"bits={self.bits!r}: must be an integer number of bits, at least 2")

    def coerce(self, x: Any) -> BallArray:
        """Take balls, and exact constants: integers and fractions; a float raises."""
        if isinstance(x, BallArray):
            return x if x.bits == self.bits else _balls(x.balls, self.bits)
        if isinstance(x, NumberArray) or holds_floats(x):
            kind = x.system.name if isinstance(x, NumberArray) else "float64"
            raise MixedArithmetic(
                f"a {kind} number met balls. Convert it on purpose with convert(x, 'ball'), or write the "
                "constant as an int or a Fraction."
            )
        return self.convert(x)

    def convert(self, x: Any) -> BallArray:
        """Enclose any numbers; floats are the exact dyadic rationals they are."""
        if isinstance(x, BallArray):
            return _balls(x.balls, self.bits)
        if isinstance(x, NumberArray) and x.system.name != "rational":
            mid, rad = (to_numpy(part) for part in x.system.enclose_in_floats(x))
            return self._each(_ball, mid, rad)
        values = x if isinstance(x, NumberArray) else to_numpy(x)
        if isinstance(values, np.ndarray) and values.dtype.kind == "f" and values.dtype.itemsize <= 8:
            return self._each(lambda v: flint.arb(float(v)), values)
        from sims.arithmetic.rational import RATIONAL

        exact = RATIONAL.convert(x)
        den = flint.fmpz(exact.den)
        return self._each(lambda n: flint.arb(flint.fmpq(int(n), den)), exact.num)

    def _each(self, f: Callable[..., Any], *arrays: NDArray[Any]) -> BallArray:
        """Apply ``f`` entry by entry."""
        arrays = tuple(np.broadcast_arrays(*arrays))
        out = np.empty(arrays[0].shape, dtype=object)
        with self.precision():
            for index in np.ndindex(out.shape):
                out[index] = f(*(a[index] for a in arrays))
        return _balls(out, self.bits)

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Make flint work with this many bits inside the ``with`` block; one thread at a time enters it."""
        with _PRECISION:
            before, flint.ctx.prec = flint.ctx.prec, int(self.bits)
            try:
                yield
            finally:
                flint.ctx.prec = before

    def lower(self, x: BallArray) -> NDArray[np.float64]:
        return self._floats(lambda b: _float_below(b.lower()), x)

    def upper(self, x: BallArray) -> NDArray[np.float64]:
        return self._floats(lambda b: -_float_below(-b.upper()), x)

    def midpoint(self, x: BallArray) -> NDArray[np.float64]:
        return self._floats(lambda b: float(b.mid()) if b.is_exact() or b.is_finite() else np.nan, x)

    def _floats(self, f: Callable[[Any], float], x: BallArray) -> NDArray[np.float64]:
        with Ball(max(self.bits, 64)).precision():
            flat = [f(b) for b in x.balls.ravel()]
        return np.array(flat, dtype=np.float64).reshape(x.shape)

    def enclose_in_floats(self, x: BallArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mid = self.midpoint(x)
        with np.errstate(invalid="ignore"):
            distance = self.absolute(self.subtract(x, self.convert(mid)))
        return mid, self.upper(distance)

    def exact_bounds(self, x: BallArray) -> tuple[Fraction | float, Fraction | float]:
        ball: Any = x.balls.reshape(())[()]
        with Ball(max(self.bits, 64)).precision():
            return _fraction_below(ball.lower()), -_fraction_below(-ball.upper())

    def possibly_nonzero(self, x: BallArray) -> Mask:
        flat = [not b.is_zero() for b in x.balls.ravel()]
        return np.array(flat, dtype=np.bool_).reshape(x.shape)

    # Liftings: object arrays carry the arithmetic themselves.

    def structural(self, f: Callable[..., Raw], *xs: BallArray) -> BallArray:
        return _balls(f(*(x.balls for x in xs)), self.bits)

    def linear(self, f: Callable[[Raw], Raw], x: BallArray, terms: int, *, depth: int | None = None) -> BallArray:
        with self.precision():
            out = f(x.balls)
        return _balls(_all_balls(out) if 0 in x.shape else out, self.bits)

    def bilinear(
        self,
        f: Callable[[Raw, Raw], Raw],
        x: BallArray,
        y: BallArray,
        terms: int,
        *,
        depth: int | None = None,
    ) -> BallArray:
        with self.precision():
            out = f(x.balls, y.balls)
        return _balls(_all_balls(out) if 0 in x.shape + y.shape else out, self.bits)

    # Arithmetic.

    def add(self, x: BallArray, y: BallArray) -> BallArray:
        with self.precision():
            return _balls(x.balls + y.balls, self.bits)

    def negative(self, x: BallArray) -> BallArray:
        with self.precision():
            return _balls(-x.balls, self.bits)

    def divide(self, x: BallArray, y: BallArray) -> BallArray:
        with self.precision():
            return _balls(x.balls / y.balls, self.bits)

    def where(self, mask: Mask, x: BallArray, y: BallArray) -> BallArray:
        return self.structural(lambda a, b: np.where(mask, a, b), x, y)

    # Order: numpy's own maximum compares overlapping balls wrongly, so it is never used here.

    def compare(self, x: BallArray, op: str, y: BallArray) -> NDArray[np.int8]:
        decide = {"<=": _at_most, ">=": lambda a, b: _at_most(b, a), "==": _equal}[op]
        pairs = np.broadcast_arrays(x.balls, y.balls)
        out = np.empty(pairs[0].shape, dtype=np.int8)
        for index in np.ndindex(out.shape):
            out[index] = decide(pairs[0][index], pairs[1][index])
        return out

    def maximum(self, x: BallArray, y: BallArray) -> BallArray:
        return self._each(lambda a, b: a.max(b), x.balls, y.balls)

    def amax(self, x: BallArray, axis: int) -> BallArray:
        slices = np.moveaxis(x.balls, axis, 0)
        if not len(slices):
            raise ValueError(f"no largest entry along axis {axis} of shape {x.shape}")
        best = _balls(slices[0], self.bits)
        for other in slices[1:]:
            best = self.maximum(best, _balls(other, self.bits))
        return best

    def argmax(self, x: BallArray, axis: int) -> NDArray[np.intp]:
        known = np.nan_to_num(self.midpoint(x), nan=-np.inf)
        return np.asarray(np.argmax(known, axis=axis))

    def absolute(self, x: BallArray) -> BallArray:
        return self._each(abs, x.balls)

    def hull(self, x: BallArray, y: BallArray) -> BallArray:
        return self._each(lambda a, b: a.union(b), x.balls, y.balls)

    # Analysis.

    def exp(self, x: BallArray) -> BallArray:
        return self._each(lambda b: b.exp(), x.balls)

    def log(self, x: BallArray) -> BallArray:
        return self._each(lambda b: b.log(), x.balls)

    def sqrt(self, x: BallArray) -> BallArray:
        return self._each(lambda b: WHOLE_LINE if b < 0 else b.nonnegative_part().sqrt(), x.balls)

    def relative_entropy(self, p: BallArray, q: BallArray) -> BallArray:
        return self._each(_relative_entropy, p.balls, q.balls)


def _relative_entropy(p: Any, q: Any) -> Any:
    """``p log(p / q)``: convex in p with its least value ``-q/e`` at ``p = q/e``, and decreasing in q."""
    if p == 0:
        return ZERO
    if p > 0 and q == 0:
        return INFINITY
    if p > 0 and q > 0:
        # log1p keeps its digits where p is near q.
        return p * (((p - q) / q).log1p() if abs(p - q) < q / 2 else (p / q).log())
    largest = p.upper()
    if not (largest >= 0 and q > 0):
        return WHOLE_LINE
    bottom = q.upper() / flint.arb(1).exp()
    least = largest * (largest / q.upper()).log() if largest < bottom else -bottom
    return ZERO.union(least).union(largest * (largest / q.lower()).log())


def _at_most(a: Any, b: Any) -> int:
    return 1 if a <= b else -1 if a > b else 0


def _equal(a: Any, b: Any) -> int:
    if a.is_exact() and b.is_exact():
        return 1 if a == b else -1
    return 0 if a.overlaps(b) else -1


def _balls(x: Any, bits: int) -> BallArray:
    """Balls from an object array of ``arb`` (or the bare ``arb`` of a 0-d operation), unchecked, shared."""
    new = object.__new__(BallArray)
    new.balls, new.bits = np.asarray(x, dtype=object), bits
    return new


def _all_balls(x: Any) -> NDArray[Any]:
    """Make every entry an ``arb``: sums without terms, for one, are the integer 0."""
    array = np.asarray(x, dtype=object)
    out = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        entry: Any = array[index]
        out[index] = entry if isinstance(entry, flint.arb) else flint.arb(entry)
    return out


def _ball(mid: float, rad: float) -> Any:
    return flint.arb(float(mid), float(rad)) if np.isfinite(mid) and np.isfinite(rad) else WHOLE_LINE


def _parts(ball: Any) -> tuple[int, int, int, int] | str:
    """Exact integers a finite ball is made of, or the name of an infinite one."""
    if ball.is_finite():
        return (*map(int, ball.mid().man_exp()), *map(int, ball.rad().man_exp()))  # type: ignore[return-value]
    return "inf" if ball == INFINITY else "-inf" if ball == -INFINITY else "nan"


def _unpickled(parts: list[tuple[int, int, int, int] | str], shape: tuple[int, ...], bits: int) -> BallArray:
    out = np.empty(len(parts), dtype=object)
    for i, part in enumerate(parts):
        out[i] = flint.arb(part) if isinstance(part, str) else flint.arb(part[:2], flint.arb(part[2:]))
    return _balls(out.reshape(shape), bits)


def _float_below(end: Any) -> float:
    """Largest float64 below an exact ``arb``."""
    nearest = float(end)
    if np.isnan(nearest):
        return -np.inf
    return float(np.nextafter(nearest, -np.inf)) if flint.arb(nearest) > end else nearest


def _fraction_below(end: Any) -> Fraction | float:
    """Return an exact ``arb`` as a fraction, or a float below it where the fraction would be astronomical."""
    if end.is_finite():
        mantissa, exponent = (int(part) for part in end.man_exp())
        if abs(exponent) <= SPELLED_OUT:
            return Fraction(mantissa) * Fraction(2) ** exponent
    below = _float_below(end)
    return Fraction(below) if np.isfinite(below) else below
