"""The command that tests an implementation: invariants."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from iltheory.cli.attack import Seed
from iltheory.cli.common import REFUTED_STATUS, Json, app, print_page, write_json


@app.command(short_help="Test an implementation: which invariants hold.")
def invariants(
    adapter: Annotated[
        str, typer.Argument(metavar="MODULE[:NAME]|FILE.py[:NAME]", help="What is tested; see docs/testing.md.")
    ],
    only: Annotated[
        list[str] | None, typer.Option(metavar="INVARIANT", help="Only this one; may be given several times.")
    ] = None,
    seed: Seed = 0,
    json_file: Json = None,
) -> None:
    """Test an implementation: which invariants hold, which fail on which smallest model, which do not apply.

    Exit status 1 if one fails or the implementation raises an exception, 2 on bad input.

    [dim]Examples:[/]  iltheory invariants my_package.cloning   ·   iltheory invariants my_learner.py:fit --seed 1   ·
    iltheory invariants my_learner.py --only occupancy_flows --json out.json
    """
    from iltheory.reporting.invariants import invariants_page
    from iltheory.testing.adapter import Adapter
    from iltheory.testing.loading import find_adapter
    from iltheory.testing.report import InvariantReport
    from iltheory.testing.runner import chosen, outcome

    read = Adapter.of(find_adapter(adapter))
    outcomes = []
    with Console(stderr=True).status(f"testing {adapter}") as status:
        every = chosen(read, only)
        for done, invariant in enumerate(every):
            status.update(f"testing {adapter}: {done} of {len(every)}, now {invariant.name}")
            outcomes.append(outcome(read, invariant, seed))
    report = InvariantReport(adapter, seed, tuple(outcomes))
    print_page(invariants_page(report), json_file)
    write_json(json_file, report.to_json())
    if report.failures:
        raise typer.Exit(REFUTED_STATUS)
