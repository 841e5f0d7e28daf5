"""Reinforcement learning inside of adversarial imitation: ends, time limits, what is paid, and going on."""

from typing import Any

import numpy as np
import pytest
import torch
from adversarial_worlds import garnet

from iltheory.learners.neural import Architecture, CategoricalHead, Flat, NeuralPolicy, OneHot, PolicyNetwork
from iltheory.learners.neural._copies import Apart, Together, copies_of
from iltheory.learners.neural._episodes import Episodes
from iltheory.learners.neural._ppo import PPOPlayer
from iltheory.learners.neural._sac import SACPlayer
from iltheory.learners.neural.adril import adril
from iltheory.learners.neural.airl import airl
from iltheory.learners.neural.gail import Fit, gail
from iltheory.learners.neural.heads import GaussianHead
from iltheory.learners.neural.infogail import infogail
from iltheory.learners.neural.inner_rl import PPO, SAC, Judge, Player
from iltheory.learners.neural.seeds import Seeds
from sims.environments.simulators import gymnasium_simulator
from sims.errors import InvalidArgument
from sims.sampled import Categorical, SampledMDP, SampledPolicy, Simulator, Spaces, Step, sampled_table

SMALL = PPO(copies=4, steps=32, epochs=2, batch_size=64)


def cart_pole(horizon=500):
    spaces = Spaces((4,), n_actions=2)
    make = lambda n: gymnasium_simulator("CartPole-v1", n)  # noqa: E731
    return SampledMDP(make, horizon=horizon, rewards=(0, 1), name="CartPole-v1", spaces=spaces)


class Controller(SampledPolicy):
    """Balances; or always plays 0, and falls."""

    deterministic = True

    def __init__(self, weights=(0.3, 0.9, 6.0, 2.0)):
        self.weights = np.array(weights)

    def laws(self, observations, steps):
        return Categorical(np.eye(2)[(observations @ self.weights > 0).astype(int)])


class Walker(Simulator):
    """A point that is pushed about; the episode ends where it leaves ]-1, 1[."""

    def __init__(self, n):
        self.n, self.spaces = n, Spaces((2,), action_low=(-2.0,), action_high=(0.5,))

    def reset(self, rng):
        self._x = rng.uniform(-0.5, 0.5, (self.n, 2))
        return self._x.copy()

    def step(self, actions):
        self._x = self._x + np.concatenate([actions, -0.1 * self._x[:, :1]], axis=1) / 4
        return Step(self._x.copy(), -np.abs(self._x[:, 0]), np.abs(self._x[:, 0]) >= 1)


def walk(horizon=12):
    return SampledMDP(Walker, horizon=horizon, rewards=(-2, 0), name="walk", spaces=Walker(1).spaces)


class Constant(Judge):
    """Pays the same everywhere, and something in the absorbing state."""

    def __init__(self, everywhere, absorbing):
        self._pays, self.seen = (everywhere, absorbing), None

    @property
    def parts(self):
        return {}

    def improve(self, seen):
        self.seen = seen
        return {}

    def pay(self, seen):
        ramp = seen.moves.observations[:, 0].double()
        return ramp + self._pays[0], self._pays[1]


def player(mdp, solver=SMALL, seed=0) -> tuple[Player, PolicyNetwork]:
    seeds = Seeds.of(seed)
    activation = "tanh" if isinstance(solver, PPO) else "relu"
    head: Any = solver.head(mdp.spaces)
    actor = PolicyNetwork(Architecture(Flat(mdp.spaces.observation_shape), head, (8,), activation), seeds.init)
    return solver.player(mdp, actor, seeds, device="cpu"), actor


# Episodes.


