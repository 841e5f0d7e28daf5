"""Theorems of the Coq development, checked once and kept in the ledger until one of its files, or Coq, changes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from iltheory.claims.registry import catalogue
from iltheory.engine.ledger import BlockKey, Ledger, Record
from iltheory.proofs.theorem import ALL, Theorem
from iltheory.proofs.vetting import unfolded
from proofs_check import coq
from proofs_check.coq import reading

__all__ = ["Checked", "prove_in_coq", "proved_in_coq"]

NAME = "theorems in Coq"
MARK_OF_MATHCOMP = "user-contrib/mathcomp/ssreflect/ssrbool.vo"
"""A file of MathComp, below the folder of Coq."""


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
        If anything is not proved, or a statement bears the id of no claim.
    """
    digest, versions, stated = coq.digest(reading.SOURCES), coq.versions(), coq.statements(reading.SOURCES)
    _check_ids(stated)
    wanted = {s.subject for s in stated if claims is None or s.claim in claims}
    with Ledger(ledger) as opened:
        found = {
            record.key.family: _kept(record)
            for record in opened.results(claim=NAME, claim_hash=digest, versions=versions)
            if record.key.family in wanted
        }
        kept = sum(map(len, found.values()))
        if wanted - found.keys():
            proofs = coq.check(
                folder, sources=reading.SOURCES, subjects=wanted - found.keys(), jobs=jobs, on_step=on_step
            )
            checker = readable(versions)
            unchanged = coq.digest(reading.SOURCES) == digest  # or else nobody knows what was compiled
            for subject in dict.fromkeys(proof.statement.subject for proof in proofs):
                found[subject] = tuple(
                    _theorem(proof, checker) for proof in proofs if proof.statement.subject == subject
                )
                if unchanged:
                    key = BlockKey(NAME, digest, "coq", subject, 0, 0, 1, versions)
                    opened.record(key, {"theorems": [theorem.document for theorem in found[subject]]}, 0.0)
    return Checked(tuple(theorem for subject in sorted(found) for theorem in found[subject]), kept)


def _check_ids(stated: Iterable[coq.Statement]) -> None:
    """Refuse a statement that bears the id of no claim: no table would ever show its theorem."""
    ids = catalogue().keys()
    for statement in stated:
        if statement.claim is not None and statement.claim not in ids:
            near = get_close_matches(statement.claim, ids, n=1)
            raise coq.Broken(
                f"{statement} bears the id {statement.claim!r}, which no claim of the catalogue has; "
                + (f"did you mean {near[0]}?" if near else "correct it, or write foundation: WORDS.")
            )


def _theorem(proof: coq.Proof, checker: str) -> Theorem:
    return Theorem(
        claim=proof.statement.claim,
        rung=ALL,
        verdict="proved",
        name=str(proof.statement),
        about=proof.statement.about,
        text="\n\n".join(unfolded(proof.statement, reading.SOURCES)),
        assumptions=proof.axioms,
        seconds=round(proof.seconds, 2),
        checker=checker,
    )


def _kept(record: Record) -> tuple[Theorem, ...]:
    """Theorems of a record; one of before versions were put into words names them as its key does."""
    theorems = map(Theorem.read, record.result["theorems"])
    return tuple(theorem if theorem.checker else replace(theorem, checker=record.key.versions) for theorem in theorems)


def readable(versions: str) -> str:
    """Versions as people know them: of MathComp the number instead of the digest, where a package manager has it.

    Parameters
    ----------
    versions : from `proofs_check.coq.versions`
    """
    name, _, digest = versions.partition(", MathComp ")
    if not digest:
        return versions
    number = _packaged()
    return f"{name}, MathComp {number or f'(files {digest})'}"


def _packaged() -> str | None:
    """The version of the package that MathComp's files belong to, for Debian or opam; None if neither knows them."""
    where = _said("coqc", "-where")
    owner, found, _ = _said("dpkg-query", "--search", f"{where}/{MARK_OF_MATHCOMP}").partition(":")
    if found:
        return _said("dpkg-query", "--show", "--showformat", "${Version}", owner).partition("-")[0] or None
    prefix = _said("opam", "var", "lib")
    if prefix and where.startswith(prefix):
        return _said("opam", "show", "--field", "installed-version", "coq-mathcomp-ssreflect") or None
    return None


def _said(*command: str) -> str:
    """What a command prints; nothing if it is not installed or fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def proved_in_coq(*, ledger: str | Path) -> tuple[Theorem, ...]:
    """Return the theorems that a ledger holds of this development; none if one of its files was edited since."""
    if not Path(ledger).exists():
        return ()
    with Ledger(ledger) as opened:
        found = {
            record.key.family: record for record in opened.results(claim=NAME, claim_hash=coq.digest(reading.SOURCES))
        }
    return tuple(theorem for name in sorted(found) for theorem in _kept(found[name]))
