"""Search one shape for counterexamples: extremes, then vertices, then gradients, then polishing."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack import ascent, gradient
from iltheory.attack.coordinates import Coordinates, Shape
from iltheory.attack.counterexample import Counterexample, certify
from iltheory.attack.extremes import extremes
from iltheory.attack.falsification import Searched
from iltheory.attack.objective import ILL_FORMED, Scores, scores
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Instance
from sims.errors import IltheoryError

SUSPECTS = 5
"""Instances of a stage that are tried for certification, the worst first."""

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Effort:
    """How much is spent on a shape.

    Attributes
    ----------
    extremes : structured instances drawn
    climbers : the best of them that climb to vertices
    climbs : numbers of all instances evaluated on the way, at the most; an eighth for a claim that enumerates
    gradient_steps : of all extremes; 0 leaves the stage out
    polished : instances that climb by parts of moves; 0 leaves the stage out
    """

    extremes: int = 256
    climbers: int = 24
    climbs: int = 1 << 20
    gradient_steps: int = 0
    polished: int = 0


QUICK = Effort()
THOROUGH = Effort(extremes=512, climbers=48, climbs=1 << 22, gradient_steps=60, polished=16)


SAMPLED = {
    QUICK: Effort(extremes=12, climbers=0),
    THOROUGH: Effort(extremes=64, climbers=1, climbs=1 << 17),
}
"""The same for a statistical claim, each instance of which is sampled by itself."""


@dataclass(frozen=True)
class Outcome:
    """What the search of one shape gave.

    Attributes
    ----------
    searched : its stages
    counterexamples : exact instances, each certified to violate the claim
    closest : the exact instance with the largest excess, and that excess, when none was found
    refusal : why the claim has no value on instances of the shape, if it has none
    """

    searched: tuple[Searched, ...]
    counterexamples: tuple[Instance, ...]
    closest: tuple[float, Instance] | None
    refusal: IltheoryError | None = None


def search_shape(claim: Claim, shape: Shape, *, seed: int, effort: Effort = QUICK) -> Outcome:
    """Search the instances of one shape, stage by stage, until a counterexample is certified.

    Parameters
    ----------
    seed : the same seed gives the same outcome, but for seconds

    Raises
    ------
    InvalidClaim, MixedArithmetic, NotANumber, NotSingle
        If the formula is no claim on any instance: it returns no comparison, has a float in it, ...
    """
    rng = np.random.default_rng([seed, zlib.crc32(repr(shape).encode())])
    searched: list[Searched] = []
    closest: tuple[float, Instance] | None = None
    start = time.perf_counter()
    coordinates = Coordinates(claim, shape, rng)
    effort = SAMPLED[effort] if claim.statistical else effort
    try:
        for stage, tables, found, evaluated in _stages(coordinates, rng, effort):
            now = time.perf_counter()
            searched.append(Searched(stage, coordinates.words, evaluated, found.ratio, now - start))
            start = now
            certified, best = _certified(coordinates, tables, found)
            if certified:
                return Outcome(tuple(searched), certified, None)
            if best is not None and (closest is None or best[0] > closest[0]):
                closest = best
    except ILL_FORMED:
        raise
    except IltheoryError as problem:  # a claim that enumerates refuses what is too large for it
        words = f"{coordinates.words}: refused, {str(problem).splitlines()[0]}"
        searched.append(Searched("refused", words, 0, None, time.perf_counter() - start))
        return Outcome(tuple(searched), (), closest, problem)
    return Outcome(tuple(searched), (), closest)


def search_targeted(claim: Claim, *, seed: int, instances: int) -> Outcome:
    """Let Hypothesis draw instances of small shapes and climb by what they score.

    Parameters
    ----------
    seed : the same seed gives the same outcome, but for seconds
    instances : how many are drawn
    """
    from iltheory.attack.targeted import targeted

    if claim.statistical:  # no float64 evaluation scores it
        return Outcome((), (), None)
    drawn, searched = targeted(claim, seed=seed, seconds=math.inf, most=instances)
    violating = next((instance for instance in drawn if certify(claim, instance) is not None), None)
    return Outcome((searched,), () if violating is None else (violating,), None)


def _stages(
    coordinates: Coordinates, rng: np.random.Generator, effort: Effort
) -> Iterator[tuple[str, Sequence[Table], Scores, int]]:
    claim = coordinates.claim
    if not coordinates.blocks:  # whole numbers alone: there is one instance of this shape
        yield "extremes", [], scores(claim, coordinates.instance([]), 1), 1
        return
    tables: Sequence[Table] = extremes(coordinates, rng, effort.extremes)
    found = scores(claim, coordinates.instance(tables), effort.extremes)
    yield "extremes", tables, found, effort.extremes
    if not effort.climbers:
        return
    starts = _best(found, effort.climbers)
    most = effort.climbs // coordinates.numbers // (8 if claim.largest.strict else 1)
    climbed = ascent.climb(coordinates, [t[starts] for t in tables], rng, steps=ascent.VERTICES, sweeps=4, most=most)
    yield "vertices", *climbed
    pool, best = [climbed[0]], [climbed[1]]
    if effort.gradient_steps and gradient.available():
        ascended = gradient.ascend(coordinates, tables, steps=effort.gradient_steps)
        if ascended is not None:
            yield "gradient", *ascended
            pool.append(ascended[0])
            best.append(ascended[1])
    if effort.polished:
        joined = Scores.joined(best)
        merged = [np.concatenate(parts) for parts in zip(*pool, strict=True)]
        top = _best(joined, effort.polished)
        yield (
            "polishing",
            *ascent.climb(coordinates, [t[top] for t in merged], rng, steps=ascent.FINE, sweeps=6, most=most),
        )


def _best(found: Scores, n: int) -> NDArray[np.intp]:
    """Positions of the n largest excesses, ties in the order they come."""
    return np.argsort(-found.excess, kind="stable")[:n]


def _certified(
    coordinates: Coordinates, tables: Sequence[Table], found: Scores
) -> tuple[tuple[Instance, ...], tuple[float, Instance] | None]:
    """Exact counterexamples among the worst instances, and the instance of the largest excess."""
    claim, best = coordinates.claim, None
    for position in _best(found, SUSPECTS):
        excess = float(found.excess[position])
        if excess == -np.inf or (best is not None and excess <= 0):
            break
        instance = claim.select(coordinates.exact([t[position : position + 1] for t in tables]), 0)
        if excess > 0 and certify(claim, instance) is not None:
            return (instance,), None
        best = best or (excess, instance)
    return (), best


def worsen(found: Counterexample, *, seed: int, effort: Effort = THOROUGH) -> Counterexample:
    """Climb from a counterexample to one with a larger ratio, of the same shape; itself if there is none.

    Statistical claims stay where they are: their sides are known with confidence only.
    """
    claim = found.claim
    if claim.statistical:
        return found
    coordinates = Coordinates.of(claim, found.instance)
    if not coordinates.blocks:
        return found
    rng = np.random.default_rng(seed)
    most = effort.climbs // coordinates.numbers
    start = [np.asarray(table, dtype=float) for table in coordinates.floats(found.instance)]
    others = extremes(coordinates, rng, effort.climbers - 1)
    tables = [np.concatenate([one, more]) for one, more in zip(start, others, strict=True)]
    tables, reached, _ = ascent.climb(coordinates, tables, rng, steps=ascent.FINE, sweeps=6, most=most)
    worst = found
    for position in _best(reached, SUSPECTS):
        instance: Any = claim.select(coordinates.exact([t[position : position + 1] for t in tables]), 0)
        certified = certify(claim, instance)
        if certified is not None and certified.ratio > worst.ratio:
            worst = certified
    return worst
