"""Expectations over data sets against the enumeration of every tuple of trajectories, in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from iltheory.claims import drawing
from iltheory.claims.drawing import Scale
from iltheory.measures import (
    TooManyDatasets,
    agreeing_occupancy,
    bayes_value,
    clones,
    count_law,
    dataset_law,
    earned,
    expected_clone_value,
    inside_occupancy,
    interactive_bayes_value,
    left_occupancy,
    mimicking_occupancy,
    missing_masses,
    retracing_occupancy,
    steps_lost,
    visit_law,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument

BATCH = 3


def world(states=2, actions=2, horizon=2, *, seed=0, deterministic=False):
    """A batch of random time-varying models, an expert and a rule."""
    rng = np.random.default_rng(seed)
    scale = Scale(size=BATCH, n_states=states, n_actions=actions, horizon=horizon, stationary=False)
    core = (BATCH, horizon, states, actions)
    expert = drawing.rows(rng, core, "deterministic" if deterministic else "uniform", 4)
    return drawing.model(rng, scale, finite=True), expert, drawing.rows(rng, core, "uniform", 4)


def paths(mdp, pi):
    """Every trajectory of one model as ((s, a), ...), with its probability, in plain fractions."""
    P, mu, pi = (x.fractions() for x in (mdp.transitions.dense(), mdp.mu, pi))
    pairs = list(product(range(mdp.n_states), range(mdp.n_actions)))
    for path in product(pairs, repeat=mdp.horizon):
        probability = mu[path[0][0]]
        for h, (s, a) in enumerate(path):
            probability *= pi[h, s, a]
            if h + 1 < mdp.horizon:
                probability *= P[min(h, len(P) - 1), s, a, path[h + 1][0]]
        if probability:
            yield path, probability


def datasets(mdp, pi, samples):
    """Every tuple of N trajectories with its probability."""
    for data in product(list(paths(mdp, pi)), repeat=samples):
        probability = Fraction(1)
        for _, p in data:
            probability *= p
        yield [path for path, _ in data], probability


def occupancy(mdp, pi):
    d = np.full((mdp.horizon, mdp.n_states, mdp.n_actions), Fraction(0))
    for path, probability in paths(mdp, pi):
        for h, (s, a) in enumerate(path):
            d[h, s, a] += probability
    return d


def clone(mdp, data, rule, *, expert=None):
    """The empirical law where the data have been (or the expert's), the rule elsewhere, in plain fractions."""
    counts = np.zeros((mdp.horizon, mdp.n_states, mdp.n_actions), dtype=int)
    for path in data:
        for h, (s, a) in enumerate(path):
            counts[h, s, a] += 1
    pi = rule.fractions().copy()
    for h, s in np.argwhere(counts.sum(-1) > 0):
        row = [Fraction(int(n), int(counts[h, s].sum())) for n in counts[h, s]]
        pi[h, s] = row if expert is None else expert.fractions()[h, s]
    return ar.asarray(pi)


def exactly(x, fractions):
    return np.array_equal(ar.convert(x, "rational").fractions(), np.asarray(fractions))


def test_law_of_a_sum_is_that_of_all_tuples():
    law = ar.asarray([[Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], [0, Fraction(1, 4), Fraction(3, 4)]])
    shown = np.array([[1, 0], [0, 2], [1, 1]])
    found = dataset_law(law, shown, 3)
    for i in range(2):
        expected: dict[tuple[int, ...], Fraction] = {}
        for outcomes in product(range(3), repeat=3):
            total = tuple(int(n) for n in sum(shown[j] for j in outcomes))
            p = np.prod([law.fractions()[i, j] for j in outcomes])
            expected[total] = expected.get(total, Fraction(0)) + p
        mine = dict(zip(map(tuple, found.shown.tolist()), found.probabilities.fractions()[i], strict=True))
        assert mine == expected


@pytest.mark.parametrize(("horizon", "samples"), [(1, 3), (2, 1), (2, 2)])
def test_clones_of_a_stochastic_expert(horizon, samples):
    mdp, expert, rule = world(horizon=horizon)
    found = expected_clone_value(mdp, expert, rule, samples)
    for i in range(BATCH):
        one, pi, other = mdp.select(i), expert[i], rule[i]
        value = sum(p * Fraction(one.value(clone(one, data, other))) for data, p in datasets(one, pi, samples))
        assert Fraction(found[i]) == value


@pytest.mark.parametrize(("states", "horizon", "samples"), [(2, 2, 2), (3, 2, 2), (2, 3, 2)])
def test_mimicking_where_seen(states, horizon, samples):
    mdp, expert, rule = world(states, 2, horizon, deterministic=True, seed=states)
    found = mimicking_occupancy(mdp, expert, rule, samples)
    for i in range(BATCH):
        one, pi, other = mdp.select(i), expert[i], rule[i]
        d = sum(p * occupancy(one, clone(one, data, other)) for data, p in datasets(one, pi, samples))
        assert exactly(found[i], d)
        assert Fraction(earned(mdp, found)[i]) == sum((d * one.rewards().fractions()).ravel())


def test_mimicking_a_stochastic_expert_plays_its_law_where_seen():
    mdp, expert, rule = world(seed=5)
    found = mimicking_occupancy(mdp, expert, rule, 2)
    one, pi, other = mdp.select(0), expert[0], rule[0]
    d = sum(p * occupancy(one, clone(one, data, other, expert=pi)) for data, p in datasets(one, pi, 2))
    assert exactly(found[0], d)


def test_retracing_is_the_mass_on_seen_states_only():
    mdp, expert, _ = world(horizon=3, deterministic=True, seed=7)
    found = retracing_occupancy(mdp, expert, 2)
    one, pi = mdp.select(1), expert[1]
    d = np.full((3, 2, 2), Fraction(0))
    for data, p in datasets(one, pi, 2):
        seen = {(h, s) for path in data for h, (s, _) in enumerate(path)}
        for path, q in paths(one, pi):
            for h, (s, a) in enumerate(path):
                if (h, s) not in seen:
                    break
                d[h, s, a] += p * q
    assert exactly(found[1], d)
    assert Fraction(steps_lost(mdp, found)[1]) == 3 - sum(d.ravel())


def test_missing_masses_are_first_step_losses_of_retracing():
    mdp, expert, _ = world(3, 2, 2, deterministic=True)
    first = ar.sum(retracing_occupancy(mdp, expert, 4), (-2, -1))[..., 0]
    assert np.all(ar.compare(missing_masses(mdp, expert, 4)[..., 0], "==", 1 - first) == 1)


def test_leaving_a_set_of_states():
    mdp, expert, _ = world(3, 2, 3, seed=2)
    seen = np.random.default_rng(1).integers(0, 2, size=(BATCH, 3, 3))
    left, inside = (f(mdp, expert, ar.asarray(seen)) for f in (left_occupancy, inside_occupancy))
    one, pi = mdp.select(2), expert[2]
    d = np.full((3, 3, 2), Fraction(0))
    for path, p in paths(one, pi):
        gone = False
        for h, (s, a) in enumerate(path):
            gone = gone or not seen[2, h, s]
            d[h, s, a] += p * gone
    assert exactly(left[2], d)
    assert np.all(ar.compare(left + inside, "==", mdp.occupancy(expert)) == 1)


def test_agreeing_of_a_policy_with_itself_is_its_occupancy_and_with_its_opposite_nothing():
    mdp, expert, _ = world(deterministic=True)
    assert np.all(ar.compare(agreeing_occupancy(mdp, expert, expert), "==", mdp.occupancy(expert)) == 1)
    assert not ar.possibly_nonzero(agreeing_occupancy(mdp, expert, 1 - expert)).any()


def test_visits_are_counts_without_actions():
    mdp, expert, _ = world(2, 2, 2, deterministic=True, seed=3)
    visits, counts = visit_law(mdp, expert, 2), count_law(mdp, expert, 2)
    for row, p in zip(visits.shown, visits.probabilities[0].fractions(), strict=True):
        same = (counts.shown.sum(-1) == row).all(axis=(-2, -1))
        assert sum(counts.probabilities[0].fractions()[same], Fraction(0)) == p


def test_probabilities_sum_to_one_in_every_system():
    mdp, expert, rule = world()
    for name in ("float64", "interval", "ball", "rational"):
        model, pi = mdp.to(name), ar.convert(expert, name)
        data = count_law(model, pi, 2)
        total = ar.sum(data.probabilities, -1)
        assert np.all(ar.lower(total) <= 1 + 1e-12) and np.all(ar.upper(total) >= 1 - 1e-12)
        value = expected_clone_value(model, pi, ar.convert(rule, name), 2)
        assert np.allclose(ar.midpoint(value), ar.midpoint(expected_clone_value(mdp, expert, rule, 2)), atol=1e-12)


def test_clones_play_the_rule_where_nothing_was_seen():
    mdp, _, rule = world()
    counts = np.zeros((1, 2, 2, 2), dtype=int)
    counts[0, 0, 1] = [1, 3]
    policy = clones(mdp, counts, rule)
    assert policy.shape == (1, BATCH, 2, 2, 2)
    assert exactly(policy[0, 0, 0, 1], [Fraction(1, 4), Fraction(3, 4)])
    assert exactly(policy[0, 2, 1], rule[2, 1].fractions())


def test_too_much_is_refused_with_its_size():
    mdp, expert, rule = world(2, 2, 3)
    with pytest.raises(TooManyDatasets, match="2 samples of 4000 outcomes need 16000000 pairs"):
        dataset_law(ar.asarray([Fraction(1, 4000)] * 4000), np.arange(4000), 2)
    big = TabularMDP(np.full((9, 2, 9), Fraction(1, 9)), np.zeros((9, 2), dtype=int), [1] + [0] * 8, horizon=12)
    uniform = ar.asarray([[Fraction(1, 2)] * 2] * 9)
    with pytest.raises(TooManyDatasets, match=r"\(S \+ 1\)\*\*H = 10\*\*12"):
        mimicking_occupancy(big, uniform, uniform, 2)
    with pytest.raises(TooManyDatasets, match="histories"):
        interactive_bayes_value(mdp, expert, rule[:, None], 4)
    with pytest.raises(InvalidArgument, match="samples is 0"):
        count_law(mdp, expert, 0)
    with pytest.raises(InvalidArgument, match="statistic has shape"):
        dataset_law(ar.asarray([1]), [1, 2], 1)


def guessing():
    """One state, one step, two actions; which one is right, and shown, is a fair coin."""
    right = ar.asarray([[[[1, 0]]], [[[0, 1]]]])
    mdp = TabularMDP(np.ones((1, 2, 1), dtype=int), np.zeros((1, 2), dtype=int), [1], horizon=1).with_rewards(right)
    return mdp, right


def test_one_demonstration_tells_all_about_a_coin():
    mdp, right = guessing()
    for value in (bayes_value, interactive_bayes_value):
        assert Fraction(value(mdp, right, right[:, None], 1)) == 1


def test_an_expert_that_shows_nothing_leaves_a_guess():
    mdp, right = guessing()
    blind = ar.asarray([[[[Fraction(1, 2)] * 2]]] * 2)
    for value in (bayes_value, interactive_bayes_value):
        assert Fraction(value(mdp, blind, right[:, None], 2)) == Fraction(1, 2)
