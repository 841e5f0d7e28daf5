"""Saddle points of imitation, certified, beside hand-written conic models whose answers nobody checked.

A model is written as in cvxpy's tutorials: occupancy is a variable, flow a constraint, entropies are ``rel_entr``.
Ours counts everything: building, solving, and bounding the value from both sides in intervals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial

import cvxpy as cp
import numpy as np
from harness import Bench, Row, local, race
from instances import GAMMA, SEED, Dense, dense, random_sparse

from iltheory.games import Adversary, DivergenceRewards, LinearRewards, OccupancyGame, Saddle, solve
from iltheory.learners.demonstrations import shown_occupancy

STATES, ACTIONS, FEATURES, DEMONSTRATIONS, LENGTH = 100, 4, 200, 10, 100
SLOWDOWN = 1.5
LARGE, SUCCESSORS = 10_000, 10
TOLERANCE, LIMIT = 1e-4, 60.0

Floats = np.ndarray
Distance = Callable[[cp.Variable], cp.Expression]


def rows(bench: Bench) -> Iterator[Row]:
    """Small dense models against conic solvers; then a large sparse one, by a first-order method."""
    yield from small()
    yield from large()


def small() -> Iterator[Row]:
    """Divergences from a stochastic expert with some entropy; linear programmes against what a few episodes show."""
    instance = dense(STATES, ACTIONS)
    mdp = instance.model(discount=GAMMA)
    e = np.asarray(mdp.occupancy(instance.pi))
    shown = np.asarray(shown_occupancy(mdp, mdp.sample(instance.pi, DEMONSTRATIONS, SEED, length=LENGTH)))
    f = np.random.default_rng(SEED).random((STATES, ACTIONS, FEATURES))
    cases: list[tuple[str, Floats, Adversary, float, Distance]] = [
        ("GAIL", e, DivergenceRewards("jensen-shannon"), 0.01, lambda x: _jensen_shannon(x, e)),
        ("GAIL", e, DivergenceRewards("jensen-shannon"), 1.0, lambda x: _jensen_shannon(x, e)),
        ("chi2", e, DivergenceRewards("chi2"), 0.01, lambda x: cp.sum(cp.multiply(1 / e, cp.square(x - e)))),
        ("LP, total variation", shown, DivergenceRewards("total-variation"), 0, lambda x: cp.norm1(x - shown) / 2),
        (
            f"LP, {FEATURES} features in the sup norm",
            shown,
            LinearRewards(f, "l1"),
            0,
            lambda x: cp.norm_inf(f.reshape(-1, FEATURES).T @ cp.vec(x - shown, order="C")),
        ),
    ]
    for name, target, adversary, weight, distance in cases:
        game = OccupancyGame(mdp, target, adversary, weight)
        found, value = solve(game), by_hand(instance, distance, weight)
        mine, theirs = race(local(partial(solve, game)), local(partial(by_hand, instance, distance, weight)))
        note = f"{_accuracy(found)} by {found.method}; theirs off by {abs(value - float(found.value.lower)):.0e}"
        task = f"{name}, S={STATES} A={ACTIONS} lambda={weight:g}"
        yield Row(task, "cvxpy, uncertified", mine, theirs, mine / theirs, "<=", SLOWDOWN, note)


def by_hand(instance: Dense, distance: Distance, weight: float) -> float:
    """Value of the game by Clarabel, or by HiGHS if it is a linear programme, at their default tolerances."""
    x = cp.Variable((STATES, ACTIONS), nonneg=True)
    inflow = instance.P.reshape(-1, STATES).T @ cp.vec(x, order="C")
    cost = distance(x)
    if weight:
        mass = cp.sum(x, axis=1, keepdims=True) @ np.ones((1, ACTIONS))
        cost = cost + weight * cp.sum(cp.rel_entr(x, mass))
    problem = cp.Problem(cp.Minimize(cost), [cp.sum(x, axis=1) == (1 - GAMMA) * instance.mu + GAMMA * inflow])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of cvxpy's own bounds
        problem.solve(solver="HIGHS" if problem.is_lp() else "CLARABEL")
    return float(problem.value)


def _jensen_shannon(x: cp.Variable, e: Floats) -> cp.Expression:
    return cp.sum(cp.rel_entr(x, (x + e) / 2)) + cp.sum(cp.rel_entr(e, (x + e) / 2))


def large() -> Iterator[Row]:
    """Frank-Wolfe with soft-optimal answers; only sparse products and policy evaluations."""
    instance = random_sparse(LARGE, ACTIONS, SUCCESSORS)
    mdp = instance.model()
    target = mdp.occupancy(instance.pi)
    for divergence in ("jensen-shannon", "chi2"):
        for weight in (1.0, 0.1, 0.01):
            game = OccupancyGame(mdp, target, DivergenceRewards(divergence), weight)
            task = partial(solve, game, method="frank-wolfe", tolerance=TOLERANCE)
            found = task()
            seconds = local(task)() if found.relative_gap <= TOLERANCE else float("inf")
            name = f"{divergence}, S={LARGE} {SUCCESSORS} successors lambda={weight:g}, first order"
            note = f"{_accuracy(found)} after {found.trace[-1].iteration} iterations"
            yield Row(name, "our own", seconds, None, seconds, "<=", LIMIT, note)


def _accuracy(found: Saddle) -> str:
    return f"certified relative gap {found.relative_gap:.1e}"
