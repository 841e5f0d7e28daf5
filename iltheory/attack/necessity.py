"""Which assumptions a claim needs: drop each in turn, and look for a counterexample without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from iltheory.attack.falsification import Falsification, Searched
from iltheory.attack.falsify import BUDGET, falsify
from iltheory.attack.mutants import mutants
from iltheory.attack.references import resolve
from iltheory.claims.assumptions import UNIT_REWARDS, any_rewards
from iltheory.claims.claim import Claim

SCHEMA = "iltheory-necessity/1"


@dataclass(frozen=True)
class Need:
    """What became of a claim without one of its assumptions.

    Attributes
    ----------
    assumption : what was dropped, in words
    attack : on the claim without it
    """

    assumption: str
    attack: Falsification

    @property
    def verdict(self) -> str:
        """``needed: witness``, or ``not seen to be needed`` with how much was searched."""
        if self.attack.certified:
            return f"needed: witness with {self.attack.size}"
        return f"not seen to be needed (searched {self.attack.instances:,} instances in {self.attack.seconds:.0f} s)"

    def to_json(self) -> dict[str, Any]:
        """Describe it in plain JSON values."""
        return {"assumption": self.assumption, "needed": self.attack.certified, "attack": self.attack.to_json()}


@dataclass(frozen=True)
class Necessity:
    """The outcome of ``il.necessity``.

    Attributes
    ----------
    claim : the claim
    needs : one entry for each assumption, those of its parameters' kinds among them
    """

    claim: Claim
    needs: tuple[Need, ...]

    def to_json(self) -> dict[str, Any]:
        """Describe the outcome in plain JSON values."""
        return {"schema": SCHEMA, "claim": self.claim.id, "assumptions": [need.to_json() for need in self.needs]}


def necessity(
    claim: str | Claim,
    *,
    budget: float = BUDGET,
    seed: int = 0,
    executor: Executor | None = None,
    on_searched: Callable[[Searched], object] | None = None,
) -> Necessity:
    """Drop each assumption of a claim in turn and look for a counterexample.

    Assumptions are those declared, those a formula makes on its way (``il.assume``), policies that have to be
    deterministic, and rewards in [0, 1], the convention. An assumption for which no counterexample is found may be
    needed all the same.

    Parameters
    ----------
    claim : a claim, or a reference to one as for :func:`~iltheory.attack.falsify.falsify`
    budget : seconds of searching for each assumption
    seed, executor, on_searched : as for :func:`~iltheory.attack.falsify.falsify`
    """
    chosen = resolve(claim) if isinstance(claim, str) else claim
    needs = [
        Need(words, falsify(wider, budget=budget, seed=seed, executor=executor, on_searched=on_searched))
        for words, wider in _without_each(chosen)
    ]
    return Necessity(chosen, tuple(needs))


def _without_each(claim: Claim) -> Iterator[tuple[str, Claim]]:
    for mutant in mutants(claim):
        if mutant.operator == "assumption":
            yield mutant.change.removeprefix("without ").strip("«»"), mutant.claim
    wider = {name: any_rewards(kind) for name, kind in claim.parameters.items()}
    assumed = any(assumption.name == UNIT_REWARDS.name for assumption in claim.assumptions)
    if wider != claim.parameters and not assumed:
        words = f"{UNIT_REWARDS.name}, as everywhere"
        yield words, replace(claim, id=f"{claim.id} for other rewards", parameters=wider)
