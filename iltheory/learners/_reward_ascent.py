"""Newton's method for the reward that tells an occupancy best from a soft-optimal policy, in floats.

Maximises ``F(r) = <e, phi(r)> - <start, V_r>`` with V_r the optimal soft values at temperature tau. As a function of
rewards F is concave for every concave phi; in terms of Q it need not be (``iq-prop-3-5``). With d the occupancy of the
soft-optimal policy ``F' = e phi'(r) - d``, and with ``D = -e phi''(r)`` a Newton step dr obeys

    D dr + dd = F',    dd = pi dx + (d / tau) (dr + K dV),    K^T dd = 0,    dx(s) = sum_a dd(s, a),

where ``(K V)(s, a) = V'(s, a) - V(s)``. Eliminating dr and dd leaves a symmetric system in dV and dx: 2 S unknowns, or
H blocks of them that only meet their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iltheory.learners._soft_model import Floats, Mask, Response, SoftModel
from iltheory.measures import FDivergence

STEPS = 1000
"""Newton steps taken at most; some tens are usual."""

INTERIOR = 0.95
"""Share of the way to an end of phi's domain, where phi is infinite, that one step may go."""

SMALLEST = 1e-12
"""Share of a Newton step below which a line search is only told rounding."""

RIDGE = 1e-8
"""Curvature, as a share of the policy's, given to a phi that has none."""


@dataclass(frozen=True)
class Ascent:
    """Where the ascent ended: the reward, the response to it, and the largest entry of its projected gradient."""

    reward: Floats
    response: Response
    gradient: float
    steps: int


@dataclass(frozen=True)
class _Point:
    """A reward, and what F is like there. ``held`` entries cannot rise on F; the gradient is 0 there."""

    reward: Floats
    response: Response
    value: float
    gradient: Floats
    held: Mask

    @property
    def slope(self) -> float:
        return float(np.abs(self.gradient).max())


def ascend(model: SoftModel, target: Floats, divergence: FDivergence, *, free: Mask, reward: Floats) -> Ascent:
    """Maximise F over the free entries of a reward, within the domain of phi.

    Parameters
    ----------
    target : ``[H, S, A]``, e, positive where the reward is free
    free : ``[H, S, A]``, entries that may change
    reward : ``[H, S, A]``, where to begin
    """
    objective = _Objective(model, target, divergence, free)
    point = objective.at(reward, np.zeros(reward.shape[:-1]))
    steps = 0
    while steps < STEPS:
        move, dv = _newton(model, point, objective.bend(point.reward))
        rise = float((point.gradient * move).sum())
        nearly = rise <= 1e-10 * (1 + abs(point.value))
        size = objective.reach(point.reward, move)
        moved = objective.at(objective.step(point, size * move), point.response.v + size * dv)
        if nearly and moved.slope >= point.slope:  # rounding hides what F gains: the gradient must shrink
            break
        while not nearly and moved.value < point.value + 1e-4 * _gain(point, moved) and size > SMALLEST:
            size /= 2
            moved = objective.at(objective.step(point, size * move), point.response.v + size * dv)
        if size <= SMALLEST:
            break
        point, steps = moved, steps + 1
    return Ascent(point.reward, point.response, point.slope, steps)


def _gain(point: _Point, moved: _Point) -> float:
    return float((point.gradient * (moved.reward - point.reward)).sum())


class _Objective:
    """F and its derivatives."""

    def __init__(self, model: SoftModel, target: Floats, divergence: FDivergence, free: Mask) -> None:
        self.model, self.target, self.divergence, self.free = model, target, divergence, free
        with np.errstate(all="ignore"):
            end = np.array([divergence.low], dtype=np.float64)
            self.closed = bool(np.isfinite(divergence.utility(end) + divergence.slope(end))[0])

    def at(self, reward: Floats, v: Floats) -> _Point:
        """F at a reward, whose soft values are near v."""
        response = self.model.respond(reward, v)
        r, e, f = reward[self.free], self.target[self.free], self.divergence
        uphill = np.zeros(reward.shape)
        with np.errstate(all="ignore"):
            worth = float((e * f.utility(r)).sum())
            uphill[self.free] = e * f.slope(r) - response.occupancy[self.free]
        held = ~self.free | ((reward <= f.low) & (uphill < 0)) | ((reward >= f.high) & (uphill > 0))
        value = worth - response.worth if np.isfinite(worth) else -np.inf
        return _Point(reward, response, value, np.where(held, 0, uphill), held)

    def bend(self, reward: Floats) -> Floats:
        """``D = -e phi''(r)``, from ``phi''(r) = -1 / f''(phi'(r))``; 0 where phi is linear."""
        bend = np.zeros(reward.shape)
        with np.errstate(all="ignore"):
            t = self.divergence.slope(reward[self.free])
            second = 1 / self.divergence.curvature(t, np.ones_like(t))
        bend[self.free] = self.target[self.free] * np.where(np.isfinite(second), second, 0)
        return bend

    def reach(self, reward: Floats, move: Floats) -> float:
        """How much of a move, 1 at most, stays where phi is finite."""
        if self.closed or not np.isfinite(self.divergence.low):
            return 1.0
        towards = self.free & (move < 0)
        room = (reward - self.divergence.low)[towards] / -move[towards]
        return min(1.0, INTERIOR * float(room.min(initial=np.inf)))

    def step(self, point: _Point, move: Floats) -> Floats:
        """Go there, but not beyond the ends of the domain."""
        moved = np.clip(point.reward + move, self.divergence.low, self.divergence.high)
        return np.where(point.held, point.reward, moved)


