"""Neural adversarial learners beside their exact twins, on tabular worlds with one-hot features."""

import numpy as np
import pytest
import torch
from adversarial_worlds import every_pair, fit, garnet, some_policy, table, weights_of
from twins import linear_softmax, minimise, population, tabular_world
from twins import table as played

from iltheory.games import DivergenceRewards, OccupancyGame
from iltheory.learners import adversarial_imitation, airl, daequil, replayed_reward
from iltheory.learners.moment_matching import imitated
from iltheory.learners.neural import NeuralPolicy, OneHot, PolicyNetwork
from iltheory.learners.neural.advil import action_payoff, advil, chosen
from iltheory.learners.neural.airl import ShapedReward
from iltheory.learners.neural.daequil import daequil as neural_daequil
from iltheory.learners.neural.discriminators import (
    Discriminator,
    Law,
    View,
    absorbing_share,
    payoff,
    reward_of_logit,
)
from iltheory.learners.neural.infogail import sampled_information
from iltheory.learners.neural.transitions import transitions
from iltheory.measures import (
    F_DIVERGENCES,
    JENSEN_SHANNON,
    off_policy_moment_error,
    off_policy_payoff,
    on_policy_moment_error,
    on_policy_payoff,
    posterior,
    variational_information,
)
from iltheory.testing import InvariantViolated
from iltheory.testing.learners import learner_keeps_the_length_of_episodes
from sims import TabularMDP
from sims.sampled import Spaces, TabularPolicy, sampled_table

# GAIL, at the population.


def population_gail(mdp, expert, divergence, weight, *, rounds, absorbing=True):
    """A table fitted against exact occupancies, and damped soft-optimal policies.

    Without ``absorbing`` the rewards are GAIL's -log D of old, and the end pays nothing.
    """
    e, pairs, f = np.asarray(mdp.occupancy(expert)), every_pair(mdp), table(mdp)
    log_pi = np.full(e.shape, -np.log(mdp.n_actions))
    ended = np.zeros(mdp.n_states, bool) if mdp.terminal is None else np.asarray(mdp.terminal)
    for k in range(rounds):
        pi = np.exp(log_pi)
        fit(divergence, f, pairs, weights_of(mdp, e), weights_of(mdp, np.asarray(mdp.occupancy(pi))), iterations=20)
        with torch.no_grad():
            r = reward_of_logit(divergence, f(*pairs)).numpy().reshape(e.shape)
            if ended.any():
                r[ended] = float(reward_of_logit(divergence, f.absorbing))
            if not absorbing:
                r = np.where(ended[:, None], 0.0, r + np.log(2))
        soft = mdp.with_rewards(r).soft_optimal(weight)
        damping = 1 / (k + 2)
        log_pi = (1 - damping) * log_pi + damping * np.log(np.maximum(np.asarray(soft.policy), 1e-12))
        log_pi -= np.log(np.exp(log_pi).sum(-1, keepdims=True))
    return np.exp(log_pi), r


@pytest.mark.parametrize("name", ["jensen-shannon", "chi2"])
def test_gail_reaches_the_policy_of_its_exact_twin(name):
    mdp, weight = garnet(), 0.5
    expert = some_policy(mdp, 1)
    policy, reward = population_gail(mdp, expert, F_DIVERGENCES[name], weight, rounds=40)
    game = OccupancyGame(mdp, np.asarray(mdp.occupancy(expert)), DivergenceRewards(name), weight)
    gap = float(game.primal(policy)) - float(game.dual(reward))
    assert -1e-12 <= gap < 4e-3  # both bounds are exact: neither player is further from optimal
    exact = adversarial_imitation(mdp, expert, DivergenceRewards(name), entropy_weight=weight)
    np.testing.assert_allclose(policy, np.asarray(exact.policy, dtype=float), atol=0.02)


def test_imitation_lives_as_long_as_an_uninformative_expert():
    def learner(mdp, expert):
        return population_gail(mdp, expert, JENSEN_SHANNON, 0.0625, rounds=100)[0]

    learner_keeps_the_length_of_episodes(learner, tolerance=0.01)


