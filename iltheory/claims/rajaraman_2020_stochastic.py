"""Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020: cloning a stochastic expert from N trajectories.

The learner plays the empirical law of the expert's actions in the (h, s) that the data show (the paper's Mimic-Emp)
and any fixed rule elsewhere. Expectations over data sets are exact, by enumeration of counts. The paper's bound has a
factor log N; it is not needed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

import numpy as np

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, Assumption, Sizes, Tight, claim
from iltheory.claims.kinds import Count, FiniteHorizonMDP, Policy
from iltheory.claims.rajaraman_2020 import (
    CONTEXTS,
    FewDemonstrations,
    contexts,
    peak,
    rajaraman,
    resets,
    triangle,
    weighted,
)
from iltheory.measures import expected_clone_value, missing_masses, quantity, steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)

COUNTS = Sizes(n_states=3, n_actions=2, horizon=2, strict=True)
LONG_COUNTS = Sizes(n_states=2, n_actions=2, horizon=3, strict=True)
"""Sizes at which the counts of a few trajectories can be enumerated."""
ONE_STEP = Sizes(n_states=3, n_actions=3, horizon=1, strict=True)

OneOrTwo = Annotated[int, Count(2)]
"""Number N of trajectories whose counts over three steps are enumerated."""


@quantity
def empirical_gap(mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int) -> Numbers:
    """Expected gap of the policy that plays the empirical law of actions where N trajectories have been."""
    return mdp.value(expert) - expected_clone_value(mdp, expert, elsewhere, samples)


@claim(
    id="rajaraman-2020-bc-stoch",
    source=rajaraman("Theorem 4.4; the abstract's rate"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le \frac{|S| H^2 (1 + \log N)}{N}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=COUNTS,
    tight=lambda: Tight(contexts(1), lhs=HALF, rhs=2, note="two states, one trajectory"),
)
def stochastic_rate(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    """Playing the empirical law of a stochastic expert's actions costs no more actions: |A| is not in the bound.

    The paper has ``|S| H^2 log N / N`` up to a constant; with the constant 1 and ``1 + log N`` it follows
    from ``.without-logarithm``. All counts are enumerated.
    """
    logarithm = ar.log(mdp.system.convert(samples))
    bound = mdp.n_states * steps(mdp) ** 2 * (1 + ar.wrap(logarithm)) / samples
    return empirical_gap(mdp, expert, elsewhere, samples) <= bound


@stochastic_rate.false_variant("quadratic in 1/N", counterexample=lambda: contexts(3))
def stochastic_fast(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    bound = Fraction(3 * mdp.n_states * steps(mdp) ** 2, 4 * samples**2)
    return empirical_gap(mdp, expert, elsewhere, samples) <= bound


@stochastic_rate.false_variant("a sixth of 1/N", counterexample=lambda: contexts(3))
def stochastic_sixth(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    bound = Fraction(mdp.n_states * steps(mdp) ** 2, 6 * samples)
    return empirical_gap(mdp, expert, elsewhere, samples) <= bound


@claim(
    id="rajaraman-2020-bc-stoch.without-logarithm",
    source=rajaraman("Theorem 4.4"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le \frac{|S| H (H + 1)}{2}\,\frac{N^N}{(N + 1)^{N + 1}} "
    r"\le \frac{|S| H^2}{e N}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=COUNTS,
    tight=lambda: Tight(contexts(3), lhs=CONTEXTS, rhs=CONTEXTS, note="every d is 1/(N+1)"),
)
def stochastic_peak(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    """A stochastic expert costs no logarithm: the bound of deterministic experts holds as it is.

    From ``.sharper``, as ``max_x x (1 - x)^N = N^N / (N + 1)^(N + 1)``.
    """
    return empirical_gap(mdp, expert, elsewhere, samples) <= triangle(mdp) * mdp.n_states * peak(samples)


@stochastic_peak.false_variant("half the constant", counterexample=lambda: contexts(1))
def stochastic_half(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    return empirical_gap(mdp, expert, elsewhere, samples) <= triangle(mdp) * mdp.n_states * peak(samples) / 2


@stochastic_peak.false_variant("one state fewer", counterexample=lambda: contexts(1))
def stochastic_fewer(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    return empirical_gap(mdp, expert, elsewhere, samples) <= triangle(mdp) * (mdp.n_states - 1) * peak(samples)


@claim(
    id="rajaraman-2020-bc-stoch.sharper",
    source=rajaraman("Theorem 4.4"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le "
    r"\sum_h (H - h + 1) \sum_s d_h^{\pi_E}(s) (1 - d_h^{\pi_E}(s))^N",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=LONG_COUNTS,
    tight=lambda: Tight(contexts(3), lhs=CONTEXTS, rhs=CONTEXTS, note="one step, and a wrong action earns nothing"),
)
def stochastic_missing_mass(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: OneOrTwo) -> Any:
    """What a stochastic expert's data do not show costs as much as a deterministic expert's.

    Given all data up to the states of step h, the actions there are independent draws of ``pi_E``, so the
    clone's path is, until its first unseen state, an expert's path; the gap is at most ``sum_h (H - h + 1)
    Pr(first unseen at h)``. Given that the data avoid (h, s), which has probability ``(1 - d_h(s))^N``, they
    are trajectories of the Markov chain conditioned on that: its policy has ``pi'(a|s') ~ pi_E(a|s') (1 -
    g(s', a))``, g the probability to come to (h, s). The clone's path is then one of pi' in the true model,
    and pi' prefers actions with small g, so by the performance difference lemma for the reward "at s at
    step h" it comes there with probability at most ``d_h(s)``.
    """
    return empirical_gap(mdp, expert, elsewhere, samples) <= weighted(mdp, missing_masses(mdp, expert, samples))


@stochastic_missing_mass.false_variant("one trajectory more", counterexample=lambda: contexts(1))
def stochastic_later(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: OneOrTwo) -> Any:
    return empirical_gap(mdp, expert, elsewhere, samples) <= weighted(mdp, missing_masses(mdp, expert, samples + 1))


@stochastic_missing_mass.false_variant("an unseen state costs 1", counterexample=lambda: resets(3, 2, 2))
def stochastic_unweighted(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: OneOrTwo) -> Any:
    return empirical_gap(mdp, expert, elsewhere, samples) <= ar.sum(missing_masses(mdp, expert, samples), -1)


SINGLE = Assumption("one step", lambda mdp: np.asarray(mdp.horizon == 1))


def unseen_loss(mdp: TabularMDP, expert: Any, elsewhere: Any, unseen: Numbers) -> Any:
    """What the rule loses at the first step where it acts instead of the expert: ``unseen[..., S]`` is how often."""
    act, rule = mdp.policy(expert)[..., 0, :, :], mdp.policy(elsewhere)[..., 0, :, :]
    return ar.wrap(ar.sum(unseen[..., None] * (act - rule) * mdp.reward(), (-2, -1)))


@claim(
    id="rajaraman-2020-bc-stoch.one-step",
    source=rajaraman("Theorem 4.4"),
    statement=r"H = 1: \mathbb{E}_D[J(\pi_E) - J(\hat\pi)] = "
    r"\sum_s d(s) (1 - d(s))^N \sum_a (\pi_E - \pi_0)(a | s)\,r(s, a)",
    status=DERIVED_HERE,
    assumptions=[SINGLE],
    largest=ONE_STEP,
    tight=lambda: Tight(contexts(3), lhs=CONTEXTS, rhs=CONTEXTS, note="the rule earns nothing"),
)
def stochastic_one_step(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    """With one step the gap is what the rule ``pi_0`` loses on the missing mass, and nothing else.

    Given how often a state was seen, if it was, the empirical law of actions there is unbiased.
    """
    unseen = mdp.mu * (1 - mdp.mu) ** samples
    return equal(empirical_gap(mdp, expert, elsewhere, samples), unseen_loss(mdp, expert, elsewhere, unseen))


@stochastic_one_step.false_variant("no bias at all", counterexample=lambda: contexts(1))
def one_step_unbiased(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    return equal(empirical_gap(mdp, expert, elsewhere, samples), 0)


@stochastic_one_step.false_variant("one trajectory more", counterexample=lambda: contexts(1))
def one_step_later(mdp: FiniteHorizonMDP, expert: Policy, elsewhere: Policy, samples: FewDemonstrations) -> Any:
    unseen = mdp.mu * (1 - mdp.mu) ** (samples + 1)
    return equal(empirical_gap(mdp, expert, elsewhere, samples), unseen_loss(mdp, expert, elsewhere, unseen))
