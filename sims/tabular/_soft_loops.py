"""Compiled loops over the steps of soft planning (imports numba: import it inside the function that needs it)."""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import NDArray

from sims.tabular._compile import compiled
from sims.tabular._dense_loops import _dot, push

Floats = NDArray[np.float64]


@compiled
def choose(q: Floats) -> float:
    """Put ``exp(q - v)`` in the place of q ``[A]``, and return ``v = log sum_a exp(q)``."""
    highest: float = q.max()
    weight = 0.0
    for a in range(q.size):
        q[a] = exp(q[a] - highest)
        weight += q[a]
    for a in range(q.size):
        q[a] /= weight
    return highest + log(weight)


@compiled
def choose_all(q: Floats, v: Floats) -> None:
    """The same for each row of q ``[N, A]``, with v ``[N]``."""
    for i in range(v.size):
        v[i] = choose(q[i])


@compiled
def soft_backward(P: Floats, r: Floats, v: Floats, policy: Floats) -> None:
    """``v_h = log sum_a exp(q_h)``, ``policy_h = exp(q_h - v_h)`` with ``q_h = r_h + P_h v_{h+1}``.

    P is ``[T, S, A, S]`` and r ``[T, S, A]``, each with T = 1 or H; v is ``[H, S]`` and policy ``[H, S, A]``.
    """
    horizon, n_states, n_actions = policy.shape
    for h in range(horizon - 1, -1, -1):
        rows, paid = P[h % P.shape[0]], r[h % r.shape[0]]
        for s in range(n_states):
            acts = policy[h, s]
            for a in range(n_actions):
                acts[a] = paid[s, a]
                if h + 1 < horizon:
                    acts[a] += _dot(rows[s, a], v[h + 1])
            v[h, s] = choose(acts)


@compiled
def advantages(P: Floats, r: Floats, policy: Floats, v: Floats, advantage: Floats) -> None:
    """Values ``[H, S]`` and advantages ``[H, S, A]`` of a policy for rewards r, shaped as in `soft_backward`."""
    horizon, n_states, n_actions = policy.shape
    for h in range(horizon - 1, -1, -1):
        rows, paid = P[h % P.shape[0]], r[h % r.shape[0]]
        for s in range(n_states):
            acts, gains = policy[h, s], advantage[h, s]
            mean = 0.0
            for a in range(n_actions):
                q = paid[s, a]
                if h + 1 < horizon:
                    q += _dot(rows[s, a], v[h + 1])
                gains[a] = q
                mean += acts[a] * q
            for a in range(n_actions):
                gains[a] -= mean
            v[h, s] = mean


@compiled
def forward(P: Floats, policy: Floats, source: Floats, d: Floats) -> None:
    """``d_1 = source_1``, ``d_{h+1}(s, a) = (d_h P_h)(s) policy_{h+1}(a | s) + source_{h+1}(s, a)``.

    d and source are ``[H, S, A]``.
    """
    horizon, n_states, n_actions = policy.shape
    used = np.empty(n_states * n_actions, dtype=np.int64)
    states = np.zeros(n_states)
    for h in range(horizon):
        for s in range(n_states):
            for a in range(n_actions):
                d[h, s, a] = states[s] * policy[h, s, a] + source[h, s, a]
        if h + 1 < horizon:
            rows = P[h % P.shape[0]]
            push(d[h].reshape(-1), rows.reshape(n_states * n_actions, n_states), used, states)
