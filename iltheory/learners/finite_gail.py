"""Adversarial imitation with finitely many discriminators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iltheory.games.occupancy_programme import best_margin
from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.feature_tables import read_feature_table
from iltheory.measures.features import feature_rewards, mean_features
from iltheory.measures.quantity import per_step
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


@dataclass(frozen=True)
class FiniteGAIL:
    """The policy closest to what the expert showed, as finitely many discriminators see it.

    Attributes
    ----------
    policy : numbers ``[H, S, A]`` or ``[S, A]``
    discriminator : numbers ``[T, S, A]`` or ``[S, A]``, the best one against the policy, ``sum_i c_i D_i``
    coefficients : numbers ``[k]``, c, with ``|c|_1 <= 1``
    distance : number, ``max_i |E_hat D_i - E_pi D_i|``, means over steps
    bound : number, ``E_hat D - max_pi E_pi D`` for the discriminator D: no policy is closer
    gap : number, ``distance - bound``; exactly 0 in rationals: the epsilon of the minimiser
    """

    policy: Numbers
    discriminator: Numbers
    coefficients: Numbers
    distance: Numbers
    bound: Numbers
    gap: Numbers


def finite_gail(mdp: TabularMDP, expert: Any, discriminators: Any = None) -> FiniteGAIL:
    """Minimise the neural-network distance of Xu, Li and Yu (2020) over policies, for a finite class.

    ``d_D(e, d) = max_i |E_e D_i - E_d D_i|``, the integral probability metric of the class and its negatives, between
    the occupancy shown by the expert, empirical if it is ``Trajectories``, and that of a policy. The game is a linear
    programme over occupancies, solved exactly in rationals, elsewhere in floats. [memory; their learner is any
    approximate minimiser]

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : policy, or ``Trajectories``
    discriminators : numbers ``[S, k]``, ``[S, A, k]`` or ``[H, S, A, k]``; None for one a state and action (and step)

    Returns
    -------
    FiniteGAIL
        Distance and bound are evaluated from the policy and the discriminator, in the number system of the model.

    Raises
    ------
    InvalidArgument
        If the model, or the expert, is a batch.
    InvalidFeatures
        If the discriminators do not fit the model.
    """
    table, target = read_feature_table(mdp, discriminators), shown_alone(mdp, expert)
    k = table.shape[-1]
    policy, weights = best_margin(mdp, target, ar.concatenate([table, -table], axis=-1))
    coefficients = weights[:k] - weights[k:]
    discriminator = feature_rewards(mdp, table, coefficients)
    shown = mean_features(mdp, target, table)
    distance = ar.amax(ar.absolute(shown - mean_features(mdp, mdp.occupancy(policy), table)), -1)
    most = per_step(mdp, mdp.with_rewards(discriminator).optimal_value())
    bound = ar.sum(coefficients * shown, -1) - most
    return FiniteGAIL(policy, discriminator, coefficients, distance, bound, distance - bound)
