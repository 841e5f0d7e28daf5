"""A first look at mutants, without a search: on the instances a claim brings along and on a few random blocks."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.counterexample import Counterexample, certify
from iltheory.attack.mutants import Mutant, in_words
from iltheory.claims.claim import Claim
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Instance, InvalidInstance
from iltheory.engine.evaluate import NOT_APPLICABLE, Decision, decide
from iltheory.engine.worlds import LAWS, RANDOM_BLOCK, RandomWorld
from sims import arithmetic as ar

REFUTED = "refuted"
OPEN = "open"
FOLLOWS = "follows"
UNDEFINED = "undefined"
"""What a first look finds: a certified counterexample; none, and a statement that says more than the claim somewhere;
none, and nowhere more than the claim (which may imply it); none, and instances for which the formula has no value."""

ROUNDING = 1e-9
"""Differences of float sides that rounding may explain, relative to the sides."""

CANDIDATES = 3
"""Instances of a block that are tried exactly."""


@dataclass(frozen=True)
class Triage:
    """What a first look at a mutant finds.

    Attributes
    ----------
    mutant : the mutant
    standing : ``refuted``, ``open``, ``follows`` or ``undefined``
    counterexample : certified, if one was found
    instances : how many were evaluated, in floats
    seconds : time it took
    note : what the formula raised, if it did somewhere
    """

    mutant: Mutant
    standing: str
    counterexample: Counterexample | None
    instances: int
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class Block:
    """Exact instances with what the claim itself says about them, in floats."""

    instance: Instance
    size: int
    said: Decision | None


def triage(claim: Claim, mutants: tuple[Mutant, ...], *, seed: int = 0) -> list[Triage]:
    """Look at mutants of a claim on its tight instance, the counterexamples of its false variants and random blocks.

    Floats propose, exact numbers decide: a mutant is refuted by a certified counterexample only. A statistical claim
    is looked at on its own instances, not on random ones.
    """
    blocks = list(_blocks(claim, seed))
    freed = not claim.statistical
    return [
        _look(mutant, [*blocks, *_freed(mutant, seed)] if freed and mutant.operator == "assumption" else blocks)
        for mutant in mutants
    ]


def _look(mutant: Mutant, blocks: list[Block]) -> Triage:
    start, count = time.perf_counter(), 0
    more = mutant.operator == "assumption"  # it speaks of more instances
    notes: list[str] = []

    def outcome(standing: str, found: Counterexample | None = None) -> Triage:
        return Triage(mutant, standing, found, count, time.perf_counter() - start, notes[0] if notes else "")

    for block in blocks:
        count += block.size
        try:
            candidates, more_here = _proposed(mutant.claim, block)
        except Exception as problem:  # a changed formula may raise anything
            notes.append(in_words(problem))
            continue
        more |= more_here
        for instance in candidates:
            try:
                found = certify(mutant.claim, instance)
            except Exception as problem:
                notes.append(in_words(problem))
                continue
            if found is not None:
                return outcome(REFUTED, found)
    return outcome(UNDEFINED if notes else OPEN if more else FOLLOWS)


def _proposed(claim: Claim, block: Block) -> tuple[list[Instance], bool]:
    """Instances of a block that seem to violate a claim, and whether it says more there than its parent does."""
    if claim.statistical:
        return [block.instance], True
    with np.errstate(all="ignore"):
        decision = decide(claim, block.instance, block.size, arithmetic="float64")
    excess = np.where(decision.verdicts == NOT_APPLICABLE, -np.inf, _excess(decision))
    worst = [int(i) for i in np.argsort(-excess, kind="stable")[:CANDIDATES] if excess[i] > ROUNDING]
    more = block.said is not None and bool(np.any(_stricter(decision, block.said)))
    return [claim.select(block.instance, index) for index in worst], more


def _stricter(decision: Decision, said: Decision) -> NDArray[np.bool_]:
    """Where one decision leaves less room between its sides than another, for more than rounding."""
    with np.errstate(all="ignore"):
        (low, high), (low_said, high_said) = _sides(decision), _sides(said)
        rounding = ROUNDING * (1 + abs(low) + abs(high) + abs(low_said) + abs(high_said))
        closer = (low - high) - (low_said - high_said) > rounding
    return np.asarray(closer & (decision.verdicts != NOT_APPLICABLE))


def _sides(decision: Decision) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The side that should be the smaller one, and the other; of an equality their distance, and 0."""
    if decision.op == "==":
        return np.abs(decision.lhs - decision.rhs), 0 * decision.rhs
    return (decision.rhs, decision.lhs) if decision.op in (">=", ">") else (decision.lhs, decision.rhs)


def _excess(decision: Decision) -> NDArray[np.float64]:
    """How far the smaller side exceeds the larger one, relative to them; of an equality how far they are apart."""
    with np.errstate(all="ignore"):
        low, high = _sides(decision)
        excess = (low - high) / (1 + np.minimum(np.abs(decision.lhs), np.abs(decision.rhs)))
    return np.where(np.isnan(excess), -np.inf, excess).astype(np.float64)


def _blocks(claim: Claim, seed: int) -> Iterator[Block]:
    for instance in _brought_along(claim):
        yield _block(claim, instance, 1)
    if not claim.statistical:
        for law in LAWS:
            rng = np.random.default_rng([seed, *(zlib.crc32(text.encode()) for text in (claim.id, law))])
            yield _block(claim, RandomWorld(law).draw(claim, rng, RANDOM_BLOCK), RANDOM_BLOCK)


def _block(claim: Claim, instance: Instance, size: int) -> Block:
    if claim.statistical:
        return Block(instance, size, None)
    with np.errstate(all="ignore"):
        return Block(instance, size, decide(claim, instance, size, arithmetic="float64"))


def _brought_along(claim: Claim) -> Iterator[dict[str, Any]]:
    """The tight instance and counterexamples of false variants, those that are rational instances of the claim."""
    brought = [] if claim.tight is None else [claim.tight().instance]
    brought += [variant.counterexample() for variant in claim.false_variants if variant.counterexample is not None]
    for values in brought:
        try:
            yield claim.convert(claim.bind_any(values), ar.RATIONAL)
        except (InvalidInstance, ar.NotRepresentable):  # a variant may range over more, a closed form be irrational
            continue


def _freed(mutant: Mutant, seed: int) -> Iterator[Block]:
    """Small blocks of the instances that a dropped assumption lets in, over two steps and over one."""
    largest = mutant.claim.largest
    for law in LAWS:
        rng = np.random.default_rng([seed, *(zlib.crc32(text.encode()) for text in (mutant.claim.id, law))])
        for horizon, discount in ((2, (1, 2)), (1, (0, 1))):
            scale = Scale(
                size=RANDOM_BLOCK,
                n_states=min(3, largest.n_states),
                n_actions=min(2, largest.n_actions),
                horizon=min(horizon, largest.horizon),
                discount=discount,
                length=min(2, largest.length),
                law=law,
            )
            instance: dict[str, Any] = {}
            for name, kind in mutant.claim.parameters.items():
                instance[name] = kind.draw(rng, scale, instance)
            yield Block(instance, RANDOM_BLOCK, None)
