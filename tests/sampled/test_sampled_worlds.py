"""Sampled worlds: episodes follow the model, termination absorbs, a time limit does not, clipping is counted."""

from __future__ import annotations

import pickle
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from sims import TabularMDP, families
from sims.errors import InvalidArgument
from sims.sampled import (
    InvalidPolicy,
    InvalidSimulator,
    NotEstimable,
    Point,
    SampledMDP,
    SampledPolicy,
    Simulator,
    Smoothed,
    Spaces,
    Step,
    TabularPolicy,
    TabularSimulator,
    sampled_table,
)

HALF = Fraction(1, 2)


class Clock(Simulator):
    """Pays what it is told at each step; the first action is how many steps an episode lasts."""

    def __init__(self, n: int, pays: list[float]) -> None:
        self.n, self.spaces, self.pays = n, Spaces((2,), n_actions=9), pays

    def reset(self, rng):
        self.time, self.lasts, self.noise = 0, None, rng.random(self.n)
        return self._seen()

    def step(self, actions):
        if self.lasts is None:
            self.lasts = actions.copy()
        self.time += 1
        rewards = np.full(self.n, self.pays[min(self.time, len(self.pays)) - 1])
        return Step(self._seen(), rewards, self.time >= self.lasts)

    def _seen(self):
        return np.stack([np.full(self.n, float(self.time)), self.noise], axis=1)


class Lasting(SampledPolicy):
    """Acts alike everywhere: an episode of k steps."""

    deterministic = True

    def __init__(self, k: int) -> None:
        self.k = k

    def laws(self, observations, steps):
        from sims.sampled import Categorical

        rows = np.zeros((len(steps), 9))
        rows[:, self.k] = 1
        return Categorical(rows)


def clock(pays=(1.0,), horizon=5, rewards=(-1, 2)) -> SampledMDP:
    return SampledMDP(
        lambda n: Clock(n, list(pays)), horizon=horizon, rewards=rewards, name="clock", spaces=Spaces((2,), n_actions=9)
    )


def test_termination_is_absorbing_and_the_horizon_truncates():
    rng = np.random.default_rng(0)
    ended, cut = clock().roll(Lasting(3), 4, rng), clock().roll(Lasting(8), 4, rng)
    assert ended.terminated.all() and (ended.lengths == 3).all() and (ended.returns == 3).all()
    assert not cut.terminated.any() and (cut.lengths == 5).all() and (cut.returns == 5).all()
    data = ended.trajectories()
    assert data.terminated.all() and not data.truncated.any() and (data.lengths == 3).all()
    np.testing.assert_array_equal(data[1].states[:, 0], [0, 1, 2, 3])
    data = cut.trajectories()
    assert data.truncated.all() and not data.terminated.any() and (data.lengths == 5).all()
    np.testing.assert_array_equal(data[1].states[:, 0], np.arange(6))


def test_an_episode_that_ends_with_the_horizon_is_terminated():
    rolled = clock(horizon=3).roll(Lasting(3), 2, np.random.default_rng(0))
    assert rolled.terminated.all() and rolled.trajectories().terminated.all()


def test_rewards_are_clipped_counted_and_rescaled_with_the_absorbing_state():
    world = clock(pays=(-7.0, 5.0, 1.0), rewards=(-1, 2))
    rolled = world.roll(Lasting(4), 6, np.random.default_rng(0))
    np.testing.assert_array_equal(rolled.rewards[0], [-1, 2, 1, 1, 0])
    assert rolled.clipped == 12
    shares = world.rescaled().roll(Lasting(4), 6, np.random.default_rng(0)).rewards[0]
    np.testing.assert_allclose(shares, [0, 1, 2 / 3, 2 / 3, 1 / 3], rtol=1e-15)  # the absorbing state's 0 is a third
    assert world.rescaled().rewards_range == (0, 1) and world.rewards_range == (-1, 2)
    assert "clipped to [-1, 2]" in world.description and "5 steps" in world.description


