"""Fixed points of contractions, certified in the sense of each number system.

Let ``T`` contract with modulus ``gamma``. For every ``x``, ``||x - x*|| <= ||T x - x|| / (1 - gamma)``.
Enclosing systems take any float approximation (``ball`` first refines it by Newton steps), evaluate the
residual ``f = T x - x`` in their own arithmetic, and widen by a bound; ``rational`` solves the linear system
over the integers.

For an affine map ``T x = b + gamma K x`` with ``K >= 0`` the bound holds entry by entry: ``|x - x*| <= e``
with ``e = |f| + gamma K e``, and every ``w >= 0`` gives ``e <= w + ||(|f| + gamma K w - w)^+|| / (1 -
gamma)``. So the small entries of an occupancy keep a small *relative* error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from sims.arithmetic import functions as ar
from sims.arithmetic.ball import Ball, BallArray
from sims.arithmetic.float64 import Float64
from sims.arithmetic.interval import Interval
from sims.arithmetic.rational import Rational, RationalArray
from sims.arithmetic.system import Numbers, Raw, System

MARGIN = 1 + 2.0**-10
"""Enlarges an approximate bound ``w`` so that ``|f| + gamma K w <= w`` survives rounding."""

Step = Callable[[Numbers], Numbers]
"""A contraction, on numbers of a system."""

Solve = Callable[[Raw], Raw]
"""From floats ``f[..., n]`` to about the solution of ``x = f + gamma K x``, with ``gamma K`` the slope of the map."""


@dataclass(frozen=True)
class AffineContraction:
    """The map ``x -> offset + gamma K x`` on arrays ``[..., n]``, with a row-stochastic ``K`` or its transpose.

    Attributes
    ----------
    offset : numbers ``[..., n]``
    image : the linear part ``x -> gamma K x``, on numbers of the system
    modulus : numbers gamma, batch axes
    solve : from floats ``f[..., n]`` to an approximate solution of ``x = f + gamma K x``
    kernel : returns ``K[..., n, n]`` in the system, row-stochastic
    transposed : whether the map uses the transpose of ``K``; it then contracts in the l1 norm, and its fixed
        point is taken to be non-negative
    """

    offset: Numbers
    image: Step
    modulus: Numbers
    solve: Solve
    kernel: Callable[[], Numbers]
    transposed: bool

    def step(self, x: Numbers) -> Numbers:
        """Apply the map."""
        return self.offset + self.image(x)


# Affine contractions.


@singledispatch
def fixed_point(system: System, contraction: AffineContraction) -> Numbers:
    """Fixed point ``[..., n]`` of an affine contraction, in the sense of the number system."""
    return solution(system, contraction)


@fixed_point.register
def _(system: Interval, contraction: AffineContraction) -> Numbers:
    start = solution(system, contraction)
    residual = ar.absolute(contraction.step(start) - start)
    bound = system.convert(abs(contraction.solve(residual.mid + residual.rad)) * MARGIN)
    return _enclosed(contraction, start, residual, bound)


@fixed_point.register
def _(system: Ball, contraction: AffineContraction) -> Numbers:
    with system.precision():
        start = solution(system, contraction)
        residual = ar.absolute(contraction.step(start) - start)
        bound = ar.absolute(_solved(contraction.solve, _each(lambda b: b.abs_upper(), residual)) * Fraction(MARGIN))
        return _enclosed(contraction, start, residual, bound)


@singledispatch
def solution(system: System, contraction: AffineContraction) -> Numbers:
    """Fixed point in ``rational``, else an approximation of it made of exact numbers of the system."""
    raise TypeError(f"no way to solve in {system.name}")


@solution.register
def _(system: Float64, contraction: AffineContraction) -> Numbers:
    return contraction.solve(contraction.offset)


@solution.register
def _(system: Interval, contraction: AffineContraction) -> Numbers:
    return system.convert(contraction.solve(contraction.offset.mid))


@solution.register
def _(system: Ball, contraction: AffineContraction) -> Numbers:
    with system.precision():
        return _refined(contraction.step, contraction.solve, _solved(contraction.solve, contraction.offset))


@solution.register
def _(system: Rational, contraction: AffineContraction) -> Numbers:
    kernel = contraction.kernel()
    kernel = ar.moveaxis(kernel, -1, -2) if contraction.transposed else kernel
    n = kernel.shape[-1]
    matrix = np.eye(n, dtype=np.int64) - contraction.modulus[..., None, None] * kernel
    offset = contraction.offset
    shape = np.broadcast_shapes(matrix.shape[:-2], offset.shape[:-1])
    left, right = np.broadcast_to(matrix.num, (*shape, n, n)), np.broadcast_to(offset.num, (*shape, n))
    scale = flint.fmpq(matrix.den, offset.den)
    solutions = [_solve_integers(left[i], right[i], scale) for i in np.ndindex(shape)]
    return ar.reshape(ar.stack(solutions), (*shape, n))


def _enclosed(contraction: AffineContraction, start: Numbers, residual: Numbers, bound: Numbers) -> Numbers:
    """Enclose the fixed point, given ``|T start - start|`` and about the ``bound`` on the error it causes."""
    missing = ar.maximum(residual + contraction.image(bound) - bound, 0)
    missing = ar.sum(missing, -1) if contraction.transposed else ar.amax(missing, -1)
    radius = bound + (missing / (1 - contraction.modulus))[..., None]
    enclosure = ar.hull(start - radius, start + radius)
    if not contraction.transposed:
        return enclosure
    enclosure = ar.maximum(enclosure, 0)
    if (ar.possibly_nonzero(enclosure) & ~ar.possibly_nonzero(start)).any():
        enclosure = ar.where(_support(contraction, start), enclosure, 0)
    return enclosure


def _support(contraction: AffineContraction, start: Numbers) -> NDArray[np.bool_]:
    """Mask that contains the support of the fixed point: the map keeps vectors inside it."""
    support = ar.possibly_nonzero(start)
    while True:
        grown = support | ar.possibly_nonzero(contraction.step(ar.where(support, 1, start * 0)))
        if np.array_equal(grown, support):
            return support
        support = grown


def _solve_integers(matrix: NDArray[Any], b: NDArray[Any], scale: flint.fmpq) -> RationalArray:
    """``scale * matrix^-1 b`` for integers."""
    n = len(b)
    solved: Any = flint.fmpz_mat(n, n, matrix.ravel().tolist()).solve(flint.fmpz_mat(n, 1, b.tolist()))
    numerators, den = (solved * scale).numer_denom()
    out = np.empty(n, dtype=object)
    out[:] = [int(entry) for entry in numerators.entries()]
    return RationalArray(out, int(den))


# Other contractions in the sup norm.


@singledispatch
def certified(system: System, start: Numbers, step: Step, modulus: Numbers, solve: Solve) -> Numbers:
    """Enclose the fixed point of a contraction in the sup norm, given an approximation.

    Parameters
    ----------
    start : numbers ``[..., n]``; only their midpoints count
    step : the contraction
    modulus : numbers, batch axes
    solve : solves ``x = f + gamma K x`` in floats, with ``gamma K`` the slope of the map near ``start``

    Returns
    -------
    numbers ``[..., n]``; in ``float64`` and ``rational`` that is ``start`` itself

    Raises
    ------
    NotRepresentable
        In ``rational``, if ``start`` is not the fixed point.
    """
    return _widened(start, step, modulus)


@certified.register
def _(system: Float64, start: Numbers, step: Step, modulus: Numbers, solve: Solve) -> Numbers:
    return start


@certified.register
def _(system: Interval, start: Numbers, step: Step, modulus: Numbers, solve: Solve) -> Numbers:
    return _widened(system.convert(start.mid), step, modulus)


@certified.register
def _(system: Ball, start: Numbers, step: Step, modulus: Numbers, solve: Solve) -> Numbers:
    with system.precision():
        return _widened(_refined(step, solve, _each(lambda b: b.mid(), start)), step, modulus)


def _widened(start: Numbers, step: Step, modulus: Numbers) -> Numbers:
    radius = (ar.amax(ar.absolute(step(start) - start), -1) / (1 - modulus))[..., None]
    return ar.hull(start - radius, start + radius)


# Balls: floats solve, balls take the residual. All of this runs at the precision of the system.


def _refined(step: Step, solve: Solve, start: BallArray) -> BallArray:
    """Newton steps on exact midpoints, until the residual is rounding noise or stops shrinking."""
    before: Any = np.inf
    while True:
        residual = step(start) - start
        size = _largest(_each(lambda b: abs(b.mid()), residual))
        noise = _largest(_each(lambda b: b.rad(), residual))
        going = (size > noise) & (2 * size < before)
        if not np.any(going):
            return start
        better = _each(lambda b: b.mid(), start + _solved(solve, residual))
        start = ar.where(np.asarray(going)[..., None], better, start)
        before = size


def _solved(solve: Solve, f: BallArray) -> BallArray:
    """Solve for the midpoints of ``f``, scaled so that floats can hold them; the answer is exact numbers."""
    mids = _each(lambda b: b.mid(), f).balls
    exponents = np.empty(f.shape[:-1], dtype=np.int64)
    for i in np.ndindex(exponents.shape):
        exponents[i] = max((_exponent(b) for b in mids[i] if b != 0), default=0)
    scale = exponents[..., None]
    floats = np.array([float(b) for b in _shifted(mids, -scale).ravel()]).reshape(f.shape)
    x = solve(floats)
    balls = np.array([flint.arb(float(entry)) for entry in x.ravel()], dtype=object).reshape(x.shape)
    return BallArray(_shifted(balls, scale), f.bits)


def _exponent(b: Any) -> int:
    mantissa, exponent = b.man_exp()
    return int(exponent) + int(mantissa).bit_length()


def _shifted(balls: NDArray[Any], exponents: NDArray[np.int64]) -> NDArray[Any]:
    """``balls * 2**exponents``, exactly."""
    powers = np.array([flint.arb(2) ** int(e) for e in exponents.ravel()], dtype=object)
    return np.asarray(balls * powers.reshape(exponents.shape), dtype=object)


def _each(f: Callable[[Any], Any], x: BallArray) -> BallArray:
    out = np.empty(x.shape, dtype=object)
    for i in np.ndindex(x.shape):
        out[i] = f(x.balls[i])
    return BallArray(out, x.bits)


def _largest(x: BallArray) -> NDArray[Any]:
    """Maximum of exact balls along the last axis."""
    return np.asarray(np.max(x.balls, axis=-1), dtype=object)
