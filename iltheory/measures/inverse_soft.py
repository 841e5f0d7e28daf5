"""Rewards read off soft action values, and the objectives of inverse soft-Q learning.

Garg, Chakraborty, Cundy, Song and Ermon (NeurIPS 2021), IQ-Learn, arXiv 2106.12142: section 3 and lemmas 3.1 to 3.5
[text]. With a discount ``V'`` is ``gamma E V(s')``, with a horizon ``E V_{h+1}(s')``, ``V_{H+1} = 0``:

    V^pi(s) = E_{a ~ pi}[Q(s, a)] + temperature * H(pi(.|s))        value of a policy
    V*(s)   = temperature * log sum_a exp(Q(s, a) / temperature)    largest of them, at pi_Q = softmax(Q / temperature)
    T^pi Q = Q - V'   with V = V^pi,     T* Q = Q - V'   with V = V*
    J(pi, Q) = <e, phi(T^pi Q)> - start value of V^pi,     J*(Q) = <e, phi(T* Q)> - start value of V*

The occupancy e is the expert's, expectations are means over steps (with a discount: under normalised occupancies), and
the start value is ``<mu, V_1> / H`` or ``(1 - gamma) <mu, V>``. The paper has temperature 1 and a discount.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iltheory.measures.quantity import expected_next, per_step, quantity, sum_over_pairs
from iltheory.measures.soft import entropy_bonus, soft_v, temperatures
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular.planning import soft_maximum, softmax

Utility = Callable[[Numbers], Numbers]
"""The concave ``phi``, entry by entry; ``FDivergence.utility`` or ``FDivergence.envelope``."""


def soft_policy_v(mdp: TabularMDP, pi: Any, q: Numbers, temperature: Any = 1) -> Numbers:
    """``V^pi = <pi, Q> + temperature * H(pi)`` of any action values, ``[..., H, S]`` or ``[..., S]``."""
    return ar.sum(mdp.policy(pi) * q, -1) + entropy_bonus(mdp, pi, temperature)


def soft_best_v(mdp: TabularMDP, q: Numbers, temperature: Any = 1) -> Numbers:
    """``V* = temperature * log sum_a exp(Q / temperature)``, the largest ``V^pi``, ``[..., H, S]`` or ``[..., S]``."""
    return soft_maximum(q, temperatures(mdp, temperature))


def soft_best_policy(mdp: TabularMDP, q: Numbers, temperature: Any = 1) -> Numbers:
    """``pi_Q = softmax(Q / temperature)``, where ``V^pi`` is largest; shaped like q."""
    return softmax(q, temperatures(mdp, temperature))


def implied_reward(mdp: TabularMDP, q: Numbers, v: Numbers) -> Numbers:
    """``Q - V'``: the reward for which q are the action values of somebody worth v, shaped like q."""
    return q - expected_next(mdp, v)


def inverse_soft_bellman(mdp: TabularMDP, pi: Any, q: Numbers, temperature: Any = 1) -> Numbers:
    """``T^pi Q``: the reward for which q are the soft action values of a policy (lemma 3.1); shaped like q.

    The inverse of :func:`soft_q`.
    """
    return implied_reward(mdp, q, soft_policy_v(mdp, pi, q, temperature))


def inverse_soft_optimality(mdp: TabularMDP, q: Numbers, temperature: Any = 1) -> Numbers:
    """``T* Q``: the reward for which q are the optimal soft action values; shaped like q.

    The inverse of :func:`soft_optimal_q`.
    """
    return implied_reward(mdp, q, soft_best_v(mdp, q, temperature))


def soft_q(mdp: TabularMDP, pi: Any, r: Numbers, temperature: Any = 1) -> Numbers:
    """``(T^pi)^{-1} r``: soft action values of a policy paid r, ``[..., H, S, A]`` or ``[..., S, A]``.

    The unique solution of ``Q = r + V'`` with ``V = V^pi``, an ordinary policy evaluation.
    """
    return r + expected_next(mdp, soft_v(mdp.with_rewards(r), pi, temperature))


def soft_optimal_q(mdp: TabularMDP, r: Numbers, temperature: Any = 1) -> Numbers:
    """``(T*)^{-1} r``: optimal soft action values for the reward r, ``[..., H, S, A]`` or ``[..., S, A]``."""
    return mdp.with_rewards(r).soft_optimal(temperature).q


def start_value(mdp: TabularMDP, v: Numbers) -> Numbers:
    """``<mu, V_1> / H``, or ``(1 - gamma) <mu, V>``: shape of the batch axes."""
    first = v if mdp.horizon is None else v[..., 0, :]
    return per_step(mdp, ar.sum(mdp.mu * first, -1))


