"""Certificates from residuals, and the refinement that drives a residual down.

Let ``x* = b + gamma K x*`` with ``k = max_i sum_j |K_ij|`` and ``gamma k < 1``. For any x the residual
``f = b + gamma K x - x`` is ``(I - gamma K)(x* - x)``, and ``|(I - gamma K)^-1|_inf <= 1/(1 - gamma k)``, so

    |x - x*|_inf <= |f|_inf / (1 - gamma k),

and the same with ``K^T`` and l1 norms, since ``|K^T|_1 = |K|_inf``. Nothing is assumed of how x was found:
any fast and careless method will do. What is computed is f with rounding errors; a bound on them is added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, log, nextafter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.errors import IltheoryError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT = 2.0**-53
"""Unit of roundoff."""

TOLERANCE = 1e-12
"""Default error aimed at, relative to ``max|b| / (1 - gamma)``."""

_SMALLEST = 2.0**-1074


class NoCertificate(IltheoryError, ArithmeticError):
    """What was given does not allow an error bound: not finite, no discount, or no contraction."""


class Certified(NamedTuple):
    """An answer and what is known of its error.

    Attributes
    ----------
    x : array
        The answer.
    error : array of the batch shape
        Upper bound on the distance of `x` from the exact solution for the very floats that were given.
    """

    x: Floats
    error: Floats


class Residual(NamedTuple):
    """A computed residual, its norm rounded up, and a bound on the norm of its rounding errors."""

    vector: Floats
    norm: float
    rounding: float


def sup_norm(x: Floats) -> float:
    """``max_i |x_i|``."""
    return float(np.abs(x).max())


def l1_norm(x: Floats) -> float:
    """``sum_i |x_i|``, as computed: up to ``len(x)`` roundings below the truth."""
    return float(np.abs(x).sum())


Correction = Callable[[Floats, float], Floats | None]
"""From a residual, and the norm wanted of the next one, to a step; to None where that would take too long."""


def growth(n: int) -> float:
    """Bound on the relative error of n roundings in a row, ``n u / (1 - n u)``, itself rounded up."""
    return nextafter(n * UNIT / (1 - 2 * n * UNIT), inf)


def raised(x: Floats | float, n: int) -> Floats:
    """Return `x >= 0` raised above what it would be had n roundings lowered it."""
    return np.asarray(x) * (1.0 + growth(2 * n + 8)) + _SMALLEST


def rounding_bound(
    n: int,
    products: int,
    gamma: Floats | float,
    row_norm: Floats | float,
    b: Floats | float,
    x: Floats | float,
) -> Floats:
    """Bound the rounding errors of ``b + gamma K x - x`` in the norm that `b` and `x` are the norms of.

    Each term meets at most `n` roundings; each of the `products` that one norm adds up may also lose half the
    smallest positive number to underflow.
    """
    size = np.asarray(b) + (gamma * np.asarray(row_norm) + 1.0) * np.asarray(x)
    return raised(growth(n) * size + 2 * products * _SMALLEST, 7)


def error_bound(
    norm: Floats | float, rounding: Floats | float, gamma: Floats | float, row_norm: Floats | float
) -> Floats:
    """``(norm + rounding) / (1 - gamma row_norm)``, rounded up.

    Raises
    ------
    NoCertificate
        If the residual is not finite, gamma is no discount, or ``gamma row_norm >= 1``.
    """
    discounts = np.ravel(gamma)
    if not ((discounts >= 0.0) & (discounts < 1.0)).all():
        wrong = discounts[~((discounts >= 0.0) & (discounts < 1.0))][0]
        raise NoCertificate(f"gamma is {float(wrong)!r}; a discount lies in [0, 1).")
    contraction = raised(gamma * np.asarray(row_norm), 1)
    if not (contraction < 1.0).all():
        raise NoCertificate(
            f"gamma * max_i sum_j |K[i, j]| is {float(np.max(contraction))!r}; a bound needs it below 1. "
            "Rows must be finite and sum to at most 1, and gamma must leave room for their rounding errors."
        )
    error = raised((np.asarray(norm) + np.asarray(rounding)) / (1.0 - contraction), 5)
    if not np.isfinite(error).all():
        raise NoCertificate("the residual is not finite: look for NaN, infinite or huge entries in the arrays given.")
    return error


def residual_target(tolerance: float, gamma: float, size: float) -> float:
    """Return the residual norm to aim at for an error of ``tolerance * size / (1 - gamma)``.

    Not below what storing x in float64 already costs.
    """
    return max(tolerance * size, 4 * UNIT * size / (1.0 - gamma), _SMALLEST)


def is_stochastic(smallest: float, largest: float, gamma: float) -> bool:
    """Whether rows sum to 1 so nearly that taking constants as eigenvectors gains two digits a step."""
    return gamma * max(1.0 - smallest, largest - 1.0) <= 0.01 * (1.0 - gamma)


def refine(
    x: Floats, residual: Callable[[Floats], Residual], corrections: Iterable[Correction], target: float
) -> tuple[Floats, Residual]:
    """Add corrections to `x` until the norm of its residual is at most `target`.

    A correction is used for as long as it halves the norm, then the next one takes over; the last ones are
    only needed while more than rounding errors is left.
    """
    best = residual(x)
    for correct in corrections:
        progress = True
        while progress and best.norm > target:
            step = correct(best.vector, target)
            if step is None:
                break
            candidate = x + step
            trial = residual(candidate)
            progress = trial.norm <= best.norm / 2
            if trial.norm < best.norm:
                x, best = candidate, trial
        if best.norm <= max(target, best.rounding):
            break
    return x, best


def neumann(
    advance: Callable[[Floats], Floats],
    rest: Floats,
    gamma: float,
    target: float,
    sweeps: int,
    *,
    norm: Callable[[Floats], float],
    reduction: float = 0.0,
    deflate: bool,
) -> Floats | None:
    """Sum ``rest + gamma K rest + gamma^2 K^2 rest + ...`` until what is left has norm <= `target`.

    Parameters
    ----------
    advance : callable
        From x to a new array ``gamma K x``.
    reduction : float
        Also stop at `reduction` times the norm of the first term.
    deflate : bool
        For K with rows that sum to 1: the constant part of each term is summed in closed form, so that the
        number of terms depends on how fast the chain mixes and not on gamma (the span bounds of MacQueen,
        1966, as a correction).

    Returns
    -------
    array or None
        None as soon as more than `sweeps` products are to be expected.
    """
    rest, total = rest.copy(), np.zeros_like(rest)
    constant = 0.0
    sizes: list[float] = []
    while True:
        if deflate:
            low, high = float(rest.min()), float(rest.max())
            rest -= (low + high) / 2
            constant += (low + high) / 2
            size = (high - low) / 2
        else:
            size = norm(rest)
        total += rest
        sizes.append(size)
        goal = max(target, reduction * sizes[0])
        if size <= goal:
            total += constant / (1.0 - gamma)
            return total
        if len(sizes) > 4:
            rate = (size / sizes[-4]) ** (1 / 3)
            left = sweeps - len(sizes)
            if not rate < 1.0 or log(goal / size) < left * log(rate):
                return None
        rest = advance(rest)
