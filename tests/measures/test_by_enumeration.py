"""Every public quantity against a slow re-implementation that lists all trajectories in fractions.Fraction."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.claims import drawing
from sims import TabularMDP
from sims import arithmetic as ar

S, A, H = 2, 2, 3


def instance(seed: int, law: str = "mixed"):
    rng = np.random.default_rng(seed)
    scale = drawing.Scale(size=1, n_states=S, n_actions=A, horizon=H, law=law, stationary=bool(seed % 2))
    mdp = drawing.model(rng, scale, finite=True).select(0)
    first, second = (drawing.rows(rng, (H, S, A), law, 12) for _ in range(2))
    return mdp, first, second


class Slow:
    """The definitions, read literally: sums over all trajectories (s_1, a_1, ..., s_H, a_H)."""

    def __init__(self, mdp: TabularMDP) -> None:
        P, r, mu = (np.array(x.fractions()) for x in (mdp.transitions.dense(), mdp.rewards(), mdp.mu))
        self.P = [P[h if len(P) > 1 else 0] for h in range(H)]
        self.r = [r[h if len(r) > 1 else 0] for h in range(H)]
        self.mu = mu
        self.trajectories = list(itertools.product(*([range(S), range(A)] * H)))

    def law(self, pi) -> dict:
        pi = pi.fractions()
        law = {}
        for path in self.trajectories:
            states, actions = path[::2], path[1::2]
            p = self.mu[states[0]]
            for h in range(H):
                p *= pi[h][states[h]][actions[h]]
                if h + 1 < H:
                    p *= self.P[h][states[h]][actions[h]][states[h + 1]]
            law[path] = p
        return law

    def value(self, pi) -> Fraction:
        law = self.law(pi)
        return sum(p * sum(self.r[h][path[2 * h]][path[2 * h + 1]] for h in range(H)) for path, p in law.items())

    def occupancy(self, pi):
        d = np.full((H, S, A), Fraction(0), dtype=object)
        for path, p in self.law(pi).items():
            for h in range(H):
                d[h, path[2 * h], path[2 * h + 1]] += p
        return d

    def along(self, pi, divergence) -> Fraction:
        """Mean over steps of the expected divergence of the action laws."""
        return sum(p * divergence(h, path[2 * h]) for path, p in self.law(pi).items() for h in range(H)) / H

    def value_from(self, pi, h: int, s: int) -> Fraction:
        pi = pi.fractions()
        if h == H:
            return Fraction(0)
        return sum(pi[h][s][a] * self.q(pi, h, s, a) for a in range(A))

    def q(self, pi, h: int, s: int, a: int) -> Fraction:
        if h == H:
            return Fraction(0)
        future = sum(
            self.P[h][s][a][t] * sum(pi[h + 1][t][b] * self.q(pi, h + 1, t, b) for b in range(A)) if h + 1 < H else 0
            for t in range(S)
        )
        return self.r[h][s][a] + future


def tv(p, q) -> Fraction:
    return sum(abs(x - y) for x, y in zip(p, q, strict=True)) / 2


def kl(p, q) -> float:
    terms = [(float(x), float(y)) for x, y in zip(p, q, strict=True) if x > 0]
    return math.inf if any(y == 0 for _, y in terms) else sum(x * math.log(x / y) for x, y in terms)


def hellinger2(p, q) -> float:
    return sum((math.sqrt(x) - math.sqrt(y)) ** 2 for x, y in zip(p, q, strict=True))


SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_rational_quantities_are_exactly_the_sums_over_trajectories(seed):
    mdp, first, second = instance(seed)
    slow = Slow(mdp)
    p, q = first.fractions(), second.fractions()
    law, other = slow.law(first), slow.law(second)

    assert Fraction(il.value(mdp, first)) == slow.value(first)
    assert Fraction(il.gap(mdp, first, second)) == slow.value(first) - slow.value(second)
    assert np.array_equal(il.occupancy(mdp, first).fractions(), slow.occupancy(first))
    error = slow.along(first, lambda h, s: tv(p[h][s], q[h][s]))
    assert Fraction(il.error_rate(mdp, first, second)) == error == Fraction(il.policy_tv(mdp, first, second))
    on_policy = slow.along(second, lambda h, s: tv(p[h][s], q[h][s]))
    assert Fraction(il.on_policy_error_rate(mdp, first, second)) == on_policy
    steps = zip(slow.occupancy(first), slow.occupancy(second), strict=True)
    assert Fraction(il.occupancy_tv(mdp, first, second)) == sum(tv(d.ravel(), e.ravel()) for d, e in steps) / H
    assert Fraction(il.trajectory_tv(mdp, first, second)) == tv(law.values(), other.values())
    assert sorted(il.trajectory_law(mdp, first).fractions()) == sorted(law.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_disadvantage_is_the_largest_loss_of_one_action_where_the_learner_goes(seed):
    mdp, expert, learner = instance(seed, "deterministic" if seed % 2 else "spiky")
    slow = Slow(mdp)
    visited = slow.occupancy(learner).sum(axis=-1) > 0
    pi = expert.fractions()
    losses = [
        slow.value_from(expert, h, s) - slow.q(pi, h, s, a)
        for h, s, a in itertools.product(range(H), range(S), range(A))
        if visited[h, s]
    ]
    assert Fraction(il.disadvantage(mdp, expert, learner)) == max(0, *losses)


@pytest.mark.parametrize("seed", SEEDS)
def test_optimal_value_is_the_best_of_all_deterministic_policies(seed):
    mdp, _, _ = instance(seed)
    slow = Slow(mdp)
    best = max(
        slow.value(ar.asarray([[[int(a == c[h * S + s]) for a in range(A)] for s in range(S)] for h in range(H)]))
        for c in itertools.product(range(A), repeat=H * S)
    )
    assert Fraction(il.optimal_value(mdp)) == best
    assert Fraction(il.value(mdp, mdp.optimal_policy())) == best


@pytest.mark.parametrize("system", ["interval", "ball"])
@pytest.mark.parametrize("seed", SEEDS)
def test_divergences_with_logarithms_and_roots_enclose_the_sums_over_trajectories(seed, system):
    mdp, first, second = instance(seed, "uniform")
    slow = Slow(mdp)
    p, q = first.fractions(), second.fractions()
    law, other = slow.law(first), slow.law(second)
    d, e = slow.occupancy(first), slow.occupancy(second)
    expected = {
        il.policy_kl: float(slow.along(first, lambda h, s: Fraction(kl(p[h][s], q[h][s])))),
        il.policy_hellinger2: float(slow.along(first, lambda h, s: Fraction(hellinger2(p[h][s], q[h][s])))),
        il.occupancy_kl: sum(kl(d[h].ravel(), e[h].ravel()) for h in range(H)) / H,
        il.trajectory_kl: kl(law.values(), other.values()),
        il.trajectory_hellinger2: hellinger2(law.values(), other.values()),
    }
    world, x, y = mdp.to(system), ar.convert(first, system), ar.convert(second, system)
    for quantity, truth in expected.items():
        found = quantity(world, x, y)
        low, high = float(ar.lower(found)), float(ar.upper(found))
        assert high - low < 1e-12, quantity.__name__
        assert low - 1e-12 < truth < high + 1e-12, quantity.__name__
    entropy = float(slow.along(first, lambda h, s: Fraction(-sum(float(x) * math.log(x) for x in p[h][s] if x > 0))))
    assert abs(float(il.causal_entropy(world, x)) - H * entropy) < 1e-12


def test_kl_is_infinite_where_the_second_policy_never_goes():
    mdp = TabularMDP([[[1]] * 2], [[0, 0]], [1], horizon=2)
    half = ar.asarray([[Fraction(1, 2), Fraction(1, 2)]])
    sure = ar.asarray([[1, 0]])
    for system in ("float64", "ball"):
        world = mdp.to(system)
        pi, sigma = ar.convert(half, system), ar.convert(sure, system)
        assert float(il.policy_kl(world, pi, sigma)) == math.inf
        assert float(il.policy_kl(world, sigma, pi)) == pytest.approx(math.log(2))


def test_float64_quantities_agree_with_exact_ones_and_answer_with_comparisons():
    mdp, first, second = instance(3)
    floats = mdp.to("float64")
    x, y = ar.midpoint(first), ar.midpoint(second)
    for quantity in (il.gap, il.error_rate, il.occupancy_tv, il.trajectory_tv, il.disadvantage):
        assert float(quantity(floats, x, y)) == pytest.approx(float(quantity(mdp, first, second)), abs=1e-14)
    assert (il.gap(floats, x, y) <= 10).all()


def test_batches_equal_loops():
    rng = np.random.default_rng(0)
    scale = drawing.Scale(size=5, n_states=3, n_actions=2, horizon=4)
    mdp = drawing.model(rng, scale, finite=True)
    first, second = (drawing.rows(rng, (5, 4, 3, 2), "mixed", 12) for _ in range(2))
    for quantity in (
        il.gap,
        il.error_rate,
        il.on_policy_error_rate,
        il.occupancy_tv,
        il.trajectory_tv,
        il.disadvantage,
    ):
        together = quantity(mdp, first, second).fractions()
        alone = [Fraction(quantity(mdp.select(i), first[i], second[i])) for i in range(5)]
        assert together.tolist() == alone, quantity.__name__


def test_discounted_quantities_follow_from_the_occupancy():
    rng = np.random.default_rng(0)
    scale = drawing.Scale(size=6, n_states=3, n_actions=2, law="mixed", discount=(9, 10))
    mdp = drawing.model(rng, scale, finite=False)
    first, second = (drawing.rows(rng, (6, 3, 2), "mixed", 12) for _ in range(2))
    d, e = mdp.occupancy(first), mdp.occupancy(second)
    assert (ar.equal(il.value(mdp, first), (d * mdp.r).sum((-2, -1)) * 10)).all()
    assert (ar.equal(il.occupancy_tv(mdp, first, second), abs(d - e).sum((-2, -1)) / 2)).all()
    rate = (d.sum(-1) * (abs(first - second).sum(-1) / 2)).sum(-1)
    assert (ar.equal(il.error_rate(mdp, first, second), rate)).all()
    with pytest.raises(ValueError, match="finite horizon"):
        il.trajectory_tv(mdp, first, second)


def test_too_many_trajectories_are_refused_with_their_number():
    rng = np.random.default_rng(0)
    mdp = drawing.model(rng, drawing.Scale(size=1, n_states=5, n_actions=4, horizon=12), finite=True)
    pi = drawing.rows(rng, (1, 12, 5, 4), "uniform", 12)
    with pytest.raises(il.TooManyTrajectories, match=r"20\*\*12"):
        il.trajectory_tv(mdp, pi, pi)
