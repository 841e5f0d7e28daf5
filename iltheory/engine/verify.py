"""Verify claims: draw instances from every world, decide each rigorously, report in strict words."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from iltheory.claims.claim import Claim, InvalidClaim, Tight
from iltheory.claims.instances import encode
from iltheory.claims.kinds import Instance
from iltheory.claims.registry import UnknownClaim, catalogue, find
from iltheory.engine.blocks import run_blocks
from iltheory.engine.evaluate import ARITHMETICS, DELTA, NOT_APPLICABLE, Decision, check_separable, decide, exact_sides
from iltheory.engine.executors import processes, serial, worker_count
from iltheory.engine.ledger import BlockKey, Ledger, Record
from iltheory.engine.provenance import arithmetic_on, libraries, split_arithmetic, versions
from iltheory.engine.report import TIGHT, VARIANTS, Report, Where, summarize
from iltheory.engine.statistical import enclose_by_sampling
from iltheory.engine.worlds import ATARI, GYMNASIUM, LAWS, FixedWorld, RandomWorld, World, worlds
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED, Enclosure
from sims.errors import IltheoryError

BUDGET = 90.0
"""Seconds for the whole catalogue, unless said otherwise; fewer claims get their share."""
LEAST_BUDGET = 15.0


class NothingVerified(IltheoryError):
    """No generated instance meets the assumptions of a claim, so nothing at all was checked."""


class OtherVersion(IltheoryError):
    """A worker has other versions of the packages, or of the claim, than the run it works for."""


class InvalidOption(IltheoryError, ValueError):
    """An option of a run has a value that makes no sense."""


@dataclass(frozen=True)
class Plan:
    """What a run is to compute for each claim: ``n`` instances in each world, or as many as there is time for."""

    seed: int
    arithmetic: str
    n: int | None
    device: str | None = None

    @property
    def filed_arithmetic(self) -> str:
        """Under what the blocks of this run are filed."""
        return arithmetic_on(self.arithmetic, self.device)

    def key(self, claim: Claim, family: str, index: int, size: int) -> BlockKey:
        """Coordinates of a block."""
        return BlockKey(claim.id, claim.hash, self.filed_arithmetic, family, self.seed, index, size, versions())


def verify(
    claim: str | Claim,
    *,
    n: int | None = None,
    budget: float | None = None,
    seed: int = 0,
    arithmetic: str = "auto",
    device: str | None = None,
    ledger: str | Path | None = None,
    executor: Executor | None = None,
) -> Report:
    """Verify one claim; see :func:`verify_all` for the parameters. Runs in this process unless given an executor."""
    return verify_all(
        [lookup(claim)],
        n=n,
        budget=budget,
        seed=seed,
        arithmetic=arithmetic,
        device=device,
        ledger=ledger,
        executor=executor or serial(),
    )[0]


def verify_all(
    claims: Sequence[str | Claim],
    *,
    n: int | None = None,
    budget: float | None = None,
    seed: int = 0,
    arithmetic: str = "auto",
    device: str | None = None,
    ledger: str | Path | None = None,
    executor: Executor | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> list[Report]:
    """Verify claims on random instances, named families and real Gymnasium tables.

    Parameters
    ----------
    claims : the claims, or their ids
    n : instances of each claim in each world; without it, as many as the budget allows, at least one block of each
        random law
    budget : seconds of wall time, counting what the ledger holds already, after which no further block is begun
        (default: 90 for the whole catalogue, its share for fewer claims; unlimited if ``n`` is given)
    seed : the same seed gives the same instances
    arithmetic : ``auto`` (intervals, then rationals, then balls), or one number system to stay in
    device : torch device, such as ``cuda``, on which floats and intervals are computed; by default numpy. The verdicts
        are the same; what intervals leave open, and claims that are sampled, go on without it
    ledger : file that keeps every finished block, so that an interrupted run resumes; by default a temporary one
    executor : any ``concurrent.futures.Executor``; by default one process a core, or this one alone with a device
    on_result : called with each finished block

    Raises
    ------
    InvalidOption
        If an option has an impossible value.
    NothingVerified
        If no instance of a claim meets its assumptions.
    """
    _check_options(n, budget, seed, arithmetic, executor)
    if device is not None:
        system: Any = ar.get_system("interval" if arithmetic == "auto" else arithmetic, device=device)
        device = system.device  # its full name
    chosen = [lookup(claim) for claim in claims]
    by_id = {claim.id: claim for claim in chosen}
    for claim in chosen:
        if by_id[claim.id] is not claim:
            raise InvalidOption(
                f"claims: two different ones have the id {claim.id!r}; give one another, with @il.claim(id=...)."
            )
    foreign = {id: claim for id, claim in by_id.items() if catalogue().get(id) is not claim}
    work = partial(run_block, claims=foreign)
    with _opened(ledger) as book, _executor(executor, here=bool(foreign) or device is not None) as pool:
        plan = Plan(seed, arithmetic, n, device)
        run_blocks(_first(chosen, plan), work, ledger=book, executor=pool, on_result=on_result)
        limit = _default_budget(len(chosen)) if budget is None and n is None else budget
        spent = sum(record.seconds for record in _records(book, chosen, plan)) / worker_count(pool)
        if limit is None or limit > spent:
            left = None if limit is None else limit - spent
            run_blocks(_more(chosen, plan), work, ledger=book, executor=pool, budget=left, on_result=on_result)
        reports = [
            _with_worst_instance(
                claim,
                summarize(claim, _records(book, [claim], plan), arithmetic=arithmetic, device=device, seed=seed),
            )
            for claim in chosen
        ]
    for claim, report in zip(chosen, reports, strict=True):
        if report.instances == 0:
            names = "; ".join(assumption.name for assumption in claim.assumptions) or "il.assume in its function"
            raise NothingVerified(
                f"{claim.id}: none of {report.not_applicable} generated instances meets the assumptions ({names}), so "
                "nothing was checked.\n"
                "  Weaken them, or let the claim build instances that meet them from its parameters."
            )
    return reports


def _check_options(n: int | None, budget: float | None, seed: int, arithmetic: str, executor: Executor | None) -> None:
    if arithmetic not in ARITHMETICS:
        raise InvalidOption(f"arithmetic={arithmetic!r}: must be one of {', '.join(ARITHMETICS)}.")
    if n is not None and (not _is_integer(n) or n < 1):
        raise InvalidOption(f"n={n!r}: the number of instances must be an integer, at least 1.")
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise InvalidOption(f"budget={budget!r}: must be a positive number of seconds.")
    if not _is_integer(seed) or not 0 <= seed < 2**63:
        raise InvalidOption(f"seed={seed!r}: must be an integer from 0 to 2**63 - 1.")
    if executor is not None and not isinstance(executor, Executor):
        raise InvalidOption(
            f"executor={executor!r:.60}: must be a concurrent.futures.Executor, such as the one of "
            "`with iltheory.engine.executors.processes(4) as executor:`."
        )


def _is_integer(x: Any) -> bool:
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def _with_worst_instance(claim: Claim, report: Report) -> Report:
    """Write out the worst instance, drawn again from its coordinates."""
    return report if report.where is None else replace(report, worst_instance=encode(reproduce(claim, report.where)))


@contextmanager
def _opened(ledger: str | Path | None) -> Iterator[Ledger]:
    if ledger is not None:
        with Ledger(ledger) as book:
            yield book
        return
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.sqlite") as book:
        yield book


def _default_budget(claims: int) -> float:
    """The share of the catalogue's budget that some of its claims get, never less than a few seconds."""
    return max(BUDGET * min(1.0, claims / len(catalogue())), LEAST_BUDGET)


