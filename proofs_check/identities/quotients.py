"""Quotients of polynomials by products of polynomials that are positive on the whole domain."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from proofs_check.identities.algebras import Algebra
from proofs_check.identities.cells import Effort, TooMuchWork

MOST_PRODUCTS = 2**20
"""Pairs of monomials of two polynomials that are multiplied."""

PAIRS_PER_MONOMIAL = 2**7
"""Pairs that are as much work to multiply as reading a monomial, roughly."""

Powers = dict[int, int]
"""How often each factor occurs, at least once."""


class Factors:
    """Polynomials known to be positive, products of which may be divided by.

    Parameters
    ----------
    algebra : computes with polynomials
    positive : those known at first
    effort : how much work there may be
    """

    def __init__(self, algebra: Algebra, positive: Iterable[Any], effort: Effort) -> None:
        self.algebra, self._effort = algebra, effort
        self.known: list[Any] = []
        for p in positive:
            self.add(p)

    def add(self, p: Any) -> None:
        """Note that a polynomial is positive."""
        rest, _ = self.split(p)
        if not self.constant(rest):
            self.known.append(rest)

    def split(self, p: Any) -> tuple[Any, Powers]:
        """Divide by known factors as often as it goes."""
        powers: Powers = {}
        for i, factor in enumerate(self.known):
            while (smaller := self._divided(p, factor)) is not None:
                p, powers[i] = smaller, powers.get(i, 0) + 1
        return p, powers

    def _divided(self, p: Any, factor: Any) -> Any | None:
        self._effort.spend(self.algebra.size(p) * self.algebra.size(factor) // PAIRS_PER_MONOMIAL)
        return self.algebra.quotient(p, factor)

    def constant(self, p: Any) -> bool:
        """Whether a polynomial has no variables."""
        return self.algebra.monomials(p).keys() <= {()}

    def times(self, p: Any, q: Any) -> Any:
        """Multiply polynomials.

        Raises
        ------
        TooMuchWork
            If they have more than `MOST_PRODUCTS` pairs of monomials.
        """
        if isinstance(p, int) or isinstance(q, int):
            return p * q
        pairs = self.algebra.size(p) * self.algebra.size(q)
        if pairs > MOST_PRODUCTS:
            raise TooMuchWork(f"{pairs} pairs of monomials would be multiplied, more than {MOST_PRODUCTS}.")
        self._effort.spend(pairs // PAIRS_PER_MONOMIAL)
        return p * q

    def product(self, powers: Powers) -> Any:
        """Multiply factors."""
        found = self.algebra.constant(Fraction(1))
        for i, power in powers.items():
            for _ in range(power):
                found = self.times(found, self.known[i])
        return found

    def quotient(self, p: Any, powers: Powers) -> Any:
        """A polynomial divided by factors, in lowest terms; a polynomial again if all of them cancel."""
        left = dict(powers)
        if self.algebra.zero(p):
            return p
        for i in powers:
            while i in left and (smaller := self._divided(p, self.known[i])) is not None:
                p, left[i] = smaller, left[i] - 1
                if not left[i]:
                    del left[i]
        return Quotient(p, left, self) if left else p


class Quotient:
    """A polynomial divided by a product of known factors.

    Parameters
    ----------
    numerator : a polynomial
    powers : of the factors below it
    factors : which ones there are
    """

    __slots__ = ("factors", "numerator", "powers")

    def __init__(self, numerator: Any, powers: Powers, factors: Factors) -> None:
        self.numerator, self.powers, self.factors = numerator, powers, factors

    def __add__(self, other: Any) -> Any:
        p, below = numerator(other), powers(other)
        common = {i: max(self.powers.get(i, 0), below.get(i, 0)) for i in {**self.powers, **below}}
        mine, theirs = (self._missing(own, common) for own in (self.powers, below))
        times = self.factors.times
        return self.factors.quotient(times(self.numerator, mine) + times(p, theirs), common)

    __radd__ = __add__

    def _missing(self, own: Powers, common: Powers) -> Any:
        return self.factors.product({i: power - own.get(i, 0) for i, power in common.items()})

    def __neg__(self) -> Any:
        return Quotient(-self.numerator, self.powers, self.factors)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        below = powers(other)
        total = {i: self.powers.get(i, 0) + below.get(i, 0) for i in {**self.powers, **below}}
        return self.factors.quotient(self.factors.times(self.numerator, numerator(other)), total)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"({self.numerator}) / ({self.factors.product(self.powers)})"


def numerator(x: Any) -> Any:
    """The polynomial above, which has the sign of the quotient."""
    return x.numerator if isinstance(x, Quotient) else x


def powers(x: Any) -> Powers:
    """The factors below."""
    return x.powers if isinstance(x, Quotient) else {}
