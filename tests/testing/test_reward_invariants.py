"""Invariants of learned rewards: ours keep them, and the bugs they were made for break them."""

from __future__ import annotations

import numpy as np
import pytest

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
    reward_paths_agree,
    reward_rises_where_the_expert_goes_more,
    shaping_keeps_every_difference,
    uninformative_expert_prefers_no_length,
)

STATES, ACTIONS = np.arange(6) % 4, np.arange(6) % 3
TABLE = np.arange(12.0).reshape(4, 3)


def lookup(s, a):
    return TABLE[s, a]


def normalised_over_the_batch(s, a):  # B4
    logits = TABLE[s, a]
    return logits - np.log(np.exp(logits).sum())


def squeezed(s, a):  # B41
    return TABLE[s, a].squeeze() if len(s) > 1 else TABLE[s, a].squeeze()[()]


def whitened(s, a):  # B5: statistics of the batch
    logits = TABLE[s, a]
    return (logits - logits.mean()) / (logits.std() + 1e-8)


def test_a_table_of_rewards_ignores_batch_mates():
    reward_ignores_batch_mates(lookup, STATES, ACTIONS)


@pytest.mark.parametrize("faulty", [normalised_over_the_batch, squeezed, whitened, lambda s, a: TABLE[s]])
def test_rewards_that_see_the_batch_are_caught(faulty):
    with pytest.raises(InvariantViolated, match="reward_ignores_batch_mates"):
        reward_ignores_batch_mates(faulty, STATES, ACTIONS)


def airl(expert, learner):
    d = expert / (expert + learner)
    return np.log(d) - np.log(1 - d)


def gail(expert, learner):
    return -np.log(1 - expert / (expert + learner))


def dying(expert, learner):
    return np.log(expert / (expert + learner))


def infogail(expert, learner):
    return 2 + 0.1 * airl(expert, learner)


def flipped(expert, learner):
    return -airl(expert, learner)


def test_the_logit_prefers_no_length_and_rises():
    reward_is_the_log_ratio(airl)
    reward_rises_where_the_expert_goes_more(airl)
    uninformative_expert_prefers_no_length(airl)


@pytest.mark.parametrize("divergence", F_DIVERGENCES.values(), ids=F_DIVERGENCES)
def test_our_rewards_rise_and_prefer_no_length_once_centred(divergence):
    centred = divergence.centred()
    uninformative_expert_prefers_no_length(lambda expert, learner: centred.reward(learner, expert))
    if divergence.name != "total-variation":  # its reward has two values
        reward_rises_where_the_expert_goes_more(lambda expert, learner: centred.reward(learner, expert))


@pytest.mark.parametrize(
    ("bug", "faulty"),
    [("B28, B29: living", gail), ("B28: dying", dying), ("B27: 2 a step", infogail)],
)
def test_rewards_that_prefer_a_length_are_caught(bug, faulty):
    reward_rises_where_the_expert_goes_more(faulty)
    with pytest.raises(InvariantViolated, match="uninformative_expert_prefers_no_length"):
        uninformative_expert_prefers_no_length(faulty)


def test_an_offset_at_the_expert_prefers_a_length():
    reverse = F_DIVERGENCES["reverse-kl"]  # B12: stationary reward -1
    with pytest.raises(InvariantViolated, match=r"episodes of \(1, 2, 5, 20\) steps\[3\] is -20"):
        uninformative_expert_prefers_no_length(lambda expert, learner: reverse.reward(learner, expert))


def test_interchanged_signs_are_caught():
    with pytest.raises(InvariantViolated, match="reward_rises_where_the_expert_goes_more"):  # B28
        reward_rises_where_the_expert_goes_more(flipped)
    with pytest.raises(InvariantViolated, match="reward_is_the_log_ratio"):
        reward_is_the_log_ratio(flipped)
    with pytest.raises(InvariantViolated, match="reward_is_the_log_ratio"):  # B4: log-softmax, not the logit
        reward_is_the_log_ratio(lambda x, y: airl(x, y) - np.log(np.exp(airl(x, y)).sum()))


def ended_at_zero(mdp, potential):
    if mdp.terminal is not None:
        potential = np.where(mdp.terminal, 0.0, potential)
    return np.asarray(mdp.rewards()) + np.asarray(shaping(mdp, potential))


def unmasked(mdp, potential):  # B22
    after = float(mdp.discount) * np.asarray(mdp.transitions.expect(potential))
    return np.asarray(mdp.rewards()) + after - potential[:, None]


def undiscounted(mdp, potential):
    potential = np.where(mdp.terminal, 0.0, potential) if mdp.terminal is not None else potential
    return np.asarray(mdp.rewards()) + np.asarray(mdp.transitions.expect(potential)) - potential[:, None]


def test_our_shaping_keeps_every_difference():
    shaping_keeps_every_difference(ended_at_zero)
    shaping_keeps_every_difference(ended_at_zero, [discounted_model(), episodic_model()])


@pytest.mark.parametrize("faulty", [unmasked, undiscounted])
def test_shaping_that_changes_the_best_policy_is_caught(faulty):
    with pytest.raises(InvariantViolated, match="shaping_keeps_every_difference"):
        shaping_keeps_every_difference(faulty)


def test_paths_that_skip_shaping_are_caught():
    def shaped(s, a):
        return lookup(s, a) - np.arange(4)[s]

    reward_paths_agree({"train": shaped, "predict": shaped}, STATES, ACTIONS)
    with pytest.raises(InvariantViolated, match="the reward of predict"):  # B23
        reward_paths_agree({"train": shaped, "predict": lookup}, STATES, ACTIONS)


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
    for faulty in (
        lambda k: (1.0, [-1 / (k - 1)] * (k - 2) + [0.0, 0.0]),  # B14: the round before still counts as current
        lambda k: (1.0, [-1.0] * (k - 1) + [0.0]),  # B15: never normalised
    ):
        with pytest.raises(InvariantViolated, match="labels_are_the_functional_gradient"):
            labels_are_the_functional_gradient(faulty)
