"""The functions formulas are written with; the system of the arguments decides how they compute."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.ball import Ball
from sims.arithmetic.errors import MixedArithmetic, NotANumber
from sims.arithmetic.float64 import FLOAT64, FloatArray, Float64
from sims.arithmetic.interval import INTERVAL, Interval
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.rational import RATIONAL
from sims.arithmetic.raw import like
from sims.arithmetic.system import Mask, Numbers, System
from sims.errors import InvalidArgument

SYSTEMS = ("float64", "interval", "ball", "rational")


def get_system(name: str | System, *, bits: int = 128, device: str | None = None) -> System:
    """Look a number system up by name.

    Parameters
    ----------
    name : ``float64``, ``interval``, ``ball`` or ``rational``
    bits : precision of ``ball``, at least 2
    device : torch device for ``float64`` and ``interval``; None means numpy

    Raises
    ------
    InvalidArgument
        If the name or an option makes no sense, or torch cannot use the device.
    """
    if isinstance(name, System):
        return name
    if name not in SYSTEMS:
        raise InvalidArgument(f"unknown number system {name!r}; there are {', '.join(SYSTEMS)}.")
    if not isinstance(bits, int) or bits < 2:
        raise InvalidArgument(f"bits={bits!r}: must be an integer, at least 2.")
    if device is not None:
        _check_device(name, device)
    systems: dict[str, System] = {
        "float64": Float64(device),
        "interval": Interval(device),
        "ball": Ball(bits),
        "rational": RATIONAL,
    }
    return systems[name]


def _check_device(name: str, device: str) -> None:
    if name not in ("float64", "interval"):
        raise InvalidArgument(f"device={device!r}: {name} has none, only float64 and interval run on torch.")
    try:
        import torch

        torch.empty(0, device=device)
    except ImportError as problem:
        raise InvalidArgument(f"device={device!r} needs torch.\n  pip install 'iltheory[torch]'") from problem
    except (RuntimeError, AssertionError, TypeError) as problem:  # an assertion: torch was built without CUDA
        raise InvalidArgument(f"device={device!r} cannot be used: {problem}") from problem


def system_of(*xs: Any) -> System:
    """Return the one system of the arguments; exact constants (ints, fractions) belong to all of them.

    Raises
    ------
    MixedArithmetic
        If two of them are of different systems.
    """
    found: System | None = None
    for x in xs:
        if isinstance(x, NumberArray):
            system = x.system
        elif is_torch_array(x) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"):
            system = FLOAT64
        else:
            continue
        if found is None or found == system:
            found = system
        elif isinstance(found, Ball) and isinstance(system, Ball):
            found = Ball(max(found.bits, system.bits))
        elif type(found) is not type(system):
            raise MixedArithmetic(
                f"{found.name} numbers met {system.name} ones in one formula; convert one side on purpose, "
                f"with convert(x, {found.name!r}) or model.to({found.name!r})."
            )
    if found is None:
        return FLOAT64 if any(isinstance(x, float) for x in xs) else RATIONAL
    return found


def coerce_all(*xs: Any) -> tuple[System, list[Numbers]]:
    """Bring the arguments into their common system."""
    for x in xs:
        if not (isinstance(x, NumberArray | int | float | Fraction | np.ndarray | np.generic) or is_torch_array(x)):
            raise NotANumber(
                f"{x!r:.60} is a {type(x).__name__}, no number of any system; read lists and texts with arithmetic.asarray(x)."
            )
    system = system_of(*xs)
    return system, [system.coerce(x) for x in xs]


def asarray(x: Any) -> Numbers:
    """Read numbers: floats as ``float64``; integers, fractions and strings such as ``"3/7"`` as ``rational``."""
    if isinstance(x, FloatArray):
        return x.raw
    if isinstance(x, NumberArray) or is_torch_array(x):
        return x
    values = np.asarray(x)
    if values.dtype.kind == "f":
        return values.astype(np.float64, copy=False)
    if values.dtype == object and any(isinstance(v, float | np.floating) for v in values.ravel()):
        if any(isinstance(v, Fraction) for v in values.ravel()):
            raise MixedArithmetic("floats and Fractions in one array; use one kind of number.")
        return values.astype(np.float64)
    return RATIONAL.convert(values)


def convert(x: Any, system: str | System, *, bits: int = 128, device: str | None = None) -> Numbers:
    """Bring numbers into another system on purpose; see :func:`get_system` for the options."""
    return get_system(system, bits=bits, device=device).convert(asarray(x))


def zeros(shape: tuple[int, ...], system: System) -> Numbers:
    """Exact zeros."""
    return system.convert(np.zeros(shape))


# Contractions.


def einsum(spec: str, x: Any, y: Any = None) -> Numbers:
    """Einstein summation of one or two operands."""
    inputs, output = spec.replace(" ", "").split("->")
    operands = (x,) if y is None else (x, y)
    system, numbers = coerce_all(*operands)
    terms = 1
    sizes = _sizes(inputs.split(","), numbers)
    for label in set(inputs) - set(output) - set(",."):
        terms *= sizes[label]
    if y is None:
        return system.linear(lambda a: like(a).einsum(spec, a), numbers[0], max(terms, 1))
    return system.bilinear(lambda a, b: like(a).einsum(spec, a, b), *numbers, max(terms, 1))


def _sizes(specs: Sequence[str], operands: Sequence[Any]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for spec, x in zip(specs, operands, strict=True):
        labels, axes = spec.replace("...", ""), x.shape
        sizes.update(zip(labels, axes[len(axes) - len(labels) :], strict=True))
    return sizes


def matvec(matrix: Any, x: Any) -> Numbers:
    """``matrix[..., m, n] @ x[..., n]``, batch axes broadcast."""
    system, (a, b) = coerce_all(matrix, x)
    return system.bilinear(_matvec, a, b, a.shape[-1])


def vecmat(x: Any, matrix: Any) -> Numbers:
    """``x[..., m] @ matrix[..., m, n]``, batch axes broadcast."""
    system, (a, b) = coerce_all(x, matrix)
    return system.bilinear(_vecmat, a, b, a.shape[-1])


def _matvec(m: Any, x: Any) -> Any:
    if m.ndim == 2 and x.ndim > 1:
        return x @ m.T
    return (m @ x[..., None])[..., 0]


def _vecmat(x: Any, m: Any) -> Any:
    if m.ndim == 2:
        return x @ m
    return (x[..., None, :] @ m)[..., 0, :]


def sum(x: Any, axis: int | tuple[int, ...] | None = None) -> Numbers:
    """Sum over axes (all of them by default)."""
    system, (a,) = coerce_all(x)
    axes = tuple(range(a.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    terms = int(np.prod([a.shape[i] for i in axes], dtype=np.int64))
    return system.linear(lambda r: r.sum(axes) if axes else r, a, max(terms, 1))


# Moving entries.


def stack(xs: Sequence[Any], axis: int = 0) -> Numbers:
    """Join arrays of one shape along a new axis."""
    system, numbers = coerce_all(*xs)
    return system.structural(lambda *rs: like(rs[0]).stack(rs, axis=axis), *numbers)


def concatenate(xs: Sequence[Any], axis: int = 0) -> Numbers:
    """Join arrays along an existing axis."""
    system, numbers = coerce_all(*xs)
    return system.structural(lambda *rs: like(rs[0]).concat(rs, axis=axis), *numbers)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Numbers:
    """Repeat along axes of size 1 and new leading axes."""
    system, (a,) = coerce_all(x)
    return system.structural(lambda r: like(r).broadcast_to(r, shape), a)


def reshape(x: Any, shape: tuple[int, ...]) -> Numbers:
    """Same entries, row-major, in another shape."""
    system, (a,) = coerce_all(x)
    return system.structural(lambda r: r.reshape(shape), a)


def moveaxis(x: Any, source: int, destination: int) -> Numbers:
    """Move one axis to another place."""
    system, (a,) = coerce_all(x)
    return system.structural(lambda r: like(r).moveaxis(r, source, destination), a)


def take(x: Any, index: NDArray[np.integer[Any]], axis: int) -> Numbers:
    """Entries at ``index`` (1-d integers) along an axis."""
    system, (a,) = coerce_all(x)
    return system.structural(lambda r: like(r).take(r, _index(index, r), axis=axis), a)


def _index(index: NDArray[np.integer[Any]], r: Any) -> Any:
    return r.new_tensor(index, dtype=like(r).int64) if is_torch_array(r) else index


def where(mask: Mask, x: Any, y: Any) -> Numbers:
    """``x`` where ``mask`` (a numpy boolean array) is true, else ``y``."""
    system, (a, b) = coerce_all(x, y)
    return system.where(mask, a, b)


# Order.


def compare(x: Any, op: str, y: Any) -> NDArray[np.int8]:
    """1 where ``x op y`` is certain, -1 where it is certainly false, 0 where the enclosures leave it open."""
    system, (a, b) = coerce_all(x, y)
    return system.compare(a, op, b)


def maximum(x: Any, y: Any) -> Numbers:
    """Larger of two, entry by entry."""
    system, (a, b) = coerce_all(x, y)
    return _same_kind(system.maximum(a, b), x, y)


def minimum(x: Any, y: Any) -> Numbers:
    """Smaller of two, entry by entry."""
    system, (a, b) = coerce_all(x, y)
    return _same_kind(system.negative(system.maximum(system.negative(a), system.negative(b))), x, y)


def absolute(x: Any) -> Numbers:
    """Absolute value."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.absolute(a), x)


