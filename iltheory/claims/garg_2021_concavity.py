"""Garg et al. 2021, propositions 3.4 and 3.5 and the alternating updates for continuous actions.

The printed statements ask ``phi`` to be concave; they need it nondecreasing, too. The paper's own choice, ``phi(x) = x
- x^2 / 4``, decreases from 2 on and violates both; its envelope, constant from 2 on, has the same optimum and violates
neither, for the best rewards are ``2 (1 - rho / rho_E) < 2``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.garg_2021 import ALWAYS, EVEN, ball, garg, one_state
from iltheory.claims.kinds import ActionValues, DiscountedMDP, Policy, UnitInterval
from iltheory.claims.occupancy import HALF
from iltheory.measures import (
    CHI2,
    REVERSE_KL,
    expected_utility,
    inverse_soft_dual,
    inverse_soft_objective,
    soft_best_policy,
    start_value,
)
from iltheory.measures.inverse_soft import Utility
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

NINE_TENTHS = Fraction(9, 10)


def _j(mdp: TabularMDP, expert: Any, pi: Any, q: Numbers, utility: Utility) -> Any:
    return inverse_soft_objective(mdp, mdp.occupancy(expert), pi, q, utility)


def _j_best(mdp: TabularMDP, expert: Any, q: Numbers, utility: Utility) -> Any:
    return inverse_soft_dual(mdp, mdp.occupancy(expert), q, utility)


def high(*extra: Any) -> tuple[Any, ...]:
    """One state, an expert that takes action 0, and action values of 40: rewards far beyond 2."""
    mdp, expert, q = one_state(ALWAYS, discount=NINE_TENTHS, q=(40, 40))
    return mdp, expert, *(ar.asarray([law]) for law in extra), q


# Proposition 3.4.


def _even_tight() -> Tight:
    """One state without a future, where nothing is won by the right policy but the entropy."""
    left = -ar.exp(ball(-1))
    return Tight(
        one_state(EVEN, ALWAYS, discount=0), left, left - ar.log(ball(2)), note="phi(0), without and with the entropy"
    )


@claim(
    id="iq-prop-3-4",
    source=garg("Proposition 3.4"),
    statement=r"J(\pi, Q) \ge J(\pi_Q, Q) = \mathbb{E}_{\rho_E}[\phi(Q - \gamma \mathbb{E} V^*)] - (1-\gamma) "
    r"\mathbb{E}_\mu V^*, \quad \phi(x) = -e^{-x-1}",
    status=DERIVED_HERE,
    tight=_even_tight,
)
def best_response(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """Given Q the softmax policy is the best response, if ``phi`` is nondecreasing.

    ``V^pi <= V*`` in every state, with equality iff ``pi = pi_Q``; J is nonincreasing in ``V^pi`` where ``phi' >= 0``.
    """
    return _j(mdp, expert, pi, q, REVERSE_KL.utility) >= _j_best(mdp, expert, q, REVERSE_KL.utility)


@best_response.false_variant(
    "for chi-squared, as printed",
    statement=r"J(\pi, Q) \ge J(\pi_Q, Q), \quad \phi(x) = x - x^2/4",
    counterexample=lambda: high(ALWAYS),
)
def best_response_chi2(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return _j(mdp, expert, pi, q, CHI2.utility) >= _j_best(mdp, expert, q, CHI2.utility)


@best_response.false_variant("the greedy policy", counterexample=lambda: one_state(EVEN, EVEN, discount=0, q=(0, 0)))
def best_response_greedy(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    greedy = mdp.system.convert((ar.argmax(q, -1)[..., None] == np.arange(mdp.n_actions)).astype(np.int64))
    return _j(mdp, expert, pi, q, REVERSE_KL.utility) >= _j(mdp, expert, greedy, q, REVERSE_KL.utility)


@best_response.false_variant("the worst response", counterexample=lambda: one_state(EVEN, ALWAYS, discount=0))
def worst_response(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return _j(mdp, expert, pi, q, REVERSE_KL.utility) <= _j_best(mdp, expert, q, REVERSE_KL.utility)


def _flat_tight() -> Tight:
    return Tight(
        (*one_state(EVEN, ALWAYS, discount=0, q=(3, 3)),), -2, -2 - ar.log(ball(2)), note="phi = 1 from 2 on; V = 3"
    )


@claim(
    id="iq-prop-3-4.chi2",
    source=garg("Proposition 3.4"),
    statement=r"J(\pi, Q) \ge J(\pi_Q, Q), \quad \phi(x) = \min(x,2) - \min(x,2)^2/4",
    status=DERIVED_HERE,
    tight=_flat_tight,
)
def best_response_envelope(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    """The same for chi-squared, once ``phi`` is made constant where it would decrease.

    The envelope is concave and nondecreasing.
    """
    return _j(mdp, expert, pi, q, CHI2.envelope) >= _j_best(mdp, expert, q, CHI2.envelope)


@best_response_envelope.false_variant("constant from 4 on", counterexample=lambda: high(ALWAYS))
def best_response_late(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    def late(r: Numbers) -> Numbers:
        return CHI2.utility(ar.minimum(r, 4))

    return _j(mdp, expert, pi, q, late) >= _j_best(mdp, expert, q, late)


@best_response_envelope.false_variant(
    "the worst response", counterexample=lambda: one_state(EVEN, ALWAYS, discount=0, q=(3, 3))
)
def worst_response_envelope(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues) -> Any:
    return _j(mdp, expert, pi, q, CHI2.envelope) <= _j_best(mdp, expert, q, CHI2.envelope)


# Proposition 3.5.


def _around(*move: Any) -> tuple[Any, ...]:
    """Two action values around 40."""
    mdp, expert, q = high()
    v = ar.asarray([list(move)])
    return mdp, expert, q + v, q - v


ALONG = (NINE_TENTHS, Fraction(11, 10))
"""``(gamma, (1 - gamma / 2) / (1 / 2))``: moves Q so that the expert's reward stays the same to first order."""