def test_a_judge_without_an_absorbing_state_is_caught():
    def learner(mdp, expert):
        return population_gail(mdp, expert, JENSEN_SHANNON, 0.0625, rounds=40, absorbing=False)[0]

    with pytest.raises(InvariantViolated, match="time after the end"):
        learner_keeps_the_length_of_episodes(learner, tolerance=0.05)


# AIRL.


def _deterministic(discount=0.875):
    rng = np.random.default_rng(3)
    moves = np.eye(4)[rng.integers(4, size=(4, 2))]
    return TabularMDP(moves, np.zeros((4, 2)), np.full(4, 0.25), discount=discount)


@pytest.mark.parametrize("reward", ["state", "state-action"])
def test_airls_payoff_is_minus_its_logistic_loss_and_its_optimum_the_twins(reward):
    mdp = _deterministic()
    expert = some_policy(mdp, 5)
    uniform = np.full((4, 2), 0.5)
    e, d = (np.asarray(mdp.occupancy(pi)).ravel() for pi in (expert, uniform))
    view = View(OneHot(4), Spaces((), n_actions=2), "actions", dtype=torch.float64)
    f = ShapedReward(view, torch.Generator().manual_seed(0), reward=reward, discount=0.875, hidden=())
    first, second = every_pair(mdp)
    following = torch.tensor(np.asarray(mdp.P).reshape(8, 4))
    going, weights = torch.ones(8, 1).double(), (torch.tensor(e), torch.tensor(d))

    def value():
        logits = f(first, second, following, going) - np.log(0.5)
        rewards = reward_of_logit(JENSEN_SHANNON, logits)
        return payoff(JENSEN_SHANNON, *(Law(rewards, w) for w in weights)), logits

    minimise([p for p in f.parameters() if p.requires_grad], lambda: -value()[0])
    best, logits = (x.detach() for x in value())
    loss = float((torch.tensor(e) * -torch.nn.functional.logsigmoid(logits)).sum())
    loss += float((torch.tensor(d) * -torch.nn.functional.logsigmoid(-logits)).sum())
    assert float(best) == pytest.approx(2 * np.log(2) - loss, abs=1e-12)
    exact = airl(mdp, expert, reward=reward, iterations=1)
    assert float(best) == pytest.approx(2 * np.log(2) - exact.losses[0], abs=1e-9)


def test_airls_potential_vanishes_after_the_end():
    mdp = _deterministic()
    moves = population(_with_end(), _with_end().optimal_policy())
    view = View(OneHot(4), Spaces((), n_actions=mdp.n_actions), "actions", dtype=torch.float64)
    f = ShapedReward(view, torch.Generator().manual_seed(0), reward="state", discount=0.5, hidden=())
    vectors = f.vectors(moves)
    assert (vectors[3][:, 0] == (~moves.absorbing).double()).all() and moves.absorbing.any()
    with torch.no_grad():
        g, h = (net(torch.eye(4).double())[:, 0] for net in (f.g, f.h))
        expected = (g - h)[moves.observations] + 0.5 * torch.where(moves.absorbing, 0, h[moves.next_observations])
    torch.testing.assert_close(f(*vectors), expected)


def _with_end(horizon=3):
    """Three states in a row, and an end that action 1 leads to."""
    moves = np.eye(4)[np.array([[1, 3], [2, 3], [2, 3], [3, 3]])]
    r = np.array([[0, 1], [0, 2], [1, 0], [0, 0.0]])
    return TabularMDP(moves, r, np.eye(4)[0], horizon=horizon, terminal=np.array([0, 0, 0, 1], bool))


# The absorbing state's share.


def test_the_share_of_the_absorbing_state_is_the_occupancy_of_terminal_states():
    mdp = _with_end(horizon=5)
    pi = np.array([[0.75, 0.25]] * 4)
    share = np.asarray(mdp.state_occupancy(pi))[:, 3].sum() / 5
    assert absorbing_share(population_of_moves(mdp, pi), 5) == pytest.approx(share, abs=1e-7)
    demos = mdp.sample(pi, 50, np.random.default_rng(0))
    counted = sum(5 - t for t, ended in zip(demos.lengths, demos.terminated, strict=True) if ended) / 250
    assert absorbing_share(transitions(demos, Spaces((), n_actions=2)), 5) == pytest.approx(counted, abs=1e-7)


def population_of_moves(mdp, pi):
    """Every transition outside of terminal states, by its probability."""
    every = population(mdp, pi)
    kept = every.observations != 3
    return every.take(kept)


