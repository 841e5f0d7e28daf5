"""Ross, Gordon and Bagnell 2011: what DAgger keeps with finitely many samples, and loses without convexity.

Theorem 4.2 is about a random event: data are sampled trajectories, and each learner is chosen from the data
before it. Here that probability is computed, not sampled. A class of K deterministic policies is given; at
iteration i one of them is chosen, m trajectories of ``beta_i pi_E + (1 - beta_i) hat pi_i`` are drawn, and
the visited states where it disagrees with the expert are counted. The law of the count comes from a
recursion over (state, count); the tree of all histories of choices and counts is enumerated; each leaf is
compared rigorously with the irrational threshold; and backward induction takes the worst choice at every
node. So the left-hand side is the failure probability of the worst rule for choosing learners from counts,
follow-the-leader or any other. Rewards are ``r = 1 - c``, and T is H.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Sizes, Tight, claim
from iltheory.claims.dagger_2011 import dagger
from iltheory.claims.dagger_2011_no_regret import penalty
from iltheory.claims.kinds import (
    Count,
    DeterministicPolicies,
    DeterministicPolicy,
    FiniteHorizonMDP,
    Iterations,
    PositiveUnitInterval,
    Samples,
    UnitIntervals,
)
from iltheory.claims.tables import playing, task
from iltheory.measures import (
    acting,
    expected_loss,
    interference,
    mean,
    mistake_law,
    smallest,
    step_errors,
    steps,
    together,
    worst_failure_probability,
)
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF = Fraction(1, 2)
TREE = Sizes(n_states=4, n_actions=3, horizon=4, length=2, strict=True)
"""Sizes at which all histories can be enumerated: ``(K (m H + 1))^N`` of them."""


CycleLength = Annotated[int, Count(12, least=2)]
"""Horizon of the cycle."""


def failure(
    mdp: TabularMDP, expert: Any, learners: Sequence[Any], betas: Sequence[Any], samples: int, margin: Any
) -> Any:
    """Probability, for the worst rule, that the smallest own loss exceeds the observed mean by a margin."""
    laws = [
        together((mistake_law(mdp, expert, pi, acting(expert, pi, beta), samples) for pi in learners), -2)
        for beta in betas
    ]
    mistakes = [step_errors(mdp, expert, pi, mdp.state_occupancy(pi)) for pi in learners]
    own = samples * together((ar.sum(steps_of, -1) for steps_of in mistakes), -1)
    return worst_failure_probability(own, laws, margin)


def deviation(delta: Any, size: int) -> Any:
    """``sqrt(2 log(1/delta) / size)``."""
    return ar.sqrt(-2 * ar.log(delta) / size)


def _fork(samples: int, delta: Fraction) -> tuple[Any, ...]:
    """One step from one of two states, each as likely; the learner errs in the second."""
    mdp = task([[0, 0], [1, 1]], [[1, 0], [1, 0]], horizon=1, start=[HALF, HALF])
    return mdp, playing(0, 0), (playing(0, 1),), (0,), samples, delta


@claim(
    id="dagger-2011-thm-4-2",
    source=dagger("Theorem 4.2"),
    statement=r"\Pr\left[\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] > "
    r"\hat\epsilon_N + \hat\gamma_N + "
    r"\frac2N \sum_{i=1}^N \min(1, H \beta_i) + \sqrt{\frac{2 \log(1 / \delta)}{m N}}\right] \le \delta",
    status=AS_PUBLISHED,
    largest=TREE,
    tight=lambda: Tight(
        _fork(1, Fraction(9, 10)), lhs=HALF, rhs=Fraction(9, 10), note="the learner's mistake is not seen"
    ),
)
def finite_sample(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    """With m sampled trajectories an iteration, theorem 4.1 holds for observed losses with high probability.

    True minus observed loss of the j-th trajectory of iteration i are martingale differences in [-1, 1],
    however the learners are chosen from the past; by Azuma's inequality their average exceeds ``sqrt(2
    log(1/delta) / (m N))`` with probability at most ``delta``. For the 0-1 loss and a finite class the
    probability is computed exactly.
    """
    margin = 2 * penalty(mdp, betas) + deviation(delta, samples * len(betas))
    return failure(mdp, expert, learners, betas, samples, margin) <= delta


@finite_sample.false_variant("no sampling error", counterexample=lambda: _fork(1, HALF / 2))
def sample_free(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    return failure(mdp, expert, learners, betas, samples, 2 * penalty(mdp, betas)) <= delta


@finite_sample.false_variant("a quarter of the deviation", counterexample=lambda: _fork(1, HALF / 2))
def sample_quarter(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    margin = 2 * penalty(mdp, betas) + deviation(delta, 16 * samples * len(betas))
    return failure(mdp, expert, learners, betas, samples, margin) <= delta


@finite_sample.false_variant("no root of the sample size", counterexample=lambda: _fork(32, Fraction(1, 10)))
def sample_no_root(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    margin = 2 * penalty(mdp, betas) + deviation(delta, (samples * len(betas)) ** 2)
    return failure(mdp, expert, learners, betas, samples, margin) <= delta


@claim(
    id="dagger-2011-thm-4-2.sharper",
    source=dagger("Theorem 4.2"),
    statement=r"\Pr\left[\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] > "
    r"\hat\epsilon_N + \hat\gamma_N + "
    r"\frac1N \sum_{i=1}^N \frac1H \sum_{h=1}^H (1 - (1 - \beta_i)^{h - 1}) + "
    r"\sqrt{\frac{\log(1 / \delta)}{2 m N}}\right] \le \delta",
    status=DERIVED_HERE,
    largest=TREE,
    tight=lambda: Tight(
        _fork(1, Fraction(61, 100)),
        lhs=HALF,
        rhs=Fraction(61, 100),
        note="one sample: the bound is 0.607 at best",
    ),
)
def finite_sample_sharper(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    """The sampling error may be halved, and the penalty replaced by the exact coupling.

    Given the past, true minus observed loss lies in an interval of length 1, not 2, so Azuma's inequality in
    Hoeffding's form has ``exp(-2 m N x^2)`` in place of ``exp(-m N x^2 / 2)``; the penalty is that of
    theorem 4.1 in its coupling form.
    """
    moved = mean(interference(mdp, beta) for beta in betas)
    margin = moved + deviation(delta, 4 * samples * len(betas))
    return failure(mdp, expert, learners, betas, samples, margin) <= delta


@finite_sample_sharper.false_variant("half the deviation", counterexample=lambda: _fork(1, HALF / 2))
def sharper_half(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    moved = mean(interference(mdp, beta) for beta in betas)
    margin = moved + deviation(delta, 16 * samples * len(betas))
    return failure(mdp, expert, learners, betas, samples, margin) <= delta


@finite_sample_sharper.false_variant(
    "as if each visited state were a sample", counterexample=lambda: _repeated(Fraction(1, 4))
)
def sharper_all_states(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    moved = mean(interference(mdp, beta) for beta in betas)
    margin = moved + deviation(delta, 4 * samples * len(betas) * steps(mdp))
    return failure(mdp, expert, learners, betas, samples, margin) <= delta


def _repeated(delta: Fraction) -> tuple[Any, ...]:
    """The fork for three steps without moving: one sample repeated, not three."""
    mdp = task([[0, 0], [1, 1]], [[1, 0], [1, 0]], horizon=3, start=[HALF, HALF])
    return mdp, playing(0, 0), (playing(0, 1),), (0,), 1, delta


def follow_the_leader(losses: Sequence[Sequence[Any]], iterations: int) -> list[int]:
    """Play each time what would have lost least so far, the first of several.

    ``losses[i][j]`` is what j would have lost when i was played.
    """
    total = [Fraction(0)] * len(losses)
    played = []
    for _ in range(iterations):
        leader = total.index(min(total))
        played.append(leader)
        total = [before + Fraction(loss) for before, loss in zip(total, losses[leader], strict=True)]
    return played


def _cycle(horizon: int, iterations: int) -> tuple[list[Any], Any]:
    """Follow-the-leader's own losses on the cycle, and the average loss of the best policy in hindsight."""
    mdp, expert, policies = families.ftl_cycle(horizon=horizon)
    visits = [mdp.state_occupancy(pi) for pi in policies]
    losses = [[expected_loss(mdp, 1 - expert, pi, states) for pi in policies] for states in visits]
    played = follow_the_leader(losses, iterations)
    best = smallest(mean(losses[i][j] for i in played) for j in range(len(policies)))
    return [losses[i][i] for i in played], best


