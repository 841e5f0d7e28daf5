"""Batches of MuJoCo tasks do what Gymnasium's env.step does, to the last bit."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from sims.environments._mujoco_tasks import TASKS
from sims.environments.mujoco import mujoco_simulator
from sims.environments.restorable import seeds

COPIES = 5


def controller(rng, simulator):
    """A random closed loop: actions, in float32 as vector environments pass them, depend on what was observed."""
    low, high = np.array(simulator.spaces.action_low), np.array(simulator.spaces.action_high)
    gains = rng.standard_normal((simulator.spaces.observation_shape[0], len(low)))

    def act(observations, dtype):
        noise = rng.uniform(-1, 1, (len(observations), len(low)))
        unit = 0.6 * np.tanh(0.3 * observations @ gains) + 0.6 * noise  # leaves the range now and then
        return ((low + high) / 2 + (high - low) / 2 * unit).astype(dtype)

    return act


@pytest.mark.parametrize(
    ("id", "steps", "options"),
    [(id, 40 if "Pendulum" in id else 120 if id == "Ant-v5" else 300, {}) for id in TASKS]
    + [
        ("Hopper-v5", 60, {"terminate_when_unhealthy": False, "ctrl_cost_weight": 0.5, "frame_skip": 2}),
        ("Ant-v5", 30, {"include_cfrc_ext_in_observation": False, "contact_cost_weight": 0.1}),
        ("Swimmer-v5", 30, {"exclude_current_positions_from_observation": False}),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_are_those_of_env_step(id, steps, options, dtype):
    simulator = mujoco_simulator(id, COPIES, **options)
    act = controller(np.random.default_rng(3), simulator)
    envs = [gymnasium.make(id, max_episode_steps=10**6, **options) for _ in range(COPIES)]
    ended = 0
    for episode in range(2):
        observations = simulator.reset(np.random.default_rng(episode))
        for env, seed, seen in zip(envs, seeds(np.random.default_rng(episode), COPIES), observations, strict=True):
            np.testing.assert_array_equal(env.reset(seed=seed)[0], seen)
        running = np.ones(COPIES, dtype=bool)
        for _ in range(steps):
            actions = act(observations, dtype)
            observations, rewards, terminated = simulator.step(actions)
            for i in np.flatnonzero(running):
                seen, reward, over, truncated, _ = envs[i].step(actions[i])
                np.testing.assert_array_equal(seen, observations[i])
                assert (reward, over, truncated) == (rewards[i], terminated[i], False)
            running &= ~terminated
        ended += COPIES - running.sum()
    can_end = id in ("InvertedPendulum-v5", "InvertedDoublePendulum-v5", "Hopper-v5", "Walker2d-v5")
    assert (ended > 0) == (can_end and options.get("terminate_when_unhealthy", True)) or id == "Ant-v5"


def test_nothing_is_printed_or_left_behind(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    mujoco_simulator("HalfCheetah-v5", 1)
    assert capfd.readouterr() == ("", "")
    assert not any(tmp_path.iterdir())


def test_results_do_not_depend_on_threads_or_on_copies_that_ended():
    alone, many = mujoco_simulator("Hopper-v5", 1, threads=1), mujoco_simulator("Hopper-v5", 30, threads=3)
    many.reset(np.random.default_rng(0))
    last = many.snapshot()[[29]]
    act = controller(np.random.default_rng(3), many)
    seen, alive = many.restore(many.snapshot()), np.ones(30, dtype=bool)
    alone.restore(last)
    while alive[29]:
        actions = act(seen, np.float64)
        seen, rewards, over = many.step(actions)
        step = alone.step(actions[[29]])
        np.testing.assert_array_equal(step.observations[0], seen[29])
        assert (step.rewards[0], step.terminated[0]) == (rewards[29], over[29])
        alive = ~over
    assert not alive.all()


@pytest.mark.parametrize("fault", ["no warm start", "fresh positions"])
def test_faults_in_the_last_bits_are_seen(fault):
    """The two ways in which a batch most easily differs from env.step: it does, and the comparison shows it."""
    id = "Walker2d-v5" if fault == "no warm start" else "Reacher-v5"
    simulator = mujoco_simulator(id, 1)
    observations = simulator.reset(np.random.default_rng(0))
    env = gymnasium.make(id).unwrapped
    env.reset(seed=seeds(np.random.default_rng(0), 1)[0])
    act, differs = controller(np.random.default_rng(3), simulator), False
    for _ in range(30):
        actions = act(observations, np.float64)
        if fault == "no warm start":  # what mujoco.rollout does
            simulator._batch.bind("qacc_warmstart")[:] = 0
        observations, _, terminated = simulator.step(actions)
        if fault == "fresh positions":  # as if derived fields were those after the last substep
            simulator._batch.forward()
            observations = simulator._task.observations(simulator._data)
        differs = differs or not np.array_equal(env.step(actions[0])[0], observations[0])
        if terminated[0]:
            break
    assert differs
