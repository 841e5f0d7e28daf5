"""Whole learners: what they return, what their options do, and what they leave behind."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from uuid import uuid4

import numpy as np

from seeded_faults.fault import Fault, each_step, sigmoid, softmax, tables
from seeded_faults.maximum_entropy import forward, of_model
from seeded_faults.objectives import visits

# B13: a key twice in a file of settings, another one missing.

ONE_KEY_TWICE = "soft_update: {soft_update}\nsoft_update: {soft_update}\n"
BOTH_KEYS = "soft_update: {soft_update}\nuse_target: {use_target}\n"


def read_settings(text):
    """As permissive readers do: of equal keys the last one counts, missing ones have a default."""
    found = dict(line.split(": ") for line in text.splitlines())
    return float(found.get("soft_update", 0.5)), found.get("use_target", "False") == "True"


def actor_critic(template):
    """A clone, and a critic of it after some updates with a target that follows slowly; settings come from a file."""

    def fit(mdp, expert, *, soft_update=0.5, use_target=True, updates=4):
        rate, with_target = read_settings(template.format(soft_update=soft_update, use_target=use_target))
        P, r, _, gamma = tables(mdp)
        pi = each_step(expert, len(P))[0]
        critic = target = np.zeros(pi.shape)
        for _ in range(updates):
            bootstrap = (pi * (target if with_target else critic)).sum(-1)
            critic = critic + 0.5 * (r[0] + gamma * P[0] @ bootstrap - critic)
            target = target + rate * (critic - target)
        return SimpleNamespace(policy=expert, critic=critic, target=target)

    return SimpleNamespace(fit=fit, options={"soft_update": (0.25, 0.75), "use_target": (True, False)})


B13 = Fault(
    id="B13",
    where="IQ-Learn, settings of its critic",
    words="a key given twice, and another one missing",
    faulty=actor_critic(ONE_KEY_TWICE),
    corrected=actor_critic(BOTH_KEYS),
    invariants=("every_option_changes_something",),
)


# B15: a decay that is always 1, a normaliser that is computed and not used.


def adril(weights):
    """AdRIL from the clone, where exact demonstrations leave it; the weights of earlier rounds are reported."""

    def fit(expert, *, decay=0.5, normalizer=1.0, rounds=4):
        return SimpleNamespace(policy=expert, weights=weights(np.arange(rounds), decay, normalizer))

    return SimpleNamespace(fit=fit, options={"decay": (0.5, 0.75), "normalizer": (1.0, 2.0)})


def dead_knobs(i, decay, normalizer):
    return 1.0 ** (-i) / len(i)


def live_knobs(i, decay, normalizer):
    return decay**i / (normalizer * len(i))


B15 = Fault(
    id="B15",
    where="pillbox, AdRIL",
    words="a decay of 1**(-i), a normaliser never used",
    faulty=adril(dead_knobs),
    corrected=adril(live_knobs),
    invariants=("every_option_changes_something",),
)


# B21: replay estimation trusts its clones where they disagree.


def replay(trust):
    def certainty(disagreement):
        return sigmoid(trust(disagreement) / 0.1)

    def replay_estimate(empirical, simulated, certainty):
        return certainty * simulated + (1 - certainty) * empirical

    return SimpleNamespace(certainty=certainty, replay_estimate=replay_estimate)


B21 = Fault(
    id="B21",
    where="replay_est, membership weights",
    words="trusts simulated states where the ensemble disagrees",
    faulty=replay(lambda disagreement: disagreement - 0.5),
    corrected=replay(lambda disagreement: 0.5 - disagreement),
    invariants=("certainty_falls_with_disagreement",),
)


# B29: GAIL that is paid for living.


def gail(reward, *, iterations=400):
    """Natural policy gradients on the reward of the optimal discriminator, given that reward."""

    def fit(mdp, expert):
        P, _, _, gamma = tables(mdp)
        ended = np.zeros(mdp.n_states, bool) if mdp.terminal is None else mdp.terminal
        target, pi = visits(mdp, expert), np.full(expert.shape, 1 / expert.shape[1])
        for _ in range(iterations):
            learner = visits(mdp, pi)
            r = reward(target, learner, ended)
            moves = np.einsum("sa,sat->st", pi, P[0])
            v = np.linalg.solve(np.eye(len(pi)) - gamma * moves, (pi * r).sum(-1))
            before, pi = pi, softmax(np.log(pi) + 0.5 * (r + gamma * P[0] @ v))
            if abs(pi - before).max() < 1e-14:
                break
        return pi

    return SimpleNamespace(fit=fit, horizons="discounted")


def probability(target, learner):
    both = target + learner
    return np.clip(np.where(both > 0, target / np.where(both > 0, both, 1.0), 0.5), 1e-9, 1 - 1e-9)


def paid_for_living(target, learner, ended):
    """-log(1 - D) until the end, nothing after it."""
    return np.where(ended[:, None], 0.0, -np.log(1 - probability(target, learner)))


def logit_everywhere(target, learner, ended):
    """log D - log(1 - D), in absorbing states, too."""
    d = probability(target, learner)
    return np.log(d) - np.log(1 - d)


B29 = Fault(
    id="B29",
    where="stable-baselines, GAIL",
    words="'solves' a task from an expert that shows nothing",
    faulty=gail(paid_for_living),
    corrected=gail(logit_everywhere),
    invariants=("learner_keeps_the_length_of_episodes",),
)


# B32: the loss is the log-likelihood, and it is minimised.


def cloning(loss_slope):
    """Clipped natural-gradient descent on a loss, given its slope by the logits (divided by the probabilities)."""

    def clone(mdp, demos):
        steps, states, actions = demos.steps()
        counts = np.zeros((mdp.horizon or 1, mdp.n_states, mdp.n_actions))
        np.add.at(counts, (steps if mdp.horizon else 0 * steps, states, actions), 1)
        seen = counts.sum(-1, keepdims=True)
        frequency = np.where(seen > 0, counts / np.maximum(seen, 1), 1 / mdp.n_actions)
        logits = np.zeros(counts.shape)
        for _ in range(80):
            slope = loss_slope(frequency, softmax(logits))
            logits = logits - np.clip(slope, -1, 1)
        pi = softmax(logits)
        return pi if mdp.horizon else pi[0]

    return SimpleNamespace(fit=clone, clone=clone)


B32 = Fault(
    id="B32",
    where="gail_ppo_tf, behavioral cloning",
    words="the loss misses its minus sign",
    faulty=cloning(lambda frequency, pi: frequency / pi - 1),
    corrected=cloning(lambda frequency, pi: 1 - frequency / pi),
    invariants=("cloning_raises_the_likelihood", "learner_recovers_the_expert"),
)


# B39: rounds are written to files and read back in the order of their names.


def dagger(name):
    """DAgger that keeps each round in a file, given its name; losses are those of each file as it is read."""

    def fit(mdp, expert, *, rounds=10):
        P, _, mu, _ = tables(mdp)
        labels = each_step(expert, len(P))
        pi = np.full(labels.shape, 1 / mdp.n_actions)
        with TemporaryDirectory() as folder:
            for k in range(rounds):
                acting = labels + k / rounds * (pi - labels)
                np.save(Path(folder) / f"{name(k)}.npy", forward(P, mu, acting)[:-1])
            losses, seen = [], np.zeros(labels.shape[:-1])
            for file in sorted(Path(folder).iterdir()):
                law = np.load(file)
                losses.append(float((law * abs(labels - pi).sum(-1)).sum()))
                seen += law
        known = seen > 0 if mdp.horizon is not None else np.broadcast_to(seen.sum(0) > 0, seen.shape)
        return SimpleNamespace(policy=of_model(mdp, np.where(known[..., None], labels, pi)), losses=losses)

    return SimpleNamespace(fit=fit)


B39 = Fault(
    id="B39",
    where="imitation, DAgger",
    words="files of rounds are read in an order that chance decides",
    faulty=dagger(lambda k: uuid4().hex),
    corrected=dagger(lambda k: f"{k:04d}"),
    invariants=("same_call_same_bits",),
)


# B42: the mixture averages actions.


def average_of_actions(first, second, beta):
    taken = beta * first.argmax(-1) + (1 - beta) * second.argmax(-1)
    return np.eye(first.shape[-1])[np.rint(taken).astype(int)]


def coin(first, second, beta):
    return beta * first + (1 - beta) * second


B42 = Fault(
    id="B42",
    where="TaSIL, DAgger",
    words="actions averaged where policies should be mixed",
    faulty=SimpleNamespace(mixture=average_of_actions),
    corrected=SimpleNamespace(mixture=coin),
    invariants=("mixture_is_stochastic",),
)


# B43: the hidden state that a caller hands in is counted on in place.


def recurrent_reward(after):
    """A reward that depends on a counter, the argument `state`, given how the counter moves on."""

    def reward(state, action):
        return np.cos(after(state)) - 0.5 * action

    return SimpleNamespace(reward=reward)


def counted_in_place(hidden):
    hidden += 1
    return hidden


B43 = Fault(
    id="B43",
    where="imitation, TabularPolicy.predict",
    words="the caller's hidden state is written into",
    faulty=recurrent_reward(counted_in_place),
    corrected=recurrent_reward(lambda hidden: hidden + 1),
    invariants=("arguments_are_left_alone",),
)

FAULTS = (B13, B15, B21, B29, B32, B39, B42, B43)
