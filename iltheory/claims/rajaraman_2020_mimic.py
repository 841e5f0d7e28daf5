"""Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020: Mimic-MD, imitation with known transitions.

``T_h(s, a)`` are the trajectories with ``(s_h, a_h) = (s, a)`` that visited a state outside a set at a step
up to h, the set being what the first half ``D_1`` of the data shows. ``Pi_mimic(D_1)`` are the policies that act as
the deterministic expert inside the set; Mimic-MD picks the one whose probabilities of ``T_h(s, a)`` are
nearest to their frequencies in the second half ``D_2``.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Annotated, Any

import numpy as np

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Sizes, Tight, claim
from iltheory.claims.kinds import Count, DeterministicPolicy, FiniteHorizonMDP, Policy, Reward, StateSet
from iltheory.claims.rajaraman_2020 import contexts, rajaraman
from iltheory.claims.tables import playing, task
from iltheory.measures import earned, gap, l1_norm, left_occupancy, quantity, steps, visit_law
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)

HalfDemonstrations = Annotated[int, Count(3)]
"""Number of trajectories in each half of the data, N / 2."""
VISITS = Sizes(n_states=2, n_actions=2, horizon=3, strict=True)
"""Sizes at which all that two halves of the data show can be enumerated."""


def mimicking(expert: Any, elsewhere: Any, seen: Any) -> Any:
    """The policy that acts as the expert inside a set of states and by a rule outside: one of ``Pi_mimic``."""
    return seen[..., None] * expert + (1 - seen[..., None]) * elsewhere


def unseen_start() -> tuple[Any, ...]:
    """The reset instance with two steps; one state is unseen at the first step, and there a wrong action is played."""
    mdp, expert, _ = families.reset(3, 2, horizon=2, n_trajectories=2)
    return mdp, expert, playing(1, 1, 1), [[0, 1, 1], [1, 1, 1]]


@claim(
    id="rajaraman-2020-mimic-md",
    source=rajaraman("the analysis of Mimic-MD"),
    statement=r"\pi \in \Pi_{mimic}(D_1): J(\pi_E) - J(\pi) = "
    r"\sum_h \sum_{s,a} r_h(s, a) (\Pr\nolimits_{\pi_E} - \Pr\nolimits_\pi)[T_h(s, a)]",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        unseen_start(), lhs=Fraction(2, 3), rhs=Fraction(2, 3), note="state 0 has probability 1/3 and costs both steps"
    ),
)
def mimic_identity(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet) -> Any:
    """Who acts as the expert in the seen states loses only on trajectories that leave them.

    A trajectory that has stayed inside has the same probability under both policies, so these parts of the
    occupancies cancel.
    """
    pi = mimicking(expert, elsewhere, seen)
    lost = left_occupancy(mdp, expert, seen) - left_occupancy(mdp, pi, seen)
    return equal(gap(mdp, expert, pi), earned(mdp, lost))


@mimic_identity.false_variant("unseen now, not before", counterexample=unseen_start)
def mimic_now(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet) -> Any:
    pi = mimicking(expert, elsewhere, seen)
    lost = (1 - seen[..., None]) * (mdp.occupancy(expert) - mdp.occupancy(pi))
    return equal(gap(mdp, expert, pi), earned(mdp, lost))


@mimic_identity.false_variant("policies that do not mimic", counterexample=unseen_start)
def mimic_any(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet) -> Any:
    lost = left_occupancy(mdp, expert, seen) - left_occupancy(mdp, elsewhere, seen)
    return equal(gap(mdp, expert, elsewhere), earned(mdp, lost))


def mismatch(mdp: TabularMDP, pi: Any, seen: Any, shown: Any) -> Any:
    """``sum_h sum_{s,a} |Pr_pi[T_h(s, a)] - shown_h(s, a)|``, what Mimic-MD minimises."""
    return l1_norm(left_occupancy(mdp, pi, seen) - mdp.system.coerce(shown), axes=3)


def _at_least_as_near(mdp: TabularMDP, expert: Any, elsewhere: Any, seen: Any, shown: Any) -> Any:
    pi = mimicking(expert, elsewhere, seen)
    return mismatch(mdp, pi, seen, shown) <= mismatch(mdp, expert, seen, shown)


AS_NEAR = Assumption("the learner matches what is shown at least as well as the expert", _at_least_as_near)
"""Met by every minimiser over ``Pi_mimic``, to which the expert belongs."""


def halfway(horizon: int = 1) -> tuple[Any, ...]:
    """One unseen state, where the expert plays one action, the learner the other, and each is shown half the time."""
    mdp = task([[0, 0]], [[1, 0]], horizon=horizon)
    return mdp, playing(0), playing(1), [[0]] * horizon, [[[HALF, HALF]]] * horizon


@claim(
    id="rajaraman-2020-mimic-md.optimality",
    source=rajaraman("the analysis of Mimic-MD"),
    statement=r"J(\pi_E) - J(\hat\pi) \le "
    r"2 \sum_h \sum_{s,a} |\Pr\nolimits_{\pi_E}[T_h(s, a)] - \hat{\Pr}_{D_2}[T_h(s, a)]|",
    status=FROM_MEMORY,
    assumptions=[UNIT_REWARDS, AS_NEAR],
    tight=lambda: Tight(halfway(), lhs=1, rhs=2, note="see .sharper"),
)
def mimic_optimality(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet, shown: Reward
) -> Any:
    """Mimic-MD loses at most twice what the frequencies in the second half of the data are off by.

    By the identity, the triangle inequality and the choice of the learner. True of any target that takes
    the place of the frequencies.
    """
    pi = mimicking(expert, elsewhere, seen)
    return gap(mdp, expert, pi) <= 2 * mismatch(mdp, expert, seen, shown)


@mimic_optimality.false_variant("a quarter of it", counterexample=halfway)
def optimality_quarter(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet, shown: Reward
) -> Any:
    pi = mimicking(expert, elsewhere, seen)
    return gap(mdp, expert, pi) <= mismatch(mdp, expert, seen, shown) / 2


@mimic_optimality.false_variant("mean over steps", counterexample=lambda: halfway(3))
def optimality_mean(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet, shown: Reward
) -> Any:
    pi = mimicking(expert, elsewhere, seen)
    return gap(mdp, expert, pi) <= 2 * mismatch(mdp, expert, seen, shown) / steps(mdp)


@claim(
    id="rajaraman-2020-mimic-md.sharper",
    source=rajaraman("the analysis of Mimic-MD"),
    statement=r"J(\pi_E) - J(\hat\pi) \le "
    r"\sum_h \sum_{s,a} |\Pr\nolimits_{\pi_E}[T_h(s, a)] - \hat{\Pr}_{D_2}[T_h(s, a)]|",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS, AS_NEAR],
    tight=lambda: Tight(halfway(2), lhs=2, rhs=2, note="the learner is as near to what is shown as the expert"),
)
def mimic_sharper(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet, shown: Reward
) -> Any:
    """The constant 2 may be 1.

    Both policies leave the seen states by step h with the same probability, so the two laws of ``T_h`` have
    equal mass and rewards in [0, 1] tell them apart by at most half of their l1 distance.
    """
    pi = mimicking(expert, elsewhere, seen)
    return gap(mdp, expert, pi) <= mismatch(mdp, expert, seen, shown)


@mimic_sharper.false_variant("half of it", counterexample=halfway)
def sharper_half(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet, shown: Reward
) -> Any:
    pi = mimicking(expert, elsewhere, seen)
    return gap(mdp, expert, pi) <= mismatch(mdp, expert, seen, shown) / 2


@mimic_sharper.false_variant("mean over steps", counterexample=lambda: halfway(2))
def sharper_mean(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, seen: StateSet, shown: Reward
) -> Any:
    pi = mimicking(expert, elsewhere, seen)
    return gap(mdp, expert, pi) <= mismatch(mdp, expert, seen, shown) / steps(mdp)


def frequency_error(p: Numbers, samples: int) -> Numbers:
    """``E |k/n - p|`` for a binomial number k of successes in n trials, entry by entry."""
    terms = [
        comb(samples, k) * p**k * (1 - p) ** (samples - k) * ar.absolute(p - Fraction(k, samples))
        for k in range(samples + 1)
    ]
    return ar.sum(ar.stack(terms), 0)


@quantity
def process(mdp: TabularMDP, expert: Any, samples: int) -> Numbers:
    """``E_{D_1, D_2} sum_h sum_s |Pr_E[T_h(s, pi_E(s))] - frequency in D_2|``, both halves of n trajectories."""
    data = visit_law(mdp, expert, samples)
    axes = (1,) * (data.probabilities.ndim - 1)
    seen = (data.shown > 0).astype(np.int64).reshape(len(data.shown), *axes, *data.shown.shape[1:])
    left = ar.sum(left_occupancy(mdp, expert, mdp.system.convert(seen)), -1)  # the expert takes one action
    errors = ar.sum(frequency_error(ar.wrap(left), samples), (-2, -1))
    return data.expectation(ar.moveaxis(errors, 0, -1))


def process_bound(mdp: TabularMDP, samples: int, horizon: int) -> Any:
    """``min(H sqrt(|S| / n), |S| H^(3/2) / (sqrt(e) n))`` for H = ``horizon``."""
    one = mdp.system.convert(1)
    slow = horizon * ar.sqrt(one * mdp.n_states / samples)
    fast = mdp.n_states * ar.sqrt(one * horizon**3) * ar.exp(-one / 2) / samples
    return ar.wrap(ar.minimum(slow, fast))


def four_contexts() -> tuple[Any, ...]:
    """One step from one of four equally likely states, with one trajectory in each half."""
    return *contexts(3)[:2], 1


def four_fresh_contexts() -> tuple[Any, ...]:
    """Four equally likely states drawn afresh at each of two steps, with one trajectory in each half."""
    P = ar.asarray([[[Fraction(1, 4)] * 4] * 2] * 4)
    mdp = TabularMDP(P, [[1, 0]] * 4, ar.asarray([Fraction(1, 4)] * 4), horizon=2)
    return mdp, playing(0, 0, 0, 0), 1


@claim(
    id="rajaraman-2020-mimic-md.rate",
    source=rajaraman("the rate of Mimic-MD; the abstract's rate"),
    statement=r"\mathbb{E}_D\left[\sum_h \sum_{s,a} |\Pr\nolimits_{\pi_E}[T_h(s, a)] - "
    r"\hat{\Pr}_{D_2}[T_h(s, a)]|\right] \le "
    r"\min\left(H \sqrt{\frac{|S|}{n}}, \frac{|S| H^{3/2}}{\sqrt{e}\,n}\right),\quad n = \tfrac{N}{2}",
    status=DERIVED_HERE,
    largest=VISITS,
    tight=lambda: Tight(four_contexts(), lhs=Fraction(9, 8), rhs=2, note="three of four states are unseen; 3/8 each"),
)
def mimic_rate(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, samples: HalfDemonstrations) -> Any:
    """With known transitions the expected gap is at most ``|S| H^{3/2} / N``, or ``H sqrt(|S| / N)``, up to constants.

    The paper's rates; the constants are ours, and by ``.sharper`` they are those of Mimic-MD's expected gap. Given
    ``D_1`` frequencies have variance at most ``p / n``; sum over states by Cauchy-Schwarz: ``sqrt(|S| q_h /
    n)``, with ``q_h`` the probability to leave by step h, whose expectation is at most ``min(1, h |S| / (e n))``
    (``rajaraman-2020-bc-det``); and ``sum_h sqrt(h) <= H^{3/2}``. Both halves are enumerated.
    """
    return process(mdp, expert, samples) <= process_bound(mdp, samples, steps(mdp))


@mimic_rate.false_variant("half the constant", counterexample=four_contexts)
def rate_half(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, samples: HalfDemonstrations) -> Any:
    return process(mdp, expert, samples) <= process_bound(mdp, samples, steps(mdp)) / 2


@mimic_rate.false_variant("no horizon", counterexample=four_fresh_contexts)
def rate_without_horizon(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, samples: HalfDemonstrations) -> Any:
    return process(mdp, expert, samples) <= process_bound(mdp, samples, 1)
