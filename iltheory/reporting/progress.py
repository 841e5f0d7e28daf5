"""A live line while cells of experiments, figures and proofs are computed; where no terminal shows it, plain ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from math import inf
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from iltheory.engine.ledger import Record

PAUSE = 15.0
"""Seconds from one plain line to the next."""


@contextmanager
def cells_progress(
    console: Console, planned: int, doing: str = "computing cells"
) -> Iterator[Callable[[Record], None]]:
    """A live line with the cells done so far; yields what to call with each."""
    if not console.is_terminal:
        say = _now_and_then(console, f"{doing}: {planned}")
        numbers = count(1)
        yield lambda record: say(f"{next(numbers)} of {planned}, {cell_words(record)}")
        return
    description = TextColumn("{task.description}", markup=False)
    columns = description, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
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
    """A live line with what is being done; yields what to call with news."""
    if not console.is_terminal:
        yield _now_and_then(console, doing)
        return
    with console.status(doing) as status:
        yield status.update


def _now_and_then(console: Console, first: str) -> Callable[[str], None]:
    """Print a plain line, and return what prints another one unless the last one is of just now."""
    printed = -inf

    def say(words: str) -> None:
        nonlocal printed
        if monotonic() - printed >= PAUSE:
            console.print(words, markup=False, highlight=False, soft_wrap=True)
            printed = monotonic()

    say(first)
    return say