@quantity
def mean_over_pairs(mdp: TabularMDP, law: Numbers, f: Numbers) -> Numbers:
    """``E_law f(s, a)``, averaged over steps if there is a horizon, for laws shaped like f."""
    mean = sum_over_pairs(mdp, law * f)
    return mean if mdp.horizon is None else mean / mdp.horizon


def telescoped_value(mdp: TabularMDP, nu: Numbers, v: Numbers) -> Numbers:
    """``E_nu[V(s) - V'(s, a)]``: the start value of v, if nu is an occupancy or a mixture of some (corollary 2.1).

    With ``nu`` the expert's occupancy IQ-Learn is offline (equation 12); online it takes the mean of the expert's and
    the learner's. A law that is no occupancy, such as states drawn uniformly in time from discounted trajectories,
    gives another number.
    """
    return mean_over_pairs(mdp, nu, v[..., None] - expected_next(mdp, v))


@quantity
def expected_utility(mdp: TabularMDP, law: Numbers, r: Numbers, utility: Utility) -> Numbers:
    """``E_law phi(r)``; pairs without mass do not count, whether or not ``phi`` is finite there."""
    shown = ar.possibly_nonzero(law)
    return mean_over_pairs(mdp, law, ar.where(shown, utility(ar.where(shown, r, 1)), 0))


@quantity
def inverse_soft_objective(
    mdp: TabularMDP,
    target: Numbers,
    pi: Any,
    q: Numbers,
    utility: Utility,
    *,
    temperature: Any = 1,
    nu: Numbers | None = None,
) -> Numbers:
    """``J(pi, Q)``: what the reward ``T^pi Q`` is worth to an adversary when the learner follows pi (lemma 3.2).

    Parameters
    ----------
    target : occupancy ``[..., H, S, A]`` or ``[..., S, A]`` of the expert, exact or of its demonstrations
    q : action values, any numbers of the same shape
    utility : ``phi``
    nu : law of pairs to telescope the start value under (:func:`telescoped_value`); the first state by default

    Returns
    -------
    numbers, batch axes: ``E_e phi(T^pi Q) - (1 - gamma) E_mu V^pi``, or with ``1 / H`` for ``1 - gamma``
    """
    return _worth(mdp, target, q, soft_policy_v(mdp, pi, q, temperature), utility, nu)


@quantity
def inverse_soft_dual(
    mdp: TabularMDP,
    target: Numbers,
    q: Numbers,
    utility: Utility,
    *,
    temperature: Any = 1,
    nu: Numbers | None = None,
) -> Numbers:
    """``J*(Q) = J(pi_Q, Q)``, IQ-Learn's objective; see :func:`inverse_soft_objective` for the arguments.

    It bounds ``min_pi D_f(pi || e) - temperature * E_pi[-log pi]`` from below for every Q whose rewards ``T* Q`` lie in
    the domain of ``phi``, for it is the dual value at that reward. [derived]
    """
    return _worth(mdp, target, q, soft_best_v(mdp, q, temperature), utility, nu)


def _worth(mdp: TabularMDP, target: Numbers, q: Numbers, v: Numbers, utility: Utility, nu: Numbers | None) -> Numbers:
    price = start_value(mdp, v) if nu is None else telescoped_value(mdp, nu, v)
    return expected_utility(mdp, target, implied_reward(mdp, q, v), utility) - price


@quantity
def state_only_objective(
    mdp: TabularMDP, states: Numbers, q: Numbers, utility: Utility, *, temperature: Any = 1
) -> Numbers:
    """IQ-Learn from states alone: actions of ``pi_Q`` stand in for the expert's, which it does not need [text].

    Parameters
    ----------
    states : state occupancy ``[..., H, S]`` or ``[..., S]`` of the expert

    Returns
    -------
    numbers, batch axes: ``E_{s ~ states} E_{a ~ pi_Q} phi(T* Q) - (1 - gamma) E_mu V*``. Not concave in Q.
    """
    law = states[..., None] * soft_best_policy(mdp, q, temperature)
    return _worth(mdp, law, q, soft_best_v(mdp, q, temperature), utility, None)


@quantity
def squared_soft_error(mdp: TabularMDP, law: Numbers, q: Numbers, reward: Any, *, temperature: Any = 1) -> Numbers:
    """``E_law (Q - V' - reward)^2`` with ``V = V*``: the squared soft Bellman error of SQIL and LS-IQ."""
    return mean_over_pairs(mdp, law, (inverse_soft_optimality(mdp, q, temperature) - reward) ** 2)
