"""What a solver returns: a policy and a reward, with rigorous bounds on the value of the game from both sides."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.games.adversaries import InvalidStrategy
from iltheory.games.game import NORMALISED, OccupancyGame
from iltheory.games.iterate import Iterate
from sims import arithmetic as ar
from sims.arithmetic import Enclosure, Numbers, RationalArray
from sims.tabular import InvalidPolicy
from sims.tabular.reading import read_numbers

Floats = NDArray[np.float64]

POLICY_BITS = 120
"""Probabilities of a certified policy are multiples of ``2**-POLICY_BITS``: small ones keep their size."""


@dataclass(frozen=True)
class Bounds:
    """A policy's primal and a reward's dual value: the value of the game is at most the one, at least the other."""

    primal: Enclosure
    dual: Enclosure

    @property
    def gap(self) -> Fraction | float:
        """Certified duality gap, never negative: how far either player may be from optimal."""
        return self.primal.upper - self.dual.lower

    @property
    def relative_gap(self) -> float:
        """The gap over the least absolute value the game may have; infinite where that is 0."""
        low, high = self.dual.lower, self.primal.upper
        if self.gap == 0:
            return 0.0
        return float("inf") if low <= 0 <= high else float(self.gap / (low if low > 0 else -high))


@dataclass(frozen=True)
class TracePoint(Bounds):
    """Rigorous bounds after some iterations of a solver, and the CPU seconds they took (bounds not counted)."""

    iteration: int
    seconds: float


@dataclass(frozen=True)
class Saddle(Bounds):
    """A saddle point of an :class:`OccupancyGame`, up to a certified gap.

    Attributes
    ----------
    game : the game
    policy : exact rationals ``[H, S, A]`` or ``[S, A]``, the primal player's
    adversary : floats or exact rationals, the reward player's strategy (for f-divergences: the reward)
    primal : enclosure of ``max_r payoff(policy, r)``; its upper end bounds the value of the game from above
    dual : enclosure of ``min_pi payoff(pi, adversary)``; its lower end bounds the value from below
    attained : whether a saddle point exists; if not, the value is only approached, by rewards that fall or rise without
        bound, or move to the end of a domain where the utility is infinite
    why_not : the reason, in words, if it does not
    method : solver used
    trace : rigorous bounds along the iterations
    """

    game: OccupancyGame
    policy: RationalArray
    adversary: Any
    attained: bool
    why_not: str
    method: str
    trace: tuple[TracePoint, ...]

    @property
    def value(self) -> Enclosure:
        """Enclosure of the value of the game."""
        return Enclosure(self.dual.lower, self.primal.upper, "interval")

    @property
    def reward(self) -> Numbers:
        """The adversary's reward function, in floats."""
        return self.game.to("float64").adversary.reward(ar.midpoint(ar.asarray(self.adversary)))


@dataclass(frozen=True)
class Certified(Bounds):
    """The players that hold the two bounds; they may come from different iterates."""

    policy: RationalArray
    strategy: Any


def certify(game: OccupancyGame, iterate: Iterate, best: Certified | None = None) -> Certified:
    """Bound the value of a game by the players of an iterate, or by earlier ones where these do better.

    Parameters
    ----------
    game : in interval arithmetic
    """
    policy, strategy = exact_policy(iterate.policy), game.adversary.admit(iterate.strategy)
    found = bounds(game, policy, strategy)
    if best is None:
        return Certified(found.primal, found.dual, policy, strategy)
    upper = (found.primal, policy) if found.primal.upper <= best.primal.upper else (best.primal, best.policy)
    lower = (found.dual, strategy) if found.dual.lower >= best.dual.lower else (best.dual, best.strategy)
    return Certified(upper[0], lower[0], upper[1], lower[1])


def bounds(game: OccupancyGame, policy: Any, strategy: Any) -> Bounds:
    """Bound the value of a game from both sides, in interval arithmetic.

    Parameters
    ----------
    policy : any policy of the model, exact rationals or floats whose rows sum to exactly 1
    strategy : any strategy of the adversary, floats or exact rationals

    Raises
    ------
    InvalidStrategy
        If the strategy is not certainly one of the adversary's.
    InvalidPolicy
        If the policy is none of the model's.
    """
    strategy = read_numbers("strategy", strategy, InvalidStrategy)
    expected, found = game.adversary.strategy_shape(game.shape), tuple(strategy.shape)
    if found != expected:
        raise InvalidStrategy(f"the strategy has shape {found}, the game's have {expected}.")
    game.adversary.check(strategy)
    rigorous = game.to("interval")
    convert = rigorous.mdp.system.convert
    primal, dual = rigorous.primal(convert(policy)), rigorous.dual(convert(strategy))
    return Bounds(Enclosure.of(ar.wrap(primal)), Enclosure.of(ar.wrap(dual)))


def exact_policy(policy: Floats) -> RationalArray:
    """Round the rows of a policy to rationals that sum to exactly 1; the likeliest action takes up the difference."""
    sums = policy.sum(-1)
    if not (abs(sums - 1) <= NORMALISED).all():
        raise InvalidPolicy(f"policy has rows that sum to {sums.min():.6g} to {sums.max():.6g} (should be 1).")
    scale = 2**POLICY_BITS
    top = policy.argmax(-1)[..., None] == np.arange(policy.shape[-1])
    tiny = np.where(top, 0.0, np.maximum(policy, 0.0))
    mantissa, exponent = np.frexp(tiny)
    numerators = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
    shift = exponent - 53 + POLICY_BITS
    rounded = np.where(
        shift >= 0, numerators << np.maximum(shift, 0), numerators >> np.minimum(np.maximum(-shift, 0), 63)
    )
    rest = scale - rounded.sum(-1)
    return RationalArray(np.where(top, rest[..., None], rounded), scale)
