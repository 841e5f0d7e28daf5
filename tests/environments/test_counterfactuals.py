"""Values at saved states, and what another action would have led to."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from sims.environments import (
    InvalidEnvironment,
    atari_simulator,
    experts,
    gymnasium_simulator,
    mujoco_simulator,
    rewards_from,
)
from sims.environments.atari import tabulate
from sims.sampled import Categorical, SampledPolicy


class Uniform(SampledPolicy):
    """Every action with the same probability."""

    def __init__(self, n_actions):
        self.n_actions = n_actions

    def laws(self, observations, steps):
        return Categorical(np.full((len(observations), self.n_actions), 1 / self.n_actions))


@pytest.mark.parametrize(
    "make", [lambda n: gymnasium_simulator("CartPole-v1", n), lambda n: mujoco_simulator("Hopper-v5", n)]
)
def test_an_expert_that_goes_on_earns_what_it_would_have_earned(make):
    simulator = make(3)
    expert, horizon, step = experts.load(simulator.name).policy, 60, 20
    observations, paid = simulator.reset(np.random.default_rng(0)), []
    for h in range(horizon):
        if h == step:
            saved = simulator.snapshot()
        acted = expert.laws(observations, np.full(3, h)).sample(np.random.default_rng(0))
        if h == step:
            its_own = acted
        observations, rewards, _ = simulator.step(acted)
        paid.append(rewards)
    goes_on = rewards_from(simulator, saved, expert, np.random.default_rng(1), step=step, horizon=horizon)
    np.testing.assert_array_equal(goes_on, np.transpose(paid[step:]))
    # Its own action as the first is no counterfactual, another one is.
    options = {"step": step, "horizon": horizon}
    same = rewards_from(simulator, saved, expert, np.random.default_rng(1), first=its_own, **options)
    np.testing.assert_array_equal(goes_on, same)
    if simulator.name == "Hopper-v5":
        other = rewards_from(simulator, saved, expert, np.random.default_rng(1), first=-its_own, **options)
        assert np.all(other[:, 0] != goes_on[:, 0])


def test_sampled_values_of_actions_are_those_of_the_exact_table():
    """Q of the uniform policy after two steps of Breakout, in the table and by sampling from a saved state."""
    horizon, n = 4, 400
    table = tabulate("breakout", horizon=horizon, start=("FIRE",), processes=1)
    mdp = table.mdp().to("float64")
    exact = np.asarray(mdp.q(np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)))
    names = table.spec.actions
    path = [names.index("LEFT")]
    simulator = atari_simulator("breakout", 1, start=("FIRE",))
    simulator.reset(np.random.default_rng(0))
    state = 0
    for action in path:
        simulator.step(np.array([action]))
        state = int(table.next_state[state, action, 0])
    many = atari_simulator("breakout", n, start=("FIRE",))
    there = simulator.snapshot()[np.zeros(n, int)]
    for action in range(mdp.n_actions):
        first = np.full(n, action)
        paid = rewards_from(
            many, there, Uniform(len(names)), np.random.default_rng(action), step=1, horizon=horizon, first=first
        ).sum(axis=1)
        # Rewards are at most 1 a step here, so returns have a standard deviation of at most 1.5.
        assert abs(paid.mean() - exact[1, state, action]) <= 5 * 1.5 / sqrt(n)
    assert exact[1, state].max() > 0


def test_states_that_are_over_stay_over():
    lander = gymnasium_simulator("LunarLander-v3", 4)
    lander.reset(np.random.default_rng(0))
    terminated = np.zeros(4, dtype=bool)
    while not terminated.any():
        terminated = lander.step(np.zeros(4, int)).terminated
    paid = rewards_from(lander, lander.snapshot(), Uniform(4), np.random.default_rng(0), step=3, horizon=8)
    assert paid.shape == (4, 5)
    assert np.all(paid[terminated] == 0)
    with pytest.raises(InvalidEnvironment, match="step=8: must be from 0 to 7, before the horizon=8"):
        rewards_from(lander, lander.snapshot(), Uniform(4), np.random.default_rng(0), step=8, horizon=8)
