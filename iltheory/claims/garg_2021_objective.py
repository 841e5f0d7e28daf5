"""Garg et al. 2021, sections 4 and 5: what IQ-Learn's objective becomes online, offline and from states alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, FROM_MEMORY, Tight, claim
from iltheory.claims.garg_2021 import ALWAYS, EVEN, SMALL, ball, garg, one_state
from iltheory.claims.garg_2021_duality import likelihood
from iltheory.claims.kinds import (
    ActionValues,
    DiscountedMDP,
    FiniteHorizonMDP,
    Policy,
    StateFunction,
    Temperature,
    UnitInterval,
)
from iltheory.claims.occupancy import HALF, TENTH
from iltheory.claims.values import lingering
from iltheory.measures import (
    REVERSE_KL,
    average,
    gamma,
    implied_reward,
    inverse_soft_dual,
    mean_over_pairs,
    occupancy_kl,
    soft_best_policy,
    soft_best_v,
    squared_soft_error,
    start_value,
    state_occupancy_kl,
    state_only_objective,
    steps,
    sum_over_states,
    telescoped_value,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

# The value term.


def _mixture(mdp: TabularMDP, expert: Any, pi: Any, weight: Numbers) -> Numbers:
    """``weight rho_E + (1 - weight) rho``."""
    axes = (None, None) if mdp.horizon is None else (None, None, None)
    share = weight[(..., *axes)]
    return share * mdp.occupancy(expert) + (1 - share) * mdp.occupancy(pi)


def _apart() -> tuple[Any, ...]:
    """An expert that keeps to the path and a learner that falls off it, weighed alike, and who is on the path."""
    mdp, expert, learner = families.cliff(error=TENTH, discount=HALF)
    return mdp, mdp.policy(expert), mdp.policy(learner), ar.asarray([1, 0]), HALF


def _apart_in_steps(horizon: int = 3) -> tuple[Any, ...]:
    mdp, expert, learner = families.cliff(error=TENTH, horizon=horizon)
    path = ar.asarray([[1, 0]] * horizon)
    return mdp, mdp.policy(expert), mdp.policy(learner), path, HALF


@claim(
    id="iq-telescoping",
    source=garg("Corollary 2.1"),
    statement=r"(1-\gamma) \mathbb{E}_\mu V(s) = \mathbb{E}_{(s,a)\sim\nu}[V(s) - \gamma \mathbb{E}_{s'} V(s')], \quad "
    r"\nu = w \rho_E + (1-w) \rho_\pi",
    status=FROM_MEMORY,
    tight=lambda: Tight(_apart(), lhs=HALF, rhs=HALF, note="the start is on the path"),
)
def value_term(mdp: DiscountedMDP, expert: Policy, pi: Policy, f: StateFunction, weight: UnitInterval) -> Any:
    """The value of the start can be read off the expert, the learner, or any mixture of both.

    Telescoping holds for each occupancy and is linear in it: offline ``w = 1``, online ``w = 1/2``.
    """
    return equal(ar.wrap(start_value(mdp, f)), telescoped_value(mdp, _mixture(mdp, expert, pi, weight), f))


@value_term.false_variant("every state of the expert is a first state", counterexample=_apart)
def value_term_initial(mdp: DiscountedMDP, expert: Policy, pi: Policy, f: StateFunction, weight: UnitInterval) -> Any:
    expected = (1 - gamma(mdp)) * average(mdp, mdp.state_occupancy(pi), f)
    return equal(expected, telescoped_value(mdp, _mixture(mdp, expert, pi, weight), f))


@value_term.false_variant("the learner's actions on the expert's states", counterexample=_apart)
def value_term_crossed(mdp: DiscountedMDP, expert: Policy, pi: Policy, f: StateFunction, weight: UnitInterval) -> Any:
    crossed = mdp.state_occupancy(expert)[..., None] * mdp.policy(pi)
    return equal(ar.wrap(start_value(mdp, f)), telescoped_value(mdp, crossed, f))


@claim(
    id="iq-telescoping.finite",
    source=garg("Corollary 2.1"),
    statement=r"\frac1H \mathbb{E}_\mu V_1(s) = \frac1H \sum_{h=1}^H \mathbb{E}_{(s,a)\sim\nu_h}[V_h(s) - "
    r"\mathbb{E}_{s'} V_{h+1}(s')], \quad \nu = w d^{\pi_E} + (1-w) d^\pi, \; V_{H+1} = 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(_apart_in_steps(), lhs=Fraction(1, 3), rhs=Fraction(1, 3), note="1 / H"),
)
def value_term_finite(mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, f: StateFunction, weight: UnitInterval) -> Any:
    """The same with a horizon.

    The sum over steps telescopes under each occupancy.
    """
    return equal(ar.wrap(start_value(mdp, f)), telescoped_value(mdp, _mixture(mdp, expert, pi, weight), f))


@value_term_finite.false_variant("every state of the expert is a first state", counterexample=_apart_in_steps)
def value_term_finite_initial(
    mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, f: StateFunction, weight: UnitInterval
) -> Any:
    expected = average(mdp, mdp.state_occupancy(pi), f)
    return equal(expected, telescoped_value(mdp, _mixture(mdp, expert, pi, weight), f))


@value_term_finite.false_variant("a sum over steps on one side", counterexample=_apart_in_steps)
def value_term_finite_sum(
    mdp: FiniteHorizonMDP, expert: Policy, pi: Policy, f: StateFunction, weight: UnitInterval
) -> Any:
    started = steps(mdp) * ar.wrap(start_value(mdp, f))
    return equal(started, telescoped_value(mdp, _mixture(mdp, expert, pi, weight), f))


def _visits(mdp: TabularMDP, pi: Any) -> Numbers:
    """Laws of the states before and after each of the H steps, ``[..., H + 1, S]``."""
    d = mdp.occupancy(pi)
    last = mdp.transitions.push(d[..., -1, :, :], steps(mdp) - 1)
    return ar.concatenate([ar.sum(d, -1), last[..., None, :]], axis=d.ndim - 3)


def _uniform_in_time(mdp: TabularMDP, pi: Any, f: Numbers, discount: Numbers) -> tuple[Any, Numbers]:
    """Mean over L steps of ``V(s_t) - gamma V(s_{t+1})``, and ``E V(s_t)`` at t = 0, ..., L."""
    v = ar.wrap(ar.sum(_visits(mdp, pi) * f[..., :1, :], -1))
    return ar.sum(v[..., :-1] - discount[..., None] * v[..., 1:], -1) / steps(mdp), v


def _replay() -> tuple[Any, ...]:
    mdp, _, learner, f, _ = _apart_in_steps(2)
    return mdp, learner, f, HALF


@claim(
    id="iq-telescoping.uniform-in-time",
    source=garg("official code, value loss on replay data"),
    statement=r"\frac1L \sum_{t=0}^{L-1} \mathbb{E}[V(s_t) - \gamma V(s_{t+1})] = \frac1L \left( \mathbb{E} V(s_0) - "
    r"\gamma \mathbb{E} V(s_L) + (1-\gamma) \sum_{t=1}^{L-1} \mathbb{E} V(s_t) \right)",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _replay(),
        lhs=(1 - HALF * Fraction(81, 100) + HALF * Fraction(9, 10)) / 2,
        rhs=(1 - HALF * Fraction(81, 100) + HALF * Fraction(9, 10)) / 2,
        note="the learner is on the path with probability 1, 9/10, 81/100",
    ),
)
def replay(mdp: FiniteHorizonMDP, pi: Policy, f: StateFunction, discount: UnitInterval) -> Any:
    """States drawn uniformly in time from L steps do not telescope to the value of the start.

    Collect the terms of each ``V(s_t)``: those in between stay with weight ``1 - gamma``.
    """
    mean, v = _uniform_in_time(mdp, pi, f, discount)
    between = (1 - discount) * ar.sum(v[..., 1:-1], -1)
    return equal(mean, (v[..., 0] - discount * v[..., -1] + between) / steps(mdp))


@replay.false_variant("the discounted start", counterexample=_replay)
def replay_start(mdp: FiniteHorizonMDP, pi: Policy, f: StateFunction, discount: UnitInterval) -> Any:
    mean, v = _uniform_in_time(mdp, pi, f, discount)
    return equal(mean, (1 - discount) * v[..., 0])


@replay.false_variant("without what lies in between", counterexample=_replay)
def replay_ends(mdp: FiniteHorizonMDP, pi: Policy, f: StateFunction, discount: UnitInterval) -> Any:
    mean, v = _uniform_in_time(mdp, pi, f, discount)
    return equal(mean, (v[..., 0] - discount * v[..., -1]) / steps(mdp))


# Offline.


@claim(
    id="iq-offline",
    source=garg("Equation 12"),
    statement=r"\mathbb{E}_{\rho_E}[Q(s,a) - \gamma \mathbb{E} V^*(s')] - \mathbb{E}_{\rho_E}[V^*(s) - \gamma "
    r"\mathbb{E} V^*(s')] = \mathbb{E}_{\rho_E} \log \pi_Q(a|s)",
    status=AS_PUBLISHED,
    tight=lambda: Tight(one_state(EVEN), -ar.log(ball(2)), -ar.log(ball(2)), note="pi_Q is even"),
    largest=SMALL,
)
def offline(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    """Offline and with ``phi(x) = x``, IQ-Learn is behavioural cloning, whatever the discount.

    The next values cancel, and ``Q - V* = log pi_Q``.
    """
    return equal(_linear(mdp, expert, q, soft_best_v(mdp, q)), likelihood(mdp, expert, q))


def _linear(mdp: TabularMDP, expert: Any, q: Numbers, v: Numbers) -> Any:
    e = mdp.occupancy(expert)
    return mean_over_pairs(mdp, e, implied_reward(mdp, q, v)) - telescoped_value(mdp, e, v)


@offline.false_variant("with a hard maximum", counterexample=lambda: one_state(EVEN))
def offline_hard(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    return equal(_linear(mdp, expert, q, ar.amax(q, -1)), likelihood(mdp, expert, q))


@offline.false_variant("every state of the expert is a first state", counterexample=lambda: _lingering_pair())
def offline_initial(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    v = soft_best_v(mdp, q)
    paid = mean_over_pairs(mdp, mdp.occupancy(expert), implied_reward(mdp, q, v))
    price = (1 - gamma(mdp)) * average(mdp, mdp.state_occupancy(expert), v)
    return equal(paid - price, likelihood(mdp, expert, q))


def _lingering_pair() -> tuple[Any, ...]:
    mdp, pi = lingering()
    return mdp, pi, ar.asarray([[1, 0], [0, 0]])


def _offline_tight() -> Tight:
    side = -ar.log(ball(2)) - ar.log(ball(2)) ** 2 / 32
    return Tight((*one_state(EVEN), 2), side, side, note="r = -log(2) / 2, alpha = 2")


@claim(
    id="iq-offline.chi2",
    source=garg("Equation 12"),
    statement=r"J_{\mathrm{offline}}(Q) = \mathbb{E}_{\rho_E} \log \pi_Q(a|s) - \frac{1}{4\alpha} \mathbb{E}_{\rho_E} "
    r"(Q(s,a) - \gamma \mathbb{E} V^*(s'))^2, \quad \phi(x) = x - \frac{x^2}{4\alpha}",
    status=AS_PUBLISHED,
    tight=_offline_tight,
    largest=SMALL,
)
def offline_chi2(mdp: DiscountedMDP, expert: Policy, q: ActionValues, alpha: Temperature) -> Any:
    """Offline chi-squared IQ-Learn is behavioural cloning with a penalty on the reward, on the expert's pairs only.

    The linear part is iq-offline, the rest is the square.
    """
    penalty = squared_soft_error(mdp, mdp.occupancy(expert), q, 0) / (4 * alpha)
    return equal(_offline_objective(mdp, expert, q, alpha), likelihood(mdp, expert, q) - penalty)


def _offline_objective(mdp: TabularMDP, expert: Any, q: Numbers, alpha: Numbers) -> Any:
    e = mdp.occupancy(expert)
    return inverse_soft_dual(mdp, e, q, lambda r: r - r**2 / (4 * alpha[..., None, None]), nu=e)


@offline_chi2.false_variant("a bonus instead of a penalty", counterexample=lambda: (*one_state(EVEN), 2))
def offline_chi2_bonus(mdp: DiscountedMDP, expert: Policy, q: ActionValues, alpha: Temperature) -> Any:
    penalty = squared_soft_error(mdp, mdp.occupancy(expert), q, 0) / (4 * alpha)
    return equal(_offline_objective(mdp, expert, q, alpha), likelihood(mdp, expert, q) + penalty)


@offline_chi2.false_variant("plain behavioural cloning", counterexample=lambda: (*one_state(EVEN), 2))
def offline_chi2_plain(mdp: DiscountedMDP, expert: Policy, q: ActionValues, alpha: Temperature) -> Any:
    return equal(_offline_objective(mdp, expert, q, alpha), likelihood(mdp, expert, q))


# From states alone.


def _likewise() -> tuple[Any, ...]:
    """One state, where all actions lead, an expert and a learner that act differently, and the function -1."""
    mdp, expert, pi, _ = one_state(EVEN, ALWAYS)
    return mdp, expert, pi, ar.asarray([-1])


@claim(
    id="iq-state-only",
    source=garg("Section 5.3, state-only"),
    statement=r"\mathbb{E}_{s\sim\rho_E}[\phi(r(s))] - \mathbb{E}_{s\sim\rho_\pi}[r(s)] \le \mathrm{KL}(\rho_\pi(s) \| "
    r"\rho_E(s)), \quad \phi(x) = -e^{-x-1}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_likewise(), lhs=0, rhs=0, note="both are always in the one state: r = -1"),
)
def states_alone(mdp: DiscountedMDP, expert: Policy, pi: Policy, f: StateFunction) -> Any:
    """Rewards of the state alone compare state occupancies, and see no difference of actions.

    Fenchel's inequality for the state marginals, attained at ``r = -1 - log(rho(s) / rho_E(s))``; their divergence is
    at most that of the pairs (occ-dpi.states-kl-discounted).
    """
    return _state_payoff(mdp, expert, pi, f) <= state_occupancy_kl(mdp, pi, expert)


def _state_payoff(mdp: TabularMDP, expert: Any, pi: Any, f: Numbers) -> Any:
    gained = mdp.state_occupancy(expert) * REVERSE_KL.utility(f)
    return sum_over_states(mdp, gained - mdp.state_occupancy(pi) * f)


@states_alone.false_variant("matching states matches actions", counterexample=_likewise)
def states_match_actions(mdp: DiscountedMDP, expert: Policy, pi: Policy, f: StateFunction) -> Any:
    return occupancy_kl(mdp, pi, expert) <= state_occupancy_kl(mdp, pi, expert)


@states_alone.false_variant("half of it", counterexample=lambda: _mostly_home())
def states_half(mdp: DiscountedMDP, expert: Policy, pi: Policy, f: StateFunction) -> Any:
    return _state_payoff(mdp, expert, pi, f) <= state_occupancy_kl(mdp, pi, expert) / 2


def _mostly_home() -> tuple[Any, ...]:
    """The action is the next state; the expert is in both alike, the learner mostly in the first."""
    mdp, _ = lingering()
    even, home = ar.asarray([[HALF, HALF]] * 2), ar.asarray([[1 - TENTH, TENTH]] * 2)
    return mdp, even, home, ar.asarray([-1, Fraction(3, 5)])


def _opposed() -> tuple[Any, ...]:
    """One state, no future, and two Q that prefer different actions."""
    mdp, expert, q = one_state(EVEN, discount=0, q=(-4, -1))
    return mdp, expert, q, ar.asarray([[-1, -4]])


@states_alone.false_variant(
    "the objective is concave",
    statement=r"J_s(\tfrac12 Q_1 + \tfrac12 Q_2) \ge \tfrac12 J_s(Q_1) + \tfrac12 J_s(Q_2), \quad J_s(Q) = "
    r"\mathbb{E}_{s\sim\rho_E} \mathbb{E}_{a\sim\pi_Q}[\phi(\mathcal{T}^* Q)] - (1-\gamma) \mathbb{E}_\mu V^*",
    counterexample=_opposed,
)
def states_alone_concave(mdp: DiscountedMDP, expert: Policy, first: ActionValues, second: ActionValues) -> Any:
    middle, *ends = (_state_objective(mdp, expert, q) for q in ((first + second) / 2, first, second))
    return middle >= (ends[0] + ends[1]) / 2


def _state_objective(mdp: TabularMDP, expert: Any, q: Numbers) -> Any:
    return state_only_objective(mdp, mdp.state_occupancy(expert), q, REVERSE_KL.utility)


@claim(
    id="iq-state-only.gap",
    source=garg("Section 5.3, state-only"),
    statement=r"J^*(Q) - J_s(Q) = "
    r"\mathbb{E}_{s\sim\rho_E} \sum_a (\pi_E - \pi_Q)(a|s)\, \phi(\mathcal{T}^* Q(s,a))",
    status=DERIVED_HERE,
    tight=lambda: Tight(_gap_instance(), *_gap_sides(), note="phi(1) against the mean of phi(1) and phi(0)"),
    largest=SMALL,
)
def state_objective_gap(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    """What the state-only objective loses by asking its own policy instead of the expert.

    Only the law of the action under ``phi`` differs. So it uses no action of the expert.
    """
    r = implied_reward(mdp, q, soft_best_v(mdp, q))
    own = ar.sum(soft_best_policy(mdp, q) * REVERSE_KL.utility(r), -1)
    shown = ar.sum(mdp.policy(expert) * REVERSE_KL.utility(r), -1)
    exact = inverse_soft_dual(mdp, mdp.occupancy(expert), q, REVERSE_KL.utility)
    return equal(
        exact - _state_objective(mdp, expert, q), ar.wrap(average(mdp, mdp.state_occupancy(expert), shown - own))
    )


def _gap_instance() -> tuple[Any, ...]:
    return one_state(ALWAYS, discount=0, q=(1, 0))


def _gap_sides() -> tuple[Any, Any]:
    odds = 1 / (1 + ar.exp(ball(-1)))
    side = -(1 - odds) * (ar.exp(ball(-2)) - ar.exp(ball(-1)))
    return side, side


@state_objective_gap.false_variant("none", counterexample=_gap_instance)
def state_objective_same(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    exact = inverse_soft_dual(mdp, mdp.occupancy(expert), q, REVERSE_KL.utility)
    return equal(exact, _state_objective(mdp, expert, q))


@state_objective_gap.false_variant("never larger", counterexample=_gap_instance)
def state_objective_smaller(mdp: DiscountedMDP, expert: Policy, q: ActionValues) -> Any:
    exact = inverse_soft_dual(mdp, mdp.occupancy(expert), q, REVERSE_KL.utility)
    return exact <= _state_objective(mdp, expert, q)
