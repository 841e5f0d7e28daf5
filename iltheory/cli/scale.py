"""The command that runs experiments at scale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Workers, seconds
from iltheory.cli.common import REFUTED_STATUS, Json, app, print_page, writable, write_file, write_json
from iltheory.suggestions import require_known


@app.command(short_help="Run the experiments at scale, beside their bounds.")
def scale(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[IDS]...", help="Experiments (default: all of them).")
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Small versions, minutes in place of hours.")] = False,
    budget: Annotated[
        float | None,
        typer.Option(parser=seconds, metavar="TIME", help="Begin no further cell after 30m, 3h (default: no limit)."),
    ] = None,
    workers: Workers = None,
    ledger: Annotated[Path, typer.Option(help="File of finished cells; an interrupted run resumes from it.")] = Path(
        "scale.sqlite"
    ),
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", callback=writable, help="Also write the report as Markdown.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Run experiments at scale: theory's bounds beside Atari, MuJoCo and neural learners.

    [dim]Examples:[/]  iltheory scale --smoke   ·   iltheory scale duality-gaps --workers 1   ·
    iltheory scale --budget 3h --page scale.md
    """
    from iltheory.engine import executors
    from iltheory.experiments import run_experiments
    from iltheory.experiments.experiment import experiments, find
    from iltheory.reporting.progress import cells_progress
    from iltheory.reporting.scale_pages import scale_markdown, scale_page

    require_known(ids or [], experiments(), "experiment")
    chosen = find(ids or [])
    planned = sum(len(experiment.cells(smoke=smoke)) for experiment in chosen)
    with executors.processes(workers) as executor, cells_progress(Console(stderr=True), planned) as on_result:
        report = run_experiments(
            chosen, smoke=smoke, ledger=ledger, executor=executor, budget=budget, on_result=on_result
        )
    print_page(scale_page(report), json_file)
    if page is not None:
        write_file("--page", page, scale_markdown(report))
    write_json(json_file, report.to_json())
    if report.refuted:
        raise typer.Exit(REFUTED_STATUS)