def test_equal_generators_give_equal_episodes_and_walks_may_overlap():
    mdp = families.garnet(n_states=5, n_actions=3, branching=2, horizon=6, rng=1)
    world, pi = sampled_table(mdp), TabularPolicy(mdp.optimal_policy())
    first, second = (world.roll(pi, 700, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.observations, second.observations)
    np.testing.assert_array_equal(first.rewards, second.rewards)
    walks = [world.walk((pi,), 7, np.random.default_rng(s)) for s in (4, 5, 4)]
    for one, other, again in zip(*walks, strict=True):
        np.testing.assert_array_equal(one.observations, again.observations)
        assert one.step == other.step


@pytest.mark.parametrize("by_next_state", [False, True])
def test_a_tabular_simulator_has_the_law_of_its_model(by_next_state):
    rng = np.random.default_rng(0)
    p, r = rng.dirichlet(np.ones(3), (4, 3, 2)), rng.random((4, 3, 2, 3) if by_next_state else (4, 3, 2))
    mdp = TabularMDP(p, r, rng.dirichlet(np.ones(3)), horizon=4, normalize=True)
    pi = rng.dirichlet(np.ones(2), (4, 3))
    n = 40_000
    rolled = sampled_table(mdp).roll(TabularPolicy(pi), n, np.random.default_rng(1))
    counts = np.zeros((4, 3, 2))
    for h in range(4):
        np.add.at(counts[h], (rolled.observations[:, h], rolled.actions[:, h]), 1 / n)
    assert np.abs(counts - mdp.occupancy(pi)).max() < 5 / np.sqrt(n)
    assert abs(rolled.returns.mean() - mdp.value(pi)) < 5 * rolled.returns.std() / np.sqrt(n)


def test_terminal_states_end_episodes():
    mdp = TabularMDP([[[HALF, HALF]], [[0, 1]]], [[1], [0]], [1, 0], horizon=6, terminal=[False, True])
    spaces, pi = Spaces((), n_actions=1), TabularPolicy([[1], [1]])
    world = SampledMDP(lambda n: TabularSimulator(mdp, n), horizon=6, rewards=(0, 1), name="ending", spaces=spaces)
    rolled = world.roll(pi, 3000, np.random.default_rng(0))
    assert abs(rolled.returns.mean() - float(mdp.value([[1], [1]]))) < 0.1
    assert (rolled.returns == rolled.lengths).all() and abs(rolled.terminated.mean() - (1 - 2**-6)) < 0.02
    walked = sampled_table(mdp).roll(pi, 300, np.random.default_rng(0))
    assert not walked.terminated.any() and (walked.lengths == 6).all() and (walked.observations[:, 5] == 1).mean() > 0.9
    with pytest.raises(ValueError, match="terminal state"):
        TabularSimulator(
            TabularMDP([[[HALF, HALF]], [[0, 1]]], [[1], [0]], [0, 1], horizon=6, terminal=[False, True]), 2
        )


def test_each_episode_of_a_mixture_follows_one_policy_to_its_end():
    mdp = families.loop(error=HALF, horizon=8).mdp
    first, second = np.zeros((mdp.n_states, 2)), np.zeros((mdp.n_states, 2))
    first[:, 0] = second[:, 1] = 1
    moments = list(
        sampled_table(mdp).walk((TabularPolicy(first), TabularPolicy(second)), 500, np.random.default_rng(0))
    )
    actions = np.stack([moment.actions for moment in moments])
    assert (actions == actions[0]).all() and abs(actions[0].mean() - 0.5) < 0.1


def test_what_a_sampled_world_cannot_have_is_refused_with_the_reason():
    world = clock()
    for name in ("P", "r", "mu", "n_states", "occupancy", "q", "optimal_value", "with_rewards", "transitions"):
        with pytest.raises(NotEstimable, match=f"{name} of clock is not known"):
            getattr(world, name)
    with pytest.raises(AttributeError):
        _ = world.no_such_thing


class Handle(Clock):
    """Holds what no other process can use."""

    def __reduce__(self):
        raise TypeError("a handle")


def test_a_world_that_was_rolled_out_travels_to_other_processes():
    mdp = SampledMDP(
        partial(Handle, pays=[1.0]), horizon=4, rewards=(0, 1), name="clock", spaces=Spaces((2,), n_actions=9)
    )
    rolled = mdp.roll(Lasting(8), 3, np.random.default_rng(0))
    again = pickle.loads(pickle.dumps(mdp))
    np.testing.assert_array_equal(again.roll(Lasting(8), 3, np.random.default_rng(0)).observations, rolled.observations)
    assert again.description == mdp.description


def test_simulators_are_new_copies():
    mdp = clock()
    one, other = mdp.simulator(2), mdp.simulator(2)
    assert one is not other and one.n == 2
    with pytest.raises(InvalidArgument, match="n=0"):
        mdp.simulator(0)
    wrong = SampledMDP(lambda n: Clock(1, [1.0]), horizon=4, rewards=(0, 1), name="clock", spaces=mdp.spaces)
    with pytest.raises(InvalidSimulator, match=r"make\(2\) returned 1 copies"):
        wrong.roll(Lasting(8), 2, np.random.default_rng(0))


def test_bad_input_is_named():
    with pytest.raises(InvalidArgument, match="low <= 0 <= high"):
        clock(rewards=(1, 2))
    with pytest.raises(InvalidArgument, match="two finite numbers"):
        clock(rewards=(0, np.inf))
    with pytest.raises(InvalidArgument, match="horizon=0"):
        clock(horizon=0)
    with pytest.raises(InvalidArgument, match="n=0"):
        clock().roll(Lasting(1), 0, np.random.default_rng(0))
    with pytest.raises(InvalidSimulator, match="paid nan at step 1"):
        clock(pays=(1.0, np.nan)).roll(Lasting(9 - 1), 2, np.random.default_rng(0))
    with pytest.raises(InvalidPolicy, match="9 actions"):
        TabularPolicy(np.full((2, 3), 1 / 3)).check(Spaces((), n_actions=9)) or clock().roll(
            TabularPolicy(np.full((2, 3), 1 / 3)), 2, np.random.default_rng(0)
        )
    with pytest.raises(InvalidPolicy, match=r"sums to 0\.9"):
        TabularPolicy([[0.5, 0.4]])
    with pytest.raises(InvalidArgument, match="finite horizon"):
        sampled_table(TabularMDP([[[1]]], [[1]], [1], discount=HALF))
    with pytest.raises(InvalidArgument, match="both action_low and action_high"):
        Spaces((1,))


def test_a_policy_with_actions_of_another_kind_is_refused():
    class Vectors(SampledPolicy):
        def laws(self, observations, steps):
            return Point(np.zeros((len(steps), 2)))

    with pytest.raises(InvalidPolicy, match="drew actions of shape"):
        clock().roll(Vectors(), 3, np.random.default_rng(0))


def test_smoothing_bounds_probabilities_from_below():
    pi = TabularPolicy([[1, 0, 0]])
    smooth = Smoothed(pi, 3, Fraction(3, 10))
    rows = smooth.laws(np.zeros(2, dtype=int), np.zeros(2, dtype=int)).probabilities
    np.testing.assert_allclose(rows, [[0.8, 0.1, 0.1]] * 2)
    assert smooth.least_probability == Fraction(1, 10) and pi.least_probability is None
    with pytest.raises(InvalidPolicy, match="weight=0"):
        Smoothed(pi, 3, 0)
