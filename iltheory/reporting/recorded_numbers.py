"""A number system that keeps, besides each number, the formula it was computed by.

Whatever the toolkit computes in it is recorded for the independent checker. What a computation only looks at (a sign
that decides between two ways, an entry that is zero) is recorded as a statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.reporting.recorded_formulas import Formulas, Node, NotRecordable
from sims import arithmetic as ar
from sims.arithmetic import Mask, NumberArray, Numbers, Raw, System

SLACK = Fraction(1, 2**100)
"""The checker's enclosures are a little wider than balls."""


class RecordedArray(NumberArray):
    """Numbers with the formulas of their entries.

    Attributes
    ----------
    numbers : the same numbers in the system that computes
    whole : the formula of the whole table, if it has one
    axes : how many axes that table has; those behind them have length 1
    """

    def __init__(self, system: Recording, numbers: Numbers, *, entries: Any = None, whole: Any = None) -> None:
        self._system, self.numbers, self.whole, self.axes = system, numbers, whole, len(numbers.shape)
        self._entries = None if entries is None else np.asarray(entries, dtype=object)

    @property
    def system(self) -> Recording:
        """The system that records."""
        return self._system

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return tuple(self.numbers.shape)

    @property
    def raw(self) -> Raw:
        """The formulas of the entries."""
        if self._entries is None:
            self._entries = np.empty(self.shape, dtype=object)
            for index in np.ndindex(self.shape):
                at = index[: self.axes]
                self._entries[index] = self.system.formulas.make("at", self.whole, *at) if at else self.whole
        return self._entries

    @property
    def formula(self) -> Any:
        """The formula of the table, or of the number."""
        if self.whole is not None and self.axes == self.ndim:
            return self.whole
        return self.system.formulas.table(self.raw.tolist())

    def __pow__(self, exponent: int) -> RecordedArray:
        n = int(exponent)
        if n in (0, 1):
            return super().__pow__(n)
        return 1 / self**-n if n < 0 else self.system.each("**", super().__pow__(n).numbers, self, Fraction(n))


class RecordedCount(int):
    """A whole number of an instance, which formulas call by its name."""

    formula: Any
    formulas: Formulas

    def __new__(cls, number: int, formula: Any, formulas: Formulas) -> RecordedCount:
        """Make a number with its formula."""
        new = super().__new__(cls, number)
        new.formula, new.formulas = formula, formulas
        return new

    def __reduce__(self) -> Any:
        return int, (int(self),)

    def _combined(self, op: str, x: Any, y: Any, number: Any) -> Any:
        if not isinstance(number, int):
            return number
        sides = [one.formula if isinstance(one, RecordedCount) else Fraction(one) for one in (x, y)]
        return RecordedCount(number, self.formulas.make(op, *sides), self.formulas)

    def __add__(self, other: Any) -> Any:
        return self._combined("+", self, other, super().__add__(other))

    def __radd__(self, other: Any) -> Any:
        return self._combined("+", other, self, super().__radd__(other))

    def __sub__(self, other: Any) -> Any:
        return self._combined("-", self, other, super().__sub__(other))

    def __rsub__(self, other: Any) -> Any:
        return self._combined("-", other, self, super().__rsub__(other))

    def __mul__(self, other: Any) -> Any:
        return self._combined("*", self, other, super().__mul__(other))

    def __rmul__(self, other: Any) -> Any:
        return self._combined("*", other, self, super().__rmul__(other))

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return self._combined("**", self, other, super().__pow__(other, modulo))


