"""Decide a claim on a batch of instances, escalating from intervals to exact rationals to balls where needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim, InvalidClaim, collecting, verdicts
from iltheory.claims.kinds import Instance
from iltheory.engine.statistical import decide_by_sampling
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED, Enclosure, NotRepresentable, System

NOT_APPLICABLE = 2
"""Verdict of an instance that certainly violates an assumption."""

ARITHMETICS = ("auto", *ar.SYSTEMS)
"""``auto`` screens in intervals and escalates; a number system's name stays in it."""

BALL_BITS = (128, 512)
"""Precisions tried, in turn, for instances that neither intervals nor rationals decide."""

DELTA = Fraction(1, 10**6)
"""Probability that any verdict of a run about a statistical claim is wrong."""

CONFIDENCE = "confidence"
"""In place of a number system's name, for instances that sampling decided."""

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
    enclosures : of a statistical claim, both sides for each instance
    """

    verdicts: NDArray[np.int8]
    lhs: NDArray[np.float64]
    rhs: NDArray[np.float64]
    op: str
    widths: NDArray[np.float64]
    systems: NDArray[Any]
    enclosures: tuple[tuple[Enclosure, Enclosure], ...] = ()

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
            return np.where(high > 0, low / high, np.where(self.verdicts == REFUTED, np.inf, np.nan))


def decide(
    claim: Claim,
    instance: Instance,
    size: int,
    *,
    arithmetic: str = "auto",
    device: str | None = None,
    seed: Sequence[int] = (0,),
    delta: Fraction = DELTA,
) -> Decision:
    """Evaluate a claim on a batch.

    Parameters
    ----------
    instance : values of the parameters (exact, or of the system asked for), with ``size`` instances
    arithmetic : ``auto`` screens in intervals and escalates; a number system's name stays in it
    device : torch device of the floats and intervals, None for numpy; exact numbers, balls and samples have none
    seed, delta : of a statistical claim: seed of the outcomes, and probability that any of the verdicts is wrong
    """
    if claim.statistical:
        return _decide_by_sampling(claim, instance, size, seed, delta)
    if arithmetic != "auto":
        return _evaluate(claim, instance, size, ar.get_system(arithmetic, device=device))
    decision = _evaluate(claim, instance, size, ar.get_system("interval", device=device))
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
    outcome = _where_met(met, outcome)
    lhs, rhs = (_spread(ar.midpoint(numbers), size, side) for numbers in (comparison.lhs, comparison.rhs))
    difference = ar.wrap(comparison.lhs) - comparison.rhs
    reach = _spread(np.maximum(np.abs(ar.lower(difference)), np.abs(ar.upper(difference))), size, side)
    widths = np.where(outcome == UNDECIDED, np.where(met == UNDECIDED, np.inf, reach), 0.0)
    return Decision(outcome, lhs, rhs, comparison.op, widths, np.full(size, system.name, dtype=object))


def _decide_by_sampling(claim: Claim, instance: Instance, size: int, seed: Sequence[int], delta: Fraction) -> Decision:
    """Decide each instance by outcomes of its own, with an equal share of delta."""
    found = [
        decide_by_sampling(claim, claim.select(instance, i), np.random.default_rng([*seed, i]), delta / size)
        for i in range(size)
    ]
    met = np.array([one.met for one in found], dtype=np.int8)
    outcome = _where_met(met, np.array([one.verdict for one in found], dtype=np.int8))
    differences = [one.lhs - one.rhs for one in found]
    reach = np.array([max(abs(float(d.lower)), abs(float(d.upper))) for d in differences])
    widths = np.where(outcome == UNDECIDED, np.where(met == UNDECIDED, np.inf, reach), 0.0)
    lhs, rhs = (np.array([getattr(one, side).middle for one in found]) for side in ("lhs", "rhs"))
    sides = tuple((one.lhs, one.rhs) for one in found)
    return Decision(outcome, lhs, rhs, found[0].op, widths, np.full(size, CONFIDENCE, dtype=object), sides)


def _where_met(met: NDArray[np.int8], outcome: NDArray[np.int8]) -> NDArray[np.int8]:
    """Verdicts, given how each instance meets the assumptions."""
    return np.where(met == REFUTED, NOT_APPLICABLE, np.where(met == UNDECIDED, UNDECIDED, outcome)).astype(np.int8)


def _spread(x: NDArray[Any], size: int, what: str) -> NDArray[Any]:
    x = np.asarray(x)
    if x.shape not in ((), (1,), (size,)):
        raise InvalidClaim(
            f"{what} has shape {x.shape} for {size} instances, and not one number for each.\n"
            "  Reduce the other axes before comparing, as in x.sum(-1) or a measure such as il.value(mdp, pi)."
        )
    return np.array(np.broadcast_to(x, (size,)))


def exact_sides(claim: Claim, instance: Instance) -> tuple[Any, Any]:
    """Both sides on one instance: exact, or in balls of 512 bits if they are irrational."""
    for system in (ar.RATIONAL, ar.Ball(BALL_BITS[-1])):
        try:
            comparison = claim.evaluate(claim.convert(instance, system))
        except ar.NotRepresentable:
            continue
        lhs, rhs = (ar.reshape(system.coerce(side), ()) for side in (comparison.lhs, comparison.rhs))
        return lhs, rhs
    raise AssertionError("balls represent every number")


def check_separable(claim: Claim, instance: Instance, *, arithmetic: str = "auto", device: str | None = None) -> None:
    """Check on the first two instances of a batch that a formula gives each what it gives it alone.

    Parameters
    ----------
    arithmetic, device : as for :func:`decide`, but not ``float64``, where rounding depends on the batch

    Raises
    ------
    InvalidClaim
        If it mixes the instances, as a sum or maximum without an axis does.
    """
    system = ar.get_system("interval" if arithmetic == "auto" else arithmetic, device=device)
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
