"""What claims about features compute, against slow enumeration and hand-made steps in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from math import exp, log, prod

import numpy as np
import pytest

from iltheory.claims import feature_samples
from iltheory.claims.abbeel_ng_2004 import projected, rate_sharper, right_angle
from iltheory.claims.feature_kinds import Several, WeightsKind
from iltheory.claims.feature_samples import samples_suffice
from iltheory.claims.kinds import InvalidInstance, RewardKind
from iltheory.claims.syed_schapire_2007 import regret_of, rounds, torn
from iltheory.engine.worlds import RandomWorld
from iltheory.learners.projection import projection
from iltheory.measures import average_regret, exponential_weights
from sims import arithmetic as ar


def one_instance(claim, seed, law="mixed"):
    """One random instance, exact."""
    return claim.select(RandomWorld(law).draw(claim, np.random.default_rng(seed), 2), 0)


# Samples: every sequence of trajectories, one by one.


def slow_miss(mdp, features, expert, samples, squared):
    """Probability that a mean of feature totals is off by more than a threshold, over all sequences of trajectories."""
    P, mu = mdp.transitions.dense().fractions(), mdp.mu.fractions()
    pi, tables = mdp.policy(expert).fractions(), [f.fractions() for f in features]
    paths = {}
    for path in product(range(mdp.n_states), range(mdp.n_actions), repeat=mdp.horizon):
        pairs = list(zip(path[::2], path[1::2], strict=True))
        weight = mu[pairs[0][0]] * prod(pi[h if len(pi) > 1 else 0, s, a] for h, (s, a) in enumerate(pairs))
        for h, ((s, a), (t, _)) in enumerate(pairwise(pairs)):
            weight *= P[h if len(P) > 1 else 0, s, a, t]
        totals = tuple(sum(f[h, s, a] for h, (s, a) in enumerate(pairs)) for f in tables)
        paths[totals] = paths.get(totals, 0) + weight
    means = [sum(w * totals[i] for totals, w in paths.items()) for i in range(len(tables))]
    missed = Fraction(0)
    for drawn in product(paths.items(), repeat=samples):
        sums = [sum(totals[i] for totals, _ in drawn) for i in range(len(tables))]
        worst = max((Fraction(x) / samples - m) ** 2 for x, m in zip(sums, means, strict=True))
        missed += prod(w for _, w in drawn) * (worst > squared)
    return missed


@pytest.mark.parametrize("seed", range(6))
def test_miss_probability_by_enumeration_of_sequences(seed):
    instance = one_instance(samples_suffice, seed)
    mdp, features, expert = (instance[name] for name in ("mdp", "features", "expert"))
    for squared in (Fraction(1, 50), Fraction(1, 5)):
        mine = feature_samples.miss_probability(
            feature_samples.trajectory_law(mdp, expert),
            feature_samples.visits(mdp),
            feature_samples.flat(features),
            2,
            ar.asarray(squared),
        )
        assert Fraction(mine) == slow_miss(mdp, features, expert, 2, squared)


def test_a_threshold_that_is_met_is_not_missed():
    mdp, features, expert, _, _ = feature_samples.fair_coin(1, Fraction(1, 2), 0, 1)
    law, shown, values = (
        feature_samples.trajectory_law(mdp, expert),
        feature_samples.visits(mdp),
        feature_samples.flat(features),
    )
    met = feature_samples.miss_probability(law, shown, values, 1, ar.asarray(Fraction(1, 4)))
    assert Fraction(met) == 0
    passed = feature_samples.miss_probability(law, shown, values, 1, ar.asarray(Fraction(24, 100)))
    assert Fraction(passed) == 1


# Projection: the step of the claim is the step of the learner.


@pytest.mark.parametrize("seed", range(8))
def test_one_step_of_the_claim_is_one_step_of_the_learner(seed):
    instance = one_instance(rate_sharper, seed, "uniform")
    mdp, features, expert, start = (instance[name] for name in ("mdp", "features", "expert", "start"))
    step = projected(mdp, features, expert, start)
    if Fraction(step.length) == 0:  # the start is a best response, so it shows what the expert shows
        assert Fraction(step.before) == 0
        return
    table = ar.stack(list(features), axis=-1)
    found = projection(mdp, expert, table, iterations=1, start=start)
    before, after = found.squared_distances.fractions()
    assert before == Fraction(step.before)
    exact = Fraction(step.after) / Fraction(step.length)
    assert exact <= after <= exact + Fraction(step.length) / 2**42


def test_the_right_angle_loses_half_of_its_squared_distance():
    mdp, features, expert, start = right_angle()
    step = projected(mdp, features, expert, start)
    assert [Fraction(x) for x in step] == [4, 8, 16]


# Multiplicative weights.


def test_weights_multiply():
    gains = np.array([[0.2, 0.9, 0.4], [0.6, 0.1, 1.0]])
    rate, weights = 0.7, np.ones(3)
    for gain in gains:
        weights = weights * exp(-rate) ** gain
    assert np.allclose(exponential_weights(gains.sum(axis=0), rate), weights / weights.sum())


def test_regret_by_hand():
    gains, laws = [np.array([0.75, 0.25])] * 2, [np.array([0.5, 0.5]), np.array([0.25, 0.75])]
    assert float(average_regret(gains, laws)) == pytest.approx((0.5 + 0.375) / 2 - 0.25)


def test_two_rounds_by_hand():
    mdp, features, expert, _ = torn(2)
    interval = ar.INTERVAL.convert
    game = rounds(mdp.to("interval"), tuple(map(interval, features)), interval(expert), 2)
    beta = 1 / (1 + np.sqrt(2 * log(2) / 2))
    weights = np.array([beta**0.75, beta**0.25])
    assert np.allclose(ar.midpoint(game[1].weights), weights / weights.sum())
    assert np.allclose(ar.midpoint(game[0].gains), [0.75, 0.25]) and np.allclose(
        ar.midpoint(game[1].gains), [0.25, 0.75]
    )
    suffered = 0.5 + weights @ [0.25, 0.75] / weights.sum()
    assert float(ar.midpoint(regret_of(game))) == pytest.approx(suffered / 2 - 0.5)


# Kinds.


def test_weights_are_as_many_as_features():
    before = {"features": (ar.asarray([[1]]),) * 3}
    assert WeightsKind().core(before) == (3,)
    with pytest.raises(InvalidInstance, match="shape"):
        WeightsKind().check("weights", [1, 0], before)
    with pytest.raises(InvalidInstance, match="lie in"):
        WeightsKind().check("weights", [2, 0, 0], before)
    with pytest.raises(InvalidInstance, match="sums to 2"):
        WeightsKind(law=True).check("weights", [1, 1, 0], before)
    with pytest.raises(InvalidInstance, match="features in front"):
        WeightsKind().core({})


def test_several_are_at_least_two():
    mdp, features, _, _ = torn(1)
    kind = Several(RewardKind(low=-1))
    assert len(kind.check("features", features, {"mdp": mdp})) == 2
    with pytest.raises(InvalidInstance, match="at least 2"):
        kind.check("features", features[:1], {"mdp": mdp})
