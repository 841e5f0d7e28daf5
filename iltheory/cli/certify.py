"""The command that turns a verdict on one instance into a theorem."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from iltheory.cli.common import (
    REFUTED_STATUS,
    Json,
    app,
    coq_folder,
    coq_steps,
    print_page,
    writable,
    write_file,
    write_json,
)
from sims.errors import IltheoryError

if TYPE_CHECKING:
    from iltheory.proofs.certificates import Certificate


LIBRARY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*\.v")


def _for_coq(parameter: typer.CallbackParam, path: Path | None) -> Path | None:
    """Refuse, before anything is computed, a file that Coq would not compile."""
    if path is not None and LIBRARY_NAME.fullmatch(path.name) is None:
        raise IltheoryError(
            f"--coq {path}: Coq does not compile a file named {path.name!r}.\n"
            "  Name it by letters, digits and underscores, no digit first, and .v, such as mine.v."
        )
    return writable(parameter, path)


@app.command(short_help="Certify a verdict on one instance, for Coq.")
def certify(
    id: Annotated[str, typer.Argument(metavar="ID", help="A claim, or a false variant of one: ID/VARIANT.")],
    instance: Annotated[
        Path, typer.Option(metavar="FILE", help="The instance as JSON: the parameters, numbers as strings such as 3/7.")
    ],
    coq: Annotated[
        Path | None, typer.Option(metavar="FILE.v", callback=_for_coq, help="Where the theorem is written.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Decide a claim on one instance, exactly, and write tables from which Coq proves the verdict of that instance.

    `iltheory list` marks the claims that certificates cover; `docs/proofs.md` writes an instance and certifies it.

    Tables bound values and laws of states by one inequality a step and state; that they do is proved in Coq, with a
    horizon and with a discount. A tie or an equality has exact tables. Whether the claim holds or fails, the file ends
    in a theorem. Without --coq, say what it would be. Exit status 1 if the instance refutes the claim, 2 if no
    certificate covers it.

    [dim]Examples:[/]  iltheory certify ross-bagnell-2010-thm-2-1 --instance mine.json --coq mine.v   ·
    iltheory certify pdl.discounted --instance mine.json   ·
    iltheory certify ross-bagnell-2010-thm-2-1/linear-in-h --instance counterexample.json
    """
    from iltheory.attack.references import resolve
    from iltheory.claims.instances import decode, parse
    from iltheory.proofs.certificates import certificate, check_covered

    claim = resolve(id)
    check_covered(claim)
    made = certificate(claim, decode(claim, parse(_text(instance))))
    if coq is not None:
        write_file("--coq", coq, made.text)
    print_page(_page(made, coq, "" if coq is None else _prepared_for(made)), json_file)
    document = {
        "claim": made.claim,
        "verdict": "holds" if made.holds else "refuted",
        "lhs": str(made.lhs),
        "rhs": str(made.rhs),
        "theorem": made.conclusion,
        "unit": made.unit,
        "coq": None if coq is None else str(coq),
    }
    write_json(json_file, {"schema": "iltheory-certificate/1", **document})
    if not made.holds:
        raise typer.Exit(REFUTED_STATUS)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise IltheoryError(f"--instance {path} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise IltheoryError(f"--instance {path} is no JSON in UTF-8: {problem}.") from problem


def _prepared_for(made: Certificate) -> str:
    """Compile what a certificate's file needs, and return how to go on: other words if Coq is missing."""
    from iltheory.engine.executors import cores
    from proofs_check.coq import Broken, Unavailable, prepare

    with coq_steps(Console(stderr=True), "looking for what Coq has compiled") as on_step:
        try:
            prepare(coq_folder(), made.text, jobs=cores(), on_step=on_step)
        except Unavailable as missing:
            return f"{missing}\n  Install it and run this again, which compiles what the file needs. Then check them:"
        except Broken as problem:
            raise IltheoryError(
                f"The Coq that is installed does not compile what the file needs:\n{problem}\n"
                "  Install Coq 8.16.1 and MathComp 1.15.0, which do, and run this again."
            ) from problem
    return "To check them:"


def _page(made: Certificate, coq: Path | None, how: str) -> Text:
    """The verdict, the theorem, and how to have it checked."""
    from proofs_check.coq.sentences import LIBRARY

    verdict = "holds on this instance" if made.holds else "is refuted by this instance"
    comparison = f"{float(made.lhs):.6g} {made.op} {float(made.rhs):.6g}"
    bits = made.unit.bit_length() - 1
    size = f"tables in multiples of {f'2^-{bits}' if made.unit == 2**bits else f'1/{made.unit}'}"
    if coq is None:
        end = f"Coq would be given {size} to prove it from; --coq FILE.v writes them."
    else:
        check = shlex.join(["coqc", "-w", "none", "-Q", str(coq_folder()), LIBRARY, str(coq)])
        end = f"{coq}: {size}. {how}\n  {check}"
    return Text(f"{made.claim} {verdict}: {comparison}.\n  {made.conclusion}\n{end}")
