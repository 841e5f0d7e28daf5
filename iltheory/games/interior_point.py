"""Primal-dual interior point on the occupancy polytope, for f-divergences.

Newton's method on the optimality conditions of ``min D_f(x || e) - lambda Hbar(x)`` over ``E x = b, x >= 0``, with
the products ``x z`` of a pair and its multiplier driven to zero. The Hessian has one block a state, a diagonal plus
the rank one of the entropy, so a step costs one system in the states: ``[S, S]`` with a discount, block tridiagonal
with a horizon. Total variation has a kink instead of a curvature: its reward is a variable of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np
from numpy.typing import NDArray

from iltheory.games.adversaries import DivergenceRewards
from iltheory.games.flow import Flow, scaled
from iltheory.games.game import OccupancyGame
from iltheory.games.iterate import Iterate, NoFiniteValue, policy_of
from iltheory.measures import TOTAL_VARIATION, FDivergence
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]

TO_BOUNDARY = 0.995
"""Share of the way to the boundary that a step may go."""
DECREASE = 0.15
"""Factor of the products ``x z`` from one step to the next, if the step was long."""
SMALLEST = 1e-14
"""Sum of the products ``x z``, in units of payoff, from which floats have nothing left to gain."""
NEGLIGIBLE = 1e-15
"""Gain of a Newton step, in units of payoff, at which it has converged."""
SOLVES = 6
"""Solves of a step's system; the later ones refine, or kinks would leave x far from the flow equations."""
NO_MORE = 50.0
"""Above the largest reward, what stands for an infinite one where the expert goes and no policy may."""
PATIENCE = 15
"""Steps without progress after which rounding is all that is left."""


def interior_point(game: OccupancyGame) -> Iterator[Iterate]:
    """Iterates towards the saddle point of a float64 game against an f-divergence; for up to some 500 states.

    Raises
    ------
    InvalidArgument
        If the adversary is another.
    NoFiniteValue
        If every policy goes where the expert never does and the divergence forbids it.
    """
    if not isinstance(game.adversary, DivergenceRewards):
        raise InvalidArgument("interior-point plays against f-divergences; for other rewards use method='conic'.")
    target = np.asarray(game.law(game.target)).reshape(-1, game.mdp.n_states, game.mdp.n_actions)
    problem = _Problem(Flow.of(game.mdp), target, game.adversary, float(game.entropy_weight))
    for x, gap in problem.steps():
        reward = problem.reward(x).reshape(game.shape)
        yield Iterate(policy_of(x).reshape(game.shape), reward, gap, problem.cost(x))


class _Smooth:
    """The divergence of a smooth f: slope and curvature in x."""

    def __init__(self, divergence: FDivergence, e: Floats) -> None:
        self.divergence, self.e = divergence, e

    def start(self, x: Floats, mu: float) -> None:
        pass

    def linearise(self, x: Floats, mu: float) -> tuple[Floats, Floats]:
        """Gradient (of the model of the next step) and curvature at x."""
        return -self.divergence.reward(x, self.e), self.divergence.curvature(x, self.e)

    def direction(self, dx: Floats) -> float:
        """Take note of a step, and say how much of it may be made."""
        return inf

    def move(self, length: float) -> None:
        pass

    def reward(self, x: Floats) -> Floats:
        return np.asarray(self.divergence.reward(x, self.e))


class _Kink:
    """Total variation, ``max (e - x) r`` over ``|r| <= 1/2``: ``e - x = p - q``, with multipliers p, q of the two ends.

    ``p * above = q * below = mu`` with the slacks ``above = 1/2 - r``, ``below = 1/2 + r``. These are variables of
    their own: near an end of the interval, r has no digits left for its distance to it.
    """

    def __init__(self, e: Floats) -> None:
        self.e = e

    def start(self, x: Floats, mu: float) -> None:
        self.above, self.below = np.full_like(x, 0.5), np.full_like(x, 0.5)
        self.p, self.q = 2 * mu + np.maximum(self.e - x, 0), 2 * mu + np.maximum(x - self.e, 0)

    def linearise(self, x: Floats, mu: float) -> tuple[Floats, Floats]:
        self.up, self.down = mu / self.above - self.p, mu / self.below - self.q
        self.sigma = self.p / self.above + self.q / self.below
        self.miss = self.e - x - self.p + self.q - self.up + self.down
        return -self.reward(x) - self.miss / self.sigma, 1 / self.sigma

    def direction(self, dx: Floats) -> float:
        self.dr = (self.miss - dx) / self.sigma
        self.dp = self.up + self.p * self.dr / self.above
        self.dq = self.down - self.q * self.dr / self.below
        pairs = ((self.p, self.dp), (self.q, self.dq), (self.above, -self.dr), (self.below, self.dr))
        return min(_room(value, change) for value, change in pairs)

    def move(self, length: float) -> None:
        self.above, self.below = self.above - length * self.dr, self.below + length * self.dr
        self.p, self.q = self.p + length * self.dp, self.q + length * self.dq

    def reward(self, x: Floats) -> Floats:
        return np.where(self.above < self.below, 0.5 - self.above, self.below - 0.5)


