"""Newton's method for the reward that tells an occupancy best from a soft-optimal policy, in floats.

Maximises ``F(r) = <e, phi(r)> - <start, V_r>`` with V_r the optimal soft values at temperature tau. As a function of
rewards F is concave for every concave phi; in terms of Q it need not be (``iq-prop-3-5``). With d the occupancy of the
soft-optimal policy ``F' = e phi'(r) - d``, and with ``D = -e phi''(r)`` a Newton step dr obeys

    D dr + dd = F',    dd = pi dx + (d / tau) (dr - E' dV),    E dd = 0,    dx(s) = sum_a dd(s, a),

where ``E x = b`` are the flow equations. Eliminating dr, dd and dx leaves ``E C E' dV = E g``, where C has a block for
each state.
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

SOFTEST = 1e-8
"""The least curvature and the least movement of rewards that a Newton step counts with, as shares of the policy's."""

RAREST = 1e-200
"""The least mass of a state that counts."""


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
        move, dv = _newton(model, target, point, objective.bend(point.reward))
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


def _newton(model: SoftModel, target: Floats, point: _Point, bend: Floats) -> tuple[Floats, Floats]:
    """The Newton step of the reward, and what it does to the soft values to first order."""
    d, pi, tau = point.response.occupancy, point.response.policy, model.temperature
    mass = np.maximum(d.sum(-1), 0)
    weight = mass[..., None] * pi / tau
    bend = np.where(point.held, 1, np.where(bend > 0, bend, SOFTEST * target / tau))
    give = np.where(point.held, 0, 1 / (bend + weight))
    share = give * weight  # of the change of a pair's occupancy that its reward undoes
    v, moves = (1 - share) * weight, np.maximum((pi * share).sum(-1), SOFTEST)
    k = tau / (np.maximum(mass, RAREST) * moves)
    gain = share * point.gradient
    dv = model.flow.factor(v, k)(model.flow.image(gain + v * (k * gain.sum(-1))[..., None]))
    drop = model.flow.adjoint(dv)
    dx = (gain - v * drop).sum(-1) / moves
    return give * (point.gradient - dx[..., None] * pi) + share * drop, dv
