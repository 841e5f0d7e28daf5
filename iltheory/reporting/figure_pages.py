"""Figures that were made, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.figures import Drawn


def figures_page(
    drawn: Sequence[Drawn], missing: Sequence[str], folder: Path, formats: Sequence[str]
) -> RenderableType:
    """A row a figure: what it shows, the rows it is drawn from, what these say of its claims; then what is missing."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure", no_wrap=True)
    table.add_column("shows")
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("verdicts")
    for done in drawn:
        verdicts = ", ".join(f"{count} {word}" for word, count in done.document["verdicts"].items())
        table.add_row(done.figure.id, done.figure.title, str(len(done.rows)), verdicts)
    files = Text(f"\n{folder}/FIGURE.{{{','.join([*formats, 'json', 'csv'])}}}; claims and caption are in the JSON")
    made: list[RenderableType] = [table, files] if drawn else []
    return Group(*made, *(Text(line) for line in missing))
