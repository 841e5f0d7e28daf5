"""Decide claims about worlds that can only be sampled, with one probability of error for the whole run."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor, isfinite, log10
from time import perf_counter
from typing import Any

import numpy as np

from iltheory.claims.claim import Claim, InvalidClaim, collecting, verdicts
from iltheory.claims.kinds import InvalidInstance
from iltheory.claims.registry import catalogue
from iltheory.engine.sampled_instances import Values, bind
from iltheory.engine.sampled_report import CONTROLS, SampledReport, SampledVerdict
from iltheory.engine.verify import lookup
from iltheory.measures.sampled import FIRST, Sampling
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED, Comparison, Enclosure
from sims.errors import IltheoryError, InvalidArgument, require
from sims.sampled import NotEstimable, SampledMDP, SampledPolicy, StatesAlong

SAMPLES = 1024
"""Most episodes of each policy, unless somebody asks for more."""


@dataclass
class _Case:
    """One claim on one instance, and what is known about it so far."""

    claim: Claim
    instance: dict[str, Any]
    number: int
    expectations: int = 0
    weight: Fraction = Fraction(0)
    verdict: int = UNDECIDED
    met: int = UNDECIDED
    unmet: tuple[str, ...] = ()
    declared: dict[str, str] = field(default_factory=dict)
    lhs: Enclosure | None = None
    rhs: Enclosure | None = None
    known: tuple[Enclosure, Enclosure] | None = None
    op: str = ""
    needed: int | None = None
    seconds: float = 0.0
    open: bool = True


def verify_sampled(
    claims: str | Claim | Iterable[str | Claim] | None,
    mdp: SampledMDP,
    policies: Values | list[Values],
    *,
    delta: Any = Fraction(1, 100),
    samples: int = SAMPLES,
    seed: int = 0,
    control: str = "union",
    on_step: Callable[[int, int, int], None] | None = None,
) -> SampledReport:
    """Decide claims about policies of a sampled world by rolling these policies out.

    Roll-outs are drawn until every claim is decided or ``samples`` episodes of each policy are spent; confidence
    sequences allow to look after every doubling. Claims share the episodes, and the expectations that several ask for.

    Parameters
    ----------
    claims : ids, claims, or None for all of the catalogue with a counterpart on sampled worlds that fit the policies;
        those of them that cannot be bounded in this world are listed as refused, with the reason
    mdp : the world, with its horizon and the range of rewards that are part of what is claimed: where a formula asks
        for the least or largest reward or return, it takes the ends of that range, ``declared`` in the verdict
    policies : values of the other parameters, by name or in their order; a list of such for several instances
    delta : what is controlled. ``union``: the probability that any verdict of the run is wrong. ``e-bh``: the expected
        share of wrong verdicts among those given (the false discovery rate), for many claims at once
    samples : most episodes of each policy (and of each pair, for divergences of trajectories)
    seed : of all randomness; ``delta`` is per call. Whoever chooses a policy, or a claim, after looking at a run gives
        the next call another seed: episodes of the same seed are those that it was chosen by. Or gives all candidates
        in one call
    control : ``union`` or ``e-bh``
    on_step : called after each step of a roll-out, with the number of episodes done, of those under way and of steps
        that these have taken

    Raises
    ------
    NotEstimable
        If a claim asks for a quantity that no number of roll-outs bounds; nothing has been rolled out then.
    InvalidInstance
        If the values are none of a claim's parameters.
    InvalidArgument
        If an option is out of its range.
    InvalidClaim
        If a formula has a mistake: whatever it raises, with file and line.
    """
    began = perf_counter()
    require("mdp", mdp, SampledMDP, "sims.sampled.sampled_table(mdp)")
    delta, samples, seed = _check_options(delta, samples, seed, control)
    cases = _cases(claims, mdp, policies)
    refused: dict[str, str] = {}
    if claims is None:  # what somebody asks for by name is refused by an error
        refused = {case.claim.id: reason for case in cases if (reason := _why_not(case)) is not None}
        cases = [case for case in cases if case.claim.id not in refused]
    sampling = Sampling(np.random.default_rng(seed), delta, samples=0)
    sampling.on_step = on_step
    for case in cases:
        _announce(case, sampling)
    sampling.quantities = max(sampling.known_quantities, Fraction(1))
    while any(case.open for case in cases) and sampling.samples < samples:
        sampling.samples = min(max(2 * sampling.samples, FIRST), samples)
        for case in cases:
            if case.open:
                _look(case, sampling, level=None if control == "union" else delta / len(cases))
    if control == "e-bh":
        _discover(cases, sampling, delta)
    for case in cases:
        if case.verdict == UNDECIDED and case.met == HOLDS:
            case.needed = _needed(case, sampling)
    return SampledReport(
        world=mdp.description,
        horizon=mdp.horizon,
        rewards=(str(mdp.clip[0]), str(mdp.clip[1])),
        rescaled=mdp.is_rescaled,
        delta=float(delta),
        control=control,
        seed=seed,
        samples=sampling.samples,
        episodes=sampling.episodes,
        steps=sampling.steps,
        clipped=sampling.clipped,
        expectations=sampling.known,
        seconds=perf_counter() - began,
        verdicts=tuple(_verdict(case, mdp) for case in cases),
        refused=refused,
    )


def _announce(case: _Case, sampling: Sampling) -> None:
    """Evaluate a case without outcomes, to learn which expectations it asks for and that all of them can be bounded."""
    try:
        _look(case, sampling)
    except InvalidClaim:
        raise
    except Exception as problem:  # a formula is anybody's, and may raise anything
        raise _failure(case, problem) from problem
    case.expectations, case.weight = sampling.asked, sampling.weight
    assert case.lhs is not None and case.rhs is not None
    case.known = case.lhs, case.rhs
    if case.open and case.expectations == 0:
        raise InvalidClaim(f"{case.claim.id} asks for no expectation over episodes: there is nothing to sample.")


def _failure(case: _Case, problem: Exception) -> IltheoryError:
    """What to say of a formula that could not be evaluated: nothing bounds it here, or there is a mistake in it."""
    claim = case.claim
    if isinstance(problem, NotEstimable):
        where = "cannot be bounded in this world" if claim.sampled else "has no counterpart on sampled worlds"
        return NotEstimable(f"{claim.id} {where}: {problem}")
    if _misses_tables(case, problem):
        return NotEstimable(
            f"{claim.id} has no counterpart on sampled worlds: it computes with the table of a policy, of states or of "
            f"the model, as for mixtures of policies; here they are objects without one ({problem})."
        )
    file = claim.function.__code__.co_filename
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == file]
    where = f" at {file}:{lines[-1]}" if lines else ""
    if isinstance(problem, ar.UndecidedComparison):
        return InvalidClaim(
            f"{claim.id} fails{where}: it asks whether a comparison is true, which nothing decides before episodes are "
            "drawn.\n  Return the comparison, or assume it with il.assume(...); in place of `if`, max and min, use "
            "il.maximum and il.minimum."
        )
    return InvalidClaim(f"{claim.id} fails{where}: {type(problem).__name__}: {problem}")


def _misses_tables(case: _Case, problem: Exception) -> bool:
    """Whether a formula failed because a policy, laws of states or the world are no arrays."""
    kinds = {type(value).__name__ for value in case.instance.values()} | {StatesAlong.__name__}
    return (isinstance(problem, TypeError) and any(kind in str(problem) for kind in kinds)) or (
        isinstance(problem, InvalidArgument) and f"the class {TabularMDP.__name__}" in str(problem)
    )


def _why_not(case: _Case) -> str | None:
    """Why a claim cannot be decided in this world, with these policies; None if it can."""
    try:
        _announce(replace(case), Sampling(np.random.default_rng(0), Fraction(1, 2), samples=0))
    except NotEstimable as problem:
        return str(problem)
    return None


def _look(case: _Case, sampling: Sampling, level: Fraction | None = None) -> None:
    """Evaluate a case with the outcomes there are, and close it if they decide it.

    Parameters
    ----------
    level : decide by what the bets of this case alone have earned now, at this level; None: by the run's enclosures
    """
    began = perf_counter()
    comparison, conditions = _evaluate(case, sampling)
    case.met = min(conditions.values(), default=HOLDS)
    case.unmet = tuple(name for name, outcome in conditions.items() if outcome == REFUTED)
    case.declared = {name: str(value) for name, value in sampling.declared.items()}
    known = case.known or (None, None)
    sides = zip((comparison.lhs, comparison.rhs), known, strict=True)
    (case.lhs, case.rhs), case.op = (_enclosure(side, sampling.delta, before) for side, before in sides), comparison.op
    if level is None or case.met != HOLDS:
        case.verdict = int(comparison.verdicts.reshape(()))
    else:
        case.verdict = _at_level(case, sampling, level)
    case.open = case.met == UNDECIDED or (case.met == HOLDS and case.verdict == UNDECIDED)
    case.seconds += perf_counter() - began


def _evaluate(case: _Case, sampling: Sampling) -> tuple[Comparison, dict[str, int]]:
    """A case's comparison, and whether its assumptions are met, by name."""
    with sampling.evaluation(scope=case.number), collecting() as conditions:
        comparison = case.claim.evaluate(case.instance)
    if comparison.verdicts.size != 1:
        raise InvalidClaim(
            f"{case.claim.id} compares numbers of shape {comparison.verdicts.shape}; compare one number."
        )
    met: dict[str, int] = {}
    for name, condition in conditions:
        met[name] = min(met.get(name, HOLDS), int(np.min(verdicts(condition))))
    return comparison, met


