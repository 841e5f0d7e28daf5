"""The classes of rewards: is the certificate's reward one of them, and how far apart do all of them tell two laws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

from proofs_check.kernel.divergences import DIVERGENCES
from proofs_check.kernel.fixed import ZERO, Interval, total
from proofs_check.kernel.reading import Refused, by_step, choice, fields, length, show, table

Pairs = list[tuple[Interval, Fraction]]
"""Masses of each (h, s, a), in order, under the learner's law (enclosed) and the expert's."""

Reward = list[list[list[Fraction]]]

BALLS = ("simplex", "l1", "l2", "linf")


def read_adversary(data: dict[str, Any], steps: int, pairs: tuple[int, int]) -> Adversary:
    """Return what the certificate says about the rewards, which must be in the class it names."""
    about = data["adversary"]
    kind = choice(about.get("kind") if isinstance(about, dict) else None, tuple(KINDS), "adversary.kind")
    return KINDS[kind](about, data, steps, pairs)


class Adversary(ABC):
    """A class of rewards, with one of its members."""

    @abstractmethod
    def __init__(self, about: dict[str, Any], data: dict[str, Any], steps: int, pairs: tuple[int, int]) -> None: ...

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def distance(self, pairs: Pairs) -> Interval:
        """Enclose ``max_r <e, phi(r)> - <d, r>``, from above at least."""

    @abstractmethod
    def reward(self) -> Reward:
        """Return the certificate's reward, ``[steps][S][A]``."""

    def gain(self, r: Fraction, e: Fraction) -> Interval:
        """Enclose ``e phi(r)``."""
        return Interval.of(r * e)


class Divergence(Adversary):
    """All rewards in the domain of the utility of an f-divergence."""

    def __init__(self, about: dict[str, Any], data: dict[str, Any], steps: int, pairs: tuple[int, int]) -> None:
        fields(about, {"kind", "name"}, "adversary")
        self.name = choice(about["name"], tuple(DIVERGENCES), "adversary.name")
        self.divergence = DIVERGENCES[self.name]
        self.strategy: Reward = _reward(data["strategy"], steps, pairs)
        low, high = self.divergence.low, self.divergence.high
        for r in (r for step in self.strategy for row in step for r in row):
            x = Interval.of(r)
            if (low is not None and x.lo < low.hi) or (high is not None and x.hi > high.lo):
                raise Refused(f"the reward {show(r)} leaves the domain of {self.name}")

    def __str__(self) -> str:
        return self.name

    def distance(self, pairs: Pairs) -> Interval:
        return total([self.divergence.term(d, Interval.of(e), e == 0) for d, e in pairs])

    def reward(self) -> Reward:
        return self.strategy

    def gain(self, r: Fraction, e: Fraction) -> Interval:
        """Enclose ``e phi(r)``; where e is 0 its limit from inside the domain."""
        return Interval.of(e) * self.divergence.utility(Interval.of(r)) if e else ZERO


class Linear(Adversary):
    """Rewards ``w . f(s, a)`` with w in a ball."""

    def __init__(self, about: dict[str, Any], data: dict[str, Any], steps: int, pairs: tuple[int, int]) -> None:
        fields(about, {"kind", "ball", "features"}, "adversary")
        self.ball = choice(about["ball"], BALLS, "adversary.ball")
        self.weights = table(data["strategy"], (length(data["strategy"], "strategy"),), "strategy")
        features = by_step(about["features"], steps, (*pairs, len(self.weights)), "features")
        self.features = features if len(features) == steps else features * steps
        w = self.weights
        inside = {
            "simplex": sum(w) == 1 and min(w) >= 0,
            "l1": sum(map(abs, w)) <= 1,
            "l2": sum(x * x for x in w) <= 1,
            "linf": max(map(abs, w)) <= 1,
        }
        if not inside[self.ball]:
            raise Refused(f"the weights lie outside the {self.ball} ball")

    def __str__(self) -> str:
        return f"{self.ball} ball of {len(self.weights)} features"

    def distance(self, pairs: Pairs) -> Interval:
        vectors = [vector for step in self.features for row in step for vector in row]
        difference = [Interval.of(e) - d for d, e in pairs]
        seen = [
            total([x * Interval.of(f[i]) for x, f in zip(difference, vectors, strict=True) if f[i]])
            for i in range(len(self.weights))
        ]
        if self.ball == "simplex":
            return _largest(seen)
        size = [x.absolute() for x in seen]
        if self.ball == "l2":
            return total([x * x for x in size]).sqrt()
        return total(size) if self.ball == "linf" else _largest(size)

    def reward(self) -> Reward:
        return [
            [[sum((x * y for x, y in zip(f, self.weights, strict=True)), Fraction(0)) for f in row] for row in step]
            for step in self.features
        ]


class Lipschitz(Adversary):
    """Rewards that differ by at most the distance of two pairs, and are at most half the largest distance in size."""

    def __init__(self, about: dict[str, Any], data: dict[str, Any], steps: int, pairs: tuple[int, int]) -> None:
        fields(about, {"kind", "metric"}, "adversary")
        n = pairs[0] * pairs[1]
        m = self.metric = table(about["metric"], (n, n), "metric")
        if any(m[i][i] != 0 or any(m[i][j] != m[j][i] or m[i][j] < 0 for j in range(i)) for i in range(n)):
            raise Refused("metric is not a symmetric table of distances between pairs")
        self.half = max(map(max, m)) / 2
        self.strategy: Reward = _reward(data["strategy"], steps, pairs)
        self.plans = table(data["plans"], (steps, n, n), "plans")
        if any(x < 0 for plan in self.plans for row in plan for x in row):
            raise Refused("a transport plan has a negative entry")
        for step in self.strategy:
            flat = [r for row in step for r in row]
            if any(x - y > far for x, row in zip(flat, m, strict=True) for y, far in zip(flat, row, strict=True)):
                raise Refused("the reward changes by more than the distance between two pairs")
            if max(map(abs, flat)) > self.half:
                raise Refused("the reward is larger than half the largest distance")

    def __str__(self) -> str:
        return "Lipschitz rewards"

    def distance(self, pairs: Pairs) -> Interval:
        """Cost of the certificate's plan, and what moving the mass it misses may add."""
        n = len(self.metric)
        costs = []
        for h, plan in enumerate(self.plans):
            here = pairs[h * n : (h + 1) * n]
            missing = [(d - Interval.of(sum(row))).absolute() for (d, _), row in zip(here, plan, strict=True)]
            missing += [Interval.of(abs(e - sum(row[j] for row in plan))) for j, (_, e) in enumerate(here)]
            moved = sum(
                x * far for row, fars in zip(plan, self.metric, strict=True) for x, far in zip(row, fars, strict=True)
            )
            costs.append(Interval.of(moved) + Interval.of(self.half) * total(missing))
        return total(costs)

    def reward(self) -> Reward:
        return self.strategy


KINDS: dict[str, type[Adversary]] = {"divergence": Divergence, "linear": Linear, "lipschitz": Lipschitz}


def _reward(data: Any, steps: int, pairs: tuple[int, int]) -> Reward:
    reward: Reward = by_step(data, steps, pairs, "strategy")
    return reward if len(reward) == steps else reward * steps


def _largest(xs: list[Interval]) -> Interval:
    best = xs[0]
    for x in xs[1:]:
        best = best.join(x)
    return best
