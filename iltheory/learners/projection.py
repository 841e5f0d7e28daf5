"""Apprenticeship learning by projection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from iltheory.learners.feature_tables import read_feature_table, shown_features, stack_policies
from iltheory.learners.online import count
from iltheory.learners.policy_class import number
from iltheory.measures.features import feature_expectations, feature_rewards, squared_norm
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray, System
from sims.errors import InvalidArgument
from sims.tabular import trajectory_mixture

STEP_BITS = 20
"""Step sizes are multiples of ``2**-20``: exact mixtures stay short, and ``t_n^2`` exceeds that of the exact step by at
most ``2**-42 |mu_n - mubar|^2``."""


@dataclass(frozen=True)
class Projection:
    """What the projection algorithm found in n iterations.

    Attributes
    ----------
    policy : numbers ``[H, S, A]`` or ``[S, A]``, the policy with the occupancy of the mixture
    policies : numbers ``[n + 1, H, S, A]`` or ``[n + 1, S, A]``: the start, then best responses
    mixture : numbers ``[n + 1]``, probability of each policy; drawn once a trajectory they have ``mubar_n``
    weights : numbers ``[n, k]``, the rewards ``w = mu_E - mubar`` the policies respond to
    squared_distances : numbers ``[n + 1]``, ``t_i^2 = |mu_E - mubar_i|^2``, on the scale of J
    """

    policy: Numbers
    policies: Numbers
    mixture: Numbers
    weights: Numbers
    squared_distances: Numbers


class Step(NamedTuple):
    """One iteration: the weights w, the best response, how far to move to it, and ``t^2`` after that."""

    weights: Numbers
    policy: Numbers
    size: Numbers
    squared_distance: Numbers


def projection(
    mdp: TabularMDP, expert: Any, features: Any = None, *, iterations: int, start: Any = None, tolerance: Any = 0
) -> Projection:
    """Match the expert's feature expectations, one best response at a time (Abbeel and Ng 2004, section 3.1).

    Each new policy is optimal for the reward ``(mu_E - mubar) . f``; ``mubar`` then moves to the point nearest to
    ``mu_E`` on the way to the new policy's feature expectations. With features in [0, 1]^k, ``t_n <= sqrt(k / (n +
    1)) / (1 - gamma)`` after n iterations, or ``H sqrt(k / (n + 1))``. [memory; the rate derived]

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : policy, or ``Trajectories``
    features : numbers ``[S, k]``, ``[S, A, k]`` or ``[H, S, A, k]``; None for one feature a state and action (and step)
    iterations : most iterations, at least 1
    start : policy to begin with; None for the uniform one
    tolerance : stop as soon as ``t_n`` is certainly no larger, on the scale of J

    Returns
    -------
    Projection

    Raises
    ------
    InvalidArgument
        If the model, the expert or the start is a batch, or an option is out of its range.
    InvalidFeatures
        If the features do not fit the model.
    """
    table = read_feature_table(mdp, features)
    target, close = shown_features(mdp, expert, table), number(mdp, "tolerance", tolerance)
    if ar.compare(close, ">=", 0) != 1:
        raise InvalidArgument(f"tolerance={tolerance} must not be negative.")
    if start is None:
        start = ar.broadcast_to(mdp.system.convert(Fraction(1, mdp.n_actions)), (mdp.n_states, mdp.n_actions))
    first = mdp.policy(start)
    if first.ndim > (2 if mdp.horizon is None else 3):
        raise InvalidArgument(f"start has shape {tuple(first.shape)}, a batch of policies; give one of them.")
    distances = [squared_norm(target - feature_expectations(mdp, mdp.occupancy(first), table))]
    most, run, steps = count("iterations", iterations), projections(mdp, target, table, first), list[Step]()
    while len(steps) < most and ar.compare(distances[-1], "<=", close * close) != 1:
        steps.append(next(run))
        distances.append(steps[-1].squared_distance)
    policies = [first, *(step.policy for step in steps)]
    mixture = mixing_weights([step.size for step in steps], mdp.system)
    shape = (len(steps), table.shape[-1])
    return Projection(
        policy=trajectory_mixture(mdp, policies, list(mixture)).policy,
        policies=stack_policies(mdp, policies),
        mixture=mixture,
        weights=ar.reshape(ar.stack([step.weights for step in steps]), shape) if steps else ar.zeros(shape, mdp.system),
        squared_distances=ar.asarray(ar.stack(distances)),
    )


def projections(mdp: TabularMDP, target: Numbers, features: Numbers, start: Any) -> Iterator[Step]:
    """Iterations towards given feature expectations, without end; batch axes run side by side.

    Parameters
    ----------
    target : numbers ``[..., k]``, on the scale of J
    features : numbers ``[..., T, S, A, k]``, or ``[..., S, A, k]`` with a discount
    start : policy
    """
    reached = feature_expectations(mdp, mdp.occupancy(start), features)
    while True:
        w = target - reached
        response = mdp.with_rewards(feature_rewards(mdp, features, w)).optimal_policy()
        towards = feature_expectations(mdp, mdp.occupancy(response), features) - reached
        size = nearest_step(w, towards)
        reached = reached + size[..., None] * towards
        yield Step(w, response, size, squared_norm(target - reached))


def nearest_step(w: Numbers, towards: Numbers) -> Numbers:
    """The s in [0, 1] with ``s * towards`` nearest to w, by midpoints, as a multiple of ``2**-20``."""
    along, length = (ar.midpoint(ar.sum(towards * x, -1)) for x in (w, towards))
    share = np.divide(along, length, out=np.zeros_like(along), where=length > 0)
    steps = np.rint(np.clip(share, 0, 1) * 2**STEP_BITS).astype(np.int64)
    return ar.system_of(w).convert(RationalArray(steps, 2**STEP_BITS))


def mixing_weights(sizes: list[Numbers], system: System) -> Numbers:
    """Weights ``[n + 1]`` of the points that steps of given sizes move between, the first point first."""
    weights = [system.convert(1)]
    for size in sizes:
        weights = [*(weight * (1 - size) for weight in weights), size]
    return ar.stack(weights)
