"""Foundations: from distances of policies to distances of occupancies, and from these to values.

The chain rule of the relative entropy; Achiam, Held, Tamar and Abbeel (ICML 2017) and Xu, Li and Yu
(NeurIPS 2020) for the propagation of discrepancies with a discount.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import COVERED, UNIT_REWARDS
from iltheory.claims.claim import FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy, SignedReward
from iltheory.claims.occupancy import HALF, TENTH, bandit, with_steps
from iltheory.measures import (
    gamma,
    gap,
    kl_divergence,
    l1_norm,
    largest,
    occupancy_tv,
    policy_kl,
    policy_tv,
    separating_reward,
    state_occupancy_tv,
    step_errors,
    total,
    trajectory_kl,
    trajectory_law,
    trajectory_tv,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, absolute, equal

COVER_THOMAS = Paper("Cover and Thomas", 2006, "Elements of Information Theory", "Theorem 2.5.3")
ACHIAM = Paper("Achiam, Held, Tamar and Abbeel", 2017, "Constrained policy optimization", "Lemma 3", "1705.10528")
XU = Paper("Xu, Li and Yu", 2020, "Error bounds of imitating policies and environments", arxiv="2010.11876")
SYED_SCHAPIRE = Paper("Syed and Schapire", 2010, "A reduction from apprenticeship learning to classification")
PUTERMAN = Paper("Puterman", 1994, "Markov Decision Processes", "Section 6.9")
TRAJECTORIES = Sizes(n_states=3, n_actions=2, horizon=4, strict=True)
"""For formulas that enumerate trajectories."""


def first_error(**end: Any) -> tuple[Any, ...]:
    """All the error is at the first step, 1/10 in the mean; the states after it tell whether it was made."""
    return with_steps(families.first_step_error(error=TENTH, **end))


# Laws of trajectories.


def two_moods(**end: Any) -> tuple[Any, ...]:
    """Stay in state 0 or leave it for good: the first policy stays with probability 9/10, the other 1/2."""
    mdp = families.one_way(mixing=HALF, **end).mdp
    pi = ar.asarray([[1 - TENTH, TENTH], [HALF, HALF]])
    return with_steps((mdp, pi, pi[::-1, ::-1]))


def _two_moods_tight() -> Tight:
    five, nine = (ar.log(ar.convert(n, "ball", bits=512)) for n in (5, 9))
    at_0, at_1 = TENTH * (9 * (nine - five) - five), five - nine / 2
    side = Fraction(271, 100) * at_0 + Fraction(29, 100) * at_1
    return Tight(two_moods(horizon=3), side, side, note="2.71 and 0.29 expected visits to the two states")


@claim(
    id="traj-chain-rules",
    source=COVER_THOMAS,
    statement=r"\mathrm{KL}(P^\pi \,\|\, P^{\pi'}) = \sum_{h=1}^H \mathbb{E}_{s\sim d_h^\pi} "
    r"\mathrm{KL}(\pi_h(\cdot|s) \,\|\, \pi'_h(\cdot|s))",
    status=FROM_MEMORY,
    assumptions=[COVERED],
    tight=_two_moods_tight,
    largest=TRAJECTORIES,
)
def trajectory_chain_rule(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """The divergence of the laws of trajectories is the expected sum of those of the action laws.

    The logarithm of the ratio of two products is a sum, and the transitions cancel. The left side here
    enumerates the trajectories.
    """
    return equal(_enumerated_kl(mdp, pi, other), trajectory_kl(mdp, pi, other))


def _enumerated_kl(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    return ar.wrap(kl_divergence(trajectory_law(mdp, pi), trajectory_law(mdp, other)))


@trajectory_chain_rule.false_variant("along the other policy", counterexample=lambda: two_moods(horizon=3))
def trajectory_chain_rule_along_other(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    kl = ar.sum(mdp.state_occupancy(other) * kl_divergence(pi, other), (-2, -1))
    return equal(_enumerated_kl(mdp, pi, other), kl)


@trajectory_chain_rule.false_variant("mean over steps", counterexample=lambda: two_moods(horizon=3))
def trajectory_chain_rule_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return equal(_enumerated_kl(mdp, pi, other), policy_kl(mdp, pi, other))


@trajectory_chain_rule.false_variant("divergence the wrong way round", counterexample=lambda: two_moods(horizon=3))
def trajectory_chain_rule_reversed(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return equal(_enumerated_kl(mdp, pi, other), trajectory_kl(mdp, other, pi))


@claim(
    id="traj-chain-rules.tv",
    source=SYED_SCHAPIRE,
    statement=r"\mathrm{TV}(P^\pi, P^{\pi'}) \le \sum_{h=1}^H \mathbb{E}_{s\sim d_h^\pi} "
    r"\mathrm{TV}(\pi_h(\cdot|s), \pi'_h(\cdot|s))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(horizon=3), Fraction(3, 10), Fraction(3, 10), note="one error at most"),
    largest=TRAJECTORIES,
    sampled=True,
)
def trajectory_subadditive(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """The distance of the laws of trajectories is at most the expected sum of those of the action laws.

    Change the policy one step at a time, the last step first; each change counts where pi goes.
    """
    return trajectory_tv(mdp, pi, other) <= total(mdp, policy_tv(mdp, pi, other))


@trajectory_subadditive.false_variant("mean over steps", counterexample=lambda: first_error(horizon=2))
def trajectory_subadditive_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return trajectory_tv(mdp, pi, other) <= policy_tv(mdp, pi, other)


@trajectory_subadditive.false_variant("one step fewer", counterexample=lambda: bandit(horizon=1))
def trajectory_subadditive_fewer(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return trajectory_tv(mdp, pi, other) <= l1_norm(_errors(mdp, pi, other)[..., 1:], axes=1)


def _errors(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Numbers:
    """Expected distance of the action laws at each step, along the first policy."""
    return step_errors(mdp, pi, other, mdp.state_occupancy(pi))


@claim(
    id="traj-chain-rules.states",
    source=SYED_SCHAPIRE,
    statement=r"\mathrm{TV}(d_H^\pi(s), d_H^{\pi'}(s)) \le \sum_{h<H} \mathbb{E}_{s\sim d_h^\pi} "
    r"\mathrm{TV}(\pi_h(\cdot|s), \pi'_h(\cdot|s))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(horizon=3), Fraction(3, 10), Fraction(3, 10), note="one error at most"),
)
def state_marginals(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Laws of the state differ by at most the errors before it.

    The state is a function of the trajectory up to it. Stated at the last step: every step is the last of
    some horizon.
    """
    distance = l1_norm((mdp.state_occupancy(pi) - mdp.state_occupancy(other))[..., -1, :], axes=1) / 2
    return distance <= l1_norm(_errors(mdp, pi, other)[..., :-1], axes=1)


