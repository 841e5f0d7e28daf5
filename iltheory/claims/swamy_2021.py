"""Swamy, Choudhury, Bagnell and Wu, Of moments and matching, ICML 2021: reward and off-policy value moments.

Rewards lie in [-1, 1], and T is H. The three payoffs and the delta-oracle are the paper's; the constants are derived
here. On-policy moments, instances and algorithms have files of their own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, Paper, Tight, claim
from iltheory.claims.kinds import FiniteHorizonMDP, Policy, SignedReward, SignedStationaryReward
from iltheory.claims.tables import coin, in_turn, playing, task
from iltheory.measures import (
    best_moment,
    error_rate,
    gap,
    least_off_policy_payoff,
    least_reward_payoff,
    off_policy_moment_error,
    off_policy_payoff,
    quantity,
    reward_mismatch,
    reward_moment_error,
    reward_payoff,
    step_errors,
    steps,
    steps_left,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)


def swamy(section: str = "") -> Paper:
    """A part of the paper."""
    title = "Of moments and matching: a game-theoretic framework for closing the imitation gap"
    return Paper("Swamy, Choudhury, Bagnell and Wu", 2021, title, section, arxiv="2103.03236")


def paid(mdp: TabularMDP, expert: Any, learner: Any, reward: Any) -> Any:
    """What the learner loses under another reward."""
    return gap(mdp.with_rewards(reward), expert, learner)


def signed(family: Any) -> tuple[Any, ...]:
    """A family with its rewards in [0, 1] spread over [-1, 1], as a stationary reward."""
    return (*family, 2 * family.mdp.rewards() - 1)


def every_step(family: Any) -> tuple[Any, ...]:
    """As :func:`signed`, with the reward written out for every step."""
    mdp, expert, learner, reward = signed(family)
    return mdp, expert, learner, ar.broadcast_to(reward, (mdp.horizon, *reward.shape[1:]))


def loop(horizon: int, error: Any) -> Any:
    """One state, one right action."""
    return families.loop(horizon=horizon, error=error)


def first_step(horizon: int, mistake: Fraction) -> Any:
    """The learner errs at the first step only, with probability ``mistake``, and then pays for ever."""
    return families.first_step_error(horizon=horizon, error=mistake / horizon)


def distance_from_equilibrium(largest: Any, played: Any, smallest: Any) -> Any:
    """The least delta with ``largest - delta/2 <= played <= smallest + delta/2``."""
    return 2 * ar.maximum(largest - played, played - smallest)


# Rewards.


def _other_order() -> tuple[Any, ...]:
    """Two steps in one state: the learner does what the expert does, in the other order, and steps pay differently."""
    mdp = task([[0, 0]], [[0, 0]], horizon=2)
    expert, learner = in_turn(playing(0), playing(1)), in_turn(playing(1), playing(0))
    return mdp, expert, learner, ar.asarray([[[1, -1]], [[-1, 1]]])


@claim(
    id="swamy-2021-reward",
    source=swamy("reward moments"),
    statement=r"J(\pi_E) - J(\pi) \le T \epsilon,\quad \epsilon = \sup_{\|f\|_\infty \le 1} U_1(\pi, f) = "
    r"\|\bar d^{\pi} - \bar d^{\pi_E}\|_1",
    status=DERIVED_HERE,
    tight=lambda: Tight(signed(loop(5, TENTH)), lhs=1, rhs=1, note="one state, rewards 1 and -1"),
)
def reward_bound(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedStationaryReward) -> Any:
    """Matching reward moments pays linearly in the horizon, whatever the expert.

    ``-r`` is one of the functions f, and ``T U1(pi, -r) = J(pi_E) - J(pi)``. The supremum over f in [-1, 1]
    that do not vary in time is the l1 distance of the mean occupancies, attained by the sign. The published proof
    has ``2 T epsilon``.
    """
    return paid(mdp, expert, learner, reward) <= steps(mdp) * reward_moment_error(mdp, expert, learner, stationary=True)


@reward_bound.false_variant("half the constant", counterexample=lambda: signed(loop(1, HALF)))
def reward_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedStationaryReward) -> Any:
    error = reward_moment_error(mdp, expert, learner, stationary=True)
    return paid(mdp, expert, learner, reward) <= steps(mdp) * error / 2


@reward_bound.false_variant("no horizon", counterexample=lambda: signed(loop(2, HALF)))
def reward_without_horizon(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedStationaryReward
) -> Any:
    return paid(mdp, expert, learner, reward) <= reward_moment_error(mdp, expert, learner, stationary=True)


@reward_bound.false_variant("a reward that varies in time", counterexample=_other_order)
def reward_varying(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    return paid(mdp, expert, learner, reward) <= steps(mdp) * reward_moment_error(mdp, expert, learner, stationary=True)


@claim(
    id="swamy-2021-reward.time-dependent",
    source=swamy("reward moments"),
    statement=r"J(\pi_E) - J(\pi) \le T \epsilon,\quad \epsilon = \sup_{|f_h| \le 1} U_1(\pi, f) = "
    r"\tfrac1T \sum_h \|d_h^{\pi} - d_h^{\pi_E}\|_1",
    status=DERIVED_HERE,
    tight=lambda: Tight(_other_order(), lhs=4, rhs=4, note="everything wrong at both steps"),
)
def time_dependent(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Where rewards vary in time, so must the moments.

    ``-r_h`` is one of the functions ``f_h``; the supremum over each ``f_h`` in [-1, 1] is the l1 distance of the
    occupancies at step h.
    """
    return paid(mdp, expert, learner, reward) <= steps(mdp) * reward_moment_error(mdp, expert, learner)


