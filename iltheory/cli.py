"""The command line: list the catalogue, show a claim, verify claims."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sims.errors import IltheoryError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from iltheory.claims.claim import Claim

LEDGER = Path("iltheory.sqlite")
STANDARD_OUTPUT = Path("-")
FILE_WIDTH = 110
"""Columns of output that is no terminal's."""
REFUTED_STATUS, USAGE_STATUS, INTERRUPTED_STATUS = 1, 2, 130

app = typer.Typer(
    name="iltheory",
    help="Verify imitation-learning theory: exact worlds, rigorous verdicts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Also write the result as JSON ('-': standard output only)."),
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[IDS]...", help="Claims; pdl also selects pdl.discounted (default: the whole catalogue)."),
]


def main() -> None:
    """Run the command line; an error we raise on purpose, or of the disk, is one message and exit status 2."""
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()
    except IltheoryError as error:
        _fail(str(error), USAGE_STATUS)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or its last flush would fail once more
        _fail(f"{error}. What was recorded before is kept; the same command resumes.", USAGE_STATUS)
    except KeyboardInterrupt:
        _fail("interrupted; finished blocks are in the ledger, the same command resumes.", INTERRUPTED_STATUS)


def _fail(message: str, status: int) -> None:
    from rich.text import Text

    text = Text.assemble(("error: ", "bold red"), message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(text)
    sys.exit(status)


@app.command("list")
def list_claims(ids: Ids = None, json_file: Json = None) -> None:
    """List the catalogue: id, what it says, source.

    [dim]Examples:[/]  iltheory list   ·   iltheory list dagger-2011-thm-4-1
    """
    from iltheory.reporting.terminal import claims_table

    claims = _chosen(ids)
    _print(claims_table(claims), json_file)
    _write_json(json_file, {"schema": "iltheory-list/1", "claims": [claim.to_json() for claim in claims]})


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Claim.")],
    ledger: Annotated[Path, typer.Option(help="Where evidence is looked up.")] = LEDGER,
    json_file: Json = None,
) -> None:
    """Show a claim: statement, source, assumptions, proof, false variants, evidence so far.

    [dim]Example:[/]  iltheory show ross-bagnell-2010-thm-2-1
    """
    from iltheory.engine.verify import evidence
    from iltheory.reporting.terminal import claim_page

    claims = _chosen([id])
    for claim in claims:
        _print(claim_page(claim, evidence(claim, ledger)), json_file)
    _write_json(json_file, {"schema": "iltheory-list/1", "claims": [claim.to_json() for claim in claims]})


@app.command()
def verify(
    ids: Ids = None,
    n: Annotated[int | None, typer.Option("--n", min=1, help="Instances of each claim in each world.")] = None,
    budget: Annotated[
        float | None, typer.Option(help="Seconds for the whole run (default: 90, or unlimited with --n).")
    ] = None,
    arithmetic: Annotated[str, typer.Option(help="auto, float64, interval, ball or rational.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random instances.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes (default: one a core).")] = None,
    dask: Annotated[str | None, typer.Option(metavar="tcp://HOST:PORT", help="Run on a dask cluster instead.")] = None,
    ledger: Annotated[Path, typer.Option(help="File of finished blocks; an interrupted run resumes from it.")] = LEDGER,
    json_file: Json = None,
) -> None:
    """Verify claims on random instances, named families and real Gymnasium tables.

    Exit status 1 if a claim is refuted, 2 on bad input.

    [dim]Examples:[/]  iltheory verify   ·   iltheory verify pdl --n 1000   ·
    iltheory verify ross-bagnell-2010-thm-2-1 --arithmetic rational --json out.json
    """
    from iltheory.engine import executors
    from iltheory.engine.report import document
    from iltheory.engine.verify import verify_all
    from iltheory.reporting.terminal import progress, refutation_text, reports_table

    if workers is not None and dask is not None:
        raise typer.BadParameter("a dask cluster has its own workers; give one of the two.", param_hint="--workers")
    claims = _chosen(ids)
    pool = executors.processes(workers) if dask is None else executors.dask(dask)
    with pool as executor, progress(Console(stderr=True)) as on_result:
        reports = verify_all(
            claims,
            n=n,
            budget=budget,
            seed=seed,
            arithmetic=arithmetic,
            ledger=ledger,
            executor=executor,
            on_result=on_result,
        )
    _print(reports_table(reports), json_file)
    _write_json(json_file, document(reports))
    refuted = [report for report in reports if report.rung == "refuted"]
    for report in refuted:
        console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        console.print(refutation_text(report), style="bold red")
    if refuted:
        raise typer.Exit(REFUTED_STATUS)


