"""Foundations: no divergence grows when occupancies of states and actions are seen through their states.

Csiszar (1967) for f-divergences; see ``data_processing`` for the conventions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import COVERED
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.data_processing import CSISZAR, FOUR, QUOTIENTS, SEVEN, log_of, sqrt_of
from iltheory.claims.divergences import first_error
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy
from iltheory.claims.occupancy import HALF, bandit
from iltheory.measures import (
    gamma,
    occupancy_chi2,
    occupancy_hellinger2,
    occupancy_kl,
    occupancy_tv,
    state_occupancy_chi2,
    state_occupancy_hellinger2,
    state_occupancy_kl,
    state_occupancy_tv,
    steps,
    total,
)
from sims import TabularMDP
from sims import arithmetic as ar


@claim(
    id="occ-dpi.states-kl",
    source=CSISZAR,
    statement=r"\sum_h \mathrm{KL}(d_h^\pi(s) \,\|\, d_h^{\pi'}(s)) \le \sum_h \mathrm{KL}(d_h^\pi(s,a) "
    r"\,\|\, d_h^{\pi'}(s,a))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(first_error(horizon=3), 2 * -log_of(SEVEN), 3 * -log_of(SEVEN), note="two of three steps tell"),
)
def states_kl(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Relative entropy: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return total(mdp, state_occupancy_kl(mdp, pi, other)) <= total(mdp, occupancy_kl(mdp, pi, other))


@states_kl.false_variant("the other way", counterexample=lambda: bandit(horizon=1))
def states_kl_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, occupancy_kl(mdp, pi, other)) <= total(mdp, state_occupancy_kl(mdp, pi, other))


@states_kl.false_variant("half of it", counterexample=lambda: first_error(horizon=4))
def states_kl_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, state_occupancy_kl(mdp, pi, other)) <= total(mdp, occupancy_kl(mdp, pi, other)) / 2


@claim(
    id="occ-dpi.states-kl-discounted",
    source=CSISZAR,
    statement=r"\mathrm{KL}(d^\pi(s) \,\|\, d^{\pi'}(s)) \le \mathrm{KL}(d^\pi(s,a) \,\|\, d^{\pi'}(s,a))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(
        first_error(discount=HALF), -log_of(FOUR) / 2, -log_of(FOUR), note="the first state tells nothing"
    ),
)
def states_kl_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """Relative entropy: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return state_occupancy_kl(mdp, pi, other) <= occupancy_kl(mdp, pi, other)