@time_dependent.false_variant("half the constant", counterexample=lambda: every_step(loop(1, HALF)))
def time_dependent_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    return paid(mdp, expert, learner, reward) <= steps(mdp) * reward_moment_error(mdp, expert, learner) / 2


@time_dependent.false_variant("errors where the expert goes", counterexample=lambda: every_step(first_step(2, HALF)))
def time_dependent_off_policy(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    return paid(mdp, expert, learner, reward) <= steps(mdp) * off_policy_moment_error(mdp, expert, learner)


@claim(
    id="swamy-2021-reward.attained",
    source=swamy("reward moments"),
    statement=r"\sup_{|r| \le 1} (J_r(\pi_E) - J_r(\pi)) = J_{-f^*}(\pi_E) - J_{-f^*}(\pi) = T \epsilon,\quad "
    r"f^*_h = \operatorname{sign}(d_h^{\pi} - d_h^{\pi_E})",
    status=DERIVED_HERE,
    tight=lambda: Tight(tuple(families.cliff(horizon=2, error=HALF)), lhs=Fraction(5, 2), rhs=Fraction(5, 2)),
)
def attained(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """The bound with moments that vary in time is attained on every model, by the reward that separates best.

    ``<g, f>`` is largest over f in [-1, 1] at the sign of g, and the rewards ``-f`` are all in the class.
    """
    reward = -best_moment(reward_mismatch(mdp, expert, learner))
    return equal(paid(mdp, expert, learner, reward), steps(mdp) * reward_moment_error(mdp, expert, learner))


@attained.false_variant("the sign the other way", counterexample=lambda: loop(1, HALF))
def attained_reversed(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    reward = best_moment(reward_mismatch(mdp, expert, learner))
    return equal(paid(mdp, expert, learner, reward), steps(mdp) * reward_moment_error(mdp, expert, learner))


@attained.false_variant("with moments that do not vary", counterexample=lambda: _other_order()[:3])
def attained_stationary(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    reward = -best_moment(reward_mismatch(mdp, expert, learner))
    error = reward_moment_error(mdp, expert, learner, stationary=True)
    return equal(paid(mdp, expert, learner, reward), steps(mdp) * error)


@quantity
def reward_delta(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Any:
    """Distance of (learner, f) from an equilibrium of the reward game."""
    return distance_from_equilibrium(
        reward_moment_error(mdp, expert, learner),
        reward_payoff(mdp, expert, learner, f),
        least_reward_payoff(mdp, mdp.occupancy(expert), f),
    )


def halfway() -> tuple[Any, ...]:
    """One step, everything wrong, and a discriminator that is half as sure as it should be."""
    mdp, expert, learner = coin([1, 0], [0, 1])
    return mdp, expert, learner, ar.asarray([[[-HALF, HALF]]]), ar.asarray([[[1, -1]]])


@claim(
    id="swamy-2021-reward.equilibrium",
    source=swamy("delta-approximate equilibria"),
    statement=r"J(\pi_E) - J(\hat\pi) \le T \delta\quad\text{if}\quad \sup_f U_1(\hat\pi, f) - \tfrac\delta2 "
    r"\le U_1(\hat\pi, \hat f) \le \inf_\pi U_1(\pi, \hat f) + \tfrac\delta2",
    status=DERIVED_HERE,
    tight=lambda: Tight(halfway(), lhs=2, rhs=2, note="one step, everything wrong, f half as large as it may be"),
)
def reward_equilibrium(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    """Any pair of policy and discriminator certifies itself, by its distance from an equilibrium.

    The expert matches itself: ``inf_pi U1(pi, f) <= U1(pi_E, f) = 0``, so ``sup_f U1(pi, f) <= delta``; then
    the bound for reward moments.
    """
    return paid(mdp, expert, learner, reward) <= steps(mdp) * reward_delta(mdp, expert, learner, moment)


@reward_equilibrium.false_variant("half of delta", counterexample=halfway)
def reward_half_delta(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    return paid(mdp, expert, learner, reward) <= steps(mdp) * reward_delta(mdp, expert, learner, moment) / 2


@reward_equilibrium.false_variant("a discriminator of no use", counterexample=halfway)
def reward_one_sided(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    answer = mdp.with_rewards(-moment)
    regret = (answer.optimal_value() - answer.value(learner)) / steps(mdp)
    return paid(mdp, expert, learner, reward) <= steps(mdp) * regret


# Off-policy action values.


def _first_step() -> Tight:
    return Tight(every_step(first_step(7, HALF)), lhs=7, rhs=7, note="2 p T: the whole error is at step 1")


@claim(
    id="swamy-2021-offq",
    source=swamy("off-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le T^2 \epsilon_{off},\quad \epsilon_{off} = \sup_{|f| \le 1} U_2(\pi, f) = "
    r"\tfrac1T \sum_h \mathbb{E}_{d_h^{\pi_E}} \|\pi_h - \pi_{E,h}\|_1",
    status=DERIVED_HERE,
    tight=_first_step,
)
def off_policy_bound(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Matching action values where the expert goes pays quadratically in the horizon.

    By the identity the gap is ``T U2(pi, -Q^pi)``, and ``Q^pi / T`` lies in [-1, 1].
    """
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps(mdp) ** 2 * error


@off_policy_bound.false_variant(
    "linear in T", counterexample=lambda: every_step(families.cliff(horizon=4, error=TENTH))
)
def off_policy_linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps(mdp) * error


@off_policy_bound.false_variant("half the constant", counterexample=lambda: every_step(first_step(2, HALF)))
def off_policy_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps(mdp) ** 2 * error / 2


@off_policy_bound.false_variant("T (T + 1) / 2", counterexample=lambda: every_step(first_step(2, HALF)))
def off_policy_triangular(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps_left(mdp).sum() * error


def _first_step_identity() -> Tight:
    return Tight(every_step(first_step(3, HALF)), lhs=3, rhs=3, note="p = 1/2, 2 p T")


@claim(
    id="swamy-2021-offq.identity",
    source=swamy("off-policy Q moments"),
    statement=r"J(\pi_E) - J(\pi) = -T\,U_2(\pi, Q^\pi) = \sum_h \mathbb{E}_{s \sim d_h^{\pi_E}} "
    r"\langle \pi_{E,h} - \pi_h, Q_h^\pi \rangle",
    status=DERIVED_HERE,
    tight=_first_step_identity,
)
def off_policy_identity(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """The gap is the off-policy payoff of the learner's own action values.

    The performance difference lemma with the roles swapped: the learner's values along the expert's states.
    """
    mdp = mdp.with_rewards(reward)
    return equal(gap(mdp, expert, learner), -steps(mdp) * off_policy_payoff(mdp, expert, learner, mdp.q(learner)))


@off_policy_identity.false_variant(
    "the expert's values", counterexample=lambda: every_step(families.cliff(horizon=2, error=HALF))
)
def identity_expert_values(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    return equal(gap(mdp, expert, learner), -steps(mdp) * off_policy_payoff(mdp, expert, learner, mdp.q(expert)))


@off_policy_identity.false_variant("a mean over steps", counterexample=lambda: every_step(loop(2, HALF)))
def identity_mean(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    return equal(gap(mdp, expert, learner), -off_policy_payoff(mdp, expert, learner, mdp.q(learner)))


@quantity
def weighted(mdp: TabularMDP, expert: Any, learner: Any, weights: Any) -> Any:
    """``sum_h w_h E_{d_h^E} |pi_h - pi_E,h|_1``."""
    return 2 * ar.sum(weights * step_errors(mdp, expert, learner, mdp.state_occupancy(expert)), -1)


@claim(
    id="swamy-2021-offq.sharper",
    source=swamy("off-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le \sum_h (T - h + 1)\,\mathbb{E}_{d_h^{\pi_E}} \|\pi_h - \pi_{E,h}\|_1",
    status=DERIVED_HERE,
    tight=_first_step,
)
def off_policy_weighted(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Late errors cost less: equal errors at every step pay ``T (T + 1) / 2``, not ``T^2``.

    In the identity ``|Q_h^pi| <= T - h + 1``.
    """
    rhs = weighted(mdp, expert, learner, steps_left(mdp))
    return ar.absolute(paid(mdp, expert, learner, reward)) <= rhs


@off_policy_weighted.false_variant("one reward fewer", counterexample=lambda: every_step(loop(1, HALF)))
def weighted_one_fewer(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    rhs = weighted(mdp, expert, learner, steps_left(mdp) - 1)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= rhs


@off_policy_weighted.false_variant("weights in reverse", counterexample=lambda: every_step(first_step(2, HALF)))
def weighted_in_reverse(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    rhs = weighted(mdp, expert, learner, steps(mdp) + 1 - steps_left(mdp))
    return ar.absolute(paid(mdp, expert, learner, reward)) <= rhs


@claim(
    id="swamy-2021-offq.unit-rewards",
    source=swamy("off-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le \tfrac12 T^2 \epsilon_{off}\quad\text{if}\quad 0 \le r \le 1",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(tuple(first_step(7, HALF)), lhs=Fraction(7, 2), rhs=Fraction(7, 2), note="p T"),
)
def off_policy_unit(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Rewards in [0, 1] cost half as much: the bound of behavioural cloning.

    Shifted to [-1/2, 1/2] they give the same gap, and values half as large.
    """
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= steps(mdp) ** 2 * error / 2


@off_policy_unit.false_variant("a quarter of the constant", counterexample=lambda: first_step(2, HALF))
def unit_quarter(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= steps(mdp) ** 2 * error / 4


@off_policy_unit.false_variant("linear in T", counterexample=lambda: families.cliff(horizon=3, error=HALF))
def unit_linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return ar.absolute(gap(mdp, expert, learner)) <= steps(mdp) * error_rate(mdp, expert, learner)


@quantity
def off_policy_delta(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Any:
    """Distance of (learner, f) from an equilibrium of the off-policy game."""
    return distance_from_equilibrium(
        off_policy_moment_error(mdp, expert, learner),
        off_policy_payoff(mdp, expert, learner, f),
        least_off_policy_payoff(mdp, expert, mdp.state_occupancy(expert), f),
    )


@claim(
    id="swamy-2021-offq.equilibrium",
    source=swamy("delta-approximate equilibria"),
    statement=r"|J(\pi_E) - J(\hat\pi)| \le T^2 \delta\quad\text{if}\quad \sup_f U_2(\hat\pi, f) - \tfrac\delta2 "
    r"\le U_2(\hat\pi, \hat f) \le \inf_\pi U_2(\pi, \hat f) + \tfrac\delta2",
    status=DERIVED_HERE,
    tight=lambda: Tight(halfway(), lhs=2, rhs=2, note="one step, everything wrong, f half as large as it may be"),
)
def off_policy_equilibrium(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    """An approximate equilibrium off-policy pays quadratically.

    As for rewards: ``inf_pi U2(pi, f) <= U2(pi_E, f) = 0``, so ``sup_f U2(pi, f) <= delta``. In the paper f ranges over
    [-T, T], and its delta is T times this one.
    """
    delta = off_policy_delta(mdp, expert, learner, moment)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps(mdp) ** 2 * delta


@off_policy_equilibrium.false_variant("half of delta", counterexample=halfway)
def off_policy_half_delta(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    delta = off_policy_delta(mdp, expert, learner, moment)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps(mdp) ** 2 * delta / 2


def _confident_fall() -> tuple[Any, ...]:
    """A learner that may fall at the first step of four, facing the discriminator that sees it best."""
    mdp, expert, learner, reward = every_step(first_step(4, HALF))
    return mdp, expert, learner, best_moment(ar.broadcast_to(learner - expert, (4, 3, 2))), reward


@off_policy_equilibrium.false_variant("linear in T", counterexample=_confident_fall)
def off_policy_linear_delta(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    delta = off_policy_delta(mdp, expert, learner, moment)
    return ar.absolute(paid(mdp, expert, learner, reward)) <= steps(mdp) * delta
