"""Garg et al. 2021, proposition 3.3: the saddle point of IQ-Learn and what bounds it from either side.

For ``phi(x) = -exp(-x - 1)``, whose divergence is ``KL(rho || rho_E)``, unless said otherwise. ``H(pi) = E_rho[-log
pi]``, ``T* Q = Q - gamma P V*`` and ``pi_Q = softmax(Q)``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import SHOWN
from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Sizes, Tight, claim
from iltheory.claims.garg_2021 import ALWAYS, EVEN, SMALL, ball, entropy_per_step, garg, one_state, one_step
from iltheory.claims.kinds import ActionValues, DiscountedMDP, FiniteHorizonMDP, Policy
from iltheory.claims.occupancy import HALF, TENTH
from iltheory.measures import (
    CHI2,
    REVERSE_KL,
    expectation,
    expected_utility,
    gamma,
    inverse_soft_dual,
    inverse_soft_optimality,
    kl_divergence,
    mean_over_pairs,
    occupancy_kl,
    soft_best_policy,
    sum_over_pairs,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def primal(mdp: TabularMDP, expert: Any, pi: Any) -> Any:
    """``KL(rho || rho_E) - H(pi)``: what the best reward makes of a policy."""
    return occupancy_kl(mdp, pi, expert) - entropy_per_step(mdp, pi)


def dual(mdp: TabularMDP, expert: Any, q: Numbers) -> Any:
    """``J*(Q)``: what the best policy makes of the reward ``T* Q``."""
    return inverse_soft_dual(mdp, mdp.occupancy(expert), q, REVERSE_KL.utility)


# The saddle point.


def _saddle(mdp: TabularMDP, q: Numbers) -> tuple[Any, Numbers, Numbers]:
    """The policy ``pi_Q``, the expert's law ``rho / phi'(r)`` and the values, Q plus a constant, of a saddle point."""
    pi, r = soft_best_policy(mdp, q), inverse_soft_optimality(mdp, q)
    weights = mdp.occupancy(pi) / REVERSE_KL.slope(r)
    mass = sum_over_pairs(mdp, weights)[..., None, None]
    values = q - ar.log(mass) / (1 - gamma(mdp))[..., None, None]  # shifts r by -log(mass), and e to mass 1
    return pi, weights / mass, values


def _saddle_tight() -> Tight:
    side = -ar.log(ball(2))
    return Tight(one_state(), side, side, note="the even coin is its own expert: -H")


@claim(
    id="iq-prop-3-3",
    source=garg("Proposition 3.3"),
    statement=r"\max_Q J^*(Q) = \min_\pi \left[ \mathrm{KL}(\rho_\pi \| \rho_E) - H(\pi) \right], \quad "
    r"\rho_{\pi_Q} = \rho_E\, \phi'(\mathcal{T}^* Q)",
    status=AS_PUBLISHED,
    tight=_saddle_tight,
    largest=SMALL,
)
def saddle(mdp: DiscountedMDP, q: ActionValues) -> Any:
    """The two orders of play have one value, at a policy that is the softmax of its own action values.

    Every Q, up to a constant, is the saddle point for the law ``rho_E = rho / phi'(r)``. There both bounds of
    iq-prop-3-3.weak are tight: r is the best reward against rho, and pi_Q the best response to r.
    """
    pi, law, values = _saddle(mdp, q)
    divergence = REVERSE_KL(mdp.occupancy(pi), law, axes=2) - entropy_per_step(mdp, pi)
    return equal(inverse_soft_dual(mdp, law, values, REVERSE_KL.utility), divergence)


@saddle.false_variant("without the entropy", counterexample=one_state)
def saddle_without_entropy(mdp: DiscountedMDP, q: ActionValues) -> Any:
    pi, law, values = _saddle(mdp, q)
    return equal(inverse_soft_dual(mdp, law, values, REVERSE_KL.utility), REVERSE_KL(mdp.occupancy(pi), law, axes=2))


@saddle.false_variant("the divergence the wrong way round", counterexample=lambda: one_state(q=(1, 0)))
def saddle_forward(mdp: DiscountedMDP, q: ActionValues) -> Any:
    pi, law, values = _saddle(mdp, q)
    divergence = REVERSE_KL(law, mdp.occupancy(pi), axes=2) - entropy_per_step(mdp, pi)
    return equal(inverse_soft_dual(mdp, law, values, REVERSE_KL.utility), divergence)


# Weak duality.

SKEWED = (Fraction(9, 10), TENTH)


def _balanced() -> Tight:
    side = -ar.log(ball(2))
    return Tight(one_step(EVEN, EVEN, q=(-1, -1)), side, side, note="r = -1, rho = rho_E")


def _weakly() -> Tight:
    return Tight(
        one_state(EVEN, EVEN, discount=0, q=(-1, -1)), -ar.log(ball(2)), -ar.log(ball(2)), note="r = -1, rho = rho_E"
    )


@claim(
    id="iq-prop-3-3.weak",
    source=garg("Proposition 3.3"),
    statement=r"J^*(Q) \le \mathrm{KL}(\rho_\pi \| \rho_E) - H(\pi) \quad \forall Q, \pi",
    status=AS_PUBLISHED,
    tight=_weakly,
)
def weak_duality(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """Every Q bounds every policy: IQ-Learn's objective is a lower bound on the game, at any time of training.

    ``J*(Q) = E_e phi(r) - max_pi (E_rho[r] + H(pi))`` with ``r = T* Q``, and ``E_e phi(r) - E_rho[r] <= D_f(rho ||
    e)``: Fenchel's inequality.
    """
    return dual(mdp, expert, q) <= primal(mdp, expert, pi)


@weak_duality.false_variant(
    "the expert is the solution",
    statement=r"\mathrm{KL}(\rho_\pi \| \rho_E) - H(\pi) \ge -H(\pi_E)",
    counterexample=lambda: one_state(SKEWED, (Fraction(4, 5), Fraction(1, 5))),
)
def expert_solves(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return -entropy_per_step(mdp, expert) <= primal(mdp, expert, pi)


@weak_duality.false_variant("twice the entropy", counterexample=lambda: one_state(EVEN, EVEN, discount=0, q=(-1, -1)))
def weak_duality_twice(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return dual(mdp, expert, q) <= primal(mdp, expert, pi) - entropy_per_step(mdp, pi)


@weak_duality.false_variant(
    "unnormalised start", counterexample=lambda: one_state(EVEN, EVEN, discount=HALF, q=(-1, -1))
)
def weak_duality_unnormalised(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    r, e = inverse_soft_optimality(mdp, q), mdp.occupancy(expert)
    best = mdp.with_rewards(r).soft_optimal(1).value
    return expected_utility(mdp, e, r, REVERSE_KL.utility) - best <= primal(mdp, expert, pi)


@claim(
    id="iq-prop-3-3.weak-finite",
    source=garg("Proposition 3.3"),
    statement=r"\frac1H \sum_{h=1}^H \mathbb{E}_{d_h^{\pi_E}}[\phi((\mathcal{T}^* Q)_h)] - \frac1H \mathbb{E}_\mu "
    r"V_1^* \le \frac1H \sum_{h=1}^H \left( \mathrm{KL}(d_h^\pi \| d_h^{\pi_E}) - "
    r"\mathbb{E}_{d_h^\pi}[-\log \pi_h] \right)",
    status=DERIVED_HERE,
    tight=_balanced,
    largest=Sizes(strict=True),
)
def weak_duality_finite(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """The same with a horizon, as means over steps.

    Fenchel's inequality at each step, and soft optimality of ``pi_Q``.
    """
    return dual(mdp, expert, q) <= primal(mdp, expert, pi)


@weak_duality_finite.false_variant(
    "the expert is the solution", counterexample=lambda: one_step(SKEWED, (Fraction(4, 5), Fraction(1, 5)))
)
def expert_solves_finite(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return -entropy_per_step(mdp, expert) <= primal(mdp, expert, pi)


@weak_duality_finite.false_variant("twice the entropy", counterexample=lambda: one_step(EVEN, EVEN, q=(-1, -1)))
def weak_duality_finite_twice(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return dual(mdp, expert, q) <= primal(mdp, expert, pi) - entropy_per_step(mdp, pi)


# What the two bounds differ by.


def _gap_tight() -> Tight:
    side = ar.exp(ball(-1))
    return Tight(one_state(EVEN, EVEN, discount=0), side, side, note="1/e: r = 0 where -1 would be best")


@claim(
    id="iq-prop-3-3.gap",
    source=garg("Proposition 3.3"),
    statement=r"\mathrm{KL}(\rho_\pi \| \rho_E) - H(\pi) - J^*(Q) = \sum_{s,a} \left( \rho_E f(\rho/\rho_E) - "
    r"\rho_E \phi(r) + \rho r \right) + \mathbb{E}_{s\sim\rho} \mathrm{KL}(\pi(\cdot|s) \| \pi_Q(\cdot|s)), \quad "
    r"r = \mathcal{T}^* Q",
    status=DERIVED_HERE,
    assumptions=[SHOWN],
    tight=_gap_tight,
    largest=SMALL,
)
def duality_gap(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """How far a reward and a policy are from the saddle point: the sum of what each could still gain.

    The first sum is Fenchel's gap, 0 iff ``rho = e phi'(r)``; the second what pi loses to the best response (soft
    performance difference), 0 iff ``pi = pi_Q`` where it goes.
    """
    return equal(primal(mdp, expert, pi) - dual(mdp, expert, q), _unpaid(mdp, expert, pi, q) + _regret(mdp, pi, q))


def _unpaid(mdp: TabularMDP, expert: Any, pi: Any, q: Numbers) -> Any:
    """Fenchel's gap."""
    r, e = inverse_soft_optimality(mdp, q), mdp.occupancy(expert)
    paid = expected_utility(mdp, e, r, REVERSE_KL.utility) - mean_over_pairs(mdp, mdp.occupancy(pi), r)
    return occupancy_kl(mdp, pi, expert) - paid


