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
        Error aimed at, relative to ``|b| / (1 - gamma)``; the error reached is returned. 0 asks for as little
        as float64 allows.

    Returns
    -------
    Certified
        `x` (..., S) with `error` (...): a bound in the sup norm, in the l1 norm if `transpose`.

    Raises
    ------
    NoCertificate
        If an entry is not finite or ``gamma max_i sum_j |K_ij| >= 1``.
    """
    from sims.tabular import _dense_loops as loops

    K, b, gamma = (np.asarray(x, dtype=np.float64) for x in (K, b, gamma))
    batch, n = np.broadcast_shapes(K.shape[:-2], b.shape[:-1], gamma.shape), b.shape[-1]
    K, b, gamma = _flat(K, batch, 2), _flat(b, batch, 1), _flat(gamma, batch, 0)
    x, error = np.empty((prod(batch), n)), np.empty(prod(batch))
    if n <= SMALL:
        norms = np.empty((len(x), 4))
        loops.solve_small(K, b, gamma, transpose, x, norms)
        error = _small_error(norms, n, gamma)
    else:
        for i in range(len(x)):
            one = _at(b, i)
            x[i], error[i] = _solve_one(
                _at(K, i), one, _norm(one, transpose), float(_at(gamma, i)), transpose, tolerance
            )
    return Certified(x.reshape(*batch, n), error.reshape(batch))


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
    from sims.tabular import _dense_loops as loops

    P, r, pi, gamma = (np.asarray(x, dtype=np.float64) for x in (P, r, pi, gamma))
    batch = np.broadcast_shapes(P.shape[:-3], r.shape[:-2], pi.shape[:-2], gamma.shape)
    n, n_actions = pi.shape[-2:]
    P, r, pi, gamma = _flat(P, batch, 3), _flat(r, batch, 2), _flat(pi, batch, 2), _flat(gamma, batch, 0)
    v, error = np.empty((prod(batch), n)), np.empty(prod(batch))
    if n <= SMALL:
        norms = np.empty((len(v), 4))
        loops.values_small(P, r, pi, gamma, v, norms)
        error = _small_error(norms, n + n_actions, gamma)
    else:
        K = np.empty((n, n))
        for i in range(len(v)):
            loops.mix(_at(P, i), _at(pi, i), K)
            terms = _at(pi, i) * _at(r, i)
            size = float(raised(np.abs(terms).sum(-1).max(), n_actions))
            v[i], error[i] = _solve_one(K, terms.sum(-1), size, float(_at(gamma, i)), False, tolerance, mixed=n_actions)
    return Certified(v.reshape(*batch, n), error.reshape(batch))


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
    from sims.tabular import _dense_loops as loops

    P, mu, pi, gamma = (np.asarray(x, dtype=np.float64) for x in (P, mu, pi, gamma))
    batch = np.broadcast_shapes(P.shape[:-3], mu.shape[:-1], pi.shape[:-2], gamma.shape)
    n, n_actions = pi.shape[-2:]
    P, mu, pi, gamma = _flat(P, batch, 3), _flat(mu, batch, 1), _flat(pi, batch, 2), _flat(gamma, batch, 0)
    d, error = np.empty((prod(batch), n, n_actions)), np.empty(prod(batch))
    if n <= SMALL:
        norms = np.empty((len(d), 5))
        loops.occupancies_small(P, mu, pi, gamma, d, norms)
        states = _small_error(norms, n + n_actions, gamma)
        error = split_error(states, norms[:, 2], norms[:, 4], n, n_actions)
    else:
        K = np.empty((n, n))
        for i in range(len(d)):
            loops.mix(_at(P, i), _at(pi, i), K)
            g = float(_at(gamma, i))
            b = (1.0 - g) * _at(mu, i)
            size = _norm(b, True)
            x, states = _solve_one(K, b, size, g, True, tolerance, mixed=n_actions)
            d[i], error[i] = split_over_actions(x, states, _at(pi, i))
    return Certified(d.reshape(*batch, n, n_actions), error.reshape(batch))


def split_over_actions(states: Floats, error: Floats, pi: Floats) -> Certified:
    """``d(s, a) = d(s) pi(a | s)``, with its l1 error."""
    mass = np.abs(pi).sum(-1).max()
    return Certified(states[:, None] * pi, split_error(error, np.abs(states).sum(), mass, *pi.shape))


def split_error(states: Floats, size: Floats | float, mass: Floats | float, n_states: int, n_actions: int) -> Floats:
    """l1 error of ``d(s) pi(a | s)``, from that of d(s), ``|d|_1`` and ``max_s sum_a |pi|`` as computed."""
    size, mass = raised(size, n_states), raised(mass, n_actions)
    return raised(mass * (states + rounding_bound(1, n_states * n_actions, 0.0, 0.0, 0.0, size)), 3)


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


def _at(x: Floats, i: int) -> Floats:
    """Entry i of a flat batch, of which one of length 1 has only one."""
    one: Floats = x[i if len(x) > 1 else 0]
    return one


def _norm(b: Floats, transpose: bool) -> float:
    """l1 norm if `transpose`, else sup norm; rounded up."""
    return float(raised(l1_norm(b), len(b))) if transpose else sup_norm(b)


def _small_error(norms: Floats, roundings: int, gamma: Floats) -> Floats:
    """Error bounds from the norms that the loops over small models return."""
    n = roundings
    row_norm, size, x_norm, rest = raised(norms[:, :4], n).T
    rounding = rounding_bound(n + 5, (n + 2) ** 2, gamma, row_norm, size, x_norm)
    return error_bound(rest, rounding, gamma, row_norm)


def _solve_one(
    K: Floats, b: Floats, size: float, gamma: float, transpose: bool, tolerance: float, mixed: int = 0
) -> Certified:
    """Solve one large system; entries of `K` carry `mixed` roundings, those of `b` one more, of `size`."""
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
        x_norm, products = _norm(x, transpose), n * (n + mixed + 2)
        rounding = rounding_bound(roundings + mixed, products, gamma, row_norm, size, x_norm)
        return Residual(rest, _norm(rest, transpose), float(rounding))

    deflate = is_stochastic(smallest, largest, gamma)
    start = b / (1.0 - gamma) if transpose and deflate else b
    corrections = [
        _neumann_dense(K, gamma, transpose, deflate=deflate and not transpose),
        _lu(K, gamma, transpose),
    ]
    x, best = refine(start, residual, corrections, residual_target(tolerance, gamma, size))
    return Certified(x, error_bound(best.norm, best.rounding, gamma, row_norm))


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
