"""Simulators of Gymnasium's environments: their dynamics, their ends, their saved states."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from sims.environments.mujoco import mujoco_simulator
from sims.environments.restorable import seeds
from sims.environments.simulators import CartPoleSimulator, GymnasiumSimulator, gymnasium_simulator

SINGLE = [
    ("LunarLander-v3", {}),
    ("LunarLander-v3", {"continuous": True, "enable_wind": True}),
    ("Acrobot-v1", {}),
    ("MountainCar-v0", {}),
    ("MountainCarContinuous-v0", {}),
    ("ALE/Pong-v5", {"obs_type": "ram"}),
    ("ALE/Breakout-v5", {"obs_type": "grayscale", "repeat_action_probability": 0.0}),
    ("FrozenLake-v1", {}),
]


def draw(rng, spaces, n):
    if spaces.discrete:
        return rng.integers(spaces.n_actions, size=n)
    return rng.uniform(spaces.action_low, spaces.action_high, (n, *spaces.action_shape))


def walk(simulator, rng, steps):
    """Steps with random actions: everything that was returned."""
    return [simulator.step(draw(rng, simulator.spaces, simulator.n)) for _ in range(steps)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("id", "options"), SINGLE)
def test_single_environments_are_stepped_past_their_time_limit_and_never_reset(id, options):
    simulator, steps = gymnasium_simulator(id, 2, **options), 250 if id.startswith("MountainCar-") else 120
    assert isinstance(simulator, GymnasiumSimulator)
    observations, rng = simulator.reset(np.random.default_rng(0)), np.random.default_rng(1)
    envs = [gymnasium.make(id, **options).unwrapped for _ in range(2)]
    for env, seed, seen in zip(envs, seeds(np.random.default_rng(0), 2), observations, strict=True):
        np.testing.assert_array_equal(env.reset(seed=seed)[0], seen)
    over = np.zeros(2, dtype=bool)
    for _ in range(steps):
        actions = draw(rng, simulator.spaces, 2)
        observations, rewards, terminated = simulator.step(actions)
        for i in np.flatnonzero(~over):
            seen, reward, ended, _, _ = envs[i].step(actions[i])
            np.testing.assert_array_equal(seen, observations[i])
            assert (reward, ended) == (rewards[i], terminated[i])
        assert np.all(terminated[over]) and np.all(rewards[over] == 0)
        over = terminated


def test_carts_in_one_array_move_as_single_carts_do():
    n, rng = 50, np.random.default_rng(0)
    carts = gymnasium_simulator("CartPole-v1", n)
    assert isinstance(carts, CartPoleSimulator)
    carts.reset(rng)
    singles = [gymnasium.make("CartPole-v1").unwrapped for _ in range(n)]
    for single, state in zip(singles, carts.snapshot().states, strict=True):
        single.reset(seed=0)
        single.state = state
    over = np.zeros(n, dtype=bool)
    for _ in range(150):
        # A controller that keeps most carts up, beyond any time limit, and drops some.
        observations = np.stack([single.state for single in singles]).astype(np.float32)
        balance = (observations @ [0.3, 0.9, 6, 2] > 0).astype(int)
        actions = np.where(np.arange(n) % 3 == 0, rng.integers(2, size=n), balance)
        seen, rewards, terminated = carts.step(actions)
        for i in np.flatnonzero(~over):
            expected, reward, ended, _, _ = singles[i].step(actions[i])
            np.testing.assert_array_equal(expected, seen[i])
            assert (reward, ended) == (rewards[i], terminated[i])
        over |= terminated
    assert 10 < over.sum() < 40


def test_carts_outlive_the_registered_time_limit():
    carts = gymnasium_simulator("CartPole-v1", 3)
    observations = carts.reset(np.random.default_rng(0))
    for _ in range(1200):
        observations, rewards, terminated = carts.step((observations @ [0.3, 0.9, 6, 2] > 0).astype(int))
        assert not terminated.any() and np.all(rewards == 1)


def test_carts_start_uniformly():
    start = gymnasium_simulator("CartPole-v1", 4000).reset(np.random.default_rng(0))
    assert np.abs(start).max() <= np.float32(0.05)
    # A mean of 16,000 uniform numbers is within 5 standard deviations of 0.
    assert abs(start.mean()) < 5 * 0.05 / np.sqrt(3 * start.size)


RESTORED = [
    *((gymnasium_simulator, id, options) for id, options in SINGLE),
    (gymnasium_simulator, "CartPole-v1", {}),
    *((mujoco_simulator, f"{name}-v5", {}) for name in ("Hopper", "Ant", "InvertedDoublePendulum", "Reacher")),
]


@pytest.mark.parametrize(("make", "id", "options"), RESTORED)
def test_saved_states_continue_as_they_did(make, id, options):
    simulator = make(id, 3, **options)
    simulator.reset(np.random.default_rng(0))
    walk(simulator, np.random.default_rng(1), 12)
    saved = simulator.snapshot()
    first = walk(simulator, np.random.default_rng(2), 15)
    np.testing.assert_array_equal(simulator.restore(saved), saved.observations)
    assert_same(first, walk(simulator, np.random.default_rng(2), 15))
    # One of them, twice, in a simulator of another size: both copies do what the one did.
    other = make(id, 2, **options)
    other.restore(saved[[1, 1]])
    rng = np.random.default_rng(2)
    for step in first:
        actions = draw(rng, simulator.spaces, 3)[[1, 1]]
        assert_same([step._replace(**{k: getattr(step, k)[[1, 1]] for k in step._fields})], [other.step(actions)])


def test_restored_copies_draw_independently_when_asked():
    lander = gymnasium_simulator("LunarLander-v3", 4)
    lander.reset(np.random.default_rng(0))
    walk(lander, np.random.default_rng(1), 10)
    alike = lander.snapshot()[[2, 2, 2, 2]]
    full_thrust = np.full(4, 2)
    lander.restore(alike)
    same = lander.step(full_thrust).observations
    np.testing.assert_array_equal(same, same[[0, 0, 0, 0]])
    lander.restore(alike, np.random.default_rng(5))
    apart = lander.step(full_thrust).observations
    assert len(np.unique(apart, axis=0)) == 4
    # The new randomness is part of the history, too.
    saved = lander.snapshot()
    later = walk(lander, np.random.default_rng(3), 5)
    lander.restore(saved)
    assert_same(later, walk(lander, np.random.default_rng(3), 5))