def _executor(given: Executor | None, *, here: bool) -> AbstractContextManager[Executor]:
    """The caller's executor; or worker processes, unless these could not look the claims up or share the device."""
    if given is not None:
        return nullcontext(given)
    return nullcontext(serial()) if here else processes()


def _records(book: Ledger, claims: Sequence[Claim], plan: Plan) -> Iterator[Record]:
    for claim in claims:
        yield from book.results(
            claim=claim.id,
            claim_hash=claim.hash,
            arithmetic=plan.filed_arithmetic,
            seed=plan.seed,
            versions=versions(),
        )


def _first(claims: Sequence[Claim], plan: Plan) -> Iterator[BlockKey]:
    """What every run computes: the checks of each claim itself, and one block of each random law."""
    for claim in claims:
        if plan.arithmetic != "float64":
            yield from (plan.key(claim, family, 0, 1) for family in (TIGHT, VARIANTS) if _has(claim, family))
        yield from _round(claim, [w for w in _worlds().values() if isinstance(w, RandomWorld)], plan, 0)


def _more(claims: Sequence[Claim], plan: Plan) -> Iterator[BlockKey]:
    """Named families, Gymnasium tables, then games, each claim beginning with another one; then all, round by round.

    So a run that is cut short has met every claim about equally often, and every world.
    """
    fixed = [world for world in _worlds().values() if isinstance(world, FixedWorld)]
    named = [world for world in fixed if world.name not in (*GYMNASIUM, *ATARI)]
    for group in (named, *([world for world in fixed if world.name in real] for real in (GYMNASIUM, ATARI))):
        for turn in range(len(group)):
            for place, claim in enumerate(claims):
                yield from _round(claim, [group[(place + turn) % len(group)]], plan, 0)
    for index in count(1):
        blocks = [key for claim in claims for key in _round(claim, _worlds().values(), plan, index)]
        if not blocks:
            return
        yield from blocks


