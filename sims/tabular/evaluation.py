"""What a policy does: occupancies and values, by recursion over steps or by a fixed point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import solve
from sims.tabular.reading import stack_steps

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


def state_occupancy(mdp: TabularMDP, pi: Numbers) -> Numbers:
    """Law of the state at each step ``[..., H, S]``, or its normalised discounted average ``[..., S]``.

    Parameters
    ----------
    pi : a policy as ``mdp.policy`` returns it
    """
    if mdp.horizon is None:
        return solve.discounted_occupancy(mdp, pi)
    d = mdp.mu
    marginals = [d]
    for h in range(mdp.horizon - 1):
        d = mdp.transitions.push(d[..., None] * at_step(pi, h), h)
        marginals.append(d)
    return stack_steps(marginals, 1)


def evaluate(mdp: TabularMDP, pi: Numbers) -> tuple[Numbers, Numbers]:
    """Action values ``[..., H, S, A]`` and state values ``[..., H, S]``, or the same without H.

    Parameters
    ----------
    pi : a policy as ``mdp.policy`` returns it
    """
    if mdp.horizon is None:
        v = solve.discounted_value(mdp, pi)
        return mdp.backup(v), v
    q = mdp.reward(mdp.horizon - 1)
    v = ar.sum(at_step(pi, mdp.horizon - 1) * q, -1)
    qs, vs = [q], [v]
    for h in reversed(range(mdp.horizon - 1)):
        q = mdp.backup(v, h)
        v = ar.sum(at_step(pi, h) * q, -1)
        qs.append(q)
        vs.append(v)
    return stack_steps(qs[::-1], 2), stack_steps(vs[::-1], 1)


def at_step(pi: Numbers, step: int) -> Numbers:
    """The rows ``[..., S, A]`` of a policy ``[..., T, S, A]`` at one step."""
    return pi[..., step if pi.shape[-3] > 1 else 0, :, :]
