"""Commands about the catalogue: list it, show a claim, verify claims, compare learners."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from iltheory.cli.common import LEDGER, REFUTED_STATUS, Ids, Json, app, chosen, print_page, write_json

if TYPE_CHECKING:
    from concurrent.futures import Executor


@app.command("list")
def list_claims(ids: Ids = None, json_file: Json = None) -> None:
    """List the catalogue: id, what it says, source.

    [dim]Examples:[/]  iltheory list   ·   iltheory list dagger-2011-thm-4-1
    """
    from iltheory.reporting.terminal import claims_table

    claims = chosen(ids)
    print_page(claims_table(claims), json_file)
    write_json(json_file, {"schema": "iltheory-list/1", "claims": [claim.to_json() for claim in claims]})


@app.command(short_help="Show a claim: statement, source, proofs, evidence.")
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Claim.")],
    ledger: Annotated[Path, typer.Option(help="Where evidence is looked up.")] = LEDGER,
    json_file: Json = None,
) -> None:
    """Show a claim: statement, source, assumptions, proof, false variants, theorems and evidence so far.

    [dim]Example:[/]  iltheory show ross-bagnell-2010-thm-2-1
    """
    from iltheory.engine.verify import evidence
    from iltheory.proofs import known_theorems, unchecked
    from iltheory.reporting.terminal import claim_page

    claims = chosen([id])
    theorems = known_theorems(claims, ledger=ledger)
    for claim in claims:
        left = unchecked(claim, ledger=ledger)
        print_page(claim_page(claim, evidence(claim, ledger), theorems[claim.id], left), json_file)
    write_json(json_file, {"schema": "iltheory-list/1", "claims": [claim.to_json() for claim in claims]})


@app.command(short_help="Verify claims on random instances and on real tables.")
def verify(
    ids: Ids = None,
    n: Annotated[int | None, typer.Option("--n", min=1, help="Instances of each claim in each world.")] = None,
    budget: Annotated[
        float | None, typer.Option(help="Seconds for the whole run (default: 90, or unlimited with --n).")
    ] = None,
    arithmetic: Annotated[str, typer.Option(help="auto, float64, interval, ball or rational.")] = "auto",
    device: Annotated[str | None, typer.Option(help="Torch device of floats and intervals (default: numpy).")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random instances.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes (default: one a core).")] = None,
    dask: Annotated[str | None, typer.Option(metavar="tcp://HOST:PORT", help="Run on a dask cluster instead.")] = None,
    ledger: Annotated[Path, typer.Option(help="File of finished blocks; an interrupted run resumes from it.")] = LEDGER,
    json_file: Json = None,
) -> None:
    """Verify claims on random instances, named families and real Gymnasium tables.

    Exit status 1 if a claim is refuted, 2 on bad input.

    [dim]Examples:[/]  iltheory verify   ·   iltheory verify pdl --n 1000   ·
    iltheory verify ross-bagnell-2010-thm-2-1 --arithmetic rational --json out.json   ·   iltheory verify --device cuda
    """
    from iltheory.engine import executors
    from iltheory.engine.report import document
    from iltheory.engine.verify import verify_all
    from iltheory.reporting.terminal import progress, refutation_text, reports_table

    if workers is not None and dask is not None:
        raise typer.BadParameter("a dask cluster has its own workers; give one of the two.", param_hint="--workers")
    claims = chosen(ids)
    pool: AbstractContextManager[Executor]
    if dask is not None:
        pool = executors.dask(dask)
    elif device is not None and workers is None:
        pool = nullcontext(executors.serial())  # one process holds a GPU
    else:
        pool = executors.processes(workers)
    with pool as executor, progress(Console(stderr=True)) as on_result:
        reports = verify_all(
            claims,
            n=n,
            budget=budget,
            seed=seed,
            arithmetic=arithmetic,
            device=device,
            ledger=ledger,
            executor=executor,
            on_result=on_result,
        )
    print_page(reports_table(reports), json_file)
    write_json(json_file, document(reports))
    refuted = [report for report in reports if report.rung == "refuted"]
    for report in refuted:
        console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        console.print(refutation_text(report), style="bold red")
    if refuted:
        raise typer.Exit(REFUTED_STATUS)


@app.command(short_help="Compare all learners: exact gaps beside their bounds.")
def compare(
    world: Annotated[
        str, typer.Argument(metavar="WORLD", help="A named family, Gymnasium table or game: cliff, Taxi, Pong.")
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
    print_page(comparison_table(rows), json_file)
    facts = {"world": world, "horizon": mdp.horizon, "trajectories": trajectories, "seed": seed}
    write_json(json_file, {"schema": SCHEMA, **facts, "rows": [row.to_json() for row in rows]})
