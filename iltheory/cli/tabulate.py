"""The command that makes a game an exact table: tabulate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from iltheory.cli.attack import Workers
from iltheory.cli.common import Json, app, print_page, write_json


def _sticky(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value < 1:
        raise typer.BadParameter(f"{text!r} is no probability below 1; write 0, 1/4 or 0.25.")
    return value


@app.command(short_help="Make an Atari game an exact table, with pictures.")
def tabulate(
    game: Annotated[str, typer.Argument(help="Such as pong or SpaceInvaders.")],
    horizon: Annotated[int, typer.Option(min=1, help="Number of decisions.")],
    frame_skip: Annotated[int, typer.Option(min=1, help="Frames for which an action is held.")] = 30,
    actions: Annotated[str, typer.Option(help="minimal (those the game answers to) or full (all 18).")] = "minimal",
    sticky: Annotated[
        Fraction,
        typer.Option(parser=_sticky, metavar="P", help="Probability that a frame repeats the action before it."),
    ] = "0",  # type: ignore[assignment]  # what the parser reads
    start: Annotated[
        str, typer.Option(metavar="ACTIONS", help="Played before the first decision, such as 'FIRE NOOP NOOP'.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the table is written (default: GAME-HORIZON.npz).")
    ] = None,
    max_states: Annotated[int, typer.Option(min=1, help="When to give up.")] = 200_000,
    workers: Workers = None,
    json_file: Json = None,
) -> None:
    """Make an Atari game an exact finite decision process, and write it with a picture of every state.

    An interrupted run leaves FILE.unfinished, and the same command goes on from there. Needs ale-py.

    [dim]Examples:[/]  iltheory tabulate freeway --horizon 16   ·
    iltheory tabulate pong --horizon 25 --out pong.npz --json -   ·
    iltheory tabulate pong --horizon 8 --frame-skip 4 --sticky 1/4 --start 'NOOP NOOP'
    """
    from iltheory.reporting.atari import atari_page
    from sims.environments import atari

    options: dict[str, Any] = {
        "horizon": horizon, "frame_skip": frame_skip, "actions": actions, "sticky": sticky, "start": start.split(),
        "processes": workers, "max_states": max_states,
    }  # fmt: skip
    path = Path(f"{game}-{horizon}.npz") if out is None else out
    table = atari.tabulate(game, **options, path=path, progress=True)
    quotient = atari.merged(table).table
    value = Fraction(table.mdp().optimal_value())
    print_page(atari_page(table, quotient, value, path), json_file)
    document = {
        "schema": "iltheory-tabulate/1", "file": str(path), "spec": table.spec.as_json(),
        "provenance": dict(table.provenance), "states": table.n_states, "layers": table.layers.tolist(),
        "transitions": table.next_state.size, "merged states": quotient.n_states, "reward range": table.reward_range,
        "optimal value": str(value),
    }  # fmt: skip
    write_json(json_file, document)
