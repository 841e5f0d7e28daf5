"""Apprenticeship learning by linear programming."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iltheory.games.occupancy_programme import best_margin
from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.feature_tables import read_feature_table
from iltheory.measures.features import feature_expectations, feature_rewards
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


@dataclass(frozen=True)
class LPAL:
    """The policy that beats the expert by the most, for the worst weights of the features; on the scale of J.

    Attributes
    ----------
    policy : numbers ``[H, S, A]`` or ``[S, A]``
    weights : numbers ``[k]``, a worst law of features
    margin : number, ``min_i mu(i) - mu_E(i)`` of the policy
    bound : number, ``max_pi w . (mu(pi) - mu_E)`` for these weights: no policy has a larger margin
    gap : number, ``bound - margin``; exactly 0 in rationals
    """

    policy: Numbers
    weights: Numbers
    margin: Numbers
    bound: Numbers
    gap: Numbers


def lpal(mdp: TabularMDP, expert: Any, features: Any = None) -> LPAL:
    """Maximise ``min_i mu(i) - mu_E(i)`` over the occupancies of the model (Syed, Bowling and Schapire 2008, LPAL).

    The linear programme is solved exactly in rationals, elsewhere in floats. It gives one policy, not a mixture, which
    is stationary with a discount; for every reward ``w . f`` with w in the simplex it earns at least ``margin`` more
    than the expert, and ``margin >= 0`` if the expert is a policy of the model. [memory]

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : policy, or ``Trajectories``
    features : numbers ``[S, k]``, ``[S, A, k]`` or ``[H, S, A, k]``; more of each is better; None for one
        feature a state and action (and step)

    Returns
    -------
    LPAL
        Margin and bound are evaluated from the policy and the weights, in the number system of the model.

    Raises
    ------
    InvalidArgument
        If the model, or the expert, is a batch.
    InvalidFeatures
        If the features do not fit the model.
    """
    table, target = read_feature_table(mdp, features), shown_alone(mdp, expert)
    policy, weights = best_margin(mdp, target, table)
    shown = feature_expectations(mdp, target, table)
    margin = ar.amin(feature_expectations(mdp, mdp.occupancy(policy), table) - shown, -1)
    reward = feature_rewards(mdp, table, weights)
    bound = mdp.with_rewards(reward).optimal_value() - ar.sum(weights * shown, -1)
    return LPAL(policy, weights, margin, bound, bound - margin)
