"""Commands that attack claims: falsify, necessity."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from iltheory.claims.claim import InvalidClaim
from iltheory.cli.common import REFUTED_STATUS, Json, app, print_page, write_json
from sims.errors import IltheoryError

if TYPE_CHECKING:
    from iltheory.attack.falsification import Searched
    from iltheory.claims.claim import Claim

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Read a time such as 60s, 5m, 1h or a plain number of seconds.

    Raises
    ------
    typer.BadParameter
        If it is none, or not positive.
    """
    unit = SECONDS.get(text[-1:])
    try:
        value = float(text) if unit is None else float(text[:-1]) * unit
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{text!r} is no time; write 60s, 5m or 1h.")
    return value


Conjecture = Annotated[
    str, typer.Argument(metavar="FILE[::NAME]|ID", help="A claim in a Python file, or of the catalogue.")
]
Budget = Annotated[float, typer.Option(parser=seconds, metavar="TIME", help="Time to search: 60s, 5m, 1h.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes (default: one a core).")]


@app.command(short_help="Search for the smallest counterexample, certified.")
def falsify(
    conjecture: Conjecture,
    budget: Budget = "60s",  # type: ignore[assignment]  # what the parser reads
    seed: Seed = 0,
    workers: Workers = None,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where a refutation is written (default: refuted-NAME)."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Search for the smallest counterexample of a claim; certify it; write it out with pictures and a checker.

    Exit status 1 if the claim is refuted, 0 if no counterexample was found, 2 on bad input.

    [dim]Examples:[/]  iltheory falsify my_conjecture.py   ·
    iltheory falsify my_conjecture.py::third_constant --budget 5m   ·
    iltheory falsify ross-bagnell-2010-thm-2-1/linear-in-h
    """
    from iltheory.attack.falsify import falsify as attack
    from iltheory.attack.references import resolve
    from iltheory.engine.executors import processes
    from iltheory.reporting.attack_pages import falsification_page
    from iltheory.reporting.bundle import write_bundle
    from iltheory.reporting.certificates import lacking

    claim = resolve(conjecture)
    with attacking(claim, budget) as on_searched, processes(workers) as executor:
        found = attack(claim, budget=budget, seed=seed, executor=executor, on_searched=on_searched)
    print_page(falsification_page(found), json_file)
    try:
        if found.simplest is not None:
            folder = bundle or Path(f"refuted-{claim.id.replace('/', '-').replace('~', '-')}")
            written = write_bundle(found, folder)
            console, why = Console(stderr=True, highlight=False), lacking(found.simplest)
            console.print(f"{len(written)} files are in {folder}")
            if why is None:
                console.print("python -m proofs_check.kernel proves certificate_simplest.json anew")
            else:
                console.print(f"no certificate, for {why}; check_simplest.py checks it", markup=False)
    finally:  # what one of the two cannot be written to does not cost the other
        write_json(json_file, found.to_json())
    if found.certified:
        raise typer.Exit(REFUTED_STATUS)


@app.command(short_help="Drop each assumption: which are needed, with witnesses.")
def necessity(
    conjecture: Conjecture,
    budget: Budget = "60s",  # type: ignore[assignment]  # what the parser reads
    seed: Seed = 0,
    workers: Workers = None,
    json_file: Json = None,
) -> None:
    """Drop each assumption of a claim in turn: which are needed, and a witness for each that is.

    The budget is for each assumption.

    [dim]Examples:[/]  iltheory necessity ross-bagnell-2010-thm-2-1   ·
    iltheory necessity simulation-lemma.bound --budget 10s
    """
    from iltheory.attack.necessity import necessity as drop_each
    from iltheory.attack.references import resolve
    from iltheory.engine.executors import processes
    from iltheory.reporting.attack_pages import necessity_page

    claim = resolve(conjecture)
    with attacking(claim, budget) as on_searched, processes(workers) as executor:
        found = drop_each(claim, budget=budget, seed=seed, executor=executor, on_searched=on_searched)
    print_page(necessity_page(found), json_file)
    write_json(json_file, found.to_json())


@contextmanager
def attacking(claim: Claim, budget: float) -> Iterator[Callable[[Searched], None]]:
    """Show how an attack goes on; what a conjecture's own code raises is an error of its file."""
    id, start, instances, ratio = claim.id, time.perf_counter(), 0, None
    with _errors_of(claim), Console(stderr=True).status(f"attacking {id}") as status:

        def on_searched(part: Searched) -> None:
            nonlocal instances, ratio
            instances += part.instances
            ratio = max((r for r in (ratio, part.ratio) if r is not None), default=None)
            reached = "" if ratio is None else f", largest ratio {ratio:.6g}"
            status.update(
                f"attacking {id}: {instances:,} instances, {time.perf_counter() - start:.0f} of {budget:.0f} s, "
                f"now {part.stage} at {part.shape}{reached}"
            )

        yield on_searched


@contextmanager
def _errors_of(claim: Claim) -> Iterator[None]:
    """Say where the formula of a conjecture failed, in one message; errors that are not its own go on."""
    try:
        yield
    except (IltheoryError, OSError):
        raise
    except Exception as problem:  # somebody else's code may raise anything
        file = claim.function.__code__.co_filename
        lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == file]
        if not lines:
            raise
        raise InvalidClaim(
            f"{claim.id} fails at {file}:{lines[-1]}: {type(problem).__name__}: {problem}\n"
            "  Its function is called on batches of instances, in several number systems."
        ) from problem
