"""Ho and Ermon 2016: the entropy of an occupancy, and the saddle point of imitation by occupancy matching.

``bar H(d) = -sum d(s,a) log(d(s,a) / d(s))`` is a function of the occupancy; occupancies are normalised, where the
paper's are ``1 / (1 - gamma)`` times larger. Costs ``c`` are the paper's; ``r = -c``.
"""

from __future__ import annotations

from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Tight, claim
from iltheory.claims.kinds import (
    DiscountedMDP,
    FiniteHorizonMDP,
    Policy,
    UnitInterval,
)
from iltheory.claims.occupancy import HALF, ho_ermon
from iltheory.claims.ziebart_2010 import EXACT, log_ball, mean_entropy, takes_everything
from iltheory.measures import (
    average,
    causal_entropy,
    policy_kl,
    quantity,
    sum_over_pairs,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

FULL_SUPPORT = Assumption("the expert takes every action in every state", lambda expert: takes_everything(expert))


@quantity
def occupancy_entropy(mdp: TabularMDP, d: Numbers) -> Any:
    """``bar H(d)``, a mean over steps, of any non-negative measure ``[..., H, S, A]`` or ``[..., S, A]``."""
    return average(mdp, 1, ar.sum(ar.entropy(d), -1) - ar.entropy(ar.sum(d, -1)))


def mixed(weight: Any, first: Numbers, second: Numbers) -> Numbers:
    """``w first + (1 - w) second``, arrays with a discount."""
    return weight[..., None, None] * first + (1 - weight[..., None, None]) * second


# Instances.


def uniform_rooms(**end: Any) -> tuple[Any, ...]:
    """The action is the next state, and the policy uniform."""
    mdp = TabularMDP([[[1, 0], [0, 1]]] * 2, [[0, 0]] * 2, [HALF, HALF], **end)
    return mdp, mdp.policy(ar.asarray([[HALF, HALF]] * 2))


def door(first: Any, second: Any, **end: Any) -> tuple[Any, ...]:
    """State 0 is left for good to state 1 with some probability; in both, two policies ``(leave, act)``.

    Leaving at random leads to where acting at random goes on for ever; state 2 is where those go who do not leave.
    """
    go = [[[0, 1, 0], [0, 0, 1]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2]
    mdp = TabularMDP(go, [[0, 0]] * 3, [1, 0, 0], **end)
    policies = (ar.asarray([[p, 1 - p], [q, 1 - q], [1, 0]]) for p, q in (first, second))
    return mdp, *policies, ar.asarray(HALF)


def two_arms(first: Any, second: Any) -> tuple[Any, ...]:
    """One state, and two laws of two actions."""
    mdp = TabularMDP([[[1], [1]]], [[0, 0]], [1], discount=HALF)
    return mdp, ar.asarray([first]), ar.asarray([second])


SURE, OTHER, EVEN, SLANTED = (1, 0), (0, 1), (HALF, HALF), (HALF / 2, 1 - HALF / 2)


# The entropy.


@claim(
    id="ho-ermon-2016-entropy",
    source=ho_ermon("Lemma 3.1"),
    statement=r"\bar H(d^\pi) = (1-\gamma) H(\pi), \quad \bar H(d) = -\sum_{s,a} d(s,a) \log \frac{d(s,a)}{\sum_{a'} "
    r"d(s,a')}",
    status=FROM_MEMORY,
    tight=lambda: Tight(uniform_rooms(discount=HALF), lhs=log_ball(2), rhs=log_ball(2), note="a fair coin a step"),
    largest=EXACT,
)
def entropy_of_the_occupancy(mdp: DiscountedMDP, pi: Policy) -> Any:
    """The causal entropy of a policy is a function of its occupancy.

    ``d^pi(s, a) / d^pi(s) = pi(a|s)``, so ``bar H(d^pi) = E_{d^pi}[-log pi]``.
    """
    return equal(occupancy_entropy(mdp, mdp.occupancy(pi)), mean_entropy(mdp, pi))


@entropy_of_the_occupancy.false_variant("not normalised", counterexample=lambda: uniform_rooms(discount=HALF))
def entropy_unnormalised(mdp: DiscountedMDP, pi: Policy) -> Any:
    return equal(occupancy_entropy(mdp, mdp.occupancy(pi)), causal_entropy(mdp, pi))


@entropy_of_the_occupancy.false_variant("entropy of the pairs", counterexample=lambda: uniform_rooms(discount=HALF))
def entropy_of_pairs(mdp: DiscountedMDP, pi: Policy) -> Any:
    return equal(sum_over_pairs(mdp, ar.entropy(mdp.occupancy(pi))), mean_entropy(mdp, pi))


@claim(
    id="ho-ermon-2016-entropy.finite",
    source=ho_ermon("Lemma 3.1"),
    statement=r"\tfrac1H \sum_{h=1}^H \bar H(d_h^\pi) = \tfrac1H H(\pi)",
    status=DERIVED_HERE,
    tight=lambda: Tight(uniform_rooms(horizon=3), lhs=log_ball(2), rhs=log_ball(2), note="a fair coin a step"),
    largest=EXACT,
)
def entropy_of_the_occupancies(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    """The causal entropy of a policy is a function of its occupancy.

    As with a discount, step by step.
    """
    return equal(occupancy_entropy(mdp, mdp.occupancy(pi)), mean_entropy(mdp, pi))


@entropy_of_the_occupancies.false_variant("a sum over steps", counterexample=lambda: uniform_rooms(horizon=2))
def entropies_total(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    return equal(occupancy_entropy(mdp, mdp.occupancy(pi)), causal_entropy(mdp, pi))


@entropy_of_the_occupancies.false_variant("entropy of the pairs", counterexample=lambda: uniform_rooms(horizon=2))
def entropies_of_pairs(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    return equal(sum_over_pairs(mdp, ar.entropy(mdp.occupancy(pi))) / mdp.horizon, mean_entropy(mdp, pi))


@claim(
    id="ho-ermon-2016-entropy.concave",
    source=ho_ermon("Lemma 3.1"),
    statement=r"\bar H(w d + (1-w) d') \ge w \bar H(d) + (1-w) \bar H(d')",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        (*two_arms(SURE, OTHER), ar.asarray(HALF)), lhs=log_ball(2), rhs=0, note="a fair coin of two sure things"
    ),
)
def entropy_concave(mdp: DiscountedMDP, pi: Policy, other: Policy, weight: UnitInterval) -> Any:
    """The causal entropy is concave in the occupancy.

    The log-sum inequality for every pair: ``-x log(x / y)`` is jointly concave.
    """
    d = mixed(weight, mdp.occupancy(pi), mdp.occupancy(other))
    return occupancy_entropy(mdp, d) >= weight * mean_entropy(mdp, pi) + (1 - weight) * mean_entropy(mdp, other)


@entropy_concave.false_variant(
    "concave in the policy",
    counterexample=lambda: door((HALF / 2, 3 * HALF / 10), (3 * HALF / 2, 7 * HALF / 10), discount=1 - HALF / 50),
)
def entropy_concave_in_policies(mdp: DiscountedMDP, pi: Policy, other: Policy, weight: UnitInterval) -> Any:
    between = mean_entropy(mdp, mixed(weight, pi, other))
    return between >= weight * mean_entropy(mdp, pi) + (1 - weight) * mean_entropy(mdp, other)


@entropy_concave.false_variant("convex", counterexample=lambda: (*two_arms(SURE, OTHER), ar.asarray(HALF)))
def entropy_convex(mdp: DiscountedMDP, pi: Policy, other: Policy, weight: UnitInterval) -> Any:
    d = mixed(weight, mdp.occupancy(pi), mdp.occupancy(other))
    return occupancy_entropy(mdp, d) <= weight * mean_entropy(mdp, pi) + (1 - weight) * mean_entropy(mdp, other)


@claim(
    id="ho-ermon-2016-entropy.ray",
    source=ho_ermon("Lemma 3.1"),
    statement=r"\bar H(2 d) = 2 \bar H(d) \quad \forall d \ge 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        uniform_rooms(discount=HALF), lhs=2 * log_ball(2), rhs=2 * log_ball(2), note="linear along rays"
    ),
    largest=EXACT,
)
def entropy_on_rays(mdp: DiscountedMDP, pi: Policy) -> Any:
    """Off the polytope the entropy is not strictly concave: it is linear along every ray.

    ``d(s, a) / d(s)`` is the same along the ray.
    """
    d = mdp.occupancy(pi)
    return equal(occupancy_entropy(mdp, 2 * d), 2 * occupancy_entropy(mdp, d))


@entropy_on_rays.false_variant("the entropy of the pairs", counterexample=lambda: uniform_rooms(discount=HALF))
def pairs_on_rays(mdp: DiscountedMDP, pi: Policy) -> Any:
    d = mdp.occupancy(pi)
    pairs, twice = (sum_over_pairs(mdp, ar.entropy(x)) for x in (d, 2 * d))
    return equal(twice, 2 * pairs)


@entropy_on_rays.false_variant("the same along a ray", counterexample=lambda: uniform_rooms(discount=HALF))
def entropy_constant_on_rays(mdp: DiscountedMDP, pi: Policy) -> Any:
    d = mdp.occupancy(pi)
    return equal(occupancy_entropy(mdp, 2 * d), occupancy_entropy(mdp, d))


@claim(
    id="ho-ermon-2016-entropy.strict",
    source=ho_ermon("Lemma 3.1"),
    statement=r"\bar H(\tfrac{d + d'}{2}) - \tfrac12 \bar H(d) - \tfrac12 \bar H(d') = \tfrac12 \mathbb{E}_{d} "
    r"\mathrm{KL}(\pi \,\|\, \bar\pi) + \tfrac12 \mathbb{E}_{d'} \mathrm{KL}(\pi' \,\|\, \bar\pi), \quad "
    r"\bar\pi \text{ of } \tfrac{d + d'}{2}",
    status=DERIVED_HERE,
    tight=lambda: Tight(two_arms(SURE, OTHER), lhs=log_ball(2), rhs=log_ball(2), note="a fair coin of two sure things"),
    largest=EXACT,
)
def entropy_strictly_concave(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """On the polytope the entropy is strictly concave: mixing gains as much as the policies are far from the mixture's.

    ``-log bar pi`` has the mean ``bar H`` under the mixture, so under both halves together. If nothing is gained, the
    policies agree wherever either goes; both start from mu, so their occupancies are the same.
    """
    d, e = mdp.occupancy(pi), mdp.occupancy(other)
    between = mdp.project((d + e) / 2)
    gained = occupancy_entropy(mdp, (d + e) / 2) - (mean_entropy(mdp, pi) + mean_entropy(mdp, other)) / 2
    return equal(gained, (policy_kl(mdp, pi, between) + policy_kl(mdp, other, between)) / 2)


@entropy_strictly_concave.false_variant("nothing is gained", counterexample=lambda: two_arms(SURE, OTHER))
def entropy_linear(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    d, e = mdp.occupancy(pi), mdp.occupancy(other)
    return equal(occupancy_entropy(mdp, (d + e) / 2), (mean_entropy(mdp, pi) + mean_entropy(mdp, other)) / 2)


@entropy_strictly_concave.false_variant(
    "the mean of the policies", counterexample=lambda: door((HALF, HALF), (1, HALF / 2), discount=HALF)[:3]
)
def entropy_of_the_mean_policy(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    d, e = mdp.occupancy(pi), mdp.occupancy(other)
    between = (pi + other) / 2
    gained = occupancy_entropy(mdp, (d + e) / 2) - (mean_entropy(mdp, pi) + mean_entropy(mdp, other)) / 2
    return equal(gained, (policy_kl(mdp, pi, between) + policy_kl(mdp, other, between)) / 2)