@state_marginals.false_variant("off by one step", counterexample=lambda: first_error(horizon=2))
def state_marginals_off_by_one(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    distance = l1_norm((mdp.state_occupancy(pi) - mdp.state_occupancy(other))[..., -1, :], axes=1) / 2
    return distance <= l1_norm(_errors(mdp, pi, other)[..., :-2], axes=1)


@state_marginals.false_variant("the l1 norm", counterexample=lambda: first_error(horizon=2))
def state_marginals_l1(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    distance = l1_norm((mdp.state_occupancy(pi) - mdp.state_occupancy(other))[..., -1, :], axes=1)
    return distance <= l1_norm(_errors(mdp, pi, other)[..., :-1], axes=1)


@claim(
    id="traj-chain-rules.pairs",
    source=SYED_SCHAPIRE,
    statement=r"\mathrm{TV}(d_H^\pi(s,a), d_H^{\pi'}(s,a)) \le \sum_{h \le H} \mathbb{E}_{s\sim d_h^\pi} "
    r"\mathrm{TV}(\pi_h(\cdot|s), \pi'_h(\cdot|s))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(horizon=3), Fraction(3, 10), Fraction(3, 10), note="one error at most"),
)
def pair_marginals(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Laws of the state and action differ by at most the errors up to them.

    The pair is a function of the trajectory up to it. Stated at the last step: every step is the last of
    some horizon.
    """
    return _last_pairs(mdp, pi, other) <= l1_norm(_errors(mdp, pi, other), axes=1)


def _last_pairs(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    return l1_norm((mdp.occupancy(pi) - mdp.occupancy(other))[..., -1, :, :], axes=2) / 2


@pair_marginals.false_variant("errors of earlier steps only", counterexample=lambda: bandit(horizon=1))
def pair_marginals_off_by_one(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return _last_pairs(mdp, pi, other) <= l1_norm(_errors(mdp, pi, other)[..., :-1], axes=1)


@pair_marginals.false_variant("mean over steps", counterexample=lambda: first_error(horizon=2))
def pair_marginals_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return _last_pairs(mdp, pi, other) <= policy_tv(mdp, pi, other)


# Discounted occupancies.


@claim(
    id="occ-l1-from-policy",
    source=ACHIAM,
    statement=r"\mathrm{TV}(d^\pi(s), d^{\pi'}(s)) \le \frac{\gamma}{1-\gamma} \mathbb{E}_{s\sim d^\pi} "
    r"\mathrm{TV}(\pi(\cdot|s), \pi'(\cdot|s))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(discount=HALF), TENTH, TENTH, note="one error at most"),
)
def states_from_policies(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """An error shifts the states of all later steps.

    ``d_pi - d_pi' = gamma (I - gamma P_pi'^T)^{-1} (P_pi - P_pi')^T d_pi`` and the inverse has l1 norm
    ``1/(1-gamma)``. By symmetry the expectation may be under either occupancy.
    """
    return state_occupancy_tv(mdp, pi, other) <= gamma(mdp) * total(mdp, policy_tv(mdp, pi, other))


@states_from_policies.false_variant("one more discount", counterexample=lambda: first_error(discount=HALF))
def states_from_policies_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_tv(mdp, pi, other) <= gamma(mdp) ** 2 * total(mdp, policy_tv(mdp, pi, other))


@states_from_policies.false_variant("without the horizon", counterexample=lambda: first_error(discount=HALF))
def states_from_policies_normalised(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return state_occupancy_tv(mdp, pi, other) <= gamma(mdp) * policy_tv(mdp, pi, other)


@claim(
    id="occ-l1-from-policy.pairs",
    source=XU,
    statement=r"\mathrm{TV}(d^\pi(s,a), d^{\pi'}(s,a)) \le \frac{1}{1-\gamma} \mathbb{E}_{s\sim d^\pi} "
    r"\mathrm{TV}(\pi(\cdot|s), \pi'(\cdot|s))",
    status=FROM_MEMORY,
    tight=lambda: Tight(first_error(discount=HALF), Fraction(1, 5), Fraction(1, 5), note="one error at most"),
)
def pairs_from_policies(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """An error shifts its own action and the states of all later steps.

    To the bound for states add ``E_{d^pi} TV(pi, pi')``: ``gamma / (1-gamma) + 1 = 1 / (1-gamma)``.
    """
    return occupancy_tv(mdp, pi, other) <= total(mdp, policy_tv(mdp, pi, other))


@pairs_from_policies.false_variant("the factor of the states", counterexample=lambda: first_error(discount=HALF))
def pairs_from_policies_discounted(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_tv(mdp, pi, other) <= gamma(mdp) * total(mdp, policy_tv(mdp, pi, other))


@pairs_from_policies.false_variant("without the horizon", counterexample=lambda: first_error(discount=HALF))
def pairs_from_policies_normalised(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return occupancy_tv(mdp, pi, other) <= policy_tv(mdp, pi, other)


# Values.


def _falling(**end: Any) -> tuple[Any, ...]:
    """On the cliff; the reward is 1 exactly where the expert's occupancy is the larger one."""
    return with_steps(families.cliff(error=TENTH, **end))


@claim(
    id="j-gap-from-occ",
    source=PUTERMAN,
    statement=r"|J(\pi) - J(\pi')| \le \frac{1}{1-\gamma} \mathrm{TV}(d^\pi, d^{\pi'})",
    status=FROM_MEMORY,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(_falling(discount=HALF), Fraction(4, 11), Fraction(4, 11), note="r = 1{d > d'}"),
)
def gap_from_occupancy(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """Policies with close occupancies have close values.

    ``J = <d, r> / (1 - gamma)``, and ``<d - d', r> <= sum max(d - d', 0) = TV(d, d')`` for r in [0, 1].
    """
    return absolute(gap(mdp, pi, other)) <= total(mdp, occupancy_tv(mdp, pi, other))


@gap_from_occupancy.false_variant("half of it", counterexample=lambda: _falling(discount=HALF))
def gap_from_occupancy_half(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return absolute(gap(mdp, pi, other)) <= total(mdp, occupancy_tv(mdp, pi, other)) / 2


@gap_from_occupancy.false_variant("without the horizon", counterexample=lambda: _falling(discount=HALF))
def gap_from_occupancy_normalised(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return absolute(gap(mdp, pi, other)) <= occupancy_tv(mdp, pi, other)


@gap_from_occupancy.false_variant("states only", counterexample=lambda: bandit(discount=HALF))
def gap_from_state_occupancy(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return absolute(gap(mdp, pi, other)) <= total(mdp, state_occupancy_tv(mdp, pi, other))


@claim(
    id="j-gap-from-occ.finite",
    source=PUTERMAN,
    statement=r"|J(\pi) - J(\pi')| \le \sum_{h=1}^H \mathrm{TV}(d_h^\pi, d_h^{\pi'})",
    status=FROM_MEMORY,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(_falling(horizon=3), Fraction(561, 1000), Fraction(561, 1000), note="r_h = 1{d_h > d'_h}"),
)
def gap_from_occupancy_finite(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """Policies with close occupancies have close values.

    As with a discount, at each step.
    """
    return absolute(gap(mdp, pi, other)) <= total(mdp, occupancy_tv(mdp, pi, other))


@gap_from_occupancy_finite.false_variant("half of it", counterexample=lambda: _falling(horizon=1))
def gap_from_occupancy_finite_half(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return absolute(gap(mdp, pi, other)) <= total(mdp, occupancy_tv(mdp, pi, other)) / 2


@gap_from_occupancy_finite.false_variant("mean over steps", counterexample=lambda: _falling(horizon=2))
def gap_from_occupancy_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return absolute(gap(mdp, pi, other)) <= occupancy_tv(mdp, pi, other)


def _signed(low: int, high: int) -> tuple[Any, ...]:
    """On the cliff, with one reward for keeping to the path and another for everything else."""
    mdp, expert, learner = _falling(discount=HALF)
    return mdp, expert, learner, ar.asarray([[high, low], [low, low]])


@claim(
    id="j-gap-from-occ.signed",
    source=PUTERMAN,
    statement=r"|J(\pi) - J(\pi')| \le \frac{R}{1-\gamma} \| d^\pi - d^{\pi'} \|_1, \quad R = \max_{s,a} "
    r"|r(s,a)|",
    status=FROM_MEMORY,
    tight=lambda: Tight(_signed(-1, 1), Fraction(8, 11), Fraction(8, 11), note="r = R sign(d - d')"),
)
def gap_from_occupancy_signed(mdp: DiscountedMDP, pi: Policy, other: Policy, reward: SignedReward) -> Any:
    """With rewards of either sign the distance counts twice.

    Hoelder: ``|<d - d', r>| <= max|r| ||d - d'||_1``.
    """
    size = largest(mdp, ar.amax(absolute(reward), -1))
    return _signed_gap(mdp, pi, other, reward) <= 2 * size * total(mdp, occupancy_tv(mdp, pi, other))


def _signed_gap(mdp: TabularMDP, pi: Numbers, other: Numbers, reward: Numbers) -> Any:
    return absolute(gap(mdp.with_rewards(reward), pi, other))


@gap_from_occupancy_signed.false_variant("total variation", counterexample=lambda: _signed(-1, 1))
def gap_from_occupancy_signed_tv(mdp: DiscountedMDP, pi: Policy, other: Policy, reward: SignedReward) -> Any:
    size = largest(mdp, ar.amax(absolute(reward), -1))
    return _signed_gap(mdp, pi, other, reward) <= size * total(mdp, occupancy_tv(mdp, pi, other))


@gap_from_occupancy_signed.false_variant("the largest reward, not its size", counterexample=lambda: _signed(-1, 0))
def gap_from_occupancy_signed_largest(mdp: DiscountedMDP, pi: Policy, other: Policy, reward: SignedReward) -> Any:
    size = largest(mdp, ar.amax(reward, -1))
    return _signed_gap(mdp, pi, other, reward) <= 2 * size * total(mdp, occupancy_tv(mdp, pi, other))


@claim(
    id="j-gap-from-occ.sharp",
    source=PUTERMAN,
    statement=r"\sup_{r \in [0,1]} J(\pi) - J(\pi') = \frac{1}{1-\gamma} \mathrm{TV}(d^\pi, d^{\pi'}), \quad "
    r"r = 1\{ d^\pi > d^{\pi'} \}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_falling(discount=HALF), Fraction(4, 11), Fraction(4, 11), note="an equality"),
)
def gap_attained(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    """The reward 1{d > d'} attains the bound.

    ``<d - d', r> = sum max(d - d', 0)``, and the positive part has the mass of the negative one.
    """
    return equal(_best_gap(mdp, pi, other), total(mdp, occupancy_tv(mdp, pi, other)))


def _best_gap(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    return gap(mdp.with_rewards(separating_reward(mdp, pi, other)), pi, other)


def _worse() -> tuple[Any, ...]:
    """One state; the first policy errs."""
    mdp, expert, learner = bandit(discount=HALF)
    return mdp, learner, expert


@gap_attained.false_variant("the model's own reward", counterexample=_worse)
def gap_attained_by_any(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return equal(gap(mdp, pi, other), total(mdp, occupancy_tv(mdp, pi, other)))


@gap_attained.false_variant("the l1 norm", counterexample=lambda: _falling(discount=HALF))
def gap_attained_l1(mdp: DiscountedMDP, pi: Policy, other: Policy) -> Any:
    return equal(_best_gap(mdp, pi, other), 2 * total(mdp, occupancy_tv(mdp, pi, other)))


@claim(
    id="j-gap-from-occ.sharp-finite",
    source=PUTERMAN,
    statement=r"\sup_{r_h \in [0,1]} J(\pi) - J(\pi') = \sum_{h=1}^H \mathrm{TV}(d_h^\pi, d_h^{\pi'}), \quad "
    r"r_h = 1\{ d_h^\pi > d_h^{\pi'} \}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_falling(horizon=3), Fraction(561, 1000), Fraction(561, 1000), note="an equality"),
)
def gap_attained_finite(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    """A reward that varies with the step attains the bound.

    As with a discount, at each step.
    """
    return equal(_best_gap(mdp, pi, other), total(mdp, occupancy_tv(mdp, pi, other)))


@gap_attained_finite.false_variant("one reward for all steps", counterexample=lambda: _alternating())
def gap_attained_stationary(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    mean = ar.sum(mdp.occupancy(pi) - mdp.occupancy(other), -3)
    best = l1_norm(mean, axes=2) / 2
    return equal(best, total(mdp, occupancy_tv(mdp, pi, other)))


def _alternating() -> tuple[Any, ...]:
    """One state, two steps: first the one action, then the other, against the same the other way round."""
    mdp = families.loop(error=TENTH, horizon=2).mdp
    return mdp, ar.asarray([[[1, 0]], [[0, 1]]]), ar.asarray([[[0, 1]], [[1, 0]]])


@gap_attained_finite.false_variant("mean over steps", counterexample=lambda: _falling(horizon=2))
def gap_attained_mean(mdp: FiniteHorizonMDP, pi: Policy, other: Policy) -> Any:
    return equal(_best_gap(mdp, pi, other), occupancy_tv(mdp, pi, other))
