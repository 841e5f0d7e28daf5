"""Sampled trajectories: their frequencies against exact occupancies, and how they end."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims.families.random import random_dense, random_policy
from sims.tabular.sampling import Categorical
from sims.tabular.transitions import Rows

N = 40_000


def chi_square_p(counts: np.ndarray, law: np.ndarray) -> float:
    """p-value of counts under a law; entries of probability 0 must not occur."""
    from scipy.stats import chi2

    assert (counts[law == 0] == 0).all()
    counts, expected = counts[law > 0], law[law > 0] * counts.sum()
    large = expected >= 5
    counts = np.append(counts[large], counts[~large].sum())
    expected = np.append(expected[large], expected[~large].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts) - 1))


@pytest.mark.parametrize("law", ["uniform", "spiky", "near-deterministic"])
def test_frequencies_follow_the_exact_occupancy(law):
    mdp = random_dense(4, 3, horizon=5, rng=0, law=law)
    pi = random_policy((5, 4, 3), 1, law=law)
    counts = mdp.sample(pi, N, 2).counts(5, 4, 3)
    d = mdp.occupancy(pi)
    for h in range(5):
        assert chi_square_p(counts[h].ravel(), d[h].ravel()) > 1e-4


def test_transitions_that_vary_in_time_are_followed():
    rng = np.random.default_rng(3)
    P = rng.dirichlet(np.ones(3), size=(4, 3, 2))
    mdp = TabularMDP(P, np.zeros((3, 2)), [1, 0, 0], horizon=4)
    pi = random_policy((4, 3, 2), rng)
    counts = mdp.sample(pi, N, 4).counts(4, 3, 2)
    d = mdp.occupancy(pi)
    for h in range(4):
        assert chi_square_p(counts[h].ravel(), d[h].ravel()) > 1e-4


def test_pairs_of_successive_states_follow_the_transition_law():
    mdp = random_dense(4, 2, horizon=2, rng=5)
    pi = random_policy((4, 2), 6)
    demos = mdp.sample(pi, N, 7)
    states, actions = demos.states.reshape(N, 3), demos.actions.reshape(N, 2)
    counts = np.zeros((4, 2, 4))
    np.add.at(counts, (states[:, 0], actions[:, 0], states[:, 1]), 1)
    law = (mdp.mu[:, None] * pi)[..., None] * mdp.P
    assert chi_square_p(counts.ravel(), law.ravel()) > 1e-4


def test_discounted_sampling_follows_the_law_of_each_step():
    mdp = random_dense(3, 2, discount=0.75, rng=8)
    pi = random_policy((3, 2), 9)
    demos = mdp.sample(pi, N, 10, length=3)
    assert demos.lengths.tolist() == [3] * N
    finite = mdp.with_end(horizon=3)
    for h in range(3):
        assert chi_square_p(demos.counts(3, 3, 2)[h].ravel(), finite.occupancy(pi)[h].ravel()) > 1e-4


@pytest.mark.parametrize("name", ["rational", "interval", "ball"])
def test_other_systems_sample_by_their_midpoints(name):
    mdp = random_dense(3, 2, horizon=4, rng=11)
    pi = random_policy((3, 2), 12)
    model = mdp.to(name)
    here, there = mdp.sample(pi, 50, 13), model.sample(model.system.convert(pi), 50, 13)
    assert np.array_equal(here.states, there.states)
    assert np.array_equal(here.actions, there.actions)
    assert np.array_equal(here.rewards, there.rewards)


def test_storages_sample_the_same_law():
    following = np.array([[1, 2], [2, 0], [0, 1]])
    mu, pi = [0.5, 0.5, 0], np.full((3, 2), 0.5)
    laws = [
        np.eye(3)[following],
        DeterministicTransitions(following),
        SparseTransitions(np.arange(7), following.ravel(), np.ones(6), 3, 2),
    ]
    samples = [TabularMDP(law, np.zeros((3, 2)), mu, horizon=6).sample(pi, 200, 0) for law in laws]
    for demos in samples[1:]:
        assert np.array_equal(demos.states, samples[0].states)
    states = samples[0].states.reshape(200, 7)
    assert np.array_equal(states[:, 1:], following[states[:, :-1], samples[0].actions.reshape(200, 6)])


def test_equal_seeds_give_equal_bits_and_generators_move_on():
    mdp = random_dense(4, 2, horizon=5, rng=0)
    pi = random_policy((4, 2), 1)
    first, again, other = (mdp.sample(pi, 20, seed) for seed in (3, 3, 4))
    assert first.states.tobytes() == again.states.tobytes()
    assert first.rewards.tobytes() == again.rewards.tobytes()
    assert first.states.tobytes() != other.states.tobytes()
    rng = np.random.default_rng(3)
    assert mdp.sample(pi, 20, rng).states.tobytes() == first.states.tobytes()
    assert mdp.sample(pi, 20, rng).states.tobytes() != first.states.tobytes()


# How trajectories end.


def leaky(**end) -> TabularMDP:
    """State 0 pays 1 and ends the episode (state 1) with probability 1/4 at each step."""
    return TabularMDP([[[0.75, 0.25]], [[0, 1]]], [[1.0], [0.0]], [1, 0], terminal=np.array([False, True]), **end)


@pytest.mark.parametrize(("end", "length"), [({"horizon": 6}, None), ({"discount": 0.9}, 6)])
def test_terminal_states_terminate_and_time_limits_truncate(end, length):
    demos = leaky(**end).sample([[1], [1]], N, 0, length=length)
    assert not (demos.terminated & demos.truncated).any()
    assert (demos.terminated | demos.truncated).all()
    assert (demos.lengths[demos.truncated] == 6).all()
    last = demos.states[demos.offsets[1:] + np.arange(N)]
    assert np.array_equal(last == 1, demos.terminated)
    assert (demos.states == 1).sum() == demos.terminated.sum()
    assert (demos.rewards == 1).all()
    # Pr(length = k) = 3/4^(k-1) 1/4 for k < 6, else (3/4)^5.
    law = np.array([0.75 ** (k - 1) * 0.25 for k in range(1, 6)] + [0.75**5])
    assert chi_square_p(np.bincount(demos.lengths, minlength=7)[1:], law) > 1e-4
    assert demos.terminated.mean() == pytest.approx(1 - 0.75**6, abs=0.01)


def test_without_declared_terminal_states_everything_is_truncated():
    mdp = TabularMDP([[[0.75, 0.25]], [[0, 1]]], [[1.0], [0.0]], [1, 0], horizon=6)
    demos = mdp.sample([[1], [1]], 100, 0)
    assert demos.truncated.all()
    assert not demos.terminated.any()
    assert (demos.lengths == 6).all()


def test_an_episode_that_is_over_before_it_starts_has_no_steps():
    mdp = TabularMDP([[[1, 0]], [[0, 1]]], [[0], [1]], [1, 0], horizon=3, terminal=np.array([True, False]))
    demos = mdp.sample([[1], [1]], 2, 0)
    assert demos.lengths.tolist() == [0, 0]
    assert demos.terminated.all()


def test_length_may_cut_a_horizon_short():
    demos = leaky(horizon=6).sample([[1], [1]], 50, 0, length=2)
    assert demos.lengths.max() == 2


# Rewards.


def test_rewards_are_of_the_pair_or_of_the_next_state():
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(3), size=(3, 2))
    pair, triple = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 2, 3))
    pi = np.full((3, 2), 0.5)
    for r in (pair, triple):
        demos = TabularMDP(P, r, [1, 0, 0], horizon=4).sample(pi, 30, 1)
        for one in demos:
            index = (np.arange(4), one.states[:-1], one.actions)
            expected = r[index] if r is pair else r[(*index, one.states[1:])]
            assert np.array_equal(one.rewards, expected)


def test_returns_average_to_the_value():
    mdp = random_dense(4, 3, horizon=5, rng=2)
    pi = random_policy((4, 3), 3)
    returns = mdp.sample(pi, N, 4).returns()
    assert abs(returns.mean() - float(mdp.value(pi))) < 5 * returns.std() / np.sqrt(N)


# Drawing.


def test_entries_of_probability_zero_are_never_drawn():
    """Whatever the uniform number, even the largest one below 1 and sums that round above or below 1."""

    class Edge:
        def __init__(self, u: float) -> None:
            self.u = u

        def random(self, n: int) -> np.ndarray:
            return np.full(n, self.u)

    rows = np.array([[0.0, 0.1, 0.2, 0.7, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0], [1 / 3, 0, 1 / 3, 1 / 3 - 1e-10, 0]])
    law = Categorical(Rows(np.arange(4) * 5, np.tile(np.arange(5), 3), rows.ravel()))
    for u in (0.0, 2.0**-53, 0.1, 0.30000000000000004, 1 / 3, 0.5, 1 - 2.0**-53):
        drawn = law.draw(np.arange(3), Edge(u))
        assert (rows[np.arange(3), drawn] > 0).all()


def test_rows_of_different_lengths_are_drawn_from_alike():
    lengths = [1, 4, 2, 3]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    p = np.concatenate([np.random.default_rng(n).dirichlet(np.ones(n)) for n in lengths])
    law = Categorical(Rows(indptr, np.arange(10), p))
    rng = np.random.default_rng(0)
    for row in range(4):
        drawn = law.draw(np.full(N, row), rng)
        inside = slice(indptr[row], indptr[row + 1])
        if lengths[row] > 1:
            assert chi_square_p(np.bincount(drawn, minlength=10)[inside], p[inside]) > 1e-4
        else:
            assert (drawn == 0).all()


def test_large_sparse_models_sample_without_dense_tables():
    n = 50_000
    following = np.stack([(np.arange(n) + 1) % n, (np.arange(n) * 7) % n], axis=1)
    mdp = TabularMDP(DeterministicTransitions(following), np.zeros((n, 2), dtype=int), [1] + [0] * (n - 1), horizon=20)
    demos = mdp.sample(np.full((n, 2), Fraction(1, 2)), 10, 0)
    assert demos.states.max() < n
