"""Ziebart, Bagnell and Dey 2010: maximum causal entropy is robust, and it is not the maximum entropy of 2008.

Conventions as in :mod:`iltheory.claims.ziebart_2010`. The Gibbs law of 2008 weighs whole trajectories, ``P(tau | s_1) ~
prod_h P_h(s_{h+1} | s_h, a_h) exp(r_h(s_h, a_h))``.
"""

from __future__ import annotations

from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Paper, Tight, assume, claim
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy, SignedStationaryReward, Temperature
from iltheory.claims.occupancy import HALF
from iltheory.claims.tables import task
from iltheory.claims.ziebart_2010 import (
    EXACT,
    Features,
    Weight,
    Weights,
    collected,
    exp_ball,
    log_ball,
    logistic,
    mean_entropy,
    rewarded,
    soft_policy,
    surprise,
    takes_everything,
    undecided,
    without_policy,
    ziebart,
)
from iltheory.measures import cross_entropy, gap, l1_norm, per_step, quantity, soft_optimal_value, trajectory_gibbs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def ziebart_2008(theorem: str) -> Paper:
    """A statement of the paper."""
    title = "Maximum entropy inverse reinforcement learning"
    return Paper("Ziebart, Maas, Bagnell and Dey", 2008, title, theorem)


# Robustness.


def balanced(mdp: TabularMDP, pi: Numbers, other: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """The combination of two features that two policies show alike."""
    axes = (None, None) if mdp.horizon is None else (None, None, None)
    gaps = [per_step(mdp, gap(mdp.with_rewards(f), pi, other))[(..., *axes)] for f in (first, second)]
    return gaps[1] * first - gaps[0] * second


def _three_actions(**end: Any) -> tuple[Any, ...]:
    """One state and three actions, two laws of them, and two features, indicators of the first and the last."""
    mdp = TabularMDP([[[1], [1], [1]]], [[0, 0, 0]], [1], **end)
    ends, middle = ar.asarray([[HALF, 0, HALF]]), ar.asarray([[0, 1, 0]])
    return mdp, ends, middle, ar.asarray([[1, 0, 0]]), ar.asarray([[0, 0, 1]]), ar.asarray(2)


def _even_surprise() -> Any:
    """The balanced feature is 1/2, 0, -1/2; times the weight 2 its partition function is e + 1 + 1/e."""
    return log_ball(exp_ball(1) + 1 + exp_ball(-1))


@claim(
    id="mce-robust",
    source=ziebart("Theorem 4"),
    statement=r"\mathbb{E}_{\pi} f = \mathbb{E}_{\pi'} f \implies \mathbb{E}_{d^\pi} [-\log \pi_\theta] = "
    r"\mathbb{E}_{d^{\pi'}} [-\log \pi_\theta]",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        _three_actions(discount=HALF), lhs=_even_surprise(), rhs=_even_surprise(), note="log(e + 1 + 1/e)"
    ),
    largest=EXACT,
)
def equaliser(
    mdp: DiscountedMDP,
    pi: Policy,
    other: Policy,
    first: SignedStationaryReward,
    second: SignedStationaryReward,
    theta: Weight,
) -> Any:
    """A soft optimum is surprised alike by all policies with the same features: it equalises the adversary's choices.

    ``-log pi_theta = V - theta . f - gamma P V``, and ``V - gamma P V`` has the same mean under all occupancies. The
    feature here is the combination of two that the two policies show alike.
    """
    f = (balanced(mdp, pi, other, first, second),)
    return equal(surprise(mdp, pi, f, (theta,)), surprise(mdp, other, f, (theta,)))


@equaliser.false_variant("whatever their features", counterexample=lambda: _three_actions(discount=HALF))
def equaliser_any(
    mdp: DiscountedMDP,
    pi: Policy,
    other: Policy,
    first: SignedStationaryReward,
    second: SignedStationaryReward,
    theta: Weight,
) -> Any:
    return equal(surprise(mdp, pi, (first,), (theta,)), surprise(mdp, other, (first,), (theta,)))


