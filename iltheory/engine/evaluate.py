"""Decide a claim on a batch of instances, escalating from intervals to exact rationals to balls where needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim, InvalidClaim, collecting, verdicts
from iltheory.claims.kinds import Instance
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED, NotRepresentable, System

NOT_APPLICABLE = 2
"""Verdict of an instance that certainly violates an assumption."""

BALL_BITS = (128, 512)
"""Precisions tried, in turn, for instances that neither intervals nor rationals decide."""

SMALL_BATCH = 16
"""Instances evaluated exactly at once: exact numbers of a batch share one denominator, which must not grow with it."""


@dataclass(frozen=True)
class Decision:
    """Verdicts of a claim on a batch of instances.

    Attributes
    ----------
    verdicts : int8 ``[n]``, ``HOLDS``, ``REFUTED``, ``UNDECIDED`` or ``NOT_APPLICABLE``
    lhs, rhs : float64 ``[n]``, midpoints of both sides
    op : the comparison
    widths : float64 ``[n]``, how far apart the two sides may still be where a comparison is undecided, else 0
    systems : names of the number system that decided each instance
    """

    verdicts: NDArray[np.int8]
    lhs: NDArray[np.float64]
    rhs: NDArray[np.float64]
    op: str
    widths: NDArray[np.float64]
    systems: NDArray[Any]

    @property
    def ratios(self) -> NDArray[np.float64]:
        """How close each instance comes to violating the claim: the smaller side over the larger.

        1 is equality, more than 1 a violation. Where the larger side is not positive a ratio says nothing: NaN if the
        claim holds there, infinite if not. Of equalities, ``|lhs - rhs|``.
        """
        low, high = (self.rhs, self.lhs) if self.op in (">=", ">") else (self.lhs, self.rhs)
        if self.op == "==":
            return np.abs(low - high)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(high > 0, low / high, np.where(low > high, np.inf, np.nan))


def decide(claim: Claim, instance: Instance, size: int, *, arithmetic: str = "auto") -> Decision:
    """Evaluate a claim on a batch.

    Parameters
    ----------
    instance : values of the parameters (exact, or of the system asked for), with ``size`` instances
    arithmetic : ``auto`` screens in intervals and escalates; a number system's name stays in it
    """
    if arithmetic != "auto":
        return _evaluate(claim, instance, size, ar.get_system(arithmetic))
    decision = _evaluate(claim, instance, size, ar.INTERVAL)
    # No number of bits proves an equality: it is only tried at the highest precision, for the narrowest width.
    bits = BALL_BITS[-1:] if decision.op == "==" else BALL_BITS
    for system in (ar.RATIONAL, *map(ar.Ball, bits)):
        open_ = np.flatnonzero(decision.verdicts == UNDECIDED)
        for part in (open_[i : i + SMALL_BATCH] for i in range(0, len(open_), SMALL_BATCH)):
            try:
                finer = _evaluate(claim, claim.select(instance, part), len(part), system)
            except NotRepresentable:
                break  # the formula leaves this system (a logarithm among rationals): the next one decides
            decision = _merge(decision, part, finer)
    return decision


def _evaluate(claim: Claim, instance: Instance, size: int, system: System) -> Decision:
    converted = claim.convert(instance, system)
    with collecting() as conditions:
        comparison = claim.evaluate(converted)
    side, assumption = f"{claim.id}: a side of the comparison", f"{claim.id}: an assumption"
    outcome = _spread(comparison.verdicts, size, side)
    met = np.full(size, HOLDS, dtype=np.int8)
    for _, condition in conditions:
        met = np.minimum(met, _spread(verdicts(condition), size, assumption))
    outcome = np.where(met == REFUTED, NOT_APPLICABLE, np.where(met == UNDECIDED, UNDECIDED, outcome)).astype(np.int8)
    lhs, rhs = (_spread(ar.midpoint(numbers), size, side) for numbers in (comparison.lhs, comparison.rhs))
    difference = ar.wrap(comparison.lhs) - comparison.rhs
    reach = _spread(np.maximum(np.abs(ar.lower(difference)), np.abs(ar.upper(difference))), size, side)
    widths = np.where(outcome == UNDECIDED, np.where(met == UNDECIDED, np.inf, reach), 0.0)
    return Decision(outcome, lhs, rhs, comparison.op, widths, np.full(size, system.name, dtype=object))


def _spread(x: NDArray[Any], size: int, what: str) -> NDArray[Any]:
    x = np.asarray(x)
    if x.shape not in ((), (1,), (size,)):
        raise InvalidClaim(
            f"{what} has shape {x.shape} for {size} instances, and not one number for each.\n"
            "  Reduce the other axes before comparing, as in x.sum(-1) or a measure such as il.value(mdp, pi)."
        )
    return np.array(np.broadcast_to(x, (size,)))


def check_separable(claim: Claim, instance: Instance, *, arithmetic: str = "auto") -> None:
    """Check on the first two instances of a batch that a formula gives each what it gives it alone.

    Parameters
    ----------
    arithmetic : as for :func:`decide`, but not ``float64``, where rounding depends on the batch

    Raises
    ------
    InvalidClaim
        If it mixes the instances, as a sum or maximum without an axis does.
    """
    system = ar.INTERVAL if arithmetic == "auto" else ar.get_system(arithmetic)
    both, *single = (claim.select(instance, index) for index in (np.arange(2), 0, 1))
    together = _bounds(claim, both, 2, system)
    for i, alone in enumerate(_bounds(claim, one, 1, system) for one in single):
        for name in ("lhs", "rhs"):
            (low,), (high,) = alone[name]
            lows, highs = together[name]
            if low > highs[i] or high < lows[i]:
                raise InvalidClaim(
                    f"{claim.id}: the {name} of one instance is {low:.6g} alone, but {lows[i]:.6g} in a batch: "
                    "the formula mixes the instances of a batch.\n"
                    "  Give every sum and maximum its axes, as in x.sum(-1): the first axis counts the instances."
                )


def _bounds(
    claim: Claim, instance: Instance, size: int, system: System
) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Bounds on both sides, whether or not the assumptions hold."""
    with collecting():
        comparison = claim.evaluate(claim.convert(instance, system))
    what = f"{claim.id}: a side of the comparison"
    return {
        name: (_spread(ar.lower(side), size, what), _spread(ar.upper(side), size, what))
        for name, side in (("lhs", comparison.lhs), ("rhs", comparison.rhs))
    }


def _merge(coarse: Decision, part: NDArray[np.intp], fine: Decision) -> Decision:
    merged = {}
    for name in ("verdicts", "lhs", "rhs", "widths", "systems"):
        values = getattr(coarse, name).copy()
        values[part] = getattr(fine, name)
        merged[name] = values
    return Decision(op=fine.op, **merged)
