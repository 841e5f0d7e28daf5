"""Arrays of numbers that are not plain floats: the operators every system shares."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import flint
import numpy as np
from numpy.typing import NDArray

from sims.arithmetic.comparison import Comparison
from sims.arithmetic.errors import NotANumber, NotSingle
from sims.arithmetic.system import Raw, System

if TYPE_CHECKING:
    from typing import Self


class NumberArray(ABC):
    """An immutable array whose entries are numbers of one system.

    Arithmetic stays in the system; comparisons answer with a three-valued :class:`Comparison`. Python
    integers and ``Fraction`` take part exactly in every system. ``numpy.asarray`` gives the midpoints as
    floats; other numpy functions refuse, so that no enclosure turns into floats by accident.
    """

    __array_ufunc__ = None  # numpy leaves mixed operators to us
    __hash__ = None  # type: ignore[assignment]  # == builds a Comparison

    @property
    @abstractmethod
    def system(self) -> System:
        """The number system of the entries."""

    @property
    @abstractmethod
    def raw(self) -> Raw:
        """A raw array with the shape of this one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return tuple(self.raw.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a single number has no len()")
        return self.shape[0]

    def __getitem__(self, index: Any) -> Self:
        return self._wrapped(self.system.structural(lambda a: a[index], self._numbers))

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def reshape(self, *shape: Any) -> Self:
        """Same entries, row-major, in another shape."""
        return self._wrapped(self.system.structural(lambda a: a.reshape(*shape), self._numbers))

    def sum(self, axis: int | tuple[int, ...] | None = None) -> Self:
        """Sum over the given axes (all of them by default)."""
        from sims.arithmetic.functions import sum as sum_of

        return self._wrapped(sum_of(self, axis))

    @property
    def _numbers(self) -> Any:
        return self.system.coerce(self)

    def _wrapped(self, x: Any) -> Self:
        result: Self = wrap(x)
        return result

    def _combine(self, method: str, x: Any, y: Any) -> Self:
        from sims.arithmetic.functions import coerce_all

        try:
            system, (a, b) = coerce_all(x, y)
        except NotANumber:
            return NotImplemented  # type: ignore[no-any-return]
        return self._wrapped(getattr(system, method)(a, b))

    def __add__(self, other: Any) -> Self:
        return self._combine("add", self, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Self:
        return self._combine("subtract", self, other)

    def __rsub__(self, other: Any) -> Self:
        return self._combine("subtract", other, self)

    def __mul__(self, other: Any) -> Self:
        return self._combine("multiply", self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Self:
        return self._combine("divide", self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return self._combine("divide", other, self)

    def __pow__(self, exponent: int) -> Self:
        if not isinstance(exponent, int | np.integer):
            return NotImplemented
        n = int(exponent)
        if n < 0:
            return 1 / self**-n
        if n == 0:
            nowhere = np.zeros(self.shape, dtype=np.bool_)
            return self._wrapped(self.system.where(nowhere, self._numbers, self.system.coerce(1)))
        if n == 1:
            return self
        half = self ** (n // 2)
        return half * half * self if n % 2 else half * half

    def __neg__(self) -> Self:
        return self._wrapped(self.system.negative(self._numbers))

    def __abs__(self) -> Self:
        return self._wrapped(self.system.absolute(self._numbers))

    def _comparison(self, op: str, other: Any) -> Comparison:
        from sims.arithmetic.functions import coerce_all

        try:
            coerce_all(self, other)
        except NotANumber:
            return NotImplemented  # type: ignore[no-any-return]
        return Comparison(self, op, other)

    def __le__(self, other: Any) -> Comparison:
        return self._comparison("<=", other)

    def __ge__(self, other: Any) -> Comparison:
        return self._comparison(">=", other)

    def __lt__(self, other: Any) -> Comparison:
        return self._comparison("<", other)

    def __gt__(self, other: Any) -> Comparison:
        return self._comparison(">", other)

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]
        return self._comparison("==", other)

    def __bool__(self) -> NoReturn:
        raise TypeError("a number is neither true nor false; compare it, for instance x > 0")

    def __float__(self) -> float:
        if self.size != 1:
            raise NotSingle(
                f"float() needs a single number, this array has shape {self.shape}; numpy.asarray(x) gives "
                "all midpoints."
            )
        return float(self.system.midpoint(self._numbers).reshape(()))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        midpoints = self.system.midpoint(self._numbers)
        return np.array(midpoints, dtype=dtype) if copy else np.asarray(midpoints, dtype=dtype)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return NotImplemented

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else str(self)

    def bounds(self) -> tuple[Fraction | float, Fraction | float]:
        """Lower and upper bound of a single number, as rationals (or infinities)."""
        if self.size != 1:
            raise NotSingle(
                f"bounds() needs a single number, this array has shape {self.shape}; lower(x) and upper(x) take all."
            )
        return self.system.exact_bounds(self._numbers)


def exact_text(x: Fraction | float) -> str:
    """Write a rational of any length as ``p/q``; Python's own ``str`` gives up at 4300 digits."""
    return str(x) if isinstance(x, float) else str(flint.fmpq(x.numerator, x.denominator))


def wrap(x: Any) -> Any:
    """Numbers whose comparisons are :class:`Comparison` objects: plain floats become a ``FloatArray``."""
    if isinstance(x, NumberArray):
        return x
    from sims.arithmetic.float64 import FloatArray

    return FloatArray(x)
