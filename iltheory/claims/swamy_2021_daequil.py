"""Swamy, Choudhury, Bagnell and Wu, ICML 2021: DAeQuIL on tabular models; T is H.

The algorithm runs inside the claims, by :func:`iltheory.learners.daequil`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, Tight, claim
from iltheory.claims.dagger_2011_no_regret import logarithm
from iltheory.claims.kinds import FiniteHorizonMDP, Policies, Policy, Rounds, SignedReward
from iltheory.claims.swamy_2021 import every_step, swamy
from iltheory.claims.swamy_2021_on_policy import fair_coin
from iltheory.claims.tables import coin
from iltheory.learners.daequil import daequil
from iltheory.learners.online import OnlineRun, hedge
from iltheory.learners.policy_class import FinitePolicies, PolicyClass, TabularPolicies
from iltheory.measures import gap, mean, on_policy_moment_error, quantity, recoverability, smallest, steps
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF = Fraction(1, 2)


def _one(mdp: Any, expert: Any, learner: Any, reward: Any) -> tuple[Any, ...]:
    return mdp, expert, (learner,), reward


def _good_then_bad() -> tuple[Any, ...]:
    mdp, good, bad = coin([1, 0], [0, 1])
    return mdp, good, (good, good, bad), ar.asarray([[[1, -1]]])


@claim(
    id="swamy-2021-daequil",
    source=swamy("DAeQuIL"),
    statement=r"\min_i |J(\pi_E) - J(\pi_i)| \le H_{rec} T (\epsilon_N + \gamma_N),\quad "
    r"\epsilon_N + \gamma_N = \frac1N \sum_i \ell_i(\pi_i),\quad \ell_i(\pi_i) = \sup_{|f| \le 1} U_3(\pi_i, f)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_one(*fair_coin()), lhs=1, rhs=1, note="one iterate: the bound for on-policy moments"),
)
def online_matching(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    """Some iterate of an online learner without regret loses linearly, if the expert can recover.

    The losses against the best discriminators are the moment errors themselves; the least is at most the mean, which
    is ``epsilon_N + gamma_N`` by definition, whatever the class and the online learner. Then the on-policy bound.
    """
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    least = smallest(ar.absolute(gap(mdp, expert, pi)) for pi in learners)
    return least <= recoverability(mdp, expert) * steps(mdp) * error


@online_matching.false_variant("the last iterate", counterexample=_good_then_bad)
def online_last(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    return ar.absolute(gap(mdp, expert, learners[-1])) <= recoverability(mdp, expert) * steps(mdp) * error


@online_matching.false_variant(
    "no recoverability", counterexample=lambda: _one(*every_step(families.cliff(horizon=4, error=Fraction(1, 4))))
)
def online_unrecoverable(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    return smallest(ar.absolute(gap(mdp, expert, pi)) for pi in learners) <= steps(mdp) * error


@online_matching.false_variant("half the constant", counterexample=lambda: _one(*fair_coin()))
def online_half(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, reward: SignedReward) -> Any:
    mdp = mdp.with_rewards(reward)
    error = mean(on_policy_moment_error(mdp, expert, pi) for pi in learners)
    least = smallest(ar.absolute(gap(mdp, expert, pi)) for pi in learners)
    return least <= recoverability(mdp, expert) * steps(mdp) * error / 2


def hedging(mdp: TabularMDP, expert: Any, policy_class: PolicyClass, rounds: int, rate: Any) -> OnlineRun:
    """DAeQuIL with Hedge of a given rate."""
    return daequil(mdp, expert, policy_class, iterations=rounds, online=hedge(rate)).run


@quantity
def regret_among(mdp: TabularMDP, expert: Any, learners: Any, rounds: int, slowness: int) -> Any:
    """Average regret of DAeQuIL with Hedge over a list of policies."""
    return hedging(mdp, expert, FinitePolicies(learners), rounds, Fraction(1, slowness)).regret


def hedge_bound(choices: int, games: int, rounds: int, slowness: int, like: Any) -> Any:
    """``games log(choices) / (eta N) + eta / 2`` with ``eta = 1 / slowness``."""
    return Fraction(games * slowness, rounds) * logarithm(choices, like) + Fraction(1, 2 * slowness)


def _two_sides() -> tuple[Any, ...]:
    mdp, good, bad = coin([1, 0], [0, 1])
    return mdp, good, (good, bad), 1, 1


def _log_two_and_half() -> Any:
    return ar.log(ar.convert(2, "ball", bits=512)) + HALF


@claim(
    id="swamy-2021-daequil.regret",
    source=swamy("DAeQuIL"),
    statement=r"\gamma_N \le \frac{\log K}{\eta N} + \frac{\eta}{2}\quad"
    r"\text{for Hedge with rate } \eta\text{ over mixtures of K policies}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_two_sides(), lhs=1, rhs=_log_two_and_half(), note="right and wrong, one round, eta = 1"),
)
def regret_of_hedge(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, rounds: Rounds, slowness: Rounds) -> Any:
    """DAeQuIL runs, against discriminators that answer it, and its regret is Hedge's; ``eta = 1 / slowness``.

    ``l_i`` is linear in the policy, with values in an interval of length 2 over the class: Hedge's average regret is at
    most ``log K / (eta N) + eta 2^2 / 8`` (Hoeffding's lemma), whatever the discriminators do.
    """
    regret = regret_among(mdp, expert, learners, rounds, slowness)
    return regret <= hedge_bound(len(learners), 1, rounds, slowness, regret)


@regret_of_hedge.false_variant("losses in [0, 1]", counterexample=_two_sides)
def regret_unit(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, rounds: Rounds, slowness: Rounds) -> Any:
    regret = regret_among(mdp, expert, learners, rounds, slowness)
    return regret <= hedge_bound(len(learners), 1, rounds, slowness, regret) - Fraction(3, 8 * slowness)


@regret_of_hedge.false_variant("without the logarithm", counterexample=_two_sides)
def regret_without_log(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, rounds: Rounds, slowness: Rounds
) -> Any:
    regret = regret_among(mdp, expert, learners, rounds, slowness)
    return regret <= hedge_bound(1, 1, rounds, slowness, regret)


def _one_state() -> tuple[Any, ...]:
    mdp, good, _ = coin([1, 0], [0, 1])
    return mdp, good, 1, 1


@claim(
    id="swamy-2021-daequil.tabular",
    source=swamy("DAeQuIL"),
    statement=r"\min_i \sup_{|f| \le 1} U_3(\pi_i, f) \le \frac{|S| \log |A|}{\eta N} + \frac{\eta}{2}\quad"
    r"\text{for Hedge with rate } \eta T\text{ in every state at every step}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_one_state(), lhs=1, rhs=_log_two_and_half(), note="one state, one round, eta = 1"),
)
def tabular_matching(mdp: FiniteHorizonMDP, expert: Policy, rounds: Rounds, slowness: Rounds) -> Any:
    """Over all tabular policies DAeQuIL matches the expert's on-policy moments, at the rate of the square root of N.

    Regrets of Hedge add up over states and steps: the losses there have a range of ``2 d_i(s) / T``, whose squares sum
    to at most ``4 / T``. The expert is in the class and loses nothing, so ``epsilon_N <= 0``.
    """
    run = hedging(mdp, expert, TabularPolicies(), rounds, Fraction(steps(mdp), slowness))
    found = smallest(on_policy_moment_error(mdp, expert, run.policies[i]) for i in range(rounds))
    return found <= hedge_bound(mdp.n_actions, mdp.n_states, rounds, slowness, found)


@tabular_matching.false_variant("without the logarithm", counterexample=_one_state)
def tabular_without_log(mdp: FiniteHorizonMDP, expert: Policy, rounds: Rounds, slowness: Rounds) -> Any:
    run = hedging(mdp, expert, TabularPolicies(), rounds, Fraction(steps(mdp), slowness))
    found = smallest(on_policy_moment_error(mdp, expert, run.policies[i]) for i in range(rounds))
    return found <= hedge_bound(1, mdp.n_states, rounds, slowness, found)


@tabular_matching.false_variant("losses in [0, 1]", counterexample=_one_state)
def tabular_unit(mdp: FiniteHorizonMDP, expert: Policy, rounds: Rounds, slowness: Rounds) -> Any:
    run = hedging(mdp, expert, TabularPolicies(), rounds, Fraction(steps(mdp), slowness))
    found = smallest(on_policy_moment_error(mdp, expert, run.policies[i]) for i in range(rounds))
    bound = hedge_bound(mdp.n_actions, mdp.n_states, rounds, slowness, found)
    return found <= bound - Fraction(3, 8 * slowness)
