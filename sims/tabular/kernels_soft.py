"""Soft planning over a finite horizon with dense float64 transitions, and its derivative.

Both need two passes, one backward and one forward, that each read P once a step. The derivative of the occupancy of
a soft optimum as its reward changes is exact: the logarithms of the policy change by its advantages.
"""

from __future__ import annotations

import numpy as np

from sims.tabular._refine import Floats


def soft_response(P: Floats, r: Floats, start: Floats) -> tuple[Floats, Floats, Floats]:
    """Soft backward induction at temperature 1, then the occupancy of its policy.

    Parameters
    ----------
    P : floats (T, S, A, S), T = 1 or H
    r : floats (T, S, A), T = 1 or H; -inf for actions that may not be taken
    start : floats (H, S), weights with which states begin at each step

    Returns
    -------
    v : floats (H, S)
    policy, occupancy : floats (H, S, A)
    """
    from sims.tabular import _soft_loops as loops

    shape = (*start.shape, P.shape[-2])
    v, policy, d = np.empty(start.shape), np.empty(shape), np.empty(shape)
    loops.soft_backward(P, np.ascontiguousarray(r, dtype=np.float64), v, policy)
    loops.forward(P, policy, start[..., None] * policy, d)
    return v, policy, d


def soft_choice(q: Floats) -> tuple[Floats, Floats]:
    """``v = log sum_a exp(q)`` and the policy ``exp(q - v)`` for q (..., A)."""
    from sims.tabular import _soft_loops as loops

    v, policy = np.empty(q.shape[:-1]), np.array(q, dtype=np.float64)
    loops.choose_all(policy.reshape(-1, q.shape[-1]), v.reshape(-1))
    return v, policy


def soft_response_slope(P: Floats, direction: Floats, policy: Floats, occupancy: Floats) -> Floats:
    """Derivative (H, S, A) of the occupancy of a soft optimum as its reward moves in a direction.

    Parameters
    ----------
    P : floats (T, S, A, S), T = 1 or H
    direction : floats (T, S, A), T = 1 or H
    policy, occupancy : floats (H, S, A), of the soft optimum
    """
    from sims.tabular import _soft_loops as loops

    v, advantage, slope = np.empty(policy.shape[:2]), np.empty_like(policy), np.empty_like(policy)
    loops.advantages(P, np.ascontiguousarray(direction, dtype=np.float64), policy, v, advantage)
    loops.forward(P, policy, occupancy * advantage, slope)
    return slope
