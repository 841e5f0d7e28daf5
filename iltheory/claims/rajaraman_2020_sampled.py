"""Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020, at sizes that no enumeration reaches: data sets are sampled.

Data sets are drawn many times; what a learner makes of each is computed, only the mean over data sets is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, Sizes, Tight, claim
from iltheory.claims.kinds import Count, DeterministicPolicy, FiniteHorizonMDP, Policy
from iltheory.claims.rajaraman_2020 import CONTEXTS, contexts, peak, rajaraman, resets, triangle
from iltheory.claims.rajaraman_2020_mimic import four_contexts, four_fresh_contexts, process_bound
from iltheory.measures import clones, left_occupancy, sampled_mean, steps
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.tabular.sampling import Categorical, table

SIZES = Sizes(n_states=16, n_actions=4, horizon=12, strict=True)

Demonstrations = Annotated[int, Count(32)]
"""Number N of trajectories."""


def walks(
    mdp: TabularMDP, expert: Any, n: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """States ``[n]`` and pairs ``s * A + a`` of n trajectories, step by step."""
    pi = ar.midpoint(mdp.policy(expert))
    state = Categorical(table(ar.midpoint(mdp.mu)[None])).draw(np.zeros(n, dtype=np.intp), rng)
    for h in range(steps(mdp)):
        action = Categorical(table(pi[min(h, len(pi) - 1)])).draw(state, rng)
        pair = state * mdp.n_actions + action
        yield state, pair
        state = Categorical(mdp.transitions.rows(h)).draw(pair, rng)


def drawn_counts(mdp: TabularMDP, expert: Any, samples: int, rng: np.random.Generator, n: int) -> NDArray[np.intp]:
    """How often each action was taken in each state by N trajectories, n times: ints ``[n, H, S, A]``."""
    cells = mdp.n_states * mdp.n_actions
    run = np.repeat(np.arange(n), samples) * cells
    counts = [np.bincount(run + pair, minlength=n * cells) for _, pair in walks(mdp, expert, n * samples, rng)]
    return np.stack([count.reshape(n, mdp.n_states, mdp.n_actions) for count in counts], axis=1)


def clone_gaps(
    mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int
) -> Callable[[np.random.Generator, int], NDArray[np.float64]]:
    """Draws of the gap of behavioural cloning from N trajectories, with a rule for the states they do not show."""
    model, pi, rule = mdp.to("float64"), ar.midpoint(mdp.policy(expert)), ar.midpoint(mdp.policy(elsewhere))

    def draw(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        counts = drawn_counts(model, pi, samples, rng, n)
        return np.asarray(model.value(pi) - model.value(clones(model, counts, rule)))

    return draw


def mean_gap(mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int) -> Any:
    """Expected gap of behavioural cloning, sampled; rewards in [0, 1]."""
    return sampled_mean(clone_gaps(mdp, expert, elsewhere, samples), low=-steps(mdp), high=steps(mdp))


def bound(mdp: TabularMDP, samples: int) -> Any:
    """``|S| H (H + 1) / 2 * N^N / (N+1)^(N+1)``."""
    return mdp.system.convert(triangle(mdp) * mdp.n_states * peak(samples))


STATEMENT = (
    r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le \frac{|S| H (H + 1)}{2}\,\frac{N^N}{(N + 1)^{N + 1}} "
    r"\le \frac{|S| H^2}{e N}"
)


def _resets() -> Tight:
    missed = 2 * families.missing_mass(4, 2, 4)
    lost = sum((1 - (1 - missed) ** h for h in range(1, 5)), Fraction(0))
    return Tight(resets(4, 4, 4), lhs=lost, rhs=40 * peak(4), note="after an unseen state nothing is earned")


@claim(
    id="rajaraman-2020-bc-det.sampled",
    source=rajaraman("Theorem 4.2"),
    statement=STATEMENT,
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=SIZES,
    samples=16_384,
    tight=_resets,
)
def deterministic_sampled(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    """Cloning a deterministic expert needs ``|S| H^2 / epsilon`` trajectories, whatever is played elsewhere.

    As ``rajaraman-2020-bc-det.peak``, which is exact at small sizes; here on models with up to 16 states and 12 steps.
    """
    return mean_gap(mdp, expert, elsewhere, samples) <= bound(mdp, samples)


@deterministic_sampled.false_variant("half the constant", counterexample=lambda: contexts(3))
def deterministic_sampled_half(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return mean_gap(mdp, expert, elsewhere, samples) <= bound(mdp, samples) / 2


@deterministic_sampled.false_variant("linear in H", counterexample=lambda: resets(4, 4, 3))
def deterministic_sampled_linear(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return mean_gap(mdp, expert, elsewhere, samples) <= bound(mdp, samples) / steps(mdp)


def _undecided() -> tuple[Any, ...]:
    """One step from one of four states, with an expert that tosses a coin."""
    mdp, expert, wrong, samples = contexts(3)
    return mdp, (expert + wrong) / 2, wrong, samples


@claim(
    id="rajaraman-2020-bc-stoch.sampled",
    source=rajaraman("Theorem 4.4"),
    statement=STATEMENT,
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=SIZES,
    samples=16_384,
    tight=lambda: Tight(
        _undecided(), lhs=CONTEXTS / 2, rhs=CONTEXTS, note="every d is 1/(N+1); the expert is right half the time"
    ),
)
def stochastic_sampled(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: Demonstrations) -> Any:
    """The empirical law of a stochastic expert's actions costs neither actions nor a logarithm.

    As ``rajaraman-2020-bc-stoch.without-logarithm``, which is exact at small sizes and has the proof.
    """
    return mean_gap(mdp, expert, elsewhere, samples) <= bound(mdp, samples)


@stochastic_sampled.false_variant("half the constant", counterexample=lambda: contexts(3))
def stochastic_sampled_half(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: Demonstrations) -> Any:
    return mean_gap(mdp, expert, elsewhere, samples) <= bound(mdp, samples) / 2


@stochastic_sampled.false_variant("one state fewer", counterexample=lambda: contexts(1))
def stochastic_sampled_fewer(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: Demonstrations) -> Any:
    return mean_gap(mdp, expert, elsewhere, samples) <= bound(mdp, samples) * (mdp.n_states - 1) / mdp.n_states


def mismatches(mdp: TabularMDP, expert: Any, samples: int) -> Callable[[np.random.Generator, int], NDArray[np.float64]]:
    """Draws of ``sum_h sum_{s,a} |Pr_E[T_h(s, a)] - frequency|``, for two halves of n trajectories each."""
    model, pi = mdp.to("float64"), ar.midpoint(mdp.policy(expert))
    cells = mdp.n_states * mdp.n_actions

    def draw(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        seen = drawn_counts(model, pi, samples, rng, n).sum(axis=-1) > 0
        exact = np.asarray(left_occupancy(model, pi, seen.astype(np.float64)))
        run, off = np.repeat(np.arange(n), samples), np.zeros(n)
        left = np.zeros(n * samples, dtype=np.bool_)
        for h, (state, pair) in enumerate(walks(model, pi, n * samples, rng)):
            left |= ~seen[run, h, state]
            counts = np.bincount(run * cells + pair, weights=left, minlength=n * cells).reshape(n, cells)
            off += np.abs(exact[:, h].reshape(n, cells) - counts / samples).sum(axis=-1)
        return off

    return draw


@claim(
    id="rajaraman-2020-mimic-md.sampled",
    source=rajaraman("the rate of Mimic-MD; the abstract's rate"),
    statement=r"\mathbb{E}_D\left[\sum_h \sum_{s,a} |\Pr\nolimits_{\pi_E}[T_h(s, a)] - "
    r"\hat{\Pr}_{D_2}[T_h(s, a)]|\right] \le "
    r"\min\left(H \sqrt{\frac{|S|}{n}}, \frac{|S| H^{3/2}}{\sqrt{e}\,n}\right),\quad n = \tfrac{N}{2}",
    status=DERIVED_HERE,
    largest=SIZES,
    samples=16_384,
    tight=lambda: Tight(four_contexts(), lhs=Fraction(9, 8), rhs=2, note="three of four states are unseen; 3/8 each"),
)
def mimic_sampled(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, samples: Demonstrations) -> Any:
    """With known transitions the expected gap is of order ``|S| H^{3/2} / N``, at sizes of some interest.

    As ``rajaraman-2020-mimic-md.rate``, which is exact at small sizes and has the proof.
    """
    process = sampled_mean(mismatches(mdp, expert, samples), low=0, high=2 * steps(mdp))
    return process <= process_bound(mdp, samples, steps(mdp))


@mimic_sampled.false_variant("half the constant", counterexample=four_contexts)
def mimic_sampled_half(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, samples: Demonstrations) -> Any:
    process = sampled_mean(mismatches(mdp, expert, samples), low=0, high=2 * steps(mdp))
    return process <= process_bound(mdp, samples, steps(mdp)) / 2


@mimic_sampled.false_variant("no horizon", counterexample=four_fresh_contexts)
def mimic_sampled_once(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, samples: Demonstrations) -> Any:
    process = sampled_mean(mismatches(mdp, expert, samples), low=0, high=2 * steps(mdp))
    return process <= process_bound(mdp, samples, 1)
