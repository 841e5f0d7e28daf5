"""Who computes with polynomials: flint, which is fast, or sympy, whose results are easy to read.

Entries of both are added and multiplied by Python's operators; an algebra makes them and takes them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any, Protocol

import flint
from flint.utils.flint_exceptions import DomainError

Monomials = Mapping[tuple[int, ...], Fraction]
"""Coefficients, none of them 0, by the variables of each monomial, each as often as its exponent says."""


def value(p: Monomials, point: Mapping[int, Fraction]) -> Fraction:
    """The value of a polynomial at a point."""
    return sum((c * prod((point[v] for v in m), start=Fraction(1)) for m, c in p.items()), Fraction(0))


class Algebra(Protocol):
    """Polynomials with rational coefficients in given variables."""

    variables: list[Any]

    def constant(self, q: Fraction) -> Any:
        """Return a polynomial without variables."""

    def monomials(self, p: Any) -> Monomials:
        """Take a polynomial apart."""

    def zero(self, p: Any) -> bool:
        """Whether a polynomial is 0."""

    def size(self, p: Any) -> int:
        """How many monomials a polynomial is stored as."""

    def quotient(self, p: Any, q: Any) -> Any | None:
        """Return the polynomial ``p / q``, or None if there is none."""

    def values(self, ps: Sequence[Any], point: Mapping[int, Fraction]) -> list[Fraction]:
        """Values of polynomials at a point; they have no variables that it has not."""


class Flint:
    """Multivariate polynomials of flint.

    Parameters
    ----------
    names : of the variables
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._context = flint.fmpq_mpoly_ctx.get(names)
        self.variables = list(self._context.gens())

    def constant(self, q: Fraction) -> Any:
        """Return a polynomial without variables."""
        return self._context.constant(flint.fmpq(q.numerator, q.denominator))

    def monomials(self, p: Any) -> Monomials:
        """Take a polynomial apart."""
        return {_variables(powers): Fraction(int(c.p), int(c.q)) for powers, c in p.to_dict().items()}

    def zero(self, p: Any) -> bool:
        """Whether a polynomial is 0."""
        return bool(p == 0)

    def size(self, p: Any) -> int:
        """How many monomials a polynomial is stored as."""
        return len(p)

    def quotient(self, p: Any, q: Any) -> Any | None:
        """Return the polynomial ``p / q``, or None if there is none."""
        try:
            return p / q
        except DomainError:
            return None

    def values(self, ps: Sequence[Any], point: Mapping[int, Fraction]) -> list[Fraction]:
        """Values of polynomials at a point; they have no variables that it has not."""
        given = (point.get(v, Fraction(0)) for v in range(len(self.variables)))
        at = [flint.fmpq(x.numerator, x.denominator) for x in given]
        found = [flint.fmpq(p(*at)) for p in ps]
        return [Fraction(int(x.p), int(x.q)) for x in found]


class Sympy:
    """Expressions of sympy.

    Parameters
    ----------
    names : of the variables
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        from sympy import symbols

        self.variables = list(symbols(names))

    def constant(self, q: Fraction) -> Any:
        """Return an expression without variables."""
        from sympy import Rational

        return Rational(q.numerator, q.denominator)

    def monomials(self, p: Any) -> Monomials:
        """Expand an expression."""
        from sympy import Poly

        terms = Poly(p, *self.variables).terms() if self.variables else [((), p)]
        return {_variables(powers): Fraction(int(c.p), int(c.q)) for powers, c in terms if c != 0}

    def zero(self, p: Any) -> bool:
        """Whether an expression is 0."""
        return not self.monomials(p)

    def size(self, p: Any) -> int:
        """How many monomials a polynomial is stored as: products are not expanded."""
        return 1

    def quotient(self, p: Any, q: Any) -> Any | None:
        """Return the polynomial ``p / q``, or None if there is none."""
        from sympy import div

        found, rest = div(p, q, *self.variables, domain="QQ")
        return found if rest == 0 else None

    def values(self, ps: Sequence[Any], point: Mapping[int, Fraction]) -> list[Fraction]:
        """Values of polynomials at a point; they have no variables that it has not."""
        return [value(self.monomials(p), point) for p in ps]


def _variables(powers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(v for v, power in enumerate(powers) if power for _ in range(int(power)))
