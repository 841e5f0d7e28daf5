"""Invariants of learned rewards: ours keep them, and the bugs they were made for break them."""

from __future__ import annotations

import numpy as np
import pytest
from seeded_faults.rewards import plain_logit

from iltheory.learners.adril import replay_labels
from iltheory.measures import F_DIVERGENCES
from iltheory.measures.rewards import shaping
from iltheory.testing import (
    InvariantViolated,
    discounted_model,
    episodic_model,
    labels_are_the_functional_gradient,
    reward_ignores_batch_mates,
    reward_is_of_this_transition,
    reward_is_the_log_ratio,
    reward_rises_where_the_expert_goes_more,
    shaping_keeps_every_difference,
    uninformative_expert_prefers_no_length,
)

STATES, ACTIONS = np.arange(6) % 4, np.arange(6) % 3
TABLE = np.arange(12.0).reshape(4, 3)


def lookup(s, a):
    return TABLE[s, a]


def test_a_table_of_rewards_ignores_batch_mates():
    reward_ignores_batch_mates(lookup, STATES, ACTIONS)


def test_rewards_with_an_axis_too_many_are_caught():
    with pytest.raises(InvariantViolated, match="reward_ignores_batch_mates"):
        reward_ignores_batch_mates(lambda s, a: TABLE[s], STATES, ACTIONS)


def dying(expert, learner):
    return np.log(expert / (expert + learner))


@pytest.mark.parametrize("divergence", F_DIVERGENCES.values(), ids=F_DIVERGENCES)
def test_our_rewards_rise_and_prefer_no_length_once_centred(divergence):
    centred = divergence.centred()
    uninformative_expert_prefers_no_length(lambda expert, learner: centred.reward(learner, expert))
    if divergence.name != "total-variation":  # its reward has two values
        reward_rises_where_the_expert_goes_more(lambda expert, learner: centred.reward(learner, expert))


def test_rewards_for_dying_are_caught():  # B28, the other way round
    reward_rises_where_the_expert_goes_more(dying)
    with pytest.raises(InvariantViolated, match="uninformative_expert_prefers_no_length"):
        uninformative_expert_prefers_no_length(dying)


def test_an_offset_at_the_expert_prefers_a_length():
    reverse = F_DIVERGENCES["reverse-kl"]  # B12: stationary reward -1
    with pytest.raises(InvariantViolated, match=r"episodes of \(1, 2, 5, 20\) steps, the return\[3\] is -20"):
        uninformative_expert_prefers_no_length(lambda expert, learner: reverse.reward(learner, expert))


def flipped(expert, learner):
    return -plain_logit(expert, learner)


def test_interchanged_signs_are_caught():  # B28
    for invariant in (reward_rises_where_the_expert_goes_more, reward_is_the_log_ratio):
        with pytest.raises(InvariantViolated, match=invariant.__name__):
            invariant(flipped)


def ended_at_zero(mdp, potential):
    if mdp.terminal is not None:
        potential = np.where(mdp.terminal, 0.0, potential)
    return np.asarray(mdp.rewards()) + np.asarray(shaping(mdp, potential))


def undiscounted(mdp, potential):
    potential = np.where(mdp.terminal, 0.0, potential) if mdp.terminal is not None else potential
    return np.asarray(mdp.rewards()) + np.asarray(mdp.transitions.expect(potential)) - potential[:, None]


def test_our_shaping_keeps_every_difference():
    shaping_keeps_every_difference(ended_at_zero)
    shaping_keeps_every_difference(ended_at_zero, [discounted_model(), episodic_model()])


def test_shaping_without_the_discount_is_caught():
    with pytest.raises(InvariantViolated, match="shaping_keeps_every_difference"):
        shaping_keeps_every_difference(undiscounted)


def test_rewards_of_the_transition_before_are_caught():
    r = np.random.default_rng(0).integers(-8, 9, (3, 2, 3)) / 8

    def step(s, a, rng):
        following = int(rng.integers(3))
        return following, r[s, a, following]

    def early(s, a, rng):  # B37: computed before the step
        following = int(rng.integers(3))
        return following, r[s, a, s]

    reward_is_of_this_transition(step, r)
    with pytest.raises(InvariantViolated, match="reward_is_of_this_transition"):
        reward_is_of_this_transition(early, r)


def test_labels_of_rounds_are_the_functional_gradient():
    labels_are_the_functional_gradient(lambda k: (replay_labels(k)[0], replay_labels(k)[1:]))
    with pytest.raises(InvariantViolated, match="labels_are_the_functional_gradient"):  # never normalised
        labels_are_the_functional_gradient(lambda k: (1.0, [-1.0] * (k - 1) + [0.0]))
