"""What a policy does: occupancies and values, by recursion over steps or by a fixed point.

Policies are taken as ``mdp.policy`` returns them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import solve
from sims.tabular.dense import DenseTransitions
from sims.tabular.reading import stack_steps

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


def state_occupancy(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """Law of the state at each step ``[..., H, S]``, or its normalised discounted average ``[..., S]``."""
    if mdp.horizon is None:
        return solve.discounted_occupancy(mdp, pi)
    if _is_large(mdp, pi):
        return _compiled_marginals(mdp, pi, mdp.horizon)
    return stack_steps(list(_forward(mdp, pi, mdp.horizon)), 1)


def values(mdp: TabularMDP, pi: Numbers) -> tuple[Numbers, Numbers]:
    """Action values ``[..., H, S, A]`` and state values ``[..., H, S]``, or the same without H."""
    v = state_values(mdp, pi)
    if mdp.horizon is None:
        return mdp.backup(v), v
    qs = [mdp.backup(v[..., h + 1, :], h) for h in range(mdp.horizon - 1)]
    return stack_steps([*qs, mdp.reward(mdp.horizon - 1)], 2), v


def state_values(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """State values ``[..., H, S]`` or ``[..., S]``."""
    if mdp.horizon is None:
        return solve.discounted_value(mdp, pi)
    return stack_steps(list(_backward(mdp, pi, mdp.horizon))[::-1], 1)


def first_values(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """State values ``[..., S]`` of the first step."""
    if mdp.horizon is None:
        return solve.discounted_value(mdp, pi)
    return deque(_backward(mdp, pi, mdp.horizon), maxlen=1).pop()


def _forward(mdp: TabularMDP, pi: Numbers, horizon: int) -> Iterator[Numbers]:
    """Law of the state at each step, the first step first."""
    kernel = _stationary_kernel(mdp, pi, horizon)
    d = mdp.mu
    yield d
    for h in range(horizon - 1):
        move = mdp.transitions.push
        d = move(d[..., None] * at_step(pi, h), h) if kernel is None else ar.vecmat(d, kernel)
        yield d


def _backward(mdp: TabularMDP, pi: Numbers, horizon: int) -> Iterator[Numbers]:
    """State values of each step, the last step first."""
    kernel = _stationary_kernel(mdp, pi, horizon)
    v = mean(at_step(pi, horizon - 1), mdp.reward(horizon - 1))
    yield v
    for h in reversed(range(horizon - 1)):
        if kernel is None:
            v = mean(at_step(pi, h), mdp.backup(v, h))
        else:
            v = mean(at_step(pi, h), mdp.reward(h)) + ar.matvec(kernel, v)
        yield v


def _stationary_kernel(mdp: TabularMDP, pi: Numbers, horizon: int) -> Numbers | None:
    """``P_pi[..., S, S]`` if it is the same at every step and there are steps enough to mix it just once."""
    stationary = mdp.transitions.steps == 1 and pi.shape[-3] == 1
    if stationary and horizon > 2 and isinstance(mdp.transitions, DenseTransitions):
        return mdp.transitions.kernel(pi[..., 0, :, :])
    return None


def _is_large(mdp: TabularMDP, pi: Numbers) -> bool:
    """Whether one dense float64 model is so large that only the compiled kernel reads P at memory speed."""
    single = not mdp.batch_shape and pi.ndim == 3 and isinstance(mdp.transitions, DenseTransitions)
    return single and isinstance(pi, np.ndarray) and mdp.n_states > solve.SMALL


def _compiled_marginals(mdp: TabularMDP, pi: Numbers, horizon: int) -> Numbers:
    from sims.tabular import kernels

    P, policy = (x[0] if len(x) == 1 else x for x in (mdp.transitions.dense(), pi))
    return kernels.marginals(P, mdp.mu, policy, horizon).x


def mean(pi: Numbers, q: Numbers) -> Numbers:
    """``sum_a pi(a | s) q(s, a)``."""
    return ar.einsum("...sa,...sa->...s", pi, q)


def at_step(x: Numbers, step: int, core: int = 2) -> Numbers:
    """What ``x`` is at one step: its last ``core`` axes, behind a step axis of length H or, if it does not vary, 1.

    A policy ``[..., T, S, A]`` has two core axes, a function ``[..., T, S]`` of the state one.
    """
    index: tuple[Any, ...] = (..., step if x.shape[-core - 1] > 1 else 0, *[slice(None)] * core)
    return x[index]
