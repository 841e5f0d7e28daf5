"""Ho and Ermon 2016: with no regulariser the saddle point is the expert, at a cost known up to shaping.

``Lbar(rho, c) = -bar H(rho) + <rho - rho_E, c>`` for a constant psi. Conventions as in
:mod:`iltheory.claims.ho_ermon_2016`.
"""

from __future__ import annotations

from typing import Any

from iltheory.claims.assumptions import COVERED
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.ho_ermon_2016 import EVEN, FULL_SUPPORT, SLANTED, SURE, door, two_arms
from iltheory.claims.kinds import DiscountedMDP, Policy, SignedStationaryReward, StateFunction
from iltheory.claims.occupancy import HALF, ho_ermon
from iltheory.claims.ziebart_2010 import EXACT, log_ball, mean_entropy
from iltheory.measures import (
    cross_entropy,
    expected_next,
    l1_norm,
    per_step,
    policy_kl,
    quantity,
    soft_optimal_value,
    sum_over_pairs,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def shaping(mdp: TabularMDP, f: Numbers) -> Numbers:
    """``f(s) - gamma E f(s')``."""
    return f[..., None] - expected_next(mdp, f)


def log_policy(expert: Numbers) -> Numbers:
    """``log pi_E``, and 0 where the assumption of full support fails."""
    return ar.log(ar.where(ar.possibly_nonzero(expert), expert, 1))


@quantity
def irl_objective(mdp: TabularMDP, expert: Numbers, r: Numbers) -> Any:
    """``min_pi Lbar(rho_pi, -r)``: what the expert earns of a reward, less the soft optimal value, normalised."""
    paid = mdp.with_rewards(r)
    return per_step(mdp, paid.value(expert) - soft_optimal_value(paid, 1))


def _matched(height: int = 0) -> tuple[Any, ...]:
    """One state, an even expert and a function of the state."""
    mdp, expert, _ = two_arms(EVEN, EVEN)
    return mdp, expert, ar.asarray([height])


def _slanted(height: int = 0) -> tuple[Any, ...]:
    mdp, expert, _ = two_arms(SLANTED, EVEN)
    return mdp, expert, ar.asarray([height])


@claim(
    id="ho-ermon-2016-cor-3-2-1",
    source=ho_ermon("Corollary 3.2.1"),
    statement=r"\tilde c = -\log \pi_E - f + \gamma P f \implies "
    r"\sum_{s,a} | \mathrm{RL}(\tilde c)(a|s) - \pi_E(a|s) | = 0",
    status=FROM_MEMORY,
    assumptions=[FULL_SUPPORT],
    tight=lambda: Tight(_slanted(1), lhs=0, rhs=0, note="an equality"),
    largest=EXACT,
)
def recovery(mdp: DiscountedMDP, expert: Policy, f: StateFunction) -> Any:
    """With a constant regulariser reinforcement learning on the recovered cost returns the expert, exactly.

    ``V = f`` solves the soft Bellman equation of ``r = log pi_E + f - gamma P f``: ``Q = log pi_E + f`` and ``sum_a
    exp(Q) = exp(f)``. The cost is the multiplier of ``rho = rho_E``; without full support it is not attained.
    """
    best = mdp.with_rewards(log_policy(expert) + shaping(mdp, f)).soft_optimal(1).policy
    return equal(l1_norm(best - expert, axes=2), 0)


@recovery.false_variant("rewards are probabilities", counterexample=_slanted)
def recovery_of_probabilities(mdp: DiscountedMDP, expert: Policy, f: StateFunction) -> Any:
    best = mdp.with_rewards(expert + shaping(mdp, f)).soft_optimal(1).policy
    return equal(l1_norm(best - expert, axes=2), 0)


def _rooms() -> tuple[Any, ...]:
    """The action is the next state, an even expert, and a function that is 1 in state 1."""
    mdp = TabularMDP([[[1, 0], [0, 1]]] * 2, [[0, 0]] * 2, [1, 0], discount=HALF)
    return mdp, ar.asarray([EVEN] * 2), ar.asarray([0, 1])


@recovery.false_variant("undiscounted shaping", counterexample=_rooms)
def recovery_undiscounted(mdp: DiscountedMDP, expert: Policy, f: StateFunction) -> Any:
    undiscounted = f[..., None] - mdp.transitions.expect(f)
    best = mdp.with_rewards(log_policy(expert) + undiscounted).soft_optimal(1).policy
    return equal(l1_norm(best - expert, axes=2), 0)


@claim(
    id="ho-ermon-2016-cor-3-2-1.weak",
    source=ho_ermon("Corollary 3.2.1"),
    statement=r"\bar H(\rho_E) \le -\min_\pi \bar L(\rho_\pi, c) \quad \forall c",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        (*two_arms(EVEN, EVEN)[:2], ar.asarray([[0, 0]])), lhs=log_ball(2), rhs=log_ball(2), note="no cost, a coin"
    ),
)
def weak_recovery(mdp: DiscountedMDP, expert: Policy, c: SignedStationaryReward) -> Any:
    """No cost is worth more to inverse reinforcement learning than the least entropy-regularised loss of the expert.

    The expert is one of the policies: ``Lbar(rho_E, c) = -bar H(rho_E)`` whatever the cost.
    """
    return mean_entropy(mdp, expert) <= -irl_objective(mdp, expert, -c)


