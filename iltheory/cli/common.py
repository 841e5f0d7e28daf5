"""What the commands share: the app, output for people and as JSON, errors."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from sims.errors import IltheoryError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from iltheory.claims.claim import Claim

LEDGER = Path("iltheory.sqlite")
CACHES = "XDG_CACHE_HOME"
STANDARD_OUTPUT = Path("-")
FILE_WIDTH = 110
"""Columns of output that is no terminal's."""
REFUTED_STATUS, USAGE_STATUS, INTERRUPTED_STATUS = 1, 2, 130

ORDER = (
    "list", "show", "verify", "verify-sampled", "falsify", "necessity", "worst-case", "tightness", "invariants",
    "compare", "experts", "tabulate", "scale", "prove", "certify", "figures", "table", "report",
)  # fmt: skip
"""Commands as the help lists them: the catalogue, verdicts, attacks, implementations, worlds, experiments."""

RESUMING = ("verify", "tightness", "tabulate", "scale", "prove", "figures", "table", "report")
"""Commands that record what they find on the way."""


class InOrder(TyperGroup):
    """Commands in the order of ``ORDER``, whichever module was imported first."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands."""
        return sorted(self.commands, key=ORDER.index)


app = typer.Typer(
    name="iltheory",
    cls=InOrder,
    help="Verify imitation-learning theory: exact worlds, rigorous verdicts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def coq_folder() -> Path:
    """Where the Coq development is compiled, once for all commands of a user."""
    caches = Path(os.environ.get(CACHES, ""))
    return (caches if caches.is_absolute() else Path.home() / ".cache") / "iltheory" / "coq"


@contextmanager
def coq_steps(screen: Console, first: str) -> Iterator[Callable[[str], None]]:
    """Show what Coq is doing there, in words, and say so if the folder cannot be written."""
    from iltheory.reporting.progress import stages

    with stages(screen, first) as on_step:
        try:
            yield on_step
        except OSError as problem:
            raise IltheoryError(
                f"The Coq development cannot be compiled in {coq_folder()}: {problem.strerror or problem}.\n"
                f"  Set {CACHES} to a folder that can be written."
            ) from problem


def kept() -> str:
    """What a command that ended early leaves for the next run."""
    if sys.argv[1:2] and sys.argv[1] in RESUMING:
        return "What was recorded before is kept; the same command resumes from it."
    return "This command records nothing on the way: run again, it begins anew."


def writable(parameter: typer.CallbackParam, path: Path | None) -> Path | None:
    """Refuse, before anything is computed, a path that no file can be written to."""
    if path is None or path == STANDARD_OUTPUT or (path.exists() and not path.is_file() and not path.is_dir()):
        return path
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with TemporaryFile(dir=path.resolve().parent):
            return path
    except OSError as problem:
        raise _unwritable(parameter.opts[0], path, problem) from problem


Json = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="FILE",
        callback=writable,
        help="Also write the result as JSON ('-': standard output only).",
    ),
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[IDS]...", help="Claims; pdl also selects pdl.discounted (default: the whole catalogue)."),
]


def chosen(ids: list[str] | None) -> list[Claim]:
    """The claims the ids select, in the order of the catalogue, each once."""
    from iltheory.claims.registry import catalogue, find

    if not ids:
        return list(catalogue().values())
    file = next((id for id in ids if ".py" in id), None)
    if file is not None:
        raise IltheoryError(
            f"{file} is no id of the catalogue.\n  For claims in a file: iltheory falsify {file}, "
            f"iltheory verify-sampled {file}, or il.verify(claim) in Python."
        )
    wanted = {claim.id for id in ids for claim in find(id)}
    return [claim for claim in catalogue().values() if claim.id in wanted]


def print_page(page: RenderableType, json_file: Path | None) -> None:
    """Print for people, unless standard output is taken by JSON."""
    if json_file != STANDARD_OUTPUT:
        console = Console(highlight=False, markup=False)  # brackets are those of formulas
        if not console.is_terminal:
            console.width = max(console.width, FILE_WIDTH)
        console.print(page)


def write_json(path: Path | None, document: dict[str, Any]) -> None:
    """Write a result as JSON: the whole file or, if anything goes wrong, none of it."""
    if path is None:
        return
    text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    if path == STANDARD_OUTPUT:
        rest = memoryview(text.encode())
        while rest:  # an unbuffered standard output on a disk that fills up takes a part and says nothing
            rest = rest[sys.stdout.buffer.write(rest) :]
        return
    write_file("--json", path, text)


def write_file(option: str, path: Path, text: str) -> None:
    """Write the file that an option names: all of it or, if anything goes wrong, nothing."""
    try:
        _replace(path, text)
    except OSError as problem:
        raise _unwritable(option, path, problem, f" {kept()}") from problem


def _unwritable(option: str, path: Path, problem: OSError, kept: str = "") -> IltheoryError:
    return IltheoryError(f"{option} {path} cannot be written: {problem.strerror}.\n  Give another file.{kept}")


def _replace(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():  # a device or a pipe; a folder says so itself
        path.write_text(text, encoding="utf-8")
        return
    path = path.resolve()
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