@claim(
    id="dagger-ftl-needs-convexity",
    source=dagger("Theorem 4.1, why its losses are strongly convex"),
    statement=r"\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] - \epsilon_N \ge \tfrac12 - \tfrac1H "
    r"\text{ for all } N",
    status=DERIVED_HERE,
    tight=lambda: Tight((4, 3), lhs=Fraction(1, 4), rhs=Fraction(1, 4), note="losses 3/4, 1, 3/4 against 1/2"),
)
def no_convexity(horizon: CycleLength, iterations: Iterations) -> Any:
    """With the 0-1 loss DAgger with follow-the-leader does not find the better of two policies, ever.

    In a model of three states the policy played always loses at least 1 - 1/H, since each of the two errs
    where it leads. The losses of both add up to 1 at every iteration, so the better one has lost at most
    half in hindsight: ``epsilon_N <= 1/2``. Hence theorem 4.1 needs losses that are strongly convex in what
    is learnt.
    """
    own, best = _cycle(horizon, iterations)
    return smallest(own) - best >= HALF - Fraction(1, horizon)


@no_convexity.false_variant("the best loss is found at rate 1 / N", counterexample=lambda: (4, 5))
def convexity_not_needed(horizon: CycleLength, iterations: Iterations) -> Any:
    own, best = _cycle(horizon, iterations)
    return smallest(own) <= best + Fraction(1, iterations)


