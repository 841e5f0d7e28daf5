"""Occupancies of policies and how far apart they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iltheory.measures.policies import (
    chi2_divergence,
    jensen_shannon_divergence,
    kl_divergence,
    squared_hellinger,
    total_variation,
)
from iltheory.measures.quantity import quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def occupancy(mdp: TabularMDP, pi: Any) -> Numbers:
    """State-action occupancy ``[..., H, S, A]`` (each step sums to 1) or ``[..., S, A]`` (sums to 1)."""
    return mdp.occupancy(pi)


def mean_occupancy(mdp: TabularMDP, pi: Any) -> Numbers:
    """State-action occupancy ``[..., S, A]``, averaged over steps if the horizon is finite; sums to 1."""
    d = mdp.occupancy(pi)
    return d if mdp.horizon is None else ar.sum(d, -3) / mdp.horizon


@quantity
def occupancy_tv(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Total variation of the two state-action occupancies, in [0, 1].

    Finite horizon: between the laws of (h, s, a) with h uniform, which is the mean over steps of the total
    variations.
    """
    return _between_pairs(total_variation, mdp, first, second)


@quantity
def occupancy_kl(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``KL(first || second)`` of the state-action occupancies; with h uniform if the horizon is finite."""
    return _between_pairs(kl_divergence, mdp, first, second)


@quantity
def occupancy_hellinger2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Squared Hellinger distance of the state-action occupancies, in [0, 2].

    With h uniform if the horizon is finite.
    """
    return _between_pairs(squared_hellinger, mdp, first, second)


@quantity
def occupancy_chi2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``chi2(first || second)`` of the state-action occupancies; with h uniform if the horizon is finite."""
    return _between_pairs(chi2_divergence, mdp, first, second)


@quantity
def occupancy_js(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Jensen-Shannon divergence of the state-action occupancies, in [0, log 2].

    With h uniform if the horizon is finite.
    """
    return _between_pairs(jensen_shannon_divergence, mdp, first, second)


@quantity
def state_occupancy_tv(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Total variation of the two state occupancies, in [0, 1]; with h uniform if the horizon is finite."""
    return _between_states(total_variation, mdp, first, second)


@quantity
def state_occupancy_kl(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``KL(first || second)`` of the state occupancies, in nats; with h uniform if the horizon is finite."""
    return _between_states(kl_divergence, mdp, first, second)


@quantity
def state_occupancy_hellinger2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Squared Hellinger distance of the state occupancies; with h uniform if the horizon is finite."""
    return _between_states(squared_hellinger, mdp, first, second)


@quantity
def state_occupancy_chi2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``chi2(first || second)`` of the two state occupancies; with h uniform if the horizon is finite."""
    return _between_states(chi2_divergence, mdp, first, second)


def separating_reward(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """The reward that tells two policies apart best: 1 where the first one's occupancy is larger, else 0.

    Shape ``[..., H, S, A]`` or ``[..., S, A]``. An entry encloses all of [0, 1] where the order is not
    decided.
    """
    order = ar.compare(mdp.occupancy(first), "<=", mdp.occupancy(second))
    zero, one = (mdp.system.convert(end) for end in (0, 1))
    reward = ar.where(order == -1, one, zero)
    return ar.where(order == 0, ar.hull(zero, one), reward) if (order == 0).any() else reward


Divergence = Callable[[Numbers, Numbers], Numbers]
"""Between two laws on the last axis."""


def _between_pairs(divergence: Divergence, mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    return _mean_over_steps(mdp, divergence(_pairs(mdp.occupancy(first)), _pairs(mdp.occupancy(second))))


def _between_states(divergence: Divergence, mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    return _mean_over_steps(mdp, divergence(mdp.state_occupancy(first), mdp.state_occupancy(second)))


def _pairs(d: Numbers) -> Numbers:
    """Join the state and action axes."""
    return ar.reshape(d, (*d.shape[:-2], d.shape[-2] * d.shape[-1]))


def _mean_over_steps(mdp: TabularMDP, x: Numbers) -> Numbers:
    return x if mdp.horizon is None else ar.sum(x, -1) / mdp.horizon
