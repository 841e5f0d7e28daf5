"""Commands about experts: list them, show a card, roll one out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from iltheory.cli.attack import Seed
from iltheory.cli.common import Json, app, print_page, write_json

Folder = Annotated[
    Path | None, typer.Option(help="Experts that `python -m sims.environments.experts` wrote (default: those shipped).")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Expert, such as Hopper-v5.")]

commands = typer.Typer(
    help="Experts that come with the project: list them, show a card, roll one out.", no_args_is_help=True
)
app.add_typer(commands, name="experts", short_help="List shipped experts, show a card, roll one out.")


@commands.command("list")
def list_experts(folder: Folder = None, json_file: Json = None) -> None:
    """List experts with their returns.

    [dim]Examples:[/]  iltheory experts list   ·   iltheory experts list --folder experts --json -
    """
    from iltheory.reporting.experts import experts_table
    from sims.environments import experts

    cards = experts.cards(folder=folder)
    print_page(experts_table(cards), json_file)
    write_json(json_file, {"schema": "iltheory-experts/1", "cards": [asdict(card) for card in cards]})


@commands.command()
def card(id: Id, folder: Folder = None, json_file: Json = None) -> None:
    """Show where an expert comes from, what it returns, and the command that makes it again.

    [dim]Example:[/]  iltheory experts card Hopper-v5
    """
    from iltheory.reporting.experts import card_page
    from sims.environments import experts

    expert = experts.load(id, folder=folder)
    if expert.card is not None:
        print_page(card_page(expert.card), json_file)
        write_json(json_file, {"schema": "iltheory-experts/1", "cards": [asdict(expert.card)]})


@commands.command()
def roll(
    id: Id,
    episodes: Annotated[int, typer.Option(min=2, help="How many.")] = 20,
    seed: Seed = 0,
    stochastic: Annotated[bool, typer.Option("--stochastic", help="The version with noise.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the episodes, as a Minari dataset.")
    ] = None,
    folder: Folder = None,
    json_file: Json = None,
) -> None:
    """Roll an expert out in its world and hold its returns beside those of its card.

    [dim]Examples:[/]  iltheory experts roll CartPole-v1   ·   iltheory experts roll Hopper-v5 --episodes 10 --seed 1
    --out hopper-demos   ·   iltheory experts roll Hopper-v5 --stochastic --json -
    """
    from iltheory.reporting.experts import roll_page
    from sims.datasets import write_minari
    from sims.environments import experts

    expert = experts.load(id, folder=folder)
    demonstrations = experts.demonstrations(expert, episodes, seed, stochastic=stochastic)
    found = experts.Evaluation.of(demonstrations.returns())
    if out is not None and expert.card is not None:
        from gymnasium import spec

        name = f"{id.replace('/', '-').lower()}/{'stochastic-' * stochastic}expert-v0"
        n_actions, world = expert.policy.spaces.n_actions, spec(expert.card.environment).to_json()
        write_minari(demonstrations, out, dataset_id=name, n_actions=n_actions, env_spec=world)
    print_page(roll_page(expert, found, demonstrations, stochastic=stochastic, out=out), json_file)
    document = {"schema": "iltheory-roll/1", "id": id, "seed": seed, "stochastic": stochastic}
    write_json(json_file, document | asdict(found) | {"lengths": demonstrations.lengths.tolist()})