@no_convexity.false_variant("always half too much", counterexample=lambda: (4, 3))
def half_too_much(horizon: CycleLength, iterations: Iterations) -> Any:
    own, best = _cycle(horizon, iterations)
    return smallest(own) - best >= HALF


@claim(
    id="dagger-ftl-needs-convexity.regret",
    source=dagger("Theorem 4.1, why its losses are strongly convex"),
    statement=r"\gamma_N \ge \tfrac12 - \frac{n_1}{H N},\quad n_1 = |\{i : \hat\pi_i = \pi_1\}|",
    status=DERIVED_HERE,
    tight=lambda: Tight((4, 3), lhs=Fraction(1, 3), rhs=Fraction(1, 3), note="losses 3/4, 1, 3/4 against 1/2"),
)
def no_convexity_regret(horizon: CycleLength, iterations: Iterations) -> Any:
    """The average regret does not vanish.

    The first policy loses 1 - 1/H when it plays and the second loses 1, against at most 1/2 in hindsight.
    """
    own, best = _cycle(horizon, iterations)
    first = sum(1 for loss in own if Fraction(loss) < 1)
    return mean(own) - best >= HALF - Fraction(first, horizon * iterations)


@no_convexity_regret.false_variant("vanishing regret", counterexample=lambda: (4, 8))
def vanishing_regret(horizon: CycleLength, iterations: Iterations) -> Any:
    own, best = _cycle(horizon, iterations)
    return mean(own) - best <= Fraction(2, iterations)


@no_convexity_regret.false_variant("half an error an iteration", counterexample=lambda: (4, 3))
def half_an_error(horizon: CycleLength, iterations: Iterations) -> Any:
    own, best = _cycle(horizon, iterations)
    return mean(own) - best >= HALF