def _round(claim: Claim, among: Iterable[World], plan: Plan, index: int) -> Iterator[BlockKey]:
    """Block ``index`` of a claim in each of some worlds, unless it is beyond the number of instances asked for."""
    for world in among:
        if not world.serves(claim):
            continue
        full = world.block_size(claim)
        size = full if plan.n is None else min(full, plan.n - index * full)
        if size > 0:
            yield plan.key(claim, world.name, index, size)


def _has(claim: Claim, family: str) -> bool:
    return claim.tight is not None if family == TIGHT else bool(claim.false_variants)


@cache
def _worlds() -> Mapping[str, World]:
    return {world.name: world for world in worlds()}


def run_block(key: BlockKey, claims: Mapping[str, Claim]) -> dict[str, Any]:
    """Compute one block: the same key gives the same result on every machine.

    Parameters
    ----------
    claims : claims that are not in the catalogue, by id
    """
    claim = claims.get(key.claim) or lookup(key.claim)
    if claim.hash != key.claim_hash or not key.versions.endswith(libraries()):
        raise OtherVersion(
            f"the run is of {claim.id} ({key.claim_hash}) with {key.versions}; this worker has it as {claim.hash} "
            f"with {versions()}.\n"
            "  Install the same packages, and the same Python, on every worker; after an edit, run again."
        )
    arithmetic, device = split_arithmetic(key.arithmetic)
    if key.family == TIGHT:
        return _on_tight(claim, device)
    if key.family == VARIANTS:
        return {"refuted": sum(_is_refuted(variant, device) for variant in claim.false_variants)}
    instance = _draw(claim, key)
    rigorous, random = arithmetic != "float64", isinstance(_worlds()[key.family], RandomWorld)
    # The tests of the catalogue do this for its own claims: one law is enough for them.
    unchecked = random and (key.claim in claims or key.family == f"random {LAWS[0]}")
    if unchecked and key.index == 0 and key.size > 1 and rigorous and not claim.statistical:
        check_separable(claim, instance, arithmetic=arithmetic, device=device)
    decision = decide(
        claim,
        instance,
        key.size,
        arithmetic=arithmetic,
        device=device,
        seed=(*_seeds(claim, key), 1),
        delta=_share(key),
    )
    return _result(claim, instance, decision)


def _share(key: BlockKey) -> Fraction:
    """What a block may spend of ``DELTA``: all blocks of a ledger, of all worlds, indices and sizes, spend no more."""
    return DELTA / (len(_worlds()) * (key.index + 1) * (key.index + 2) * key.size * (key.size + 1))


def evidence(claim: Claim, ledger: Path, *, seed: int = 0, arithmetic: str = "auto") -> Report | None:
    """Sum up what a ledger holds about a claim, or None if it holds nothing."""
    if not ledger.exists():
        return None
    with Ledger(ledger) as book:
        records = list(_records(book, [claim], Plan(seed, arithmetic, None)))
    return summarize(claim, records, arithmetic=arithmetic, seed=seed) if records else None


def reproduce(claim: str | Claim, where: Where) -> dict[str, Any]:
    """Draw again the instance a report points at.

    Returns
    -------
    dict
        Exact values of the claim's parameters.

    Raises
    ------
    InvalidOption
        If there is no such place.
    """
    chosen = lookup(claim)
    if where.family not in _worlds():
        raise InvalidOption(f"where.family={where.family!r}: must be one of {', '.join(_worlds())}.")
    if not 0 <= where.position < where.size:
        raise InvalidOption(f"where.position={where.position}: must be one of the {where.size} in the block.")
    key = BlockKey(chosen.id, chosen.hash, "auto", where.family, where.seed, where.block, where.size, versions())
    return chosen.select(_draw(chosen, key), where.position)


