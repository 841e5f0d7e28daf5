"""Apprenticeship learning by multiplicative weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.feature_tables import read_feature_table, stack_policies
from iltheory.learners.laws import exact_laws
from iltheory.learners.online import count
from iltheory.measures.features import feature_rewards, mean_features
from iltheory.measures.multiplicative_weights import average_regret, exponential_weights
from iltheory.measures.quantity import per_step, total
from iltheory.measures.sequences import mean, smallest
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular import trajectory_mixture
from sims.tabular.planning import optimal


@dataclass(frozen=True)
class MWAL:
    """What multiplicative weights found in T iterations; margins are on the scale of J.

    Attributes
    ----------
    policy : numbers ``[H, S, A]`` or ``[S, A]``, the policy with the occupancy of the mixture
    policies : numbers ``[T, H, S, A]`` or ``[T, S, A]``, best responses; the mixture draws one a trajectory, uniformly
    weights : numbers ``[T, k]``, the laws of features whose rewards they respond to
    gains : numbers ``[T, k]``, ``G_t(i)`` in [0, 1]
    regret : number, ``(1/T) sum_t w_t . G_t - min_i (1/T) sum_t G_t(i)``
    margin : number, ``min_i mu(i) - mu_E(i)`` of the mixture: what it earns more than the expert for the worst reward
    bound : number, no policy has a larger margin
    """

    policy: Numbers
    policies: Numbers
    weights: Numbers
    gains: Numbers
    regret: Numbers
    margin: Numbers
    bound: Numbers


class Round(NamedTuple):
    """One iteration; means over steps.

    Attributes
    ----------
    weights : numbers ``[..., k]``
    policy : a best response to ``w . f``
    ahead : numbers ``[..., k]``, its features minus the expert's
    gains : numbers ``[..., k]``, ``(ahead + 2) / 4``, in [0, 1] for features in [-1, 1]
    bound : numbers ``[...]``, ``max_pi w . mean_pi f - w . mean_E f``
    """

    weights: Numbers
    policy: Numbers
    ahead: Numbers
    gains: Numbers
    bound: Numbers


def mwal(mdp: TabularMDP, expert: Any, features: Any = None, *, iterations: int) -> MWAL:
    """Play multiplicative weights over features against best responses (Syed and Schapire 2007, MWAL).

    Whatever the weights of the features in the true reward, the mixture of the best responses earns as much more
    than the expert as any policy surely can (at least as much as the expert), up to ``4 Delta_T / (1 - gamma)``, with
    ``Delta_T = sqrt(2 ln k / T) + ln k / T``; with a horizon up to ``4 H Delta_T``. [memory]

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : policy, or ``Trajectories``
    features : numbers ``[S, k]``, ``[S, A, k]`` or ``[H, S, A, k]`` in [-1, 1]; more of each is better; None
        for one feature a state and action (and step)
    iterations : T, at least 1

    Returns
    -------
    MWAL

    Raises
    ------
    InvalidArgument
        If features leave [-1, 1], the model or the expert is a batch, or ``iterations`` is not a positive integer.
    InvalidFeatures
        If the features do not fit the model.
    """
    table = read_feature_table(mdp, features)
    largest = float(np.max(ar.lower(ar.absolute(table))))
    if largest > 1:
        raise InvalidArgument(f"features have absolute values up to {largest:.6g}; divide them by that number.")
    rate = math.log1p(math.sqrt(2 * math.log(table.shape[-1]) / count("iterations", iterations)))

    def weigh(gains: Numbers) -> Numbers:
        return exact_laws(mdp, exponential_weights(ar.midpoint(gains), rate))

    target = mean_features(mdp, shown_alone(mdp, expert), table)
    rounds = list(play(mdp, target, table, iterations=iterations, weigh=weigh))
    policies, weights, gains = ([getattr(r, name) for r in rounds] for name in ("policy", "weights", "gains"))
    return MWAL(
        policy=trajectory_mixture(mdp, policies, [Fraction(1, len(rounds))] * len(rounds)).policy,
        policies=stack_policies(mdp, policies),
        weights=ar.stack(weights),
        gains=ar.stack(gains),
        regret=ar.asarray(average_regret(gains, weights)),
        margin=ar.asarray(total(mdp, ar.amin(mean(r.ahead for r in rounds), -1))),
        bound=ar.asarray(total(mdp, smallest(r.bound for r in rounds))),
    )


def play(
    mdp: TabularMDP, target: Numbers, features: Numbers, *, iterations: int, weigh: Callable[[Numbers], Numbers]
) -> Iterator[Round]:
    """Rounds of the game; batch axes run side by side.

    Parameters
    ----------
    target : numbers ``[..., k]``, mean over steps of the expert's features
    features : numbers ``[..., T, S, A, k]``, or ``[..., S, A, k]`` with a discount
    weigh : from the sum of the gains so far, ``[..., k]``, to weights
    """
    gains = 0 * target
    for _ in range(iterations):
        w = weigh(gains)
        response, v = optimal(mdp.with_rewards(feature_rewards(mdp, features, w)))
        ahead = mean_features(mdp, mdp.occupancy(response), features) - target
        bound = per_step(mdp, ar.sum(mdp.mu * v, -1)) - ar.sum(w * target, -1)
        this = Round(w, response, ahead, (ahead + 2) / 4, bound)
        yield this
        gains = gains + this.gains
