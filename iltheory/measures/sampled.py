"""Expectations that are sampled: enclosures that hold with confidence, for claims too large to enumerate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.confidence import betting_sequence
from iltheory.measures.quantity import quantity
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument

Draw = Callable[[np.random.Generator, int], Any]
"""From a generator and n to n independent outcomes, numbers ``[n]``."""

ROUNDING = Fraction(1, 2**48)
"""How far rounding may move an outcome, relative to its range; enclosures are wider by this."""

FIRST = 256
"""Outcomes drawn before the first look."""


class Sampling:
    """The outcomes behind the expectations of one formula, which is evaluated again whenever there are more.

    The k-th expectation it asks for gets the k-th generator and the share ``1 / (k (k + 1))`` of ``delta``, so
    all enclosures together are right with probability at least ``1 - delta``, at every number of outcomes.

    Attributes
    ----------
    samples : number of outcomes of each expectation
    delta : probability that any enclosure is ever wrong
    asked : number of expectations that the last evaluation asked for
    """

    def __init__(self, rng: np.random.Generator, delta: Any, samples: int = FIRST) -> None:
        self.delta, self.samples, self.asked = Fraction(delta), samples, 0
        self._rng = rng
        self._generators: list[np.random.Generator] = []
        self._outcomes: list[NDArray[np.float64]] = []

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """Within this, :func:`sampled_mean` encloses its expectations by these outcomes, in their order."""
        self.asked = 0
        token = _sampling.set(self)
        try:
            yield
        finally:
            _sampling.reset(token)

    def mean(self, draw: Draw, low: Fraction, high: Fraction) -> Numbers:
        """Enclose the next expectation."""
        if self.asked == len(self._generators):
            self._generators += self._rng.spawn(1)
            self._outcomes.append(np.empty(0))
        k = self.asked
        missing = self.samples - len(self._outcomes[k])
        if missing > 0:
            drawn = _rescaled(draw(self._generators[k], missing), missing, low, high)
            self._outcomes[k] = np.concatenate([self._outcomes[k], drawn])
        self.asked += 1
        least, most = betting_sequence(self._outcomes[k], self.delta / ((k + 1) * (k + 2)))
        # Computing and rescaling an outcome in floats moved it by a few units at most.
        ends = max(Fraction(float(least)) - ROUNDING, Fraction(0)), min(Fraction(float(most)) + ROUNDING, Fraction(1))
        return ar.hull(*(ar.INTERVAL.convert(low + (high - low) * end) for end in ends))


@quantity
def sampled_mean(draw: Draw, *, low: Any = 0, high: Any = 1) -> Numbers:
    """Expectation of a bounded outcome, enclosed with confidence from independent draws.

    Only statistical claims (``@il.claim(samples=...)``) may ask for it. The engine evaluates their function on one
    instance at a time, again with twice as many outcomes until the comparison is decided.

    Parameters
    ----------
    draw : function of a generator and n, returns n independent outcomes ``[n]`` of one law
    low, high : exact numbers that no outcome leaves, however unlikely; part of what is claimed

    Returns
    -------
    interval, one number; with the other expectations of the formula right with probability at least ``1 - delta``

    Raises
    ------
    InvalidArgument
        If an outcome leaves [low, high], their number is wrong, or there is nothing that samples.
    """
    sampling = _sampling.get()
    if sampling is None:
        raise InvalidArgument(
            "sampled_mean needs outcomes: give the claim a number of them, @il.claim(..., samples=16_384), and decide "
            "it with il.verify or iltheory.engine.evaluate.decide. In a formula of your own, write\n"
            "  with il.Sampling(numpy.random.default_rng(0), delta=1e-6, samples=10_000).evaluation(): ..."
        )
    low, high = Fraction(low), Fraction(high)
    if not low < high:
        raise InvalidArgument(f"low={low} and high={high}: outcomes need a range, low < high.")
    return sampling.mean(draw, low, high)


def _rescaled(outcomes: Any, n: int, low: Fraction, high: Fraction) -> NDArray[np.float64]:
    """Outcomes in [low, high] mapped to [0, 1]."""
    x = np.asarray(outcomes, dtype=np.float64)
    if x.shape != (n,):
        raise InvalidArgument(f"draw(rng, {n}) returned shape {x.shape}; return {n} outcomes, shape ({n},).")
    unit = (x - float(low)) / float(high - low)
    beyond = float(ROUNDING) / 2
    inside = (unit >= -beyond) & (unit <= 1 + beyond)
    if not np.all(inside):
        raise InvalidArgument(
            f"draw returned {x[~inside][0]}, outside [{low}, {high}]: give the range that no outcome leaves."
        )
    return np.clip(unit, 0.0, 1.0)


_sampling: ContextVar[Sampling | None] = ContextVar("sampling", default=None)
