"""How close instances come to violating a claim, in float64: what a search maximises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim, InvalidClaim, collecting
from iltheory.claims.kinds import Instance
from iltheory.engine.evaluate import DELTA
from iltheory.engine.statistical import look
from iltheory.measures import Sampling
from sims import arithmetic as ar
from sims.arithmetic import REFUTED, Comparison, MixedArithmetic, NotANumber, NotSingle

NEGLIGIBLE = 1e-9
"""Sides below this are as good as zero: in float64 their difference says nothing."""
FEW = 128
"""Outcomes a search draws of each expectation of a statistical claim."""
ILL_FORMED = (InvalidClaim, MixedArithmetic, NotANumber, NotSingle)
"""Errors of a formula that no instance could avoid: it is no claim, and a search that went on would find nothing."""
UNMET = 1e3
"""Margin of an assumption that fails and does not say by how much."""


@dataclass(frozen=True)
class Sides:
    """Both sides of a claim on N instances, the side that should be the smaller first.

    Attributes
    ----------
    low, high : raw float64 arrays ``[N]``, numpy or torch: the claim says ``low <= high``; of an equality ``low`` is
        the distance of its sides and ``high`` is 0
    scale : sum of the sizes of both sides
    unmet : by how much assumptions are violated, 0 where they hold
    equality : whether the claim is one
    """

    low: Any
    high: Any
    scale: Any
    unmet: Any
    equality: bool

    @property
    def excess(self) -> Any:
        """``(low - high) / scale``, in [-1, 1]: positive where the claim is violated, and in the order of the ratio."""
        return (self.low - self.high) / (self.scale + NEGLIGIBLE)


def sides(claim: Claim, instance: Instance, size: int) -> Sides:
    """Evaluate a claim on ``size`` instances in float64."""
    with collecting() as conditions, np.errstate(all="ignore"):
        comparison = claim.evaluate(instance)
        lhs, rhs = _raw(comparison.lhs), _raw(comparison.rhs)
        unmet = sum(_like(_unmet(condition), lhs if hasattr(lhs, "new_tensor") else rhs) for _, condition in conditions)
        scale = abs(lhs) + abs(rhs)
        if comparison.op == "==":
            lhs, rhs = abs(lhs - rhs), 0.0 * scale
        elif comparison.op in (">=", ">"):
            lhs, rhs = rhs, lhs
    low, high, scale, unmet = (_spread(x, size) for x in (lhs, rhs, scale, unmet))
    return Sides(low, high, scale, unmet, equality=comparison.op == "==")


@dataclass(frozen=True)
class Scores:
    """What a search compares instances by.

    Attributes
    ----------
    excess : ``[N]``, see :class:`Sides`; -1 where both sides vanish, minus infinity where an assumption fails or a side
        is no number
    ratios : ``[N]``, the side that should be the smaller over the other; of equalities the distance of both sides; NaN
        where it says nothing
    lows : ``[N]``, the side that should be the smaller; of instances with one excess searches prefer where it is large
    """

    excess: NDArray[np.float64]
    ratios: NDArray[np.float64]
    lows: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Scores]) -> Scores:
        """Scores of several batches, one after the other."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    @property
    def ratio(self) -> float | None:
        """The largest ratio, if there is one."""
        found = self.ratios[~np.isnan(self.ratios)]
        return float(found.max()) if found.size else None


def scores(claim: Claim, instance: Instance, size: int) -> Scores:
    """Score ``size`` instances of numpy tables; a statistical claim is sampled a little on each, with one seed."""
    found = _sampled_sides(claim, instance, size) if claim.statistical else sides(claim, instance, size)
    low, high, unmet = (np.asarray(x, dtype=float) for x in (found.low, found.high, found.unmet))
    with np.errstate(all="ignore"):
        applies = (unmet <= 0) & ~np.isnan(low) & ~np.isnan(high)
        says = np.asarray(found.scale, dtype=float) > NEGLIGIBLE
        excess = np.where(applies, np.where(says, np.nan_to_num(found.excess, nan=-1.0), -1.0), -np.inf)
        beyond = np.where(low > NEGLIGIBLE, np.inf, np.nan)
        ratios = low if found.equality else np.where(high > NEGLIGIBLE, low / high, beyond)
    return Scores(excess, np.where(applies, ratios, np.nan), np.where(applies, low, -np.inf))


def _sampled_sides(claim: Claim, instance: Instance, size: int) -> Sides:
    """Sides from few outcomes: a direction to search in, and nothing more."""
    looks = [
        look(
            claim, claim.convert(claim.select(instance, i), ar.INTERVAL), Sampling(np.random.default_rng(1), DELTA, FEW)
        )
        for i in range(size)
    ]
    lhs, rhs = (np.array([float(getattr(one, side).middle) for one in looks]) for side in ("lhs", "rhs"))
    low, high = (rhs, lhs) if looks[0].op in (">=", ">") else (lhs, rhs)
    unmet = np.array([UNMET if one.met == REFUTED else 0.0 for one in looks])
    return Sides(low, high, abs(low) + abs(high), unmet, equality=looks[0].op == "==")


def _raw(side: Any) -> Any:
    """Floats of numpy or torch; sides that depend on no table may be exact."""
    if isinstance(side, int | Fraction):
        return float(side)
    numbers = ar.wrap(side)
    return numbers.raw if numbers.system.name == "float64" else ar.midpoint(numbers)


def _unmet(condition: Any) -> Any:
    if not isinstance(condition, Comparison):
        return np.where(np.asarray(condition), 0.0, UNMET)
    difference = _raw(condition.lhs) - _raw(condition.rhs)
    if condition.op == "==":
        return abs(difference)
    beyond = difference if condition.op in ("<=", "<") else -difference
    strict = np.where(condition.verdicts < 0, NEGLIGIBLE, 0.0)  # `<` fails at equality, too
    return (beyond + abs(beyond)) / 2 + _like(strict, beyond)


def _like(x: Any, y: Any) -> Any:
    """``x`` as a tensor if ``y`` is one."""
    return y.new_tensor(x) if hasattr(y, "new_tensor") and not hasattr(x, "new_tensor") else x


def _spread(x: Any, size: int) -> Any:
    if hasattr(x, "new_tensor"):
        return x.expand(size)
    return np.broadcast_to(np.asarray(x, dtype=float), (size,))
