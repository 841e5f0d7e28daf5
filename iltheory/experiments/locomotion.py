"""One demonstration of MuJoCo's runners: what neural learners reach in the minutes they are given.

Garg et al. (2021) and Swamy et al. (2021) report such tables after hours of training each; here every learner has a few
minutes of one core, and the table says what that buys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from iltheory.experiments.control import (
    EPISODES,
    expert_return,
    mean_return,
    normalised,
    random_return,
    seeds_and_seconds,
    shown,
)
from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.tables import grid, groups

ENVS = ("Hopper-v5", "Walker2d-v5", "HalfCheetah-v5")
UPDATES = {
    "behavioural cloning": 20_000,
    "IQ-Learn": 10_000,
    "AdVIL": 5_000,
    "GAIL": 125,
    "AdRIL": 3_000,
}
"""Updates of each learner, of whatever it calls one: a minute or two of one core."""


def work(cell: Cell) -> Mapping[str, Any]:
    """Return of one learner, beside those of the expert and of uniformly random actions."""
    from sims.environments import sampled_environment

    env, seed = cell["env"], cell["seed"]
    world = sampled_environment(env)
    data = shown(world, env, trajectories=1, subsample=1, seed=seed)
    started = perf_counter()
    run = _learn(cell["learner"], data, world, updates=cell["updates"], seed=seed)
    seconds = perf_counter() - started
    return {
        "return": mean_return(world, run.policy.mode(), seed),
        "expert": expert_return(env),
        "random": random_return(world, seed),
        "seconds": seconds,
    }


def _learn(learner: str, data: Any, world: Any, *, updates: int, seed: int) -> Any:
    from iltheory.learners import neural

    if learner == "GAIL":
        solver = neural.PPO(copies=16, steps=128, discount=0.99, learning_rate=3e-4)
        return neural.gail(data, world, updates=updates, seed=seed, solver=solver, fit=neural.Fit(learning_rate=1e-3))
    learn: Any = {
        "behavioural cloning": neural.behavioral_cloning,
        "IQ-Learn": neural.iq_learn,
        "AdVIL": neural.advil,
        "AdRIL": neural.adril,
    }[learner]
    return learn(data, world, updates=updates, seed=seed)


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row an environment and learner."""
    rows: list[tuple[str, ...]] = []
    for (env, learner), some in groups(outcomes, "env", "learner").items():
        seeds, seconds, share = seeds_and_seconds(some, normalised)
        _, _, mean = seeds_and_seconds(some, lambda result: result["return"])
        rows.append((env, learner, str(some[0].cell["updates"]), seeds, str(mean), str(share), seconds))
    columns = ("environment", "learner", "updates", "seeds", "return [95 %, Student]", "normalised", "wall s")
    finding = Finding(
        f"Normalised: 0 for uniformly random actions, 1 for the shipped expert; {EPISODES} episodes a seed of the "
        "policy's mode after the last update (no best one is picked)."
    )
    return Section(columns, tuple(rows), (finding,))


EXPERIMENT = Experiment(
    id="locomotion",
    title="One demonstration of MuJoCo's runners",
    work=work,
    full=[
        cell
        for learner, updates in UPDATES.items()
        for cell in grid(env=ENVS, learner=(learner,), updates=(updates,), seed=range(5))
    ],
    smoke=[{"env": "Hopper-v5", "learner": "behavioural cloning", "updates": 2_000, "seed": 0}],
    summary=summary,
)
