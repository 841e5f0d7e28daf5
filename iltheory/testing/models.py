"""Models and policies the invariants are checked on unless given others: small, and with exact answers.

Everything is float64; probabilities and rewards are multiples of a power of two.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.testing.violation import Floats
from sims import TabularMDP
from sims import arithmetic as ar

SIZES = (4, 3)
HORIZON = 5
DISCOUNT = Fraction(7, 8)


def finite_model(seed: int = 0, *, varying: bool = True) -> TabularMDP:
    """4 states, 3 actions, 5 steps; transitions and rewards differ from step to step if ``varying``."""
    return _model(seed, (HORIZON,) if varying else (), horizon=HORIZON)


def discounted_model(seed: int = 0, *, discount: Fraction = DISCOUNT) -> TabularMDP:
    """4 states, 3 actions, a discount."""
    return _model(seed, (), discount=discount)


def models() -> list[TabularMDP]:
    """A finite horizon, another whose law varies with the step, and a discount."""
    return [finite_model(varying=False), finite_model(1), discounted_model(2)]


def episodic_model(*, discount: Fraction = DISCOUNT) -> TabularMDP:
    """Episodes that end: walk along three states with action 0, or leave from any of them with action 1.

    State 3 is terminal. Leaving state s earns ``s + 1``, walking nothing; walking on from state 2 stays there.
    """
    moves = np.array([[1, 3], [2, 3], [2, 3], [3, 3]])
    r = np.array([[0, 1], [0, 2], [0, 3], [0, 0]])
    P = ar.asarray(np.eye(4, dtype=np.int64)[moves])
    ended = np.array([False, False, False, True])
    mdp = TabularMDP(P, ar.asarray(r), ar.asarray([1, 0, 0, 0]), discount=discount, terminal=ended)
    return mdp.to("float64")


def paid_on_arrival(mdp: TabularMDP, r: Floats) -> TabularMDP:
    """The same model with rewards ``[S, A, S]`` of the state of arrival, at every step alike."""
    # a step for each of H, because r[S, A, S] could be read as r[H, S, A] where the three sizes are equal
    table = r if mdp.horizon is None else np.broadcast_to(r, (mdp.horizon, *r.shape))
    return TabularMDP(mdp.transitions, table, mdp.mu, horizon=mdp.horizon, discount=mdp.discount)


def random_policy(mdp: TabularMDP, seed: int = 0) -> Floats:
    """A policy with full support, ``[H, S, A]`` or ``[S, A]``, multiples of 1/1024."""
    steps = () if mdp.horizon is None else (mdp.horizon,)
    weights = np.random.default_rng(seed).integers(1, 100, (*steps, mdp.n_states, mdp.n_actions))
    return _rows(weights, 1024)


def _model(
    seed: int, steps: tuple[int, ...], *, horizon: int | None = None, discount: Fraction | None = None
) -> TabularMDP:
    rng = np.random.default_rng(seed)
    n_states, n_actions = SIZES
    P = _rows(rng.integers(0, 8, (*steps, n_states, n_actions, n_states)) ** 2 + 1, 1024)
    r = rng.integers(-8, 9, (*steps, n_states, n_actions)) / 8
    mu = _rows(rng.integers(1, 8, n_states), 1024)
    return TabularMDP(P, r, mu, horizon=horizon, discount=None if discount is None else float(discount))


def _rows(weights: NDArray[Any], denominator: int) -> Floats:
    """Distributions along the last axis, multiples of ``1 / denominator``."""
    parts = np.floor(denominator * weights / weights.sum(-1, keepdims=True))
    parts[..., 0] += denominator - parts.sum(-1)
    rows: Floats = parts / denominator
    return rows
