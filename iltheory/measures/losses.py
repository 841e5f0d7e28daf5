"""What policies lose on states that others visit."""

from __future__ import annotations

from typing import Any

from iltheory.measures.quantity import average, quantity
from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import at_step


@quantity
def expected_loss(mdp: TabularMDP, loss: Any, pi: Any, states: Any) -> Numbers:
    """Expected loss of a policy's actions on states drawn from given laws, averaged over steps.

    Parameters
    ----------
    loss : numbers ``[..., H, S, A]`` (or with a step axis of length 1); with a discount ``[..., S, A]``
    pi : policy whose actions are judged
    states : laws ``[..., H, S]`` or ``[..., S]``, such as ``mdp.state_occupancy(acting)``

    Returns
    -------
    numbers, batch axes: ``(1/H) sum_h E_{s ~ states_h} sum_a pi_h(a|s) loss_h(s, a)``
    """
    return average(mdp, mdp.system.coerce(states), ar.sum(mdp.policy(pi) * loss, -1))


@quantity
def linear_loss(mdp: TabularMDP, costs: Any, pi: Any) -> Numbers:
    """Loss of a policy whose costs are already weighed by the laws of the states: ``(1/H) sum costs * pi``.

    With ``costs = states[..., None] * loss`` this is :func:`expected_loss`; costs of several iterations add up.

    Parameters
    ----------
    costs : numbers ``[..., H, S, A]``; with a discount ``[..., S, A]``
    """
    return average(mdp, 1, ar.sum(mdp.policy(pi) * costs, -1))


@quantity
def cross_entropy(mdp: TabularMDP, weights: Any, pi: Any) -> Numbers:
    """Log loss of a policy on weighted pairs, ``-(1/H) sum weights * log pi``, in nats; infinite if one is impossible.

    Parameters
    ----------
    weights : numbers of at least 0, ``[..., H, S, A]``; with a discount ``[..., S, A]``
    """
    surprise = ar.relative_entropy(weights, mdp.policy(pi)) + ar.entropy(weights)
    return average(mdp, 1, ar.sum(surprise, -1))


def shortfall(mdp: TabularMDP, pi: Any) -> Numbers:
    """What an action loses against the best one before a policy goes on: ``max_a Q - Q(s, .)``, ``[..., H, S, A]``."""
    q = mdp.q(pi)
    return ar.amax(q, -1)[..., None] - q


@quantity
def explored_return(mdp: TabularMDP, acting: Any, expert: Any, pi: Any) -> Numbers:
    """Expected value of AggreVaTe's estimate of the expert's return after one action of a policy.

    One sample follows ``acting`` up to a uniformly random step, takes a uniformly random action there and
    follows ``expert`` to the end; its estimate is the return from that step on times ``A pi(a|s)``. This
    carries the weighted samples forward, all steps at once, without a value function (Ross and Bagnell 2014,
    algorithm 1, in rewards).
    """
    horizon, n_actions = steps(mdp), mdp.n_actions
    pi, expert = mdp.policy(pi), mdp.policy(expert)
    # The weight A pi(a|s) of a sample, times the probability 1/A of its action: together unbiased.
    entered = mdp.state_occupancy(acting)[..., None] * (pi * n_actions) / n_actions
    rolling, paid = None, []
    for h in range(horizon):
        samples = entered[..., h, :, :]
        if rolling is not None:
            samples = samples + rolling[..., None] * at_step(expert, h)
        paid.append(ar.sum(samples * mdp.reward(h), (-2, -1)))
        rolling = mdp.transitions.push(samples, h)
    return ar.sum(ar.stack(paid), 0) / horizon