class _Problem:
    """The conic problem in floats; ``x[T, S, A]``, flow multipliers ``y[T, S]``, multipliers ``z`` of ``x >= 0``."""

    def __init__(self, flow: Flow, e: Floats, adversary: DivergenceRewards, weight: float) -> None:
        self.flow, self.adversary, self.divergence, self.weight = flow, adversary, adversary.divergence, weight
        self.e, divergence = e, adversary.divergence
        self.free = self._free(adversary.allowed(e))
        self.possible = flow.reachable(np.ones_like(self.free))[..., None]  # under any policy
        self.rarest = float(flow.p[flow.p > 0].min(initial=1.0)) * (flow.gamma or 1)  # least chance of a next state
        missed = adversary.needed(e) & ~self.free
        if missed.any():
            raise NoFiniteValue(
                f"the {self.divergence.name} of every policy from the expert is infinite: the expert takes "
                f"{int(missed.sum())} pairs to which no policy gets.\n  Use a divergence that stays finite "
                "(jensen-shannon, squared-hellinger, total-variation)."
            )
        self.term = _Kink(e) if divergence is TOTAL_VARIATION else _Smooth(divergence, np.where(self.free, e, 1))

    def _free(self, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Pairs that policies of finite distance may visit."""
        free = self.flow.safe(allowed)
        if ((self.flow.b > 0) & ~free.any(-1)).any():
            raise NoFiniteValue(
                f"the {self.divergence.name} of every policy from the expert is infinite: from some state every "
                "action leads where the expert never goes.\n  Use a divergence that stays finite (jensen-shannon, "
                "squared-hellinger, total-variation, forward-kl), or smooth the expert."
            )
        return free

    def steps(self) -> Iterator[tuple[Floats, float]]:
        """Newton steps: x, and an estimate of the duality gap."""
        x = self.flow.occupancy(policy_of(self.free.astype(float))) * self.free
        count = max(int(self.free.sum()), 1)
        mu, smallest = 1 / count, SMALLEST / count
        z = np.where(self.free, mu / np.where(self.free, x, 1), 0)
        y = np.zeros(x.shape[:2])
        self.term.start(x, mu)
        best, idle = inf, 0
        while idle < PATIENCE:
            dx, dy, dz, decrement = self._direction(x, y, z, mu)
            room = min(self.term.direction(dx), _room(x[self.free], dx[self.free]), _room(z[self.free], dz[self.free]))
            length = min(1.0, TO_BOUNDARY * room)
            x, y, z = x + length * dx, y + length * dy, z + length * dz
            self.term.move(length)
            products = float((x * z).sum())
            unbalanced = float((y * (self.flow.b - self.flow.image(x))).sum())  # x gains by this, but no policy does
            gap = products + decrement + abs(unbalanced)
            idle = idle + 1 if gap >= best else 0
            best = min(best, gap)
            yield x, gap
            if mu <= smallest and decrement <= NEGLIGIBLE:
                return
            if length > 0.5:
                mu = max(min(DECREASE * mu, 0.5 * products / count), smallest)

    def _direction(self, x: Floats, y: Floats, z: Floats, mu: float) -> tuple[Floats, Floats, Floats, float]:
        """Newton step in x, y and z, and its decrement: about twice what it gains."""
        free = self.free
        safe = np.where(free, x, 1)
        gradient, curvature = self.term.linearise(safe, mu)
        mass = np.where(free.any(-1), x.sum(-1), 1)
        share = x / mass[..., None]
        diagonal = curvature + z / safe
        if self.weight > 0:
            gradient = gradient + self.weight * np.log(np.where(free, share, 1))
            bend = diagonal * safe / self.weight  # how far from the cone's own flat direction
            v = np.where(free, safe / (self.weight * (1 + bend)), 0)
            k = (self.weight / mass) / np.where(free.any(-1), (share * bend / (1 + bend)).sum(-1), 1)
        else:
            v, k = np.where(free, 1 / diagonal, 0), np.zeros_like(mass)
        k = np.where(free.any(-1), k, 0)
        right = mu / safe - (gradient - self.flow.adjoint(y))
        # dx = C (right + E' dy) with E dx = b - E x
        missing = self.flow.b - self.flow.image(x)
        solve = self.flow.factor(v, k)
        dy, pull, dx = np.zeros_like(y), right, scaled(v, k, right)
        for _ in range(SOLVES):
            dy = dy + solve(missing - self.flow.image(dx))
            pull = right + self.flow.adjoint(dy)
            dx = scaled(v, k, pull)
        dz = np.where(free, mu / safe - z - z * dx / safe, 0)
        return dx, dy, dz, abs(float((dx * pull).sum()))

    def cost(self, x: Floats) -> float:
        """The objective: distance less weighted entropy."""
        entropy = -float((x * np.log(np.where(x > 0, policy_of(x), 1))).sum())
        return float(self.adversary.distance(x, self.e)) - self.weight * entropy

    def reward(self, x: Floats) -> Floats:
        """The reward against x. Where no policy may go it is the best one if the expert does, who is then seen best.

        Where the expert does not, it costs nothing, and is low enough to keep policies from all that leads there.
        """
        free = self.free
        smooth = self.divergence is not TOTAL_VARIATION
        r = np.where(free, self.adversary.respond(x, self.e) if smooth else self.term.reward(x), 0)
        if free.all():
            return r
        unvisited = self.adversary.respond(np.zeros_like(x), self.e)
        unvisited = np.where(self.possible, np.minimum(unvisited, r[free].max() + NO_MORE), unvisited)
        top = max(r[free].max(), unvisited[self.possible & (self.e > 0)].max(initial=-inf))
        steps = len(x) if self.flow.gamma is None else 1 / (1 - self.flow.gamma)
        worst = 10 * (1 + top - r[free].min() + self.weight * np.log(x.shape[-1])) * steps / self.rarest
        low = max(self.divergence.low, r[free].min() - worst - 800 * self.weight)
        return np.where(free, r, np.where(self.possible & (self.e == 0), low, unvisited))


def _room(value: Floats, change: Floats) -> float:
    """How far a positive value may move before it vanishes."""
    down = change < 0
    return float((value[down] / -change[down]).min()) if down.any() else inf
