"""Closed forms of the reset construction, and the steps of the proofs, by enumeration."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from iltheory.claims import drawing
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import InvalidInstance
from iltheory.claims.rajaraman_2020 import cloning_gap, contexts, peak, resets
from iltheory.claims.rajaraman_2020_mimic import frequency_error, mimic_identity, mimicking, process
from iltheory.claims.rajaraman_2020_reset import (
    bayes_reset,
    closed_risk,
    error_probability,
    reset_instance,
    reset_prior,
    survived,
    worst_law,
)
from iltheory.claims.rajaraman_2020_sampled import clone_gaps, drawn_counts, mismatches
from iltheory.claims.rajaraman_2020_stochastic import empirical_gap
from iltheory.measures import (
    bayes_value,
    clones,
    count_law,
    gap,
    inside_occupancy,
    interactive_bayes_value,
    left_occupancy,
    missing_masses,
    visit_law,
)
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import HOLDS

BATCH = 4


def random_world(states, actions, horizon, *, seed=0, law="uniform", expert="uniform"):
    rng = np.random.default_rng(seed)
    scale = Scale(size=BATCH, n_states=states, n_actions=actions, horizon=horizon, stationary=False, law=law)
    core = (BATCH, horizon, states, actions)
    return drawing.model(rng, scale, finite=True), *(drawing.rows(rng, core, k, 6) for k in (expert, "uniform"))


@pytest.mark.parametrize(
    ("states", "samples", "actions", "horizon", "error", "risk"),
    [
        (3, 2, 2, 3, 0.111111, 0.618656),
        (5, 10, 2, 20, None, 8.09829),
        (10, 20, 2, 10, 0.0717885, 3.20868),
        (20, 100, 2, 50, None, 26.1444),
        (11, 100, 10**6, 100, None, 71.6759),
    ],
)
def test_catalogued_values_of_the_reset_construction(states, samples, actions, horizon, error, risk):
    delta = float(error_probability(worst_law(states - 1, samples), actions, samples))
    assert delta == float(families.missing_mass(states, actions, samples))
    assert error is None or delta == pytest.approx(error, rel=1e-5)
    assert horizon - survived(delta, horizon) == pytest.approx(risk, rel=1e-5)
    assert risk == pytest.approx(horizon - (1 - delta) * (1 - (1 - delta) ** horizon) / delta, rel=1e-5)


def test_reset_family_and_construction_are_the_same():
    family = families.reset(4, 2, horizon=3, n_trajectories=2)
    mdp, expert, uniform = reset_instance(worst_law(3, 2), 2, 3)
    assert Fraction(cloning_gap(mdp, expert, uniform, 2)) == family.gap
    assert Fraction(gap(family.mdp, family.expert, family.learner)) == family.gap == Fraction(closed_risk(4, 3, 2))


@pytest.mark.parametrize("states", [4, 8, 16])
def test_two_resets_with_many_actions_approach_the_constant_one_over_e(states):
    """The ratio to ``|S| H (H + 1) / (2 e N)`` tends to ``(|S| - 2) / |S|`` from above."""
    limit = (states - 2) / states

    def ratio(samples):
        delta = float(error_probability(worst_law(states - 1, samples), 10**9, samples))
        return (2 - float(survived(delta, 2))) / (3 * states / (np.e * samples))

    ratios = np.array([ratio(n) for n in (100, 1000, 10_000)])
    assert np.all(np.diff(np.abs(ratios - limit)) < 0) and abs(ratios[-1] - limit) < 2e-3


def test_the_constant_one_over_e_is_best_for_one_step():
    for samples in (1, 3, 10, 30):
        ratio = float(cloning_gap(*contexts(samples))) / ((samples + 1) / (np.e * samples))
        assert ratio == pytest.approx(np.e * (samples / (samples + 1)) ** (samples + 1))
    assert ratio > 0.98


def test_cloning_is_bayes_optimal_and_interaction_does_not_help():
    prior = reset_prior(2, 2, 2, 1)
    for value in (bayes_value, interactive_bayes_value):
        assert Fraction(value(prior.mdp, prior.experts, prior.policies, 1)) == Fraction(21, 16)  # 1.3125
        assert np.all(bayes_reset(value, 2, 2).verdicts == HOLDS)


def test_who_deviates_at_the_first_step_learns_that_step_only():
    """It ends in the bad state, and guesses at the second step: 9/8 in the catalogue, against 21/16."""
    prior = reset_prior(2, 2, 2, 1)
    first = prior.experts[:, :1]
    blind = ar.concatenate([first, ar.broadcast_to(ar.asarray(Fraction(1, 2)), first.shape)], axis=1)
    assert Fraction(bayes_value(prior.mdp, blind, prior.policies, 1)) == Fraction(9, 8)


def alive(mdp, expert, rule, samples):
    """Law of the data, and for each what the clone does before it meets an unseen state, ``[M, B, H, S, A]``."""
    data = count_law(mdp, expert, samples)
    seen = mdp.system.convert((data.shown.sum(-1) > 0).astype(int))[:, None]
    return data, inside_occupancy(mdp, clones(mdp, data.shown, rule), seen)


@pytest.mark.parametrize(("horizon", "samples"), [(2, 3), (3, 2)])
def test_clones_of_a_stochastic_expert_move_as_it_does_until_the_first_unseen_state(horizon, samples):
    """The first step of the proof without a logarithm: actions are unbiased given the past."""
    mdp, expert, rule = random_world(2, 2, horizon)
    data, inside = alive(mdp, expert, rule, samples)
    for h, s in np.ndindex(horizon, 2):
        mean = [data.expectation(ar.moveaxis(inside[..., h, s, a], 0, -1)) for a in range(2)]
        for a in range(2):
            assert np.all(ar.compare(mean[a], "==", (mean[0] + mean[1]) * expert[:, h, s, a]) == 1)


@pytest.mark.parametrize("law", ["uniform", "spiky", "mixed"])
@pytest.mark.parametrize(("horizon", "samples"), [(2, 3), (3, 2)])
def test_a_clone_meets_an_unseen_state_no_sooner_than_the_expert(law, horizon, samples):
    """The second step: ``Pr(first unseen at h) <= sum_s d_h(s) (1 - d_h(s))^N``."""
    mdp, expert, rule = random_world(2, 2, horizon, law=law, expert=law, seed=3)
    data, inside = alive(mdp, expert, rule, samples)
    mass = ar.sum(inside, (-2, -1))
    survival = ar.stack([data.expectation(ar.moveaxis(mass[..., h], 0, -1)) for h in range(horizon)], axis=-1)
    before = ar.concatenate([0 * survival[..., :1] + 1, survival[..., :-1]], axis=-1)
    assert np.all(ar.compare(before - survival, "<=", missing_masses(mdp, expert, samples)) == 1)


def test_a_policy_that_avoids_a_state_comes_there_no_more_often():
    """The third step: conditioned on avoiding (h, s), the expert's policy prefers actions that lead away."""
    mdp, expert, _ = random_world(3, 3, 4, seed=9)
    target = ar.asarray(np.eye(3, dtype=int)[1])
    reach = [ar.broadcast_to(target, (BATCH, 3))]
    actions = []
    for h in reversed(range(3)):
        actions.insert(0, mdp.transitions.expect(reach[0], h))
        reach.insert(0, ar.sum(expert[:, h] * actions[0], -1))
    avoiding = []
    for h in range(3):
        weights = expert[:, h] * (1 - actions[h])
        avoiding.append(weights / ar.sum(weights, -1)[..., None])
    tilted = ar.stack([*avoiding, expert[:, 3]], axis=1)
    arrives, avoids = (mdp.state_occupancy(pi)[:, 3, 1] for pi in (expert, tilted))
    assert np.all(ar.compare(avoids, "<=", arrives) == 1) and np.any(ar.compare(avoids, "==", arrives) == -1)