def _at_level(case: _Case, sampling: Sampling, level: Fraction) -> int:
    """The verdict that the bets of a case have earned now: its e-value against the opposite is at least ``1 / level``.

    At all values of its m expectations with which the verdict is wrong, some bet has earned ``m / level``. So if it is
    wrong, the mean of what the m bets have earned at the true values, an e-value, is at least ``1 / level``. Entries of
    one quantity share its weight in this mean.
    """
    with sampling.evidence(level, case.weight):
        comparison, conditions = _evaluate(case, sampling)
    met = min(conditions.values(), default=HOLDS)
    return int(comparison.verdicts.reshape(())) if met == HOLDS else UNDECIDED


def _discover(cases: list[_Case], sampling: Sampling, delta: Fraction) -> None:
    """Give the verdicts of the e-Benjamini-Hochberg procedure (Wang and Ramdas 2022; catalogue: e-values).

    Of each case one of two hypotheses is true, the claim or its opposite; so of ``2 K`` hypotheses K are null, and with
    thresholds ``K / (delta k)`` the false discovery rate is at most delta, however the e-values depend on each other.
    """
    tried = [case for case in cases if case.met == HOLDS]
    k, found = len(cases), []
    for case in tried:
        # Decided at level delta * high / k, and not at delta * low / k; a case is closed when it is at delta / k.
        low, high = 0, k + 1 if case.open else 1
        while high - low > 1:
            middle = (low + high) // 2
            decided = _at_level(case, sampling, delta * middle / k) != UNDECIDED
            low, high = (low, middle) if decided else (middle, high)
        found.append(high)
    most = max((j for j in range(1, k + 1) if sum(rank <= j for rank in found) >= j), default=0)
    for case, rank in zip(tried, found, strict=True):
        if case.open and rank <= most:
            case.verdict = _at_level(case, sampling, delta * most / k)


