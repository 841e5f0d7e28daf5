"""Moments: how an adversary that picks functions f of state and action tells a learner from the expert.

Swamy, Choudhury, Bagnell and Wu, ICML 2021, arXiv 2103.03236, play three games, whose payoffs are linear in f:

    U1(pi, f) = E_pi[f] - E_E[f]                                  rewards
    U2(pi, f) = E_{s ~ E}[E_{a ~ pi} f(s, a) - E_{a ~ pi_E} f(s, a)]     off-policy action values
    U3(pi, f) = E_{s ~ pi}[E_{a ~ pi} f(s, a) - E_{a ~ pi_E} f(s, a)]    on-policy action values

Expectations are means over steps (with a discount: under the normalised occupancy). Each payoff is ``<g, f>``
with a signed measure g, the *mismatch*; over f with values in [-1, 1] its supremum is the l1 norm of g, or of the sum
of g over steps where f may not vary in time. [text for the payoffs, derived for the rest]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iltheory.measures.quantity import average, largest, per_step, quantity, sum_over_pairs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def occupancy_mismatch(mdp: TabularMDP, target: Numbers, learner: Any) -> Numbers:
    """Mismatch of the reward game: occupancy of the learner minus a target.

    Parameters
    ----------
    target : occupancy ``[..., H, S, A]`` or ``[..., S, A]`` of the expert, exact or of its demonstrations
    learner : policy

    Returns
    -------
    numbers shaped like the target; the masses of all steps together are 1
    """
    return _share_of_step(mdp, mdp.occupancy(learner) - mdp.system.coerce(target))


def action_mismatch(mdp: TabularMDP, expert: Any, learner: Any, states: Numbers) -> Numbers:
    """Mismatch of the games of action values: ``d(s) (pi - pi_E)(a|s)``.

    Parameters
    ----------
    expert, learner : policies
    states : laws ``[..., H, S]`` or ``[..., S]`` of the states where they are compared: the expert's state occupancy
        off-policy, the learner's on-policy

    Returns
    -------
    numbers ``[..., H, S, A]`` or ``[..., S, A]``; the masses of all steps together are 1
    """
    return _share_of_step(mdp, mdp.system.coerce(states)[..., None] * (mdp.policy(learner) - mdp.policy(expert)))


def reward_mismatch(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """:func:`occupancy_mismatch` of two policies."""
    return occupancy_mismatch(mdp, mdp.occupancy(expert), learner)


def off_policy_mismatch(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """:func:`action_mismatch` where the expert goes."""
    return action_mismatch(mdp, expert, learner, mdp.state_occupancy(expert))


def on_policy_mismatch(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """:func:`action_mismatch` where the learner goes."""
    return action_mismatch(mdp, expert, learner, mdp.state_occupancy(learner))


def _share_of_step(mdp: TabularMDP, x: Numbers) -> Numbers:
    return x if mdp.horizon is None else x / mdp.horizon


@quantity
def payoff(mdp: TabularMDP, mismatch: Numbers, f: Any) -> Numbers:
    """``<g, f>``: what f makes of a mismatch.

    Parameters
    ----------
    f : numbers ``[..., H, S, A]``, with a step axis of length 1, or ``[S, A]``; with a discount ``[..., S, A]``
    """
    return sum_over_pairs(mdp, mismatch * f)


@quantity
def largest_payoff(mdp: TabularMDP, mismatch: Numbers, *, stationary: bool = False) -> Numbers:
    """Supremum of ``<g, f>`` over f with values in [-1, 1].

    Parameters
    ----------
    stationary : whether f must be the same function of state and action at every step
    """
    return sum_over_pairs(mdp, ar.absolute(over_time(mdp, mismatch) if stationary else mismatch))


def over_time(mdp: TabularMDP, mismatch: Numbers) -> Numbers:
    """Mismatch as functions see it that do not vary in time: summed over a step axis, of length 1 from then on."""
    return mismatch if mdp.horizon is None else ar.sum(mismatch, -3)[..., None, :, :]


def best_moment(mismatch: Numbers) -> Numbers:
    """The f in {-1, 0, 1} with the largest payoff: the sign of the mismatch, 0 where that is not certain.

    It is exact in every number system. Where all signs are certain, its payoff is :func:`largest_payoff`.
    """
    signs = [(ar.compare(mismatch, op, 0) == 1).astype(np.int64) for op in (">=", "<=")]
    return ar.system_of(mismatch).convert(signs[0] - signs[1])


@quantity
def least_reward_payoff(mdp: TabularMDP, target: Numbers, f: Numbers) -> Numbers:
    """``inf_pi U1(pi, f)`` over all policies, by planning; the expert is known by its occupancy, as above.

    Parameters
    ----------
    f : numbers ``[..., H, S, A]`` or with a step axis of length 1; with a discount ``[..., S, A]``
    """
    shown = payoff(mdp, _share_of_step(mdp, mdp.system.coerce(target)), f)
    return -per_step(mdp, mdp.with_rewards(-f).optimal_value()) - shown


@quantity
def least_off_policy_payoff(mdp: TabularMDP, expert: Any, states: Numbers, f: Numbers) -> Numbers:
    """``inf_pi U2(pi, f)`` over all policies: in every state the action where f is smallest.

    Parameters
    ----------
    states : laws ``[..., H, S]`` or ``[..., S]`` of the states the expert shows
    """
    return average(mdp, mdp.system.coerce(states), ar.amin(f, -1) - ar.sum(mdp.policy(expert) * f, -1))


@quantity
def least_on_policy_payoff(mdp: TabularMDP, expert: Any, f: Numbers) -> Numbers:
    """``inf_pi U3(pi, f)`` over all policies, by planning: U3 is the expected sum of f less the expert's mean of f."""
    return -per_step(mdp, mdp.with_rewards(-centred(mdp, expert, f)).optimal_value())


