"""Small games of every kind, and certificates of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from iltheory.games import (
    Adversary,
    DivergenceRewards,
    LinearRewards,
    LipschitzRewards,
    OccupancyGame,
    certificate,
    solve,
)
from iltheory.measures import F_DIVERGENCES
from sims import TabularMDP, families

S, A = 3, 2
ENDS: dict[str, dict[str, Any]] = {"finite": {"horizon": 3}, "discounted": {"discount": 0.75}}


def model(end: str, *, n_states: int = S, n_actions: int = A, rng: int = 0) -> TabularMDP:
    """A Garnet whose numbers are dyadic."""
    branching = min(2, n_states)
    return families.garnet(n_states=n_states, n_actions=n_actions, branching=branching, rng=rng, **ENDS[end])


def stochastic(mdp: TabularMDP, rng: int = 0) -> Any:
    """A policy without zeros, multiples of ``2**-10``."""
    shape = (mdp.n_states,) if mdp.horizon is None else (mdp.horizon, mdp.n_states)
    return on_grid(np.random.default_rng(rng).dirichlet(np.ones(mdp.n_actions), size=shape))


def on_grid(laws: Any) -> Any:
    """Move distributions to positive multiples of ``2**-10`` that sum to exactly 1."""
    units = np.maximum(np.floor(laws * 2.0**10), 1)
    top = units.argmax(-1)[..., None] == np.arange(units.shape[-1])
    return np.where(top, 2.0**10 - np.where(top, 0, units).sum(-1, keepdims=True), units) / 2.0**10


def metric(n: int, rng: int = 0) -> Any:
    """Distances of points on a grid of ``2**-6`` in the sup norm: exact in floats."""
    points = np.floor(np.random.default_rng(rng).random((n, 2)) * 2.0**6) / 2.0**6
    return abs(points[:, None] - points[None]).max(-1)


def adversaries(n_states: int = S, n_actions: int = A, rng: int = 0) -> dict[str, Adversary]:
    """One of every kind."""
    features = np.floor(np.random.default_rng(rng).normal(size=(n_states, n_actions, 4)) * 2.0**6) / 2.0**6
    found: dict[str, Adversary] = {name: DivergenceRewards(name) for name in F_DIVERGENCES}
    found |= {ball: LinearRewards(features, ball) for ball in ("simplex", "l1", "l2", "linf")}
    return found | {"lipschitz": LipschitzRewards(metric(n_states * n_actions, rng))}


KINDS = tuple(adversaries())
WEIGHTS = (0, Fraction(1, 8), 1)


def game(kind: str, end: str, weight: Any = Fraction(1, 8), *, exact: bool = False) -> OccupancyGame:
    """The game of a kind against a stochastic expert."""
    mdp = model(end).to("rational") if exact else model(end)
    expert = mdp.system.convert(stochastic(mdp))
    return OccupancyGame(mdp, mdp.occupancy(expert), adversaries()[kind], weight if exact else float(weight))


@cache
def _certified(kind: str, end: str, weight: Any) -> str:
    return json.dumps(certificate(solve(game(kind, end, weight))))


def certified(kind: str, end: str, weight: Any = Fraction(1, 8)) -> dict[str, Any]:
    """A fresh copy of the certificate of a solved game."""
    found: dict[str, Any] = json.loads(_certified(kind, end, weight))
    return found


def changed(data: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    """A copy with one entry changed."""
    data = copy.deepcopy(data)
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])
    return data
