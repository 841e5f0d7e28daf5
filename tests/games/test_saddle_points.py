"""Saddle points: weak duality, certified accuracy, closed forms, agreement of methods, traces, non-attainment."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import inf, isclose, log, log1p, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from small_games import ENDS, KINDS, A, S, adversaries, game, metric, model, on_grid, stochastic

from iltheory.games import (
    SOLVERS,
    DivergenceRewards,
    InvalidStrategy,
    LinearRewards,
    LipschitzRewards,
    NoFiniteValue,
    OccupancyGame,
    bounds,
    solve,
)
from iltheory.learners.demonstrations import shown_occupancy
from iltheory.measures import F_DIVERGENCES, occupancy_tv
from sims import SparseTransitions, TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument

FINITE_EVERYWHERE = ("forward-kl", "squared-hellinger", "jensen-shannon", "total-variation")
BOTH = [(kind, end) for kind in KINDS for end in ENDS]


def bandit(*expert):
    """One state, one step: the occupancy is the policy."""
    n = len(expert)
    mdp = TabularMDP(np.ones((1, n, 1)), np.zeros((1, n)), np.ones(1), horizon=1)
    return mdp, np.asarray(expert, dtype=float).reshape(1, 1, n)


# Weak duality.


@settings(deadline=None, max_examples=50)
@given(
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32),
    sizes=st.sampled_from([(1, 1), (1, 3), (3, 1), (3, 2), (4, 3)]),
    end=st.sampled_from([{"horizon": 1}, {"horizon": 3}, {"discount": 0.0}, {"discount": 0.75}]),
    weight=st.sampled_from([0.0, 1e-3, 1.0]),
    style=st.sampled_from(["stochastic", "deterministic", "demonstrations"]),
    moves=st.sampled_from(["garnet", "deterministic", "split"]),
    system=st.sampled_from(["float64", "rational"]),
)
def test_any_two_players_bound_the_value_and_solving_closes_the_gap(
    kind, seed, sizes, end, weight, style, moves, system
):
    """Degenerate models on purpose: one state, one action, unreachable states, gamma = 0, H = 1."""
    n, k = sizes
    rng = np.random.default_rng(seed)
    mdp = _model(rng, n, k, moves, end).to(system)
    shape = (n, k) if mdp.horizon is None else (mdp.horizon, n, k)
    expert = on_grid(rng.dirichlet(np.ones(k), size=shape[:-1]))
    if style != "stochastic":
        expert = np.eye(k)[rng.integers(k, size=shape[:-1])]
    e = mdp.occupancy(mdp.system.convert(expert))
    if style == "demonstrations":
        e = shown_occupancy(mdp, mdp.to("float64").sample(expert, 3, rng, length=mdp.horizon or 20))
    one = OccupancyGame(mdp, e, adversaries(n, k, seed)[kind], ar.convert(weight, mdp.system))
    try:
        saddle = solve(one)
    except NoFiniteValue:
        assert kind in ("chi2", "reverse-kl") and style == "demonstrations"
        return
    assert 0 <= saddle.gap <= 1e-6
    low, high = saddle.value.lower, saddle.value.upper
    policies = [on_grid(rng.dirichlet(np.ones(k), size=shape[:-1])) for _ in range(2)]
    strategies = [one.adversary.admit(rng.normal(size=one.adversary.strategy_shape(shape))) for _ in range(2)]
    for policy, strategy in zip(policies, strategies, strict=True):
        found = bounds(one, policy, strategy)
        assert found.gap >= 0 and found.primal.upper >= low and found.dual.lower <= high


def _model(rng, n, k, moves, end):
    if moves == "deterministic":
        P = np.eye(n)[rng.integers(n, size=(n, k))]
    else:
        P = on_grid(rng.dirichlet(np.ones(n), size=(n, k)).reshape(-1, n)).reshape(n, k, n)
    mu = np.eye(n)[0]
    if moves == "split" and n > 1:  # the last state cannot be reached
        P[:-1, :, 0] += P[:-1, :, -1]
        P[:-1, :, -1] = 0
    return TabularMDP(P, rng.random((n, k)), mu, **end)


@pytest.mark.parametrize("end", ENDS)
def test_storage_and_number_system_do_not_matter(end):
    mdp = model(end)
    e = mdp.occupancy(stochastic(mdp))
    P = np.asarray(mdp.transitions.dense())[0].reshape(S * A, S)
    rows, columns = np.nonzero(P)
    sparse = TabularMDP(
        SparseTransitions(np.searchsorted(rows, np.arange(S * A + 1)), columns, P[rows, columns], S, A),
        mdp.r,
        mdp.mu,
        **ENDS[end],
    )
    dense = solve(OccupancyGame(mdp, e, DivergenceRewards("jensen-shannon"), 0.125)).value
    exact = game("jensen-shannon", end, Fraction(1, 8), exact=True)
    for other in (OccupancyGame(sparse, e, DivergenceRewards("jensen-shannon"), 0.125), exact):
        value = solve(other).value
        assert value.lower <= dense.upper and dense.lower <= value.upper


# Accuracy.


@pytest.mark.parametrize("weight", [0, 1e-3, 1])
@pytest.mark.parametrize("divergence", F_DIVERGENCES)
@pytest.mark.parametrize(
    "size", [{"n_states": 50, "n_actions": 5, "discount": 0.99}, {"n_states": 20, "n_actions": 4, "horizon": 50}]
)
def test_certified_to_eight_digits_at_working_sizes(size, divergence, weight):
    mdp = families.garnet(branching=5, rng=0, **size)
    shape = (mdp.n_states,) if mdp.horizon is None else (mdp.horizon, mdp.n_states)
    expert = np.random.default_rng(0).dirichlet(np.ones(mdp.n_actions), size=shape)
    saddle = solve(OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards(divergence), weight))
    assert saddle.attained
    if weight == 0:  # the value is 0: the expert itself cannot be told apart
        assert saddle.value.lower <= 0 <= saddle.value.upper and saddle.gap <= 1e-11
    else:
        assert saddle.relative_gap <= 1e-8


@pytest.mark.parametrize("weight", [1e-3, 1e-2])
@pytest.mark.parametrize("divergence", FINITE_EVERYWHERE)
def test_certified_to_eight_digits_against_a_few_demonstrations(divergence, weight):
    """Targets that no policy has, full of zeros; total variation needs the refined Newton steps."""
    mdp = families.garnet(n_states=30, n_actions=3, branching=5, rng=0, discount=0.99)
    demos = mdp.sample(mdp.optimal_policy(), 5, 1, length=300)
    saddle = solve(OccupancyGame(mdp, shown_occupancy(mdp, demos), DivergenceRewards(divergence), weight))
    assert saddle.relative_gap <= 1e-8


def test_a_solver_that_ends_worse_than_it_was_is_certified_at_its_best(monkeypatch):
    played = game("jensen-shannon", "discounted", 0.1)
    *_, good = SOLVERS["interior-point"](played)
    worse = good._replace(policy=np.full_like(good.policy, 1 / A), strategy=good.strategy * 0, gap=good.gap + 1)
    monkeypatch.setitem(SOLVERS, "interior-point", lambda game: iter([good, worse]))
    saddle = solve(played, method="interior-point", tolerance=0.0)
    assert saddle.relative_gap <= 1e-8 and saddle.trace[-1].iteration == 2


@pytest.mark.slow
@pytest.mark.parametrize("divergence", FINITE_EVERYWHERE)
@pytest.mark.parametrize("end", [{"n_states": 30, "discount": 0.99}, {"n_states": 12, "horizon": 20}])
def test_certified_to_eight_digits_against_demonstrations_in_many_models(end, divergence):
    for seed in range(12):
        mdp = families.garnet(n_actions=3, branching=5, rng=seed, **end)
        demos = mdp.sample(mdp.optimal_policy(), 5, 1, length=mdp.horizon or 300)
        for weight in (1e-3, 1e-2):
            saddle = solve(OccupancyGame(mdp, shown_occupancy(mdp, demos), DivergenceRewards(divergence), weight))
            assert saddle.relative_gap <= 1e-8, (seed, weight)


@pytest.mark.parametrize(
    "kind, end, weight",
    [(kind, end, Fraction(1, 8)) for kind, end in BOTH]
    + [(kind, end, weight) for kind in ("jensen-shannon", "l2", "linf") for end in ENDS for weight in (0, 1)],
)
def test_all_methods_agree(kind, end, weight):
    """Each within its own certified bounds; and the bounds are worth something."""
    one = game(kind, end, weight)
    iterations = 20 if kind == "lipschitz" else 100  # each answer is a linear programme
    values = {}
    for method in SOLVERS:
        try:
            saddle = solve(one, method=method, iterations=iterations, tolerance=1e-6)
        except InvalidArgument as refusal:
            assert "method=" in str(refusal) or "use" in str(refusal)
            continue
        assert saddle.method == method and saddle.gap >= 0
        good = {"interior-point": 1e-7, "conic": 1e-6, "frank-wolfe": 1e-3}.get(method, 0.2)
        assert saddle.gap <= good, method
        values[method] = saddle.value
    assert len(values) >= 2 if kind != "lipschitz" else {"conic", "mirror-descent"} <= set(values)
    assert max(v.lower for v in values.values()) <= min(v.upper for v in values.values())


# Closed forms.


@pytest.mark.parametrize(
    "divergence, weights",
    [
        ("jensen-shannon", {1: 0.649778, 0.1: 0.858999, 0.01: 0.896021}),
        ("chi2", {1: 0.828973, 0.1: 0.890566, 0.01: 0.899016}),
    ],
)
def test_the_entropy_moves_gail_away_from_the_expert(divergence, weights):
    """Bandit q = (.9, .1): the catalogue's table under Ho and Ermon's Proposition 3.2, and the condition it solves."""
    q = np.array([0.9, 0.1])
    mdp, e = bandit(*q)
    for weight, expected in weights.items():
        saddle = solve(OccupancyGame(mdp, e, DivergenceRewards(divergence), weight))
        p = float(saddle.policy[0, 0, 0])
        assert round(p, 6) == expected

        def slope(p, weight=weight):
            """Derivative of the objective along (p, 1 - p)."""
            x = np.array([p, 1 - p])
            pull = 2 * (x / q - 1) if divergence == "chi2" else np.log(2 * x / (x + q))
            return pull[0] - pull[1] + weight * log(p / (1 - p))

        assert isclose(p, brentq(slope, 0.5, 0.95, xtol=1e-14), abs_tol=1e-9)


def test_two_points_by_hand():
    """The learner's law is (p, 1 - p); without entropy it copies q; with uniform q nothing moves it."""
    mdp, e = bandit(0.5, 0.5)
    for divergence in F_DIVERGENCES:
        value = solve(OccupancyGame(mdp, e, DivergenceRewards(divergence), 0.5)).value
        assert abs(float(value.lower) + log(2) / 2) < 1e-9


