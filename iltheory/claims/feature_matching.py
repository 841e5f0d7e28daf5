"""Matching feature expectations: what linear rewards can tell apart (Abbeel and Ng 2004; Hölder's inequality).

Rewards are ``r = w . f``, and ``mu(pi)`` is the vector of feature expectations on the scale of J.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import FROM_MEMORY, Paper, Tight, claim
from iltheory.claims.feature_kinds import FeatureWeights, SignedFeatures, feature_table
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy
from iltheory.claims.tables import playing, task
from iltheory.measures import feature_expectations, feature_rewards, gap, l1_norm, per_step, quantity, squared_norm
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)


def abbeel_ng(theorem: str = "") -> Paper:
    """A theorem of the paper."""
    return Paper("Abbeel and Ng", 2004, "Apprenticeship learning via inverse reinforcement learning", theorem)


def shown(mdp: TabularMDP, features: tuple[Any, ...], pi: Any) -> Numbers:
    """``mu(pi)``, numbers ``[..., k]``."""
    return feature_expectations(mdp, mdp.occupancy(pi), feature_table(features))


def paying(mdp: TabularMDP, features: tuple[Any, ...], weights: Any) -> TabularMDP:
    """The model with rewards ``w . f``."""
    return mdp.with_rewards(feature_rewards(mdp, feature_table(features), weights))


def apart(mdp: TabularMDP, features: tuple[Any, ...], pi: Any, other: Any) -> Numbers:
    """``mu(pi) - mu(pi')``, numbers ``[..., k]``."""
    return shown(mdp, features, pi) - shown(mdp, features, other)


@quantity
def earned_more(mdp: TabularMDP, features: tuple[Any, ...], weights: Any, pi: Any, other: Any) -> Numbers:
    """``|J(pi) - J(pi')|`` for the rewards ``w . f``."""
    return ar.absolute(gap(paying(mdp, features, weights), pi, other))


@quantity
def max_norm(x: Numbers) -> Numbers:
    """Largest absolute value over the last axis."""
    return ar.amax(ar.absolute(x), -1)


def choices(n: int, **end: Any) -> TabularMDP:
    """One state with n actions."""
    mdp = task([[0] * n], [[0] * n], horizon=1)
    return mdp.with_end(**end)


def indicators(n: int) -> tuple[Numbers, ...]:
    """In one state, one feature for each of n actions."""
    return tuple(ar.asarray(row[None]) for row in np.eye(n, dtype=np.int64))


def opposite(**end: Any) -> tuple[Any, ...]:
    """Two policies that take two actions, and rewards 1 and -1 for them."""
    mdp, features = choices(2, **end), indicators(2)
    if mdp.horizon is not None:
        features = tuple(ar.broadcast_to(f, (mdp.horizon, 1, 2)) for f in features)
    return mdp, features, ar.asarray([1, -1]), playing(0), playing(1)


def _tight(side: int, **end: Any) -> Tight:
    return Tight(opposite(**end), lhs=side, rhs=side, note="mu - mu' is a multiple of w, and of vectors of signs")


def _discounted() -> tuple[Any, ...]:
    return opposite(discount=HALF)


@claim(
    id="feature-matching",
    source=abbeel_ng("Section 3"),
    statement=r"r = w \cdot f: \quad (J(\pi) - J(\pi'))^2 \le \|w\|_2^2\, \|\mu(\pi) - \mu(\pi')\|_2^2",
    status=FROM_MEMORY,
    tight=lambda: _tight(16, discount=HALF),
)
def euclidean(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy) -> Any:
    """Policies with nearly the same feature expectations earn nearly the same, for every reward that is linear in them.

    ``J(pi) = w . mu(pi)``; then the inequality of Cauchy and Schwarz, here squared.
    """
    bound = squared_norm(weights) * squared_norm(apart(mdp, features, pi, other))
    return earned_more(mdp, features, weights, pi, other) ** 2 <= bound


@euclidean.false_variant("the largest difference", counterexample=_discounted)
def euclidean_max(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    bound = squared_norm(weights) * max_norm(apart(mdp, features, pi, other)) ** 2
    return earned_more(mdp, features, weights, pi, other) ** 2 <= bound


@euclidean.false_variant("normalised expectations", counterexample=_discounted)
def euclidean_normalised(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    distance = per_step(mdp, per_step(mdp, squared_norm(apart(mdp, features, pi, other))))
    return earned_more(mdp, features, weights, pi, other) ** 2 <= squared_norm(weights) * distance


@claim(
    id="feature-matching.linear",
    source=abbeel_ng("Section 2"),
    statement=r"r = w \cdot f: \quad J(\pi) = w \cdot \mu(\pi)",
    status=FROM_MEMORY,
    tight=lambda: Tight(opposite(discount=HALF)[:4], lhs=2, rhs=2, note="1 + 1/2 + 1/4 + ..."),
)
def linear(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy) -> Any:
    """Values are linear in feature expectations.

    Expectations are linear. The left-hand side is a value function, the right-hand side comes from the occupancy.
    """
    value = paying(mdp, features, weights).value(pi)
    return equal(ar.wrap(value), ar.sum(weights * shown(mdp, features, pi), -1))


@linear.false_variant("normalised expectations", counterexample=lambda: opposite(discount=HALF)[:4])
def linear_normalised(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy) -> Any:
    value = paying(mdp, features, weights).value(pi)
    return equal(ar.wrap(value), per_step(mdp, ar.sum(weights * shown(mdp, features, pi), -1)))


@linear.false_variant("for all weights at once", counterexample=lambda: opposite(discount=HALF)[:4])
def linear_unweighted(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy) -> Any:
    value = paying(mdp, features, weights).value(pi)
    return equal(ar.wrap(value), ar.amin(shown(mdp, features, pi), -1))


@claim(
    id="feature-matching.max",
    source=abbeel_ng("Section 3"),
    statement=r"|J(\pi) - J(\pi')| \le \|w\|_1\, \|\mu(\pi) - \mu(\pi')\|_\infty",
    status=FROM_MEMORY,
    tight=lambda: _tight(4, discount=HALF),
)
def supremum(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy) -> Any:
    """Rewards that mix the features cannot tell more than the most telling feature.

    Hölder's inequality with exponents 1 and infinity.
    """
    bound = l1_norm(weights, axes=1) * max_norm(apart(mdp, features, pi, other))
    return earned_more(mdp, features, weights, pi, other) <= bound


@supremum.false_variant("the largest weight", counterexample=_discounted)
def supremum_max(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    bound = max_norm(weights) * max_norm(apart(mdp, features, pi, other))
    return earned_more(mdp, features, weights, pi, other) <= bound


@supremum.false_variant("normalised expectations", counterexample=_discounted)
def supremum_normalised(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    distance = per_step(mdp, max_norm(apart(mdp, features, pi, other)))
    return earned_more(mdp, features, weights, pi, other) <= l1_norm(weights, axes=1) * distance


@claim(
    id="feature-matching.sum",
    source=abbeel_ng("Section 3"),
    statement=r"|J(\pi) - J(\pi')| \le \|w\|_\infty\, \|\mu(\pi) - \mu(\pi')\|_1",
    status=FROM_MEMORY,
    tight=lambda: _tight(4, discount=HALF),
)
def summed(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy) -> Any:
    """Rewards with bounded weights cannot tell more than all features together.

    Hölder's inequality with exponents infinity and 1.
    """
    bound = max_norm(weights) * l1_norm(apart(mdp, features, pi, other), axes=1)
    return earned_more(mdp, features, weights, pi, other) <= bound


@summed.false_variant("half the sum", counterexample=_discounted)
def summed_half(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    bound = max_norm(weights) * l1_norm(apart(mdp, features, pi, other), axes=1) / 2
    return earned_more(mdp, features, weights, pi, other) <= bound


@summed.false_variant("normalised expectations", counterexample=_discounted)
def summed_normalised(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    distance = per_step(mdp, l1_norm(apart(mdp, features, pi, other), axes=1))
    return earned_more(mdp, features, weights, pi, other) <= max_norm(weights) * distance


@claim(
    id="feature-matching.finite",
    source=abbeel_ng("Section 3"),
    statement=r"r_h = w \cdot f_h: \quad (J(\pi) - J(\pi'))^2 \le \|w\|_2^2\, \|\mu(\pi) - \mu(\pi')\|_2^2",
    status=FROM_MEMORY,
    tight=lambda: _tight(36, horizon=3),
)
def finite(mdp: FiniteHorizonMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy) -> Any:
    """The same with a finite horizon and features that may vary with the step.

    ``J(pi) = w . mu(pi)`` with ``mu(pi) = E sum_h f_h(s_h, a_h)``; Cauchy and Schwarz, squared.
    """
    bound = squared_norm(weights) * squared_norm(apart(mdp, features, pi, other))
    return earned_more(mdp, features, weights, pi, other) ** 2 <= bound


@finite.false_variant("the largest difference", counterexample=lambda: opposite(horizon=2))
def finite_max(
    mdp: FiniteHorizonMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    bound = squared_norm(weights) * max_norm(apart(mdp, features, pi, other)) ** 2
    return earned_more(mdp, features, weights, pi, other) ** 2 <= bound


@finite.false_variant("means over steps", counterexample=lambda: opposite(horizon=2))
def finite_mean(
    mdp: FiniteHorizonMDP, features: SignedFeatures, weights: FeatureWeights, pi: Policy, other: Policy
) -> Any:
    distance = per_step(mdp, squared_norm(apart(mdp, features, pi, other)))
    return earned_more(mdp, features, weights, pi, other) ** 2 <= squared_norm(weights) * distance
