"""Ids and names of theorems, which break behind their dots, dashes and underscores and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.text import Text

PART = re.compile(r"[^._-]*[._-]+|[^._-]+")


def parts(name: str) -> list[str]:
    """Cut a name behind its dots, dashes and underscores."""
    return PART.findall(name)


def longest_part(names: Iterable[str]) -> int:
    """How narrow a column of names may be."""
    return max((len(part) for name in names for part in parts(name)), default=0)


class Name:
    """A name in a table of the terminal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Lines as long as the place allows."""
        lines = [""]
        for part in parts(self.name):
            if lines[-1] and len(lines[-1]) + len(part) > options.max_width:
                lines.append("")
            lines[-1] += part
        yield Text("\n".join(lines), overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As narrow as its longest part."""
        return Measurement(longest_part([self.name]), len(self.name))
