"""Xu, Li and Yu, Error bounds of imitating policies and environments, NeurIPS 2020: cloning against matching.

Rewards are bounded, ``|r| <= R``, or lie in [0, R]; the claims take the least such R. Bounds with a square root are
claimed squared, and the horizon ``1 / (1 - gamma)`` stands on the left.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import COVERED
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Paper, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, Policy, Reward, SignedReward
from iltheory.claims.tables import task
from iltheory.measures import (
    error_rate,
    gamma,
    gap,
    largest,
    occupancy_chi2,
    occupancy_js,
    occupancy_kl,
    occupancy_tv,
    policy_kl,
    quantity,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers

HALF = Fraction(1, 2)


def xu_li_yu(theorem: str = "") -> Paper:
    """A theorem of the paper."""
    return Paper("Xu, Li and Yu", 2020, "Error bounds of imitating policies and environments", theorem, "2010.11876")


@quantity
def loss(mdp: TabularMDP, expert: Any, learner: Any, reward: Any, *, horizons: int) -> Numbers:
    """``|J(pi_E) - J(pi)|`` for some rewards, over ``horizons`` factors of ``1 / (1 - gamma)``."""
    return ar.absolute(gap(mdp.with_rewards(reward), expert, learner)) * (1 - gamma(mdp)) ** horizons


@quantity
def size(mdp: TabularMDP, reward: Any) -> Numbers:
    """The least R with ``|r| <= R``."""
    return largest(mdp, ar.amax(ar.absolute(reward), -1))


def _visible(mdp: TabularMDP, expert: Any, learner: Any, reward: Any) -> list[Any]:
    return [occupancy_tv(mdp, expert, learner) >= RESOLUTION, size(mdp, reward) >= RESOLUTION]


RESOLUTION = Fraction(1, 2**40)
VISIBLE = Assumption(
    "the occupancies differ by at least 2^-40 in total variation, and some reward is that large", _visible
)
"""Otherwise both sides are nearly 0, and where both are 0 no enclosure of a logarithm decides."""


def log(x: Any) -> Any:
    return ar.log(ar.convert(x, "ball", bits=512))


def bandit(expert: Any, learner: Any, rewards: tuple[int, int], discount: Fraction = HALF) -> tuple[Any, ...]:
    """One state, two actions, the probabilities of the first one, and the rewards of both."""
    mdp = task([[0, 0]], [[0, 0]], horizon=1).with_end(discount=discount)
    laws = [ar.asarray([[p, 1 - p]]) for p in (Fraction(expert), Fraction(learner))]
    return mdp, *laws, ar.asarray([list(rewards)])


def tilted(
    rewards: tuple[int, int] = (1, -1), by: Fraction = Fraction(1, 4), discount: Fraction = HALF
) -> tuple[Any, ...]:
    """An expert that tosses a coin, and a learner with a tilted one."""
    return bandit(HALF, HALF - by, rewards, discount)


def barely_tilted(rewards: tuple[int, int] = (1, -1)) -> tuple[Any, ...]:
    """No future, and a coin tilted by 1/16: ``KL = log(64/63) / 2``."""
    return tilted(rewards, Fraction(1, 16), Fraction(0))


LOG_RATIO = log(Fraction(64, 63))


def reversed_coins(by: Fraction, discount: Fraction = HALF) -> tuple[Any, ...]:
    """Expert and learner with coins tilted to opposite sides, and rewards 1 and -1."""
    return bandit(HALF + by / 2, HALF - by / 2, (1, -1), discount)


def falling() -> tuple[Any, ...]:
    """The cliff with a long horizon and a rare error, which the learner cannot take back."""
    mdp, expert, learner = families.cliff(error=Fraction(1, 32), discount=Fraction(1023, 1024))
    return mdp, expert, learner, mdp.r


# Behavioural cloning.


@claim(
    id="xu-2020-bc",
    source=xu_li_yu("Theorem 1"),
    statement=r"\left|V^{\pi_E} - V^\pi\right| \le \frac{2 \sqrt2\, R}{(1-\gamma)^2} \sqrt{\epsilon}: \quad "
    r"(1-\gamma)^4 (V^{\pi_E} - V^\pi)^2 \le 8 R^2 \epsilon,\quad "
    r"\epsilon = \mathbb{E}_{s \sim d^{\pi_E}} \mathrm{KL}(\pi_E(\cdot|s) \,\|\, \pi(\cdot|s))",
    status=FROM_MEMORY,
    assumptions=[VISIBLE],
    tight=lambda: Tight(barely_tilted(), lhs=Fraction(1, 64), rhs=4 * LOG_RATIO, note="the sharper bound is a quarter"),
)
def cloning(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Cloning pays for errors with the square of the horizon.

    An error rate moves the occupancy by up to a horizon times as much (occ-l1-from-policy), and the value by another
    (j-gap-from-occ); by the inequalities of Pinsker and Jensen ``E ||pi_E - pi||_1 <= sqrt(2 epsilon)``.
    """
    bound = 8 * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


