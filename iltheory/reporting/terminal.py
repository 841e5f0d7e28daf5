"""Pages and tables for the terminal."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import ROUND_CEILING
from math import floor, log10
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from iltheory.claims.claim import Claim
from iltheory.engine.ledger import Record
from iltheory.engine.report import Report
from iltheory.proofs import Theorem, strongest
from iltheory.proofs.sides import SIDES
from iltheory.reporting.exact import rounded
from iltheory.reporting.latex import readable
from sims.arithmetic import Enclosure

if TYPE_CHECKING:
    from iltheory.engine.comparison import Row  # it loads all learners, which most pages do without

LONGEST_NUMBER = 60
SAMPLED = " [on samples]"
"""Mark of claims that have a counterpart on sampled worlds."""
CERTIFIED = " [certify]"
"""Mark of claims whose verdict on one instance can be written for Coq."""
STYLES = {"refuted": "bold red", "instances": "green", "confidence": "blue", "consistent": "cyan", "none": "yellow"}


def claims_table(claims: Sequence[Claim]) -> RenderableType:
    """One row a claim: id, what it says, source, status; with marks on what else can be done with it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    for column in ("what it says", "source"):
        table.add_column(column, overflow="fold")
    for claim in claims:
        marks = SAMPLED * claim.sampled + CERTIFIED * (claim.id in SIDES)
        table.add_row(claim.id, claim.summary + marks, short_source(claim))
    sampled, certified = sum(claim.sampled for claim in claims), sum(claim.id in SIDES for claim in claims)
    marked = f"; `iltheory verify-sampled` decides the {sampled} marked{SAMPLED}, too" if sampled else ""
    marked += f"; `iltheory certify` covers the {certified} marked{CERTIFIED}" if certified else ""
    return Group(table, Text(f"\n{len(claims)} claims; `iltheory show ID` shows one of them{marked}."))


def comparison_table(rows: Sequence[Row]) -> RenderableType:
    """One row a learner: its exact gap beside what the theorem behind it allows for its policy."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("learner", "uses"):
        table.add_column(column, no_wrap=True)
    for column in ("gap", "bound"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("of", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    notes = []
    for row in rows:
        if row.gap is None or row.own_bound is None:
            table.add_row(row.learner, row.access, "none")
            notes.append(f"{row.learner}: {row.why_not}")
            continue
        gap, bound = decimal(row.gap), decimal(row.own_bound)
        table.add_row(row.learner, row.access, gap, bound, row.theorem, f"{row.seconds:.2f}")
    return Group(table, Text(), *(Text(note, style="dim") for note in notes))


def decimal(x: Enclosure) -> str:
    """The digits that are certain, at most four; what may be 0 is said to be below its bound."""
    width = float(x.upper - x.lower)
    if width and x.lower <= 0 <= x.upper:
        return f"< {float(rounded(max(x.upper, -x.lower), ROUND_CEILING, 1)):.0e}"
    middle = float((x.lower + x.upper) / 2)
    digits = floor(log10(abs(middle) / width)) if width else 4
    return f"{middle:.{min(max(digits, 1), 4)}g}"


def short_source(claim: Claim) -> str:
    """Authors, year and theorem, with a mark on what is not quoted from a paper's text."""
    if claim.source is None:
        return claim.status
    where = f", {claim.source.theorem}" if claim.source.theorem else ""
    mark = "" if claim.status == "as published" else f" [{claim.status}]"
    return f"{claim.source.authors} {claim.source.year}{where}{mark}"


def claim_page(
    claim: Claim, evidence: Report | None, theorems: Sequence[Theorem] = (), unchecked: Mapping[str, str] | None = None
) -> RenderableType:
    """Everything about one claim.

    Parameters
    ----------
    evidence : in the ledger
    theorems : in the ledger
    unchecked : texts of statements in Coq that the ledger has no proof of, by their names

    Raises
    ------
    Contradiction
        If it is proved and refuted.
    """
    strongest(claim, evidence, theorems)
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    facts.add_row("statement", readable(claim.statement))
    facts.add_row("LaTeX", Text(claim.statement, style="dim"))
    if claim.source is not None:
        facts.add_row("source", str(claim.source))
    facts.add_row("status", claim.status)
    facts.add_row("ranges over", ", ".join(f"{name}: {kind}" for name, kind in claim.parameter_words.items()))
    facts.add_row("assumptions", "; ".join(a.name for a in claim.assumptions) or "none beyond these kinds")
    if claim.statistical:
        facts.add_row("sampled", f"until decided, at most {claim.samples:,} outcomes of each expectation")
    if claim.sampled:
        facts.add_row("on samples", f"in worlds without tables, too: iltheory verify-sampled {claim.id}")
    if claim.id in SIDES:
        facts.add_row("in Coq", f"a verdict on one instance, too: iltheory certify {claim.id} --instance FILE")
    for variant in claim.false_variants:
        facts.add_row("false variant", _wrong(variant))
    if claim.tight is not None:
        tight = claim.tight()
        facts.add_row(
            "tight instance", f"lhs = {tight.lhs}, rhs = {tight.rhs}" + (f" ({tight.note})" if tight.note else "")
        )
    for theorem in theorems:
        named = f" ({', '.join(theorem.assumptions)})" if theorem.assumptions else ""
        rests = theorem.about if theorem.shapes else f"assumes {theorem.assumed}{named}; checked by {theorem.checker}"
        facts.add_row("proof", f"{theorem.verdict}: {theorem.name}; {rests}")
    for name in unchecked or ():
        facts.add_row("theorem", f"{name} in Coq, not checked here yet: run `iltheory prove {claim.id}`, with coqc")
    facts.add_row(
        "evidence", "none yet; run `iltheory verify " + claim.id + "`" if evidence is None else evidence.verdict
    )
    proof = inspect.getdoc(claim.function) or ""
    parts: list[RenderableType] = [Text(claim.id, style="bold underline"), facts, Padding(Text(proof), (1, 2))]
    texts = [theorem.text for theorem in theorems if theorem.text]
    parts += [Padding(Text(text), (0, 2, 1, 2)) for text in (*texts, *(unchecked or {}).values())]
    if evidence is not None:
        parts.append(families_table(evidence))
    return Group(*parts)


