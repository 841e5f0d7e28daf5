"""What the invariants say of an implementation, for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.testing.report import NEEDS, InvariantReport

STYLES = {"holds": "green", "fails": "bold red", "error": "bold red", "does not apply": "dim"}


def invariants_page(report: InvariantReport) -> RenderableType:
    """One row an invariant, those that do not apply last; the numbers and the smallest model of every failure; counts.

    Those that need a function which the adapter lacks are most of all, and are listed in one paragraph.
    """
    lacking = [outcome for outcome in report.outcomes if outcome.message.startswith(NEEDS)]
    others = [outcome for outcome in report.outcomes if outcome not in lacking]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("invariant", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for outcome in sorted(others, key=lambda outcome: outcome.status == "does not apply"):
        why = f": {outcome.message}" if outcome.status == "does not apply" else ""
        table.add_row(outcome.name, Text(f"{outcome.verdict}{why}", style=STYLES[outcome.status]))
    failures = [Text(f"\n{failure}") for failure in report.failures]
    wanting: dict[str, list[str]] = {}
    for outcome in lacking:
        wanting.setdefault(outcome.message.removeprefix(NEEDS), []).append(outcome.name)
    lacked = "; ".join(f"{needs}: {', '.join(names)}" for needs, names in wanting.items())
    paragraph = [Text(f"\nDo not apply, for want of\n{lacked}.", style="dim")] if lacking else []
    return Group(table, *paragraph, *failures, Text(f"\n{report.summary}"))
