"""A table of claims, a row each: what verification found, how close instances come, how the sides grow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from iltheory.attack.extreme import Extreme, extreme
from iltheory.attack.tightness import Tightness
from iltheory.claims.claim import Claim
from iltheory.engine.evaluate import DELTA
from iltheory.engine.ledger import Ledger, Record
from iltheory.engine.provenance import versions
from iltheory.engine.report import Report, Where, summarize
from iltheory.engine.statistical import enclose_by_sampling
from iltheory.engine.verify import reproduce
from iltheory.proofs import Theorem, strongest
from sims.errors import IltheoryError

PLACE = ("family", "seed", "block", "size", "position")
"""Entries of a refutation that say where its instance is."""


class InvalidRows(IltheoryError, ValueError):
    """A file is none of those that ``iltheory tightness`` keeps its rows in."""


@dataclass(frozen=True, eq=False)
class Row:
    """What is known about one claim.

    Attributes
    ----------
    claim : what it says and where it comes from
    report : what verification found, or None of a claim that is proved and was not verified
    worst : of the instances drawn, the one that comes closest to violating the claim, or violates it most, with both
        sides: exact, or in balls, or (statistical claims) with confidence. None of an equality that is not refuted,
        and where no instance has a ratio
    attained : whether an instance is known on which both sides are equal, exactly: drawn, the claim's tight instance,
        or one that a search for worst cases found. None of equalities, statistical claims and refuted ones
    growth : how the sides grow along the worst instances of a sweep, or None if that was not searched
    theorem : the strongest that is proved of it, unless the claim is refuted
    """

    claim: Claim
    report: Report | None
    worst: Extreme | None
    attained: bool | None
    growth: Tightness | None
    theorem: Theorem | None = None

    @property
    def rung(self) -> str:
        """The highest rung that the claim stands on."""
        return self.theorem.rung if self.theorem is not None else "none" if self.report is None else self.report.rung

    @property
    def verdict(self) -> str:
        """The proof, with what it assumes, or the finding, in strict words."""
        if self.theorem is not None:
            return self.theorem.words
        return "not computed" if self.report is None else self.report.verdict


def recorded(claims: Sequence[Claim], ledger: Path, *, seed: int = 0) -> dict[str, Report]:
    """What a ledger says, by claim: of those that it has instances of, and all checks of the claim itself."""
    if not ledger.exists():
        return {}
    found: dict[tuple[str, str], list[Record]] = {(claim.id, claim.hash): [] for claim in claims}
    with Ledger(ledger) as book:
        for record in book.results(arithmetic="auto", seed=seed, versions=versions()):
            if (record.key.claim, record.key.claim_hash) in found:
                found[record.key.claim, record.key.claim_hash].append(record)
    reports = {}
    for claim in claims:
        report = summarize(claim, found[claim.id, claim.hash], arithmetic="auto", seed=seed)
        checked = report.tight_agrees is not None or claim.tight is None
        if report.instances and checked and report.variants == len(claim.false_variants):
            reports[claim.id] = report
    return reports


def table_rows(
    claims: Sequence[Claim],
    reports: Mapping[str, Report],
    *,
    growths: Mapping[str, Tightness] | None = None,
    theorems: Mapping[str, Sequence[Theorem]] | None = None,
    on_row: Callable[[Row], object] | None = None,
) -> list[Row]:
    """Rows of the claims that there are reports or theorems on; worst instances are drawn again, evaluated exactly.

    Parameters
    ----------
    claims : in the order of the table
    reports : by claim, from :func:`recorded`
    growths : rows of the table of tightness, by claim, from :func:`read_growths`
    theorems : by claim, from :func:`iltheory.proofs.known_theorems`
    on_row : called with each row

    Raises
    ------
    Contradiction
        If a claim is proved and refuted.
    """
    rows = []
    for claim in claims:
        report = reports.get(claim.id)
        theorem = strongest(claim, report, (theorems or {}).get(claim.id, ()))
        if report is None and theorem is None:
            continue
        growth = (growths or {}).get(claim.id)
        worst = None if report is None else _worst(claim, report)
        attained = None if report is None else _attained(claim, report, worst, growth)
        rows.append(Row(claim, report, worst, attained, growth, theorem))
        if on_row is not None:
            on_row(rows[-1])
    return rows


def read_growths(path: Path, claims: Sequence[Claim]) -> tuple[dict[str, Tightness], list[str]]:
    """Rows that ``iltheory tightness`` kept, by claim, of each the one with the largest budget.

    Returns
    -------
    rows : those of the claims as they are now
    stale : ids of claims that were edited since, so that their rows say nothing any more

    Raises
    ------
    InvalidRows
        If the file is not there or damaged.
    """
    hashes = {claim.id: claim.hash for claim in claims}
    current: dict[str, tuple[float, Tightness]] = {}
    seen: dict[str, None] = {}
    for row, hash, budget in _kept(path):
        if row.claim in hashes:
            seen[row.claim] = None
            if hash == hashes[row.claim] and budget >= current.get(row.claim, (0.0, row))[0]:
                current[row.claim] = budget, row
    return {id: row for id, (_, row) in current.items()}, [id for id in seen if id not in current]


def _kept(path: Path) -> Iterator[tuple[Tightness, str, float]]:
    """Each row of a file with the digest of its claim and its budget."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRows(
            f"{path} cannot be read: {problem}.\n  Write it with `iltheory tightness --rows {path}`."
        ) from problem
    for number, line in enumerate(lines, 1):
        try:
            row = Tightness(**json.loads(line))
            _, hash, budget, _ = row.key.split(" ")
            yield row, hash, float(budget)
        except (ValueError, TypeError, AttributeError) as problem:
            raise InvalidRows(
                f"{path}, line {number}: no row of the table of tightness ({problem}).\n"
                "  Take the line out, or name another file."
            ) from problem


def _worst(claim: Claim, report: Report) -> Extreme | None:
    """The instance that floats rank first, evaluated exactly; of a refuted claim the more violated of two."""
    places = [] if report.where is None or report.op == "==" else [report.where]
    if report.refutation is not None:
        places.append(Where(**{name: report.refutation[name] for name in PLACE}))
    found = [_evaluated(claim, report, where) for where in places]
    return max((one for one in found if one is not None), key=lambda one: one.rank, default=None)


def _evaluated(claim: Claim, report: Report, where: Where) -> Extreme | None:
    instance = reproduce(claim, where)
    if not claim.statistical:
        return extreme(claim, instance)
    # Outcomes of its own: those it was chosen by would favour it.
    lhs, rhs = enclose_by_sampling(claim, instance, np.random.default_rng(where.seed), DELTA)
    finite = all(isinstance(end, Fraction) for side in (lhs, rhs) for end in (side.lower, side.upper))
    return Extreme(claim, instance, lhs, rhs, report.op) if finite else None


def _attained(claim: Claim, report: Report, worst: Extreme | None, growth: Tightness | None) -> bool | None:
    if report.op == "==" or claim.statistical or report.refuted:
        return None
    if (growth is not None and growth.attained) or (worst is not None and worst.attained):
        return True
    tight = None if claim.tight is None else extreme(claim, claim.bind_any(claim.tight().instance))
    return tight is not None and tight.attained
