"""Claims proved for all models of a shape, each shape once: kept in the ledger until a source changes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import astuple
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation, computed, recorded
from iltheory.experiments.experiment import Cell, Outcome
from iltheory.proofs.theorem import SHAPE, Theorem

if TYPE_CHECKING:
    from collections.abc import Callable

    from iltheory.attack.coordinates import Shape
    from iltheory.claims.claim import Claim
    from iltheory.engine.ledger import Record

LARGEST = (3, 2, 3)
"""States, actions and horizon of the largest shape."""
LARGEST_OF_DATA = (2, 2, 1)
"""The same for claims about data sets, which are enumerated."""
PATIENCE = 2**20
"""Monomials that are handled for one shape; of a claim that needs more, larger shapes are not tried."""


def prove_for_shapes(
    claims: Sequence[Claim],
    *,
    ledger: str | Path = ":memory:",
    executor: Executor | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> tuple[Theorem, ...]:
    """Prove claims for all models of every shape up to three states, two actions and three steps, where it can be done.

    Parameters
    ----------
    claims : those that are no polynomials, on any cell of the domain, are left out of the result; those that are not in
        the catalogue come last, are proved in this process, and what is found is not kept
    ledger : file that keeps the results
    executor : where claims are proved; by default one worker process a core
    on_result : called with the record of each claim of the catalogue
    """
    from iltheory.claims.registry import catalogue

    work = _computation([claim for claim in claims if catalogue().get(claim.id) is claim])
    own = [claim for claim in claims if catalogue().get(claim.id) is not claim]
    outcomes = computed([work], ledger=ledger, executor=executor, on_result=on_result)[work.id]
    outcomes += [Outcome({"claim": claim.id}, {"shapes": _proved(claim)}, 0.0) for claim in own]
    return _theorems(outcomes)


def proved_for_shapes(claims: Sequence[Claim], *, ledger: str | Path) -> tuple[Theorem, ...]:
    """Return what a ledger holds of these claims as they are now."""
    work = _computation(claims)
    return _theorems(recorded([work], ledger=ledger)[work.id])


def tried_for_shapes(claims: Sequence[Claim], *, ledger: str | Path) -> set[str]:
    """Return the ids of the claims, as they are now, that a ledger has an attempt of, proved or not."""
    work = _computation(claims)
    return {outcome.cell["claim"] for outcome in recorded([work], ledger=ledger)[work.id]}


def work(cell: Cell) -> Mapping[str, Any]:
    """Prove one claim of the catalogue."""
    from iltheory.claims.registry import catalogue

    return {"shapes": _proved(catalogue()[cell["claim"]])}


def _proved(claim: Claim) -> list[dict[str, Any]]:
    """Prove a claim for one shape after the other, from small to large."""
    from proofs_check.identities import TooMuchWork, prove_for_shape
    from sims.errors import IltheoryError

    found = []
    stepwise = _stepwise(claim)
    for shape in _shapes(claim):
        begun = time.process_time()
        try:
            proof = prove_for_shape(claim, shape, patience=PATIENCE)
        except TooMuchWork:
            break
        except IltheoryError:  # no polynomial, too many cells, or an argument whose range depends on the point
            proof = None
        seconds = time.process_time() - begun
        if proof is not None:
            size = [shape.n_states, shape.n_actions, shape.horizon, *shape.counts]
            words = {"words": proof.words, "method": proof.method, "variables": proof.variables}
            found.append({**words, "size": size, "seconds": round(seconds, 3)})
        elif min(shape.n_states, shape.n_actions) > 1 and (shape.horizon > 1 or not stepwise):
            break
    return found


def _shapes(claim: Claim) -> Iterator[Shape]:
    """Shapes from small to large: of models, or of whole numbers and distributions."""
    from iltheory.attack.coordinates import Shape
    from iltheory.claims.kinds import Count, Model

    kinds = list(claim.parameters.values())
    counts = sum(isinstance(kind, Count) for kind in kinds)
    states, actions, horizon = LARGEST
    if any(isinstance(kind, Model) for kind in kinds):
        if claim.largest.strict:
            states, actions, horizon = map(min, LARGEST, astuple(claim.largest))
        if counts:
            states, actions, horizon = LARGEST_OF_DATA
        if not _stepwise(claim):
            horizon = 1  # a discount takes its place
        sizes = product(range(1, horizon + 1), range(1, states + 1), range(1, actions + 1))
        yield from (Shape(n_states=s, n_actions=a, horizon=h) for h, s, a in sizes)
        return
    for more in range(horizon) if counts else (0,):
        yield Shape(n_states=states, n_actions=actions, horizon=horizon, counts=(more,) * counts)


def _stepwise(claim: Claim) -> bool:
    """Whether models have a horizon."""
    from iltheory.claims.kinds import Model

    return any(isinstance(kind, Model) and kind.finite for kind in claim.parameters.values())


def _computation(claims: Sequence[Claim]) -> Computation:
    return Computation("proofs for shapes", work, [{"claim": claim.id, "hash": claim.hash} for claim in claims])


def _theorems(outcomes: Sequence[Outcome]) -> tuple[Theorem, ...]:
    return tuple(_theorem(outcome) for outcome in outcomes if any(map(_choice, outcome.result["shapes"])))


def _theorem(outcome: Outcome) -> Theorem:
    shapes = outcome.result["shapes"]
    largest = [a for a in shapes if not any(a is not b and _within(a["size"], b["size"]) for b in shapes)]
    return Theorem(
        claim=outcome.cell["claim"],
        rung=SHAPE,
        verdict="proved for shape " + "; ".join(shape["words"] for shape in largest),
        name=shapes[0]["method"],
        about=f"{len(shapes)} shapes, the largest in {max(shape['variables'] for shape in shapes)} free numbers",
        text="",
        assumptions=(),
        seconds=round(sum(shape["seconds"] for shape in shapes), 2),
        shapes=tuple(shape["words"] for shape in shapes),
    )


def _within(a: Sequence[int], b: Sequence[int]) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True))


def _choice(shape: Mapping[str, Any]) -> bool:
    """Whether there is anything to choose between: two states and two actions, or a claim without models."""
    return bool(min(shape["size"][:2]) > 1)