# InfoGAIL.


def test_the_sampled_bound_on_the_information_is_the_exact_one():
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.ones(10)).reshape(2, 5)
    joint /= 2 * joint.sum(1, keepdims=True)
    guess = rng.dirichlet(np.ones(2), 5)
    weights, codes = torch.tensor(joint.sum(0)), torch.tensor(np.asarray(posterior(joint)))
    found = sampled_information(weights, torch.tensor(np.log(guess)), codes)
    assert float(found) == pytest.approx(float(variational_information(joint, guess)), abs=1e-14)
    best = sampled_information(weights, torch.log(codes), codes)
    assert (
        float(found) < float(best) == pytest.approx(float(variational_information(joint, posterior(joint))), abs=1e-14)
    )


# AdVIL.


def _tables(mdp, seed):
    """A random f in [-1, 1] for each step, as numbers and as a discriminator."""
    view = View(OneHot(mdp.n_states, mdp.horizon), Spaces((), n_actions=mdp.n_actions), "actions", dtype=torch.float64)
    f = Discriminator(view, torch.Generator().manual_seed(seed), hidden=(), bound=torch.tanh)
    with torch.no_grad():
        numbers = f.table(torch.eye(view.features.size).double())[..., 0].numpy()
    return numbers.reshape(mdp.horizon, mdp.n_states, mdp.n_actions), f


def test_advils_payoff_is_the_exact_one_on_the_same_demonstrations():
    mdp, expert = tabular_world(0)
    demos = mdp.sample(expert, 20, np.random.default_rng(1))
    numbers, f = _tables(mdp, 2)
    actor = PolicyNetwork(linear_softmax(mdp), torch.Generator().manual_seed(3))
    data = transitions(demos, Spaces((), n_actions=mdp.n_actions), dtype=torch.float64)
    first, taken = f.view(data)
    own = chosen(actor(data.observations, data.steps), None)
    found = float(action_payoff(f, first, own, taken, data.weights).detach())
    pi = played(NeuralPolicy.of(actor), mdp)
    shown = imitated(mdp, demos)
    states = np.asarray(demos.counts(mdp.horizon, mdp.n_states, mdp.n_actions)).sum(-1) / len(demos)
    exact = ((states[..., None] * (pi - np.asarray(shown))) * numbers).sum() / mdp.horizon
    assert found == pytest.approx(exact, abs=1e-12)
    everywhere = population(mdp, expert)
    first, taken = f.view(everywhere)
    own = chosen(actor(everywhere.observations, everywhere.steps), None)
    found = float(action_payoff(f, first, own, taken, everywhere.weights).detach())
    assert found == pytest.approx(float(off_policy_payoff(mdp, expert, pi, numbers)), abs=1e-12)


