"""Fixed points of contractions, certified in the sense of each number system.

A contraction ``T`` with modulus ``gamma`` satisfies ``||x - x*|| <= ||T x - x|| / (1 - gamma)`` for every ``x``. Enclosing
systems take any approximation, evaluate that residual once in their own arithmetic, and widen by the bound; exact systems
solve the linear system.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import flint
import numpy as np

from sims.arithmetic import functions as ar
from sims.arithmetic.ball import Ball, BallArray
from sims.arithmetic.float64 import Float64
from sims.arithmetic.interval import Interval, IntervalArray
from sims.arithmetic.rational import Rational, RationalArray
from sims.arithmetic.system import Mask, Numbers, System


@dataclass(frozen=True)
class AffineContraction:
    """The map ``x -> offset + gamma K x`` on arrays ``[..., n]``, or with the transpose of ``K``.

    Attributes
    ----------
    step : the map, on numbers of the system
    offset : numbers ``[..., n]``
    modulus : numbers gamma, batch axes
    kernel : returns ``K[..., n, n]`` in the system, row-stochastic
    transposed : whether the map uses the transpose of ``K``; it then contracts in the l1 norm, else in the sup norm
    approximate : returns a float64 approximation of the fixed point, ``[..., n]``
    support : returns a mask ``[..., n]`` outside of which the fixed point, known to be non-negative, is exactly zero; or
        None if nothing of the kind is known
    """

    step: Callable[[Numbers], Numbers]
    offset: Numbers
    modulus: Numbers
    kernel: Callable[[], Numbers]
    transposed: bool
    approximate: Callable[[], Any]
    support: Callable[[], Mask] | None = None


@singledispatch
def fixed_point(system: System, contraction: AffineContraction) -> Numbers:
    """Fixed point ``[..., n]`` of an affine contraction, in the sense of the number system."""
    raise TypeError(f"no way to solve in {system.name}")


@fixed_point.register
def _(system: Float64, contraction: AffineContraction) -> Numbers:
    return contraction.approximate()


@fixed_point.register
def _(system: Interval, contraction: AffineContraction) -> Numbers:
    start = system.convert(contraction.approximate())
    enclosure = certified(contraction.step, start, contraction.modulus, l1=contraction.transposed)
    if contraction.support is None:
        return enclosure
    return ar.where(contraction.support(), ar.maximum(enclosure, 0), 0)


@fixed_point.register
def _(system: Rational, contraction: AffineContraction) -> Numbers:
    gamma: RationalArray = contraction.modulus
    kernel, offset = contraction.kernel(), contraction.offset
    shape = np.broadcast_shapes(kernel.shape[:-2], offset.shape[:-1], gamma.shape)
    n = kernel.shape[-1]
    kernels, offsets = np.broadcast_to(kernel.num, (*shape, n, n)), np.broadcast_to(offset.num, (*shape, n))
    gammas = np.broadcast_to(gamma.num, shape)
    solutions = [
        _solve_integers(kernels[i], kernel.den, offsets[i], offset.den, int(gammas[i]), gamma.den, contraction.transposed)
        for i in np.ndindex(shape)
    ]
    return ar.reshape(ar.stack(solutions), (*shape, n))


def _solve_integers(
    kernel: Any, kernel_den: int, offset: Any, offset_den: int, gamma: int, gamma_den: int, transposed: bool
) -> RationalArray:
    """Solve ``x = offset + gamma K x`` over the integers: ``(D I - gamma_num K_num) x = D offset``, D the denominators."""
    n = len(offset)
    scale = kernel_den * gamma_den
    matrix = flint.fmpz_mat(n, n, (kernel.T if transposed else kernel).ravel().tolist())
    matrix = flint.fmpz_mat(n, n, _diagonal(n, scale)) - gamma * matrix
    solution = matrix.solve(flint.fmpz_mat(n, 1, offset.tolist())) * flint.fmpq(scale, offset_den)
    numerators, den = solution.numer_denom()
    out = np.empty(n, dtype=object)
    out[:] = [int(entry) for entry in numerators.entries()]
    return RationalArray(out, int(den))


def _diagonal(n: int, value: int) -> list[int]:
    entries = [0] * (n * n)
    entries[:: n + 1] = [value] * n
    return entries


@fixed_point.register
def _(system: Ball, contraction: AffineContraction) -> Numbers:
    kernel, offset, gamma = contraction.kernel(), contraction.offset, contraction.modulus
    kernel = ar.moveaxis(kernel, -1, -2) if contraction.transposed else kernel
    matrix = system.subtract(system.convert(np.eye(kernel.shape[-1])), system.multiply(gamma[..., None, None], kernel))
    n = kernel.shape[-1]
    shape = np.broadcast_shapes(matrix.shape[:-2], offset.shape[:-1])
    matrices, offsets = np.broadcast_to(matrix.raw, (*shape, n, n)), np.broadcast_to(offset.raw, (*shape, n))
    out = np.empty((*shape, n), dtype=object)
    with system.precision():
        for i in np.ndindex(shape):
            column = flint.arb_mat(n, 1, offsets[i].tolist())
            out[i] = flint.arb_mat(n, n, matrices[i].ravel().tolist()).solve(column).entries()
    return BallArray(out, system.bits)


def certified(step: Callable[[Numbers], Numbers], start: Numbers, modulus: Numbers, *, l1: bool = False) -> Numbers:
    """Enclose the fixed point of a contraction from an exact approximation and its residual.

    Parameters
    ----------
    step : contraction on numbers ``[..., n]`` of an enclosing system
    start : exact numbers ``[..., n]`` of the system
    modulus : contraction modulus, batch axes
    l1 : whether it contracts in the l1 norm (of laws) instead of the sup norm (of values)
    """
    distance = ar.absolute(step(start) - start)
    size = ar.sum(distance, -1) if l1 else ar.amax(distance, -1)
    radius = (size / (1 - modulus))[..., None]
    return ar.hull(start - radius, start + radius)