def test_stochastic_and_deterministic_experts_share_the_deterministic_case():
    mdp, expert, rule = random_world(2, 2, 2, expert="deterministic")
    assert np.all((empirical_gap(mdp, expert, rule, 3) == cloning_gap(mdp, expert, rule, 3)).verdicts == HOLDS)


def test_the_gap_of_a_clone_does_not_depend_on_the_number_of_actions():
    """One step: the empirical law has total variation of order sqrt(A / N) from the expert's, the gap has not."""
    gaps = []
    for actions in (2, 3, 4):
        mdp, *_ = contexts(1)
        uniform = ar.asarray([[Fraction(1, actions)] * actions] * 2)
        P = np.broadcast_to(np.eye(2, dtype=int)[:, None], (2, actions, 2))
        wide = type(mdp)(P, np.ones((2, actions), dtype=int), mdp.mu, horizon=1)
        paid = wide.with_rewards(np.broadcast_to(np.arange(actions) < 1, (2, actions)).astype(int))
        gaps.append(Fraction(empirical_gap(paid, uniform, ar.asarray(np.eye(actions, dtype=int)[[1, 1]]), 2)))
    assert gaps == [Fraction(1, 4) * Fraction(1, a) for a in (2, 3, 4)]


def test_peak_is_the_maximum():
    for samples in (1, 2, 5):
        grid = [Fraction(k, 360) for k in range(361)]
        assert max(x * (1 - x) ** samples for x in grid) == peak(samples)


