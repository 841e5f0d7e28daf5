"""What verification found, in the strict words of the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import ROUND_CEILING, Context
from math import isfinite
from typing import Any

from iltheory.claims.claim import Claim
from iltheory.engine.evaluate import DELTA
from iltheory.engine.ledger import BlockKey, Record

SCHEMA = "iltheory-report/1"
"""Version of the JSON layout, described in docs/report-schema.md."""

TIGHT = "tight instance"
VARIANTS = "false variants"
"""Blocks that are no world: the claim's own tight instance, and its false variants on their counterexamples."""


@dataclass(frozen=True)
class Where:
    """Coordinates of an instance: the claim's hash, a family, a seed, a block and a place in it reproduce it."""

    family: str
    seed: int
    block: int
    size: int
    position: int


@dataclass(frozen=True)
class FamilyReport:
    """Counts of one family.

    Attributes
    ----------
    holds, refuted, undecided, not_applicable : numbers of instances
    ratio : largest ratio of the smaller to the larger side (of equalities: the largest difference), or None
    """

    family: str
    holds: int = 0
    refuted: int = 0
    undecided: int = 0
    not_applicable: int = 0
    ratio: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """What was found about one claim.

    Attributes
    ----------
    claim : id
    op : ``<=``, ``>=`` or ``==``
    arithmetic : ``auto`` or the number system asked for
    device : torch device of its floats and intervals, or None for numpy
    seed : of the random instances
    families : counts by family
    systems : how many instances each number system decided
    worst : float or None; largest ratio (of equalities: difference) over all instances, 1 being equality
    where : coordinates of the worst instance
    worst_instance : that instance in exact JSON, or None if its tables are too large to write out
    width : largest distance the two sides of an undecided comparison may still have: of an equality or a tie between
        irrational numbers, which no number of digits decides
    refutation : an instance that refutes the claim, with both sides, or None
    tight_ratio : ratio on the claim's tight instance, or None if it has none
    tight_agrees : whether both sides were equal to (or contained) the closed forms there
    variants_refuted, variants : false variants refuted on their counterexamples, and their number
    delta : of a statistical claim, the probability that any of its verdicts is wrong; 0 for one that is computed
    """

    claim: str
    op: str
    arithmetic: str
    seed: int
    families: tuple[FamilyReport, ...]
    systems: Mapping[str, int] = field(default_factory=dict)
    worst: float | None = None
    where: Where | None = None
    worst_instance: Mapping[str, Any] | None = None
    width: float = 0.0
    refutation: Mapping[str, Any] | None = None
    tight_ratio: float | None = None
    tight_agrees: bool | None = None
    variants_refuted: int = 0
    variants: int = 0
    delta: float = 0.0
    device: str | None = None

    def _count(self, name: str) -> int:
        return sum(getattr(family, name) for family in self.families)

    @property
    def instances(self) -> int:
        """Number of instances that meet the assumptions."""
        return self._count("holds") + self._count("refuted") + self._count("undecided")

    @property
    def refuted(self) -> int:
        """Number of instances that certainly violate the claim."""
        return self._count("refuted")

    @property
    def undecided(self) -> int:
        """Number of instances that no number system decided."""
        return self._count("undecided")

    @property
    def not_applicable(self) -> int:
        """Number of drawn instances that violate an assumption."""
        return self._count("not_applicable")

    @property
    def seconds(self) -> float:
        """Time spent in the workers."""
        return sum(family.seconds for family in self.families)

    @property
    def rung(self) -> str:
        """Kind of evidence.

        ``refuted`` (with confidence where ``delta`` is positive), ``instances``, ``confidence``, ``consistent`` or
        ``none`` (floats, or nothing decided).
        """
        if self.arithmetic == "float64":
            return "none"
        if self.refuted:
            return "refuted"
        if not self.sound:
            return "none"
        if self.delta:
            return "confidence" if self.undecided < self.instances else "none"
        if self.undecided:
            return "consistent" if self.width < float("inf") else "none"
        return "instances"

    @property
    def sound(self) -> bool:
        """Whether the claim's own checks pass: closed forms on its tight instance, false variants refuted."""
        return self.tight_agrees is not False and self.variants_refuted == self.variants

    @property
    def verdict(self) -> str:
        """The finding, in strict words."""
        if self.arithmetic == "float64":
            return f"violated in floats on {self.refuted} (nothing certified)" if self.refuted else "no violation found"
        if self.refuted:
            return f"refuted{self._confidence}"
        if not self.sound:
            return (
                f"not trusted: {self.variants_refuted} of {self.variants} false variants refuted, tight instance "
                + ("as stated" if self.tight_agrees is not False else "not as stated")
            )
        if self.rung == "consistent":
            return f"consistent to width {self._width} on {self.instances} instances"
        if self.rung == "confidence":
            decided = f"holds{self._confidence} on {self.instances - self.undecided} instances"
            return decided + (f", undecided on {self.undecided} to width {self._width}" if self.undecided else "")
        if self.undecided:
            return f"undecided on {self.undecided} of {self.instances} instances"
        return f"holds on {self.instances} instances"

    @property
    def _width(self) -> str:
        """The width with two digits, rounded up."""
        return f"{float(Context(prec=2, rounding=ROUND_CEILING).create_decimal(self.width)):.1e}"

    @property
    def _confidence(self) -> str:
        return f" with confidence 1-{self.delta:.0e}" if self.delta else ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        derived = ("instances", "refuted", "undecided", "not_applicable", "seconds", "rung", "verdict")
        width = self.width if isfinite(self.width) else None
        return {**asdict(self), **{name: getattr(self, name) for name in derived}, "width": width}


