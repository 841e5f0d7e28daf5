"""Finite-horizon state marginals with dense float64 transitions, with an error bound for each step.

The methods, and why, are described in `sims.tabular.kernels`.
"""

from __future__ import annotations

import numpy as np

from sims.tabular._refine import Certified, Floats, growth, raised
from sims.tabular.kernels_dense import dot_roundings


def marginals(P: Floats, mu: Floats, pi: Floats, horizon: int) -> Certified:
    """Laws of the states: ``d_1 = mu``, ``d_{h+1}(t) = sum_{s,a} d_h(s) pi_h(a | s) P_h(t | s, a)``.

    Parameters
    ----------
    P : floats (S, A, S) or (H, S, A, S)
    mu : floats (S,)
    pi : floats (S, A) or (H, S, A)
    horizon : int

    Returns
    -------
    Certified
        `x` (H, S), `error` (H,) in the l1 norm.
    """
    from sims.tabular import _dense_loops as loops

    P, mu, pi = (np.ascontiguousarray(x, dtype=np.float64) for x in (P, mu, pi))
    n_states, n_actions = pi.shape[-2:]
    rows = P.reshape(*P.shape[:-3], n_states * n_actions, n_states)
    norm = raised(loops.row_norms(rows.reshape(-1, n_states))[1], dot_roundings(n_states))
    norm = raised(norm * raised(np.abs(pi).sum(-1).max(), n_actions), 1)
    stationary, mixed = P.ndim == 3 and pi.ndim == 2, 1
    if stationary:
        K, mixed = np.empty((n_states, n_states)), n_actions
        loops.mix(P, pi, K)
    d, error = np.empty((horizon, n_states)), np.zeros(horizon)
    d[0] = mu
    scratch = np.empty(n_states * n_actions, dtype=np.int64)
    for h in range(horizon - 1):
        if stationary:
            used = loops.push(d[h], K, scratch, d[h + 1])
        else:
            policy = pi if pi.ndim == 2 else pi[h]
            weights = (d[h][:, None] * policy).reshape(-1)
            used = loops.push(weights, rows if P.ndim == 3 else rows[h], scratch, d[h + 1])
        size = raised(np.abs(d[h]).sum(), n_states)
        # Products that underflow lose at most half the smallest number each.
        lost = 2.0**-1074 * (used * n_states + n_states * n_actions)
        error[h + 1] = raised(norm * (error[h] + growth(-(-used // 4) + mixed + 5) * size) + lost, 4)
    return Certified(d, error)