@pytest.mark.parametrize("divergence", ["chi2", "reverse-kl"])
def test_an_action_of_the_expert_may_lead_where_the_expert_never_goes(divergence):
    """One demonstration took action 1 and landed in state 1; the model may land in state 2, where none went."""
    P = np.zeros((3, 2, 3))
    P[0, 0, 0] = P[1, :, 1] = P[2, :, 2] = 1
    P[0, 1] = [0, 0.5, 0.5]
    mdp = TabularMDP(P, np.zeros((3, 2)), np.array([1.0, 0, 0]), horizon=2)
    e = np.array([[[0.5, 0.5], [0, 0], [0, 0]], [[0.5, 0], [0.5, 0], [0, 0]]])
    for weight in (0.0, 1e-3, 1.0):
        saddle = solve(OccupancyGame(mdp, e, DivergenceRewards(divergence), weight))
        staying = saddle.game.primal(np.array([[1.0, 0]] * 3))  # the only policy at finite distance
        assert abs(float(saddle.value.upper) - float(staying)) < 1e-9 and saddle.gap < 1e-9


def test_distances_where_no_policy_can_follow():
    """One action, two states, a chain that drifts apart from the target: the distance is that of two known laws."""
    P = np.zeros((2, 1, 2))
    P[:, 0] = np.array([[0.5, 0.5], [0, 1]])
    mdp = TabularMDP(P, np.zeros((2, 1)), np.array([1.0, 0]), horizon=2)  # laws (1, 0), (1/2, 1/2)
    e = np.array([[[0.5], [0.5]], [[0.5], [0.5]]])
    halves = {"chi2": 1 / 2, "total-variation": 1 / 4, "squared-hellinger": (2 - sqrt(2)) / 2}
    halves["reverse-kl"] = log(2) / 2
    halves["jensen-shannon"] = (log(4 / 3) + log(2 / 3) / 2 + log(2) / 2) / 2
    for divergence, expected in halves.items():
        saddle = solve(OccupancyGame(mdp, e, DivergenceRewards(divergence)))
        value = saddle.value
        assert abs(float(value.lower) - expected) < 1e-6 and abs(float(value.upper) - expected) < 1e-12, divergence
        assert float(value.lower) <= expected + 1e-15 and float(value.upper) >= expected - 1e-15
        # nobody gets to the second state at once, so its reward may rise, and wants to where phi does for ever
        assert saddle.attained == (divergence in ("chi2", "total-variation")) == ("rise" not in saddle.why_not)
    with pytest.raises(NoFiniteValue, match="1 pairs to which no policy gets"):
        solve(OccupancyGame(mdp, e, DivergenceRewards("forward-kl")))
    with pytest.raises(NoFiniteValue):  # turned round: a target that stays where the chain does not
        solve(OccupancyGame(mdp, np.array([[[1.0], [0]], [[1.0], [0]]]), DivergenceRewards("reverse-kl")))


