"""The highest rung that a claim stands on: what is proved of it, beside what was found on instances."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iltheory.proofs import coq
from iltheory.proofs.shapes import proved_for_shapes
from iltheory.proofs.theorem import ALL, Theorem
from iltheory.proofs.vetting import unfolded, unvetted
from proofs_check.coq import reading, statements
from sims.errors import IltheoryError

if TYPE_CHECKING:
    from iltheory.claims.claim import Claim
    from iltheory.engine.report import Report

__all__ = ["Contradiction", "known_theorems", "strongest", "unchecked"]


class Contradiction(IltheoryError):
    """A claim is proved and refuted, and one of the two is wrong."""


def known_theorems(claims: Sequence[Claim], *, ledger: str | Path) -> dict[str, tuple[Theorem, ...]]:
    """Return the theorems that a ledger holds of each claim as it is now: first those about all finite models.

    A theorem in Coq counts if its statement was read beside the claim, both as they are now.
    """
    unread = {str(statement) for statement in unvetted(claims, reading.SOURCES)}
    general = (theorem for theorem in coq.proved_in_coq(ledger=ledger) if theorem.name not in unread)
    found = [*general, *proved_for_shapes(claims, ledger=ledger)]
    return {claim.id: tuple(theorem for theorem in found if theorem.claim == claim.id) for claim in claims}


def unchecked(claim: Claim, *, ledger: str | Path) -> dict[str, str]:
    """Return statements in Coq, read beside a claim as both are now, that a ledger holds no proof of: text by name."""
    left_out = {theorem.name for theorem in coq.proved_in_coq(ledger=ledger)}
    left_out |= {str(statement) for statement in unvetted([claim], reading.SOURCES)}
    stated = (one for one in statements(reading.SOURCES) if one.claim == claim.id and str(one) not in left_out)
    return {str(one): "\n\n".join(unfolded(one, reading.SOURCES)) for one in stated}


def strongest(claim: Claim, report: Report | None, theorems: Sequence[Theorem]) -> Theorem | None:
    """Return the theorem that says most about a claim, or None if there is none or the claim is refuted.

    Parameters
    ----------
    report : what verification found, if it ran
    theorems : about the claim, as `known_theorems` orders them

    Raises
    ------
    Contradiction
        If an instance that a theorem covers refutes the claim.
    """
    if report is None or report.rung != "refuted":
        return theorems[0] if theorems else None
    shape = _shape(claim, report)
    for theorem in theorems:
        if theorem.rung == ALL or shape in theorem.shapes:
            raise Contradiction(
                f"{claim.id} is {theorem.verdict} ({theorem.name}) and {report.verdict}: one of the two is wrong.\n"
                f"  `iltheory prove {claim.id}` has the theorem, `iltheory verify {claim.id} --json FILE` the instance."
            )
    return None


def _shape(claim: Claim, report: Report) -> str | None:
    """The shape of the instance that refutes a claim; None of one that is too large to write out."""
    from iltheory.attack.coordinates import Coordinates
    from iltheory.claims.instances import decode
    from proofs_check.identities import words_of

    encoded = None if report.refutation is None else report.refutation["instance"]
    return None if encoded is None else words_of(Coordinates.of(claim, decode(claim, encoded)))