def document(reports: Iterable[Report]) -> dict[str, Any]:
    """The JSON document of a run; docs/report-schema.md describes it."""
    return {"schema": SCHEMA, "reports": [report.to_json() for report in reports]}


def summarize(
    claim: Claim, records: Iterable[Record], *, arithmetic: str, seed: int, device: str | None = None
) -> Report:
    """Add up the blocks of one claim."""
    counts: dict[str, Counter[str]] = {}
    seconds: dict[str, float] = {}
    ratios: dict[str, float] = {}
    systems: Counter[str] = Counter()
    best: tuple[float, Where] | None = None
    facts: dict[str, Any] = {"op": "", "width": 0.0, "refutation": None}
    extra: dict[str, Any] = {}
    for record in records:
        family, result = record.key.family, record.result
        if family == TIGHT:
            extra |= {"tight_ratio": result["ratio"], "tight_agrees": result["agrees"]}
            continue
        if family == VARIANTS:
            extra |= {"variants_refuted": result["refuted"], "variants": len(claim.false_variants)}
            continue
        counts.setdefault(family, Counter()).update(result["counts"])
        seconds[family] = seconds.get(family, 0.0) + record.seconds
        systems.update(result["systems"])
        facts["op"] = result["op"]
        facts["width"] = max(facts["width"], float("inf") if result["width"] is None else result["width"])
        if result["refutation"] is not None and facts["refutation"] is None:
            where = {"family": family, "seed": seed, "block": record.key.index, "size": record.key.size}
            facts["refutation"] = {**where, **result["refutation"]}
        if result["worst"] is not None:
            ratio = result["worst"]["ratio"]
            ratios[family] = max(ratios.get(family, ratio), ratio)
            if best is None or ratio > best[0]:
                best = ratio, _where(record.key, result["worst"]["position"])
    families = tuple(
        FamilyReport(family, **counted, ratio=ratios.get(family), seconds=seconds[family])
        for family, counted in counts.items()
    )
    return Report(
        claim=claim.id,
        arithmetic=arithmetic,
        device=device,
        seed=seed,
        delta=float(DELTA) if claim.statistical else 0.0,
        families=families,
        systems=dict(systems),
        worst=None if best is None else best[0],
        where=None if best is None else best[1],
        **facts,
        **extra,
    )


def _where(key: BlockKey, position: int) -> Where:
    return Where(key.family, key.seed, key.index, key.size, position)
