"""Shaping and the ambiguity of rewards, against closed forms, union-find and slow elimination."""

from __future__ import annotations

from fractions import Fraction

import graphs_by_hand as by_hand
import numpy as np
import pytest

from iltheory import testing
from iltheory.measures import (
    is_covered,
    is_decomposable,
    is_strongly_connected,
    linkage_classes,
    next_state_shaping,
    period,
    rank,
    reward_ambiguity,
    shaped,
    shaping,
    shaping_ambiguity,
    state_reward_ambiguity,
    stationary_reward_ambiguity,
    visited_reward_ambiguity,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
GRAPHS = [graph for n in (1, 2, 3) for graph in by_hand.graphs(n)]


def slow_rank(rows: list[list[Fraction]]) -> int:
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column] != 0), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] / rows[found][column]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


def random_model(seed: int, **end: object) -> TabularMDP:
    return families.garnet(4, 3, 2, rng=seed, **end)


# Shaping.


def test_shaping_is_the_expected_difference_of_potentials():
    mdp = random_model(0, discount=0.75)
    potential = np.array([0.5, -1.0, 0.25, 2.0])
    added = shaping(mdp, potential)
    for s in range(4):
        for a in range(3):
            expected = sum(mdp.P[s, a, t] * potential[t] for t in range(4))
            assert added[s, a] == pytest.approx(0.75 * expected - potential[s])
    assert np.allclose((mdp.P * next_state_shaping(mdp, potential)).sum(-1), added)
    assert np.allclose(shaped(mdp, potential).r, mdp.r + added)


def test_shaping_ends_with_the_horizon():
    mdp = random_model(1, horizon=2)
    potential = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    added = shaping(mdp, potential)
    assert np.allclose(added[0], mdp.P @ potential[1] - potential[0][:, None])
    assert np.allclose(added[1], -potential[1][:, None])


def test_no_potential_at_the_end_of_an_episode():
    mdp = TabularMDP([[[0, 1]], [[0, 1]]], [[1], [0]], [1, 0], discount=HALF, terminal=[False, True])
    with pytest.raises(InvalidArgument, match=r"potential\[1\] is 1/3 in a terminal state"):
        shaping(mdp, ar.asarray([0, THIRD]))
    assert Fraction(shaping(mdp, ar.asarray([THIRD, 0]))[0, 0]) == -THIRD


def test_shaping_keeps_every_difference_of_episodes():
    def opened(mdp, potential):
        return shaped(mdp, np.where(mdp.terminal, 0.0, potential)).r

    testing.shaping_keeps_every_difference(opened)
    testing.reward_paths_agree(
        {
            "pairs": lambda phi: shaping(random_model(0, discount=0.75), phi),
            "next states": lambda phi: (
                random_model(0, discount=0.75).P * next_state_shaping(random_model(0, discount=0.75), phi)
            ).sum(-1),
            "models": lambda phi: shaped(random_model(0, discount=0.75), phi).r - random_model(0, discount=0.75).r,
        },
        np.array([0.5, -1.0, 0.25, 2.0]),
    )


# Ranks.


@pytest.mark.parametrize("seed", range(5))
def test_rank_is_that_of_slow_elimination(seed):
    rng = np.random.default_rng(seed)
    numerators = rng.integers(-1, 2, size=(6, 5, 7))
    matrix = ar.asarray(numerators.tolist()) / 3
    ranks = [int(Fraction(r)) for r in rank(matrix)]
    assert ranks == [slow_rank([[Fraction(int(x), 3) for x in row] for row in one]) for one in numerators]
    assert np.array_equal(np.asarray(rank(numerators.astype(float))), ranks)
    assert np.all(ar.compare(rank(ar.convert(numerators, "interval")), "==", np.array(ranks)) == 1)


def test_rank_of_inexact_enclosures_is_only_bounded():
    thirds = ar.convert(ar.asarray([[THIRD, THIRD], [THIRD, THIRD]]), "interval")
    assert -1e-15 <= ar.lower(rank(thirds)) <= 0 and 2 <= ar.upper(rank(thirds)) <= 2 + 1e-15


# Ambiguity, over all deterministic models of up to three states.


def test_classes_periods_and_connections_of_all_small_graphs():
    for graph in GRAPHS:
        mdp = by_hand.model(graph, discount=HALF)
        for steps in range(4):
            assert linkage_classes(mdp, steps=steps) == by_hand.classes(graph, steps=steps)
        assert is_strongly_connected(mdp) == by_hand.strongly_connected(graph)
        if by_hand.strongly_connected(graph):
            assert period(mdp) == by_hand.period(graph)


def test_with_a_discount_the_ambiguity_is_the_number_of_linked_classes():
    for graph in GRAPHS:
        mdp = by_hand.model(graph, discount=HALF)
        classes = by_hand.classes(graph, steps=1)
        assert Fraction(state_reward_ambiguity(mdp)) == classes
        assert Fraction(shaping_ambiguity(mdp)) == classes
        assert Fraction(reward_ambiguity(mdp, mdp.with_end(discount=THIRD))) == classes
        assert bool(is_decomposable(mdp)) == (classes == 1)


