"""The state space and the flow of a model: what can be reached, which occupancies are possible."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers
from sims.tabular.errors import InvalidModel, InvalidOccupancy
from sims.tabular.reading import bring, read_numbers, stack_steps
from sims.tabular.transitions import Indices, closure
from sims.tabular.validation import check_finite, check_weights

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


def reachable(mdp: TabularMDP) -> Mask:
    """Mask ``[..., S]`` of the states some policy reaches with positive probability (within the horizon)."""
    reached = ar.possibly_nonzero(mdp.mu)
    everything = np.ones((mdp.n_states, mdp.n_actions), dtype=np.bool_)
    if mdp.horizon is None:
        return closure(mdp.transitions, reached, everything)
    now = reached
    for h in range(mdp.horizon - 1):
        now = mdp.transitions.successors(now[..., None] & everything, h)
        reached = reached | now
    return reached


def restrict_to_reachable(mdp: TabularMDP) -> tuple[dict[str, Any], Indices]:
    """Parts of the model on its reachable states, and the old index of each."""
    if mdp.batch_shape:
        raise InvalidModel(f"restrict_to_reachable takes one model, this is a batch of shape {mdp.batch_shape}.")
    states = np.flatnonzero(reachable(mdp))
    return {
        "n_states": len(states),
        "transitions": mdp.transitions.restricted(states),
        "mu": ar.take(mdp.mu, states, mdp.mu.ndim - 1),
        "_rewards": ar.take(mdp._rewards, states, mdp._rewards.ndim - 2),
        "next_state_reward": None,
        "terminal": None if mdp.terminal is None else mdp.terminal[states],
    }, states


def project(mdp: TabularMDP, occupancy: Any) -> Numbers:
    """History-free policy of an occupancy; see :meth:`TabularMDP.project`."""
    d = _read(mdp, occupancy)
    check_weights(d, "occupancy", InvalidOccupancy, "An occupancy weighs pairs by numbers of at least 0.")
    total = ar.sum(d, -1)[..., None]
    visited = ar.possibly_nonzero(total)
    ratio = ar.minimum(ar.maximum(d / ar.where(visited, total, 1), 0), 1)
    policy = ar.where(visited, ratio, mdp.system.convert(Fraction(1, mdp.n_actions)))
    # The probabilities of the visits cancel; unreduced they would multiply into the next occupancy.
    return policy.reduced() if isinstance(policy, ar.RationalArray) else policy


def flow_residual(mdp: TabularMDP, occupancy: Any) -> Numbers:
    """Mass at each state minus the mass that flows in; see :meth:`TabularMDP.flow_residual`."""
    d = _read(mdp, occupancy)
    mass = ar.sum(d, -1)
    if mdp.discount is not None:
        gamma = mdp.discount[..., None]
        return mass - ((1 - gamma) * mdp.mu + gamma * mdp.transitions.push(d))
    inflow = [mdp.mu, *(mdp.transitions.push(d[..., h, :, :], h) for h in range(d.shape[-3] - 1))]
    return mass - stack_steps(inflow, 1)


def _read(mdp: TabularMDP, occupancy: Any) -> Numbers:
    d = bring(read_numbers("occupancy", occupancy, InvalidOccupancy), mdp.system)
    core = (mdp.n_states, mdp.n_actions) if mdp.horizon is None else (mdp.horizon, mdp.n_states, mdp.n_actions)
    if tuple(d.shape[-len(core) :]) != core:
        name = "[S, A]" if mdp.horizon is None else "[H, S, A]"
        raise InvalidOccupancy(f"occupancy has shape {tuple(d.shape)}; its last axes must be {name} = {core}.")
    check_finite(d, "occupancy", InvalidOccupancy)
    return d
