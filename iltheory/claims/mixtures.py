"""Foundations: how occupancies mix, and the vertices of their polytope.

Puterman, Markov Decision Processes, Wiley 1994, section 6.9.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Sizes, Tight, claim
from iltheory.claims.kinds import (
    DeterministicPolicy,
    DiscountedMDP,
    FiniteHorizonMDP,
    Policy,
    Reward,
    UnitInterval,
)
from iltheory.claims.occupancy import ENUMERATED, HALF, SMALL, TENTH, bandit, puterman
from iltheory.measures import (
    gamma,
    l1_norm,
    occupancy_tv,
    occupancy_vertices,
    step_laws,
    sum_over_pairs,
    sum_over_states,
    total_variation,
    trajectory_law,
    value,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, absolute, equal


def _half_and_half(**end: Any) -> tuple[Any, ...]:
    """Going for good, or staying for good, each with probability 1/2."""
    mdp, going, staying = families.one_way(mixing=HALF, **end)
    return mdp, mdp.policy(going), mdp.policy(staying), HALF


def _mixed(first: Numbers, second: Numbers, weight: Numbers, axes: int) -> Numbers:
    weight = weight[(..., *[None] * axes)]
    return weight * first + (1 - weight) * second


@claim(
    id="occ-mixture",
    source=puterman("Theorem 6.9.1"),
    statement=r"\| d^{\pi} - d \|_1 = 0, \quad d = \lambda d^{\pi_1} + (1-\lambda) d^{\pi_2}, \quad \pi(a|s) "
    r"= \frac{d(s,a)}{d(s)}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_half_and_half(discount=HALF), lhs=0, rhs=0, note="an equality"),
    largest=SMALL,
)
def mixture(mdp: DiscountedMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    """Choosing a policy once and for all has the occupancy of one Markov policy.

    The flow equations are linear, so d obeys them; normalise it.
    """
    d = _mixed(mdp.occupancy(first), mdp.occupancy(second), weight, 2)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(mdp.project(d)) - d)), 0)


@mixture.false_variant("choosing anew at each step", counterexample=lambda: _half_and_half(discount=HALF))
def mixture_stepwise(mdp: DiscountedMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    d = _mixed(mdp.occupancy(first), mdp.occupancy(second), weight, 2)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(_mixed(first, second, weight, 2)) - d)), 0)


@mixture.false_variant("the weight does not matter", counterexample=lambda: (*_half_and_half(discount=HALF)[:3], TENTH))
def mixture_unweighted(mdp: DiscountedMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    first_d, second_d = mdp.occupancy(first), mdp.occupancy(second)
    policy = mdp.project((first_d + second_d) / 2)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(policy) - _mixed(first_d, second_d, weight, 2))), 0)


@claim(
    id="occ-mixture.value",
    source=puterman("Theorem 6.9.1"),
    statement=r"J(\pi) = \lambda J(\pi_1) + (1-\lambda) J(\pi_2), \quad "
    r"\pi(a|s) = \frac{\lambda d^{\pi_1}(s,a) + (1-\lambda) d^{\pi_2}(s,a)}{\lambda d^{\pi_1}(s) + "
    r"(1-\lambda) d^{\pi_2}(s)}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_half_and_half(discount=HALF), lhs=1, rhs=1, note="staying is worth 2, going 0"),
    largest=SMALL,
)
def mixture_value(mdp: DiscountedMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    """The Markov policy of a mixture is worth what the mixture is.

    ``J = <d, r> / (1 - gamma)`` is linear in the occupancy.
    """
    policy = mdp.project(_mixed(mdp.occupancy(first), mdp.occupancy(second), weight, 2))
    return equal(value(mdp, policy), _mixed(value(mdp, first), value(mdp, second), weight, 0))


@mixture_value.false_variant("choosing anew at each step", counterexample=lambda: _half_and_half(discount=HALF))
def mixture_value_stepwise(mdp: DiscountedMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    policy = _mixed(first, second, weight, 2)
    return equal(value(mdp, policy), _mixed(value(mdp, first), value(mdp, second), weight, 0))


@mixture_value.false_variant(
    "weights the wrong way round", counterexample=lambda: (*_half_and_half(discount=HALF)[:3], TENTH)
)
def mixture_value_reversed(mdp: DiscountedMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    policy = mdp.project(_mixed(mdp.occupancy(first), mdp.occupancy(second), weight, 2))
    return equal(value(mdp, policy), _mixed(value(mdp, second), value(mdp, first), weight, 0))


@claim(
    id="occ-mixture.finite",
    source=puterman("Theorem 5.5.1"),
    statement=r"\sum_{h,s,a} \left| d_h^\pi(s,a) - \Pr(s_h=s, a_h=a) \right| = 0, \quad "
    r"\Pr = \lambda P^{\pi_1} + (1-\lambda) P^{\pi_2}, \quad \pi_h(a|s) = \Pr(a_h=a \mid s_h=s)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_half_and_half(horizon=2), lhs=0, rhs=0, note="an equality"),
    largest=ENUMERATED,
)
def mixture_finite(mdp: FiniteHorizonMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    """Drawing a policy once for a trajectory has the occupancy of one Markov policy.

    The mixture is a history-dependent policy; here its law of trajectories is enumerated.
    """
    law = _mixed(trajectory_law(mdp, first), trajectory_law(mdp, second), weight, 1)
    d = step_laws(mdp, law)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(mdp.project(d)) - d)), 0)


@mixture_finite.false_variant("drawing anew at each step", counterexample=lambda: _half_and_half(horizon=2))
def mixture_finite_stepwise(mdp: FiniteHorizonMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    law = _mixed(trajectory_law(mdp, first), trajectory_law(mdp, second), weight, 1)
    policy = _mixed(first, second, weight, 3)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(policy) - step_laws(mdp, law))), 0)


def _always_or_never() -> tuple[Any, ...]:
    """One state: always the one action, or always the other."""
    mdp = families.loop(error=TENTH, horizon=2).mdp
    return mdp, ar.asarray([[[1, 0]]] * 2), ar.asarray([[[0, 1]]] * 2), HALF


@mixture_finite.false_variant("the law of trajectories is the same", counterexample=_always_or_never)
def mixture_finite_trajectories(mdp: FiniteHorizonMDP, first: Policy, second: Policy, weight: UnitInterval) -> Any:
    law = _mixed(trajectory_law(mdp, first), trajectory_law(mdp, second), weight, 1)
    return equal(l1_norm(trajectory_law(mdp, mdp.project(step_laws(mdp, law))) - law, axes=1), 0)


# Vertices.


def _two_doors() -> TabularMDP:
    """Two states that the action alone chooses between, each as likely at the start."""
    return TabularMDP([[[1, 0], [0, 1]]] * 2, [[1, 0], [0, 1]], [HALF, HALF], discount=HALF)


def _against(mdp: TabularMDP) -> tuple[Any, ...]:
    return mdp, mdp.r, ar.asarray([[1, 0], [0, 1]])


@claim(
    id="occ-vertices",
    source=puterman("Proposition 6.9.3"),
    statement=r"\langle d^\pi, r \rangle \le \max_{\sigma \text{ deterministic}} \langle d^\sigma, r \rangle "
    r"\quad \forall r",
    status=FROM_MEMORY,
    tight=lambda: Tight(_against(_two_doors()), lhs=1, rhs=1, note="stay behind the door that pays"),
    largest=Sizes(n_states=4, n_actions=3, strict=True),
)
def hull(mdp: DiscountedMDP, reward: Reward, pi: Policy) -> Any:
    """Every occupancy is in the convex hull of those of the A^S deterministic policies.

    By separation: no linear functional is larger at a point than on the whole hull (adding a constant to r
    changes nothing). Some deterministic policy is optimal for the reward r.
    """
    return sum_over_pairs(mdp, mdp.occupancy(pi) * reward) <= ar.amax(_at(occupancy_vertices(mdp), reward), -1)


def _at(vertices: Numbers, reward: Numbers) -> Numbers:
    """Values of a linear functional at vertices ``[..., V, S, A]``."""
    return ar.sum(vertices * reward[..., None, :, :], (-2, -1))


@hull.false_variant("the least vertex", counterexample=lambda: _against(_two_doors()))
def hull_least(mdp: DiscountedMDP, reward: Reward, pi: Policy) -> Any:
    return sum_over_pairs(mdp, mdp.occupancy(pi) * reward) <= ar.amin(_at(occupancy_vertices(mdp), reward), -1)


@hull.false_variant("vertices that play one action everywhere", counterexample=lambda: _against(_two_doors()))
def hull_constant(mdp: DiscountedMDP, reward: Reward, pi: Policy) -> Any:
    constant = occupancy_vertices(mdp)[..., :: (mdp.n_actions**mdp.n_states - 1) // (mdp.n_actions - 1), :, :]
    return sum_over_pairs(mdp, mdp.occupancy(pi) * reward) <= ar.amax(_at(constant, reward), -1)


def _changed(first: Numbers, second: Numbers) -> Numbers:
    """The first policy, with the second's actions in state 0."""
    return ar.concatenate([second[..., :1, :], first[..., 1:, :]], axis=first.ndim - 2)


