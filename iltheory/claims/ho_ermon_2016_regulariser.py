"""Ho and Ermon 2016: regularised inverse reinforcement learning is occupancy matching, and GAIL's regulariser.

Conventions as in :mod:`iltheory.claims.ho_ermon_2016`: ``psi*(y) = sup_c <y, c> - psi(c)``, inverse reinforcement
learning maximises ``-psi(c) + min_pi(-H(pi) + E_pi c) - E_E c`` over costs, reinforcement learning on its cost
minimises ``-H(pi) + psi*(rho_pi - rho_E)``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Tight, claim
from iltheory.claims.ho_ermon_2016 import EVEN, OTHER, SURE, two_arms
from iltheory.claims.ho_ermon_2016_saddle import irl_objective
from iltheory.claims.kinds import DiscountedMDP, Distribution, Policy, Reward, SignedStationaryReward, UnitInterval
from iltheory.claims.occupancy import HALF, TENTH, ho_ermon
from iltheory.claims.ziebart_2010 import EXACT, exp_ball, log_ball, mean_entropy
from iltheory.measures import CHI2, JENSEN_SHANNON, l1_norm, per_step, quantity, soft_optimal_value, sum_over_pairs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

# Costs with the regulariser |c|^2 / 2.


@quantity
def half_square(x: Numbers, *, axes: int) -> Any:
    """``|x|^2 / 2``, which is its own conjugate, over the last axes."""
    return ar.sum(x * x, tuple(range(-axes, 0))) / 2


@claim(
    id="ho-ermon-2016-prop-3-2.weak",
    source=ho_ermon("Proposition 3.2"),
    statement=r"\bar H(\pi) \le \tfrac12 \|\rho_\pi - \rho_E\|^2 + \tfrac12 \|c\|^2 - "
    r"\min_{\pi'} (-\bar H(\pi') + \mathbb{E}_{\pi'} c) + \mathbb{E}_{\pi_E} c \quad \forall \pi, c",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        (*two_arms(EVEN, EVEN), ar.asarray([[0, 0]])), lhs=log_ball(2), rhs=log_ball(2), note="no cost, a coin"
    ),
)
def weak_duality(mdp: DiscountedMDP, expert: Policy, pi: Policy, c: SignedStationaryReward) -> Any:
    """The value of every cost is at most that of every policy: ``-psi(c) + min L <= -H + psi*``, rearranged.

    Put pi in the minimum; ``<rho_pi - rho_E, c> - |c|^2 / 2`` is at most ``|rho_pi - rho_E|^2 / 2`` (Fenchel).
    """
    distance = half_square(mdp.occupancy(pi) - mdp.occupancy(expert), axes=2)
    return mean_entropy(mdp, pi) <= distance + half_square(c, axes=2) - irl_objective(mdp, expert, -c)


def _paid() -> tuple[Any, ...]:
    """An expert sure of the one action, a policy sure of the other, and a cost of 1 for the policy's action."""
    return *two_arms(SURE, OTHER), ar.asarray([[0, 1]])


@weak_duality.false_variant("without the distance", counterexample=lambda: _cheap())
def weak_duality_no_distance(mdp: DiscountedMDP, expert: Policy, pi: Policy, c: SignedStationaryReward) -> Any:
    return mean_entropy(mdp, pi) <= half_square(c, axes=2) - irl_objective(mdp, expert, -c)


def _cheap() -> tuple[Any, ...]:
    """An expert sure of an action, an even policy, and a cost of 1/2 for the other action."""
    return *two_arms(SURE, EVEN), ar.asarray([[-HALF, HALF]])


@weak_duality.false_variant("costs of the expert less those of the policy", counterexample=_paid)
def weak_duality_reward(mdp: DiscountedMDP, expert: Policy, pi: Policy, c: SignedStationaryReward) -> Any:
    gained = sum_over_pairs(mdp, (mdp.occupancy(pi) - mdp.occupancy(expert)) * c)
    return gained - mean_entropy(mdp, pi) <= irl_objective(mdp, expert, -c)


