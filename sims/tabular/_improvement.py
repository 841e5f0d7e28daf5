"""Policy improvement until the Bellman residual certifies the value; dense and sparse models share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sims.tabular._refine import (
    Correction,
    Floats,
    Ints,
    error_bound,
    residual_target,
    rounding_bound,
    sup_norm,
)

MAX_ROUNDS = 1000

GREEDY_ONLY = 0.1
"""While more than this share of the actions still changes, evaluating a policy costs more than it brings."""


class Optimal(NamedTuple):
    """An optimal policy and value.

    Attributes
    ----------
    policy : ints (S,)
        Greedy for `value`, the first of equal actions; its own value is within `error` of `value` too, so it
        is within ``2 * error`` of optimal in every state.
    value : floats (S,)
    error : float
        Upper bound on ``max_s |value - v*|``.
    """

    policy: Ints
    value: Floats
    error: float


def improve(
    greedy: Callable[[Floats], tuple[Ints, Floats]],
    corrections: Callable[[Ints, float], list[Correction]],
    r: Floats,
    gamma: float,
    row_norm: Floats,
    roundings: int,
    tolerance: float,
    *,
    stochastic: bool,
) -> Optimal:
    """Modified policy iteration (Puterman and Shin, 1978) until the Bellman residual is small.

    Parameters
    ----------
    greedy : callable
        From v to the greedy policy and ``max_a (r + gamma P v) - v``.
    corrections : callable
        From a policy, and the factor by which it pays to lower its residual, to ways of solving its equation
        for a given residual, fastest first. A way that gives up is not tried again: slow mixing is a property
        of the model more than of the policy.
    row_norm : float
        Upper bound on the sums of rows of P.
    roundings : int
        How many roundings a term of ``r + gamma P v - v`` meets.
    """
    size = sup_norm(r)
    error_bound(size, 0.0, gamma, row_norm)  # raises where no bound is possible
    v = np.zeros(r.shape[0])
    policy, rest = r.argmax(1), r.max(1)
    target = residual_target(tolerance, gamma, size)
    norm, before, changed, level = sup_norm(rest), np.inf, 1.0, 0
    rounding = rounding_bound(roundings, len(v) + 2, gamma, row_norm, size, 0.0)
    for _ in range(MAX_ROUNDS):
        if not norm > target or (norm <= rounding and norm > before / 2):
            break
        # The next policy will differ in some share of the states; precision below that share of the residual
        # is wasted on this one. Where residuals hardly fall, evaluation has to do the work instead.
        reduction = changed if norm < before / 2 else changed / 10
        step: Floats | None = None
        if reduction > GREEDY_ONLY:
            step = rest + (gamma / (1.0 - gamma) * float(rest.min() + rest.max()) / 2 if stochastic else 0.0)
        else:
            ways = corrections(policy, reduction)
            while step is None and level < len(ways):
                step = ways[level](rest, target)
                level += step is None
            if step is None:
                break
        v = v + step
        previous = policy
        policy, rest = greedy(v)
        changed = float(np.mean(policy != previous))
        before, norm = norm, sup_norm(rest)
        rounding = rounding_bound(roundings, len(v) + 2, gamma, row_norm, size, sup_norm(v))
    return Optimal(policy, v, float(error_bound(norm, rounding, gamma, row_norm)))
