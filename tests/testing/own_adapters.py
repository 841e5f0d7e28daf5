"""Adapters of our own functions and learners."""

from __future__ import annotations

from typing import ClassVar

import iltheory as il
from iltheory.learners.demonstrations import shown_occupancy


class Exact:
    """The package's own occupancies, values, soft planning, sampling, counting."""

    def occupancy(self, mdp, policy):
        return mdp.occupancy(policy)

    def value(self, mdp, policy):
        return mdp.value(policy)

    def empirical_occupancy(self, mdp, demos):
        return shown_occupancy(mdp, demos)

    def rollout(self, mdp, policy, n, rng):
        return mdp.sample(policy, n, rng)

    def step(self, mdp, state, action, rng):
        following = rng.choice(mdp.n_states, p=mdp.P[state, action])
        return following, mdp.next_state_reward[0, state, action, following]

    def soft_plan(self, mdp, temperature):
        found = mdp.soft_optimal(temperature)
        return found.policy, found.v


class Cloning:
    def fit(self, mdp, demos):
        return il.learners.behavioral_cloning(demos, mdp)

    clone = fit


class MaximumCausalEntropy:
    tolerance = 1e-6
    ignoring = ("seconds",)

    def fit(self, mdp, expert):
        return il.learners.maximum_causal_entropy(mdp, expert)


class Gail:
    options: ClassVar = {"entropy_weight": (0, 1)}
    ignoring = ("seconds",)
    tolerance = 1e-6

    def fit(self, mdp, expert, entropy_weight=0):
        return il.learners.gail(mdp, expert, entropy_weight=entropy_weight)


class ValueDual:
    """The dual of maximum causal entropy: the soft optimal value, and its derivative, an occupancy."""

    def loss(self, mdp, point, expert):
        r = mdp.with_rewards(point)
        return scale(mdp) * (r.soft_optimal(1).value - r.value(expert))

    def gradient(self, mdp, point, expert):
        r = mdp.with_rewards(point)
        return scale(mdp) * total(mdp) * (r.occupancy(r.soft_optimal(1).policy) - r.occupancy(expert))


def scale(mdp):
    return 1.0 if mdp.horizon is not None else 1 - float(mdp.discount)


def total(mdp):
    """What an occupancy is multiplied by to be paired with rewards."""
    return 1.0 if mdp.horizon is not None else 1 / (1 - float(mdp.discount))
