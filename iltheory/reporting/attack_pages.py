"""What an attack found, where it looked, and which assumptions a claim needs, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from math import isfinite

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iltheory.attack.counterexample import Counterexample, Size
from iltheory.attack.falsification import Falsification, Searched
from iltheory.attack.necessity import Necessity
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Instance
from iltheory.reporting.exact import LONGEST_FRACTION, label, violated
from iltheory.reporting.instances import TextTable, parts_of, sentences, tables
from iltheory.reporting.latex import readable

LONGEST_CELL = 24
"""Characters of a fraction in a table; what is longer is written as a decimal that is said to be near."""
MOST_ROWS = 60
MOST_SIZES = 8
"""Sizes that are listed of a stage."""
MOST_GROWTH = 8


def falsification_page(found: Falsification) -> RenderableType:
    """The verdict in strict words, and the counterexamples; or what was searched, and how close it came."""
    claim = found.claim
    statement = readable(claim.statement)
    heading = [Text(claim.id, style="bold underline"), *([Text(statement)] if statement else []), Text()]
    if found.simplest is None:
        return Group(*heading, *_none_found(found))
    both = found.worst is None or found.worst.to_json() == found.simplest.to_json()
    title = "simplest and worst counterexample" if both else "simplest counterexample"
    parts = [*heading, *_counterexample(title, found.simplest)]
    if found.worst is not None and not both:
        parts += [Text(), *_counterexample("worst counterexample", found.worst)]
    looked = f"{found.instances:,} instances in {found.seconds:.1f} s, seed {found.seed}"
    return Group(*parts, Text(f"\nsearched {looked}", style="dim"))


def necessity_page(found: Necessity) -> RenderableType:
    """A row for each assumption, and behind it the witnesses of those that are needed."""
    heading = [Text(found.claim.id, style="bold underline"), Text(readable(found.claim.statement)), Text()]
    if not found.needs:
        return Group(*heading, Text("no assumption to drop"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("assumption")
    table.add_column("verdict")
    for need in found.needs:
        table.add_row(need.assumption, Text(need.verdict, style="bold red" if need.attack.certified else "yellow"))
    witnesses: list[RenderableType] = []
    for need in found.needs:
        if need.attack.simplest is not None:
            witnesses += [Text(), *_counterexample(f"without «{need.assumption}»", need.attack.simplest)]
    return Group(*heading, table, *witnesses)


def _counterexample(title: str, found: Counterexample) -> list[RenderableType]:
    ratio = f"; ratio {found.ratio:.6g}" if found.op != "==" and isfinite(found.ratio) else ""
    return [
        Text(violated(found), style="bold red"),
        Text(f"{title}, {found.size}{ratio}:", style="bold"),
        *_instance(found.claim, found.instance),
    ]


def _instance(claim: Claim, instance: Instance) -> list[RenderableType]:
    """Everything of an instance: sentences, then tables."""
    parts = parts_of(claim, instance)
    words = [Text(sentence) for sentence in sentences(parts, text=_sentence_number)]
    return [Padding(Group(*words, *map(_table, tables(parts, text=_cell_number))), (0, 2))]


def _cell_number(x: Fraction) -> str:
    return label(x, LONGEST_CELL)


def _sentence_number(x: Fraction) -> str:
    return label(x, LONGEST_FRACTION)


def _table(shown: TextTable) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    words = ("step", "state", "action", "next state", "outcome")
    for head in shown.columns:
        table.add_column(head, justify="left" if head in words else "right")
    for row in shown.rows[:MOST_ROWS]:
        table.add_row(*row)
    more = len(shown.rows) - MOST_ROWS
    cut = [Text(f"... and {more} more rows; --json FILE holds all", style="dim")] if more > 0 else []
    return Group(Text(f"\n{shown.title}", style="italic"), table, *cut)


def _none_found(found: Falsification) -> list[RenderableType]:
    looked = f"{found.instances:,} instances in {found.seconds:.1f} s (budget {found.budget:g} s, seed {found.seed})"
    parts: list[RenderableType] = [Text(f"none found among {looked}", style="bold yellow"), Text()]
    parts.append(_searched(found.searched))
    if found.closest is None and not found.claim.statistical:
        parts += [Text(), Text("no instance met the assumptions of the claim, so nothing was tested", style="bold red")]
    if found.ratio is not None:
        words = "1 is equality; of equalities it is |lhs - rhs|; computed in floats, so nothing is certified"
        parts += [Text(), Text(f"worst ratio reached: {found.ratio:.6g} ({words})")]
        steps = found.growth[-MOST_GROWTH:]
        grew = ", ".join(f"{ratio:.6g} after {count:,}" for count, ratio in steps)
        parts.append(Text(f"how it grew with the instances: {'... ' * (len(found.growth) > len(steps))}{grew}"))
    if found.closest is not None:
        parts += [Text(f"\nclosest instance, {Size.of(found.closest)}:", style="bold")]
        parts += _instance(found.claim, found.closest)
    return parts


def _searched(parts: tuple[Searched, ...]) -> RenderableType:
    """One row a stage, in the order they ran first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("stage")
    for head in ("instances", "worst ratio", "seconds"):
        table.add_column(head, justify="right")
    table.add_column("sizes", overflow="fold")
    order = {stage: place for place, stage in enumerate(dict.fromkeys(part.stage for part in parts))}
    for stage, run in groupby(sorted(parts, key=lambda part: order[part.stage]), key=lambda part: part.stage):
        same = list(run)
        ratios = [part.ratio for part in same if part.ratio is not None]
        table.add_row(
            stage,
            f"{sum(part.instances for part in same):,}",
            f"{max(ratios):.6g}" if ratios else "",
            f"{sum(part.seconds for part in same):.1f}",
            _sizes([part.shape for part in same]),
        )
    return table


def _sizes(shapes: Sequence[str]) -> str:
    """The first different ones, and how many more there are."""
    different = list(dict.fromkeys(shapes))
    more = len(different) - MOST_SIZES
    return "; ".join(different[:MOST_SIZES]) + f"; and {more} more" * (more > 0)
