"""Write the claims of the catalogue, paper by paper, where a page says ``<!-- claims -->``."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from iltheory.claims.registry import catalogue
from iltheory.reporting.site.content import Content, Entry
from iltheory.reporting.site.docstrings import inline
from iltheory.reporting.site.mathml import formula

MARK = "<!-- claims -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Insert the catalogue."""
    return markdown.replace(MARK, "\n\n".join(_papers())) if MARK in markdown else markdown


def _papers() -> Iterator[str]:
    entries = tuple(Entry(claim, None, None) for claim in catalogue().values())
    for paper in Content(entries, (), {}, (), ()).papers:
        yield f"## {paper.name[0].upper()}{paper.name[1:]}"
        if paper.title:
            yield f"*{paper.title}*"
        yield from map(_claim, paper.entries)


def _claim(entry: Entry) -> str:
    """A claim in HTML, with a heading that the search finds and the table of contents leaves out."""
    claim = entry.claim
    theorem = claim.source.theorem if claim.source is not None else ""
    known = " · ".join(filter(None, [f"<code>{claim.id}</code>", escape(theorem), entry.mark]))
    ranges = ", ".join(f"<code>{name}</code>: {escape(words)}" for name, words in claim.parameter_words.items())
    assumed = "; ".join(escape(assumption.name) for assumption in claim.assumptions)
    return (
        f'<div class="claim"><h3 id="{claim.id}">{inline(claim.summary)}</h3><p>{known}</p>'
        f'<div class="formula">{formula(claim.statement).html}</div>'
        f"<p>{ranges}{f'. Assumes {assumed}' if assumed else ''}.</p></div>"
    )
