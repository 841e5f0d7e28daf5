"""Ho and Ermon, Generative adversarial imitation learning, NeurIPS 2016, section 3: apprenticeship learning.

If the regulariser of inverse reinforcement learning is the indicator of a set C of costs, its conjugate is ``max_{c in
C} E_pi c - E_{pi_E} c``. Costs are linear in features, ``c = w . f``, and expectations are means over time (theirs are
``1 / (1 - gamma)`` times larger): ``mean(pi)`` is the vector of expected features.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import FROM_MEMORY, Paper, Tight, claim
from iltheory.claims.feature_kinds import FeatureLaw, FeatureWeights, SignedFeatures, feature_table
from iltheory.claims.feature_matching import HALF, choices, indicators, paying
from iltheory.claims.kinds import DiscountedMDP, Policy, SignedReward
from iltheory.claims.tables import playing
from iltheory.measures import average, gap, l1_norm, mean_features, per_step, quantity, squared_norm
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def ho_ermon(theorem: str = "") -> Paper:
    """A theorem of the paper."""
    return Paper("Ho and Ermon", 2016, "Generative adversarial imitation learning", theorem, "1606.03476")


def apart(mdp: TabularMDP, features: tuple[Any, ...], learner: Any, expert: Any) -> Numbers:
    """``mean(pi) - mean(pi_E)``, numbers ``[..., k]``."""
    return mean_features(mdp, mdp.occupancy(learner) - mdp.occupancy(expert), feature_table(features))


@quantity
def costs_more(mdp: TabularMDP, features: tuple[Any, ...], weights: Any, learner: Any, expert: Any) -> Numbers:
    """``E_pi c - E_{pi_E} c`` for the cost ``w . f``, from value functions."""
    return per_step(mdp, gap(paying(mdp, features, weights), learner, expert))


@quantity
def worst_feature(mdp: TabularMDP, features: tuple[Any, ...], learner: Any, expert: Any) -> Numbers:
    """``max_i mean(pi)_i - mean(pi_E)_i``."""
    return ar.amax(apart(mdp, features, learner, expert), -1)


def swapped(discount: Fraction = HALF) -> tuple[Any, ...]:
    """One state with two actions and their indicators; learner and expert take different ones."""
    return choices(2, discount=discount), indicators(2), playing(0), playing(1)


def weighed(*weights: int) -> tuple[Any, ...]:
    """The same with a cost."""
    mdp, features, learner, expert = swapped()
    return mdp, features, ar.asarray(list(weights)), learner, expert


@claim(
    id="ho-ermon-2016-apprenticeship",
    source=ho_ermon("Section 3, equations 8 and 9"),
    statement=r"C = \{w \cdot f : \|w\|_2 \le 1\}: \quad \max_{c \in C} \mathbb{E}_\pi c - \mathbb{E}_{\pi_E} c = "
    r"\|\Delta\|_2,\quad \text{attained: } \mathbb{E}_\pi c - \mathbb{E}_{\pi_E} c = \|\Delta\|_2^2 "
    r"\text{ at } c = \Delta \cdot f,\; \Delta = \mathbb{E}_\pi f - \mathbb{E}_{\pi_E} f",
    status=FROM_MEMORY,
    tight=lambda: Tight(swapped(), lhs=2, rhs=2, note="Delta = (1, -1)"),
)
def euclidean(mdp: DiscountedMDP, features: SignedFeatures, learner: Policy, expert: Policy) -> Any:
    """Against costs in a Euclidean ball apprenticeship learning minimises the distance of feature expectations.

    ``E_pi c - E_{pi_E} c = w . Delta``; by Cauchy and Schwarz it is largest along Delta. (Without a square root: the
    cost here is ``||Delta||`` times the best one.)
    """
    difference = apart(mdp, features, learner, expert)
    return equal(costs_more(mdp, features, difference, learner, expert), squared_norm(difference))


@euclidean.false_variant("unnormalised costs", counterexample=swapped)
def euclidean_unnormalised(mdp: DiscountedMDP, features: SignedFeatures, learner: Policy, expert: Policy) -> Any:
    difference = apart(mdp, features, learner, expert)
    return equal(gap(paying(mdp, features, difference), learner, expert), squared_norm(difference))


@euclidean.false_variant("the largest entry", counterexample=swapped)
def euclidean_max(mdp: DiscountedMDP, features: SignedFeatures, learner: Policy, expert: Policy) -> Any:
    difference = apart(mdp, features, learner, expert)
    worst = worst_feature(mdp, features, learner, expert)
    return equal(costs_more(mdp, features, difference, learner, expert), worst * worst)


@claim(
    id="ho-ermon-2016-apprenticeship.ball",
    source=ho_ermon("Section 3, equations 8 and 9"),
    statement=r"(\mathbb{E}_\pi c - \mathbb{E}_{\pi_E} c)^2 \le \|w\|_2^2\, \|\Delta\|_2^2,\quad c = w \cdot f",
    status=FROM_MEMORY,
    tight=lambda: Tight(weighed(1, -1), lhs=4, rhs=4, note="w is a multiple of Delta"),
)
def ball(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, learner: Policy, expert: Policy) -> Any:
    """No cost in the ball tells the policies further apart than their feature expectations are.

    Cauchy and Schwarz.
    """
    bound = squared_norm(weights) * squared_norm(apart(mdp, features, learner, expert))
    return costs_more(mdp, features, weights, learner, expert) ** 2 <= bound


@ball.false_variant("half of it", counterexample=lambda: weighed(1, -1))
def ball_half(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, learner: Policy, expert: Policy
) -> Any:
    bound = squared_norm(weights) * squared_norm(apart(mdp, features, learner, expert)) / 2
    return costs_more(mdp, features, weights, learner, expert) ** 2 <= bound


@ball.false_variant("the largest difference", counterexample=lambda: weighed(1, -1))
def ball_max(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, learner: Policy, expert: Policy
) -> Any:
    worst = worst_feature(mdp, features, learner, expert)
    return costs_more(mdp, features, weights, learner, expert) ** 2 <= squared_norm(weights) * worst * worst


@claim(
    id="ho-ermon-2016-apprenticeship.simplex",
    source=ho_ermon("Section 3, equations 8 and 9"),
    statement=r"C = \mathrm{conv}\{f_i\}: \quad \mathbb{E}_\pi c - \mathbb{E}_{\pi_E} c \le "
    r"\max_i \mathbb{E}_\pi f_i - \mathbb{E}_{\pi_E} f_i",
    status=FROM_MEMORY,
    tight=lambda: Tight(weighed(1, 0), lhs=1, rhs=1, note="a vertex of the simplex"),
)
def simplex(mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureLaw, learner: Policy, expert: Policy) -> Any:
    """Against mixtures of features apprenticeship learning minimises the worst feature (Syed and Schapire 2007).

    A linear function of the simplex is largest at a vertex, which is one of the features.
    """
    worst = worst_feature(mdp, features, learner, expert)
    return costs_more(mdp, features, weights, learner, expert) <= worst


@simplex.false_variant("the least feature", counterexample=lambda: weighed(1, 0))
def simplex_least(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureLaw, learner: Policy, expert: Policy
) -> Any:
    best = -worst_feature(mdp, features, expert, learner)
    return costs_more(mdp, features, weights, learner, expert) <= best


@simplex.false_variant("weights of either sign", counterexample=lambda: weighed(1, -1))
def simplex_signed(
    mdp: DiscountedMDP, features: SignedFeatures, weights: FeatureWeights, learner: Policy, expert: Policy
) -> Any:
    worst = worst_feature(mdp, features, learner, expert)
    return costs_more(mdp, features, weights, learner, expert) <= worst


def _same_mean() -> tuple[Any, ...]:
    """Three actions with feature 0, 1 and 1/2: taking the last shows what a coin toss of the others shows.

    The cost counts the last action.
    """
    mdp, feature = choices(3, discount=HALF), ar.asarray([[0, 1, HALF]])
    return mdp, (feature,), playing(2, of=3), ar.asarray([[HALF, HALF, 0]]), ar.asarray([[0, 0, 1]])


@claim(
    id="ho-ermon-2016-apprenticeship.rich",
    source=ho_ermon("Section 3"),
    statement=r"\mathbb{E}_\pi c - \mathbb{E}_{\pi_E} c \le \|\Delta\|_1 + "
    r"\sum_{s,a} \left|c(s,a) - \sum_i f_i(s,a)\right| \left|d^\pi - d^{\pi_E}\right|(s,a)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_same_mean(), lhs=1, rhs=1, note="nothing of c is in the feature"),
)
def rich(mdp: DiscountedMDP, features: SignedFeatures, learner: Policy, expert: Policy, cost: SignedReward) -> Any:
    """Equal feature expectations decide nothing about costs that the features do not span: C has to be rich.

    Split c into ``sum_i f_i``, whose expectations differ by at most ``||Delta||_1``, and what is left of it.
    """
    return _cost_gap(mdp, learner, expert, cost) <= _told(mdp, features, learner, expert) + _left(
        mdp, features, learner, expert, cost
    )


@quantity
def _cost_gap(mdp: TabularMDP, learner: Any, expert: Any, cost: Any) -> Numbers:
    return per_step(mdp, gap(mdp.with_rewards(cost), learner, expert))


def _told(mdp: TabularMDP, features: tuple[Any, ...], learner: Any, expert: Any) -> Any:
    return l1_norm(apart(mdp, features, learner, expert), axes=1)


@quantity
def _left(mdp: TabularMDP, features: tuple[Any, ...], learner: Any, expert: Any, cost: Any) -> Numbers:
    rest = ar.absolute(cost - ar.sum(feature_table(features), -1))
    differs = ar.absolute(mdp.occupancy(learner) - mdp.occupancy(expert))
    return average(mdp, ar.sum(rest * differs, -1), mdp.system.convert(1))


@rich.false_variant("matched features match every cost", counterexample=_same_mean)
def rich_enough(
    mdp: DiscountedMDP, features: SignedFeatures, learner: Policy, expert: Policy, cost: SignedReward
) -> Any:
    return _cost_gap(mdp, learner, expert, cost) <= _told(mdp, features, learner, expert)


@rich.false_variant("half of what is left", counterexample=_same_mean)
def rich_half(mdp: DiscountedMDP, features: SignedFeatures, learner: Policy, expert: Policy, cost: SignedReward) -> Any:
    left = _left(mdp, features, learner, expert, cost) / 2
    return _cost_gap(mdp, learner, expert, cost) <= _told(mdp, features, learner, expert) + left
