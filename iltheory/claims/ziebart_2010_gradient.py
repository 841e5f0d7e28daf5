"""Ziebart, Bagnell and Dey 2010: the dual of maximum causal entropy is convex, and its gradient is a feature gap.

Conventions as in :mod:`iltheory.claims.ziebart_2010`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.kinds import (
    DiscountedMDP,
    FiniteHorizonMDP,
    Policy,
    SignedReward,
    SignedStationaryReward,
    UnitInterval,
)
from iltheory.claims.occupancy import HALF
from iltheory.claims.ziebart_2010 import (
    EXACT,
    Features,
    Weights,
    collected,
    divergence,
    dual,
    log_ball,
    logistic,
    minus,
    plus,
    soft_policy,
    undecided,
    ziebart,
)
from iltheory.measures import expectation, gamma, gap, per_step, quantity, steps, sum_over_pairs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal
from sims.tabular import at_step


@quantity
def slope(
    mdp: TabularMDP, expert: Numbers, features: Sequence[Numbers], theta: Sequence[Any], step: Sequence[Any]
) -> Any:
    """``step . (E_pi_theta f - f_E)``."""
    best = soft_policy(mdp, features, theta)
    return collected(mdp, best, features, step) - collected(mdp, expert, features, step)


def _shifted(**end: Any) -> tuple[Any, ...]:
    """A feature that is 1 everywhere, with two weights: the dual does not depend on them."""
    return undecided(1, 0, features=((1, 1),), **end)


@claim(
    id="mce-gradient",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta') \ge g(\theta) + (\theta' - \theta)^\top (\mathbb{E}_{\pi_\theta} f - f_E)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_shifted(discount=HALF), lhs=log_ball(2), rhs=log_ball(2), note="a constant moves nothing"),
)
def gradient(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    """The dual is convex, and the feature gap of the soft optimum is its gradient.

    ``V`` is the largest of ``E_pi[theta . f] + H(pi)`` over policies, functions that are linear in theta: a
    supporting line at theta is that of its own soft optimum. g is smooth, so there is no other.
    """
    tangent = dual(mdp, expert, features, theta) + slope(mdp, expert, features, theta, minus(other, theta))
    return dual(mdp, expert, features, other) >= tangent


def _far(**end: Any) -> tuple[Any, ...]:
    """Weights 0 and 4, and the uniform policy."""
    return undecided(0, 4, **end)


@gradient.false_variant("features of the expert minus those of the learner", counterexample=lambda: _far(discount=HALF))
def gradient_sign(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    tangent = dual(mdp, expert, features, theta) - slope(mdp, expert, features, theta, minus(other, theta))
    return dual(mdp, expert, features, other) >= tangent


@gradient.false_variant("the gradient at the other end", counterexample=lambda: undecided(4, 0, discount=HALF))
def gradient_other_end(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    tangent = dual(mdp, expert, features, theta) + slope(mdp, expert, features, other, minus(other, theta))
    return dual(mdp, expert, features, other) >= tangent


@claim(
    id="mce-gradient.finite",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta') \ge g(\theta) + (\theta' - \theta)^\top (\mathbb{E}_{\pi_\theta} f - f_E)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_shifted(horizon=2), lhs=log_ball(2), rhs=log_ball(2), note="a constant moves nothing"),
)
def gradient_finite(mdp: FiniteHorizonMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    """The dual is convex, and the feature gap of the soft optimum is its gradient.

    As with a discount.
    """
    tangent = dual(mdp, expert, features, theta) + slope(mdp, expert, features, theta, minus(other, theta))
    return dual(mdp, expert, features, other) >= tangent


@gradient_finite.false_variant(
    "features of the expert minus those of the learner", counterexample=lambda: _far(horizon=1)
)
def gradient_finite_sign(
    mdp: FiniteHorizonMDP, expert: Policy, features: Features, other: Weights, theta: Weights
) -> Any:
    tangent = dual(mdp, expert, features, theta) - slope(mdp, expert, features, theta, minus(other, theta))
    return dual(mdp, expert, features, other) >= tangent


@gradient_finite.false_variant("a sum over steps", counterexample=lambda: undecided(4, 1, horizon=4))
def gradient_finite_total(
    mdp: FiniteHorizonMDP, expert: Policy, features: Features, other: Weights, theta: Weights
) -> Any:
    rise = slope(mdp, expert, features, theta, minus(other, theta)) * steps(mdp)
    return dual(mdp, expert, features, other) >= dual(mdp, expert, features, theta) + rise


def _bend() -> Any:
    """``log(1 + e) - 1/2 - log 2``."""
    return logistic() - log_ball(2)


@claim(
    id="mce-gradient.bregman",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta') - g(\theta) - (\theta' - \theta)^\top (\mathbb{E}_{\pi_\theta} f - f_E) = "
    r"\mathbb{E}_{s\sim d^{\pi_\theta}} \mathrm{KL}(\pi_\theta(\cdot|s) \,\|\, \pi_{\theta'}(\cdot|s))",
    status=DERIVED_HERE,
    tight=lambda: Tight(undecided(1, 0, discount=HALF), lhs=_bend(), rhs=_bend(), note="log(1 + e) - 1/2 - log 2"),
    largest=EXACT,
)
def bregman(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    """How far the dual lies above its tangent: the divergence of the two soft optima, where the first one goes.

    The likelihood form with ``pi_theta`` for the expert, at ``theta'`` minus at ``theta``. The divergence is of
    second order, so the tangent has the exact gradient, and not negative, so g is convex.
    """
    first, second = (soft_policy(mdp, features, weights) for weights in (theta, other))
    rise = dual(mdp, expert, features, other) - dual(mdp, expert, features, theta)
    above = rise - slope(mdp, expert, features, theta, minus(other, theta))
    return equal(above, divergence(mdp, first, second))


@bregman.false_variant("divergence the wrong way round", counterexample=lambda: undecided(1, 0, discount=HALF))
def bregman_reversed(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    first, second = (soft_policy(mdp, features, weights) for weights in (theta, other))
    rise = dual(mdp, expert, features, other) - dual(mdp, expert, features, theta)
    above = rise - slope(mdp, expert, features, theta, minus(other, theta))
    return equal(above, divergence(mdp, second, first))


def _two_rooms() -> tuple[Any, ...]:
    """The action is the next state; a feature of being in state 1, which takes a step to reach."""
    mdp = TabularMDP([[[1, 0], [0, 1]]] * 2, [[0, 0]] * 2, [1, 0], discount=HALF)
    uniform = ar.asarray([[HALF, HALF]] * 2)
    return mdp, uniform, (ar.asarray([[0, 0], [1, 1]]),), (ar.asarray(0),), (ar.asarray(1),)


@bregman.false_variant("without the slope", counterexample=_two_rooms)
def bregman_without_slope(
    mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights
) -> Any:
    first, second = (soft_policy(mdp, features, weights) for weights in (theta, other))
    rise = dual(mdp, expert, features, other) - dual(mdp, expert, features, theta)
    return equal(rise, divergence(mdp, first, second))


@claim(
    id="mce-gradient.bregman-finite",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta') - g(\theta) - (\theta' - \theta)^\top (\mathbb{E}_{\pi_\theta} f - f_E) = "
    r"\tfrac1H \sum_{h=1}^H \mathbb{E}_{s\sim d_h^{\pi_\theta}} \mathrm{KL}(\pi_{\theta,h}(\cdot|s) \,\|\, "
    r"\pi_{\theta',h}(\cdot|s))",
    status=DERIVED_HERE,
    tight=lambda: Tight(undecided(1, 0, horizon=2), lhs=_bend(), rhs=_bend(), note="log(1 + e) - 1/2 - log 2"),
    largest=EXACT,
)
def bregman_finite(mdp: FiniteHorizonMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    """How far the dual lies above its tangent: the divergence of the two soft optima, where the first one goes.

    As with a discount.
    """
    first, second = (soft_policy(mdp, features, weights) for weights in (theta, other))
    rise = dual(mdp, expert, features, other) - dual(mdp, expert, features, theta)
    above = rise - slope(mdp, expert, features, theta, minus(other, theta))
    return equal(above, divergence(mdp, first, second))


@bregman_finite.false_variant("divergence the wrong way round", counterexample=lambda: undecided(1, 0, horizon=1))
def bregman_finite_reversed(
    mdp: FiniteHorizonMDP, expert: Policy, features: Features, other: Weights, theta: Weights
) -> Any:
    first, second = (soft_policy(mdp, features, weights) for weights in (theta, other))
    rise = dual(mdp, expert, features, other) - dual(mdp, expert, features, theta)
    above = rise - slope(mdp, expert, features, theta, minus(other, theta))
    return equal(above, divergence(mdp, second, first))


@bregman_finite.false_variant("a sum over steps", counterexample=lambda: undecided(1, 0, horizon=2))
def bregman_finite_total(
    mdp: FiniteHorizonMDP, expert: Policy, features: Features, other: Weights, theta: Weights
) -> Any:
    first, second = (soft_policy(mdp, features, weights) for weights in (theta, other))
    rise = dual(mdp, expert, features, other) - dual(mdp, expert, features, theta)
    above = rise - slope(mdp, expert, features, theta, minus(other, theta))
    return equal(above, divergence(mdp, first, second) * steps(mdp))


@claim(
    id="mce-gradient.convex",
    source=ziebart("Theorem 3"),
    statement=r"g\left(\tfrac12 (\theta + \theta')\right) \le \tfrac12 g(\theta) + \tfrac12 g(\theta')",
    status=FROM_MEMORY,
    tight=lambda: Tight(_shifted(discount=HALF), lhs=log_ball(2), rhs=log_ball(2), note="a constant moves nothing"),
)
def convex(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    """The dual is convex in the weights.

    A largest value of functions that are linear in them.
    """
    middle = [weight / 2 for weight in plus(other, theta)]
    ends = dual(mdp, expert, features, other) + dual(mdp, expert, features, theta)
    return dual(mdp, expert, features, middle) <= ends / 2


@convex.false_variant("concave", counterexample=lambda: undecided(1, -1, discount=HALF))
def concave(mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights) -> Any:
    middle = [weight / 2 for weight in plus(other, theta)]
    ends = dual(mdp, expert, features, other) + dual(mdp, expert, features, theta)
    return dual(mdp, expert, features, middle) >= ends / 2


@convex.false_variant("below the smaller end", counterexample=lambda: undecided(1, 0, discount=HALF))
def below_the_smaller_end(
    mdp: DiscountedMDP, expert: Policy, features: Features, other: Weights, theta: Weights
) -> Any:
    middle = [weight / 2 for weight in plus(other, theta)]
    ends = ar.minimum(dual(mdp, expert, features, other), dual(mdp, expert, features, theta))
    return dual(mdp, expert, features, middle) <= ends


# The Hessian.


def _gains(mdp: TabularMDP, pi: Numbers, u: Numbers) -> Numbers:
    """Advantages of a policy for the rewards u: how the logarithm of a soft optimum changes with its reward."""
    return mdp.with_rewards(u).advantage(pi)


def occupancy_slope(mdp: TabularMDP, pi: Numbers, u: Numbers) -> Numbers:
    """How the occupancy changes as ``log pi`` moves by the advantages for u, ``[..., H, S, A]``."""
    source = mdp.occupancy(pi) * _gains(mdp, pi, u)
    states, changes = 0 * mdp.mu, []
    for h in range(steps(mdp)):
        changes.append(states[..., None] * at_step(mdp.policy(pi), h) + source[..., h, :, :])
        states = mdp.transitions.push(changes[-1], h)
    return ar.stack(changes, axis=-3)


def _coin(**end: Any) -> tuple[Any, ...]:
    mdp, uniform, (feature,), _ = undecided(0, **end)
    return mdp, uniform, ar.broadcast_to(feature, uniform.shape)


@claim(
    id="mce-gradient.hessian",
    source=ziebart("Theorem 3"),
    statement=r"\langle \tfrac{d}{dt} d^{\pi_{\theta + tu}}, u^\top f \rangle = \sum_{h=1}^H "
    r"\mathbb{E}_{s\sim d_h^\pi} \mathrm{Var}_{a\sim\pi_h(\cdot|s)} [Q_h^u(s,a)], \quad "
    r"\tfrac{d}{dt} \log \pi_{\theta + tu} = Q^u - V^u",
    status=FROM_MEMORY,
    tight=lambda: Tight(_coin(horizon=2), lhs=HALF, rhs=HALF, note="the variance of a coin, twice"),
)
def hessian(mdp: FiniteHorizonMDP, pi: Policy, u: SignedReward) -> Any:
    """The Hessian of the dual is the expected covariance of the action values of the features: it is nonnegative.

    The soft values of ``theta + tu`` change by the values ``Q^u`` of the rewards ``u = u . f`` under pi, so
    ``log pi`` changes by the advantages. By the policy-gradient theorem ``<d', u> = E_d sum_a pi (Q - V) Q``, which is
    the variance. True of every policy whose logarithm moves that way, soft optimum or not.
    """
    q = mdp.with_rewards(u).q(pi)
    variance = ar.sum(pi * q**2, -1) - ar.sum(pi * q, -1) ** 2
    return equal(sum_over_pairs(mdp, occupancy_slope(mdp, pi, u) * u), expectation(mdp, pi, variance) * steps(mdp))


@hessian.false_variant("second moments", counterexample=lambda: _coin(horizon=1))
def hessian_second_moments(mdp: FiniteHorizonMDP, pi: Policy, u: SignedReward) -> Any:
    second = ar.sum(pi * mdp.with_rewards(u).q(pi) ** 2, -1)
    return equal(sum_over_pairs(mdp, occupancy_slope(mdp, pi, u) * u), expectation(mdp, pi, second) * steps(mdp))


def _leading() -> tuple[Any, ...]:
    """The action is the next state, a coin picks it, and state 1 pays 1."""
    mdp = TabularMDP([[[1, 0], [0, 1]]] * 2, [[0, 0]] * 2, [1, 0], horizon=2)
    return mdp, ar.asarray([[[HALF, HALF]] * 2] * 2), ar.asarray([[[0, 0], [1, 1]]] * 2)


@hessian.false_variant("variance of the features alone", counterexample=_leading)
def hessian_features(mdp: FiniteHorizonMDP, pi: Policy, u: SignedReward) -> Any:
    variance = ar.sum(pi * u**2, -1) - ar.sum(pi * u, -1) ** 2
    return equal(sum_over_pairs(mdp, occupancy_slope(mdp, pi, u) * u), expectation(mdp, pi, variance) * steps(mdp))


def _moved(mdp: TabularMDP, pi: Numbers, u: Numbers, weight: Any) -> tuple[Numbers, Numbers]:
    """``t = (1 - gamma) w / 2``, so small that ``pi (1 + t A)`` is a policy, and that policy."""
    t = (1 - gamma(mdp)) * weight / 2
    return t, pi * (1 + t[..., None, None] * _gains(mdp, pi, u))


def _gained(mdp: TabularMDP, pi: Numbers, moved: Numbers, u: Numbers) -> Any:
    return per_step(mdp, gap(mdp.with_rewards(u), moved, pi))


def _weighed(instance: tuple[Any, ...]) -> tuple[Any, ...]:
    return *instance, ar.asarray(1)


@claim(
    id="mce-gradient.hessian-discounted",
    source=ziebart("Theorem 3"),
    statement=r"\mathbb{E}_{\pi_t} u - \mathbb{E}_\pi u = t\, \mathbb{E}_{s\sim d^{\pi_t}} "
    r"\mathrm{Var}_{a\sim\pi(\cdot|s)} [Q^u(s,a)], \quad \pi_t = \pi\,(1 + t\,(Q^u - V^u))",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _weighed(_coin(discount=HALF)), lhs=HALF / 8, rhs=HALF / 8, note="t = 1/4, and the variance of a coin"
    ),
)
def hessian_discounted(mdp: DiscountedMDP, pi: Policy, u: SignedStationaryReward, weight: UnitInterval) -> Any:
    """The Hessian of the dual is the expected covariance of the action values of the features: it is nonnegative.

    ``pi_t`` moves as a soft optimum does when its reward moves by ``t u``, to first order; divide by t and let it
    vanish. Without a limit: by the performance difference lemma the gain is ``E_{d^pi_t} sum_a pi_t A``, and ``sum_a
    pi A = 0`` leaves ``t sum_a pi A^2``.
    """
    t, moved = _moved(mdp, pi, u, weight)
    variance = ar.sum(pi * _gains(mdp, pi, u) ** 2, -1)
    return equal(_gained(mdp, pi, moved, u), t * expectation(mdp, moved, variance))


@hessian_discounted.false_variant("second moments", counterexample=lambda: _weighed(_coin(discount=HALF)))
def hessian_discounted_second_moments(
    mdp: DiscountedMDP, pi: Policy, u: SignedStationaryReward, weight: UnitInterval
) -> Any:
    t, moved = _moved(mdp, pi, u, weight)
    second = ar.sum(pi * mdp.with_rewards(u).q(pi) ** 2, -1)
    return equal(_gained(mdp, pi, moved, u), t * expectation(mdp, moved, second))


@hessian_discounted.false_variant("variance of the features alone", counterexample=lambda: _weighed(_led()))
def hessian_discounted_features(mdp: DiscountedMDP, pi: Policy, u: SignedStationaryReward, weight: UnitInterval) -> Any:
    t, moved = _moved(mdp, pi, u, weight)
    variance = ar.sum(pi * u**2, -1) - ar.sum(pi * u, -1) ** 2
    return equal(_gained(mdp, pi, moved, u), t * expectation(mdp, moved, variance))


def _led() -> tuple[Any, ...]:
    mdp, pi, u = _leading()
    return mdp.with_end(discount=HALF), pi[0], u[0]