@weak_recovery.false_variant(
    "no smaller than without the entropy", counterexample=lambda: (*two_arms(SURE, SURE)[:2], ar.asarray([[0, 0]]))
)
def weak_recovery_hard(mdp: DiscountedMDP, expert: Policy, c: SignedStationaryReward) -> Any:
    paid = mdp.with_rewards(-c)
    return ar.wrap(per_step(mdp, paid.value(expert) - paid.optimal_value())) <= irl_objective(mdp, expert, -c)


@weak_recovery.false_variant(
    "equality for every cost", counterexample=lambda: (*two_arms(SURE, SURE)[:2], ar.asarray([[0, 0]]))
)
def weak_recovery_equal(mdp: DiscountedMDP, expert: Policy, c: SignedStationaryReward) -> Any:
    return equal(irl_objective(mdp, expert, -c), -mean_entropy(mdp, expert))


@claim(
    id="ho-ermon-2016-cor-3-2-1.strong",
    source=ho_ermon("Corollary 3.2.1"),
    statement=r"\min_\pi \bar L(\rho_\pi, -\log \pi_E - f + \gamma P f) = -\bar H(\rho_E)",
    status=DERIVED_HERE,
    assumptions=[FULL_SUPPORT],
    tight=lambda: Tight(_matched(1), lhs=-log_ball(2), rhs=-log_ball(2), note="a coin"),
    largest=EXACT,
)
def strong_recovery(mdp: DiscountedMDP, expert: Policy, f: StateFunction) -> Any:
    """The shaped costs ``-log pi_E`` attain the bound: they are optimal for inverse reinforcement learning.

    The soft value of ``r = log pi_E + f - gamma P f`` is f, and the expert earns ``-H + E_mu f`` of it.
    """
    return equal(irl_objective(mdp, expert, log_policy(expert) + shaping(mdp, f)), -mean_entropy(mdp, expert))


@strong_recovery.false_variant("half the cost", counterexample=_slanted)
def strong_recovery_half(mdp: DiscountedMDP, expert: Policy, f: StateFunction) -> Any:
    return equal(irl_objective(mdp, expert, log_policy(expert) / 2 + shaping(mdp, f)), -mean_entropy(mdp, expert))


@strong_recovery.false_variant("a value of 0", counterexample=_matched)
def strong_recovery_zero(mdp: DiscountedMDP, expert: Policy, f: StateFunction) -> Any:
    return equal(irl_objective(mdp, expert, log_policy(expert) + shaping(mdp, f)), 0)


# The saddle point.