def _regret(mdp: TabularMDP, pi: Any, q: Numbers) -> Any:
    return ar.wrap(expectation(mdp, pi, kl_divergence(mdp.policy(pi), soft_best_policy(mdp, q))))


@duality_gap.false_variant("Fenchel's gap alone", counterexample=lambda: one_state(EVEN, EVEN, q=(1, 0)))
def duality_gap_fenchel(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return equal(primal(mdp, expert, pi) - dual(mdp, expert, q), _unpaid(mdp, expert, pi, q))


@duality_gap.false_variant("the regret alone", counterexample=lambda: one_state(EVEN, EVEN, q=(1, 0)))
def duality_gap_regret(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return equal(primal(mdp, expert, pi) - dual(mdp, expert, q), _regret(mdp, pi, q))


# Where there is no saddle point.


def _likelihood_tight() -> Tight:
    loss = ar.log(ball(2))
    return Tight(one_state(EVEN), -loss - loss**2 / 16, -loss, note="r = -log(2) / 2, phi(r) = r - r^2 / 4")


@claim(
    id="iq-prop-3-3.not-attained",
    source=garg("Proposition 3.3"),
    statement=r"J^*(Q) \le \mathbb{E}_{\rho_E} \log \pi_Q(a|s), \quad \phi(x) = x - x^2/4",
    status=DERIVED_HERE,
    tight=_likelihood_tight,
)
def below_the_likelihood(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    """IQ-Learn's objective is below that of behavioural cloning, so no finite Q attains 0 for a deterministic expert.

    ``phi(x) <= x``; then telescope under the expert's occupancy (iq-offline). Of a deterministic expert the supremum is
    ``-H(pi_E) = 0``, but ``log pi_Q < 0``: it is approached only as ``Q -> -inf`` on the actions not taken.
    """
    return _chi2_dual(mdp, expert, q) <= likelihood(mdp, expert, q)


def likelihood(mdp: TabularMDP, expert: Any, q: Numbers) -> Any:
    """``E_{rho_E} log pi_Q``: the objective of behavioural cloning."""
    return mean_over_pairs(mdp, mdp.occupancy(expert), ar.log(soft_best_policy(mdp, q)))


def _chi2_dual(mdp: TabularMDP, expert: Any, q: Numbers) -> Any:
    return inverse_soft_dual(mdp, mdp.occupancy(expert), q, CHI2.utility)


@below_the_likelihood.false_variant("twice the likelihood", counterexample=lambda: one_state(EVEN))
def below_twice_the_likelihood(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    return _chi2_dual(mdp, expert, q) <= 2 * likelihood(mdp, expert, q)


@below_the_likelihood.false_variant("above the likelihood", counterexample=lambda: one_state(EVEN))
def above_the_likelihood(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    return _chi2_dual(mdp, expert, q) >= likelihood(mdp, expert, q)


@below_the_likelihood.false_variant(
    "attained by far-apart values",
    statement=r"J^*(Q) \ge -H(\pi_E) = 0 \text{ for some finite } Q, \; \pi_E \text{ deterministic}",
    counterexample=lambda: one_state(ALWAYS, discount=Fraction(9, 10), q=(0, -20)),
)
def attained_far_apart(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    return _chi2_dual(mdp, expert, q) >= -entropy_per_step(mdp, expert)
