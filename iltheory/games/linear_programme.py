"""Linear programmes, solved exactly in rationals.

Floats (HiGHS, through scipy) find a basis; exact linear algebra decides. From the basis that floats propose,
Terlaky's criss-cross method with least indices (Terlaky 1985, "A convergent criss-cross method") pivots in exact
arithmetic until the basis is primal and dual feasible: it needs no feasible start, never cycles, and mostly has
nothing left to do. Where there is no optimum, an auxiliary programme that always has one certifies why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.games.exact_systems import Columns, alone, independent_columns, solve_exactly
from iltheory.games.iterate import Unsolved
from iltheory.games.sparse import Sparse
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray
from sims.errors import IltheoryError, InvalidArgument

TIGHTEST = 1e-10
"""The smallest tolerance HiGHS takes."""


class Infeasible(IltheoryError, ValueError):
    """No point satisfies the constraints.

    Attributes
    ----------
    y_eq, y_ub : exact multipliers with ``y_ub <= 0``, ``A_eq^T y_eq + A_ub^T y_ub <= 0`` (``= 0`` at free variables)
        and ``<b_eq, y_eq> + <b_ub, y_ub> > 0`` (Farkas)
    """

    def __init__(self, message: str, y_eq: RationalArray, y_ub: RationalArray) -> None:
        super().__init__(message)
        self.y_eq, self.y_ub = y_eq, y_ub


class Unbounded(IltheoryError, ValueError):
    """The cost of feasible points has no lower bound.

    Attributes
    ----------
    point : exact feasible point
    ray : exact direction with ``A_eq ray = 0``, ``A_ub ray <= 0``, ``ray >= 0`` (but at free variables) and
        ``<c, ray> < 0``
    """

    def __init__(self, message: str, point: RationalArray, ray: RationalArray) -> None:
        super().__init__(message)
        self.point, self.ray = point, ray


@dataclass(frozen=True, eq=False)
class Optimum:
    """An optimal point, with multipliers that prove it optimal.

    Attributes
    ----------
    x : exact rationals ``[n]``
    y_eq, y_ub : exact rationals ``[m_eq]``, ``[m_ub]``, the optimum of the dual programme: maximise ``<b_eq, y_eq> +
        <b_ub, y_ub>`` subject to ``A_eq^T y_eq + A_ub^T y_ub <= c`` (``= c`` at free variables) and ``y_ub <= 0``
    value : exact rational, ``<c, x>``, which is also the value of the dual
    """

    x: RationalArray
    y_eq: RationalArray
    y_ub: RationalArray
    value: RationalArray


def searched(x: Numbers) -> Numbers:
    """Numbers as programmes take them: rationals as they are, the midpoints of others."""
    return x if isinstance(x, RationalArray) else ar.midpoint(x)


def minimise(c: Any, A: Sparse, b: Numbers) -> tuple[Numbers, Numbers]:
    """Minimise ``<c, x>`` subject to ``A x = b`` and ``x >= 0``: exactly for rationals, in floats otherwise.

    Parameters
    ----------
    c : numbers ``[n]``
    A, b : ``[m, n]`` and ``[m]``; b decides how

    Returns
    -------
    x : numbers ``[n]``, not negative
    y : numbers ``[m]``, the multipliers: ``A^T y <= c`` and ``<b, y> = <c, x>``

    Raises
    ------
    Infeasible, Unbounded
        If there is no optimum, for rationals.
    Unsolved
        If floats find none.
    """
    if isinstance(b, RationalArray):
        optimum = LinearProgramme(c, A_eq=A.dense(), b_eq=b).minimise()
        return optimum.x, optimum.y_eq
    found = _in_floats(ar.midpoint(c), A.csr(), ar.midpoint(b))
    if found.status != 0:
        raise Unsolved(f"no optimum of the linear programme with {len(c)} variables was found: {found.message}")
    return np.maximum(found.x, 0), found.eqlin.marginals


class LinearProgramme:
    """Minimise ``<c, x>`` subject to ``A_eq x = b_eq``, ``A_ub x <= b_ub`` and ``x >= 0`` but at free variables.

    Parameters
    ----------
    c : numbers ``[n]``; integers and fractions as they are, floats as the dyadic rationals they are
    A_eq, b_eq : numbers ``[m_eq, n]`` and ``[m_eq]``, or None
    A_ub, b_ub : numbers ``[m_ub, n]`` and ``[m_ub]``, or None
    free : bools ``[n]``, variables of any sign; None means that there are none

    Raises
    ------
    InvalidArgument
        If shapes do not fit.
    NotRepresentable
        If an entry is not finite, or an enclosure.
    """

    def __init__(
        self, c: Any, *, A_eq: Any = None, b_eq: Any = None, A_ub: Any = None, b_ub: Any = None, free: Any = None
    ) -> None:
        self.c = _exact(c)
        if self.c.ndim != 1:
            raise InvalidArgument(f"c has shape {self.c.shape}; it is one cost for each of n variables, [n].")
        n = self.c.shape[0]
        self.A_eq, self.b_eq = _read("eq", A_eq, b_eq, n)
        self.A_ub, self.b_ub = _read("ub", A_ub, b_ub, n)
        self.free = np.zeros(n, dtype=np.bool_) if free is None else np.array(free)
        if self.free.dtype != np.bool_ or self.free.shape != (n,):
            raise InvalidArgument(f"free is {self.free.dtype} of shape {self.free.shape}; it must be {n} bools.")

    def minimise(self) -> Optimum:
        """Find an optimum and prove it, exactly.

        Raises
        ------
        Infeasible
            If no point satisfies the constraints; with a certificate.
        Unbounded
            If there is no lower bound; with a certificate.
        """
        form = self._standard()
        basis = _from_floats(form)
        if basis is None:
            start = self._feasible(form)
            self._refuse_rays(form, start)
            basis = _pivoted(form, np.argsort(-ar.midpoint(start), kind="stable"))
        assert basis is not None, "a feasible programme without a ray has an optimal basis"
        y_eq, y_ub = self._multipliers(basis.y)
        x = self._variables(basis.x)
        optimum = Optimum(x, y_eq, y_ub, ar.sum(self.c * x).reduced())
        assert self.certifies(optimum), "an optimal basis is feasible, primal and dual"
        return optimum

    def certifies(self, optimum: Optimum) -> bool:
        """Whether a point and multipliers are feasible, and their values equal: then both are optimal."""
        x, y_eq, y_ub = optimum.x, optimum.y_eq, optimum.y_ub
        slack = self.c - ar.vecmat(y_eq, self.A_eq) - ar.vecmat(y_ub, self.A_ub)
        dual_value = ar.sum(self.b_eq * y_eq) + ar.sum(self.b_ub * y_ub)
        conditions = (
            ar.compare(ar.matvec(self.A_eq, x), "==", self.b_eq),
            ar.compare(ar.matvec(self.A_ub, x), "<=", self.b_ub),
            ar.compare(x, ">=", 0)[~self.free],
            ar.compare(slack, ">=", 0),
            ar.compare(slack, "==", 0)[self.free],
            ar.compare(y_ub, "<=", 0),
            ar.compare(ar.sum(self.c * x), "==", dual_value),
            ar.compare(optimum.value, "==", dual_value),
        )
        return all(bool(np.all(condition == 1)) for condition in conditions)

    def _standard(self) -> _Standard:
        """The same programme in variables ``(x+, x-, slack) >= 0`` and equations only."""
        m_eq, m_ub = self.b_eq.shape[0], self.b_ub.shape[0]
        A = ar.concatenate([self.A_eq, self.A_ub])
        slacks = np.vstack([np.zeros((m_eq, m_ub), dtype=np.int64), np.eye(m_ub, dtype=np.int64)])
        M = ar.concatenate([A, -A[:, self.free], slacks], axis=1)
        c = ar.concatenate([self.c, -self.c[self.free], np.zeros(m_ub, dtype=np.int64)])
        return _Standard(M, ar.concatenate([self.b_eq, self.b_ub]), c)

    def _variables(self, z: RationalArray) -> RationalArray:
        """From the variables of the standard form to ours."""
        n, both = self.c.shape[0], int(self.free.sum())
        negative = np.zeros((n, both), dtype=np.int64)
        negative[self.free, np.arange(both)] = 1
        x: RationalArray = z[:n] - ar.matvec(negative, z[n : n + both])
        return x.reduced()

    def _multipliers(self, y: RationalArray) -> tuple[RationalArray, RationalArray]:
        m_eq = self.b_eq.shape[0]
        return y[:m_eq].reduced(), y[m_eq:].reduced()

    def _feasible(self, form: _Standard) -> RationalArray:
        """A feasible point of the standard form: minimise the violation ``sum t`` of ``M z + sign(b) t = b``."""
        m, n = form.M.shape
        signs = np.diag(np.where(ar.compare(form.b, ">=", 0) == 1, 1, -1))
        costs = np.concatenate([np.zeros(n, dtype=np.int64), np.ones(m, dtype=np.int64)])
        nearest = _certain(_Standard(ar.concatenate([form.M, signs], axis=1), form.b, _exact(costs)))
        violation = ar.sum(nearest.x[n:])
        if ar.compare(violation, "<=", 0) != 1:
            raise Infeasible(
                f"no x satisfies the constraints: the least total violation is {float(violation):.3g}, exactly "
                "positive.\n  The attributes y_eq and y_ub prove it (Farkas).",
                *self._multipliers(nearest.y),
            )
        return nearest.x[:n]

    def _refuse_rays(self, form: _Standard, point: RationalArray) -> None:
        """Raise ``Unbounded`` if the cost falls along a ray: minimise it over rays of total at most 1."""
        m, n = form.M.shape
        total = np.concatenate([np.ones(n, dtype=np.int64), [1]])
        rays = ar.concatenate([form.M, np.zeros((m, 1), dtype=np.int64)], axis=1)
        b = np.concatenate([np.zeros(m, dtype=np.int64), [1]])
        steepest = _certain(
            _Standard(ar.concatenate([rays, total[None]]), _exact(b), ar.concatenate([form.c, _exact([0])]))
        )
        if ar.compare(ar.sum(form.c * steepest.x[:n]), ">=", 0) != 1:
            raise Unbounded(
                "the cost has no lower bound on the feasible points.\n  The attributes point and ray prove it: "
                "along the ray every point is feasible and the cost falls.",
                self._variables(point),
                self._variables(steepest.x[:n]),
            )


@dataclass(frozen=True, eq=False)
class _Standard:
    """Minimise ``<c, z>`` subject to ``M z = b``, ``z >= 0``."""

    M: RationalArray
    b: RationalArray
    c: RationalArray


@dataclass(frozen=True, eq=False)
class _Basis:
    """Solution of a basis: point ``[N]``, multipliers ``[m]``, and the columns in which one of them is infeasible."""

    x: RationalArray
    y: RationalArray
    wrong: Columns

    def optimal(self, form: _Standard) -> bool:
        """Whether nothing is wrong, and the equations hold that the basis leaves out."""
        return not self.wrong.size and bool(np.all(ar.compare(ar.matvec(form.M, self.x), "==", form.b) == 1))


def _certain(form: _Standard) -> _Basis:
    """Solve a programme that has an optimum."""
    basis = _from_floats(form)
    if basis is None:
        basis = _pivoted(form, np.arange(form.M.shape[1]))
    assert basis is not None, "the auxiliary programmes are feasible and bounded"
    return basis


def _from_floats(form: _Standard) -> _Basis | None:
    """The optimum that floats propose, if need be after pivots; None if they find none, or pivots end without one."""
    from scipy.sparse import csr_array

    M, b, c = (ar.midpoint(x) for x in (form.M, form.b, form.c))
    if not all(np.isfinite(x).all() for x in (M, b, c)):
        return None
    found = _in_floats(c, csr_array(M), b)
    if found.status != 0:
        return None
    # A vertex is positive only in its basis; where it is degenerate, columns without a reduced cost complete it.
    positive, reduced_costs = found.x > 0, np.abs(found.lower.marginals)
    order = np.lexsort((reduced_costs, ~positive))
    likely = order[positive[order] | (reduced_costs[order] <= TIGHTEST)]
    by_size = np.argsort(-np.abs(found.eqlin.marginals), kind="stable")
    proposed = _vertex(form, *_spanning(form.M.num, likely, by_size, positive))
    return proposed if proposed.optimal(form) else _pivoted(form, order)


def _spanning(
    integers: NDArray[Any], columns: Columns, rows: Columns, positive: NDArray[np.bool_]
) -> tuple[Columns, Columns]:
    """The first columns that span some columns, and the first rows on which they are independent.

    They may be fewer than equations: those left out then hold by themselves, and their multipliers are 0. Slacks,
    the positive columns alone in an equation, are independent of all others.
    """
    single, loose = alone(integers[:, positive])
    loose, firsts = np.unique(loose, return_index=True)
    slacks = np.flatnonzero(positive)[single[firsts]]
    columns, rows = columns[~np.isin(columns, slacks)], rows[~np.isin(rows, loose)]
    columns = columns[independent_columns(integers[np.ix_(rows, columns)])]
    rows = rows[independent_columns(integers[np.ix_(rows, columns)].T)]
    return np.concatenate([columns, slacks]), np.concatenate([rows, loose])


def _in_floats(c: NDArray[np.float64], A: Any, b: NDArray[np.float64]) -> Any:
    """What HiGHS finds; without its presolve, which mistakes small masses for errors, where that finds nothing."""
    from scipy.optimize import linprog

    options = {"primal_feasibility_tolerance": TIGHTEST, "dual_feasibility_tolerance": TIGHTEST}
    for presolve in (True, False):
        found = linprog(c, A_eq=A, b_eq=b, method="highs-ds", options={**options, "presolve": presolve})
        if found.status == 0:
            break
    return found


def _vertex(form: _Standard, basis: Columns, rows: Columns) -> _Basis:
    """The solution of some rows in as many columns, on which they are independent."""
    square = form.M[rows][:, basis]
    x = _scattered(solve_exactly(square, form.b[rows]), basis, len(form.c))
    y = _scattered(solve_exactly(_transposed(square), form.c[basis]), rows, len(form.b))
    slack = form.c - ar.vecmat(y, form.M)
    return _Basis(x, y, np.flatnonzero((ar.compare(x, ">=", 0) == -1) | _negative(slack, basis)))


def _pivoted(form: _Standard, order: Columns) -> _Basis | None:
    """Pivot from the first independent columns to an optimal basis; None if there is none."""
    basis, rows = _independent(form.M, order)
    M = form.M[rows]
    while (vertex := _vertex(form, basis, rows)).wrong.size:
        square, changed = M[:, basis], int(vertex.wrong.min())
        position = np.flatnonzero(basis == changed)
        if position.size:
            row = ar.vecmat(solve_exactly(_transposed(square), _unit(len(basis), position[0])), M)
            partners = np.flatnonzero(_negative(row, basis))
        else:
            partners = basis[ar.compare(solve_exactly(square, M[:, changed]), "<=", 0) == -1]
        if not partners.size:
            return None
        leaving, entering = (changed, partners.min()) if position.size else (partners.min(), changed)
        basis = np.where(basis == leaving, entering, basis)
    return vertex if vertex.optimal(form) else None


def _negative(x: RationalArray, basis: Columns) -> NDArray[np.bool_]:
    """Where a column outside the basis has a negative entry."""
    negative: NDArray[np.bool_] = ar.compare(x, ">=", 0) == -1
    negative[basis] = False
    return negative


def _independent(M: RationalArray, order: Columns) -> tuple[Columns, Columns]:
    """The first columns, in an order, that span all columns, and rows on which they are independent."""
    columns = order[independent_columns(M.num[:, order])]
    if len(columns) == M.shape[0]:
        return columns, np.arange(len(columns))
    return columns, independent_columns(M.num[:, columns].T)


def _transposed(matrix: RationalArray) -> RationalArray:
    transposed: RationalArray = ar.moveaxis(matrix, 0, 1)
    return transposed


def _unit(n: int, i: int) -> RationalArray:
    return _exact(np.eye(n, dtype=np.int64)[i])


def _scattered(x: RationalArray, index: Columns, n: int) -> RationalArray:
    """Put entries at their places among n, zeros elsewhere."""
    num = np.zeros(n, dtype=x.num.dtype)
    num[index] = x.num
    return RationalArray(num, x.den)


def _exact(x: Any) -> RationalArray:
    return ar.RATIONAL.convert(ar.asarray(x))


def _read(name: str, A: Any, b: Any, n: int) -> tuple[RationalArray, RationalArray]:
    if (A is None) != (b is None):
        raise InvalidArgument(f"A_{name} and b_{name} belong together; give both or none.")
    if A is None:
        return _exact(np.zeros((0, n), dtype=np.int64)), _exact(np.zeros(0, dtype=np.int64))
    A, b = _exact(A), _exact(b)
    if b.ndim != 1 or A.shape != (b.shape[0], n):
        raise InvalidArgument(
            f"A_{name} has shape {A.shape} and b_{name} {b.shape}; with n = {n} costs they are [m, {n}] and [m]."
        )
    return A, b
