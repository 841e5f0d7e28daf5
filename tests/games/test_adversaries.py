"""Classes of rewards: distances by hand, best responses, and what is and is not a strategy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_games import KINDS, A, S, adversaries, metric, on_grid

from iltheory.games import DivergenceRewards, InvalidStrategy, LinearRewards, LipschitzRewards
from iltheory.games.adversaries import optimal_transport
from sims import arithmetic as ar


def laws(seed):
    rng = np.random.default_rng(seed)
    return [on_grid(rng.dirichlet(np.ones(S * A), size=1)).reshape(S, A) for _ in range(2)]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.integers(0, 2**32))
def test_the_best_response_attains_the_distance_and_no_other_strategy_beats_it(kind, seed):
    """The definition ``distance = max_r <e, phi(r)> - <d, r>``, in floats."""
    d, e = laws(seed)
    adversary = adversaries(rng=seed)[kind]
    rng = np.random.default_rng(seed)

    def worth(strategy):
        strategy = ar.convert(adversary.admit(strategy), "float64")
        with np.errstate(divide="ignore"):  # the end of a domain may be worth minus infinity
            return float(adversary.gain(strategy, e)) - float((d * adversary.reward(strategy)).sum())

    distance = float(adversary.distance(d, e))
    best = adversary.respond(d, e)
    assert abs(worth(best) - distance) < 1e-9
    for _ in range(5):
        assert worth(rng.normal(size=best.shape)) <= distance + 1e-9
        assert worth(best + 0.01 * rng.normal(size=best.shape)) <= distance + 1e-9


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.integers(0, 2**32), st.sampled_from([1e-9, 1.0, 1e9]))
def test_whatever_is_admitted_is_a_strategy(kind, seed, size):
    adversary = adversaries(rng=seed)[kind]
    shape = adversary.strategy_shape((S, A))
    adversary.check(adversary.admit(size * np.random.default_rng(seed).normal(size=shape)))


def test_norms_by_hand():
    d, e = np.array([[0.25], [0.75]]), np.array([[0.75], [0.25]])
    f = np.array([[[6.0, -8.0]], [[0.0, 0.0]]])  # difference of expectations: half of (6, -8)
    for ball, expected in {"simplex": 3, "l1": 4, "l2": 5, "linf": 7}.items():
        assert float(LinearRewards(f, ball).distance(d, e)) == expected
    exact = LinearRewards(f.astype(int), "linf")
    assert Fraction(exact.distance(ar.convert(d, "rational"), ar.convert(e, "rational"))) == 7


def test_projections_by_hand():
    f = np.ones((1, 1, 3))
    w = np.array([2.0, -1.0, 0.0])
    assert LinearRewards(f, "linf").project(w).tolist() == [1, -1, 0]
    assert np.allclose(LinearRewards(f, "l2").project(w), w / np.sqrt(5))
    assert np.allclose(LinearRewards(f, "l1").project(w), [1, 0, 0])
    assert np.allclose(LinearRewards(f, "simplex").project(w), [1, 0, 0])
    assert np.allclose(LinearRewards(f, "simplex").project(np.array([0.5, 0.5, 0.5])), 1 / 3)
    inside = np.array([0.25, -0.25, 0.25])
    for ball in ("l1", "l2", "linf"):
        assert (LinearRewards(f, ball).project(inside) == inside).all()


def test_transport_by_hand():
    """Half of the mass moves by 1 and a quarter by 3: dearer than what the other order would cost."""
    cost = abs(np.subtract.outer([0.0, 1.0, 4.0], [0.0, 1.0, 4.0]))
    d, e = np.array([0.75, 0.25, 0.0]), np.array([0.25, 0.5, 0.25])
    plan, reward = optimal_transport(d, e, cost)
    assert np.isclose((plan * cost).sum(), 0.5 * 1 + 0.25 * 3)
    assert np.allclose(plan.sum(1), d) and np.allclose(plan.sum(0), e)
    assert np.isclose((e - d) @ reward, 1.25)


def test_the_distance_of_lipschitz_rewards_is_enclosed():
    d, e = laws(0)
    adversary = LipschitzRewards(metric(S * A))
    exact = adversary.to(ar.INTERVAL).distance(ar.INTERVAL.convert(d), ar.INTERVAL.convert(e))
    plan, _ = optimal_transport(d.ravel(), e.ravel(), adversary.metric)
    cost = (plan * adversary.metric).sum()
    assert ar.lower(exact) <= cost + 1e-15 and cost - 1e-15 <= ar.upper(exact) and ar.upper(exact - exact) < 1e-10


@pytest.mark.parametrize(
    "strategy, ball",
    [
        ([0.5, 0.6], "simplex"),
        ([1.5, -0.5], "simplex"),
        ([0.5, -0.5 - 2.0**-52], "l1"),
        ([1.0, 2.0**-50], "l2"),
        ([1.0 + 2.0**-52, 0], "linf"),
    ],
)
def test_weights_are_checked_exactly(strategy, ball):
    adversary = LinearRewards(np.ones((1, 1, 2)), ball)
    with pytest.raises(InvalidStrategy, match=f"outside the {ball} ball"):
        adversary.check(np.array(strategy))
    adversary.check(adversary.admit(np.array(strategy)))


def test_exact_strategies_are_checked_too():
    chi2 = DivergenceRewards("chi2")
    chi2.check(ar.asarray([[2, Fraction(-1, 3)]]))
    with pytest.raises(InvalidStrategy, match="leave the domain"):
        chi2.check(ar.asarray([[2 + Fraction(1, 10**6), 0]]))
    LinearRewards(np.ones((1, 1, 3)), "simplex").check(ar.asarray([Fraction(1, 3)] * 3))


def test_lipschitz_rewards_are_checked():
    adversary = LipschitzRewards(np.array([[0.0, 1], [1, 0]]))
    adversary.check(np.array([[0.25, -0.25]]))
    with pytest.raises(InvalidStrategy, match="more than the distance"):
        adversary.check(np.array([[0.5, -0.5 - 2.0**-40]]))
    with pytest.raises(InvalidStrategy, match=r"larger than half the largest distance, 0\.5"):
        adversary.check(np.array([[5.0, 4.5]]))


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: DivergenceRewards("js"), "divergence='js' must be one of forward-kl"),
        (lambda: LinearRewards(np.ones((1, 1, 2)), "l3"), "ball='l3' must be one of simplex"),
        (lambda: LinearRewards(np.ones((1, 2))), r"features have shape \(1, 2\)"),
        (lambda: LinearRewards(np.ones((1, 2, 0))), "k >= 1"),
        (lambda: LinearRewards(np.full((1, 2, 1), np.nan)), r"features\[0, 0, 0\] is nan"),
        (lambda: LipschitzRewards(np.ones((2, 2))), "zeros on the diagonal"),
        (lambda: LipschitzRewards(np.array([[0.0, 1], [2, 0]])), "symmetric"),
        (lambda: LipschitzRewards(np.array([[0.0, -1], [-1, 0]])), "nothing negative"),
        (lambda: LipschitzRewards(np.full((2, 2), np.nan)), r"metric\[0, 0\] is nan"),
        (
            lambda: LipschitzRewards(np.array([[0.0, 3, 1], [3, 0, 1], [1, 1, 0]])),
            r"metric\[0, 1\]=3 exceeds metric\[0, 2\] \+ metric\[2, 1\]=2",
        ),
    ],
)
def test_ill_defined_classes(build, message):
    with pytest.raises(InvalidStrategy, match=message):
        build()


def test_euclidean_distances_in_floats_are_a_metric():
    """Points on a line through the plane: triangles are flat, and rounding may bend them."""
    points = np.linspace(0, 1, 40)[:, None] * np.array([1 / 3, 1 / 7])
    LipschitzRewards(np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1)))