def _needed(case: _Case, sampling: Sampling) -> int | None:
    """About how many episodes of each policy would decide a case, if its sides are where the sample means put them.

    Widths shrink with the root of the number of episodes (catalogue: claims-to-plan).
    """
    assert case.lhs is not None and case.rhs is not None
    if case.op == "==":  # what samples show of an equality that holds is never more than noise
        return None
    with sampling.estimates():
        comparison, _ = _evaluate(case, sampling)
    apart = float(ar.midpoint(comparison.lhs).reshape(())) - float(ar.midpoint(comparison.rhs).reshape(()))
    above, below = float(case.lhs.upper - case.rhs.lower), float(case.lhs.lower - case.rhs.upper)
    reach = above - apart if apart < 0 else apart - below
    if apart == 0 or not isfinite(reach):
        return None
    return _two_digits(max(sampling.samples * (reach / apart) ** 2, sampling.samples + 1))


def _two_digits(x: float) -> int:
    unit = 10 ** max(floor(log10(x)) - 1, 0)
    return int(ceil(x / unit) * unit)


# Instances.


def _cases(
    claims: str | Claim | Iterable[str | Claim] | None, mdp: SampledMDP, policies: Values | list[Values]
) -> list[_Case]:
    several = policies if isinstance(policies, list) else [policies]
    if claims is None:
        chosen = [claim for claim in catalogue().values() if claim.sampled]
        pairs = [(claim, values) for claim in chosen for values in several if _fits(claim, mdp, values)]
    else:
        wanted = [claims] if isinstance(claims, str | Claim) else list(claims)
        pairs = [(lookup(claim), values) for claim in wanted for values in several]
    if not pairs:
        raise InvalidArgument(
            "no claim fits: give claims about models with a horizon and the values of their parameters."
        )
    return [_Case(claim, bind(claim, mdp, values), i) for i, (claim, values) in enumerate(pairs)]


