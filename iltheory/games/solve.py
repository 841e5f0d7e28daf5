"""Solve a game of imitation, and certify the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from time import process_time

import numpy as np

from iltheory.games.adversaries import DivergenceRewards, LinearRewards
from iltheory.games.conic import conic
from iltheory.games.first_order import extragradient, frank_wolfe, mirror_descent
from iltheory.games.game import OccupancyGame
from iltheory.games.interior_point import interior_point
from iltheory.games.iterate import Iterate
from iltheory.games.saddle import Certified, Saddle, TracePoint, certify
from iltheory.measures import TOTAL_VARIATION
from sims import arithmetic as ar
from sims.errors import InvalidArgument, require

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
    tolerance: float = 1e-9,
    iterations: int = 1000,
    trace: bool = False,
) -> Saddle:
    """Solve in floats, then bound the value from both sides in interval arithmetic.

    Parameters
    ----------
    game : in any number system; exact models stay exact in the certificate
    method : a name in ``SOLVERS``; by default the fastest one for the game
    tolerance : stop once the certified duality gap is this small, relative to the value. Where the value is 0 the
        solver goes on until floats, or iterations, give no more; the gap of the answer says how far that is.
    iterations : the most iterations
    trace : certify after 1, 2, 4, 8, ... iterations too, for figures

    Raises
    ------
    InvalidArgument
        If an option makes no sense, or the method cannot play against this adversary.
    NoFiniteValue
        If every policy is infinitely far from the expert.
    Unsolved
        If the solver gives up.
    """
    require("game", game, OccupancyGame, "OccupancyGame(mdp, target, DivergenceRewards('jensen-shannon'))")
    name = _default(game) if method is None else method
    if not isinstance(name, str) or name not in SOLVERS:
        raise InvalidArgument(f"method={method!r} must be one of {', '.join(SOLVERS)}.")
    if not isinstance(iterations, int) or isinstance(iterations, bool) or iterations < 1:
        raise InvalidArgument(f"iterations={iterations!r} must be an integer, at least 1.")
    if not isinstance(tolerance, int | float) or not 0 <= tolerance < inf:
        raise InvalidArgument(f"tolerance={tolerance!r} must be a finite number, not negative.")
    floats, rigorous = game.to("float64"), game.to("interval")
    best: Certified | None = None
    closest: Iterate | None = None
    checked: Iterate | None = None
    points: list[TracePoint] = []
    clock, due = Clock(), 1
    for count, iterate in enumerate(SOLVERS[name](floats), 1):
        clock.pause()
        if closest is None or iterate.gap < closest.gap:
            closest = iterate
        promising = iterate.gap <= tolerance * abs(iterate.value)
        if promising or count == iterations or (trace and count == due):
            best, checked = certify(rigorous, iterate, best), iterate
            points.append(TracePoint(best.primal, best.dual, count, clock.seconds))
            due = max(due, 2 * count)
        if count == iterations or (promising and best is not None and best.relative_gap <= tolerance):
            break
        clock.resume()
    assert closest is not None  # every solver has an iterate
    if best is None or checked is not closest:
        best = certify(rigorous, closest, best)
    points = [
        *(point for point in points if point.iteration < count),
        TracePoint(best.primal, best.dual, count, clock.seconds),
    ]
    occupancy = floats.mdp.occupancy(ar.convert(best.policy, "float64"))
    d, e = (np.asarray(floats.law(x)) for x in (occupancy, floats.target))
    why_not = floats.adversary.beyond_reach(d, e, entropic=game.entropic)
    return Saddle(
        primal=best.primal,
        dual=best.dual,
        game=game,
        policy=best.policy,
        adversary=best.strategy,
        attained=not why_not,
        why_not=why_not,
        method=name,
        trace=tuple(points),
    )


class Clock:
    """CPU seconds of this process, while it is not paused."""

    def __init__(self) -> None:
        self.seconds, self.started = 0.0, process_time()

    def pause(self) -> None:
        """Stop counting."""
        self.seconds += process_time() - self.started

    def resume(self) -> None:
        """Count again."""
        self.started = process_time()


def _default(game: OccupancyGame) -> str:
    adversary, small = game.adversary, game.mdp.n_states <= DIRECT
    if isinstance(adversary, DivergenceRewards):
        kink = adversary.divergence is TOTAL_VARIATION
        return "interior-point" if small else "mirror-descent" if kink else "frank-wolfe"
    if small or not isinstance(adversary, LinearRewards):
        return "conic"
    return "extragradient"
