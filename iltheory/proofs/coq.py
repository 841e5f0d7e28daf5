"""Theorems of the Coq development, checked once and kept in the ledger until one of its files, or Coq, changes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from iltheory.engine.ledger import BlockKey, Ledger
from iltheory.proofs.theorem import ALL, Theorem
from proofs_check import coq
from proofs_check.coq.development import SOURCES

__all__ = ["SOURCES", "Checked", "prove_in_coq", "proved_in_coq"]

NAME = "theorems in Coq"


class Checked(NamedTuple):
    """Theorems, and how many of them an earlier run has checked."""

    theorems: tuple[Theorem, ...]
    kept: int


def prove_in_coq(
    folder: Path,
    *,
    claims: Collection[str] | None = None,
    ledger: str | Path = ":memory:",
    jobs: int = 1,
    on_step: Callable[[str], None] = lambda words: None,
) -> Checked:
    """Have Coq check theorems, but those that it checked before: the same ones, the same Coq.

    Parameters
    ----------
    folder : where files are compiled; what did not change since the last time is not compiled anew
    claims : ids; files with theorems about none of them are left out, unless these need them (default: all theorems)
    ledger : file that keeps the result
    jobs : files to compile at the same time
    on_step : called with what was just done, in words

    Raises
    ------
    proofs_check.coq.Unavailable
        If Coq is not installed.
    proofs_check.coq.Broken
        If anything is not proved.
    """
    digest, versions = coq.digest(SOURCES), coq.versions()
    wanted = {s.subject for s in coq.statements(SOURCES) if claims is None or s.claim in claims}
    with Ledger(ledger) as opened:
        found = {
            record.key.family: tuple(map(Theorem.read, record.result["theorems"]))
            for record in opened.results(claim=NAME, claim_hash=digest, versions=versions)
            if record.key.family in wanted
        }
        kept = sum(map(len, found.values()))
        if wanted - found.keys():
            proofs = coq.check(folder, sources=SOURCES, subjects=wanted - found.keys(), jobs=jobs, on_step=on_step)
            unchanged = coq.digest(SOURCES) == digest  # or else nobody knows what was compiled
            for subject in dict.fromkeys(proof.statement.subject for proof in proofs):
                found[subject] = tuple(_theorem(proof) for proof in proofs if proof.statement.subject == subject)
                if unchanged:
                    key = BlockKey(NAME, digest, "coq", subject, 0, 0, 1, versions)
                    opened.record(key, {"theorems": [theorem.document for theorem in found[subject]]}, 0.0)
    return Checked(tuple(theorem for subject in sorted(found) for theorem in found[subject]), kept)


def _theorem(proof: coq.Proof) -> Theorem:
    return Theorem(
        claim=proof.statement.claim,
        rung=ALL,
        verdict="proved",
        name=str(proof.statement),
        about=proof.statement.about,
        text=proof.statement.text,
        assumptions=proof.axioms,
        seconds=round(proof.seconds, 2),
    )


def proved_in_coq(*, ledger: str | Path) -> tuple[Theorem, ...]:
    """Return the theorems that a ledger holds of this development; none if one of its files was edited since."""
    if not Path(ledger).exists():
        return ()
    with Ledger(ledger) as opened:
        found = {record.key.family: record for record in opened.results(claim=NAME, claim_hash=coq.digest(SOURCES))}
    return tuple(Theorem.read(document) for name in sorted(found) for document in found[name].result["theorems"])
