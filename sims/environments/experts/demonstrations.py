"""Demonstrations: an expert's own roll-outs, or trajectories that somebody recorded."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path

import numpy as np

from sims.datasets import Trajectories, read_minari
from sims.environments._make import described
from sims.environments._spaces import spaces_of
from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.evaluation import world_of
from sims.environments.experts.games import GameExpert
from sims.environments.experts.storage import Expert, load
from sims.environments.sampled import sampled_environment
from sims.tabular.sampling import generator


def demonstrations(
    expert: str | Expert | GameExpert, n: int, rng: int | np.random.Generator, *, stochastic: bool = False
) -> Trajectories:
    """Roll an expert out in its own environment, to termination or the registered time limit.

    Rewards are those of :func:`sims.environments.sampled_environment`, clipped to its declared range. The experts of
    games play in their exact tables: states are numbered, rewards are points.

    Parameters
    ----------
    expert : id of a shipped expert, an `Expert` with a card, or that of a game
    n : trajectories
    rng : seed or generator; equal ones give equal trajectories
    stochastic : whether to roll the stochastic version out; default the deterministic one

    Raises
    ------
    InvalidExpert
        If the expert is unknown, or has no card that names its environment.
    InvalidArgument
        If n or the seed is none.
    """
    one = load(expert) if isinstance(expert, str) else expert
    if isinstance(one, GameExpert):
        return one.mdp.to("float64").sample((one.stochastic if stochastic else one.policy).pi, n, rng)
    if one.card is None:
        raise InvalidExpert(
            "this expert has no card that names its environment.\n"
            "  Roll it out in a world: sampled_environment(id, horizon=...).roll(expert.policy, n, rng).trajectories()."
        )
    policy = one.stochastic if stochastic else one.policy
    if policy is None:
        raise InvalidExpert(f"the expert for {one.card.environment} has no stochastic version.")
    mdp = sampled_environment(one.card.environment)
    return mdp.roll(policy, n, generator(rng)).trajectories()


def recorded(path: str | PathLike[str], environment: str) -> Trajectories:
    """Demonstrations that somebody recorded as a Minari dataset, held against an environment.

    Parameters
    ----------
    path : the dataset's folder, the one that holds `data/`
    environment : Gymnasium id

    Raises
    ------
    InvalidExpert
        If it says that it was recorded in another environment, or one with other options (`env_spec` in its metadata),
        or its observations or actions have another form than those of the environment.
    InvalidDataset
        If it cannot be read.
    """
    trajectories = read_minari(path, drop_infos=True)
    world = world_of(environment)
    spaces = spaces_of(world, environment)
    world.close()
    named = _named_world(Path(path), environment)
    if named != environment:
        raise InvalidExpert(f"{path} records {named}, not {environment}: it is another world's.")
    for name, found, wanted in (
        ("observations", trajectories.states.shape[1:], spaces.observation_shape),
        ("actions", trajectories.actions.shape[1:], spaces.action_shape),
    ):
        if found != wanted:
            raise InvalidExpert(
                f"{path} records {name} of shape {found}; those of {environment} have {wanted}: it is another world's."
            )
    if spaces.n_actions is not None and trajectories.actions.max(initial=0) >= spaces.n_actions:
        raise InvalidExpert(
            f"{path} records the action {trajectories.actions.max()}; {environment} has {spaces.n_actions} of them."
        )
    return trajectories


def _named_world(path: Path, environment: str) -> str:
    """The world that a dataset names, with its options; `environment` where it names none."""
    text = json.loads((path / "data" / "metadata.json").read_text(encoding="utf-8")).get("env_spec")
    if text is None:
        return environment
    try:
        spec = json.loads(text)
        return described(environment, dict(spec["kwargs"])) if spec["id"] == environment else str(spec["id"])
    except (TypeError, ValueError, KeyError) as error:
        raise InvalidExpert(f"{path}: its env_spec is {text!r:.80}, no specification of an environment.") from error
