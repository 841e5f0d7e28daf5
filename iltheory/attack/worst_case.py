"""The worst case of a claim at one size: the largest ratio of its sides, from below and, where possible, from above."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack import ascent, gradient
from iltheory.attack.coordinates import LEARNER_CLASSES, Coordinates, Shape
from iltheory.attack.extreme import Extreme, extreme, simplified
from iltheory.attack.extremes import extremes
from iltheory.attack.falsification import Searched
from iltheory.attack.multi_affine import UpperBound, upper_bound
from iltheory.attack.objective import ILL_FORMED, Scores, scores
from iltheory.attack.references import resolve
from iltheory.claims.claim import Claim, InvalidClaim
from iltheory.claims.kinds import Count
from iltheory.engine.verify import InvalidOption
from sims import TabularMDP
from sims.arithmetic import Enclosure
from sims.errors import IltheoryError

SCHEMA = "iltheory-worst-case/1"
BUDGET = 60.0
"""Seconds, unless said otherwise."""
STARTS, CLIMBERS, POLISHED = 512, 32, 12
"""Instances drawn in a round, and those of them that climb to vertices and that are polished."""
ASCENDING, GRADIENT_STEPS = 64, 40
"""Instances that follow gradients, and how many steps."""
MOST = 1 << 15
"""Instances that a stage evaluates, at the most."""
PATIENCE = 3
"""Rounds without an improvement after which a search ends."""
SUSPECTS = 4
"""Instances of a stage that are evaluated exactly."""
IMPROVEMENT = 1e-9
"""What counts as one, relative to the sides."""

Table = NDArray[np.float64]


@dataclass(frozen=True)
class WorstCase:
    """The largest ratio of a claim's sides over all instances of one size, as far as it is known.

    Attributes
    ----------
    claim : the claim
    shape : the size, in words
    learner_class : class that the policies other than ``expert`` were taken from
    best : the exact instance with the largest ratio found; None if the claim says nothing at this size
    upper : a bound on the ratio of every instance of the class, or why there is none
    searched : the parts of the search, in the order they ran
    seed, budget, seconds : of the run; time in seconds
    """

    claim: Claim
    shape: str
    learner_class: str
    best: Extreme | None
    upper: UpperBound
    searched: tuple[Searched, ...] = field(repr=False)
    seed: int
    budget: float
    seconds: float

    @property
    def ratio(self) -> Enclosure | None:
        """The certified ratio of the best instance: the supremum is at least that."""
        return None if self.best is None else self.best.ratio

    @property
    def attained(self) -> bool:
        """Whether the claim holds with equality on the best instance."""
        return self.best is not None and self.best.attained

    @property
    def instances(self) -> int:
        """How many instances were evaluated."""
        return sum(part.instances for part in self.searched)

    def to_json(self) -> dict[str, Any]:
        """Describe the outcome in plain JSON values."""
        return {
            "schema": SCHEMA,
            "claim": self.claim.id,
            "statement": self.claim.statement,
            "shape": self.shape,
            "learner_class": self.learner_class,
            "ratio": None if self.ratio is None else str(self.ratio),
            "attained": self.attained,
            "best": None if self.best is None else self.best.to_json(),
            "upper": self.upper.to_json(),
            "searched": {"instances": self.instances, "stages": [part.stage for part in self.searched]},
            "seed": self.seed,
            "budget": self.budget,
            "seconds": self.seconds,
        }


def worst_case(
    claim: str | Claim,
    *,
    states: int | None = None,
    actions: int | None = None,
    horizon: int | None = None,
    discount: Fraction | None = None,
    length: int | None = None,
    counts: Mapping[str, int] | None = None,
    learner_class: str = "time-varying",
    budget: float = BUDGET,
    seed: int = 0,
) -> WorstCase:
    """Search for the instance of one size on which the sides of an inequality are closest, or furthest apart.

    Every round draws structured extremes, lets the best of them climb to vertices and, in later rounds, by gradients,
    and polishes them, all in float64; the worst are rounded to rationals and evaluated exactly. Stationary models and
    time-varying ones take turns. The search ends with the budget, after rounds that improve nothing, or where both
    sides are equal: an instance beyond that would refute the claim, and is for ``falsify`` to find.

    Parameters
    ----------
    claim : a claim, or a reference to one
    states, actions, horizon, discount, length, counts : sizes; ``states`` is the number of outcomes where there is no
        model, ``length`` that of sequence parameters, ``counts`` gives whole-number parameters by name. What is not
        given is as in the claim's tight instance or, without one, 2 (a discount 1/2, a count its least value)
    learner_class : class of all policies but ``expert``: ``time-varying``, ``stationary``, ``deterministic``
    budget : seconds of searching; the upper bound may take a few more
    seed : the same seed gives the same instances in the same order

    Raises
    ------
    InvalidOption
        If a size, the class, the budget or the seed is out of its range.
    InvalidClaim
        If the claim is an equality, or a statistical one.
    """
    conjecture = resolve(claim) if isinstance(claim, str) else claim
    _check(conjecture, learner_class, budget, seed, states=states, actions=actions, horizon=horizon, length=length)
    sizes = {"n_states": states, "n_actions": actions, "horizon": horizon, "length": length, "discount": discount}
    start = time.perf_counter()
    settings = _settings(conjecture, sizes, counts or {}, learner_class, seed)
    searched: list[Searched] = []
    best: tuple[Extreme, Coordinates] | None = None
    idle = turn = 0
    while idle < PATIENCE * len(settings) and (turn == 0 or time.perf_counter() < start + budget):
        coordinates, rng = settings[turn % len(settings)], np.random.default_rng([seed, turn])
        found = _round(coordinates, rng, searched, start + budget, gradients=turn >= len(settings))
        idle, turn = idle + 1, turn + 1
        if found is not None and found.op == "==":
            raise InvalidClaim(
                f"{conjecture.id} is an equality: its sides do not differ, so it has no worst case.\n"
                f"  `iltheory falsify {conjecture.id}` looks for an instance where they do."
            )
        if found is not None and (best is None or found.rank > best[0].rank):
            if best is None or found.rank[0] > best[0].rank[0] + Fraction(IMPROVEMENT):
                idle = 0
            best = found, coordinates
            if found.attained:
                break
    if best is not None and best[0].attained:
        best = _enlarged(*best, np.random.default_rng(seed)), best[1]
    if best is None:
        upper = UpperBound(None, "no upper bound: no instance of this size meets the assumptions")
        worst = None
    else:
        worst = simplified(best[1], best[0], deadline=max(start + budget, time.perf_counter() + 1))
        upper, worst = upper_bound(settings[-1], worst, np.random.default_rng(seed))
    return WorstCase(
        claim=conjecture,
        shape=settings[-1].words,
        learner_class=learner_class,
        best=worst,
        upper=upper,
        searched=tuple(searched),
        seed=seed,
        budget=float(budget),
        seconds=time.perf_counter() - start,
    )


def _check(claim: Claim, learner_class: str, budget: float, seed: int, **sizes: int | None) -> None:
    if claim.statistical:
        raise InvalidClaim(f"{claim.id} is sampled: its sides are known with confidence only, so no ratio is certain.")
    if learner_class not in LEARNER_CLASSES:
        raise InvalidOption(f"learner_class={learner_class!r} must be one of {', '.join(LEARNER_CLASSES)}.")
    if not isinstance(budget, int | float) or not budget > 0:
        raise InvalidOption(f"budget={budget!r}: must be a positive number of seconds.")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidOption(f"seed={seed!r}: must be an integer, at least 0.")
    for name, size in sizes.items():
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
            raise InvalidOption(f"{name}={size!r}: must be an integer, at least 1.")


def _settings(
    claim: Claim, sizes: Mapping[str, Any], counts: Mapping[str, int], learner_class: str, seed: int
) -> list[Coordinates]:
    """Coordinates of the size: of the tight instance if it has that size, of stationary models, of all models."""
    given = {name: size for name, size in sizes.items() if size is not None}
    whole = {name: kind for name, kind in claim.parameters.items() if isinstance(kind, Count)}
    for name, count in counts.items():
        if name not in whole:
            raise InvalidOption(f"counts: {claim.id} has no whole-number parameter {name!r} ({', '.join(whole)}).")
        if not whole[name].least <= count <= whole[name].most:
            raise InvalidOption(f"counts: {name}={count} must be from {whole[name].least} to {whole[name].most}.")
    if "horizon" in whole and "horizon" in given:
        counts = {"horizon": given["horizon"], **counts}
    settings, shape = [], Shape()
    if claim.tight is not None:
        instance = claim.bind_any(claim.tight().instance)
        shape = _shape(instance)
        counts = {**{name: instance[name] for name in whole}, **counts}
        if all(getattr(shape, name) == _plain(size) for name, size in given.items()) and all(
            instance[name] == count for name, count in counts.items()
        ):
            settings.append(Coordinates.of(claim, instance, learners=learner_class))
    if any(counts.get(name, kind.least) > kind.most for name, kind in whole.items()):
        return settings  # the tight instance has more of something than is drawn
    facts = {**_fields(shape), **{name: _plain(size) for name, size in given.items()}}
    above = tuple(counts.get(name, kind.least) - kind.least for name, kind in whole.items())
    for stationary in (True, False):
        made = Coordinates(
            claim,
            Shape(**facts, stationary=stationary, counts=above),
            np.random.default_rng(seed),
            learners=learner_class,
        )
        settings.append(made)
    # the last of equal ones stays: the widest class is at the end
    return [c for i, c in enumerate(settings) if all(c.blocks != other.blocks for other in settings[i + 1 :])]


def _shape(instance: Mapping[str, Any]) -> Shape:
    """Sizes of an instance; those it does not have are 2."""
    sizes: dict[str, Any] = {}
    for value in instance.values():
        if isinstance(value, TabularMDP):
            sizes.setdefault("n_states", value.n_states)
            sizes.setdefault("n_actions", value.n_actions)
            if value.horizon is not None:
                sizes.setdefault("horizon", value.horizon)
            else:
                sizes.setdefault("discount", _plain(Fraction(value.discount)))
        elif isinstance(value, tuple):
            sizes["length"] = max(len(value), sizes.get("length", 1))
        elif getattr(value, "ndim", 0) == 1:
            sizes.setdefault("n_states", value.shape[-1])
    return Shape(**sizes)


def _fields(shape: Shape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in ("n_states", "n_actions", "horizon", "discount", "length")}


def _plain(size: Any) -> Any:
    """A discount as numerator and denominator; whole numbers as they are."""
    return (size.numerator, size.denominator) if isinstance(size, Fraction) else size


def _round(
    coordinates: Coordinates, rng: np.random.Generator, searched: list[Searched], deadline: float, *, gradients: bool
) -> Extreme | None:
    """Search once; the instance with the largest exact ratio, None if no instance meets the assumptions."""
    best: Extreme | None = None
    start = time.perf_counter()
    try:
        for stage, tables, found, evaluated in _stages(coordinates, rng, gradients=gradients):
            now = time.perf_counter()
            searched.append(Searched(stage, coordinates.words, evaluated, found.ratio, now - start))
            start = now
            for candidate in _exact(coordinates, tables, found, best):
                best = candidate
            if now > deadline or (best is not None and best.attained):
                break
    except ILL_FORMED:
        raise
    except IltheoryError as problem:  # a claim that enumerates refuses what is too large for it
        words = f"{coordinates.words}: refused, {str(problem).splitlines()[0]}"
        searched.append(Searched("refused", words, 0, None, time.perf_counter() - start))
    return best


def _stages(
    coordinates: Coordinates, rng: np.random.Generator, *, gradients: bool
) -> Iterator[tuple[str, list[Table], Scores, int]]:
    """Where each stage arrives: tables, their scores, how many instances it evaluated."""
    claim = coordinates.claim
    if not coordinates.blocks:  # whole numbers alone: there is one instance of this size
        yield "extremes", [], scores(claim, coordinates.instance([]), 1), 1
        return
    tables = extremes(coordinates, rng, STARTS)
    found = scores(claim, coordinates.instance(tables), STARTS)
    yield "extremes", tables, found, STARTS
    pool = [_climbed(coordinates, tables, found, CLIMBERS, rng, ascent.VERTICES)]
    yield "vertices", *pool[0]
    if gradients and gradient.available():
        top = _best(found, ASCENDING)
        ascended = gradient.ascend(coordinates, [t[top] for t in tables], steps=GRADIENT_STEPS)
        if ascended is not None:
            yield "gradient", *ascended
            pool.append(ascended)
    merged = [np.concatenate(parts) for parts in zip(*(one[0] for one in pool), strict=True)]
    joined = Scores.joined([one[1] for one in pool])
    yield "polishing", *_climbed(coordinates, merged, joined, POLISHED, rng, ascent.FINE)


def _enlarged(found: Extreme, coordinates: Coordinates, rng: np.random.Generator) -> Extreme:
    """Of the instances with equal sides one whose sides are large: growth of tiny ones would say nothing."""
    if not coordinates.blocks:
        return found
    tables = coordinates.floats(found.instance)
    climbed, reached, _ = ascent.climb(coordinates, tables, rng, steps=ascent.VERTICES, sweeps=6, most=MOST)
    return max([found, *_exact(coordinates, climbed, reached, None)], key=lambda each: each.rank)


def _climbed(
    coordinates: Coordinates,
    tables: list[Table],
    found: Scores,
    n: int,
    rng: np.random.Generator,
    steps: tuple[float, ...],
) -> tuple[list[Table], Scores, int]:
    top = _best(found, n)
    return ascent.climb(coordinates, [t[top] for t in tables], rng, steps=steps, sweeps=6, most=MOST)


def _exact(coordinates: Coordinates, tables: list[Table], found: Scores, best: Extreme | None) -> Iterator[Extreme]:
    """Exact evaluations of the worst instances of a stage that improve on the best, each on the one before."""
    claim = coordinates.claim
    for position in _best(found, SUSPECTS):
        near = best is not None and found.excess[position] < float(best.rank[0]) - IMPROVEMENT
        if found.excess[position] == -np.inf or near:
            return
        instance = claim.select(coordinates.exact([t[position : position + 1] for t in tables]), 0)
        candidate = extreme(claim, instance)
        if candidate is not None and (best is None or candidate.rank > best.rank):
            best = candidate
            yield candidate


def _best(found: Scores, n: int) -> NDArray[np.intp]:
    """Positions of the n largest excesses, ties in the order they come."""
    return np.argsort(-found.excess, kind="stable")[:n]
