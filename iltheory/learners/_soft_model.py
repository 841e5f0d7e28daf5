"""Soft-optimal responses to rewards, in floats: what a learner's search calls thousands of times.

One model only, dense, with actions that may be forbidden; :meth:`sims.TabularMDP.soft_optimal` is the rigorous one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iltheory.games.flow import Flow
from sims import TabularMDP
from sims.tabular import kernels_soft

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Response:
    """The soft-optimal policy for a reward: values, policy, occupancy, and the start value it is worth."""

    v: Floats
    policy: Floats
    occupancy: Floats
    worth: float


@dataclass(frozen=True)
class SoftModel:
    """A model in floats, for rewards ``[T, S, A]``, T = H steps or 1 if it is discounted.

    Attributes
    ----------
    flow : its flow equations; ``flow.b`` weighs the values in the objective
    temperature : tau
    allowed : ``[T, S, A]``, actions the policy may take
    """

    flow: Flow
    temperature: float
    allowed: Mask

    def respond(self, r: Floats, v: Floats) -> Response:
        """Soft-optimal response to a reward; iterations of a discounted one begin at v."""
        paid = np.where(self.allowed, r, -np.inf) / self.temperature
        if self.flow.gamma is None:
            v, policy, occupancy = kernels_soft.soft_response(self.flow.p, paid, self.flow.b)
        else:
            v, policy, occupancy = self._discounted(paid, v / self.temperature, self.flow.gamma)
        v = self.temperature * v
        return Response(v, policy, occupancy, float((self.flow.b * v).sum()))

    def choose(self, q: Floats) -> tuple[Floats, Floats]:
        """``v = tau log sum_a exp(q / tau)``, and the policy ``exp((q - v) / tau)``."""
        v, policy = kernels_soft.soft_choice(q / self.temperature)
        return self.temperature * v, policy

    def _discounted(self, r: Floats, v: Floats, gamma: float) -> tuple[Floats, Floats, Floats]:
        """Soft policy iteration, Newton's method, until rounding is all that is left."""
        residual = np.inf
        while True:
            better, policy = kernels_soft.soft_choice(r + gamma * self.flow.expect(v))
            stays = np.eye(v.shape[1]) - gamma * (policy[0, :, None] @ self.flow.p[0])[:, 0]
            missing = better - v
            size = np.abs(missing).max()
            if not size < residual and size < 1e-6 * (1 + np.abs(v).max()):
                states = np.linalg.solve(stays.T, self.flow.b[0])
                return better, policy, states[:, None] * policy
            residual = size
            v = v + np.linalg.solve(stays, missing[0])


def soft_model(mdp: TabularMDP, start: Floats, temperature: float, allowed: Mask) -> SoftModel:
    """Read a model into floats; ``start`` ``[T, S]`` weighs the values in the objective."""
    return SoftModel(replace(Flow.of(mdp.to("float64")), b=start), temperature, allowed)


def start_weights(mdp: TabularMDP) -> Floats:
    """Weights ``[T, S]`` of the values of a float64 model in the start value, times H if there are steps."""
    return Flow.of(mdp).b * (mdp.horizon or 1)
