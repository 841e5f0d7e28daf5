"""Newton's method with conjugate gradients for smooth convex functions of many floats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DECREASE = 0.2
"""Share of the slope that a step has to gain: 1/2 for a parabola; less than this and it went much too far."""
SMALLEST_STEP = 2.0**-10
DAMPINGS = (0.0, 1e-4, 1e-2, 1.0)
"""Shares of the scale added to the Hessian, the next one where no step helps: far from a minimum it may be too flat."""
FORCING = 0.1
"""Relative residual that steps are solved to, at most: in the end a Newton step shrinks the gradient tenfold."""
LARGEST_SOLVE = 500
"""Products with the Hessian for one step."""


@dataclass(frozen=True)
class Point:
    """What a function is at one place.

    Attributes
    ----------
    x : floats ``[k]``
    value : the function
    rounding : how far off ``value`` may be
    gradient : floats ``[k]``
    curvature : product of the Hessian with a direction ``[k]``
    scale : floats ``[k]``, positive, of the size of the diagonal of the Hessian
    """

    x: Floats
    value: float
    rounding: float
    gradient: Floats
    curvature: Callable[[Floats], Floats]
    scale: Floats

    @property
    def error(self) -> float:
        """Largest entry of the gradient."""
        return float(np.abs(self.gradient).max(initial=0.0))


def descend(
    at: Callable[[Floats], Point],
    start: Floats,
    *,
    until: Callable[[Point], bool],
    iterations: int,
) -> list[Point]:
    """Minimise a convex function by Newton's method, each step by preconditioned conjugate gradients.

    A step is halved until the value falls by what its slope promises, up to rounding. Nocedal and Wright (2006),
    algorithm 7.1.

    Parameters
    ----------
    at : evaluates the function
    until : says whether to stop at a point
    iterations : largest number of steps

    Returns
    -------
    list of Point
        All iterates from the start on; fewer than ``iterations`` steps if no step helps any more.
    """
    points = [at(start)]
    first = _norm(points[0])
    while len(points) <= iterations and not until(points[-1]):
        accuracy = min(FORCING, np.sqrt(_norm(points[-1]) / first))
        steps = (newton_step(points[-1], accuracy=accuracy, damping=damping) for damping in DAMPINGS)
        following = next((found for step in steps if (found := _search(at, points[-1], step)) is not None), None)
        if following is None:
            break
        points.append(following)
    return points


def _norm(point: Point) -> float:
    return float(np.sqrt(point.gradient @ (point.gradient / point.scale)))


def newton_step(point: Point, *, accuracy: float, damping: float) -> Floats:
    """``-(H + damping * scale)^{-1} gradient``, by conjugate gradients to a relative accuracy."""
    step, residual = np.zeros_like(point.x), -point.gradient
    scaled = residual / point.scale
    direction, size = scaled, residual @ scaled
    goal = accuracy**2 * size
    for _ in range(LARGEST_SOLVE):
        product = point.curvature(direction) + damping * point.scale * direction
        bend = direction @ product
        if not bend > np.finfo(float).eps * (direction @ (point.scale * direction)):
            break
        step = step + size / bend * direction
        residual = residual - size / bend * product
        scaled = residual / point.scale
        size, previous = residual @ scaled, size
        if size <= goal:
            break
        direction = scaled + size / previous * direction
    return step if step.any() else scaled


def _search(at: Callable[[Floats], Point], point: Point, step: Floats) -> Point | None:
    """The first point along a step, halved again and again, where the value is as low as promised."""
    slope, length = float(point.gradient @ step), 1.0
    while length >= SMALLEST_STEP:
        candidate = at(point.x + length * step)
        if candidate.value <= point.value + DECREASE * length * slope + point.rounding:
            return candidate
        length /= 2
    return None
