"""Ross and Bagnell 2014: the estimate AggreVaTe makes from sampled returns (theorem 2.2).

One sample follows a policy up to a uniformly random step h, takes a uniformly random action there and lets
the expert finish; ``A pi(a|s) hat Q`` estimates what a policy ``pi`` would earn. Costs are ``1 - r``; T is H.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.aggrevate_2014 import aggrevate
from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Sizes, Tight, claim
from iltheory.claims.kinds import FiniteHorizonMDP, Policy, PositiveUnitInterval
from iltheory.claims.tables import coin, off_course, playing, task
from iltheory.measures import average, expected_loss, explored_return, largest, steps, sum_over_pairs
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF = Fraction(1, 2)
ONE = ar.convert(1, "ball", bits=512)


def _fair_coin() -> tuple[Any, ...]:
    mdp, expert, learner = coin([1, 0], [1, 0])
    return mdp, expert, expert, learner


def _off_course_seen() -> tuple[Any, ...]:
    mdp, expert, learner = off_course()
    return mdp, expert, expert, learner


@claim(
    id="aggrevate-2014-finite-sample",
    source=aggrevate("Theorem 2.2, the estimate"),
    statement=r"\mathbb{E}_{h, s \sim d^{\pi_i}, a \sim U}\left[A\,\pi(a | s)\,\hat Q\right] = "
    r"\tfrac1H \sum_h \mathbb{E}_{d_h^{\pi_i}}[Q_h^{\pi_E}(s, \pi)]",
    status=FROM_MEMORY,
    tight=lambda: Tight(_off_course_seen(), lhs=2, rhs=2, note="returns 3, 2 and 1 whatever is done first"),
)
def unbiased(mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy) -> Any:
    """One uniformly random action, weighted, estimates the loss of every policy without bias.

    ``hat Q`` is the return from the random step h on: act at random once, then follow the expert. The weight
    ``A pi(a|s)`` over the probability 1/A of each action leaves ``E_{a ~ pi}``. The left-hand side carries
    weighted samples forward, the right-hand side comes from the recursion for ``Q``.
    """
    seen = mdp.state_occupancy(gathering)
    return equal(explored_return(mdp, gathering, expert, learner), expected_loss(mdp, mdp.q(expert), learner, seen))


@unbiased.false_variant("not weighted by A", counterexample=_fair_coin)
def unweighted(mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy) -> Any:
    seen = mdp.state_occupancy(gathering)
    estimate = explored_return(mdp, gathering, expert, learner) / mdp.n_actions
    return equal(estimate, expected_loss(mdp, mdp.q(expert), learner, seen))


@unbiased.false_variant("the learner goes on", counterexample=_off_course_seen)
def learner_goes_on(mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy) -> Any:
    seen = mdp.state_occupancy(gathering)
    estimate = explored_return(mdp, gathering, expert, learner)
    return equal(estimate, expected_loss(mdp, mdp.q(learner), learner, seen))


def second_moment(mdp: TabularMDP, expert: Any, gathering: Any, learner: Any) -> Any:
    """``E (A pi(a|s) Q_h^E(s, a))^2`` for a uniformly random step and action."""
    weighted = mdp.n_actions * mdp.policy(learner) * mdp.q(expert)
    squares = ar.sum(weighted * weighted, -1) / mdp.n_actions
    return average(mdp, mdp.state_occupancy(gathering), squares)


@claim(
    id="aggrevate-2014-finite-sample.second-moment",
    source=aggrevate("Theorem 2.2, the estimate"),
    statement=r"\mathbb{E}[(A\,\pi(a | s)\,Q_h^{\pi_E}(s, a))^2] \le "
    r"A\,\mathbb{E}_{a \sim \pi}[Q_h^{\pi_E}(s, a)^2]",
    status=DERIVED_HERE,
    tight=lambda: Tight(_fair_coin(), lhs=2, rhs=2, note="equality for every deterministic policy"),
)
def moment(mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy) -> Any:
    """Exploring with a uniformly random action costs a factor A in the variance, not ``A^2``.

    The second moment is ``A E sum_a pi(a|s)^2 Q^2``, and ``pi^2 <= pi``.
    """
    q = mdp.q(expert)
    played = expected_loss(mdp, q * q, learner, mdp.state_occupancy(gathering))
    return second_moment(mdp, expert, gathering, learner) <= mdp.n_actions * played


@moment.false_variant("no price of exploring", counterexample=_fair_coin)
def moment_free(mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy) -> Any:
    q = mdp.q(expert)
    played = expected_loss(mdp, q * q, learner, mdp.state_occupancy(gathering))
    return second_moment(mdp, expert, gathering, learner) <= played


def _fork() -> tuple[Any, ...]:
    mdp = task([[0, 0], [1, 1]], [[1, 1], [0, 0]], horizon=1, start=[HALF, HALF])
    return mdp, playing(0, 0), playing(0, 0), playing(0, 0)


@moment.false_variant("the square of the mean", counterexample=_fork)
def moment_of_mean(mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy) -> Any:
    played = expected_loss(mdp, mdp.q(expert), learner, mdp.state_occupancy(gathering))
    return second_moment(mdp, expert, gathering, learner) <= mdp.n_actions * played * played


def generating_function(mdp: TabularMDP, expert: Any, gathering: Any, learner: Any, scale: Any) -> Any:
    """``H A E exp(scale (mean - estimate))`` for a uniformly random step and action."""
    seen, q = mdp.state_occupancy(gathering), mdp.q(expert)
    mean_of_it = expected_loss(mdp, q, learner, seen)
    error = mean_of_it[..., None, None, None] - mdp.n_actions * mdp.policy(learner) * q
    return sum_over_pairs(mdp, seen[..., None] * ar.exp(scale[..., None, None, None] * error))


def _range(mdp: TabularMDP, expert: Any) -> Any:
    """``A max Q``, the range of the estimate if rewards are not negative."""
    return mdp.n_actions * largest(mdp, ar.amax(mdp.q(expert), -1))


@claim(
    id="aggrevate-2014-finite-sample.concentration",
    source=aggrevate("Theorem 2.2, the estimate"),
    statement=r"H A\,\mathbb{E}\left[e^{\lambda (\ell_i(\pi) - A \pi(a | s) Q_h^{\pi_E}(s, a))}\right] \le "
    r"H A\,e^{\lambda^2 (A\,Q_{max})^2 / 8}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=Sizes(strict=True),
    tight=lambda: Tight(
        (*_fair_coin(), 1),
        lhs=ar.exp(ONE) + ar.exp(-ONE),
        rhs=2 * ar.exp(ONE / 2),
        note="the estimate is 0 or 2: 2 cosh(1) against 2 exp(1/2)",
    ),
)
def concentration(
    mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy, scale: PositiveUnitInterval
) -> Any:
    """Each estimate concentrates as a number in ``[0, A Q_max]`` does: the theorem's sampling term.

    Hoeffding's lemma. Multiplied over m samples in each of N iterations, whatever the learners do with the
    past, and by Markov's inequality, the average is off by more than ``A Q_max sqrt(log(1/delta) / (2 m
    N))`` with probability at most ``delta``; the theorem has H times that.
    """
    width = scale * _range(mdp, expert)
    choices = steps(mdp) * mdp.n_actions
    return generating_function(mdp, expert, gathering, learner, scale) <= choices * ar.exp(width * width / 8)


@concentration.false_variant("half the exponent", counterexample=lambda: (*_fair_coin(), 1))
def concentration_half(
    mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy, scale: PositiveUnitInterval
) -> Any:
    width = scale * _range(mdp, expert)
    choices = steps(mdp) * mdp.n_actions
    return generating_function(mdp, expert, gathering, learner, scale) <= choices * ar.exp(width * width / 16)


@concentration.false_variant("range without A", counterexample=lambda: (*_fair_coin(), 1))
def concentration_without_actions(
    mdp: FiniteHorizonMDP, expert: Policy, gathering: Policy, learner: Policy, scale: PositiveUnitInterval
) -> Any:
    width = scale * _range(mdp, expert) / mdp.n_actions
    choices = steps(mdp) * mdp.n_actions
    return generating_function(mdp, expert, gathering, learner, scale) <= choices * ar.exp(width * width / 8)
