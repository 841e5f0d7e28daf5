"""Fu, Luo and Levine 2018: what the discriminator ``D = e^f / (e^f + pi)`` of AIRL learns.

It tells pairs (s, a) of the expert (label 1) from those of the learner pi. ``rho_E`` and ``rho`` are their occupancies,
``d_E`` and d those of the states.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, assume, claim
from iltheory.claims.fu_2018 import airl, free_choice, two_cycle
from iltheory.claims.identification import (
    SMALL,
    ball,
    log_policy,
    moving,
)
from iltheory.claims.kinds import DiscountedMDP, Policy, SignedReward
from iltheory.measures import (
    JENSEN_SHANNON,
    causal_entropy,
    gamma,
    l1_norm,
    quantity,
    shaped,
    shaping_ambiguity,
    state_reward_ambiguity,
    sum_over_pairs,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
SECTION = "Section 4 and appendix A"


def _log(x: int, like: Any) -> Numbers:
    return ar.log(ar.system_of(like).convert(x))


@quantity
def objective(mdp: TabularMDP, expert: Any, learner: Any, f: Any) -> Numbers:
    """``E_{rho_E} log 2 D + E_rho log 2 (1 - D)`` of the discriminator ``D = e^f / (e^f + pi)``."""
    shown, seen = mdp.occupancy(expert), mdp.occupancy(learner)
    both = ar.log(ar.exp(f) + mdp.policy(learner))
    told_apart = ar.sum(shown * f - (shown + seen) * both, (-2, -1)) - (1 - gamma(mdp)) * causal_entropy(mdp, learner)
    return told_apart + 2 * _log(2, seen)


@quantity
def divergence(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """``2 JSD(rho_E, rho)``, at most ``2 log 2``."""
    return JENSEN_SHANNON(mdp.occupancy(expert), mdp.occupancy(learner), axes=2)


def _one_action() -> tuple[Any, ...]:
    """Nothing to tell apart: every discriminator at 1/2 is best."""
    return moving([[0]], discount=HALF), ar.asarray([[1]]), ar.asarray([[1]]), ar.asarray([[0]])


def _opposite() -> tuple[Any, ...]:
    """The expert plays one action, the learner the other."""
    return moving([[0, 0]], discount=HALF), ar.asarray([[1, 0]]), ar.asarray([[0, 1]]), ar.asarray([[1, -1]])


def _opposite_tight() -> Tight:
    two = ball(2)
    lhs = ar.log(two) + ar.log(two / (1 + ar.exp(ball(-1))))
    return Tight(_opposite(), lhs, 2 * ar.log(two), note="D = 1, 1 - D = 1 / (1 + 1/e); equality as f grows")


def _leaning() -> tuple[Any, ...]:
    """One state; the expert mostly plays the first action, the learner either."""
    return moving([[0, 0]], discount=HALF), ar.asarray([[1 - QUARTER, QUARTER]]), ar.asarray([[HALF, HALF]])


@claim(
    id="airl-2018-discriminator",
    source=airl(SECTION),
    statement=r"\mathbb{E}_{\rho_E} \log 2 D + \mathbb{E}_\rho \log 2 (1 - D) \le "
    r"2\, \mathrm{JSD}(\rho_E, \rho),\quad D = \frac{e^f}{e^f + \pi}",
    status=FROM_MEMORY,
    tight=_opposite_tight,
    largest=SMALL,
)
def no_better_discriminator(mdp: DiscountedMDP, expert: Policy, learner: Policy, f: SignedReward) -> Any:
    """No AIRL discriminator does better than the Jensen-Shannon divergence of the occupancies allows.

    Pair by pair ``rho_E log D + rho log(1 - D)`` is largest at ``D = rho_E / (rho_E + rho)``, whatever form D has.
    """
    return objective(mdp, expert, learner, f) <= divergence(mdp, expert, learner)


@no_better_discriminator.false_variant("half the divergence", counterexample=_opposite)
def half_the_divergence(mdp: DiscountedMDP, expert: Policy, learner: Policy, f: SignedReward) -> Any:
    return objective(mdp, expert, learner, f) <= divergence(mdp, expert, learner) / 2


@no_better_discriminator.false_variant("one bit less", counterexample=_one_action)
def one_bit_less(mdp: DiscountedMDP, expert: Policy, learner: Policy, f: SignedReward) -> Any:
    bit = _log(2, mdp.occupancy(learner))
    return objective(mdp, expert, learner, f) <= divergence(mdp, expert, learner) - bit


def _full(policy: Numbers, n_actions: int) -> Numbers:
    """Half of the policy, half uniform: full support."""
    return (policy + Fraction(1, n_actions)) / 2


def _everywhere(mdp: TabularMDP, policy: Numbers) -> tuple[Numbers, Numbers]:
    """A policy of full support, and its occupancy; only if every state may be visited."""
    full = _full(policy, mdp.n_actions)
    assume(ar.wrap(ar.amin(mdp.state_occupancy(full), -1)) > 0)
    return full, mdp.occupancy(full)


@claim(
    id="airl-2018-discriminator.optimum",
    source=airl(SECTION),
    statement=r"f^* = \log \pi_E + \log \frac{d_E(s)}{d(s)} \;\Rightarrow\; \mathbb{E}_{\rho_E} \log 2 D^* + "
    r"\mathbb{E}_\rho \log 2 (1 - D^*) = 2\, \mathrm{JSD}(\rho_E, \rho)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_one_action()[:3], 0, 0, note="D = 1/2 everywhere"),
    largest=SMALL,
)
def best_discriminator(mdp: DiscountedMDP, expert: Policy, learner: Policy) -> Any:
    """The best discriminator has the logarithm of the expert's policy, and of the ratio of the state occupancies.

    ``e^f / (e^f + pi) = rho_E / (rho_E + rho)`` for ``e^f = pi rho_E / rho``. Policies are half uniform, so that
    all logarithms are finite.
    """
    pi_e, shown = _everywhere(mdp, expert)
    pi, seen = _everywhere(mdp, learner)
    f = ar.log(pi_e) + ar.log(ar.sum(shown, -1) / ar.sum(seen, -1))[..., None]
    return equal(objective(mdp, pi_e, pi, f), divergence(mdp, pi_e, pi))


@best_discriminator.false_variant("the log ratio of occupancies alone", counterexample=_leaning)
def best_without_policy(mdp: DiscountedMDP, expert: Policy, learner: Policy) -> Any:
    pi_e, shown = _everywhere(mdp, expert)
    pi, seen = _everywhere(mdp, learner)
    return equal(objective(mdp, pi_e, pi, ar.log(shown / seen)), divergence(mdp, pi_e, pi))


@best_discriminator.false_variant("the learner's policy", counterexample=_leaning)
def best_is_the_learner(mdp: DiscountedMDP, expert: Policy, learner: Policy) -> Any:
    pi_e, shown = _everywhere(mdp, expert)
    pi, seen = _everywhere(mdp, learner)
    f = ar.log(pi) + ar.log(ar.sum(shown, -1) / ar.sum(seen, -1))[..., None]
    return equal(objective(mdp, pi_e, pi, f), divergence(mdp, pi_e, pi))


def _uniform_learner() -> tuple[Any, ...]:
    mdp, _, learner = _leaning()
    return mdp, learner, ar.asarray([[0, 0]])


def _half_known() -> tuple[Any, ...]:
    return *_uniform_learner()[:2], ar.asarray([[1, 0]])


def _discriminator(mdp: TabularMDP, pi: Numbers, f: Numbers) -> tuple[Numbers, Numbers]:
    """``log D`` and ``log(1 - D)``."""
    total = ar.exp(f) + pi
    return ar.log(ar.exp(f) / total), ar.log(pi / total)


@claim(
    id="airl-2018-discriminator.reward",
    source=airl(SECTION),
    statement=r"\mathbb{E}_\rho \left[ \log D - \log(1 - D) \right] = \mathbb{E}_\rho f + (1-\gamma) H(\pi)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_uniform_learner(), ar.log(ball(2)), ar.log(ball(2)), note="the entropy of a fair coin"),
    largest=SMALL,
)
def reward_is_the_logit(mdp: DiscountedMDP, learner: Policy, f: SignedReward) -> Any:
    """The reward ``log D - log(1 - D)`` is the logit ``f - log pi``: the learner maximises f plus its causal entropy.

    The denominators of D and ``1 - D`` cancel. (The policy is half uniform, so that all logarithms are finite.)
    """
    pi = _full(learner, mdp.n_actions)
    yes, no = _discriminator(mdp, pi, f)
    d = mdp.occupancy(pi)
    return equal(
        sum_over_pairs(mdp, d * (yes - no)), sum_over_pairs(mdp, d * f) + (1 - gamma(mdp)) * causal_entropy(mdp, pi)
    )


@reward_is_the_logit.false_variant("the reward log D", counterexample=_uniform_learner)
def reward_log(mdp: DiscountedMDP, learner: Policy, f: SignedReward) -> Any:
    pi = _full(learner, mdp.n_actions)
    d, entropy = mdp.occupancy(pi), (1 - gamma(mdp)) * causal_entropy(mdp, pi)
    return equal(sum_over_pairs(mdp, d * _discriminator(mdp, pi, f)[0]), sum_over_pairs(mdp, d * f) + entropy)


@reward_is_the_logit.false_variant(
    "the reward -log(1 - D)", counterexample=lambda: (*_uniform_learner()[:2], ar.asarray([[1, 0]]))
)
def reward_minus_log(mdp: DiscountedMDP, learner: Policy, f: SignedReward) -> Any:
    pi = _full(learner, mdp.n_actions)
    d, entropy = mdp.occupancy(pi), (1 - gamma(mdp)) * causal_entropy(mdp, pi)
    return equal(sum_over_pairs(mdp, d * -_discriminator(mdp, pi, f)[1]), sum_over_pairs(mdp, d * f) + entropy)


def _chosen() -> tuple[Any, ...]:
    return (free_choice().with_rewards([[1, 1], [0, 0]]),)


@claim(
    id="airl-2018-discriminator.at-the-expert",
    source=airl(SECTION),
    statement=r"\pi = \pi_E \;\Rightarrow\; f^*(s,a) = \log \pi_E(a|s) = A^*(s,a) = "
    r"r(s,a) + \gamma \mathbb{E}_{s'} V^*(s') - V^*(s)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_chosen(), 0, 0, note="an equality"),
    largest=SMALL,
)
def optimum_is_the_advantage(mdp: DiscountedMDP) -> Any:
    """At the expert, soft-optimal for r, the best f is the soft advantage: r, shaped by the soft value.

    ``f* = log pi_E`` where the occupancies agree, and ``log pi_E = Q - V`` with ``Q = r + gamma E V``. So ``g = r``
    and ``h = V`` are a solution. The statement's last two sides are compared, by the sum of their absolute differences.
    """
    soft = mdp.soft_optimal(1)
    return equal(l1_norm(ar.log(soft.policy) - shaped(mdp, soft.v).rewards(), axes=2), 0)


@optimum_is_the_advantage.false_variant("h = -V", counterexample=_chosen)
def advantage_with_minus_v(mdp: DiscountedMDP) -> Any:
    soft = mdp.soft_optimal(1)
    return equal(l1_norm(ar.log(soft.policy) - shaped(mdp, -soft.v).rewards(), axes=2), 0)


@optimum_is_the_advantage.false_variant("the reward itself", counterexample=_chosen)
def optimum_is_the_reward(mdp: DiscountedMDP) -> Any:
    return equal(l1_norm(log_policy(mdp) - mdp.rewards(), axes=2), 0)


@claim(
    id="airl-2018-discriminator.recovery",
    source=airl(SECTION),
    statement=r"\dim \{ (g, h) : g(s) + \gamma \mathbb{E}_{s'} h(s') - h(s) = 0 \;\forall s, a \} = "
    r"\dim \{ r' : S \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \}",
    status=DERIVED_HERE,
    tight=lambda: Tight((free_choice(),), 1, 1, note="h = c, g = (1 - gamma) c"),
    largest=SMALL,
)
def parts_are_determined(mdp: DiscountedMDP) -> Any:
    """The parts of ``f = g(s) + gamma h(s') - h(s)`` are determined as well as behaviour determines rewards of states.

    The difference of two solutions has ``gamma E h(s') = h(s) - g(s)`` for all actions: h is free in the null space
    of the ``gamma (P_a - P_{a_0})``, and gives g. One solution is ``g = r``, ``h = V``; in a decomposable deterministic
    model the dimension is 1, so that all are r and V up to constants, as in the paper.
    """
    return equal(shaping_ambiguity(mdp), state_reward_ambiguity(mdp))


@parts_are_determined.false_variant("up to constants in any model", counterexample=lambda: (two_cycle(),))
def parts_up_to_constants(mdp: DiscountedMDP) -> Any:
    return equal(shaping_ambiguity(mdp), 1)


@parts_are_determined.false_variant("exactly", counterexample=lambda: (free_choice(),))
def parts_exactly(mdp: DiscountedMDP) -> Any:
    return equal(shaping_ambiguity(mdp), state_reward_ambiguity(mdp) - 1)
