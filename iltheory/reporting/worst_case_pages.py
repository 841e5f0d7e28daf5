"""Worst cases, sweeps and the table of tightness, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iltheory.attack.coordinates import LEARNER_CLASSES
from iltheory.attack.extreme import Extreme
from iltheory.attack.fitting import Exponent
from iltheory.attack.sweep import Sweep
from iltheory.attack.tightness import Tightness
from iltheory.attack.worst_case import WorstCase
from iltheory.reporting.exact import label
from iltheory.reporting.instances import parts_of, sentences, tables
from iltheory.reporting.latex import readable
from sims.arithmetic import Enclosure

LONGEST = 24
"""Characters of a fraction; what is longer is written as a decimal that is said to be near."""


def worst_case_page(found: WorstCase) -> RenderableType:
    """The largest ratio with its instance, and what bounds it from above."""
    heading = [Text(found.claim.id, style="bold underline"), Text(readable(found.claim.statement)), Text()]
    looked = f"\nsearched {found.instances:,} instances in {found.seconds:.1f} s, seed {found.seed}"
    where = f"{found.shape}, {found.learner_class} learners"
    if found.best is None:
        return Group(*heading, Text(f"no instance with {where} meets the assumptions"), Text(looked, style="dim"))
    best = found.best
    ratio = "none, the larger side is not positive" if best.ratio is None else f"at least {_number(best.ratio)}"
    bound = found.upper.words if found.upper.value is None else f"at most {_exact(found.upper.value)}"
    return Group(
        *heading,
        Text(f"largest ratio with {where}: {ratio}" + (", attained" if best.attained else ""), style="bold"),
        Text(f"lhs = {_number(best.lhs)} {best.op} {_number(best.rhs)} = rhs"),
        Text(bound if found.upper.value is None else f"{bound}: {found.upper.words}"),
        Padding(Group(*_instance(best)), (0, 2)),
        Text(looked, style="dim"),
    )


def sweep_page(found: Sweep) -> RenderableType:
    """One row a size; then exponents and the closed form."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("1/(1-gamma)" if found.over == "discount" else found.over, "lhs", "rhs", "ratio", "at most"):
        table.add_column(column, justify="right")
    for size, case in zip(found.sizes, found.cases, strict=True):
        best, upper = case.best, case.upper.value
        sides = ("", "") if best is None else (_number(best.lhs), _number(best.rhs))
        ratio = "" if case.ratio is None else _number(case.ratio)
        table.add_row(str(size), *sides, ratio, "" if upper is None else _exact(upper))
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, fitted in (("ratio", found.ratio), ("smaller side", found.smaller), ("bound", found.bound)):
        facts.add_row(f"exponent of the {name}", _exponent(fitted))
    formula = "none found" if found.formula is None else f"{found.formula.expression}: {found.formula.words}"
    facts.add_row("closed form of the ratio", formula)
    return Group(Text(found.claim.id, style="bold underline"), table, Text(), facts)


def tightness_table(rows: Sequence[Tightness]) -> RenderableType:
    """One row a claim, and the counts below."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim and bound", overflow="fold", min_width=36)
    for column in ("time-\nvarying", "statio-\nnary", "determi-\nnistic", "tight", "at-\ntained"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("expo-\nnent", "theo-\nrem's", "difference"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        if row.ratios is None:
            continue
        ratios = [_decimal(row.ratios.get(name)) for name in LEARNER_CLASSES]
        missed = " missed" if row.reached is False else ""
        table.add_row(
            Text(f"{row.claim}\n  {readable(row.bound)}"),
            *ratios,
            _decimal(row.tight) + missed,
            "yes" if row.attained else "",
            *("" if x is None else f"{x:.2g}" for x in (row.fitted, row.theorem)),
            "" if row.excess is None else f"{row.excess:.2g}\n[{row.excess_low:.2g}, {row.excess_high:.2g}]",
        )
    return Group(table, Text("\n" + tightness_summary(rows)))


def tightness_summary(rows: Sequence[Tightness]) -> str:
    """The counts in words."""
    bounds = [row for row in rows if row.ratios is not None]
    compared = [row for row in bounds if row.reached is not None]
    return (
        f"{len(bounds)} bounds, {sum(row.attained for row in bounds)} attained with equality; of {len(compared)} tight "
        f"instances {sum(bool(row.reached) for row in compared)} reached to 99 %; "
        f"{len(rows) - len(bounds)} claims are equalities, sampled, or refuse these sizes."
    )


def _instance(best: Extreme) -> list[RenderableType]:
    parts = parts_of(best.claim, best.instance)
    shown: list[RenderableType] = [Text(sentence) for sentence in sentences(parts, text=_exact)]
    for table in tables(parts, text=_exact):
        page = Table(box=None, pad_edge=False, header_style="bold")
        for head in table.columns:
            page.add_column(head)
        for row in table.rows:
            page.add_row(*row)
        shown.append(page)
    return shown


def _exponent(fitted: Exponent | None) -> str:
    return "too few points" if fitted is None else str(fitted)


def _exact(x: Fraction) -> str:
    return label(x, LONGEST)


def _number(x: Enclosure) -> str:
    return _exact(x.lower) if x.lower == x.upper and isinstance(x.lower, Fraction) else str(x)


def _decimal(x: float | None) -> str:
    return "" if x is None else f"{x:.4g}"
