"""The dual of an entropy: least ``g(theta) = value(theta . f) - theta . f_E``, and whether it is attained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.newton import Point, descend
from iltheory.learners.reward_features import RewardFeatures
from iltheory.learners.soft_responses import SoftResponse
from sims import TabularMDP
from sims.arithmetic import NotRepresentable, Numbers
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]
Status = Literal["attained", "not attained", "infeasible", "unfinished"]

BOUNDARY_RATE = 0.25
"""On the boundary the gradient falls like ``exp(-x)``: a Newton step leaves 1/e of it; at a minimum at most a tenth."""


@dataclass(frozen=True)
class DualSearch:
    """Where the search for the least dual value ended, in floats.

    Attributes
    ----------
    theta : floats ``[k]``
    status : ``attained``: the feature error is within the tolerance. ``not attained``: it is, too, but the dual has no
        minimum, as far as the tolerance can tell; it falls for ever as theta grows, because the features are on the
        boundary of what can be shown (a deterministic expert, say). ``infeasible``: the dual is below every entropy,
        so nothing has these features (empirical ones, say). ``unfinished``: more iterations, or a larger
        tolerance, are needed.
    duals, errors : floats ``[iterations + 1]``, dual value and feature error of every iterate
    """

    theta: Floats
    status: Status
    duals: Floats
    errors: Floats


@dataclass(frozen=True)
class DualSolution:
    """A law that solves the dual of an entropy, evaluated in the number system of the model.

    Attributes
    ----------
    theta : numbers ``[k]``, weights of the features
    reward : numbers ``[T, S, A]`` with T in {1, H}, ``theta . f``; with a discount ``[S, A]``
    policy : numbers ``[H, S, A]`` or ``[S, A]``, what the law does in each state
    dual : number, ``g(theta)``, a mean over steps: at least the entropy of every law with the features of the expert,
        and equal to it at the optimum
    feature_error : number, largest ``|E f_i - f_E,i|`` under the law
    search : how floats got there: ``status``, and a trace of dual values and feature errors
    """

    theta: Numbers
    reward: Numbers
    policy: Numbers
    dual: Numbers
    feature_error: Numbers
    search: DualSearch

    @property
    def status(self) -> Status:
        """``attained``, ``not attained``, ``infeasible`` or ``unfinished``; see :class:`DualSearch`."""
        return self.search.status

    @property
    def iterations(self) -> int:
        """Number of Newton steps."""
        return len(self.search.duals) - 1


def minimise_dual(
    respond: Callable[[Floats], SoftResponse],
    features: RewardFeatures,
    shown: Floats,
    *,
    floor: float,
    tolerance: float,
    iterations: int,
) -> DualSearch:
    """Minimise the dual by Newton's method from ``theta = 0``.

    Parameters
    ----------
    respond : the best response to a reward ``[T, S, A]`` or ``[S, A]``
    shown : floats ``[H, S, A]`` or ``[S, A]``, the occupancy with the features ``f_E`` to match
    floor : no entropy is lower
    """
    target, squares = features.expect(shown), features.squared()
    shown_moments = squares.expect(shown)

    def at(theta: Floats) -> Point:
        response, linear = respond(features.rewards(theta)), theta * target
        moments = np.maximum(squares.expect(response.occupancy), shown_moments)
        return Point(
            x=theta,
            value=response.value - float(linear.sum()),
            rounding=1e-14 * (1 + abs(response.value) + float(np.abs(linear).sum())),
            gradient=features.expect(response.occupancy) - target,
            curvature=lambda direction: features.expect(response.slope(features.rewards(direction))),
            scale=np.maximum(moments, 1e-12 * max(moments.max(), np.finfo(float).tiny)),
        )

    def is_below(point: Point) -> bool:
        return point.value < floor - point.rounding

    points = descend(
        at,
        np.zeros(features.count),
        until=lambda point: point.error <= tolerance or is_below(point),
        iterations=iterations,
    )
    while is_below(points[-1]) and is_below(closer := at((points[-1].x + points[-2].x) / 2)):
        points[-1] = closer  # such steps may be huge, and the nearest proof is enough
    duals, errors = (np.array([getattr(point, name) for point in points]) for name in ("value", "error"))
    status: Status = "infeasible" if is_below(points[-1]) else _status(errors, tolerance)
    return DualSearch(points[-1].x, status, duals, errors)


def _status(errors: Floats, tolerance: float) -> Status:
    if errors[-1] > tolerance:
        return "unfinished"
    late = errors[-3:]  # two steps, for the last one may have met rounding
    return "attained" if len(errors) == 1 or np.any(late[1:] <= BOUNDARY_RATE * late[:-1]) else "not attained"


def check_search(mdp: TabularMDP, tolerance: Any, iterations: Any) -> None:
    """Refuse models and options that the search cannot serve.

    Raises
    ------
    InvalidArgument, NotRepresentable
    """
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; take one model at a time, mdp.select(i).")
    if mdp.system.name == "rational":
        raise NotRepresentable(
            "soft values have logarithms, which are not rational; use mdp.to('float64'), 'interval' or 'ball'."
        )
    if not isinstance(tolerance, int | float) or not 0 < tolerance < np.inf:
        raise InvalidArgument(f"tolerance={tolerance!r} must be a positive number.")
    if not isinstance(iterations, int) or isinstance(iterations, bool) or iterations < 1:
        raise InvalidArgument(f"iterations={iterations!r} must be an integer, at least 1.")
