"""A live line while cells of experiments, figures and proofs are computed; where no terminal shows it, plain ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from iltheory.engine.ledger import Record


@contextmanager
def cells_progress(
    console: Console, planned: int, doing: str = "computing cells"
) -> Iterator[Callable[[Record], None]]:
    """A live line with the cells done so far; yields what to call with each."""
    if not console.is_terminal:
        console.print(f"{doing}: {planned}", markup=False, highlight=False)
    description = TextColumn("{task.description}", markup=False)
    columns = description, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=planned)

        def on_result(record: Record) -> None:
            bar.update(task, advance=1, description=cell_words(record)[:80])

        yield on_result


def cell_words(record: Record) -> str:
    """What a cell is about: the claim of a cell that has one, other settings with their names, no digests."""
    cell = json.loads(record.key.family)
    settings = (f"{value}" if name == "claim" else f"{name} {value}" for name, value in cell.items() if name != "hash")
    return f"{record.key.claim}: {', '.join(settings)}"


@contextmanager
def stages(console: Console, doing: str) -> Iterator[Callable[[str], None]]:
    """A live line with what is being done; yields what to call with news.

    Where no terminal shows it, the first news of each stage is a plain line: those that differ in more than numbers,
    and in what follows a colon.
    """
    if console.is_terminal:
        with console.status(doing) as status:
            yield status.update
        return
    said = set[str]()

    def on_step(words: str) -> None:
        stage = re.sub(r"\d+|:.*", "", words)
        if stage not in said:
            console.print(words, markup=False, highlight=False, soft_wrap=True)
        said.add(stage)

    on_step(doing)
    yield on_step