@equaliser.false_variant("the entropies are the same", counterexample=lambda: _three_actions(discount=HALF))
def equaliser_entropies(
    mdp: DiscountedMDP,
    pi: Policy,
    other: Policy,
    first: SignedStationaryReward,
    second: SignedStationaryReward,
    theta: Weight,
) -> Any:
    return equal(mean_entropy(mdp, pi), mean_entropy(mdp, other))


@claim(
    id="mce-robust.value",
    source=ziebart("Theorem 4"),
    statement=r"\mathbb{E}_{d^\pi} [-\log \pi_\theta] = \bar H(\pi_\theta) + \theta^\top (\mathbb{E}_{\pi_\theta} f - "
    r"\mathbb{E}_\pi f)",
    status=DERIVED_HERE,
    tight=lambda: Tight(undecided(1, discount=HALF), lhs=logistic(), rhs=logistic(), note="log(1 + e) - 1/2"),
    largest=EXACT,
)
def robust_value(mdp: DiscountedMDP, pi: Policy, features: Features, theta: Weights) -> Any:
    """How much a policy surprises the soft optimum depends on its features only; with the same ones, by the entropy.

    The likelihood form of the dual, and no duality gap at ``pi_theta``: the largest surprise over the policies with its
    features is its causal entropy.
    """
    best = soft_policy(mdp, features, theta)
    missing = collected(mdp, best, features, theta) - collected(mdp, pi, features, theta)
    return equal(surprise(mdp, pi, features, theta), mean_entropy(mdp, best) + missing)


@robust_value.false_variant("whatever the features", counterexample=lambda: undecided(1, discount=HALF))
def robust_value_any(mdp: DiscountedMDP, pi: Policy, features: Features, theta: Weights) -> Any:
    return equal(surprise(mdp, pi, features, theta), mean_entropy(mdp, soft_policy(mdp, features, theta)))


@robust_value.false_variant("the features the other way round", counterexample=lambda: undecided(1, discount=HALF))
def robust_value_reversed(mdp: DiscountedMDP, pi: Policy, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, theta)
    missing = collected(mdp, pi, features, theta) - collected(mdp, best, features, theta)
    return equal(surprise(mdp, pi, features, theta), mean_entropy(mdp, best) + missing)


@claim(
    id="mce-robust.minimax",
    source=ziebart("Theorem 4"),
    statement=r"\bar H(\pi_\theta) \le \mathbb{E}_{d^{\pi_\theta}} [-\log \pi] \quad \forall \pi",
    status=FROM_MEMORY,
    assumptions=[Assumption("the policy takes every action in every state", lambda pi: takes_everything(pi))],
    tight=lambda: Tight(undecided(0, discount=HALF), lhs=log_ball(2), rhs=log_ball(2), note="the soft optimum of 0"),
)
def robust_minimax(mdp: DiscountedMDP, pi: Policy, features: Features, theta: Weights) -> Any:
    """No policy is surprised less by the soft optimum than the soft optimum itself: it is a minimax policy.

    Gibbs' inequality in every state. So ``max_rho E_rho[-log pi]`` over the occupancies with its features is at least
    its entropy for every pi, which it attains by the equaliser property.
    """
    best = soft_policy(mdp, features, theta)
    return mean_entropy(mdp, best) <= cross_entropy(mdp, mdp.occupancy(best), pi)


@robust_minimax.false_variant("the entropy of the other policy", counterexample=lambda: undecided(4, discount=HALF))
def robust_minimax_other(mdp: DiscountedMDP, pi: Policy, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, theta)
    return mean_entropy(mdp, pi) <= mean_entropy(mdp, best)


@robust_minimax.false_variant("under the other policy", counterexample=lambda: _sure())
def robust_minimax_under(mdp: DiscountedMDP, pi: Policy, features: Features, theta: Weights) -> Any:
    return mean_entropy(mdp, soft_policy(mdp, features, theta)) <= surprise(mdp, pi, features, theta)


