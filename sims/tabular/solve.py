"""Fixed points of discounted models: values and occupancies of policies, optimal and soft-optimal values."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import AffineContraction, Numbers
from sims.arithmetic.raw import like, to_numpy
from sims.tabular.dense import DenseTransitions
from sims.tabular.errors import IllConditioned
from sims.tabular.transitions import Rows, Transitions
from sims.tabular.validation import scatter_add

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP

Floats = NDArray[np.float64]

COMPILED = 2**20
"""Multiplications of a solve from which the compiled kernels pay for being loaded."""

SMALL = 64
"""Up to this many states a dense solve beats a sparse one."""


def discounted_value(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """``v = r_pi + gamma P_pi v``, shape ``[..., S]``."""
    return _fixed_point(mdp, pi, ar.einsum("...sa,...sa->...s", pi, mdp.reward()), transposed=False)


def discounted_occupancy(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """``d = (1 - gamma) mu + gamma P_pi^T d``, shape ``[..., S]``."""
    return _fixed_point(mdp, pi, (1 - mdp.discount[..., None]) * mdp.mu, transposed=True)


def _fixed_point(mdp: TabularMDP, pi: Numbers, offset: Numbers, *, transposed: bool) -> Numbers:
    transitions, gamma = mdp.transitions, mdp.discount
    kernel = cache(lambda: transitions.kernel(pi))

    def moved(x: Numbers) -> Numbers:
        if isinstance(transitions, DenseTransitions):
            return ar.vecmat(x, kernel()) if transposed else ar.matvec(kernel(), x)
        if transposed:
            return transitions.push(x[..., None] * pi)
        return ar.einsum("...sa,...sa->...s", pi, transitions.expect(x))

    if isinstance(transitions, DenseTransitions):
        solve = dense_solver(lambda: float_part(kernel()), float_part(gamma), transposed)
    else:
        solve = sparse_solver(transitions, pi, gamma, transposed)
    contraction = AffineContraction(
        offset=offset,
        image=lambda x: gamma[..., None] * moved(x),
        modulus=gamma,
        solve=solve,
        kernel=kernel,
        transposed=transposed,
    )
    x = ar.fixed_point(mdp.system, contraction)
    if mdp.system.name == "float64" and not np.isfinite(to_numpy(x)).all():
        raise IllConditioned(
            f"floats cannot solve this model: discount={gamma} may be too close to 1, or rewards too large. "
            "Use .to('rational') or .to('ball')."
        )
    return x


def bellman_fixed_point(mdp: TabularMDP, v: Numbers, policy: Numbers, step: Callable[[Numbers], Numbers]) -> Numbers:
    """Enclose the fixed point of a Bellman operator, given a value near it and the policy greedy there.

    Parameters
    ----------
    v : numbers ``[..., S]``
    policy : numbers ``[..., S, A]``; ``gamma P_policy`` is the slope of the operator at ``v``
    step : the operator, a contraction with modulus gamma in the sup norm
    """
    return ar.certified(mdp.system, v, step, mdp.discount, float_solver(mdp, policy))


def float_solver(mdp: TabularMDP, pi: Numbers) -> Callable[[Any], Any]:
    """Solve ``x = f + gamma P_pi x`` for floats, numpy or torch, approximately.

    Returns
    -------
    callable from ``f[..., S]`` to ``x[..., S]``, NaN where floats cannot
    """
    if not isinstance(mdp.transitions, DenseTransitions):
        return sparse_solver(mdp.transitions, pi, mdp.discount, False)
    table, policy = float_part(mdp.transitions.probabilities)[..., 0, :, :, :], float_part(pi)
    return dense_solver(
        lambda: like(policy).einsum("...sa,...sat->...st", policy, table), float_part(mdp.discount), False
    )


def dense_solver(kernel: Callable[[], Any], gamma: Any, transposed: bool) -> Callable[[Any], Any]:
    """Solve ``x = f + gamma K x`` (or with the transpose) for floats and a row-stochastic ``K[..., n, n]``.

    Where floats cannot, ``x`` is NaN.
    """
    table = cache(kernel)

    def solve(f: Any) -> Any:
        K = table()
        size = math.prod(np.broadcast_shapes(tuple(K.shape[:-2]), tuple(f.shape[:-1]))) * K.shape[-1] ** 3
        if is_torch_array(K) or size < COMPILED or not np.isfinite(f).all():
            return lapack_solve(K, gamma, f, transposed)
        from sims.tabular import kernels

        unit = _unit(f)
        try:
            x = kernels.solve_discounted(K, f / unit, gamma, transpose=transposed, tolerance=0.0).x
        except kernels.NoCertificate:
            return np.full_like(f, np.nan)
        with np.errstate(over="ignore"):
            return x * unit

    return solve


def lapack_solve(K: Any, gamma: Any, f: Any, transposed: bool) -> Any:
    """Solve ``x = f + gamma K x`` (or with the transpose) for any ``K[..., n, n]``, numpy or torch; or NaN."""
    matrix = -gamma[..., None, None] * (K.swapaxes(-1, -2) if transposed else K)
    diagonal = range(K.shape[-1])
    matrix[..., diagonal, diagonal] += 1
    xp = like(f)
    try:
        return xp.linalg.solve(matrix, f[..., None])[..., 0]
    except xp.linalg.LinAlgError:
        return xp.full_like(f, np.nan)


def _small_kernel(rows: Rows, policy: Floats) -> Floats:
    n_states, n_actions = policy.shape[-2:]
    pair = np.repeat(np.arange(n_states * n_actions), np.diff(rows.indptr))
    weighted = rows.probabilities * policy.reshape(*policy.shape[:-2], -1)[..., pair]
    flat = scatter_add(weighted, pair // n_actions * n_states + rows.indices, n_states**2)
    return np.asarray(flat.reshape(*flat.shape[:-1], n_states, n_states))


def sparse_solver(transitions: Transitions, pi: Numbers, discount: Numbers, transposed: bool) -> Callable[[Any], Any]:
    """Solve ``x = f + gamma P_pi x`` (or with the transpose) for floats, row by row; or NaN."""
    rows, policy, gamma = transitions.rows(), ar.midpoint(pi), ar.midpoint(discount)
    if transitions.n_states <= SMALL:
        solve = dense_solver(lambda: _small_kernel(rows, policy), gamma, transposed)
    else:
        solve = _compiled_solver(rows, policy, gamma, transposed)
    return lambda f: f.new_tensor(solve(to_numpy(f))) if is_torch_array(f) else solve(f)


def _compiled_solver(rows: Rows, policy: Floats, gamma: Floats, transposed: bool) -> Callable[[Floats], Floats]:
    n_states, n_actions = policy.shape[-2:]

    @cache
    def kernel(i: tuple[int, ...]) -> Rows:
        data = np.repeat(policy[i].ravel(), np.diff(rows.indptr))
        data *= rows.probabilities
        used = data != 0
        starts = rows.indptr[::n_actions]
        if used.all():
            return Rows(starts, rows.indices, data)
        return Rows(np.concatenate([[0], np.cumsum(used)])[starts], rows.indices[used], data[used])

    def solve(f: Floats) -> Floats:
        from sims.tabular import kernels

        batch = np.broadcast_shapes(policy.shape[:-2], gamma.shape, f.shape[:-1])
        which = np.broadcast_to(np.arange(math.prod(policy.shape[:-2])).reshape(policy.shape[:-2]), batch)
        gammas, given = np.broadcast_to(gamma, batch), np.broadcast_to(f, (*batch, n_states))
        out = np.full(given.shape, np.nan)
        for i in np.ndindex(batch):
            if np.isfinite(given[i]).all():
                K = kernel(tuple(int(k) for k in np.unravel_index(which[i], policy.shape[:-2])))
                unit, g = _unit(given[i]), float(gammas[i])
                try:
                    x = kernels.solve_discounted_sparse(*K, given[i] / unit, g, transpose=transposed, tolerance=0.0).x
                except kernels.NoCertificate:
                    continue
                with np.errstate(over="ignore"):
                    out[i] = x * unit
        return out

    return solve


def _unit(f: Floats) -> Floats:
    """A power of two as large as the largest entry of each row: rows divided by it neither over- nor underflow."""
    exponent = np.frexp(np.abs(f).max(axis=-1, keepdims=True))[1]
    return np.asarray(np.ldexp(1.0, exponent - 1))


def float_part(x: Numbers) -> Any:
    """Float midpoints, numpy or torch."""
    if isinstance(x, ar.IntervalArray):
        return x.mid
    return x if is_torch_array(x) else ar.midpoint(x)
