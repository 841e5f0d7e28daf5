"""Where things go in a drawing of a model: states, actions, curves between them, and labels that do not overlap.

All lengths are points (1/72 inch).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]

RADIUS = 13.0
"""Of a state."""
PILL_HEIGHT = 15.0
CURVE_SAMPLES = 33
LABEL_PLACES = np.array([0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82])
"""Where along a curve its label may be, best first."""
SHIFTS = (0.0, 7.0, -7.0, 12.0, -12.0)
"""How far beside its curve a label may be."""


@dataclass(frozen=True)
class Box:
    """A rectangle by its centre, half its width and half its height."""

    x: float
    y: float
    half_width: float
    half_height: float

    def overlap(self, other: Box) -> float:
        """Area in both."""
        width = min(self.x + self.half_width, other.x + other.half_width) - max(
            self.x - self.half_width, other.x - other.half_width
        )
        height = min(self.y + self.half_height, other.y + other.half_height) - max(
            self.y - self.half_height, other.y - other.half_height
        )
        return max(width, 0.0) * max(height, 0.0)


@dataclass(frozen=True)
class Curve:
    """A quadratic Bezier curve."""

    start: Point
    control: Point
    end: Point

    def points(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points ``[n, 2]`` at parameters ``[n]``."""
        t = t[:, None]
        start, control, end = (np.array(p) for p in (self.start, self.control, self.end))
        return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end)

    def normal(self, t: float) -> Point:
        """Unit normal at a parameter."""
        ahead, behind = self.points(np.array([min(t + 0.02, 1)])), self.points(np.array([max(t - 0.02, 0)]))
        dx, dy = (ahead - behind)[0]
        length = math.hypot(dx, dy) or 1.0
        return -dy / length, dx / length


def curve(start: Box, end: Box, bend: float, *, round_ends: tuple[bool, bool]) -> Curve:
    """A curve between the borders of two boxes.

    Parameters
    ----------
    bend : distance of its middle from the straight line between the centres, to the left seen from the start
    round_ends : whether the start and the end are circles
    """
    dx, dy = end.x - start.x, end.y - start.y
    length = math.hypot(dx, dy) or 1.0
    control = ((start.x + end.x) / 2 - 2 * bend * dy / length, (start.y + end.y) / 2 + 2 * bend * dx / length)
    return Curve(_border(start, control, round_ends[0]), control, _border(end, control, round_ends[1]))


def _border(box: Box, towards: Point, is_round: bool) -> Point:
    """Where the ray from the centre of a box leaves it."""
    dx, dy = towards[0] - box.x, towards[1] - box.y
    length = math.hypot(dx, dy) or 1.0
    if is_round:
        return box.x + box.half_width * dx / length, box.y + box.half_width * dy / length
    reach = min(
        box.half_width / abs(dx) if dx else math.inf,
        box.half_height / abs(dy) if dy else math.inf,
    )
    return box.x + reach * dx, box.y + reach * dy


@dataclass
class LabelPlacer:
    """Puts labels on their curves, one after the other, away from nodes, other labels and other curves."""

    obstacles: list[Box] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def place(self, of: Curve, width: float, height: float) -> Box:
        """The best box of this size on a curve; from then on it is an obstacle."""
        others = [c.points(np.linspace(0, 1, CURVE_SAMPLES)) for c in self.curves if c is not of]
        crowd = np.concatenate(others) if others else np.zeros((0, 2))
        best: tuple[float, Box] | None = None
        for rank, (shift, t) in enumerate((s, float(t)) for s in SHIFTS for t in LABEL_PLACES):
            (x, y), (nx, ny) = of.points(np.array([t]))[0], of.normal(t)
            box = Box(x + shift * nx, y + shift * ny, width / 2, height / 2)
            crossed = np.abs(crowd - (box.x, box.y)) <= (box.half_width, box.half_height)
            cost = 10 * sum(box.overlap(o) for o in self.obstacles) + 4 * float(crossed.all(axis=1).sum()) + 0.2 * rank
            if best is None or cost < best[0]:
                best = cost, box
        assert best is not None
        self.obstacles.append(best[1])
        return best[1]


def on_circle(n: int, radius: float) -> list[Point]:
    """Places of n states on a circle, the first at the left and on from there clockwise; two lie side by side."""
    if n == 1:
        return [(0.0, 0.0)]
    start = math.pi if n != 4 else 3 * math.pi / 4
    angles = [start - 2 * math.pi * i / n for i in range(n)]
    return [(radius * math.cos(a), radius * math.sin(a)) for a in angles]


def spread(wanted: list[float], gap: float) -> list[float]:
    """Angles near the wanted ones, in the same order around the circle and at least ``gap`` apart if they fit."""
    if not wanted:
        return []
    gap = min(gap, 2 * math.pi / len(wanted))
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i] % (2 * math.pi), i))
    # the widest free arc comes last: only inside the chain of angles is anything pushed
    sizes = [(wanted[order[(k + 1) % len(order)]] - wanted[order[k]]) % (2 * math.pi) for k in range(len(order))]
    cut = (int(np.argmax(sizes)) + 1) % len(order) if len(order) > 1 else 0
    order = order[cut:] + order[:cut]
    straight = [wanted[order[0]]]
    for before, i in pairwise(order):
        straight.append(straight[-1] + (wanted[i] - wanted[before]) % (2 * math.pi))
    chain = straight[:1]
    for angle in straight[1:]:
        chain.append(max(chain[-1] + gap, angle))
    if chain[-1] - chain[0] > 2 * math.pi - gap + 1e-9:
        chain = [gap * k for k in range(len(chain))]
    back = sum(pushed - angle for pushed, angle in zip(chain, straight, strict=True)) / len(chain)
    settled = [0.0] * len(wanted)
    for place, angle in zip(order, chain, strict=True):
        settled[place] = angle - back
    return settled


def freest_angle(taken: list[float], wanted: float, choices: int = 24) -> float:
    """The angle furthest from all that are taken; of equally good ones the nearest to the wanted."""

    def distance(a: float, b: float) -> float:
        return abs((a - b + math.pi) % (2 * math.pi) - math.pi)

    def goodness(angle: float) -> tuple[float, float]:
        room = min((distance(angle, other) for other in taken), default=math.pi)
        return (min(round(room, 6), math.pi / 4), -round(distance(angle, wanted), 6))

    return max((wanted + 2 * math.pi * i / choices for i in range(choices)), key=goodness)
