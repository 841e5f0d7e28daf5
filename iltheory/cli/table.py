"""The command that makes the table of claims."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Seed, Workers, seconds
from iltheory.cli.common import (
    LEDGER,
    REFUTED_STATUS,
    STANDARD_OUTPUT,
    Ids,
    Json,
    app,
    chosen,
    writable,
    write_file,
    write_json,
)
from iltheory.suggestions import require_known
from sims.errors import IltheoryError

TIGHTNESS = Path("tightness.jsonl")


@app.command(short_help="Make the table of claims: LaTeX, Markdown or CSV.")
def table(
    ids: Ids = None,
    form: Annotated[str, typer.Option("--format", help="latex, markdown or csv.")] = "markdown",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", callback=writable, help="Where it goes (default: standard output).")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Such as statement,verdict,proof,axioms (default: all that say something)."),
    ] = None,
    no_compute: Annotated[
        bool,
        typer.Option(
            "--no-compute",
            help="List what the ledger lacks, and make the rows that it has: of what is verified or proved.",
        ),
    ] = False,
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="Instances in each world, of claims that the ledger lacks.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(parser=seconds, metavar="TIME", help="For these claims: 60s, 5m (default: as iltheory verify)."),
    ] = None,
    seed: Seed = 0,
    workers: Workers = None,
    ledger: Annotated[Path, typer.Option(help="Where verdicts are looked up, and new ones kept.")] = LEDGER,
    tightness: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Rows of iltheory tightness (default: {TIGHTNESS}, where it exists)."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Make the table of claims, a row each: source, verdict, worst ratio, exponents. What the ledger lacks is verified.

    Verdicts are the highest rung: theorems count that `iltheory prove` kept in the ledger, and are named, with axioms.

    Exit status 1 if a claim is refuted, 2 on bad input, or if no row can be made.

    [dim]Examples:[/]  iltheory table --format latex --out claims.tex   ·   iltheory table pdl --no-compute   ·
    iltheory table dagger-2011-thm-4-1 --columns statement,verdict,ratio   ·
    iltheory table ross-bagnell-2010-thm-2-1 --no-compute --format latex --columns claim,statement,verdict,proof,axioms
    """
    from iltheory.engine.executors import processes
    from iltheory.engine.provenance import commit
    from iltheory.engine.verify import verify_all
    from iltheory.proofs import known_theorems
    from iltheory.reporting.table import read_growths, recorded, table_rows
    from iltheory.reporting.table_columns import COLUMNS, record, telling
    from iltheory.reporting.table_formats import FORMATS
    from iltheory.reporting.terminal import progress

    claims = chosen(ids)
    named = [] if columns is None else [name.strip() for name in columns.split(",")]
    require_known([form], FORMATS, "format")
    require_known(named, COLUMNS, "column")
    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    kept = tightness or (TIGHTNESS if TIGHTNESS.exists() else None)
    growths, stale = ({}, []) if kept is None else read_growths(kept, claims)
    reports = recorded(claims, ledger, seed=seed)
    lacking = [claim for claim in claims if claim.id not in reports]
    theorems = known_theorems(claims, ledger=ledger)
    if no_compute and not reports and not any(theorems.values()):
        raise IltheoryError(
            f"--no-compute: {len(lacking)} of {len(claims)} claims are missing in {ledger}. "
            "Without it they are verified; `iltheory prove` proves what can be proved."
        )
    if lacking and not no_compute:
        with processes(workers) as executor, progress(screen) as on_result:
            verify_all(lacking, n=n, budget=budget, seed=seed, ledger=ledger, executor=executor, on_result=on_result)
        reports, lacking = recorded(claims, ledger, seed=seed), []
    with screen.status("evaluating worst instances") as status:
        rows = table_rows(
            claims,
            reports,
            growths=growths,
            theorems=theorems,
            on_row=lambda row: status.update(f"{row.claim.id} is done"),
        )
    without = [claim for claim in lacking if theorems[claim.id]]
    lacking = [claim for claim in lacking if not theorems[claim.id]]
    absent = f"{len(lacking)} of {len(claims)} claims missing" if lacking else ""
    if lacking:
        screen.print(f"{absent} in {ledger}: {', '.join(claim.id for claim in lacking)}.")
        screen.print("  Without --no-compute they are verified.")
    if without:
        screen.print(f"Proved, and without instances in {ledger}: {', '.join(claim.id for claim in without)}.")
    if stale:
        screen.print(f"Edited since their rows of tightness were found: {', '.join(stale)}.")
        screen.print("  `iltheory tightness` finds them again.")
    checkers = dict.fromkeys(row.theorem.checker for row in rows if row.theorem is not None and row.theorem.checker)
    facts = [f"iltheory {version('iltheory')}", f"commit {commit()}", *checkers, f"seed {seed}", absent]
    mark = f"Made by iltheory table: {', '.join(filter(None, facts))}"
    text = FORMATS[form](rows, named or telling(rows), mark)
    if out is not None:
        write_file("--out", out, text)
    elif json_file != STANDARD_OUTPUT:
        typer.echo(text, nl=False)
    document = {"rows": [record(row) for row in rows], "missing": [claim.id for claim in lacking]}
    write_json(json_file, {"schema": "iltheory-table/1", "seed": seed, **document})
    if any(row.rung == "refuted" for row in rows):
        raise typer.Exit(REFUTED_STATUS)
