"""Ross and Bagnell 2014: NRPI, no-regret policy iteration on states of an exploration law.

The paper counts costs; here rewards are ``r = 1 - c`` and T is H, so the loss of a policy at iteration i is
``l_i(pi) = -(1/H) sum_h E_{s ~ nu_h} Q_h^{hat pi_i}(s, pi)``, and its regret against a comparator is the
comparator's expected advantage over ``hat pi_i``. The theorem holds for any policies, comparator and
exploration law.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iltheory.claims.aggrevate_2014 import aggrevate, mean_gap
from iltheory.claims.claim import FROM_MEMORY, Tight, claim
from iltheory.claims.kinds import FiniteHorizonMDP, Policies, Policy, StateLaws
from iltheory.claims.tables import playing, task
from iltheory.measures import expected_loss, greatest, largest, mean, steps
from sims import TabularMDP
from sims import arithmetic as ar


def regret(mdp: TabularMDP, comparator: Any, learners: Sequence[Any], exploration: Any) -> Any:
    """Average regret of a sequence of policies against a comparator, on explored states."""
    return mean(expected_loss(mdp, mdp.advantage(pi), comparator, exploration) for pi in learners)


def largest_range(mdp: TabularMDP, learners: Sequence[Any]) -> Any:
    """``Q_max``: the largest range of a policy's ``Q`` over actions, in any state."""
    values = [mdp.q(pi) for pi in learners]
    return greatest(largest(mdp, ar.amax(q, -1) - ar.amin(q, -1)) for q in values)


def distance(mdp: TabularMDP, exploration: Any, pi: Any) -> Any:
    """``sum_h ||nu_h - d_h^pi||_1``."""
    return ar.sum(ar.absolute(exploration - mdp.state_occupancy(pi)), (-2, -1))


def _elsewhere() -> tuple[Any, ...]:
    """One step. The comparator is better where it starts, and worse in the state that is explored."""
    mdp = task([[0, 0], [1, 1]], [[1, 0], [0, 1]], horizon=1)
    return mdp, playing(0, 0), (playing(1, 1),), ar.asarray([[0, 1]])


def _hidden_prize() -> tuple[Any, ...]:
    """Two steps. The comparator goes where it earns, the learner stays and explores where it stays."""
    mdp = task([[1, 0], [1, 1]], [[0, 0], [1, 0]], horizon=2)
    return mdp, playing(0, 0), (playing(1, 1),), ar.asarray([[1, 0], [1, 0]])


@claim(
    id="nrpi-2014-thm",
    source=aggrevate("NRPI, section 3"),
    statement=r"J(\pi') - J(\bar\pi) - H \epsilon_{regret}(\pi') \le H Q_{max} D(\nu, \pi'),\quad "
    r"D(\nu, \pi') = \tfrac1H \sum_h \|\nu_h - d_h^{\pi'}\|_1",
    status=FROM_MEMORY,
    tight=lambda: Tight(_elsewhere(), lhs=2, rhs=2, note="1 - (-1) and 1 * 2: equality"),
)
def nrpi(mdp: FiniteHorizonMDP, comparator: Policy, learners: Policies, exploration: StateLaws) -> Any:
    """Policy iteration without regret competes with every policy whose states are explored.

    ``J(pi') - J(pi_i) = sum_h E_{d_h^pi'} [Q_h^i(s, pi') - V_h^i(s)]``; the bracket lies in ``[-Q_max,
    Q_max]``, so taking the expectation under ``nu_h`` instead costs at most ``Q_max ||nu_h - d_h^pi'||_1``.
    A factor 1/2 is not allowed. ``Q_max`` is the largest range of a ``Q_h^i(s, .)``.
    """
    explored = steps(mdp) * regret(mdp, comparator, learners, exploration)
    unexplored = largest_range(mdp, learners) * distance(mdp, exploration, comparator)
    return mean_gap(mdp, comparator, learners) - explored <= unexplored


@nrpi.false_variant("half the distance", counterexample=_elsewhere)
def nrpi_half(mdp: FiniteHorizonMDP, comparator: Policy, learners: Policies, exploration: StateLaws) -> Any:
    explored = steps(mdp) * regret(mdp, comparator, learners, exploration)
    unexplored = largest_range(mdp, learners) * distance(mdp, exploration, comparator)
    return mean_gap(mdp, comparator, learners) - explored <= unexplored / 2


@nrpi.false_variant("explore where the learner goes", counterexample=_hidden_prize)
def nrpi_learner(mdp: FiniteHorizonMDP, comparator: Policy, learners: Policies, exploration: StateLaws) -> Any:
    explored = steps(mdp) * regret(mdp, comparator, learners, exploration)
    unexplored = largest_range(mdp, learners) * greatest(distance(mdp, exploration, pi) for pi in learners)
    return mean_gap(mdp, comparator, learners) - explored <= unexplored


@nrpi.false_variant("no horizon", counterexample=lambda: _two_steps())
def nrpi_without_horizon(mdp: FiniteHorizonMDP, comparator: Policy, learners: Policies, exploration: StateLaws) -> Any:
    explored = regret(mdp, comparator, learners, exploration)
    unexplored = largest_range(mdp, learners) * distance(mdp, exploration, comparator)
    return mean_gap(mdp, comparator, learners) - explored <= unexplored


def _two_steps() -> tuple[Any, ...]:
    """One state, two steps: the comparator earns, the learner does not."""
    return task([[0, 0]], [[1, 0]], horizon=2), playing(0), (playing(1),), ar.asarray([[1], [1]])
