"""AIRL at population level and from data: what it recovers, what transfers, and bugs other libraries had."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from iltheory import testing
from iltheory.learners import airl
from iltheory.measures import shaping
from sims import TabularMDP, families
from sims.arithmetic import NotRepresentable
from sims.errors import InvalidArgument

S, A = 6, 3
FREE = np.array([[(s + a + 1) % S for a in range(A)] for s in range(S)])
"""Each action leads further round a circle: deterministic and decomposable."""


def free_model(discount: float = 0.9) -> TabularMDP:
    return TabularMDP(np.eye(S)[FREE], np.zeros((S, A)), np.full(S, 1 / S), discount=discount)


def elsewhere(discount: float = 0.9) -> TabularMDP:
    """The actions lead elsewhere: backwards."""
    return TabularMDP(np.eye(S)[FREE[::-1, ::-1]], np.zeros((S, A)), np.full(S, 1 / S), discount=discount)


def state_reward(seed: int = 0) -> np.ndarray:
    return np.repeat(np.random.default_rng(seed).normal(size=(S, 1)), A, axis=1)


def soft_policy(mdp: TabularMDP, reward: np.ndarray) -> np.ndarray:
    return mdp.with_rewards(reward).soft_optimal(1).policy


@pytest.fixture(scope="module")
def shown() -> tuple[TabularMDP, np.ndarray, np.ndarray]:
    mdp = free_model()
    return mdp, state_reward(), soft_policy(mdp, state_reward())


# What it recovers.


def test_state_rewards_are_recovered_up_to_a_constant(shown):
    mdp, reward, expert = shown
    learnt = airl(mdp, expert)
    assert learnt.converged
    assert np.abs(learnt.policy - expert).max() < 1e-8
    assert np.ptp(learnt.reward - reward) < 1e-7
    v = mdp.with_rewards(reward).soft_optimal(1).v
    assert np.ptp(learnt.potential - v) < 1e-6
    assert np.abs(learnt.advantage - np.log(expert)).max() < 1e-7
    assert learnt.losses[-1] == pytest.approx(2 * np.log(2), abs=1e-12)


def test_state_rewards_transfer_and_rewards_of_pairs_do_not(shown):
    mdp, reward, expert = shown
    there = elsewhere()
    right = soft_policy(there, reward)
    robust, entangled = (airl(mdp, expert, reward=kind) for kind in ("state", "state-action"))
    assert np.abs(entangled.policy - expert).max() < 1e-8
    assert np.abs(soft_policy(there, robust.reward) - right).max() < 1e-7
    assert np.abs(soft_policy(there, entangled.reward) - right).max() > 0.05
    assert np.abs(soft_policy(mdp, entangled.reward) - expert).max() < 1e-7


def test_stochastic_transitions_need_the_expected_potential():
    mdp = families.garnet(S, A, 3, discount=0.9, rng=5)
    expert = soft_policy(mdp, state_reward())
    expected, sampled = (airl(mdp, expert, next_state=kind) for kind in ("expected", "sampled"))
    assert float(expected.distance) < 1e-9 and np.ptp(expected.reward - state_reward()) < 1e-6
    assert sampled.converged and float(sampled.distance) > 0.03


def test_next_states_known_from_the_action_make_no_difference(shown):
    mdp, _, expert = shown
    expected, sampled = (airl(mdp, expert, next_state=kind) for kind in ("expected", "sampled"))
    assert np.abs(expected.reward - sampled.reward).max() < 1e-8


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.99])
def test_every_discount(discount):
    mdp = free_model(discount)
    expert = soft_policy(mdp, np.random.default_rng(1).normal(size=(S, A)))
    learnt = airl(mdp, expert, reward="state-action")
    assert float(learnt.distance) < 1e-8


def test_demonstrations_are_imitated_as_closely_as_an_occupancy_can():
    mdp = free_model(0.5)
    expert = soft_policy(mdp, state_reward())
    demos = mdp.sample(expert, 400, 0, length=20)
    learnt = airl(mdp, demos, reward="state-action")
    assert learnt.converged
    assert float(learnt.distance) < 0.1
    assert np.abs(learnt.policy - expert).max() < 0.25


def test_a_deterministic_expert_has_no_finite_reward_but_a_policy():
    mdp = free_model(0.5)
    expert = mdp.with_rewards(state_reward()).optimal_policy()
    learnt = airl(mdp, expert, reward="state-action")
    assert float(learnt.distance) < 1e-6 and np.isfinite(learnt.reward).all()


def test_intervals_enclose_what_floats_report(shown):
    mdp, _, expert = shown
    floats, enclosed = airl(mdp, expert), airl(mdp.to("interval"), expert)
    from sims import arithmetic as ar

    assert ar.lower(enclosed.distance) <= float(floats.distance) <= ar.upper(enclosed.distance)
    assert np.allclose(ar.midpoint(enclosed.logits), floats.logits, atol=1e-9)


# Bugs of other libraries.


def test_the_reward_of_a_step_is_its_logit_and_does_not_depend_on_others(shown):
    """B4: it took a softmax over the batch; the reward is a table, ``f - log pi``, and 0 everywhere at the expert."""
    mdp, _, expert = shown
    learnt = airl(mdp, expert)
    d = 1 / (1 + np.exp(-learnt.logits))
    assert np.allclose(d, np.exp(learnt.advantage) / (np.exp(learnt.advantage) + learnt.policy))
    assert np.allclose(learnt.logits, np.log(d) - np.log(1 - d))
    assert np.abs(learnt.logits).max() < 1e-6


def test_all_ways_to_the_reward_agree(shown):
    """B23: shaping was left out on some of them."""
    mdp, _, expert = shown
    learnt = airl(mdp, expert)
    assert np.allclose(learnt.advantage, learnt.reward + shaping(mdp, learnt.potential))
    best = mdp.with_rewards(learnt.advantage).soft_optimal(1).policy
    assert np.abs(best - mdp.with_rewards(learnt.reward).soft_optimal(1).policy).max() < 1e-9
    assert np.abs(best - learnt.policy).max() < 1e-8


def episodic() -> TabularMDP:
    """Two states to wander in, action 0 of the second ends the episode; a clock of three actions."""
    moves = np.array([[0, 1, 1], [2, 0, 1], [2, 2, 2]])
    terminal = [False, False, True]
    return TabularMDP(np.eye(3)[moves], np.zeros((3, 3)), np.array([1.0, 0, 0]), discount=0.9, terminal=terminal)


def test_the_end_of_an_episode_has_no_potential_and_pays_nothing():
    """B22: a potential at the end changes which policies are optimal."""
    mdp = episodic()
    expert = np.array([[0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    learnt = airl(mdp, expert, reward="state-action")
    assert learnt.potential[2] == 0 and np.all(learnt.reward[2] == 0) and np.all(learnt.advantage[2] == 0)
    assert np.abs(learnt.policy[:2] - expert[:2]).max() < 1e-7


def test_what_an_expert_does_after_the_end_does_not_matter():
    mdp = episodic()
    expert = np.array([[0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    padded = expert.copy()
    padded[2] = [1, 0, 0]
    one, other = (airl(mdp, pi, reward="state-action") for pi in (expert, padded))
    assert np.array_equal(one.reward, other.reward) and np.array_equal(one.policy[:2], other.policy[:2])


def test_an_expert_that_shows_nothing_makes_no_length_better():
    """B27, B28: a reward of one sign pays for long episodes, or for short ones."""
    mdp = episodic()
    uniform = np.full((3, 3), 1 / 3)
    learnt = airl(mdp, uniform, reward="state-action")
    paid = np.where(mdp.terminal[:, None], 0, learnt.logits)
    assert np.abs(paid).max() < 1e-7
    quits, stays = (np.eye(3)[actions] for actions in ([1, 0, 0], [0, 0, 0]))
    values = [float(mdp.with_rewards(paid).value(pi)) for pi in (quits, stays)]
    assert np.abs(values).max() < 1e-6
    survival = np.where(mdp.terminal[:, None], 0, np.logaddexp(0, learnt.logits))
    assert float(mdp.with_rewards(survival).value(stays)) > 1 + float(mdp.with_rewards(survival).value(quits))


def test_a_time_limit_is_not_the_end():
    """Trajectories cut by a limit show the same laws of actions as longer ones; those that end, an end."""
    mdp = episodic()
    expert = np.array([[0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    learnt = airl(mdp, mdp.sample(expert, 3000, 1, length=200), reward="state-action")
    assert np.abs(learnt.policy[:2] - expert[:2]).max() < 0.05


# Habits.


def test_invariants(shown):
    mdp, _, expert = shown
    for kind in ("expected", "sampled"):
        of_pairs = partial(airl, reward="state-action", next_state=kind)
        testing.learner_keeps_the_length_of_episodes(of_pairs)
    testing.learner_recovers_the_expert(partial(airl, reward="state-action"), [testing.discounted_model()])
    testing.arguments_are_left_alone(airl, mdp, expert)
    testing.same_call_same_bits(airl, mdp, expert)
    options = {
        "reward": ("state", "state-action"),
        "next_state": ("expected", "sampled"),
        "iterations": (2, 3),
        "tolerance": (1e-2, 1e-9),
    }
    stochastic = testing.discounted_model()
    pi = testing.random_policy(stochastic)
    testing.every_option_changes_something(airl, stochastic, pi, options=options)


def test_rewards_of_a_step_as_functions():
    def reward(expert, learner):
        """One state, of whose actions these are the densities, up to a factor."""
        pis = [x[None] / x.sum() for x in (expert, learner)]
        mdp = TabularMDP(np.ones((1, len(expert), 1)), np.zeros((1, len(expert))), np.ones(1), discount=0.5)
        learnt = airl(mdp, pis[0], reward="state-action")
        return (learnt.advantage - np.log(pis[1]))[0] + np.log(expert.sum() / learner.sum())

    testing.reward_is_the_log_ratio(reward, tolerance=1e-7)
    testing.reward_rises_where_the_expert_goes_more(reward)


def test_own_rewards_of_the_model_do_not_matter(shown):
    mdp, reward, expert = shown
    assert np.array_equal(airl(mdp, expert).policy, airl(mdp.with_rewards(reward), expert).policy)


def test_bad_arguments_are_named(shown):
    mdp, _, expert = shown
    with pytest.raises(InvalidArgument, match="reward='pair' must be one of state, state-action"):
        airl(mdp, expert, reward="pair")
    with pytest.raises(InvalidArgument, match="next_state='known'"):
        airl(mdp, expert, next_state="known")
    with pytest.raises(InvalidArgument, match=r"horizon \(3\)"):
        airl(mdp.with_end(horizon=3), expert)
    with pytest.raises(InvalidArgument, match="iterations=0"):
        airl(mdp, expert, iterations=0)
    with pytest.raises(NotRepresentable, match="logarithms"):
        airl(families.garnet(S, A, 2, discount=0.5, rng=0).to("rational"), expert)