def test_a_time_limit_is_no_end():
    world = Episodes(cart_pole(horizon=15), 6, Flat((4,)), np.random.default_rng(0))
    world.reset()
    seen = []
    for t in range(60):
        world.step_async(np.full(6, 0) if t < 30 else np.tile([0, 1], 3))
        _, rewards, dones, infos = world.step_wait()
        assert not rewards.any()
        seen += [info["TimeLimit.truncated"] for info, done in zip(infos, dones, strict=True) if done]
        for i in np.flatnonzero(dones):
            assert abs(infos[i]["terminal_observation"][2]) > 0.2095 or infos[i]["TimeLimit.truncated"]
    moves, share, codes = world.drain()
    assert {True, False} == set(seen)
    ends = moves.absorbing
    assert int(ends.sum()) == seen.count(False)
    assert (moves.next_observations[ends][:, 2].abs() > 0.2094).all()
    assert (moves.next_observations[~ends][:, 2].abs() <= 0.2095).all()
    rest = float((14 - moves.steps[ends]).sum())
    assert share == rest / (rest + 360) and codes.shape == (360, 0)
    starts = moves.observations[moves.steps == 0]
    assert (starts.abs() <= 0.05).all() and int(moves.steps.max()) <= 14


@pytest.mark.parametrize("mdp", [cart_pole(20), walk(6), sampled_table(garnet(horizon=5))], ids=lambda m: m.name)
def test_episodes_go_on_from_a_checkpoint(mdp):
    features = Flat(mdp.spaces.observation_shape) if mdp.spaces.observation_shape else OneHot(5, 5)

    def run(world, rng, n):
        seen = []
        for _ in range(n):
            actions = rng.integers(2, size=3) if mdp.spaces.discrete else rng.uniform(-2, 0.5, (3, 1))
            world.step_async(actions)
            seen.append(world.step_wait()[0])
        return seen

    rng, acting = np.random.default_rng(0), np.random.default_rng(1)
    world = Episodes(mdp, 3, features, rng)
    world.reset()
    run(world, acting, 17)
    kept, at, then = world.state_dict(), rng.bit_generator.state, acting.bit_generator.state
    expected = run(world, acting, 17)
    again = Episodes(mdp, 3, features, rng)
    again.load_state_dict(kept)
    rng.bit_generator.state, acting.bit_generator.state = at, then
    again.reset()
    np.testing.assert_array_equal(run(again, acting, 17), expected)


def test_copies_share_a_simulator_whose_states_are_arrays():
    assert isinstance(copies_of(cart_pole(), 3, np.random.default_rng(0)), Together)
    assert isinstance(copies_of(walk(), 3, np.random.default_rng(0)), Apart)


# What is paid.


def _advantages(everywhere, absorbing):
    """Of a round in which some episodes end and others are cut."""
    found, _ = player(cart_pole(horizon=12))
    judge = Constant(everywhere, absorbing)
    found.play(judge)
    assert judge.seen.moves.absorbing.any() and (judge.seen.moves.steps == 11).any()
    return found._solver.rollout_buffer.advantages.copy()


def test_a_constant_that_is_paid_everywhere_changes_no_advantage():
    base = _advantages(0.0, 0.0)
    np.testing.assert_allclose(_advantages(3.0, 3.0), base, atol=1e-5)


def test_a_reward_that_forgets_the_absorbing_state_is_caught():
    assert np.abs(_advantages(3.0, 0.0) - _advantages(0.0, 0.0)).max() > 1


def test_advantages_are_those_of_a_plain_loop():
    mdp, judge = cart_pole(horizon=12), Constant(0.5, 0.25)
    found, _ = player(mdp)
    found.play(judge)
    buffer, moves = found._solver.rollout_buffer, judge.seen.moves
    steps, copies = 32, 4
    rewards = (moves.observations[:, 0].double() + 0.5 - 0.25).numpy().reshape(steps, copies)
    ended, time = (x.numpy().reshape(steps, copies) for x in (moves.absorbing, moves.steps))
    values, advantages = (x.reshape(copies, steps).T for x in (buffer.values, buffer.advantages))
    gamma, decay = SMALL.discount, SMALL.decay
    for copy in range(copies):
        ends = np.flatnonzero(ended[:, copy])
        for t in ends:  # nothing comes after the end: the advantage is the reward less the value
            expected = rewards[t, copy] - values[t, copy]
            assert advantages[t, copy] == pytest.approx(expected, abs=1e-5)
            if t and not ended[t - 1, copy] and time[t, copy]:
                one = rewards[t - 1, copy] + gamma * values[t, copy] - values[t - 1, copy]
                assert advantages[t - 1, copy] == pytest.approx(one + gamma * decay * expected, abs=1e-5)


