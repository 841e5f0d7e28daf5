"""The command about worlds that can only be sampled: verify-sampled."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from iltheory.cli.common import REFUTED_STATUS, Json, app, chosen, print_page, write_json
from iltheory.engine.sampled_worlds import SAMPLES

if TYPE_CHECKING:
    from iltheory.claims.claim import Claim
    from sims.environments.experts import Expert
    from sims.sampled import SampledMDP, SampledPolicy

POLICY = "ID, FOLDER or FILE.zip"


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r} is no number; write 10, -0.5 or 1/3.") from None


@app.command("verify-sampled", short_help="Decide claims in a sampled world, with confidence.")
def verify_sampled(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[IDS|FILE[::NAME]]...", help="Claims of the catalogue, or in Python files."),
    ] = None,
    world: Annotated[
        str, typer.Option(metavar="ID", help="Gymnasium's id, or the table of a game: freeway, my-table.npz.")
    ] = "CartPole-v1",
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Number of steps (default: the environment's time limit).")
    ] = None,
    rewards: Annotated[
        tuple[Fraction, Fraction] | None,
        typer.Option(parser=_number, metavar="LOW HIGH", help="Declared range of rewards; others are clipped."),
    ] = None,
    rescale: Annotated[
        bool, typer.Option("--rescale", help="Pay shares of that range: many claims want rewards in [0, 1].")
    ] = False,
    expert: Annotated[
        str | None,
        typer.Option(
            metavar=POLICY,
            help="A shipped expert (default: that of the world), a saved policy, or a model of stable-baselines3.",
        ),
    ] = None,
    learner: Annotated[
        str | None,
        typer.Option(metavar=POLICY, help="The same (default: ID:stochastic, the world's expert with its noise)."),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Most episodes of each policy.")] = SAMPLES,
    delta: Annotated[
        Fraction, typer.Option(parser=_number, metavar="P", help="Probability of error of the whole run.")
    ] = "1/100",  # type: ignore[assignment]  # what the parser reads
    control: Annotated[
        str, typer.Option(help="union (no verdict is wrong) or e-bh (few of those given are).")
    ] = "union",
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of all randomness; another for what was chosen after a look.")
    ] = 0,
    json_file: Json = None,
) -> None:
    """Decide claims about policies in a world that can only be sampled, with confidence.

    Without claims, all of the catalogue with a counterpart on sampled worlds. Exit status 1 if one is refuted, 2 on bad
    input.

    [dim]Examples:[/]  iltheory verify-sampled --horizon 50   ·
    iltheory verify-sampled ross-bagnell-2010-thm-2-1 --world Hopper-v5 --horizon 100 --rescale
    --learner runs/bc/policy --samples 4096   ·
    iltheory verify-sampled my_bound.py --world freeway --control e-bh --json out.json
    """
    import iltheory as il
    from iltheory.reporting.sampled_pages import sampled_page
    from sims.environments import atari

    claims = [claim for id in ids for claim in _claims(id)] if ids else None
    world = atari.find(world) or world
    mdp, own = _world(world, horizon, rewards)
    names = expert or world, learner or f"{world}:stochastic"
    loaded = {name: _policy(name, world, own) for name in dict.fromkeys(names)}  # one name is one policy, on both sides
    with Console(stderr=True).status(f"rolling out at most {samples:,} episodes of each policy") as status:

        def on_step(done: int, running: int, step: int) -> None:
            status.update(f"{done:,} episodes are done, {running:,} have taken {step:,} of {mdp.horizon:,} steps")

        report = il.verify_sampled(
            claims,
            mdp.rescaled() if rescale else mdp,
            tuple(loaded[name] for name in names),
            delta=delta,
            samples=samples,
            seed=seed,
            control=control,
            on_step=on_step,
        )
    print_page(sampled_page(report), json_file)
    write_json(json_file, report.to_json())
    if any(verdict.outcome == "refuted" for verdict in report.verdicts):
        raise typer.Exit(REFUTED_STATUS)


def _claims(name: str) -> list[Claim]:
    """The claims of an id that have a counterpart on samples, a false variant, or the claims of a file."""
    from iltheory.attack.references import SEPARATOR, conjectures, load, resolve

    if name.endswith(".py"):
        found = [claim for claim in conjectures(load(name)).values() if claim.counterexample is None]
        return found or [resolve(name)]  # which says that there are none
    if SEPARATOR in name or "/" in name:
        return [resolve(name)]
    return [claim for claim in chosen([name]) if claim.sampled or claim.id == name]


def _world(
    id: str, horizon: int | None, rewards: tuple[Fraction, Fraction] | None
) -> tuple[SampledMDP, dict[str, SampledPolicy]]:
    """A world, and the experts that only it has."""
    from sims.environments import atari, experts, sampled_environment
    from sims.sampled import sampled_table

    if id not in atari.shipped() and not id.endswith(".npz"):
        return sampled_environment(id, horizon=horizon, rewards=rewards), {}
    if rewards is not None:
        raise typer.BadParameter(f"the table {id} has a range of its own; leave it out.", param_hint="--rewards")
    table = atari.load(id)
    game = experts.game_expert(table if horizon is None else table.until(horizon))
    return sampled_table(game.mdp, name=f"the table {id}"), {id: game.policy, f"{id}:stochastic": game.stochastic}


def _policy(text: str, world: str, own: Mapping[str, SampledPolicy]) -> SampledPolicy:
    """One of the world's own experts, a policy saved in a folder, a model in a zip file, or an expert by its id."""
    from sims.environments import experts

    if text in own:
        return own[text]
    file, _, version = text.partition(":")
    if file.endswith(".zip"):
        return _version(experts.from_stable_baselines3(file, world), file, version)
    if os.sep in text and not Path(text).exists() and not text.startswith("ALE/"):
        raise typer.BadParameter(f"there is no folder {text}; give one that a policy was saved in.")
    if Path(text).is_dir():
        from iltheory import learners

        saved: SampledPolicy = learners.neural.NeuralPolicy.load(text)
        return saved
    known = experts.load(file)
    if known.card is not None and known.card.environment != world:
        raise typer.BadParameter(
            f"{file} is an expert of {known.card.environment}, not of {world}: what it observes means something else "
            "there, whatever its shape."
        )
    return _version(known, file, version)


def _version(expert: Expert, name: str, version: str) -> SampledPolicy:
    if version not in ("", "stochastic"):
        raise typer.BadParameter(f"{name}:{version}: after a colon only «stochastic» may stand.")
    if not version:
        return expert.policy
    if expert.stochastic is None:
        raise typer.BadParameter(f"{name} has no stochastic version.")
    return expert.stochastic