def _fits(claim: Claim, mdp: SampledMDP, values: Values) -> bool:
    try:
        bind(claim, mdp, values)
    except InvalidInstance:
        return False
    return True


def _check_options(delta: Any, samples: Any, seed: Any, control: Any) -> tuple[Fraction, int, int]:
    if control not in CONTROLS:
        raise InvalidArgument(f"control={control!r}: must be one of {', '.join(CONTROLS)}.")
    if not isinstance(samples, int | np.integer) or isinstance(samples, bool) or samples < 1:
        raise InvalidArgument(f"samples={samples!r}: must be a whole number of episodes, at least 1.")
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise InvalidArgument(f"seed={seed!r}: must be a whole number, at least 0.")
    try:
        exact = Fraction(repr(delta) if isinstance(delta, float) else delta)  # 0.01 is meant as 1/100
    except (TypeError, ValueError, OverflowError):
        exact = Fraction(0)
    if not 0 < exact < 1:
        raise InvalidArgument(f"delta={delta!r}: must lie strictly between 0 and 1.")
    return exact, int(samples), int(seed)


# What is reported.


def _enclosure(side: Any, delta: Fraction, before: Enclosure | None) -> Enclosure:
    """A side: rigorous if it is what was known without outcomes, else with confidence."""
    rigorous = Enclosure.of(ar.reshape(ar.INTERVAL.coerce(side), ()))
    return rigorous if before is None or rigorous == before else replace(rigorous, sense="confidence", delta=delta)


def _verdict(case: _Case, mdp: SampledMDP) -> SampledVerdict:
    assert case.lhs is not None and case.rhs is not None
    outcome = {HOLDS: "holds", REFUTED: "refuted", UNDECIDED: "undecided"}[case.verdict]
    if case.met != HOLDS:
        outcome = "not applicable" if case.met == REFUTED else "undecided"
    names = {name: _name(value) for name, value in case.instance.items() if value is not mdp}
    return SampledVerdict(
        claim=case.claim.id,
        statement=case.claim.statement,
        parameters=names,
        outcome=outcome,
        op=case.op,
        lhs=case.lhs,
        rhs=case.rhs,
        unmet=case.unmet,
        declared=case.declared,
        needed=case.needed,
        expectations=case.expectations,
        seconds=case.seconds,
    )


def _name(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_name, value))
    return str(getattr(value, "name", type(value).__name__)) if isinstance(value, SampledPolicy) else str(value)
