"""Falsify a claim: search, certify, make small."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import count, islice, zip_longest

import numpy as np

from iltheory.attack.coordinates import Coordinates, Shape
from iltheory.attack.counterexample import Counterexample, certify
from iltheory.attack.extreme import extreme, simplified
from iltheory.attack.falsification import Falsification, Searched
from iltheory.attack.objective import NEGLIGIBLE
from iltheory.attack.references import reference, resolve
from iltheory.attack.search import QUICK, THOROUGH, Effort, Outcome, search_shape, search_targeted, worsen
from iltheory.attack.shapes import ROUND, larger_shapes, small_shapes
from iltheory.attack.shrink import shrink
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Count, Instance
from iltheory.engine.executors import ExecutorError, worker_count, worker_died
from iltheory.engine.verify import InvalidOption
from sims.errors import IltheoryError

BUDGET = 60.0
"""Seconds, unless said otherwise."""
SHRINKING = 10.0
"""Seconds for making one counterexample small, at the most."""
SIMPLIFYING = 5.0
"""Seconds for making the numbers of the worst or the closest instance simple, at the most."""

AHEAD_OF_WORKERS = 12
"""Shapes searched in this process first: most false claims fail on them before worker processes have started."""

FIRST = 20
"""Shapes that are searched quickly before any is searched thoroughly."""
QUICK_ONES = 3
"""Shapes that are searched quickly between two that are searched thoroughly."""
TARGETED = 300
"""Instances that Hypothesis draws in a round."""

Task = tuple[Shape | None, int, Effort]
"""Shape, or None for Hypothesis, which chooses shapes itself; seed; effort."""


def falsify(
    claim: str | Claim,
    *,
    budget: float = BUDGET,
    seed: int = 0,
    executor: Executor | None = None,
    on_searched: Callable[[Searched], object] | None = None,
) -> Falsification:
    """Search for a counterexample of a claim, certify it, and make it as small as possible.

    Small shapes come first, each attacked by structured extremes and by coordinate ascent to vertices; then, as
    long as the budget lasts, the same shapes and larger ones by gradients in torch, polishing and Hypothesis, too. The
    search ends with the first shape on which a counterexample is certified, in rationals or balls.

    Parameters
    ----------
    claim : a claim, or a reference to one: ``ID``, ``ID/false-variant``, ``FILE.py``, ``FILE.py::name``
    budget : seconds of searching; shrinking takes a few more
    seed : the same seed gives the same counterexample, whichever the executor, unless the budget cuts the search
    executor : where shapes are searched; by default this process. Worker processes find the claim by its reference,
        so one that is defined in a notebook stays in this process
    on_searched : called with each part of the search when it is done

    Returns
    -------
    Falsification
        The simplest and the worst counterexample; or what was searched.

    Raises
    ------
    InvalidOption
        If the budget is not positive or the seed is no whole number, 0 or more.
    UnknownConjecture
        If a reference names no claim.
    InvalidClaim, MixedArithmetic, NotANumber, NotSingle
        If the formula is no claim on any instance: it returns no comparison, has a float in it, ...
    IltheoryError
        What the formula raises, if it does so on every instance.
    """
    if not isinstance(budget, int | float) or not budget > 0:
        raise InvalidOption(f"budget={budget!r}: must be a positive number of seconds.")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidOption(f"seed={seed!r}: must be an integer, at least 0.")
    start = time.perf_counter()
    conjecture = resolve(claim) if isinstance(claim, str) else claim
    searched: list[Searched] = []
    closest: tuple[float, Instance] | None = None
    found: Counterexample | None = None
    refusal: IltheoryError | None = None
    outcomes = _outcomes(conjecture, int(seed), start + budget, executor)
    for outcome in outcomes:
        for part in outcome.searched:
            searched.append(part)
            if on_searched is not None:
                on_searched(part)
        # of instances that are as close but for rounding the first, which is the smallest
        if outcome.closest is not None and (closest is None or outcome.closest[0] > closest[0] + NEGLIGIBLE):
            closest = outcome.closest
        refusal = refusal or outcome.refusal
        if refusal is not None and len(searched) >= FIRST and _nothing_evaluated(searched):
            break
        if outcome.counterexamples:
            found = certify(conjecture, outcome.counterexamples[0])
            break
    outcomes.close()
    if refusal is not None and _nothing_evaluated(searched):
        raise refusal
    simplest = worst = None
    if found is not None:
        simplest = shrink(found, seconds=SHRINKING)
        worse = max(found, worsen(found, seed=int(seed)), worsen(simplest, seed=int(seed)), key=lambda c: c.ratio)
        plain = certify(conjecture, _plain(conjecture, worse.instance)) or worse
        worst = max(simplest, plain, key=lambda c: c.ratio)
    return Falsification(
        claim=conjecture,
        simplest=simplest,
        worst=worst,
        closest=None if found is not None or closest is None else _plain(conjecture, closest[1]),
        searched=tuple(searched),
        seed=int(seed),
        budget=float(budget),
        seconds=time.perf_counter() - start,
    )


def _nothing_evaluated(searched: Sequence[Searched]) -> bool:
    """Whether the claim refused every shape; Hypothesis counts what is refused, too."""
    return all(part.stage in ("refused", "hypothesis") for part in searched)


def _plain(claim: Claim, instance: Instance) -> Instance:
    """The same instance with simpler numbers, wherever they bring the sides no closer to what the claim says."""
    coordinates = Coordinates.of(claim, instance)
    found = None if claim.statistical or not coordinates.blocks else extreme(claim, instance)
    if found is None:
        return instance
    return simplified(coordinates, found, deadline=time.perf_counter() + SIMPLIFYING).instance


def _outcomes(claim: Claim, seed: int, deadline: float, executor: Executor | None) -> Generator[Outcome, None, None]:
    """Outcomes in the order of the tasks, whichever is done first, until the deadline."""
    tasks, name = _tasks(claim, seed), reference(claim)
    nearby = None if executor is None or name is None else AHEAD_OF_WORKERS
    for task in islice(tasks, nearby):
        if time.perf_counter() > deadline:
            return
        yield _search(claim, task)
    if executor is None or name is None:
        return
    waiting: deque[Future[Outcome]] = deque()
    try:
        while time.perf_counter() <= deadline:
            waiting.extend(
                executor.submit(_search_named, name, task) for task in islice(tasks, _room(executor, waiting))
            )
            if not waiting:
                return
            yield _result(waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()


def _result(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BaseException as problem:
        if not worker_died(problem):
            raise
        raise ExecutorError(
            "a worker process died while it searched, most likely for want of memory.\n"
            "  Give the claim smaller sizes, @il.claim(largest=...), or search with fewer workers."
        ) from problem


def _room(executor: Executor, waiting: deque[Future[Outcome]]) -> int:
    return 2 * worker_count(executor) - len(waiting)


def _tasks(claim: Claim, seed: int) -> Iterator[Task]:
    """Small shapes quickly, then more of them by turns with a thorough look at small and larger ones."""
    small = [(shape, seed, QUICK) for shape in small_shapes(claim)]
    yield from small[:FIRST]
    if all(isinstance(kind, Count) for kind in claim.parameters.values()):
        yield from small[FIRST:]
        return  # every instance has been looked at
    rest, thorough = iter(small[FIRST:]), _thorough(claim, seed)
    while True:
        yield from islice(rest, QUICK_ONES)
        yield next(thorough)


def _thorough(claim: Claim, seed: int) -> Iterator[Task]:
    larger, small = larger_shapes(claim, np.random.default_rng(seed)), list(small_shapes(claim))[:FIRST]
    for turn in count(1):
        yield None, seed + turn, THOROUGH
        for shape, other in zip_longest(small, islice(larger, ROUND)):
            yield from ((each, seed + turn, THOROUGH) for each in (shape, other) if each is not None)


def _search(claim: Claim, task: Task) -> Outcome:
    shape, seed, effort = task
    if shape is None:
        return search_targeted(claim, seed=seed, instances=TARGETED)
    return search_shape(claim, shape, seed=seed, effort=effort)


def _search_named(name: str, task: Task) -> Outcome:
    """In a worker."""
    return _search(resolve(name), task)
