"""What the claims on the identification of rewards share: tiny models, changed dynamics, and soft-optimal policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Any

import numpy as np

from iltheory.claims.claim import Assumption, Sizes
from iltheory.claims.domains import Rows
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Instance, Kind, Model
from iltheory.measures import is_deterministic
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

SMALL = Sizes(n_states=5, n_actions=4, horizon=6, strict=True)
"""Claims that solve soft problems in balls, or linear systems in all rewards at once, stay on small models."""

GRAPHS = Sizes(n_states=4, n_actions=4, horizon=6, strict=True)
"""Claims about connected graphs: in larger ones random moves seldom are."""


@dataclass(frozen=True)
class DeterministicModel(Model):
    """A model whose actions lead to one state, the same at every step; named worlds may still offer others."""

    def __str__(self) -> str:
        return f"deterministic {super().__str__()}"

    @property
    def transitions(self) -> Rows:
        """One next state for each action."""
        return Rows(deterministic=True)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> TabularMDP:
        """Draw models whose transitions are deterministic, whatever the law of everything else."""
        return super().draw(rng, replace(scale, law="deterministic", stationary=True), before)


def _any_transitions(kind: Kind) -> Kind:
    return Model(kind.finite, kind.low, kind.high, kind.own_start) if isinstance(kind, DeterministicModel) else kind


DETERMINISTIC = Assumption("every action leads to one state", lambda mdp: is_deterministic(mdp), _any_transitions)

DeterministicDiscountedMDP = Annotated[TabularMDP, DeterministicModel(finite=False)]
DeterministicFiniteMDP = Annotated[TabularMDP, DeterministicModel(finite=True)]


def moving(moves: Sequence[Sequence[int]], rewards: Any = None, **end: Any) -> TabularMDP:
    """Build the model where action a leads from s to ``moves[s][a]`` and earns ``rewards[s][a]`` (0 by default).

    The first state is uniform.
    """
    states = len(moves)
    unpaid = np.zeros(np.array(moves).shape, dtype=np.int64)
    first = [Fraction(1, states)] * states
    rewards = unpaid if rewards is None else ar.asarray(rewards)
    return TabularMDP(np.eye(states, dtype=np.int64)[np.array(moves)], rewards, ar.asarray(first), **end)


def with_transitions(mdp: TabularMDP, kernel: Numbers) -> TabularMDP:
    """The same states, rewards, first law and discount under other transitions ``[..., S, A, S]``."""
    batch = max(len(mdp.batch_shape), kernel.ndim - 3)
    unpaid = np.zeros((mdp.n_states, mdp.n_actions), dtype=np.int64)
    moved = TabularMDP(kernel, unpaid, mdp.mu, discount=mdp.discount, batch_axes=batch)
    return moved.with_rewards(mdp.rewards())


def staying(mdp: TabularMDP) -> TabularMDP:
    """The same model, but every action stays where it is."""
    stays = np.repeat(np.eye(mdp.n_states, dtype=np.int64)[:, None, :], mdp.n_actions, axis=1)
    return with_transitions(mdp, mdp.system.convert(stays))


def of_states(mdp: TabularMDP, f: Numbers) -> Numbers:
    """A function of the state as a reward of pairs, ``[..., S, A]``."""
    return ar.broadcast_to(f[..., None], (*f.shape, mdp.n_actions))


def log_policy(mdp: TabularMDP, temperature: Any = 1) -> Numbers:
    """Logarithm of the soft-optimal policy times the temperature: the soft advantage ``Q - V``."""
    soft = mdp.soft_optimal(temperature)
    return soft.q - soft.v[..., None]


def spread(x: Numbers) -> Numbers:
    """Largest minus smallest entry over the last axis."""
    return ar.amax(x, -1) - ar.amin(x, -1)


def flat(x: Numbers, axes: int) -> Numbers:
    """Join the last axes."""
    return ar.reshape(x, (*x.shape[: x.ndim - axes], int(np.prod(x.shape[x.ndim - axes :]))))


def ball(x: Any) -> Any:
    """An exact number in balls of 512 bits, for closed forms."""
    return ar.convert(x, "ball", bits=512)
