"""What a policy does: occupancies and values, by recursion over steps or by a fixed point.

Policies are taken as ``mdp.policy`` returns them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import solve
from sims.tabular.reading import stack_steps

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


def state_occupancy(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """Law of the state at each step ``[..., H, S]``, or its normalised discounted average ``[..., S]``."""
    if mdp.horizon is None:
        return solve.discounted_occupancy(mdp, pi)
    d = mdp.mu
    marginals = [d]
    for h in range(mdp.horizon - 1):
        d = mdp.transitions.push(d[..., None] * at_step(pi, h), h)
        marginals.append(d)
    return stack_steps(marginals, 1)


def values(mdp: TabularMDP, pi: Numbers) -> tuple[Numbers, Numbers]:
    """Action values ``[..., H, S, A]`` and state values ``[..., H, S]``, or the same without H."""
    if mdp.horizon is None:
        v = solve.discounted_value(mdp, pi)
        return mdp.backup(v), v
    qs, vs = zip(*backward(mdp, pi), strict=True)
    return stack_steps(qs[::-1], 2), stack_steps(vs[::-1], 1)


def state_values(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """State values ``[..., H, S]`` or ``[..., S]``."""
    if mdp.horizon is None:
        return solve.discounted_value(mdp, pi)
    return stack_steps([v for _, v in backward(mdp, pi)][::-1], 1)


def first_values(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """State values ``[..., S]`` of the first step."""
    if mdp.horizon is None:
        return solve.discounted_value(mdp, pi)
    for _, v in backward(mdp, pi):
        first = v
    return first


def backward(mdp: TabularMDP, pi: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Action and state values of each step of a finite horizon, the last step first."""
    assert mdp.horizon is not None
    q = mdp.reward(mdp.horizon - 1)
    for h in reversed(range(mdp.horizon)):
        v = mean(at_step(pi, h), q)
        yield q, v
        if h:
            q = mdp.backup(v, h - 1)


def mean(pi: Numbers, q: Numbers) -> Numbers:
    """``sum_a pi(a | s) q(s, a)``."""
    return ar.einsum("...sa,...sa->...s", pi, q)


def at_step(pi: Numbers, step: int) -> Numbers:
    """The rows ``[..., S, A]`` of a policy ``[..., T, S, A]`` at one step."""
    return pi[..., step if pi.shape[-3] > 1 else 0, :, :]
