"""DAeQuIL: on-policy value moments by no-regret online learning."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from iltheory.learners.demonstrations import Expert
from iltheory.learners.losses import COST
from iltheory.learners.moment_matching import imitated
from iltheory.learners.online import FollowTheRegularizedLeader, OnlineLearner, OnlineRun, count, play
from iltheory.learners.policy_class import FinitePolicies, PolicyClass, TabularPolicies
from iltheory.measures import best_moment, centred, on_policy_mismatch, steps, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument, require


@dataclass(frozen=True, eq=False)
class DAeQuIL:
    """What DAeQuIL found in N iterations.

    Attributes
    ----------
    policy : numbers ``[..., T, S, A]`` with T in {1, H}, the iterate with the smallest loss
    loss : its ``sup_f U3(pi, f)`` over f in [-1, 1]: at most ``class_error + regret``
    run : all iterates with their losses ``l_i(pi_i) = sup_f U3(pi_i, f)``, the class error and the regret
    discriminators : numbers in {-1, 0, 1}, ``[N, ..., H, S, A]``
    """

    policy: Numbers
    loss: Numbers
    run: OnlineRun
    discriminators: Numbers


def daequil(
    mdp: TabularMDP,
    expert: Expert,
    policy_class: PolicyClass | None = None,
    *,
    iterations: int,
    online: OnlineLearner | None = None,
) -> DAeQuIL:
    """Dataset aggregation with the loss of the best discriminator (Swamy et al. 2021, DAeQuIL).

    At iteration i the discriminator answers the policy, ``f_i = argmax_f U3(pi_i, f)``, and an online learner suffers
    ``l_i(pi) = E_{s ~ pi_i}[E_pi f_i - E_{pi_E} f_i]``, a mean over steps that is linear in pi. Since ``l_i(pi_i) =
    sup_f U3(pi_i, f)``, some iterate has ``sup_f U3 <= class_error + regret``, and loses at most ``H_rec T`` times
    that. [text for the algorithm, derived for the constants; see the claims ``swamy-2021-daequil``]

    Parameters
    ----------
    mdp : TabularMDP, horizon H
    expert : policy, which is asked in every state the learner visits; or ``Trajectories``, for which the policy answers
        that they project to (uniform in states they do not show)
    policy_class : where the online learner plays; None for all tabular policies
    iterations : N, at least 1
    online : the online learner; None for follow-the-regularized-leader with entropy and the rate of
        :func:`regret_bound`

    Raises
    ------
    InvalidArgument
        If the model has no horizon, ``iterations`` is not a positive integer, or the online learner does not fit the
        class.
    """
    n, expert_policy = count("iterations", iterations), imitated(mdp, expert)
    policy_class = TabularPolicies() if policy_class is None else policy_class
    require("policy_class", policy_class, PolicyClass, "TabularPolicies()")
    if online is None:
        online = FollowTheRegularizedLeader(_rate(mdp, policy_class, n), "entropic")
    discriminators: list[Numbers] = []

    def observe(i: int, pi: Numbers) -> Numbers:
        f = best_moment(on_policy_mismatch(mdp, expert_policy, pi))
        discriminators.append(f)
        return mdp.state_occupancy(pi)[..., None] * centred(mdp, expert_policy, f)

    run = play(mdp, policy_class, iterations=n, online=online, loss=COST, observe=observe)
    policy, loss = _smallest(run)
    return DAeQuIL(policy, loss, run, together(discriminators))


def _smallest(run: OnlineRun) -> tuple[Numbers, Numbers]:
    """The iterate with the smallest loss, and that loss, instance by instance."""
    best = np.asarray(ar.argmax(-run.losses, 0))
    policy, loss = run.policies[0], run.losses[0]
    for i in range(1, len(run.losses)):
        chosen = best == i
        policy = ar.where(chosen[..., None, None, None], run.policies[i], policy)
        loss = ar.where(chosen, run.losses[i], loss)
    return policy, loss


def regret_bound(mdp: TabularMDP, policy_class: PolicyClass, *, iterations: int) -> float:
    """Bound on DAeQuIL's average regret with its own online learner: ``sqrt(2 C / N)``.

    C is ``S log A`` for all tabular policies and ``log K`` for a list of K. Hedge with rate eta has an average regret
    of at most ``log K / (eta N) + eta range^2 / 8``; the losses of policies have a range of 2, those of actions in a
    state of ``2 d_i(s) / H`` at each step, whose squares sum to at most ``4 / H`` over steps and states.

    Returns
    -------
    float, rounded up
    """
    bound = sqrt(2 * _complexity(mdp, policy_class) / count("iterations", iterations))
    return float(np.nextafter(bound * (1 + 2**-50), np.inf))


def _complexity(mdp: TabularMDP, policy_class: PolicyClass) -> float:
    if isinstance(policy_class, FinitePolicies):
        return log(len(policy_class.policies))
    if isinstance(policy_class, TabularPolicies):
        return mdp.n_states * log(mdp.n_actions)
    raise InvalidArgument(f"no regret bound is known for {type(policy_class).__name__}; give the online learner.")


def _rate(mdp: TabularMDP, policy_class: PolicyClass, iterations: int) -> float:
    rate = sqrt(2 * (_complexity(mdp, policy_class) or 1) / iterations)  # without a choice any rate will do
    varies = isinstance(policy_class, TabularPolicies) and not policy_class.stationary
    return rate * steps(mdp) if varies else rate
