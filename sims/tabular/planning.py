"""Optimal and soft-optimal policies and values."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular import solve
from sims.tabular.dense import DenseTransitions
from sims.tabular.errors import IllConditioned
from sims.tabular.reading import bring, read_scalar, stack_steps
from sims.tabular.transitions import system_like

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP

Actions = NDArray[np.intp]

LARGEST_DISCOUNT = 1 - Fraction(1, 2**53)
"""The largest float below 1: what searches in floats use for larger ones."""


class SoftOptimal(NamedTuple):
    """Solution of the entropy-regularised problem.

    Attributes
    ----------
    policy : numbers ``[..., H, S, A]`` or ``[..., S, A]``, ``exp((q - v) / temperature)``, normalised
    q : same shape, soft action values
    v : numbers ``[..., H, S]`` or ``[..., S]``, ``temperature * log sum_a exp(q / temperature)``
    value : numbers, batch axes, ``<mu, v>`` at the first step
    """

    policy: Numbers
    q: Numbers
    v: Numbers
    value: Numbers


def optimal(mdp: TabularMDP) -> tuple[Numbers, Numbers]:
    """Optimal policy, and an enclosure of the optimal values ``[..., S]`` of the first step."""
    return _backward_induction(mdp, mdp.horizon) if mdp.horizon is not None else _policy_iteration(mdp)


def _backward_induction(mdp: TabularMDP, horizon: int) -> tuple[Numbers, Numbers]:
    q = mdp.reward(horizon - 1)
    v = ar.amax(q, -1)
    actions = [_greedy(q)]
    for h in reversed(range(horizon - 1)):
        q = mdp.backup(v, h)
        v = ar.amax(q, -1)
        actions.append(_greedy(q))
    shape = np.broadcast_shapes(*(a.shape for a in actions))
    return _one_hot(mdp, np.stack([np.broadcast_to(a, shape) for a in reversed(actions)], axis=-2)), v


def _policy_iteration(mdp: TabularMDP) -> tuple[Numbers, Numbers]:
    """Howard's policy iteration from the policy that floats find; in exact systems it mostly ends at once."""
    if mdp.system.name == "float64":
        actions, v = _float_optimum(mdp)
        return _one_hot(mdp, actions), v
    try:
        actions, _ = _float_optimum(_float_model(mdp))
    except IllConditioned:
        actions = _myopic(mdp)
    while True:
        policy = _one_hot(mdp, actions)
        v = solve.discounted_value(mdp, policy)
        q = mdp.backup(v)
        better = ar.compare(q, "<=", _pick(q, actions)[..., None]) == -1
        if not better.any():
            break
        best = np.argmax(np.where(better, ar.midpoint(q), -np.inf), axis=-1)
        actions = np.where(better.any(-1), best, actions)
    v = solve.bellman_fixed_point(mdp, v, policy, lambda x: ar.amax(mdp.backup(x), -1))
    return _one_hot(mdp, _greedy(q)), v


def _float_optimum(mdp: TabularMDP) -> tuple[Actions, Numbers]:
    """Greedy actions ``[..., S]`` and optimal values ``[..., S]`` of a float64 model.

    Large single models go to the compiled kernels. The others take policy iteration, in which the sum of the
    values has to grow, so that rounding cannot make it cycle.
    """
    if mdp.n_states > solve.SMALL and not mdp.batch_shape and isinstance(mdp.mu, np.ndarray):
        return _compiled_optimum(mdp)
    v = solve.discounted_value(mdp, _one_hot(mdp, _myopic(mdp)))
    while True:
        greedy = _greedy(mdp.backup(v))
        candidate = solve.discounted_value(mdp, _one_hot(mdp, greedy))
        grows = ar.compare(ar.sum(candidate, -1), "<=", ar.sum(v, -1)) == -1
        if not grows.any():
            return greedy, v
        v = ar.where(grows[..., None], candidate, v)


def _compiled_optimum(mdp: TabularMDP) -> tuple[Actions, Numbers]:
    from sims.tabular import kernels

    r, gamma = mdp.reward(), float(mdp.discount)
    try:
        if isinstance(mdp.transitions, DenseTransitions):
            best = kernels.optimal(mdp.transitions.probabilities[0], r, gamma)
        else:
            best = kernels.sparse_optimal(*mdp.transitions.rows(), r, gamma)
    except kernels.NoCertificate as problem:
        raise IllConditioned(f"floats cannot solve this model: {problem} Use .to('rational') or .to('ball').") from None
    return best.policy, best.value


def _greedy(q: Numbers) -> Actions:
    """The first action that is not certainly worse than another."""
    possible = ar.compare(q, ">=", ar.amax(q, -1)[..., None]) != -1
    return np.asarray(np.argmax(possible, axis=-1))