def test_error_of_a_frequency_is_that_of_all_outcomes():
    p = Fraction(2, 7)
    outcomes = [(0, (1 - p) ** 2), (1, 2 * p * (1 - p)), (2, p**2)]
    assert Fraction(frequency_error(ar.asarray(p), 2)) == sum(q * abs(Fraction(k, 2) - p) for k, q in outcomes)


def test_process_of_mimic_md_by_hand():
    """Four equally likely states, one trajectory in each half: three unseen states, each off by 2 p (1 - p)."""
    assert Fraction(process(*contexts(3)[:2], 1)) == 3 * 2 * Fraction(1, 4) * Fraction(3, 4)


def test_leaving_probabilities_are_the_same_for_all_that_mimic():
    mdp, expert, rule = random_world(3, 2, 4, expert="deterministic")
    seen = ar.asarray(np.random.default_rng(0).integers(0, 2, size=(BATCH, 4, 3)))
    mass = [ar.sum(left_occupancy(mdp, pi, seen), (-2, -1)) for pi in (expert, mimicking(expert, rule, seen))]
    assert np.all(ar.compare(mass[0], "==", mass[1]) == 1)
    assert np.all(mimic_identity(mdp, expert, rule, seen).verdicts == HOLDS)


def test_expected_chance_to_leave_is_that_of_a_union():
    """``E q_h <= h |S| max x (1 - x)^n``, which the rate of Mimic-MD rests on."""
    mdp, expert, _ = random_world(2, 2, 3, expert="deterministic", seed=1)
    data = visit_law(mdp, expert, 2)
    seen = mdp.system.convert((data.shown > 0).astype(int))[:, None]
    left = ar.sum(left_occupancy(mdp, expert, seen), (-2, -1))
    for h in range(3):
        chance = data.expectation(ar.moveaxis(left[..., h], 0, -1))
        assert np.all(ar.compare(chance, "<=", (h + 1) * 2 * peak(2)) == 1)


def test_resets_lose_a_step_for_each_survival_that_fails():
    mdp, expert, wrong, samples = resets(3, 4, 3)
    missed = 2 * families.missing_mass(3, 2, 3)
    expected = sum(1 - (1 - missed) ** h for h in range(1, 5))
    assert Fraction(cloning_gap(mdp, expert, wrong, samples)) == expected


def test_a_set_of_states_is_ones_and_zeros():
    mdp, expert, rule = random_world(2, 2, 2, expert="deterministic")
    with pytest.raises(InvalidInstance, match="must be 1 inside the set and 0 outside"):
        mimic_identity(mdp, expert, rule, [[1, 0], [0, Fraction(1, 2)]])
    with pytest.raises(InvalidInstance, match=r"seen has shape \(2,\), expected \(2, 2\)"):
        mimic_identity(mdp, expert, rule, [1, 0])


def test_clones_lose_more_than_the_tail_bound_with_no_more_than_its_probability():
    """From the exponential moment by Markov's inequality; four contexts, where the gap is the unseen share."""
    mdp, expert, *_ = contexts(3)
    failures = []
    for samples, k in product((8, 12), (2, 8)):
        bound = (mdp.n_states / 4 + np.log(k)) * 2 / samples
        data = visit_law(mdp, expert, samples)
        missing = (data.shown[:, 0] == 0).sum(axis=-1) / 4
        failures.append(sum(data.probabilities.fractions()[missing > bound], Fraction(0)))
        assert failures[-1] <= Fraction(1, k)
    assert max(failures) > 0


def first(world):
    """The first instance of a batch."""
    mdp, expert, rule = world
    return mdp.select(0), expert[0], rule[0]


def mean_and_error(outcomes):
    return outcomes.mean(), outcomes.std() / np.sqrt(len(outcomes))


def test_sampled_gaps_average_to_the_enumerated_ones():
    mdp, expert, rule = first(random_world(2, 2, 2))
    exact = float(empirical_gap(mdp, expert, rule, 3))
    mean, error = mean_and_error(clone_gaps(mdp, expert, rule, 3)(np.random.default_rng(0), 20_000))
    assert 0 < error < 0.01 and abs(mean - exact) < 4 * error


def test_sampled_mismatches_average_to_the_enumerated_ones():
    mdp, expert, _ = first(random_world(2, 2, 3, expert="deterministic", seed=6))
    exact = float(process(mdp, expert, 3))
    mean, error = mean_and_error(mismatches(mdp, expert, 3)(np.random.default_rng(0), 20_000))
    assert 0 < error < 0.01 and abs(mean - exact) < 4 * error


def test_sampled_counts_count_every_step_of_every_trajectory():
    mdp, expert, _ = first(random_world(3, 2, 4))
    counts = drawn_counts(mdp, expert, 5, np.random.default_rng(1), 7)
    assert counts.shape == (7, 4, 3, 2) and np.all(counts.sum(axis=(-2, -1)) == 5)
