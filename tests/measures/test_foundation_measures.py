"""Measures of the foundation claims, each against its definition read literally in fractions.Fraction."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import iltheory.measures as il
from iltheory.claims import drawing
from sims import TabularMDP, families
from sims import arithmetic as ar

S, A, H = 2, 2, 3
SEEDS = range(6)
GAMMA = Fraction(9, 10)


def draw(seed: int, law: str = "mixed", *, finite: bool = True):
    rng = np.random.default_rng(seed)
    scale = drawing.Scale(size=1, n_states=S, n_actions=A, horizon=H, law=law, stationary=bool(seed % 2))
    mdp = drawing.model(rng, scale, finite=finite).select(0)
    shape = (H, S, A) if finite else (S, A)
    return mdp, drawing.rows(rng, shape, law, 12), drawing.rows(rng, shape, law, 12)


def step(x: np.ndarray, h: int) -> np.ndarray:
    return x[h if len(x) > 1 else 0]


def paths(mdp: TabularMDP, act) -> dict:
    """Probability of each trajectory; ``act(h, past, s)`` is the law of the action given the pairs before."""
    P, mu = mdp.transitions.dense().fractions(), mdp.mu.fractions()
    law = {}
    for path in itertools.product(itertools.product(range(S), range(A)), repeat=H):
        p = mu[path[0][0]]
        for h, (s, a) in enumerate(path):
            p *= act(h, path[:h], s)[a]
            if h + 1 < H:
                p *= step(P, h)[s][a][path[h + 1][0]]
        law[path] = p
    return law


def markov(pi) -> object:
    table = pi.fractions()
    return lambda h, past, s: table[h][s]


def marginals(law: dict) -> np.ndarray:
    d = np.full((H, S, A), Fraction(0), dtype=object)
    for path, p in law.items():
        for h, (s, a) in enumerate(path):
            d[h, s, a] += p
    return d


def hellinger2(p, q) -> float:
    return sum((math.sqrt(x) - math.sqrt(y)) ** 2 for x, y in zip(p, q, strict=True))


def chi2(p, q) -> Fraction:
    return sum(((x - y) ** 2 / y for x, y in zip(p, q, strict=True) if y > 0), start=Fraction(0))


def kl(p, q) -> float:
    return sum(float(x) * math.log(x / y) for x, y in zip(p, q, strict=True) if x > 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_next_is_the_sum_over_next_states(seed):
    mdp, _, _ = draw(seed)
    f = drawing.units(np.random.default_rng(seed), (H, S), -1, 1)
    P, values = mdp.transitions.dense().fractions(), f.fractions()
    found = il.expected_next(mdp, f).fractions()
    for h, s, a in np.ndindex(H, S, A):
        later = sum(step(P, h)[s][a][t] * values[h + 1][t] for t in range(S)) if h + 1 < H else 0
        assert found[h, s, a] == later
    mdp, _, _ = draw(seed, finite=False)
    P = mdp.P.fractions()
    found = il.expected_next(mdp, f[0]).fractions()
    for s, a in np.ndindex(S, A):
        assert found[s, a] == GAMMA * sum(P[s][a][t] * values[0][t] for t in range(S))


def test_sums_norms_and_steps():
    mdp, pi, _ = draw(0)
    assert np.asarray(il.steps_left(mdp)).tolist() == [3, 2, 1]
    d = mdp.occupancy(pi)
    assert Fraction(il.sum_over_pairs(mdp, d)) == H
    assert Fraction(il.sum_over_states(mdp, ar.sum(d, -1))) == H
    assert Fraction(il.l1_norm(ar.asarray([[1, -2], [-3, 4]]), axes=2)) == 10
    assert il.l1_norm(ar.asarray([[1, -2], [-3, 4]]), axes=1).fractions().tolist() == [3, 7]
    assert np.array_equal(il.mean_occupancy(mdp, pi).fractions(), d.fractions().sum(0) / H)
    with pytest.raises(ValueError, match="horizon"):
        il.gamma(mdp)
    discounted, pi, _ = draw(0, finite=False)
    assert Fraction(il.gamma(discounted)) == GAMMA
    assert np.array_equal(il.mean_occupancy(discounted, pi).fractions(), discounted.occupancy(pi).fractions())


@pytest.mark.parametrize("finite", [True, False])
def test_transition_tv_is_half_the_l1_distance_of_the_rows(finite):
    first, second = (draw(seed, finite=finite)[0] for seed in (1, 3))
    P, R = first.transitions.dense().fractions(), second.transitions.dense().fractions()
    expected = abs(P - R).sum(-1) / 2
    assert np.array_equal(il.transition_tv(first, second).fractions(), expected if finite else expected[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_divergences_of_occupancies_are_means_over_steps(seed):
    mdp, first, second = draw(seed, "uniform")
    d, e = mdp.occupancy(first).fractions(), mdp.occupancy(second).fractions()
    pairs = [(d[h].ravel(), e[h].ravel()) for h in range(H)]
    states = [(d[h].sum(-1), e[h].sum(-1)) for h in range(H)]
    assert Fraction(il.occupancy_chi2(mdp, first, second)) == sum(chi2(*p) for p in pairs) / H
    assert Fraction(il.state_occupancy_chi2(mdp, first, second)) == sum(chi2(*p) for p in states) / H
    world, x, y = mdp.to("ball"), ar.convert(first, "ball"), ar.convert(second, "ball")
    for found, divergence, laws in (
        (il.occupancy_hellinger2, hellinger2, pairs),
        (il.state_occupancy_hellinger2, hellinger2, states),
        (il.occupancy_kl, kl, pairs),
        (il.state_occupancy_kl, kl, states),
    ):
        assert float(found(world, x, y)) == pytest.approx(sum(divergence(*p) for p in laws) / H, abs=1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_divergences_of_trajectories_are_sums_over_trajectories(seed):
    mdp, first, second = draw(seed, "uniform")
    law, other = (list(paths(mdp, markov(pi)).values()) for pi in (first, second))
    assert Fraction(il.trajectory_chi2(mdp, first, second)) == chi2(law, other)
    world, x, y = mdp.to("ball"), ar.convert(first, "ball"), ar.convert(second, "ball")
    assert float(il.trajectory_hellinger2(world, x, y)) == pytest.approx(hellinger2(law, other), abs=1e-14)


def test_policies_that_agree_are_at_distance_exactly_zero():
    mdp, pi, _ = draw(1, "uniform")
    world, x = mdp.to("ball"), ar.convert(pi, "ball")
    for distance in (il.trajectory_hellinger2, il.occupancy_hellinger2, il.state_occupancy_hellinger2):
        assert ar.equal(distance(world, x, x), 0).all()


def test_no_divergence_where_nobody_goes():
    mdp = families.unreachable(horizon=2).mdp
    first, second = ar.asarray([[1, 0], [1, 0]]), ar.asarray([[1, 0], [0, 1]])
    assert Fraction(il.trajectory_chi2(mdp, first, second)) == 0
    world, x, y = mdp.to("ball"), ar.convert(first, "ball"), ar.convert(second, "ball")
    assert ar.equal(il.policy_kl(world, x, y), 0).all()
    assert ar.equal(il.trajectory_kl(world, x, y), 0).all()


def test_chi2_is_infinite_where_the_second_law_is_zero():
    p, q = [Fraction(1, 2), Fraction(1, 2)], [1, 0]
    assert il.chi2_divergence(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == math.inf
    assert Fraction(il.chi2_divergence(ar.asarray(q), ar.asarray(p))) == 1
    with pytest.raises(ZeroDivisionError):
        il.chi2_divergence(ar.asarray(p), ar.asarray(q))


@pytest.mark.parametrize("seed", SEEDS)
def test_history_dependent_policies_by_enumeration(seed):
    mdp, _, _ = draw(seed)
    rng = np.random.default_rng(seed)
    acts = tuple(drawing.rows(rng, ((S * A) ** h, S, A), "mixed", 12) for h in range(H))
    tables = [act.fractions() for act in acts]

    def act(h, past, s):
        index = 0
        for state, action in past:
            index = index * S * A + state * A + action
        return tables[h][index][s]

    expected = paths(mdp, act)
    found = il.trajectory_law(mdp, acts)
    assert found.fractions().tolist() == list(expected.values())
    assert np.array_equal(il.step_laws(mdp, found).fractions(), marginals(expected))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_markov_policy_is_a_history_dependent_one(seed):
    mdp, pi, _ = draw(seed)
    acts = tuple(ar.broadcast_to(pi[h], ((S * A) ** h, S, A)) for h in range(H))
    assert ar.equal(il.trajectory_law(mdp, acts), il.trajectory_law(mdp, pi)).all()
    assert ar.equal(il.step_laws(mdp, il.trajectory_law(mdp, pi)), mdp.occupancy(pi)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_separating_reward_is_the_best_of_all(seed):
    mdp, first, second = draw(seed, finite=False)
    best = il.separating_reward(mdp, first, second)
    gaps = []
    for bits in itertools.product((0, 1), repeat=S * A):
        world = mdp.with_rewards(ar.asarray(np.array(bits).reshape(S, A).tolist()))
        gaps.append(Fraction(il.gap(world, first, second)))
    assert Fraction(il.gap(mdp.with_rewards(best), first, second)) == max(gaps)
    enclosed = il.separating_reward(mdp.to("interval"), *(ar.convert(pi, "interval") for pi in (first, second)))
    exact = ar.midpoint(best)
    assert np.all((ar.lower(enclosed) <= exact) & (exact <= ar.upper(enclosed)))


def test_the_separating_reward_of_equal_occupancies_is_undecided_in_intervals():
    mdp, pi, _ = draw(0, "uniform", finite=False)
    x = ar.convert(pi, "interval")
    reward = il.separating_reward(mdp.to("interval"), x, x)
    assert np.all(ar.lower(reward) <= 0) and np.all(ar.upper(reward) >= 1)
    assert np.all(ar.midpoint(il.separating_reward(mdp, pi, pi)) == 0)


def soft_by_recursion(mdp: TabularMDP, pi, tau: float, h: int) -> np.ndarray:
    """``V_h`` in floats."""
    if h == H:
        return np.zeros(S)
    P, r, table = (ar.midpoint(x) for x in (mdp.transitions.dense(), mdp.rewards(), pi))
    q = step(r, h) + step(P, h) @ soft_by_recursion(mdp, pi, tau, h + 1)
    logs = np.log(np.where(table[h] > 0, table[h], 1))
    return (table[h] * (q - tau * logs)).sum(-1)


@pytest.mark.parametrize("seed", SEEDS)
def test_soft_values(seed):
    mdp, pi, other = draw(seed)
    world, x, y, tau = mdp.to("ball"), ar.convert(pi, "ball"), ar.convert(other, "ball"), Fraction(1, 4)
    expected = np.array([soft_by_recursion(mdp, pi, 0.25, h) for h in range(H)])
    assert ar.midpoint(il.soft_v(world, x, tau)) == pytest.approx(expected, abs=1e-13)
    start = float(ar.midpoint(mdp.mu) @ expected[0])
    assert float(il.soft_value(world, x, tau)) == pytest.approx(start, abs=1e-13)
    own = il.soft_advantage(world, x, x, tau)
    assert np.all(ar.compare(own, "==", 0) != ar.REFUTED) and np.all(ar.upper(abs(own)) < 1e-30)
    gained = il.total(world, il.expectation(world, x, il.soft_advantage(world, x, y, tau)))
    difference = il.soft_value(world, x, tau) - il.soft_value(world, y, tau)
    assert not np.any(ar.equal(gained, difference).refuted)


def test_vertices_are_the_occupancies_of_all_deterministic_policies():
    mdp, _, _ = draw(2, "uniform", finite=False)
    policies = il.deterministic_policies(mdp)
    assert policies.shape == (A**S, S, A)
    chosen = {tuple(np.argmax(ar.midpoint(pi), -1)) for pi in policies}
    assert chosen == set(itertools.product(range(A), repeat=S))
    vertices = il.occupancy_vertices(mdp)
    for pi, vertex in zip(policies, vertices, strict=True):
        assert ar.equal(mdp.occupancy(pi), vertex).all()
    best = max(Fraction(ar.sum(mdp.mu * mdp.v(pi), -1)) for pi in policies)
    assert Fraction(ar.sum(mdp.mu * il.optimal_v(mdp), -1)) == best
    batch = drawing.model(np.random.default_rng(0), drawing.Scale(size=3), finite=False)
    assert il.deterministic_policies(batch).shape == (8, 1, 3, 2)
    assert il.occupancy_vertices(batch).shape == (3, 8, 3, 2)


def test_what_cannot_be_enumerated_is_refused():
    large = drawing.model(np.random.default_rng(0), drawing.Scale(size=1, n_states=11, n_actions=4), finite=False)
    with pytest.raises(il.TooManyPolicies, match=r"4\*\*11"):
        il.deterministic_policies(large)
    finite, _, _ = draw(0)
    with pytest.raises(ValueError, match="discount"):
        il.deterministic_policies(finite)
