"""Polynomials as a number system: a formula evaluated on them is evaluated on all models of a shape at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from proofs_check.identities.algebras import Algebra
from proofs_check.identities.vertices import Row, least
from sims.arithmetic import (
    RATIONAL,
    AffineContraction,
    Mask,
    MixedArithmetic,
    NotRepresentable,
    Numbers,
    RationalArray,
    Raw,
    System,
)
from sims.arithmetic.fixed_point import solution
from sims.arithmetic.numbers import NumberArray

Entries = NDArray[Any]


class PolynomialArray(NumberArray):
    """An array of polynomials with rational coefficients.

    Parameters
    ----------
    entries : object array of polynomials of the algebra of ``ring``, or a single one
    ring : the system
    """

    def __init__(self, entries: Any, ring: Polynomials) -> None:
        # A polynomial of flint is iterable, and numpy would take it for an array.
        self.entries: Entries = entries if isinstance(entries, np.ndarray) else _objects([entries]).reshape(())
        self.ring = ring

    @property
    def system(self) -> Polynomials:
        """The ring."""
        return self.ring

    @property
    def raw(self) -> Raw:
        """The polynomials."""
        return self.entries

    def __str__(self) -> str:
        return str(self.entries)


class Polynomials(System):
    """Polynomials over the rationals, as functions on a product of simplices.

    Sums, differences and products are exact. An equality holds where both sides are the same polynomial. An order is
    decided by the least and the largest value of the difference, if it is affine in each row, and else open; *refuted*
    means that it fails at every point. What leaves the ring, or would need to know which of two polynomials is larger
    where that depends on the point, raises `NotRepresentable`. So what is evaluated takes the same branches at all
    points, and a verdict is one about all of them.

    Parameters
    ----------
    algebra : computes with them
    rows : variables, row by row, that are not negative and sum to at most 1
    """

    name = "polynomial"
    exact = True

    def __init__(self, algebra: Algebra, rows: Sequence[Row]) -> None:
        self.algebra, self.rows = algebra, rows

    def variables(self) -> PolynomialArray:
        """Return the variables, in order."""
        return PolynomialArray(_objects(self.algebra.variables), self)

    def coerce(self, x: Any) -> PolynomialArray:
        if isinstance(x, PolynomialArray):
            if x.ring is not self:
                raise MixedArithmetic("polynomials over different variables met in one formula.")
            return x
        return self.convert(RATIONAL.coerce(x))

    def convert(self, x: Any) -> PolynomialArray:
        if isinstance(x, PolynomialArray):
            return self.coerce(x)
        exact = RATIONAL.convert(x).fractions()
        return self._of([self.algebra.constant(q) for q in exact.ravel()], exact.shape)

    def _of(self, entries: list[Any], shape: tuple[int, ...]) -> PolynomialArray:
        return PolynomialArray(_objects(entries).reshape(shape), self)

    def sign(self, p: Any) -> tuple[int, bool] | None:
        """1 or -1 if it is nowhere negative, or nowhere positive, and whether it is nowhere 0; None of others."""
        monomials = self.algebra.monomials(p)
        low = least(monomials, self.rows)
        if low is None or low >= 0:
            return None if low is None else (1, low > 0)
        high = least({m: -c for m, c in monomials.items()}, self.rows)
        return (-1, high > 0) if high is not None and high >= 0 else None

    # Reading: only constants are numbers.

    def lower(self, x: PolynomialArray) -> NDArray[np.float64]:
        return RATIONAL.lower(self._constants(x))

    def upper(self, x: PolynomialArray) -> NDArray[np.float64]:
        return RATIONAL.upper(self._constants(x))

    def midpoint(self, x: PolynomialArray) -> NDArray[np.float64]:
        return RATIONAL.midpoint(self._constants(x))

    def enclose_in_floats(self, x: PolynomialArray) -> tuple[Raw, Raw]:
        return RATIONAL.enclose_in_floats(self._constants(x))

    def exact_bounds(self, x: PolynomialArray) -> tuple[Fraction | float, Fraction | float]:
        return RATIONAL.exact_bounds(self._constants(x))

    def possibly_nonzero(self, x: PolynomialArray) -> Mask:
        """False where the polynomial is 0; that of one which is 0 at some points only depends on the point."""
        verdicts = self.compare(x, "==", self.coerce(0))
        if np.any(verdicts == 0):
            _never("whether a number is 0, where that depends on the point,")
        return np.equal(verdicts, -1)

    def _constants(self, x: PolynomialArray) -> RationalArray:
        """The numbers that constants are."""
        parts = [self.algebra.monomials(p) for p in x.entries.ravel()]
        if not all(part.keys() <= {()} for part in parts):
            _never("a number that depends on the point")
        values = [part.get((), Fraction(0)) for part in parts]
        return RATIONAL.convert(_objects(values).reshape(x.shape))

    # Liftings.

    def structural(self, f: Callable[..., Raw], *xs: PolynomialArray) -> PolynomialArray:
        return PolynomialArray(f(*(x.entries for x in xs)), self)

    def linear(
        self, f: Callable[[Raw], Raw], x: PolynomialArray, terms: int, *, depth: int | None = None
    ) -> PolynomialArray:
        return self._whole(f(x.entries))

    def bilinear(
        self,
        f: Callable[[Raw, Raw], Raw],
        x: PolynomialArray,
        y: PolynomialArray,
        terms: int,
        *,
        depth: int | None = None,
    ) -> PolynomialArray:
        return self._whole(f(x.entries, y.entries))

    def _whole(self, entries: Any) -> PolynomialArray:
        """Entries as they come from numpy, where sums of no terms are Python's 0."""
        found = PolynomialArray(entries, self)
        flat = [self.algebra.constant(Fraction(p)) if isinstance(p, int) else p for p in found.entries.ravel()]
        return self._of(flat, found.shape)

    # Arithmetic.

    def add(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        return PolynomialArray(x.entries + y.entries, self)

    def negative(self, x: PolynomialArray) -> PolynomialArray:
        return PolynomialArray(-x.entries, self)

    def divide(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        inverse = self.convert(1 / self._constants(y))
        return PolynomialArray(x.entries * inverse.entries, self)

    def where(self, mask: Mask, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        return PolynomialArray(np.where(mask, x.entries, y.entries), self)

    # Order.

    def compare(self, x: PolynomialArray, op: str, y: PolynomialArray) -> NDArray[np.int8]:
        """1 where the comparison holds at all points, -1 where it holds at none, else 0."""
        difference = self.subtract(x, y).entries
        return np.array([self._compared(p, op) for p in difference.ravel()], dtype=np.int8).reshape(difference.shape)

    def _compared(self, p: Any, op: str) -> int:
        if op == "==" and not self.algebra.monomials(p):
            return 1
        found = self.sign(p)
        if found is None:
            return 0
        sign, strict = found
        if op == "==":
            return -1 if strict else 0
        holds = sign == (1 if op == ">=" else -1)
        return 1 if holds else -1 if strict else 0

    def maximum(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        a, b = np.broadcast_arrays(x.entries, y.entries)
        return self._of([self._larger(p, q) for p, q in zip(a.ravel(), b.ravel(), strict=True)], a.shape)

    def amax(self, x: PolynomialArray, axis: int) -> PolynomialArray:
        moved = np.moveaxis(x.entries, axis, -1)
        rows = moved.reshape(-1, moved.shape[-1])
        return self._of([reduce(self._larger, row) for row in rows], moved.shape[:-1])

    def argmax(self, x: PolynomialArray, axis: int) -> NDArray[np.intp]:
        return _never("the place of a maximum")

    def _larger(self, p: Any, q: Any) -> Any:
        found = self.sign(p - q)
        if found is None:
            return _never("a maximum that is taken by one of two at some points, and by the other at others,")
        return p if found[0] == 1 else q

    def absolute(self, x: PolynomialArray) -> PolynomialArray:
        return self.maximum(x, self.negative(x))

    def hull(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        return _never("a hull")

    # Analysis.

    def exp(self, x: PolynomialArray) -> PolynomialArray:
        return _never("an exponential")

    def log(self, x: PolynomialArray) -> PolynomialArray:
        return _never("a logarithm")

    def sqrt(self, x: PolynomialArray) -> PolynomialArray:
        return _never("a square root")

    def relative_entropy(self, p: PolynomialArray, q: PolynomialArray) -> PolynomialArray:
        return _never("a relative entropy")


def _never(what: str) -> NoReturn:
    raise NotRepresentable(f"{what} is no polynomial.")


def _objects(entries: list[Any]) -> Entries:
    out = np.empty(len(entries), dtype=object)
    out[:] = entries
    return out


@solution.register
def _(system: Polynomials, contraction: AffineContraction) -> Numbers:
    return _never("the fixed point of a contraction")