@quantity
def lagrangian_linear(mdp: TabularMDP, expert: Numbers, pi: Numbers, c: Numbers) -> Any:
    """``<rho_pi - rho_E, c>``, the part of ``Lbar`` that depends on the cost."""
    return sum_over_pairs(mdp, (mdp.occupancy(pi) - mdp.occupancy(expert)) * c)


def _left_behind() -> tuple[Any, ...]:
    """The expert leaves, the other policy stays; a cost of 1 for acting in state 1, and a function 1 there."""
    mdp, expert, pi, _ = door((1, 1), (0, 1), discount=HALF)
    return mdp, expert, pi, ar.asarray([[0, 0], [1, 1], [0, 0]]), ar.asarray([0, 1, 0])


@claim(
    id="ho-ermon-2016-saddle",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\bar L(\rho, c + f - \gamma P f) = \bar L(\rho, c) \quad \forall \rho, c, f",
    status=FROM_MEMORY,
    tight=lambda: Tight(_left_behind(), lhs=-HALF, rhs=-HALF, note="half of the weight is in state 1, or not"),
)
def null_directions(mdp: DiscountedMDP, expert: Policy, pi: Policy, c: SignedStationaryReward, f: StateFunction) -> Any:
    """The cost of a saddle point is known only up to shaping: these directions change nothing.

    ``<rho, f - gamma P f> = (1 - gamma) E_mu f`` for every occupancy, the expert's as well; the entropy and a
    constant psi do not depend on the cost.
    """
    return equal(lagrangian_linear(mdp, expert, pi, c + shaping(mdp, f)), lagrangian_linear(mdp, expert, pi, c))


@null_directions.false_variant("undiscounted shaping", counterexample=_left_behind)
def null_directions_undiscounted(
    mdp: DiscountedMDP, expert: Policy, pi: Policy, c: SignedStationaryReward, f: StateFunction
) -> Any:
    undiscounted = f[..., None] - mdp.transitions.expect(f)
    return equal(lagrangian_linear(mdp, expert, pi, c + undiscounted), lagrangian_linear(mdp, expert, pi, c))


@null_directions.false_variant("any function of the state", counterexample=_left_behind)
def null_directions_any(
    mdp: DiscountedMDP, expert: Policy, pi: Policy, c: SignedStationaryReward, f: StateFunction
) -> Any:
    return equal(lagrangian_linear(mdp, expert, pi, c + f[..., None]), lagrangian_linear(mdp, expert, pi, c))


def _coins() -> tuple[Any, ...]:
    """An even expert, and a policy that is sure."""
    return two_arms(SURE, EVEN)


@claim(
    id="ho-ermon-2016-saddle.unique",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\bar L(\rho_\pi, -\log \pi_E) - \bar L(\rho_E, -\log \pi_E) = \mathbb{E}_{s\sim d^\pi} "
    r"\mathrm{KL}(\pi(\cdot|s) \,\|\, \pi_E(\cdot|s))",
    status=DERIVED_HERE,
    assumptions=[COVERED],
    tight=lambda: Tight(_coins(), lhs=log_ball(2), rhs=log_ball(2), note="sure of one side of a coin"),
    largest=EXACT,
)
def unique_policy(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """The expert is the only policy of the saddle point: every other one pays its divergence, where it goes.

    ``<rho, c> - bar H(rho) = E_rho[log pi - log pi_E]`` at ``c = -log pi_E``, which is 0 for the expert. (``other`` is
    the expert.)
    """
    loss = cross_entropy(mdp, mdp.occupancy(pi), other) - mean_entropy(mdp, pi)
    return equal(loss, policy_kl(mdp, pi, other))


@unique_policy.false_variant("no loss", counterexample=_coins)
def unique_policy_free(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return equal(cross_entropy(mdp, mdp.occupancy(pi), other) - mean_entropy(mdp, pi), 0)


@unique_policy.false_variant("divergence the wrong way round", counterexample=lambda: two_arms(SLANTED, EVEN))
def unique_policy_reversed(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    loss = cross_entropy(mdp, mdp.occupancy(pi), other) - mean_entropy(mdp, pi)
    return equal(loss, policy_kl(mdp, other, pi))
