"""Certified counterexamples, and how large they are."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from functools import total_ordering
from typing import Any

from iltheory.claims.claim import Claim
from iltheory.claims.instances import encode
from iltheory.claims.kinds import Instance
from iltheory.engine.evaluate import DELTA, decide, exact_sides
from sims import LinearMDP, TabularMDP
from sims.arithmetic import REFUTED, Enclosure

DELTA_EACH = DELTA / 2**16
"""Probability that an instance refutes a true statistical claim: an attack certifies at most 65,536 of them."""


@total_ordering
@dataclass(frozen=True)
class Size:
    """How large an instance is; sizes are ordered by places, then by the count of numbers.

    Attributes
    ----------
    numbers : entries of all its tables, structural zeros of models and policies among them
    n_states, n_actions : of its models; without one, ``n_states`` is the number of outcomes of its distributions
    horizon : steps, 0 for other instances
    """

    numbers: int
    n_states: int
    n_actions: int
    horizon: int

    @property
    def places(self) -> int:
        """``S * A * H``: pairs of state and action, at each step; without a model the number of outcomes."""
        return self.n_states * max(self.n_actions, 1) * max(self.horizon, 1)

    def __lt__(self, other: Size) -> bool:
        return (self.places, *astuple(self)) < (other.places, *astuple(other))

    def __str__(self) -> str:
        parts = [f"S={self.n_states}"] * (self.n_states > 0) + [f"A={self.n_actions}"] * (self.n_actions > 0)
        return ", ".join([*parts, *[f"H={self.horizon}"] * (self.horizon > 0)]) or f"{self.numbers} numbers"

    @classmethod
    def of(cls, instance: Instance) -> Size:
        """Measure one instance (no batch axis)."""
        models = [value for value in instance.values() if isinstance(value, TabularMDP)]
        numbers = sum(_numbers(value) for value in instance.values())
        if models:
            mdp = models[0]
            return cls(numbers, mdp.n_states, mdp.n_actions, mdp.horizon or 0)
        laws = [value.shape[-1] for value in instance.values() if getattr(value, "ndim", 0) == 1]
        return cls(numbers, max(laws, default=0), 0, 0)


@dataclass(frozen=True, eq=False)
class Evaluated:
    """An exact instance of a claim with both sides.

    Attributes
    ----------
    claim : the claim
    instance : exact values of its parameters, no batch axis
    lhs, rhs : both sides: exact, or enclosed by balls, or, of a statistical claim, with confidence
    op : the comparison between them
    """

    claim: Claim
    instance: Instance
    lhs: Enclosure
    rhs: Enclosure
    op: str

    @property
    def low(self) -> Enclosure:
        """The side that should be the smaller."""
        return self.rhs if self.op in (">=", ">") else self.lhs

    @property
    def high(self) -> Enclosure:
        """The side that should be the larger."""
        return self.lhs if self.op in (">=", ">") else self.rhs

    @property
    def size(self) -> Size:
        """How large the instance is."""
        return Size.of(self.instance)

    def to_json(self) -> dict[str, Any]:
        """The instance and both sides, every exact number a string such as ``"3/7"``."""
        return {"instance": encode(self.instance), "lhs": str(self.lhs), "rhs": str(self.rhs), "op": self.op}


@dataclass(frozen=True, eq=False)
class Counterexample(Evaluated):
    """An instance that certainly violates a claim.

    Attributes
    ----------
    ratio : the side that should be the smaller over the other (of an equality ``|lhs - rhs|``); infinite where
        the other is not positive
    """

    ratio: float

    def to_json(self) -> dict[str, Any]:
        """The instance, both sides and their ratio."""
        return {**super().to_json(), "ratio": self.ratio if math.isfinite(self.ratio) else None}


def certify(claim: Claim, instance: Instance) -> Counterexample | None:
    """Decide a claim on one exact instance; a counterexample if it is certainly violated there, else None."""
    decision = decide(claim, instance, 1, delta=DELTA_EACH)
    if decision.verdicts[0] != REFUTED:
        return None
    if claim.statistical:
        lhs, rhs = decision.enclosures[0]
    else:
        lhs, rhs = map(Enclosure.of, exact_sides(claim, instance))
    return Counterexample(claim, instance, lhs, rhs, decision.op, _ratio(lhs, rhs, decision.op))


def _ratio(lhs: Enclosure, rhs: Enclosure, op: str) -> float:
    low, high = (rhs, lhs) if op in (">=", ">") else (lhs, rhs)
    if op == "==":
        return abs(low.middle - high.middle)
    return low.middle / high.middle if high.lower > 0 else math.inf


def _numbers(value: Any) -> int:
    if isinstance(value, tuple):
        return sum(map(_numbers, value))
    if isinstance(value, LinearMDP):
        return sum(math.prod(table.shape) for table in (value.phi, value.measures, value.weights, value.mu))
    if isinstance(value, TabularMDP):
        tables = (value.transitions.dense(), value.rewards(), value.mu)
        return sum(math.prod(table.shape) for table in tables)
    return math.prod(getattr(value, "shape", ()))
