"""The command that checks proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Workers
from iltheory.cli.common import LEDGER, REFUTED_STATUS, Ids, Json, app, chosen, print_page, write_json


@app.command(short_help="Check the proofs, with Coq.")
def prove(
    ids: Ids = None,
    workers: Workers = None,
    ledger: Annotated[Path, typer.Option(help="Where the result is kept, for reports and tables.")] = LEDGER,
    json_file: Json = None,
) -> None:
    """Check every proof, and show what it rests on: claim, rung, theorem, seconds, assumptions.

    Where coqc is missing, its theorems are skipped and listed as such. Exit status 1 if a proof is broken.

    [dim]Examples:[/]  iltheory prove   ·   iltheory prove pdl --json proofs.json
    """
    from iltheory.engine.executors import cores
    from iltheory.proofs import prove_in_coq
    from iltheory.reporting.proof_pages import proofs_page
    from proofs_check.coq import Broken, Unavailable

    wanted = {claim.id for claim in chosen(ids)}
    screen, skipped = Console(stderr=True), []
    with screen.status("compiling") as status:
        try:
            theorems = prove_in_coq(
                Path(typer.get_app_dir("iltheory")) / "coq",
                ledger=ledger,
                jobs=workers or cores(),
                on_file=lambda file, seconds: status.update(f"{file} {seconds:.1f} s"),
            )
        except Unavailable as missing:
            theorems, skipped = (), [str(missing)]
        except Broken as problem:
            screen.print(f"a proof is broken: {problem}", style="red", markup=False, highlight=False)
            raise typer.Exit(REFUTED_STATUS) from problem
    shown = [theorem for theorem in theorems if not ids or theorem.claim in wanted]
    print_page(proofs_page(shown, skipped), json_file)
    document = {"theorems": [theorem.document for theorem in shown], "skipped": skipped}
    write_json(json_file, {"schema": "iltheory-proofs/1", **document})
