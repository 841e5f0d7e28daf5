"""Garg et al. 2021, section 3: inverse soft Bellman operators and the duality behind IQ-Learn.

Where a statement holds for a class of ``phi`` it is about one of them: ``phi(x) = -exp(-x - 1)``, whose divergence is
``KL(rho || rho_E)``, or ``phi(x) = x - x^2 / 4``, whose divergence is chi-squared. ``H(pi) = E_rho[-log pi]``, and
occupancies are normalised.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Paper, Sizes, Tight, claim
from iltheory.claims.kinds import ActionValues, DiscountedMDP, FiniteHorizonMDP, Policy
from iltheory.claims.occupancy import HALF
from iltheory.measures import (
    CHI2,
    causal_entropy,
    expected_next,
    expected_utility,
    gamma,
    inverse_soft_bellman,
    inverse_soft_dual,
    inverse_soft_objective,
    inverse_soft_optimality,
    largest,
    mean_over_pairs,
    per_step,
    soft_best_v,
    soft_optimal_q,
    soft_q,
    sum_over_pairs,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, absolute, equal

SMALL = Sizes(n_states=4, n_actions=3, horizon=5, strict=True)
"""Of equalities with logarithms, which take 512 bits."""


def garg(theorem: str) -> Paper:
    """A statement of the paper."""
    title = "IQ-Learn: Inverse soft-Q learning for imitation"
    return Paper("Garg, Chakraborty, Cundy, Song and Ermon", 2021, title, theorem, arxiv="2106.12142")


def one_state(*laws: Any, discount: Any = HALF, q: Any = (0, 0)) -> tuple[Any, ...]:
    """One state with as many actions as q, policies, and action values."""
    mdp = TabularMDP([[[1]] * len(q)], [[0] * len(q)], [1], discount=discount)
    return mdp, *(ar.asarray([law]) for law in laws), ar.asarray([list(q)])


def one_step(*laws: Any, q: Any = (0, 0)) -> tuple[Any, ...]:
    """The same, once: a single decision."""
    mdp, *policies, values = one_state(*laws, q=q)
    return mdp.with_end(horizon=1), *(pi[None] for pi in policies), values[None]


def ball(x: Any) -> Any:
    """A rational as a ball of 512 bits."""
    return ar.convert(x, "ball", bits=512)


def entropy_per_step(mdp: TabularMDP, pi: Any) -> Numbers:
    """``H(pi) = E_rho[-log pi]`` under the normalised occupancy."""
    return per_step(mdp, causal_entropy(mdp, pi))


def payoff(mdp: TabularMDP, expert: Any, pi: Any, r: Numbers) -> Any:
    """``L(pi, r) = E_e phi(r) - E_rho r - H(pi)`` for chi-squared: what the inverse-RL game pays for a reward."""
    learned = mean_over_pairs(mdp, mdp.occupancy(pi), r) + entropy_per_step(mdp, pi)
    return expected_utility(mdp, mdp.occupancy(expert), r, CHI2.utility) - learned


# Lemma 3.1.


def _apart(mdp: TabularMDP, first: Numbers, second: Numbers) -> Any:
    return sum_over_pairs(mdp, absolute(first - second))


EVEN, ALWAYS = (HALF, HALF), (1, 0)


@claim(
    id="iq-lemma-3-1",
    source=garg("Lemma 3.1"),
    statement=r"\| (\mathcal{T}^\pi)^{-1} \mathcal{T}^\pi Q - Q \|_1 = 0, \quad (\mathcal{T}^\pi Q)(s,a) = Q(s,a) - "
    r"\gamma \mathbb{E}_{s'} V^\pi(s'), \; V^\pi(s) = \mathbb{E}_{a\sim\pi}[Q(s,a) - \log \pi(a|s)]",
    status=AS_PUBLISHED,
    tight=lambda: Tight(one_state(EVEN, q=(1, 0)), lhs=0, rhs=0, note="an equality"),
    largest=SMALL,
)
def bijection(mdp: DiscountedMDP, pi: Policy, q: ActionValues) -> Any:
    """Rewards and soft action values of a policy determine each other.

    ``Q = r + gamma P (<pi, Q> + H(pi))`` is linear in Q with the matrix ``I - gamma P_pi``, which is invertible: its
    unique solution, policy evaluation with the entropies as further rewards, is ``(T^pi)^{-1} r``.
    """
    return equal(_apart(mdp, soft_q(mdp, pi, inverse_soft_bellman(mdp, pi, q)), q), 0)


@bijection.false_variant("without the entropies", counterexample=lambda: one_state(EVEN, q=(1, 0)))
def bijection_hard(mdp: DiscountedMDP, pi: Policy, q: ActionValues) -> Any:
    return equal(_apart(mdp, mdp.with_rewards(inverse_soft_bellman(mdp, pi, q)).q(pi), q), 0)


@bijection.false_variant("optimal values of the reward", counterexample=lambda: one_state(EVEN, q=(1, 0)))
def bijection_optimal(mdp: DiscountedMDP, pi: Policy, q: ActionValues) -> Any:
    return equal(_apart(mdp, soft_optimal_q(mdp, inverse_soft_bellman(mdp, pi, q)), q), 0)


@claim(
    id="iq-lemma-3-1.reward",
    source=garg("Lemma 3.1"),
    statement=r"\| \mathcal{T}^\pi (\mathcal{T}^\pi)^{-1} r - r \|_1 = 0",
    status=AS_PUBLISHED,
    tight=lambda: Tight(one_state(EVEN, q=(1, 0)), lhs=0, rhs=0, note="an equality"),
    largest=SMALL,
)
def onto(mdp: DiscountedMDP, pi: Policy, r: ActionValues) -> Any:
    """Every reward is that of some action values.

    Subtracting ``gamma P V^pi`` undoes the last step of policy evaluation.
    """
    return equal(_apart(mdp, inverse_soft_bellman(mdp, pi, soft_q(mdp, pi, r)), r), 0)


@onto.false_variant("of the softmax policy", counterexample=lambda: one_state(EVEN, q=(1, 0)))
def onto_softmax(mdp: DiscountedMDP, pi: Policy, r: ActionValues) -> Any:
    return equal(_apart(mdp, inverse_soft_optimality(mdp, soft_q(mdp, pi, r)), r), 0)


@onto.false_variant("without the entropies", counterexample=lambda: one_state(EVEN, q=(1, 0)))
def onto_hard(mdp: DiscountedMDP, pi: Policy, r: ActionValues) -> Any:
    return equal(_apart(mdp, inverse_soft_bellman(mdp, pi, mdp.with_rewards(r).q(pi)), r), 0)


@claim(
    id="iq-lemma-3-1.optimality",
    source=garg("Lemma 3.1"),
    statement=r"\| (\mathcal{T}^*)^{-1} \mathcal{T}^* Q - Q \|_1 = 0, \quad (\mathcal{T}^* Q)(s,a) = Q(s,a) - "
    r"\gamma \mathbb{E}_{s'} \log \sum_{a'} e^{Q(s',a')}",
    status=DERIVED_HERE,
    tight=lambda: Tight(one_state(q=(1, 0)), lhs=0, rhs=0, note="an equality"),
    largest=SMALL,
)
def optimality_bijection(mdp: DiscountedMDP, q: ActionValues) -> Any:
    """Rewards and optimal soft action values determine each other.

    ``Q -> r + gamma P V*`` is a contraction, for logsumexp is 1-Lipschitz: its fixed point is unique.
    """
    return equal(_apart(mdp, soft_optimal_q(mdp, inverse_soft_optimality(mdp, q)), q), 0)


@optimality_bijection.false_variant("of a hard maximum", counterexample=lambda: one_state(q=(1, 0)))
def optimality_hard(mdp: DiscountedMDP, q: ActionValues) -> Any:
    hard = q - expected_next(mdp, ar.amax(q, -1))
    return equal(_apart(mdp, soft_optimal_q(mdp, hard), q), 0)


@optimality_bijection.false_variant("undiscounted", counterexample=lambda: one_state(q=(1, 0)))
def optimality_undiscounted(mdp: DiscountedMDP, q: ActionValues) -> Any:
    return equal(_apart(mdp, soft_optimal_q(mdp, q - mdp.transitions.expect(soft_best_v(mdp, q))), q), 0)


@claim(
    id="iq-lemma-3-1.finite",
    source=garg("Lemma 3.1"),
    statement=r"\sum_{h=1}^H \| ((\mathcal{T}^\pi)^{-1} \mathcal{T}^\pi Q)_h - Q_h \|_1 = 0, \quad "
    r"(\mathcal{T}^\pi Q)_h = Q_h - P_h V_{h+1}^\pi, \; V_{H+1} = 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(one_step(EVEN, q=(1, 0)), lhs=0, rhs=0, note="an equality"),
    largest=SMALL,
)
def finite_bijection(mdp: FiniteHorizonMDP, pi: Policy, q: ActionValues) -> Any:
    """The same with a horizon, where no step needs more than the one after it.

    Backward induction.
    """
    return equal(_apart(mdp, soft_q(mdp, pi, inverse_soft_bellman(mdp, pi, q)), q), 0)


def _two_steps() -> tuple[Any, ...]:
    mdp, *policies, q = one_state(EVEN, q=(1, 0))
    return mdp.with_end(horizon=2), *(ar.stack([pi, pi]) for pi in policies), ar.stack([q, q])


@finite_bijection.false_variant("without the entropies", counterexample=_two_steps)
def finite_hard(mdp: FiniteHorizonMDP, pi: Policy, q: ActionValues) -> Any:
    return equal(_apart(mdp, mdp.with_rewards(inverse_soft_bellman(mdp, pi, q)).q(pi), q), 0)


@finite_bijection.false_variant("optimal values of the reward", counterexample=_two_steps)
def finite_optimal(mdp: FiniteHorizonMDP, pi: Policy, q: ActionValues) -> Any:
    return equal(_apart(mdp, soft_optimal_q(mdp, inverse_soft_bellman(mdp, pi, q)), q), 0)


def _shifted() -> tuple[Any, ...]:
    mdp, q = one_state(q=(1, 0))
    return mdp, q, q + 3


@claim(
    id="iq-lemma-3-1.contraction",
    source=garg("Lemma 3.1"),
    statement=r"\| \gamma P (V^*_1 - V^*_2) \|_\infty \le \gamma \| Q_1 - Q_2 \|_\infty, \quad "
    r"V^*_i(s) = \log \sum_a e^{Q_i(s,a)}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_shifted(), lhs=Fraction(3, 2), rhs=Fraction(3, 2), note="a constant shift of Q"),
)
def contraction(mdp: DiscountedMDP, first: ActionValues, second: ActionValues) -> Any:
    """The soft Bellman optimality operator contracts: soft Q-iteration finds the values of any reward.

    The gradient of logsumexp is a law, so ``|V*_1 - V*_2|(s) <= max_a |Q_1 - Q_2|(s, a)``.
    """
    moved = expected_next(mdp, soft_best_v(mdp, first) - soft_best_v(mdp, second))
    return _sup(mdp, moved) <= gamma(mdp) * _sup(mdp, first - second)


def _sup(mdp: TabularMDP, x: Numbers) -> Any:
    return ar.wrap(largest(mdp, ar.amax(absolute(x), -1)))


@contraction.false_variant("by the square of the discount", counterexample=_shifted)
def contraction_squared(mdp: DiscountedMDP, first: ActionValues, second: ActionValues) -> Any:
    moved = expected_next(mdp, soft_best_v(mdp, first) - soft_best_v(mdp, second))
    return _sup(mdp, moved) <= gamma(mdp) ** 2 * _sup(mdp, first - second)


@contraction.false_variant("without the discount in the operator", counterexample=_shifted)
def contraction_undiscounted(mdp: DiscountedMDP, first: ActionValues, second: ActionValues) -> Any:
    moved = mdp.transitions.expect(soft_best_v(mdp, first) - soft_best_v(mdp, second))
    return _sup(mdp, moved) <= gamma(mdp) * _sup(mdp, first - second)


# Lemma 3.2.


def _change_tight() -> Tight:
    side = -Fraction(1, 16) * ar.log(ball(2)) ** 2 - ar.log(ball(2))
    return Tight(one_state(EVEN, EVEN), side, side, note="r = -log(2) / 2 everywhere")


@claim(
    id="iq-lemma-3-2",
    source=garg("Lemma 3.2"),
    statement=r"\mathbb{E}_{\rho_E}[\phi(r)] - \mathbb{E}_\rho[r] - H(\pi) = \mathbb{E}_{\rho_E}[\phi(\mathcal{T}^\pi "
    r"Q)] - (1-\gamma) \mathbb{E}_{s\sim\mu} V^\pi(s), \quad r = \mathcal{T}^\pi Q, \; \phi(x) = x - x^2/4",
    status=AS_PUBLISHED,
    tight=_change_tight,
    largest=SMALL,
)
def change_of_variables(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """The inverse-RL game in terms of action values: ``L(pi, T^pi Q) = J(pi, Q)``.

    ``E_rho[r] + H(pi) = E_rho[V^pi - gamma E V^pi(s')] = (1 - gamma) E_mu V^pi``: telescoping.
    """
    return equal(payoff(mdp, expert, pi, inverse_soft_bellman(mdp, pi, q)), _objective(mdp, expert, pi, q))


def _objective(mdp: TabularMDP, expert: Any, pi: Any, q: Numbers) -> Any:
    return inverse_soft_objective(mdp, mdp.occupancy(expert), pi, q, CHI2.utility)


@change_of_variables.false_variant(
    "entropy with the other sign", counterexample=lambda: one_state(EVEN, EVEN, q=(1, 0))
)
def change_sign(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    paid = payoff(mdp, expert, pi, inverse_soft_bellman(mdp, pi, q)) + 2 * entropy_per_step(mdp, pi)
    return equal(paid, _objective(mdp, expert, pi, q))


@change_of_variables.false_variant("optimal values", counterexample=lambda: one_state(EVEN, (1, 0), q=(1, 0)))
def change_optimal(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    paid = payoff(mdp, expert, pi, inverse_soft_bellman(mdp, pi, q))
    return equal(paid, inverse_soft_dual(mdp, mdp.occupancy(expert), q, CHI2.utility))


def _once_tight() -> Tight:
    side = -ar.log(ball(2))
    return Tight(one_step(EVEN, EVEN), side, side, note="r = 0, and the entropy is log 2")


@claim(
    id="iq-lemma-3-2.finite",
    source=garg("Lemma 3.2"),
    statement=r"\frac1H \sum_{h=1}^H \left( \mathbb{E}_{d_h^{\pi_E}}[\phi(r_h)] - \mathbb{E}_{d_h^\pi}[r_h - "
    r"\log \pi_h] \right) = \frac1H \sum_{h=1}^H \mathbb{E}_{d_h^{\pi_E}}[\phi((\mathcal{T}^\pi Q)_h)] - "
    r"\frac1H \mathbb{E}_{s\sim\mu} V_1^\pi(s), \quad r = \mathcal{T}^\pi Q",
    status=DERIVED_HERE,
    tight=_once_tight,
    largest=SMALL,
)
def finite_change_of_variables(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """The same with a horizon.

    ``sum_h E_{d_h}[r_h - log pi_h] = sum_h E_{d_h}[V_h - V_{h+1}(s')] = E_mu V_1``: telescoping.
    """
    return equal(payoff(mdp, expert, pi, inverse_soft_bellman(mdp, pi, q)), _objective(mdp, expert, pi, q))


def _mixed_steps() -> tuple[Any, ...]:
    mdp, pi, q = _two_steps()
    return mdp, pi, ar.asarray([[[1, 0]], [[1, 0]]]), q


@finite_change_of_variables.false_variant("entropy with the other sign", counterexample=lambda: one_step(EVEN, EVEN))
def finite_change_sign(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    paid = payoff(mdp, expert, pi, inverse_soft_bellman(mdp, pi, q)) + 2 * entropy_per_step(mdp, pi)
    return equal(paid, _objective(mdp, expert, pi, q))


@finite_change_of_variables.false_variant("optimal values", counterexample=_mixed_steps)
def finite_change_optimal(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    paid = payoff(mdp, expert, pi, inverse_soft_bellman(mdp, pi, q))
    return equal(paid, inverse_soft_dual(mdp, mdp.occupancy(expert), q, CHI2.utility))


def _two_rewards() -> tuple[Any, ...]:
    mdp, expert, r = one_state((1, 0))
    return mdp, expert, expert, r, r + 2


@claim(
    id="iq-lemma-3-2.concave-in-rewards",
    source=garg("Section 3.1"),
    statement=r"L(\pi, \tfrac12 r_1 + \tfrac12 r_2) \ge \tfrac12 L(\pi, r_1) + \tfrac12 L(\pi, r_2)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_two_rewards(), lhs=-Fraction(1, 4), rhs=-HALF, note="phi(x) - x = -x^2 / 4 at 0, 1, 2"),
)
def concave_in_rewards(
    mdp: DiscountedMDP, expert: Policy, pi: Policy, first: ActionValues, second: ActionValues
) -> Any:
    """The inverse-RL game is concave in the reward: the paper's text says convex.

    ``E_e phi(r)`` is concave, the rest is linear in r.
    """
    between = payoff(mdp, expert, pi, (first + second) / 2)
    return between >= (payoff(mdp, expert, pi, first) + payoff(mdp, expert, pi, second)) / 2


@concave_in_rewards.false_variant("convex, as printed", counterexample=_two_rewards)
def convex_in_rewards(mdp: DiscountedMDP, expert: Policy, pi: Policy, first: ActionValues, second: ActionValues) -> Any:
    between = payoff(mdp, expert, pi, (first + second) / 2)
    return between <= (payoff(mdp, expert, pi, first) + payoff(mdp, expert, pi, second)) / 2


@concave_in_rewards.false_variant("linear", counterexample=_two_rewards)
def linear_in_rewards(mdp: DiscountedMDP, expert: Policy, pi: Policy, first: ActionValues, second: ActionValues) -> Any:
    between = payoff(mdp, expert, pi, (first + second) / 2)
    return equal(between, (payoff(mdp, expert, pi, first) + payoff(mdp, expert, pi, second)) / 2)


def _two_policies() -> tuple[Any, ...]:
    return one_state((1, 0), (1, 0), (0, 1))


@claim(
    id="iq-lemma-3-2.convex-in-occupancies",
    source=garg("Section 3.1"),
    statement=r"L(\tfrac12 \rho_1 + \tfrac12 \rho_2, r) \le \tfrac12 L(\rho_1, r) + \tfrac12 L(\rho_2, r)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_two_policies(), lhs=-ar.log(ball(2)), rhs=0, note="r = 0, the entropies of a coin"),
    largest=SMALL,
)
def convex_in_occupancies(mdp: DiscountedMDP, expert: Policy, pi: Policy, other: Policy, r: ActionValues) -> Any:
    """The inverse-RL game is convex in the occupancy: the paper's text says concave.

    ``-H`` is convex in the occupancy (log-sum inequality), the rest is linear.
    """
    return _halfway(mdp, expert, pi, other, r) <= _mean_payoff(mdp, expert, pi, other, r)


def _halfway(mdp: TabularMDP, expert: Any, pi: Any, other: Any, r: Numbers) -> Any:
    return payoff(mdp, expert, mdp.project((mdp.occupancy(pi) + mdp.occupancy(other)) / 2), r)


def _mean_payoff(mdp: TabularMDP, expert: Any, pi: Any, other: Any, r: Numbers) -> Any:
    return (payoff(mdp, expert, pi, r) + payoff(mdp, expert, other, r)) / 2


@convex_in_occupancies.false_variant("concave, as printed", counterexample=_two_policies)
def concave_in_occupancies(mdp: DiscountedMDP, expert: Policy, pi: Policy, other: Policy, r: ActionValues) -> Any:
    return _halfway(mdp, expert, pi, other, r) >= _mean_payoff(mdp, expert, pi, other, r)


@convex_in_occupancies.false_variant("linear", counterexample=_two_policies)
def linear_in_occupancies(mdp: DiscountedMDP, expert: Policy, pi: Policy, other: Policy, r: ActionValues) -> Any:
    return equal(_halfway(mdp, expert, pi, other, r), _mean_payoff(mdp, expert, pi, other, r))
