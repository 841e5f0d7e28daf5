"""What the soft optimum of a reward does, and how that changes with the reward: in floats, for learners that search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.quantity import gamma, per_step
from sims import TabularMDP
from sims.tabular import at_step, kernels_soft, solve
from sims.tabular.dense import DenseTransitions
from sims.tabular.reading import stack_steps

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SoftResponse:
    """The soft optimum of one reward, at temperature 1.

    Attributes
    ----------
    value : its soft value, a mean over steps
    policy, occupancy : floats ``[H, S, A]``; with a discount ``[S, A]``
    slope : derivative of the occupancy as the reward moves in a direction ``[T, S, A]`` or ``[S, A]``
    """

    value: float
    policy: Floats
    occupancy: Floats
    slope: Callable[[Floats], Floats]


def soft_response(mdp: TabularMDP, r: Floats) -> SoftResponse:
    """The soft optimum of a float64 model with other rewards.

    Parameters
    ----------
    r : floats ``[T, S, A]`` with T in {1, H}; with a discount ``[S, A]``
    """
    if mdp.horizon is not None and isinstance(mdp.transitions, DenseTransitions):
        P, start = mdp.transitions.probabilities, np.zeros((mdp.horizon, mdp.n_states))
        start[0] = mdp.mu
        v, policy, d = kernels_soft.soft_response(P, r, start)
        return SoftResponse(
            float(mdp.mu @ v[0]) / mdp.horizon,
            policy,
            d,
            lambda direction: kernels_soft.soft_response_slope(P, direction, policy, d),
        )
    best = mdp.with_rewards(r).soft_optimal(1)
    d = mdp.occupancy(best.policy)
    slope = _discounted_slope if mdp.horizon is None else _finite_slope
    return SoftResponse(float(per_step(mdp, best.value)), best.policy, d, slope(mdp, best.policy, d))


def _finite_slope(mdp: TabularMDP, policy: Floats, occupancy: Floats) -> Callable[[Floats], Floats]:
    def slope(direction: Floats) -> Floats:
        source = occupancy * mdp.with_rewards(direction).advantage(policy)
        states, changes = np.zeros(mdp.n_states), []
        for h in range(len(source)):
            changes.append(states[:, None] * at_step(policy, h) + source[h])
            states = mdp.transitions.push(changes[-1], h)
        return np.asarray(stack_steps(changes, 2))

    return slope


def _discounted_slope(mdp: TabularMDP, policy: Floats, occupancy: Floats) -> Callable[[Floats], Floats]:
    def solver(transposed: bool) -> Callable[[Any], Any]:
        if isinstance(mdp.transitions, DenseTransitions):
            return solve.dense_solver(partial(mdp.transitions.kernel, policy), gamma(mdp), transposed)
        return solve.sparse_solver(mdp.transitions, policy, gamma(mdp), transposed)

    values, inflow = solver(transposed=False), solver(transposed=True)

    def slope(direction: Floats) -> Floats:
        v = values((policy * direction).sum(-1))
        source = occupancy * (direction + gamma(mdp) * mdp.transitions.expect(v) - v[:, None])
        return np.asarray(inflow(gamma(mdp) * mdp.transitions.push(source))[:, None] * policy + source)

    return slope
