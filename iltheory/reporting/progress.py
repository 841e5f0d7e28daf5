"""A live line while cells of experiments and figures are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from iltheory.engine.ledger import Record


@contextmanager
def cells_progress(console: Console, planned: int) -> Iterator[Callable[[Record], None]]:
    """A live line with the cells done so far; yields what to call with each."""
    description = TextColumn("{task.description}", markup=False)
    bar = Progress(description, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True)
    with bar:
        task = bar.add_task("cells", total=planned)

        def on_result(record: Record) -> None:
            bar.update(task, advance=1, description=f"{record.key.claim} {record.key.family}"[:80])

        yield on_result
