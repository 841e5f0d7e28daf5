"""Ross and Bagnell, Reinforcement and imitation learning via interactive no-regret learning, 2014: AggreVaTe.

The expert's values, on the states of a mixture; NRPI has a file of its own. The paper counts costs; here
rewards are ``r = 1 - c`` and T is H, so a loss is minus a ``Q``. As in DAgger, ``epsilon_class +
epsilon_regret`` is an average over the sequence of policies, whatever the class, so no class appears:
``epsilon_regret = (1/N) sum_i l_i(hat pi_i) - min_pi (1/N) sum_i l_i(pi)``, and ``epsilon_class`` is that
minimum less what the best action (or, starred, the expert) would lose. ``J(bar pi)`` is the mean of ``J(hat
pi_i)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Tight, claim
from iltheory.claims.dagger_2011_no_regret import geometric, logarithm
from iltheory.claims.kinds import (
    FiniteHorizonMDP,
    Policies,
    Policy,
    PositiveUnitInterval,
    UnitIntervals,
)
from iltheory.claims.tables import off_course, playing, task
from iltheory.measures import (
    acting,
    expected_loss,
    gap,
    interference,
    largest,
    mean,
    shortfall,
    steps,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
ONE = ar.convert(1, "ball", bits=512)


def aggrevate(theorem: str) -> Paper:
    """A theorem of the paper."""
    title = "Reinforcement and imitation learning via interactive no-regret learning"
    return Paper("Ross and Bagnell", 2014, title, theorem, arxiv="1406.5979")


def largest_advantage(mdp: TabularMDP, expert: Any) -> Any:
    """``max |Q^E - V^E|``."""
    return largest(mdp, ar.amax(ar.absolute(mdp.advantage(expert)), -1))


def regrets(mdp: TabularMDP, expert: Any, loss: Any, learners: Sequence[Any], betas: Sequence[Any]) -> Any:
    """``epsilon_class + epsilon_regret``: mean loss of the learners on the states their mixtures visit."""
    mixtures = [acting(expert, pi, beta) for pi, beta in zip(learners, betas, strict=True)]
    return mean(
        expected_loss(mdp, loss, pi, mdp.state_occupancy(mixture))
        for pi, mixture in zip(learners, mixtures, strict=True)
    )


def moved(mdp: TabularMDP, betas: Sequence[Any]) -> Any:
    """``(1/N) sum_i sum_h (1 - (1 - beta_i)^(h-1))``."""
    return steps(mdp) * mean(interference(mdp, beta) for beta in betas)


def mean_gap(mdp: TabularMDP, expert: Any, learners: Sequence[Any]) -> Any:
    """``J(expert) - J(bar pi)``."""
    return mean(gap(mdp, expert, pi) for pi in learners)


def _crossroads(*betas: Fraction) -> tuple[Any, ...]:
    """A learner that is worse than the expert where it goes itself, and better where the expert goes.

    From state 0 the expert goes to state 1, the learner to state 2; in 1 the expert earns nothing and the
    learner 1, in 2 it is the other way round.
    """
    mdp = task([[1, 2], [1, 1], [2, 2]], [[0, 0], [0, 1], [1, 0]], horizon=2)
    return mdp, playing(0, 0, 0), (playing(1, 1, 1),) * len(betas), betas


@claim(
    id="aggrevate-2014-thm-2-1",
    source=aggrevate("Theorem 2.1, explicit form"),
    statement=r"J(\pi_E) - J(\bar\pi) \le H (\epsilon_{class} + \epsilon_{regret}) + "
    r"\frac{2 Q_{max}}{N} \sum_{i=1}^N \sum_{h=1}^H (1 - (1 - \beta_i)^{h - 1})",
    status=FROM_MEMORY,
    tight=lambda: Tight(_erring_loop(5), lhs=Fraction(5, 2), rhs=Fraction(5, 2), note="one state, no mixing"),
)
def aggrevate_bound(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    """Imitating the expert's values pays linearly for what the class and the regret leave.

    The mixing form below, and ``max_a Q^E(s, a) >= V^E(s)``: measuring the class against the best action
    instead of the expert only enlarges the right-hand side. ``Q_max = max |Q^E - V^E|``.
    """
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning + 2 * largest_advantage(mdp, expert) * moved(mdp, betas)


@aggrevate_bound.false_variant("no mixing term", counterexample=lambda: _off_course(Fraction(1)))
def aggrevate_unmixed(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning


@aggrevate_bound.false_variant("no horizon", counterexample=lambda: _erring_loop(2))
def aggrevate_without_horizon(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    learning = regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning + 2 * largest_advantage(mdp, expert) * moved(mdp, betas)


def _off_course(*betas: Fraction) -> tuple[Any, ...]:
    mdp, expert, learner = off_course()
    return mdp, expert, (learner,) * len(betas), betas


def _erring_loop(horizon: int) -> tuple[Any, ...]:
    mdp, expert, learner = families.loop(horizon=horizon, error=HALF)
    return mdp, expert, (learner,), (0,)


def _two_loops() -> Tight:
    mdp, expert, learner = families.loop(horizon=5, error=Fraction(1, 10))
    return Tight((mdp, expert, (expert, learner)), lhs=QUARTER, rhs=QUARTER, note="the mean of 0 and 1/2")


@claim(
    id="aggrevate-2014-thm-2-1.equality",
    source=aggrevate("Theorem 2.1, without mixing"),
    statement=r"J(\pi_E) - J(\bar\pi) = H (\epsilon_{class}^* + \epsilon_{regret}),\quad \beta_i = 0",
    status=DERIVED_HERE,
    tight=_two_loops,
)
def aggrevate_equality(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies) -> Any:
    """Without mixing, and with the class measured against the expert, nothing is lost in the theorem.

    The identity behind theorem 2.2 of DAgger, averaged over the policies. ``epsilon_class^*`` may be
    negative: then the learner improves on the expert.
    """
    lost = mean(expected_loss(mdp, -mdp.advantage(expert), pi, mdp.state_occupancy(pi)) for pi in learners)
    return equal(mean_gap(mdp, expert, learners), steps(mdp) * lost)


def _one_off_course() -> tuple[Any, ...]:
    mdp, expert, learner = off_course()
    return mdp, expert, (learner,)


@aggrevate_equality.false_variant("on the expert's states", counterexample=_one_off_course)
def equality_on_expert(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies) -> Any:
    states = mdp.state_occupancy(expert)
    lost = mean(expected_loss(mdp, -mdp.advantage(expert), pi, states) for pi in learners)
    return equal(mean_gap(mdp, expert, learners), steps(mdp) * lost)


@aggrevate_equality.false_variant("against the best action", counterexample=lambda: _crossroads(Fraction(0))[:3])
def equality_best_action(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies) -> Any:
    loss = shortfall(mdp, expert)
    lost = mean(expected_loss(mdp, loss, pi, mdp.state_occupancy(pi)) for pi in learners)
    return equal(mean_gap(mdp, expert, learners), steps(mdp) * lost)


@claim(
    id="aggrevate-2014-thm-2-1.mixing",
    source=aggrevate("Theorem 2.1, explicit form"),
    statement=r"J(\pi_E) - J(\bar\pi) - H (\epsilon_{class}^* + \epsilon_{regret}) \le "
    r"\frac{2 Q_{max}}{N} \sum_{i=1}^N \sum_{h=1}^H (1 - (1 - \beta_i)^{h - 1})",
    status=DERIVED_HERE,
    tight=lambda: Tight(_crossroads(HALF), lhs=1, rhs=1, note="2 beta: equality for every beta"),
)
def aggrevate_mixing(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    """Letting the expert act while data are gathered costs ``2 Q_max`` times the probability that it acted.

    The equality without mixing; under the mixture instead of the learner the law of ``s_h`` moves by at most
    ``1 - (1 - beta)^(h-1)`` in total variation (lemma 4.1 of DAgger), and ``V^E - Q^E(s, pi)`` lies in an
    interval of length ``2 Q_max``. The constant 2 cannot be improved.
    """
    lost = steps(mdp) * regrets(mdp, expert, -mdp.advantage(expert), learners, betas)
    return mean_gap(mdp, expert, learners) - lost <= 2 * largest_advantage(mdp, expert) * moved(mdp, betas)


@aggrevate_mixing.false_variant("half the constant", counterexample=lambda: _crossroads(HALF))
def mixing_half(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    lost = steps(mdp) * regrets(mdp, expert, -mdp.advantage(expert), learners, betas)
    return mean_gap(mdp, expert, learners) - lost <= largest_advantage(mdp, expert) * moved(mdp, betas)


@aggrevate_mixing.false_variant("no mixing term", counterexample=lambda: _crossroads(HALF))
def mixing_free(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    lost = steps(mdp) * regrets(mdp, expert, -mdp.advantage(expert), learners, betas)
    return mean_gap(mdp, expert, learners) - lost <= 0


def _never_going(horizon: int, beta: Fraction) -> tuple[Any, ...]:
    """The one-way model, an expert that goes for good and earns 1 at every step, a learner that stays and earns 0."""
    mdp, expert, learner = families.one_way(horizon=horizon, mixing=0)
    return mdp.with_rewards(ar.asarray([[0, 1], [1, 1]])), expert, (learner,), (beta,)


@claim(
    id="aggrevate-2014-thm-2-1.sharper",
    source=aggrevate("Theorem 2.1, explicit form"),
    statement=r"J(\pi_E) - J(\bar\pi) \le H (\epsilon_{class} + \epsilon_{regret}) + "
    r"\frac{Q_{max}}{N} \sum_{i=1}^N \sum_{h=1}^H (1 - (1 - \beta_i)^{h - 1})",
    status=DERIVED_HERE,
    tight=lambda: Tight(_never_going(6, QUARTER), lhs=6, rhs=6, note="go, or stay for ever: equality for every beta"),
)
def aggrevate_sharper(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    """Half the published mixing term suffices where the class is measured against the best action.

    With ``g = max_a Q^E - V^E >= 0`` and the loss ``l = max_a Q^E - Q^E(s, pi) >= 0``, a step costs ``E_d [l - g]``
    under the learner's d and is seen as ``E_m l`` under the mixture's m. In ``E_d [l - g] - E_m l <= sum (d - m)+ (l -
    g)`` the mass is at most ``1 - (1 - beta)^(h-1)``, and ``l - g = V^E - Q^E(s, pi)`` at most ``Q_max``.
    """
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning + largest_advantage(mdp, expert) * moved(mdp, betas)


@aggrevate_sharper.false_variant("half the mixing term", counterexample=lambda: _never_going(3, QUARTER))
def sharper_half(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning + largest_advantage(mdp, expert) * moved(mdp, betas) / 2


@aggrevate_sharper.false_variant("against the expert's action", counterexample=lambda: _crossroads(HALF))
def sharper_starred(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    lost = steps(mdp) * regrets(mdp, expert, -mdp.advantage(expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= lost + largest_advantage(mdp, expert) * moved(mdp, betas)


def _geometric_off_course(alpha: Fraction, iterations: int) -> tuple[Any, ...]:
    mdp, expert, learner = off_course()
    return mdp, expert, (learner,) * iterations, alpha


def _published_rest(mdp: TabularMDP, expert: Any, alpha: Any, iterations: int) -> Any:
    """``2 Q_max H (log H + 1) / (alpha N)``."""
    price = 2 * largest_advantage(mdp, expert) * steps(mdp)
    return price * (logarithm(steps(mdp), alpha) + 1) / (alpha * iterations)


@claim(
    id="aggrevate-2014-thm-2-1.geometric",
    source=aggrevate("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\bar\pi) \le H (\epsilon_{class} + \epsilon_{regret}) + "
    r"\frac{2 Q_{max} H (\log H + 1)}{\alpha N},\quad \beta_i = (1 - \alpha)^{i - 1}",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        _geometric_off_course(Fraction(1), 1),
        lhs=2,
        rhs=6 * (ar.log(3 * ONE) + 1),
        note="no mistake where the expert acts",
    ),
)
def aggrevate_geometric(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, alpha: PositiveUnitInterval) -> Any:
    """As published, ``O(Q_max H log H / (alpha N))``, with the constant spelt out.

    The explicit form with ``sum_h (1 - (1 - beta)^(h-1)) <= H min(1, H beta)``, and DAgger's bound on the
    sum of these over a geometric schedule.
    """
    betas = geometric(alpha, len(learners))
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning + _published_rest(mdp, expert, alpha, len(learners))


@aggrevate_geometric.false_variant(
    "an eighth of the rest", counterexample=lambda: _geometric_off_course(Fraction(1), 1)
)
def geometric_eighth(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, alpha: PositiveUnitInterval) -> Any:
    betas = geometric(alpha, len(learners))
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    rest = _published_rest(mdp, expert, alpha, len(learners))
    return mean_gap(mdp, expert, learners) <= learning + rest / 8


@aggrevate_geometric.false_variant("without alpha", counterexample=lambda: _geometric_off_course(Fraction(1, 32), 8))
def geometric_without_alpha(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
    betas = geometric(alpha, len(learners))
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    rest = alpha * _published_rest(mdp, expert, alpha, len(learners))
    return mean_gap(mdp, expert, learners) <= learning + rest
