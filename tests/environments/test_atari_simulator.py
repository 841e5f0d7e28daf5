"""Games as simulators: Gymnasium's frames, and the transitions of the exact tables."""

from __future__ import annotations

from fractions import Fraction

import gymnasium
import numpy as np
import pytest

from sims.environments import AtariSimulator, atari_simulator, sampled_environment
from sims.environments.atari import load, shipped, tabulate
from sims.environments.atari.emulator import SEED
from sims.environments.atari_simulator import RamEmulator
from sims.sampled import Categorical, SampledMDP, SampledPolicy


class OpenLoop(SampledPolicy):
    """Fixed actions ``[H]``."""

    deterministic = True

    def __init__(self, actions, n_actions):
        self.actions, self.n_actions = np.asarray(actions), n_actions

    def laws(self, observations, steps):
        return Categorical(np.eye(self.n_actions)[self.actions[steps]])


@pytest.mark.parametrize(("game", "skip"), [("Pong", 4), ("Breakout", 3), ("Freeway", 5)])
def test_frames_are_those_of_gymnasium(game, skip):
    import ale_py

    gymnasium.register_envs(ale_py)
    env = gymnasium.make(f"ALE/{game}-v5", frameskip=skip, repeat_action_probability=0.0, obs_type="ram")
    bare = env.unwrapped
    bare.ale.setInt("random_seed", SEED)
    bare.load_game()
    bare.ale.reset_game()
    simulator = atari_simulator(game, 2, frame_skip=skip)
    seen = simulator.reset(np.random.default_rng(0))
    np.testing.assert_array_equal(seen, np.stack([bare.ale.getRAM()] * 2))
    rng = np.random.default_rng(1)
    for _ in range(150):
        action = int(rng.integers(simulator.spaces.n_actions))
        expected, reward, terminated, _, _ = bare.step(action)
        seen, rewards, over = simulator.step(np.full(2, action))
        np.testing.assert_array_equal(seen, [expected, expected])
        assert (reward, terminated) == (rewards[0], over[0])


def test_games_end_when_their_lives_are_lost():
    simulator = atari_simulator("breakout", 1, frame_skip=30)
    simulator.reset(np.random.default_rng(0))
    fire = np.array([simulator.spec.actions.index("FIRE")])
    steps = 1
    while not simulator.step(fire).terminated[0]:
        steps += 1
    assert 5 < steps < 200
    after = simulator.step(fire)
    assert after.terminated[0] and after.rewards[0] == 0


@pytest.mark.parametrize("name", [name for name in shipped() if load(name).spec.sticky == 0])
def test_roll_outs_earn_what_the_exact_table_says(name):
    table = load(name)
    mdp, spec = table.mdp().to("float64"), table.spec
    low, high = table.reward_range
    world = SampledMDP(
        lambda n: AtariSimulator(spec, n, "ram"),
        horizon=spec.horizon,
        rewards=(low, high + 1),
        name=name,
        spaces=AtariSimulator(spec, 1, "ram").spaces,
    )
    best, rng = np.asarray(mdp.optimal_policy()), np.random.default_rng(0)
    for pi in (best, np.eye(mdp.n_actions)[rng.integers(mdp.n_actions, size=best.shape[:-1])]):
        state, actions, rewards = 0, [], []
        for h in range(spec.horizon):
            actions.append(int(pi[h, state].argmax()))
            over = state >= table.n_states
            rewards.append(0 if over else int(table.rewards[state, actions[-1], 0]))
            state = state if over else int(table.next_state[state, actions[-1], 0])
        rolled = world.roll(OpenLoop(actions, mdp.n_actions), 2, np.random.default_rng(0))
        np.testing.assert_array_equal(rolled.rewards, [rewards, rewards])
        assert sum(rewards) == float(mdp.value(pi))
        assert rolled.clipped == 0


def test_sticky_actions_follow_the_law_of_the_table():
    sticky, horizon, n = Fraction(1, 2), 3, 1500
    table = tabulate("freeway", horizon=horizon, frame_skip=4, sticky=sticky, processes=1)
    actions = [table.spec.actions.index(name) for name in ("UP", "DOWN", "UP")]
    law = {0: Fraction(1)}
    for action in actions[:-1]:
        following: dict[int, Fraction] = {}
        for state, mass in law.items():
            for k, p in enumerate(table.probabilities):
                to = int(table.next_state[state, action, k])
                following[to] = following.get(to, Fraction(0)) + mass * p
        law = following
    simulator = atari_simulator("freeway", n, frame_skip=4, sticky=sticky)
    simulator.reset(np.random.default_rng(0))
    for action in actions[:-1]:
        seen = simulator.step(np.full(n, action)).observations
    emulator, memories = RamEmulator("freeway"), dict[bytes, Fraction]()
    for state, mass in law.items():
        emulator.reset()
        emulator.play_all(table.inputs(state))
        key = emulator.ram().tobytes()
        memories[key] = memories.get(key, Fraction(0)) + mass
    assert len(memories) > 5
    found = [memory.tobytes() for memory in seen]
    assert set(found) <= set(memories)
    for key, mass in memories.items():
        p = float(mass)
        # Each count is within 5 standard deviations: all of them but with probability below 1e-4.
        assert abs(found.count(key) - n * p) <= 5 * np.sqrt(n * p * (1 - p)) + 1


def different(observations):
    return len({one.tobytes() for one in observations})


def test_sticky_copies_are_independent_and_saved_with_their_randomness():
    simulator = atari_simulator("freeway", 20, frame_skip=4, sticky=0.5, observe="screen")
    simulator.reset(np.random.default_rng(0))
    up, down = (np.full(20, simulator.spec.actions.index(name)) for name in ("UP", "DOWN"))
    simulator.step(up)
    saved = simulator.snapshot()
    first = [simulator.step(actions).observations for actions in (down, up, down)]
    assert different(first[-1]) > 3
    simulator.restore(saved)
    for expected, actions in zip(first, (down, up, down), strict=True):
        np.testing.assert_array_equal(simulator.step(actions).observations, expected)
    # From one state, with a new generator, copies part.
    simulator.restore(saved[np.zeros(20, int)], np.random.default_rng(1))
    for actions in (down, up):
        seen = simulator.step(actions).observations
    assert different(seen) > 3


@pytest.mark.parametrize("sticky", [0.1, np.float64(0.1), np.float32(0.1), "1/10"])
def test_floats_are_the_numbers_they_are_written_as(sticky):
    spec = atari_simulator("pong", 1, sticky=sticky).spec
    assert spec.sticky == Fraction(1, 10) and spec == atari_simulator("pong", 1, sticky=Fraction(1, 10)).spec
    assert "sticky=1/10" in sampled_environment("ALE/Pong-v5", horizon=2, sticky=sticky).name


def test_equal_seeds_give_equal_episodes():
    mdp = sampled_environment("ALE/Pong-v5", horizon=10)
    policy = OpenLoop(np.arange(10) % 6, 6)
    first, second, third = (mdp.roll(policy, 3, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.observations, second.observations)
    assert not np.array_equal(first.observations, third.observations)
    assert mdp.description.startswith("pong (ram, frame_skip=4, sticky=1/4) for exactly 10 steps")
