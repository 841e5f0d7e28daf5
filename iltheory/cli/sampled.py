"""The command about worlds that can only be sampled: verify-sampled."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from iltheory.cli.common import REFUTED_STATUS, Ids, Json, app, chosen, print_page, write_json

if TYPE_CHECKING:
    from sims.sampled import SampledPolicy

POLICY = "ID, ID:stochastic or FOLDER"


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r} is no number; write 10, -0.5 or 1/3.") from None


@app.command("verify-sampled")
def verify_sampled(
    ids: Ids = None,
    world: Annotated[str, typer.Option(metavar="ID", help="Gymnasium's id of an environment.")] = "CartPole-v1",
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
        typer.Option(metavar=POLICY, help="A shipped expert (default: that of the world) or a saved policy."),
    ] = None,
    learner: Annotated[
        str | None, typer.Option(metavar=POLICY, help="Default: the stochastic version of the world's expert.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Most episodes of each policy.")] = 1024,
    delta: Annotated[
        Fraction, typer.Option(parser=_number, metavar="P", help="Probability of error of the whole run.")
    ] = "1/100",  # type: ignore[assignment]  # what the parser reads
    control: Annotated[
        str, typer.Option(help="union (no verdict is wrong) or e-bh (few of those given are).")
    ] = "union",
    seed: Annotated[int, typer.Option(min=0, help="Seed of all randomness.")] = 0,
    json_file: Json = None,
) -> None:
    """Decide claims about policies in a world that can only be sampled, with confidence.

    Without ids, all claims that have a counterpart on sampled worlds. Exit status 1 if one is refuted, 2 on bad input.

    [dim]Examples:[/]  iltheory verify-sampled --horizon 50   ·
    iltheory verify-sampled ross-bagnell-2010-thm-2-1 --world Hopper-v5 --horizon 100 --rescale
    --learner runs/bc/policy --samples 4096   ·
    iltheory verify-sampled --world CartPole-v1 --rewards 0 1 --control e-bh --json out.json
    """
    import iltheory as il
    from iltheory.reporting.sampled_pages import sampled_page
    from sims.environments import sampled_environment

    claims = [claim for claim in chosen(ids) if claim.sampled or claim.id in ids] if ids else None
    mdp = sampled_environment(world, horizon=horizon, rewards=rewards)
    policies = (_policy(expert or world), _policy(learner or f"{world}:stochastic"))
    with Console(stderr=True).status(f"rolling out at most {samples} episodes of each policy"):
        report = il.verify_sampled(
            claims,
            mdp.rescaled() if rescale else mdp,
            policies,
            delta=delta,
            samples=samples,
            seed=seed,
            control=control,
        )
    print_page(sampled_page(report), json_file)
    write_json(json_file, report.to_json())
    if any(verdict.outcome == "refuted" for verdict in report.verdicts):
        raise typer.Exit(REFUTED_STATUS)


def _policy(text: str) -> SampledPolicy:
    """A policy saved in a folder, or an expert by its id."""
    from sims.environments import experts

    if Path(text).is_dir():
        from iltheory import learners

        saved: SampledPolicy = learners.neural.NeuralPolicy.load(text)
        return saved
    id, _, version = text.partition(":")
    if version not in ("", "stochastic"):
        raise typer.BadParameter(f"{text!r}: after a colon only «stochastic» may stand.")
    found = experts.load(id)
    if version and found.stochastic is None:
        raise typer.BadParameter(f"{id} has no stochastic version.")
    return found.stochastic if version and found.stochastic is not None else found.policy
