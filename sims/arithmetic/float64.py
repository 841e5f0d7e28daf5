"""Plain double precision, on numpy or torch: fast, and rigorous about nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.errors import MixedArithmetic
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.raw import like, mask_like, to_numpy
from sims.arithmetic.system import Mask, Numbers, Raw, System


@dataclass(frozen=True)
class Float64(System):
    """IEEE double precision, rounded to nearest.

    Attributes
    ----------
    device : torch device on which ``convert`` places arrays, or None for numpy arrays
    """

    device: str | None = None
    name = "float64"

    def coerce(self, x: Any) -> Numbers:
        """Let numbers of this system through and make constants floats."""
        if isinstance(x, FloatArray):
            return x.raw
        if isinstance(x, NumberArray):
            raise MixedArithmetic(
                f"a {x.system.name} number met a float64 one; convert one of them first, "
                f"with convert(x, {x.system.name!r}) or model.to('float64')."
            )
        if isinstance(x, Fraction):
            return float(x)
        if isinstance(x, np.ndarray):
            return x.astype(np.float64, copy=False)
        return x

    def convert(self, x: Any) -> Numbers:
        """Round any numbers to nearest (an enclosure to its midpoint)."""
        if isinstance(x, FloatArray):
            x = x.raw
        if is_torch_array(x):
            return x.to(self.device, dtype=like(x).float64) if self.device else to_numpy(x)
        values = x.system.midpoint(x) if isinstance(x, NumberArray) else np.asarray(x, dtype=np.float64)
        if self.device is None:
            return values
        import torch

        return torch.as_tensor(values, dtype=torch.float64, device=self.device)

    def lower(self, x: Numbers) -> NDArray[np.float64]:
        """Return the numbers themselves."""
        return to_numpy(x)

    upper = midpoint = lower

    def exact_bounds(self, x: Numbers) -> tuple[Fraction | float, Fraction | float]:
        """Return the number twice: a float64 result encloses nothing else."""
        value = float(to_numpy(x).reshape(()))
        exact = Fraction(value) if np.isfinite(value) else value
        return exact, exact

    def possibly_nonzero(self, x: Numbers) -> Mask:
        """Mark the entries that are not zero."""
        return to_numpy(x) != 0

    def structural(self, f: Callable[..., Raw], *xs: Numbers) -> Numbers:
        return f(*_arrays(*xs))

    def linear(self, f: Callable[[Raw], Raw], x: Numbers, terms: int) -> Numbers:
        return f(x)

    def bilinear(self, f: Callable[[Raw, Raw], Raw], x: Numbers, y: Numbers, terms: int) -> Numbers:
        return f(x, y)

    def add(self, x: Numbers, y: Numbers) -> Numbers:
        return x + y

    def negative(self, x: Numbers) -> Numbers:
        return -x

    def divide(self, x: Numbers, y: Numbers) -> Numbers:
        with np.errstate(divide="ignore", invalid="ignore"):
            return x / y

    def where(self, mask: Mask, x: Numbers, y: Numbers) -> Numbers:
        x, y = _arrays(x, y)
        return array_namespace(x).where(mask_like(mask, x), x, y)

    def compare(self, x: Numbers, op: str, y: Numbers) -> NDArray[np.int8]:
        x, y = np.broadcast_arrays(to_numpy(x), to_numpy(y))
        decided = {"<=": x <= y, ">=": x >= y, "==": x == y}[op]
        return np.where(np.isnan(x) | np.isnan(y), 0, np.where(decided, 1, -1)).astype(np.int8)

    def maximum(self, x: Numbers, y: Numbers) -> Numbers:
        x, y = _arrays(x, y)
        return array_namespace(x, y).maximum(x, y)

    def amax(self, x: Numbers, axis: int) -> Numbers:
        return array_namespace(x).max(x, axis=axis)

    def argmax(self, x: Numbers, axis: int) -> NDArray[np.intp]:
        return np.argmax(to_numpy(x), axis=axis)

    def absolute(self, x: Numbers) -> Numbers:
        return abs(x)

    def hull(self, x: Numbers, y: Numbers) -> Numbers:
        """Return ``x``: a float cannot hold both, and the models put their best value first."""
        return x

    def exp(self, x: Numbers) -> Numbers:
        (x,) = _arrays(x)
        return array_namespace(x).exp(x)

    def log(self, x: Numbers) -> Numbers:
        (x,) = _arrays(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            return array_namespace(x).log(x)

    def sqrt(self, x: Numbers) -> Numbers:
        (x,) = _arrays(x)
        with np.errstate(invalid="ignore"):
            return array_namespace(x).sqrt(x)

    def relative_entropy(self, p: Numbers, q: Numbers) -> Numbers:
        p, q = _arrays(p, q)
        xp = array_namespace(p, q)
        one = xp.ones_like(p + q)
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = xp.log(xp.where(p > 0, p, one) / xp.where(p > 0, q * one, one))
        return xp.where(p > 0, p * logarithm, 0 * one)


FLOAT64 = Float64()


class FloatArray(NumberArray):
    """Float64 numbers whose comparisons remember both sides (what a claim has to return)."""

    def __init__(self, data: Raw) -> None:
        self._data = np.asarray(data, dtype=np.float64) if not is_torch_array(data) else data

    @property
    def system(self) -> System:
        """The system ``float64``."""
        return FLOAT64

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
    model = next((x for x in xs if is_torch_array(x)), None)
    if model is None:
        return tuple(np.asarray(x, dtype=np.float64) for x in xs)
    return tuple(x if is_torch_array(x) else model.new_tensor(np.asarray(x, dtype=np.float64)) for x in xs)
