"""Train an expert: ``python -m sims.environments.experts Hopper-v5 --seed 0``."""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sims.environments._make import extra
from sims.environments._spaces import spaces_of
from sims.environments.experts.card import Card, Evaluation
from sims.environments.experts.evaluation import episodes, reset_seeds, world_of
from sims.environments.experts.recipes import RECIPES
from sims.environments.experts.storage import check_sum, versions, weights_bytes, write
from sims.environments.experts.training import Run, train
from sims.errors import IltheoryError

EVALUATION_EPISODES = 100
PACKAGES = ("numpy", "gymnasium", "mujoco", "box2d", "torch", "stable_baselines3")


def main() -> None:
    """Train, evaluate on fresh episodes, write the weights and the card."""
    parser = argparse.ArgumentParser(prog="python -m sims.environments.experts", description=__doc__)
    parser.add_argument("environment", choices=sorted(RECIPES))
    parser.add_argument("--seed", type=int, default=0, help="of training and evaluation (default 0)")
    parser.add_argument(
        "--folder", type=Path, default=Path("experts"), help="for weights, card and checkpoint (default experts)"
    )
    options = parser.parse_args()
    console = Console(stderr=True)
    try:
        card = expert(options.environment, options.seed, options.folder, console)
    except IltheoryError as error:
        console.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("interrupted: the same command resumes after the last round.")
        sys.exit(130)
    for name, made in (("deterministic", card.deterministic), ("stochastic", card.stochastic)):
        print(f"{card.id} {name}: {made.mean:.1f} [{made.low:.1f}, {made.high:.1f}], {len(made.returns)} episodes")


def expert(environment: str, seed: int, folder: Path, console: Console) -> Card:
    """Train and evaluate one expert; what is in `folder` of an interrupted run is taken up."""
    recipe = RECIPES[environment]
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"{environment}: training", total=recipe.rounds)

        def report(run: Run, score: float) -> None:
            best = f"best {run.score:.1f} of round {run.best_round + 1}"
            progress.update(task, completed=run.done, description=f"{environment}: return {score:.1f}, {best}")

        run = train(
            recipe,
            environment,
            seed=seed,
            checkpoint=folder / f".{environment}-seed{seed}.checkpoint",
            clock=time.monotonic,
            report=report,
        )
        network, log_std = recipe.network(run.best), recipe.log_std(run.best)
        world = world_of(environment)
        spaces = spaces_of(world, environment)
        evaluations = []
        for i, policy in enumerate(versions(network, log_std, spaces)):
            task = progress.add_task(f"{environment}: evaluation {i + 1} of 2", total=EVALUATION_EPISODES)
            returns = []
            for fresh in reset_seeds(EVALUATION_EPISODES, purpose="evaluation", seed=seed, index=i):
                returns.append(episodes(world, policy, [fresh])[0])
                progress.update(task, advance=1)
            evaluations.append(Evaluation.of(np.array(returns)))
        world.close()
    weights = weights_bytes(network, log_std)
    clip = network.normalization.clip
    card = Card(
        id=environment,
        environment=environment,
        spaces=spaces,
        method=recipe.method + (f"; best of {recipe.rounds} rounds on 10 other episodes each" if recipe.rounds else ""),
        seed=seed,
        steps=int(run.tensors.get("steps", 0)),
        seconds=round(run.seconds, 1),
        command=f"python -m sims.environments.experts {environment} --seed {seed}",
        versions={package: version(package) for package in PACKAGES},
        activation=network.activation,
        clip=None if np.isinf(clip) else clip,
        deterministic=evaluations[0],
        stochastic=evaluations[1],
        sha256=check_sum(weights),
    )
    write(folder, card, weights)
    return card


if __name__ == "__main__":
    if "torch" in sys.modules or extra("importlib.util").find_spec("torch"):
        extra("torch").set_num_threads(1)
    main()
