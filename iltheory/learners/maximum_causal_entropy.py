"""Maximum causal entropy inverse reinforcement learning: the least committed policy with the expert's features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from iltheory.learners.demonstrations import Expert, shown_alone
from iltheory.learners.entropy_dual import DualSolution, check_search, minimise_dual
from iltheory.learners.reward_features import read_features
from iltheory.learners.soft_responses import soft_response
from iltheory.measures import per_step
from sims import TabularMDP
from sims import arithmetic as ar


@dataclass(frozen=True)
class MaximumCausalEntropy(DualSolution):
    """A solution of the dual of maximum causal entropy: ``policy`` is the soft optimum of ``reward`` at temperature 1.

    Attributes
    ----------
    theta, reward, policy, dual, feature_error, search : see :class:`~iltheory.learners.entropy_dual.DualSolution`
    """


def maximum_causal_entropy(
    mdp: TabularMDP, expert: Expert, features: object = None, *, tolerance: float = 1e-8, iterations: int = 100
) -> MaximumCausalEntropy:
    """Find the policy of largest causal entropy among those with the expert's expected features.

    Its reward minimises the dual ``g(theta) = V_theta - theta . f_E``, with ``V_theta`` the soft optimal value of the
    reward ``theta . f``, a mean over steps (with a discount ``1 - gamma`` times it), and ``f_E`` the mean features of
    the expert. Minimising g is also maximum likelihood: ``g(theta) = E_E[-log pi_theta]``. The gradient ``E_pi f -
    f_E`` and the products with the Hessian are exact; the search is Newton's method in floats, and what is
    reported is evaluated in the number system of the model. Ziebart, Bagnell and Dey (2010), Modeling interaction
    via the principle of maximum causal entropy; written from memory [memory], the claims ``mce-duality`` and
    ``mce-gradient`` check it.

    Parameters
    ----------
    mdp : one model; its rewards are not used
    expert : a policy, or trajectories
    features : what rewards are linear in, see :func:`iltheory.learners.reward_features.read_features`: None for a
        reward of its own for every (step,) state and action; ``"state-action"`` or ``"state"`` for one that does not
        depend on the step; or numbers ``[S, k]``, ``[S, A, k]`` or ``[H, S, A, k]``
    tolerance : largest feature error to stop at, in units of the features (means over steps)
    iterations : largest number of Newton steps

    Raises
    ------
    InvalidArgument
        If the model is a batch, or an option is out of its range.
    InvalidFeatures
        If the features do not fit the model.
    NotRepresentable
        For a ``rational`` model: soft values have logarithms.
    """
    check_search(mdp, tolerance, iterations)
    f = read_features(mdp, features)
    expected = shown_alone(mdp, expert)
    target = f.expect(expected)
    search = minimise_dual(
        partial(soft_response, mdp.to("float64")),
        f.to(ar.FLOAT64),
        ar.midpoint(expected),
        floor=0.0,
        tolerance=tolerance,
        iterations=iterations,
    )
    theta = mdp.system.convert(search.theta)
    reward = f.rewards(theta)
    best = mdp.with_rewards(reward).soft_optimal(1)
    return MaximumCausalEntropy(
        theta=theta,
        reward=reward,
        policy=best.policy,
        dual=per_step(mdp, best.value) - ar.sum(theta * target, -1),
        feature_error=ar.amax(ar.absolute(f.expect(mdp.occupancy(best.policy)) - target), -1),
        search=search,
    )