@claim(
    id="occ-vertices.segment",
    source=puterman("Proposition 6.9.3"),
    statement=r"\| \left( \lambda d_2(0) + (1-\lambda) d_1(0) \right) d_\lambda - \lambda d_2(0) d_1 - "
    r"(1-\lambda) d_1(0) d_2 \|_1 = 0, "
    r"\quad \pi_\lambda = \lambda \pi_1 + (1-\lambda) \pi_2, \quad \pi_1 = \pi_2 \text{ except in state } 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(_half_and_half(discount=HALF), lhs=0, rhs=0, note="an equality"),
)
def segment(mdp: DiscountedMDP, first: Policy, elsewhere: Policy, weight: UnitInterval) -> Any:
    """Mixing policies in one state moves the occupancy along a segment, by the visits to that state.

    The combination obeys the flow equations, and normalised it is ``pi_lambda``. Making a policy
    deterministic state by state so writes its occupancy as a convex combination of those of deterministic
    policies.
    """
    second = _changed(first, elsewhere)
    mixed = mdp.occupancy(_mixed(first, second, weight, 2))
    return equal(sum_over_pairs(mdp, absolute(_moved(mdp, first, second, weight, mixed, visits=True))), 0)


def _moved(mdp: TabularMDP, first: Numbers, second: Numbers, weight: Numbers, d: Numbers, *, visits: bool) -> Numbers:
    """Distance of d from the point of the segment that the weight, times the other end's visits, picks."""
    one, two = mdp.occupancy(first), mdp.occupancy(second)
    near, far = (ar.sum(end[..., 0, :], -1)[..., None, None] if visits else 1 for end in (one, two))
    pull, push = weight[..., None, None] * far, (1 - weight[..., None, None]) * near
    return (pull + push) * d - pull * one - push * two


