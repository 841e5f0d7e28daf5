"""List the figures of the catalogue where a page says ``<!-- figures -->``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MARK = "<!-- figures -->"
CATALOGUE = "catalogue.md"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Insert ids, titles and claims."""
    return markdown.replace(MARK, "\n".join(_table())) if MARK in markdown else markdown


def _table() -> Iterator[str]:
    from iltheory.figures import figures

    yield "| figure | shows | claims |"
    yield "|---|---|---|"
    for figure in figures().values():
        claims = ", ".join(f"[`{id}`]({CATALOGUE}#{id})" for id in figure.claims)
        yield f"| **{figure.id}** | {figure.title} | {claims} |"
