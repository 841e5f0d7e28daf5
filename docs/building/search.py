"""Keep tables of measurements out of the search: their numbers would be all that it shows of a page."""

from __future__ import annotations

from typing import Any

MEASURED = ("scale.md",)


def on_page_content(html: str, *, page: Any, **_: Any) -> str:
    """Mark the tables of these pages as nothing to index."""
    return html.replace("<table>", "<table data-search-exclude>") if page.file.src_uri in MEASURED else html
