"""Positive parts of polynomials, each of which a variable stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofs_check.identities.algebras import Algebra, Monomials


class Parts:
    """Variables ``t = max(p, 0)``.

    Polynomials that differ by a factor share one, and so do ``p`` and ``-p``, whose positive parts differ by ``p``: so
    that equalities between absolute values are equalities between polynomials.

    Parameters
    ----------
    algebra : computes with polynomials
    spare : variables that may be taken

    Attributes
    ----------
    known : what each variable is the positive part of
    """

    def __init__(self, algebra: Algebra, spare: Sequence[int]) -> None:
        self.algebra, self._spare = algebra, list(spare)[::-1]
        self.known: dict[int, Monomials] = {}
        self._taken: dict[frozenset[Any], int] = {}

    def positive(self, p: Any) -> Any | None:
        """The positive part; None if no variable is left."""
        monomials = self.algebra.monomials(p)
        lead = monomials[min(monomials)]
        scaled = {m: c / lead for m, c in monomials.items()}
        key = frozenset(scaled.items())
        if key not in self._taken:
            if not self._spare:
                return None
            self._taken[key] = self._spare.pop()
            self.known[self._taken[key]] = scaled
        t = self.algebra.variables[self._taken[key]] * self.algebra.constant(abs(lead))
        return t if lead > 0 else t + p