def amax(x: Any, axis: int) -> Numbers:
    """Largest entry along an axis."""
    system, (a,) = coerce_all(x)
    return system.amax(a, axis)


def amin(x: Any, axis: int) -> Numbers:
    """Smallest entry along an axis."""
    system, (a,) = coerce_all(x)
    return system.negative(system.amax(system.negative(a), axis))


def argmax(x: Any, axis: int) -> NDArray[np.intp]:
    """Index of a largest midpoint: a choice of action, never a decision."""
    system, (a,) = coerce_all(x)
    return system.argmax(a, axis)


def hull(x: Any, y: Any) -> Numbers:
    """Smallest numbers of the system that contain both ``x`` and ``y``."""
    system, (a, b) = coerce_all(x, y)
    return system.hull(a, b)


# Analysis.


def exp(x: Any) -> Numbers:
    """Exponential."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.exp(a), x)


def log(x: Any) -> Numbers:
    """Natural logarithm."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.log(a), x)


def sqrt(x: Any) -> Numbers:
    """Square root; enclosures are cut to their non-negative part."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.sqrt(a), x)


def relative_entropy(p: Any, q: Any) -> Numbers:
    """``p log(p / q)`` entry by entry, in nats; 0 where ``p = 0``, infinite where ``p > 0 = q``."""
    system, (a, b) = coerce_all(p, q)
    return system.relative_entropy(a, b)


def entropy(p: Any) -> Numbers:
    """``-p log p`` entry by entry, in nats, with ``0 log 0 = 0``."""
    return -relative_entropy(p, 1)


# Reading.


def lower(x: Any) -> NDArray[np.float64]:
    """Float64 bounds from below, rounded outward."""
    system, (a,) = coerce_all(x)
    return system.lower(a)


def upper(x: Any) -> NDArray[np.float64]:
    """Float64 bounds from above, rounded outward."""
    system, (a,) = coerce_all(x)
    return system.upper(a)


def midpoint(x: Any) -> NDArray[np.float64]:
    """One float64 in, or next to, each entry."""
    system, (a,) = coerce_all(x)
    return system.midpoint(a)


def possibly_nonzero(x: Any) -> Mask:
    """False exactly where an entry is known to be zero."""
    system, (a,) = coerce_all(x)
    return system.possibly_nonzero(a)


def _same_kind(result: Numbers, *arguments: Any) -> Numbers:
    """Keep quantities (``FloatArray``) quantities."""
    return FloatArray(result) if any(isinstance(x, FloatArray) for x in arguments) else result