def test_advil_imitates_in_the_experts_states():
    mdp, expert = tabular_world(0)
    run = advil(
        population(mdp, expert), Spaces((), n_actions=mdp.n_actions), updates=800, seed=0, hidden=(), penalty=0.0,
        architecture=linear_softmax(mdp), batch_size=10_000, learning_rate=1e-2, discriminator_rate=3e-2, ema=0.99,
    )  # fmt: skip
    assert float(off_policy_moment_error(mdp, expert, played(run.averaged, mdp))) < 0.01
    uniform = np.full((mdp.horizon, mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
    assert float(off_policy_moment_error(mdp, expert, uniform)) > 0.2


# DAeQuIL.


def test_daequils_losses_are_on_policy_payoffs_and_fall():
    mdp, expert = tabular_world(1)
    expert = np.eye(mdp.n_actions)[expert.argmax(-1)]
    run = neural_daequil(
        sampled_table(mdp), TabularPolicy(expert), iterations=5, trajectories=100, updates=120, seed=0, hidden=(),
        architecture=linear_softmax(mdp), learning_rate=4e-2, discriminator_rate=3e-2, regularization=0.05,
        fit_updates=60,
    )  # fmt: skip
    errors = [float(on_policy_moment_error(mdp, expert, played(pi, mdp))) for pi in run.policies]
    # f_i answers the sampled states: it cannot beat the supremum but for sampling error
    assert all(loss <= error + 0.15 for loss, error in zip(run.losses, errors, strict=True))
    assert errors[-1] < 0.1 * errors[0]
    exact = daequil(mdp, expert, iterations=5)
    assert errors[-1] <= float(on_policy_moment_error(mdp, expert, exact.policy)) + 0.05


def test_daequils_loss_is_the_exact_payoff_where_nothing_is_random():
    mdp = _with_end(horizon=4)
    moves = np.eye(3)[np.array([[1, 2], [2, 0], [0, 1]])]
    mdp = TabularMDP(moves, np.zeros((3, 2)), np.eye(3)[0], horizon=4)
    expert = np.broadcast_to(np.eye(2)[[0, 1, 0]], (4, 3, 2))
    learner = np.broadcast_to(np.eye(2)[[1, 1, 0]], (4, 3, 2))
    numbers, f = _tables(mdp, 0)
    visited = sampled_table(mdp).roll(TabularPolicy(learner), 1, np.random.default_rng(0)).trajectories()
    data = transitions(visited, Spaces((), n_actions=2), dtype=torch.float64)
    first, own = f.view(data)
    taken = torch.tensor(expert[data.steps, data.observations])
    found = float(action_payoff(f, first, own, taken, data.weights).detach())
    assert found == pytest.approx(float(on_policy_payoff(mdp, expert, learner, numbers)), abs=1e-12)


# AdRIL.


def test_the_labels_of_a_replay_add_up_to_the_exact_reward():
    from gymnasium.spaces import Box

    from iltheory.learners.neural._labels import HALF, Labelled
    from sims.datasets import Trajectories

    mdp = _with_end(horizon=4)
    policies = [np.array([[p, 1 - p]] * 4) for p in (0.9, 0.2, 0.5, 0.7)]
    demos, *rounds = (mdp.sample(pi, n, np.random.default_rng(n)) for pi, n in zip(policies, (7, 5, 9, 6), strict=True))
    box = Box(-np.inf, np.inf, (1,), np.float32)
    shown = transitions(demos, Spaces((), n_actions=2))
    replay = Labelled(
        200, box, Box(0, 1, (1,), np.float32), horizon=4, shape=(1,), demos=shown,
        absorbing=absorbing_share(shown, 4),
    )  # fmt: skip
    for batch in rounds:
        replay.begin_round()
        for one in batch:
            for t in range(len(one.actions)):
                last = t == len(one.actions) - 1
                info = {"step": t, "TimeLimit.truncated": last and not one.terminated}
                state, action = np.array([[one.states[t]]]), np.array([[one.actions[t]]])
                following = np.array([[one.states[t + 1]]])
                replay.add(state, following, action, np.zeros(1), np.array([last]), [info])
    sources = replay.sources
    assert sources.probabilities.sum() == pytest.approx(1)

    def law(states, actions, resting):
        counts = np.zeros((4, 2))
        np.add.at(counts, (np.asarray(states, int).ravel(), np.asarray(actions, int).ravel()), 1)
        counts *= (1 - resting) / counts.sum()
        counts[3] += resting / 2
        return counts

    labelled = sources.probabilities[0] * sources.labels[0] * law(shown.observations, shown.actions, sources.resting[0])
    for i in range(1, 4):
        rows = sources.order[sources.bounds[i - 1] : sources.bounds[i]]
        played_law = law(replay.observations[rows], replay.actions[rows], sources.resting[i])
        labelled = labelled + sources.probabilities[i] * sources.labels[i] * played_law
    exact = np.asarray(replayed_reward(mdp, demos, rounds)).sum(0)
    assert isinstance(demos, Trajectories)
    np.testing.assert_allclose(labelled, HALF * exact, atol=1e-12)
    mass = sources.probabilities * sources.resting
    assert replay.sources.resting_label == pytest.approx(HALF * exact[3].sum() / mass.sum())


def test_swapped_labels_of_a_replay_are_caught():
    from iltheory.learners.adril import replay_labels
    from iltheory.testing.rewards import labels_are_the_functional_gradient

    def labels(k, sign=1):
        expert, *rounds = replay_labels(k)
        return sign * float(expert), [sign * float(x) for x in rounds]

    labels_are_the_functional_gradient(labels)
    with pytest.raises(InvariantViolated):
        labels_are_the_functional_gradient(lambda k: labels(k, -1))
