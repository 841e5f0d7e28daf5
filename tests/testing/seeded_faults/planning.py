"""Soft backups, policy evaluation with entropy, and advantages along a trajectory."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from seeded_faults.fault import Fault, each_step, entropy_terms, logsumexp, softmax, tables
from seeded_faults.maximum_entropy import backward, of_model

# B16: behaviour is soft, the target takes the maximum.


def boltzmann(q, temperature):
    return softmax(q / temperature)


def dqn_target(q):
    return q.max(-1)


def soft_target(q, temperature):
    return temperature * logsumexp(q / temperature)


B16 = Fault(
    id="B16",
    where="pillbox soft Q, imitation SQIL",
    words="soft behaviour, hard maximum in the target",
    faulty=SimpleNamespace(behaviour=boltzmann, backup=dqn_target),
    corrected=SimpleNamespace(behaviour=boltzmann, backup=soft_target),
    invariants=("backup_matches_behaviour",),
)


# B25: the entropy of an evaluated policy has weight 1; softmax over all of the table.


def soft_evaluation(state_value):
    """Policy evaluation by sweeps, given the value of a state from its Q, its policy and the entropy's weight."""

    def soft_value(mdp, policy, temperature):
        P, r, _, gamma = tables(mdp)
        pi, V = each_step(policy, len(P)), np.zeros((len(P) + 1, mdp.n_states))
        for t in reversed(range(len(P))):
            V[t] = state_value(r[t] + gamma * P[t] @ V[t + 1], pi[t], temperature)
        return of_model(mdp, V[:-1])

    return soft_value


def with_entropy(Q, pi, ent_wt):
    return (pi * (Q - ent_wt * entropy_terms(pi))).sum(-1)


def with_entropy_of_weight_one(Q, pi, ent_wt):
    return (pi * (Q - entropy_terms(pi))).sum(-1)


def with_negative_entropy(Q, pi, ent_wt):
    return (pi * (Q + ent_wt * entropy_terms(pi))).sum(-1)


def q_iteration(normaliser):
    """Soft planning, given what the exponentials of a table are divided by."""

    def soft_plan(mdp, temperature):
        P, r, _, gamma = tables(mdp)
        Q, V = backward(P, r, gamma, temperature)
        weights = np.exp((Q - V[..., None]) / temperature)
        return of_model(mdp, weights / normaliser(weights)), of_model(mdp, V)

    return soft_plan


B25 = Fault(
    id="B25",
    where="inverse_rl, Q iteration",
    words="entropy of weight 1; softmax over the whole table",
    faulty=SimpleNamespace(
        soft_value=soft_evaluation(with_entropy_of_weight_one),
        soft_plan=q_iteration(lambda weights: weights.sum((-2, -1), keepdims=True)),
    ),
    corrected=SimpleNamespace(
        soft_value=soft_evaluation(with_entropy), soft_plan=q_iteration(lambda weights: weights.sum(-1, keepdims=True))
    ),
    invariants=("soft_evaluation_is_a_linear_solve", "soft_optimality_holds"),
)


# B33: the sign of the entropy; advantages off by one step.


def gae(after):
    """Generalised advantage estimation, given V(s_{t + 1}) for each t from all values and the end."""

    def advantages(rewards, values, discount, decay, terminated):
        following = after(values, terminated)
        found, running = np.zeros(len(rewards)), 0.0
        for t in reversed(range(len(rewards))):
            delta = rewards[t] + discount * following[t] - values[t]
            running = delta + discount * decay * running
            found[t] = running
        return found

    return advantages


def next_values(values, terminated):
    return np.append(values[1:-1], 0.0 if terminated else values[-1])


def values_of_the_same_step(values, terminated):
    return np.append(values[:-2], 0.0 if terminated else values[-1])


B33 = Fault(
    id="B33",
    where="Stable-Baselines3, SAC and rollout buffer",
    words="sign of the entropy; advantages off by one step",
    faulty=SimpleNamespace(soft_value=soft_evaluation(with_negative_entropy), advantages=gae(values_of_the_same_step)),
    corrected=SimpleNamespace(soft_value=soft_evaluation(with_entropy), advantages=gae(next_values)),
    invariants=("soft_evaluation_is_a_linear_solve", "lambda_returns_match_brute_force"),
)


# B35: a discrete actor descends its objective.


def discrete_actor(sign):
    """Soft actor-critic with one table of Q, given the sign of the loss whose gradient the optimiser follows."""

    temperature = 0.5

    def q_table(mdp):
        return np.broadcast_to(tables(mdp).r[0], (mdp.n_states, mdp.n_actions))

    def points(n_states, n_actions, rng):
        return rng.integers(-16, 17, (n_states, n_actions)) / 8

    def objective(mdp, point):
        pi = softmax(point)
        return (pi * (q_table(mdp) - temperature * entropy_terms(pi))).sum()

    def derivative(mdp, point):
        pi = softmax(point)
        gain = q_table(mdp) - temperature * entropy_terms(pi)
        return pi * (gain - (pi * gain).sum(-1, keepdims=True))

    def update(mdp, point):
        return -sign * derivative(mdp, point)

    return SimpleNamespace(points=points, objective=objective, update=update)


B35 = Fault(
    id="B35",
    where="d3rlpy, discrete SAC",
    words="sign of the actor's loss",
    faulty=discrete_actor(1.0),
    corrected=discrete_actor(-1.0),
    invariants=("step_ascends",),
)

FAULTS = (B16, B25, B33, B35)
