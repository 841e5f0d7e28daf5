"""GAN-GCL: guided cost learning as a discriminator of whole trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.demonstrations import Expert, empirical_occupancy, shown_alone
from iltheory.learners.entropy_dual import check_search
from iltheory.measures import path_products, steps, total_variation, trajectory_law
from iltheory.measures.guided_cost import Paths, discriminator_loss, guided_cost_gradient
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

if TYPE_CHECKING:
    from sims.datasets import Trajectories
    from sims.datasets.trajectories import Trajectory

Floats = NDArray[np.float64]

SEARCH_STEPS = 500
"""Steps of the search for a discriminator at most."""


@dataclass(frozen=True)
class GanGcl:
    """Where the discriminator and the sampler end.

    Attributes
    ----------
    policy : numbers ``[H, S, A]``, the sampler: soft-optimal for the reward
    reward : numbers ``[H, S, A]``, with its normaliser absorbed: its sum, less the transitions, is ``log p_E``
    loss : number, ``-E_{p_E} log D - E_pi log(1 - D)`` at the end: ``2 log 2`` if nothing can be told apart
    distance : number, total variation of the laws of trajectories of the policy and of what was shown
    losses : floats, the least loss against each sampler in turn
    converged : whether the last change of the policy was within the tolerance
    """

    policy: Numbers
    reward: Numbers
    loss: Numbers
    distance: Numbers
    losses: Floats
    converged: bool


def gan_gcl(mdp: TabularMDP, expert: Expert, *, iterations: int = 50, tolerance: float = 1e-8) -> GanGcl:
    """Fit the discriminator ``D(tau) = e^f / (e^f + pi(tau))`` of trajectories, and move the sampler to its optimum.

    Finn, Christiano, Abbeel and Levine (2016), section 3 [memory]: the gradient of the discriminator's loss is that of
    maximum-entropy inverse reinforcement learning with a partition function sampled from both policies (claim
    ``gan-gcl``). Each discriminator is the best one against the sampler of its turn, by L-BFGS; the next sampler is the
    soft optimum of its reward at temperature 1. Against any sampler the best f is ``log p_E``. All trajectories are
    enumerated: small models only.

    Parameters
    ----------
    mdp : one model with a horizon, in any number system but ``rational``; its rewards are not used
    expert : a policy, or trajectories, each counting alike; an early end in a terminal state counts as staying there
    iterations : largest number of samplers
    tolerance : largest change of a probability to stop at

    Raises
    ------
    InvalidArgument
        If the model is a batch or has a discount, or an option is out of its range.
    NotRepresentable
        For a ``rational`` model: soft values have logarithms.
    TooManyTrajectories
        If there are more than 10^7 trajectories.
    """
    check_search(mdp, tolerance, iterations)
    floats = mdp.to("float64")
    shown = shown_law(mdp, expert)
    law = np.asarray(ar.midpoint(shown))
    reward = np.zeros((steps(mdp), mdp.n_states, mdp.n_actions))
    sampler, losses, change = np.full_like(reward, 1 / mdp.n_actions), list[float](), np.inf
    while len(losses) < iterations and change > tolerance:
        reward, loss = _fit(floats, law, sampler, reward)
        losses.append(loss)
        moved = np.asarray(floats.with_rewards(reward).soft_optimal(1).policy)
        sampler, change = moved, float(np.abs(moved - sampler).max())
    learnt = mdp.system.convert(reward)
    policy = mdp.with_rewards(learnt).soft_optimal(1).policy
    paths = Paths.beside(mdp, shown, policy, learnt)
    distance = total_variation(shown, paths.sampled)
    return GanGcl(policy, learnt, discriminator_loss(paths), distance, np.array(losses), change <= tolerance)


def _fit(mdp: TabularMDP, shown: Floats, sampler: Floats, start: Floats) -> tuple[Floats, float]:
    """The reward of the best discriminator against a sampler, and its loss."""
    from scipy.optimize import minimize

    def loss_and_gradient(theta: Floats) -> tuple[float, Floats]:
        paths = Paths.beside(mdp, shown, sampler, theta.reshape(start.shape))
        return float(discriminator_loss(paths)), np.asarray(guided_cost_gradient(mdp, paths)).ravel()

    found = minimize(
        loss_and_gradient,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": SEARCH_STEPS, "ftol": 0.0, "gtol": 1e-12, "maxcor": 30},
    )
    return found.x.reshape(start.shape), float(found.fun)


def shown_law(mdp: TabularMDP, expert: Expert) -> Numbers:
    """Law of the trajectory of one expert: exact for a policy, empirical for demonstrations, ``[(S * A)**H]``.

    Raises
    ------
    InvalidArgument
        If the model or the expert is a batch, or the model has no horizon.
    """
    from sims.datasets import Trajectories

    steps(mdp)
    shown_alone(mdp, expert)
    return empirical_trajectory_law(mdp, expert) if isinstance(expert, Trajectories) else trajectory_law(mdp, expert)


def empirical_trajectory_law(mdp: TabularMDP, demos: Trajectories) -> Numbers:
    """Law of the trajectory ``(s_1, a_1, ..., s_H, a_H)`` in demonstrations, ``[(S * A)**H]``, row-major.

    A trajectory that ended in a terminal state stays there, with actions drawn uniformly.

    Raises
    ------
    InvalidDataset
        As :func:`iltheory.learners.demonstrations.empirical_occupancy`.
    """
    laws = [path_products(mdp, empirical_occupancy(mdp, _alone(one))) for one in demos]
    return ar.sum(ar.stack(laws), 0) / len(laws)


def _alone(one: Trajectory) -> Trajectories:
    from sims.datasets import Trajectories

    ends = np.array([one.terminated]), np.array([one.truncated])
    return Trajectories(one.states, one.actions, None, *ends, np.array([0, len(one.actions)]))