def test_aperiodicity_does_not_identify_rewards_with_a_discount():
    connected = [g for g in GRAPHS if by_hand.strongly_connected(g)]
    ambiguity = {g: Fraction(state_reward_ambiguity(by_hand.model(g, discount=HALF))) for g in connected}
    assert all(ambiguity[g] >= by_hand.period(g) for g in connected)
    misled = [g for g in connected if by_hand.period(g) == 1 and ambiguity[g] > 1]
    assert len(misled) == 18
    assert ((0, 1), (2,), (0,)) in misled


@pytest.mark.parametrize("horizon", range(1, 5))
def test_with_a_horizon_the_ambiguity_counts_later_links(horizon):
    for graph in GRAPHS:
        mdp = by_hand.model(graph, horizon=horizon)
        ambiguity = Fraction(stationary_reward_ambiguity(mdp))
        assert ambiguity == by_hand.classes(graph, steps=horizon - 1)
        if horizon >= len(graph) and by_hand.strongly_connected(graph):
            assert ambiguity == by_hand.period(graph)


def test_as_many_steps_as_states_are_needed():
    late = ((1, 2), (1, 2), (0,))
    assert by_hand.period(late) == 1
    assert Fraction(stationary_reward_ambiguity(by_hand.model(late, horizon=2))) == 2
    assert Fraction(stationary_reward_ambiguity(by_hand.model(late, horizon=3))) == 1


def from_the_first(graph, horizon):
    mdp = by_hand.model(graph, horizon=horizon)
    return TabularMDP(mdp.P, mdp.r, [1] + [0] * (len(graph) - 1), horizon=horizon)


def test_a_start_that_covers_all_states_early_enough_identifies_the_reward():
    for graph in GRAPHS:
        n = len(graph)
        for k in range(4):
            mdp = from_the_first(graph, k + n)
            covered = len(by_hand.reached(graph, 0, k)) == n
            assert is_covered(mdp, k) == covered
            if covered:
                assert Fraction(visited_reward_ambiguity(mdp)) == 1


def test_covering_only_at_the_last_step_is_too_late():
    late = ((1, 2), (2,), (0, 1))
    assert is_covered(from_the_first(late, 3), 2)
    assert [Fraction(visited_reward_ambiguity(from_the_first(late, h))) for h in (3, 4, 5)] == [2, 1, 1]


def test_rewards_that_are_never_earned_are_not_counted():
    mdp = TabularMDP([[[1, 0], [1, 0]], [[0, 1], [0, 1]]], [[0, 0], [0, 0]], [1, 0], horizon=2)
    assert Fraction(visited_reward_ambiguity(mdp)) == 1
    assert Fraction(stationary_reward_ambiguity(mdp)) == 2


@pytest.mark.slow
def test_all_graphs_of_four_states():
    for graph in by_hand.graphs(4):
        classes = by_hand.classes(graph, steps=1)
        assert Fraction(state_reward_ambiguity(by_hand.model(graph, discount=HALF))) == classes
        if by_hand.strongly_connected(graph):
            ambiguity = Fraction(stationary_reward_ambiguity(by_hand.model(graph, horizon=4)))
            assert ambiguity == by_hand.period(graph)


# What the dimensions mean.


def test_one_environment_leaves_as_many_dimensions_as_states():
    assert Fraction(reward_ambiguity(random_model(2, discount=0.5).to("rational"))) == 4


def test_without_a_discount_states_show_nothing():
    assert Fraction(state_reward_ambiguity(random_model(2, discount=0).to("rational"))) == 4


def test_rewards_from_the_null_space_have_the_same_policies_in_both_environments():
    mdp = by_hand.model(((1,), (0,)), discount=Fraction(3, 10)).to("float64")
    other = mdp.with_end(discount=0.8)
    assert float(reward_ambiguity(mdp, other)) == 2
    r = np.array([[0.3, -0.2], [0.7, 0.1]])
    # P y = (y1, y0) for both actions: any y = 0.3 v - 0.8 w with v - w = P y
    y = np.array([1.0, -2.0])
    gap = y[::-1]
    w = (y - 0.3 * gap) / (0.3 - 0.8)
    v = w + gap
    changed = r + v[:, None] - 0.3 * mdp.P @ v
    assert np.allclose(changed, r + w[:, None] - 0.8 * other.P @ w)
    assert np.ptp((changed - r)[:, 0]) > 1
    for model in (mdp, other):
        policies = [model.with_rewards(x).soft_optimal(1).policy for x in (r, changed)]
        assert np.abs(policies[0] - policies[1]).max() < 1e-12


def test_three_environments_identify_no_worse_than_two():
    one = by_hand.model(((1,), (0,)), discount=HALF)
    free = by_hand.model(((0, 1), (0, 1)), discount=HALF)
    assert [Fraction(reward_ambiguity(*models)) for models in ([one, one], [one, one, free], [free, one])] == [2, 1, 1]


def test_batches_are_their_models_one_by_one():
    models = [random_model(seed, discount=0.5).to("rational") for seed in range(3)]
    kernel = ar.stack([m.P for m in models])
    batch = TabularMDP(kernel, models[0].r, models[0].mu, discount=HALF, batch_axes=1)
    assert [Fraction(x) for x in state_reward_ambiguity(batch)] == [Fraction(state_reward_ambiguity(m)) for m in models]