def _curved(discount: Any = 0) -> tuple[Any, ...]:
    mdp, expert, q = one_state(ALWAYS, discount=discount)
    return mdp, expert, q, q + 1


def _concave_tight() -> Tight:
    middle = -ar.exp(ball(Fraction(-3, 2))) - HALF - ar.log(ball(2))
    ends = (-ar.exp(ball(-1)) - ar.exp(ball(-2))) / 2 - HALF - ar.log(ball(2))
    return Tight(_curved(), middle, ends, note="r = Q = 0, 1/2, 1, and V* = Q + log 2")


@claim(
    id="iq-prop-3-5",
    source=garg("Proposition 3.5"),
    statement=r"J^*(\tfrac12 Q_1 + \tfrac12 Q_2) \ge \tfrac12 J^*(Q_1) + \tfrac12 J^*(Q_2), \quad \phi(x) = -e^{-x-1}",
    status=DERIVED_HERE,
    tight=_concave_tight,
)
def concavity(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    """IQ-Learn's objective is concave, if ``phi`` is nondecreasing.

    ``V*`` is convex, so each ``r = Q - gamma P V*`` is concave, and so is a concave nondecreasing function of it.
    """
    return _between(mdp, expert, first, second, REVERSE_KL.utility) >= _ends(
        mdp, expert, first, second, REVERSE_KL.utility
    )


def _between(mdp: TabularMDP, expert: Any, first: Numbers, second: Numbers, utility: Utility) -> Any:
    return _j_best(mdp, expert, (first + second) / 2, utility)


def _ends(mdp: TabularMDP, expert: Any, first: Numbers, second: Numbers, utility: Utility) -> Any:
    return (_j_best(mdp, expert, first, utility) + _j_best(mdp, expert, second, utility)) / 2


@concavity.false_variant(
    "for chi-squared, as printed",
    statement=r"J^*(\tfrac12 Q_1 + \tfrac12 Q_2) \ge \tfrac12 J^*(Q_1) + \tfrac12 J^*(Q_2), \quad \phi(x) = x - x^2/4",
    counterexample=lambda: _around(*ALONG),
)
def concavity_chi2(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    return _between(mdp, expert, first, second, CHI2.utility) >= _ends(mdp, expert, first, second, CHI2.utility)


@concavity.false_variant("convex", counterexample=_curved)
def convexity(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    return _between(mdp, expert, first, second, REVERSE_KL.utility) <= _ends(
        mdp, expert, first, second, REVERSE_KL.utility
    )


def _envelope_tight() -> Tight:
    rest = Fraction(3, 2) + ar.log(ball(2))
    mdp, expert, q = one_state(ALWAYS, discount=0)
    return Tight((mdp, expert, q, q + 3), Fraction(15, 16) - rest, HALF - rest, note="phi(0) = 0, phi(3/2), phi(3) = 1")


@claim(
    id="iq-prop-3-5.chi2",
    source=garg("Proposition 3.5"),
    statement=r"J^*(\tfrac12 Q_1 + \tfrac12 Q_2) \ge \tfrac12 J^*(Q_1) + \tfrac12 J^*(Q_2), \quad "
    r"\phi(x) = \min(x,2) - \min(x,2)^2/4",
    status=DERIVED_HERE,
    tight=_envelope_tight,
)
def concavity_envelope(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    """The same for chi-squared, once ``phi`` is made constant where it would decrease.

    The envelope is concave and nondecreasing; at the optimum ``r < 2``, where it is ``phi`` itself.
    """
    return _between(mdp, expert, first, second, CHI2.envelope) >= _ends(mdp, expert, first, second, CHI2.envelope)


@concavity_envelope.false_variant("of the envelope below its ends", counterexample=lambda: _envelope_tight().instance)
def convexity_envelope(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    return _between(mdp, expert, first, second, CHI2.envelope) <= _ends(mdp, expert, first, second, CHI2.envelope)


@concavity_envelope.false_variant("constant from 40 on", counterexample=lambda: _around(*ALONG))
def concavity_late(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    def late(r: Numbers) -> Numbers:
        return CHI2.utility(ar.minimum(r, 40))

    return _between(mdp, expert, first, second, late) >= _ends(mdp, expert, first, second, late)


def _reward_tight() -> Tight:
    rest = HALF + ar.log(ball(2))
    return Tight(_curved(), HALF - Fraction(1, 16) - rest, HALF - Fraction(1, 8) - rest, note="phi at 0, 1/2 and 1")


@claim(
    id="iq-prop-3-5.in-rewards",
    source=garg("Proposition 3.5"),
    statement=r"F(\tfrac12 r_1 + \tfrac12 r_2) \ge \tfrac12 F(r_1) + \tfrac12 F(r_2), \quad F(r) = "
    r"J^*((\mathcal{T}^*)^{-1} r) = \mathbb{E}_{\rho_E}[\phi(r)] - (1-\gamma) \mathbb{E}_\mu V^*_r, \quad "
    r"\phi(x) = x - x^2/4",
    status=DERIVED_HERE,
    tight=_reward_tight,
)
def concavity_in_rewards(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    """In terms of rewards the objective is concave for every concave ``phi``, chi-squared's included.

    ``(1 - gamma) E_mu V*_r = max_pi E_rho[r] + H(pi)`` is convex in r, a maximum of affine functions. This is what
    ``iq_learn`` climbs.
    """
    middle = _worth(mdp, expert, (first + second) / 2)
    return middle >= (_worth(mdp, expert, first) + _worth(mdp, expert, second)) / 2


def _worth(mdp: TabularMDP, expert: Any, r: Numbers) -> Any:
    best = start_value(mdp, mdp.with_rewards(r).soft_optimal(1).v)
    return expected_utility(mdp, mdp.occupancy(expert), r, CHI2.utility) - best


@concavity_in_rewards.false_variant("convex", counterexample=_curved)
def convexity_in_rewards(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    middle = _worth(mdp, expert, (first + second) / 2)
    return middle <= (_worth(mdp, expert, first) + _worth(mdp, expert, second)) / 2


@concavity_in_rewards.false_variant("of the inverse", counterexample=lambda: _around(*ALONG))
def concavity_in_values(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    return _between(mdp, expert, first, second, CHI2.utility) >= _ends(mdp, expert, first, second, CHI2.utility)


# Alternating updates.


def _toward(mdp: TabularMDP, pi: Numbers, q: Numbers, step: Numbers) -> Numbers:
    """The geometric step ``pi^(1 - step) pi_Q^step``, normalised; actions of probability 0 stay there."""
    taken, size = ar.possibly_nonzero(pi), step[..., None, None]
    logs = (1 - size) * ar.log(ar.where(taken, pi, 1)) + size * ar.log(soft_best_policy(mdp, q))
    weights = ar.where(taken, ar.exp(logs), 0)
    return weights / ar.sum(weights, -1)[..., None]


def _step_tight() -> Tight:
    """From even odds to ``pi_Q`` in one step, with V* = log(1 + e) for V = 1/2 + log 2."""
    stay, go = HALF + ar.log(ball(2)), ar.log(1 + ar.exp(ball(1)))
    phi = (-ar.exp(ball(-2)) - ar.exp(ball(-1))) / 2
    mdp, expert, pi, q = one_state(EVEN, EVEN, discount=0, q=(1, 0))
    return Tight((mdp, expert, pi, q, 1), phi - go, phi - stay, note="V rises from 1/2 + log 2 to log(1 + e)")


@claim(
    id="iq-continuous",
    source=garg("Section 4.2"),
    statement=r"J(\pi', Q) \le J(\pi, Q), \quad \pi' \propto \pi^{1-\eta} \pi_Q^\eta, \; \phi(x) = -e^{-x-1}",
    status=FROM_MEMORY,
    tight=_step_tight,
)
def policy_step(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues, step: UnitInterval) -> Any:
    """A step of the policy towards the softmax never raises the objective, if ``phi`` is nondecreasing.

    Along the geometric path ``KL(pi || pi_Q) = V* - V^pi`` decreases in every state, so ``V^pi`` rises; J is
    nonincreasing in it.
    """
    return _stepped(mdp, expert, pi, q, step, REVERSE_KL.utility) <= _j(mdp, expert, pi, q, REVERSE_KL.utility)


def _stepped(mdp: TabularMDP, expert: Any, pi: Numbers, q: Numbers, step: Numbers, utility: Utility) -> Any:
    return _j(mdp, expert, _toward(mdp, pi, q, step), q, utility)


def _high_step() -> tuple[Any, ...]:
    mdp, expert, pi, q = high((Fraction(99, 100), Fraction(1, 100)))
    return mdp, expert, pi, q, 1


@policy_step.false_variant("for chi-squared beyond 2 / gamma", counterexample=_high_step)
def policy_step_chi2(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues, step: UnitInterval) -> Any:
    return _stepped(mdp, expert, pi, q, step, CHI2.utility) <= _j(mdp, expert, pi, q, CHI2.utility)


@policy_step.false_variant("three times as far", counterexample=lambda: (*one_state(EVEN, EVEN, q=(1, 0)), 1))
def policy_step_too_far(mdp: DiscountedMDP, expert: Policy, pi: Policy, q: ActionValues, step: UnitInterval) -> Any:
    return _stepped(mdp, expert, pi, q, 3 * step, REVERSE_KL.utility) <= _j(mdp, expert, pi, q, REVERSE_KL.utility)


def _fixed_policy_tight() -> Tight:
    return Tight(
        (one_state(ALWAYS)[0], *one_state(ALWAYS, ALWAYS)[1:3], *_shifted_values()),
        Fraction(-1, 4) + HALF - HALF,
        Fraction(-1, 2) + HALF - HALF,
        note="phi(x) - x = -x^2 / 4 at 0, 1, 2",
    )


def _shifted_values() -> tuple[Any, Any]:
    """Q with rewards 0 and 2 for the policy that takes action 0, at discount 1/2."""
    return ar.asarray([[0, 0]]), ar.asarray([[4, 4]])


@claim(
    id="iq-continuous.concave",
    source=garg("Section 4.2"),
    statement=r"J(\pi, \tfrac12 Q_1 + \tfrac12 Q_2) \ge \tfrac12 J(\pi, Q_1) + \tfrac12 J(\pi, Q_2), \quad "
    r"\phi(x) = x - x^2/4",
    status=FROM_MEMORY,
    tight=_fixed_policy_tight,
)
def value_step(mdp: DiscountedMDP, expert: Policy, pi: Policy, first: ActionValues, second: ActionValues) -> Any:
    """The step in Q climbs a concave function for a fixed policy and every concave ``phi``.

    ``T^pi`` is affine in Q, and so is ``V^pi``.
    """
    middle = _j(mdp, expert, pi, (first + second) / 2, CHI2.utility)
    return middle >= (_j(mdp, expert, pi, first, CHI2.utility) + _j(mdp, expert, pi, second, CHI2.utility)) / 2


@value_step.false_variant("linear", counterexample=lambda: _fixed_policy_tight().instance)
def value_step_linear(mdp: DiscountedMDP, expert: Policy, pi: Policy, first: ActionValues, second: ActionValues) -> Any:
    middle = _j(mdp, expert, pi, (first + second) / 2, CHI2.utility)
    return middle <= (_j(mdp, expert, pi, first, CHI2.utility) + _j(mdp, expert, pi, second, CHI2.utility)) / 2


@value_step.false_variant("at the best response", counterexample=lambda: _high_pair())
def value_step_best(mdp: DiscountedMDP, expert: Policy, pi: Policy, first: ActionValues, second: ActionValues) -> Any:
    return _between(mdp, expert, first, second, CHI2.utility) >= _ends(mdp, expert, first, second, CHI2.utility)


def _high_pair() -> tuple[Any, ...]:
    mdp, expert, first, second = _around(*ALONG)
    return mdp, expert, expert, first, second
