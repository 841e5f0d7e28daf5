"""Run the invariants on an implementation: which hold, which fail on which smallest model, which do not apply."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from iltheory.testing.adapter import Adapter, ImplementationRaised, InvalidAdapter, NotApplicable
from iltheory.testing.cases import Case, drawn, no_larger, smallest
from iltheory.testing.registry import DISCOUNTED, FINITE, Invariant, invariants, names
from iltheory.testing.report import InvariantReport, Outcome
from iltheory.testing.run import Run
from iltheory.testing.violation import InvariantViolated
from sims.errors import InvalidArgument


def check(adapter: Any, *, seed: int = 0, only: Sequence[str] | None = None) -> InvariantReport:
    """Run all invariants that apply to an implementation.

    Parameters
    ----------
    adapter : module, object, class without arguments, or function (its ``fit``); see ``docs/testing.md``
    seed : of all that is drawn; the same seed gives the same report
    only : names of invariants; by default all

    Raises
    ------
    InvalidAdapter
        If the adapter has no function that is known, or one asks for a parameter that is not.
    InvalidArgument
        If there is no invariant of a name in ``only``, or the seed is negative.
    """
    read = Adapter.of(adapter)
    return InvariantReport(read.name, seed, tuple(outcome(read, invariant, seed) for invariant in chosen(read, only)))


def chosen(adapter: Adapter, only: Sequence[str] | None) -> list[Invariant]:
    """The invariants of these names, with or without what they are run on; all, if no names are given."""
    every = list(invariants(adapter))
    for name in adapter.settings.get("excluded", {}):
        if name not in names():
            raise InvalidAdapter(f"excluded names no invariant {name!r}.\n  They are {', '.join(names())}.")
    if only is None:
        return every
    if isinstance(only, str):
        raise InvalidArgument(f"only={only!r} is one name; give a list, [{only!r}].")
    known = {*names(), *(invariant.name for invariant in every)}
    for name in only:
        if name not in known:
            raise InvalidArgument(f"there is no invariant {name!r}.\n  They are {', '.join(names())}.")
    return [invariant for invariant in every if {invariant.name, invariant.invariant} & set(only)]


def outcome(adapter: Adapter, invariant: Invariant, seed: int) -> Outcome:
    """Run one invariant."""
    if not isinstance(seed, int) or seed < 0:
        raise InvalidArgument(f"seed={seed!r} must be a whole number, at least 0.")
    reason = invariant.missing(adapter)
    if reason is not None:
        return Outcome(invariant.name, "does not apply", message=reason)
    if invariant.searched:
        return Search(adapter, invariant, seed).outcome()
    problem = _problem(invariant, Run(adapter, seed))
    return Outcome(invariant.name, "holds") if problem is None else _failed(invariant, problem)


def _problem(invariant: Invariant, run: Run) -> Exception | None:
    """Why an invariant does not hold on one case, or None."""
    try:
        invariant.run(run)
    except (NotApplicable, InvariantViolated, ImplementationRaised) as problem:
        return problem
    except Exception as problem:  # of ours, in what the implementation returned
        return problem
    return None


class Search:
    """Looks for models on which an invariant fails, and for the smallest of them."""

    def __init__(self, adapter: Adapter, invariant: Invariant, seed: int) -> None:
        self.adapter, self.invariant, self.seed = adapter, invariant, seed
        self.horizons = tuple(kind for kind in invariant.horizons if kind in adapter.horizons)
        varying = invariant.varying and adapter.varying
        self.scope: dict[str, Any] = {"varying": varying, "full_support": invariant.full_support}
        self.models = 0
        self.refusals: dict[str, None] = {}
        self.found: tuple[Case, Exception] | None = None

    def outcome(self) -> Outcome:
        """What came of it."""
        drawn_cases = drawn(self.horizons, **self.scope, seed=self.seed, n=self.invariant.models)
        if any(self._fails(case) for case in chain(drawn_cases, self._known())) and self.found is not None:
            self._shrink(self.found[0])
            case, problem = self.found
            return _failed(self.invariant, problem, self.models, self._shown(case))
        if not self.models:
            return Outcome(self.invariant.name, "does not apply", message="; ".join(self.refusals))
        return Outcome(self.invariant.name, "holds", self.models)

    def _shown(self, case: Case) -> dict[str, Any]:
        """The case, without its policy if an expert of the adapter took the place of that."""
        needed = [name for need in self.invariant.needs for name in need.split("|") if name in self.adapter.functions]
        imitated = any(name == "fit" or self.adapter.asks(name, "expert") for name in needed)
        shown = case.to_json()
        return {"mdp": shown["mdp"]} if imitated and self.adapter.has("expert") else shown

    def _known(self) -> Iterator[Case]:
        for mdp in self.invariant.known():
            kind = DISCOUNTED if mdp.horizon is None else FINITE
            if kind in self.horizons and (self.scope["varying"] or mdp.transitions.steps == 1):
                yield Case(mdp.to("rational"), None, self.seed)

    def _shrink(self, case: Case) -> None:
        """Make what fails smaller while it fails in the same way."""
        smaller = smallest(no_larger(case, **self.scope), self._fails, self.seed)
        if smaller is not None:
            self._fails(smaller)

    def _fails(self, case: Case) -> bool:
        """Whether it fails on a case, in the same way as before if it failed before."""
        problem = _problem(self.invariant, Run(self.adapter, self.seed, case))
        if isinstance(problem, NotApplicable):
            self.refusals.setdefault(str(problem))
            return False
        self.models += self.found is None
        if problem is None or (self.found is not None and _way(problem) != _way(self.found[1])):
            return False
        self.found = case, problem
        return True


def _way(problem: Exception) -> tuple[type, ...]:
    """How something fails: not at which numbers."""
    return type(problem), type(problem.__cause__)


def _failed(
    invariant: Invariant, problem: Exception, models: int = 0, instance: Mapping[str, Any] | None = None
) -> Outcome:
    name = invariant.name
    if isinstance(problem, NotApplicable):
        return Outcome(name, "does not apply", message=str(problem))
    if isinstance(problem, InvariantViolated):
        return Outcome(name, "fails", models, f"{problem.numbers}\n{problem.fix}", instance)
    if isinstance(problem, ImplementationRaised):
        return Outcome(name, "error", models, f"{problem}{_place(problem.__cause__)}", instance)
    what = f"what {' and '.join(invariant.needs)} returned cannot be used: {type(problem).__name__}: {problem}"
    return Outcome(name, "error", models, what, instance)


def _place(error: BaseException | None) -> str:
    """Where an exception came from: the deepest line of the file whose function was called."""
    frames = traceback.extract_tb(None if error is None else error.__traceback__)[1:]  # the first is our call
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    return f"\nin {Path(own[-1].filename).name}, line {own[-1].lineno}: {own[-1].line}" if own else ""
