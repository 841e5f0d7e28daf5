"""Behavioural cloning with a network: beside its exact twin, closed forms, and what Gaussians and mixtures learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from twins import gradient, linear_softmax, minimise, one_hot_features, population, table, tabular_world

import iltheory as il
from iltheory.learners import LogLinearPolicies
from iltheory.learners.neural import (
    Architecture,
    CategoricalHead,
    Flat,
    GaussianHead,
    MixtureHead,
    OneHot,
    PointHead,
    PolicyNetwork,
    Transitions,
    behavioral_cloning,
    transitions,
)
from iltheory.learners.neural.behavioral_cloning import cloning_loss
from sims.datasets import Trajectories
from sims.errors import InvalidArgument
from sims.sampled import Spaces, TabularPolicy, sampled_table


def objective(network: PolicyNetwork, data: Transitions, l2: float = 0.0) -> Any:
    loss = cloning_loss(network, data.observations, data.steps, data.actions, data.weights)
    return loss + l2 / 2 * sum((x**2).sum() for x in network.parameters())


@pytest.mark.parametrize("seed", range(3))
def test_log_loss_at_population_level_is_minimised_by_the_exact_twin(seed: int) -> None:
    # d loss / d logits[h, s, a] = mass[h, s] * (pi - pi_E)[h, s, a]: the gradient itself says how far pi is.
    mdp, expert = tabular_world(seed)
    twin = np.asarray(il.learners.behavioral_cloning(expert, mdp))
    data = population(mdp, expert)
    trained = behavioral_cloning(
        data, sampled_table(mdp), updates=600, seed=seed, architecture=linear_softmax(mdp), batch_size=10**6,
        learning_rate=0.05,
    )  # fmt: skip
    network = trained.policy.network()
    visited = np.asarray(mdp.state_occupancy(expert)) / mdp.horizon
    seen = visited > 0
    for accuracy in (2e-2, 1e-8):
        distance = np.abs(table(il.learners.neural.NeuralPolicy.of(network), mdp) - twin)[seen]
        enclosure = (
            np.abs(gradient(network, objective(network, data))).reshape(twin.shape)[seen] / visited[seen][:, None]
        )
        assert np.all(distance <= enclosure + 1e-12) and enclosure.max() <= accuracy
        minimise(network.parameters(), lambda: objective(network, data))


@pytest.mark.parametrize("seed", range(2))
def test_with_an_l2_penalty_it_is_the_ridge_twin_within_its_gradient_over_the_convexity(seed: int) -> None:
    # loss + l2 |theta|^2 / 2 is l2-strongly convex: |theta - theta*| <= |gradient| / l2, and softmax is 1-Lipschitz.
    mdp, expert = tabular_world(seed)
    demos = sampled_table(mdp).roll(TabularPolicy(expert), 40, np.random.default_rng(seed)).trajectories()
    l2 = 0.02
    twin = il.learners.behavioral_cloning(demos, mdp, policy_class=LogLinearPolicies(one_hot_features(mdp), ridge=l2))
    data = transitions(demos, sampled_table(mdp).spaces, dtype=torch.float64)
    trained = behavioral_cloning(
        demos, sampled_table(mdp), updates=800, seed=seed, architecture=linear_softmax(mdp), batch_size=10**6,
        learning_rate=0.03, l2=l2,
    )  # fmt: skip
    network = trained.policy.network()
    for accuracy in (1e-2, 1e-7):
        distance = np.abs(table(il.learners.neural.NeuralPolicy.of(network), mdp) - np.asarray(twin)).max()
        enclosure = float(np.linalg.norm(gradient(network, objective(network, data, l2)))) / l2
        assert distance <= enclosure + 1e-8 and enclosure <= accuracy  # the twin is accurate to 1e-9 in its logits
        minimise(network.parameters(), lambda: objective(network, data, l2))


def recorded(observations: Any, actions: Any) -> Trajectories:
    last = np.concatenate([observations, observations[:, -1:]], axis=1)
    return Trajectories.from_arrays(last, actions, None, [False] * len(actions), [True] * len(actions))


def vectors(d: int, k: int) -> Spaces:
    return Spaces((d,), action_low=(-9.0,) * k, action_high=(9.0,) * k)


def test_a_linear_gaussian_is_least_squares_and_its_residuals() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 50, 3)) * [1.0, 10.0, 0.1] + 5
    y = x @ (rng.normal(size=(3, 2)) / [[1], [10], [1]]) + rng.normal(size=(4, 50, 2)) * [0.5, 0.2]
    head = GaussianHead(2)
    data = transitions(recorded(x, y), vectors(3, 2), dtype=torch.float64)
    network = PolicyNetwork(Architecture(Flat((3,)), head, hidden=(), precision="float64"), torch.Generator())
    network.normalise(data.observations)
    minimise(network.parameters(), lambda: objective(network, data))
    design = np.column_stack([x.reshape(-1, 3), np.ones(200)])
    fit, *_ = np.linalg.lstsq(design, y.reshape(-1, 2))
    residuals = y.reshape(-1, 2) - design @ fit
    laws: Any = il.learners.neural.NeuralPolicy.of(network).laws(x.reshape(-1, 3), np.zeros(200, dtype=int))
    assert np.allclose(laws.mean, design @ fit, atol=1e-6)
    assert np.allclose(laws.std, np.sqrt((residuals**2).mean(0)), atol=1e-6)


def test_a_deterministic_policy_minimises_the_squared_error() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(2, 100, 1))
    run = behavioral_cloning(
        recorded(x, 2 * x), vectors(1, 1), updates=1500, seed=0, architecture=Architecture(Flat((1,)), PointHead(1)),
        learning_rate=3e-3,
    )  # fmt: skip
    o = np.array([[-0.5], [0.25]])
    assert run.policy.deterministic
    assert np.allclose(run.policy.laws(o, np.zeros(2, dtype=int)).sample(rng), 2 * o, atol=0.05)
    loss = run.history.scalars["loss"]
    assert loss[-1] < 1e-2 * loss[0]


def test_a_mixture_learns_both_ways_round_where_one_gaussian_goes_between() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(4, 200, 1))
    y = rng.choice([-1.0, 1.0], size=(4, 200, 1)) + 0.05 * rng.normal(size=(4, 200, 1))
    o, at = np.array([[0.3]] * 400), np.zeros(400, dtype=int)
    between = {}
    for head in (GaussianHead(1), MixtureHead(1, components=2)):
        run = behavioral_cloning(
            recorded(x, y), vectors(1, 1), updates=1200, seed=1, architecture=Architecture(Flat((1,)), head),
            learning_rate=5e-3,
        )  # fmt: skip
        between[type(head)] = np.mean(np.abs(run.policy.laws(o, at).sample(rng)) < 0.5)
    assert between[MixtureHead] < 0.05 < 0.25 < between[GaussianHead]


def test_the_entropy_bonus_is_the_gradient_of_the_entropy() -> None:
    # With bonus b the population minimiser maximises <p, log q> + b H(q); for A = 2, p = 1, q = sigmoid(x):
    # its optimum solves  1 - q = b x q (1 - q),  i.e.  1 = b x q.
    one, weight = torch.zeros(1, dtype=torch.long), torch.ones(1, dtype=torch.float64)
    network = PolicyNetwork(
        Architecture(OneHot(1), CategoricalHead(2), hidden=(), precision="float64"), torch.Generator()
    )
    minimise(network.parameters(), lambda: cloning_loss(network, one, one, one, weight, entropy_bonus=0.5))
    logits = network.layers[0].weight.detach().numpy()[0]
    x = logits[0] - logits[1]
    assert abs(0.5 * x / (1 + np.exp(-x)) - 1) < 1e-8


def test_laws_without_a_closed_entropy_refuse_the_bonus() -> None:
    x = np.zeros((1, 3, 1))
    with pytest.raises(InvalidArgument, match="no entropy in closed form"):
        behavioral_cloning(
            recorded(x, x), vectors(1, 1), updates=1, seed=0, entropy_bonus=0.1,
            architecture=Architecture(Flat((1,)), MixtureHead(1)),
        )  # fmt: skip
