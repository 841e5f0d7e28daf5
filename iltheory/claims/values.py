"""Foundations: how the values of two policies differ.

Kakade and Langford (ICML 2002) for ordinary values; for soft ones as used by Ziebart (2010) and Haarnoja et
al. (2017).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy, StateFunction, Temperature
from iltheory.claims.occupancy import HALF, TENTH, bandit, with_steps
from iltheory.measures import (
    average,
    expectation,
    expected_next,
    gamma,
    gap,
    kl_divergence,
    soft_advantage,
    soft_optimal_value,
    soft_value,
    steps,
    sum_over_pairs,
    total,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

KAKADE_LANGFORD = Paper(
    "Kakade and Langford", 2002, "Approximately optimal approximate reinforcement learning", "Lemma 6.1"
)
IQ_LEARN = Paper(
    "Garg, Chakraborty, Cundy, Song and Ermon",
    2021,
    "IQ-Learn: Inverse soft-Q learning for imitation",
    "Corollary 2.1",
    arxiv="2106.12142",
)
SOFT = Paper(
    "Haarnoja, Tang, Abbeel and Levine",
    2017,
    "Reinforcement learning with deep energy-based policies",
    "",
    "1702.08165",
)

# Telescoping.


def _height(**end: Any) -> tuple[Any, ...]:
    """The learner on the cliff, and the function that is 1 on the path."""
    mdp, _, learner = families.cliff(error=TENTH, **end)
    f = ar.asarray([1, 0]) if mdp.horizon is None else ar.asarray([[1, 0]] * mdp.horizon)
    return mdp, mdp.policy(learner), f


@claim(
    id="bellman-flow-telescoping",
    source=IQ_LEARN,
    statement=r"(1-\gamma) \mathbb{E}_{s\sim\mu} f(s) = "
    r"\mathbb{E}_{(s,a)\sim d^\pi} \left[ f(s) - \gamma \mathbb{E}_{s'\sim P(\cdot|s,a)} f(s') \right]",
    status=FROM_MEMORY,
    tight=lambda: Tight(_height(discount=HALF), lhs=HALF, rhs=HALF, note="an equality"),
)
def telescoping(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    """The start's share of any function can be read off any occupancy.

    Inner product of the Bellman flow equations with f.
    """
    return equal((1 - gamma(mdp)) * ar.sum(mdp.mu * f, -1), _decrease(mdp, pi, f))


def _decrease(mdp: TabularMDP, pi: Numbers, f: Numbers) -> Any:
    """Expected decrease of f in a step along a policy; summed over steps if the horizon is finite."""
    return sum_over_pairs(mdp, mdp.occupancy(pi) * (f[..., None] - expected_next(mdp, f)))


@telescoping.false_variant("unnormalised start", counterexample=lambda: _height(discount=HALF))
def telescoping_unnormalised(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    return equal(ar.sum(mdp.mu * f, -1), _decrease(mdp, pi, f))


@telescoping.false_variant("undiscounted next state", counterexample=lambda: _height(discount=HALF))
def telescoping_undiscounted(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    decrease = sum_over_pairs(mdp, mdp.occupancy(pi) * (f[..., None] - mdp.transitions.expect(f)))
    return equal((1 - gamma(mdp)) * ar.sum(mdp.mu * f, -1), decrease)


@claim(
    id="bellman-flow-telescoping.finite",
    source=IQ_LEARN,
    statement=r"\mathbb{E}_{s\sim\mu} f_1(s) = \sum_{h=1}^H \mathbb{E}_{(s,a)\sim d_h^\pi} "
    r"\left[ f_h(s) - \mathbb{E}_{s'\sim P_h(\cdot|s,a)} f_{h+1}(s') \right], \quad f_{H+1} = 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(_height(horizon=3), lhs=1, rhs=1, note="an equality"),
)
def telescoping_finite(mdp: FiniteHorizonMDP, pi: Policy, f: StateFunction) -> Any:
    """The start's share of any function can be read off any occupancy.

    Under ``d_h^pi`` the expected next value of ``f_{h+1}`` is its mean under ``d_{h+1}^pi``: the sum
    telescopes.
    """
    return equal(ar.sum(mdp.mu * f[..., 0, :], -1), _decrease(mdp, pi, f))


def _first_height() -> tuple[Any, ...]:
    mdp, learner, _ = _height(horizon=2)
    return mdp, learner, ar.asarray([[1, 0], [0, 0]])


@telescoping_finite.false_variant("the same function at the next step", counterexample=_first_height)
def telescoping_same_function(mdp: FiniteHorizonMDP, pi: Policy, f: StateFunction) -> Any:
    late = ar.concatenate([f[..., :1, :], f[..., :-1, :]], axis=f.ndim - 2)
    decrease = sum_over_pairs(mdp, mdp.occupancy(pi) * (f[..., None] - expected_next(mdp, late)))
    return equal(ar.sum(mdp.mu * f[..., 0, :], -1), decrease)


@telescoping_finite.false_variant("mean over steps", counterexample=lambda: _height(horizon=2))
def telescoping_mean(mdp: FiniteHorizonMDP, pi: Policy, f: StateFunction) -> Any:
    return equal(ar.sum(mdp.mu * f[..., 0, :], -1), _decrease(mdp, pi, f) / steps(mdp))


# The performance difference lemma.


def _falling(**end: Any) -> tuple[Any, ...]:
    return with_steps(families.cliff(error=TENTH, **end))


@claim(
    id="pdl",
    source=KAKADE_LANGFORD,
    statement=r"J(\pi) - J(\pi') = \sum_{h=1}^H \mathbb{E}_{(s,a)\sim d_h^\pi} \left[ Q_h^{\pi'}(s,a) - "
    r"V_h^{\pi'}(s) \right]",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        _falling(horizon=3), lhs=Fraction(561, 1000), rhs=Fraction(561, 1000), note="H - (1-e)(1-(1-e)^H)/e"
    ),
)
def performance_difference(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """What a policy gains over another is the other's advantage, where the first one goes.

    Telescoping with ``f = V^pi'``: the sum is ``sum_h E[r_h + V'_{h+1}(s') - V'_h(s)] = J(pi) - E_mu V'_1``.
    """
    return equal(gap(mdp, pi, other), _gained(mdp, along=pi, over=other))


def _gained(mdp: TabularMDP, *, along: Numbers, over: Numbers) -> Any:
    """Advantage over one policy, along another: sum over steps, or mean under the occupancy."""
    return sum_over_pairs(mdp, mdp.occupancy(along) * mdp.advantage(over))


@performance_difference.false_variant("along the other policy", counterexample=lambda: _falling(horizon=2))
def performance_difference_along_other(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return equal(
        gap(mdp, pi, other),
        sum_over_pairs(mdp, mdp.state_occupancy(other)[..., None] * pi * mdp.advantage(other)),
    )


@performance_difference.false_variant("advantage of the first policy", counterexample=lambda: _falling(horizon=2))
def performance_difference_first_advantage(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return equal(
        gap(mdp, pi, other),
        -sum_over_pairs(mdp, mdp.state_occupancy(pi)[..., None] * other * mdp.advantage(pi)),
    )


@claim(
    id="pdl.discounted",
    source=KAKADE_LANGFORD,
    statement=r"J(\pi) - J(\pi') = \frac{1}{1-\gamma} \mathbb{E}_{(s,a)\sim d^\pi} \left[ A^{\pi'}(s,a) "
    r"\right]",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        _falling(discount=HALF), lhs=Fraction(4, 11), rhs=Fraction(4, 11), note="e / ((1-g) (1 - g (1-e)))"
    ),
)
def performance_difference_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """What a policy gains over another is the other's advantage, where the first one goes.

    Telescoping with ``f = V^pi'``.
    """
    return equal(gap(mdp, pi, other), _gained(mdp, along=pi, over=other) / (1 - gamma(mdp)))


@performance_difference_discounted.false_variant("without the horizon", counterexample=lambda: _falling(discount=HALF))
def performance_difference_normalised(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return equal(gap(mdp, pi, other), _gained(mdp, along=pi, over=other))


@performance_difference_discounted.false_variant("wrong sign", counterexample=lambda: _falling(discount=HALF))
def performance_difference_sign(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return equal(gap(mdp, pi, other), _gained(mdp, along=other, over=pi) / (1 - gamma(mdp)))


# The same with entropies.


def _ball(x: Any) -> Any:
    return ar.convert(x, "ball", bits=512)


def _uniform_bandit(**end: Any) -> tuple[Any, ...]:
    """One state, rewards 1 and 0, the uniform policy, temperature 1."""
    mdp = families.loop(error=TENTH, **end).mdp
    return mdp, mdp.policy(ar.asarray([[HALF, HALF]])), 1


def _soft_difference_tight() -> Tight:
    mdp, uniform, temperature = _uniform_bandit(discount=HALF)
    _, greedy, _ = bandit(discount=HALF)
    side = 2 * ar.log(_ball(2)) - 1
    return Tight((mdp, uniform, greedy, temperature), side, side, note="(log 2 - 1/2) / (1-g)")


@claim(
    id="soft-pdl",
    source=SOFT,
    statement=r"J_\tau(\pi) - J_\tau(\pi') = \frac{1}{1-\gamma} \mathbb{E}_{s\sim d^\pi} "
    r"\left[ \langle \pi, Q_\tau^{\pi'} \rangle(s) + \tau \mathcal{H}(\pi(\cdot|s)) - V_\tau^{\pi'}(s) "
    r"\right]",
    status=FROM_MEMORY,
    tight=_soft_difference_tight,
)
def soft_difference(mdp: DiscountedMDP, pi: Policy, other: Policy, temperature: Temperature) -> Any:
    """The performance difference lemma when action laws also pay their entropy.

    Telescoping with ``f = V_tau^pi'``; ``J_tau(pi) = J(pi) + tau H(pi)``.
    """
    along = soft_advantage(mdp, pi, other, temperature)
    return equal(_soft_gap(mdp, pi, other, temperature), total(mdp, expectation(mdp, pi, along)))


def _soft_gap(mdp: TabularMDP, pi: Numbers, other: Numbers, temperature: Numbers) -> Any:
    return soft_value(mdp, pi, temperature) - soft_value(mdp, other, temperature)


def lingering() -> tuple[Any, ...]:
    """The action is the next state; state 0 pays 1 for staying, state 1 pays 1/2 for staying."""
    mdp = TabularMDP([[[1, 0], [0, 1]]] * 2, [[1, 0], [0, HALF]], [1, 0], discount=Fraction(9, 10))
    return mdp, ar.asarray([[Fraction(1, 5), Fraction(4, 5)], [Fraction(9, 10), TENTH]])


def _lingering_pair() -> tuple[Any, ...]:
    mdp, pi = lingering()
    return mdp, pi, ar.asarray([[HALF, HALF], [TENTH, Fraction(9, 10)]]), 1


@soft_difference.false_variant("along the other policy", counterexample=_lingering_pair)
def soft_difference_along_other(mdp: DiscountedMDP, pi: Policy, other: Policy, temperature: Temperature) -> Any:
    along = soft_advantage(mdp, pi, other, temperature)
    return equal(_soft_gap(mdp, pi, other, temperature), total(mdp, expectation(mdp, other, along)))


@soft_difference.false_variant("without the entropy of the first policy", counterexample=_lingering_pair)
def soft_difference_hard(mdp: DiscountedMDP, pi: Policy, other: Policy, temperature: Temperature) -> Any:
    return equal(_soft_gap(mdp, pi, other, temperature), _gained(mdp, along=pi, over=other) / (1 - gamma(mdp)))


def _softmax_bandit(**end: Any) -> Tight:
    """``tau log(1 + e^(1/tau)) - 1/2 - tau log 2`` at each step, for tau = 1."""
    mdp, uniform, temperature = _uniform_bandit(**end)
    total_weight = 2 if mdp.horizon is None else mdp.horizon
    side = total_weight * (ar.log(1 + ar.exp(_ball(1))) - HALF - ar.log(_ball(2)))
    return Tight((mdp, uniform, temperature), side, side, note="log(1 + e) - 1/2 - log 2 at each step")


@claim(
    id="soft-pdl.kl",
    source=SOFT,
    statement=r"J_\tau(\pi^*_\tau) - J_\tau(\pi) = \frac{\tau}{1-\gamma} \mathbb{E}_{s\sim d^\pi} "
    r"\mathrm{KL}(\pi(\cdot|s) \,\|\, \pi^*_\tau(\cdot|s))",
    status=FROM_MEMORY,
    tight=lambda: _softmax_bandit(discount=HALF),
)
def soft_gap_is_kl(mdp: DiscountedMDP, pi: Policy, temperature: Temperature) -> Any:
    """What a policy loses to the soft optimum is its divergence from it, where the policy goes.

    ``<pi, Q*> + tau H(pi) = V* - tau KL(pi || pi*)`` since ``Q* = V* + tau log pi*``; then the lemma.
    """
    return equal(_soft_regret(mdp, pi, temperature), _divergence(mdp, pi, temperature, states=pi))


def _soft_regret(mdp: TabularMDP, pi: Numbers, temperature: Numbers) -> Any:
    return soft_optimal_value(mdp, temperature) - soft_value(mdp, pi, temperature)


def _divergence(mdp: TabularMDP, pi: Numbers, temperature: Numbers, *, states: Numbers) -> Any:
    """``tau`` times the divergence of pi from the soft optimum, on the states that a policy visits."""
    kl = kl_divergence(mdp.policy(pi), mdp.soft_optimal(temperature).policy)
    return temperature * total(mdp, average(mdp, mdp.state_occupancy(states), kl))


@soft_gap_is_kl.false_variant("divergence the wrong way round", counterexample=lambda: (*lingering(), 1))
def soft_gap_is_reversed_kl(mdp: DiscountedMDP, pi: Policy, temperature: Temperature) -> Any:
    kl = kl_divergence(mdp.soft_optimal(temperature).policy, pi)
    return equal(_soft_regret(mdp, pi, temperature), temperature * total(mdp, expectation(mdp, pi, kl)))


@soft_gap_is_kl.false_variant("where the optimum goes", counterexample=lambda: (*lingering(), 1))
def soft_gap_where_the_optimum_goes(mdp: DiscountedMDP, pi: Policy, temperature: Temperature) -> Any:
    best = mdp.soft_optimal(temperature).policy
    return equal(_soft_regret(mdp, pi, temperature), _divergence(mdp, pi, temperature, states=best))


@soft_gap_is_kl.false_variant("without the temperature", counterexample=lambda: (*lingering(), 2))
def soft_gap_without_temperature(mdp: DiscountedMDP, pi: Policy, temperature: Temperature) -> Any:
    return equal(_soft_regret(mdp, pi, temperature), _divergence(mdp, pi, temperature, states=pi) / temperature)


@claim(
    id="soft-pdl.kl-finite",
    source=SOFT,
    statement=r"J_\tau(\pi^*_\tau) - J_\tau(\pi) = \tau \sum_{h=1}^H \mathbb{E}_{s\sim d_h^\pi} "
    r"\mathrm{KL}(\pi_h(\cdot|s) \,\|\, \pi^*_{\tau,h}(\cdot|s))",
    status=DERIVED_HERE,
    tight=lambda: _softmax_bandit(horizon=3),
    largest=Sizes(strict=True),
)
def soft_gap_is_kl_finite(mdp: FiniteHorizonMDP, pi: Policy, temperature: Temperature) -> Any:
    """What a policy loses to the soft optimum is its divergence from it, where the policy goes.

    As with a discount, step by step.
    """
    return equal(_soft_regret(mdp, pi, temperature), _divergence(mdp, pi, temperature, states=pi))


def _lingering_twice() -> tuple[Any, ...]:
    mdp, pi = lingering()
    mdp = mdp.with_end(horizon=2)
    return mdp, mdp.policy(pi), 2


@soft_gap_is_kl_finite.false_variant("mean over steps", counterexample=_lingering_twice)
def soft_gap_mean_over_steps(mdp: FiniteHorizonMDP, pi: Policy, temperature: Temperature) -> Any:
    divergence = _divergence(mdp, pi, temperature, states=pi) / steps(mdp)
    return equal(_soft_regret(mdp, pi, temperature), divergence)


@soft_gap_is_kl_finite.false_variant("without the temperature", counterexample=_lingering_twice)
def soft_gap_finite_without_temperature(mdp: FiniteHorizonMDP, pi: Policy, temperature: Temperature) -> Any:
    return equal(_soft_regret(mdp, pi, temperature), _divergence(mdp, pi, temperature, states=pi) / temperature)
