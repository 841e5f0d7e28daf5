"""Foundations: planning with a discount as a linear programme, and its dual.

Puterman, Markov Decision Processes, Wiley 1994, section 6.9. Both values are on the scale of J: with the
normalised occupancies of the primal, ``<d, r> / (1 - gamma)`` and ``<mu, V>``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Sizes, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, Policy, StateFunction
from iltheory.claims.occupancy import HALF, bandit, puterman
from iltheory.claims.values import lingering
from iltheory.measures import (
    gamma,
    largest,
    occupancy_vertices,
    optimal_v,
    optimal_value,
    sum_over_pairs,
    sum_over_states,
    total,
    value,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def slack(mdp: TabularMDP, v: Numbers) -> Numbers:
    """``V(s) - r(s, a) - gamma E V(s')``, ``[..., S, A]``; V is feasible for the dual if none is negative."""
    return v[..., None] - mdp.backup(v)


def dual_value(mdp: TabularMDP, v: Numbers) -> Any:
    """``<mu, V>`` of the least ``V = v + constant`` that is feasible for the dual."""
    raised = largest(mdp, ar.amax(-slack(mdp, v), -1)) / (1 - gamma(mdp))
    return sum_over_states(mdp, mdp.mu * v) + raised


def _at_vertices(mdp: TabularMDP) -> Numbers:
    """``<d, r>`` at the deterministic policies, ``[..., A**S]``."""
    return ar.sum(occupancy_vertices(mdp) * mdp.rewards()[..., None, :, :], (-2, -1))


@claim(
    id="lp-duality",
    source=puterman("Section 6.9"),
    statement=r"\max_{d \in D} \frac{\langle d, r \rangle}{1-\gamma} = "
    r"\min_V \{ \langle \mu, V \rangle : V \ge r_a + \gamma P_a V \; \forall a \}",
    status=FROM_MEMORY,
    tight=lambda: Tight(lingering()[:1], lhs=10, rhs=10, note="stay where it pays 1"),
    largest=Sizes(n_states=3, n_actions=3, strict=True),
)
def strong_duality(mdp: DiscountedMDP) -> Any:
    """The best occupancy is worth as much as the least feasible value function costs.

    The left side is the largest at the A^S deterministic policies, the vertices of D; the right side is
    taken at the optimal values: they are feasible, and tight at greedy actions.
    """
    return equal(total(mdp, ar.amax(_at_vertices(mdp), -1)), dual_value(mdp, optimal_v(mdp)))


@strong_duality.false_variant("the least vertex", counterexample=lambda: lingering()[:1])
def strong_duality_least(mdp: DiscountedMDP) -> Any:
    return equal(total(mdp, ar.amin(_at_vertices(mdp), -1)), dual_value(mdp, optimal_v(mdp)))


@strong_duality.false_variant("feasible for one action only", counterexample=lambda: lingering()[:1])
def strong_duality_one_action(mdp: DiscountedMDP) -> Any:
    last = mdp.system.convert(np.eye(mdp.n_actions, dtype=np.int64)[[-1] * mdp.n_states])
    return equal(total(mdp, ar.amax(_at_vertices(mdp), -1)), value(mdp, last))


def _flat(height: int = 0) -> tuple[Any, ...]:
    """One state, the expert, and a number."""
    return *bandit(discount=HALF)[:2], ar.asarray([height])


@claim(
    id="lp-duality.weak",
    source=puterman("Section 6.9"),
    statement=r"J(\pi) \le \langle \mu, V \rangle, \quad "
    r"V = f + \tfrac{1}{1-\gamma} \max_{s,a} \left( r + \gamma P f - f \right)(s,a)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_flat(), lhs=2, rhs=2, note="f = V* + constant"),
)
def weak_duality(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    """Every function of the state, raised until it is feasible, bounds every policy.

    ``r + gamma P (f + c) <= f + c`` for this constant c; take the expectation under the occupancy.
    """
    return value(mdp, pi) <= dual_value(mdp, f)


@weak_duality.false_variant("not raised", counterexample=_flat)
def weak_duality_not_raised(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    return value(mdp, pi) <= sum_over_states(mdp, mdp.mu * f)


@weak_duality.false_variant("raised once", counterexample=_flat)
def weak_duality_raised_once(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    return value(mdp, pi) <= sum_over_states(mdp, mdp.mu * f) + largest(mdp, ar.amax(-slack(mdp, f), -1))


@claim(
    id="lp-duality.gap",
    source=puterman("Section 6.9"),
    statement=r"\langle \mu, V \rangle - J(\pi) = \frac{1}{1-\gamma} \mathbb{E}_{(s,a)\sim d^\pi} "
    r"\left[ V(s) - r(s,a) - \gamma \mathbb{E}_{s'} V(s') \right] \quad \forall V",
    status=DERIVED_HERE,
    tight=lambda: Tight(_flat(), lhs=-2, rhs=-2, note="V = 0"),
)
def duality_gap(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    """The duality gap of a policy and any function of the state is the slack where the policy goes.

    Telescoping (bellman-flow-telescoping), minus ``J(pi) = <d, r> / (1 - gamma)``.
    """
    return equal(sum_over_states(mdp, mdp.mu * f) - value(mdp, pi), total(mdp, _expected_slack(mdp, pi, f)))


def _expected_slack(mdp: TabularMDP, pi: Numbers, v: Numbers) -> Any:
    return sum_over_pairs(mdp, mdp.occupancy(pi) * slack(mdp, v))


@duality_gap.false_variant("without the horizon", counterexample=_flat)
def duality_gap_normalised(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    return equal(sum_over_states(mdp, mdp.mu * f) - value(mdp, pi), _expected_slack(mdp, pi, f))


@duality_gap.false_variant("undiscounted slack", counterexample=lambda: _flat(1))
def duality_gap_undiscounted(mdp: DiscountedMDP, pi: Policy, f: StateFunction) -> Any:
    undiscounted = f[..., None] - mdp.rewards() - mdp.transitions.expect(f)
    expected = sum_over_pairs(mdp, mdp.occupancy(pi) * undiscounted)
    return equal(sum_over_states(mdp, mdp.mu * f) - value(mdp, pi), total(mdp, expected))


@claim(
    id="lp-duality.slackness",
    source=puterman("Section 6.9"),
    statement=r"J^* - J(\pi) = \frac{1}{1-\gamma} \mathbb{E}_{(s,a)\sim d^\pi} \left[ V^*(s) - Q^*(s,a) "
    r"\right]",
    status=FROM_MEMORY,
    tight=lambda: Tight(lingering(), lhs=Fraction(1412, 163), rhs=Fraction(1412, 163), note="J = 218/163, by hand"),
)
def slackness(mdp: DiscountedMDP, pi: Policy) -> Any:
    """Complementary slackness: a policy is optimal if and only if it takes greedy actions wherever it goes.

    The duality gap at ``V = V*``; no slack is negative, so the right side vanishes only if each ``d(s, a)
    slack(s, a)`` does.
    """
    return equal(optimal_value(mdp) - value(mdp, pi), total(mdp, _expected_slack(mdp, pi, optimal_v(mdp))))


@slackness.false_variant("without the horizon", counterexample=lingering)
def slackness_normalised(mdp: DiscountedMDP, pi: Policy) -> Any:
    return equal(optimal_value(mdp) - value(mdp, pi), _expected_slack(mdp, pi, optimal_v(mdp)))


@slackness.false_variant("the largest slack", counterexample=lingering)
def slackness_largest(mdp: DiscountedMDP, pi: Policy) -> Any:
    worst = largest(mdp, ar.amax(slack(mdp, optimal_v(mdp)), -1))
    return equal(optimal_value(mdp) - value(mdp, pi), total(mdp, worst))
