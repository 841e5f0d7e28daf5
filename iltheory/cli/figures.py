"""The command that makes figures."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Workers
from iltheory.cli.common import Json, app, print_page, write_json
from iltheory.suggestions import require_known
from sims.errors import IltheoryError


@app.command(short_help="Make the figures, in the style of a venue.")
def figures(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[IDS]...", help="Figures (default: all of them).")] = None,
    style: Annotated[str, typer.Option(help="Venue: its widths, points and fonts.")] = "neurips2025",
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Some of pdf,svg,png,pgf, with commas between.")
    ] = "pdf,png",
    folder: Annotated[Path, typer.Option(help="Where pictures and their data go.")] = Path("figures"),
    redraw: Annotated[
        bool, typer.Option("--redraw", help="Draw the data of the folder again; compute nothing.")
    ] = False,
    no_compute: Annotated[
        bool, typer.Option("--no-compute", help="List what the ledger lacks, and make the figures that lack nothing.")
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Let LaTeX set all texts; it must be installed.")] = False,
    workers: Workers = None,
    ledger: Annotated[Path, typer.Option(help="File of finished cells; an interrupted run resumes from it.")] = Path(
        "figures.sqlite"
    ),
    json_file: Json = None,
) -> None:
    """Make the figures of the catalogue: a picture each, and its data as JSON and CSV beside it.

    Figures of experiments that take hours are drawn from a ledger of `iltheory scale`, and listed where it lacks some.

    Exit status 2 on bad input, or if no figure could be made.

    [dim]Examples:[/]  iltheory figures --style icml2025   ·   iltheory figures horizon-scaling --format svg   ·
    iltheory figures --redraw --style slides
    """
    from iltheory.engine import executors
    from iltheory.figures import VENUES, NoData, computable, computed_figures, find, kept_figures, recorded_figures
    from iltheory.figures.venues import stand_in
    from iltheory.reporting.figure_pages import figures_page
    from iltheory.reporting.progress import cells_progress

    chosen = find(ids or [])
    require_known([style], VENUES, "style")
    venue, suffixes = VENUES[style], _formats(formats, latex=latex)
    _check(folder)
    screen = Console(stderr=True)
    missing: list[str] = []
    if redraw:
        drawn = kept_figures(chosen, folder)
    elif no_compute:
        drawn, missing = recorded_figures(chosen, ledger=ledger)
    else:
        chosen, missing = computable(chosen, ledger=ledger)
        planned = sum({figure.data.id: len(figure.data.cells) for figure in chosen}.values())
        with executors.processes(workers) as executor, cells_progress(screen, planned) as on_result:
            drawn = computed_figures(chosen, ledger=ledger, executor=executor, on_result=on_result)
    if not drawn:
        raise NoData("\n  ".join(["no figure can be made:", *missing]))
    note = None if latex else stand_in(venue)
    if note is not None:
        screen.print(note, style="dim", markup=False, highlight=False, soft_wrap=True)
    for done in drawn:
        with screen.status(f"drawing {done.figure.id}"):
            done.save(folder, venue, suffixes, latex=latex)
    print_page(figures_page(drawn, missing, folder, suffixes), json_file)
    write_json(json_file, {"schema": "iltheory-figures/1", "style": style, "figures": [d.document for d in drawn]})


def _formats(text: str, *, latex: bool) -> list[str]:
    from iltheory.figures import FORMATS

    chosen = [word.strip().removeprefix(".") for word in text.split(",")]
    require_known(chosen, FORMATS, "format")
    needed = "xelatex" if "pgf" in chosen else "latex" if latex else None
    if needed is not None and shutil.which(needed) is None:
        option = "--format pgf" if "pgf" in chosen else "--latex"
        raise IltheoryError(f"{option} needs {needed}, which is not installed: leave it out, or install TeX Live.")
    return chosen


def _check(folder: Path) -> None:
    """Refuse, before anything is computed, a folder that nothing can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise IltheoryError(
            f"--folder {folder} cannot be written: {problem.strerror}.\n  Give another folder."
        ) from problem
