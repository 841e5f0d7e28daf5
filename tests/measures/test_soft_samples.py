"""Objectives at transitions: against those of models, against each other, and golden identities."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.measures import (
    CHI2,
    F_DIVERGENCES,
    inverse_soft_dual,
    sampled_payoff,
    sampled_soft_error,
    sampled_start_value,
    sampled_telescoped_value,
    sampled_value_dice,
    squared_soft_error,
    value_dice_objective,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.tabular.planning import soft_maximum

DIVERGENCES = [phi for each in F_DIVERGENCES.values() for phi in (each, each.centred())]


def names(phi) -> str:
    return phi.name


def deterministic_world(rng: int) -> tuple[TabularMDP, np.ndarray, np.ndarray]:
    """A model whose actions have one next state each, the occupancy of a random expert, and random action values."""
    draw = np.random.default_rng(rng)
    moves = draw.integers(6, size=(6, 3))
    mdp = TabularMDP(np.eye(6)[moves], np.zeros((6, 3)), draw.dirichlet(np.ones(6)), discount=0.9)
    return mdp, mdp.occupancy(draw.dirichlet(np.ones(3), size=6)), draw.normal(size=(6, 3))


def transitions(mdp: TabularMDP, law: np.ndarray, q: np.ndarray, v: np.ndarray):
    """Every pair of a deterministic model once: weights, action values, state values, what comes later."""
    later = mdp.discount * (mdp.P @ v)
    return law.ravel(), q.ravel(), np.repeat(v, mdp.n_actions), later.ravel()


def soft_v(q: np.ndarray) -> np.ndarray:
    return np.log(np.exp(q).sum(-1))


@pytest.mark.parametrize("phi", [CHI2, F_DIVERGENCES["reverse-kl"]], ids=names)
def test_population_weights_give_the_objective_of_the_model(phi):
    mdp, expert, q = deterministic_world(0)
    v = soft_v(q)
    weights, at, values, later = transitions(mdp, expert, q, v)
    prices = {
        "initial": sampled_start_value(mdp.mu, v, mdp.discount),
        "expert": sampled_telescoped_value(weights, values, later),
    }
    assert prices["initial"] == pytest.approx(prices["expert"], abs=1e-14)
    for price, nu in (("initial", None), ("expert", expert)):
        got = sampled_payoff(weights, at - later, phi.utility, prices[price])
        assert got == pytest.approx(float(inverse_soft_dual(mdp, expert, q, phi.utility, nu=nu)), abs=1e-13)
    error = sampled_soft_error(weights, at - later, 1 / 3)
    assert error == pytest.approx(float(squared_soft_error(mdp, expert, q, 1 / 3)), abs=1e-13)


def test_value_dice_of_population_weights_is_the_models():
    mdp, expert, nu = deterministic_world(1)
    pi = np.random.default_rng(2).dirichlet(np.ones(3), size=6)
    v = (pi * nu).sum(-1)
    weights, at, _, later = transitions(mdp, expert, nu, v)
    got = sampled_value_dice(weights, at - later, sampled_start_value(mdp.mu, v, mdp.discount))
    assert got == pytest.approx(float(value_dice_objective(mdp, expert, pi, nu)), abs=1e-13)
    shifted = sampled_value_dice(  # nu + c changes nothing (B19)
        weights, at - later + 7 * (1 - mdp.discount), sampled_start_value(mdp.mu, v + 7, mdp.discount)
    )
    assert shifted == pytest.approx(got, abs=1e-13)


def test_stochastic_transitions_bound_the_objective_of_the_model_from_below():
    mdp = families.garnet(n_states=5, n_actions=2, branching=3, discount=0.8, rng=3)
    expert = mdp.occupancy(np.full((5, 2), 0.5))
    q = np.random.default_rng(4).normal(size=(5, 2))
    v = soft_v(q)
    weights = (expert[..., None] * mdp.P).ravel()
    r = (q[..., None] - mdp.discount * v).ravel()
    price = sampled_start_value(mdp.mu, v, mdp.discount)
    for phi in F_DIVERGENCES.values():
        sampled = sampled_payoff(weights, r, lambda x, phi=phi: phi.continued(x, 100), price)
        exact = float(inverse_soft_dual(mdp, expert, q, lambda x, phi=phi: phi.continued(x, 100)))
        assert sampled <= exact + 1e-14


def rational_batch(seed: int, n: int = 7):
    """A batch of transitions in rationals: weights, q, v, later; values of states are any numbers."""
    draw = np.random.default_rng(seed)
    numbers = [ar.asarray([Fraction(int(k), 8) for k in draw.integers(-40, 40, n)]) for _ in range(3)]
    masses = draw.integers(1, 9, n)
    return (ar.asarray([Fraction(int(m), int(masses.sum())) for m in masses]), *numbers)


@pytest.mark.parametrize("seed", range(20))
def test_offline_chi2_is_regularised_behavioural_cloning_exactly(seed):
    """E phi(Q - later) - E [V - later] = E [Q - V] - E (Q - later)^2 / 4, and Q - V = tau log pi: in rationals."""
    weights, q, v, later = rational_batch(seed)
    r = q - later
    objective = sampled_payoff(weights, r, CHI2.utility, sampled_telescoped_value(weights, v, later))
    log_likelihood = ar.sum(weights * (q - v), -1)
    assert Fraction(objective) == Fraction(log_likelihood) - Fraction(sampled_soft_error(weights, r, 0)) / 4


@pytest.mark.parametrize("seed", range(20))
def test_the_values_of_first_states_do_not_cancel(seed):
    """Every state of a batch taken for a first one (B8): the next values stay in the objective."""
    weights, q, v, later = rational_batch(seed)
    discount = Fraction(9, 10)
    wrong = sampled_payoff(weights, q - later, CHI2.utility, sampled_start_value(weights, v, discount))
    right = sampled_payoff(weights, q - later, CHI2.utility, sampled_telescoped_value(weights, v, later))
    assert Fraction(wrong - right) == Fraction(ar.sum(weights * (discount * v - later), -1))


@pytest.mark.parametrize("temperature", [1e-3, 1.0, 30.0])
def test_offline_identity_with_soft_values(temperature):
    draw = np.random.default_rng(5)
    q, following = draw.normal(scale=20, size=(2, 500, 4))
    actions = draw.integers(4, size=500)
    weights = draw.dirichlet(np.ones(500))
    v, later = soft_maximum(q, np.array(temperature)), 0.99 * soft_maximum(following, np.array(temperature))
    taken = q[np.arange(500), actions]
    r = taken - later
    objective = sampled_payoff(weights, r, CHI2.utility, sampled_telescoped_value(weights, v, later))
    log_pi = np.take_along_axis(
        q / temperature - np.logaddexp.reduce(q / temperature, -1)[:, None], actions[:, None], -1
    )
    nll = -temperature * (weights * log_pi[:, 0]).sum()
    assert objective == pytest.approx(-nll - (weights * r**2).sum() / 4, rel=1e-11)


@pytest.mark.parametrize("ratio", [2, 50])
@pytest.mark.parametrize("phi", DIVERGENCES, ids=names)
def test_continued_utility_is_the_conjugate_of_the_cut_function(phi, ratio):
    """``min_t (r t + f(t))`` over a fine grid of [0, ratio]; f is ``terms(t, 1)``, plus ``c (t - 1)`` if centred."""
    t = np.linspace(0, ratio, 400_001)
    r = np.linspace(-3 * ratio, 5, 61)
    plain = F_DIVERGENCES[phi.name.removesuffix(", centred")]
    shift = float(plain.neutral) if phi is not plain else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        f = plain.terms(t, np.ones_like(t)) + shift * (t - 1)
    f = np.where(np.isnan(f), np.inf, f)
    grid = (r[:, None] * t + f).min(1)
    got = phi.continued(r, ratio)
    assert (got <= grid + 1e-9).all() and np.allclose(got, grid, atol=2e-6 * ratio)


@pytest.mark.parametrize("phi", DIVERGENCES, ids=names)
def test_continued_utility_agrees_with_phi_on_its_domain_and_has_finite_slopes(phi):
    torch = pytest.importorskip("torch")
    t = np.array([0.01, 0.5, 1.0, 3.0, 19.0])
    r = phi.reward(t, np.ones_like(t))
    assert np.allclose(phi.continued(r, 20), phi.utility(r), rtol=1e-13)
    rewards = torch.linspace(-1e4, 1e4, 20_001, dtype=torch.float64, requires_grad=True)
    phi.continued(rewards, 20).sum().backward()
    assert rewards.grad.isfinite().all() and (rewards.grad >= 0).all() and rewards.grad.max() <= 20 + 1e-9
    assert (rewards.grad.diff() <= 1e-9).all()  # concave


def test_sums_are_those_of_weights_with_batch_axes():
    weights = np.full((3, 4), 0.25)
    v = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(sampled_telescoped_value(weights, v, v / 2), v.mean(-1) / 2)
    assert np.array_equal(sampled_start_value(weights, v, 0.5), v.mean(-1) / 2)
    assert np.allclose(sampled_value_dice(weights, v, 0), np.log(np.exp(v).mean(-1)))