def test_norms_of_feature_expectations_by_hand():
    """A bandit with identity features whose expert cannot be copied, as the model has one action only."""
    mdp = TabularMDP(np.ones((1, 1, 1)), np.zeros((1, 1)), np.ones(1), discount=0.5)
    f = np.array([[[3.0, -4.0]]])
    moved = np.zeros((1, 1, 2))
    for ball, expected in {"simplex": 0, "l1": 0, "l2": 0, "linf": 0}.items():
        assert solve(OccupancyGame(mdp, np.ones((1, 1)), LinearRewards(f + moved, ball))).value.lower <= expected
    P = np.ones((2, 1, 2)) * np.array([1.0, 0])
    stay = TabularMDP(P, np.zeros((2, 1)), np.array([1.0, 0]), discount=0.5)  # law (1, 0)
    e = np.array([[0.0], [1.0]])
    g = np.array([[[0.0, 0.0]], [[3.0, -4.0]]])  # difference of expectations (3, -4)
    for ball, expected in {"simplex": 3, "l1": 4, "l2": 5, "linf": 7}.items():
        value = solve(OccupancyGame(stay, e, LinearRewards(g, ball))).value
        assert value.lower <= expected <= value.upper and abs(float(value.lower) - expected) < 1e-9
    worse = solve(OccupancyGame(stay, e, LinearRewards(-g[..., :1], "simplex"))).value
    assert abs(float(worse.upper) + 3) < 1e-9  # better than the expert whatever the weights (Syed and Schapire)


