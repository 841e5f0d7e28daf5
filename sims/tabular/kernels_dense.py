"""Discounted models with dense float64 transitions, every answer with an error bound.

The methods, and why, are described in `sims.tabular.kernels`.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from sims.tabular._improvement import Optimal, improve
from sims.tabular._refine import (
    TOLERANCE,
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

SMALL = 64
"""Up to this many states our own elimination, in one call for a batch, beats a LAPACK call per model."""


def solve_discounted(
    K: Floats, b: Floats, gamma: Floats | float, *, transpose: bool = False, tolerance: float = TOLERANCE
) -> Certified:
    """Solve ``x = b + gamma K x`` (``K^T`` if `transpose`).

    Parameters
    ----------
    K : floats (..., S, S)
        Rows sum to at most 1, up to what `gamma` leaves room for.
    b : floats (..., S)
    gamma : floats (...) in [0, 1)
        Batch axes of all three broadcast.
    tolerance : float
        Error aimed at, relative to ``|b| / (1 - gamma)``; the error reached is returned.

    Returns
    -------
    Certified
        `x` (..., S) with `error` (...): a bound in the sup norm, in the l1 norm if `transpose`.

    Raises
    ------
    NoCertificate
        If an entry is not finite or ``gamma max_i sum_j |K_ij| >= 1``.
    """
    K, b, gamma = (np.asarray(x, dtype=np.float64) for x in (K, b, gamma))
    batch = np.broadcast_shapes(K.shape[:-2], b.shape[:-1], gamma.shape)
    b, gamma = _flat(b, batch, 1), _flat(gamma, batch, 0)
    return _solve(_flat(K, batch, 2), None, b, _norm(b, transpose), gamma, transpose, tolerance, batch)


def discounted_values(
    P: Floats, r: Floats, pi: Floats, gamma: Floats | float, *, tolerance: float = TOLERANCE
) -> Certified:
    """Value of stationary policies, ``v = r_pi + gamma P_pi v``.

    Parameters
    ----------
    P : floats (..., S, A, S)
    r, pi : floats (..., S, A)
    gamma : floats (...) in [0, 1)
        Batch axes of all four broadcast.

    Returns
    -------
    Certified
        `x` (..., S), `error` (...) in the sup norm.
    """
    P, r, pi, gamma = (np.asarray(x, dtype=np.float64) for x in (P, r, pi, gamma))
    batch = np.broadcast_shapes(P.shape[:-3], r.shape[:-2], pi.shape[:-2], gamma.shape)
    b = _flat(np.einsum("...sa,...sa->...s", pi, r), batch, 1)
    sizes = _flat(np.einsum("...sa,...sa->...s", np.abs(pi), np.abs(r)), batch, 1)
    size = raised(_norm(sizes, False), P.shape[-2])
    pi, gamma = _flat(pi, batch, 2), _flat(gamma, batch, 0)
    return _solve(_flat(P, batch, 3), pi, b, size, gamma, False, tolerance, batch)


def discounted_occupancies(
    P: Floats, mu: Floats, pi: Floats, gamma: Floats | float, *, tolerance: float = TOLERANCE
) -> Certified:
    """Occupancies ``d(s, a) = (1 - gamma) sum_t gamma^t Pr(s_t = s, a_t = a)`` of stationary policies.

    Parameters
    ----------
    P : floats (..., S, A, S)
    mu : floats (..., S)
    pi : floats (..., S, A)
    gamma : floats (...) in [0, 1)
        Batch axes of all four broadcast.

    Returns
    -------
    Certified
        `x` (..., S, A), `error` (...) in the l1 norm.
    """
    P, mu, pi, gamma = (np.asarray(x, dtype=np.float64) for x in (P, mu, pi, gamma))
    batch = np.broadcast_shapes(P.shape[:-3], mu.shape[:-1], pi.shape[:-2], gamma.shape)
    b = _flat((1.0 - gamma[..., None]) * mu, batch, 1)
    pi, gamma = _flat(pi, batch, 2), _flat(gamma, batch, 0)
    states, error = _solve(_flat(P, batch, 3), pi, b, _norm(b, True), gamma, True, tolerance, batch)
    return split_over_actions(states, error, pi)


def split_over_actions(states: Floats, error: Floats, pi: Floats) -> Certified:
    """``d(s, a) = d(s) pi(a | s)`` with its l1 error; `pi` has one flat batch axis, or one of length 1."""
    from sims.tabular import _dense_loops as loops

    batch, n_states, n_actions = states.shape[:-1], states.shape[-1], pi.shape[-1]
    d, norms = np.empty((prod(batch), n_states, n_actions)), np.empty((prod(batch), 2))
    loops.split(states.reshape(-1, n_states), pi, d, norms)
    mass, size = raised(norms, n_states + n_actions).T.reshape(2, *batch)
    total = raised(mass * (error + rounding_bound(1, n_states * n_actions, 0.0, 0.0, 0.0, size)), 3)
    return Certified(d.reshape(*batch, n_states, n_actions), total)


def optimal(P: Floats, r: Floats, gamma: float, *, tolerance: float = TOLERANCE) -> Optimal:
    """Optimal stationary policy and value of one model.

    Modified policy iteration: a greedy sweep over all actions, then the policy's own equation solved by
    `neumann`, as precisely as pays; by LU, which makes it policy iteration, where that is slow.

    Parameters
    ----------
    P : floats (S, A, S)
    r : floats (S, A)

    Returns
    -------
    Optimal
        With `error` above ``tolerance * max|r| / (1 - gamma)`` only where rounding errors allow no better
        bound.
    """
    from sims.tabular import _dense_loops as loops

    P, r = np.ascontiguousarray(P, dtype=np.float64), np.ascontiguousarray(r, dtype=np.float64)
    n_states = len(P)
    smallest, largest = loops.row_norms(P.reshape(-1, n_states))
    row_norm, stochastic = raised(largest, dot_roundings(n_states)), is_stochastic(smallest, largest, gamma)
    K = np.empty((n_states, n_states))
    copied = np.full(n_states, -1)

    def greedy(v: Floats) -> tuple[Ints, Floats]:
        policy, rest = np.empty(n_states, dtype=np.int64), np.empty(n_states)
        loops.greedy(P, r, gamma, v, policy, rest)
        return policy, rest

    def corrections(policy: Ints, reduction: float) -> list[Correction]:
        loops.select_rows(P, policy, copied, K)
        copied[:] = policy
        return [
            _neumann_dense(K, gamma, False, deflate=stochastic, reduction=reduction),
            _lu(K, gamma, False),
        ]

    roundings = dot_roundings(n_states) + 3
    return improve(greedy, corrections, r, gamma, row_norm, roundings, tolerance, stochastic=stochastic)


def _flat(x: Floats, batch: tuple[int, ...], core: int) -> Floats:
    """Give `x` one contiguous leading axis, of the length of the batch or 1."""
    shape = x.shape[x.ndim - core :]
    if prod(x.shape[: x.ndim - core]) == 1:
        return np.ascontiguousarray(x).reshape(1, *shape)
    return np.ascontiguousarray(np.broadcast_to(x, (*batch, *shape))).reshape(-1, *shape)


def dot_roundings(n: int) -> int:
    """Roundings of a sum of n products over blocks in order."""
    from sims.tabular._dense_loops import BLOCK

    return min(n, BLOCK) + -(-n // BLOCK)


def _norm(b: Floats, transpose: bool) -> Floats:
    """l1 norms along the last axis if `transpose`, else sup norms; rounded up."""
    sizes = np.abs(b)
    return raised(sizes.sum(-1), b.shape[-1]) if transpose else sizes.max(-1)


def _solve(
    P: Floats,
    pi: Floats | None,
    b: Floats,
    sizes: Floats,
    gamma: Floats,
    transpose: bool,
    tolerance: float,
    batch: tuple[int, ...],
) -> Certified:
    """Solve a flat batch: of kernels `P` (n, S, S), or of policies `pi` (n, S, A) in `P` (n, S, A, S).

    `sizes` bounds the norms of `b` from above; `b` is off by at most A + 1 roundings relative to that.
    """
    from sims.tabular import _dense_loops as loops

    n, count = b.shape[-1], prod(batch)
    mixed = 0 if pi is None else pi.shape[-1]
    x, error = np.empty((count, n)), np.empty(count)
    if n <= SMALL:
        norms = np.empty((count, 3))
        if pi is None:
            loops.solve_small(P, b, gamma, transpose, x, norms)
        else:
            loops.solve_small_policies(P, pi, b, gamma, transpose, x, norms)
        row_norm, x_norm, rest = raised(norms, n + mixed).T
        rounding = rounding_bound(n + mixed + 5, n * (n + mixed + 2), gamma, row_norm, sizes, x_norm)
        error = error_bound(rest, rounding, gamma, row_norm)
    else:
        mixture = np.empty((n, n))
        for i in range(count):
            K = P[i % len(P)]
            if pi is not None:
                loops.mix(K, pi[i % len(pi)], mixture)
                K = mixture
            one, size, g = b[i % len(b)], float(sizes[i % len(b)]), float(gamma[i % len(gamma)])
            x[i], error[i] = _solve_one(K, one, size, g, transpose, tolerance, mixed)
    return Certified(x.reshape(*batch, n), error.reshape(batch))


def _solve_one(
    K: Floats, b: Floats, size: float, gamma: float, transpose: bool, tolerance: float, mixed: int
) -> tuple[Floats, Floats]:
    from sims.tabular import _dense_loops as loops

    n = len(b)
    smallest, largest = loops.row_norms(K)
    row_norm = raised(largest, dot_roundings(n) + mixed)
    error_bound(size, 0.0, gamma, row_norm)  # raises where no bound is possible
    scratch = np.empty(n, dtype=np.int64)

    def residual(x: Floats) -> Residual:
        rest = np.empty(n)
        if transpose:
            used = loops.push(x, K, scratch, rest)
            rest = (b + gamma * rest) - x
            roundings = -(-used // 4) + 9
        else:
            loops.residual(K, b, gamma, x, rest)
            roundings = dot_roundings(n) + 5
        x_norm = float(_norm(x, transpose))
        rounding = rounding_bound(roundings + mixed, n * (n + mixed + 2), gamma, row_norm, size, x_norm)
        return Residual(rest, float(_norm(rest, transpose)), float(rounding))

    deflate = is_stochastic(smallest, largest, gamma)
    start = b / (1.0 - gamma) if transpose and deflate else b
    corrections = [
        _neumann_dense(K, gamma, transpose, deflate=deflate and not transpose),
        _lu(K, gamma, transpose),
    ]
    x, best = refine(start, residual, corrections, residual_target(tolerance, gamma, size))
    return x, error_bound(best.norm, best.rounding, gamma, row_norm)


def _neumann_dense(
    K: Floats, gamma: float, transpose: bool, *, deflate: bool = True, reduction: float = 0.0
) -> Correction:
    # A product costs about 6 / n of an LU factorisation; give up where the series would cost half of one.
    sweeps = 8 + len(K) // 12

    def advance(x: Floats) -> Floats:
        product: Floats = x @ K if transpose else K @ x
        product *= gamma
        return product

    def correct(rest: Floats, target: float) -> Floats | None:
        norm = l1_norm if transpose else sup_norm
        return neumann(advance, rest, gamma, target, sweeps, norm=norm, reduction=reduction, deflate=deflate)

    return correct


def _lu(K: Floats, gamma: float, transpose: bool) -> Correction:
    factors: list[Any] = []

    def correct(rest: Floats, target: float) -> Floats:
        from scipy.linalg import lu_factor, lu_solve

        if not factors:
            M = -gamma * K
            M.flat[:: len(K) + 1] += 1.0
            factors.append(lu_factor(M, overwrite_a=True, check_finite=False))
        return np.asarray(lu_solve(factors[0], rest, trans=int(transpose), check_finite=False))

    return correct