def lookup(claim: str | Claim) -> Claim:
    """Return the claim with exactly this id.

    Raises
    ------
    UnknownClaim
        If there is none.
    """
    if isinstance(claim, Claim):
        return claim
    if not isinstance(claim, str):
        raise UnknownClaim(
            f"{claim!r:.60} is no claim; give an id that `iltheory list` shows, or a function with @il.claim(...)."
        )
    found = {c.id: c for c in find(claim)}
    if claim not in found:
        raise UnknownClaim(f"no claim has the id {claim!r}; there are {', '.join(found)}.")
    return found[claim]


def _draw(claim: Claim, key: BlockKey) -> Instance:
    return _worlds()[key.family].draw(claim, np.random.default_rng(_seeds(claim, key)), key.size)


def _seeds(claim: Claim, key: BlockKey) -> list[int]:
    names = (zlib.crc32(text.encode()) for text in (claim.id, key.family))
    return [key.seed, *names, key.index]


def _result(claim: Claim, instance: Instance, decision: Decision) -> dict[str, Any]:
    verdicts = decision.verdicts
    counts = {
        name: int(np.sum(verdicts == verdict))
        for name, verdict in (
            ("holds", HOLDS), ("refuted", REFUTED), ("undecided", UNDECIDED), ("not_applicable", NOT_APPLICABLE),
        )
    }  # fmt: skip
    ratios = np.where(verdicts == NOT_APPLICABLE, np.nan, decision.ratios)
    worst = None
    if np.isfinite(ratios).any():
        position = int(np.nanargmax(np.where(np.isfinite(ratios), ratios, np.nan)))
        worst = {"ratio": float(ratios[position]), "position": position}
    refutation = None
    if counts["refuted"] and decision.systems[0] != "float64":
        position = int(np.argmax(np.where(verdicts == REFUTED, np.nan_to_num(decision.ratios, nan=0.0), -1.0)))
        violating = claim.select(instance, position)
        sides = decision.enclosures[position] if claim.statistical else map(Enclosure.of, exact_sides(claim, violating))
        lhs, rhs = map(str, sides)
        encoded = encode(violating)
        refutation = {"instance": encoded, "position": position, "lhs": lhs, "rhs": rhs, "op": decision.op}
    used, numbers = np.unique(decision.systems.astype(str), return_counts=True)
    return {
        "counts": counts,
        "systems": {str(name): int(k) for name, k in zip(used, numbers, strict=True)},
        "op": decision.op,
        "width": float(decision.widths.max(initial=0.0)) if np.isfinite(decision.widths).all() else None,
        "worst": worst,
        "refutation": refutation,
    }


def _on_tight(claim: Claim, device: str | None) -> dict[str, Any]:
    """Evaluate the tight instance, exactly if the formula allows it, and compare both sides with their closed forms."""
    assert claim.tight is not None
    tight = claim.tight()
    if not isinstance(tight, Tight):
        raise InvalidClaim(
            f"{claim.id}: tight() returned {type(tight).__name__} {tight!r:.60}; return il.Tight(instance, lhs, rhs)."
        )
    instance = claim.bind_any(tight.instance)
    if claim.statistical:
        sides = zip(
            enclose_by_sampling(claim, instance, np.random.default_rng(0), DELTA),
            map(Enclosure.of, (tight.lhs, tight.rhs)),
            strict=True,
        )
        agrees = all(side.compare("==", form) >= 0 for side, form in sides)
    else:
        lhs, rhs = exact_sides(claim, instance)
        agrees = not any(ar.equal(side, form).refuted for side, form in ((lhs, tight.lhs), (rhs, tight.rhs)))
    ratio = float(decide(claim, instance, 1, device=device).ratios[0])
    return {"ratio": ratio if isfinite(ratio) else None, "agrees": agrees}


def _is_refuted(variant: Claim, device: str | None) -> bool:
    assert variant.counterexample is not None
    instance = variant.bind_any(variant.counterexample())
    return bool(decide(variant, instance, 1, device=device).verdicts[0] == REFUTED)
