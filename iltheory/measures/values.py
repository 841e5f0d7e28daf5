"""Values of policies and what one policy loses against another."""

from __future__ import annotations

from typing import Any

from iltheory.measures.quantity import expectation, largest, quantity, total
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular.planning import optimal


@quantity
def value(mdp: TabularMDP, pi: Any) -> Numbers:
    """Expected total reward ``J(pi)``: over H steps, or discounted.

    Returns
    -------
    number, or numbers over the batch axes, in units of reward
    """
    return mdp.value(pi)


@quantity
def gap(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """What the learner loses: ``J(expert) - J(learner)``."""
    return mdp.value(expert) - mdp.value(learner)


@quantity
def optimal_value(mdp: TabularMDP) -> Numbers:
    """Largest ``J`` over all policies."""
    return mdp.optimal_value()


def optimal_v(mdp: TabularMDP) -> Numbers:
    """Largest value from each state at the first step, ``[..., S]``."""
    return optimal(mdp)[1]


@quantity
def soft_optimal_value(mdp: TabularMDP, temperature: Any) -> Numbers:
    """Largest ``J(pi) + temperature * causal_entropy(pi)`` over all policies."""
    return mdp.soft_optimal(temperature).value


@quantity
def causal_entropy(mdp: TabularMDP, pi: Any) -> Numbers:
    """Expected sum over steps (discounted: of ``gamma^t``) of the entropies of the action laws, in nats."""
    return total(mdp, expectation(mdp, pi, ar.sum(ar.entropy(mdp.policy(pi)), -1)))


@quantity
def disadvantage(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """The u of DAgger: most that one action can lose against the expert's value, where the learner goes.

    ``max(0, max_{h, s, a} V_h^E(s) - Q_h^E(s, a))`` over all actions and the states with positive probability
    under the *learner* (Ross, Gordon and Bagnell 2011, theorem 2.2, where it is written in costs).
    """
    return largest(mdp, _worst_action_where_visited(mdp, expert, learner))


@quantity
def step_disadvantages(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """As :func:`disadvantage`, at each step of a finite horizon: ``[..., H]``."""
    return ar.amax(_worst_action_where_visited(mdp, expert, learner), -1)


def _worst_action_where_visited(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """``max(0, max_a V^E - Q^E)`` where the learner goes, 0 elsewhere: ``[..., H, S]`` or ``[..., S]``."""
    visited = ar.possibly_nonzero(mdp.state_occupancy(learner))
    return ar.where(visited, ar.maximum(ar.amax(-mdp.advantage(expert), -1), 0), 0)


@quantity
def smallest_reward(mdp: TabularMDP) -> Numbers:
    """Smallest entry of r."""
    return -largest(mdp, ar.amax(-mdp.rewards(), -1))


@quantity
def largest_reward(mdp: TabularMDP) -> Numbers:
    """Largest entry of r."""
    return largest(mdp, ar.amax(mdp.rewards(), -1))
