"""The command line of iltheory."""

from __future__ import annotations

import os
import sys

import typer
from rich.console import Console

from iltheory.cli import (
    attack,
    catalogue,
    certify,
    experts,
    figures,
    invariants,
    prove,
    report,
    sampled,
    scale,
    table,
    tabulate,
    worst_case,
)
from iltheory.cli.common import INTERRUPTED_STATUS, USAGE_STATUS, app, kept
from sims.errors import IltheoryError

__all__ = [
    "app",
    "attack",
    "catalogue",
    "certify",
    "experts",
    "figures",
    "invariants",
    "main",
    "prove",
    "report",
    "sampled",
    "scale",
    "table",
    "tabulate",
    "worst_case",
]


def main() -> None:
    """Run the command line; an error we raise on purpose, or of the disk, is one message and exit status 2."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", typer.get_app_dir("iltheory"))  # or it is the current one
    try:
        try:
            app(standalone_mode=True)
        except SystemExit as left:
            if left.code == INTERRUPTED_STATUS:  # typer says nothing after Ctrl-C
                raise KeyboardInterrupt from left
            raise
        finally:
            sys.stdout.flush()
    except IltheoryError as error:
        _fail(str(error), USAGE_STATUS)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or its last flush would fail once more
        _fail(f"{error}. {kept()}", USAGE_STATUS)
    except KeyboardInterrupt:
        _fail(f"interrupted. {kept()}", INTERRUPTED_STATUS)


def _fail(message: str, status: int) -> None:
    from rich.text import Text

    text = Text.assemble(("error: ", "bold red"), message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(text)
    sys.exit(status)
