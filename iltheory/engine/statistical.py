"""Decide a statistical claim on one instance: sample until its comparison is decided, or its outcomes are spent."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import Claim, InvalidClaim, collecting, verdicts
from iltheory.claims.kinds import Instance
from iltheory.measures import Sampling
from iltheory.measures.sampled import FIRST
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED, Enclosure


@dataclass(frozen=True)
class SampledDecision:
    """What outcomes say about a claim on one instance; all of it is right with probability at least ``1 - delta``.

    Attributes
    ----------
    verdict : ``HOLDS``, ``REFUTED`` or ``UNDECIDED``
    met : whether the assumptions hold, with the same three values
    lhs, rhs : both sides
    op : the comparison
    samples : outcomes drawn of each expectation
    """

    verdict: int
    met: int
    lhs: Enclosure
    rhs: Enclosure
    op: str
    samples: int


def decide_by_sampling(claim: Claim, instance: Instance, rng: np.random.Generator, delta: Fraction) -> SampledDecision:
    """Evaluate a statistical claim on one instance, with twice as many outcomes each time until it is decided.

    Confidence sequences allow to look as often as one likes. Sides are evaluated in intervals, whichever
    arithmetic a run asks for, since a sampled mean is an interval.

    Parameters
    ----------
    instance : values of the parameters, no batch
    rng : of all outcomes
    delta : probability that the decision is wrong

    Raises
    ------
    InvalidClaim
        If the claim asks for no sampled mean, or compares more than one number.
    """
    assert claim.samples is not None
    converted = claim.convert(instance, ar.INTERVAL)
    sampling = Sampling(rng, delta, min(FIRST, claim.samples))
    while True:
        decision = look(claim, converted, sampling)
        decided = decision.met == REFUTED or (decision.met == HOLDS and decision.verdict != UNDECIDED)
        if decided or sampling.samples >= claim.samples:
            return decision
        sampling.samples = min(2 * sampling.samples, claim.samples)


def enclose_by_sampling(
    claim: Claim, instance: Instance, rng: np.random.Generator, delta: Fraction
) -> tuple[Enclosure, Enclosure]:
    """Both sides of a statistical claim on one instance, from as many outcomes as it may draw."""
    assert claim.samples is not None
    decision = look(claim, claim.convert(instance, ar.INTERVAL), Sampling(rng, delta, claim.samples))
    return decision.lhs, decision.rhs


def look(claim: Claim, instance: Instance, sampling: Sampling) -> SampledDecision:
    """Evaluate a statistical claim once, on an instance in intervals, with as many outcomes as ``sampling`` draws."""
    before = sampling.asked
    with sampling.evaluation(), collecting() as conditions:
        comparison = claim.evaluate(instance)
        outcome = _single(claim, comparison.verdicts)
    if before not in (0, sampling.asked):
        raise InvalidClaim(
            f"{claim.id} asked for {before} sampled means, and with more outcomes for {sampling.asked}: which "
            "expectations it asks for, and in which order, must not depend on outcomes."
        )
    if sampling.asked == 0:
        raise InvalidClaim(
            f"{claim.id} has samples={claim.samples} and asks for no il.sampled_mean(...): leave samples out, and it "
            "is decided by computing."
        )
    met = min((_single(claim, verdicts(condition)) for _, condition in conditions), default=HOLDS)
    lhs, rhs = (_with_confidence(side, sampling.delta) for side in (comparison.lhs, comparison.rhs))
    return SampledDecision(outcome, met, lhs, rhs, comparison.op, sampling.samples)


def _with_confidence(side: Any, delta: Fraction) -> Enclosure:
    """A side as an enclosure; one that is no single point is right with the confidence of the outcomes."""
    rigorous = Enclosure.of(ar.reshape(ar.INTERVAL.coerce(side), ()))
    return rigorous if rigorous.width == 0 else Enclosure(rigorous.lower, rigorous.upper, "confidence", delta)


def _single(claim: Claim, outcome: Any) -> int:
    if outcome.size != 1:
        raise InvalidClaim(f"{claim.id} compares numbers of shape {outcome.shape}; compare one number an instance.")
    return int(outcome.reshape(()))
