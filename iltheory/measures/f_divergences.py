"""f-divergences between occupancies, each with the rewards whose conjugate it is.

``D_f(d || e) = sum e f(d / e)`` is the value of a game against rewards: ``max_r <e, phi(r)> - <d, r>`` with the
utility ``phi(x) = -f*(-x)``, attained at ``r = -f'(d / e)`` (Nguyen, Wainwright and Jordan 2010; the table of
Garg et al. 2021, IQ-Learn). Here d is the learner's occupancy and e the expert's: the reward is high where the
expert goes more often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, log

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import REFUTED, Numbers


@dataclass(frozen=True)
class FDivergence:
    """One f-divergence ``D_f(d || e)``, as functions that act entry by entry, in any number system.

    Attributes
    ----------
    name : as in ``iltheory`` calls it
    terms : (d, e) -> ``e f(d / e)``, continued to 0; their sum is the divergence, in nats where there are logarithms
    utility : r -> ``phi(r)``, concave, for rewards between ``low`` and ``high``
    slope : r -> ``phi'(r)``, positive inside
    reward : (d, e) -> ``-f'(d / e)``, the best reward against d: minus the derivative of ``terms`` in d
    curvature : (d, e) -> ``f''(d / e) / e``, the second derivative of ``terms`` in d
    low, high : the rewards for which ``phi`` is finite, concave and nondecreasing; the ends may be infinite
    neutral : the best reward where ``d = e``, ``-f'(1)``
    """

    name: str
    terms: Callable[[Numbers, Numbers], Numbers]
    utility: Callable[[Numbers], Numbers]
    slope: Callable[[Numbers], Numbers]
    reward: Callable[[Numbers, Numbers], Numbers]
    curvature: Callable[[Numbers, Numbers], Numbers]
    low: float = -inf
    high: float = inf
    neutral: int | Fraction = 0

    def __call__(self, d: Numbers, e: Numbers, *, axes: int) -> Numbers:
        """``D_f(d || e)`` of laws on the last ``axes`` axes."""
        return ar.sum(self.terms(d, e), tuple(range(-axes, 0)))

    def envelope(self, r: Numbers) -> Numbers:
        """The least nondecreasing function above ``phi``, ``sup_{x <= r} phi(x)``: constant from ``high`` on."""
        return self.utility(r if self.high == inf else ar.minimum(r, Fraction(self.high)))

    def continued(self, r: Numbers, ratio: int) -> Numbers:
        """``phi`` for every reward: the envelope, and below ``-f'(ratio)`` a straight line of slope ``ratio``.

        It is ``min_t (r t + f(t))`` over ``0 <= t <= ratio``: the utility of the divergence that is infinite as soon as
        d exceeds ``ratio`` times e somewhere, and equal elsewhere. So it is finite, concave, nondecreasing and
        Lipschitz, and a search that leaves the domain of phi is led back.

        Parameters
        ----------
        ratio : above 1
        """
        system = ar.system_of(r)
        start = self.reward(system.convert(ratio), system.convert(1))
        inside = ar.maximum(r, start)
        return self.envelope(inside) + ratio * (r - inside)

    def centred(self) -> FDivergence:
        """The same divergence of laws with rewards moved so that the best one is 0 where ``d = e``.

        Adding ``c (t - 1)`` to f changes no divergence between laws, moves rewards by -c and turns ``phi(x)`` into
        ``phi(x + c) - c``; with ``c = -f'(1)``, ``phi(0) = 0`` and ``phi'(0) = 1``. Of ``reverse-kl`` this makes
        ``phi(x) = 1 - exp(-x)``, which IQ-Learn's code calls ``kl_fix``.
        """
        c = self.neutral
        return replace(
            self,
            name=f"{self.name}, centred",
            utility=lambda r: self.utility(r + c) - c,
            slope=lambda r: self.slope(r + c),
            reward=lambda d, e: self.reward(d, e) - c,
            low=self.low - c,
            high=self.high - c,
            neutral=0,
        )


def _sign(x: Numbers, y: Numbers) -> Numbers:
    """1 where certainly ``x > y``, -1 where certainly ``x < y``, else 0."""
    nothing = 0 * (x + y)
    below = ar.where(ar.compare(y, "<=", x) == REFUTED, nothing - 1, nothing)
    return ar.where(ar.compare(x, "<=", y) == REFUTED, nothing + 1, below)


def _hellinger(d: Numbers, e: Numbers) -> Numbers:
    shared = ar.possibly_nonzero(d) & ar.possibly_nonzero(e)
    roots = ar.where(shared, ar.sqrt(d) + ar.sqrt(e), 1)
    # sqrt d - sqrt e without cancellation, exactly 0 where d = e; d + e where one of them is 0
    return ar.where(shared, ((d - e) / roots) ** 2, d + e)


def _chi2(d: Numbers, e: Numbers) -> Numbers:
    present = ar.possibly_nonzero(d) | ar.possibly_nonzero(e)
    with np.errstate(divide="ignore"):
        return (d - e) ** 2 / ar.where(present, e, 1)


def _jensen_shannon(d: Numbers, e: Numbers) -> Numbers:
    shown = ar.possibly_nonzero(e)
    middle = ar.where(shown, (d + e) / 2, 1)
    shared = ar.relative_entropy(ar.where(shown, d, 0 * d), middle) + ar.relative_entropy(e, middle)
    return shared if shown.all() else ar.where(shown, shared, d * ar.log(2 + 0 * d))


FORWARD_KL = FDivergence(
    "forward-kl",
    terms=lambda d, e: ar.relative_entropy(e, d),
    utility=lambda r: 1 + ar.log(r),
    slope=lambda r: 1 / r,
    reward=lambda d, e: e / d,
    curvature=lambda d, e: e / d**2,
    low=0,
    neutral=1,
)
"""``KL(e || d)``, ``f(t) = -log t``."""

REVERSE_KL = FDivergence(
    "reverse-kl",
    terms=ar.relative_entropy,
    utility=lambda r: -ar.exp(-r - 1),
    slope=lambda r: ar.exp(-r - 1),
    reward=lambda d, e: -1 - ar.log(d / e),
    curvature=lambda d, e: 1 / d,
    neutral=-1,
)
"""``KL(d || e)``, ``f(t) = t log t``."""

SQUARED_HELLINGER = FDivergence(
    "squared-hellinger",
    terms=_hellinger,
    utility=lambda r: r / (1 + r),
    slope=lambda r: 1 / (1 + r) ** 2,
    reward=lambda d, e: ar.sqrt(e / d) - 1,
    curvature=lambda d, e: ar.sqrt(e / d) / (2 * d),
    low=-1,
)
"""``sum (sqrt d - sqrt e)^2``, in [0, 2], ``f(t) = (sqrt t - 1)^2``."""

CHI2 = FDivergence(
    "chi2",
    terms=_chi2,
    utility=lambda r: r - r**2 / 4,
    slope=lambda r: 1 - r / 2,
    reward=lambda d, e: 2 * (1 - d / e),
    curvature=lambda d, e: 2 / e + 0 * d,
    high=2,
)
"""``sum (d - e)^2 / e``, ``f(t) = (t - 1)^2``."""

JENSEN_SHANNON = FDivergence(
    "jensen-shannon",
    terms=_jensen_shannon,
    utility=lambda r: ar.log(2 - ar.exp(-r)),
    slope=lambda r: 1 / (2 * ar.exp(r) - 1),
    reward=lambda d, e: ar.log((d + e) / (2 * d)),
    curvature=lambda d, e: e / (d * (d + e)),
    low=-log(2),
)
"""Twice the Jensen-Shannon divergence, in [0, 2 log 2], ``f(t) = t log t - (t + 1) log((t + 1) / 2)``."""

TOTAL_VARIATION = FDivergence(
    "total-variation",
    terms=lambda d, e: ar.absolute(d - e) / 2,
    utility=lambda r: r,
    slope=lambda r: 1 + 0 * r,
    reward=lambda d, e: _sign(e, d) / 2,
    curvature=lambda d, e: 0 * (d + e),
    low=-0.5,
    high=0.5,
)
"""Total variation, in [0, 1], ``f(t) = |t - 1| / 2``."""

F_DIVERGENCES: Mapping[str, FDivergence] = {
    divergence.name: divergence
    for divergence in (FORWARD_KL, REVERSE_KL, SQUARED_HELLINGER, CHI2, JENSEN_SHANNON, TOTAL_VARIATION)
}
"""All of them, by name."""
