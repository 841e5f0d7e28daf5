"""Commands about how tight bounds are: worst-case, tightness."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Budget, Seed, Workers
from iltheory.cli.common import Ids, Json, app, chosen, print_page, write_json


def _sweep(text: str) -> tuple[str, list[int | Fraction]]:
    """Read ``horizon:1-8``, ``states:2,3,5`` or ``discount:1/2,9/10``."""
    over, _, values = text.partition(":")
    try:
        sizes: list[int | Fraction] = []
        for value in values.split(","):
            first, dash, last = value.partition("-")
            if dash:
                sizes += range(int(first), int(last) + 1)
            else:
                sizes.append(Fraction(value) if over == "discount" else int(value))
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r}: write horizon:1-8, states:2,3,5 or discount:1/2,9/10.") from None
    return over, sizes


def _discount(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value < 1:
        raise typer.BadParameter(f"{text!r} is no discount; write a number from 0 to below 1, such as 9/10.")
    return value


@app.command("worst-case", short_help="Search for the largest ratio of a bound, certified.")
def worst_case(
    id: Annotated[str, typer.Argument(metavar="ID|FILE[::NAME]", help="Claim.")],
    states: Annotated[int | None, typer.Option(min=1, help="States (default: as in the tight instance, or 2).")] = None,
    actions: Annotated[int | None, typer.Option(min=1, help="Actions (likewise).")] = None,
    horizon: Annotated[int | None, typer.Option(min=1, help="Steps (likewise).")] = None,
    discount: Annotated[
        Fraction | None, typer.Option(parser=_discount, metavar="GAMMA", help="Of discounted models (else 1/2).")
    ] = None,
    learner_class: Annotated[
        str, typer.Option("--class", help="Learners: time-varying, stationary or deterministic.")
    ] = "time-varying",
    over: Annotated[
        str | None, typer.Option("--sweep", metavar="SIZE:VALUES", help="Such as horizon:1-8 or discount:1/2,9/10.")
    ] = None,
    budget: Budget = "60s",  # type: ignore[assignment]  # what the parser reads
    seed: Seed = 0,
    json_file: Json = None,
) -> None:
    """Search for the largest lhs/rhs of a claim at one size, certified exactly; bound it where vertices can.

    [dim]Examples:[/]  iltheory worst-case ross-bagnell-2010-thm-2-1 --states 3 --horizon 10   ·
    iltheory worst-case ross-bagnell-2010-thm-2-1 --sweep horizon:1-8
    """
    from iltheory.attack.sweep import sweep
    from iltheory.attack.worst_case import worst_case as search
    from iltheory.reporting.worst_case_pages import sweep_page, worst_case_page

    given = {"states": states, "actions": actions, "horizon": horizon, "discount": discount}
    options = {name: size for name, size in given.items() if size is not None}
    with Console(stderr=True).status(f"searching the worst case of {id}") as status:
        if over is None:
            found = search(id, learner_class=learner_class, budget=budget, seed=seed, **options)  # type: ignore[arg-type]
            page, document = worst_case_page(found), found.to_json()
        else:
            name, sizes = _sweep(over)
            swept = sweep(
                id,
                over=name,
                sizes=sizes,
                budget=budget,
                on_case=lambda case: status.update(f"{case.claim.id}: {case.shape} is done"),
                learner_class=learner_class,
                seed=seed,
                **options,
            )
            page, document = sweep_page(swept), swept.to_json()
    print_page(page, json_file)
    write_json(json_file, document)


@app.command(short_help="Show how tight each bound of the catalogue is.")
def tightness(
    ids: Ids = None,
    budget: Budget = "20s",  # type: ignore[assignment]  # what the parser reads
    seed: Seed = 0,
    workers: Workers = None,
    rows: Annotated[
        Path, typer.Option(metavar="FILE", help="Finished rows, one a line; an interrupted run resumes from them.")
    ] = Path("tightness.jsonl"),
    json_file: Json = None,
) -> None:
    """Show how tight each bound is: worst ratio over each class of learners, attained or not, exponents.

    The budget is for each claim.

    [dim]Examples:[/]  iltheory tightness   ·   iltheory tightness ross-bagnell-2010-thm-2-1 --budget 10s
    """
    from iltheory.attack.tightness import tightness_of
    from iltheory.engine.executors import processes
    from iltheory.reporting.worst_case_pages import tightness_table

    claims = chosen(ids)
    found = {}
    with Console(stderr=True).status("searching") as status, processes(workers) as executor:
        for row in tightness_of(claims, budget=budget, seed=seed, executor=executor, rows=rows):
            found[row.claim] = row
            status.update(f"{len(found)} of {len(claims)} claims are done")
    table = [found[claim.id] for claim in claims]
    print_page(tightness_table(table), json_file)
    write_json(json_file, {"schema": "iltheory-tightness/1", "rows": [row.to_json() for row in table]})
