"""The sentence that says in a paper what was checked, and by what."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from iltheory.engine.provenance import commit
from iltheory.proofs.theorem import ALL, REALS_ASSUMED, Theorem

__all__ = ["citation"]


def citation(theorems: Iterable[Theorem]) -> str | None:
    """Say how many theorems were checked, by which Coq, and what they assume; None if there is none.

    Parameters
    ----------
    theorems : in Coq and for shapes
    """
    theorems = tuple(theorems)
    general = [theorem for theorem in theorems if theorem.rung == ALL]
    shaped = {theorem.claim for theorem in theorems if theorem.rung != ALL}
    said = []
    if general:
        checkers = " or ".join(dict.fromkeys(theorem.checker for theorem in general))
        assuming = sum(bool(theorem.assumptions) for theorem in general)
        said.append(
            f"{counted(len(general), 'theorem')} by {checkers} "
            f"({len(general) - assuming} without axioms, {assuming} from {REALS_ASSUMED})"
        )
    if shaped:
        said.append(f"{counted(len(shaped), 'claim')} for all models of some shapes, on polynomials with exact numbers")
    made_from = commit()
    of = f"iltheory {version('iltheory')}" + (f", commit {made_from}" if made_from else "")
    return f"We checked {', and '.join(said)}, with {of}." if said else None


def counted(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
