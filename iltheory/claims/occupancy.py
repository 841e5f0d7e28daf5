"""Foundations: which measures are occupancies, and which policies they belong to.

Puterman, Markov Decision Processes, Wiley 1994, sections 5.5 and 6.9; restated for imitation by Syed,
Bowling and Schapire (ICML 2008) and by Ho and Ermon (NeurIPS 2016).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.kinds import (
    DiscountedMDP,
    FiniteHorizonMDP,
    HistoryPolicy,
    Policy,
    Reward,
    StateLaws,
    StationaryPolicy,
)
from iltheory.measures import (
    gamma,
    l1_norm,
    mean_occupancy,
    step_laws,
    steps_left,
    sum_over_pairs,
    sum_over_states,
    trajectory_law,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, absolute, equal

HALF = Fraction(1, 2)
TENTH = Fraction(1, 10)
SMALL = Sizes(n_states=3, n_actions=3, horizon=4, strict=True)
"""For formulas that divide by occupancies: exact quotients of many different numbers grow quickly."""
ENUMERATED = Sizes(n_states=3, n_actions=2, horizon=3, strict=True)
"""For formulas that enumerate trajectories or policies."""


def with_steps(instance: Any) -> tuple[Any, ...]:
    """A model and its policies, these with a step axis if the horizon is finite."""
    mdp, *policies = instance
    return mdp, *(mdp.policy(pi) for pi in policies)


def bandit(**end: Any) -> tuple[Any, ...]:
    """One state; the second policy errs with probability 1/10."""
    return with_steps(families.loop(error=TENTH, **end))


def puterman(theorem: str) -> Paper:
    """A theorem of the book."""
    return Paper("Puterman", 1994, "Markov Decision Processes", theorem)


def ho_ermon(theorem: str) -> Paper:
    """A theorem of the paper."""
    return Paper("Ho and Ermon", 2016, "Generative adversarial imitation learning", theorem, arxiv="1606.03476")


# The polytope, with a discount.


def cliff() -> Tight:
    mdp, _, learner = families.cliff(error=TENTH, discount=HALF)
    return Tight((mdp, learner), lhs=0, rhs=0, note="an equality")


@claim(
    id="occ-polytope-discounted",
    source=puterman("Theorem 6.9.1"),
    statement=r"\sum_{s'} \Big| \sum_a d^\pi(s',a) - (1-\gamma)\mu(s') - \gamma \sum_{s,a} P(s'|s,a) "
    r"d^\pi(s,a) \Big| = 0",
    status=FROM_MEMORY,
    tight=cliff,
)
def flow(mdp: DiscountedMDP, pi: Policy) -> Any:
    """Every occupancy obeys the Bellman flow equations.

    Split ``(1 - gamma) sum_t gamma^t Pr(s_t = s')`` into its first term and the rest, and shift the rest by
    one step.
    """
    return equal(sum_over_states(mdp, absolute(mdp.flow_residual(mdp.occupancy(pi)))), 0)


def _flow_with(mdp: TabularMDP, pi: Numbers, start: Any, rate: Any) -> Any:
    """The flow equations with other weights of the start and of the inflow."""
    d = mdp.occupancy(pi)
    outside = ar.sum(d, -1) - start * mdp.mu - rate * mdp.transitions.push(d)
    return equal(sum_over_states(mdp, absolute(outside)), 0)


@flow.false_variant("unnormalised start", counterexample=lambda: cliff().instance)
def unnormalised_start(mdp: DiscountedMDP, pi: Policy) -> Any:
    return _flow_with(mdp, pi, 1, gamma(mdp))


@flow.false_variant("undiscounted inflow", counterexample=lambda: cliff().instance)
def undiscounted_inflow(mdp: DiscountedMDP, pi: Policy) -> Any:
    return _flow_with(mdp, pi, 1 - gamma(mdp), 1)


def _elsewhere(**end: Any) -> tuple[Any, ...]:
    """Two absorbing states and one action: the model starts in the first, the law sits on the second."""
    mdp, _, policy = families.leak(error=TENTH, **end)
    laws = ar.asarray([0, 1]) if mdp.horizon is None else ar.asarray([[0, 1]] * mdp.horizon)
    return mdp, laws, policy


@claim(
    id="occ-polytope-discounted.converse",
    source=puterman("Theorem 6.9.1"),
    statement=r"\| x - d^\pi \|_1 \le \frac{1}{1-\gamma} \| x - (1-\gamma)\mu - \gamma P_\pi^\top x \|_1 "
    r"\quad \forall x \ge 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(_elsewhere(discount=HALF), lhs=2, rhs=2, note="the laws never meet"),
)
def flow_converse(mdp: DiscountedMDP, law: StateLaws, pi: Policy) -> Any:
    """A measure that obeys the flow equations is an occupancy, and one that nearly does is near one.

    Let ``d(s, a) = x(s) pi(a|s)``; every ``d >= 0`` of mass 1 is of this form, with ``pi(a|s) = d(s, a) /
    sum_a d(s, a)``. With f the violation of the equations, ``x - d^pi = (I - gamma P_pi^T)^{-1} f``, and
    the inverse has l1 norm ``1 / (1 - gamma)``. So f = 0 forces ``x = d^pi``.
    """
    return l1_norm(law - mdp.state_occupancy(pi), axes=1) <= _violation(mdp, law, pi) / (1 - gamma(mdp))


def _violation(mdp: TabularMDP, law: Numbers, pi: Numbers) -> Any:
    return l1_norm(mdp.flow_residual(law[..., None] * pi), axes=1)


@flow_converse.false_variant("without the horizon", counterexample=lambda: _elsewhere(discount=HALF))
def flow_converse_without_horizon(mdp: DiscountedMDP, law: StateLaws, pi: Policy) -> Any:
    return l1_norm(law - mdp.state_occupancy(pi), axes=1) <= _violation(mdp, law, pi)


@flow_converse.false_variant("half of it", counterexample=lambda: _elsewhere(discount=HALF))
def flow_converse_half(mdp: DiscountedMDP, law: StateLaws, pi: Policy) -> Any:
    return l1_norm(law - mdp.state_occupancy(pi), axes=1) <= _violation(mdp, law, pi) / (1 - gamma(mdp)) / 2


def _twice_the_mass() -> tuple[Any, ...]:
    mdp, _, _ = families.leak(error=TENTH, discount=HALF)
    return mdp, ar.asarray([[1], [1]])


@claim(
    id="occ-polytope-discounted.mass",
    source=puterman("Theorem 6.9.1"),
    statement=r"\sum_{s'} \Big( \sum_a d(s',a) - (1-\gamma)\mu(s') - \gamma \sum_{s,a} P(s'|s,a) d(s,a) "
    r"\Big) "
    r"= (1-\gamma) \Big( \sum_{s,a} d(s,a) - 1 \Big) \quad \forall d",
    status=FROM_MEMORY,
    tight=lambda: Tight(_twice_the_mass(), lhs=HALF, rhs=HALF, note="a measure of mass 2"),
)
def mass(mdp: DiscountedMDP, measure: Reward) -> Any:
    """The flow equations imply that the mass is 1.

    Sum them over s': rows of P sum to 1, so the inflow has the mass of d.
    """
    return equal(
        sum_over_states(mdp, mdp.flow_residual(measure)),
        (1 - gamma(mdp)) * (sum_over_pairs(mdp, measure) - 1),
    )


@mass.false_variant("mass of the unnormalised measure", counterexample=_twice_the_mass)
def mass_unnormalised(mdp: DiscountedMDP, measure: Reward) -> Any:
    excess = sum_over_pairs(mdp, measure) - 1 / (1 - gamma(mdp))
    return equal(sum_over_states(mdp, mdp.flow_residual(measure)), (1 - gamma(mdp)) * excess)


@mass.false_variant("without the discount", counterexample=_twice_the_mass)
def mass_undiscounted(mdp: DiscountedMDP, measure: Reward) -> Any:
    return equal(sum_over_states(mdp, mdp.flow_residual(measure)), sum_over_pairs(mdp, measure) - 1)


# The polytope, with a finite horizon.


def _finite_cliff() -> Tight:
    mdp, _, learner = families.cliff(error=TENTH, horizon=3)
    return Tight((mdp, mdp.policy(learner)), lhs=0, rhs=0, note="an equality")


@claim(
    id="occ-polytope-finite",
    source=puterman("Theorem 5.5.1"),
    statement=r"\sum_{s'} \Big| \sum_a d_1^\pi(s',a) - \mu(s') \Big| + \sum_{h<H} \sum_{s'} "
    r"\Big| \sum_a d_{h+1}^\pi(s',a) - \sum_{s,a} P_h(s'|s,a) d_h^\pi(s,a) \Big| = 0",
    status=FROM_MEMORY,
    tight=_finite_cliff,
)
def finite_flow(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    """Every occupancy obeys the flow equations, step by step.

    The state at step h + 1 is drawn from ``P_h(.|s_h, a_h)``.
    """
    return equal(sum_over_states(mdp, absolute(mdp.flow_residual(mdp.occupancy(pi)))), 0)


@finite_flow.false_variant("every step has the first law", counterexample=lambda: _finite_cliff().instance)
def finite_flow_first_law(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    return equal(sum_over_states(mdp, absolute(mdp.state_occupancy(pi) - mdp.mu[..., None, :])), 0)


@finite_flow.false_variant("the averaged occupancy is stationary", counterexample=lambda: _finite_cliff().instance)
def finite_flow_stationary(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    mean = mean_occupancy(mdp, pi)
    return equal(l1_norm(ar.sum(mean, -1) - mdp.transitions.push(mean), axes=1), 0)


@claim(
    id="occ-polytope-finite.converse",
    source=puterman("Theorem 5.5.1"),
    statement=r"\sum_h \| x_h - d_h^\pi \|_1 \le \sum_h (H-h+1) \| x_h - P_{\pi,h-1}^\top x_{h-1} \|_1 \quad "
    r"\forall x \ge 0, \quad P_{\pi,0}^\top x_0 = \mu",
    status=DERIVED_HERE,
    tight=lambda: Tight(_elsewhere(horizon=3), lhs=6, rhs=6, note="the laws never meet"),
)
def finite_flow_converse(mdp: FiniteHorizonMDP, laws: StateLaws, pi: Policy) -> Any:
    """Measures that obey the flow equations are an occupancy, and those that nearly do are near one.

    Let ``d_h(s, a) = x_h(s) pi_h(a|s)``, the form of all measures of mass 1. Pushing forward does not
    increase the l1 norm, so ``||x_h - d_h^pi||`` is at most the sum of the violations up to step h; each
    counts at H - h + 1 steps.
    """
    return sum_over_states(mdp, absolute(laws - mdp.state_occupancy(pi))) <= _weighted(mdp, laws, pi, steps_left(mdp))


def _weighted(mdp: TabularMDP, laws: Numbers, pi: Numbers, weights: Any) -> Any:
    violation = ar.sum(absolute(mdp.flow_residual(laws[..., None] * pi)), -1)
    return l1_norm(violation * weights, axes=1)


@finite_flow_converse.false_variant("each violation counts once", counterexample=lambda: _elsewhere(horizon=2))
def finite_flow_converse_once(mdp: FiniteHorizonMDP, laws: StateLaws, pi: Policy) -> Any:
    return sum_over_states(mdp, absolute(laws - mdp.state_occupancy(pi))) <= _weighted(mdp, laws, pi, 1)


@finite_flow_converse.false_variant("off by one step", counterexample=lambda: _elsewhere(horizon=2))
def finite_flow_converse_off_by_one(mdp: FiniteHorizonMDP, laws: StateLaws, pi: Policy) -> Any:
    weights = steps_left(mdp) - 1
    return sum_over_states(mdp, absolute(laws - mdp.state_occupancy(pi))) <= _weighted(mdp, laws, pi, weights)


def _repeating() -> tuple[Any, ...]:
    """One state, two steps: the second action repeats the first."""
    mdp = TabularMDP([[[1], [1]]], [[0, 1]], [1], horizon=2)
    return mdp, ([[[Fraction(1, 4), Fraction(3, 4)]]], [[[1, 0]], [[0, 1]]])


@claim(
    id="occ-polytope-finite.history",
    source=puterman("Theorem 5.5.1"),
    statement=r"\sum_{h,s,a} \left| d_h^{\pi}(s,a) - \Pr\nolimits_\eta(s_h=s, a_h=a) \right| = 0, \quad "
    r"\pi_h(a|s) = \Pr\nolimits_\eta(a_h=a \mid s_h=s), \quad \eta \text{ history-dependent}",
    status=FROM_MEMORY,
    tight=lambda: Tight(_repeating(), lhs=0, rhs=0, note="an equality"),
    largest=ENUMERATED,
)
def history(mdp: FiniteHorizonMDP, remembering: HistoryPolicy) -> Any:
    """A policy that remembers everything has the occupancy of a Markov policy.

    Induction on h: the law of ``s_{h+1}`` depends on the past through the law of ``(s_h, a_h)`` only.
    """
    d = step_laws(mdp, trajectory_law(mdp, remembering))
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(mdp.project(d)) - d)), 0)


@history.false_variant("all pasts weigh the same", counterexample=_repeating)
def history_unweighted(mdp: FiniteHorizonMDP, remembering: HistoryPolicy) -> Any:
    d = step_laws(mdp, trajectory_law(mdp, remembering))
    forgetful = ar.stack([ar.sum(act, -3) / act.shape[-3] for act in remembering], axis=-3)
    return equal(sum_over_pairs(mdp, absolute(mdp.occupancy(forgetful) - d)), 0)


@history.false_variant("the law of trajectories is the same", counterexample=_repeating)
def history_trajectories(mdp: FiniteHorizonMDP, remembering: HistoryPolicy) -> Any:
    law = trajectory_law(mdp, remembering)
    markov = mdp.project(step_laws(mdp, law))
    return equal(l1_norm(trajectory_law(mdp, markov) - law, axes=1), 0)


def _wait_then_go() -> tuple[Any, ...]:
    """Stay at the first step, leave for good at the second."""
    mdp = families.one_way(mixing=HALF, horizon=2).mdp
    return mdp, ar.asarray([[[1, 0], [1, 0]], [[0, 1], [1, 0]]])


@claim(
    id="occ-polytope-finite.averaged",
    source=puterman("Theorem 5.5.1"),
    statement=r"\sum_{s,a} \left| \bar d^\pi(s,a) - \bar d^\pi(s) \sigma(a|s) \right| \le 2 \sum_{s,a} "
    r"\left| \bar d^\pi(s,a) - \bar d^\sigma(s,a) \right|, \quad \sigma \text{ stationary}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_wait_and_stay(), lhs=1, rhs=2, note="stay always, against wait then go"),
)
def averaged(mdp: FiniteHorizonMDP, pi: Policy, stationary: StationaryPolicy) -> Any:
    """Only its own projection can be a stationary policy with the averaged occupancy of a time-varying one.

    ``dbar^pi(s, a) - dbar^pi(s) sigma(a|s)`` is ``dbar^pi - dbar^sigma`` at (s, a) plus ``sigma(a|s)``
    times ``dbar^sigma - dbar^pi`` at s. If the occupancies agree, sigma is the projection wherever
    ``dbar^pi(s) > 0``. The false variant shows that the projection may fail: no stationary policy has that
    averaged occupancy.
    """
    return _off_projection(mdp, pi, stationary) <= 2 * _off_average(mdp, pi, stationary)


def _wait_and_stay() -> tuple[Any, ...]:
    mdp, waiting = _wait_then_go()
    return mdp, waiting, ar.asarray([[1, 0], [1, 0]])


def _off_projection(mdp: TabularMDP, pi: Numbers, stationary: Numbers) -> Any:
    mean = mean_occupancy(mdp, pi)
    return l1_norm(mean - ar.sum(mean, -1)[..., None] * stationary[..., 0, :, :], axes=2)


def _off_average(mdp: TabularMDP, pi: Numbers, stationary: Numbers) -> Any:
    return l1_norm(mean_occupancy(mdp, pi) - mean_occupancy(mdp, stationary), axes=2)


@averaged.false_variant("the projection realises the average", counterexample=lambda: _wait_and_stay())
def averaged_is_realised(mdp: FiniteHorizonMDP, pi: Policy, stationary: StationaryPolicy) -> Any:
    d = mdp.occupancy(pi)
    projection = mdp.project(0 * d + mean_occupancy(mdp, pi)[..., None, :, :])
    return equal(_off_average(mdp, pi, projection), 0)


@averaged.false_variant("half of it", counterexample=lambda: bandit(horizon=2))
def averaged_half(mdp: FiniteHorizonMDP, pi: Policy, stationary: StationaryPolicy) -> Any:
    return _off_projection(mdp, pi, stationary) <= _off_average(mdp, pi, stationary) / 2
