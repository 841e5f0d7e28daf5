"""Optimal and soft-optimal policies and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import solve

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


class SoftOptimal(NamedTuple):
    """Solution of the entropy-regularised problem.

    Attributes
    ----------
    policy : numbers ``[..., H, S, A]`` or ``[..., S, A]``, ``exp((q - v) / temperature)``
    q : same shape, soft action values
    v : numbers ``[..., H, S]`` or ``[..., S]``, ``temperature * log sum_a exp(q / temperature)``
    value : numbers, batch axes, ``<mu, v>`` at the first step
    """

    policy: Numbers
    q: Numbers
    v: Numbers
    value: Numbers


def one_hot(actions: NDArray[np.intp], n_actions: int, mdp: TabularMDP) -> Numbers:
    """Deterministic policy ``[..., S, A]`` of the actions ``[..., S]``."""
    return mdp.system.convert((actions[..., None] == np.arange(n_actions)).astype(np.int64))


def optimal(mdp: TabularMDP) -> tuple[Numbers, Numbers]:
    """Optimal policy, and an enclosure of the optimal values ``[..., S]`` of the first step."""
    return _backward_induction(mdp) if mdp.horizon is not None else _policy_iteration(mdp)


def _backward_induction(mdp: TabularMDP) -> tuple[Numbers, Numbers]:
    assert mdp.horizon is not None
    q = mdp.reward(mdp.horizon - 1)
    v = ar.amax(q, -1)
    actions = [ar.argmax(q, -1)]
    for h in reversed(range(mdp.horizon - 1)):
        q = mdp.backup(v, h)
        v = ar.amax(q, -1)
        actions.append(ar.argmax(q, -1))
    shape = np.broadcast_shapes(*(a.shape for a in actions))
    greedy = np.stack([np.broadcast_to(a, shape) for a in reversed(actions)], axis=-2)
    return one_hot(greedy, mdp.n_actions, mdp), v


def _policy_iteration(mdp: TabularMDP) -> tuple[Numbers, Numbers]:
    """Howard's policy iteration; the last value ``v`` bounds the optimum by ``v* <= v + max(0, Tv - v) / (1 - gamma)``."""
    gamma = mdp.discount
    assert gamma is not None
    actions = solve.approximately_optimal_actions(mdp)
    while True:
        policy = one_hot(actions, mdp.n_actions, mdp)
        v = solve.discounted_value(mdp, policy)
        q = mdp.backup(v)
        improved = _improve(q, actions)
        if np.array_equal(improved, actions):
            break
        actions = improved
    excess = ar.amax(ar.maximum(ar.amax(q, -1) - v, 0), -1)
    return policy, ar.hull(v, v + (excess / (1 - gamma))[..., None])


def _improve(q: Numbers, actions: NDArray[np.intp]) -> NDArray[np.intp]:
    """Switch to a better action only where it is certainly better, so that the iteration cannot cycle."""
    best = ar.argmax(q, -1)
    certainly = ar.compare(_pick(q, best), "<=", _pick(q, actions)) == -1
    return np.where(certainly, best, actions)


def _pick(q: Numbers, actions: NDArray[np.intp]) -> Numbers:
    system, (q,) = ar.coerce_all(q)
    chosen = np.broadcast_to(actions, q.shape[:-1])[..., None] == np.arange(q.shape[-1])
    return ar.sum(ar.where(chosen, q, 0), -1)


def soft_optimal(mdp: TabularMDP, temperature: Any) -> SoftOptimal:
    """Maximise expected reward plus ``temperature`` times the causal entropy (Ziebart 2010; Haarnoja et al. 2017).

    Parameters
    ----------
    temperature : positive number, same unit as the rewards

    Raises
    ------
    ValueError
        If the temperature is not positive.
    NotRepresentable
        In ``rational``: logarithms are not rational.
    """
    tau = mdp.system.coerce(ar.asarray(temperature) if not isinstance(temperature, int | float) else temperature)
    if not np.all(ar.lower(tau) > 0):
        raise ValueError(f"temperature={temperature}: must be positive; at 0 use optimal_policy().")
    if mdp.horizon is None:
        v = solve.soft_fixed_point(mdp, lambda v: soft_maximum(mdp.backup(v), tau))
        q = mdp.backup(v)
        return SoftOptimal(softmax(q, v, tau), q, v, ar.sum(mdp.mu * v, -1))
    q = mdp.reward(mdp.horizon - 1)
    v = soft_maximum(q, tau)
    qs, vs = [q], [v]
    for h in reversed(range(mdp.horizon - 1)):
        q = mdp.backup(v, h)
        v = soft_maximum(q, tau)
        qs.append(q)
        vs.append(v)
    shape = np.broadcast_shapes(*(tuple(x.shape) for x in qs))
    q = ar.stack([ar.broadcast_to(x, shape) for x in reversed(qs)], axis=-3)
    v = ar.stack([ar.broadcast_to(x, shape[:-1]) for x in reversed(vs)], axis=-2)
    return SoftOptimal(softmax(q, v, tau), q, v, ar.sum(mdp.mu * v[..., 0, :], -1))


def soft_maximum(q: Numbers, temperature: Numbers) -> Numbers:
    """``temperature * log sum_a exp(q / temperature)`` over the last axis, shifted so that nothing overflows."""
    shift = ar.amax(q, -1)
    return shift + temperature * ar.log(ar.sum(ar.exp((q - shift[..., None]) / temperature), -1))


def softmax(q: Numbers, v: Numbers, temperature: Numbers) -> Numbers:
    """``exp((q - v) / temperature)``: the policy whose soft value is ``v``."""
    return ar.exp((q - v[..., None]) / temperature)
