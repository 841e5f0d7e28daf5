"""Random intervals, and the exact integers that their members and results are held against.

A float is an integer over ``2**SHIFT``; so are the ends of an interval, and the eighths between them, over
``2**(SHIFT + 3)``. Sums and products of members are sums and products of Python integers.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import sims.arithmetic as ar

SHIFT = 1130
MEMBER = SHIFT + 3

KINDS = ("unit", "signed", "huge range", "denormal", "powers", "sparse", "absorbing", "near one")
"""What midpoints look like."""
RADII = ("none", "ulp", "relative", "dominating", "centred", "smallest")
"""What radii look like."""


def floats(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> Any:
    signs = rng.choice([-1.0, 1.0], shape)
    unit = rng.random(shape)
    if kind == "unit":
        return unit
    if kind == "signed":
        return signs * unit
    if kind == "huge range":
        return signs * (0.5 + unit / 2) * 10.0 ** rng.uniform(-300, 300, shape)
    if kind == "denormal":
        return signs * rng.integers(0, 2 ** rng.integers(1, 52, shape), shape) * 2.0**-1074
    if kind == "powers":
        return signs * 2.0 ** rng.integers(-30, 30, shape)
    if kind == "sparse":
        return np.where(rng.random(shape) < 0.7, 0.0, signs * unit)
    if kind == "absorbing":  # adding one of the small ones to a large one is always rounded, and always down
        return np.where(np.arange(np.prod(shape, dtype=int)).reshape(shape) % 64 < 16, 1.0, 2.0**-53)
    assert kind == "near one"
    return 1 + signs * rng.integers(0, 5, shape) * 2.0**-53


def radii(rng: np.random.Generator, kind: str, mid: Any) -> Any:
    unit = rng.random(mid.shape)
    if kind == "ulp":
        return np.abs(mid) * 2.0**-53
    if kind == "relative":
        return np.abs(mid) * unit * 10.0 ** rng.uniform(-15, -1, mid.shape)
    if kind == "dominating":
        return np.abs(mid) * (1 + unit) * 10.0 ** rng.uniform(0, 3, mid.shape)
    if kind == "smallest":
        return np.where(unit < 0.5, 0.0, 2.0**-1074)
    assert kind in ("none", "centred")
    return np.zeros(mid.shape)


def intervals(
    rng: np.random.Generator, kind: str, radius: str, shape: tuple[int, ...], device: str | None = None
) -> Any:
    mid = floats(rng, kind, shape)
    if radius == "centred":  # the size of the midpoint becomes the radius around zero
        mid, rad = np.zeros(shape), np.abs(mid)
    else:
        rad = radii(rng, radius, mid)
    return ar.Interval(device).convert(ar.IntervalArray(mid, rad))


def mixed(rng: np.random.Generator, count: int, device: str | None = None) -> Any:
    """Intervals of all kinds in one shuffled vector, ``count`` of each."""
    parts = [intervals(rng, kind, radius, (count,)) for kind in KINDS for radius in RADII]
    order = rng.permutation(count * len(parts))
    return ar.Interval(device).convert(ar.concatenate(parts)[order])


def integers(x: Any) -> Any:
    """Finite floats as integers over ``2**SHIFT``."""
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    whole = (mantissa * 2.0**53).astype(np.int64).astype(object)
    return np.asarray(whole << (exponent.astype(object) + (SHIFT - 53)), dtype=object)


def parts(x: Any) -> tuple[Any, Any]:
    """Midpoints and radii of an interval array as numpy arrays."""
    mid, rad = x.system.enclose_in_floats(x)
    return np.asarray(mid), np.asarray(rad)


def members(rng: np.random.Generator, x: Any, where: str) -> Any:
    """Members of bounded intervals, over ``2**MEMBER``: both ends, the midpoints, or eighths anywhere."""
    mid, rad = parts(x)
    eighths = {"low": -8, "mid": 0, "high": 8}.get(where, rng.integers(-8, 9, mid.shape))
    return integers(mid) * 8 + integers(rad) * np.asarray(eighths).astype(object)


PLACES = ("low", "mid", "high", "any")


def bounded(x: Any) -> Any:
    """Mask of the intervals that are not the whole line."""
    mid, rad = parts(x)
    return np.isfinite(mid) & np.isfinite(rad)


def ends(x: Any) -> tuple[Any, Any]:
    """Lower and upper ends over ``2**SHIFT``; zeros stand for the whole line."""
    mid, rad = (np.where(bounded(x), part, 0.0) for part in parts(x))
    return integers(mid) - integers(rad), integers(mid) + integers(rad)


def misses(x: Any, numerators: Any, shift: int, denominators: Any = 1) -> int:
    """How many exact numbers ``numerators / denominators / 2**shift`` (``denominators > 0``) are outside of ``x``."""
    low, high = ends(x)
    scale = 1 << (shift - SHIFT)
    outside = (numerators < low * denominators * scale) | (numerators > high * denominators * scale)
    return int(np.sum(np.asarray(outside, dtype=bool) & bounded(x)))


def elementwise_misses(name: str, device: str | None, seed: int, count: int = 24) -> int:
    """Apply an operation to pairs of intervals of all kinds; count the results of members that are missed."""
    rng = np.random.default_rng(seed)
    x, y = mixed(rng, count, device), mixed(rng, count, device)
    operations: dict[str, Callable[[Any, Any], Any]] = {
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "maximum": ar.maximum,
        "minimum": ar.minimum,
        "absolute": lambda a, b: ar.absolute(a),
        "negative": lambda a, b: -a,
        "hull": ar.hull,
    }
    z = operations[name](x, y)
    missed = 0
    for where in PLACES:
        for there in PLACES:
            a, b = members(rng, x, where), members(rng, y, there)
            if name == "multiply":
                missed += misses(z, a * b, 2 * MEMBER)
            elif name == "divide":
                sign, safe = np.where(b < 0, -1, 1).astype(object), np.asarray(b != 0, dtype=bool)
                # Over 2**SHIFT, so that the quotient of two members is one of plain integers.
                numerators, denominators = (a * sign) << SHIFT, np.where(safe, abs(b), 1)
                missed += misses(z[safe], numerators[safe], SHIFT, denominators[safe])
            else:
                exact: dict[str, Callable[[], Any]] = {
                    "add": lambda a=a, b=b: a + b,
                    "subtract": lambda a=a, b=b: a - b,
                    "maximum": lambda a=a, b=b: np.maximum(a, b),
                    "minimum": lambda a=a, b=b: np.minimum(a, b),
                    "absolute": lambda a=a: abs(a),
                    "negative": lambda a=a: -a,
                    "hull": lambda a=a: a,
                }
                missed += misses(z, exact[name](), MEMBER)
                if name == "hull":
                    missed += misses(z, b, MEMBER)
    return missed


CONTRACTIONS = {
    "matvec": lambda m, v: (ar.matvec(m, v), "mn,n->m"),
    "vecmat": lambda m, v: (ar.vecmat(v, ar.moveaxis(m, 0, 1)), "mn,n->m"),
    "einsum": lambda m, v: (ar.einsum("mn,n->m", m, v), "mn,n->m"),
}


def contraction_misses(name: str, device: str | None, seed: int, n: int, kind: str, radius: str) -> int:
    """Contract a matrix and a vector with ``n`` terms; count the results of members that are missed."""
    rng = np.random.default_rng(seed)
    m, v = intervals(rng, kind, radius, (3, n), device), intervals(rng, kind, radius, (n,), device)
    z, spec = CONTRACTIONS[name](m, v)
    return sum(
        misses(z, np.einsum(spec, members(rng, m, where), members(rng, v, there)), 2 * MEMBER)
        for where, there in (("low", "low"), ("high", "high"), ("mid", "mid"), ("any", "any"))
    )


def sum_misses(device: str | None, seed: int, n: int, kind: str, radius: str) -> int:
    rng = np.random.default_rng(seed)
    x = intervals(rng, kind, radius, (2, n), device)
    return sum(
        misses(ar.sum(x, axis), members_.sum(axis), MEMBER)
        for where in PLACES
        for members_ in [members(rng, x, where)]
        for axis in (0, 1, (0, 1))
    )


def fractions(numerators: Any, shift: int) -> Any:
    """Integers over ``2**shift`` as fractions."""
    out = np.empty(np.shape(numerators), dtype=object)
    for index in np.ndindex(out.shape):
        out[index] = Fraction(int(numerators[index]), 1 << shift)
    return out
