"""Features of state and action: what a policy shows of them, and rewards that are linear in them.

Features are numbers ``[..., T, S, A, k]`` with T in {1, H}, or ``[..., S, A, k]`` with a discount.
"""

from __future__ import annotations

from typing import Any

from iltheory.measures.quantity import gamma, quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def feature_rewards(mdp: TabularMDP, features: Numbers, weights: Any) -> Numbers:
    """Rewards ``w . f`` for weights ``[..., k]``: numbers ``[..., T, S, A]``, or ``[..., S, A]`` with a discount."""
    table = (None, None) if mdp.horizon is None else (None, None, None)
    return ar.sum(features * weights[(..., *table, slice(None))], -1)


def mean_features(mdp: TabularMDP, occupancy: Numbers, features: Numbers) -> Numbers:
    """Mean over steps of the expected features, ``[..., k]``.

    Parameters
    ----------
    occupancy : normalised, ``[..., H, S, A]`` or ``[..., S, A]``
    """
    expected = occupancy[..., None] * features
    if mdp.horizon is None:
        return ar.sum(expected, (-3, -2))
    return ar.sum(expected, (-4, -3, -2)) / mdp.horizon


def feature_expectations(mdp: TabularMDP, occupancy: Numbers, features: Numbers) -> Numbers:
    """Feature expectations on the scale of J, ``[..., k]``, so that the reward ``w . f`` earns ``J = w . mu``.

    ``mu = E sum_h f_h(s_h, a_h)``, or ``E sum_t gamma^t f(s_t, a_t)`` (Abbeel and Ng 2004). The arguments are those
    of :func:`mean_features`.
    """
    mean = mean_features(mdp, occupancy, features)
    return mean * mdp.horizon if mdp.horizon is not None else mean / (1 - gamma(mdp)[..., None])


@quantity
def squared_norm(x: Numbers) -> Numbers:
    """Sum of squares over the last axis."""
    return ar.sum(x * x, -1)