def saddle_of(p: Numbers, other: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """A cost, the policy that is best for it, and the expert that both are the saddle point for, on one state.

    The cost is ``(p - other) / 8``, then ``pi = softmax(-c)`` and ``q = pi - c`` is the expert: it sums to 1, and no
    entry is negative for up to 5 outcomes.
    """
    c = (p - other) / 8
    weights = ar.exp(-c)
    pi = weights / ar.sum(weights, -1)[..., None]
    return c, pi, pi - c


@quantity
def negative_entropy(p: Numbers) -> Any:
    """``-H(p)``."""
    return -ar.sum(ar.entropy(p), -1)


@quantity
def dual_objective(c: Numbers, expert: Numbers) -> Any:
    """``-|c|^2 / 2 - log sum exp(-c) - <expert, c>``: inverse reinforcement learning with one state and step."""
    return -half_square(c, axes=1) - ar.log(ar.sum(ar.exp(-c), -1)) - ar.sum(expert * c, -1)


def _sure_pair() -> tuple[Any, ...]:
    return ar.asarray(SURE), ar.asarray(OTHER)


def _saddle_value() -> Any:
    """``1/64 - H(pi)`` with ``pi`` proportional to ``(exp(-1/8), exp(1/8))``."""
    _, pi, _ = saddle_of(*(ar.convert(x, "ball", bits=512) for x in _sure_pair()))
    return negative_entropy(pi) + HALF / 32


@claim(
    id="ho-ermon-2016-prop-3-2",
    source=ho_ermon("Proposition 3.2"),
    statement=r"c = \pi - q, \; \pi = \mathrm{softmax}(-c) \implies -\tfrac12 \|c\|^2 - \log \sum_a e^{-c(a)} - "
    r"\langle q, c \rangle = -H(\pi) + \tfrac12 \|\pi - q\|^2",
    status=FROM_MEMORY,
    tight=lambda: Tight(_sure_pair(), lhs=_saddle_value(), rhs=_saddle_value(), note="1/64 - H(softmax(-1/8, 1/8))"),
)
def same_fixed_point(p: Distribution, other: Distribution) -> Any:
    """Reinforcement learning on the recovered cost is regularised occupancy matching: both sides have one optimum.

    A bandit with ``psi(c) = |c|^2 / 2``. The gradient of the left side in c is ``-c + softmax(-c) - q``, that of the
    right side in pi ``log pi + pi - q`` up to a constant: the same fixed point, where the values meet. By weak duality
    both are optimal there.
    """
    c, pi, expert = saddle_of(p, other)
    return equal(dual_objective(c, expert), negative_entropy(pi) + half_square(pi - expert, axes=1))


@same_fixed_point.false_variant("the learner is the expert", counterexample=_sure_pair)
def learner_is_expert(p: Distribution, other: Distribution) -> Any:
    _, pi, expert = saddle_of(p, other)
    return equal(l1_norm(pi - expert, axes=1), 0)


@same_fixed_point.false_variant("without the regulariser of the cost", counterexample=_sure_pair)
def fixed_point_unregularised(p: Distribution, other: Distribution) -> Any:
    c, pi, expert = saddle_of(p, other)
    unregularised = dual_objective(c, expert) + half_square(c, axes=1)
    return equal(unregularised, negative_entropy(pi) + half_square(pi - expert, axes=1))


def _priced_arms() -> tuple[Any, ...]:
    mdp, *_ = two_arms(EVEN, EVEN)
    return mdp, ar.asarray([[HALF / 4, -HALF / 4]])


def _saddle_in_model(mdp: TabularMDP, x: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """A cost that sums to 0, its soft optimum ``pi``, and the target ``rho_pi - c`` that both answer."""
    c = x - (ar.sum(x, (-2, -1)) / (mdp.n_states * mdp.n_actions))[..., None, None]
    pi = mdp.with_rewards(-c).soft_optimal(1).policy
    return c, pi, mdp.occupancy(pi) - c


@quantity
def _inverse_value(mdp: TabularMDP, target: Numbers, c: Numbers) -> Any:
    """``min_pi (-bar H(pi) + E_pi c) - <target, c>``."""
    least = -per_step(mdp, soft_optimal_value(mdp.with_rewards(-c), 1))
    return least - sum_over_pairs(mdp, target * c)


@claim(
    id="ho-ermon-2016-prop-3-2.models",
    source=ho_ermon("Proposition 3.2"),
    statement=r"c = \rho_\pi - \rho_E, \; \pi = \mathrm{RL}(c) \implies -\tfrac12 \|c\|^2 + \min_{\pi'} (-\bar H(\pi') "
    r"+ \mathbb{E}_{\pi'} c) - \langle \rho_E, c \rangle = -\bar H(\pi) + \tfrac12 \|\rho_\pi - \rho_E\|^2",
    status=FROM_MEMORY,
    tight=lambda: Tight(_priced_arms(), lhs=_saddle_value(), rhs=_saddle_value(), note="1/64 - H(softmax(-1/8, 1/8))"),
    largest=EXACT,
)
def same_fixed_point_in_models(mdp: DiscountedMDP, x: SignedStationaryReward) -> Any:
    """In any model both sides of the proposition have one optimum, whatever vector stands for the expert's law.

    Every cost is the optimum for the target ``rho_pi - c``, where pi is its own soft optimum: the gradient of the left
    side is ``-c + rho_pi - rho_E``. There it equals the right side, which by ``.weak`` is nowhere below it. (Costs are
    x less its mean, so that targets have mass 1.)
    """
    c, pi, target = _saddle_in_model(mdp, x)
    matched = half_square(mdp.occupancy(pi) - target, axes=2) - mean_entropy(mdp, pi)
    return equal(_inverse_value(mdp, target, c) - half_square(c, axes=2), matched)


@same_fixed_point_in_models.false_variant("the learner is the expert", counterexample=_priced_arms)
def learner_is_expert_in_models(mdp: DiscountedMDP, x: SignedStationaryReward) -> Any:
    _, pi, target = _saddle_in_model(mdp, x)
    return equal(l1_norm(mdp.occupancy(pi) - target, axes=2), 0)


@same_fixed_point_in_models.false_variant("without the regulariser of the cost", counterexample=_priced_arms)
def fixed_point_unregularised_in_models(mdp: DiscountedMDP, x: SignedStationaryReward) -> Any:
    c, pi, target = _saddle_in_model(mdp, x)
    matched = half_square(mdp.occupancy(pi) - target, axes=2) - mean_entropy(mdp, pi)
    return equal(_inverse_value(mdp, target, c), matched)


# The entropy biases the learner.


def _has_full_support(other: Numbers) -> Any:
    return ar.wrap(ar.amin(other, -1)) > 0


FULL_LAW = Assumption("the expert takes every action", _has_full_support)


def toward_uniform(p: Numbers, weight: Any) -> Numbers:
    """``(1 - t) p + t u``, u uniform."""
    return p + weight[..., None] * (Fraction(1, p.shape[-1]) - p)


@quantity
def surplus(p: Numbers) -> Any:
    """``log n - H(p)``, the divergence of p from the uniform law."""
    return ar.log(ar.system_of(p).convert(p.shape[-1])) + negative_entropy(p)


def _slightly(weight: Any) -> tuple[Any, ...]:
    return ar.asarray([9 * TENTH, TENTH]), ar.asarray(weight)


def _biased() -> Tight:
    """``t = 0``: both sides are the entropy of the expert."""
    q = ar.convert([9 * TENTH, TENTH], "ball", bits=512)
    return Tight(_slightly(0), lhs=-negative_entropy(q), rhs=-negative_entropy(q), note="no step, no gain")


@claim(
    id="ho-ermon-2016-prop-3-2.bias",
    source=ho_ermon("Proposition 3.2"),
    statement=r"H(q) + t\,(\log n - H(q)) + \chi^2(q_t \,\|\, q) \le H(q_t) + t^2 \chi^2(u \,\|\, q), \quad "
    r"q_t = (1 - t) q + t u",
    status=DERIVED_HERE,
    assumptions=[FULL_LAW],
    tight=_biased,
)
def biased_to_uniform(other: Distribution, weight: UnitInterval) -> Any:
    """With a regulariser the learner is more random than the expert q: a small step to the uniform law always pays.

    H is concave, and ``chi2(q_t || q) = t^2 chi2(u || q)``: the first order in t is a gain, unless q is uniform, and
    the divergence costs the second. So the optimum is q only for a constant psi (or a uniform expert).
    """
    law = toward_uniform(other, weight)
    uniform = toward_uniform(other, 1 + 0 * weight)
    gain = weight * surplus(other) - negative_entropy(other)
    return gain + CHI2(law, other, axes=1) <= weight**2 * CHI2(uniform, other, axes=1) - negative_entropy(law)


@biased_to_uniform.false_variant("the expert is optimal", counterexample=lambda: _slightly(TENTH))
def unbiased(other: Distribution, weight: UnitInterval) -> Any:
    law = toward_uniform(other, weight)
    return negative_entropy(other) <= negative_entropy(law) + CHI2(law, other, axes=1)


@biased_to_uniform.false_variant(
    "the expert is optimal for the Jensen-Shannon divergence", counterexample=lambda: _slightly(TENTH)
)
def unbiased_js(other: Distribution, weight: UnitInterval) -> Any:
    law = toward_uniform(other, weight)
    return negative_entropy(other) <= negative_entropy(law) + JENSEN_SHANNON(law, other, axes=1)


# The regulariser of GAIL.


@quantity
def discrimination(mdp: TabularMDP, expert: Numbers, pi: Numbers, discriminator: Numbers) -> Any:
    """``E_pi log D + E_E log(1 - D)``."""
    d, e = mdp.occupancy(pi), mdp.occupancy(expert)
    return sum_over_pairs(mdp, d * ar.log(discriminator) + e * ar.log(1 - discriminator))


@quantity
def best_discrimination(mdp: TabularMDP, expert: Numbers, pi: Numbers) -> Any:
    """``2 JSD(rho_pi, rho_E) - log 4``."""
    return JENSEN_SHANNON(mdp.occupancy(pi), mdp.occupancy(expert), axes=2) - ar.log(mdp.system.convert(4))


def doubtful(x: Numbers) -> Numbers:
    """A discriminator between 1/16 and 15/16, of a reward between 0 and 1."""
    return (1 + 14 * x) / 16


def _undecided(discriminator: Any = HALF) -> tuple[Any, ...]:
    """The learner is the expert, and a discriminator."""
    return *two_arms(EVEN, EVEN), ar.asarray([[discriminator, discriminator]])


def _told_apart() -> tuple[Any, ...]:
    """Expert and learner share no action, and the discriminator nearly tells."""
    return *two_arms(SURE, OTHER), ar.asarray([[0, 1]])


@claim(
    id="ho-ermon-2016-ga-js",
    source=ho_ermon("Corollary A.1.1"),
    statement=r"\mathbb{E}_\pi \log D^* + \mathbb{E}_{\pi_E} \log(1 - D^*) = "
    r"2\, \mathrm{JSD}(\rho_\pi, \rho_E) - \log 4, \quad D^* = \frac{\rho_\pi}{\rho_\pi + \rho_E}",
    status=FROM_MEMORY,
    tight=lambda: Tight(two_arms(EVEN, EVEN), lhs=-2 * log_ball(2), rhs=-2 * log_ball(2), note="equal: -log 4"),
    largest=EXACT,
)
def optimal_discriminator(mdp: DiscountedMDP, expert: Policy, pi: Policy) -> Any:
    """The best discriminator measures twice the Jensen-Shannon divergence, less log 4.

    ``D*`` solves ``rho_pi / D = rho_E / (1 - D)``; with ``m = (rho_pi + rho_E) / 2`` it is ``rho_pi / 2 m``. (Where
    only one of them goes, D* is 0 or 1 and the supremum is not attained.)
    """
    d, e = mdp.occupancy(pi), mdp.occupancy(expert)
    told = sum_over_pairs(mdp, ar.relative_entropy(d, d + e) + ar.relative_entropy(e, d + e))
    return equal(told, best_discrimination(mdp, expert, pi))


@optimal_discriminator.false_variant("without log 4", counterexample=lambda: two_arms(EVEN, EVEN))
def optimal_discriminator_unshifted(mdp: DiscountedMDP, expert: Policy, pi: Policy) -> Any:
    d, e = mdp.occupancy(pi), mdp.occupancy(expert)
    told = sum_over_pairs(mdp, ar.relative_entropy(d, d + e) + ar.relative_entropy(e, d + e))
    return equal(told, ar.wrap(JENSEN_SHANNON(d, e, axes=2)))


@optimal_discriminator.false_variant("the divergence once", counterexample=lambda: two_arms(SURE, EVEN))
def optimal_discriminator_once(mdp: DiscountedMDP, expert: Policy, pi: Policy) -> Any:
    d, e = mdp.occupancy(pi), mdp.occupancy(expert)
    told = sum_over_pairs(mdp, ar.relative_entropy(d, d + e) + ar.relative_entropy(e, d + e))
    return equal(told, best_discrimination(mdp, expert, pi) - JENSEN_SHANNON(d, e, axes=2) / 2)


@claim(
    id="ho-ermon-2016-ga-js.optimal",
    source=ho_ermon("Corollary A.1.1"),
    statement=r"\log 4 \le 2\, \mathrm{JSD}(\rho_\pi, \rho_E) - \mathbb{E}_\pi \log D - "
    r"\mathbb{E}_{\pi_E} \log(1 - D) \quad \forall D \in (0, 1)^{S \times A}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_undecided(), lhs=2 * log_ball(2), rhs=2 * log_ball(2), note="equal, and D = 1/2"),
)
def no_better_discriminator(mdp: DiscountedMDP, expert: Policy, pi: Policy, x: Reward) -> Any:
    """No discriminator tells learner and expert apart better than that.

    ``p log D + q log(1 - D)`` is concave in D with its maximum at ``p / (p + q)``, entry by entry. (D is ``(1 + 14 x) /
    16``.)
    """
    apart = JENSEN_SHANNON(mdp.occupancy(pi), mdp.occupancy(expert), axes=2)
    return ar.log(mdp.system.convert(4)) <= apart - discrimination(mdp, expert, pi, doubtful(x))


@no_better_discriminator.false_variant("the divergence once", counterexample=_told_apart)
def no_better_once(mdp: DiscountedMDP, expert: Policy, pi: Policy, x: Reward) -> Any:
    apart = JENSEN_SHANNON(mdp.occupancy(pi), mdp.occupancy(expert), axes=2)
    return ar.log(mdp.system.convert(4)) <= apart / 2 - discrimination(mdp, expert, pi, doubtful(x))


@no_better_discriminator.false_variant("the value at equality, -log 4", counterexample=_told_apart)
def no_better_than_equal(mdp: DiscountedMDP, expert: Policy, pi: Policy, x: Reward) -> Any:
    return ar.log(mdp.system.convert(4)) <= -discrimination(mdp, expert, pi, doubtful(x))


def cost(x: Numbers) -> Numbers:
    """A cost between -1 and -1/8, of a reward between 0 and 1."""
    return -(1 + 7 * x) / 8


def _costs() -> tuple[Any, ...]:
    """Expert and learner share no action; the expert's costs -1, the learner's -1/8."""
    return *two_arms(SURE, OTHER), ar.asarray([[1, 0]])


def _priced() -> Any:
    """``log(1 - 1/e) - 1/8``."""
    return log_ball(1 - exp_ball(-1)) - HALF / 4


@claim(
    id="ho-ermon-2016-ga-js.conjugate",
    source=ho_ermon("Corollary A.1.1"),
    statement=r"\langle \rho_\pi - \rho_E, c \rangle - \mathbb{E}_{\pi_E} g(c) = \mathbb{E}_\pi \log D + "
    r"\mathbb{E}_{\pi_E} \log(1 - D), \quad g(x) = -x - \log(1 - e^x), \; D = e^c",
    status=FROM_MEMORY,
    tight=lambda: Tight(_costs(), lhs=_priced(), rhs=_priced(), note="log(1 - 1/e) - 1/8"),
    largest=EXACT,
)
def gail_regulariser(mdp: DiscountedMDP, expert: Policy, pi: Policy, x: Reward) -> Any:
    """GAIL's regulariser turns costs into discriminators: its conjugate is the discrimination game.

    ``-rho_E c - rho_E g(c) = rho_E log(1 - e^c)``; costs are negative, ``c = log D``. (c is ``-(1 + 7 x) / 8``.)
    """
    c, d, e = cost(x), mdp.occupancy(pi), mdp.occupancy(expert)
    penalty = -c - ar.log(1 - ar.exp(c))
    return equal(sum_over_pairs(mdp, (d - e) * c - e * penalty), discrimination(mdp, expert, pi, ar.exp(c)))


@gail_regulariser.false_variant("the other sign of the cost", counterexample=_costs)
def gail_regulariser_sign(mdp: DiscountedMDP, expert: Policy, pi: Policy, x: Reward) -> Any:
    c, d, e = cost(x), mdp.occupancy(pi), mdp.occupancy(expert)
    penalty = c - ar.log(1 - ar.exp(c))
    return equal(sum_over_pairs(mdp, (d - e) * c - e * penalty), discrimination(mdp, expert, pi, ar.exp(c)))


@gail_regulariser.false_variant("penalised where the learner goes", counterexample=_costs)
def gail_regulariser_learner(mdp: DiscountedMDP, expert: Policy, pi: Policy, x: Reward) -> Any:
    c, d, e = cost(x), mdp.occupancy(pi), mdp.occupancy(expert)
    penalty = -c - ar.log(1 - ar.exp(c))
    return equal(sum_over_pairs(mdp, (d - e) * c - d * penalty), discrimination(mdp, expert, pi, ar.exp(c)))
