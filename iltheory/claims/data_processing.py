"""Foundations: no divergence grows when trajectories are seen through their occupancies.

Csiszar (1967) for f-divergences; Xu, Li and Yu (NeurIPS 2020) use the relative entropy so. With a finite
horizon the occupancy is the law of (h, s, a) with h uniform, so divergences of occupancies are means over
steps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import COVERED
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.divergences import TRAJECTORIES, first_error, two_moods
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy
from iltheory.claims.occupancy import HALF, bandit
from iltheory.measures import (
    average,
    gamma,
    kl_divergence,
    mean_occupancy,
    occupancy_chi2,
    occupancy_hellinger2,
    occupancy_kl,
    occupancy_tv,
    policy_kl,
    state_occupancy_kl,
    steps,
    total,
    trajectory_chi2,
    trajectory_hellinger2,
    trajectory_kl,
    trajectory_tv,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

CSISZAR = Paper(
    "Csiszar",
    1967,
    "Information-type measures of difference of probability distributions and indirect observations",
)
QUOTIENTS = Sizes(n_states=3, n_actions=3, horizon=4, strict=True)
"""For chi2: exact quotients of many different numbers grow quickly."""


def log_of(x: Fraction) -> Any:
    return ar.log(ar.convert(x, "ball", bits=512))


def sqrt_of(x: Fraction) -> Any:
    return ar.sqrt(ar.convert(x, "ball", bits=512))


SEVEN = Fraction(7, 10)
"""Probability of no error in ``first_error(horizon=3)``: divergences -log .7, .3, 2 - 2 sqrt(.7), 3/7."""
NINE = Fraction(9, 10)
"""Probability of no error at a step of ``bandit``."""
FOUR = Fraction(4, 5)
"""Probability of no error in ``first_error(discount=1/2)``, whose first state has half of the occupancy."""


# Trajectories, seen through a uniformly random step.


@claim(
    id="occ-dpi",
    source=CSISZAR,
    statement=r"\tfrac1H \sum_h \mathrm{KL}(d_h^\pi(s,a) \,\|\, d_h^{\pi'}(s,a)) \le \mathrm{KL}(P^\pi "
    r"\,\|\, P^{\pi'})",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(first_error(horizon=3), -log_of(SEVEN), -log_of(SEVEN), note="every step tells the trajectory"),
)
def trajectories_kl(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Relative entropy: occupancies diverge at most as much as trajectories, ``H E KL(pi || pi')``.

    Draw h uniformly and output ``(h, s_h, a_h)``: a channel, and no divergence grows through a channel.
    """
    return occupancy_kl(mdp, pi, other) <= trajectory_kl(mdp, pi, other)


@trajectories_kl.false_variant("the other way", counterexample=lambda: bandit(horizon=2))
def trajectories_kl_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return trajectory_kl(mdp, pi, other) <= occupancy_kl(mdp, pi, other)


@trajectories_kl.false_variant("mean over steps", counterexample=lambda: first_error(horizon=2))
def trajectories_kl_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_kl(mdp, pi, other) <= policy_kl(mdp, pi, other)


