"""Write the help of every command where a page says ``<!-- commands -->``."""

from __future__ import annotations

from typing import Any

MARK = "<!-- commands -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Insert what ``iltheory COMMAND --help`` says."""
    return markdown.replace(MARK, _help()) if MARK in markdown else markdown


def _help() -> str:
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from iltheory.cli import app

    group = get_command(app)
    context = Context(group, info_name="iltheory", obj={"TYPER_RICH_MARKUP_MODE": "rich"})
    return "\n".join(
        get_docs_for_click(obj=command, ctx=context, indent=1, call_prefix="iltheory")
        for command in (group.get_command(context, name) for name in group.list_commands(context))
    )
