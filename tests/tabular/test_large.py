"""Models large enough for the compiled kernels: floats against exact rationals, enclosures around them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enclosing import encloses, widths

from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.families.random import dyadic, simplex_rows
from sims.tabular import IllConditioned, InvalidModel

S, A = 72, 2
STORAGES = ["dense", "sparse", "ring", "deterministic"]


def draw(storage: str, seed: int = 0, **end) -> tuple[TabularMDP, ar.RationalArray]:
    """A rational model with few bits and a stochastic policy with zeros; the ring mixes slowly."""
    rng = np.random.default_rng(seed)
    if storage == "deterministic":
        law = DeterministicTransitions(rng.integers(0, S, (S, A)))
    else:
        k, here = 3, np.arange(S)[:, None, None]
        random = np.stack([rng.choice(S, k, replace=False) for _ in range(S * A)]).reshape(S, A, k)
        indices = (here + np.arange(-1, 2)) % S + np.zeros((1, A, 1), dtype=int) if storage == "ring" else random
        p = simplex_rows(rng, (S, A, k), bits=6)
        law = SparseTransitions(np.arange(S * A + 1) * k, indices.ravel(), ar.RationalArray(p.ravel(), 64), S, A)
    if storage == "dense":
        law = law.dense()[0]
    start = np.zeros(S, dtype=int)
    start[0] = 1
    mdp = TabularMDP(law, ar.RationalArray(rng.integers(0, 8, (S, A)), 7), start, **end)
    return mdp, ar.RationalArray(simplex_rows(rng, (S, A), law="mixed", bits=3), 8)


def floats(x) -> np.ndarray:
    return np.array([float(f) for f in x.fractions().ravel()]).reshape(x.shape)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("gamma", [Fraction(1, 2), Fraction(99, 100)], ids=str)
def test_discounted_floats_and_intervals_against_rationals(storage, gamma):
    mdp, pi = draw(storage, discount=gamma)
    model, enclosing = mdp.to("float64"), mdp.to("interval")
    policy, enclosed = floats(pi), enclosing.system.convert(pi)
    for quantity in ("v", "state_occupancy", "q", "occupancy", "value"):
        truth = getattr(mdp, quantity)(pi)
        assert np.asarray(getattr(model, quantity)(policy)) == pytest.approx(floats(truth), rel=1e-11, abs=1e-13), (
            quantity
        )
        enclosure = getattr(enclosing, quantity)(enclosed)
        assert encloses(enclosure, truth), quantity
        assert widths(enclosure).max() < 1e-9
    unreached = ~ar.possibly_nonzero(mdp.state_occupancy(pi))
    assert (model.state_occupancy(policy)[unreached] == 0).all()
    assert not ar.possibly_nonzero(enclosing.state_occupancy(enclosed))[unreached].any()


@pytest.mark.parametrize("storage", STORAGES)
def test_discounted_optima_against_rationals(storage):
    mdp, _ = draw(storage, seed=1, discount=Fraction(9, 10))
    best = mdp.optimal_value()
    assert float(mdp.to("float64").optimal_value()) == pytest.approx(float(best), rel=1e-11)
    assert encloses(mdp.to("interval").optimal_value(), best)
    model = mdp.to("float64")
    assert float(model.value(model.optimal_policy())) == pytest.approx(float(best), rel=1e-11)


def test_balls_of_large_sparse_models_need_no_dense_solve():
    mdp, pi = draw("sparse", seed=2, discount=Fraction(99, 100))
    ball = mdp.to("ball", bits=256)
    enclosure = ball.value(ball.system.convert(pi))
    assert encloses(enclosure, mdp.value(pi))
    assert widths(enclosure[None]).max() < 2.0**-230


@pytest.mark.parametrize("steps", ["stationary", "varying policy", "varying model"])
def test_finite_horizon_floats_and_intervals_against_rationals(steps):
    H = 5
    mdp, pi = draw("dense", seed=3, horizon=H)
    if steps == "varying policy":
        pi = ar.RationalArray(simplex_rows(np.random.default_rng(4), (H, S, A), law="mixed", bits=3), 8)
    if steps == "varying model":
        mdp = TabularMDP(ar.stack([draw("dense", seed=h, horizon=H)[0].P for h in range(H)]), mdp.r, mdp.mu, horizon=H)
    model, enclosing = mdp.to("float64"), mdp.to("interval")
    for quantity in ("state_occupancy", "occupancy", "v", "q", "value"):
        truth = getattr(mdp, quantity)(pi)
        assert np.asarray(getattr(model, quantity)(floats(pi))) == pytest.approx(floats(truth), rel=1e-12, abs=1e-15)
        enclosure = getattr(enclosing, quantity)(enclosing.system.convert(pi))
        assert encloses(enclosure, truth), quantity
        assert widths(enclosure).max() < 1e-11


@pytest.mark.parametrize("name", ["float64", "interval"])
def test_large_batches_are_loops(name):
    """300 models of 16 states: past the size from which a batch goes to the compiled kernel in one call."""
    rng = np.random.default_rng(5)
    B, n = 300, 16
    P, pi = dyadic(simplex_rows(rng, (B, n, A, n))), dyadic(simplex_rows(rng, (B, n, A)))
    r, mu = rng.integers(0, 9, (B, n, A)) / 8, dyadic(simplex_rows(rng, (B, n)))
    batch = TabularMDP(P, r, mu, discount=0.875, batch_axes=1).to(name)
    policies = batch.system.convert(pi)
    for quantity in ("v", "state_occupancy"):
        many = getattr(batch, quantity)(policies)
        for i in range(0, B, 60):
            one = getattr(batch.select(i), quantity)(policies[i])
            assert np.allclose(ar.midpoint(many[i]), ar.midpoint(one), rtol=1e-12, atol=0)
            assert not ar.equal(many[i], one).refuted.any() or name == "float64"


def test_a_batch_of_policies_on_a_large_sparse_model():
    mdp, _ = draw("sparse", seed=6, discount=Fraction(9, 10))
    model = mdp.to("float64")
    policies = dyadic(simplex_rows(np.random.default_rng(7), (3, S, A)))
    gammas = np.array([[0.5], [0.9]])
    values = model.with_end(discount=gammas).value(policies)
    assert values.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        assert values[i, j] == pytest.approx(float(model.with_end(discount=gammas[i, 0]).value(policies[j])), rel=1e-12)


def test_rewards_near_the_largest_float_give_the_whole_line_and_clear_errors():
    mdp, pi = draw("sparse", seed=8, discount=Fraction(99, 100))
    huge = mdp.with_rewards(mdp.r * Fraction(10) ** 308)
    interval, model = huge.to("interval"), huge.to("float64")
    with np.errstate(all="ignore"):
        assert interval.value(interval.system.convert(pi)).bounds() == (-np.inf, np.inf)
        assert interval.optimal_value().bounds() == (-np.inf, np.inf)
        for call in (lambda: model.value(floats(pi)), model.optimal_value):
            with pytest.raises(IllConditioned, match="floats cannot solve this model"):
                call()
    with pytest.raises(InvalidModel, match=r"r\[.*\] is inf"):
        huge.with_rewards(huge.r * 10).to("float64")
