"""Mutation testing of the checker: every mutant of a claim that is false has to be refuted."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

from iltheory.attack.counterexample import Counterexample, Size, certify
from iltheory.attack.falsify import falsify
from iltheory.attack.mutants import OPERATORS, derive, in_words
from iltheory.attack.shrink import shrink
from iltheory.attack.survivors import LARGE, REASONS
from iltheory.attack.triage import FOLLOWS, OPEN, REFUTED, UNDEFINED, Triage, triage
from iltheory.claims.claim import Claim
from iltheory.claims.registry import catalogue
from iltheory.engine.executors import serial
from iltheory.engine.verify import InvalidOption, lookup

SCHEMA = "iltheory-mutants/1"

FIRST_LOOK, SEARCH, KNOWN = "first look", "search", "known instance"
"""What refuted a mutant; the last is a counterexample beyond the sizes that are searched."""

PROVED = "proved"
"""Standing of a mutant that is true, and more than its claim: another claim of the catalogue proves it."""

SHRINKING = 1.0
"""Seconds for making the counterexample of a first look small."""


@dataclass(frozen=True)
class Attacked:
    """What became of one mutant.

    Attributes
    ----------
    id, operator, change : of the mutant
    standing : ``refuted``, ``proved`` (by a sharper claim), ``follows`` (from its claim, for a known reason, or because
        no instance was seen on which it says more), ``open`` (no counterexample, and it says more than the claim
        somewhere) or ``undefined`` (some instances have no value)
    stage : what refuted it, ``first look``, ``search`` or ``known instance``; empty if nothing did
    seconds : time until the certified counterexample was small, or until the attack gave up
    size : of the counterexample
    note : why it is true, if that is known; what the formula raised, if it did
    proof : id of the claim that proves it, if one is known
    """

    id: str
    operator: str
    change: str
    standing: str
    stage: str
    seconds: float
    size: Size | None
    note: str = ""
    proof: str = ""


@dataclass(frozen=True)
class Tally:
    """The mutants of one operator.

    Attributes
    ----------
    operator : its name
    total, refuted, proved, follows, open, undefined : how many
    at_once : how many of those refuted needed no search
    discarded : variants that were no mutants, because their formula cannot be evaluated
    inapplicable : claims to which the operator does not apply
    median, longest : seconds to refutation, None without one
    largest : of the counterexamples
    """

    operator: str
    total: int
    refuted: int
    at_once: int
    proved: int
    follows: int
    open: int
    undefined: int
    discarded: int
    inapplicable: int
    median: float | None
    longest: float | None
    largest: Size | None


@dataclass(frozen=True)
class MutationReport:
    """The outcome of ``attack_mutants``.

    Attributes
    ----------
    attacked : every mutant, claim by claim
    tallies : one an operator that has mutants
    seed, budget, seconds : of the run; the budget in seconds for each mutant that a first look leaves
    """

    attacked: tuple[Attacked, ...]
    tallies: tuple[Tally, ...]
    seed: int
    budget: float
    seconds: float

    @property
    def survivors(self) -> tuple[Attacked, ...]:
        """The mutants without a counterexample: true, or too hard for the search."""
        return tuple(one for one in self.attacked if one.standing in (PROVED, FOLLOWS, OPEN))

    def to_json(self) -> dict[str, Any]:
        """Describe the outcome in plain JSON values."""
        return {
            "schema": SCHEMA,
            "operators": [{"words": OPERATORS[tally.operator], **asdict(tally)} for tally in self.tallies],
            "mutants": [asdict(one) for one in self.attacked],
            "seed": self.seed,
            "budget": self.budget,
            "seconds": self.seconds,
        }


def attack_mutants(
    claims: Sequence[str | Claim], *, budget: float = 5.0, seed: int = 0, executor: Executor | None = None
) -> MutationReport:
    """Refute the mutants of claims: by a first look, then by a search for what is left.

    Parameters
    ----------
    claims : the claims, or their ids
    budget : seconds of search for each mutant that a first look leaves; 0 for no search
    seed : the same seed looks at the same instances
    executor : any ``concurrent.futures.Executor``; by default this process. Claims that are not in the catalogue are
        attacked in this process, too

    Raises
    ------
    InvalidOption
        If the budget is negative.
    """
    if not isinstance(budget, int | float) or not budget >= 0:
        raise InvalidOption(f"budget={budget!r}: must be a number of seconds, at least 0.")
    start, chosen = time.perf_counter(), [lookup(claim) for claim in claims]
    with nullcontext(executor) if executor is not None else serial() as pool:
        looks = [_pool_for(claim, pool).submit(_first_look, _named(claim), seed) for claim in chosen]
        seen = [look.result() for look in looks]
        searches = {
            one.id: _pool_for(claim, pool).submit(_search, _named(claim), one, budget, seed)
            for claim, look in zip(chosen, seen, strict=True)
            for one in look.attacked
            if one.standing in (OPEN, FOLLOWS) and not one.proof and budget > 0
        }
        attacked = tuple(
            searches[one.id].result() if one.id in searches else one for look in seen for one in look.attacked
        )
    tallies = tuple(_tally(operator, seen, attacked) for operator in OPERATORS)
    return MutationReport(attacked, tallies, seed, float(budget), time.perf_counter() - start)


@dataclass(frozen=True)
class _Look:
    """A first look at one claim: its mutants, and the operators of what was discarded and of what does not apply."""

    attacked: tuple[Attacked, ...]
    discarded: tuple[str, ...]
    inapplicable: tuple[str, ...]


def _named(claim: Claim) -> str | Claim:
    """How a claim travels to a worker: by its id, if it is in the catalogue."""
    return claim.id if catalogue().get(claim.id) is claim else claim


def _pool_for(claim: Claim, pool: Executor) -> Executor:
    return pool if isinstance(_named(claim), str) else serial()


def _first_look(named: str | Claim, seed: int) -> _Look:
    claim = lookup(named)
    derivation = derive(claim)
    attacked = []
    for looked in triage(claim, derivation.mutants, seed=seed):
        start = time.perf_counter()
        found, stage = looked.counterexample, FIRST_LOOK
        if found is None:
            found, stage = _known(looked), KNOWN
        small = None if found is None else shrink(found, seconds=SHRINKING).size
        one = Attacked(
            id=looked.mutant.claim.id,
            operator=looked.mutant.operator,
            change=looked.mutant.change,
            standing=looked.standing if found is None else REFUTED,
            stage="" if found is None else stage,
            seconds=looked.seconds + time.perf_counter() - start,
            size=small,
            note=looked.note,
        )
        attacked.append(_explained(one))
    operators = tuple(operator for operator, _, _ in derivation.discarded)
    return _Look(tuple(attacked), operators, tuple(derivation.inapplicable))


def _known(looked: Triage) -> Counterexample | None:
    """The counterexample that is known of a mutant, though too large to be searched for."""
    claim = looked.mutant.claim
    return certify(claim, claim.bind_any(LARGE[claim.id]())) if claim.id in LARGE else None


def _explained(one: Attacked) -> Attacked:
    """With the reason why a mutant is true, where no counterexample says otherwise."""
    reason = REASONS.get(one.id)
    if reason is None or one.standing == REFUTED:
        return one
    standing = PROVED if reason.sharpens(one.id) else FOLLOWS
    return replace(one, standing=standing, note=reason.words, proof=reason.claim)


def _search(named: str | Claim, one: Attacked, budget: float, seed: int) -> Attacked:
    (mutant,) = (mutant for mutant in derive(lookup(named)).mutants if mutant.claim.id == one.id)
    start = time.perf_counter()
    try:
        found = falsify(mutant.claim, budget=budget, seed=seed)
    except Exception as problem:  # a changed formula may raise anything
        return replace(one, standing=UNDEFINED, seconds=time.perf_counter() - start, note=in_words(problem))
    seconds = one.seconds + found.seconds
    if found.simplest is None:
        return replace(one, seconds=seconds)
    return replace(one, standing=REFUTED, stage=SEARCH, seconds=seconds, size=found.simplest.size)


def _tally(operator: str, seen: Sequence[_Look], attacked: Sequence[Attacked]) -> Tally:
    ours = [one for one in attacked if one.operator == operator]
    standings = Counter(one.standing for one in ours)
    refuted = [one for one in ours if one.standing == REFUTED]
    return Tally(
        operator=operator,
        total=len(ours),
        refuted=len(refuted),
        at_once=sum(one.stage == FIRST_LOOK for one in refuted),
        proved=standings[PROVED],
        follows=standings[FOLLOWS],
        open=standings[OPEN],
        undefined=standings[UNDEFINED],
        discarded=sum(look.discarded.count(operator) for look in seen),
        inapplicable=sum(operator in look.inapplicable for look in seen),
        median=statistics.median(one.seconds for one in refuted) if refuted else None,
        longest=max((one.seconds for one in refuted), default=None),
        largest=max((one.size for one in refuted if one.size is not None), default=None),
    )
