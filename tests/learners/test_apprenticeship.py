"""Projection, MWAL, LPAL and finite GAIL: their guarantees, closed forms, and independent programmes in floats."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from iltheory.games.linear_programme import LinearProgramme
from iltheory.games.occupancy_programme import best_margin, flow_equations
from iltheory.learners.demonstrations import shown_occupancy
from iltheory.learners.finite_gail import finite_gail
from iltheory.learners.lpal import lpal
from iltheory.learners.mwal import mwal
from iltheory.learners.projection import projection
from iltheory.learners.reward_features import InvalidFeatures
from iltheory.measures import occupancy_vertices
from iltheory.measures.features import feature_expectations, feature_rewards, mean_features
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument

ENDS = [{"discount": Fraction(9, 10)}, {"horizon": 4}]
SYSTEMS = ["rational", "float64", "interval"]


def instance(end, seed=0, n_states=4, n_features=3):
    """A random exact model, a stochastic expert, and features in [0, 1]."""
    rng = np.random.default_rng(seed)
    mdp = families.garnet(n_states=n_states, n_actions=3, branching=2, rng=seed, **end).to("rational")
    steps = () if mdp.horizon is None else (mdp.horizon,)
    features = ar.asarray(
        np.vectorize(lambda n: Fraction(int(n), 64))(rng.integers(0, 65, (*steps, n_states, 3, n_features)))
    )
    expert = mdp.optimal_policy() / 2 + Fraction(1, 6)
    return mdp, expert, features


def shown(mdp, expert, features):
    return feature_expectations(mdp, shown_occupancy(mdp, expert), features)


def margin(mdp, policy, expert, features):
    ahead = feature_expectations(mdp, mdp.occupancy(policy), features) - shown(mdp, expert, features)
    return Fraction(ar.amin(ahead, -1))


def demonstrations(mdp, expert, n=5):
    length = {} if mdp.horizon is not None else {"length": 30}
    return mdp.to("float64").sample(ar.convert(expert, "float64"), n, 1, **length)


# Feature expectations.


@pytest.mark.parametrize("end", ENDS)
def test_linear_rewards_earn_weights_times_feature_expectations(end):
    mdp, expert, features = instance(end)
    w = ar.asarray([Fraction(1, 3), -2, 5])
    earned = mdp.with_rewards(feature_rewards(mdp, features, w)).value(expert)
    mu = feature_expectations(mdp, mdp.occupancy(expert), features)
    assert Fraction(earned) == Fraction(ar.sum(w * mu))
    scale = mdp.horizon or 1 / (1 - Fraction(mdp.discount))
    assert np.all((mu == scale * mean_features(mdp, mdp.occupancy(expert), features)).verdicts == 1)


# Abbeel and Ng.


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_projection_reports_its_own_mixture(end, system):
    mdp, expert, features = (
        x.to(system) if isinstance(x, TabularMDP) else ar.convert(x, system) for x in instance(end)
    )
    found = projection(mdp, expert, features, iterations=4)
    assert found.policies.shape[0] == found.squared_distances.shape[0] == 5 and found.weights.shape == (4, 3)
    mu = [feature_expectations(mdp, mdp.occupancy(pi), features) for pi in found.policies]
    mixed = ar.einsum("n,nk->k", found.mixture, ar.stack(mu))
    miss = shown(mdp, expert, features) - mixed
    last = ar.wrap(ar.sum(miss * miss) - found.squared_distances[-1])
    mine = feature_expectations(mdp, mdp.occupancy(found.policy), features) - mixed
    for zero in (last, ar.sum(found.mixture) - 1, *mine):
        assert float(ar.lower(zero)) - 1e-9 <= 0 <= float(ar.upper(zero)) + 1e-9
        if system == "rational":
            assert Fraction(zero) == 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("end", ENDS)
def test_projection_converges_at_its_rate(end, seed):
    mdp, expert, features = instance(end, seed)
    mdp, expert, features = mdp.to("float64"), ar.convert(expert, "float64"), ar.convert(features, "float64")
    found = projection(mdp, expert, features, iterations=60)
    n = np.arange(61)
    scale = mdp.horizon or 1 / (1 - float(mdp.discount))
    assert np.all(np.sqrt(found.squared_distances) <= scale * np.sqrt(3 / (n + 1)))
    assert np.all(np.diff(found.squared_distances) <= 1e-12)
    assert found.squared_distances[-1] < 1e-3 * found.squared_distances[0]


def test_projection_stops_at_its_tolerance_and_at_the_expert():
    mdp, expert, features = instance(ENDS[0])
    at_once = projection(mdp, expert, features, iterations=9, start=expert)
    assert len(at_once.policies) == 1 and Fraction(at_once.squared_distances[0]) == 0
    early = projection(mdp, expert, features, iterations=50, tolerance=Fraction(1, 2))
    assert len(early.weights) < 50
    distances = early.squared_distances.fractions()
    assert distances[-1] <= Fraction(1, 4) < distances[-2]


def test_projection_in_the_plane():
    """Two actions in one state: the way to the expert leads straight there."""
    mdp = TabularMDP([[[1], [1]]], [[0, 0]], [1], discount=Fraction(1, 2))
    expert, start = ar.asarray([[Fraction(1, 4), Fraction(3, 4)]]), ar.asarray([[1, 0]])
    found = projection(mdp, expert, np.eye(2, dtype=int).reshape(1, 2, 2), iterations=1, start=start)
    assert found.squared_distances.fractions().tolist() == [2 * Fraction(3, 2) ** 2, 0]
    assert found.mixture.fractions().tolist() == [Fraction(1, 4), Fraction(3, 4)]
    assert found.policy.fractions().tolist() == [[Fraction(1, 4), Fraction(3, 4)]]


# Syed and Schapire.


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_mwal_has_little_regret_and_encloses_the_value_of_the_game(end, system):
    exact = instance(end)
    mdp, expert, features = (x.to(system) if isinstance(x, TabularMDP) else ar.convert(x, system) for x in exact)
    found = mwal(mdp, expert, features, iterations=25)
    allowed = np.sqrt(2 * np.log(3) / 25) + np.log(3) / 25
    assert float(ar.upper(found.regret)) <= allowed
    best = Fraction(lpal(*exact).margin)
    assert float(ar.lower(found.margin)) - 1e-9 <= best <= float(ar.upper(found.bound)) + 1e-9
    scale = mdp.horizon or 1 / (1 - float(ar.midpoint(mdp.discount)))
    assert float(ar.lower(found.margin)) >= float(best) - 4 * allowed * scale
    assert np.all(ar.midpoint(found.gains) >= 0) and np.all(ar.midpoint(found.gains) <= 1)
    if system == "rational":
        assert margin(mdp, found.policy, expert, features) == Fraction(found.margin)
        assert found.weights.fractions().sum(axis=1).tolist() == [1] * 25


def test_mwal_refuses_large_features():
    mdp, expert, features = instance(ENDS[0])
    with pytest.raises(InvalidArgument, match="divide them"):
        mwal(mdp, expert, 3 * features + 1, iterations=2)


# Syed, Bowling and Schapire.


def by_vertices(mdp, target, features):
    """Largest margin by enumeration: a mixture of at most k deterministic policies, k features, in fractions."""
    vertices = occupancy_vertices(mdp)
    ahead = (ar.einsum("vsa,sak->vk", vertices - target, features) / (1 - mdp.discount)).fractions()
    k, best = ahead.shape[1], max(row.min() for row in ahead)
    for several in range(2, k + 1):
        for rows in combinations(range(len(ahead)), several):
            best = max(best, game_value(ahead[list(rows)]))
    return best


def game_value(payoffs):
    """Value of a matrix game for its rows, by the exact programme."""
    n, k = payoffs.shape
    optimum = LinearProgramme(
        [0] * n + [-1],
        A_eq=[[1] * n + [0]],
        b_eq=[1],
        A_ub=[[-x for x in payoffs[:, i]] + [1] for i in range(k)],
        b_ub=[0] * k,
        free=np.arange(n + 1) == n,
    ).minimise()
    return -Fraction(optimum.value)


@pytest.mark.parametrize("seed", range(3))
def test_lpal_is_the_best_mixture_of_deterministic_policies(seed):
    mdp, expert, features = instance(ENDS[0], seed, n_states=2, n_features=2)
    target = mdp.occupancy(expert)
    assert Fraction(lpal(mdp, expert, features).margin) == by_vertices(mdp, target, features)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("seed", range(3))
def test_lpal_is_certified_by_its_policy_and_its_weights(end, seed):
    mdp, expert, features = instance(end, seed)
    for given in (expert, demonstrations(mdp, expert)):
        found = lpal(mdp, given, features)
        assert Fraction(found.gap) == 0
        assert margin(mdp, found.policy, given, features) == Fraction(found.margin)
        weights = found.weights.fractions()
        assert weights.min() >= 0 and weights.sum() == 1
        best = mdp.with_rewards(feature_rewards(mdp, features, found.weights)).optimal_value()
        assert Fraction(best - ar.sum(found.weights * shown(mdp, given, features))) == Fraction(found.bound)
    assert Fraction(lpal(mdp, expert, features).margin) >= 0


@pytest.mark.parametrize("end", ENDS)
def test_lpal_agrees_with_cvxpy(end):
    import cvxpy as cp

    mdp, expert, features = instance(end, 5)
    A, b = flow_equations(mdp)
    A, b = A.csr(), ar.midpoint(b)
    k = features.shape[-1]
    d = cp.Variable(A.shape[1], nonneg=True)
    ahead = ar.midpoint(features).reshape(-1, k).T @ (d - ar.midpoint(mdp.occupancy(expert)).ravel())
    problem = cp.Problem(cp.Maximize(cp.min(ahead)), [A @ d == b])
    problem.solve(solver=cp.CLARABEL)
    scale = 1 if mdp.horizon is not None else 1 / (1 - float(mdp.discount))
    assert problem.value * scale == pytest.approx(float(lpal(mdp, expert, features).margin), abs=1e-6)


@pytest.mark.parametrize("system", ["float64", "interval", "ball"])
@pytest.mark.parametrize("end", ENDS)
def test_lpal_and_finite_gail_in_other_number_systems(end, system):
    mdp, expert, features = instance(end)
    best, nearest = lpal(mdp, expert, features), finite_gail(mdp, expert, 2 * features)
    mdp, expert, features = mdp.to(system), ar.convert(expert, system), ar.convert(features, system)
    found, close = lpal(mdp, expert, features), finite_gail(mdp, expert, 2 * features)
    assert float(found.margin) == pytest.approx(float(best.margin), abs=1e-9)
    assert abs(float(ar.upper(found.gap))) < 1e-9
    assert float(close.distance) == pytest.approx(float(nearest.distance), abs=1e-9)
    if system != "float64":
        assert ar.lower(found.margin) <= Fraction(best.margin) <= ar.upper(found.bound)


@pytest.mark.parametrize("end", ENDS)
def test_flow_equations_hold_for_occupancies_and_only_for_them(end):
    mdp, expert, _ = instance(end)
    A, b = flow_equations(mdp)
    for pi in (expert, mdp.optimal_policy()):
        d = mdp.occupancy(pi)
        assert np.all(ar.compare(ar.matvec(A.dense(), ar.reshape(d, (-1,))), "==", b) == 1)
    d = ar.convert(np.random.default_rng(0).integers(0, 9, mdp.occupancy(expert).shape), "rational")
    residual = ar.reshape(mdp.flow_residual(d), (-1,))
    assert np.all(ar.compare(ar.matvec(A.dense(), ar.reshape(d, (-1,))) - b, "==", residual) == 1)


def test_time_varying_transitions_flow_in_order():
    rng = np.random.default_rng(3)
    P = rng.integers(1, 5, (3, 2, 2, 2))
    exact = np.vectorize(Fraction)(P, P.sum(-1, keepdims=True))
    mdp = TabularMDP(ar.asarray(exact), ar.asarray([[0, 0], [0, 0]]), ar.asarray([1, 0]), horizon=3)
    A, b = flow_equations(mdp)
    d = mdp.occupancy(ar.asarray([[Fraction(1, 3), Fraction(2, 3)], [1, 0]]))
    assert np.all(ar.compare(ar.matvec(A.dense(), ar.reshape(d, (-1,))), "==", b) == 1)


# Xu, Li and Yu.


@pytest.mark.parametrize("end", ENDS)
def test_finite_gail_recovers_what_a_policy_shows(end):
    mdp, expert, features = instance(end)
    found = finite_gail(mdp, expert, features)
    assert Fraction(found.distance) == Fraction(found.bound) == 0
    same = ar.compare(shown(mdp, found.policy, features), "==", shown(mdp, expert, features))
    assert np.all(same == 1)


@pytest.mark.parametrize("end", ENDS)
def test_finite_gail_is_certified_by_its_policy_and_its_discriminator(end):
    mdp, expert, features = instance(end)
    demos = demonstrations(mdp, expert, 2)
    found = finite_gail(mdp, demos, features)
    target = shown_occupancy(mdp, demos)
    apart = mean_features(mdp, target, features) - mean_features(mdp, mdp.occupancy(found.policy), features)
    assert Fraction(ar.amax(ar.absolute(apart), -1)) == Fraction(found.distance)
    assert sum(map(abs, found.coefficients.fractions())) <= 1
    steps = mdp.horizon or 1
    told = Fraction(ar.sum(target * found.discriminator)) / steps
    scale = steps if mdp.horizon else 1 / (1 - Fraction(mdp.discount))
    best = Fraction(mdp.with_rewards(found.discriminator).optimal_value()) / scale
    assert told - best == Fraction(found.bound) == Fraction(found.distance)


def test_one_more_discriminator_never_brings_the_expert_closer():
    mdp, expert, features = instance(ENDS[1])
    demos = demonstrations(mdp, expert, 1)
    distances = [Fraction(finite_gail(mdp, demos, features[..., :k]).distance) for k in (1, 2, 3)]
    assert distances == sorted(distances)
    every = finite_gail(mdp, demos, None)  # indicators of each (h, s, a)
    assert Fraction(every.distance) > 0


# Errors and purity.


def test_errors_name_the_argument():
    mdp, expert, features = instance(ENDS[0])
    with pytest.raises(InvalidFeatures, match="features has shape"):
        lpal(mdp, expert, features[0])
    for iterations in (0, 1.5, True):
        with pytest.raises(InvalidArgument, match="iterations"):
            mwal(mdp, expert, features, iterations=iterations)
        with pytest.raises(InvalidArgument, match="iterations"):
            projection(mdp, expert, features, iterations=iterations)
    with pytest.raises(InvalidArgument, match="tolerance"):
        projection(mdp, expert, features, iterations=1, tolerance=-1)
    batch = TabularMDP(ar.stack([mdp.P, mdp.P]), ar.stack([mdp.r] * 2), mdp.mu, discount=mdp.discount, batch_axes=1)
    with pytest.raises(InvalidArgument, match="batch of shape"):
        best_margin(batch, mdp.occupancy(expert), features)


def test_arguments_are_left_as_they_are():
    mdp, expert, features = (
        x.to("float64") if isinstance(x, TabularMDP) else ar.convert(x, "float64") for x in instance(ENDS[0])
    )
    before = expert.copy(), features.copy()
    for learner, options in ((projection, {"iterations": 3}), (mwal, {"iterations": 3}), (lpal, {}), (finite_gail, {})):
        first, second = (learner(mdp, expert, features, **options) for _ in range(2))
        assert np.array_equal(first.policy, second.policy)
    assert np.array_equal(expert, before[0]) and np.array_equal(features, before[1])
