"""Neural learners beside their exact twins: tabular worlds, one-hot features, and what gradients certify."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iltheory.claims import drawing
from iltheory.learners.neural import Architecture, CategoricalHead, OneHot, PolicyNetwork, Transitions
from sims import TabularMDP
from sims import arithmetic as ar
from sims.sampled import SampledPolicy

Floats = NDArray[np.float64]

S, A, H = 3, 2, 3


def tabular_world(seed: int, *, n_states: int = S, n_actions: int = A, horizon: int = H) -> tuple[TabularMDP, Floats]:
    """A model whose numbers are multiples of a power of two, and an expert that plays every action, ``[H, S, A]``."""
    rng = np.random.default_rng(seed)
    scale = drawing.Scale(
        size=1, n_states=n_states, n_actions=n_actions, horizon=horizon, law="mixed", stationary=False
    )
    mdp = drawing.model(rng, scale, finite=True).select(0).to("float64")
    return mdp, np.asarray(mdp.soft_optimal(0.5).policy)


def linear_softmax(mdp: TabularMDP, *, precision: Any = "float64", temperature: float = 1.0) -> Architecture:
    """One parameter for each step, state and action: all policies that play every action."""
    head = CategoricalHead(mdp.n_actions, temperature)
    return Architecture(OneHot(mdp.n_states, mdp.horizon), head, hidden=(), precision=precision)


def population(mdp: TabularMDP, acting: Any, labels: Any | None = None, *, dtype: Any = torch.float64) -> Transitions:
    """Every ``(h, s, a, s')`` once, weighted by its probability: what infinitely many demonstrations show.

    States are those that `acting` visits; actions are those of `labels` where it is given (they do not move the state).
    Starts repeat each state in proportion to ``mu``, which must be multiples of 1/4096.
    """
    horizon = mdp.horizon
    assert horizon is not None
    shape = (horizon, mdp.n_states, mdp.n_actions)
    moves = np.broadcast_to(ar.midpoint(mdp.transitions.dense()), (*shape, mdp.n_states))
    said = np.broadcast_to(np.asarray(ar.midpoint(mdp.policy(acting if labels is None else labels))), shape)
    weights = (np.asarray(ar.midpoint(mdp.state_occupancy(acting)))[..., None] * said)[..., None] * moves
    h, s, a, after = np.nonzero(weights)
    terminal = np.zeros(mdp.n_states, dtype=bool) if mdp.terminal is None else np.asarray(mdp.terminal)
    starts = np.repeat(np.arange(mdp.n_states), np.rint(np.asarray(ar.midpoint(mdp.mu)) * 4096).astype(int))
    weight = torch.tensor(weights[h, s, a, after], dtype=dtype)
    return Transitions(
        observations=torch.tensor(s),
        actions=torch.tensor(a),
        next_observations=torch.tensor(after),
        absorbing=torch.tensor(terminal[after]),
        steps=torch.tensor(h),
        weights=weight / weight.mean(),
        starts=torch.tensor(starts),
    )


def table(policy: SampledPolicy, mdp: TabularMDP) -> Floats:
    """Probabilities of a sampled policy in every state, ``[H, S, A]``."""
    assert mdp.horizon is not None
    h, s = np.divmod(np.arange(mdp.horizon * mdp.n_states), mdp.n_states)
    laws: Any = policy.laws(s, h)
    return np.asarray(laws.probabilities).reshape(mdp.horizon, mdp.n_states, mdp.n_actions)


def one_hot_features(mdp: TabularMDP) -> Floats:
    """Features ``[H, S, A, H S A]`` of the exact twin with one parameter for each step, state and action."""
    assert mdp.horizon is not None
    shape = (mdp.horizon, mdp.n_states, mdp.n_actions)
    return np.eye(int(np.prod(shape))).reshape(*shape, -1)


def gradient(network: PolicyNetwork, objective: Any) -> Floats:
    """Gradient of an objective in the logits of a linear network, ``[H S, A]``."""
    (g,) = torch.autograd.grad(objective, network.layers[0].weight)
    return np.asarray(g)


def minimise(parameters: Iterable[Any], objective: Callable[[], Any], *, iterations: int = 500) -> None:
    """L-BFGS on a smooth objective, to gradients near rounding: learners take too many steps for that."""
    solver = torch.optim.LBFGS(
        list(parameters), max_iter=iterations, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure() -> Any:
        solver.zero_grad()
        value = objective()
        value.backward()
        return value

    solver.step(closure)