@states_kl_discounted.false_variant("the other way", counterexample=lambda: bandit(discount=HALF))
def states_kl_discounted_other_way(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_kl(mdp, pi, other) <= state_occupancy_kl(mdp, pi, other)


@states_kl_discounted.false_variant("half of it", counterexample=lambda: first_error(discount=Fraction(3, 4)))
def states_kl_discounted_half(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_kl(mdp, pi, other) <= occupancy_kl(mdp, pi, other) / 2


@claim(
    id="occ-dpi.states-tv",
    source=CSISZAR,
    statement=r"\sum_h \mathrm{TV}(d_h^\pi(s), d_h^{\pi'}(s)) \le \sum_h \mathrm{TV}(d_h^\pi(s,a), "
    r"d_h^{\pi'}(s,a))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(horizon=3), 2 * (1 - SEVEN), 3 * (1 - SEVEN), note="two of three steps tell"),
)
def states_tv(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Total variation: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return total(mdp, state_occupancy_tv(mdp, pi, other)) <= total(mdp, occupancy_tv(mdp, pi, other))


@states_tv.false_variant("the other way", counterexample=lambda: bandit(horizon=1))
def states_tv_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, occupancy_tv(mdp, pi, other)) <= total(mdp, state_occupancy_tv(mdp, pi, other))


@states_tv.false_variant("half of it", counterexample=lambda: first_error(horizon=4))
def states_tv_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, state_occupancy_tv(mdp, pi, other)) <= total(mdp, occupancy_tv(mdp, pi, other)) / 2


@claim(
    id="occ-dpi.states-tv-discounted",
    source=CSISZAR,
    statement=r"\mathrm{TV}(d^\pi(s), d^{\pi'}(s)) \le \mathrm{TV}(d^\pi(s,a), d^{\pi'}(s,a))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(discount=HALF), (1 - FOUR) / 2, (1 - FOUR), note="the first state tells nothing"),
)
def states_tv_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """Total variation: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return state_occupancy_tv(mdp, pi, other) <= occupancy_tv(mdp, pi, other)


@states_tv_discounted.false_variant("the other way", counterexample=lambda: bandit(discount=HALF))
def states_tv_discounted_other_way(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_tv(mdp, pi, other) <= state_occupancy_tv(mdp, pi, other)


@states_tv_discounted.false_variant("half of it", counterexample=lambda: first_error(discount=Fraction(3, 4)))
def states_tv_discounted_half(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_tv(mdp, pi, other) <= occupancy_tv(mdp, pi, other) / 2


@claim(
    id="occ-dpi.states-hellinger2",
    source=CSISZAR,
    statement=r"\sum_h D_H^2(d_h^\pi(s), d_h^{\pi'}(s)) \le \sum_h D_H^2(d_h^\pi(s,a), d_h^{\pi'}(s,a))",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        first_error(horizon=3),
        2 * (2 - 2 * sqrt_of(SEVEN)),
        3 * (2 - 2 * sqrt_of(SEVEN)),
        note="two of three steps tell",
    ),
)
def states_hellinger2(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Squared Hellinger distance: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return total(mdp, state_occupancy_hellinger2(mdp, pi, other)) <= total(mdp, occupancy_hellinger2(mdp, pi, other))


@states_hellinger2.false_variant("the other way", counterexample=lambda: bandit(horizon=1))
def states_hellinger2_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, occupancy_hellinger2(mdp, pi, other)) <= total(mdp, state_occupancy_hellinger2(mdp, pi, other))


@states_hellinger2.false_variant("half of it", counterexample=lambda: first_error(horizon=4))
def states_hellinger2_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return (
        total(mdp, state_occupancy_hellinger2(mdp, pi, other)) <= total(mdp, occupancy_hellinger2(mdp, pi, other)) / 2
    )


@claim(
    id="occ-dpi.states-hellinger2-discounted",
    source=CSISZAR,
    statement=r"D_H^2(d^\pi(s), d^{\pi'}(s)) \le D_H^2(d^\pi(s,a), d^{\pi'}(s,a))",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        first_error(discount=HALF),
        (2 - 2 * sqrt_of(FOUR)) / 2,
        (2 - 2 * sqrt_of(FOUR)),
        note="the first state tells nothing",
    ),
)
def states_hellinger2_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """Squared Hellinger distance: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return state_occupancy_hellinger2(mdp, pi, other) <= occupancy_hellinger2(mdp, pi, other)


@states_hellinger2_discounted.false_variant("the other way", counterexample=lambda: bandit(discount=HALF))
def states_hellinger2_discounted_other_way(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_hellinger2(mdp, pi, other) <= state_occupancy_hellinger2(mdp, pi, other)


@states_hellinger2_discounted.false_variant("half of it", counterexample=lambda: first_error(discount=Fraction(3, 4)))
def states_hellinger2_discounted_half(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_hellinger2(mdp, pi, other) <= occupancy_hellinger2(mdp, pi, other) / 2


@claim(
    id="occ-dpi.states-chi2",
    source=CSISZAR,
    statement=r"\sum_h \chi^2(d_h^\pi(s) \,\|\, d_h^{\pi'}(s)) \le \sum_h \chi^2(d_h^\pi(s,a) \,\|\, "
    r"d_h^{\pi'}(s,a))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(first_error(horizon=3), 2 * Fraction(3, 7), 3 * Fraction(3, 7), note="two of three steps tell"),
    largest=QUOTIENTS,
)
def states_chi2(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Chi-squared divergence: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return total(mdp, state_occupancy_chi2(mdp, pi, other)) <= total(mdp, occupancy_chi2(mdp, pi, other))


@states_chi2.false_variant("the other way", counterexample=lambda: bandit(horizon=1))
def states_chi2_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, occupancy_chi2(mdp, pi, other)) <= total(mdp, state_occupancy_chi2(mdp, pi, other))


@states_chi2.false_variant("half of it", counterexample=lambda: first_error(horizon=4))
def states_chi2_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, state_occupancy_chi2(mdp, pi, other)) <= total(mdp, occupancy_chi2(mdp, pi, other)) / 2


@claim(
    id="occ-dpi.states-chi2-discounted",
    source=CSISZAR,
    statement=r"\chi^2(d^\pi(s) \,\|\, d^{\pi'}(s)) \le \chi^2(d^\pi(s,a) \,\|\, d^{\pi'}(s,a))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(
        first_error(discount=HALF), Fraction(1, 4) / 2, Fraction(1, 4), note="the first state tells nothing"
    ),
    largest=QUOTIENTS,
)
def states_chi2_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """Chi-squared divergence: states differ at most as much as states with actions.

    Forgetting the action is a channel.
    """
    return state_occupancy_chi2(mdp, pi, other) <= occupancy_chi2(mdp, pi, other)


@states_chi2_discounted.false_variant("the other way", counterexample=lambda: bandit(discount=HALF))
def states_chi2_discounted_other_way(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_chi2(mdp, pi, other) <= state_occupancy_chi2(mdp, pi, other)


@states_chi2_discounted.false_variant("half of it", counterexample=lambda: first_error(discount=Fraction(3, 4)))
def states_chi2_discounted_half(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_chi2(mdp, pi, other) <= occupancy_chi2(mdp, pi, other) / 2


# The states of a step are seen through those of the step before, too.


@claim(
    id="occ-dpi.states-kl-earlier",
    source=CSISZAR,
    statement=r"\sum_h \mathrm{KL}(d_h^\pi(s) \,\|\, d_h^{\pi'}(s)) \le \sum_{h < H} \mathrm{KL}(d_h^\pi(s,a) "
    r"\,\|\, d_h^{\pi'}(s,a))",
    status=DERIVED_HERE,
    assumptions=[COVERED],
    tight=lambda: Tight(first_error(horizon=3), 2 * -log_of(SEVEN), 2 * -log_of(SEVEN), note="the states tell it all"),
)
def states_kl_earlier(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """The last action tells nothing that a state could show: the last step may be left out.

    The law of ``s_1`` is the same, and that of ``s_(h+1)`` is that of ``(s_h, a_h)`` through the channel ``P_h``.
    """
    return total(mdp, state_occupancy_kl(mdp, pi, other)) <= _kl_until(mdp, pi, other, steps(mdp) - 1)


def _kl_until(mdp: TabularMDP, pi: Any, other: Any, last: int) -> Any:
    """Sum of the relative entropies of states with actions at the first steps."""
    d, e = mdp.occupancy(pi), mdp.occupancy(other)
    return ar.sum(ar.relative_entropy(d, e)[..., :last, :, :], (-3, -2, -1))


@states_kl_earlier.false_variant("two steps fewer", counterexample=lambda: first_error(horizon=2))
def states_kl_two_fewer(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, state_occupancy_kl(mdp, pi, other)) <= _kl_until(mdp, pi, other, max(steps(mdp) - 2, 0))


@states_kl_earlier.false_variant("the other way", counterexample=lambda: bandit(horizon=2))
def states_kl_earlier_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return _kl_until(mdp, pi, other, steps(mdp) - 1) <= total(mdp, state_occupancy_kl(mdp, pi, other))


@claim(
    id="occ-dpi.states-kl-contracted",
    source=CSISZAR,
    statement=r"\mathrm{KL}(d^\pi(s) \,\|\, d^{\pi'}(s)) \le \gamma\, \mathrm{KL}(d^\pi(s,a) \,\|\, d^{\pi'}(s,a))",
    status=DERIVED_HERE,
    assumptions=[COVERED],
    tight=lambda: Tight(
        first_error(discount=HALF), -log_of(FOUR) / 2, -log_of(FOUR) / 2, note="the states tell it all"
    ),
)
def states_kl_contracted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """States differ by less than states with actions: the discount contracts relative entropy.

    By the flow equations ``d(s) = (1 - gamma) mu + gamma P^T d``: convexity in both laws, and P is a channel.
    """
    return state_occupancy_kl(mdp, pi, other) <= gamma(mdp) * occupancy_kl(mdp, pi, other)


@states_kl_contracted.false_variant("the discount squared", counterexample=lambda: first_error(discount=HALF))
def states_kl_squared_discount(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_kl(mdp, pi, other) <= gamma(mdp) ** 2 * occupancy_kl(mdp, pi, other)


@states_kl_contracted.false_variant("the other way", counterexample=lambda: bandit(discount=HALF))
def states_kl_contracted_other_way(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return gamma(mdp) * occupancy_kl(mdp, pi, other) <= state_occupancy_kl(mdp, pi, other)
