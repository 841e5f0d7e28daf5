"""f-divergences ``sum e f(d / e)`` with the utilities ``phi`` for which they are ``max_r <e, phi(r)> - <d, r>``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from proofs_check.kernel.fixed import ONE, ZERO, Interval
from proofs_check.kernel.reading import Refused

UNIT = Interval(ONE, ONE)


@dataclass(frozen=True)
class Divergence:
    """One divergence.

    Attributes
    ----------
    term : (d, e, whether e is exactly 0) -> ``e f(d / e)``, continued to 0
    utility : ``phi``, concave and nondecreasing on the domain
    low, high : ends of the domain, which belong to it; None where there is none
    """

    term: Callable[[Interval, Interval, bool], Interval]
    utility: Callable[[Interval], Interval]
    low: Interval | None = None
    high: Interval | None = None


def _kl(p: Interval, q: Interval) -> Interval:
    """``p log(p / q)``, with ``0 log 0 = 0``; p may touch 0."""
    if p.hi == 0:
        return ZERO
    if p.lo > 0:
        return p * (p / q).log()
    x = Interval(p.hi, p.hi) * (Interval(p.hi, p.hi) / q).log()
    least = -(q * Interval.of(Fraction(37, 100)))  # x log(x / q) is never below -q / e
    return Interval(min(x.lo, least.lo, 0), max(x.hi, 0))


def _forward_kl(d: Interval, e: Interval, hidden: bool) -> Interval:
    return ZERO if hidden else _kl(e, _positive(d))


def _reverse_kl(d: Interval, e: Interval, hidden: bool) -> Interval:
    return _never(d) if hidden else _kl(d, e)


def _hellinger(d: Interval, e: Interval, hidden: bool) -> Interval:
    difference = (d.sqrt() - e.sqrt()).absolute()
    return difference * difference


def _chi2(d: Interval, e: Interval, hidden: bool) -> Interval:
    if hidden:
        return _never(d)
    difference = (d - e).absolute()
    return difference * difference / e


def _jensen_shannon(d: Interval, e: Interval, hidden: bool) -> Interval:
    if d.hi == 0 and hidden:
        return ZERO
    middle = (d + e) * Interval.of(Fraction(1, 2))
    if middle.lo <= 0:  # either law may be 0 here: the term lies between 0 and (d + e) log 2
        return Interval(0, ((d + e) * Interval.of(Fraction(7, 10))).hi)
    return _kl(d, middle) + (ZERO if hidden else _kl(e, middle))


def _total_variation(d: Interval, e: Interval, hidden: bool) -> Interval:
    return (d - e).absolute() * Interval.of(Fraction(1, 2))


def _never(d: Interval) -> Interval:
    if d.hi != 0:
        raise Refused("the policy may go where the expert never does, and the divergence is infinite there")
    return ZERO


def _positive(d: Interval) -> Interval:
    if d.lo <= 0:
        raise Refused("the policy may not go where the expert does, and the divergence is infinite there")
    return d


HALF = Interval.of(Fraction(1, 2))

DIVERGENCES = {
    "forward-kl": Divergence(_forward_kl, lambda r: UNIT + r.log(), low=ZERO),
    "reverse-kl": Divergence(_reverse_kl, lambda r: -(-r - UNIT).exp()),
    "squared-hellinger": Divergence(_hellinger, lambda r: r / (UNIT + r), low=-UNIT),
    "chi2": Divergence(_chi2, lambda r: r - r * r * Interval.of(Fraction(1, 4)), high=UNIT + UNIT),
    "jensen-shannon": Divergence(_jensen_shannon, lambda r: (UNIT + UNIT - (-r).exp()).log(), low=-(UNIT + UNIT).log()),
    "total-variation": Divergence(_total_variation, lambda r: r, low=-HALF, high=HALF),
}
