"""What an expert shows: its exact occupancy, or the empirical one of its demonstrations."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from iltheory.learners.options import require_model
from iltheory.measures.quantity import gamma
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.datasets.errors import InvalidDataset
from sims.errors import InvalidArgument

if TYPE_CHECKING:
    from sims.datasets import Trajectories

Expert = Any
"""A policy of the model (numbers ``[..., H, S, A]`` or ``[..., S, A]``), known exactly, or ``Trajectories``."""


def shown_occupancy(mdp: TabularMDP, expert: Expert) -> Numbers:
    """State-action occupancy that a learner is asked to match, in the number system of the model.

    Parameters
    ----------
    expert : a policy, whose occupancy is exact, or trajectories of states and actions of the model

    Returns
    -------
    numbers ``[..., H, S, A]``, each step sums to 1; with a discount ``[..., S, A]``, sums to 1
    """
    from sims.datasets import Trajectories

    require_model(mdp)
    return empirical_occupancy(mdp, expert) if isinstance(expert, Trajectories) else mdp.occupancy(expert)


def shown_alone(mdp: TabularMDP, expert: Expert) -> Numbers:
    """:func:`shown_occupancy`, for a learner of one model and one expert.

    Raises
    ------
    InvalidArgument
        If the model or the expert is a batch.
    """
    shown = shown_occupancy(mdp, expert)
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; give one model at a time, mdp.select(i).")
    batch = tuple(shown.shape[: -2 if mdp.horizon is None else -3])
    if batch:
        steps = "" if mdp.horizon is not None else " With a discount a policy does not depend on the step."
        raise InvalidArgument(f"expert is a batch of policies of shape {batch}; give one at a time, expert[i].{steps}")
    return shown


def empirical_occupancy(mdp: TabularMDP, demos: Trajectories) -> Numbers:
    """Occupancy of the demonstrations, each trajectory counting alike.

    A trajectory that ended in a terminal state stays there, with actions drawn uniformly: terminal states are
    absorbing and every action does the same. With a discount, step t weighs ``gamma**t`` and what a truncated
    trajectory does not show is left out, the weights then being normalised; a time limit is never an absorbing state.

    Raises
    ------
    InvalidDataset
        If there is nothing to see, if states or actions are out of range, if a trajectory terminates in a state that
        the model can leave, or, with a finite horizon, if one stops before step H without having terminated: what it
        does later is unknown.
    """
    if not ((demos.lengths > 0) | demos.terminated).any():
        raise InvalidDataset("trajectories without a single step show nothing of the expert.")
    shape = (mdp.n_states, mdp.n_actions)
    steps = mdp.horizon if mdp.horizon is not None else int(demos.lengths.max(initial=1))
    counts = demos.counts(steps, *shape)
    check_ends(mdp, demos)
    ended = np.zeros((steps + 1, mdp.n_states), dtype=np.int64)
    over = np.flatnonzero(demos.terminated)
    np.add.at(ended, (demos.lengths[over], demos.states[demos.offsets[over + 1] + over].astype(np.intp)), 1)
    convert = mdp.system.convert
    if mdp.horizon is not None:
        check_whole(demos, mdp.horizon)
        resting = np.cumsum(ended, axis=0)[:steps, :, None]
        return convert(counts * mdp.n_actions + resting) / (mdp.n_actions * len(demos))
    weights = ar.stack([gamma(mdp) ** t for t in range(steps + 1)], axis=-1)
    shown = (1 - gamma(mdp)) * ar.einsum("t,tsa->sa", weights[:-1], convert(counts))
    rest = ar.einsum("t,ts->s", weights, convert(ended)) / mdp.n_actions
    total = shown + rest[:, None]
    return total / total.sum()


def check_whole(demos: Trajectories, horizon: int) -> None:
    """Refuse a trajectory that stops before step H without having terminated."""
    short = np.flatnonzero((demos.lengths < horizon) & ~demos.terminated)
    if short.size:
        i = int(short[0])
        raise InvalidDataset(
            f"trajectory {i} stops after {demos.lengths[i]} of {horizon} steps without having terminated: what the "
            "expert does later is not known.\n  Record whole trajectories, or use a model with a shorter horizon."
        )


def check_ends(mdp: TabularMDP, demos: Trajectories) -> None:
    """Refuse a trajectory that terminates, before step H, in a state that the model can leave."""
    over = np.flatnonzero(demos.terminated & (demos.lengths < (mdp.horizon or inf)))
    last = demos.states[demos.offsets[over + 1] + over].astype(np.intp)
    moves = mdp.transitions
    stays = [moves.self_loops(h).reshape(-1, mdp.n_states, mdp.n_actions).all(axis=(0, 2)) for h in range(moves.steps)]
    left = np.flatnonzero(~np.logical_and.reduce(stays)[last])
    if left.size:
        i = left[0]
        raise InvalidDataset(
            f"trajectory {over[i]} terminates in state {last[i]}, which the model can leave.\n  Episodes end in "
            "absorbing states; one that stops for another reason, such as a time limit, is truncated."
        )
