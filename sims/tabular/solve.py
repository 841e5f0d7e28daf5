"""Fixed points of discounted models: values and occupancies of policies, optimal and soft-optimal values."""

from __future__ import annotations

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
from sims.tabular.transitions import Rows

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP

Floats = NDArray[np.float64]


def discounted_value(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """``v = r_pi + gamma P_pi v``, shape ``[..., S]``."""
    gamma = mdp.discount[..., None]

    def image(v: Numbers) -> Numbers:
        return gamma * ar.sum(pi * mdp.transitions.expect(v), -1)

    return _fixed_point(mdp, pi, ar.sum(pi * mdp.reward(), -1), image, transposed=False)


def discounted_occupancy(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """``d = (1 - gamma) mu + gamma P_pi^T d``, shape ``[..., S]``."""
    gamma = mdp.discount[..., None]

    def image(d: Numbers) -> Numbers:
        return gamma * mdp.transitions.push(d[..., None] * pi)

    return _fixed_point(mdp, pi, (1 - gamma) * mdp.mu, image, transposed=True)


def _fixed_point(
    mdp: TabularMDP, pi: Numbers, offset: Numbers, image: Callable[[Numbers], Numbers], *, transposed: bool
) -> Numbers:
    contraction = AffineContraction(
        offset=offset,
        image=image,
        modulus=mdp.discount,
        solve=float_solver(mdp, pi, transposed=transposed),
        kernel=lambda: mdp.transitions.kernel(pi),
        transposed=transposed,
    )
    return ar.fixed_point(mdp.system, contraction)


def bellman_fixed_point(
    mdp: TabularMDP, v: Numbers, policy: Numbers, step: Callable[[Numbers], Numbers]
) -> Numbers:
    """Enclose the fixed point of a Bellman operator, given a value near it and the policy that is greedy there.

    Parameters
    ----------
    v : numbers ``[..., S]``
    policy : numbers ``[..., S, A]``; ``gamma P_policy`` is the slope of the operator at ``v``
    step : the operator, a contraction with modulus gamma in the sup norm
    """
    return ar.certified(mdp.system, v, step, mdp.discount, float_solver(mdp, policy, transposed=False))


def float_solver(mdp: TabularMDP, pi: Numbers, *, transposed: bool) -> Callable[[Any], Any]:
    """Approximately solve ``x = f + gamma P_pi x`` (or with the transpose) for floats ``f[..., S]``, numpy or torch."""
    transitions, gamma, policy = mdp.transitions, float_part(mdp.discount), float_part(pi)
    if not isinstance(transitions, DenseTransitions):
        return _sparse_solver(transitions.rows(), to_numpy(policy), to_numpy(gamma), transposed)
    table = float_part(transitions.probabilities)[..., 0, :, :, :]
    return dense_solver(lambda: like(policy).einsum("...sa,...sat->...st", policy, table), gamma, transposed)


def dense_solver(kernel: Callable[[], Any], gamma: Any, transposed: bool) -> Callable[[Any], Any]:
    """Solve ``x = f + gamma K x`` (or with the transpose of ``K``) for floats, numpy or torch."""

    @cache
    def matrix() -> Any:
        k = kernel()
        system = -gamma[..., None, None] * (k.swapaxes(-1, -2) if transposed else k)
        diagonal = range(k.shape[-1])
        system[..., diagonal, diagonal] += 1
        return system

    return lambda f: like(f).linalg.solve(matrix(), f[..., None])[..., 0]


def _sparse_solver(rows: Rows, policy: Floats, gamma: Floats, transposed: bool) -> Callable[[Any], Any]:
    n_states, n_actions = policy.shape[-2:]
    pair = np.repeat(np.arange(n_states * n_actions), np.diff(rows.indptr))

    def solve_one(policy: Floats, gamma: float, f: Floats) -> Floats:
        from scipy.sparse import csc_array, eye_array
        from scipy.sparse.linalg import splu

        data = rows.probabilities * policy.ravel()[pair]
        kernel = csc_array((data, (pair // n_actions, rows.indices)), shape=(n_states, n_states))
        system = eye_array(n_states, format="csc") - gamma * (kernel.T if transposed else kernel)
        return np.asarray(splu(system.tocsc()).solve(f))

    def solve(f: Any) -> Any:
        given = to_numpy(f)
        batch = np.broadcast_shapes(policy.shape[:-2], gamma.shape, given.shape[:-1])
        policies, gammas = (
            np.broadcast_to(policy, (*batch, n_states, n_actions)),
            np.broadcast_to(gamma, batch),
        )
        given = np.broadcast_to(given, (*batch, n_states))
        out = np.empty(given.shape)
        for i in np.ndindex(batch):
            out[i] = solve_one(policies[i], gammas[i], given[i])
        return f.new_tensor(out) if is_torch_array(f) else out

    return solve


def float_part(x: Numbers) -> Any:
    """Float midpoints, numpy or torch."""
    if isinstance(x, ar.IntervalArray):
        return x.mid
    return x if is_torch_array(x) else ar.midpoint(x)
