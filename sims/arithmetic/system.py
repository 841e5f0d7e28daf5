"""What a number system has to provide: three liftings and the elementary functions.

A formula over arrays is made of re-indexings, sums, products and a few elementary functions. A system says
how each acts on its numbers, and is told which raw function moves the entries about:

``structural(f, *xs)``
    ``f`` only moves entries (indexing, reshaping, stacking): no arithmetic happens.
``linear(f, x, terms)``
    every entry of ``f(x)`` is a sum of at most ``terms`` entries of ``x``.
``bilinear(f, x, y, terms)``
    every entry of ``f(x, y)`` is a sum of at most ``terms`` products of an entry of ``x`` with one of ``y``.

Where ``f`` adds up partial sums, ``depth`` says how many roundings any one term goes through: its product and
the additions after it; else there may be ``terms`` of them.

So a contraction, dense or sparse, is written once for raw arrays of any type and serves every system.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Raw = Any
"""A raw array: ``numpy.ndarray`` of any dtype, or ``torch.Tensor``."""

Numbers = Any
"""An array of some system: a raw float64 array or a ``NumberArray``."""

Mask = NDArray[np.bool_]


class System(ABC):
    """How the numbers of one system are made, moved and combined.

    Arrays of numbers are immutable: no operation writes into its arguments, and results may share memory with
    them.
    """

    name: str
    exact: bool = False
    """Whether each entry is known exactly, so that none is NaN or infinite."""

    # Making and reading numbers.

    @abstractmethod
    def coerce(self, x: Any) -> Numbers:
        """Bring an argument of a formula into the system, exactly, or raise ``MixedArithmetic``."""

    @abstractmethod
    def convert(self, x: Any) -> Numbers:
        """Bring any numbers into the system: exactly, enclosed, or (``float64``) rounded to nearest."""

    @abstractmethod
    def lower(self, x: Numbers) -> NDArray[np.float64]:
        """Float64 bounds from below; the largest there are, up to one unit in the last place."""

    @abstractmethod
    def upper(self, x: Numbers) -> NDArray[np.float64]:
        """Float64 bounds from above; the smallest there are, up to one unit in the last place."""

    @abstractmethod
    def midpoint(self, x: Numbers) -> NDArray[np.float64]:
        """One float64 in, or next to, each entry; NaN where nothing is known of it."""

    @abstractmethod
    def enclose_in_floats(self, x: Numbers) -> tuple[Raw, Raw]:
        """Float64 midpoints and radii of intervals that contain each entry."""

    @abstractmethod
    def exact_bounds(self, x: Numbers) -> tuple[Fraction | float, Fraction | float]:
        """Lower and upper bound of a single number, as rationals (or infinities)."""

    @abstractmethod
    def possibly_nonzero(self, x: Numbers) -> Mask:
        """False exactly where an entry is known to be zero."""

    # Liftings.

    @abstractmethod
    def structural(self, f: Callable[..., Raw], *xs: Numbers) -> Numbers:
        """Move entries: ``f`` indexes, reshapes or joins raw arrays."""

    @abstractmethod
    def linear(self, f: Callable[[Raw], Raw], x: Numbers, terms: int, *, depth: int | None = None) -> Numbers:
        """Add: every entry of ``f(x)`` is a sum of at most ``terms`` entries of ``x``."""

    @abstractmethod
    def bilinear(
        self, f: Callable[[Raw, Raw], Raw], x: Numbers, y: Numbers, terms: int, *, depth: int | None = None
    ) -> Numbers:
        """Multiply and add: entries of ``f(x, y)`` are sums of at most ``terms`` products ``x[i] * y[j]``."""

    # Arithmetic.

    @abstractmethod
    def add(self, x: Numbers, y: Numbers) -> Numbers:
        """``x + y``, entry by entry."""

    @abstractmethod
    def negative(self, x: Numbers) -> Numbers:
        """``-x``."""

    @abstractmethod
    def divide(self, x: Numbers, y: Numbers) -> Numbers:
        """``x / y``, entry by entry."""

    def subtract(self, x: Numbers, y: Numbers) -> Numbers:
        """``x - y``, entry by entry."""
        return self.add(x, self.negative(y))

    def multiply(self, x: Numbers, y: Numbers) -> Numbers:
        """``x * y``, entry by entry."""
        return self.bilinear(operator.mul, x, y, 1)

    @abstractmethod
    def where(self, mask: Mask, x: Numbers, y: Numbers) -> Numbers:
        """``x`` where ``mask`` is true, else ``y``."""

    # Order.

    @abstractmethod
    def compare(self, x: Numbers, op: str, y: Numbers) -> NDArray[np.int8]:
        """1 where ``x op y`` is certain, -1 where its negation is, else 0; ``op``: ``<=``, ``>=``, ``==``."""

    @abstractmethod
    def maximum(self, x: Numbers, y: Numbers) -> Numbers:
        """Larger of two, entry by entry."""

    @abstractmethod
    def amax(self, x: Numbers, axis: int) -> Numbers:
        """Largest entry along an axis."""

    @abstractmethod
    def argmax(self, x: Numbers, axis: int) -> NDArray[np.intp]:
        """Index of the first largest midpoint along an axis; entries of which nothing is known come last."""

    @abstractmethod
    def absolute(self, x: Numbers) -> Numbers:
        """Absolute value."""

    @abstractmethod
    def hull(self, x: Numbers, y: Numbers) -> Numbers:
        """Smallest numbers of the system that contain both; ``float64`` keeps ``x``."""

    # Analysis. Systems that cannot hold the result raise ``NotRepresentable``.

    @abstractmethod
    def exp(self, x: Numbers) -> Numbers:
        """Exponential."""

    @abstractmethod
    def log(self, x: Numbers) -> Numbers:
        """Natural logarithm."""

    @abstractmethod
    def sqrt(self, x: Numbers) -> Numbers:
        """Square root of the non-negative part."""

    @abstractmethod
    def relative_entropy(self, p: Numbers, q: Numbers) -> Numbers:
        """``p log(p / q)`` of the non-negative parts; 0 where ``p = 0``, infinite where ``p > 0 = q``."""
