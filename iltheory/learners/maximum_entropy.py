"""Maximum entropy inverse reinforcement learning of 2008: a Gibbs law of whole trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.demonstrations import Expert, shown_alone
from iltheory.learners.entropy_dual import DualSolution, check_search, minimise_dual
from iltheory.learners.reward_features import read_features
from iltheory.learners.soft_responses import SoftResponse
from iltheory.measures import gibbs_occupancy, per_step, steps, trajectory_gibbs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MaximumEntropy(DualSolution):
    """The Gibbs law of trajectories with the expert's expected features.

    Attributes
    ----------
    theta, reward, policy, dual, feature_error, search : see :class:`~iltheory.learners.entropy_dual.DualSolution`;
        here ``dual`` is ``E_mu log Z - theta . f_E``
    policy_error : number, the feature error under ``policy`` in the model; larger where transitions are stochastic,
        for the Gibbs law weighs their outcomes as if they could be chosen
    """

    policy_error: Numbers


def maximum_entropy(
    mdp: TabularMDP, expert: Expert, features: object = None, *, tolerance: float = 1e-8, iterations: int = 100
) -> MaximumEntropy:
    """Fit ``P(tau | s_1) ~ prod_h P_h(s_{h+1} | s_h, a_h) exp(theta . f(tau))`` to the expert's expected features.

    Ziebart, Maas, Bagnell and Dey (2008), Maximum entropy inverse reinforcement learning [memory]. For deterministic
    transitions it is maximum causal entropy; otherwise its policy is too sure of outcomes that it cannot choose
    (the claim ``maxent-vs-causal``). The dual ``log Z(theta) - theta . f_E`` is convex, with the gradient taken under
    the Gibbs law, outcomes included.

    Parameters
    ----------
    mdp : one model with a finite horizon; its rewards are not used
    expert, features, tolerance, iterations : as for :func:`maximum_causal_entropy`

    Raises
    ------
    InvalidArgument
        If the model is a batch or has a discount, or an option is out of its range.
    InvalidFeatures
        If the features do not fit the model.
    NotRepresentable
        For a ``rational`` model: partition functions have exponentials.
    """
    check_search(mdp, tolerance, iterations)
    steps(mdp)
    f = read_features(mdp, features)
    expected = shown_alone(mdp, expert)
    target = f.expect(expected)
    floats = mdp.to("float64")
    search = minimise_dual(
        lambda r: _response(floats, r),
        f.to(ar.FLOAT64),
        ar.midpoint(expected),
        floor=_lowest_entropy(floats),
        tolerance=tolerance,
        iterations=iterations,
    )
    theta = mdp.system.convert(search.theta)
    reward = f.rewards(theta)
    paid = mdp.with_rewards(reward)
    law = trajectory_gibbs(paid)
    shown, acted = f.expect(gibbs_occupancy(paid, law)), f.expect(mdp.occupancy(law.policy))
    return MaximumEntropy(
        theta=theta,
        reward=reward,
        policy=law.policy,
        dual=per_step(mdp, ar.sum(mdp.mu * law.v[0], -1)) - ar.sum(theta * target, -1),
        feature_error=ar.amax(ar.absolute(shown - target), -1),
        policy_error=ar.amax(ar.absolute(acted - target), -1),
        search=search,
    )


def _response(mdp: TabularMDP, r: Floats) -> SoftResponse:
    paid = mdp.with_rewards(r)
    with np.errstate(invalid="ignore"):  # a Newton step may go too far for floats: its value, NaN, is no improvement
        law = trajectory_gibbs(paid)
    d = gibbs_occupancy(paid, law)

    def slope(direction: Floats) -> Floats:
        """The logarithms of the laws of actions and of outcomes change by their advantages under the Gibbs law."""
        direction = np.broadcast_to(direction, d.shape)
        v, values, advantages, means = np.zeros(mdp.n_states), [], [], []
        for h in reversed(range(len(d))):
            values.append(v)
            means.append(mdp.transitions.expect(law.tilt[h] * v, h) / law.gain[h])
            q = direction[h] + means[-1]
            v = (law.policy[h] * q).sum(-1)
            advantages.append(q - v[:, None])
        states, changes = np.zeros(mdp.n_states), []
        for h, (later, mean, advantage) in enumerate(zip(values[::-1], means[::-1], advantages[::-1], strict=True)):
            changes.append(states[:, None] * law.policy[h] + d[h] * advantage)
            arriving = mdp.transitions.push(d[h] / law.gain[h], h) * later
            states = (arriving + mdp.transitions.push((changes[-1] - d[h] * mean) / law.gain[h], h)) * law.tilt[h]
        return np.stack(changes)

    return SoftResponse(float(per_step(mdp, mdp.mu @ law.v[0])), law.policy, d, slope)


def _lowest_entropy(mdp: TabularMDP) -> float:
    """A bound from below on the entropies of actions minus the divergences of outcomes from P, a mean over steps."""
    rows = [mdp.transitions.rows(h).probabilities for h in range(mdp.transitions.steps)]
    least = min(float(row[row > 0].min()) for row in rows)
    return log(least) * (steps(mdp) - 1) / steps(mdp)