def _myopic(mdp: TabularMDP) -> Actions:
    """Greedy actions ``[..., S]`` for the immediate reward."""
    return _greedy(ar.broadcast_to(mdp.reward(), (*mdp.batch_shape, mdp.n_states, mdp.n_actions)))


def _float_model(mdp: TabularMDP) -> TabularMDP:
    if (ar.midpoint(mdp.discount) >= 1).any():
        mdp = mdp.with_end(discount=LARGEST_DISCOUNT)
    return mdp.to("float64", device=getattr(mdp.system, "device", None))


def _one_hot(mdp: TabularMDP, actions: Actions) -> Numbers:
    """Deterministic policy ``[..., S, A]`` of the actions ``[..., S]``."""
    return mdp.system.convert((actions[..., None] == np.arange(mdp.n_actions)).astype(np.int64))


def _pick(q: Numbers, actions: Actions) -> Numbers:
    chosen = actions[..., None] == np.arange(q.shape[-1])
    return ar.sum(ar.where(chosen, q, 0), -1)


def soft_optimal(mdp: TabularMDP, temperature: Any) -> SoftOptimal:
    """Maximise expected reward plus ``temperature`` times the causal entropy.

    Ziebart (2010), Haarnoja, Tang, Abbeel and Levine (2017).

    Parameters
    ----------
    temperature : positive number, same unit as the rewards

    Raises
    ------
    InvalidArgument
        If the temperature is not a positive number.
    NotRepresentable
        In ``rational``: logarithms are not rational.
    """
    tau = bring(read_scalar("temperature", temperature), mdp.system)
    if not np.all((ar.lower(tau) > 0) & np.isfinite(ar.upper(tau))):
        raise InvalidArgument(f"temperature={temperature}: must be positive and finite; at 0 use optimal_policy().")
    tau = tau[..., None]
    if mdp.horizon is None:
        v = _soft_fixed_point(mdp, tau)
        q = mdp.backup(v)
        return SoftOptimal(softmax(q, tau), q, v, ar.sum(mdp.mu * v, -1))
    q = mdp.reward(mdp.horizon - 1)
    v = soft_maximum(q, tau)
    qs, vs = [q], [v]
    for h in reversed(range(mdp.horizon - 1)):
        q = mdp.backup(v, h)
        v = soft_maximum(q, tau)
        qs.append(q)
        vs.append(v)
    q, v = stack_steps(qs[::-1], 2), stack_steps(vs[::-1], 1)
    return SoftOptimal(softmax(q, tau[..., None]), q, v, ar.sum(mdp.mu * v[..., 0, :], -1))


def _soft_fixed_point(mdp: TabularMDP, tau: Numbers) -> Numbers:
    """Soft values ``[..., S]``: soft policy iteration in floats, then a certificate.

    Soft policy iteration is Newton's method. From the optimal values, which are below the soft ones and below
    their own soft backup, it increases; once the sum of the values stops growing only rounding is left.
    """
    floats, temperature = _float_model(mdp), ar.FLOAT64.convert(tau)
    temperature = floats.system.convert(temperature)
    v = _float_optimum(floats)[1]
    while True:
        policy, better = _soft_newton(floats, v, temperature)
        grows = ar.compare(ar.sum(better, -1), "<=", ar.sum(v, -1)) == -1
        if not grows.any():
            break
        v = ar.where(grows[..., None], better, v)
    start, slope = mdp.system.convert(v), mdp.system.convert(policy)
    return solve.bellman_fixed_point(mdp, start, slope, lambda x: soft_maximum(mdp.backup(x), tau))


def _soft_newton(mdp: TabularMDP, v: Numbers, tau: Numbers) -> tuple[Numbers, Numbers]:
    q = mdp.backup(v)
    improved = soft_maximum(q, tau)
    policy = softmax(q, tau)
    return policy, v + solve.float_solver(mdp, policy)(improved - v)


def soft_maximum(q: Numbers, tau: Numbers) -> Numbers:
    """``tau * log sum_a exp(q / tau)`` over the last axis."""
    shift, weights = _weights(q, tau)
    return shift + tau * ar.log(ar.sum(weights, -1))


def softmax(q: Numbers, tau: Numbers) -> Numbers:
    """``exp(q / tau)``, normalised over the last axis."""
    weights = _weights(q, tau)[1]
    return weights / ar.sum(weights, -1)[..., None]


def _weights(q: Numbers, tau: Numbers) -> tuple[Numbers, Numbers]:
    """``exp((q - shift) / tau)`` with exact shifts near the maxima, so that nothing overflows."""
    shift = system_like(q).convert(ar.midpoint(ar.amax(q, -1)))
    return shift, ar.exp((q - shift[..., None]) / tau[..., None])
