"""Foundations: policies and occupancies correspond, and which distance of the ones bounds that of the others.

Ho and Ermon (NeurIPS 2016), Proposition 3.1, in quantitative form; which measures are occupancies is in a file of its
own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy
from iltheory.claims.occupancy import HALF, SMALL, TENTH, bandit, cliff, ho_ermon, with_steps
from iltheory.measures import (
    gamma,
    largest,
    occupancy_tv,
    policy_tv,
    steps,
    sum_over_pairs,
    total,
    total_variation,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, absolute, equal


def _swap() -> tuple[Any, ...]:
    """The one policy always swaps states and errs in the second, the other errs in the first and then swaps.

    In state 0 action 0 stays and action 1 moves; in state 1 action 0 stays and action 1 moves back.
    """
    mdp = TabularMDP([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], [[0, 0], [0, 0]], [1, 0], discount=Fraction(9, 10))
    return mdp, ar.asarray([[0, 1], [TENTH, 1 - TENTH]]), ar.asarray([[TENTH, 1 - TENTH], [0, 1]])


@claim(
    id="occ-policy-bijection",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\mathbb{E}_{s\sim d^\pi} \mathrm{TV}(\pi(\cdot|s), \pi'(\cdot|s)) \le 2\, \mathrm{TV}(d^\pi, "
    r"d^{\pi'})",
    status=DERIVED_HERE,
    tight=lambda: Tight(_swap(), lhs=TENTH, rhs=Fraction(20, 181), note="ratio 1 as the error vanishes and gamma -> 1"),
)
def one_to_one(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """Policies with one occupancy agree wherever they go; the paper is silent on states where they never go.

    ``d^pi(s) (pi - pi')`` is ``d^pi - d^pi'`` at (s, a) plus ``pi'(a|s)`` times ``d^pi' - d^pi`` at s. That
    every measure of the polytope has a policy is ``occ-polytope-discounted.converse``.
    """
    return policy_tv(mdp, pi, other) <= 2 * occupancy_tv(mdp, pi, other)


@one_to_one.false_variant("constant 1", counterexample=_swap)
def one_to_one_constant(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return policy_tv(mdp, pi, other) <= occupancy_tv(mdp, pi, other)


@one_to_one.false_variant("unreachable states too", counterexample=lambda: tuple(families.unreachable(discount=HALF)))
def one_to_one_everywhere(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    everywhere = ar.amax(total_variation(pi, other), -1)
    return (1 - gamma(mdp)) * everywhere <= 2 * occupancy_tv(mdp, pi, other)


@claim(
    id="occ-policy-bijection.sharper",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\mathbb{E}_{s\sim d^\pi} \mathrm{TV}(\pi(\cdot|s), \pi'(\cdot|s)) \le (1 + \gamma)\, "
    r"\mathrm{TV}(d^\pi, d^{\pi'})",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _swap(), lhs=TENTH, rhs=Fraction(19, 181), note="ratio 1 as the error vanishes, for each gamma"
    ),
)
def one_to_one_sharper(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """The constant 2 may be 1 + gamma: the laws of the states are closer than those of the pairs.

    ``E_{d^pi} ||pi - pi'||_1 <= ||d^pi - d^pi'||_1 + ||d^pi(s) - d^pi'(s)||_1``, and by the flow equations the states
    differ by the inflow, ``gamma P^T (d^pi - d^pi')``.
    """
    return policy_tv(mdp, pi, other) <= (1 + gamma(mdp)) * occupancy_tv(mdp, pi, other)


@one_to_one_sharper.false_variant("constant 1", counterexample=_swap)
def one_to_one_sharper_constant(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return policy_tv(mdp, pi, other) <= occupancy_tv(mdp, pi, other)


@one_to_one_sharper.false_variant("constant 2 gamma", counterexample=lambda: bandit(discount=Fraction(1, 4)))
def one_to_one_twice_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return policy_tv(mdp, pi, other) <= 2 * gamma(mdp) * occupancy_tv(mdp, pi, other)


@claim(
    id="occ-policy-bijection.finite",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\tfrac1H \sum_h \mathbb{E}_{s\sim d_h^\pi} \mathrm{TV}(\pi_h(\cdot|s), \pi'_h(\cdot|s)) "
    r"\le \tfrac2H \sum_h \mathrm{TV}(d_h^\pi, d_h^{\pi'})",
    status=DERIVED_HERE,
    tight=lambda: Tight(bandit(horizon=3), lhs=TENTH, rhs=Fraction(1, 5), note="one state"),
)
def one_to_one_finite(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Time-varying policies with one occupancy agree wherever they go.

    As with a discount, at each step.
    """
    return policy_tv(mdp, pi, other) <= 2 * occupancy_tv(mdp, pi, other)


@one_to_one_finite.false_variant("constant 1/2", counterexample=lambda: bandit(horizon=1))
def one_to_one_finite_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return policy_tv(mdp, pi, other) <= occupancy_tv(mdp, pi, other) / 2


@one_to_one_finite.false_variant(
    "unreachable states too", counterexample=lambda: with_steps(families.unreachable(horizon=2))
)
def one_to_one_finite_everywhere(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return largest(mdp, total_variation(pi, other)) <= 2 * steps(mdp) * occupancy_tv(mdp, pi, other)


def _parting(error: Fraction = TENTH) -> tuple[Any, ...]:
    """Two steps in two states, uniform at first: pi stays in state 1 and the other in state 0, with small probability.

    The other's probability at the second step is such that both move from state 0 equally often.
    """
    mdp = TabularMDP([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], [[0, 0], [0, 0]], [HALF, HALF], horizon=2)
    later = 2 * error / (1 + error)
    pi = [[[0, 1], [stay, 1 - stay]] for stay in (error, later)]
    other = [[[stay, 1 - stay], [0, 1]] for stay in (error, later)]
    return mdp, ar.asarray(pi), ar.asarray(other)


@claim(
    id="occ-policy-bijection.finite-sharper",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\sum_h \mathbb{E}_{s\sim d_h^\pi} \mathrm{TV}(\pi_h(\cdot|s), \pi'_h(\cdot|s)) "
    r"\le \mathrm{TV}(d_1^\pi, d_1^{\pi'}) + 2 \sum_{h > 1} \mathrm{TV}(d_h^\pi, d_h^{\pi'})",
    status=DERIVED_HERE,
    tight=lambda: Tight(_parting(), lhs=Fraction(31, 110), rhs=Fraction(3, 10), note="ratio 1 as the error vanishes"),
)
def one_to_one_first(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """The first step counts once: there the states have one law.

    At each step ``E_{d^pi} ||pi - pi'||_1 <= ||d^pi - d^pi'||_1 + ||d^pi(s) - d^pi'(s)||_1``, and the second term is
    0 at the first step, at most the first one later.
    """
    return total(mdp, policy_tv(mdp, pi, other)) <= _apart(mdp, pi, other, first=1, later=2)


def _apart(mdp: TabularMDP, pi: Numbers, other: Numbers, *, first: Any, later: Any) -> Any:
    """Weighted sum of the total variations of the occupancies at each step."""
    apart = ar.sum(absolute(mdp.occupancy(pi) - mdp.occupancy(other)), (-2, -1)) / 2
    return first * apart[..., 0] + later * ar.sum(apart[..., 1:], -1)


@one_to_one_first.false_variant("every step counts once", counterexample=_parting)
def one_to_one_once(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, policy_tv(mdp, pi, other)) <= _apart(mdp, pi, other, first=1, later=1)


@one_to_one_first.false_variant("the first step counts half", counterexample=lambda: bandit(horizon=1))
def one_to_one_first_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return total(mdp, policy_tv(mdp, pi, other)) <= _apart(mdp, pi, other, first=HALF, later=2)


@claim(
    id="occ-policy-bijection.round-trip",
    source=ho_ermon("Proposition 3.1"),
    statement=r"\| d^{\pi_d} - d \|_1 = 0, \quad d = d^\pi, \quad \pi_d(a|s) = \frac{d(s,a)}{\sum_b "
    r"d(s,b)}",
    status=FROM_MEMORY,
    tight=cliff,
    largest=SMALL,
)
def round_trip(mdp: DiscountedMDP, pi: Policy) -> Any:
    """Normalising an occupancy gives back a policy with that occupancy.

    ``pi_d`` is pi wherever ``d(s) > 0``; the other states are never visited.
    """
    d = mdp.occupancy(pi)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(mdp.project(d)) - d)), 0)


@round_trip.false_variant(
    "the policy itself comes back",
    counterexample=lambda: (lambda mdp, _, learner: (mdp, learner))(*families.unreachable(discount=HALF)),
)
def round_trip_policy(mdp: DiscountedMDP, pi: Policy) -> Any:
    return equal(sum_over_pairs(mdp, absolute(mdp.project(mdp.occupancy(pi)) - pi)), 0)


@round_trip.false_variant("without normalising", counterexample=lambda: cliff().instance)
def round_trip_unnormalised(mdp: DiscountedMDP, pi: Policy) -> Any:
    d = mdp.occupancy(pi)
    return equal(sum_over_pairs(mdp, absolute(d - mdp.state_occupancy(pi)[..., None] * d)), 0)