def test_wasserstein_against_scipy():
    """Points on a line: scipy's distance of two laws on it, step by step."""
    from scipy.stats import wasserstein_distance

    places = np.array([0.0, 0.25, 1.0, 2.5])
    far = abs(places[:, None] - places[None])
    P = on_grid(np.random.default_rng(3).dirichlet(np.ones(4), size=4))[:, None, :]
    mdp = TabularMDP(P, np.zeros((4, 1)), np.array([1.0, 0, 0, 0]), horizon=3)
    d = mdp.occupancy(np.ones((4, 1)))[..., 0]
    e = on_grid(np.random.default_rng(4).dirichlet(np.ones(4), size=3))
    expected = np.mean([wasserstein_distance(places, places, e[h], d[h]) for h in range(3)])
    value = solve(OccupancyGame(mdp, e[..., None], LipschitzRewards(far))).value
    assert abs(float(value.lower) - expected) < 1e-9 and abs(float(value.upper) - expected) < 1e-9


@pytest.mark.parametrize("kind, end", [(k, end) for k, end in BOTH])
def test_the_expert_is_the_solution_without_entropy(kind, end):
    one = game(kind, end, 0)
    saddle = solve(one)
    found = bounds(one, stochastic(one.mdp), saddle.adversary)
    assert abs(float(found.primal.upper)) <= 1e-12
    if kind != "simplex":  # which may be better than the expert
        assert saddle.value.lower <= 0 <= saddle.value.upper
    if kind in F_DIVERGENCES:
        policy = ar.convert(saddle.policy, "float64")
        assert float(occupancy_tv(one.mdp, stochastic(one.mdp), policy)) < 1e-6


