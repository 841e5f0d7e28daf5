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
    """A row a figure: where it is, what it is drawn from, what its claims say of it; then what is missing."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("figure", "files", "rows", "verdicts", "claims"):
        table.add_column(column, overflow="fold")
    for done in drawn:
        id, words = done.figure.id, done.document["verdicts"]
        files = f"{folder / id}.{{{','.join([*formats, 'json', 'csv'])}}}"
        verdicts = ", ".join(f"{count} {word}" for word, count in words.items())
        table.add_row(id, files, str(len(done.rows)), verdicts, ", ".join(done.figure.claims))
    return Group(*[table] if drawn else [], *(Text(line) for line in missing))