@cloning.false_variant("one horizon", counterexample=falling)
def cloning_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 8 * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@cloning.false_variant("without the square root", counterexample=lambda: tilted(by=Fraction(1, 64)))
def cloning_rootless(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 2 * size(mdp, reward) * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) <= bound


@cloning.false_variant("a sixteenth", counterexample=lambda: tilted(discount=Fraction(0)))
def cloning_sixteenth(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner) / 2
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


@claim(
    id="xu-2020-bc.sharper",
    source=xu_li_yu("Theorem 1"),
    statement=r"|r| \le R: \quad (1-\gamma)^4 (V^{\pi_E} - V^\pi)^2 \le 2 R^2\, "
    r"\mathbb{E}_{s \sim d^{\pi_E}} \mathrm{KL}(\pi_E(\cdot|s) \,\|\, \pi(\cdot|s))",
    status=DERIVED_HERE,
    assumptions=[VISIBLE],
    tight=lambda: Tight(barely_tilted(), lhs=Fraction(1, 64), rhs=LOG_RATIO, note="approached as the coin gets fair"),
)
def cloning_sharper(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """The constant of the theorem is half of what is published.

    ``|V - V'| <= E|<pi_E - pi, Q>| / (1 - gamma) <= R E ||pi_E - pi||_1 / (1 - gamma)^2``, and then as published.
    """
    bound = 2 * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


@cloning_sharper.false_variant("one horizon", counterexample=falling)
def sharper_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 2 * size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@cloning_sharper.false_variant("half of it", counterexample=lambda: tilted(discount=Fraction(0)))
def sharper_half(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


@claim(
    id="xu-2020-bc.unit",
    source=xu_li_yu("Theorem 1"),
    statement=r"0 \le r \le R: \quad (1-\gamma)^4 (V^{\pi_E} - V^\pi)^2 \le \frac{R^2}{2}\, "
    r"\mathbb{E}_{s \sim d^{\pi_E}} \mathrm{KL}(\pi_E(\cdot|s) \,\|\, \pi(\cdot|s))",
    status=DERIVED_HERE,
    assumptions=[VISIBLE],
    tight=lambda: Tight(
        barely_tilted((1, 0)), lhs=Fraction(1, 256), rhs=LOG_RATIO / 4, note="approached as the coin gets fair"
    ),
)
def cloning_unit(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    """With rewards of one sign the constant is a quarter of what is published.

    Then Q has values in an interval of length ``R / (1 - gamma)``, and ``|<pi_E - pi, Q>|`` is at most that times TV.
    """
    bound = size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner) / 2
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


@cloning_unit.false_variant("one horizon", counterexample=falling)
def unit_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    bound = size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner) / 2
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@cloning_unit.false_variant("half of it", counterexample=lambda: tilted((1, 0), discount=Fraction(0)))
def unit_half(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    bound = size(mdp, reward) ** 2 * policy_kl(mdp, expert, learner) / 4
    return loss(mdp, expert, learner, reward, horizons=2) ** 2 <= bound


def first_step() -> tuple[Any, ...]:
    mdp, expert, learner = families.first_step_error(error=Fraction(1, 20), discount=Fraction(9, 10))
    return mdp, expert, learner, mdp.r


@claim(
    id="xu-2020-bc.tv",
    source=xu_li_yu("Theorem 1"),
    statement=r"0 \le r \le R: \quad (1-\gamma)^2 \left|V^{\pi_E} - V^\pi\right| \le R\, "
    r"\mathbb{E}_{s \sim d^{\pi_E}} \mathrm{TV}(\pi_E(\cdot|s), \pi(\cdot|s))",
    status=DERIVED_HERE,
    tight=lambda: Tight(first_step(), lhs=Fraction(1, 20), rhs=Fraction(1, 20), note="the whole error is at the start"),
)
def cloning_tv(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    """In total variation the bound is attained: a square root of KL loses for deterministic experts.

    Performance difference with the roles swapped: ``V - V' = E_{d^E} <pi_E - pi, Q^pi> / (1 - gamma)``, and ``Q^pi``
    lies in an interval of length ``R / (1 - gamma)``.
    """
    return loss(mdp, expert, learner, reward, horizons=2) <= size(mdp, reward) * error_rate(mdp, expert, learner)


@cloning_tv.false_variant("one horizon", counterexample=first_step)
def tv_linear(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    return loss(mdp, expert, learner, reward, horizons=1) <= size(mdp, reward) * error_rate(mdp, expert, learner)


@cloning_tv.false_variant("rewards of either sign", counterexample=lambda: tilted(discount=Fraction(0)))
def tv_signed(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    return loss(mdp, expert, learner, reward, horizons=2) <= size(mdp, reward) * error_rate(mdp, expert, learner)


# Matching occupancies.


SLIGHT = Fraction(1, 1000)


def _js(by: Fraction) -> Any:
    """Jensen-Shannon divergence of coins tilted to opposite sides."""
    return ((1 + by) * log(1 + by) + (1 - by) * log(1 - by)) / 2


@claim(
    id="xu-2020-gail-js",
    source=xu_li_yu("Theorem 2"),
    statement=r"|r| \le R: \quad \left|V^{\pi_E} - V^\pi\right| \le \frac{2 \sqrt2\, R}{1-\gamma} "
    r"\sqrt{\epsilon}: \quad (1-\gamma)^2 (V^{\pi_E} - V^\pi)^2 \le 8 R^2\, \mathrm{JSD}(d^{\pi_E}, d^\pi)",
    status=FROM_MEMORY,
    assumptions=[VISIBLE],
    tight=lambda: Tight(
        reversed_coins(SLIGHT), lhs=4 * SLIGHT**2, rhs=8 * _js(SLIGHT), note="approached as the coins get fair"
    ),
)
def matching(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Matching the occupancy pays for errors with one horizon only, and the constant is sharp.

    ``(1 - gamma) |V - V'| <= R ||d - d'||_1``, and Pinsker's inequality from both to their middle, ``JSD >= ||d -
    d'||_1^2 / 8``.
    """
    bound = 8 * size(mdp, reward) ** 2 * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching.false_variant("without the horizon", counterexample=lambda: reversed_coins(HALF))
def matching_undiscounted(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 8 * size(mdp, reward) ** 2 * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=0) ** 2 <= bound


@matching.false_variant("seven eighths", counterexample=lambda: reversed_coins(HALF))
def matching_less(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 7 * size(mdp, reward) ** 2 * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching.false_variant("without the square root", counterexample=lambda: reversed_coins(Fraction(1, 4)))
def matching_rootless(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 8 * size(mdp, reward) * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) <= bound


def _unit_reversed(by: Fraction = HALF) -> tuple[Any, ...]:
    return bandit((1 + by) / 2, (1 - by) / 2, (1, 0))


@claim(
    id="xu-2020-gail-js.unit",
    source=xu_li_yu("Theorem 2"),
    statement=r"0 \le r \le R: \quad (1-\gamma)^2 (V^{\pi_E} - V^\pi)^2 \le 2 R^2\, \mathrm{JSD}(d^{\pi_E}, d^\pi)",
    status=DERIVED_HERE,
    assumptions=[VISIBLE],
    tight=lambda: Tight(
        _unit_reversed(SLIGHT), lhs=SLIGHT**2, rhs=2 * _js(SLIGHT), note="approached as the coins get fair"
    ),
)
def matching_unit(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    """With rewards of one sign the constant is half of what is published.

    ``(1 - gamma) |V - V'| <= R TV(d, d')``, and the rest as published.
    """
    bound = 2 * size(mdp, reward) ** 2 * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_unit.false_variant("seven eighths", counterexample=_unit_reversed)
def matching_unit_less(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: Reward) -> Any:
    bound = Fraction(7, 4) * size(mdp, reward) ** 2 * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_unit.false_variant("rewards of either sign", counterexample=lambda: reversed_coins(HALF))
def matching_unit_signed(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 2 * size(mdp, reward) ** 2 * occupancy_js(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


def _finite(mdp: TabularMDP, expert: Any, learner: Any) -> Any:
    return COVERED.holds(mdp, expert, learner)


LEARNER_COVERS = Assumption("the learner may take every action that the expert takes", _finite)


@claim(
    id="xu-2020-gail-js.kl",
    source=xu_li_yu("Theorem 2, other divergences"),
    statement=r"|r| \le R: \quad (1-\gamma)^2 (V^{\pi_E} - V^\pi)^2 \le 2 R^2\, \mathrm{KL}(d^{\pi_E} \,\|\, d^\pi)",
    status=FROM_MEMORY,
    tight=lambda: Tight(barely_tilted(), lhs=Fraction(1, 64), rhs=LOG_RATIO, note="approached as the coin gets fair"),
    assumptions=[LEARNER_COVERS, VISIBLE],
)
def matching_kl(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Matching in relative entropy pays with one horizon, too; in either direction, for the policies may be exchanged.

    ``(1 - gamma) |V - V'| <= R ||d - d'||_1``, and Pinsker's inequality.
    """
    bound = 2 * size(mdp, reward) ** 2 * occupancy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_kl.false_variant("half of it", counterexample=tilted)
def matching_kl_half(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) ** 2 * occupancy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_kl.false_variant("without the horizon", counterexample=tilted)
def matching_kl_undiscounted(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = 2 * size(mdp, reward) ** 2 * occupancy_kl(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=0) ** 2 <= bound


def _towards_fair(discount: Fraction = HALF) -> tuple[Any, ...]:
    return bandit(Fraction(3, 4), HALF, (1, -1), discount)


@claim(
    id="xu-2020-gail-js.chi2",
    source=xu_li_yu("Theorem 2, other divergences"),
    statement=r"|r| \le R: \quad (1-\gamma)^2 (V^{\pi_E} - V^\pi)^2 \le R^2\, \chi^2(d^{\pi_E} \,\|\, d^\pi)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_towards_fair(), lhs=Fraction(1, 4), rhs=Fraction(1, 4), note="equality: |d - d'| is c d'"),
    assumptions=[LEARNER_COVERS],
)
def matching_chi2(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """The same in chi2, without any logarithm, and attained.

    ``(1 - gamma) |V - V'| <= R ||d - d'||_1``, and Cauchy-Schwarz: ``(sum |d - d'|)^2 <= sum (d - d')^2 / d'``.
    """
    bound = size(mdp, reward) ** 2 * occupancy_chi2(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_chi2.false_variant("half of it", counterexample=_towards_fair)
def matching_chi2_half(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) ** 2 * occupancy_chi2(mdp, expert, learner) / 2
    return loss(mdp, expert, learner, reward, horizons=1) ** 2 <= bound


@matching_chi2.false_variant("without the horizon", counterexample=_towards_fair)
def matching_chi2_undiscounted(mdp: DiscountedMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    bound = size(mdp, reward) ** 2 * occupancy_chi2(mdp, expert, learner)
    return loss(mdp, expert, learner, reward, horizons=0) ** 2 <= bound