# Whether a saddle point exists.


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("divergence", F_DIVERGENCES)
def test_says_when_rewards_must_fall_without_bound(divergence, end):
    """A deterministic expert and entropy: divergences that forbid other actions need infinitely low rewards."""
    mdp = model(end)
    saddle = solve(OccupancyGame(mdp, mdp.occupancy(mdp.optimal_policy()), DivergenceRewards(divergence), 1e-3))
    assert saddle.gap <= 1e-9
    assert saddle.attained == (divergence not in ("chi2", "reverse-kl")) == (saddle.why_not == "")
    assert saddle.attained or "without bound" in saddle.why_not


def test_says_when_the_best_reward_is_the_end_of_the_domain():
    """Jensen-Shannon and a state that only the learner visits: the reward -log 2 there, where the utility is -inf."""
    P = np.zeros((2, 1, 2))
    P[:, 0] = 0.5
    mdp = TabularMDP(P, np.zeros((2, 1)), np.array([1.0, 0]), horizon=2)
    e = np.array([[[1.0], [0]], [[1.0], [0]]])
    saddle = solve(OccupancyGame(mdp, e, DivergenceRewards("jensen-shannon")))
    expected = (log(2) / 2 + log(2 / 3) / 2 + log1p(1 / 3)) / 2
    assert abs(float(saddle.value.lower) - expected) < 1e-9 and saddle.gap < 1e-9
    assert not saddle.attained and "end -0.6931 of the domain" in saddle.why_not


def test_a_deterministic_expert_in_a_bandit_is_copied_and_the_value_is_approached():
    """The catalogue's instance: chi2, gamma = .9, the supremum 0 = -H(expert) is not attained."""
    mdp = TabularMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), np.ones(1), discount=0.9)
    saddle = solve(OccupancyGame(mdp, np.array([[1.0, 0]]), DivergenceRewards("chi2"), 1))
    assert not saddle.attained and -1e-9 < saddle.dual.lower <= 0 <= saddle.primal.upper < 1e-9
    assert saddle.policy.fractions().tolist() == [[1, 0]]


@pytest.mark.parametrize("divergence", ["chi2", "reverse-kl"])
def test_no_finite_value_where_every_policy_leaves_the_demonstrations(divergence):
    mdp = families.garnet(n_states=20, n_actions=2, branching=5, rng=0, horizon=6)
    demos = mdp.sample(mdp.optimal_policy(), 2, 0)
    with pytest.raises(NoFiniteValue, match=r"infinite.*\n.*Use a divergence that stays finite"):
        solve(OccupancyGame(mdp, shown_occupancy(mdp, demos), DivergenceRewards(divergence), 0.1))


# Large models.


