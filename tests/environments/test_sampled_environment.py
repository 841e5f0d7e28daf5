"""Gymnasium's environments as processes with a horizon: returns, declared ranges, refusals."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from sims import datasets
from sims.environments import (
    REWARD_RANGES,
    InvalidEnvironment,
    atari_simulator,
    gymnasium_simulator,
    mujoco_simulator,
    sampled_environment,
)
from sims.environments.restorable import seeds
from sims.sampled import Categorical, Gaussian, Point, SampledPolicy


class Linear(SampledPolicy):
    """Deterministic and a little unsteady: observations times a random matrix."""

    deterministic = True

    def __init__(self, spaces, seed=0):
        sizes = spaces.observation_shape[0], spaces.n_actions or len(spaces.action_low)
        self.spaces, self.gains = spaces, np.random.default_rng(seed).standard_normal(sizes)

    def act(self, observations):
        # Not a matrix product: its last bits depend on how many rows there are.
        scores = (np.asarray(observations, np.float64)[..., None] * self.gains).sum(axis=-2)
        if self.spaces.discrete:
            return scores.argmax(axis=-1)
        return np.clip(scores / 4, self.spaces.action_low, self.spaces.action_high)

    def laws(self, observations, steps):
        actions = self.act(observations)
        return Categorical(np.eye(self.spaces.n_actions)[actions]) if self.spaces.discrete else Point(actions)


def plain_return(env, seed, policy, horizon, low, high):
    """Step until termination, then nothing: an absorbing state pays 0."""
    observation, _ = env.reset(seed=seed)
    paid = np.zeros(horizon)
    for h in range(horizon):
        observation, reward, terminated, _, _ = env.step(policy.act(observation[None])[0])
        paid[h] = np.clip(reward, low, high)
        if terminated:
            break
    return paid, h + 1, terminated


@pytest.mark.parametrize(
    ("id", "horizon", "rewards"),
    [
        ("LunarLander-v3", 120, (-5, 2)),
        ("Hopper-v5", 60, None),
        ("Walker2d-v5", 40, (-1, 1)),
        ("MountainCarContinuous-v0", 30, None),
    ],
)
def test_returns_are_those_of_a_plain_loop_until_termination_and_zeros_after(id, horizon, rewards):
    mdp = sampled_environment(id, horizon=horizon, rewards=rewards)
    policy, n = Linear(mdp.spaces), 6
    rolled = mdp.roll(policy, n, np.random.default_rng(4))
    low, high = (float(end) for end in mdp.clip)
    world, _ = np.random.default_rng(4).spawn(2)
    env = gymnasium.make(id).unwrapped
    for i, seed in enumerate(seeds(world, n)):
        paid, steps, terminated = plain_return(env, seed, policy, horizon, low, high)
        np.testing.assert_array_equal(rolled.rewards[i], paid)
        assert (rolled.lengths[i], rolled.terminated[i]) == (steps, terminated)
    if rewards is not None:
        assert rolled.clipped > 0
    # Rescaled, the same episodes are paid shares of the range, also after they end.
    shares = mdp.rescaled().roll(policy, n, np.random.default_rng(4))
    np.testing.assert_allclose(shares.returns, (rolled.returns - horizon * low) / (high - low), rtol=1e-12)


def test_a_time_limit_is_no_end():
    mdp = sampled_environment("CartPole-v1", horizon=30)
    rolled = mdp.roll(Linear(mdp.spaces), 40, np.random.default_rng(0))
    assert rolled.terminated.any() and not rolled.terminated.all()
    episodes = rolled.trajectories()
    assert isinstance(episodes, datasets.Trajectories)
    np.testing.assert_array_equal(episodes.terminated, rolled.terminated)
    np.testing.assert_array_equal(episodes.truncated, ~rolled.terminated)
    # The pole falls at 12 degrees, the cart leaves at 2.4.
    ended = np.stack([episode.states[-1] for episode in episodes])
    fallen = (np.abs(ended[:, 2]) > np.float32(12 * np.pi / 180)) | (np.abs(ended[:, 0]) > np.float32(2.4))
    np.testing.assert_array_equal(fallen, rolled.terminated)


def test_the_horizon_is_the_registered_time_limit_unless_declared():
    assert sampled_environment("CartPole-v1").horizon == 500
    assert sampled_environment("Hopper-v5").horizon == 1000
    mdp = sampled_environment("Hopper-v5", horizon=7)
    assert mdp.description == (
        "Hopper-v5 for exactly 7 steps, absorbing with reward 0 after termination, rewards clipped to [-5, 10]"
    )


@pytest.mark.parametrize(
    ("id", "options", "name"),
    [
        ("LunarLander-v3", {"gravity": -2.0}, "LunarLander-v3 (gravity=-2.0)"),
        ("LunarLander-v3", {"wind_power": 9, "enable_wind": True}, "LunarLander-v3 (enable_wind=True, wind_power=9)"),
        ("LunarLander-v3", {"gravity": -10.0, "enable_wind": False}, "LunarLander-v3"),
        ("Hopper-v5", {"reset_noise_scale": 1.0, "threads": 1}, "Hopper-v5 (reset_noise_scale=1.0)"),
        ("Hopper-v5", {"terminate_when_unhealthy": False}, "Hopper-v5 (terminate_when_unhealthy=False)"),
        ("Hopper-v5", {"healthy_angle_range": (-1.0, 1.0)}, "Hopper-v5 (healthy_angle_range=(-1.0, 1.0))"),
        ("CartPole-v1", {"sutton_barto_reward": True}, "CartPole-v1 (sutton_barto_reward=True)"),
        ("FrozenLake-v1", {"map_name": "8x8"}, "FrozenLake-v1 (map_name='8x8')"),
        ("FrozenLake-v1", {"map_name": "4x4"}, "FrozenLake-v1"),
        ("FrozenLake8x8-v1", {"map_name": "4x4"}, "FrozenLake8x8-v1 (map_name='4x4')"),
        ("ALE/Pong-v5", {"actions": "full"}, "pong (ram, frame_skip=4, sticky=1/4, actions=full)"),
        ("ALE/Pong-v5", {"start": ["UP", "NOOP"]}, "pong (ram, frame_skip=4, sticky=1/4, start=UP NOOP)"),
        ("ALE/Pong-v5", {"sticky": 0, "observe": "screen"}, "pong (screen, frame_skip=4)"),
    ],
)
def test_the_name_says_the_options_that_make_it_another_process(id, options, name):
    mdp = sampled_environment(id, horizon=3, rewards=(-1, 1), **options)
    assert mdp.name == name and mdp.description.startswith(f"{name} for exactly 3 steps")
    assert mdp.simulator(1).name == name


class Anything(SampledPolicy):
    """Uniform actions, as wild as the space allows; vectors sit at its corners."""

    def __init__(self, spaces):
        self.spaces = spaces

    def laws(self, observations, steps):
        m = len(observations)
        if self.spaces.discrete:
            return Categorical(np.full((m, self.spaces.n_actions), 1 / self.spaces.n_actions))
        corners = np.random.default_rng(int(steps[0])).integers(2, size=(m, len(self.spaces.action_low)))
        return Point(np.where(corners == 1, self.spaces.action_high, self.spaces.action_low))


@pytest.mark.parametrize("id", REWARD_RANGES)
def test_what_is_declared_exact_is_never_clipped(id):
    horizon, n = (150, 4) if id.startswith("ALE/") else (300, 30)
    mdp = sampled_environment(id, horizon=horizon)
    rolled = mdp.roll(Anything(mdp.spaces), n, np.random.default_rng(0))
    if REWARD_RANGES[id].exact:
        assert rolled.clipped == 0
    else:
        assert rolled.clipped <= 1e-3 * rolled.alive.sum()


def test_gaussian_actions_beyond_the_space_are_stepped_as_env_step_steps_them():
    class Wide(SampledPolicy):
        def laws(self, observations, steps):
            return Gaussian(np.zeros((len(observations), 3)), 3.0)

    mdp = sampled_environment("Hopper-v5", horizon=5)
    rolled = mdp.roll(Wide(), 3, np.random.default_rng(0))
    world, _ = np.random.default_rng(0).spawn(2)
    env = gymnasium.make("Hopper-v5").unwrapped
    assert np.abs(rolled.actions).max() > 1
    for i, seed in enumerate(seeds(world, 3)):
        env.reset(seed=seed)
        for h in range(rolled.lengths[i]):
            assert env.step(rolled.actions[i, h])[1] == rolled.rewards[i, h]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: sampled_environment("Hoper-v5"), r"no 'Hoper-v5'.\n  Did you mean 'Hopper-v5'"),
        (lambda: sampled_environment("Hoper-v5", horizon=3), r"no 'Hoper-v5'.\n  Did you mean 'Hopper-v5'"),
        (lambda: sampled_environment("ALE/Pon-v5", horizon=3), r"no 'ALE/Pon-v5'.\n  Did you mean 'ALE/Pong-v5'"),
        (lambda: sampled_environment("Nope-v3"), r"no 'Nope-v3'.\n  Import the package that registers it first"),
        (lambda: mujoco_simulator("Nope-v3", 2), r"'Nope-v3' is no MuJoCo task .*\n  There are"),
        (
            lambda: sampled_environment("ALE/Pong-v5", horizon=3, obs_type="rgb"),
            r"ALE/Pong-v5 has no option obs_type; there are actions, frame_skip, observe, start, sticky.\n  obs",
        ),
        (
            lambda: sampled_environment("ALE/Pong-v5", horizon=3, rewards=(-1, 1), repeat_action_probability=0.0),
            r"ALE/Pong-v5 has no option repeat_action_probability",
        ),
        (lambda: sampled_environment("ALE/Pong-v5"), r"no registered time limit: give horizon=H"),
        (
            lambda: sampled_environment("BipedalWalker-v3"),
            r"no range of rewards of BipedalWalker-v3.*\n  Give rewards=",
        ),
        (
            lambda: sampled_environment("CartPole-v1", sutton_barto_reward=True),
            r"sutton_barto_reward: the range \[0, 1\] of CartPole-v1 is that of its defaults.\n  Give rewards",
        ),
        (lambda: sampled_environment("Hopper-v5", healthy=1, rewards=(0, 1)), r"unexpected keyword argument 'healthy'"),
        (lambda: sampled_environment("Hopper-v5", threads=0), r"threads=0: must be a whole number, at least 1"),
        (lambda: sampled_environment("Blackjack-v1", horizon=9, rewards=(-1, 1)), r"observes Tuple.*\n  Register it"),
        (lambda: mujoco_simulator("Hopper-v4", 2), r"'Hopper-v4' is no MuJoCo task .*\n  Did you mean 'Hopper-v5'"),
        (lambda: gymnasium_simulator("CartPole-v1", 0), r"n=0: must be a whole number of copies of CartPole-v1"),
        (lambda: gymnasium_simulator("CartPole-v1", 2, max_episode_steps=9), r"max_episode_steps: .* horizon=H"),
        (lambda: atari_simulator("pong", 2, observe="pixels"), r"observe='pixels': must be 'ram' or 'screen'"),
        (lambda: gymnasium_simulator("Acrobot-v1", 2).step(np.zeros(2, int)), r"was not started: call reset"),
    ],
)
def test_refusals_name_the_argument_and_the_fix(call, match):
    with pytest.raises(InvalidEnvironment, match=match):
        call()


@pytest.mark.parametrize(
    ("id", "actions", "match"),
    [
        ("CartPole-v1", np.array([0, 2]), r"actions\[1\] is 2; actions of CartPole-v1 are 0, ..., 1"),
        ("CartPole-v1", np.array([0.0, 1.0]), r"type float64; 2 copies of CartPole-v1 take \(2,\), whole numbers"),
        ("CartPole-v1", np.array([0]), r"shape \(1,\)"),
        ("MountainCarContinuous-v0", np.array([[0.0], [np.nan]]), r"actions\[1\] is \[nan\].*finite numbers"),
    ],
)
def test_actions_that_are_none_are_refused(id, actions, match):
    simulator = gymnasium_simulator(id, 2)
    simulator.reset(np.random.default_rng(0))
    with pytest.raises(InvalidEnvironment, match=match):
        simulator.step(actions)


def test_snapshots_fit_their_world_only():
    carts, cars = gymnasium_simulator("CartPole-v1", 3), gymnasium_simulator("MountainCar-v0", 3)
    carts.reset(np.random.default_rng(0))
    cars.reset(np.random.default_rng(0))
    with pytest.raises(
        InvalidEnvironment, match=r"3 states with observations of shape \(2,\); .* 3 copies of CartPole"
    ):
        carts.restore(cars.snapshot())
    with pytest.raises(InvalidEnvironment, match=r"snapshot has 2 states .*\n  Choose as many"):
        carts.restore(carts.snapshot()[:2])
    pong = gymnasium_simulator("ALE/Pong-v5", 1, obs_type="ram")
    pong.reset(np.random.default_rng(0))
    with pytest.raises(InvalidEnvironment, match="takes no new generator half-way"):
        pong.restore(pong.snapshot(), np.random.default_rng(0))


class Unsteady(gymnasium.Env):
    """Cut by itself, and not determined by its seed."""

    observation_space = gymnasium.spaces.Box(-1, 1, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(1)
    drawn = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self._seen(), {}

    def step(self, action):
        self.steps += 1
        return self._seen(), 0.0, False, self.steps >= 5, {}

    def _seen(self):
        type(self).drawn += 1
        return np.array([1 / type(self).drawn])


def test_worlds_that_cut_themselves_or_do_not_repeat_are_refused():
    gymnasium.register("Unsteady-v0", entry_point=lambda: Unsteady())
    try:
        simulator = gymnasium_simulator("Unsteady-v0", 2)
    finally:
        del gymnasium.registry["Unsteady-v0"]
    simulator.reset(np.random.default_rng(0))
    nothing = np.zeros(2, int)
    for _ in range(4):
        simulator.step(nothing)
    with pytest.raises(InvalidEnvironment, match=r"seed and actions do not determine it, so it cannot be restored"):
        simulator.restore(simulator.snapshot())
    simulator.reset(np.random.default_rng(0))
    for _ in range(4):
        simulator.step(nothing)
    with pytest.raises(InvalidEnvironment, match=r"cut an episode after 5 steps by a limit of its own"):
        simulator.step(nothing)


@pytest.mark.parametrize(
    ("missing", "id"), [("mujoco", "Hopper-v5"), ("ale_py", "ALE/Pong-v5"), ("Box2D", "LunarLander-v3")]
)
def test_a_missing_extra_is_one_command(missing, id):
    script = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"from sims.environments import sampled_environment\nsampled_environment({id!r}, horizon=5)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    *_, before, command = run.stderr.strip().splitlines()
    assert before.startswith("sims.environments.errors.InvalidEnvironment: ")
    assert command == "  pip install 'iltheory[envs]'"


def test_the_page_lists_the_declared_ranges():
    page = (Path(__file__).parents[2] / "docs" / "environments.md").read_text(encoding="utf-8")
    for id, (low, high, exact, why) in REWARD_RANGES.items():
        cells = id, f"[{low:g}, {high:g}]", "yes" if exact else "clipped", why
        assert f"| {' | '.join(cells)} |\n" in page


def test_the_code_of_the_page_runs():
    page = (Path(__file__).parents[2] / "docs" / "environments.md").read_text(encoding="utf-8")
    session: dict = {"__name__": "__environments__"}
    for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        exec(block.replace("20, np.random", "2, np.random"), session)
    assert session["rolled"].returns.mean() > 2000
    for expression, name in re.findall(r"^(sampled_environment\(.*\).name)  # (.*)$", page, flags=re.MULTILINE):
        assert eval(expression, session) == name
    assert session["hopper"].description == re.search(r"# (Hopper-v5 for exactly .*)", page).group(1)
