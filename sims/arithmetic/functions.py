"""The functions formulas are written with; the system of the arguments decides how they compute."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import NDArray

from sims.arithmetic.ball import Ball
from sims.arithmetic.errors import MixedArithmetic, NotANumber
from sims.arithmetic.float64 import FLOAT64, Float64, FloatArray, float64_of
from sims.arithmetic.interval import Interval
from sims.arithmetic.numbers import NumberArray
from sims.arithmetic.rational import RATIONAL
from sims.arithmetic.raw import like
from sims.arithmetic.system import Mask, Numbers, System
from sims.errors import InvalidArgument

SYSTEMS = ("float64", "interval", "ball", "rational")
BLOCK = 64
"""Longer sums of intervals are added up in blocks, so that each term goes through fewer roundings."""

NAIVE = 400
"""Entries of a matrix below which torch's batched product is a plain loop on the processor."""


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
        device = _usable_device(name, device)
    systems: dict[str, System] = {
        "float64": Float64(device),
        "interval": Interval(device),
        "ball": Ball(bits),
        "rational": RATIONAL,
    }
    return systems[name]


def _usable_device(name: str, device: str) -> str:
    """Full name of a torch device (``cuda:0`` for ``cuda``) on which doubles can be computed with."""
    if name not in ("float64", "interval"):
        raise InvalidArgument(f"device={device!r}: {name} has none, only float64 and interval run on torch.")
    try:
        import torch

        third = torch.ones(1, dtype=torch.float64, device=device) / 3
        third.cpu()
    except ImportError as problem:
        raise InvalidArgument(f"device={device!r} needs torch.\n  pip install 'iltheory[torch]'") from problem
    except (RuntimeError, AssertionError, TypeError) as problem:  # an assertion: torch was built without CUDA
        reason = str(problem).partition("\n")[0].rstrip(".")
        raise InvalidArgument(
            f"device={device!r} cannot be used: {reason}.\n"
            "  Name a device that torch computes doubles on here, such as 'cpu', or none for numpy."
        ) from problem
    return str(third.device)


def system_of(*xs: Any) -> System:
    """Return the one system of the arguments; exact constants (ints, fractions) belong to any.

    Of ball systems the most precise is returned, and of systems on a device one on the device.

    Raises
    ------
    MixedArithmetic
        If two of them are of different systems, or on different torch devices.
    """
    found: System | None = None
    for x in xs:
        if isinstance(x, NumberArray):
            system = x.system
        elif is_torch_array(x) or (isinstance(x, np.ndarray) and x.dtype.kind == "f"):
            system = float64_of(x)
        else:
            continue
        if found is None or found is system or found == system:
            found = system
        elif found.name != system.name:
            raise MixedArithmetic(
                f"{found.name} numbers met {system.name} ones in one formula; convert one side on purpose, "
                f"with convert(x, {found.name!r}) or model.to({found.name!r})."
            )
        elif isinstance(found, Ball) and isinstance(system, Ball):
            found = Ball(max(found.bits, system.bits))
        else:
            found = _on_one_device(found, system)
    if found is None:
        return FLOAT64 if any(isinstance(x, float | np.floating) for x in xs) else RATIONAL
    return found


def _on_one_device(x: System, y: System) -> System:
    """Of two systems of one name the one on a torch device; what is in numpy moves there, but nothing leaves one."""
    here, there = x.device, y.device  # type: ignore[attr-defined]
    if None not in (here, there):
        raise MixedArithmetic(
            f"{x.name} numbers on {here} met ones on {there} in one formula; bring both to one device, "
            f"with convert(x, {x.name!r}, device={there!r}) or model.to({x.name!r}, device={there!r})."
        )
    return y if here is None else x


