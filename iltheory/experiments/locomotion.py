"""One demonstration of MuJoCo's runners: what neural learners reach in the minutes they are given.

Garg et al. (2021) and Swamy et al. (2021) report such tables after hours of training each; here every learner has a few
minutes of one core, and the table says what that buys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

from iltheory.experiments.control import (
    mean_returns,
    normalised,
    said_of_returns,
    shown,
)
from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.statistics import mean_over_seeds
from iltheory.experiments.tables import grid, groups

ENVS = ("Hopper-v5", "Walker2d-v5", "HalfCheetah-v5")
UPDATES = {
    "behavioural cloning": 20_000,
    "AdVIL": 5_000,
    "IQ-Learn": 20_000,
    "LS-IQ": 30_000,
    "GAIL": 125,
    "AdRIL": 1_000,
}
"""Updates of each learner, of whatever it calls one: at most a few minutes of one core."""
EMA = 0.999
"""Decay of the averaged weights, which are shown beside the last ones."""
FIRST = 0.01
"""Largest share that the first weights may have in an average that is shown."""
REACHED = 0.95


def work(cell: Cell) -> Mapping[str, Any]:
    """Return of one learner, beside those of the expert and of uniformly random actions."""
    from sims.environments import sampled_environment

    env, seed = cell["env"], cell["seed"]
    world = sampled_environment(env)
    data = shown(world, env, trajectories=1, subsample=1, seed=seed)
    started = perf_counter()
    run = _learn(cell["learner"], data, world, updates=cell["updates"], seed=seed)
    seconds = perf_counter() - started
    policies = {"return": run.policy.mode(), "averaged": run.averaged.mode()}
    return {**mean_returns(world, env, policies, seed), "seconds": seconds}


def _learn(learner: str, data: Any, world: Any, *, updates: int, seed: int) -> Any:
    from iltheory.learners import neural

    soft = neural.SoftOptions(critics=2, batch_size=128, learning_rate=3e-4)
    online = replace(soft, exploration=1, target_rate=0.005, actor_rate=3e-5)
    ppo = neural.PPO(copies=16, steps=128, discount=0.99, learning_rate=3e-4)
    sac = neural.SAC(steps=50, updates=50, critic_hidden=(64, 64), batch_size=128)
    learners: dict[str, tuple[Any, dict[str, Any]]] = {
        "behavioural cloning": (neural.behavioral_cloning, {}),
        "AdVIL": (neural.advil, {}),
        "IQ-Learn": (neural.iq_learn, {"options": soft}),
        "LS-IQ": (neural.ls_iq, {"options": online}),
        "GAIL": (neural.gail, {"solver": ppo, "fit": neural.Fit(learning_rate=1e-3)}),
        "AdRIL": (neural.adril, {"solver": sac}),
    }
    learn, settings = learners[learner]
    return learn(data, world, updates=updates, seed=seed, ema=EMA, **settings)


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row an environment and learner."""
    rows: list[tuple[str, ...]] = []
    for (env, learner), some in groups(outcomes, "env", "learner").items():
        share = mean_over_seeds([normalised(outcome.result) for outcome in some])
        mean, averaged, expert = (
            mean_over_seeds([outcome.result[name] for outcome in some]) for name in ("return", "averaged", "expert")
        )
        updates = some[0].cell["updates"]
        shown_average = str(averaged) if EMA**updates <= FIRST else "none"
        reached = f"{sum(normalised(outcome.result) >= REACHED for outcome in some)} of {len(some)}"
        seconds = f"{median(outcome.result['seconds'] for outcome in some):.0f}"
        rows.append(
            (env, learner, str(updates), str(mean), f"{expert.centre:.4g}", str(share), reached, shown_average, seconds)
        )
    columns = (
        "environment", "learner", "updates", "return [95 %, Student]", "expert", "normalised",
        f"seeds at {REACHED:.0%}", "EMA", "median wall s",
    )  # fmt: skip
    finding = Finding(
        f"Normalised: 0 for uniformly random actions, 1 for the shipped expert. Seeds at {REACHED:.0%}: how many come "
        f"so far. EMA: returns with weights averaged at {EMA}, where updates are so many that the first weights count "
        f"for less than {FIRST:.0%}. Cloning, AdVIL and IQ-Learn are offline; the others act in the world."
    )
    return Section(columns, tuple(rows), (said_of_returns(outcomes), finding))


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
