"""GAN-GCL: trajectories told apart, by enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from iltheory import testing
from iltheory.learners import gan_gcl
from iltheory.learners.gan_gcl import empirical_trajectory_law
from iltheory.measures import discriminator_loss, guided_cost_gradient, trajectory_law
from iltheory.measures.guided_cost import Paths, importance_weights
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.datasets import Trajectories
from sims.datasets.errors import InvalidDataset
from sims.errors import InvalidArgument

H = 3


def instance(branching: int, seed: int = 0) -> tuple[TabularMDP, np.ndarray]:
    mdp = families.garnet(3, 2, branching, horizon=H, rng=seed)
    reward = np.random.default_rng(seed).normal(size=(3, 2))
    return mdp, mdp.with_rewards(reward).soft_optimal(1).policy


# The gradient.


def central_differences(function, x, step=1e-6):
    slopes = [
        (function(x + step * e) - function(x - step * e)) / (2 * step) for e in np.eye(x.size).reshape(-1, *x.shape)
    ]
    return np.array(slopes).reshape(x.shape)


@pytest.mark.parametrize("branching", [1, 2])
def test_gradient_is_that_of_the_loss_and_of_importance_sampled_irl(branching):
    mdp, expert = instance(branching)
    rng = np.random.default_rng(1)
    sampler, reward = rng.dirichlet(np.ones(2), size=(H, 3)), rng.normal(size=(H, 3, 2))

    def loss(r):
        return float(discriminator_loss(Paths.of(mdp, expert, sampler, r)))

    paths = Paths.of(mdp, expert, sampler, reward)
    gradient = guided_cost_gradient(mdp, paths)
    assert np.abs(gradient - central_differences(loss, reward)).max() < 1e-8
    by_hand, shape = np.zeros((H, 3, 2)), (6,) * H
    for index, (shown, seen, density, total) in enumerate(
        zip(paths.shown, paths.sampled, paths.density, paths.total, strict=True)
    ):
        mu, weight = (shown + seen) / 2, np.exp(total) / ((np.exp(total) + density) / 2)
        for h, pair in enumerate(np.unravel_index(index, shape)):
            by_hand[h, pair // 2, pair % 2] += mu * weight - shown
    assert np.allclose(gradient, by_hand, atol=1e-14)


def test_five_trajectories():
    """One step and five actions, the instance of the catalogue: loss and gradient in closed form."""
    bandit = TabularMDP(np.ones((1, 5, 1)), np.zeros((1, 5)), np.ones(1), horizon=1)
    shown, sampler, f = (np.array(x) for x in ([0.4, 0.3, 0.2, 0.1, 0], [0.1, 0.2, 0.3, 0.2, 0.2], [0.5, -1, 0, 2, -3]))
    paths = Paths.of(bandit, shown[None, None], sampler[None, None], f[None, None])
    d = np.exp(f) / (np.exp(f) + sampler)
    assert float(discriminator_loss(paths)) == pytest.approx(-shown @ np.log(d) - sampler @ np.log(1 - d), abs=1e-14)
    assert np.allclose(guided_cost_gradient(bandit, paths)[0, 0], -shown * (1 - d) + sampler * d)
    assert np.allclose(importance_weights(paths), 2 * d)


# The learner.


@pytest.mark.parametrize("branching", [1, 2])
def test_a_markov_expert_is_found_by_the_first_discriminator(branching):
    mdp, expert = instance(branching)
    learnt = gan_gcl(mdp, expert)
    assert learnt.converged and len(learnt.losses) == 2
    assert np.abs(learnt.policy - expert).max() < 1e-7
    assert float(learnt.distance) < 1e-7
    assert float(learnt.loss) == pytest.approx(2 * np.log(2), abs=1e-12)


def test_the_reward_sums_to_the_log_density():
    mdp, expert = instance(2)
    paths = Paths.of(mdp, expert, expert, gan_gcl(mdp, expert).reward)
    happens = paths.shown > 1e-9
    assert np.abs(paths.total - np.log(paths.density))[happens].max() < 1e-5


def test_stochastic_transitions_that_shape_nothing():
    """Transitions are in f and in the density: a sure thing and a lottery with the same laws of actions agree."""
    coin = TabularMDP(np.full((2, 2, 2), 0.5), np.zeros((2, 2)), np.array([0.5, 0.5]), horizon=2)
    expert = np.array([[0.7, 0.3], [0.2, 0.8]])
    learnt = gan_gcl(coin, expert)
    assert np.abs(learnt.policy - expert).max() < 1e-6


def test_a_deterministic_expert():
    mdp, _ = instance(2)
    expert = mdp.optimal_policy()
    learnt = gan_gcl(mdp, expert)
    assert float(learnt.distance) < 1e-6 and np.isfinite(learnt.reward).all()


def test_demonstrations():
    mdp, expert = instance(1)
    demos = mdp.sample(expert, 400, 0)
    learnt = gan_gcl(mdp, demos)
    law = empirical_trajectory_law(mdp, demos)
    apart = np.abs(law - trajectory_law(mdp, learnt.policy)).sum() / 2
    assert law.sum() == pytest.approx(1) and apart == pytest.approx(float(learnt.distance))
    assert float(learnt.distance) < 0.2
    assert learnt.losses[-1] <= 2 * np.log(2)


def test_the_law_of_demonstrations_counts_trajectories():
    mdp, expert = instance(2)
    demos = mdp.sample(expert, 7, 3)
    law, expected = np.asarray(empirical_trajectory_law(mdp, demos)), np.zeros(6**H)
    for one in demos:
        expected[np.ravel_multi_index(tuple(one.states[:H] * 2 + one.actions), (6,) * H)] += 1 / 7
    assert np.allclose(law, expected)


def test_an_episode_that_ended_stays_there_and_one_that_was_cut_is_refused():
    mdp = TabularMDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 0], [0, 0]], [1, 0], horizon=2, terminal=[False, True])
    ended = Trajectories(np.array([0, 1]), np.array([1]), None, np.array([True]), np.array([False]), np.array([0, 1]))
    law = empirical_trajectory_law(mdp, ended)
    assert [str(x) for x in law.reshape(4, 4)[1]] == ["0", "0", "1/2", "1/2"]
    cut = Trajectories(np.array([0, 1]), np.array([1]), None, np.array([False]), np.array([True]), np.array([0, 1]))
    with pytest.raises(InvalidDataset, match="without having terminated"):
        gan_gcl(mdp.to("float64"), cut)


def test_intervals_enclose_the_loss():
    mdp, expert = instance(2)
    enclosed = gan_gcl(mdp.to("interval"), expert)
    assert ar.lower(enclosed.loss) <= 2 * np.log(2) + 1e-12 and ar.upper(enclosed.loss) >= 2 * np.log(2) - 1e-12
    assert float(ar.upper(enclosed.distance)) < 1e-6


def test_invariants():
    mdp, expert = instance(2)
    testing.learner_recovers_the_expert(gan_gcl, [mdp], tolerance=1e-6)
    testing.arguments_are_left_alone(gan_gcl, mdp, expert)
    testing.same_call_same_bits(gan_gcl, mdp, expert)
    demos = mdp.sample(expert, 9, 0)
    testing.every_option_changes_something(
        gan_gcl, mdp, demos, options={"iterations": (1, 2), "tolerance": (0.5, 1e-6)}
    )


def test_bad_arguments_are_named():
    mdp, expert = instance(2)
    with pytest.raises(InvalidArgument, match="finite horizon"):
        gan_gcl(mdp.with_end(discount=0.5), expert)
    with pytest.raises(InvalidArgument, match="tolerance=0"):
        gan_gcl(mdp, expert, tolerance=0)
