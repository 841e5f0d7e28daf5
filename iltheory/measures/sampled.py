"""Expectations that are sampled: enclosures that hold with confidence, for claims too large to enumerate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.confidence import Bounds, betting_sequence
from iltheory.measures.episodes import Actor, Expectation, PathSum, Source, roll
from iltheory.measures.quantity import quantity
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.sampled.model import portions
from sims.sampled.simulator import Floats

Draw = Callable[[np.random.Generator, int], Any]
"""From a generator and n to n independent outcomes, numbers ``[n]``."""

ROUNDING = Fraction(1, 2**48)
"""How far rounding may move an outcome, relative to its range; enclosures are wider by this."""

EPISODES = "a quantity of a sampled world needs episodes: decide claims about it with il.verify_sampled(...)."

FIRST = 256
"""Outcomes drawn before the first look."""


class _Mean:
    """One expectation: its place in the order of asking, its weight, and its outcomes so far.

    Outcomes are ``[2, n]``: two numbers in [0, 1] between which rounding leaves each of them, most often the same.
    """

    def __init__(self, order: int, weight: Fraction) -> None:
        self.order, self.weight, self.outcomes = order, weight, np.empty((2, 0))
        self.bounds: dict[tuple[int, Fraction, Fraction, bool], Bounds] = {}

    def __len__(self) -> int:
        return self.outcomes.shape[1]

    def enclose(self, delta: Fraction, tuned_for: Fraction, running: bool) -> Bounds:
        """The lower end of the least that outcomes may be, and the upper end of the most."""
        key = (len(self), delta, tuned_for, running)
        if key not in self.bounds:
            least, most = self.outcomes
            below = betting_sequence(least, delta, tuned_for=tuned_for, running=running)
            same = np.array_equal(least, most)
            above = below if same else betting_sequence(most, delta, tuned_for=tuned_for, running=running)
            self.bounds[key] = Bounds(below.lower, above.upper)
        return self.bounds[key]


class Sampling:
    """The outcomes behind the expectations of formulas, which are evaluated again whenever there are more.

    All enclosures together are right with probability at least ``1 - delta``, at every number of outcomes: the k-th
    expectation that is asked for gets the share ``1 / (k (k + 1))`` of it, or ``1 / quantities`` where their number is
    known. Expectations over episodes of one policy share these episodes, and one that several formulas ask for is
    enclosed once.

    Attributes
    ----------
    samples : number of outcomes of each expectation; with 0 every expectation is only known by its range
    delta : probability that any enclosure is ever wrong
    quantities : number of quantities that will be asked for, those with several entries counted once; None if unknown
    asked, weight : number of expectations and of quantities that the last evaluation asked for
    episodes, steps : rolled out so far
    clipped : rewards that were clipped in these episodes
    declared : numbers that the last evaluation took from what the world declares about itself, by name
    on_step : called after each step of a roll-out, with the number of episodes done, of those under way and of steps
        that these have taken
    """

    def __init__(
        self, rng: np.random.Generator, delta: Any, samples: int = FIRST, *, quantities: Fraction | None = None
    ) -> None:
        self.delta, self.samples, self.quantities = Fraction(delta), samples, quantities
        self.weight = Fraction(0)
        self.asked = self.episodes = self.steps = self.clipped = 0
        self.declared: dict[str, Fraction] = {}
        self.on_step: Callable[[int, int, int], None] | None = None
        self._rng = rng
        self._means: dict[Any, _Mean] = {}
        self._generators: dict[Any, np.random.Generator] = {}
        self._sums: dict[Source, dict[PathSum, Floats]] = {}
        self._met: dict[Actor, int] = {}
        self._asked: list[_Mean] = []
        self._scope: Any = None
        self._level: Fraction | None = None
        self._plain = False

    @property
    def known(self) -> int:
        """Number of different expectations asked for so far."""
        return len(self._means)

    @property
    def known_quantities(self) -> Fraction:
        """Number of different quantities asked for so far."""
        return sum((mean.weight for mean in self._means.values()), Fraction(0))

    @contextmanager
    def evaluation(self, scope: Any = None) -> Iterator[None]:
        """Within this, expectations are enclosed by these outcomes, in their order.

        Parameters
        ----------
        scope : of the draws of ``il.sampled_mean``: those of another scope are other expectations
        """
        self._scope, self._asked, self.declared = scope, [], {}
        token = _sampling.set(self)
        try:
            yield
        finally:
            _sampling.reset(token)
            self.asked = len(self._asked)
            self.weight = sum((mean.weight for mean in self._asked), Fraction(0))

    @contextmanager
    def evidence(self, level: Fraction, weight: Fraction) -> Iterator[None]:
        """Within this, enclosures are what the capital of the bets excludes now, and not at any time before.

        Parameters
        ----------
        level : the largest ``1 / level`` at which a formula is decided against a hypothesis is an e-value
        weight : number of quantities that the formula asks for, among which the level is shared
        """
        self._level = level / weight
        try:
            yield
        finally:
            self._level = None

    @contextmanager
    def estimates(self) -> Iterator[None]:
        """Within this, expectations are the plain means of their outcomes, which enclose nothing: to plan with."""
        self._plain = True
        try:
            yield
        finally:
            self._plain = False

    def mean(self, draw: Draw, low: Fraction, high: Fraction) -> Numbers:
        """Enclose the next expectation, of outcomes that ``draw`` draws."""
        key = (self._scope, len(self._asked))
        mean = self._ask(key, Fraction(1))
        missing = self.samples - len(mean)
        if missing > 0:
            drawn = np.asarray(draw(self._generator(key), missing), dtype=np.float64)
            if drawn.shape != (missing,):
                raise InvalidArgument(
                    f"draw(rng, {missing}) returned shape {drawn.shape}; return {missing} outcomes, shape ({missing},)."
                )
            mean.outcomes = np.concatenate([mean.outcomes, _rescaled(drawn, low, high, ROUNDING)], axis=1)
        return self._enclosed(mean, low, high, ROUNDING)

    def expect(self, wanted: Expectation) -> Numbers:
        """Enclose an expectation over episodes, rolling out what is missing."""
        for part in wanted.parts:
            self._sums.setdefault(part.source, {}).setdefault(part, np.empty((part.numbers, 0)))
        mean = self._ask(wanted, Fraction(1, wanted.siblings))
        have = len(mean)
        if self.samples > have:
            for part in wanted.parts:
                self._extend(part)
            sums = [one for part in wanted.parts for one in self._sums[part.source][part][:, have : self.samples]]
            drawn = _rescaled(wanted.combine(*sums), wanted.low, wanted.high, wanted.rounding)
            mean.outcomes = np.concatenate([mean.outcomes, drawn], axis=1)
        return self._enclosed(mean, wanted.low, wanted.high, wanted.rounding)

    def in_order(self, *policies: Actor) -> tuple[Actor, ...]:
        """Policies in the order in which this sampling met them first."""
        for policy in policies:
            self._met.setdefault(policy, len(self._met))
        return tuple(sorted(policies, key=self._met.__getitem__))

    def _extend(self, part: PathSum) -> None:
        """Roll out what a sum lacks, for all sums over episodes of its source that are as far."""
        sums = self._sums[part.source]
        have = sums[part].shape[1]
        if have >= self.samples:
            return
        together = [one for one, values in sums.items() if values.shape[1] == have]
        for n in portions(self.samples - have):
            on_step = None if self.on_step is None else partial(self.on_step, self.episodes, n)
            rolled = roll(together, n, self._generator(part.source), on_step)
            for one, values in zip(together, rolled.sums, strict=True):
                sums[one] = np.concatenate([sums[one], values], axis=1)
            self.episodes += n
            self.steps += rolled.steps
            self.clipped += rolled.clipped

    def _generator(self, key: Any) -> np.random.Generator:
        if key not in self._generators:
            (self._generators[key],) = self._rng.spawn(1)
        return self._generators[key]

    def _ask(self, key: Any, weight: Fraction) -> _Mean:
        if key not in self._means:
            self._means[key] = _Mean(len(self._means), weight)
            if self.quantities is not None and self.known_quantities > self.quantities:
                raise InvalidArgument(
                    f"more than the {self.quantities} quantities announced were asked for: which ones a formula asks "
                    "for must not depend on outcomes."
                )
        self._asked.append(self._means[key])
        return self._means[key]

    def _enclosed(self, mean: _Mean, low: Fraction, high: Fraction, rounding: Fraction) -> Numbers:
        ends = (Fraction(0), Fraction(1))
        if self._plain:
            ends = 2 * (Fraction(float(np.mean(mean.outcomes))),)
        elif len(mean):
            share = self._share(mean)
            delta = share if self._level is None else self._level * mean.weight
            least, most = mean.enclose(delta, share, self._level is None)
            # Computing and rescaling an outcome in floats moved it a little.
            ends = max(Fraction(float(least)) - rounding, ends[0]), min(Fraction(float(most)) + rounding, ends[1])
        return ar.hull(*(ar.INTERVAL.convert(low + (high - low) * end) for end in ends))

    def _share(self, mean: _Mean) -> Fraction:
        if self.quantities is None:
            return self.delta / ((mean.order + 1) * (mean.order + 2))
        return self.delta * mean.weight / self.quantities


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
    sampling = _current(
        "sampled_mean needs outcomes: give the claim a number of them, @il.claim(..., samples=16_384), and decide "
        "it with il.verify or iltheory.engine.evaluate.decide."
    )
    low, high = Fraction(low), Fraction(high)
    if not low < high:
        raise InvalidArgument(f"low={low} and high={high}: outcomes need a range, low < high.")
    return sampling.mean(draw, low, high)


def expect(wanted: Expectation) -> Numbers:
    """Mean of a bounded function of an episode, enclosed with confidence.

    Raises
    ------
    InvalidArgument
        If there is nothing that samples.
    """
    return _current(EPISODES).expect(wanted)


def in_order(*policies: Actor) -> tuple[Actor, ...]:
    """Policies in the order in which the sampling at work met them: symmetric formulas then share episodes."""
    return _current(EPISODES).in_order(*policies)


def declared(name: str, value: Fraction) -> Numbers:
    """A number that a world declares about itself; what samples, if anything does, remembers that it was used."""
    sampling = _sampling.get()
    if sampling is not None:
        sampling.declared[name] = value
    return ar.INTERVAL.convert(value)


def _current(needs: str) -> Sampling:
    sampling = _sampling.get()
    if sampling is None:
        raise InvalidArgument(
            f"{needs} In a formula of your own, write\n"
            "  with il.Sampling(numpy.random.default_rng(0), delta=1e-6, samples=10_000).evaluation(): ..."
        )
    return sampling


def _rescaled(outcomes: Floats, low: Fraction, high: Fraction, rounding: Fraction) -> NDArray[np.float64]:
    """Outcomes in [low, high], or two numbers for each between which it lies, mapped to [0, 1]: ``[2, n]``."""
    x = np.broadcast_to(outcomes, (2, outcomes.shape[-1]))
    unit = (x - float(low)) / float(high - low)
    beyond = float(rounding)
    inside = (unit >= -beyond) & (unit <= 1 + beyond)
    if not np.all(inside):
        raise InvalidArgument(
            f"draw returned {x[~inside][0]}, outside [{low}, {high}]: give the range that no outcome leaves."
        )
    return np.clip(unit, 0.0, 1.0)


_sampling: ContextVar[Sampling | None] = ContextVar("sampling", default=None)
