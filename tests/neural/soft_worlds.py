"""Tabular worlds as transitions, with the masses of an occupancy as weights: no sampling error at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from iltheory.learners.neural import Architecture, CategoricalHead, OneHot, Transitions
from sims import TabularMDP

DISCOUNT = 0.8


def ring(n: int = 4, *, discount: float = DISCOUNT, terminal: bool = False) -> TabularMDP:
    """n states in a ring: go on, stay, or (in a world with an end) leave for a last state that nobody leaves."""
    moves = np.zeros((n + terminal, 2 + terminal, n + terminal))
    for s in range(n):
        moves[s, 0, (s + 1) % n] = moves[s, 1, s] = 1
        if terminal:
            moves[s, 2, n] = 1
    if terminal:
        moves[n, :, n] = 1
    mu = np.zeros(n + terminal)
    mu[:2] = 0.5
    ends = np.arange(n + 1) == n if terminal else None
    return TabularMDP(moves, np.zeros(moves.shape[:2]), mu, discount=discount, terminal=ends)


def population(mdp: TabularMDP, law: Any) -> Transitions:
    """Every pair of a deterministic model once, but those of a terminal state; weights in proportion to a law."""
    n = mdp.n_states - (0 if mdp.terminal is None else int(mdp.terminal.sum()))
    states, actions = (x.ravel() for x in np.indices((n, mdp.n_actions)))
    following = np.asarray(mdp.P).argmax(-1)[states, actions]
    weights = np.asarray(law)[states, actions]
    return Transitions(
        observations=torch.tensor(states),
        actions=torch.tensor(actions),
        next_observations=torch.tensor(following),
        absorbing=torch.tensor(following >= n),
        steps=torch.zeros(len(states), dtype=torch.int64),
        weights=torch.tensor(weights / weights.mean()),
        starts=torch.tensor(np.flatnonzero(np.asarray(mdp.mu))),
    )


def table(mdp: TabularMDP) -> Architecture:
    """A softmax table in doubles."""
    return Architecture(OneHot(mdp.n_states), CategoricalHead(mdp.n_actions), hidden=(), precision="float64")


def descend(parameters: Any, loss: Any, *, iterations: int = 400) -> float:
    """Minimise a smooth loss by L-BFGS until its gradient vanishes; the largest entry of it."""
    parameters = list(parameters)
    search = torch.optim.LBFGS(
        parameters,
        max_iter=iterations,
        tolerance_grad=1e-12,
        tolerance_change=0,
        history_size=50,
        line_search_fn="strong_wolfe",
    )

    def evaluate() -> Any:
        search.zero_grad()
        value = loss()
        value.backward()
        return value

    search.step(evaluate)
    evaluate()
    return max(float(p.grad.abs().max()) for p in parameters if p.grad is not None)


def expert_of(mdp: TabularMDP, seed: int = 0) -> np.ndarray:
    """A policy that takes every action everywhere, all alike in a terminal state."""
    pi = np.random.default_rng(seed).dirichlet(np.full(mdp.n_actions, 3.0), size=mdp.n_states)
    return pi if mdp.terminal is None else np.where(np.asarray(mdp.terminal)[:, None], 1 / mdp.n_actions, pi)
