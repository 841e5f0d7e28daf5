"""Write all theorems of the Coq development, file by file, where a page says ``<!-- theorems -->``."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Any

from iltheory.claims.registry import catalogue
from iltheory.reporting.site.docstrings import inline
from proofs_check.coq import Statement, statements

MARK = "<!-- theorems -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Insert the theorems."""
    return markdown.replace(MARK, "\n".join(_files())) if MARK in markdown else markdown


def _files() -> Iterator[str]:
    for subject, stated in groupby(statements(), key=lambda statement: statement.subject):
        yield f"<h3><code>{subject}.v</code></h3><ul>{''.join(map(_theorem, stated))}</ul>"


def _theorem(statement: Statement) -> str:
    claim = statement.claim
    known = f"<code>{claim}</code>, {inline(catalogue()[claim].summary)}" if claim is not None else "foundation"
    return f"<li><code>{statement.name}</code>: {known} {escape(statement.about)}</li>"
