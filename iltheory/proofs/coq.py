"""Theorems of the Coq development, checked once and kept in the ledger until one of its files changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from iltheory.engine.ledger import BlockKey, Ledger
from iltheory.proofs.theorem import ALL, Theorem
from proofs_check import coq
from proofs_check.coq.development import SOURCES

__all__ = ["prove_in_coq", "proved_in_coq"]


def prove_in_coq(
    folder: Path,
    *,
    ledger: str | Path = ":memory:",
    jobs: int = 1,
    on_file: Callable[[str, float], None] = lambda file, seconds: None,
) -> tuple[Theorem, ...]:
    """Have Coq check every theorem.

    Parameters
    ----------
    folder : where files are compiled; what did not change since the last time is not compiled anew
    ledger : file that keeps the result
    jobs : files to compile at the same time
    on_file : called with each file, and the seconds it took

    Raises
    ------
    proofs_check.coq.Unavailable
        If Coq is not installed.
    proofs_check.coq.Broken
        If anything is not proved.
    """
    theorems = tuple(
        Theorem(
            claim=proof.statement.claim,
            rung=ALL,
            verdict="proved",
            name=str(proof.statement),
            about=proof.statement.about,
            text=proof.statement.text,
            assumptions=proof.axioms,
            seconds=round(proof.seconds, 2),
        )
        for proof in coq.check(folder, sources=SOURCES, jobs=jobs, on_file=on_file)
    )
    with Ledger(ledger) as opened:  # filed under what was compiled: a source may have been edited meanwhile
        opened.record(_key(folder), {"theorems": [theorem.document for theorem in theorems]}, 0.0)
    return theorems


def proved_in_coq(*, ledger: str | Path) -> tuple[Theorem, ...]:
    """Return the theorems that a ledger holds of this development; none if one of its files was edited since."""
    if not Path(ledger).exists():
        return ()
    key = _key(SOURCES)
    with Ledger(ledger) as opened:
        found = [record for record in opened.results(claim=key.claim, claim_hash=key.claim_hash)]
    return tuple(Theorem.read(document) for record in found for document in record.result["theorems"])


def _key(development: Path) -> BlockKey:
    files = {path.relative_to(development).as_posix(): path.read_bytes() for path in development.rglob("*.v")}
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\0" + files[name] for name in sorted(files))).hexdigest()
    return BlockKey("theorems in Coq", digest[:16], "coq", "all", 0, 0, 1, "")
