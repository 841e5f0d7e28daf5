"""The objectives of inverse soft-Q learning and its relatives at recorded transitions, in any number system.

A transition has the action value ``q`` of its pair, the value ``v`` of its state, and ``later``, what comes after it is
worth: ``gamma V(s')`` with a discount. Its reward is ``q - later``. Weights ``[..., n]`` sum to 1 over the last axis: a
batch weighs alike, an occupancy by its masses; then these are the objectives of ``inverse_soft`` and ``value_dice`` in
models where one next state is possible. (Where several are, ``phi(q - gamma V(s'))`` is at most
``phi(q - gamma E V(s'))`` on average, for phi is concave.) An absorbing state is one more transition, from itself to
itself.

Garg et al. (2021) [text]; Reddy, Dragan and Levine (2020), Al-Hafez et al. (2023), Kostrikov, Nachum and Tompson (2020)
[memory].
"""

from __future__ import annotations

from typing import Any

from iltheory.measures.inverse_soft import Utility
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular.planning import soft_maximum


def sampled_payoff(weights: Numbers, r: Numbers, utility: Utility, price: Any) -> Numbers:
    """``E phi(r) - price``: the objective of IQ-Learn, where the price is one of the two below, or half of each.

    Phi must be finite at every r, even where the weight is 0: ``FDivergence.continued`` is.
    """
    return (weights * utility(r)).sum(-1) - price


def sampled_start_value(weights: Numbers, v: Numbers, discount: Any) -> Numbers:
    """``(1 - gamma) E V`` over first states."""
    return (1 - discount) * (weights * v).sum(-1)


def sampled_telescoped_value(weights: Numbers, v: Numbers, later: Numbers) -> Numbers:
    """``E [V - gamma V']``: the start value, if the weights are those of an occupancy (``iq-telescoping``)."""
    return (weights * (v - later)).sum(-1)


def sampled_soft_error(weights: Numbers, r: Numbers, goal: Any) -> Numbers:
    """``E (r - goal)^2``: the squared soft Bellman error of SQIL and LS-IQ."""
    return (weights * (r - goal) ** 2).sum(-1)


def sampled_value_dice(weights: Numbers, r: Numbers, price: Any) -> Numbers:
    """``log E exp(r) - price`` with positive weights; ``r = nu - gamma V_nu'``, the price is a start value of nu."""
    one = ar.system_of(weights).convert(1)
    return soft_maximum(r + ar.log(weights), one) - price
