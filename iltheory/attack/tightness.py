"""How tight the bounds of a catalogue are: worst ratios over classes of learners, and how they grow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from iltheory.attack.coordinates import LEARNER_CLASSES
from iltheory.attack.extreme import extreme
from iltheory.attack.references import resolve
from iltheory.attack.sweep import Sweep, sweep
from iltheory.attack.worst_case import WorstCase, worst_case
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Model, PolicyKind
from iltheory.engine.evaluate import decide
from sims.errors import IltheoryError

HORIZONS = (1, 2, 3, 4, 6)
DISCOUNTS = tuple(1 - Fraction(1, 2**k) for k in range(1, 5))
REACHED = Fraction(99, 100)
"""Share of the ratio at the tight instance from which a search has reached it."""


@dataclass(frozen=True)
class Tightness:
    """One row of the table.

    Attributes
    ----------
    claim, bound : id and statement
    shape : the size, in words: that of the tight instance if there is one
    ratios : the certified worst ratio over each class of learners, None where both sides are not positive
    attained : whether an instance was found on which both sides are equal
    tight : ratio at the tight instance of the catalogue, None without one or without a ratio there
    reached : whether the search came to at least 99 % of it; where it is no ratio, whether the sides came as close
        relative to their size, but for 1 %; None without a tight instance
    over : what the exponents are in
    fitted, theorem : exponents of the smaller side and of the bound along the worst instances of a sweep. Instances of
        equal ratio may differ in scale, which moves both alike
    excess, excess_low, excess_high : exponent of their ratio, with its interval: below 0 where the bound grows too fast
    why : why there is no row: an equality, sampled, or refused
    key : what the row was computed from: digest of the claim, budget, seed
    """

    claim: str
    bound: str
    shape: str = ""
    ratios: dict[str, float | None] | None = None
    attained: bool = False
    tight: float | None = None
    reached: bool | None = None
    over: str = ""
    fitted: float | None = None
    theorem: float | None = None
    excess: float | None = None
    excess_low: float | None = None
    excess_high: float | None = None
    why: str = ""
    key: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row in plain JSON values."""
        return asdict(self)


def tightness(claim: str | Claim, *, budget: float, seed: int = 0) -> Tightness:
    """Find one row: half of the budget for the classes of learners, half for a sweep over the horizon or discount."""
    conjecture = resolve(claim) if isinstance(claim, str) else claim
    row = Tightness(claim=conjecture.id, bound=conjecture.statement, key=_key(conjecture, budget, seed))
    policies = [n for n, k in conjecture.parameters.items() if isinstance(k, PolicyKind) and n != "expert"]
    classes = LEARNER_CLASSES if policies else LEARNER_CLASSES[:1]
    try:
        cases = {
            name: worst_case(conjecture, learner_class=name, budget=budget / 2 / len(classes), seed=seed)
            for name in classes
        }
        grown = _grown(conjecture, budget=budget / 2, seed=seed)
    except IltheoryError as reason:
        return replace(row, why=str(reason).splitlines()[0])
    found = list(cases.values())
    tight, reached = _against_the_catalogue(conjecture, found)
    fitted, theorem, excess = (None, None, None) if grown is None else (grown.smaller, grown.bound, grown.ratio)
    return replace(
        row,
        shape=found[0].shape,
        ratios={name: None if case.ratio is None else float(case.ratio.lower) for name, case in cases.items()},
        attained=any(case.attained for case in found),
        tight=tight,
        reached=reached,
        over="" if grown is None else {"horizon": "H", "discount": "1/(1-gamma)"}[grown.over],
        fitted=None if fitted is None else fitted.slope,
        theorem=None if theorem is None else theorem.slope,
        excess=None if excess is None else excess.slope,
        excess_low=None if excess is None else excess.low,
        excess_high=None if excess is None else excess.high,
    )


def tightness_of(
    claims: Sequence[Claim], *, budget: float, seed: int, executor: Executor, rows: Path | None = None
) -> Iterator[Tightness]:
    """Rows of many claims, each when it is done.

    Parameters
    ----------
    budget : seconds for each claim
    executor : where rows are found; its workers find a claim by its id
    rows : file of finished rows, one a line: those of the same claims, budget and seed are not found again, and new
        ones are added
    """
    known = {} if rows is None or not rows.exists() else _read(rows)
    open_ = []
    for claim in claims:
        row = known.get(_key(claim, budget, seed))
        if row is None:
            open_.append(claim)
        else:
            yield row
    waiting = [executor.submit(tightness, claim.id, budget=budget, seed=seed) for claim in open_]
    try:
        for future in as_completed(waiting):
            row = future.result()
            if rows is not None:
                with rows.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row.to_json()) + "\n")
            yield row
    finally:
        for future in waiting:
            future.cancel()


def _key(claim: Claim, budget: float, seed: int) -> str:
    return f"{claim.id} {claim.hash} {budget:g} {seed}"


def _read(rows: Path) -> dict[str, Tightness]:
    found = [Tightness(**json.loads(line)) for line in rows.read_text(encoding="utf-8").splitlines()]
    return {row.key: row for row in found}


def _grown(claim: Claim, *, budget: float, seed: int) -> Sweep | None:
    models = [kind for kind in claim.parameters.values() if isinstance(kind, Model)]
    if not models:
        return None
    if models[0].finite:
        largest = claim.largest.horizon if claim.largest.strict else max(HORIZONS)
        return sweep(claim, over="horizon", sizes=[h for h in HORIZONS if h <= largest], budget=budget, seed=seed)
    return sweep(claim, over="discount", sizes=DISCOUNTS, budget=budget, seed=seed)


def _against_the_catalogue(claim: Claim, found: Sequence[WorstCase]) -> tuple[float | None, bool | None]:
    """Ratio at the tight instance, and whether a search reached it."""
    if claim.tight is None:
        return None, None
    instance = claim.bind_any(claim.tight().instance)
    ratio = float(decide(claim, instance, 1).ratios[0])
    known, best = extreme(claim, instance), [case.best for case in found if case.best is not None]
    if np.isnan(ratio):
        return None, known is not None and any(one.rank[0] >= known.rank[0] - (1 - REACHED) for one in best)
    return ratio, any(one.ratio is not None and one.ratio.lower >= REACHED * Fraction(ratio) for one in best)
