"""The graph of a model: which states can follow each other, whatever the probabilities.

An edge leads from s to s' if some action may move s to s' (at the first step, if the transitions vary). Batches are
taken all at once, by products of boolean matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sims import TabularMDP
from sims import arithmetic as ar

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


def edges(mdp: TabularMDP) -> Mask:
    """Whether some action may lead from s to s', ``[..., S, S]``."""
    support = ar.possibly_nonzero(mdp.transitions.dense())[..., 0, :, :, :]
    return np.asarray(support.any(axis=-2))


def is_deterministic(mdp: TabularMDP) -> Mask:
    """Whether every action leads to one state, the same at every step: booleans over the batch axes."""
    support = ar.possibly_nonzero(mdp.transitions.dense())
    return np.asarray((support.sum(axis=-1) == 1).all(axis=(-3, -2, -1)) & (mdp.transitions.steps == 1))


def linkage_classes(mdp: TabularMDP, *, steps: int = 1) -> Counts:
    """Number of classes of states that are linked to each other, directly or through others.

    Two states are linked in k steps if both can be reached, in exactly k steps, from one and the same state. With
    ``steps=1`` a model with one class is *decomposable* (Fu, Luo and Levine 2018, definition B.1).

    Parameters
    ----------
    steps : states linked in 1, ..., ``steps`` steps are put together

    Returns
    -------
    ints over the batch axes, from 1 to S
    """
    edge = edges(mdp)
    together = np.broadcast_to(np.eye(mdp.n_states, dtype=bool), edge.shape)
    reached = together
    for _ in range(steps):
        reached = _walks(reached, edge)
        together = together | _walks(np.swapaxes(reached, -1, -2), reached)
    earlier = np.tril(_closure(together), -1).any(axis=-1)
    return np.asarray((~earlier).sum(axis=-1))


def is_decomposable(mdp: TabularMDP) -> Mask:
    """Whether all states are linked in one step, directly or through others: booleans over the batch axes."""
    return np.asarray(linkage_classes(mdp) == 1)


def is_strongly_connected(mdp: TabularMDP) -> Mask:
    """Whether every state leads to every other: booleans over the batch axes."""
    return np.asarray(_closure(edges(mdp) | np.eye(mdp.n_states, dtype=bool)).all(axis=(-2, -1)))


def is_covered(mdp: TabularMDP, steps: int) -> Mask:
    """Whether, from one possible first state, every state can be reached in exactly ``steps`` steps.

    Then in any larger number of steps, too. False for a negative number of steps; booleans over the batch axes.
    """
    edge = edges(mdp)
    if steps < 0:
        return np.zeros(edge.shape[:-2], dtype=np.bool_)
    reached = np.broadcast_to(np.eye(mdp.n_states, dtype=bool), edge.shape)
    for _ in range(steps):
        reached = _walks(reached, edge)
    return np.asarray((reached.all(axis=-1) & ar.possibly_nonzero(mdp.mu)).any(axis=-1))


def period(mdp: TabularMDP) -> Counts:
    """Greatest common divisor of the lengths of all cycles, ints over the batch axes.

    Every closed walk is made of cycles without repetitions, whose lengths are at most S.
    """
    edge = edges(mdp)
    divisor, walk = np.zeros(edge.shape[:-2], dtype=np.int64), edge
    for length in range(1, mdp.n_states + 1):
        closed = np.diagonal(walk, axis1=-2, axis2=-1).any(axis=-1)
        divisor = np.where(closed, np.gcd(divisor, length), divisor)
        walk = _walks(walk, edge)
    return np.asarray(divisor)


def _walks(first: Mask, second: Mask) -> Mask:
    """Walks of one kind and then of another."""
    return np.asarray(first.astype(np.int64) @ second.astype(np.int64) > 0)


def _closure(relation: Mask) -> Mask:
    """Transitive closure of a reflexive relation, by repeated squaring."""
    for _ in range(max(relation.shape[-1] - 1, 1).bit_length()):
        relation = _walks(relation, relation)
    return relation