def centred(mdp: TabularMDP, expert: Any, f: Numbers) -> Numbers:
    """``f(s, a) - E_{a' ~ pi_E} f(s, a')``: how much more than the expert's an action is."""
    return f - ar.sum(mdp.policy(expert) * f, -1)[..., None]


@quantity
def reward_payoff(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Numbers:
    """``U1(pi, f)``, mean over steps of ``E_pi[f] - E_E[f]``."""
    return payoff(mdp, reward_mismatch(mdp, expert, learner), f)


@quantity
def off_policy_payoff(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Numbers:
    """``U2(pi, f)``, mean over steps of ``E_pi[f] - E_{pi_E}[f]`` in the *expert's* states."""
    return payoff(mdp, off_policy_mismatch(mdp, expert, learner), f)


@quantity
def on_policy_payoff(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Numbers:
    """``U3(pi, f)``, mean over steps of ``E_pi[f] - E_{pi_E}[f]`` in the *learner's* states."""
    return payoff(mdp, on_policy_mismatch(mdp, expert, learner), f)


@quantity
def reward_moment_error(mdp: TabularMDP, expert: Any, learner: Any, *, stationary: bool = False) -> Numbers:
    """``sup_f U1(pi, f)`` over f in [-1, 1]: mean over steps of the l1 distance of the occupancies.

    With ``stationary`` f, the l1 distance of the occupancies averaged over steps.
    """
    return largest_payoff(mdp, reward_mismatch(mdp, expert, learner), stationary=stationary)


@quantity
def off_policy_moment_error(mdp: TabularMDP, expert: Any, learner: Any, *, stationary: bool = False) -> Numbers:
    """``sup_f U2(pi, f)`` over f in [-1, 1]: mean of ``|pi - pi_E|_1`` in the expert's states, twice ``error_rate``."""
    return largest_payoff(mdp, off_policy_mismatch(mdp, expert, learner), stationary=stationary)


@quantity
def on_policy_moment_error(mdp: TabularMDP, expert: Any, learner: Any, *, stationary: bool = False) -> Numbers:
    """``sup_f U3(pi, f)`` over f in [-1, 1]: as off-policy in the learner's states, twice ``on_policy_error_rate``."""
    return largest_payoff(mdp, on_policy_mismatch(mdp, expert, learner), stationary=stationary)


@quantity
def recoverability(mdp: TabularMDP, expert: Any) -> Numbers:
    """``H_rec``: the most one action can move the expert's value, ``max |Q^E(s, a) - V^E(s)|`` over all (h, s, a)."""
    return largest(mdp, ar.amax(ar.absolute(mdp.advantage(expert)), -1))


def half_spans(mdp: TabularMDP, expert: Any) -> Numbers:
    """``(max_a - min_a) Q^E(s, a) / 2`` in each state: ``[..., H, S]``, or ``[..., S]`` with a discount."""
    q = mdp.q(expert)
    return (ar.amax(q, -1) - ar.amin(q, -1)) / 2


@quantity
def half_span(mdp: TabularMDP, expert: Any) -> Numbers:
    """Half the largest range of the expert's action values in one state: at most :func:`recoverability`."""
    return largest(mdp, half_spans(mdp, expert))


@quantity
def on_policy_price(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """Mean of ``|pi - pi_E|_1`` in the learner's states, each state weighed by its own half span of ``Q^E``."""
    distance = ar.sum(ar.absolute(mdp.policy(learner) - mdp.policy(expert)), -1)
    return average(mdp, mdp.state_occupancy(learner), half_spans(mdp, expert) * distance)
