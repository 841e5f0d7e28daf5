"""Compiled loops over CSR matrices in float64 (imports numba: import it inside the function that needs it).

Row s of a policy's kernel is what lies between ``indptr[s A]`` and ``indptr[(s + 1) A]`` of the model,
reweighted, so a kernel shares the model's `indices` wherever the policy gives every action weight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sims.tabular._compile import compiled, compiled_any_order

Floats = NDArray[np.float64]
Weights = NDArray[np.float64] | NDArray[np.float32]
Ints = NDArray[np.int64]
Starts = NDArray[np.uint64]
Columns = NDArray[np.uint32] | NDArray[np.uint64]
"""Unsigned: a signed index would cost a test for counting from the end at every access."""


@compiled_any_order
def _dot(data: Weights, indices: Columns, x: Floats) -> float:
    total = 0.0
    for k in range(data.size):
        total += data[k] * x[indices[k]]
    return total


@compiled_any_order
def _absolute_sum(a: Floats) -> float:
    total = 0.0
    for i in range(a.size):
        total += abs(a[i])
    return total


@compiled
def mix_all(indptr: Starts, data: Floats, pi: Floats, out: Floats) -> None:
    """``out = pi[s, a] * data`` on row ``s A + a``."""
    n_states, n_actions = pi.shape
    for s in range(n_states):
        for a in range(n_actions):
            weight = pi[s, a]
            for k in range(indptr[s * n_actions + a], indptr[s * n_actions + a + 1]):
                out[k] = weight * data[k]


@compiled
def mix_used(
    indptr: Starts, indices: Columns, data: Floats, pi: Floats, out_indices: Columns, out_data: Floats
) -> None:
    """`mix_all` without the rows of weight 0, one after the other."""
    n_states, n_actions = pi.shape
    at = np.uint64(0)
    for s in range(n_states):
        for a in range(n_actions):
            weight = pi[s, a]
            if weight != 0.0:
                low, high = indptr[s * n_actions + a], indptr[s * n_actions + a + 1]
                for k in range(low, high):
                    out_indices[at + (k - low)] = indices[k]
                    out_data[at + (k - low)] = weight * data[k]
                at += high - low


@compiled
def select_rows(
    indptr: Starts,
    indices: Columns,
    data: Floats,
    n_actions: int,
    policy: Ints,
    previous: Ints,
    out_indptr: Starts,
    out_indices: Columns,
    out_data: Floats,
) -> None:
    """Write the row of the action chosen where `policy` left `previous`, filled up with zeros."""
    for s in range(policy.size):
        if policy[s] != previous[s]:
            row = s * n_actions + policy[s]
            low, high, at = indptr[row], indptr[row + 1], out_indptr[s]
            for k in range(low, high):
                out_indices[at + (k - low)] = indices[k]
                out_data[at + (k - low)] = data[k]
            for k in range(at + (high - low), out_indptr[s + 1]):
                out_indices[k] = 0
                out_data[k] = 0.0


@compiled
def row_norms(indptr: Starts, data: Floats) -> tuple[float, float]:
    """Return the smallest and the largest sum of absolute values of a row."""
    smallest, largest = np.inf, 0.0
    for i in range(indptr.size - 1):
        total = _absolute_sum(data[indptr[i] : indptr[i + 1]])
        smallest = min(smallest, total)
        largest = max(largest, total)
        if total != total:
            return total, total
    return smallest, largest


@compiled
def multiply(indptr: Starts, indices: Columns, data: Weights, gamma: float, x: Floats, out: Floats) -> None:
    """``out = gamma K x``."""
    for i in range(out.size):
        low, high = indptr[i], indptr[i + 1]
        out[i] = gamma * _dot(data[low:high], indices[low:high], x)


@compiled
def multiply_transposed(indptr: Starts, indices: Columns, data: Weights, gamma: float, x: Floats, out: Floats) -> None:
    """``out = gamma K^T x``."""
    out[:] = 0.0
    for i in range(x.size):
        weight = gamma * x[i]
        if weight != 0.0:
            for k in range(indptr[i], indptr[i + 1]):
                out[indices[k]] += data[k] * weight


@compiled
def multiply_transposed_bounded(
    indptr: Starts, indices: Columns, data: Floats, gamma: float, x: Floats, out: Floats
) -> float:
    """`multiply_transposed`, returning the sum of all ``|partial sums|``.

    The unit of roundoff times that bounds the l1 norm of the errors of the additions.
    """
    out[:] = 0.0
    partial = 0.0
    for i in range(x.size):
        weight = gamma * x[i]
        if weight != 0.0:
            row = 0.0
            for k in range(indptr[i], indptr[i + 1]):
                j = indices[k]
                total = out[j] + data[k] * weight
                out[j] = total
                row += abs(total)
            partial += row
    return partial


@compiled
def greedy(
    indptr: Starts,
    indices: Columns,
    data: Floats,
    r: Floats,
    gamma: float,
    v: Floats,
    policy: Ints,
    out: Floats,
) -> None:
    """``policy = argmax_a (r + gamma P v)``, the first of equals; ``out`` is that maximum minus `v`."""
    n_states, n_actions = r.shape
    for s in range(n_states):
        best, choice = -np.inf, 0
        for a in range(n_actions):
            low, high = indptr[s * n_actions + a], indptr[s * n_actions + a + 1]
            q = r[s, a] + gamma * _dot(data[low:high], indices[low:high], v)
            # Selections, not a branch: which action wins is what a processor cannot predict.
            choice = a if q > best else choice
            best = q if q > best else best
        policy[s] = choice
        out[s] = best - v[s]


@compiled
def bandwidths(indptr: Starts, indices: Columns, position: Ints) -> tuple[int, int]:
    """Return the largest ``position[row] - position[column]`` over all entries, and of the opposite."""
    below, above = 0, 0
    for i in range(indptr.size - 1):
        for k in range(indptr[i], indptr[i + 1]):
            offset = position[i] - position[indices[k]]
            below = max(below, offset)
            above = max(above, -offset)
    return below, above


@compiled
def band_factor(
    indptr: Starts, indices: Columns, data: Floats, gamma: float, position: Ints, below: int, band: Floats
) -> None:
    """LU without pivoting of ``I - gamma K``, states in the order `position`.

    ``band[i, below + j - i]`` holds entry (i, j).
    """
    n, width = band.shape
    band[:] = 0.0
    for i in range(n):
        row = band[position[i]]
        row[below] += 1.0
        for k in range(indptr[i], indptr[i + 1]):
            row[below + position[indices[k]] - position[i]] -= gamma * data[k]
    above = width - 1 - below
    for k in range(n):
        pivot = band[k, below : below + above + 1]
        inverse = 1.0 / pivot[0]
        for i in range(k + 1, min(n, k + below + 1)):
            start = below + k - i
            factor = band[i, start] * inverse
            if factor != 0.0:
                row = band[i, start : start + above + 1]
                row[0] = factor
                for j in range(1, above + 1):
                    row[j] -= factor * pivot[j]


@compiled
def band_solve(band: Floats, below: int, position: Ints, transpose: bool, b: Floats, x: Floats) -> None:
    """Solve with the factors of `band_factor`; `x` is the answer in the original order."""
    n, width = band.shape
    y = np.empty(n)
    for i in range(n):
        y[position[i]] = b[i]
    if transpose:
        for i in range(n):
            row = band[i]
            y[i] /= row[below]
            for j in range(i + 1, min(n, i + width - below)):
                y[j] -= row[below + j - i] * y[i]
        for i in range(n - 1, -1, -1):
            row = band[i]
            for j in range(max(0, i - below), i):
                y[j] -= row[below + j - i] * y[i]
    else:
        for i in range(n):
            row = band[i]
            total = y[i]
            for j in range(max(0, i - below), i):
                total -= row[below + j - i] * y[j]
            y[i] = total
        for i in range(n - 1, -1, -1):
            row = band[i]
            total = y[i]
            for j in range(i + 1, min(n, i + width - below)):
                total -= row[below + j - i] * y[j]
            y[i] = total / row[below]
    for i in range(n):
        x[i] = y[position[i]]
