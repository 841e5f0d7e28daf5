"""Occupancies of policies and how far apart they are."""

from __future__ import annotations

from typing import Any

from iltheory.measures.policies import kl_divergence, total_variation
from iltheory.measures.quantity import quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def occupancy(mdp: TabularMDP, pi: Any) -> Numbers:
    """State-action occupancy ``[..., H, S, A]`` (each step sums to 1), or ``[..., S, A]`` with a discount (sums to 1)."""
    return mdp.occupancy(pi)


@quantity
def occupancy_tv(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Total variation of the two state-action occupancies, in [0, 1].

    Finite horizon: between the laws of (h, s, a) with h uniform, which is the mean over steps of the total variations.
    """
    return _mean_over_steps(mdp, total_variation(_pairs(mdp.occupancy(first)), _pairs(mdp.occupancy(second))))


@quantity
def occupancy_kl(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``KL(first || second)`` of the two state-action occupancies, in nats; with h uniform if the horizon is finite."""
    return _mean_over_steps(mdp, kl_divergence(_pairs(mdp.occupancy(first)), _pairs(mdp.occupancy(second))))


@quantity
def state_occupancy_tv(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Total variation of the two state occupancies, in [0, 1]; with h uniform if the horizon is finite."""
    return _mean_over_steps(mdp, total_variation(mdp.state_occupancy(first), mdp.state_occupancy(second)))


def _pairs(d: Numbers) -> Numbers:
    """Join the state and action axes."""
    return ar.reshape(d, (*d.shape[:-2], d.shape[-2] * d.shape[-1]))


def _mean_over_steps(mdp: TabularMDP, x: Numbers) -> Numbers:
    return x if mdp.horizon is None else ar.sum(x, -1) / mdp.horizon
