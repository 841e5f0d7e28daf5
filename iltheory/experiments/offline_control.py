"""Inverse soft-Q learning from one demonstration, offline, on classic control, beside behavioural cloning.

Garg et al. (2021) report that one trajectory, of which every 20th transition is kept, is enough on CartPole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from iltheory.experiments.control import (
    mean_returns,
    normalised,
    said_of_returns,
    seeds_and_seconds,
    shown,
)
from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.statistics import mean_over_seeds
from iltheory.experiments.tables import grid, groups

LEARNERS = ("IQ-Learn", "behavioural cloning")
SHOWN = {
    "CartPole-v1": ((1, 20), (1, 5), (1, 1), (10, 20)),
    "Acrobot-v1": ((1, 1), (10, 5)),
    "LunarLander-v3": ((1, 1), (10, 5)),
}
"""Demonstrations, and every how many of their transitions are kept."""
UPDATES = 5_000
REACHED = 0.95
PUBLISHED = ("CartPole-v1", (1, 20), "IQ-Learn")
"""Environment, demonstrations and learner of which the published code reports the return 500."""


def work(cell: Cell) -> Mapping[str, Any]:
    """Return of one learner after its updates: a linear softmax on CartPole, two layers of 64 elsewhere."""
    from iltheory.learners import neural
    from sims.environments import sampled_environment

    env, seed = cell["env"], cell["seed"]
    world = sampled_environment(env)
    trajectories, subsample = cell["shown"]
    data = shown(world, env, trajectories=trajectories, subsample=subsample, seed=seed)
    simple = env == "CartPole-v1"
    architecture = neural.Architecture(
        neural.Flat(world.spaces.observation_shape),
        neural.CategoricalHead(world.n_actions),
        hidden=() if simple else (64, 64),
    )
    rate = 1e-2 if simple else 1e-3
    learn: Any
    settings: dict[str, Any] = {"updates": cell["updates"], "seed": seed, "architecture": architecture}
    if cell["learner"] == "IQ-Learn":
        learn, settings["options"] = neural.iq_learn, neural.SoftOptions(learning_rate=rate)
    else:
        learn, settings["learning_rate"] = neural.behavioral_cloning, rate
    started = perf_counter()
    run = learn(data, world, **settings)
    seconds = perf_counter() - started
    returns = mean_returns(world, env, {"return": run.policy.mode()}, seed)
    return {**returns, "transitions": len(data.observations), "seconds": seconds}


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row an environment, learner and number of demonstrations."""
    rows: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    by_data = [Outcome({**o.cell, "shown": tuple(o.cell["shown"])}, o.result, o.seconds) for o in outcomes]
    for (env, (trajectories, subsample), learner), some in groups(by_data, "env", "shown", "learner").items():
        seeds, seconds, mean = seeds_and_seconds(some, lambda result: result["return"])
        expert = f"{mean_over_seeds([outcome.result['expert'] for outcome in some]).centre:.4g}"
        data = f"{trajectories}, 1 in {subsample}"
        kept = sorted(outcome.result["transitions"] for outcome in some)
        between = str(kept[0]) if kept[0] == kept[-1] else f"{kept[0]}-{kept[-1]}"
        rows.append((env, data, between, learner, seeds, str(mean), expert, seconds))
        reached = sum(normalised(outcome.result) >= REACHED for outcome in some)
        findings.append(
            Finding(
                f"{env}, {data}, {learner}: {reached} of {seeds} seeds reach {REACHED:.0%} of the way to the expert."
            )
        )
        if (env, (trajectories, subsample), learner) == PUBLISHED:
            full = sum(outcome.result["return"] >= 500 for outcome in some)
            findings.append(
                Finding(
                    f"For that the published code (Garg et al. 2021) reports 500; here {full} of {seeds} seeds get it."
                )
            )
    findings.append(said_of_returns(outcomes))
    columns = ("environment", "demos", "kept", "learner", "seeds", "return [95 %, Student]", "expert", "mean wall s")
    return Section(columns, tuple(rows), tuple(findings))


EXPERIMENT = Experiment(
    id="offline-control",
    title="Offline imitation from 1 or 10 demonstrations of CartPole, Acrobot and LunarLander",
    work=work,
    full=[
        cell
        for env, shown in SHOWN.items()
        for cell in grid(env=(env,), shown=shown, learner=LEARNERS, updates=(UPDATES,), seed=range(5))
    ],
    smoke=grid(env=("CartPole-v1",), shown=((10, 20),), learner=LEARNERS, updates=(2_000,), seed=(0,)),
    summary=summary,
)
