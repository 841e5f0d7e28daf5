"""Inverse soft Bellman operators and IQ-Learn's objectives, against sums written out step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iltheory.measures import (
    CHI2,
    F_DIVERGENCES,
    REVERSE_KL,
    causal_entropy,
    inverse_soft_bellman,
    inverse_soft_dual,
    inverse_soft_objective,
    inverse_soft_optimality,
    soft_best_policy,
    soft_optimal_q,
    soft_q,
    start_value,
    state_only_objective,
    telescoped_value,
)
from sims import TabularMDP, families
from sims import arithmetic as ar

DISCOUNTED = {"n_states": 4, "n_actions": 3, "branching": 2, "discount": 0.75}
FINITE = {"n_states": 4, "n_actions": 3, "branching": 2, "horizon": 4}
BOTH = pytest.mark.parametrize("sizes", [DISCOUNTED, FINITE], ids=["discounted", "finite"])


def task(sizes: dict, rng: int = 0) -> tuple[TabularMDP, np.ndarray, np.ndarray, np.ndarray]:
    mdp = families.garnet(**sizes, rng=rng)
    draw = np.random.default_rng(rng)
    shape = (*([mdp.horizon] if mdp.horizon else []), mdp.n_states)
    expert, pi = draw.dirichlet(np.ones(mdp.n_actions), size=(2, *shape))
    return mdp, expert, pi, draw.normal(size=expert.shape)


def slow_next(mdp: TabularMDP, v: np.ndarray) -> np.ndarray:
    """``V'`` by loops."""
    horizon, P = mdp.horizon, np.asarray(mdp.transitions.dense())
    steps = range(horizon or 1)
    values = v if horizon else v[None]
    out = np.zeros((len(steps), mdp.n_states, mdp.n_actions))
    for h in steps:
        later = values[h] * float(mdp.discount) if horizon is None else values[h + 1] if h + 1 < horizon else 0 * v[0]
        for s in range(mdp.n_states):
            for a in range(mdp.n_actions):
                out[h, s, a] = sum(P[h if len(P) > 1 else 0, s, a, t] * later[t] for t in range(mdp.n_states))
    return out if horizon else out[0]


@BOTH
@pytest.mark.parametrize("temperature", [1, 0.3])
def test_operators_are_what_they_say(sizes, temperature):
    mdp, _, pi, q = task(sizes)
    soft = temperature * np.log(np.exp(q / temperature).sum(-1))
    followed = (pi * (q - temperature * np.log(pi))).sum(-1)
    assert np.allclose(inverse_soft_optimality(mdp, q, temperature), q - slow_next(mdp, soft))
    assert np.allclose(inverse_soft_bellman(mdp, pi, q, temperature), q - slow_next(mdp, followed))
    assert np.allclose(soft_best_policy(mdp, q, temperature), np.exp((q - soft[..., None]) / temperature))


@BOTH
@pytest.mark.parametrize("temperature", [1, 0.3])
def test_inverses_invert(sizes, temperature):
    mdp, _, pi, q = task(sizes)
    assert np.allclose(soft_q(mdp, pi, inverse_soft_bellman(mdp, pi, q, temperature), temperature), q)
    assert np.allclose(soft_optimal_q(mdp, inverse_soft_optimality(mdp, q, temperature), temperature), q)


@BOTH
@pytest.mark.parametrize("divergence", ["chi2", "reverse-kl"])
def test_objectives_are_payoffs_of_the_game(sizes, divergence):
    mdp, expert, pi, q = task(sizes)
    steps, utility = mdp.horizon or 1, F_DIVERGENCES[divergence].utility
    e, d = mdp.occupancy(expert) / steps, mdp.occupancy(pi) / steps
    r = inverse_soft_bellman(mdp, pi, q)
    scale = 1 / steps if mdp.horizon else 1 - float(mdp.discount)
    payoff = (e * utility(r)).sum() - (d * r).sum() - scale * float(causal_entropy(mdp, pi))
    target = mdp.occupancy(expert)
    assert float(inverse_soft_objective(mdp, target, pi, q, utility)) == pytest.approx(payoff)
    greedy = soft_best_policy(mdp, q)
    best = float(inverse_soft_objective(mdp, target, greedy, q, utility))
    assert float(inverse_soft_dual(mdp, target, q, utility)) == pytest.approx(best)