def test_policies_are_those_that_were_trained():
    mdp = cart_pole()
    found, actor = player(mdp)
    found.play(Constant(0.0, 0.0))
    assert isinstance(found, PPOPlayer)
    seen = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    with torch.no_grad():
        trained = found._solver.policy.get_distribution(torch.tensor(seen)).distribution.probs.numpy()
    own: Any = NeuralPolicy.of(actor).laws(seen, np.zeros(7, int))
    np.testing.assert_allclose(own.probabilities, trained, atol=1e-6)


@pytest.mark.parametrize("solver", [SMALL, SAC(steps=16, updates=4, before=16, batch_size=16, critic_hidden=(8,))])
def test_policies_of_vectors_are_those_that_were_trained(solver):
    found, actor = player(walk(), solver)
    found.play(Constant(0.0, 0.0))
    seen = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    laws: Any = NeuralPolicy.of(actor).laws(seen, np.zeros(7, int))
    with torch.no_grad():
        if isinstance(found, SACPlayer):
            mean, log_std, _ = found._solver.actor.get_action_dist_params(torch.tensor(seen))
            normal = laws.normal
            played = found._solver.predict(seen, deterministic=True)[0]
            greedy: Any = NeuralPolicy.of(actor).mode().laws(seen, np.zeros(7, int))
            np.testing.assert_allclose(greedy.actions, played, atol=1e-5)
        else:
            law = found._solver.policy.get_distribution(torch.tensor(seen)).distribution
            mean, log_std, normal = law.mean, law.stddev.log(), laws
    np.testing.assert_allclose(normal.mean, mean.numpy(), atol=1e-5)
    np.testing.assert_allclose(np.log(normal.std), log_std.numpy(), atol=1e-5)


def test_kept_steps_are_those_of_the_world():
    found, _ = player(walk(), SAC(steps=40, updates=1, before=16, batch_size=16, critic_hidden=(8,)))
    judge = Constant(0.0, 0.0)
    found.play(judge)
    moves = judge.seen.moves
    going = moves.observations[:, 0] + moves.actions[:, 0] / 4
    torch.testing.assert_close(moves.next_observations[:, 0], going.float(), atol=1e-5, rtol=0)
    assert (moves.absorbing == (moves.next_observations[:, 0].abs() >= 1)).all() and moves.absorbing.any()
    replay = found.replay
    rest = sum(11 - t for t in replay.steps[: len(replay)][replay.ended])
    assert judge.seen.absorbing == rest / (rest + 40)


def test_others_draw_as_if_nothing_had_been_played():
    torch.manual_seed(5)
    np.random.seed(5)
    expected = torch.rand(3), np.random.rand(3)
    torch.manual_seed(5)
    np.random.seed(5)
    found, _ = player(cart_pole())
    found.play(Constant(0.0, 0.0))
    assert torch.equal(torch.rand(3), expected[0]) and np.array_equal(np.random.rand(3), expected[1])


# Learners.


@pytest.fixture(scope="module")
def demos():
    return cart_pole(40).roll(Controller(), 3, np.random.default_rng(0)).trajectories()


def _same(first, second):
    return all(np.array_equal(first.policy.weights[name], second.policy.weights[name]) for name in first.policy.weights)