def coerce_all(*xs: Any) -> tuple[System, list[Numbers]]:
    """Bring the arguments into their common system.

    Raises
    ------
    NotANumber
        If an argument is neither an array of numbers nor a constant.
    MixedArithmetic
        If the arguments are of different systems.
    """
    for x in xs:
        if not _is_numeric(x):
            raise NotANumber(
                f"{x!r:.60} is a {type(x).__name__}, no number of any system; read lists and texts with "
                "arithmetic.asarray(x)."
            )
    system = system_of(*xs)
    return system, [system.coerce(x) for x in xs]


def _is_numeric(x: Any) -> bool:
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "biufO"
    return is_torch_array(x) or isinstance(x, NumberArray | int | float | Fraction)


def asarray(x: Any) -> Numbers:
    """Read numbers: floats as ``float64``; integers, fractions and strings such as ``"3/7"`` as ``rational``.

    Number arrays pass unchanged, and so do tensors of doubles; others become doubles. A list that contains some is
    stacked.
    """
    if isinstance(x, FloatArray):
        return x.raw
    if is_torch_array(x):
        return x.double()  # bounds on rounding errors are those of double precision
    if isinstance(x, NumberArray):
        return x
    if _contains_arrays(x):
        return stack([asarray(entry) for entry in x])
    values = np.asarray(x)
    if values.dtype.kind == "f" and isinstance(x, list | tuple):
        entries = np.array(x, dtype=object)
        # numpy makes floats of integers that no machine integer holds.
        values = values if _any_of(entries, float | np.floating) else entries
    if values.dtype.kind == "f":
        return values.astype(np.float64, copy=False)
    if values.dtype == object and _any_of(values, float | np.floating):
        if _any_of(values, Fraction):
            raise MixedArithmetic("floats and Fractions in one array; use one kind of number.")
        return values.astype(np.float64)
    return RATIONAL.convert(values)


def _any_of(entries: NDArray[Any], kind: Any) -> bool:
    return any(isinstance(v, kind) for v in entries.ravel())


def _contains_arrays(x: Any) -> bool:
    """Whether nested lists contain number arrays or tensors, which numpy would read as floats."""
    if isinstance(x, list | tuple):
        return any(isinstance(v, NumberArray) or is_torch_array(v) or _contains_arrays(v) for v in x)
    return False


def convert(x: Any, system: str | System, *, bits: int = 128, device: str | None = None) -> Numbers:
    """Bring numbers into another system on purpose; see :func:`get_system` for the options."""
    return get_system(system, bits=bits, device=device).convert(asarray(x))


def zeros(shape: tuple[int, ...], system: System) -> Numbers:
    """Exact zeros."""
    return system.convert(np.zeros(shape))


# Contractions.


def einsum(spec: str, x: Any, y: Any = None) -> Numbers:
    """Einstein summation of one or two operands; the output is written out, as in ``"...ij,...j->...i"``."""
    inputs, arrow, output = spec.replace(" ", "").partition("->")
    if not arrow or ("..." in inputs and "..." not in output):
        raise ValueError(f"spec={spec!r}: write the output out, its batch axes '...' included, as in '...ij->...i'")
    operands = (x,) if y is None else (x, y)
    system, numbers = coerce_all(*operands)
    sizes = _sizes(inputs.split(","), [tuple(a.shape) for a in numbers])
    terms = math.prod(size for label, size in sizes.items() if label not in output)
    if y is None:
        result = system.linear(lambda a: like(a).einsum(spec, a), numbers[0], terms)
    else:
        result = system.bilinear(lambda a, b: _contracted(spec, a, b), numbers[0], numbers[1], terms)
    return _same_kind(result, *operands)


def _contracted(spec: str, a: Any, b: Any) -> Any:
    inputs, _, output = spec.replace(" ", "").partition("->")
    if is_torch_array(a) and inputs == f"{output}{inputs[-1]},{output}{inputs[-1]}":
        products = a * b  # one short row by another: faster than the batched product that torch makes of it
        return products @ products.new_ones(products.shape[-1])
    return like(a).einsum(spec, a, b)