@pytest.mark.parametrize(
    "kind, method, weight, good",
    [
        ("jensen-shannon", "frank-wolfe", 0.1, 1e-4),
        ("jensen-shannon", "frank-wolfe", 0, 1e-11),  # starts from the clone, which is the expert
        ("total-variation", "mirror-descent", 0.1, 0.1),
        ("l2", "extragradient", 0.1, 0.1),
    ],
)
def test_first_order_methods_take_over_at_many_states(kind, method, weight, good):
    rng = np.random.default_rng(0)
    n, k, successors = 600, 2, 3
    rows = on_grid(rng.dirichlet(np.ones(successors), size=n * k))
    indices = np.argsort(rng.random((n * k, n)), axis=1)[:, :successors]
    P = SparseTransitions(np.arange(0, n * k * successors + 1, successors), indices.ravel(), rows.ravel(), n, k)
    mdp = TabularMDP(P, np.zeros((n, k)), np.full(n, 1 / n), discount=0.9, normalize=True)
    e = mdp.occupancy(on_grid(rng.dirichlet(np.ones(k), size=n)))
    adversary = LinearRewards(rng.random((n, k, 4)), kind) if kind == "l2" else DivergenceRewards(kind)
    saddle = solve(OccupancyGame(mdp, e, adversary, weight), tolerance=1e-4, iterations=40)
    assert saddle.method == method and 0 <= saddle.gap <= good


@pytest.mark.parametrize("divergence", ["jensen-shannon", "chi2", "squared-hellinger", "reverse-kl"])
@pytest.mark.parametrize("weight", [0, 0.01, 1])
def test_the_clone_of_a_deterministic_expert_is_certified_beside_an_entropy(divergence, weight):
    """Where neither goes the best reward is the lowest: a policy with a little entropy to gain would go there else."""
    mdp = families.garnet(n_states=20, n_actions=3, branching=1, horizon=5, rng=0)
    target = mdp.occupancy(mdp.optimal_policy())
    saddle = solve(OccupancyGame(mdp, target, DivergenceRewards(divergence), weight), method="frank-wolfe")
    cheap = divergence in ("jensen-shannon", "squared-hellinger")  # leaving the expert for some entropy may pay
    assert 0 <= saddle.gap <= 1e-9 or (cheap and weight == 1 and saddle.gap < 1e-2)


# What a solver leaves behind.


@pytest.mark.parametrize(
    "kind, methods",
    [
        ("jensen-shannon", ("interior-point", "frank-wolfe", "mirror-descent", "conic")),
        ("l2", ("conic", "mirror-descent", "extragradient")),
        ("total-variation", ("interior-point", "mirror-descent", "conic")),
    ],
)
def test_traces_are_rigorous_and_get_better(kind, methods):
    """What figures of convergence are drawn from: gap against iterations and seconds, several solvers on one game."""
    one = game(kind, "discounted", Fraction(1, 8))
    reference = solve(one).value
    curves = {}
    for method in methods:
        trace = solve(one, method=method, iterations=64, trace=True).trace
        assert all(p.primal.upper >= reference.lower and p.dual.lower <= reference.upper for p in trace)
        for before, after in pairwise(trace):
            assert after.iteration > before.iteration and after.seconds >= before.seconds >= 0
            assert after.primal.upper <= before.primal.upper and after.dual.lower >= before.dual.lower
        curves[method] = np.array([(p.iteration, p.seconds, float(p.gap)) for p in trace])
    for method, curve in curves.items():
        assert np.isfinite(curve).all() and curve[-1, 2] <= curve[0, 2], method
        if method != "conic":
            assert curve[:3, 0].tolist() == [1, 2, 4] and curve[-1, 2] < curve[0, 2] / 4


def test_the_bounds_of_a_saddle_are_those_of_its_players():
    for kind, end in BOTH:
        one = game(kind, end)
        saddle = solve(one)
        again = bounds(one, saddle.policy, saddle.adversary)
        assert (again.primal, again.dual) == (saddle.primal, saddle.dual)
        assert saddle.value.lower == saddle.dual.lower and saddle.value.upper == saddle.primal.upper
        assert saddle.reward.shape in (one.shape, one.shape[-2:]) and saddle.trace[-1].gap == saddle.gap
        rows = saddle.policy.fractions().sum(-1)
        assert (rows == 1).all() and (saddle.policy.fractions() >= 0).all()


