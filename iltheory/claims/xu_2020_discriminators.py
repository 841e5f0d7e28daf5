"""Xu, Li and Yu 2020: adversarial imitation with a restricted class of discriminators.

``d_D(p, q) = max_i |E_p D_i - E_q D_i|`` over finitely many discriminators with values in [-1, 1], each taken with both
signs; expectations under normalised occupancies. Rewards are ``r = sum_i c_i D_i + c_0``: then ``||r||_D <= ||c||_1``.
What the expert shows need not be an occupancy: a law of states and one of actions in each state stand for any law.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Tight, claim
from iltheory.claims.feature_kinds import FeatureWeights, SignedFeatures, feature_table
from iltheory.claims.feature_matching import max_norm, opposite
from iltheory.claims.kinds import DiscountedMDP, Policy, StateLaws, UnitInterval
from iltheory.claims.xu_2020 import HALF, loss, xu_li_yu
from iltheory.measures import feature_rewards, l1_norm, mean_features, quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

Discriminators = tuple[Any, ...]


def distance(mdp: TabularMDP, discriminators: Discriminators, p: Any, q: Any) -> Any:
    """``d_D`` of two laws of state and action."""
    return max_norm(mean_features(mdp, p - q, feature_table(discriminators)))


def between(mdp: TabularMDP, discriminators: Discriminators, pi: Any, other: Any) -> Any:
    """``d_D`` of the occupancies of two policies."""
    return distance(mdp, discriminators, mdp.occupancy(pi), mdp.occupancy(other))


def data(states: Any, actions: Any) -> Numbers:
    """The law of state and action that is shown."""
    return states[..., None] * actions


def paid(mdp: TabularMDP, discriminators: Discriminators, coefficients: Any, offset: Any) -> Numbers:
    """``sum_i c_i D_i + c_0``, ``[..., S, A]``."""
    return feature_rewards(mdp, feature_table(discriminators), coefficients) + offset[..., None, None]


@quantity
def price(coefficients: Any) -> Numbers:
    """``||c||_1``."""
    return l1_norm(coefficients, axes=1)


def two_actions() -> tuple[Any, ...]:
    """One state; the rewards 1 and -1 are the difference of the two discriminators; two policies, an action each."""
    mdp, discriminators, coefficients, first, second = opposite(discount=HALF)
    return mdp, discriminators, coefficients, ar.asarray(HALF), first, second


@claim(
    id="xu-2020-gail-nn",
    source=xu_li_yu("Theorem 3, without sampling"),
    statement=r"\left|V^{\pi_E} - V^\pi\right| \le \frac{\|r\|_{\mathcal D}}{1-\gamma}\, "
    r"d_{\mathcal D}(d^{\pi_E}, d^\pi),\quad r = \sum_i c_i D_i + c_0,\; \|r\|_{\mathcal D} = \inf \|c\|_1",
    status=FROM_MEMORY,
    tight=lambda: Tight(two_actions(), lhs=2, rhs=2, note="r = D_1 - D_2 + c_0, and both tell as much as they can"),
)
def restricted(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    coefficients: FeatureWeights,
    offset: UnitInterval,
    expert: Policy,
    learner: Policy,
) -> Any:
    """A learner that no discriminator tells from the expert earns as much, for every reward they span.

    The constant cancels, and ``sum_i c_i (E D_i - E' D_i)`` is at most ``||c||_1`` times the largest difference.
    """
    reward = paid(mdp, discriminators, coefficients, offset)
    bound = price(coefficients) * between(mdp, discriminators, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) <= bound


@restricted.false_variant("without the horizon", counterexample=two_actions)
def restricted_undiscounted(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    coefficients: FeatureWeights,
    offset: UnitInterval,
    expert: Policy,
    learner: Policy,
) -> Any:
    reward = paid(mdp, discriminators, coefficients, offset)
    bound = price(coefficients) * between(mdp, discriminators, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=0) <= bound


@restricted.false_variant("the largest coefficient", counterexample=two_actions)
def restricted_largest(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    coefficients: FeatureWeights,
    offset: UnitInterval,
    expert: Policy,
    learner: Policy,
) -> Any:
    reward = paid(mdp, discriminators, coefficients, offset)
    bound = max_norm(coefficients) * between(mdp, discriminators, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) <= bound


def _shown(coefficients: bool = True) -> tuple[Any, ...]:
    """The same, with data of the second action: what the learner does, and the expert does not."""
    mdp, discriminators, weights, offset, first, second = two_actions()
    data_of_second = (ar.asarray([1]), second)
    rest = (weights, offset) if coefficients else ()
    return mdp, discriminators, *rest, first, second, *data_of_second


@claim(
    id="xu-2020-gail-nn.from-data",
    source=xu_li_yu("Theorem 3, without sampling"),
    statement=r"\left|V^{\pi_E} - V^\pi\right| \le \frac{\|r\|_{\mathcal D}}{1-\gamma} \left( "
    r"\inf_{\pi'} d_{\mathcal D}(\hat d_E, d^{\pi'}) + \hat\epsilon + d_{\mathcal D}(d^{\pi_E}, \hat d_E) \right)"
    r",\quad d_{\mathcal D}(\hat d_E, d^\pi) = \inf_{\pi'} d_{\mathcal D}(\hat d_E, d^{\pi'}) + \hat\epsilon",
    status=FROM_MEMORY,
    tight=lambda: Tight(_shown(), lhs=2, rhs=2, note="the learner matches the data, and the data mislead"),
)
def from_data(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    coefficients: FeatureWeights,
    offset: UnitInterval,
    expert: Policy,
    learner: Policy,
    states: StateLaws,
    actions: Policy,
) -> Any:
    """A learner from data pays for its distance from the data, and for that of the data from the expert.

    ``d_D`` obeys the triangle inequality; the first two terms add up to ``d_D(hat d_E, d^pi)`` by the definition of
    ``hat epsilon``, which ``iltheory.learners.finite_gail`` reports as its gap.
    """
    shown, reward = data(states, actions), paid(mdp, discriminators, coefficients, offset)
    reached = distance(mdp, discriminators, shown, mdp.occupancy(learner))
    estimated = distance(mdp, discriminators, mdp.occupancy(expert), shown)
    return loss(mdp, expert, learner, reward, horizons=1) <= price(coefficients) * (reached + estimated)


@from_data.false_variant("the data are the expert", counterexample=_shown)
def from_data_believed(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    coefficients: FeatureWeights,
    offset: UnitInterval,
    expert: Policy,
    learner: Policy,
    states: StateLaws,
    actions: Policy,
) -> Any:
    shown, reward = data(states, actions), paid(mdp, discriminators, coefficients, offset)
    reached = distance(mdp, discriminators, shown, mdp.occupancy(learner))
    return loss(mdp, expert, learner, reward, horizons=1) <= price(coefficients) * reached


@from_data.false_variant("half of both", counterexample=_shown)
def from_data_half(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    coefficients: FeatureWeights,
    offset: UnitInterval,
    expert: Policy,
    learner: Policy,
    states: StateLaws,
    actions: Policy,
) -> Any:
    shown, reward = data(states, actions), paid(mdp, discriminators, coefficients, offset)
    reached = distance(mdp, discriminators, shown, mdp.occupancy(learner))
    estimated = distance(mdp, discriminators, mdp.occupancy(expert), shown)
    return loss(mdp, expert, learner, reward, horizons=1) <= price(coefficients) * (reached + estimated) / 2


def _as_good(
    mdp: TabularMDP, discriminators: Discriminators, expert: Any, learner: Any, states: Any, actions: Any
) -> Any:
    shown = data(states, actions)
    reached = distance(mdp, discriminators, shown, mdp.occupancy(learner))
    return reached <= distance(mdp, discriminators, shown, mdp.occupancy(expert))


AS_GOOD = Assumption("the learner fits the data as well as the expert does", _as_good)


def _half_way() -> tuple[Any, ...]:
    """Expert and learner take different actions, and the data show both equally often."""
    mdp, discriminators, _, _, first, second = two_actions()
    return mdp, discriminators, first, second, ar.asarray([1]), ar.asarray([[HALF, HALF]])


@claim(
    id="xu-2020-gail-nn.realisable",
    source=xu_li_yu("Theorem 3, without sampling"),
    statement=r"d_{\mathcal D}(\hat d_E, d^\pi) \le d_{\mathcal D}(\hat d_E, d^{\pi_E}): \quad "
    r"d_{\mathcal D}(d^{\pi_E}, d^\pi) \le 2\, d_{\mathcal D}(d^{\pi_E}, \hat d_E)",
    status=DERIVED_HERE,
    assumptions=[AS_GOOD],
    tight=lambda: Tight(_half_way(), lhs=1, rhs=1, note="the data lie half way between both"),
)
def realisable(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    expert: Policy,
    learner: Policy,
    states: StateLaws,
    actions: Policy,
) -> Any:
    """A learner that fits the data best is at most twice as far from the expert as the data are.

    The expert itself is a rival in the infimum; then the triangle inequality.
    """
    estimated = distance(mdp, discriminators, mdp.occupancy(expert), data(states, actions))
    return between(mdp, discriminators, expert, learner) <= 2 * estimated


@realisable.false_variant("once as far", counterexample=_half_way)
def realisable_once(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    expert: Policy,
    learner: Policy,
    states: StateLaws,
    actions: Policy,
) -> Any:
    estimated = distance(mdp, discriminators, mdp.occupancy(expert), data(states, actions))
    return between(mdp, discriminators, expert, learner) <= estimated


@realisable.false_variant("nine tenths", counterexample=_half_way)
def realisable_less(
    mdp: DiscountedMDP,
    discriminators: SignedFeatures,
    expert: Policy,
    learner: Policy,
    states: StateLaws,
    actions: Policy,
) -> Any:
    estimated = distance(mdp, discriminators, mdp.occupancy(expert), data(states, actions))
    return between(mdp, discriminators, expert, learner) <= Fraction(9, 5) * estimated