def _newton(model: SoftModel, point: _Point, bend: Floats) -> tuple[Floats, Floats]:
    """The Newton step of the reward, and what it does to the soft values to first order."""
    response, free = point.response, ~point.held
    pi, weight = response.policy, np.maximum(response.occupancy, 0) / model.temperature
    bend = np.where(bend > 0, bend, RIDGE * weight)
    kappa = np.where(free, 1 / np.where(free, bend + weight, 1), 0)
    beta = kappa * weight
    alpha = np.where(free, kappa * bend, 1)
    moving, pull = alpha * pi, beta * point.gradient
    diagonal, upper, right = _blocks(model, alpha * weight, moving, kappa * pi**2, pull, kappa * pi * point.gradient)
    dv, dx = np.split(_solve_blocks(diagonal, upper, right), 2, axis=-1)
    drop = dv[..., None] - model.later(dv)
    return kappa * (point.gradient - dx[..., None] * pi) + beta * drop, dv


def _blocks(
    model: SoftModel, inner: Floats, moving: Floats, stiff: Floats, pull: Floats, right: Floats
) -> tuple[Floats, Floats, Floats]:
    """The symmetric system ``[[K^T W K, K^T M], [M^T K, -C]] (dV, dx) = (-K^T pull, -sum right)`` by steps.

    Returns
    -------
    diagonal blocks ``[H, 2 S, 2 S]``, blocks above them ``[H - 1, 2 S, 2 S]``, right sides ``[H, 2 S]``
    """
    steps, n, _ = inner.shape
    diagonal, upper = np.zeros((steps, 2 * n, 2 * n)), np.zeros((steps - 1, 2 * n, 2 * n))
    sides = np.zeros((steps, 2 * n))
    first, second = np.s_[:n], np.s_[n:]
    here = np.arange(n)
    for h in range(steps):
        diagonal[h, here, here] += inner[h].sum(-1)
        diagonal[h, here, n + here] -= moving[h].sum(-1)
        diagonal[h, n + here, n + here] -= stiff[h].sum(-1)
        sides[h, first] += pull[h].sum(-1)
        sides[h, second] -= right[h].sum(-1)
        if not model.cyclic and h == steps - 1:
            break
        later, kernel = (h, model.kernel(h)) if model.cyclic else (h + 1, model.kernel(h))
        table = kernel.reshape(n, -1, n)
        leads = np.einsum("sa,sat->st", inner[h], table)
        flows = np.einsum("sa,sat->st", moving[h], table)
        diagonal[later, first, first] += kernel.T @ (inner[h].ravel()[:, None] * kernel)
        sides[later, first] -= pull[h].ravel() @ kernel
        if model.cyclic:
            diagonal[h, first, first] -= leads + leads.T
            diagonal[h, first, second] += flows.T
        else:
            upper[h, first, first] -= leads
            upper[h, second, first] += flows
    diagonal[:, second, first] = np.swapaxes(diagonal[:, first, second], -1, -2)
    return diagonal, upper, sides


def _solve_blocks(diagonal: Floats, upper: Floats, right: Floats) -> Floats:
    """Solve a symmetric block tridiagonal system by elimination from the last block up."""
    diagonal, right = diagonal.copy(), right.copy()
    for h in reversed(range(len(upper))):
        both = np.linalg.solve(diagonal[h + 1], np.column_stack([upper[h].T, right[h + 1]]))
        diagonal[h] -= upper[h] @ both[:, :-1]
        right[h] -= upper[h] @ both[:, -1]
    solution = np.empty_like(right)
    for h in range(len(right)):
        known = upper[h - 1].T @ solution[h - 1] if h else 0.0
        solution[h] = np.linalg.solve(diagonal[h], right[h] - known)
    return solution
