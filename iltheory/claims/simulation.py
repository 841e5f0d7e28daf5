"""Foundations: how much the value of one policy differs between two models.

Kearns and Singh, Near-optimal reinforcement learning in polynomial time, Machine Learning 2002.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import any_rewards
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Paper, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Kind, Model, Policy
from iltheory.claims.occupancy import HALF, TENTH
from iltheory.measures import (
    expected_next,
    gamma,
    l1_norm,
    largest,
    largest_reward,
    smallest_reward,
    steps,
    steps_left,
    sum_over_pairs,
    total,
    transition_tv,
    value,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, absolute, equal

KEARNS_SINGH = Paper(
    "Kearns and Singh", 2002, "Near-optimal reinforcement learning in polynomial time", "Simulation lemma"
)


def _one_start(mdp: TabularMDP, other: TabularMDP) -> Any:
    return l1_norm(mdp.mu - other.mu, axes=1) <= 0


def _unit_rewards(mdp: TabularMDP, other: TabularMDP) -> list[Any]:
    rewards = [(smallest_reward(m) >= 0, largest_reward(m) <= 1) for m in (mdp, other)]
    return [condition for pair in rewards for condition in pair]


def _own_start(kind: Kind) -> Kind:
    return replace(kind, own_start=True) if isinstance(kind, Model) else kind


ONE_START = Assumption("one law of the first state", _one_start, _own_start)
UNIT_REWARDS = Assumption("rewards in [0, 1]", _unit_rewards, any_rewards)


def _leak(error: Fraction = TENTH, **end: Any) -> tuple[Any, ...]:
    """A state that pays 1 for ever, and its copy that leaks."""
    mdp, leaking, policy = families.leak(error=error, **end)
    return mdp, leaking, mdp.policy(policy)


def _lost(mdp: TabularMDP, other: TabularMDP, pi: Numbers) -> Any:
    return value(mdp, pi) - value(other, pi)


def _one_step(mdp: TabularMDP, other: TabularMDP, v: Numbers) -> Numbers:
    """``r - r' + (P - P') V``, the difference one step makes; ``gamma (P - P') V`` with a discount."""
    return (mdp.rewards() + expected_next(mdp, v)) - (other.rewards() + expected_next(other, v))


# Equalities.


@claim(
    id="simulation-lemma",
    source=KEARNS_SINGH,
    statement=r"J_M(\pi) - J_{M'}(\pi) = \sum_{h=1}^H \mathbb{E}_{d_h^{\pi,M}} "
    r"\left[ r_h - r'_h + (P_h - P'_h) V'_{h+1} \right]",
    status=FROM_MEMORY,
    assumptions=[ONE_START],
    tight=lambda: Tight(_leak(horizon=3), lhs=Fraction(29, 100), rhs=Fraction(29, 100), note="sum_h (1 - (1-e)^(h-1))"),
)
def simulation(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    """Values of two models differ by what single steps differ, visited in the one and valued in the other.

    Telescoping with ``f = V'``: ``J_M = sum_h E_{d_h}[r_h]`` and ``E_mu V'_1 = sum_h E_{d_h}[V'_h - P_h
    V'_{h+1}]``.
    """
    return equal(_lost(mdp, other, pi), sum_over_pairs(mdp, mdp.occupancy(pi) * _one_step(mdp, other, other.v(pi))))


@simulation.false_variant("visited in the other model", counterexample=lambda: _leak(horizon=3))
def simulation_other_occupancy(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    change = other.occupancy(pi) * _one_step(mdp, other, other.v(pi))
    return equal(_lost(mdp, other, pi), sum_over_pairs(mdp, change))


@simulation.false_variant("valued in the same model", counterexample=lambda: _leak(horizon=3))
def simulation_same_value(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    return equal(_lost(mdp, other, pi), sum_over_pairs(mdp, mdp.occupancy(pi) * _one_step(mdp, other, mdp.v(pi))))


@claim(
    id="simulation-lemma.discounted",
    source=KEARNS_SINGH,
    statement=r"J_M(\pi) - J_{M'}(\pi) = \frac{1}{1-\gamma} \mathbb{E}_{d^{\pi,M}} "
    r"\left[ r - r' + \gamma (P - P') V' \right]",
    status=FROM_MEMORY,
    assumptions=[ONE_START],
    tight=lambda: Tight(
        _leak(discount=HALF), lhs=Fraction(2, 11), rhs=Fraction(2, 11), note="g e / ((1-g) (1 - g (1-e)))"
    ),
)
def simulation_discounted(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    """Values of two models differ by what single steps differ, visited in the one and valued in the other.

    Telescoping with ``f = V'``.
    """
    change = sum_over_pairs(mdp, mdp.occupancy(pi) * _one_step(mdp, other, other.v(pi)))
    return equal(_lost(mdp, other, pi), change / (1 - gamma(mdp)))


@simulation_discounted.false_variant("without the horizon", counterexample=lambda: _leak(discount=HALF))
def simulation_normalised(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    change = sum_over_pairs(mdp, mdp.occupancy(pi) * _one_step(mdp, other, other.v(pi)))
    return equal(_lost(mdp, other, pi), change)


@simulation_discounted.false_variant("visited in the other model", counterexample=lambda: _leak(discount=HALF))
def simulation_discounted_other_occupancy(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    change = sum_over_pairs(mdp, other.occupancy(pi) * _one_step(mdp, other, other.v(pi)))
    return equal(_lost(mdp, other, pi), change / (1 - gamma(mdp)))


# Bounds by the largest error.


def _reward_error(mdp: TabularMDP, other: TabularMDP) -> Numbers:
    return largest(mdp, ar.amax(absolute(mdp.rewards() - other.rewards()), -1))


def _transition_error(mdp: TabularMDP, other: TabularMDP) -> Numbers:
    return largest(mdp, ar.amax(transition_tv(mdp, other), -1))


@claim(
    id="simulation-lemma.bound",
    source=KEARNS_SINGH,
    statement=r"|J_M(\pi) - J_{M'}(\pi)| \le H \epsilon_r + \tfrac{H(H-1)}{2} \epsilon_P, \quad "
    r"\epsilon_r = \max |r - r'|, \quad \epsilon_P = \max \mathrm{TV}(P, P')",
    status=FROM_MEMORY,
    assumptions=[ONE_START, UNIT_REWARDS],
    tight=lambda: Tight(
        _leak(Fraction(1, 100), horizon=10),
        lhs=10 - 100 * (1 - Fraction(99, 100) ** 10),
        rhs=Fraction(45, 100),
        note="sum_h (1 - (1-e)^(h-1)); ratio 1 as e -> 0",
    ),
)
def simulation_bound(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    """Errors of a model cost linearly in the rewards, quadratically in the transitions.

    The lemma, with ``|(P - P') V'| <= TV(P, P') span(V'_{h+1}) <= TV(P, P') (H - h)``.
    """
    return absolute(_lost(mdp, other, pi)) <= _quadratic(mdp, other, steps(mdp) - 1)


def _quadratic(mdp: TabularMDP, other: TabularMDP, factor: Any) -> Any:
    return steps(mdp) * (_reward_error(mdp, other) + factor * _transition_error(mdp, other) / 2)


@simulation_bound.false_variant("half of the transition term", counterexample=lambda: _leak(horizon=3))
def simulation_bound_half(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _quadratic(mdp, other, Fraction(steps(mdp) - 1, 2))


@simulation_bound.false_variant("off by one step", counterexample=lambda: _leak(horizon=2))
def simulation_bound_off_by_one(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _quadratic(mdp, other, steps(mdp) - 2)


@claim(
    id="simulation-lemma.bound-discounted",
    source=KEARNS_SINGH,
    statement=r"|J_M(\pi) - J_{M'}(\pi)| \le \frac{\epsilon_r}{1-\gamma} + \frac{\gamma "
    r"\epsilon_P}{(1-\gamma)^2}, \quad "
    r"\epsilon_r = \max |r - r'|, \quad \epsilon_P = \max \mathrm{TV}(P, P')",
    status=FROM_MEMORY,
    assumptions=[ONE_START, UNIT_REWARDS],
    tight=lambda: Tight(
        _leak(Fraction(1, 100), discount=Fraction(9, 10)),
        lhs=Fraction(90, 109),
        rhs=Fraction(9, 10),
        note="g e / ((1-g) (1 - g (1-e))); ratio 1 as e -> 0",
    ),
)
def simulation_bound_discounted(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    """Errors of a model cost linearly in the rewards, quadratically in the transitions.

    The lemma, with ``|(P - P') V'| <= TV(P, P') span(V') <= TV(P, P') / (1 - gamma)``.
    """
    span = 1 / (1 - gamma(mdp))
    return absolute(_lost(mdp, other, pi)) <= _uniform(mdp, other, gamma(mdp) * span)


def _uniform(mdp: TabularMDP, other: TabularMDP, factor: Any) -> Any:
    return (_reward_error(mdp, other) + factor * _transition_error(mdp, other)) / (1 - gamma(mdp))


@simulation_bound_discounted.false_variant("linear in the horizon", counterexample=lambda: _leak(discount=HALF))
def simulation_bound_linear(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _uniform(mdp, other, gamma(mdp))


@simulation_bound_discounted.false_variant(
    "one more discount", counterexample=lambda: _leak(Fraction(1, 100), discount=HALF)
)
def simulation_bound_twice_discounted(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _uniform(mdp, other, gamma(mdp) ** 2 / (1 - gamma(mdp)))


# Bounds by the errors where the policy goes.


def _visited(mdp: TabularMDP, other: TabularMDP, pi: Numbers, weights: Any) -> Any:
    """Expected error of a step, transitions weighted; summed over steps, or over ``1 - gamma``."""
    error = absolute(mdp.rewards() - other.rewards()) + weights * transition_tv(mdp, other)
    summed = sum_over_pairs(mdp, mdp.occupancy(pi) * error)
    return summed if mdp.horizon is not None else total(mdp, summed)


@claim(
    id="simulation-lemma.weighted",
    source=KEARNS_SINGH,
    statement=r"|J_M(\pi) - J_{M'}(\pi)| \le \sum_{h=1}^H \mathbb{E}_{d_h^{\pi,M}} "
    r"\left[ |r_h - r'_h| + (H-h) \mathrm{TV}(P_h, P'_h) \right]",
    status=FROM_MEMORY,
    assumptions=[ONE_START, UNIT_REWARDS],
    tight=lambda: Tight(_leak(horizon=3), lhs=Fraction(29, 100), rhs=Fraction(3, 10), note="ratio 1 as e -> 0"),
)
def simulation_weighted(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    """Errors of a model cost where the policy goes in the first model.

    The lemma, with ``|(P - P') V'| <= TV(P, P') (H - h)``.
    """
    return absolute(_lost(mdp, other, pi)) <= _visited(mdp, other, pi, _later(mdp))


def _later(mdp: TabularMDP) -> Any:
    """``H - h`` at each step, along the step axis of ``[H, S, A]``."""
    return (steps_left(mdp) - 1)[:, None, None]


@simulation_weighted.false_variant("every error costs one step", counterexample=lambda: _leak(horizon=4))
def simulation_weighted_linear(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _visited(mdp, other, pi, 1)


@simulation_weighted.false_variant("off by one step", counterexample=lambda: _leak(horizon=2))
def simulation_weighted_off_by_one(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _visited(mdp, other, pi, ar.maximum(_later(mdp) - 1, 0))


@claim(
    id="simulation-lemma.weighted-discounted",
    source=KEARNS_SINGH,
    statement=r"|J_M(\pi) - J_{M'}(\pi)| \le \frac{1}{1-\gamma} \mathbb{E}_{d^{\pi,M}} "
    r"\left[ |r - r'| + \tfrac{\gamma}{1-\gamma} \mathrm{TV}(P, P') \right]",
    status=FROM_MEMORY,
    assumptions=[ONE_START, UNIT_REWARDS],
    tight=lambda: Tight(_leak(discount=HALF), lhs=Fraction(2, 11), rhs=Fraction(1, 5), note="ratio 1 as e -> 0"),
)
def simulation_weighted_discounted(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    """Errors of a model cost where the policy goes in the first model.

    The lemma, with ``|(P - P') V'| <= TV(P, P') / (1 - gamma)``.
    """
    return absolute(_lost(mdp, other, pi)) <= _visited(mdp, other, pi, _ahead(mdp))


def _ahead(mdp: TabularMDP) -> Any:
    return (gamma(mdp) / (1 - gamma(mdp)))[..., None, None]


@simulation_weighted_discounted.false_variant("linear in the horizon", counterexample=lambda: _leak(discount=HALF))
def simulation_weighted_discounted_linear(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _visited(mdp, other, pi, gamma(mdp)[..., None, None])


@simulation_weighted_discounted.false_variant(
    "half of the transition term", counterexample=lambda: _leak(discount=HALF)
)
def simulation_weighted_discounted_half(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _visited(mdp, other, pi, _ahead(mdp) / 2)


# A sharper bound: attained by the leak at every error.


def _all_coupled(keep: Numbers, horizon: int) -> Numbers:
    """``sum_{t < H} keep^t``."""
    together = 1 + 0 * keep
    for _ in range(horizon - 1):
        together = 1 + keep * together
    return together


@claim(
    id="simulation-lemma.sharper",
    source=KEARNS_SINGH,
    statement=r"|J_M(\pi) - J_{M'}(\pi)| \le H - (1 - \epsilon_r) \sum_{h=1}^H (1-\epsilon_P)^{h-1}",
    status=DERIVED_HERE,
    assumptions=[ONE_START, UNIT_REWARDS],
    tight=lambda: Tight(_leak(horizon=3), lhs=Fraction(29, 100), rhs=Fraction(29, 100), note="attained at every error"),
)
def simulation_sharper(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    """Two runs stay together with probability ``(1 - epsilon_P)^(h-1)`` at least.

    Draw the actions alike and the next states by a maximal coupling; together the runs' rewards differ by
    ``epsilon_r``, apart by 1. Bernoulli's inequality gives the
    published bound.
    """
    together = _all_coupled(1 - _transition_error(mdp, other), steps(mdp))
    return absolute(_lost(mdp, other, pi)) <= steps(mdp) - (1 - _reward_error(mdp, other)) * together


@simulation_sharper.false_variant("one step fewer to part in", counterexample=lambda: _leak(horizon=2))
def simulation_sharper_off_by_one(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    together = 1 + _all_coupled(1 - _transition_error(mdp, other), steps(mdp) - 1)
    return absolute(_lost(mdp, other, pi)) <= steps(mdp) - (1 - _reward_error(mdp, other)) * together


@simulation_sharper.false_variant("half of the transition error", counterexample=lambda: _leak(horizon=2))
def simulation_sharper_half(mdp: FiniteHorizonMDP, other: FiniteHorizonMDP, pi: Policy) -> Any:
    together = _all_coupled(1 - _transition_error(mdp, other) / 2, steps(mdp))
    return absolute(_lost(mdp, other, pi)) <= steps(mdp) - (1 - _reward_error(mdp, other)) * together


@claim(
    id="simulation-lemma.sharper-discounted",
    source=KEARNS_SINGH,
    statement=r"|J_M(\pi) - J_{M'}(\pi)| \le \frac{1}{1-\gamma} - \frac{1-\epsilon_r}{1 - "
    r"\gamma(1-\epsilon_P)}",
    status=DERIVED_HERE,
    assumptions=[ONE_START, UNIT_REWARDS],
    tight=lambda: Tight(_leak(discount=HALF), lhs=Fraction(2, 11), rhs=Fraction(2, 11), note="attained at every error"),
)
def simulation_sharper_discounted(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    """Two runs stay together with probability ``(1 - epsilon_P)^t`` at least.

    Draw the actions alike and the next states by a maximal coupling; together the runs' rewards differ by
    ``epsilon_r``, apart by 1. Sum ``gamma^t``.
    """
    return absolute(_lost(mdp, other, pi)) <= _coupled(mdp, other, _transition_error(mdp, other))


def _coupled(mdp: TabularMDP, other: TabularMDP, error: Numbers) -> Any:
    together = 1 / (1 - gamma(mdp) * (1 - error))
    return 1 / (1 - gamma(mdp)) - (1 - _reward_error(mdp, other)) * together


@simulation_sharper_discounted.false_variant(
    "half of the transition error", counterexample=lambda: _leak(discount=HALF)
)
def simulation_sharper_discounted_half(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= _coupled(mdp, other, _transition_error(mdp, other) / 2)


@simulation_sharper_discounted.false_variant("one more discount", counterexample=lambda: _leak(discount=HALF))
def simulation_sharper_discounted_twice(mdp: DiscountedMDP, other: DiscountedMDP, pi: Policy) -> Any:
    return absolute(_lost(mdp, other, pi)) <= gamma(mdp) * _coupled(mdp, other, _transition_error(mdp, other))
