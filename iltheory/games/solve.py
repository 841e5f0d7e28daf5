"""Solve a game of imitation, and certify the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import process_time
from typing import Any

import numpy as np

from iltheory.games.game import OccupancyGame
from iltheory.games.interior_point import interior_point
from iltheory.games.iterate import Iterate
from iltheory.games.saddle import Saddle, TracePoint, bounds, exact_policy
from sims.errors import InvalidArgument

Solver = Callable[[OccupancyGame], Iterator[Iterate]]

SOLVERS: Mapping[str, Solver] = {"interior-point": interior_point}
"""Every way to solve, by name: each yields iterates of a float64 game, better and better."""


def solve(
    game: OccupancyGame, *, method: str | None = None, tolerance: float = 1e-10, iterations: int = 10_000, trace: bool = False
) -> Saddle:
    """Solve in floats, then bound the value from both sides in interval arithmetic.

    Parameters
    ----------
    game : in any number system; exact models stay exact in the certificate
    method : a name in ``SOLVERS``; by default the fastest one for the game
    tolerance : stop once the solver's own estimate of the duality gap, relative to the value, is this small
    iterations : the most iterations
    trace : keep rigorous bounds after 1, 2, 4, 8, ... iterations

    Raises
    ------
    NoFiniteValue
        If every policy is infinitely far from the expert.
    """
    name = method or _default(game)
    if name not in SOLVERS:
        raise InvalidArgument(f"method={method!r} must be one of {', '.join(SOLVERS)}.")
    floats = game.to("float64")
    points: list[TracePoint] = []
    best: Iterate | None = None
    started, due = process_time(), 1
    for count, iterate in enumerate(SOLVERS[name](floats), 1):
        best = iterate
        if trace and count == due:
            seconds = process_time() - started
            points.append(_point(game, iterate, count, seconds))
            started, due = process_time() - seconds, 2 * due
        if count == iterations:
            break
    assert best is not None
    policy, strategy = exact_policy(best.policy), game.adversary.admit(best.strategy)
    found = bounds(game, policy, strategy)
    if trace and count != points[-1].iteration:
        points.append(TracePoint(found.primal, found.dual, count, process_time() - started))
    return Saddle(
        primal=found.primal,
        dual=found.dual,
        game=game,
        policy=policy,
        adversary=strategy,
        attained=True,
        why_not="",
        method=name,
        trace=tuple(points),
    )


def _point(game: OccupancyGame, iterate: Iterate, count: int, seconds: float) -> TracePoint:
    found = bounds(game, exact_policy(iterate.policy), game.adversary.admit(iterate.strategy))
    return TracePoint(found.primal, found.dual, count, seconds)


def _default(game: OccupancyGame) -> str:
    return "interior-point"
