"""What a number system has to provide: three liftings and the elementary functions.

A formula over arrays is made of re-indexings, sums, products and a few elementary functions. A system says how each
acts on its numbers, and is told which raw function moves the entries about:

``structural(f, *xs)``
    ``f`` only moves entries (indexing, reshaping, stacking): no arithmetic happens.
``linear(f, x, terms)``
    every entry of ``f(x)`` is a sum of at most ``terms`` entries of ``x``.
``bilinear(f, x, y, terms)``
    every entry of ``f(x, y)`` is a sum of at most ``terms`` products of an entry of ``x`` with one of ``y``.

So a contraction, dense or sparse, is written once for raw arrays of any type and serves every system.
"""

from __future__ import annotations

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
    """How the numbers of one system are made, moved and combined."""

    name: str

    # Making and reading numbers.

    @abstractmethod
    def coerce(self, x: Any) -> Numbers:
        """Bring an argument of a formula into the system, exactly, or raise ``MixedArithmetic``."""

    @abstractmethod
    def convert(self, x: Any) -> Numbers:
        """Bring any numbers into the system: exactly, enclosed, or (``float64``) rounded to nearest."""

    @abstractmethod
    def lower(self, x: Numbers) -> NDArray[np.float64]:
        """Largest float64 known to lie below each entry."""

    @abstractmethod
    def upper(self, x: Numbers) -> NDArray[np.float64]:
        """Smallest float64 known to lie above each entry."""

    @abstractmethod
    def midpoint(self, x: Numbers) -> NDArray[np.float64]:
        """One float64 in, or next to, each entry."""

    @abstractmethod
    def exact_bounds(self, x: Numbers) -> tuple[Fraction | float, Fraction | float]:
        """Lower and upper bound of a single number, as rationals (or infinities)."""

    @abstractmethod
    def possibly_nonzero(self, x: Numbers) -> Mask:
        """False exactly where an entry is known to be zero."""

    # Liftings.

    @abstractmethod
    def structural(self, f: Callable[..., Raw], *xs: Numbers) -> Numbers: ...

    @abstractmethod
    def linear(self, f: Callable[[Raw], Raw], x: Numbers, terms: int) -> Numbers: ...

    @abstractmethod
    def bilinear(self, f: Callable[[Raw, Raw], Raw], x: Numbers, y: Numbers, terms: int) -> Numbers: ...

    # Arithmetic.

    @abstractmethod
    def add(self, x: Numbers, y: Numbers) -> Numbers: ...

    @abstractmethod
    def negative(self, x: Numbers) -> Numbers: ...

    @abstractmethod
    def divide(self, x: Numbers, y: Numbers) -> Numbers: ...

    def subtract(self, x: Numbers, y: Numbers) -> Numbers:
        return self.add(x, self.negative(y))

    def multiply(self, x: Numbers, y: Numbers) -> Numbers:
        return self.bilinear(lambda a, b: a * b, x, y, 1)

    @abstractmethod
    def where(self, mask: Mask, x: Numbers, y: Numbers) -> Numbers: ...

    # Order.

    @abstractmethod
    def compare(self, x: Numbers, op: str, y: Numbers) -> NDArray[np.int8]:
        """1 where ``x op y`` is certain, -1 where its negation is, else 0; ``op`` is ``<=``, ``>=`` or ``==``."""

    @abstractmethod
    def maximum(self, x: Numbers, y: Numbers) -> Numbers: ...

    @abstractmethod
    def amax(self, x: Numbers, axis: int) -> Numbers: ...

    @abstractmethod
    def argmax(self, x: Numbers, axis: int) -> NDArray[np.intp]: ...

    @abstractmethod
    def absolute(self, x: Numbers) -> Numbers: ...

    @abstractmethod
    def hull(self, x: Numbers, y: Numbers) -> Numbers:
        """Smallest numbers of the system that contain both ``x`` and ``y``, for ``x <= y``."""

    # Analysis. Systems that cannot hold the result raise ``NotRepresentable``.

    @abstractmethod
    def exp(self, x: Numbers) -> Numbers: ...

    @abstractmethod
    def log(self, x: Numbers) -> Numbers: ...

    @abstractmethod
    def sqrt(self, x: Numbers) -> Numbers: ...

    @abstractmethod
    def relative_entropy(self, p: Numbers, q: Numbers) -> Numbers: ...