@claim(
    id="occ-dpi.tv",
    source=CSISZAR,
    statement=r"\tfrac1H \sum_h \mathrm{TV}(d_h^\pi(s,a), d_h^{\pi'}(s,a)) \le \mathrm{TV}(P^\pi, P^{\pi'})",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(horizon=3), 1 - SEVEN, 1 - SEVEN, note="every step tells the trajectory"),
    largest=TRAJECTORIES,
)
def trajectories_tv(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Total variation: occupancies differ at most as much as trajectories.

    The channel of ``occ-dpi``.
    """
    return occupancy_tv(mdp, pi, other) <= trajectory_tv(mdp, pi, other)


@trajectories_tv.false_variant("the other way", counterexample=lambda: bandit(horizon=2))
def trajectories_tv_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return trajectory_tv(mdp, pi, other) <= occupancy_tv(mdp, pi, other)


@trajectories_tv.false_variant("mean over steps", counterexample=lambda: first_error(horizon=2))
def trajectories_tv_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_tv(mdp, pi, other) <= trajectory_tv(mdp, pi, other) / steps(mdp)


@claim(
    id="occ-dpi.hellinger2",
    source=CSISZAR,
    statement=r"\tfrac1H \sum_h D_H^2(d_h^\pi(s,a), d_h^{\pi'}(s,a)) \le D_H^2(P^\pi, P^{\pi'})",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        first_error(horizon=3),
        2 - 2 * sqrt_of(SEVEN),
        2 - 2 * sqrt_of(SEVEN),
        note="every step tells the trajectory",
    ),
)
def trajectories_hellinger2(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Squared Hellinger distance: occupancies differ at most as much as trajectories.

    The channel of ``occ-dpi``.
    """
    return occupancy_hellinger2(mdp, pi, other) <= trajectory_hellinger2(mdp, pi, other)


@trajectories_hellinger2.false_variant("the other way", counterexample=lambda: bandit(horizon=2))
def trajectories_hellinger2_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return trajectory_hellinger2(mdp, pi, other) <= occupancy_hellinger2(mdp, pi, other)


@trajectories_hellinger2.false_variant("mean over steps", counterexample=lambda: first_error(horizon=2))
def trajectories_hellinger2_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_hellinger2(mdp, pi, other) <= trajectory_hellinger2(mdp, pi, other) / steps(mdp)


@claim(
    id="occ-dpi.chi2",
    source=CSISZAR,
    statement=r"\tfrac1H \sum_h \chi^2(d_h^\pi(s,a) \,\|\, d_h^{\pi'}(s,a)) \le \chi^2(P^\pi \,\|\, "
    r"P^{\pi'})",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(first_error(horizon=3), Fraction(3, 7), Fraction(3, 7), note="every step tells the trajectory"),
    largest=QUOTIENTS,
)
def trajectories_chi2(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Chi-squared divergence: occupancies diverge at most as much as trajectories.

    The channel of ``occ-dpi``.
    """
    return occupancy_chi2(mdp, pi, other) <= trajectory_chi2(mdp, pi, other)


@trajectories_chi2.false_variant("the other way", counterexample=lambda: bandit(horizon=2))
def trajectories_chi2_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return trajectory_chi2(mdp, pi, other) <= occupancy_chi2(mdp, pi, other)


@trajectories_chi2.false_variant("mean over steps", counterexample=lambda: first_error(horizon=2))
def trajectories_chi2_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_chi2(mdp, pi, other) <= trajectory_chi2(mdp, pi, other) / steps(mdp)


@claim(
    id="occ-dpi.discounted",
    source=CSISZAR,
    statement=r"\mathrm{KL}(d^\pi(s,a) \,\|\, d^{\pi'}(s,a)) \le \frac{1}{1-\gamma} \mathbb{E}_{s\sim d^\pi} "
    r"\mathrm{KL}(\pi(\cdot|s) \,\|\, \pi'(\cdot|s))",
    status=DERIVED_HERE,
    assumptions=[COVERED],
    tight=lambda: Tight(
        first_error(discount=HALF), -log_of(FOUR), -log_of(FOUR), note="every step tells the trajectory"
    ),
)
def stopped_trajectories_kl(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """With a discount the trajectory stops at a geometric time, and its last pair has the law d.

    The right side is the relative entropy of the stopped trajectories: step t is reached with probability
    ``gamma^t``.
    """
    return occupancy_kl(mdp, pi, other) <= total(mdp, policy_kl(mdp, pi, other))


@stopped_trajectories_kl.false_variant("without the horizon", counterexample=lambda: first_error(discount=HALF))
def stopped_trajectories_normalised(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_kl(mdp, pi, other) <= policy_kl(mdp, pi, other)


@stopped_trajectories_kl.false_variant("one more discount", counterexample=lambda: first_error(discount=HALF))
def stopped_trajectories_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_kl(mdp, pi, other) <= gamma(mdp) * total(mdp, policy_kl(mdp, pi, other))


# The chain rule of one occupancy.


@claim(
    id="occ-dpi.chain",
    source=CSISZAR,
    statement=r"\mathrm{KL}(d^\pi(s,a) \,\|\, d^{\pi'}(s,a)) = \mathrm{KL}(d^\pi(s) \,\|\, d^{\pi'}(s)) + "
    r"\mathbb{E}_{s\sim d^\pi} \mathrm{KL}(\pi(\cdot|s) \,\|\, \pi'(\cdot|s))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(
        first_error(discount=HALF), -log_of(FOUR), -log_of(FOUR), note="half from states, half from actions"
    ),
)
def chain(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """The divergence of occupancies is that of the states plus the expected one of the actions.

    ``log (d pi / d' pi') = log (d / d') + log (pi / pi')``.
    """
    return equal(occupancy_kl(mdp, pi, other), state_occupancy_kl(mdp, pi, other) + policy_kl(mdp, pi, other))


@chain.false_variant("actions where the other policy goes", counterexample=lambda: two_moods(discount=HALF))
def chain_along_other(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return equal(occupancy_kl(mdp, pi, other), state_occupancy_kl(mdp, pi, other) + _along_other(mdp, pi, other))


def _along_other(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    """Divergence of the action laws of pi from those of the other policy, where the other policy goes."""
    return average(mdp, mdp.state_occupancy(other), kl_divergence(pi, other))


@chain.false_variant("actions over the whole horizon", counterexample=lambda: two_moods(discount=HALF))
def chain_total(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    actions = total(mdp, policy_kl(mdp, pi, other))
    return equal(occupancy_kl(mdp, pi, other), state_occupancy_kl(mdp, pi, other) + actions)


@claim(
    id="occ-dpi.chain-finite",
    source=CSISZAR,
    statement=r"\sum_h \mathrm{KL}(d_h^\pi(s,a) \,\|\, d_h^{\pi'}(s,a)) = \sum_h \mathrm{KL}(d_h^\pi(s) "
    r"\,\|\, d_h^{\pi'}(s)) + "
    r"\sum_h \mathbb{E}_{s\sim d_h^\pi} \mathrm{KL}(\pi_h(\cdot|s) \,\|\, \pi'_h(\cdot|s))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(first_error(horizon=3), -3 * log_of(SEVEN), -3 * log_of(SEVEN), note="2/3 from states"),
    largest=Sizes(strict=True),
)
def chain_finite(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """The divergence of occupancies is that of the states plus the expected one of the actions, at each step.

    ``log (d_h pi_h / d'_h pi'_h) = log (d_h / d'_h) + log (pi_h / pi'_h)``.
    """
    states, actions = state_occupancy_kl(mdp, pi, other), policy_kl(mdp, pi, other)
    return equal(total(mdp, occupancy_kl(mdp, pi, other)), total(mdp, states + actions))


@chain_finite.false_variant("actions where the other policy goes", counterexample=lambda: two_moods(horizon=2))
def chain_finite_along_other(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    parts = state_occupancy_kl(mdp, pi, other) + _along_other(mdp, pi, other)
    return equal(total(mdp, occupancy_kl(mdp, pi, other)), total(mdp, parts))


@chain_finite.false_variant("actions of all steps at each step", counterexample=lambda: two_moods(horizon=2))
def chain_finite_total(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    parts = state_occupancy_kl(mdp, pi, other) + trajectory_kl(mdp, pi, other)
    return equal(total(mdp, occupancy_kl(mdp, pi, other)), total(mdp, parts))


@claim(
    id="occ-dpi.conditional",
    source=CSISZAR,
    statement=r"\sum_h \mathbb{E}_{s\sim d_h^\pi} \mathrm{KL}(\pi_h(\cdot|s) \,\|\, \pi'_h(\cdot|s)) \le "
    r"\sum_h \mathrm{KL}(d_h^\pi(s,a) \,\|\, d_h^{\pi'}(s,a))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(bandit(horizon=3), -3 * log_of(NINE), -3 * log_of(NINE), note="one state"),
)
def conditional(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Action laws diverge at most as much as occupancies.

    The chain rule, without the divergence of the states. It needs the occupancy of each step: averaged over
    steps, policies that vary can agree where their steps do not.
    """
    return total(mdp, policy_kl(mdp, pi, other)) <= total(mdp, occupancy_kl(mdp, pi, other))


def _taking_turns() -> tuple[Any, ...]:
    """One state, two steps: mostly one action and then mostly the other, against the other way round."""
    mdp = families.loop(error=HALF, horizon=2).mdp
    mostly, rarely = [[NINE, 1 - NINE]], [[1 - NINE, NINE]]
    return mdp, ar.asarray([mostly, rarely]), ar.asarray([rarely, mostly])


@conditional.false_variant("occupancies averaged over steps", counterexample=_taking_turns)
def conditional_averaged(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, policy_kl(mdp, pi, other)) <= total(mdp, _averaged_kl(mdp, pi, other))


def _averaged_kl(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    """Relative entropy of the occupancies averaged over steps."""
    pairs = mdp.n_states * mdp.n_actions
    means = (mean_occupancy(mdp, policy) for policy in (pi, other))
    return ar.wrap(kl_divergence(*(ar.reshape(d, (*d.shape[:-2], pairs)) for d in means)))


@conditional.false_variant("states only", counterexample=lambda: bandit(horizon=1))
def conditional_states(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, policy_kl(mdp, pi, other)) <= total(mdp, state_occupancy_kl(mdp, pi, other))


@claim(
    id="occ-dpi.averaged",
    source=CSISZAR,
    statement=r"\mathrm{KL}(\bar d^\pi(s,a) \,\|\, \bar d^{\pi'}(s,a)) \le "
    r"\tfrac1H \sum_h \mathrm{KL}(d_h^\pi(s,a) \,\|\, d_h^{\pi'}(s,a))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=lambda: Tight(bandit(horizon=3), -log_of(NINE), -log_of(NINE), note="one state"),
)
def averaged_over_steps(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Occupancies averaged over steps diverge at most as much as those that know their step.

    Forgetting h is a channel, too.
    """
    return _averaged_kl(mdp, pi, other) <= occupancy_kl(mdp, pi, other)


@averaged_over_steps.false_variant("the other way", counterexample=_taking_turns)
def averaged_other_way(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_kl(mdp, pi, other) <= _averaged_kl(mdp, pi, other)


@averaged_over_steps.false_variant("at most the divergence of the states", counterexample=lambda: bandit(horizon=1))
def averaged_states(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return _averaged_kl(mdp, pi, other) <= state_occupancy_kl(mdp, pi, other)
