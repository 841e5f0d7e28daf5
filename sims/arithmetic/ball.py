"""Real balls of any precision: flint ``arb`` numbers in object arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.rational import RATIONAL, RationalArray
from sims.arithmetic.system import Mask, Raw, System

ZERO = flint.arb(0)
INFINITY = flint.arb("inf")


class BallArray(NumberArray):
    """Balls of ``bits`` bits of precision in an object array."""

    def __init__(self, balls: NDArray[Any], bits: int) -> None:
        self.balls = np.asarray(balls, dtype=object)
        self.bits = bits

    @property
    def system(self) -> System:
        """The system ``ball`` at this precision."""
        return Ball(self.bits)

    @property
    def raw(self) -> Raw:
        """The object array of ``arb``."""
        return self.balls

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

    def coerce(self, x: Any) -> BallArray:
        """Take balls, and constants: integers, fractions and Python floats (each the exact number it is)."""
        if isinstance(x, BallArray):
            return x if x.bits == self.bits else BallArray(x.balls, self.bits)
        computed = isinstance(x, np.floating) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")
        if isinstance(x, NumberArray) or is_torch_array(x) or computed:
            kind = x.system.name if isinstance(x, NumberArray) else "float64"
            raise MixedArithmetic(
                f"a {kind} number met a ball. Convert it on purpose with convert(x, 'ball'), or write the "
                "constant as an int or a Fraction."
            )
        return self.convert(x)

    def convert(self, x: Any) -> BallArray:
        """Enclose any numbers; floats are the exact dyadic rationals they are."""
        if isinstance(x, BallArray):
            return BallArray(x.balls, self.bits)
        with self.precision():
            from sims.arithmetic.interval import IntervalArray

            if isinstance(x, IntervalArray):
                pairs = np.broadcast_arrays(x.system.midpoint(x), np.asarray(x.rad))
                return self._each(lambda m, r: flint.arb(float(m), float(r)), *pairs)
            exact: RationalArray = RATIONAL.convert(x)
            den = flint.fmpz(exact.den)
            return self._each(lambda n: flint.arb(flint.fmpq(int(n), den)), exact.num)

    def _each(self, f: Callable[..., Any], *arrays: NDArray[Any]) -> BallArray:
        """Apply ``f`` entry by entry."""
        arrays = tuple(np.broadcast_arrays(*arrays))
        out = np.empty(arrays[0].shape, dtype=object)
        with self.precision():
            for index in np.ndindex(out.shape):
                out[index] = f(*(a[index] for a in arrays))
        return BallArray(out, self.bits)

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Make flint work with this many bits inside the ``with`` block."""
        before, flint.ctx.prec = flint.ctx.prec, self.bits
        try:
            yield
        finally:
            flint.ctx.prec = before

    def lower(self, x: BallArray) -> NDArray[np.float64]:
        return _outward(x, 0, -np.inf)

    def upper(self, x: BallArray) -> NDArray[np.float64]:
        return _outward(x, 1, np.inf)

    def midpoint(self, x: BallArray) -> NDArray[np.float64]:
        flat = [float(b.mid()) for b in x.balls.ravel()]
        return np.array(flat, dtype=np.float64).reshape(x.shape)

    def exact_bounds(self, x: BallArray) -> tuple[Fraction | float, Fraction | float]:
        return _ends(x.balls.reshape(())[()])

    def possibly_nonzero(self, x: BallArray) -> Mask:
        flat = [b != 0 or not b.is_exact() for b in x.balls.ravel()]
        return np.array(flat, dtype=np.bool_).reshape(x.shape)

    # Liftings: object arrays carry the arithmetic themselves.

    def structural(self, f: Callable[..., Raw], *xs: BallArray) -> BallArray:
        return BallArray(_objects(f(*(x.balls for x in xs))), self.bits)

    def linear(self, f: Callable[[Raw], Raw], x: BallArray, terms: int) -> BallArray:
        with self.precision():
            return BallArray(_objects(f(x.balls)), self.bits)

    def bilinear(self, f: Callable[[Raw, Raw], Raw], x: BallArray, y: BallArray, terms: int) -> BallArray:
        with self.precision():
            return BallArray(_objects(f(x.balls, y.balls)), self.bits)

    # Arithmetic.

    def add(self, x: BallArray, y: BallArray) -> BallArray:
        with self.precision():
            return BallArray(_objects(x.balls + y.balls), self.bits)

    def negative(self, x: BallArray) -> BallArray:
        with self.precision():
            return BallArray(_objects(-x.balls), self.bits)

    def divide(self, x: BallArray, y: BallArray) -> BallArray:
        with self.precision():
            return BallArray(_objects(x.balls / y.balls), self.bits)

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
        best = BallArray(slices[0], self.bits)
        for other in slices[1:]:
            best = self.maximum(best, BallArray(other, self.bits))
        return best

    def argmax(self, x: BallArray, axis: int) -> NDArray[np.intp]:
        return np.argmax(self.midpoint(x), axis=axis)

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
        return self._each(lambda b: b.nonnegative_part().sqrt(), x.balls)

    def relative_entropy(self, p: BallArray, q: BallArray) -> BallArray:
        return self._each(_relative_entropy, p.balls, q.balls)


def _relative_entropy(p: Any, q: Any) -> Any:
    if p == 0:
        return ZERO
    if q == 0 and p > 0:
        return INFINITY
    return p * (p / q).log()


def _at_most(a: Any, b: Any) -> int:
    return 1 if a <= b else -1 if a > b else 0


def _equal(a: Any, b: Any) -> int:
    if a.is_exact() and b.is_exact():
        return 1 if a == b else -1
    return 0 if a.overlaps(b) else -1


def _objects(x: Any) -> NDArray[Any]:
    """Keep a single ``arb`` (numpy returns the bare object from 0-d operations) an array."""
    if isinstance(x, np.ndarray):
        return x
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def _ends(ball: Any) -> tuple[Fraction | float, Fraction | float]:
    if ball == INFINITY:
        return np.inf, np.inf
    if not ball.is_finite():
        return -np.inf, np.inf
    mid, rad = (_dyadic(part) for part in (ball.mid(), ball.rad()))
    return mid - rad, mid + rad


def _dyadic(exact: Any) -> Fraction:
    mantissa, exponent = (int(part) for part in exact.man_exp())
    return Fraction(mantissa) * (Fraction(2) ** exponent)


def _outward(x: BallArray, side: int, towards: float) -> NDArray[np.float64]:
    out = np.empty(x.shape, dtype=np.float64)
    for index in np.ndindex(x.shape):
        end = _ends(x.balls[index])[side]
        nearest = _to_float(end)
        overshoot = nearest > end if towards < 0 else nearest < end
        out[index] = np.nextafter(nearest, towards) if overshoot else nearest
    return out


def _to_float(x: Fraction | float) -> float:
    try:
        return float(x)
    except OverflowError:
        return np.inf if x > 0 else -np.inf
