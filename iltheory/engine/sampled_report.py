"""What roll-outs say about claims, in the strict words of the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sims.arithmetic import Enclosure

SCHEMA = "iltheory-sampled/1"
"""Version of the JSON layout, described in docs/report-schema.md."""

CONTROLS = ("union", "e-bh")
"""What ``delta`` bounds: the probability of any wrong verdict, or the expected share of wrong ones."""

MANY = 10**9
"""Roll-outs that are not counted any more."""


@dataclass(frozen=True)
class SampledVerdict:
    """What is known about one claim on one instance.

    Attributes
    ----------
    claim, statement : id and LaTeX
    parameters : names of the policies, and other values
    outcome : ``holds``, ``refuted``, ``undecided`` or ``not applicable`` (an assumption certainly fails)
    op, lhs, rhs : the comparison; all enclosures of a run are right together with probability at least 1 - delta. With
        ``e-bh`` verdicts are read from e-values, not from these: they may overlap where one is given
    unmet : names of assumptions that certainly fail
    declared : numbers that the statement takes from the declared range of rewards, exact: the verdict is about the
        statement with these numbers, whatever the world's true extremes are
    needed : of an undecided one, about how many episodes of each policy would decide it; None if no number is known to
    expectations : number of expectations that its sides are made of
    seconds : time spent on it, with the roll-outs it was the first to ask for
    """

    claim: str
    statement: str
    parameters: Mapping[str, str]
    outcome: str
    op: str
    lhs: Enclosure
    rhs: Enclosure
    unmet: tuple[str, ...]
    declared: Mapping[str, str]
    needed: int | None
    expectations: int
    seconds: float


@dataclass(frozen=True)
class SampledReport:
    """What a run found about claims in one sampled world.

    Attributes
    ----------
    world : in words: its horizon, the state after termination, and the range to which rewards are clipped
    horizon : number of steps
    rewards : the declared range, exact
    rescaled : whether rewards are shares of that range
    delta, control : what ``delta`` bounds (``union`` or ``e-bh``)
    seed : of all randomness
    samples : episodes of each policy that were drawn
    episodes, steps : rolled out, over all policies
    clipped : number of rewards that left the declared range
    expectations : number of different expectations that share ``delta``
    seconds : of the whole run
    verdicts : one for each claim and instance
    refused : claims with a counterpart on other sampled worlds, and why not on this one
    """

    world: str
    horizon: int
    rewards: tuple[str, str]
    rescaled: bool
    delta: float
    control: str
    seed: int
    samples: int
    episodes: int
    steps: int
    clipped: int
    expectations: int
    seconds: float
    verdicts: tuple[SampledVerdict, ...]
    refused: Mapping[str, str]

    def words(self, verdict: SampledVerdict) -> str:
        """A verdict of this run in words."""
        if verdict.outcome in ("holds", "refuted"):
            if self.control == "union":
                return f"{verdict.outcome} with confidence 1-{self.delta:g}"
            return f"{verdict.outcome} at false discovery rate {self.delta:g}"
        if verdict.outcome == "undecided":
            if verdict.needed is None:
                return "undecided: no number of roll-outs is known to decide"
            if verdict.needed > MANY:
                return f"undecided: more than {MANY:,} roll-outs of each policy would decide"
            return f"undecided: about {verdict.needed:,} roll-outs of each policy would decide"
        return f"not applicable: it assumes {', '.join(verdict.unmet)}"

    @property
    def meaning(self) -> str:
        """What the error of the run is, in words."""
        if self.control == "union":
            return f"all verdicts of this run are right together with probability at least 1-{self.delta:g}"
        return f"of the verdicts of this run at most a share {self.delta:g} is wrong on average"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "schema": SCHEMA,
            "world": self.world,
            "horizon": self.horizon,
            "rewards": list(self.rewards),
            "rescaled": self.rescaled,
            "delta": self.delta,
            "control": self.control,
            "meaning": self.meaning,
            "seed": self.seed,
            "samples": self.samples,
            "episodes": self.episodes,
            "steps": self.steps,
            "clipped": self.clipped,
            "expectations": self.expectations,
            "seconds": self.seconds,
            "verdicts": [self._verdict_json(verdict) for verdict in self.verdicts],
            "refused": dict(self.refused),
        }

    def _verdict_json(self, verdict: SampledVerdict) -> dict[str, Any]:
        return {
            "claim": verdict.claim,
            "statement": verdict.statement,
            "parameters": dict(verdict.parameters),
            "outcome": verdict.outcome,
            "verdict": self.words(verdict),
            "op": verdict.op,
            "lhs": _ends(verdict.lhs),
            "rhs": _ends(verdict.rhs),
            "unmet": list(verdict.unmet),
            "declared": dict(verdict.declared),
            "needed": verdict.needed,
            "expectations": verdict.expectations,
            "seconds": verdict.seconds,
        }


def _ends(side: Enclosure) -> list[float]:
    return [float(side.lower), float(side.upper)]