LEARNERS = {
    "gail": lambda demos, **options: gail(demos, cart_pole(40), solver=SMALL, fit=Fit(updates=2), **options),
    "airl": lambda demos, **options: airl(demos, cart_pole(40), solver=SMALL, fit=Fit(updates=2), **options),
    "infogail": lambda demos, **options: infogail(
        demos, cart_pole(40), codes=2, solver=SMALL, fit=Fit(updates=2), **options
    ),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_a_run_goes_on_as_if_it_had_never_stopped(name, demos, tmp_path):
    learner = LEARNERS[name]
    whole = learner(demos, updates=4, seed=3, ema=0.5)
    learner(demos, updates=2, seed=3, ema=0.5, folder=tmp_path, save_every=1)
    resumed = learner(demos, updates=4, seed=3, ema=0.5, folder=tmp_path, save_every=1)
    assert _same(whole, resumed)
    assert not _same(whole, learner(demos, updates=4, seed=4, ema=0.5))
    for key, value in whole.averaged.weights.items():
        np.testing.assert_array_equal(value, resumed.averaged.weights[key])


def _walks():
    from sims.sampled import Point

    class Home(SampledPolicy):
        deterministic = True

        def laws(self, observations, steps):
            return Point(np.clip(-2 * observations[:, :1], -2, 0.5))

    return walk().roll(Home(), 3, np.random.default_rng(0)).trajectories()


@pytest.mark.parametrize("learner", [gail, adril])
def test_an_off_policy_run_goes_on_as_if_it_had_never_stopped(learner, tmp_path):
    solver = SAC(steps=16, updates=4, before=16, batch_size=16, critic_hidden=(8,), kept=500)
    options: Any = {"solver": solver, "seed": 3, **({"every": 2} if learner is adril else {"fit": Fit(updates=2)})}
    whole = learner(_walks(), walk(), updates=5, **options)
    learner(_walks(), walk(), updates=3, folder=tmp_path, save_every=1, **options)
    assert _same(whole, learner(_walks(), walk(), updates=5, folder=tmp_path, save_every=1, **options))


def test_from_observations_actions_do_not_matter(demos):
    from dataclasses import replace

    swapped = replace(demos, actions=1 - demos.actions)
    run = [LEARNERS["gail"](data, updates=2, seed=0, seen="next observations") for data in (demos, swapped)]
    assert _same(*run)
    assert not _same(run[0], LEARNERS["gail"](demos, updates=2, seed=0))


def test_an_expert_that_falls_at_once_is_imitated():
    falling = cart_pole(200).roll(Controller((0, 0, 0, 0)), 20, np.random.default_rng(0)).trajectories()
    assert falling.lengths.max() < 12
    run = gail(falling, cart_pole(200), updates=12, seed=0, solver=PPO(copies=16, steps=32, epochs=5))
    lengths = cart_pole(200).roll(run.policy, 50, np.random.default_rng(1)).lengths
    assert lengths.mean() < 13  # uniform actions last for 22 steps


def test_gail_balances_the_pole():
    shown = cart_pole(100).roll(Controller(), 5, np.random.default_rng(0)).trajectories()
    run = gail(shown, cart_pole(100), updates=10, seed=0)
    assert cart_pole(100).roll(run.policy, 20, np.random.default_rng(1)).returns.mean() > 95


def test_bad_options_are_refused(demos):
    with pytest.raises(InvalidArgument, match="divergence='js'"):
        gail(demos, cart_pole(40), updates=1, seed=0, divergence="js")
    with pytest.raises(InvalidArgument, match="seen='states'"):
        gail(demos, cart_pole(40), updates=1, seed=0, seen="states")
    with pytest.raises(InvalidArgument, match="numbered actions"):
        gail(demos, cart_pole(40), updates=1, seed=0, solver=SAC())
    with pytest.raises(InvalidArgument, match="discount=1"):
        PPO(discount=1)
    with pytest.raises(InvalidArgument, match="reward='both'"):
        airl(demos, cart_pole(40), updates=1, seed=0, reward="both")
    with pytest.raises(InvalidArgument, match="does not depend on the state"):
        gail(_walks(), walk(), updates=1, seed=0, architecture=Architecture(Flat((2,)), GaussianHead(1, "dependent")))
    with pytest.raises(InvalidArgument, match="temperature 1"):
        hot = Architecture(Flat((4,)), CategoricalHead(2, 0.5))
        gail(demos, cart_pole(40), updates=1, seed=0, architecture=hot)
