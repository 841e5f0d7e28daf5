"""Ross, Gordon and Bagnell 2011, theorem 4.2 at sizes that no tree of histories reaches: DAgger is run, many times.

The 0-1 loss, a finite class of deterministic policies and follow-the-leader on the aggregated data: each
iteration plays the policy of the class that has erred least on all trajectories so far, the first of several.
The probability that the theorem's event fails is a sampled mean; what a policy loses on the states it visits
itself, and the margin, are computed. Rewards are ``r = 1 - c``, and T is H.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Sizes, Tight, claim
from iltheory.claims.dagger_2011 import dagger
from iltheory.claims.dagger_2011_no_regret import penalty
from iltheory.claims.dagger_2011_sampling import deviation
from iltheory.claims.kinds import Count, DeterministicPolicies, DeterministicPolicy, FiniteHorizonMDP, UnitIntervals
from iltheory.claims.tables import playing, task
from iltheory.measures import interference, mean, sampled_mean, step_errors, steps, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.tabular.sampling import Categorical, table

HALF = Fraction(1, 2)
SIZES = Sizes(n_states=16, n_actions=4, horizon=12, strict=True)

Trajectories = Annotated[int, Count(8)]
"""Trajectories an iteration."""
OneIn = Annotated[int, Count(16, least=2)]
"""k, for a failure probability of 1/k."""

Ints = NDArray[np.intp]


def run_dagger(
    mdp: TabularMDP,
    expert: Any,
    learners: Sequence[Any],
    betas: Sequence[Any],
    samples: int,
    rng: np.random.Generator,
    n: int,
) -> tuple[Ints, Ints]:
    """Run DAgger with follow-the-leader n times.

    Returns
    -------
    played : ints ``[n, N]``, the policy of each iteration
    observed : ints ``[n]``, mistakes of the policies played, on the ``N m H`` states they were judged on
    """
    acts = np.stack([_actions(mdp, pi) for pi in learners])
    total, observed = np.zeros((n, len(learners)), dtype=np.intp), np.zeros(n, dtype=np.intp)
    played = np.empty((n, len(betas)), dtype=np.intp)
    for i, beta in enumerate(betas):
        played[:, i] = leader = np.argmin(total, axis=1)
        mistakes = _mistakes(
            mdp, _actions(mdp, expert), acts, np.repeat(leader, samples), float(ar.midpoint(beta)), rng
        )
        mistakes = mistakes.reshape(n, samples, -1).sum(axis=1)
        observed += mistakes[np.arange(n), leader]
        total += mistakes
    return played, observed


def _mistakes(
    mdp: TabularMDP, expert: Ints, learners: Ints, leader: Ints, beta: float, rng: np.random.Generator
) -> Ints:
    """Mistakes ``[n, K]`` of every policy on n trajectories, each of the expert mixed into its leader."""
    n, counts = len(leader), np.zeros((len(leader), len(learners)), dtype=np.intp)
    state = Categorical(table(ar.midpoint(mdp.mu)[None])).draw(np.zeros(n, dtype=np.intp), rng)
    for h in range(steps(mdp)):
        shown, answers = expert[h, state], learners[:, h, state]
        counts += (answers != shown).T
        action = np.where(rng.random(n) < beta, shown, answers[leader, np.arange(n)])
        state = Categorical(mdp.transitions.rows(h)).draw(state * mdp.n_actions + action, rng)
    return counts


def _actions(mdp: TabularMDP, pi: Any) -> Ints:
    """Actions ``[H, S]`` of a deterministic policy."""
    chosen = np.argmax(ar.midpoint(mdp.policy(pi)), axis=-1)
    return np.broadcast_to(chosen, (steps(mdp), mdp.n_states))


def sampled_failure(
    mdp: TabularMDP, expert: Any, learners: Sequence[Any], betas: Sequence[Any], samples: int, margin: Any
) -> Any:
    """Probability that the smallest own loss of a policy played exceeds the observed mean by a margin.

    A run fails if it saw fewer mistakes than a threshold, the smallest of those of the policies it played. Where
    rounding leaves open which whole numbers are below a threshold, the answer is the hull of both.
    """
    own = together((ar.sum(step_errors(mdp, expert, pi, mdp.state_occupancy(pi)), -1) for pi in learners), -1)
    threshold = len(betas) * samples * (own - steps(mdp) * margin)

    def failures(limit: Sequence[float]) -> Any:
        def draw(rng: np.random.Generator, n: int) -> Any:
            played, observed = run_dagger(mdp, expert, learners, betas, samples, rng, n)
            return observed < np.asarray(limit)[played].min(axis=1)

        return sampled_mean(draw)

    limits = sorted({tuple(np.ceil(end(threshold))) for end in (ar.lower, ar.upper)})
    return ar.hull(failures(limits[0]), failures(limits[-1])) if len(limits) > 1 else failures(limits[0])


def _fork(samples: int, odds: int) -> tuple[Any, ...]:
    """One step from one of two states, each as likely; the learner errs in the second."""
    mdp = task([[0, 0], [1, 1]], [[1, 0], [1, 0]], horizon=1, start=[HALF, HALF])
    return mdp, playing(0, 0), (playing(0, 1),), (0,), samples, odds


def _repeated() -> tuple[Any, ...]:
    """The fork for three steps without moving: one sample repeated, not three."""
    mdp = task([[0, 0], [1, 1]], [[1, 0], [1, 0]], horizon=3, start=[HALF, HALF])
    return mdp, playing(0, 0), (playing(0, 1),), (0,), 1, 4


@claim(
    id="dagger-2011-thm-4-2.sampled",
    source=dagger("Theorem 4.2"),
    statement=r"\Pr\left[\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] > "
    r"\hat\epsilon_N + \hat\gamma_N + "
    r"\frac2N \sum_{i=1}^N \min(1, H \beta_i) + \sqrt{\frac{2 \log k}{m N}}\right] \le \frac1k",
    status=AS_PUBLISHED,
    largest=SIZES,
    samples=8192,
    tight=lambda: Tight(
        _fork(8, 2), lhs=Fraction(1, 2**8), rhs=HALF, note="the margin is 0.42: no mistake in 8 samples, where half err"
    ),
)
def finite_sample_sampled(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Trajectories,
    odds: OneIn,
) -> Any:
    """With m sampled trajectories an iteration, theorem 4.1 holds for observed losses with high probability.

    True minus observed loss of the j-th trajectory of iteration i are martingale differences in [-1, 1],
    however the learners are chosen from the past; by Azuma's inequality their average exceeds ``sqrt(2 log(k) /
    (m N))`` with probability at most ``1/k``. Here the learners are follow-the-leader's.
    """
    margin = 2 * penalty(mdp, betas) + deviation(_confidence(odds), samples * len(betas))
    return sampled_failure(mdp, expert, learners, betas, samples, margin) <= Fraction(1, odds)


def _confidence(odds: int) -> Any:
    return ar.INTERVAL.convert(Fraction(1, odds))


@finite_sample_sampled.false_variant("no sampling error", counterexample=lambda: _fork(1, 4))
def sampled_without_error(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Trajectories,
    odds: OneIn,
) -> Any:
    return sampled_failure(mdp, expert, learners, betas, samples, 2 * penalty(mdp, betas)) <= Fraction(1, odds)


@finite_sample_sampled.false_variant("a quarter of the deviation", counterexample=lambda: _fork(1, 4))
def sampled_quarter(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Trajectories,
    odds: OneIn,
) -> Any:
    margin = 2 * penalty(mdp, betas) + deviation(_confidence(odds), 16 * samples * len(betas))
    return sampled_failure(mdp, expert, learners, betas, samples, margin) <= Fraction(1, odds)


@claim(
    id="dagger-2011-thm-4-2.sampled-sharper",
    source=dagger("Theorem 4.2"),
    statement=r"\Pr\left[\min_i \mathbb{E}_{d_{\hat\pi_i}}[\ell(s, \hat\pi_i)] > "
    r"\hat\epsilon_N + \hat\gamma_N + "
    r"\frac1N \sum_{i=1}^N \frac1H \sum_{h=1}^H (1 - (1 - \beta_i)^{h - 1}) + "
    r"\sqrt{\frac{\log k}{2 m N}}\right] \le \frac1k",
    status=DERIVED_HERE,
    largest=SIZES,
    samples=8192,
    tight=lambda: Tight(
        _fork(6, 4), lhs=Fraction(1, 2**6), rhs=Fraction(1, 4), note="the margin is 0.34: no mistake in 6 samples"
    ),
)
def finite_sample_sampled_sharper(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Trajectories,
    odds: OneIn,
) -> Any:
    """The sampling error may be halved, and the penalty replaced by the exact coupling.

    Given the past, true minus observed loss lies in an interval of length 1, not 2, so Azuma's inequality in
    Hoeffding's form has ``exp(-2 m N x^2)`` in place of ``exp(-m N x^2 / 2)``; the penalty is that of
    theorem 4.1 in its coupling form.
    """
    moved = mean(interference(mdp, beta) for beta in betas)
    margin = moved + deviation(_confidence(odds), 4 * samples * len(betas))
    return sampled_failure(mdp, expert, learners, betas, samples, margin) <= Fraction(1, odds)


@finite_sample_sampled_sharper.false_variant("half the deviation", counterexample=lambda: _fork(1, 4))
def sampled_sharper_half(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Trajectories,
    odds: OneIn,
) -> Any:
    moved = mean(interference(mdp, beta) for beta in betas)
    margin = moved + deviation(_confidence(odds), 16 * samples * len(betas))
    return sampled_failure(mdp, expert, learners, betas, samples, margin) <= Fraction(1, odds)


@finite_sample_sampled_sharper.false_variant("as if each visited state were a sample", counterexample=_repeated)
def sampled_sharper_all_states(
    mdp: FiniteHorizonMDP,
    expert: DeterministicPolicy,
    learners: DeterministicPolicies,
    betas: UnitIntervals,
    samples: Trajectories,
    odds: OneIn,
) -> Any:
    moved = mean(interference(mdp, beta) for beta in betas)
    margin = moved + deviation(_confidence(odds), 4 * samples * len(betas) * steps(mdp))
    return sampled_failure(mdp, expert, learners, betas, samples, margin) <= Fraction(1, odds)
