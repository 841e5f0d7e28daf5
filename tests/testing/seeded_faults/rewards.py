"""Learned rewards: discriminators, shaping, labels of rounds, rewards of a simulator."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from seeded_faults.fault import Fault, sigmoid, tables
from seeded_faults.planning import gae, next_values


def features(state, action):
    """Something a network could read, and give a logit for."""
    return np.stack([np.sin(state + 2.0 * action), 0.5 * state - action, np.ones(len(state))], axis=-1)


WEIGHTS = np.array([1.0, -0.5, 0.25])


def logit(expert_density, learner_density):
    return np.log(expert_density) - np.log(learner_density)


# B4: log-softmax of a vector of logits, that is, across the batch.


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def airl_scores(reward_of_logits):
    def reward(state, action):
        return reward_of_logits(features(state, action) @ WEIGHTS)

    def airl_reward(expert_density, learner_density):
        return reward_of_logits(logit(expert_density, learner_density))

    return SimpleNamespace(reward=reward, airl_reward=airl_reward)


def of_two_classes(logits):
    both = log_softmax(np.stack([logits, np.zeros_like(logits)], axis=-1))
    return both[..., 0] - both[..., 1]


B4 = Fault(
    id="B4",
    where="imitation, AIRL",
    words="softmax across the batch",
    faulty=airl_scores(log_softmax),
    corrected=airl_scores(of_two_classes),
    invariants=("reward_ignores_batch_mates", "reward_is_the_log_ratio"),
)


# B5: observations normalised by whatever batch is at hand.


def normalised_by_the_batch(x):
    return (x - x.mean(0)) / (x.std(0) + 1e-8)


class RunningNorm:
    """Statistics of training, kept."""

    mean = np.array([0.1, -1.0, 1.0])
    std = np.array([0.7, 2.0, 1.0])

    def __call__(self, x):
        return (x - self.mean) / self.std


def network(normalise):
    def reward(state, action):
        return normalise(features(state, action)) @ WEIGHTS

    return SimpleNamespace(reward=reward)


B5 = Fault(
    id="B5",
    where="imitation, AIRL's entropy bonus and buffers",
    words="normalised by the statistics of the batch",
    faulty=network(normalised_by_the_batch),
    corrected=network(RunningNorm()),
    invariants=("reward_ignores_batch_mates",),
)


# B41: an axis of size 1 is squeezed, whatever it means.


def forward_pass(drop_last_axis):
    def reward(state, action):
        hidden = np.tanh(features(state, action))
        return drop_last_axis(hidden @ WEIGHTS[:, None])

    return SimpleNamespace(reward=reward)


B41 = Fault(
    id="B41",
    where="imitation, reward networks",
    words="axes of size 1 squeezed, the batch's, too",
    faulty=forward_pass(np.squeeze),
    corrected=forward_pass(lambda x: x.squeeze(-1)),
    invariants=("reward_ignores_batch_mates",),
)


# B14: the environment starts to count rounds at 1, the buffer at 0.


def adril_labels(number):
    """What pairs earn in round k, given by which number the rewards know it; the buffer counts from 0."""

    def labels(round):
        buffer = range(round)
        return 1.0, [0.0 if label >= number(round) else -1 / (round - 1) for label in buffer]

    return SimpleNamespace(labels=labels)


B14 = Fault(
    id="B14",
    where="pillbox, AdRIL",
    words="environment and buffer count rounds differently",
    faulty=adril_labels(lambda k: k - 2),
    corrected=adril_labels(lambda k: k - 1),
    invariants=("labels_are_the_functional_gradient",),
)


# B22: the potential of a state after the end is whatever the network says.


def potential_shaping(potential_after):
    def shaped(mdp, potential):
        P, r, _, gamma = tables(mdp)
        ended = np.zeros(mdp.n_states, bool) if mdp.terminal is None else mdp.terminal
        after = potential_after(potential, ended)
        return r[0] + gamma * P[0] @ after - potential[:, None]

    return SimpleNamespace(shaped=shaped, horizons="discounted")


B22 = Fault(
    id="B22",
    where="imitation, inverse_rl and MA-AIRL, shaped rewards",
    words="potentials of terminal states that are not 0",
    faulty=potential_shaping(lambda potential, ended: potential),
    corrected=potential_shaping(lambda potential, ended: np.where(ended, 0.0, potential)),
    invariants=("shaping_keeps_every_difference",),
)


# B23: a wrapper shapes `forward`, and inherits `predict` from what it wraps.


class BaseReward:
    def base(self, state, action):
        return features(state, action) @ WEIGHTS

    def forward(self, state, action, next_state):
        return self.base(state, action)

    def predict(self, state, action, next_state):
        return self.base(state, action)


class ShapedForward(BaseReward):
    def forward(self, state, action, next_state):
        return self.base(state, action) + 0.875 * np.cos(next_state) - np.cos(state)


class ShapedEverywhere(ShapedForward):
    def predict(self, state, action, next_state):
        return self.forward(state, action, next_state)


def calls(network):
    return SimpleNamespace(
        reward=network.forward, reward_paths={"forward": network.forward, "predict": network.predict}
    )


B23 = Fault(
    id="B23",
    where="imitation, shaped reward networks",
    words="shaping skipped by `predict`",
    faulty=calls(ShapedForward()),
    corrected=calls(ShapedEverywhere()),
    invariants=("reward_paths_agree",),
)


# B27: a bonus for every step, and a tail that does not know how the episode ended.


def probability(expert_density, learner_density):
    return sigmoid(logit(expert_density, learner_density))


def info_gail_reward(expert_density, learner_density):
    return 2 + 0.1 * logit(expert_density, learner_density)


def plain_logit(expert_density, learner_density):
    d = probability(expert_density, learner_density)
    return np.log(d) - np.log(1 - d)


def zero_after_a_full_episode(values, terminated):
    full = len(values) - 1 == 100
    return np.append(values[1:-1], 0.0 if full else values[-1])


B27 = Fault(
    id="B27",
    where="InfoGAIL",
    words="2 a step for living; the tail of advantages ignores the end",
    faulty=SimpleNamespace(adversarial_reward=info_gail_reward, advantages=gae(zero_after_a_full_episode)),
    corrected=SimpleNamespace(adversarial_reward=plain_logit, advantages=gae(next_values)),
    invariants=("uninformative_expert_prefers_no_length", "lambda_returns_match_brute_force"),
)


# B28: GAIL's reward, positive wherever it is, given out as AIRL's.


def gail_reward(expert_density, learner_density):
    return -np.log(1 - probability(expert_density, learner_density) + 1e-8)


B28 = Fault(
    id="B28",
    where="openai/imitation, a2c-gail",
    words="-log(1 - D) hard-coded, and handed out as the logit",
    faulty=SimpleNamespace(discriminator=probability, adversarial_reward=gail_reward, airl_reward=gail_reward),
    corrected=SimpleNamespace(discriminator=probability, adversarial_reward=plain_logit, airl_reward=plain_logit),
    invariants=("uninformative_expert_prefers_no_length", "reward_is_the_log_ratio"),
)


# B37: the reward is read off the arm before the physics moves it.


class Reacher:
    """Does a recorded episode again; rewards depend on where `arm` is."""

    def __init__(self, mdp, trajectory):
        self.r, self.states, self.arm = np.asarray(mdp.r), trajectory.states, trajectory.states[0]

    def simulate(self, t):
        self.arm = self.states[t]

    def reward(self, action):
        return self.r[self.arm, action]


def reward_first(env, t, action):
    reward = env.reward(action)
    env.simulate(t)
    return reward


def physics_first(env, t, action):
    env.simulate(t)
    return env.reward(action)


def recorder(step):
    """Episodes recorded anew, given the order of a step."""

    def read(mdp, demos):
        rewards = []
        for trajectory in demos:
            env = Reacher(mdp, trajectory)
            rewards += [step(env, t, action) for t, action in enumerate(trajectory.actions)]
        return replace(demos, rewards=np.array(rewards))

    return SimpleNamespace(read=read, varying=False)


B37 = Fault(
    id="B37",
    where="Gymnasium, Reacher and Pusher",
    words="the reward of the state before the step",
    faulty=recorder(reward_first),
    corrected=recorder(physics_first),
    invariants=("rewards_are_those_of_the_model",),
)

FAULTS = (B4, B5, B14, B22, B23, B27, B28, B37, B41)
