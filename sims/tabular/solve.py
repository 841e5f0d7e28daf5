"""Fixed points of discounted models: values, occupancies, soft values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import AffineContraction, Mask, Numbers
from sims.tabular.transitions import SparseTransitions, Transitions

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


def discounted_value(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """``v = r_pi + gamma P_pi v``, shape ``[..., S]``."""
    reward = ar.sum(pi * mdp.reward(), -1)
    gamma = mdp.discount[..., None]

    def step(v: Numbers) -> Numbers:
        return reward + gamma * ar.sum(pi * mdp.transitions.expect(v), -1)

    return _solve(mdp, pi, step, reward, transposed=False)


def discounted_occupancy(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """``d = (1 - gamma) mu + gamma P_pi^T d``, shape ``[..., S]``."""
    gamma = mdp.discount[..., None]
    start = (1 - gamma) * mdp.mu

    def step(d: Numbers) -> Numbers:
        return start + gamma * mdp.transitions.push(d[..., None] * pi)

    def support() -> Mask:
        return closure(mdp.transitions, ar.possibly_nonzero(mdp.mu), ar.possibly_nonzero(pi))

    return _solve(mdp, pi, step, start, transposed=True, support=support)


def _solve(
    mdp: TabularMDP,
    pi: Numbers,
    step: Callable[[Numbers], Numbers],
    offset: Numbers,
    *,
    transposed: bool,
    support: Callable[[], Mask] | None = None,
) -> Numbers:
    contraction = AffineContraction(
        step=step,
        offset=offset,
        modulus=mdp.discount,
        kernel=lambda: mdp.transitions.kernel(pi),
        transposed=transposed,
        approximate=lambda: _approximate(mdp, pi, offset, transposed),
        support=support,
    )
    return ar.fixed_point(mdp.system, contraction)


def _approximate(mdp: TabularMDP, pi: Numbers, offset: Numbers, transposed: bool) -> Any:
    """Solve in floats, by the fastest method for the storage at hand."""
    transitions = mdp.transitions
    float_pi, gamma, b = (_floats(x) for x in (pi, mdp.discount, offset))
    if isinstance(transitions, SparseTransitions):
        raise AssertionError
    kernel = _floats(transitions.kernel(pi))
    kernel = kernel.swapaxes(-1, -2) if transposed else kernel
    system = np.eye(mdp.n_states) - gamma[..., None, None] * kernel
    return np.linalg.solve(system, b[..., None])[..., 0]


def _floats(x: Numbers) -> Any:
    return x.raw if isinstance(x, ar.IntervalArray) else x


def soft_fixed_point(mdp: TabularMDP, step: Callable[[Numbers], Numbers]) -> Numbers:
    raise AssertionError


def approximately_optimal_actions(mdp: TabularMDP) -> NDArray[np.intp]:
    """Actions ``[..., S]`` to start policy iteration from: greedy for the immediate reward."""
    return ar.argmax(mdp.reward(), -1)


def closure(transitions: Transitions, start: Mask, pairs: Mask, step: int = 0) -> Mask:
    """Mask ``[..., S]`` of all states reachable from ``start[..., S]`` through ``pairs[..., S, A]``."""
    reached = start
    while True:
        grown = reached | transitions.successors(reached[..., None] & pairs, step)
        if np.array_equal(grown, reached):
            return grown
        reached = grown
