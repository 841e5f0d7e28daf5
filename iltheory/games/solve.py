"""Solve a game of imitation, and certify the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import process_time

import numpy as np

from iltheory.games.adversaries import DivergenceRewards, LinearRewards
from iltheory.games.conic import conic
from iltheory.games.first_order import extragradient, frank_wolfe, mirror_descent
from iltheory.games.game import OccupancyGame
from iltheory.games.interior_point import interior_point
from iltheory.games.iterate import Iterate
from iltheory.games.saddle import Saddle, TracePoint, bounds, exact_policy
from iltheory.measures import TOTAL_VARIATION
from sims.errors import InvalidArgument

DIRECT = 500
"""States up to which systems of equations in all of them are solved."""

Solver = Callable[[OccupancyGame], Iterator[Iterate]]

SOLVERS: Mapping[str, Solver] = {
    "interior-point": interior_point,
    "conic": conic,
    "frank-wolfe": frank_wolfe,
    "mirror-descent": mirror_descent,
    "extragradient": extragradient,
}
"""Every way to solve, by name: each yields iterates of a float64 game, better and better."""


def solve(
    game: OccupancyGame,
    *,
    method: str | None = None,
    tolerance: float = 1e-10,
    iterations: int = 10_000,
    trace: bool = False,
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
        if count == iterations or iterate.gap <= tolerance * abs(iterate.value):
            break
    assert best is not None
    policy, strategy = exact_policy(best.policy), game.adversary.admit(best.strategy)
    found = bounds(game, policy, strategy)
    if trace and count != points[-1].iteration:
        points.append(TracePoint(found.primal, found.dual, count, process_time() - started))
    d, e = (np.asarray(floats.law(x)) for x in (floats.mdp.occupancy(best.policy), floats.target))
    why_not = floats.adversary.beyond_reach(d, e, entropic=game.entropic)
    return Saddle(
        primal=found.primal,
        dual=found.dual,
        game=game,
        policy=policy,
        adversary=strategy,
        attained=not why_not,
        why_not=why_not,
        method=name,
        trace=tuple(points),
    )


def _point(game: OccupancyGame, iterate: Iterate, count: int, seconds: float) -> TracePoint:
    found = bounds(game, exact_policy(iterate.policy), game.adversary.admit(iterate.strategy))
    return TracePoint(found.primal, found.dual, count, seconds)


def _default(game: OccupancyGame) -> str:
    adversary, small = game.adversary, game.mdp.n_states <= DIRECT
    if isinstance(adversary, DivergenceRewards):
        kink = adversary.divergence is TOTAL_VARIATION
        return "interior-point" if small else "mirror-descent" if kink else "frank-wolfe"
    if small or not isinstance(adversary, LinearRewards):
        return "conic"
    return "frank-wolfe" if adversary.ball == "l2" else "extragradient"