@app.command()
def compare(
    world: Annotated[
        str, typer.Argument(metavar="WORLD", help="A named family or Gymnasium table.")
    ] = "FrozenLake 4x4",
    horizon: Annotated[int | None, typer.Option(min=1, help="Steps, if not those of the world.")] = None,
    trajectories: Annotated[int, typer.Option(min=2, help="Demonstrations of the optimal policy.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the demonstrations and of learners that sample.")] = 0,
    limit: Annotated[
        float, typer.Option(min=1, help="Seconds of computing for each learner, then it is stopped.")
    ] = 10,
    json_file: Json = None,
) -> None:
    """Compare all learners on the same demonstrations: exact gaps beside the bounds of theorems.

    [dim]Examples:[/]  iltheory compare "FrozenLake 4x4" --horizon 20   ·   iltheory compare cliff --trajectories 5
    """
    from iltheory.engine.comparison import LEARNERS, SCHEMA, Row
    from iltheory.engine.comparison import compare as compare_learners
    from iltheory.engine.worlds import problem
    from iltheory.reporting.terminal import comparison_table
    from sims import arithmetic as ar

    mdp, expert = problem(world, horizon=horizon)
    floats = mdp.to("float64")
    demos = floats.sample(ar.midpoint(expert), trajectories, seed)
    rows: list[Row] = []
    with Console(stderr=True).status(f"learning by {next(iter(LEARNERS))}") as status:
        for row in compare_learners(mdp, expert, demos, rng=seed, limit=limit):
            rows.append(row)
            status.update(f"{len(rows)} of {len(LEARNERS)} learners are done")
    _print(comparison_table(rows), json_file)
    facts = {"world": world, "horizon": mdp.horizon, "trajectories": trajectories, "seed": seed}
    _write_json(json_file, {"schema": SCHEMA, **facts, "rows": [row.to_json() for row in rows]})


def _chosen(ids: list[str] | None) -> list[Claim]:
    """The claims the ids select, in the order of the catalogue, each once."""
    from iltheory.claims.registry import catalogue, find

    if not ids:
        return list(catalogue().values())
    wanted = {claim.id for id in ids for claim in find(id)}
    return [claim for claim in catalogue().values() if claim.id in wanted]


def _print(page: RenderableType, json_file: Path | None) -> None:
    """Print for people, unless standard output is taken by JSON."""
    if json_file != STANDARD_OUTPUT:
        console = Console(highlight=False, markup=False)  # brackets are those of formulas
        if not console.is_terminal:
            console.width = max(console.width, FILE_WIDTH)
        console.print(page)


def _write_json(path: Path | None, document: dict[str, Any]) -> None:
    """Write a result as JSON: the whole file or, if anything goes wrong, none of it."""
    if path is None:
        return
    text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    if path == STANDARD_OUTPUT:
        rest = memoryview(text.encode())
        while rest:  # an unbuffered standard output on a disk that fills up takes a part and says nothing
            rest = rest[sys.stdout.buffer.write(rest) :]
        return
    try:
        _replace(path, text)
    except OSError as problem:
        raise IltheoryError(
            f"--json {path} cannot be written: {problem.strerror}.\n"
            "  Run the same command with another file; what a run has computed is in the ledger already."
        ) from problem


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
