"""Xu, Li and Yu 2020, sharper than published: along either policy, in either direction, without logarithms."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.al_hafez_2023 import mixture_chi2
from iltheory.claims.claim import DERIVED_HERE, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, Policy, Reward, SignedReward
from iltheory.claims.tables import task
from iltheory.claims.xu_2020 import (
    HALF,
    LOG_RATIO,
    VISIBLE,
    barely_tilted,
    falling,
    first_step,
    log,
    loss,
    reversed_coins,
    size,
    tilted,
    xu_li_yu,
)
from iltheory.measures import error_rate, gamma, kl_divergence, on_policy_error_rate, policy_kl
from sims import TabularMDP
from sims import arithmetic as ar

# Behavioural cloning.


@claim(
    id="xu-2020-bc.tv-either-policy",
    source=xu_li_yu("Theorem 1"),
    statement=r"0 \le r \le R: \quad (1-\gamma)^2 \left|V^{\pi_E} - V^\pi\right| \le R "
    r"\min_{d \in \{d^{\pi_E}, d^\pi\}} \mathbb{E}_{s \sim d} \mathrm{TV}(\pi_E(\cdot|s), \pi(\cdot|s))",
    status=DERIVED_HERE,
    tight=lambda: Tight(first_step(), lhs=Fraction(1, 20), rhs=Fraction(1, 20), note="the whole error is at the start"),
)
def cloning_either_policy(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    """Errors may be counted where the expert goes or where the learner goes, whichever is less.

    Performance difference both ways: ``(1 - gamma) (V - V') = E_{d^E} <pi_E - pi, Q^pi> = E_{d^pi} <pi_E - pi, Q^E>``,
    and either Q lies in an interval of length ``R / (1 - gamma)``.
    """
    bound = size(mdp, reward) * _fewer_errors(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) <= bound


def _fewer_errors(mdp: TabularMDP, expert: Any, learner: Any) -> Any:
    """The smaller error rate: under the expert's or the learner's occupancy."""
    return ar.minimum(error_rate(mdp, expert, learner), on_policy_error_rate(mdp, expert, learner))


@cloning_either_policy.false_variant("one horizon", counterexample=first_step)
def either_policy_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    bound = size(mdp, reward) * _fewer_errors(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) <= bound


@cloning_either_policy.false_variant("rewards of either sign", counterexample=lambda: tilted(discount=Fraction(0)))
def either_policy_signed(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) * _fewer_errors(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) <= bound


def _kl_along(mdp: TabularMDP, along: Any, p: Any, q: Any) -> Any:
    """Expected ``KL(p || q)`` of the action laws in the states of a third policy."""
    d = mdp.state_occupancy(along)
    return ar.sum(d * ar.where(ar.possibly_nonzero(d), kl_divergence(p, q), 0), -1)


def _least_kl(mdp: TabularMDP, expert: Any, learner: Any) -> Any:
    """The least of four expected divergences: along either policy, in either direction."""
    forward, reverse = (
        ar.minimum(_kl_along(mdp, expert, *laws), _kl_along(mdp, learner, *laws))
        for laws in ((expert, learner), (learner, expert))
    )
    return ar.minimum(forward, reverse)


REVERSE = (7 * log(Fraction(7, 8)) + 9 * log(Fraction(9, 8))) / 16
"""KL of a coin tilted by 1/16 from a fair one."""


@claim(
    id="xu-2020-bc.either-direction",
    source=xu_li_yu("Theorem 1"),
    statement=r"|r| \le R: \quad (1-\gamma)^4 (V^{\pi_E} - V^\pi)^2 \le 2 R^2 \min_{d \in \{d^{\pi_E}, d^\pi\}} "
    r"\min\left\{\mathbb{E}_{s \sim d} \mathrm{KL}(\pi_E \,\|\, \pi),\ "
    r"\mathbb{E}_{s \sim d} \mathrm{KL}(\pi \,\|\, \pi_E)\right\}",
    status=DERIVED_HERE,
    assumptions=[VISIBLE],
    tight=lambda: Tight(barely_tilted(), lhs=Fraction(1, 64), rhs=2 * REVERSE, note="approached as the coin gets fair"),
)
def cloning_either_direction(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """The divergence may be taken in either direction and along either policy.

    ``(1 - gamma)^2 |V - V'| <= R E_d ||pi_E - pi||_1`` for both occupancies (as for total variation), and Pinsker's
    inequality holds in both directions. So a learner that leaves out actions of the expert's still has a bound.
    """
    bound = 2 * size(mdp, reward) ** 2 * _least_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


@cloning_either_direction.false_variant("one horizon", counterexample=falling)
def either_direction_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 2 * size(mdp, reward) ** 2 * _least_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@cloning_either_direction.false_variant("half of it", counterexample=lambda: tilted(discount=Fraction(0)))
def either_direction_half(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) ** 2 * _least_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


def _parting(discount: Fraction = HALF) -> tuple[Any, ...]:
    """A coin tossed once, that decides whether every reward is 1 or -1; the learner's is tilted by 1/16."""
    mdp = task([[1, 2], [1, 1], [2, 2]], [[0, 0]] * 3, horizon=1).with_end(discount=discount)
    expert, learner = (ar.asarray([[p, 1 - p], [1, 0], [1, 0]]) for p in (HALF, Fraction(7, 16)))
    return mdp, expert, learner, ar.asarray([[1, -1], [1, 1], [-1, -1]])


@claim(
    id="xu-2020-bc.three-halves",
    source=xu_li_yu("Theorem 1"),
    statement=r"|r| \le R: \quad (1-\gamma)^3 (V^{\pi_E} - V^\pi)^2 \le 2 R^2\, "
    r"\mathbb{E}_{s \sim d^{\pi_E}} \mathrm{KL}(\pi_E(\cdot|s) \,\|\, \pi(\cdot|s))",
    status=DERIVED_HERE,
    assumptions=[VISIBLE],
    tight=lambda: Tight(
        _parting(), lhs=Fraction(1, 128), rhs=LOG_RATIO / 2, note="approached for every gamma as the coin gets fair"
    ),
)
def cloning_three_halves(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Cloning in relative entropy pays for a root error with the horizon to the power 3/2, not 2.

    ``(1 - gamma)^2 (V - V')^2 <= R^2 ||d - d'||_1^2 <= 2 R^2 KL(d || d')``, and ``KL(d || d') <= epsilon / (1 -
    gamma)``, for it is epsilon plus the divergence of the states, at most ``gamma KL(d || d')``
    (occ-dpi.states-kl-contracted).
    """
    bound = 2 * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return (1 - gamma(mdp)) * loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@cloning_three_halves.false_variant("one horizon", counterexample=_parting)
def three_halves_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 2 * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@cloning_three_halves.false_variant("nine tenths of it", counterexample=_parting)
def three_halves_less(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = Fraction(9, 5) * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return (1 - gamma(mdp)) * loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


# Matching occupancies.


def _mixture(mdp: TabularMDP, expert: Any, learner: Any) -> Any:
    """``chi2(d^E || (d^E + d^pi) / 2)``, in [0, 1]."""
    e, d = (ar.reshape(mdp.occupancy(pi), (*mdp.batch_shape, -1)) for pi in (expert, learner))
    return mixture_chi2(d, e)


@claim(
    id="xu-2020-gail-js.mixture-chi2",
    source=xu_li_yu("Theorem 2, other divergences"),
    statement=r"|r| \le R: \quad (1-\gamma)^2 (V^{\pi_E} - V^\pi)^2 \le 4 R^2\, \chi^2\left(d^{\pi_E} \,\middle\|\, "
    r"\tfrac12 (d^{\pi_E} + d^\pi)\right)",
    status=DERIVED_HERE,
    tight=lambda: Tight(reversed_coins(HALF), lhs=1, rhs=1, note="equality for coins tilted to opposite sides"),
)
def matching_mixture(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Against the mixture chi2 needs no coverage and no logarithm, and the bound is attained at every distance.

    ``(1 - gamma) |V - V'| <= R ||d - d'||_1``, and Cauchy-Schwarz: ``(sum |d - d'|)^2 <= 2 sum (d - d')^2 / (d + d')``.
    The bound is at most the published one, for ``JSD >= 1/4 sum (d - d')^2 / (d + d')``.
    """
    bound = 4 * size(mdp, reward) ** 2 * _mixture(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_mixture.false_variant("nine tenths of it", counterexample=lambda: reversed_coins(HALF))
def mixture_less(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = Fraction(18, 5) * size(mdp, reward) ** 2 * _mixture(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_mixture.false_variant("without the horizon", counterexample=lambda: reversed_coins(HALF))
def mixture_undiscounted(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 4 * size(mdp, reward) ** 2 * _mixture(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=0) ** 2 <= bound
