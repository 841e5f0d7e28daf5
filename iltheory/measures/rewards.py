"""Rewards that no behaviour tells apart: potential shaping, and how many of them there are.

Temperature plays no part here: if two rewards have the same soft-optimal policy at one temperature, then ``tau`` times
them have it at temperature ``tau``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.quantity import expected_next, gamma, quantity
from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, RationalArray
from sims.errors import InvalidArgument
from sims.tabular import at_step

# Shaping.


def shaping(mdp: TabularMDP, potential: Any) -> Numbers:
    """What a potential adds to the rewards of pairs: ``gamma E Phi(s') - Phi(s)`` (Ng, Harada and Russell 1999).

    Parameters
    ----------
    potential : numbers ``[..., S]``; with a horizon ``[..., H, S]``, and nothing after the last step: ``Phi_{H+1} = 0``

    Returns
    -------
    numbers ``[..., S, A]`` or ``[..., H, S, A]``

    Raises
    ------
    InvalidArgument
        If the potential of a terminal state is not 0. An episode that has ended pays nothing, so what its last
        transition was promised would never be paid back, and optimal policies would change.
    """
    potential = mdp.system.coerce(potential)
    _check_ends(mdp, potential)
    return expected_next(mdp, potential) - potential[..., None]


def next_state_shaping(mdp: TabularMDP, potential: Any) -> Numbers:
    """As :func:`shaping`, before the next state is averaged out: ``gamma Phi(s') - Phi(s)``, ``[..., S, A, S]``.

    For models with a discount.
    """
    potential = mdp.system.coerce(potential)
    _check_ends(mdp, potential)
    added = gamma(mdp)[..., None, None] * potential[..., None, :] - potential[..., :, None]
    shape = (*added.shape[:-2], mdp.n_states, mdp.n_actions, mdp.n_states)
    return ar.broadcast_to(added[..., :, None, :], shape)


def shaped(mdp: TabularMDP, potential: Any) -> TabularMDP:
    """The same model paying ``r + gamma E Phi(s') - Phi(s)``; see :func:`shaping`."""
    return mdp.with_rewards(mdp.rewards() + shaping(mdp, potential))


def _check_ends(mdp: TabularMDP, potential: Numbers) -> None:
    if mdp.terminal is None:
        return
    wrong = ar.possibly_nonzero(potential) & mdp.terminal
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = ", ".join(map(str, index))
        raise InvalidArgument(
            f"potential[{where}] is {potential[index]} in a terminal state (should be 0): shaping would pay for the "
            f"end of an episode.\n  Subtract it from the whole potential, or build the model without `terminal`."
        )


# Ambiguity.


@quantity
def rank(matrix: Numbers) -> Numbers:
    """Rank of ``matrix[..., m, n]``.

    Exact for rationals, and for enclosures that are single floats (fraction-free elimination in flint); of other
    enclosures only the bounds 0 and ``min(m, n)``; of floats the numerical rank, by singular values.
    """
    system = ar.system_of(matrix)
    if isinstance(matrix, RationalArray):
        return system.convert(_exact_ranks(matrix))
    low, high = ar.lower(matrix), ar.upper(matrix)
    if system.name == "float64":
        return system.convert(np.linalg.matrix_rank(low).astype(np.float64))
    known = np.asarray((low == high).all(axis=(-2, -1)))
    exact = _exact_ranks(ar.RATIONAL.convert(np.where(known[..., None, None], low, 0)))
    least, most = np.where(known, exact, 0), np.where(known, exact, min(matrix.shape[-2:]))
    return ar.hull(system.convert(least), system.convert(most))


def _exact_ranks(matrix: RationalArray) -> NDArray[np.int64]:
    import flint

    *batch, m, n = matrix.shape
    flat = matrix.num.reshape(math.prod(batch), m * n)
    ranks = [flint.fmpz_mat(m, n, row.tolist()).rank() for row in flat]
    return np.array(ranks, dtype=np.int64).reshape(batch)


@quantity
def state_reward_ambiguity(mdp: TabularMDP) -> Numbers:
    """Dimension of the rewards of states alone that explain one soft-optimal policy.

    They are ``r + v - gamma P_a v`` for the v with ``gamma P_a v`` the same for all actions a: S minus the rank of the
    differences of rows of P, or S if ``gamma = 0``. It is 1, constants, where behaviour identifies the reward.
    """
    # The pairs of v and w = P_a v; a null space of P and the identity, both free of rounding.
    looking = ar.possibly_nonzero(gamma(mdp))[..., None, None, None]
    values = _pairs(ar.where(looking, mdp.P, 0))
    return 2 * mdp.n_states - rank(_beside(_states_of_pairs(mdp), values))


@quantity
def shaping_ambiguity(mdp: TabularMDP) -> Numbers:
    """Dimension of the pairs (g, h) of functions of the state with ``g(s) + gamma E h(s') - h(s) = 0`` everywhere.

    In an AIRL discriminator with a reward of states, g and h are determined up to these; 1 means up to constants.
    """
    return 2 * mdp.n_states - rank(_beside(_states_of_pairs(mdp), -_potential_differences(mdp)))


@quantity
def reward_ambiguity(*mdps: TabularMDP) -> Numbers:
    """Dimension of the rewards of pairs that explain the soft-optimal policies of all of some models at once.

    The models have discounts, and share states and actions; transitions and discounts may differ. In each one a
    reward may change by ``v - gamma P_a v`` (Cao, Cohen and Szpruch 2021): these subspaces are intersected. One model
    leaves S dimensions, and any number of them at least 1: constants.
    """
    changes = [_potential_differences(mdp) for mdp in mdps]
    batch = np.broadcast_shapes(*(tuple(change.shape[:-2]) for change in changes))
    first, *others = (ar.broadcast_to(change, (*batch, *change.shape[-2:])) for change in changes)
    if not others:
        return rank(first)
    rows = [
        ar.concatenate([first, *(-b if i == j else 0 * b for j, b in enumerate(others))], axis=len(batch) + 1)
        for i in range(len(others))
    ]
    agreeing = ar.concatenate(rows, axis=len(batch))
    return agreeing.shape[-1] - rank(agreeing)


@quantity
def stationary_reward_ambiguity(mdp: TabularMDP) -> Numbers:
    """Dimension of the rewards of pairs, the same at every step of a horizon, that explain one soft-optimal policy.

    They are the changes f with ``f(s, a) = v_h(s) - E v_{h+1}(s')`` at every step for some values v,
    ``v_{H+1} = 0``; the policy is known in all states at all steps.
    """
    everywhere = np.ones((steps(mdp), mdp.n_states), dtype=np.bool_)
    return _changes_of_value(mdp, everywhere)


@quantity
def visited_reward_ambiguity(mdp: TabularMDP) -> Numbers:
    """As :func:`stationary_reward_ambiguity`, for a policy that is known only where the model may be at each step.

    Rewards of states that are never visited are free, and not counted.
    """
    visited = [ar.possibly_nonzero(mdp.mu)]
    for h in range(1, steps(mdp)):
        pairs = np.repeat(visited[-1][..., None], mdp.n_actions, axis=-1)
        visited.append(mdp.transitions.successors(pairs, h - 1))
    return _changes_of_value(mdp, np.stack(np.broadcast_arrays(*visited), axis=-2))


def _changes_of_value(mdp: TabularMDP, known: Mask) -> Numbers:
    """Dimension of the solutions (f, v) of ``f(s, a) - v_h(s) + E v_{h+1}(s') = 0`` where ``known[..., H, S]``.

    Unknowns that are in no equation are not counted.
    """
    kernel, n, actions = mdp.transitions.dense(), mdp.n_states, mdp.n_actions
    batch = np.broadcast_shapes(tuple(kernel.shape[:-4]), known.shape[:-2])
    here, paid = np.repeat(np.eye(n, dtype=np.int64), actions, axis=0), np.eye(n * actions, dtype=np.int64)
    rows = []
    for h in range(steps(mdp)):
        blocks = [paid, *([0 * here] * h), -here, *([0 * here] * (steps(mdp) - h - 1))]
        parts = [ar.broadcast_to(mdp.system.convert(block), (*batch, *block.shape)) for block in blocks]
        if h + 1 < steps(mdp):
            later = _pairs(at_step(kernel, h, 3))
            parts[h + 2] = ar.broadcast_to(later, (*batch, *later.shape[-2:]))
        row = ar.concatenate(parts, axis=len(batch) + 1)
        rows.append(ar.where(np.repeat(known[..., h, :], actions, axis=-1)[..., None], row, 0))
    system = ar.concatenate(rows, axis=len(batch))
    asked = np.asarray(ar.possibly_nonzero(system).any(axis=-2).sum(axis=-1))
    return mdp.system.convert(asked) - rank(system)


def _states_of_pairs(mdp: TabularMDP) -> Numbers:
    """The map of functions of the state to functions of pairs, ``[S * A, S]``."""
    return mdp.system.convert(np.repeat(np.eye(mdp.n_states, dtype=np.int64), mdp.n_actions, axis=0))


def _beside(first: Numbers, second: Numbers) -> Numbers:
    """Join the columns of ``first[m, n]`` and ``second[..., m, n]``."""
    return ar.concatenate([ar.broadcast_to(first, tuple(second.shape)), second], axis=second.ndim - 1)


def _potential_differences(mdp: TabularMDP) -> Numbers:
    """The map ``v -> v(s) - gamma E v(s')`` of values to rewards, ``[..., S * A, S]``."""
    here = mdp.system.convert(np.eye(mdp.n_states, dtype=np.int64)[:, None, :])
    return _pairs(here - gamma(mdp)[..., None, None, None] * mdp.P)


def _pairs(kernel: Numbers) -> Numbers:
    """Join the state and action axes of ``[..., S, A, n]``."""
    return ar.reshape(kernel, (*kernel.shape[:-3], kernel.shape[-3] * kernel.shape[-2], kernel.shape[-1]))
