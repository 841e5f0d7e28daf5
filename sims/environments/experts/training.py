"""Train by a recipe, round by round, and keep the policy that did best on episodes set aside for choosing.

The episodes that choose are never those that a card reports: the best of many noisy scores is too good.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sims.datasets._atomic import replacing
from sims.environments._make import extra
from sims.environments._spaces import spaces_of
from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.evaluation import episodes, reset_seeds, world_of
from sims.environments.experts.network import Network
from sims.environments.experts.policies import Greedy
from sims.errors import InvalidArgument

Array = NDArray[Any]

CHOOSING_EPISODES = 10


class Recipe(Protocol):
    """How an expert is made: rounds of training whose state is a dictionary of arrays."""

    @property
    def rounds(self) -> int:
        """How many."""

    @property
    def method(self) -> str:
        """The recipe in words, for the card."""

    def advance(self, environment: str, tensors: dict[str, Array], *, seed: int, index: int) -> dict[str, Array]:
        """The state after round `index`, from the state after the round before (empty before the first)."""

    def network(self, tensors: dict[str, Array]) -> Network:
        """The policy of a state."""

    def log_std(self, tensors: dict[str, Array]) -> Array | None:
        """Logarithms (d,) of the standard deviations of the stochastic version; None for numbered actions."""


@dataclass
class Run:
    """Where a training stands.

    Attributes
    ----------
    tensors, best : state after the last round, and after the round whose policy did best
    done : rounds
    score, best_round : mean return of `best` on the choosing episodes of its round; -inf, -1 before the first
    seconds : spent, interruptions left out
    """

    tensors: dict[str, Array]
    best: dict[str, Array]
    done: int = 0
    score: float = -np.inf
    best_round: int = -1
    seconds: float = 0.0


def train(
    recipe: Recipe,
    environment: str,
    *,
    seed: int,
    checkpoint: Path,
    clock: Callable[[], float],
    report: Callable[[Run, float], None],
) -> Run:
    """Run a recipe to its end, from its checkpoint if there is one.

    Parameters
    ----------
    environment : Gymnasium id
    checkpoint : file, replaced after every round
    clock : seconds
    report : called after every round, with the score of the round

    Raises
    ------
    InvalidExpert
        If the checkpoint is damaged or of another run, training gave a weight that is no number, or the disk refuses.
        The checkpoint of the round before is kept.
    InvalidArgument
        If the seed is negative.
    """
    if seed < 0:
        raise InvalidArgument(f"seed={seed}: must be at least 0.")
    identity = json.dumps({"environment": environment, "seed": seed, "recipe": repr(recipe)})
    run = _resume(checkpoint, identity) if checkpoint.exists() else Run({}, {})
    world = world_of(environment)
    spaces = spaces_of(world, environment)
    while run.done < recipe.rounds:
        start = clock()
        run.tensors = recipe.advance(environment, run.tensors, seed=seed, index=run.done)
        policy = Greedy(recipe.network(run.tensors), spaces)
        seeds = reset_seeds(CHOOSING_EPISODES, purpose="choosing", seed=seed, index=run.done)
        score = float(episodes(world, policy, seeds).mean())
        if score > run.score:
            run.best, run.score, run.best_round = run.tensors, score, run.done
        run.done += 1
        run.seconds += clock() - start
        _keep(checkpoint, identity, run)
        report(run, score)
    world.close()
    return run


def _keep(path: Path, identity: str, run: Run) -> None:
    numbers = {"done": run.done, "score": run.score, "best_round": run.best_round, "seconds": run.seconds}
    states = {"now": run.tensors, "best": run.best}
    tensors = {f"{kind}/{name}": np.array(x, order="C") for kind, state in states.items() for name, x in state.items()}
    content = extra("safetensors.numpy").save(tensors, metadata={"identity": identity, "run": json.dumps(numbers)})
    with replacing(path, error=InvalidExpert) as new:
        new.write_bytes(content)


def _resume(path: Path, identity: str) -> Run:
    safetensors = extra("safetensors")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        numbers = json.loads(metadata["run"])
    except (safetensors.SafetensorError, OSError, KeyError, ValueError) as error:
        raise InvalidExpert(f"{path} is no checkpoint of a training: {error!r}.\n  Remove it to begin anew.") from error
    if metadata.get("identity") != identity:
        raise InvalidExpert(
            f"{path} is the checkpoint of another run:\n  {metadata.get('identity')}, not\n  {identity}.\n"
            "  Give another folder, or remove it to begin anew."
        )
    states: dict[str, dict[str, Array]] = {"now": {}, "best": {}}
    for name, x in tensors.items():
        kind, _, own = name.partition("/")
        states[kind][own] = x
    return Run(states["now"], states["best"], **numbers)
