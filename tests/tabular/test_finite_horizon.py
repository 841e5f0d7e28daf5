"""Finite-horizon quantities against sums over all trajectories, in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from slow_tabular import Slow, draw_numbers, draw_rows, fractions

from sims import TabularMDP

SIZES = [(2, 2, 2), (2, 2, 3), (3, 2, 2), (1, 3, 3), (3, 1, 3), (2, 3, 2)]
CASES = [(seed, *size) for seed, size in enumerate(SIZES * 2)]


def draw(seed: int, S: int, A: int, H: int):
    """A random model (varying in time for odd seeds, paid on the next state for every third) and policy."""
    rng = np.random.default_rng(seed)
    steps = H if seed % 2 else 1
    P, mu = draw_rows(rng, (steps, S, A, S)), draw_rows(rng, (S,))
    r = draw_numbers(rng, (steps, S, A, S) if seed % 3 == 0 else (steps, S, A))
    pi = draw_rows(rng, (H, S, A))
    slow = Slow(
        P=[P[h % steps] for h in range(H)],
        r=[r[h % steps] if seed % 3 == 0 else np.repeat(r[h % steps][..., None], S, -1) for h in range(H)],
        mu=list(mu),
    )
    return TabularMDP(P, r, mu, horizon=H), pi, slow


@pytest.mark.parametrize("case", CASES)
def test_occupancies_are_sums_over_trajectories(case):
    mdp, pi, slow = draw(*case)
    truth = slow.occupancy(pi)
    assert np.array_equal(fractions(mdp.occupancy(pi)), truth)
    assert np.array_equal(fractions(mdp.state_occupancy(pi)), truth.sum(-1))


@pytest.mark.parametrize("case", CASES)
def test_values_are_sums_over_trajectories(case):
    mdp, pi, slow = draw(*case)
    q, v = slow.q(pi), slow.v(pi)
    assert np.array_equal(fractions(mdp.q(pi)), q)
    assert np.array_equal(fractions(mdp.v(pi)), v)
    assert np.array_equal(fractions(mdp.advantage(pi)), q - v[..., None])
    assert Fraction(mdp.value(pi)) == slow.value(pi)


@pytest.mark.parametrize(
    "case", [(seed, *size) for seed, size in enumerate([(2, 2, 2), (2, 2, 3), (3, 2, 2), (1, 3, 3)])]
)
def test_the_optimum_is_the_best_of_all_deterministic_policies(case):
    mdp, _, slow = draw(*case)
    best = max(slow.value(pi) for pi in slow.deterministic_policies())
    assert Fraction(mdp.optimal_value()) == best
    assert Fraction(mdp.value(mdp.optimal_policy())) == best


def test_ties_go_to_the_first_action():
    mdp = TabularMDP([[[1], [1], [1]]], [[1, 2, 2]], [1], horizon=3)
    assert fractions(mdp.optimal_policy()).tolist() == [[[0, 1, 0]]] * 3


def test_a_stationary_policy_is_the_same_at_every_step():
    mdp, pi, _ = draw(1, 2, 2, 3)
    repeated = np.stack([pi[0]] * 3)
    for stationary in (pi[0], pi[:1]):
        assert np.array_equal(fractions(mdp.occupancy(stationary)), fractions(mdp.occupancy(repeated)))
        assert Fraction(mdp.value(stationary)) == Fraction(mdp.value(repeated))


def test_one_step_pays_the_first_reward_only():
    mdp = TabularMDP([[[0, 1]], [[1, 0]]], [[Fraction(1, 3)], [7]], [1, 0], horizon=1)
    assert Fraction(mdp.value([[1], [1]])) == Fraction(1, 3)


@pytest.mark.parametrize("seed", range(6))
def test_soft_values_are_the_best_of_reward_plus_entropy(seed):
    """Against the definition: softmax backward induction written out in plain floats, and no policy does better."""
    rng = np.random.default_rng(seed)
    S, A, H, tau = 3, 3, 3, [0.05, 0.3, 1.0, 4.0, 0.5, 2.0][seed]
    P = rng.dirichlet(np.ones(S), size=(S, A))
    r, mu = rng.normal(size=(S, A)), rng.dirichlet(np.ones(S))
    mdp = TabularMDP(P, r, mu, horizon=H)
    soft = mdp.soft_optimal(tau)
    v = np.zeros(S)
    for h in reversed(range(H)):
        q = np.array([[r[s, a] + sum(P[s, a, t] * v[t] for t in range(S)) for a in range(A)] for s in range(S)])
        v = np.array([tau * np.log(np.exp((row - row.max()) / tau).sum()) + row.max() for row in q])
        assert soft.q[h] == pytest.approx(q, rel=1e-12)
        assert soft.v[h] == pytest.approx(v, rel=1e-12)
        assert soft.policy[h] == pytest.approx(np.exp((q - v[:, None]) / tau), rel=1e-9)
    assert float(soft.value) == pytest.approx(mu @ v, rel=1e-12)

    def objective(pi):
        entropy = -(pi * np.log(pi)).sum(-1)
        return float(mdp.value(pi)) + tau * float((mdp.state_occupancy(pi) * entropy).sum())

    assert objective(soft.policy) == pytest.approx(float(soft.value), rel=1e-10)
    for _ in range(20):
        other = 0.8 * soft.policy + 0.2 * rng.dirichlet(np.ones(A), size=(H, S))
        assert objective(other) < float(soft.value)
