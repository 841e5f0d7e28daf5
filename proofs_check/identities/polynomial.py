"""Polynomials as a number system: a formula evaluated on them is evaluated on all models of a shape at once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import prod
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from proofs_check.identities.algebras import Algebra, Monomials, value
from proofs_check.identities.cells import EVERYWHERE, Cell, Effort, Undecided
from proofs_check.identities.faces import Face, point_on, summands, vanishes
from proofs_check.identities.parts import Parts
from proofs_check.identities.quotients import Factors, Quotient, numerator, powers
from proofs_check.identities.vertices import Row, least
from sims import arithmetic as ar
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

PATIENCE = 2**23
"""Monomials that a proof may handle."""


class LeavesTheRing(NotRepresentable):
    """A formula takes what no cell makes a polynomial, such as a logarithm."""


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
    """Polynomials over the rationals, and quotients by positive ones, as functions on a cell of a product of simplices.

    Sums, differences and products are exact, and so are quotients by what is positive on the cell. An order is decided
    by the least and the largest value of the difference, if it is affine in each row. What leaves the ring, or would
    need to know which of two polynomials is larger where that depends on the point, raises `NotRepresentable`; where it
    depends on the point whether a polynomial is 0, `Undecided` asks for smaller cells. So what is evaluated takes the
    same branches at all points of the cell, and a comparison decided in between is one about all of them.

    Parameters
    ----------
    algebra : computes with them
    rows : variables, row by row, that are not negative and sum to at most 1
    positive : polynomials in them that are positive by themselves, such as what a discount leaves of 1
    cell : the points that are meant, if not all
    spare : variables that stand for positive parts of polynomials; where there are none, or too few, `NotRepresentable`
        is raised
    effort : how long to go on, `PATIENCE` by default

    Attributes
    ----------
    discount : entry that is the discount of all models, if it is free
    refused : whether something was refused: a formula that went on all the same computes something else elsewhere
    """

    name = "polynomial"
    exact = True

    def __init__(
        self,
        algebra: Algebra,
        rows: Sequence[Row],
        *,
        positive: Sequence[Any] = (),
        cell: Cell = EVERYWHERE,
        spare: Sequence[int] = (),
        effort: Effort | None = None,
    ) -> None:
        self.algebra, self.rows = algebra, rows
        self.effort = effort or Effort(PATIENCE)
        self._known = (*positive, *cell.positive)
        self.factors = Factors(algebra, self._known, self.effort)
        self.zero: frozenset[Face] = frozenset()
        for p in cell.zero:
            self.zero |= summands(algebra.monomials(p), rows, self.effort) or frozenset()
        self._point = point_on(rows, self.zero)
        self.parts = Parts(algebra, spare)
        self.discount: Any = None
        self.refused = False

    @property
    def empty(self) -> bool:
        """Whether the cell surely has no points."""
        return self._point is None or not all(map(self.monomials, self._known))

    def within(self, point: Mapping[int, Fraction]) -> bool:
        """Whether what is known to be positive is so at a point."""
        return min(self.algebra.values(self._known, point), default=1) > 0

    def at(self, x: PolynomialArray, point: Mapping[int, Fraction]) -> RationalArray:
        """Values at a point that is given by the variables of the rows."""
        extended = dict(point)
        for t, p in self.parts.known.items():  # a part may have earlier ones in it
            extended[t] = max(value(p, extended), Fraction(0))
        entries = [*x.entries.ravel()]
        below = self.algebra.values(self.factors.known, extended)
        above = self.algebra.values([numerator(p) for p in entries], extended)
        values = [
            a / prod((below[i] ** k for i, k in powers(p).items()), start=Fraction(1))
            for p, a in zip(entries, above, strict=True)
        ]
        return RATIONAL.convert(_objects(values).reshape(x.shape))

    def variables(self) -> PolynomialArray:
        """Return the variables of the rows, in order."""
        return PolynomialArray(_objects([self.algebra.variables[v] for row in self.rows for v in row]), self)

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

    def monomials(self, x: Any) -> Monomials:
        """Of the numerator; none if it is 0 on the cell."""
        found = self._read(x)
        return {} if self.zero and self._vanishes(found) else found

    def _read(self, x: Any) -> Monomials:
        found = self.algebra.monomials(numerator(x))
        self.effort.spend(len(found))
        return found

    def _vanishes(self, monomials: Monomials) -> bool:
        if any(v in self.parts.known for m in monomials for v in m):
            return False
        return value(monomials, self._point or {}) == 0 and vanishes(monomials, self.rows, self.zero, self.effort)

    def sign(self, x: Any) -> int | None:
        """1 or -1 if it is nowhere negative, or nowhere positive; None of others."""
        monomials = self._read(x)
        for sign in (1, -1):
            low = least({m: sign * c for m, c in monomials.items()}, self.rows, self.effort)
            if low is not None and low >= 0:
                return sign
        return None if self.monomials(x) else 1

    def positive(self, x: Any) -> bool:
        """Whether it is positive everywhere, perhaps because known factors divide it and leave what is."""
        p = numerator(x)
        if self.algebra.zero(p):
            return False
        rest, _ = self.factors.split(p)
        low = least(self.algebra.monomials(rest), self.rows, self.effort)
        return low is not None and low > 0

    # Refusing.

    def never(self, what: str) -> NoReturn:
        """Say that something is no polynomial on the whole cell."""
        self._refuse(NotRepresentable(f"{what} is no polynomial."))

    def _leaves(self, what: str) -> NoReturn:
        self._refuse(LeavesTheRing(f"{what} is no polynomial."))

    def _refuse(self, problem: Exception) -> NoReturn:
        self.refused = True
        raise problem

    # Reading: only constants are numbers.

    def lower(self, x: PolynomialArray) -> NDArray[np.float64]:
        return RATIONAL.lower(self._constants(x))

    def upper(self, x: PolynomialArray) -> NDArray[np.float64]:
        return RATIONAL.upper(self._constants(x))

    def midpoint(self, x: PolynomialArray) -> NDArray[np.float64]:
        """Floats near constants; of a discount that is no constant what refuses every use.

        Models ask for it before they know whether they need it.
        """
        if self.discount is not None and all(p is self.discount for p in x.entries.ravel()):
            return _objects([Unread(self)] * x.size).reshape(x.shape)
        return RATIONAL.midpoint(self._constants(x))

    def enclose_in_floats(self, x: PolynomialArray) -> tuple[Raw, Raw]:
        return RATIONAL.enclose_in_floats(self._constants(x))

    def exact_bounds(self, x: PolynomialArray) -> tuple[Fraction | float, Fraction | float]:
        return RATIONAL.exact_bounds(self._constants(x))

    def possibly_nonzero(self, x: PolynomialArray) -> Mask:
        """False where the polynomial is 0 at all points, True where it is 0 at none."""
        return np.array([self._nonzero(p) for p in x.entries.ravel()], dtype=np.bool_).reshape(x.shape)

    def _nonzero(self, x: Any) -> bool:
        if not self.monomials(x):
            return False
        sign = self.sign(x)
        if sign is None:
            return bool(self.never("whether a number is 0, where that depends on the point,"))
        return self.positive(x * sign) or self._ask(numerator(x) * sign)

    def _ask(self, p: Any) -> NoReturn:
        """Ask for cells on which a polynomial that is nowhere negative is positive, or 0."""
        rest, _ = self.factors.split(p)
        if summands(self.algebra.monomials(rest), self.rows, self.effort) is None:
            self.never("whether a number is 0, where that depends on the point,")
        self._refuse(Undecided(rest))

    def _constants(self, x: PolynomialArray) -> RationalArray:
        """The numbers that constants are."""
        if any(isinstance(p, Quotient) for p in x.entries.ravel()):
            self.never("a number that depends on the point")
        parts = [self.algebra.monomials(p) for p in x.entries.ravel()]
        if not all(part.keys() <= {()} for part in parts):
            self.never("a number that depends on the point")
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
        self.effort.spend(sum(self.algebra.size(numerator(p)) for p in flat))
        return self._of(flat, found.shape)

    # Arithmetic.

    def add(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        return self._whole(x.entries + y.entries)

    def negative(self, x: PolynomialArray) -> PolynomialArray:
        return PolynomialArray(-x.entries, self)

    def divide(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        inverse = self._of([self._inverse(q) for q in y.entries.ravel()], y.shape)
        return self.bilinear(operator.mul, x, inverse, 1)

    def _inverse(self, x: Any) -> Any:
        if not self.monomials(x):
            self.never("a quotient by 0")
        rest, powers = self.factors.split(numerator(x))
        if not self.factors.constant(rest):
            sign = self.sign(rest)
            if sign is None:
                self.never("a quotient by what may be 0")
            if not self.positive(rest * sign):
                self._ask(rest * sign)
            self.factors.add(rest * sign)
            rest, powers = self.factors.split(numerator(x))
        above = self.factors.product(x.powers) if isinstance(x, Quotient) else self.algebra.constant(Fraction(1))
        return self.factors.quotient(above * self.algebra.constant(1 / self.algebra.monomials(rest)[()]), powers)

    def where(self, mask: Mask, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        return PolynomialArray(np.where(mask, x.entries, y.entries), self)

    # Order.

    def compare(self, x: PolynomialArray, op: str, y: PolynomialArray) -> NDArray[np.int8]:
        """1 where the comparison holds at all points, -1 where it holds at none."""
        difference = self.subtract(x, y).entries
        verdicts = [self._compared(p, op) for p in difference.ravel()]
        return np.array(verdicts, dtype=np.int8).reshape(difference.shape)

    def _compared(self, x: Any, op: str) -> int:
        if op == "==":
            return -1 if self._nonzero(x) else 1
        sign = self.sign(x)
        if sign is None:
            return int(self.never("a comparison that holds at some points only"))
        if sign == (1 if op == ">=" else -1) or not self.monomials(x):
            return 1
        return -1 if self.positive(x * sign) else int(self._ask(numerator(x) * sign))

    def maximum(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        a, b = np.broadcast_arrays(x.entries, y.entries)
        return self._of([self._larger(p, q) for p, q in zip(a.ravel(), b.ravel(), strict=True)], a.shape)

    def amax(self, x: PolynomialArray, axis: int) -> PolynomialArray:
        moved = np.moveaxis(x.entries, axis, -1)
        rows = moved.reshape(-1, moved.shape[-1])
        return self._of([reduce(self._larger, row) for row in rows], moved.shape[:-1])

    def argmax(self, x: PolynomialArray, axis: int) -> NDArray[np.intp]:
        return self.never("the place of a maximum")

    def _larger(self, p: Any, q: Any) -> Any:
        difference = p - q
        sign = self.sign(difference)
        if sign is not None:
            return p if sign == 1 else q
        above = self.parts.positive(numerator(difference))
        if above is None:
            return self.never("a maximum that is taken by one of two at some points, and by the other at others,")
        return q + self.factors.quotient(above, difference.powers if isinstance(difference, Quotient) else {})

    def absolute(self, x: PolynomialArray) -> PolynomialArray:
        return self.maximum(x, self.negative(x))

    def hull(self, x: PolynomialArray, y: PolynomialArray) -> PolynomialArray:
        return self._leaves("a hull")

    # Analysis.

    def exp(self, x: PolynomialArray) -> PolynomialArray:
        return self._leaves("an exponential")

    def log(self, x: PolynomialArray) -> PolynomialArray:
        return self._leaves("a logarithm")

    def sqrt(self, x: PolynomialArray) -> PolynomialArray:
        return self._leaves("a square root")

    def relative_entropy(self, p: PolynomialArray, q: PolynomialArray) -> PolynomialArray:
        return self._leaves("a relative entropy")


class Unread:
    """A number that nothing is known of: it refuses every use.

    Parameters
    ----------
    ring : says so
    """

    def __init__(self, ring: Polynomials) -> None:
        self._ring = ring

    def _refuse(self, *others: Any) -> Any:
        return self._ring.never("a number that depends on the point")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __neg__ = __abs__ = __pow__ = __rpow__ = __float__ = __int__ = __bool__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse
    __hash__ = object.__hash__


def _objects(entries: list[Any]) -> Entries:
    out = np.empty(len(entries), dtype=object)
    out[:] = entries
    return out


@solution.register
def _(system: Polynomials, contraction: AffineContraction) -> Numbers:
    """Cramer's rule: the determinant is positive, because the matrix is diagonally dominant at every point."""
    kernel, modulus = contraction.kernel(), contraction.modulus
    if not (
        np.all(system.compare(ar.sum(kernel, -1), "==", system.coerce(1)) == 1)
        and np.all(system.compare(kernel, ">=", system.coerce(0)) == 1)
        and np.all(system.compare(modulus, ">=", system.coerce(0)) == 1)
        and np.all(system.compare(modulus, ">=", system.coerce(1)) == -1)
    ):
        system.never("the fixed point of what may be no contraction")
    kernel = ar.moveaxis(kernel, -1, -2) if contraction.transposed else kernel
    n = kernel.shape[-1]
    matrix = system.convert(np.eye(n, dtype=np.int64)) - modulus[..., None, None] * kernel
    shape = np.broadcast_shapes(matrix.shape[:-2], contraction.offset.shape[:-1])
    left = np.broadcast_to(matrix.entries, (*shape, n, n))
    right = np.broadcast_to(contraction.offset.entries, (*shape, n))
    found = np.empty((*shape, n), dtype=object)
    for i in np.ndindex(shape):
        found[i] = _objects(_cramer(system, left[i], right[i]))
    return PolynomialArray(found, system)


def _cramer(system: Polynomials, matrix: Entries, b: Entries) -> list[Any]:
    """Solve a system whose determinant is positive."""
    below = _determinant(matrix)
    system.factors.add(numerator(below))
    inverse = system._inverse(below)
    above = []
    for i in range(len(b)):
        replaced = matrix.copy()
        replaced[:, i] = b
        above.append(_determinant(replaced))
    return [inverse * p for p in above]


def _determinant(matrix: Entries) -> Any:
    """Expand by the first row."""
    if len(matrix) == 1:
        return matrix[0, 0]
    minors = (_determinant(np.delete(matrix[1:], k, axis=1)) for k in range(len(matrix)))
    return reduce(operator.add, ((-1) ** k * (matrix[0, k] * minor) for k, minor in enumerate(minors)))
