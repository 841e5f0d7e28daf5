"""The command that writes the site."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Workers
from iltheory.cli.common import LEDGER, Ids, Json, app, chosen, print_page, write_json
from iltheory.cli.prove import checked_by_coq
from sims.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

FIGURES = Path("figures")


@app.command(short_help="Write the site: a page for each claim, offline.")
def report(
    ids: Ids = None,
    folder: Annotated[Path, typer.Option(help="Where the site goes.")] = Path("site"),
    ledger: Annotated[Path, typer.Option(help="Evidence, and counterexamples that were drawn; resumed from.")] = LEDGER,
    no_compute: Annotated[
        bool, typer.Option("--no-compute", help="Show what the ledger lacks as not computed.")
    ] = False,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where `iltheory figures` put its data (default: figures, if it is there)."
        ),
    ] = None,
    workers: Workers = None,
    json_file: Json = None,
) -> None:
    """Write a static site: a page for each claim, paper and learner, readable offline; open its index.html.

    Claims without evidence in the ledger are verified first, counterexamples of false variants drawn, and what can be
    proved is proved: for all models of a shape, and, with coqc, for all finite models.

    [dim]Examples:[/]  iltheory report   ·   iltheory report --no-compute --folder draft   ·
    iltheory report dagger-2011-thm-2-2 --figures figures
    """
    from rich.text import Text

    from iltheory.engine.executors import cores
    from iltheory.reporting.site import check_folder, gather, write_site
    from iltheory.reporting.terminal import progress

    claims = chosen(ids)
    check_folder(folder)
    if figures is not None and not figures.is_dir():
        raise InvalidArgument(f"--figures {figures} is no folder: run `iltheory figures --folder {figures}` first.")
    drawn = figures or (FIGURES if FIGURES.is_dir() else None)
    screen = Console(stderr=True)
    if not no_compute:
        checked_by_coq(ledger, screen, jobs=workers or cores())
    with _executor(workers, compute=not no_compute) as executor, progress(screen) as on_result:
        content = gather(
            claims,
            ledger=ledger,
            figures_folder=drawn,
            compute=not no_compute,
            executor=executor,
            on_result=on_result,
        )
    with screen.status("writing pages"):
        files = write_site(content, folder)
    lines = [content.words, *content.missing_words, f"{len(files)} files; open {files[0]}"]
    print_page(Text("\n".join(lines)), json_file)
    write_json(
        json_file,
        {
            "schema": "iltheory-site/1",
            "folder": str(folder),
            "counts": content.counts,
            "missing": dict(content.missing),
            "cite": content.cite,
            "files": [file.relative_to(folder).as_posix() for file in files],
        },
    )


@contextmanager
def _executor(workers: int | None, *, compute: bool) -> Iterator[Executor | None]:
    """Worker processes, none where nothing is computed."""
    from iltheory.engine.executors import processes

    if not compute:
        yield None
        return
    with processes(workers) as executor:
        yield executor