def _sizes(specs: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """Size of the axis of each label, largest where size 1 broadcasts."""
    sizes: dict[str, int] = {}
    for spec, shape in zip(specs, shapes, strict=True):
        head, _, tail = spec.partition("...")
        axes = [*zip(head, shape, strict=False), *zip(reversed(tail), reversed(shape), strict=False)]
        for label, size in axes:
            sizes[label] = max(size, sizes.get(label, 1))
    return sizes


def matvec(matrix: Any, x: Any) -> Numbers:
    """``matrix[..., m, n] @ x[..., n]``, batch axes broadcast."""
    system, (m, v) = coerce_all(matrix, x)
    n = v.shape[-1]
    return _same_kind(system.bilinear(_product_for(system), m, v, n, depth=_depth(n)), matrix, x)


def vecmat(x: Any, matrix: Any) -> Numbers:
    """``x[..., m] @ matrix[..., m, n]``, batch axes broadcast."""
    system, (v, m) = coerce_all(x, matrix)
    n, product = v.shape[-1], _product_for(system)
    result = system.bilinear(lambda a, b: product(like(b).moveaxis(b, -1, -2), a), v, m, n, depth=_depth(n))
    return _same_kind(result, x, matrix)


def _product_for(system: System) -> Callable[[Any, Any], Any]:
    return _halved_matvec if isinstance(system, Interval) else _matvec


def _matvec(m: Any, x: Any) -> Any:
    if m.ndim == 2 and x.ndim > 1:
        return x @ m.T
    if is_torch_array(m):
        return _torch_matvec(m, x)
    return (m @ x[..., None])[..., 0]


def _torch_matvec(m: Any, x: Any) -> Any:
    """What torch does fastest: below ``NAIVE`` entries a matrix its batched product is a plain loop."""
    if m.ndim <= x.ndim + 1 and math.prod(m.shape[:-2]) == 1:
        return x @ m.reshape(m.shape[-2:]).T  # a batched product would copy the matrix for every vector
    if m.stride(-1) != 1 and m.shape[-1] * m.shape[-2] < NAIVE:
        return (m * x[..., None, :]).sum(-1)
    return (x[..., None, :] @ m.mT)[..., 0, :]


def _halved_matvec(m: Any, x: Any) -> Any:
    n = x.shape[-1]
    if n <= BLOCK:
        return _matvec(m, x)
    half = n // 2
    return _halved_matvec(m[..., :half], x[..., :half]) + _halved_matvec(m[..., half:], x[..., half:])


def _depth(terms: int) -> int:
    """Roundings a product goes through in ``_halved_matvec``."""
    return terms if terms <= BLOCK else 1 + _depth(terms - terms // 2)


def sum(x: Any, axis: int | tuple[int, ...] | None = None) -> Numbers:
    """Sum over axes (all of them by default)."""
    system, (a,) = coerce_all(x)
    axes = normalize_axis_tuple(range(a.ndim) if axis is None else axis, a.ndim)
    lengths = [a.shape[i] for i in axes]
    if isinstance(system, Interval):
        depth = 1 + builtins.sum(_additions(n) for n in lengths)
        return system.linear(lambda r: _sum_in_blocks(r, axes), a, math.prod(lengths), depth=depth)
    return _same_kind(system.linear(lambda r: r.sum(axes) if axes else r, a, math.prod(lengths)), x)


def _sum_in_blocks(x: Any, axes: tuple[int, ...]) -> Any:
    for axis in sorted(axes, reverse=True):
        x = _sum_along(x, axis)
    return x


def _sum_along(x: Any, axis: int) -> Any:
    n = x.shape[axis]
    if n <= BLOCK:
        return x.sum(axis)
    blocks, before = n // BLOCK, (slice(None),) * axis
    head = x[(*before, slice(blocks * BLOCK))].reshape(*x.shape[:axis], blocks, BLOCK, *x.shape[axis + 1 :])
    return _sum_along(head.sum(axis + 1), axis) + x[(*before, slice(blocks * BLOCK, None))].sum(axis)


def _additions(terms: int) -> int:
    """Additions an entry goes through in ``_sum_along``."""
    return max(terms - 1, 0) if terms <= BLOCK else BLOCK + _additions(terms // BLOCK)


# Moving entries.


def stack(xs: Sequence[Any], axis: int = 0) -> Numbers:
    """Join arrays of one shape along a new axis."""
    system, numbers = coerce_all(*xs)
    return _same_kind(system.structural(lambda *rs: like(rs[0]).stack(rs, axis=axis), *numbers), *xs)


def concatenate(xs: Sequence[Any], axis: int = 0) -> Numbers:
    """Join arrays along an existing axis."""
    system, numbers = coerce_all(*xs)
    return _same_kind(system.structural(lambda *rs: like(rs[0]).concat(rs, axis=axis), *numbers), *xs)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Numbers:
    """Repeat along axes of size 1 and new leading axes."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.structural(lambda r: like(r).broadcast_to(r, shape), a), x)


def reshape(x: Any, shape: tuple[int, ...]) -> Numbers:
    """Same entries, row-major, in another shape."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.structural(lambda r: r.reshape(shape), a), x)


def moveaxis(x: Any, source: int, destination: int) -> Numbers:
    """Move one axis to another place."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.structural(lambda r: like(r).moveaxis(r, source, destination), a), x)


def take(x: Any, index: NDArray[np.integer[Any]], axis: int) -> Numbers:
    """Entries at ``index`` (1-d integers) along an axis."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.structural(lambda r: like(r).take(r, _index(index, r), axis=axis), a), x)


def _index(index: NDArray[np.integer[Any]], r: Any) -> Any:
    return r.new_tensor(index, dtype=like(r).int64) if is_torch_array(r) else index


def where(mask: Mask, x: Any, y: Any) -> Numbers:
    """``x`` where ``mask`` (a numpy boolean array) is true, else ``y``."""
    system, (a, b) = coerce_all(x, y)
    return _same_kind(system.where(mask, a, b), x, y)


# Order.


def compare(x: Any, op: str, y: Any) -> NDArray[np.int8]:
    """1 where ``x op y`` is certain, -1 where it is certainly false, 0 where the enclosures leave it open.

    Raises
    ------
    InvalidArgument
        If ``op`` is none of ``<=``, ``>=``, ``==``.
    """
    if op not in ("<=", ">=", "=="):
        raise InvalidArgument(f"op={op!r}: must be <=, >= or ==; (x < y).verdicts is the negation of >=.")
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
    return _same_kind(system.amax(a, axis), x)


def amin(x: Any, axis: int) -> Numbers:
    """Smallest entry along an axis."""
    system, (a,) = coerce_all(x)
    return _same_kind(system.negative(system.amax(system.negative(a), axis)), x)


def argmax(x: Any, axis: int) -> NDArray[np.intp]:
    """Index of a largest midpoint: a choice of action, never a decision."""
    system, (a,) = coerce_all(x)
    return system.argmax(a, axis)


def hull(x: Any, y: Any) -> Numbers:
    """Smallest numbers of the system that contain both ``x`` and ``y``; of two floats the first."""
    system, (a, b) = coerce_all(x, y)
    return _same_kind(system.hull(a, b), x, y)


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
    return _same_kind(system.relative_entropy(a, b), p, q)


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
    """One float64 in, or next to, each entry; NaN where nothing is known of it."""
    system, (a,) = coerce_all(x)
    return system.midpoint(a)


def possibly_nonzero(x: Any) -> Mask:
    """False exactly where an entry is known to be zero."""
    system, (a,) = coerce_all(x)
    return system.possibly_nonzero(a)


def _same_kind(result: Numbers, *arguments: Any) -> Numbers:
    """Keep quantities (``FloatArray``) quantities."""
    return FloatArray(result) if any(isinstance(x, FloatArray) for x in arguments) else result