def _sure() -> tuple[Any, ...]:
    """A policy that mostly takes the better action."""
    mdp, _, *rest = undecided(1, discount=HALF)
    return mdp, ar.asarray([[1 - HALF / 8, HALF / 8]]), *rest


# The Gibbs law of trajectories.


@quantity
def disagreement(first: Numbers, second: Numbers) -> Any:
    """Sum of the absolute differences of two policies of a finite horizon."""
    return l1_norm(first - second, axes=3)


def _gamble(theta: Any) -> tuple[Any, ...]:
    """Action 0 stays, action 1 leads to where the feature is 1 or -1 for good, with probability 1/2 each."""
    mdp = TabularMDP(
        [[[1, 0, 0], [0, HALF, HALF]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2], [[0, 0]] * 3, [1, 0, 0], horizon=2
    )
    return mdp, (ar.asarray([[[0, 0], [1, 1], [-1, -1]]]),), (ar.asarray(theta),)


def _staircase() -> tuple[Any, ...]:
    """Action 0 stays in state 0, action 1 leads to state 1 for good, where the feature is 1."""
    mdp = task([[0, 1], [1, 1]], [[0, 0], [0, 0]], horizon=3)
    return mdp, (ar.asarray([[[0, 0], [1, 1]]]),), (ar.asarray(2),)


@claim(
    id="maxent-vs-causal",
    source=ziebart_2008("Deterministic transitions"),
    statement=r"P_h(s'|s,a) \in \{0, 1\} \implies "
    r"\sum_{h,s,a} | \pi_h^{\mathrm{Gibbs}}(a|s) - \pi_{\theta,h}(a|s) | = 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(_staircase(), lhs=0, rhs=0, note="an equality"),
    largest=EXACT,
)
def gibbs_is_causal(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    """Where actions determine outcomes, the Gibbs law of trajectories acts as maximum causal entropy does.

    ``log E exp(V(s')) = E V(s')`` if s' is certain: both have the same backward recursion.
    """
    p = mdp.transitions.dense()
    assume(l1_norm(p * (1 - p), axes=4) <= 0)
    paid = rewarded(mdp, features, theta)
    return equal(disagreement(trajectory_gibbs(paid).policy, paid.soft_optimal(1).policy), 0)


@gibbs_is_causal.false_variant("stochastic transitions", counterexample=lambda: _gamble(3))
def gibbs_is_causal_always(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    paid = rewarded(mdp, features, theta)
    return equal(disagreement(trajectory_gibbs(paid).policy, paid.soft_optimal(1).policy), 0)


@gibbs_is_causal.false_variant("planning with the maximum", counterexample=_staircase)
def gibbs_is_causal_hard(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    paid = rewarded(mdp, features, theta)
    return equal(disagreement(trajectory_gibbs(paid).policy, paid.optimal_policy()), 0)


def _risky(theta: Any) -> TabularMDP:
    """The gamble with rewards of a size, for each instance of a batch."""
    mdp, (feature,), _ = _gamble(0)
    system = ar.system_of(theta)
    scaled: TabularMDP = mdp.to(system).with_rewards(theta[..., None, None, None] * system.convert(feature))
    return scaled


def _hyperbolic(theta: Any) -> Any:
    """``cosh(theta) / (1 + cosh(theta))``."""
    cosh = (ar.exp(theta) + ar.exp(-theta)) / 2
    return cosh / (1 + cosh)


@claim(
    id="maxent-vs-causal.gamble",
    source=ziebart_2008("Non-deterministic path distributions"),
    statement=r"\pi^{\mathrm{Gibbs}}(a_1) = \frac{\cosh \theta}{1 + \cosh \theta}, \quad f(a_0) = 0, \quad "
    r"f(a_1) = \pm 1 \text{ with probability } \tfrac12",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        (3,),
        lhs=_hyperbolic(ar.convert(3, "ball", bits=512)),
        rhs=_hyperbolic(ar.convert(3, "ball", bits=512)),
        note="0.909647 at 3",
    ),
)
def gibbs_gambles(theta: Temperature) -> Any:
    """The Gibbs law takes a fair gamble, the more surely the larger the stakes.

    It weighs the outcomes of the gamble by ``exp(theta)`` and ``exp(-theta)`` as if it could choose: ``cosh(theta)``
    against 1 for staying.
    """
    return equal(ar.wrap(trajectory_gibbs(_risky(theta)).policy[..., 0, 0, 1]), _hyperbolic(theta))


@gibbs_gambles.false_variant("as the causal law, 1/2", counterexample=lambda: (3,))
def gibbs_indifferent(theta: Temperature) -> Any:
    return equal(ar.wrap(trajectory_gibbs(_risky(theta)).policy[..., 0, 0, 1]), HALF)


@gibbs_gambles.false_variant("as if the gain were certain", counterexample=lambda: (3,))
def gibbs_certain(theta: Temperature) -> Any:
    certain = ar.exp(theta) / (1 + ar.exp(theta))
    return equal(ar.wrap(trajectory_gibbs(_risky(theta)).policy[..., 0, 0, 1]), certain)


@claim(
    id="maxent-vs-causal.indifferent",
    source=ziebart("Section 1"),
    statement=r"\pi_\theta(a_1) = \tfrac12, \quad f(a_0) = 0, \quad f(a_1) = \pm 1 \text{ with probability } \tfrac12",
    status=DERIVED_HERE,
    tight=lambda: Tight((3,), lhs=HALF, rhs=HALF, note="at any stakes"),
)
def causal_is_indifferent(theta: Temperature) -> Any:
    """Maximum causal entropy is indifferent to a fair gamble at any stakes.

    Both actions are worth log 2 on average: the second step is free, and the mean of the feature is 0.
    """
    return equal(ar.wrap(_risky(theta).soft_optimal(1).policy[..., 0, 0, 1]), HALF)


@causal_is_indifferent.false_variant("as the Gibbs law", counterexample=lambda: (3,))
def causal_gambles(theta: Temperature) -> Any:
    return equal(ar.wrap(_risky(theta).soft_optimal(1).policy[..., 0, 0, 1]), _hyperbolic(theta))


@causal_is_indifferent.false_variant("averse to it", counterexample=lambda: (3,))
def causal_averse(theta: Temperature) -> Any:
    return equal(ar.wrap(_risky(theta).soft_optimal(1).policy[..., 0, 0, 1]), 1 - _hyperbolic(theta))


@claim(
    id="maxent-vs-causal.optimism",
    source=ziebart_2008("Non-deterministic path distributions"),
    statement=r"\mathbb{E}_\mu \log Z_\theta(s_1) \ge \mathbb{E}_\mu V_{\theta,1}(s_1)",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        without_policy(undecided(1, horizon=2)),
        lhs=2 * log_ball(1 + exp_ball(1)),
        rhs=2 * log_ball(1 + exp_ball(1)),
        note="a certain outcome, twice",
    ),
    largest=EXACT,
)
def optimism(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    """The Gibbs law values every state at least as highly as soft planning does: it hopes for good luck.

    ``log E exp(V) >= E V`` (Jensen), step by step, and ``log sum_a exp`` increases.
    """
    paid = rewarded(mdp, features, theta)
    return ar.wrap(ar.sum(mdp.mu * trajectory_gibbs(paid).v[..., 0, :], -1)) >= soft_optimal_value(paid, 1)


@optimism.false_variant("pessimism", counterexample=lambda: _gamble(3))
def pessimism(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    paid = rewarded(mdp, features, theta)
    return ar.wrap(ar.sum(mdp.mu * trajectory_gibbs(paid).v[..., 0, :], -1)) <= soft_optimal_value(paid, 1)


@optimism.false_variant("by log 2 at least", counterexample=_staircase)
def optimism_by_log_2(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    paid = rewarded(mdp, features, theta)
    worth = soft_optimal_value(paid, 1) + ar.log(mdp.system.convert(2))
    return ar.wrap(ar.sum(mdp.mu * trajectory_gibbs(paid).v[..., 0, :], -1)) >= worth
