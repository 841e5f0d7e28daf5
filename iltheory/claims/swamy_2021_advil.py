"""Swamy, Choudhury, Bagnell and Wu, ICML 2021: AdVIL on tabular models; T is H."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, Tight, claim
from iltheory.claims.kinds import FiniteHorizonMDP, Policy, SignedReward
from iltheory.claims.swamy_2021 import every_step, first_step, loop, swamy
from iltheory.claims.tables import coin, off_course
from iltheory.measures import (
    best_moment,
    largest,
    off_policy_mismatch,
    off_policy_moment_error,
    off_policy_payoff,
    on_policy_moment_error,
    payoff,
    quantity,
    steps,
    total_variation,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF = Fraction(1, 2)


@claim(
    id="swamy-2021-advil",
    source=swamy("AdVIL"),
    statement=r"\max_{|f| \le 1} U_2(\pi, f) = U_2(\pi, \operatorname{sign}(\pi - \pi_E)) = "
    r"\tfrac1T \sum_h \mathbb{E}_{d_h^{\pi_E}} \|\pi_h - \pi_{E,h}\|_1",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(loop(3, HALF)), lhs=1, rhs=1, note="one state, p = 1/2"),
)
def best_discriminator(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """AdVIL's best discriminator marks the actions the learner takes too often, and sees their total variation.

    U2 is ``<g, f>`` with ``g = d_E(s) (pi - pi_E)(a|s) / T``, largest at the sign of g.
    """
    f = best_moment(off_policy_mismatch(mdp, expert, learner))
    return equal(off_policy_payoff(mdp, expert, learner, f), off_policy_moment_error(mdp, expert, learner))


@best_discriminator.false_variant("half of it, the total variation", counterexample=lambda: loop(1, HALF))
def discriminator_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    f = best_moment(off_policy_mismatch(mdp, expert, learner))
    return equal(off_policy_payoff(mdp, expert, learner, f), off_policy_moment_error(mdp, expert, learner) / 2)


@best_discriminator.false_variant("where the learner goes", counterexample=lambda: off_course())
def discriminator_on_policy(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    f = best_moment(off_policy_mismatch(mdp, expert, learner))
    return equal(off_policy_payoff(mdp, expert, learner, f), on_policy_moment_error(mdp, expert, learner))


def _fair() -> tuple[Any, ...]:
    """Learner and expert toss the same coin; the discriminator marks heads."""
    mdp, expert, learner = coin([HALF, HALF], [HALF, HALF])
    return mdp, expert, learner, ar.asarray([[[1, 0]]])


@claim(
    id="swamy-2021-advil.supremum",
    source=swamy("AdVIL"),
    statement=r"U_2(\pi, f) \le \tfrac1T \sum_h \mathbb{E}_{d_h^{\pi_E}} \|\pi_h - \pi_{E,h}\|_1"
    r"\quad\text{for all } |f| \le 1",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        (*loop(1, HALF), ar.asarray([[[-1, 1]]])), lhs=1, rhs=1, note="the discriminator marks the mistake"
    ),
)
def any_discriminator(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward) -> Any:
    """No discriminator sees more, so a policy that imitates the expert's actions wins against all of them.

    Hölder, state by state.
    """
    return off_policy_payoff(mdp, expert, learner, moment) <= off_policy_moment_error(mdp, expert, learner)


@any_discriminator.false_variant("f at the action probabilities", counterexample=_fair)
def relaxed_discriminator(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward) -> Any:
    """``f(s, p) = sum_a p_a^2 f(s, a)`` agrees with f at single actions; a stochastic expert does not match itself."""
    at_laws = mdp.policy(learner) ** 2 - mdp.policy(expert)
    seen = mdp.state_occupancy(expert)[..., None] * at_laws / steps(mdp)
    return payoff(mdp, seen, -moment) <= off_policy_moment_error(mdp, expert, learner)


@any_discriminator.false_variant(
    "half of it, the total variation", counterexample=lambda: (*loop(1, HALF), ar.asarray([[[-1, 1]]]))
)
def supremum_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward) -> Any:
    return off_policy_payoff(mdp, expert, learner, moment) <= off_policy_moment_error(mdp, expert, learner) / 2


@claim(
    id="swamy-2021-advil.equilibrium",
    source=swamy("AdVIL"),
    statement=r"\max_{|f| \le 1} U_2(\pi, f) = 0\quad\text{if } \pi_h(\cdot | s) = \pi_{E,h}(\cdot | s)"
    r"\text{ wherever } d_h^{\pi_E}(s) > 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(families.cliff(horizon=3, error=HALF)), lhs=0, rhs=0, note="anything at the bottom"),
)
def imitation_wins(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Off the expert's states every policy is as good: AdVIL never looks there.

    The learner's laws, replaced by the expert's wherever the expert goes.
    """
    visited = ar.possibly_nonzero(mdp.state_occupancy(expert))[..., None]
    return equal(off_policy_moment_error(mdp, expert, ar.where(visited, expert, learner)), 0)


@imitation_wins.false_variant("wherever the learner goes", counterexample=lambda: families.cliff(horizon=2, error=1))
def imitation_on_policy(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    visited = ar.possibly_nonzero(mdp.state_occupancy(learner))[..., None]
    return equal(off_policy_moment_error(mdp, expert, ar.where(visited, expert, learner)), 0)


@imitation_wins.false_variant("for the learner as it is", counterexample=lambda: loop(1, HALF))
def imitation_unneeded(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return equal(off_policy_moment_error(mdp, expert, learner), 0)


@claim(
    id="swamy-2021-advil.unique",
    source=swamy("AdVIL"),
    statement=r"\max_{|f| \le 1} U_2(\pi, f) \ge \tfrac1T \max_{h,s} d_h^{\pi_E}(s)\,"
    r"\|\pi_h(\cdot | s) - \pi_{E,h}(\cdot | s)\|_1",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(loop(1, HALF)), lhs=1, rhs=1, note="one step, one state"),
)
def only_imitation_wins(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """The value is 0 only for policies that agree with the expert wherever it goes.

    A sum of non-negative terms is at least each of them.
    """
    distance = 2 * total_variation(mdp.policy(learner), mdp.policy(expert))
    return off_policy_moment_error(mdp, expert, learner) >= _largest_weighted(mdp, expert, distance) / steps(mdp)


@quantity
def _largest_weighted(mdp: TabularMDP, expert: Any, f: Any) -> Any:
    """``max_{h, s} d_h^E(s) f_h(s)``."""
    return largest(mdp, mdp.state_occupancy(expert) * f)


@only_imitation_wins.false_variant("without 1/T", counterexample=lambda: first_step(2, HALF))
def unique_sum(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    distance = 2 * total_variation(mdp.policy(learner), mdp.policy(expert))
    return off_policy_moment_error(mdp, expert, learner) >= _largest_weighted(mdp, expert, distance)


@only_imitation_wins.false_variant(
    "in every state", counterexample=lambda: every_step(families.unreachable(horizon=1))[:3]
)
def unique_everywhere(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    distance = ar.wrap(2 * total_variation(mdp.policy(learner), mdp.policy(expert)))
    return off_policy_moment_error(mdp, expert, learner) >= largest(mdp, distance) / steps(mdp)
