"""Compiled loops over dense float64 arrays (imports numba: import it inside the function that needs it).

Sums run over blocks of `BLOCK` numbers, the blocks in order: whatever order the vector instructions take
inside a block, a sum of n products is then off by at most ``dot_roundings(n)`` units of roundoff, not by n.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sims.tabular._compile import compiled, compiled_any_order

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 128


@compiled_any_order
def _dot(a: Floats, b: Floats) -> float:
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@compiled_any_order
def _absolute_sum(a: Floats) -> float:
    total = 0.0
    for i in range(a.size):
        total += abs(a[i])
    return total


@compiled
def mix(P: Floats, pi: Floats, K: Floats) -> None:
    """``K = sum_a pi[:, a] P[:, a, :]``."""
    n_states, n_actions, _ = P.shape
    grouped = n_actions - n_actions % 4
    for s in range(n_states):
        row, rows, weights = K[s], P[s], pi[s]
        row[:] = 0.0
        for a in range(0, grouped, 4):
            u, v, w, z = weights[a], weights[a + 1], weights[a + 2], weights[a + 3]
            row_u, row_v, row_w, row_z = rows[a], rows[a + 1], rows[a + 2], rows[a + 3]
            for t in range(n_states):
                row[t] += (u * row_u[t] + v * row_v[t]) + (w * row_w[t] + z * row_z[t])
        for a in range(grouped, n_actions):
            u, row_u = weights[a], rows[a]
            for t in range(n_states):
                row[t] += u * row_u[t]


@compiled
def row_norms(M: Floats) -> tuple[float, float]:
    """Return the smallest and the largest ``sum_j |M[i, j]|``."""
    smallest, largest = np.inf, 0.0
    n_columns = M.shape[1]
    for i in range(M.shape[0]):
        total = 0.0
        for low in range(0, n_columns, BLOCK):
            total += _absolute_sum(M[i, low : min(n_columns, low + BLOCK)])
        smallest = min(smallest, total)
        largest = max(largest, total)
        if total != total:
            return total, total
    return smallest, largest


@compiled
def residual(K: Floats, b: Floats, gamma: float, x: Floats, out: Floats) -> None:
    """``out = b + gamma K x - x``."""
    n = x.size
    for i in range(n):
        total = 0.0
        for low in range(0, n, BLOCK):
            high = min(n, low + BLOCK)
            total += _dot(K[i, low:high], x[low:high])
        out[i] = (b[i] + gamma * total) - x[i]


@compiled
def push(weights: Floats, M: Floats, used: Ints, out: Floats) -> int:
    """``out = weights @ M`` in groups of four rows, skipping rows of weight 0; returns how many were used.

    `used` is scratch of the length of `weights`.
    """
    n_columns = out.size
    n_used = 0
    for i in range(weights.size):
        if weights[i] != 0.0:
            used[n_used] = i
            n_used += 1
    out[:] = 0.0
    grouped = n_used - n_used % 4
    for g in range(0, grouped, 4):
        i, j, k, m = used[g], used[g + 1], used[g + 2], used[g + 3]
        u, v, w, z = weights[i], weights[j], weights[k], weights[m]
        row_i, row_j, row_k, row_m = M[i], M[j], M[k], M[m]
        for t in range(n_columns):
            out[t] += (u * row_i[t] + v * row_j[t]) + (w * row_k[t] + z * row_m[t])
    for g in range(grouped, n_used):
        i = used[g]
        u, row_i = weights[i], M[i]
        for t in range(n_columns):
            out[t] += u * row_i[t]
    return n_used


@compiled
def greedy(P: Floats, r: Floats, gamma: float, v: Floats, policy: Ints, out: Floats) -> None:
    """``policy = argmax_a (r + gamma P v)``, the first of equals; ``out`` is that maximum minus `v`."""
    n_states, n_actions, _ = P.shape
    for s in range(n_states):
        best, choice = -np.inf, 0
        for a in range(n_actions):
            row = P[s, a]
            total = 0.0
            for low in range(0, n_states, BLOCK):
                high = min(n_states, low + BLOCK)
                total += _dot(row[low:high], v[low:high])
            q = r[s, a] + gamma * total
            # Selections, not a branch: which action wins is what a processor cannot predict.
            choice = a if q > best else choice
            best = q if q > best else best
        policy[s] = choice
        out[s] = best - v[s]


@compiled
def select_rows(P: Floats, policy: Ints, previous: Ints, K: Floats) -> None:
    """``K[s] = P[s, policy[s]]``, copying only the rows where `policy` left `previous`."""
    for s in range(P.shape[0]):
        if policy[s] != previous[s]:
            K[s, :] = P[s, policy[s]]


@compiled
def _eliminate(M: Floats, n_rows: int, n_columns: int) -> None:
    """LU without pivoting of the leading square of `M`, in place, carried on into further rows and columns.

    Two columns at a time, so that every row is loaded half as often. The diagonal is left inverted.
    """
    n, end = min(n_rows, n_columns), np.uint64(n_columns)
    for k in range(0, n - 1, 2):
        first, second = M[k], M[k + 1]
        inverse = 1.0 / first[k]
        factor = second[k] * inverse
        second[k] = factor
        # Loops that start elsewhere than at 0 run over unsigned integers: signed ones might be negative, and
        # testing each for counting from the end costs more than the arithmetic.
        for j in range(np.uint64(k + 1), end):
            second[j] -= factor * first[j]
        inverse_second = 1.0 / second[k + 1]
        first[k], second[k + 1] = inverse, inverse_second
        start = np.uint64(k + 2)
        for i in range(k + 2, n_rows):
            row = M[i]
            u = row[k] * inverse
            v = (row[k + 1] - u * first[k + 1]) * inverse_second
            for j in range(start, end):
                row[j] -= u * first[j] + v * second[j]
            row[k] = u
            row[k + 1] = v
    if n % 2 == 1:
        inverse = 1.0 / M[n - 1, n - 1]
        M[n - 1, n - 1] = inverse
        for i in range(n, n_rows):
            M[i, n - 1] *= inverse


@compiled
def _solve_small(
    K: Floats, b: Floats, gamma: float, transpose: bool, x: Floats, M: Floats, rest: Floats
) -> tuple[float, float, float]:
    """Solve one system in the scratch `M` (n + 1, n + 1), whose last row or column is b.

    Elimination does the first half of the substitution on the way: with b as a row, of
    ``x^T (I - gamma K) = b^T``.
    """
    n = x.size
    row_norm = 0.0
    for i in range(n):
        row, source = M[i], K[i]
        for j in range(n):
            row[j] = -gamma * source[j]
        row[i] += 1.0
        row[n] = b[i]
        row_norm = max(row_norm, _absolute_sum(source))
    if transpose:
        last = M[n]
        for i in range(n):
            last[i] = b[i]
        _eliminate(M, n + 1, n)
        for i in range(n):
            x[i] = last[i]
        for i in range(n - 1, 0, -1):
            row = M[i]
            for j in range(i):
                x[j] -= row[j] * x[i]
        rest[:] = 0.0
        for i in range(n):
            source = K[i]
            for j in range(n):
                rest[j] += source[j] * x[i]
    else:
        _eliminate(M, n, n + 1)
        for i in range(n - 1, -1, -1):
            row = M[i]
            total = row[n]
            for j in range(np.uint64(i + 1), np.uint64(n)):
                total -= row[j] * x[j]
            x[i] = total * row[i]
        for i in range(n):
            rest[i] = _dot(K[i], x)
    size = norm = 0.0
    for i in range(n):
        rest[i] = (b[i] + gamma * rest[i]) - x[i]
        if transpose:
            size, norm = size + abs(x[i]), norm + abs(rest[i])
        else:
            size, norm = max(size, abs(x[i])), max(norm, abs(rest[i]))
        if rest[i] != rest[i]:
            norm = np.inf
    return row_norm, size, norm


@compiled
def solve_small(K: Floats, b: Floats, gamma: Floats, transpose: bool, x: Floats, norms: Floats) -> None:
    """For each m of a batch solve ``x = b + gamma K x`` by LU without pivoting (``K^T`` if `transpose`).

    A `K`, `b` or `gamma` of length 1 serves every m. Also writes ``norms[m]``: ``max_i sum_j |K[m, i, j]|``,
    and the norms (sup, or l1 if `transpose`) of b[m], of x[m] and of ``b + gamma K x - x``. A sum of n terms is
    off by at most n roundings, in whatever order it runs.
    """
    batch, n = x.shape
    M, rest = np.empty((n + 1, n + 1)), np.empty(n)
    for m in range(batch):
        k = m if K.shape[0] > 1 else 0
        c = m if b.shape[0] > 1 else 0
        g = gamma[m if gamma.size > 1 else 0]
        total = 0.0
        for i in range(n):
            total = total + abs(b[c, i]) if transpose else max(total, abs(b[c, i]))
        norms[m, 1] = total
        norms[m, 0], norms[m, 2], norms[m, 3] = _solve_small(K[k], b[c], g, transpose, x[m], M, rest)


@compiled
def values_small(P: Floats, r: Floats, pi: Floats, gamma: Floats, v: Floats, norms: Floats) -> None:
    """`solve_small` for ``v = r_pi + gamma P_pi v``; kernels are used while the first-level cache holds them.

    The second of the norms is that of ``sum_a pi |r|``.
    """
    batch, n = v.shape
    M, rest, K, b = np.empty((n + 1, n + 1)), np.empty(n), np.empty((n, n)), np.empty(n)
    for m in range(batch):
        weights, rewards = pi[m if pi.shape[0] > 1 else 0], r[m if r.shape[0] > 1 else 0]
        g = gamma[m if gamma.size > 1 else 0]
        mix(P[m if P.shape[0] > 1 else 0], weights, K)
        largest = 0.0
        for s in range(n):
            total = size = 0.0
            for a in range(weights.shape[1]):
                total += weights[s, a] * rewards[s, a]
                size += abs(weights[s, a] * rewards[s, a])
            b[s] = total
            largest = max(largest, size)
        norms[m, 1] = largest
        norms[m, 0], norms[m, 2], norms[m, 3] = _solve_small(K, b, g, False, v[m], M, rest)


@compiled
def occupancies_small(P: Floats, mu: Floats, pi: Floats, gamma: Floats, d: Floats, norms: Floats) -> None:
    """`solve_small` for the occupancies of states, times the policy, ``d[m, s, a]``.

    The last of the five norms is ``max_s sum_a |pi|``.
    """
    batch, n, n_actions = d.shape
    M, rest, K, b, x = np.empty((n + 1, n + 1)), np.empty(n), np.empty((n, n)), np.empty(n), np.empty(n)
    for m in range(batch):
        weights, start = pi[m if pi.shape[0] > 1 else 0], mu[m if mu.shape[0] > 1 else 0]
        g = gamma[m if gamma.size > 1 else 0]
        mix(P[m if P.shape[0] > 1 else 0], weights, K)
        size = 0.0
        for s in range(n):
            b[s] = (1.0 - g) * start[s]
            size += abs(b[s])
        norms[m, 1] = size
        norms[m, 0], norms[m, 2], norms[m, 3] = _solve_small(K, b, g, True, x, M, rest)
        largest = 0.0
        for s in range(n):
            total = 0.0
            for a in range(n_actions):
                d[m, s, a] = x[s] * weights[s, a]
                total += abs(weights[s, a])
            largest = max(largest, total)
        norms[m, 4] = largest
