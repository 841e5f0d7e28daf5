"""Linear programmes over the occupancies of a model, solved exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from iltheory.games.linear_programme import LinearProgramme
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray
from sims.errors import InvalidArgument


@dataclass(frozen=True)
class BestMargin:
    """The occupancy that is ahead of a target by the largest margin, for the worst of some functions.

    Attributes
    ----------
    policy : exact rationals ``[H, S, A]`` or ``[S, A]``; deterministic but in fewer than k states, uniform where its
        occupancy vanishes
    weights : exact rationals ``[k]``, a law of the functions: with it, no occupancy is further ahead
    margin : exact rational, ``max_d min_i <d - target, f_i>`` summed over steps
    """

    policy: RationalArray
    weights: RationalArray
    margin: RationalArray


def best_margin(mdp: TabularMDP, target: Numbers, functions: Numbers) -> BestMargin:
    """Maximise ``min_i <d - target, f_i>`` over the occupancies d of a model.

    Numbers that are not rational count by their midpoints, as the dyadic rationals these are.

    Parameters
    ----------
    mdp : one model
    target : numbers ``[H, S, A]``, or ``[S, A]`` with a discount; it need not be an occupancy
    functions : numbers ``[T, S, A, k]`` with T in {1, H}, or ``[S, A, k]``

    Raises
    ------
    InvalidArgument
        If the model is a batch.
    """
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; give one model, mdp.select(i).")
    flow, sources = flow_equations(mdp)
    core, k = tuple(target.shape), functions.shape[-1]
    table = ar.reshape(ar.broadcast_to(_exact(functions), (*core, k)), (-1, k))
    shown = ar.matvec(ar.moveaxis(table, 0, 1), ar.reshape(_exact(target), (-1,)))
    pairs = table.shape[0]
    # Variables (d, margin): maximise the margin subject to margin - <d, f_i> <= -<target, f_i>.
    ones, zeros = np.ones((k, 1), dtype=np.int64), np.zeros((flow.shape[0], 1), dtype=np.int64)
    found = LinearProgramme(
        np.append(np.zeros(pairs, dtype=np.int64), -1),
        A_eq=ar.concatenate([flow, zeros], axis=1),
        b_eq=sources,
        A_ub=ar.concatenate([-ar.moveaxis(table, 0, 1), ones], axis=1),
        b_ub=-shown,
        free=np.arange(pairs + 1) == pairs,
    ).minimise()
    return BestMargin(_policy(ar.reshape(found.x[:pairs], core)), -found.y_ub, -found.value)


def flow_equations(mdp: TabularMDP) -> tuple[RationalArray, RationalArray]:
    """The equations ``A d = b`` of normalised occupancies: mass at each (step and) state is the mass that flows in.

    Returns
    -------
    exact rationals ``A[H * S, H * S * A]`` and ``b[H * S]``, row-major; with a discount ``[S, S * A]`` and ``[S]``
    """
    S, A, mu = mdp.n_states, mdp.n_actions, _exact(mdp.mu)
    out = np.kron(np.eye(S, dtype=np.int64), np.ones(A, dtype=np.int64))
    table = _exact(mdp.transitions.dense())
    into = [ar.moveaxis(ar.reshape(table[h], (S * A, S)), 0, 1) for h in range(len(table))]
    if mdp.horizon is None:
        gamma = _exact(mdp.discount)
        return out - gamma * into[0], (1 - gamma) * mu
    nothing = np.zeros((S, S * A), dtype=np.int64)
    rows = [
        ar.concatenate(
            [
                *[nothing] * (h - 1),
                *([-into[(h - 1) % len(into)]] if h else []),
                out,
                *[nothing] * (mdp.horizon - 1 - h),
            ],
            axis=1,
        )
        for h in range(mdp.horizon)
    ]
    later = np.zeros((mdp.horizon - 1) * S, dtype=np.int64)
    return ar.concatenate(rows), ar.concatenate([mu, later])


def _policy(occupancy: RationalArray) -> RationalArray:
    """The policy with an occupancy, row by row: most rows take one action, and need no long denominator."""
    rows = occupancy.num.reshape(-1, occupancy.shape[-1])
    shares = [
        [Fraction(int(n), int(row.sum() or 1)) if row.any() else Fraction(1, len(row)) for n in row] for row in rows
    ]
    policy: RationalArray = ar.reshape(_exact(ar.asarray(shares)), occupancy.shape)
    return policy


def _exact(x: Numbers) -> RationalArray:
    return x if isinstance(x, RationalArray) else ar.RATIONAL.convert(ar.midpoint(x))
