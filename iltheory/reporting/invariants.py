"""What the invariants say of an implementation, for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.testing.report import InvariantReport

STYLES = {"holds": "green", "fails": "bold red", "error": "bold red", "does not apply": "dim"}


def invariants_page(report: InvariantReport) -> RenderableType:
    """One row an invariant, those that do not apply last, the numbers and the smallest model of every failure, and the counts."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("invariant", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for outcome in sorted(report.outcomes, key=lambda outcome: outcome.status == "does not apply"):
        why = f": {outcome.message}" if outcome.status == "does not apply" else ""
        table.add_row(outcome.name, Text(f"{outcome.verdict}{why}", style=STYLES[outcome.status]))
    failures = [Text(f"\n{failure}") for failure in report.failures]
    return Group(table, *failures, Text(f"\n{report.summary}"))
