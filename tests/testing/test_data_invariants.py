"""Invariants of what reads, collects and learns from trajectories: ours keep them, planted bugs break them."""

from __future__ import annotations

import numpy as np
import pytest
from seeded_faults.data import fixed_point_of, steps_of

from iltheory.learners import behavioral_cloning
from iltheory.learners.demonstrations import empirical_occupancy
from iltheory.testing import (
    InvariantViolated,
    cut_in_two,
    cutting_changes_nothing,
    discounted_model,
    episodes_follow_the_policy,
    episodes_have_their_horizon,
    finite_model,
    padding_changes_nothing,
    random_policy,
    rewards_are_those_of_the_model,
    rollouts_have_no_length_bias,
    steps_follow_the_model,
    time_limits_are_not_deaths,
)
from sims import TabularMDP
from sims.datasets import Trajectories, read_imitation, read_minari, write_imitation, write_minari

MDP = finite_model(varying=False)
DEMOS = MDP.sample(random_policy(MDP), 20, 0)


def ours(mdp, pi, n, rng):
    return mdp.sample(pi, n, rng)


def test_our_samples_have_no_length_bias():
    rollouts_have_no_length_bias(ours)
    with pytest.raises(InvariantViolated, match="2000 of 4000 episodes"):
        rollouts_have_no_length_bias(lambda mdp, pi, n, rng: mdp.sample(pi, n // 2, rng))


def never_over(demos):
    for state, reward, following, *_ in steps_of(demos):
        yield state, reward, following, False


def test_values_beyond_the_end_are_caught():
    def fitted(demos, gamma):  # one too many where episodes end
        return fixed_point_of(never_over)(demos, gamma) + (demos.states.max() > 0)

    with pytest.raises(InvariantViolated, match="where the episode ends, the value"):
        time_limits_are_not_deaths(fitted)


def test_our_empirical_occupancy_takes_no_time_limit_for_a_death():
    def worth(demos, gamma):
        stay = np.eye(2)[:, None, :]
        mdp = TabularMDP(stay, np.zeros((2, 1)), np.array([1.0, 0.0]), discount=gamma, terminal=[False, True])
        return empirical_occupancy(mdp, demos).sum(-1) / (1 - gamma)

    time_limits_are_not_deaths(worth)


def test_our_clones_do_not_see_cuts():
    mdp = discounted_model()
    demos = mdp.sample(random_policy(mdp), 20, 0, length=7)
    cutting_changes_nothing(lambda demos: behavioral_cloning(demos, mdp), demos)


def test_a_cut_changes_no_statistic_of_transitions():
    pieces = cut_in_two(DEMOS)
    assert len(pieces) == 2 * len(DEMOS) and pieces.lengths.sum() == DEMOS.lengths.sum()
    assert np.array_equal(pieces.actions, DEMOS.actions) and np.array_equal(pieces.rewards, DEMOS.rewards)

    def transitions(demos):
        counts = np.zeros((4, 3, 4))
        for states, actions, *_ in demos:
            np.add.at(counts, (states[:-1], actions, states[1:]), 1)
        return counts

    def without_the_last(demos):  # B34: the state after the last action is lost, or wrong
        counts = np.zeros((4, 3, 4))
        for states, actions, *_ in demos:
            np.add.at(counts, (states[:-2], actions[:-1], states[1:-1]), 1)
        return counts

    cutting_changes_nothing(transitions, DEMOS)
    with pytest.raises(InvariantViolated, match="cutting_changes_nothing"):
        cutting_changes_nothing(without_the_last, DEMOS)


@pytest.mark.parametrize(
    "faulty",
    [
        lambda p, t, valid: ((p - t) ** 2).mean(),  # not masked
        lambda p, t, valid: (((p - t) ** 2 * valid).sum(1) / valid.sum(1)).mean(),  # B36: near-end steps weigh more
    ],
)
def test_padding_that_counts_is_caught(faulty):
    with pytest.raises(InvariantViolated, match="padding_changes_nothing"):
        padding_changes_nothing(faulty)


def test_horizons_are_constant():
    episodes_have_their_horizon(ours, MDP, random_policy(MDP))

    def ends_early(mdp, pi, n, rng):  # B38
        return Trajectories.concatenate([mdp.sample(pi, n - 1, rng), mdp.sample(pi, 1, rng, length=2)])

    with pytest.raises(InvariantViolated, match=r"1 of 64 episodes do not have H = 5 steps; one has \[2\]"):
        episodes_have_their_horizon(ends_early, MDP, random_policy(MDP))
    over = TabularMDP(MDP.P, np.zeros((4, 3)), MDP.mu, horizon=5)

    def marked(mdp, pi, n, rng):
        found = mdp.sample(pi, n, rng)
        return Trajectories(
            found.states, found.actions, found.rewards, ~found.terminated, found.truncated, found.offsets
        )

    with pytest.raises(InvariantViolated, match="marked as terminated"):
        episodes_have_their_horizon(marked, over, random_policy(over))


def test_episodes_that_follow_another_law_are_caught():
    pi = random_policy(MDP)
    episodes_follow_the_policy(ours, MDP, pi)

    def modes(mdp, pi, n, rng):
        return mdp.sample(np.eye(3)[pi.argmax(-1)], n, rng)

    def first_step_for_all(mdp, pi, n, rng):
        return mdp.sample(np.broadcast_to(pi[:1], pi.shape), n, rng)

    def from_anywhere(mdp, pi, n, rng):
        return TabularMDP(mdp.P, mdp.r, np.eye(4)[3], horizon=5).sample(pi, n, rng)

    def one_more(mdp, pi, n, rng):
        return TabularMDP(mdp.P, mdp.r, mdp.mu, horizon=6).sample(pi[[0, 1, 2, 3, 4, 4]], n, rng)

    moving = np.eye(3)[(np.arange(4) + np.arange(5)[:, None]) % 3]  # another action at every step
    for faulty, policy, words in (
        (modes, pi, "among 1024 draws, the frequency"),
        (first_step_for_all, moving, r"the frequency of a step, state and action\[1, .* is .* \(should be 0\)"),
        (from_anywhere, pi, "among 1024 draws"),
        (one_more, pi, "an episode has 6 steps"),
        (lambda mdp, pi, n, rng: ours(mdp, pi, n - 1, rng), pi, "1023 of 1024 episodes"),
    ):
        with pytest.raises(InvariantViolated, match=words):
            episodes_follow_the_policy(faulty, MDP, policy)


def test_steps_that_follow_another_law_are_caught():
    def step(state, action, rng):
        return rng.choice(4, p=MDP.P[state, action]), 0.0

    steps_follow_the_model(step, MDP.P)
    for faulty in (
        lambda state, action, rng: (0, 0.0),
        lambda state, action, rng: step(state, 0, rng),
        lambda state, action, rng: step((state + 1) % 4, action, rng),
    ):
        with pytest.raises(InvariantViolated, match="among 1024 draws, the frequency"):
            steps_follow_the_model(faulty, MDP.P)
    certain = np.eye(4)[np.arange(12).reshape(4, 3) % 4]
    with pytest.raises(InvariantViolated, match=r"next state\[0, 0, 1\] is 1 \(should be 0\)"):
        steps_follow_the_model(lambda state, action, rng: (int(certain[state, action].argmax() + 1) % 4, 0.0), certain)


def test_round_trips_keep_rewards_in_their_place(tmp_path):
    def round_trip(demos):
        write_imitation(demos, tmp_path / "demos", truncated_as="infos")
        return read_imitation(tmp_path / "demos", terminal_as="infos", drop_infos=True)

    rewards_are_those_of_the_model(lambda demos: demos, MDP, DEMOS)
    rewards_are_those_of_the_model(round_trip, MDP, DEMOS)

    def through_minari(demos):
        write_minari(demos, tmp_path / "minari", dataset_id="test/steps-v0", n_states=4, n_actions=3)
        return read_minari(tmp_path / "minari")

    rewards_are_those_of_the_model(through_minari, MDP, DEMOS)

    def shifted(demos):  # B34, B37: the reward of the step before
        rewards = np.roll(demos.rewards, 1)
        return Trajectories(demos.states, demos.actions, rewards, demos.terminated, demos.truncated, demos.offsets)

    def merged(demos):  # B34: truncated becomes terminated
        return Trajectories(
            demos.states, demos.actions, demos.rewards, demos.truncated, demos.terminated, demos.offsets
        )

    def unended(demos):  # B34: the state after the last action is not kept
        states = demos.states.copy()
        states[demos.offsets[1:] + np.arange(len(demos))] = 0
        return Trajectories(states, demos.actions, demos.rewards, demos.terminated, demos.truncated, demos.offsets)

    for faulty, words in (
        (shifted, "the reward of a step"),
        (merged, "terminated flags changed"),
        (unended, r"states\[\d+\] is 0"),
    ):
        with pytest.raises(InvariantViolated, match=words):
            rewards_are_those_of_the_model(faulty, MDP, DEMOS)
