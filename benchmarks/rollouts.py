"""Closed-loop roll-outs of MuJoCo tasks: batches on two threads beside Gymnasium's sync vector environment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from harness import Bench, Row, race
from numpy.typing import NDArray

from sims.environments import mujoco_simulator, sampled_environment
from sims.environments.mujoco import without_deprecations
from sims.environments.restorable import seeds
from sims.sampled import Point, SampledPolicy

COPIES = 512
THREADS = 2
STEPS = 20
TARGET = 2.0
TASKS: dict[str, dict[str, Any]] = {
    # Nothing ends, so that both step all copies all the time.
    "Hopper-v5": {"terminate_when_unhealthy": False},
    "Walker2d-v5": {"terminate_when_unhealthy": False},
    "HalfCheetah-v5": {},
}

Array = NDArray[Any]


class Network(SampledPolicy):
    """Two layers of 32 units and a tanh, in numpy."""

    deterministic = True

    def __init__(self, observed: int, acted: int) -> None:
        rng = np.random.default_rng(0)
        sizes = ((observed, 32), (32, 32), (32, acted))
        self.weights = [rng.standard_normal(size) / np.sqrt(size[0]) for size in sizes]

    def act(self, observations: Array) -> Array:
        """Actions ``[n, d]``."""
        layer = observations
        for weights in self.weights:
            layer = np.tanh(layer @ weights)
        return layer

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Point:
        """Laws that sit on the actions."""
        return Point(self.act(observations))


def rows(bench: Bench) -> Iterator[Row]:
    """One row a task; the same policy, seeds and steps, and in the end the same bits."""
    for id, options in TASKS.items():
        yield _row(id, options)


def _row(id: str, options: dict[str, Any]) -> Row:
    import gymnasium

    ours = mujoco_simulator(id, COPIES, threads=THREADS, **options)
    with without_deprecations():
        theirs = gymnasium.make_vec(id, num_envs=COPIES, vectorization_mode="sync", **options)
    world = sampled_environment(id, horizon=STEPS, rewards=(-100, 100), threads=THREADS, **options)
    policy = Network(ours.spaces.observation_shape[0], ours.spaces.action_shape[0])
    ends: dict[str, Array] = {}
    cpu: dict[str, float] = {}

    def timed(step: Callable[[Array], Array], observations: Array, who: str) -> float:
        wall, used = time.perf_counter(), time.process_time()
        for _ in range(STEPS):
            observations = step(policy.act(observations))
        ends[who], cpu[who] = observations, time.process_time() - used
        return time.perf_counter() - wall

    def batched() -> float:
        observations = ours.reset(np.random.default_rng(0))
        return timed(lambda actions: ours.step(actions)[0], observations, "ours")

    def one_by_one() -> float:
        observations, _ = theirs.reset(seed=seeds(np.random.default_rng(0), COPIES))
        return timed(lambda actions: theirs.step(actions)[0], observations, "theirs")

    def sampled() -> float:
        start = time.perf_counter()
        world.roll(policy, COPIES, np.random.default_rng(0))
        return time.perf_counter() - start

    mine, peer, through = race(batched, one_by_one, sampled, rounds=5)
    theirs.close()
    same = "the same bits" if np.array_equal(ends["ours"], ends["theirs"]) else "DIFFERENT observations"
    rate = COPIES * STEPS
    note = (
        f"wall clock, load {os.getloadavg()[0]:.0f}; {rate / mine:,.0f} and {rate / peer:,.0f} env steps/s, {same} "
        f"after {STEPS} steps; x{cpu['theirs'] / cpu['ours']:.3g} a core in CPU time; through SampledMDP, resets "
        f"included, {rate / through:,.0f}"
    )
    measured = peer / mine if same == "the same bits" and len(os.sched_getaffinity(0)) >= THREADS else None
    task = f"roll-outs {id}, {COPIES} copies, {THREADS} threads"
    return Row(task, "SyncVectorEnv", mine, peer, measured, ">=", TARGET, note)
