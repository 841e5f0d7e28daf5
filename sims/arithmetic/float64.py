"""Plain double precision, on numpy or torch: fast, and rigorous about nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.raw import device_of, like, mask_like, to_device, to_numpy
from sims.arithmetic.system import Mask, Numbers, Raw, System


@dataclass(frozen=True)
class Float64(System):
    """IEEE double precision, rounded to nearest.

    Attributes
    ----------
    device : torch device the arrays are on, or None for numpy
    """

    device: str | None = None
    name = "float64"

    def coerce(self, x: Any) -> Numbers:
        """Let numbers of this system through and make constants floats."""
        if isinstance(x, FloatArray):
            x = x.raw
        if isinstance(x, NumberArray):
            raise MixedArithmetic(
                f"a {x.system.name} number met a float64 one; convert one of them first, "
                f"with convert(x, {x.system.name!r}) or model.to('float64')."
            )
        if isinstance(x, int | Fraction):
            return float(x)
        if is_torch_array(x):
            return x.double()
        if isinstance(x, float):
            return x if self.device is None else float(x)
        return to_device(x, self.device)

    def convert(self, x: Any) -> Numbers:
        """Round any numbers to nearest (an enclosure to its midpoint)."""
        if isinstance(x, FloatArray):
            x = x.raw
        return to_device(x.system.midpoint(x) if isinstance(x, NumberArray) else x, self.device)

    def lower(self, x: Numbers) -> NDArray[np.float64]:
        """Return the numbers themselves."""
        return to_numpy(x)

    upper = midpoint = lower

    def enclose_in_floats(self, x: Numbers) -> tuple[Raw, Raw]:
        """Return the numbers themselves: as exact dyadic rationals they have radius 0."""
        mid = x.raw if isinstance(x, FloatArray) else x
        return mid, like(mid).zeros_like(mid)

    def exact_bounds(self, x: Numbers) -> tuple[Fraction | float, Fraction | float]:
        """Return the number twice: a float64 result encloses nothing else."""
        value = float(to_numpy(x).reshape(()))
        exact = Fraction(value) if np.isfinite(value) else value
        return exact, exact

    def possibly_nonzero(self, x: Numbers) -> Mask:
        """Mark the entries that are not zero."""
        return np.asarray(to_numpy(x) != 0)

    def structural(self, f: Callable[..., Raw], *xs: Numbers) -> Numbers:
        return f(*_arrays(*xs))

    def linear(self, f: Callable[[Raw], Raw], x: Numbers, terms: int, *, depth: int | None = None) -> Numbers:
        return f(x)

    def bilinear(
        self,
        f: Callable[[Raw, Raw], Raw],
        x: Numbers,
        y: Numbers,
        terms: int,
        *,
        depth: int | None = None,
    ) -> Numbers:
        return f(x, y)

    def add(self, x: Numbers, y: Numbers) -> Numbers:
        return x + y

    def negative(self, x: Numbers) -> Numbers:
        return -x

    def divide(self, x: Numbers, y: Numbers) -> Numbers:
        x, y = _arrays(x, y)
        with np.errstate(divide="ignore", invalid="ignore"):
            return x / y

    def where(self, mask: Mask, x: Numbers, y: Numbers) -> Numbers:
        x, y = _arrays(x, y)
        return like(x).where(mask_like(mask, x), x, y)

    def compare(self, x: Numbers, op: str, y: Numbers) -> NDArray[np.int8]:
        x, y = np.broadcast_arrays(to_numpy(x), to_numpy(y))
        decided = {"<=": x <= y, ">=": x >= y, "==": x == y}[op]
        return np.where(np.isnan(x) | np.isnan(y), 0, np.where(decided, 1, -1)).astype(np.int8)

    def maximum(self, x: Numbers, y: Numbers) -> Numbers:
        x, y = _arrays(x, y)
        return like(x).maximum(x, y)

    def amax(self, x: Numbers, axis: int) -> Numbers:
        return like(x).max(x, axis=axis)

    def argmax(self, x: Numbers, axis: int) -> NDArray[np.intp]:
        return np.asarray(np.argmax(to_numpy(x), axis=axis))

    def absolute(self, x: Numbers) -> Numbers:
        return abs(x)

    def hull(self, x: Numbers, y: Numbers) -> Numbers:
        """Return ``x``: a float cannot hold both, and the models put their best value first."""
        return x

    def exp(self, x: Numbers) -> Numbers:
        (x,) = _arrays(x)
        with np.errstate(over="ignore", under="ignore"):
            return like(x).exp(x)

    def log(self, x: Numbers) -> Numbers:
        (x,) = _arrays(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            return like(x).log(x)

    def sqrt(self, x: Numbers) -> Numbers:
        (x,) = _arrays(x)
        with np.errstate(invalid="ignore"):
            return like(x).sqrt(x)

    def relative_entropy(self, p: Numbers, q: Numbers) -> Numbers:
        p, q = _arrays(p, q)
        xp = like(p)
        absent = p == 0
        # Zeros are replaced before the logarithm, too, so that torch's gradient there is 0 and not NaN.
        share, reference = xp.where(absent, 1.0, p), xp.where(absent, 1.0, q)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return xp.where(absent, 0.0, share * xp.log(share / reference))


FLOAT64 = Float64()


def float64_of(x: Raw) -> Float64:
    """The system of a raw array."""
    return _on(x.device) if is_torch_array(x) else FLOAT64


@cache
def _on(device: Any) -> Float64:
    return Float64(str(device))


class FloatArray(NumberArray):
    """Float64 numbers whose comparisons remember both sides (what a claim has to return)."""

    def __init__(self, data: Any) -> None:
        self._data = data if is_torch_array(data) else np.asarray(data, dtype=np.float64)

    @property
    def system(self) -> System:
        """The system ``float64``, on the device of this array."""
        return float64_of(self._data)

    @property
    def raw(self) -> Raw:
        """The numbers as a numpy array or torch tensor."""
        return self._data

    def __str__(self) -> str:
        return str(to_numpy(self._data))

    def __repr__(self) -> str:
        return f"FloatArray({to_numpy(self._data)!r})"


def _arrays(*xs: Any) -> tuple[Raw, ...]:
    """Make plain numbers arrays of the kind (numpy or torch, device) of the others."""
    device = next((device_of(x) for x in xs if is_torch_array(x)), None)
    return tuple(x if is_torch_array(x) else to_device(x, device) for x in xs)
