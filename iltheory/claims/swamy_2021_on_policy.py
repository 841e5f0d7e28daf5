"""Swamy, Choudhury, Bagnell and Wu, ICML 2021: on-policy value moments, and recoverability.

Rewards lie in [-1, 1], and T is H.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, Tight, claim
from iltheory.claims.kinds import DeterministicPolicy, FiniteHorizonMDP, Horizon, Policy, SignedReward
from iltheory.claims.swamy_2021 import distance_from_equilibrium, every_step, first_step, loop, swamy
from iltheory.claims.tables import coin, off_course, playing
from iltheory.measures import (
    expectation,
    gap,
    half_span,
    half_spans,
    largest_reward,
    least_on_policy_payoff,
    off_policy_moment_error,
    on_policy_moment_error,
    on_policy_payoff,
    on_policy_price,
    quantity,
    recoverability,
    smallest_reward,
    steps,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF, THIRD, TENTH = Fraction(1, 2), Fraction(1, 3), Fraction(1, 10)


def fair_coin() -> tuple[Any, ...]:
    """One step: the expert tosses a coin between rewards 1 and -1, the learner always takes the worse."""
    return (*coin([HALF, HALF], [0, 1]), ar.asarray([[[1, -1]]]))


def astray() -> tuple[Any, ...]:
    """The learner's one harmless deviation leads to where it errs for ever; rewards 1 and 0."""
    mdp, expert, learner = off_course(4)
    return mdp, expert, learner, ar.broadcast_to(mdp.rewards(), (4, 2, 2))


def resigned() -> tuple[Any, ...]:
    """A learner that falls off the cliff at once, would do so later, too, and so has little left to lose."""
    mdp, expert, _, reward = every_step(families.cliff(horizon=3, error=0))
    return mdp, expert, playing(1, 0), reward


# On-policy action values.