def _wrong(variant: Claim) -> str:
    """What a false variant says, after what its id adds to the claim's."""
    return f"/{variant.id.partition('/')[2]}: {readable(variant.statement)}"


def families_table(report: Report) -> RenderableType:
    """One row a family of instances."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("family")
    for column in ("holds", "refuted", "undecided", "not applicable", _ratio_name(report)):
        table.add_column(column, justify="right")
    for family in report.families:
        numbers = (family.holds, family.refuted, family.undecided, family.not_applicable)
        table.add_row(family.family, *map(str, numbers), _number(family.ratio))
    return table


def reports_table(reports: Sequence[Report]) -> RenderableType:
    """One row a claim, and the sums below."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", overflow="fold", min_width=len("holds on 1000 instances"))
    table.add_column("worst", justify="right", no_wrap=True)
    table.add_column("tight", justify="right", no_wrap=True)
    table.add_column("variants", justify="right", no_wrap=True)
    for report in reports:
        table.add_row(
            report.claim,
            Text(report.verdict, style=STYLES[report.rung]),
            _number(report.worst),
            "" if report.tight_ratio is None else _tight(report),
            f"{report.variants_refuted}/{report.variants}" if report.variants else "",
        )
    return Group(table, Text("\n" + summary(reports)))


def summary(reports: Sequence[Report]) -> str:
    """The counts in words."""
    instances = sum(report.instances for report in reports)
    seconds = sum(report.seconds for report in reports)
    words: list[str] = [f"{len(reports)} claims on {instances:,} instances ({seconds:.0f} s of computing)"]
    for rung, phrase in (
        ("instances", "hold on all of theirs"),
        ("confidence", "hold with confidence on sampled outcomes"),
        ("consistent", "with logarithms or roots are consistent"),
        ("refuted", "refuted"),
        ("none", "not decided"),
    ):
        count = sum(report.rung == rung for report in reports)
        if count or rung == "refuted":
            words.append(f"{count} {phrase}")
    undecided = sum(report.undecided for report in reports if report.rung != "consistent")
    words.append(f"{undecided} instances undecided")
    caught, planted = sum(r.variants_refuted for r in reports), sum(r.variants for r in reports)
    if planted:
        words.append(f"{caught} of {planted} false variants refuted")
    return "; ".join(words) + "."


def refutation_text(report: Report) -> str:
    """How a claim fails, in one line."""
    assert report.refutation is not None
    lhs, rhs = (_shortened(report.refutation[side]) for side in ("lhs", "rhs"))
    sides = f"{lhs} {report.op} {rhs} is false"
    where = f"on an instance of {report.refutation['family']}; --json FILE holds it exactly."
    return f"{report.claim} is refuted: {sides} {where}"


@contextmanager
def progress(console: Console) -> Iterator[Any]:
    """A live line with the blocks, instances and claims done so far; yields what to call with each block."""
    description = TextColumn("{task.description}", markup=False)
    bar = Progress(description, BarColumn(), TimeElapsedColumn(), console=console, transient=True)
    seen: dict[str, int] = {"instances": 0, "blocks": 0}
    with bar:
        task = bar.add_task("starting workers", total=None)

        def on_result(record: Record) -> None:
            seen["blocks"] += 1
            seen["instances"] += record.key.size
            counts = f"{seen['blocks']:,} blocks, {seen['instances']:,} instances"
            bar.update(task, description=f"{counts}: {record.key.claim} on {record.key.family}")

        yield on_result


def _shortened(number: str) -> str:
    return number if len(number) <= LONGEST_NUMBER else f"{number[:LONGEST_NUMBER]}... ({len(number)} characters)"


def _ratio_name(report: Report) -> str:
    return "largest |lhs - rhs|" if report.op == "==" else "worst ratio"


def _tight(report: Report) -> str:
    return f"{_number(report.tight_ratio)}{'' if report.tight_agrees else ' (closed form differs!)'}"


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.3g}"