def test_solving_is_deterministic_and_mutates_nothing():
    mdp = model("discounted")
    e, f = np.array(mdp.occupancy(stochastic(mdp))), np.ones((S, A, 2))
    kept = e.copy(), f.copy()
    first, second = (solve(OccupancyGame(mdp, e, LinearRewards(f, "l2"), 0.1)) for _ in range(2))
    assert (first.primal, first.dual) == (second.primal, second.dual)
    assert (e == kept[0]).all() and (f == kept[1]).all()


def test_relative_gaps():
    mdp, e = bandit(0.5, 0.5)
    zero = solve(OccupancyGame(mdp, e, DivergenceRewards("chi2")))
    assert zero.relative_gap in (0, inf)
    one = solve(OccupancyGame(mdp, e, DivergenceRewards("chi2"), 1))
    assert one.relative_gap == float(one.gap / -one.value.upper) < 1e-12


# Bad input.


def test_games_are_checked():
    mdp = model("finite")
    e = mdp.occupancy(stochastic(mdp))
    chi2 = DivergenceRewards("chi2")
    for wrong, message in (
        (e[0], r"target has shape \(3, 2\); an occupancy of the model has \(3, 3, 2\)"),
        (2 * e, r"target sums to 2 \(should be 1 at each step\)"),
        (e - 1, "target has a negative entry"),
        (np.full_like(e, np.nan), "target"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            OccupancyGame(mdp, wrong, chi2)
    for weight in (-1, float("nan"), inf):
        with pytest.raises(ValueError, match="entropy_weight"):
            OccupancyGame(mdp, e, chi2, weight)
    with pytest.raises(InvalidArgument, match="mdp is a batch of shape"):
        batch = TabularMDP(np.stack([mdp.P] * 2), np.stack([mdp.r] * 2), mdp.mu[None], horizon=3, batch_axes=1)
        OccupancyGame(batch, e, chi2)
    for adversary, message in (
        (LinearRewards(np.ones((S + 1, A, 2))), r"features have shape \(4, 2, 2\)"),
        (LinearRewards(np.ones((1, A, 2))), "features have shape"),
        (LinearRewards(np.ones((2, S, A, 2))), "features have shape"),
        (LipschitzRewards(metric(S)), "metric is about 3 pairs"),
    ):
        with pytest.raises(InvalidStrategy, match=message):
            OccupancyGame(mdp, e, adversary)


def test_solving_is_checked():
    one = game("l2", "finite")
    for options, message in (
        ({"method": "newton"}, "method='newton' must be one of interior-point"),
        ({"iterations": 0}, "iterations=0 must be an integer, at least 1"),
        ({"tolerance": -1.0}, "tolerance=-1.0"),
        ({"method": "interior-point"}, "use method='conic'"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            solve(one, **options)
    with pytest.raises(InvalidArgument, match="extragradient plays against LinearRewards"):
        solve(game("chi2", "finite"), method="extragradient")
    with pytest.raises(InvalidArgument, match="frank-wolfe needs a smooth distance"):
        solve(game("l2", "finite"), method="frank-wolfe")
    mdp = model("finite")
    with pytest.raises(InvalidArgument, match="use method='interior-point'"):
        hard = OccupancyGame(mdp, mdp.occupancy(mdp.optimal_policy()), DivergenceRewards("chi2"))
        solve(hard, method="conic")


def test_players_are_checked():
    one = game("chi2", "finite")
    policy, reward = stochastic(one.mdp), np.zeros(one.shape)
    for strategy, message in (
        (reward + 3, r"leave the domain \[-inf, 2\] of chi2"),
        (reward * np.nan, "leave the domain"),
        (reward[0], r"the strategy has shape \(3, 2\), the game's have \(3, 3, 2\)"),
    ):
        with pytest.raises(InvalidStrategy, match=message):
            bounds(one, policy, strategy)
    with pytest.raises(ValueError, match="sums to"):
        bounds(one, policy * 0.99, reward)
    assert bounds(one, policy, ar.convert(reward, "rational")).gap >= 0