@claim(
    id="swamy-2021-onq",
    source=swamy("on-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le H_{rec} T \epsilon_{on},\quad \epsilon_{on} = "
    r"\tfrac1T \sum_h \mathbb{E}_{d_h^{\pi}} \|\pi_h - \pi_{E,h}\|_1,\quad "
    r"H_{rec} = \max_{h,s,a} |Q_h^{\pi_E}(s, a) - V_h^{\pi_E}(s)|",
    status=DERIVED_HERE,
    tight=lambda: Tight(fair_coin(), lhs=1, rhs=1, note="a coin for an expert, a learner that takes the worse side"),
)
def on_policy_bound(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Matching the expert's action values where the learner goes pays ``H_rec T``: linearly, if errors can be mended.

    Performance difference: the gap is ``sum_h E_{d_h^pi} <pi_E - pi, Q_h^E>``. Since ``pi_E - pi`` sums to 0,
    V may be subtracted from Q; then Hölder.
    """
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, expert) * steps(mdp) * error


@on_policy_bound.false_variant("errors where the expert goes", counterexample=astray)
def on_policy_off(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, expert) * steps(mdp) * error


@on_policy_bound.false_variant("half the constant", counterexample=fair_coin)
def on_policy_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, expert) * steps(mdp) * error / 2


@on_policy_bound.false_variant("recoverability of the learner", counterexample=resigned)
def on_policy_learners(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, learner) * steps(mdp) * error


@claim(
    id="swamy-2021-onq.deterministic",
    source=swamy("on-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le \tfrac12 H_{rec} T \epsilon_{on}\quad\text{if } \pi_E\text{ is deterministic}",
    status=DERIVED_HERE,
    tight=lambda: Tight(every_step(loop(5, TENTH)), lhs=1, rhs=1, note="one state, rewards 1 and -1"),
)
def on_policy_deterministic(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy, reward: SignedReward
) -> Any:
    """Half of the published constant suffices for an expert that takes one action in each state.

    ``<pi_E - pi, Q - V>`` has no term for the expert's own action, where Q = V; the others weigh
    ``|pi - pi_E|_1 / 2`` together.
    """
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, expert) * steps(mdp) * error / 2


@on_policy_deterministic.false_variant("a stochastic expert", counterexample=fair_coin)
def deterministic_stochastic(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, expert) * steps(mdp) * error / 2


@on_policy_deterministic.false_variant("a quarter of the constant", counterexample=lambda: every_step(loop(1, HALF)))
def deterministic_quarter(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy, reward: SignedReward
) -> Any:
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= recoverability(mdp, expert) * steps(mdp) * error / 4


@claim(
    id="swamy-2021-onq.sharper",
    source=swamy("on-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le \tfrac12 \max_{h,s} (\max_a - \min_a) Q_h^{\pi_E}(s, a)\; T \epsilon_{on}",
    status=DERIVED_HERE,
    tight=lambda: Tight(every_step(loop(5, TENTH)), lhs=1, rhs=1, note="one state, rewards 1 and -1"),
)
def on_policy_span(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """``H_rec`` may be half the range of the expert's action values, which is never larger.

    As the published bound, subtracting the middle of the range of ``Q(s, .)`` instead of V.
    """
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= half_span(mdp, expert) * steps(mdp) * error


@on_policy_span.false_variant("a quarter of the range", counterexample=lambda: every_step(loop(1, HALF)))
def span_quarter(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = on_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= half_span(mdp, expert) * steps(mdp) * error / 2


@on_policy_span.false_variant("errors where the expert goes", counterexample=astray)
def span_off(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = off_policy_moment_error(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= half_span(mdp, expert) * steps(mdp) * error


@claim(
    id="swamy-2021-onq.statewise",
    source=swamy("on-policy Q moments"),
    statement=r"|J(\pi_E) - J(\pi)| \le \sum_h \mathbb{E}_{s \sim d_h^{\pi}} "
    r"[\tfrac12 (\max_a - \min_a) Q_h^{\pi_E}(s, a)\,\|\pi_h - \pi_{E,h}\|_1]",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        every_step(families.unicycle(horizon=3, error=HALF)), lhs=Fraction(3, 2), rhs=Fraction(3, 2), note="an equality"
    ),
)
def on_policy_statewise(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    """Each state may have its own range, so that errors count only where they matter.

    As the bound with half the range, before the maximum over states is taken.
    """
    mdp = mdp.with_rewards(reward)
    return ar.absolute(gap(mdp, expert, learner)) <= steps(mdp) * on_policy_price(mdp, expert, learner)


@on_policy_statewise.false_variant("half of it", counterexample=lambda: every_step(loop(1, HALF)))
def statewise_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    return ar.absolute(gap(mdp, expert, learner)) <= steps(mdp) * on_policy_price(mdp, expert, learner) / 2


@on_policy_statewise.false_variant("where the expert goes", counterexample=astray)
def statewise_off(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    distance = ar.sum(ar.absolute(mdp.policy(learner) - mdp.policy(expert)), -1)
    price = expectation(mdp, expert, half_spans(mdp, expert) * distance)
    return ar.absolute(gap(mdp, expert, learner)) <= steps(mdp) * price


@quantity
def on_policy_delta(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Any:
    """Distance of (learner, f) from an equilibrium of the on-policy game."""
    return distance_from_equilibrium(
        on_policy_moment_error(mdp, expert, learner),
        on_policy_payoff(mdp, expert, learner, f),
        least_on_policy_payoff(mdp, expert, f),
    )


def unsure_coin() -> tuple[Any, ...]:
    """The fair coin with a discriminator that is a third as sure as it should be."""
    mdp, expert, learner, reward = fair_coin()
    return mdp, expert, learner, ar.asarray([[[-THIRD, THIRD]]]), reward


@claim(
    id="swamy-2021-onq.equilibrium",
    source=swamy("delta-approximate equilibria"),
    statement=r"|J(\pi_E) - J(\hat\pi)| \le H_{rec} T \delta\quad\text{if}\quad \sup_f U_3(\hat\pi, f) - \tfrac\delta2 "
    r"\le U_3(\hat\pi, \hat f) \le \inf_\pi U_3(\pi, \hat f) + \tfrac\delta2",
    status=DERIVED_HERE,
    tight=lambda: Tight(unsure_coin(), lhs=1, rhs=Fraction(4, 3), note="H_rec = 1, delta = 4/3"),
)
def on_policy_equilibrium(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    """An approximate equilibrium on-policy pays ``H_rec delta T``.

    As for rewards: ``inf_pi U3(pi, f) <= U3(pi_E, f) = 0``, so ``sup_f U3(pi, f) <= delta``.
    """
    mdp = mdp.with_rewards(reward)
    price = recoverability(mdp, expert) * steps(mdp)
    return ar.absolute(gap(mdp, expert, learner)) <= price * on_policy_delta(mdp, expert, learner, moment)


@on_policy_equilibrium.false_variant("half of delta", counterexample=unsure_coin)
def on_policy_half_delta(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    mdp = mdp.with_rewards(reward)
    price = recoverability(mdp, expert) * steps(mdp)
    return ar.absolute(gap(mdp, expert, learner)) <= price * on_policy_delta(mdp, expert, learner, moment) / 2


@on_policy_equilibrium.false_variant("what the discriminator sees", counterexample=unsure_coin)
def on_policy_seen(
    mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, moment: SignedReward, reward: SignedReward
) -> Any:
    mdp = mdp.with_rewards(reward)
    price = recoverability(mdp, expert) * steps(mdp)
    return ar.absolute(gap(mdp, expert, learner)) <= price * on_policy_payoff(mdp, expert, learner, moment)


# Recoverability.


def _first_step_expert(horizon: int) -> tuple[Any, ...]:
    mdp, expert, _, reward = every_step(first_step(horizon, HALF))
    return mdp, expert, reward


@claim(
    id="swamy-2021-recoverability",
    source=swamy("recoverability"),
    statement=r"H_{rec} = \max_{h,s,a} |Q_h^{\pi_E}(s, a) - V_h^{\pi_E}(s)| \le 2 T",
    status=DERIVED_HERE,
    tight=lambda: Tight(_first_step_expert(7), lhs=14, rhs=14, note="good for ever, or bad for ever"),
)
def at_worst(mdp: FiniteHorizonMDP, expert: Policy, reward: SignedReward) -> Any:
    """An expert who cannot recover loses at most everything.

    At step h both values lie in ``[-(T - h + 1), T - h + 1]``.
    """
    return recoverability(mdp.with_rewards(reward), expert) <= 2 * steps(mdp)


@at_worst.false_variant("T", counterexample=lambda: _first_step_expert(2))
def at_worst_half(mdp: FiniteHorizonMDP, expert: Policy, reward: SignedReward) -> Any:
    return recoverability(mdp.with_rewards(reward), expert) <= steps(mdp)


@at_worst.false_variant("one step less", counterexample=lambda: _first_step_expert(2))
def at_worst_less(mdp: FiniteHorizonMDP, expert: Policy, reward: SignedReward) -> Any:
    return recoverability(mdp.with_rewards(reward), expert) <= 2 * (steps(mdp) - 1)


@claim(
    id="swamy-2021-recoverability.sharper",
    source=swamy("recoverability"),
    statement=r"H_{rec} \le T\,(\max r - \min r)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_first_step_expert(7), lhs=14, rhs=14, note="good for ever, or bad for ever"),
)
def at_worst_range(mdp: FiniteHorizonMDP, expert: Policy, reward: SignedReward) -> Any:
    """Only the range of the rewards matters.

    Shifting all rewards to the middle of their range changes no advantage and leaves ``|Q|, |V| <= T range / 2``.
    """
    mdp = mdp.with_rewards(reward)
    return recoverability(mdp, expert) <= steps(mdp) * (largest_reward(mdp) - smallest_reward(mdp))


@at_worst_range.false_variant("the size of the rewards", counterexample=lambda: _first_step_expert(2))
def range_size(mdp: FiniteHorizonMDP, expert: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    return recoverability(mdp, expert) <= steps(mdp) * ar.maximum(largest_reward(mdp), -smallest_reward(mdp))


@at_worst_range.false_variant("one step less", counterexample=lambda: _first_step_expert(2))
def range_less(mdp: FiniteHorizonMDP, expert: Policy, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    return recoverability(mdp, expert) <= (steps(mdp) - 1) * (largest_reward(mdp) - smallest_reward(mdp))


@claim(
    id="swamy-2021-recoverability.cliff",
    source=swamy("Cliff"),
    statement=r"H_{rec} = T\text{ on the cliff}",
    status=DERIVED_HERE,
    tight=lambda: Tight((9,), lhs=9, rhs=9, note="attained at h = 1"),
)
def cliff_recoverability(horizon: Horizon) -> Any:
    """Who falls at the first step loses every reward.

    ``Q_1 = T`` for staying (with -1 for each step after a mistake: 0) and 0 (-T) for falling; rewards are shifted by 1.
    """
    mdp, expert, _ = families.cliff(horizon=horizon, error=0)
    return equal(recoverability(mdp, expert), horizon)


@cliff_recoverability.false_variant("2 T", counterexample=lambda: (1,))
def cliff_doubled(horizon: Horizon) -> Any:
    mdp, expert, _ = families.cliff(horizon=horizon, error=0)
    return equal(recoverability(mdp, expert), 2 * horizon)


@cliff_recoverability.false_variant("T - 1", counterexample=lambda: (1,))
def cliff_less(horizon: Horizon) -> Any:
    mdp, expert, _ = families.cliff(horizon=horizon, error=0)
    return equal(recoverability(mdp, expert), horizon - 1)


@claim(
    id="swamy-2021-recoverability.unicycle",
    source=swamy("Unicycle"),
    statement=r"H_{rec} = \min(T - 1, 1)\text{ on the unicycle}",
    status=DERIVED_HERE,
    tight=lambda: Tight((9,), lhs=1, rhs=1, note="one step beside the track"),
)
def unicycle_recoverability(horizon: Horizon) -> Any:
    """Who leaves the track pays 1, at the next step, if there is one.

    From beside the track every action returns, so ``Q_h(0, leave) = Q_h(0, stay) - 1`` for h < T; at the last
    step nothing is left to pay. The published value 1 takes T > 1 for granted.
    """
    mdp, expert, _ = families.unicycle(horizon=horizon, error=0)
    return equal(recoverability(mdp, expert), min(horizon - 1, 1))


@unicycle_recoverability.false_variant("1 for a single step, too", counterexample=lambda: (1,))
def unicycle_one(horizon: Horizon) -> Any:
    mdp, expert, _ = families.unicycle(horizon=horizon, error=0)
    return equal(recoverability(mdp, expert), 1)


@unicycle_recoverability.false_variant("T - 1", counterexample=lambda: (3,))
def unicycle_linear(horizon: Horizon) -> Any:
    mdp, expert, _ = families.unicycle(horizon=horizon, error=0)
    return equal(recoverability(mdp, expert), horizon - 1)