@dataclass(frozen=True, eq=False)
class Recording(System):
    """Numbers of another system, each with its formula.

    Attributes
    ----------
    inner : the system that computes
    formulas : where steps and statements are kept
    """

    inner: System
    formulas: Formulas
    name = "recorded"

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """Whether each entry is known exactly."""
        return self.inner.exact

    def named(self, numbers: Numbers, whole: Any, axes: int | None = None) -> RecordedArray:
        """Numbers that have a formula of their own, a table with so many axes (all of them)."""
        new = RecordedArray(self, numbers, whole=whole)
        new.axes = new.ndim if axes is None else axes
        return new

    # Making and reading numbers.

    def coerce(self, x: Any) -> RecordedArray:
        """Bring an argument of a formula into the system, exactly, or raise ``MixedArithmetic``."""
        if isinstance(x, RecordedArray):
            return x
        if isinstance(x, RecordedCount):
            return RecordedArray(self, self.inner.coerce(int(x)), whole=x.formula)
        return self._constant(self.inner.coerce(x), x)

    def convert(self, x: Any) -> RecordedArray:
        """Bring any numbers into the system: exactly, enclosed, or (``float64``) rounded to nearest."""
        if isinstance(x, RecordedArray | RecordedCount):
            return self.coerce(x)
        return self._constant(self.inner.convert(x), x)

    def _constant(self, numbers: Numbers, x: Any) -> RecordedArray:
        return RecordedArray(self, numbers, entries=ar.RATIONAL.convert(x).fractions())

    def lower(self, x: RecordedArray) -> NDArray[np.float64]:
        """Float64 bounds from below; the largest there are, up to one unit in the last place."""
        return self._seen(x)[0]

    def upper(self, x: RecordedArray) -> NDArray[np.float64]:
        """Float64 bounds from above; the smallest there are, up to one unit in the last place."""
        return self._seen(x)[1]

    def midpoint(self, x: RecordedArray) -> NDArray[np.float64]:
        """One float64 in, or next to, each entry; NaN where nothing is known of it."""
        self._seen(x)
        return self.inner.midpoint(x.numbers)

    def enclose_in_floats(self, x: RecordedArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Float64 midpoints and radii of intervals that contain each entry."""
        self._seen(x)
        return self.inner.enclose_in_floats(x.numbers)

    def exact_bounds(self, x: RecordedArray) -> tuple[Fraction | float, Fraction | float]:
        """Lower and upper bound of a single number, as rationals (or infinities)."""
        self._seen(x)
        return self.inner.exact_bounds(x.numbers)

    def _seen(self, x: RecordedArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Floats around the entries, which are stated, for what is computed now may depend on them."""
        low, high = self.inner.lower(x.numbers), self.inner.upper(x.numbers)
        for entry, a, b in zip(x.raw.flat, low.flat, high.flat, strict=True):
            if self.exact and a == b:
                self.formulas.state("==", entry, Fraction(float(a)))
            elif np.isfinite(a) and np.isfinite(b):
                self.formulas.state(">=", entry, Fraction(float(a)) - SLACK)
                self.formulas.state("<=", entry, Fraction(float(b)) + SLACK)
        return low, high

    def possibly_nonzero(self, x: RecordedArray) -> Mask:
        """False exactly where an entry is known to be zero."""
        mask = self.inner.possibly_nonzero(x.numbers)
        known = self.inner.compare(x.numbers, "==", self.inner.coerce(0))
        for entry, verdict in zip(x.raw.flat, known.flat, strict=True):
            if verdict:
                self.formulas.state("==", entry, Fraction(0), truth=verdict == 1)
        return mask

    # Liftings.

    def structural(self, f: Callable[..., Raw], *xs: RecordedArray) -> RecordedArray:
        """Move entries: ``f`` indexes, reshapes or joins raw arrays."""
        numbers = self.inner.structural(f, *(x.numbers for x in xs))
        if len(xs) == 1 and xs[0].whole is not None and 0 not in numbers.shape:
            (x,) = xs
            moved = np.asarray(f(np.arange(x.size).reshape(x.shape)))
            row, kept = divmod(int(moved.flat[0]), moved.size)
            if not kept and np.array_equal(moved.ravel(), np.arange(moved.size) + row * moved.size):
                if moved.size == x.size and moved.shape[: x.axes] == x.shape[: x.axes]:
                    return self.named(numbers, x.whole, x.axes)
                if moved.shape == (1, *x.shape):
                    return self.named(numbers, self.formulas.make(None, x.whole), x.axes + 1)
                if x.axes and moved.size * len(x) == x.size and moved.shape[: x.axes - 1] == x.shape[1 : x.axes]:
                    return self.named(numbers, self.formulas.make("at", x.whole, row), x.axes - 1)
        return RecordedArray(self, numbers, entries=f(*(x.raw for x in xs)))

    def linear(
        self, f: Callable[[Raw], Raw], x: RecordedArray, terms: int, *, depth: int | None = None
    ) -> RecordedArray:
        """Add: every entry of ``f(x)`` is a sum of at most ``terms`` entries of ``x``."""
        numbers = self.inner.linear(f, x.numbers, terms, depth=depth)
        if x.whole is not None and numbers.shape == () and terms == x.size > 1:
            return self.named(numbers, self.formulas.make("sum", x.whole))
        return RecordedArray(self, numbers, entries=f(x.raw))

    def bilinear(
        self,
        f: Callable[[Raw, Raw], Raw],
        x: RecordedArray,
        y: RecordedArray,
        terms: int,
        *,
        depth: int | None = None,
    ) -> RecordedArray:
        """Multiply and add: entries of ``f(x, y)`` are sums of at most ``terms`` products ``x[i] * y[j]``."""
        numbers = self.inner.bilinear(f, x.numbers, y.numbers, terms, depth=depth)
        wholes = x.whole is not None and y.whole is not None and (x.shape, x.axes) == (y.shape, y.axes)
        if wholes and numbers.shape == () and terms == x.size > 1:
            return self.named(numbers, self.formulas.make("sum", self.formulas.make("*", x.whole, y.whole)))
        return RecordedArray(self, numbers, entries=f(x.raw, y.raw))

    # Operations entry by entry.

    def each(self, op: str, numbers: Numbers, *xs: Any) -> RecordedArray:
        """What an operation of the checker makes of each entry; constants are plain fractions."""
        make = self.formulas.make
        alone = (_alone(x, numbers.shape) if isinstance(x, RecordedArray) else (x, 0) for x in xs)
        known = [pair for pair in alone if pair is not None]
        if len(known) == len(xs) and any(isinstance(x, Node | str) for x, _ in known):
            axes = max(axes for _, axes in known)
            whole = make(op, *(x for x, _ in known))
            if isinstance(whole, Fraction):  # a table times 0
                return RecordedArray(self, numbers, entries=np.full(numbers.shape, whole, dtype=object))
            if set(numbers.shape[axes:]) <= {1}:
                return self.named(numbers, whole, axes)
        each = np.frompyfunc(lambda *entries: make(op, *entries), len(xs), 1)
        return RecordedArray(self, numbers, entries=each(*(x.raw if isinstance(x, RecordedArray) else x for x in xs)))

    def add(self, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """``x + y``, entry by entry."""
        return self.each("+", self.inner.add(x.numbers, y.numbers), x, y)

    def subtract(self, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """``x - y``, entry by entry."""
        return self.each("-", self.inner.subtract(x.numbers, y.numbers), x, y)

    def multiply(self, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """``x * y``, entry by entry."""
        return self.each("*", self.inner.multiply(x.numbers, y.numbers), x, y)

    def divide(self, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """``x / y``, entry by entry."""
        return self.each("/", self.inner.divide(x.numbers, y.numbers), x, y)

    def negative(self, x: RecordedArray) -> RecordedArray:
        """``-x``."""
        return self.each("-", self.inner.negative(x.numbers), Fraction(0), x)

    def maximum(self, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """Larger of two, entry by entry."""
        return self.each("max", self.inner.maximum(x.numbers, y.numbers), x, y)

    def absolute(self, x: RecordedArray) -> RecordedArray:
        """Absolute value."""
        return self.each("abs", self.inner.absolute(x.numbers), x)

    def exp(self, x: RecordedArray) -> RecordedArray:
        """Exponential."""
        return self.each("exp", self.inner.exp(x.numbers), x)

    def log(self, x: RecordedArray) -> RecordedArray:
        """Natural logarithm."""
        return self.each("log", self.inner.log(x.numbers), x)

    def sqrt(self, x: RecordedArray) -> RecordedArray:
        """Square root of the non-negative part."""
        return self.each("sqrt", self.inner.sqrt(x.numbers), x)

    def relative_entropy(self, p: RecordedArray, q: RecordedArray) -> RecordedArray:
        """``p log(p / q)`` of the non-negative parts; 0 where ``p = 0``, infinite where ``p > 0 = q``."""
        return self.each("relative_entropy", self.inner.relative_entropy(p.numbers, q.numbers), p, q)

    def where(self, mask: Mask, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """``x`` where ``mask`` is true, else ``y``."""
        numbers = self.inner.where(mask, x.numbers, y.numbers)
        for kept, one in ((True, x), (False, y)):
            if np.all(np.asarray(mask) == kept) and one.shape == numbers.shape:
                return one
        return RecordedArray(self, numbers, entries=np.where(mask, x.raw, y.raw))

    # Order.

    def compare(self, x: RecordedArray, op: str, y: RecordedArray) -> NDArray[np.int8]:
        """1 where ``x op y`` is certain, -1 where its negation is, else 0; ``op``: ``<=``, ``>=``, ``==``."""
        verdicts = self.inner.compare(x.numbers, op, y.numbers)
        pairs = zip(*(a.flat for a in np.broadcast_arrays(verdicts, x.raw, y.raw)), strict=True)
        for verdict, a, b in pairs:
            if not verdict:
                raise NotRecordable("the formula goes one way or another by two numbers too close to tell apart")
            self.formulas.state(op, a, b, truth=verdict == 1)
        return verdicts

    def amax(self, x: RecordedArray, axis: int) -> RecordedArray:
        """Largest entry along an axis."""
        numbers = self.inner.amax(x.numbers, axis)
        largest = np.frompyfunc(lambda a, b: self.formulas.make("max", a, b), 2, 1)
        return RecordedArray(self, numbers, entries=largest.reduce(x.raw, axis=axis))

    def argmax(self, x: RecordedArray, axis: int) -> NDArray[np.intp]:
        """Index of the first largest midpoint along an axis; entries of which nothing is known come last."""
        chosen = self.inner.argmax(x.numbers, axis)
        place = np.expand_dims(chosen, axis)
        best = self.structural(lambda a: np.take_along_axis(a, place, axis), x)
        self.compare(x, "<=", best)
        return chosen

    def hull(self, x: RecordedArray, y: RecordedArray) -> RecordedArray:
        """Smallest numbers of the system that contain both; ``float64`` keeps ``x``."""
        if not np.all(self.inner.compare(x.numbers, "==", y.numbers) == 1):
            raise NotRecordable("the formula encloses two numbers in one")
        self.compare(x, "==", y)
        return x


def _alone(x: RecordedArray, shape: tuple[int, ...]) -> tuple[Any, int] | None:
    """The one formula, with its axes, by which an array enters an operation with a result of this shape; or None."""
    if x.whole is not None:
        fits = x.axes == 0 or (x.ndim == len(shape) and x.shape[: x.axes] == shape[: x.axes])
        return (x.whole, x.axes) if fits else None
    first = x.raw.reshape(-1)[0] if x.size else None
    same = x.size == 1 or (isinstance(first, Fraction) and all(y == first for y in x.raw.flat))
    return (first, 0) if same else None