@BOTH
def test_value_term_telescopes_for_occupancies_only(sizes):
    mdp, expert, pi, q = task(sizes)
    v = q.max(-1)
    half = (mdp.occupancy(expert) + mdp.occupancy(pi)) / 2
    assert float(telescoped_value(mdp, half, v)) == pytest.approx(float(start_value(mdp, v)))
    uniform = np.full(q.shape, 1 / (mdp.n_states * mdp.n_actions))
    assert abs(float(telescoped_value(mdp, uniform, v)) - float(start_value(mdp, v))) > 1e-3


def test_state_only_objective_uses_no_action_of_the_expert():
    mdp, expert, _, q = task(DISCOUNTED)
    states, utility = mdp.state_occupancy(expert), REVERSE_KL.utility
    own = np.exp(q) / np.exp(q).sum(-1, keepdims=True)
    r = inverse_soft_optimality(mdp, q)
    by_hand = (states[:, None] * own * utility(r)).sum() - 0.25 * mdp.mu @ np.log(np.exp(q).sum(-1))
    assert float(state_only_objective(mdp, states, q, utility)) == pytest.approx(by_hand)


@BOTH
def test_a_batch_is_its_instances(sizes):
    mdp, expert, _, q = task(sizes)
    qs = np.stack([q, 2 * q, -q])
    together = np.asarray(inverse_soft_dual(mdp, mdp.occupancy(expert), qs, CHI2.envelope))
    alone = [float(inverse_soft_dual(mdp, mdp.occupancy(expert), x, CHI2.envelope)) for x in qs]
    assert together.tolist() == pytest.approx(alone)


@BOTH
def test_intervals_enclose_balls(sizes):
    mdp, expert, _, q = task(sizes)
    answers = []
    for system in ("interval", "ball"):
        exact = mdp.to(system)
        e, values = exact.occupancy(expert), ar.convert(q, system)
        answers.append(inverse_soft_dual(exact, e, values, REVERSE_KL.utility))
    wide, narrow = answers
    assert ar.lower(wide) <= ar.midpoint(narrow) <= ar.upper(wide)
    assert ar.upper(wide) - ar.lower(wide) < 1e-12


def test_pairs_without_mass_do_not_count():
    mdp = TabularMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), np.ones(1), discount=0.5)
    q = np.array([[0.5, -5.0]])
    v = math.log(math.exp(0.5) + math.exp(-5))
    expected = 1 + math.log(0.5 - v / 2) - v / 2
    target = np.array([[1.0, 0.0]])
    assert float(inverse_soft_dual(mdp, target, q, F_DIVERGENCES["forward-kl"].utility)) == pytest.approx(expected)


@pytest.mark.parametrize("name", F_DIVERGENCES)
def test_centred_conventions_give_the_same_divergence_and_a_neutral_reward(name):
    phi = F_DIVERGENCES[name]
    centred = phi.centred()
    rng = np.random.default_rng(0)
    d, e = rng.dirichlet(np.ones(4), size=(2, 50))
    r = centred.reward(d, e)
    assert np.allclose((e * centred.utility(r) - d * r).sum(-1), phi(d, e, axes=1), atol=1e-12)
    assert centred.utility(np.zeros(1)) == 0 and centred.slope(np.zeros(1)) == 1
    if name != "total-variation":  # any reward is best where d = e
        assert np.allclose(centred.reward(d, d), 0, atol=1e-15)


def test_envelope_of_chi2_is_constant_from_two_on():
    r = np.array([-1.0, 1.0, 2.0, 3.0, 40.0])
    assert np.allclose(CHI2.envelope(r), [-1.25, 0.75, 1, 1, 1])
    assert np.all(np.diff(CHI2.utility(r)[2:]) < 0)
