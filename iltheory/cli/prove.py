"""The command that checks proofs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Workers
from iltheory.cli.common import (
    LEDGER,
    REFUTED_STATUS,
    Ids,
    Json,
    app,
    chosen,
    coq_folder,
    coq_steps,
    print_page,
    write_json,
)

if TYPE_CHECKING:
    from iltheory.proofs import Checked, Theorem


@app.command(short_help="Prove claims for shapes, and check the Coq proofs.")
def prove(
    ids: Ids = None,
    workers: Workers = None,
    ledger: Annotated[
        Path, typer.Option(help="Where results are kept, for reports, tables and the next run.")
    ] = LEDGER,
    json_file: Json = None,
) -> None:
    """Prove what can be proved, and show what it rests on: claim, rung, theorem or method, seconds, assumptions.

    First claims for all models of one shape, on polynomials; then, with coqc, theorems for all finite models. With IDS,
    Coq compiles only the files that their theorems need. What the ledger keeps is not proved again while neither the
    sources nor Coq change. Without coqc, theorems are skipped, and said to be; those that the ledger keeps of these
    sources are listed apart. Claims without any proof are named last. Exit status 1 if a proof is broken. For a paper:
    `iltheory table --no-compute`.

    [dim]Examples:[/]  iltheory prove   ·   iltheory prove pdl --json proofs.json   ·
    iltheory prove dagger-2011-thm-2-2 --ledger fresh.sqlite
    """
    from iltheory.engine.executors import cores, processes
    from iltheory.proofs import citation, prove_for_shapes, proved_in_coq, unvetted
    from iltheory.proofs.citation import counted
    from iltheory.reporting.progress import cells_progress
    from iltheory.reporting.proof_pages import proofs_page
    from proofs_check.coq import reading, statements

    claims, screen = chosen(ids), Console(stderr=True)
    with processes(workers) as executor, cells_progress(screen, len(claims), "proving claims for shapes") as on_result:
        of_shapes = prove_for_shapes(claims, ledger=ledger, executor=executor, on_result=on_result)
    place = {claim.id: number for number, claim in enumerate(claims)}
    wanted = set(place) if ids else None
    (general, kept), skipped = checked_by_coq(ledger, screen, jobs=workers or cores(), claims=wanted)
    before = proved_in_coq(ledger=ledger) if skipped else ()
    found = {theorem.name for theorem in (*general, *before)}
    unread = {str(statement) for statement in unvetted(claims, reading.SOURCES)} & found

    def listed(theorems: Iterable[Theorem]) -> list[Theorem]:
        """Those about the chosen claims, in their order, then, if all are chosen, those about none."""
        read = [theorem for theorem in theorems if theorem.name not in unread]
        about = sorted((one for one in read if one.claim in place), key=lambda one: place[one.claim or ""])
        return about + [one for one in read if one.claim is None and not ids]

    shown, earlier = listed([*general, *of_shapes]), listed(before)
    stated = {one.claim for one in statements(reading.SOURCES)}  # if not shown, skipped or unread, and said so
    unproved = [id for id in place if id not in stated | {theorem.claim for theorem in of_shapes}]
    said = [
        f"{kept} of the {len(general)} theorems in their files were checked earlier, by this Coq: {ledger} keeps them."
    ] * bool(kept)
    said += [
        f"{name} is proved, but not shown as a proof of its claim: they were not read side by side as they are now "
        "(python -m iltheory.proofs)."
        for name in sorted(unread)
    ]
    if unproved:
        named = ", ".join(unproved) if ids else f"{counted(len(unproved), 'claim')} (--json FILE names them)"
        said.append(f"no proof of: {named}.")
    print_page(proofs_page(shown, earlier, said, skipped), json_file)
    theorems, kept_from_before = (
        [{**theorem.document, "assumes": theorem.assumed} for theorem in some] for some in (shown, earlier)
    )
    document = {"theorems": theorems, "kept": kept, "unread": sorted(unread), "unproved": unproved, "skipped": skipped}
    document |= {"earlier": kept_from_before, "cite": citation(shown)}
    write_json(json_file, {"schema": "iltheory-proofs/1", **document})


def checked_by_coq(
    ledger: Path, screen: Console, *, jobs: int, claims: set[str] | None = None
) -> tuple[Checked, list[str]]:
    """Theorems that Coq accepts, kept in the ledger, or why none was checked; leave with status 1 if one is broken."""
    from iltheory.proofs import Checked, prove_in_coq
    from proofs_check.coq import Broken, Unavailable

    with coq_steps(screen, "comparing theorems with what was checked earlier") as on_step:
        try:
            return prove_in_coq(coq_folder(), claims=claims, ledger=ledger, jobs=jobs, on_step=on_step), []
        except Unavailable as missing:
            return Checked((), 0), [str(missing)]
        except Broken as problem:
            screen.print(f"a proof is broken: {problem}", style="red", markup=False, highlight=False)
            raise typer.Exit(REFUTED_STATUS) from problem
