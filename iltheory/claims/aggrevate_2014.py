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

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.dagger_2011 import acting, interference
from iltheory.claims.dagger_2011_no_regret import geometric, logarithm
from iltheory.claims.kinds import (
    FiniteHorizonMDP,
    Policies,
    Policy,
    PositiveUnitInterval,
    UnitIntervals,
)
from iltheory.claims.tables import coin, off_course, playing, task
from iltheory.measures import (
    average,
    expected_loss,
    explored_return,
    gap,
    largest,
    mean,
    steps,
    sum_over_pairs,
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


def shortfall(mdp: TabularMDP, expert: Any) -> Any:
    """What an action loses against the best one before the expert goes on: ``max_a Q^E - Q^E(s, .)``."""
    q = mdp.q(expert)
    return ar.amax(q, -1)[..., None] - q


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
    return mean_gap(mdp, expert, learners) <= learning + 2 * largest_advantage(mdp, expert) * moved(
        mdp, betas
    )


@aggrevate_bound.false_variant("no mixing term", counterexample=lambda: _off_course(Fraction(1)))
def aggrevate_unmixed(mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals) -> Any:
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning


@aggrevate_bound.false_variant("no horizon", counterexample=lambda: _erring_loop(2))
def aggrevate_without_horizon(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, betas: UnitIntervals
) -> Any:
    learning = regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    return mean_gap(mdp, expert, learners) <= learning + 2 * largest_advantage(mdp, expert) * moved(
        mdp, betas
    )


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


@aggrevate_equality.false_variant(
    "against the best action", counterexample=lambda: _crossroads(Fraction(0))[:3]
)
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
def aggrevate_geometric(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
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
def geometric_eighth(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
    betas = geometric(alpha, len(learners))
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    rest = _published_rest(mdp, expert, alpha, len(learners))
    return mean_gap(mdp, expert, learners) <= learning + rest / 8


@aggrevate_geometric.false_variant(
    "without alpha", counterexample=lambda: _geometric_off_course(Fraction(1, 32), 8)
)
def geometric_without_alpha(
    mdp: FiniteHorizonMDP, expert: Policy, learners: Policies, alpha: PositiveUnitInterval
) -> Any:
    betas = geometric(alpha, len(learners))
    learning = steps(mdp) * regrets(mdp, expert, shortfall(mdp, expert), learners, betas)
    rest = alpha * _published_rest(mdp, expert, alpha, len(learners))
    return mean_gap(mdp, expert, learners) <= learning + rest


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
    return equal(
        explored_return(mdp, gathering, expert, learner), expected_loss(mdp, mdp.q(expert), learner, seen)
    )


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
