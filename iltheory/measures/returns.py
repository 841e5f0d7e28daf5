"""Extremes and fluctuations of the return: sums along whole trajectories of a finite horizon."""

from __future__ import annotations

from typing import Any

from iltheory.measures.quantity import expectation, largest, quantity, total
from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import at_step


def largest_sum(mdp: TabularMDP, f: Numbers, pi: Any | None = None) -> Numbers:
    """Largest ``sum_h f_h(s_h, a_h)`` of the trajectories that are possible, by backward recursion.

    Parameters
    ----------
    f : numbers ``[..., H, S, A]`` (or with a step axis of length 1)
    pi : only trajectories that this policy may take; None for any actions

    Returns
    -------
    numbers, batch axes
    """
    allowed = None if pi is None else ar.possibly_nonzero(mdp.policy(pi))
    best = None
    for h in reversed(range(steps(mdp))):
        now = at_step(f, h)
        if best is not None:
            now = now + mdp.transitions.largest(best, h)
        if allowed is not None:
            now = ar.where(at_step(allowed, h), now, ar.amin(now, -1)[..., None])
        best = ar.amax(now, -1)
    return ar.amax(ar.where(ar.possibly_nonzero(mdp.mu), best, ar.amin(best, -1)[..., None]), -1)


@quantity
def largest_return(mdp: TabularMDP) -> Numbers:
    """Largest total reward of a trajectory: the R of horizon-free bounds, in units of reward."""
    return largest_sum(mdp, mdp.rewards())


@quantity
def smallest_return(mdp: TabularMDP) -> Numbers:
    """Smallest total reward of a trajectory."""
    return -largest_sum(mdp, -mdp.rewards())


@quantity
def largest_luck(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """Largest ``|sum_h A_h(s_h, a_h)|`` of the trajectories that either policy may take, A the expert's advantage.

    The B of the explicit form of theorem 3.1 of Foster, Block and Misra (2024).
    """
    advantage = mdp.advantage(expert)
    ends = [largest_sum(mdp, sign * advantage, pi) for sign in (1, -1) for pi in (expert, learner)]
    return ar.amax(ar.stack(ends, -1), -1)


@quantity
def largest_advantage(mdp: TabularMDP, expert: Any) -> Numbers:
    """Largest ``|A_h(s, a)|`` of a policy over all steps, states and actions."""
    return largest(mdp, ar.amax(ar.absolute(mdp.advantage(expert)), -1))


@quantity
def action_variance(mdp: TabularMDP, expert: Any) -> Numbers:
    """``sigma^2 = sum_h E[A_h(s_h, a_h)^2]`` along the expert: the variance its own choices add to the return."""
    spread = ar.sum(mdp.policy(expert) * mdp.advantage(expert) ** 2, -1)
    return total(mdp, expectation(mdp, expert, spread))


@quantity
def parting(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """Probability that the learner, from the start, ever takes an action other than a deterministic expert's.

    ``rho = 1 - E_expert[prod_h learner_h(a_h | s_h)]``, the total variation of the two laws of trajectories, by
    backward recursion (Foster, Block and Misra 2024, equation 13).
    """
    shared = mdp.policy(expert) * mdp.policy(learner)
    together: Numbers | None = None
    for h in reversed(range(steps(mdp))):
        now = at_step(shared, h)
        together = ar.sum(now if together is None else now * mdp.transitions.expect(together, h), -1)
    assert together is not None
    return 1 - ar.sum(mdp.mu * together, -1)
