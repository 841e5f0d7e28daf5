"""Who computes with polynomials: flint, which is fast, or sympy, whose results are easy to read.

Entries of both are added and multiplied by Python's operators; an algebra makes them and takes them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol

import flint

Monomials = Mapping[tuple[int, ...], Fraction]
"""Coefficients, none of them 0, by the variables of each monomial, each as often as its exponent says."""


class Algebra(Protocol):
    """Polynomials with rational coefficients in given variables."""

    variables: list[Any]

    def constant(self, q: Fraction) -> Any:
        """Return a polynomial without variables."""

    def monomials(self, p: Any) -> Monomials:
        """Take a polynomial apart."""


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


def _variables(powers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(v for v, power in enumerate(powers) for _ in range(int(power)))
