"""Discounted quantities against Gauss elimination in fractions and against truncated series."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from enclosing import encloses
from slow_tabular import ONE, ZERO, discounted_d, discounted_v, draw_numbers, draw_rows, fractions, kernel

from sims import SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.tabular import IllConditioned, InvalidModel

HALF = Fraction(1, 2)
GAMMAS = [Fraction(0), HALF, Fraction(9, 10), Fraction(999, 1000), Fraction(999_999, 1_000_000)]


def draw(seed: int, S: int = 3, A: int = 2):
    rng = np.random.default_rng(seed)
    P, r, mu, pi = (
        draw_rows(rng, (S, A, S)),
        draw_numbers(rng, (S, A)),
        draw_rows(rng, (S,)),
        draw_rows(rng, (S, A)),
    )
    gamma = GAMMAS[seed % len(GAMMAS)]
    return TabularMDP(P, r, mu, discount=gamma), P, r, mu, pi, gamma


@pytest.mark.parametrize("seed", range(20))
def test_values_solve_the_linear_system(seed):
    mdp, P, r, mu, pi, gamma = draw(seed, S=2 + seed % 3)
    v = np.array(discounted_v(P, r, pi, gamma), dtype=object)
    q = r + gamma * (P * v).sum(-1)
    assert np.array_equal(fractions(mdp.v(pi)), v)
    assert np.array_equal(fractions(mdp.q(pi)), q)
    assert np.array_equal(fractions(mdp.advantage(pi)), q - v[:, None])
    assert Fraction(mdp.value(pi)) == (mu * v).sum()


@pytest.mark.parametrize("seed", range(20))
def test_occupancies_solve_the_linear_system(seed):
    mdp, P, _, mu, pi, gamma = draw(seed, S=2 + seed % 3)
    d = np.array(discounted_d(P, mu, pi, gamma), dtype=object)
    assert np.array_equal(fractions(mdp.state_occupancy(pi)), d)
    assert np.array_equal(fractions(mdp.occupancy(pi)), d[:, None] * pi)


@pytest.mark.parametrize("seed", [0, 1, 2, 6, 7])
def test_occupancies_are_the_limits_of_truncated_series(seed):
    """``sum_{t<T} (1-gamma) gamma^t Pr(s_t = s)`` is below the occupancy, and misses ``gamma^T`` in total."""
    mdp, P, _, mu, pi, gamma = draw(seed)
    T = 60
    K, law, partial = kernel(P, pi), list(mu), [ZERO] * 3
    for t in range(T):
        partial = [x + (1 - gamma) * gamma**t * p for x, p in zip(partial, law, strict=True)]
        law = [sum((law[s] * K[s][u] for s in range(3)), ZERO) for u in range(3)]
    missing = fractions(mdp.state_occupancy(pi)) - np.array(partial, dtype=object)
    assert (missing >= 0).all()
    assert missing.sum() == gamma**T


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_the_best_of_all_deterministic_policies_in_every_state(seed):
    mdp, P, r, mu, _, gamma = draw(seed)
    values = []
    for actions in itertools.product(range(2), repeat=3):
        policy = [[ONE if a == chosen else ZERO for a in range(2)] for chosen in actions]
        values.append(discounted_v(P, r, policy, gamma))
    best = [max(v[s] for v in values) for s in range(3)]
    truth = sum((m * b for m, b in zip(mu, best, strict=True)), ZERO)
    assert fractions(mdp.v(mdp.optimal_policy())).tolist() == best
    assert Fraction(mdp.optimal_value()) == truth
    for name in ("interval", "ball"):
        assert encloses(mdp.to(name).optimal_value(), ar.asarray(truth)[()])
    assert float(mdp.to("float64").optimal_value()) == pytest.approx(float(truth), rel=1e-9, abs=1e-12)


def test_ties_go_to_the_first_action():
    mdp = TabularMDP([[[1], [1], [1]]], [[1, 2, 2]], [1], discount=Fraction(1, 2))
    assert fractions(mdp.optimal_policy()).tolist() == [[0, 1, 0]]


def test_near_ties_are_decided_beyond_floats():
    """Two actions whose rewards agree to 40 digits: floats cannot tell them apart, exact arithmetic can."""
    tiny = Fraction(1, 10**40)
    P = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]
    r = [[Fraction(1, 3), Fraction(1, 3) + tiny], [Fraction(1, 3), Fraction(1, 3)]]
    mdp = TabularMDP(P, r, [0, 1], discount=Fraction(9, 10))
    best = max(
        Fraction(mdp.value(pi)) for pi in ([[1, 0], [1, 0]], [[0, 1], [1, 0]], [[1, 0], [0, 1]], [[0, 1], [0, 1]])
    )
    assert Fraction(mdp.optimal_value()) == best > Fraction(10, 3)
    ball = mdp.to("ball", bits=256)
    assert encloses(ball.optimal_value(), ar.asarray(best)[()])
    assert (ball.optimal_value() > Fraction(10, 3)).holds


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("tau", [0.01, 0.5, 10.0])
def test_soft_values_are_the_fixed_point_of_soft_value_iteration(gamma, tau):
    rng = np.random.default_rng(0)
    S, A = 4, 3
    P, r, mu = rng.dirichlet(np.ones(S), size=(S, A)), rng.normal(size=(S, A)), rng.dirichlet(np.ones(S))
    mdp = TabularMDP(P, r, mu, discount=gamma)
    soft = mdp.soft_optimal(tau)
    v = np.zeros(S)
    for _ in range(int(40 / (1 - gamma)) + 1):
        q = r + gamma * P @ v
        top = q.max(-1)
        v = top + tau * np.log(np.exp((q - top[:, None]) / tau).sum(-1))
    assert soft.v == pytest.approx(v, rel=1e-9, abs=1e-9)
    assert soft.policy.sum(-1) == pytest.approx(np.ones(S), rel=1e-9)
    entropy = -(soft.policy * np.log(np.maximum(soft.policy, 1e-300))).sum(-1)
    objective = float(mdp.value(soft.policy)) + tau * float(mdp.state_occupancy(soft.policy) @ entropy) / (1 - gamma)
    assert objective == pytest.approx(float(soft.value), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("gamma", [Fraction(1, 2), Fraction(999, 1000)])
def test_soft_enclosures_of_all_precisions_overlap_and_shrink(gamma):
    rng = np.random.default_rng(1)
    P, r, mu = draw_rows(rng, (3, 2, 3)), draw_numbers(rng, (3, 2)), draw_rows(rng, (3,))
    mdp = TabularMDP(P, r, mu, discount=gamma)
    finest = mdp.to("ball", bits=512).soft_optimal(Fraction(1, 3))
    previous = np.inf
    for options in ({"name": "interval"}, {"name": "ball", "bits": 96}, {"name": "ball", "bits": 256}):
        soft = mdp.to(**options).soft_optimal(Fraction(1, 3))
        for x, y in zip(soft, finest, strict=True):
            x, y = (ar.convert(z, "ball", bits=600) for z in (x, y))
            assert not ar.equal(x, y).refuted.any()
        low, high = soft.value.bounds()
        assert high - low < previous
        previous = (high - low) / 10**6


@pytest.mark.parametrize("k", [17, 20, 40])
def test_discounts_that_floats_round_to_one_need_exact_numbers(k):
    gamma = 1 - Fraction(1, 10**k)
    mdp = TabularMDP([[[1]] * 2], [[1, 2]], [1], discount=gamma)
    assert Fraction(mdp.optimal_value()) == 2 * 10**k
    assert Fraction(mdp.value([[HALF, HALF]])) == Fraction(3, 2) * 10**k
    assert encloses(mdp.to("ball", bits=256).value([[HALF, HALF]]), mdp.value([[HALF, HALF]]))
    for name in ("float64", "interval"):
        with pytest.raises(InvalidModel, match="floats round to 1"):
            mdp.to(name)


def test_floats_say_when_they_cannot_solve():
    """Rows of thirds sum to a little more than 1 as floats, and this discount leaves no room for that."""
    n = 72
    law = SparseTransitions(np.arange(n + 1) * 3, np.arange(3 * n) % n, np.full(3 * n, 1 / 3 + 2.0**-54), n, 1)
    mdp = TabularMDP(law, np.ones((n, 1)), np.eye(n)[0], discount=1 - 2.0**-53)
    with pytest.raises(IllConditioned, match=r"discount=0.9999999999999999 may be too close to 1.*to\('rational'\)"):
        mdp.value(np.ones((n, 1)))
    assert mdp.to("interval").value(np.ones((n, 1))).bounds() == (-np.inf, np.inf)
