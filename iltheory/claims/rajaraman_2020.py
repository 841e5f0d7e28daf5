"""Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020: cloning a deterministic expert from N trajectories.

The learner plays the expert's actions in the (h, s) that the data show and any fixed rule elsewhere.
Expectations over data sets are exact. The paper gives its rates up to constants; those here are derived.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

import numpy as np

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.kinds import Count, DeterministicPolicy, FiniteHorizonMDP, Policy
from iltheory.claims.tables import playing
from iltheory.measures import (
    agreeing_occupancy,
    earned,
    error_rate,
    gap,
    mimicking_occupancy,
    missing_masses,
    quantity,
    retracing_occupancy,
    step_errors,
    steps,
    steps_left,
    steps_lost,
    visit_law,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers

HALF = Fraction(1, 2)
ONE = ar.convert(1, "ball", bits=512)
E = ar.exp(ONE)

Demonstrations = Annotated[int, Count(12)]
"""Number N of trajectories of a deterministic expert: the seen sets cost no more for many."""
FewDemonstrations = Annotated[int, Count(3)]
"""Number N of trajectories whose counts are enumerated."""

SEEN_SETS = Sizes(n_states=4, n_actions=3, horizon=4, strict=True)
"""Sizes at which expectations over the sets of seen states are exact: (S + 1)^H terms."""
VISITS = Sizes(n_states=3, n_actions=2, horizon=2, strict=True)
"""Sizes at which all that a few trajectories visit can be enumerated."""


def rajaraman(theorem: str = "") -> Paper:
    """A theorem of the paper; the numbering is from memory."""
    return Paper(
        "Rajaraman, Yang, Jiao and Ramchandran",
        2020,
        "Toward the fundamental limits of imitation learning",
        theorem,
        arxiv="2009.05990",
    )


@quantity
def cloning_gap(mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int) -> Numbers:
    """Expected gap of the policy that acts as the expert where N of its trajectories have been."""
    return mdp.value(expert) - earned(mdp, mimicking_occupancy(mdp, expert, elsewhere, samples))


@quantity
def weighted(mdp: TabularMDP, per_step: Numbers) -> Numbers:
    """``sum_h (H - h + 1) x_h``."""
    return ar.sum(steps_left(mdp) * per_step, -1)


def peak(samples: int) -> Fraction:
    """``max_x x (1 - x)^N = N^N / (N + 1)^(N + 1)``."""
    return Fraction(samples**samples, (samples + 1) ** (samples + 1))


def triangle(mdp: TabularMDP) -> int:
    """``H (H + 1) / 2``."""
    return steps(mdp) * (steps(mdp) + 1) // 2


def rate(mdp: TabularMDP, samples: int) -> Any:
    """``|S| H^2 / (e N)``."""
    return mdp.n_states * steps(mdp) ** 2 / (samples * ar.wrap(ar.exp(mdp.system.convert(1))))


def contexts(samples: int) -> tuple[Any, ...]:
    """One step from one of N + 1 equally likely states; unseen, a wrong action that earns nothing is played."""
    states = samples + 1
    P = np.broadcast_to(np.eye(states, dtype=np.int64)[:, None, :], (states, 2, states))
    r = np.broadcast_to([1, 0], (states, 2))
    mdp = TabularMDP(P, r, ar.asarray([Fraction(1, states)] * states), horizon=1)
    return mdp, playing(*[0] * states), playing(*[1] * states), samples


def resets(n_states: int, horizon: int, samples: int) -> tuple[Any, ...]:
    """The reset instance, with a wrong action played in unseen states."""
    mdp, expert, _ = families.reset(n_states, 2, horizon=horizon, n_trajectories=samples)
    return mdp, expert, playing(*[1] * n_states), samples


def _first_step(horizon: int, error: Fraction) -> Any:
    return families.first_step_error(horizon=horizon, error=error)


def _first_step_tight() -> Tight:
    family = _first_step(12, Fraction(1, 20))
    return Tight(tuple(family), lhs=family.gap, rhs=family.bound, note="the whole error is at step 1")


@claim(
    id="rajaraman-2020-reduction",
    source=rajaraman("Lemma 4.3"),
    statement=r"J(\pi_E) - J(\hat\pi) \le \sum_h (H - h + 1)\,"
    r"\mathbb{E}_{d_h^{\pi_E}}[\mathrm{TV}(\pi_{E,h}, \hat\pi_h)]",
    status=FROM_MEMORY,
    assumptions=[UNIT_REWARDS],
    tight=_first_step_tight,
    sampled=True,
)
def reduction(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """A small error under the expert's distribution is a small gap, quadratically in the horizon.

    Ross and Bagnell 2010, theorem 2.1: an error at step h costs at most the H - h + 1 rewards that remain.
    """
    return gap(mdp, expert, learner) <= weighted(mdp, step_errors(mdp, expert, learner, mdp.state_occupancy(expert)))


@reduction.false_variant("one reward fewer", counterexample=lambda: families.loop(horizon=1, error=HALF))
def reduction_one_fewer(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= weighted(mdp, errors) - ar.sum(errors, -1)


@reduction.false_variant("weights in reverse", counterexample=lambda: _first_step(2, HALF))
def reduction_in_reverse(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(expert))
    return gap(mdp, expert, learner) <= ar.sum((steps(mdp) + 1 - steps_left(mdp)) * errors, -1)


@claim(
    id="rajaraman-2020-reduction.average",
    source=rajaraman("Lemma 4.3"),
    statement=r"J(\pi_E) - J(\hat\pi) \le \min(H, H^2 \epsilon),\quad "
    r"\epsilon = \tfrac1H \sum_h \mathbb{E}_{d_h^{\pi_E}}[\mathrm{TV}(\pi_{E,h}, \hat\pi_h)]",
    status=FROM_MEMORY,
    assumptions=[UNIT_REWARDS],
    tight=_first_step_tight,
    sampled=True,
)
def reduction_average(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """In terms of the average error, and never more than everything.

    Bound each weight H - h + 1 by H; values lie in [0, H].
    """
    h = steps(mdp)
    return gap(mdp, expert, learner) <= ar.minimum(h, h**2 * error_rate(mdp, expert, learner))


@reduction_average.false_variant("linear in H", counterexample=lambda: families.cliff(horizon=3, error=HALF))
def reduction_linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    h = steps(mdp)
    return gap(mdp, expert, learner) <= ar.minimum(h, h * error_rate(mdp, expert, learner))


@reduction_average.false_variant("one reward at most", counterexample=lambda: _first_step(2, HALF))
def reduction_one(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= ar.minimum(1, steps(mdp) ** 2 * error_rate(mdp, expert, learner))


def _cliff() -> Tight:
    family = families.cliff(horizon=6, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=family.gap, rhs=family.gap, note="after the first mistake nothing is earned")


@claim(
    id="rajaraman-2020-reduction.sharper",
    source=rajaraman("Lemma 4.3"),
    statement=r"J(\pi_E) - J(\hat\pi) \le \sum_h (1 - m_h),\quad m_h = "
    r"\sum_{s_1, a_1, \ldots, s_h, a_h} \mu(s_1) \prod_{k \le h} \min(\pi_{E,k}, \hat\pi_k)(a_k | s_k) "
    r"\prod_{k < h} P_k(s_{k+1} | s_k, a_k)",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=_cliff,
)
def reduction_coupled(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """Only the first disagreement costs.

    Couple expert and learner step by step, maximally, until they first disagree: ``m_h`` is the probability
    that they agreed up to step h. From then on a step costs at most 1. Disagreeing first at step h has
    probability at most the error at h under the expert, so this is at most the lemma's bound, and at most H.
    """
    return gap(mdp, expert, learner) <= steps_lost(mdp, agreeing_occupancy(mdp, expert, learner))


@reduction_coupled.false_variant("half of it", counterexample=lambda: _first_step(2, HALF))
def coupled_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= steps_lost(mdp, agreeing_occupancy(mdp, expert, learner)) / 2


@reduction_coupled.false_variant("disagreeing at all costs 1", counterexample=lambda: _first_step(2, HALF))
def coupled_once(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    agreed = ar.sum(agreeing_occupancy(mdp, expert, learner), (-2, -1))
    return gap(mdp, expert, learner) <= 1 - agreed[..., -1]


CONTEXTS = Fraction(27, 64)
"""What cloning misses on ``contexts(3)``: 4 states, each the right one and unseen with probability 1/4 (3/4)^3."""


@claim(
    id="rajaraman-2020-bc-det",
    source=rajaraman("Theorem 4.2; the abstract's rate"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le \frac{|S| H^2}{e N}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=SEEN_SETS,
    tight=lambda: Tight(
        contexts(3), lhs=CONTEXTS, rhs=4 / (3 * E), note="(1 - 1/(N+1))^N against (1 + 1/N)/e: the constant is best"
    ),
)
def deterministic_rate(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    """Cloning a deterministic expert needs ``|S| H^2 / epsilon`` trajectories, whatever is played elsewhere.

    The paper has ``|S| H^2 / N`` up to a constant. By ``.peak``: ``(N / (N+1))^(N+1)`` increases to 1/e, and H
    (H + 1) / 2 is at most ``H^2``. For H = 1 the constant 1/e cannot be improved (N + 1 equally likely
    states). On the reset instance with H = 2 and many actions the gap over ``|S| H (H + 1) / (2 e N)`` tends
    to ``(|S| - 2) / |S|`` as N grows, so for large state spaces no smaller constant will do there either.
    """
    return cloning_gap(mdp, expert, elsewhere, samples) <= rate(mdp, samples)


@deterministic_rate.false_variant("linear in H", counterexample=lambda: resets(4, 4, 3))
def deterministic_linear(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= rate(mdp, samples) / steps(mdp)


@deterministic_rate.false_variant("half the constant", counterexample=lambda: contexts(3))
def deterministic_half(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= rate(mdp, samples) / 2


@deterministic_rate.false_variant("quadratic in 1/N", counterexample=lambda: contexts(3))
def deterministic_fast(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= rate(mdp, samples) / samples


@claim(
    id="rajaraman-2020-bc-det.peak",
    source=rajaraman("Theorem 4.2"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le \frac{|S| H (H + 1)}{2}\,\frac{N^N}{(N + 1)^{N + 1}}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=SEEN_SETS,
    tight=lambda: Tight(contexts(3), lhs=CONTEXTS, rhs=CONTEXTS, note="every d is 1/(N+1)"),
)
def deterministic_peak(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    """No law of the state has more missing mass than ``|S| max_x x (1 - x)^N``.

    The maximum is at ``x = 1 / (N + 1)``; sum the bound ``.missing-mass`` over steps.
    """
    return cloning_gap(mdp, expert, elsewhere, samples) <= triangle(mdp) * mdp.n_states * peak(samples)


@deterministic_peak.false_variant("H (H - 1) / 2", counterexample=lambda: contexts(1))
def peak_one_fewer(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    weight = triangle(mdp) - steps(mdp)
    return cloning_gap(mdp, expert, elsewhere, samples) <= weight * mdp.n_states * peak(samples)


@deterministic_peak.false_variant("one state fewer", counterexample=lambda: contexts(1))
def peak_fewer_states(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= triangle(mdp) * (mdp.n_states - 1) * peak(samples)


@claim(
    id="rajaraman-2020-bc-det.missing-mass",
    source=rajaraman("Theorem 4.2"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le "
    r"\sum_h (H - h + 1) \sum_s d_h^{\pi_E}(s) (1 - d_h^{\pi_E}(s))^N",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=SEEN_SETS,
    tight=lambda: Tight(contexts(3), lhs=CONTEXTS, rhs=CONTEXTS, note="one step, and a wrong action earns nothing"),
)
def deterministic_missing_mass(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    """Cloning errs only where the data have not been.

    The lemma ``rajaraman-2020-reduction``, in expectation: the clone errs at step h with at most the
    probability that a fresh state of the expert's is unseen there, ``sum_s d_h(s) (1 - d_h(s))^N``.
    """
    return cloning_gap(mdp, expert, elsewhere, samples) <= weighted(mdp, missing_masses(mdp, expert, samples))


@deterministic_missing_mass.false_variant("one trajectory more", counterexample=lambda: contexts(1))
def missing_mass_later(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= weighted(mdp, missing_masses(mdp, expert, samples + 1))


@deterministic_missing_mass.false_variant("an unseen state costs 1", counterexample=lambda: resets(3, 2, 2))
def missing_mass_unweighted(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= ar.sum(missing_masses(mdp, expert, samples), -1)


def _survival() -> Tight:
    missed = 2 * families.missing_mass(3, 2, 2)  # a wrong action for certain, not with probability 1/2
    lost = sum((1 - (1 - missed) ** h for h in range(1, 4)), Fraction(0))
    return Tight(resets(3, 3, 2), lhs=lost, rhs=lost, note="after an unseen state nothing is earned")


@claim(
    id="rajaraman-2020-bc-det.sharper",
    source=rajaraman("Theorem 4.2"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] \le "
    r"\sum_h \Pr_{D,\,\tau \sim \pi_E}[s_k(\tau) \text{ is unseen at step } k \text{ for some } k \le h]",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=SEEN_SETS,
    tight=_survival,
)
def deterministic_survival(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    """A fresh trajectory of the expert and the clone's agree until the first state the data do not show.

    Each step from there on costs at most 1. By the union bound this is at most ``.missing-mass``; it is at
    most H, too, and exact on the reset instance.
    """
    return cloning_gap(mdp, expert, elsewhere, samples) <= steps_lost(mdp, retracing_occupancy(mdp, expert, samples))


@deterministic_survival.false_variant("one trajectory more", counterexample=lambda: contexts(1))
def survival_later(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations
) -> Any:
    survived = retracing_occupancy(mdp, expert, samples + 1)
    return cloning_gap(mdp, expert, elsewhere, samples) <= steps_lost(mdp, survived)


@deterministic_survival.false_variant("unseen at the same step", counterexample=lambda: resets(3, 2, 2))
def survival_now(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: Demonstrations) -> Any:
    return cloning_gap(mdp, expert, elsewhere, samples) <= ar.sum(missing_masses(mdp, expert, samples), -1)


@quantity
def exponential_gap(mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int, scale: Fraction) -> Numbers:
    """``E_D exp(scale (J(pi_E) - J(clone)))``, by enumeration of what the data visit."""
    data = visit_law(mdp, expert, samples)
    axes = (1,) * (data.probabilities.ndim - 1)
    seen = (data.shown > 0).reshape(len(data.shown), *axes, *data.shown.shape[1:])
    lost = mdp.value(expert) - mdp.value(ar.where(seen[..., None], mdp.policy(expert), mdp.policy(elsewhere)))
    return data.expectation(ar.moveaxis(ar.exp(scale * ar.wrap(lost)), 0, -1))


@claim(
    id="rajaraman-2020-bc-det.concentration",
    source=rajaraman("Theorem 4.2, the form with high probability"),
    statement=r"\mathbb{E}_D\left[\exp\left(\frac{N (J(\pi_E) - J(\hat\pi))}{H (H + 1)}\right)\right] \le e^{|S| / 4}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    largest=VISITS,
    tight=lambda: Tight(
        contexts(1), lhs=ar.exp(ONE / 4), rhs=ar.exp(ONE / 2), note="one of two states is unseen: the gap is 1/2"
    ),
)
def deterministic_concentration(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: FewDemonstrations
) -> Any:
    """With probability ``1 - delta`` a clone loses at most ``(|S| / 4 + log(1 / delta)) H (H + 1) / N`` (Markov).

    The paper has ``|S| H^2 / N + sqrt(|S|) H^2 log(H / delta) / N`` up to constants [memory]; this needs neither the
    root nor log H. The gap is at most ``sum_h (H - h + 1) M_h``, ``M_h`` the missing mass of step h. Being unseen is
    negatively associated over states, so ``E exp(N M_h / 2) <= exp(sum_s e^{-N d} (e^{N d / 2} - 1)) <= e^{|S| / 4}``;
    and exp is convex in the average of the ``M_h`` with weights ``(H - h + 1) / (H (H + 1) / 2)``.
    """
    scale = Fraction(samples, 2 * triangle(mdp))
    bound = ar.exp(mdp.system.convert(Fraction(mdp.n_states, 4)))
    return exponential_gap(mdp, expert, elsewhere, samples, scale) <= ar.wrap(bound)


@deterministic_concentration.false_variant("four times the exponent", counterexample=lambda: contexts(1))
def concentration_four(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: FewDemonstrations
) -> Any:
    scale = Fraction(2 * samples, triangle(mdp))
    bound = ar.exp(mdp.system.convert(Fraction(mdp.n_states, 4)))
    return exponential_gap(mdp, expert, elsewhere, samples, scale) <= ar.wrap(bound)


@deterministic_concentration.false_variant("no states", counterexample=lambda: contexts(1))
def concentration_without_states(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, elsewhere: Policy, samples: FewDemonstrations
) -> Any:
    scale = Fraction(samples, 2 * triangle(mdp))
    return exponential_gap(mdp, expert, elsewhere, samples, scale) <= 1
