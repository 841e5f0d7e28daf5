"""Soft planning over a finite horizon with dense float64 transitions, and its derivative.

Both need two passes, one backward and one forward, that each read P once a step. The derivative of the occupancy of
a soft optimum as its reward changes is exact: the logarithms of the policy change by its advantages.
"""

from __future__ import annotations

import numpy as np

from sims.tabular._refine import Floats


def soft_response(P: Floats, r: Floats, mu: Floats, horizon: int) -> tuple[Floats, Floats, Floats]:
    """Soft backward induction at temperature 1, then the occupancy of its policy.

    Parameters
    ----------
    P : floats (T, S, A, S), T = 1 or `horizon`
    r : floats (T, S, A), T = 1 or `horizon`
    mu : floats (S,)
    horizon : int

    Returns
    -------
    v : floats (H, S)
    policy, occupancy : floats (H, S, A)
    """
    from sims.tabular import _soft_loops as loops

    shape = (horizon, *P.shape[-3:-1])
    v, policy, d = np.empty(shape[:2]), np.empty(shape), np.empty(shape)
    loops.soft_backward(P, np.ascontiguousarray(r, dtype=np.float64), v, policy)
    loops.forward(P, policy, np.zeros(shape), np.array(mu), d)
    return v, policy, d


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
    loops.forward(P, policy, occupancy * advantage, np.zeros(P.shape[-1]), slope)
    return slope
