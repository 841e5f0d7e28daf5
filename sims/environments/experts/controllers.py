"""Controllers that are written down, not trained, as networks: a linear one, and one made of ramps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments.experts.network import Network, Normalization

Array = NDArray[Any]
Floats = NDArray[np.float64]

MUCH = 100.0
"""More than any command of the lander before it is switched off on the ground."""


@dataclass(frozen=True)
class Written:
    """What all recipes of controllers share: there are no rounds, and nothing to advance."""

    rounds = 0

    def advance(self, environment: str, tensors: dict[str, Array], *, seed: int, index: int) -> dict[str, Array]:
        """There is nothing to do."""
        return tensors

    def log_std(self, tensors: dict[str, Array]) -> None:
        """Actions are numbered."""


@dataclass(frozen=True)
class Pole(Written):
    """Push right if ``weight @ o`` is positive.

    Parameters
    ----------
    weight : tuple of d numbers
    sharpness : the stochastic version is the softmax of 0 and this times ``weight @ o``
    """

    weight: tuple[float, ...]
    sharpness: float

    @property
    def method(self) -> str:
        """In words."""
        return f"linear controller written down: right if o . {self.weight} > 0; softmax of {self.sharpness} times that"

    def network(self, tensors: dict[str, Array]) -> Network:
        """Logits of left (0) and right."""
        right = self.sharpness * np.array(self.weight)
        return Network(_as_it_is(len(right)), [np.stack([0 * right, right])], [np.zeros(2)])


@dataclass(frozen=True)
class Lander(Written):
    """Proportional-derivative control of LunarLander, with the law of the `heuristic` that Gymnasium has beside it.

    Lean towards the pad, ``target = clip(lean . (x, vx), -steepest, steepest)``, by the command
    ``turn = right_itself . (target - angle, -spin)``; follow a cone down to it by
    ``lift = climb . (cone |x| - y, -vy)``. With a leg on the ground, turn no more and only brake. Then take the action
    of the largest of (nothing: `idle`, left engine: `turn`, main engine: `lift`, right engine: `-turn`).

    Every part is linear between kinks, so two layers of ramps compute it exactly.

    Parameters
    ----------
    lean, right_itself, climb : two gains each
    steepest, cone, idle : as above
    sharpness : the stochastic version is the softmax of this times the commands
    """

    lean: tuple[float, float]
    steepest: float
    right_itself: tuple[float, float]
    cone: float
    climb: tuple[float, float]
    idle: float
    sharpness: float

    @property
    def method(self) -> str:
        """In words."""
        return (
            f"proportional-derivative controller written down: lean {self.lean} up to {self.steepest}, right itself "
            f"{self.right_itself}, cone {self.cone}, climb {self.climb}, idle {self.idle}; softmax of {self.sharpness} "
            "times the commands"
        )

    def network(self, tensors: dict[str, Array]) -> Network:
        """Logits of nothing, left, main and right engine."""
        x, y, vx, vy, angle, spin, left_leg, right_leg = np.eye(8)
        leaning = self.lean[0] * x + self.lean[1] * vx
        turning = -self.right_itself[0] * angle - self.right_itself[1] * spin
        falling, braking = -self.climb[0] * y, -self.climb[1] * vy
        touching = left_leg + right_leg
        first = [leaning, leaning, x, -x, touching, touching, turning, -turning, falling, -falling, braking, -braking]
        offset = np.zeros(12)
        offset[[0, 1, 5]] = self.steepest, -self.steepest, -1.0
        lower, upper, to_right, to_left, one, two, turn, no_turn, fall, no_fall, brake, no_brake = np.eye(12)
        grounded = MUCH * (one - two)  # of at least one leg
        command = self.right_itself[0] * (lower - upper) + turn - no_turn  # but for the lower end of the clip
        height = self.climb[0] * self.cone * (to_right + to_left) + fall - no_fall
        second = [command - grounded, -command - grounded, height - grounded, -height - grounded, brake, no_brake]
        end = self.right_itself[0] * self.steepest
        last = [[0, 0, 0, 0, 0, 0], [1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 1, -1], [-1, 1, 0, 0, 0, 0]]
        return Network(
            _as_it_is(8),
            [np.array(first), np.array(second), self.sharpness * np.array(last)],
            [offset, np.array([-end, end, 0, 0, 0, 0]), self.sharpness * np.array([self.idle, 0, 0, 0])],
            "relu",
        )


def _as_it_is(n: int) -> Normalization:
    return Normalization(np.zeros(n), np.ones(n))
