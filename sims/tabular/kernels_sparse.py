"""Discounted models with sparse (CSR) float64 transitions, every answer with an error bound.

A model is three arrays over the rows ``s * A + a``: `indptr` (S A + 1), `indices` (next states) and `data`
(probabilities). The methods, and why, are described in `sims.tabular.kernels`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.tabular._improvement import Optimal, improve
from sims.tabular._refine import (
    TOLERANCE,
    UNIT,
    Certified,
    Correction,
    Floats,
    Ints,
    Residual,
    error_bound,
    is_stochastic,
    l1_norm,
    neumann,
    raised,
    refine,
    residual_target,
    rounding_bound,
    sup_norm,
)
from sims.tabular.kernels_dense import split_over_actions

SWEEPS = 100
"""More products than this and a chain counts as slowly mixing: then other methods are cheaper."""

WIDEST_BAND = 64
"""Half-bandwidth up to which elimination inside the band is tried; it costs S times its square."""

DIRECT_SIZE, DIRECT_DENSITY = 20_000, 8
"""Sparse LU is for so many states, or so few entries a row: elsewhere its fill-in can exhaust the memory."""


class Matrix(NamedTuple):
    """A square CSR matrix; `indptr` and `indices` unsigned."""

    indptr: NDArray[np.uint64]
    indices: Any
    data: Floats

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @property
    def longest_row(self) -> int:
        """Entries of the fullest row."""
        return int(np.diff(self.indptr).max())


def solve_discounted_sparse(
    indptr: NDArray[Any],
    indices: NDArray[Any],
    data: Floats,
    b: Floats,
    gamma: float,
    *,
    transpose: bool = False,
    tolerance: float = TOLERANCE,
) -> Certified:
    """Solve ``x = b + gamma K x`` (``K^T`` if `transpose`) for a CSR matrix K of S rows.

    Parameters
    ----------
    indptr, indices, data : arrays (S + 1), (nnz), (nnz)
        Rows sum to at most 1, up to what `gamma` leaves room for. Repeated entries add up.
    b : floats (S,)
    gamma : float in [0, 1)
    tolerance : float
        Error aimed at, relative to ``|b| / (1 - gamma)``; the error reached is returned. 0 asks for as little
        as float64 allows.

    Returns
    -------
    Certified
        `x` (S,) with `error`: a bound in the sup norm, in the l1 norm if `transpose`.

    Raises
    ------
    NoCertificate
        If an entry is not finite or ``gamma max_i sum_j |K_ij| >= 1``.
    """
    K = _matrix(indptr, indices, data)
    b = np.ascontiguousarray(b, dtype=np.float64)
    size = l1_norm(b) if transpose else sup_norm(b)
    return _solve(K, b, float(raised(size, len(b))), gamma, transpose, tolerance, mixed=0)


def sparse_discounted_values(
    indptr: NDArray[Any],
    indices: NDArray[Any],
    data: Floats,
    r: Floats,
    pi: Floats,
    gamma: float,
    *,
    tolerance: float = TOLERANCE,
) -> Certified:
    """Value of a stationary policy: `x` (S,) for `r` and `pi` (S, A), `error` in the sup norm."""
    n_actions = pi.shape[1]
    b = np.einsum("sa,sa->s", pi, r)
    size = raised(sup_norm(np.einsum("sa,sa->s", np.abs(pi), np.abs(r))), n_actions)
    K = policy_kernel(_matrix(indptr, indices, data), pi)
    return _solve(K, b, float(size), gamma, False, tolerance, mixed=n_actions)


def sparse_discounted_occupancies(
    indptr: NDArray[Any],
    indices: NDArray[Any],
    data: Floats,
    mu: Floats,
    pi: Floats,
    gamma: float,
    *,
    tolerance: float = TOLERANCE,
) -> Certified:
    """Discounted occupancy of a stationary policy: `x` (S, A), normalised to 1, `error` in the l1 norm."""
    b = (1.0 - gamma) * np.ascontiguousarray(mu, dtype=np.float64)
    K = policy_kernel(_matrix(indptr, indices, data), pi)
    size = float(raised(l1_norm(b), len(b)))
    states, error = _solve(K, b, size, gamma, True, tolerance, mixed=pi.shape[1])
    return split_over_actions(states, error, np.asarray(pi, dtype=np.float64))


def sparse_optimal(
    indptr: NDArray[Any],
    indices: NDArray[Any],
    data: Floats,
    r: Floats,
    gamma: float,
    *,
    tolerance: float = TOLERANCE,
) -> Optimal:
    """Optimal stationary policy and value of one model, as `kernels_dense.optimal` finds them."""
    from sims.tabular import _sparse_loops as loops

    P, r = _matrix(indptr, indices, data), np.ascontiguousarray(r, dtype=np.float64)
    n_states, n_actions = r.shape
    (smallest, largest), longest = loops.row_norms(P.indptr, P.data), P.longest_row
    stochastic = is_stochastic(smallest, largest, gamma)
    order = _Order(Matrix(P.indptr[::n_actions], P.indices, P.data))
    indptr = _starts(np.diff(P.indptr).reshape(n_states, n_actions).max(1))
    K = Matrix(indptr, np.empty(indptr[-1], dtype=P.indices.dtype), np.empty(indptr[-1]))
    copied = np.full(n_states, -1)

    def greedy(v: Floats) -> tuple[Ints, Floats]:
        policy, rest = np.empty(n_states, dtype=np.int64), np.empty(n_states)
        loops.greedy(*P, r, gamma, v, policy, rest)
        return policy, rest

    def corrections(policy: Ints, reduction: float) -> list[Correction]:
        loops.select_rows(*P, n_actions, policy, copied, *K)
        copied[:] = policy
        return _corrections(K, gamma, False, order, deflate=stochastic, reduction=reduction)

    row_norm = raised(largest, longest)
    return improve(greedy, corrections, r, gamma, row_norm, longest + 3, tolerance, stochastic=stochastic)


def policy_kernel(P: Matrix, pi: Floats) -> Matrix:
    """State-to-state matrix of a policy; shares the indices of `P` if every action has weight."""
    from sims.tabular import _sparse_loops as loops

    pi = np.ascontiguousarray(pi, dtype=np.float64)
    if pi.all():
        data = np.empty_like(P.data)
        loops.mix_all(P.indptr, P.data, pi, data)
        return Matrix(np.ascontiguousarray(P.indptr[:: pi.shape[1]]), P.indices, data)
    indptr = _starts(np.where(pi != 0, np.diff(P.indptr).reshape(pi.shape), 0).sum(1))
    K = Matrix(indptr, np.empty(indptr[-1], dtype=P.indices.dtype), np.empty(indptr[-1]))
    loops.mix_used(*P, pi, K.indices, K.data)
    return K


def _starts(lengths: NDArray[Any]) -> NDArray[np.uint64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint64)


def _matrix(indptr: NDArray[Any], indices: NDArray[Any], data: Floats) -> Matrix:
    indices = np.ascontiguousarray(indices)
    if indices.dtype.itemsize not in (4, 8):
        indices = indices.astype(np.uint64)
    return Matrix(
        np.ascontiguousarray(indptr).astype(np.uint64),
        indices.view(f"u{indices.dtype.itemsize}"),
        np.ascontiguousarray(data, dtype=np.float64),
    )


def _solve(K: Matrix, b: Floats, size: float, gamma: float, transpose: bool, tolerance: float, mixed: int) -> Certified:
    """Entries of `K` carry one rounding and `b` is off by at most `mixed` + 1 of them relative to `size`."""
    from sims.tabular import _sparse_loops as loops

    n = K.size
    (smallest, largest), longest = loops.row_norms(K.indptr, K.data), K.longest_row
    row_norm = raised(largest, longest + 1)
    error_bound(size, 0.0, gamma, row_norm)  # raises where no bound is possible
    products = len(K.data) + (mixed + 2) * n

    def residual(x: Floats) -> Residual:
        rest = np.empty(n)
        if transpose:
            partial = loops.multiply_transposed_bounded(*K, gamma, x, rest)
            rest = (b + rest) - x
            x_size, norm = raised(l1_norm(x), n), float(raised(l1_norm(rest), n))
            additions = UNIT * raised(partial, 2 * longest + n)
            rounding = raised(additions + rounding_bound(mixed + 8, products, gamma, row_norm, size, x_size), 1)
        else:
            loops.multiply(*K, gamma, x, rest)
            rest = (b + rest) - x
            norm = sup_norm(rest)
            rounding = rounding_bound(longest + mixed + 8, products, gamma, row_norm, size, sup_norm(x))
        return Residual(rest, norm, float(rounding))

    stochastic = is_stochastic(smallest, largest, gamma)
    start = b / (1.0 - gamma) if transpose and stochastic else b
    ways = _corrections(K, gamma, transpose, _Order(K), deflate=stochastic and not transpose)
    x, best = refine(start, residual, ways, residual_target(tolerance, gamma, size))
    return Certified(x, error_bound(best.norm, best.rounding, gamma, row_norm))


def _corrections(
    K: Matrix, gamma: float, transpose: bool, order: _Order, *, deflate: bool = True, reduction: float = 0.0
) -> list[Correction]:
    series = _Series(K, gamma, transpose, deflate, reduction)
    last: Correction = _SparseLU(K, gamma, transpose)
    if K.size > DIRECT_SIZE and len(K.data) > DIRECT_DENSITY * K.size:
        last = _Series(K, gamma, transpose, deflate, reduction, sweeps=10**6)
    return [series, _Band(K, gamma, transpose, order), _Krylov(K, gamma, transpose), last]


class _Series:
    """`neumann`, with single precision probabilities for ``K x``: a product waits for the stream of them."""

    def __init__(
        self, K: Matrix, gamma: float, transpose: bool, deflate: bool, reduction: float, sweeps: int = SWEEPS
    ) -> None:
        self.K, self.gamma, self.transpose, self.deflate, self.sweeps = K, gamma, transpose, deflate, sweeps
        # Single precision gives six digits a call. With K^T it would leak mass, and that decays like gamma^n.
        self.single = not transpose and reduction == 0.0
        self.reduction = 1e-6 if self.single else reduction

    @cached_property
    def data(self) -> Any:
        return self.K.data.astype(np.float32) if self.single else self.K.data

    def __call__(self, rest: Floats, target: float) -> Floats | None:
        from sims.tabular import _sparse_loops as loops

        product = loops.multiply_transposed if self.transpose else loops.multiply

        def advance(x: Floats) -> Floats:
            out = np.empty_like(x)
            product(self.K.indptr, self.K.indices, self.data, self.gamma, x, out)
            return out

        return neumann(
            advance,
            rest,
            self.gamma,
            target,
            self.sweeps,
            norm=l1_norm if self.transpose else sup_norm,
            reduction=self.reduction,
            deflate=self.deflate,
        )


class _Order:
    """Reverse Cuthill-McKee (1969) ordering of the states, which gathers the entries along the diagonal."""

    def __init__(self, pattern: Matrix) -> None:
        self.pattern = pattern

    @cached_property
    def position(self) -> Ints:
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        position = np.empty(self.pattern.size, dtype=np.int64)
        position[reverse_cuthill_mckee(_scipy(self.pattern), symmetric_mode=False)] = np.arange(self.pattern.size)
        return position

    @cached_property
    def bandwidths(self) -> tuple[int, int]:
        from sims.tabular import _sparse_loops as loops

        return loops.bandwidths(self.pattern.indptr, self.pattern.indices, self.position)


class _Band:
    """Elimination inside a band: for chains, rings and narrow grids, however slowly they mix."""

    def __init__(self, K: Matrix, gamma: float, transpose: bool, order: _Order) -> None:
        self.K, self.gamma, self.transpose, self.order = K, gamma, transpose, order

    @cached_property
    def factors(self) -> Floats:
        from sims.tabular import _sparse_loops as loops

        below, above = self.order.bandwidths
        band = np.empty((self.K.size, below + above + 1))
        loops.band_factor(*self.K, self.gamma, self.order.position, below, band)
        return band

    def __call__(self, rest: Floats, target: float) -> Floats | None:
        from sims.tabular import _sparse_loops as loops

        if max(self.order.bandwidths) > WIDEST_BAND:
            return None
        x = np.empty_like(rest)
        loops.band_solve(self.factors, self.order.bandwidths[0], self.order.position, self.transpose, rest, x)
        return x


class _Krylov:
    """BiCGSTAB (van der Vorst, 1992), eight digits a call: for few slow eigenvalues, or wide grids."""

    def __init__(self, K: Matrix, gamma: float, transpose: bool) -> None:
        self.K, self.gamma, self.transpose = K, gamma, transpose

    def __call__(self, rest: Floats, target: float) -> Floats | None:
        from scipy.sparse.linalg import LinearOperator, bicgstab

        from sims.tabular import _sparse_loops as loops

        product = loops.multiply_transposed if self.transpose else loops.multiply

        def apply(x: Floats) -> Floats:
            out = np.empty_like(x)
            product(*self.K, self.gamma, x, out)
            return x - out

        operator = LinearOperator((len(rest), len(rest)), matvec=apply, dtype=np.float64)
        x, unconverged = bicgstab(operator, rest, rtol=1e-8, atol=target, maxiter=5 * SWEEPS)
        return None if unconverged else np.asarray(x)


class _SparseLU:
    """SuperLU: for what is left."""

    def __init__(self, K: Matrix, gamma: float, transpose: bool) -> None:
        self.K, self.gamma, self.transpose = K, gamma, transpose

    @cached_property
    def factors(self) -> Any:
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import splu

        return splu((eye_array(self.K.size) - self.gamma * _scipy(self.K)).tocsc())

    def __call__(self, rest: Floats, target: float) -> Floats:
        return np.asarray(self.factors.solve(rest, trans="T" if self.transpose else "N"))


def _scipy(K: Matrix) -> Any:
    """Copy to scipy: it may sort and merge entries in place, and `K` shares its arrays with the model."""
    from scipy.sparse import csr_array

    indices, indptr = (x.view(f"i{x.dtype.itemsize}") for x in (K.indices, K.indptr))
    return csr_array((K.data, indices, indptr), shape=(K.size, K.size), copy=True)
