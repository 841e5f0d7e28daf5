"""The game as a convex programme over the occupancy polytope, for cvxpy: Clarabel, or HiGHS where it is linear.

For small games. The rewards' player's strategy is the multiplier of the constraint that defines what it sees.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.games.adversaries import DivergenceRewards, LinearRewards, LipschitzRewards, lipschitz_reward
from iltheory.games.game import OccupancyGame
from iltheory.games.iterate import Iterate, Unsolved, policy_of
from iltheory.games.occupancy_programme import flow_equations
from iltheory.measures import CHI2, FORWARD_KL, JENSEN_SHANNON, REVERSE_KL, SQUARED_HELLINGER, TOTAL_VARIATION
from sims import arithmetic as ar
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]


def conic(game: OccupancyGame) -> Iterator[Iterate]:
    """One iterate: the answer of the solver.

    Raises
    ------
    InvalidArgument
        If the divergence forbids some pairs, which no tolerance of a conic solver respects.
    Unsolved
        If the solver gives up.
    """
    cp: Any = import_module("cvxpy")

    if not game.adversary.allowed(np.asarray(game.law(game.target))).all():
        raise InvalidArgument(
            "the expert never goes to some pairs, where this divergence is infinite; use method='interior-point'."
        )

    equations, enters = flow_equations(game.mdp)
    matrix, b = equations.csr(), np.asarray(game.law(enters))
    x = cp.Variable(matrix.shape[1], nonneg=True)
    cost, constraints, strategy = _distance(game, x)
    if game.entropic:
        actions = game.mdp.n_actions
        mass = cp.sum(cp.reshape(x, (len(b), actions), order="C"), axis=1)
        each = np.repeat(np.arange(len(b)), actions)
        cost = cost + float(game.entropy_weight) * cp.sum(cp.rel_entr(x, mass[each]))
    problem = cp.Problem(cp.Minimize(cost), [matrix @ x == b, *constraints])
    if problem.is_lp():
        problem.solve(solver="HIGHS")
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Solution may be inaccurate")  # the certificate says how accurate
            problem.solve(solver="CLARABEL", tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    if x.value is None:
        raise Unsolved(f"the conic solver gave up, {problem.status}; use another of iltheory.games.SOLVERS.")
    occupancy = np.maximum(x.value, 0).reshape(game.shape)
    yield Iterate(policy_of(occupancy), strategy(occupancy), 0.0, float(problem.value))


Strategy = Callable[[Floats], Floats]


def _distance(game: OccupancyGame, x: Any) -> tuple[Any, list[Any], Strategy]:
    """The adversary's distance of x from the target, constraints that define it, and its strategy at the solution."""
    cp: Any = import_module("cvxpy")

    adversary, e = game.adversary, np.asarray(game.law(game.target))
    if isinstance(adversary, LinearRewards):
        features = np.broadcast_to(ar.midpoint(adversary.features), (*e.shape, adversary.features.shape[-1]))
        table = features.reshape(e.size, -1)
        difference = cp.Variable(table.shape[1])
        sees = difference == table.T @ e.ravel() - table.T @ x
        norm = {"simplex": cp.max, "l1": cp.norm_inf, "l2": cp.norm2, "linf": cp.norm1}[adversary.ball]
        return norm(difference), [sees], lambda d: -np.asarray(sees.dual_value)
    if isinstance(adversary, LipschitzRewards):
        return _transport(adversary, e, x)
    assert isinstance(adversary, DivergenceRewards)
    e = e.ravel()
    if adversary.divergence is TOTAL_VARIATION:
        difference = cp.Variable(len(e))
        sees = difference == e - x
        return cp.norm1(difference) / 2, [sees], lambda d: -np.asarray(sees.dual_value).reshape(d.shape)
    shown = e > 0
    forms = {
        FORWARD_KL.name: lambda: cp.sum(cp.rel_entr(e[shown], x[shown])),
        REVERSE_KL.name: lambda: cp.sum(cp.rel_entr(x[shown], e[shown])),
        SQUARED_HELLINGER.name: lambda: cp.sum(x) + e.sum() - 2 * np.sqrt(e) @ cp.sqrt(x),
        CHI2.name: lambda: cp.sum(cp.multiply(1 / e[shown], cp.square(x[shown] - e[shown]))),
        JENSEN_SHANNON.name: lambda: cp.sum(cp.rel_entr(x, (x + e) / 2)) + cp.sum(cp.rel_entr(e, (x + e) / 2)),
    }
    return forms[adversary.divergence.name](), [], lambda d: adversary.respond(d, e.reshape(d.shape))


def _transport(adversary: LipschitzRewards, e: Floats, x: Any) -> tuple[Any, list[Any], Strategy]:
    """Wasserstein-1 distance, step by step, by its transport plans."""
    cp: Any = import_module("cvxpy")

    cost = ar.midpoint(adversary.metric)
    n = len(cost)
    targets = e.reshape(-1, n)
    plans = [cp.Variable((n, n), nonneg=True) for _ in targets]
    leaves = [cp.sum(plan, axis=1) == x[h * n : (h + 1) * n] for h, plan in enumerate(plans)]
    arrives = [cp.sum(plan, axis=0) == target for plan, target in zip(plans, targets, strict=True)]
    total = sum(cp.sum(cp.multiply(cost, plan)) for plan in plans)

    def strategy(d: Floats) -> Floats:
        pairs = zip(arrives, targets, strict=True)
        return np.stack([lipschitz_reward(-arrive.dual_value, q, cost) for arrive, q in pairs]).reshape(d.shape)

    return total, [*leaves, *arrives], strategy