@segment.false_variant("the weight alone sets the place", counterexample=lambda: _half_and_half(discount=HALF))
def segment_unweighted(mdp: DiscountedMDP, first: Policy, elsewhere: Policy, weight: UnitInterval) -> Any:
    second = _changed(first, elsewhere)
    mixed = mdp.occupancy(_mixed(first, second, weight, 2))
    return equal(sum_over_pairs(mdp, absolute(_moved(mdp, first, second, weight, mixed, visits=False))), 0)


@segment.false_variant(
    "policies that differ in two states",
    counterexample=lambda: (_two_doors(), ar.asarray([[1, 0], [1, 0]]), ar.asarray([[0, 1], [0, 1]]), TENTH),
)
def segment_two_states(mdp: DiscountedMDP, first: Policy, elsewhere: Policy, weight: UnitInterval) -> Any:
    mixed = mdp.occupancy(_mixed(first, elsewhere, weight, 2))
    return equal(sum_over_pairs(mdp, absolute(_moved(mdp, first, elsewhere, weight, mixed, visits=True))), 0)


def _all_leave() -> tuple[Any, ...]:
    """Both actions lead away from the start; the policies differ there."""
    mdp = TabularMDP([[[0, 1], [0, 1]]] * 2, [[0, 0], [0, 0]], [1, 0], discount=HALF)
    return mdp, ar.asarray([[1, 0], [1, 0]]), ar.asarray([[0, 1], [1, 0]])


