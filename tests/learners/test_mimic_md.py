"""Mimic-MD: optimal among all that mimic, and better than cloning over long horizons."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from recorded import dataset, drawn, reset_paths
from small_models import A, H, S, random_model, random_rule, rules

import iltheory as il
from iltheory.games.occupancy_programme import nearest_flow
from iltheory.learners.behavioral_cloning import behavioral_cloning
from iltheory.learners.held_out import halves, left_frequency
from iltheory.learners.mimic_md import entering, mimic_md
from iltheory.learners.replay_estimation import replay_estimation
from iltheory.measures import inside_occupancy, left_occupancy
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.datasets.errors import InvalidDataset
from sims.errors import InvalidArgument


@pytest.mark.parametrize("seed", range(6))
def test_the_policy_acts_as_the_expert_where_it_was_seen_and_attains_the_programme(seed):
    mdp, expert, demos = drawn(seed)
    found = mimic_md(mdp, demos)
    first, _ = halves(demos)
    assert np.array_equal(found.seen, first.counts(H, S, A).any(axis=-1))
    both = found.policy.fractions()[found.seen], expert.fractions()[found.seen]
    assert np.array_equal(*both)
    assert np.all(ar.compare(ar.sum(found.policy, -1), "==", 1) == 1)
    indicator = ar.asarray(found.seen.astype(int))
    sources = entering(mdp, expert * indicator[..., None], indicator)
    allowed = (ar.midpoint(expert) > 0) | ~found.seen[..., None]
    flow, f = nearest_flow(mdp, found.shown, sources=sources, allowed=allowed)
    assert np.all(ar.compare(flow, "==", left_occupancy(mdp, found.policy, indicator)) == 1)
    assert Fraction(found.objective) == Fraction(ar.sum(f * (flow - found.shown)))
    assert np.all(ar.compare(ar.absolute(f), "<=", 1) == 1)


@pytest.mark.parametrize("seed", range(3))
def test_no_policy_that_mimics_is_nearer(seed):
    mdp, expert, demos = drawn(seed, n=2)
    found = mimic_md(mdp, demos)
    indicator = ar.asarray(found.seen.astype(int))
    others = ar.asarray(np.stack(list(rules()))[:: 3 + seed])
    mimics = ar.where(found.seen[..., None], expert, others)
    mixed = (mimics + ar.where(found.seen[..., None], expert, found.policy)) / 2
    for policies in (mimics, mixed, expert[None]):
        apart = ar.absolute(left_occupancy(mdp, policies, indicator) - found.shown)
        assert np.all(ar.compare(ar.sum(apart, (-3, -2, -1)), ">=", found.objective) == 1)


def test_unseen_states_cost_no_more_than_the_frequencies_are_off():
    for seed in range(5):
        mdp, expert, demos = drawn(seed)
        found = mimic_md(mdp, demos)
        exact = left_occupancy(mdp, expert, ar.asarray(found.seen.astype(int)))
        off = ar.sum(ar.absolute(exact - found.shown))
        assert np.all((il.gap(mdp, expert, found.policy) <= off).verdicts == 1)


def test_an_expert_known_everywhere_is_mimicked():
    mdp, expert = random_model(3), random_rule(3)
    found = mimic_md(mdp, expert)
    assert Fraction(found.objective) == 0 and Fraction(il.gap(mdp, expert, found.policy)) == 0
    assert np.array_equal(found.seen, ar.possibly_nonzero(mdp.state_occupancy(expert)))


def test_held_out_frequencies_are_counted_by_hand():
    mdp, expert = random_model(0), ar.asarray(np.eye(A, dtype=int)[np.zeros((H, S), dtype=int)])
    demos = dataset([[0, 0, 0], [0, 1, 0], [2, 0, 0]], np.zeros((H, S), dtype=int))
    seen = np.zeros((H, S), dtype=int)
    seen[:, 0] = 1
    left = left_frequency(mdp, demos, ar.asarray(seen)).fractions()
    third = Fraction(1, 3)
    assert left[0, 2, 0] == third and left[1, 1, 0] == third and left[1, 0, 0] == third
    assert left[2, 0, 0] == 2 * third and left.sum() == 5 * third
    exact = left_frequency(mdp, expert, ar.asarray(seen))
    assert np.all(ar.compare(exact, "==", left_occupancy(mdp, expert, seen)) == 1)


def test_mass_that_enters_is_mass_that_leaves_the_seen_states():
    mdp, expert = random_model(4), random_rule(4)
    seen = ar.asarray(np.random.default_rng(4).integers(0, 2, size=(H, S)))
    enters = ar.sum(entering(mdp, expert * seen[..., None], seen), -1).fractions()
    stays = ar.sum(inside_occupancy(mdp, expert, seen), (-2, -1)).fractions()
    assert np.array_equal(np.cumsum(enters), 1 - stays)


def expected_gaps(horizon, good):
    """Exact expected gaps of Mimic-MD and of cloning from two trajectories, on the reset instance with uniform law."""
    mdp, expert, _ = families.reset(good + 1, 2, horizon=horizon, n_trajectories=good - 1)
    actions = np.zeros((horizon, good + 1), dtype=int)
    paths = reset_paths(horizon, good)
    mimic = cloned = Fraction(0)
    for first, second in product(paths, repeat=2):
        demos = dataset([first, second], actions)
        mimic += Fraction(il.gap(mdp, expert, mimic_md(mdp, demos).policy)) / len(paths) ** 2
        cloned += Fraction(il.gap(mdp, expert, behavioral_cloning(demos, mdp))) / len(paths) ** 2
    return mimic, cloned


@pytest.mark.parametrize("horizon", [2, 3])
def test_expected_gap_is_below_that_of_cloning(horizon):
    """All pairs of trajectories are enumerated; cloning uses both, Mimic-MD one for each purpose."""
    mimic, cloned = expected_gaps(horizon, 2)
    error = Fraction(1, 8)  # half the missing mass 1/4
    assert cloned == horizon - sum((1 - error) ** h for h in range(1, horizon + 1))
    assert mimic < cloned


def test_over_a_long_horizon_mimicking_loses_far_less_than_cloning():
    """|S| = 5, H = 25, N = 20: cloning loses a third of all rewards, Mimic-MD next to nothing."""
    mdp, expert, _ = families.reset(5, 2, horizon=25, n_trajectories=20)
    mimic, cloned = [], []
    for seed in range(8):
        demos = mdp.sample(expert, 20, rng=seed)
        mimic.append(float(il.gap(mdp, expert, mimic_md(mdp, demos).policy)))
        cloned.append(float(il.gap(mdp, expert, behavioral_cloning(demos, mdp))))
    assert np.mean(mimic) < np.mean(cloned) / 5 and np.all(np.less(mimic, cloned))


def test_every_system_finds_what_rationals_find():
    mdp, expert, _ = families.reset(4, 2, horizon=6, n_trajectories=6)
    demos = mdp.sample(expert, 6, rng=1)
    exact, floats = mimic_md(mdp, demos), mimic_md(mdp.to("float64"), demos)
    least = float(exact.objective)
    for name in ("interval", "ball"):
        enclosed = mimic_md(mdp.to(name), demos).objective
        assert least - 1e-9 <= ar.lower(enclosed) <= ar.upper(enclosed) <= least + 1e-9
    assert float(floats.objective) == pytest.approx(least, abs=1e-12)
    assert np.asarray(ar.midpoint(floats.policy)).sum(axis=-1) == pytest.approx(1)


def test_nothing_given_is_changed():
    mdp, _, demos = drawn(2)
    before = demos.states.copy(), demos.actions.copy(), mdp.P.fractions()
    mimic_md(mdp, demos)
    assert all(
        np.array_equal(*pair) for pair in zip(before, (demos.states, demos.actions, mdp.P.fractions()), strict=True)
    )


def test_bad_input_is_named():
    mdp, expert, demos = drawn(0)
    uniform = ar.asarray([[Fraction(1, 2)] * 2] * S)
    one = mdp.sample(expert, 1, rng=0)
    with pytest.raises(InvalidDataset, match="1 trajectory cannot be split"):
        mimic_md(mdp, one)
    with pytest.raises(InvalidDataset, match=r"at step 0 in state \d the expert takes actions 0, 1"):
        mimic_md(mdp, mdp.sample(uniform, 40, rng=0))
    with pytest.raises(InvalidDataset, match="stops after 3 of 4 steps"):
        mimic_md(random_model(0, horizon=4), demos)
    batch = random_model(0, batch=2)
    for learner in (mimic_md, replay_estimation):
        with pytest.raises(InvalidArgument, match=r"mdp is a batch of shape \(2,\)"):
            learner(batch, demos)
    endless = TabularMDP(np.ones((1, 2, 1), dtype=int), [[1, 0]], [1], discount=Fraction(1, 2))
    for learner in (mimic_md, replay_estimation):
        with pytest.raises(InvalidArgument, match="finite horizon"):
            learner(endless, ar.asarray([[1, 0]]))
