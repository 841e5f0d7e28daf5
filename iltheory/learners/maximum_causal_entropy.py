"""Maximum causal entropy inverse reinforcement learning: the least committed policy with the expert's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.demonstrations import Expert, shown_occupancy
from iltheory.learners.newton import Point, descend
from iltheory.learners.reward_features import RewardFeatures, read_features
from iltheory.learners.soft_responses import soft_response
from iltheory.measures import per_step
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable, Numbers
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]
Status = Literal["attained", "not attained", "infeasible", "unfinished"]


@dataclass(frozen=True)
class MaximumCausalEntropy:
    """A solution of the dual of maximum causal entropy.

    Attributes
    ----------
    theta : numbers ``[k]``, weights of the features
    reward : numbers ``[T, S, A]`` with T in {1, H}, ``theta . f``; with a discount ``[S, A]``
    policy : numbers ``[H, S, A]`` or ``[S, A]``, the soft optimum of that reward at temperature 1
    dual : number, ``g(theta)``, a mean over steps: at least the causal entropy of every policy with the features of the
        expert, and equal to it at the optimum
    feature_error : number, largest ``|E_pi f_i - f_E,i|``
    status : ``attained``: the feature error is within the tolerance. ``not attained``: it is, too, but the dual has no
        minimum; it is approached as theta grows, because the features are on the boundary of what policies can show
        (a deterministic expert, say). ``infeasible``: a negative dual value proves that no policy has these features
        (empirical ones, say). ``unfinished``: more iterations, or a larger tolerance, are needed.
    duals, errors : floats ``[iterations + 1]``, dual value and feature error of every iterate
    """

    theta: Numbers
    reward: Numbers
    policy: Numbers
    dual: Numbers
    feature_error: Numbers
    status: Status
    duals: Floats
    errors: Floats

    @property
    def iterations(self) -> int:
        """Number of Newton steps."""
        return len(self.duals) - 1


def maximum_causal_entropy(
    mdp: TabularMDP, expert: Expert, features: object = None, *, tolerance: float = 1e-8, iterations: int = 100
) -> MaximumCausalEntropy:
    """Find the policy of largest causal entropy among those with the expert's expected features.

    Its reward minimises the dual ``g(theta) = V_theta - theta . f_E``, with ``V_theta`` the soft optimal value of the
    reward ``theta . f``, a mean over steps (with a discount ``1 - gamma`` times it), and ``f_E`` the mean features of
    the expert. Minimising g is also maximum likelihood: ``g(theta) = E_E[-log pi_theta]``. The gradient ``E_pi f -
    f_E`` and the products with the Hessian are exact; the search is Newton's method in floats, and what is
    reported is evaluated in the number system of the model. Ziebart, Bagnell and Dey (2010), Modeling interaction
    via the principle of maximum causal entropy.

    Parameters
    ----------
    mdp : one model; its rewards are not used
    expert : a policy, or trajectories
    features : what rewards are linear in, see :func:`iltheory.learners.reward_features.read_features`: None for a
        reward of its own for every (step,) state and action; ``"state-action"`` or ``"state"`` for one that does not
        depend on the step; or numbers ``[S, k]``, ``[S, A, k]`` or ``[H, S, A, k]``
    tolerance : largest feature error to stop at, in units of the features (means over steps)
    iterations : largest number of Newton steps

    Raises
    ------
    InvalidArgument
        If the model is a batch, or the tolerance is not positive.
    InvalidFeatures
        If the features do not fit the model.
    NotRepresentable
        For a ``rational`` model: soft values have logarithms.
    """
    _check(mdp, tolerance, iterations)
    f, shown = read_features(mdp, features), shown_occupancy(mdp, expert)
    target = f.expect(shown)
    search = _Dual(mdp.to("float64"), f.to(ar.FLOAT64), ar.midpoint(target))
    points = descend(
        search.at,
        np.zeros(f.count),
        until=lambda point: point.error <= tolerance or _is_negative(point),
        iterations=iterations,
    )
    theta = mdp.system.convert(points[-1].x)
    reward = f.rewards(theta)
    best = mdp.with_rewards(reward).soft_optimal(1)
    return MaximumCausalEntropy(
        theta=theta,
        reward=reward,
        policy=best.policy,
        dual=per_step(mdp, best.value) - ar.sum(theta * target, -1),
        feature_error=ar.amax(ar.absolute(f.expect(mdp.occupancy(best.policy)) - target), -1),
        status=_status(points, tolerance),
        duals=np.array([point.value for point in points]),
        errors=np.array([point.error for point in points]),
    )


@dataclass(frozen=True)
class _Dual:
    """The dual of one model in floats."""

    mdp: TabularMDP
    features: RewardFeatures
    target: Floats

    def at(self, theta: Floats) -> Point:
        f = self.features
        response = soft_response(self.mdp, f.rewards(theta))
        moments = f.squared().expect(response.occupancy)
        linear = theta * self.target
        return Point(
            x=theta,
            value=response.value - float(linear.sum()),
            rounding=1e-14 * (1 + abs(response.value) + float(np.abs(linear).sum())),
            gradient=f.expect(response.occupancy) - self.target,
            curvature=lambda direction: f.expect(response.slope(f.rewards(direction))),
            scale=np.maximum(moments, 1e-12 * max(moments.max(), np.finfo(float).tiny)),
        )


BOUNDARY_RATE = 0.25
"""On the boundary the dual falls like ``exp(-x)``, where every Newton step leaves 1/e of the gradient; at a minimum it
leaves at most a tenth."""


def _status(points: list[Point], tolerance: float) -> Status:
    if _is_negative(points[-1]):
        return "infeasible"
    if points[-1].error > tolerance:
        return "unfinished"
    attained = len(points) == 1 or points[-1].error <= BOUNDARY_RATE * points[-2].error
    return "attained" if attained else "not attained"


def _is_negative(point: Point) -> bool:
    return point.value < -point.rounding


def _check(mdp: TabularMDP, tolerance: float, iterations: int) -> None:
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; take one model at a time, mdp.select(i).")
    if mdp.system.name == "rational":
        raise NotRepresentable(
            "soft values have logarithms, which are not rational; use mdp.to('float64'), 'interval' or 'ball'."
        )
    if not tolerance > 0:
        raise InvalidArgument(f"tolerance={tolerance} must be positive.")
    if not isinstance(iterations, int) or iterations < 1:
        raise InvalidArgument(f"iterations={iterations!r} must be an integer, at least 1.")
