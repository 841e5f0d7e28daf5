"""What an attack on a claim found, and where it looked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from iltheory.attack.counterexample import Counterexample, Size
from iltheory.claims.claim import Claim
from iltheory.claims.instances import encode
from iltheory.claims.kinds import Instance

SCHEMA = "iltheory-falsify/1"

ROUNDING = 1e-6
"""Relative growth of a float64 ratio that counts for none."""


@dataclass(frozen=True)
class Searched:
    """One part of a search.

    Attributes
    ----------
    stage : the method: ``extremes``, ``vertices``, ``hypothesis``, ``gradient``, ``polishing``
    shape : sizes of the instances, in words
    instances : how many were evaluated
    ratio : the largest ratio they reached (1 is equality; of equalities the largest ``|lhs - rhs|``), None if no
        instance has one; of float64 evaluation, so no evidence by itself
    seconds : time it took
    """

    stage: str
    shape: str
    instances: int
    ratio: float | None
    seconds: float


@dataclass(frozen=True)
class Falsification:
    """The outcome of ``il.falsify``.

    Attributes
    ----------
    claim : what was attacked
    simplest, worst : certified counterexamples, the smallest and the one with the largest ratio; None if none was found
    closest : when none was found, the exact instance that came closest to one
    searched : the parts of the search, in the order they ran
    seed, budget, seconds : of the run; time in seconds
    """

    claim: Claim
    simplest: Counterexample | None
    worst: Counterexample | None
    closest: Instance | None
    searched: tuple[Searched, ...]
    seed: int
    budget: float
    seconds: float

    @property
    def verdict(self) -> str:
        """``refuted`` or ``none found``."""
        return "none found" if self.simplest is None else "refuted"

    @property
    def certified(self) -> bool:
        """Whether there is a counterexample; every one that is reported is certified."""
        return self.simplest is not None

    @property
    def size(self) -> Size | None:
        """Size of the simplest counterexample."""
        return None if self.simplest is None else self.simplest.size

    @property
    def instances(self) -> int:
        """How many instances were evaluated."""
        return sum(part.instances for part in self.searched)

    @property
    def ratio(self) -> float | None:
        """The largest ratio that any instance reached, in float64 arithmetic."""
        return max((part.ratio for part in self.searched if part.ratio is not None), default=None)

    @property
    def growth(self) -> tuple[tuple[int, float], ...]:
        """How the largest ratio grew: (instances evaluated so far, largest ratio so far), where it grew visibly."""
        steps: list[tuple[int, float]] = []
        count = 0
        for part in self.searched:
            count += part.instances
            if part.ratio is not None and (not steps or part.ratio > steps[-1][1] + ROUNDING * abs(steps[-1][1])):
                steps.append((count, part.ratio))
        return tuple(steps)

    def to_json(self) -> dict[str, Any]:
        """Describe the outcome in plain JSON values."""
        simplest, worst = (None if found is None else found.to_json() for found in (self.simplest, self.worst))
        return {
            "schema": SCHEMA,
            "claim": self.claim.id,
            "statement": self.claim.statement,
            "verdict": self.verdict,
            "simplest": simplest,
            "worst": worst,
            "closest": None if self.closest is None else encode(self.closest),
            "searched": {
                "instances": self.instances,
                "ratio": _finite(self.ratio),
                "growth": [[count, _finite(ratio)] for count, ratio in self.growth],
                "parts": [
                    {
                        "stage": part.stage,
                        "shape": part.shape,
                        "instances": part.instances,
                        "ratio": _finite(part.ratio),
                        "seconds": part.seconds,
                    }
                    for part in self.searched
                ],
            },
            "seed": self.seed,
            "budget": self.budget,
            "seconds": self.seconds,
        }


def _finite(ratio: float | None) -> float | None:
    return ratio if ratio is not None and math.isfinite(ratio) else None