@claim(
    id="occ-vertices.distinct",
    source=puterman("Proposition 6.9.3"),
    statement=r"(1-\gamma) \sum_{s: \sigma(s) \ne \sigma'(s)} \mu(s) \le \mathrm{TV}(d^\sigma, d^{\sigma'})",
    status=DERIVED_HERE,
    tight=lambda: Tight(_all_leave(), lhs=HALF, rhs=HALF, note="the start is never seen again"),
)
def distinct(mdp: DiscountedMDP, first: DeterministicPolicy, second: DeterministicPolicy) -> Any:
    """If every state can be the first, deterministic policies have different occupancies: A^S vertices.

    Where they differ, each gives the other's pair mass 0 and its own at least ``(1 - gamma) mu(s)``.
    """
    return _differing(mdp, first, second, mdp.mu) <= occupancy_tv(mdp, first, second)


def _differing(mdp: TabularMDP, first: Numbers, second: Numbers, weight: Numbers) -> Any:
    """``(1 - gamma)`` times the weight of the states where two deterministic policies differ."""
    return (1 - gamma(mdp)) * sum_over_states(mdp, weight * total_variation(first, second))


@distinct.false_variant("unreachable states too", counterexample=lambda: tuple(families.unreachable(discount=HALF)))
def distinct_unreachable(mdp: DiscountedMDP, first: DeterministicPolicy, second: DeterministicPolicy) -> Any:
    return _differing(mdp, first, second, 0 * mdp.mu + 1) <= occupancy_tv(mdp, first, second)


@distinct.false_variant("without the discount", counterexample=_all_leave)
def distinct_undiscounted(mdp: DiscountedMDP, first: DeterministicPolicy, second: DeterministicPolicy) -> Any:
    return _differing(mdp, first, second, mdp.mu) <= (1 - gamma(mdp)) * occupancy_tv(mdp, first, second)


@claim(
    id="occ-vertices.exposed",
    source=puterman("Proposition 6.9.3"),
    statement=r"1 - \sum_s d^\pi(s, \sigma(s)) \ge (1-\gamma)\, \mathrm{TV}(d^\pi, d^\sigma), \quad "
    r"\sigma \text{ deterministic}",
    status=DERIVED_HERE,
    tight=lambda: Tight(bandit(discount=Fraction(0)), lhs=TENTH, rhs=TENTH, note="gamma = 0"),
)
def exposed(mdp: DiscountedMDP, vertex: DeterministicPolicy, pi: Policy) -> Any:
    """The occupancy of a deterministic policy is a vertex: some linear functional is largest only there.

    The functional is the reward for playing sigma's action; 1 minus it is ``E_{d^pi} TV(pi, sigma)``, which
    bounds the distance of the occupancies (occ-l1-from-policy.pairs).
    """
    return _missed(mdp, vertex, pi) >= (1 - gamma(mdp)) * occupancy_tv(mdp, vertex, pi)


def _missed(mdp: TabularMDP, vertex: Numbers, pi: Numbers) -> Any:
    return 1 - sum_over_pairs(mdp, mdp.occupancy(pi) * vertex)


@exposed.false_variant("without the discount", counterexample=lambda: tuple(families.cliff(error=TENTH, discount=HALF)))
def exposed_undiscounted(mdp: DiscountedMDP, vertex: DeterministicPolicy, pi: Policy) -> Any:
    return _missed(mdp, vertex, pi) >= occupancy_tv(mdp, vertex, pi)


@exposed.false_variant("twice the distance", counterexample=lambda: bandit(discount=Fraction(0)))
def exposed_double(mdp: DiscountedMDP, vertex: DeterministicPolicy, pi: Policy) -> Any:
    return _missed(mdp, vertex, pi) >= 2 * (1 - gamma(mdp)) * occupancy_tv(mdp, vertex, pi)
