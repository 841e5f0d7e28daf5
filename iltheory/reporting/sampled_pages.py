"""Verdicts about sampled worlds, for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.engine.sampled_report import SampledReport
from sims.arithmetic import Enclosure

STYLES = {"refuted": "bold red", "holds": "blue", "undecided": "yellow", "not applicable": "dim"}


def sampled_page(report: SampledReport) -> RenderableType:
    """The world, a row for each verdict, and what the run cost and means."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("claim, and both sides", "verdict"):
        table.add_column(column, overflow="fold")
    for verdict in report.verdicts:
        sides = Text(f"  {interval(verdict.lhs)} {verdict.op} {interval(verdict.rhs)}", style="dim")
        words = Text(report.words(verdict), style=STYLES[verdict.outcome])
        said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in verdict.declared.items())
        declared = Text(f"\n  declared: {said}" if said else "", style="dim")
        table.add_row(Text.assemble(verdict.claim, "\n", sides, declared), words)
    refused = "".join(f"\nrefused: {reason}" for reason in report.refused.values())
    if not report.rescaled and any("rewards in [0, 1]" in verdict.unmet for verdict in report.verdicts):
        refused += "\nfor claims about rewards in [0, 1], rescale them: --rescale, mdp.rescaled()"
    clipped = f"; {report.clipped:,} rewards were clipped" if report.clipped else "; no reward was clipped"
    cost = f"{report.episodes:,} episodes, {report.steps:,} steps, {report.seconds:.1f} s{clipped}"
    return Group(Text(f"{report.world}\n"), table, Text(f"{refused}\n\n{cost}\n{report.meaning}", style="dim"))


def interval(side: Enclosure) -> str:
    """Both ends, or the number where they are equal."""
    low, high = float(side.lower), float(side.upper)
    return f"{low:.4g}" if side.width == 0 else f"[{low:.4g}, {high:.4g}]"
