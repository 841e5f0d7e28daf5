"""Reinforcement learning inside of adversarial imitation: ends, time limits, what is paid, and going on."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from adversarial_worlds import garnet
from gymnasium.spaces import Box

from iltheory.learners.neural import Architecture, CategoricalHead, Flat, NeuralPolicy, OneHot, PolicyNetwork
from iltheory.learners.neural._copies import Apart, Together, copies_of
from iltheory.learners.neural._episodes import Episodes
from iltheory.learners.neural._labels import Labelled
from iltheory.learners.neural._ppo import PPOPlayer
from iltheory.learners.neural._sac import Replay, SACPlayer
from iltheory.learners.neural.adril import adril
from iltheory.learners.neural.airl import airl
from iltheory.learners.neural.gail import Fit, gail
from iltheory.learners.neural.heads import GaussianHead, SquashedGaussianHead
from iltheory.learners.neural.infogail import infogail
from iltheory.learners.neural.inner_rl import PPO, SAC, Judge, Player
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.transitions import Transitions
from sims.environments.simulators import gymnasium_simulator
from sims.errors import InvalidArgument
from sims.sampled import Categorical, SampledMDP, SampledPolicy, Simulator, Spaces, Step, sampled_table

SMALL = PPO(copies=4, steps=32, epochs=2, batch_size=64)
SMALL_SAC = SAC(steps=16, updates=4, before=16, batch_size=16, critic_hidden=(8,), kept=500)


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


class Row(Simulator):
    """Three states in a row; action 1 ends the episode."""

    def __init__(self, n):
        self.n, self.spaces = n, Spaces((), n_actions=2)

    def reset(self, rng):
        self._state = rng.integers(2, size=self.n)
        return self._state

    def step(self, actions):
        self._state = np.minimum(self._state + 1, 2)
        return Step(self._state, np.zeros(self.n), actions == 1)


def row(horizon):
    return SampledMDP(Row, horizon=horizon, rewards=(0, 1), name="row", spaces=Row(1).spaces)


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
        ramp = seen.moves.observations.reshape(len(seen.moves), -1)[:, 0].double()
        return ramp + self._pays[0], self._pays[1]


def player(mdp, solver=SMALL, *, features=None, head=None) -> tuple[Player, PolicyNetwork]:
    seeds = Seeds.of(0)
    activation = "tanh" if isinstance(solver, PPO) else "relu"
    features, head = features or Flat(mdp.spaces.observation_shape), head or solver.head(mdp.spaces)
    actor = PolicyNetwork(Architecture(features, head, (8,), activation), seeds.init)
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


class Watching(Constant):
    """Also asks for the values of next observations, of the policy that took the steps."""

    def __init__(self, found, features, everywhere, absorbing):
        super().__init__(everywhere, absorbing)
        self._found, self._features = found, features

    def pay(self, seen):
        following, moves = seen.moves.next_observations, seen.moves
        if isinstance(self._features, OneHot):
            steps = (moves.steps + 1).clamp(max=self._features.horizon - 1)
            following = torch.eye(self._features.size)[self._features.index(following, steps)]
        self.following = self._found._solver.policy.predict_values(following)[:, 0].numpy()
        return super().pay(seen)


@pytest.mark.parametrize("sees_the_step", [False, True])
def test_advantages_are_those_of_a_plain_loop_in_which_the_dead_are_paid(sees_the_step):
    mdp, features = cart_pole(horizon=12), Flat((4,))
    if sees_the_step:
        mdp, features = row(horizon=4), OneHot(3, 4)
    found, _ = player(mdp, features=features)
    judge = Watching(found, features, 0.5, 3.0)
    found.play(judge)
    buffer, moves, horizon, shape = found._solver.rollout_buffer, judge.seen.moves, mdp.horizon, (32, 4)
    rewards = (moves.observations.reshape(len(moves), -1)[:, 0].double() + 0.5).numpy().reshape(shape)
    ended, time = (x.numpy().reshape(shape) for x in (moves.absorbing, moves.steps))
    values, advantages = (x.reshape(shape[::-1]).T for x in (buffer.values, buffer.advantages))
    gamma, decay = SMALL.discount, SMALL.decay
    left = horizon - np.arange(horizon + 1) if sees_the_step else np.full(horizon + 1, np.inf)
    dead = 3.0 * (1 - gamma**left) / (1 - gamma)  # worth of the absorbing state at each step
    last = time == horizon - 1
    assert ended.any() and (last & ~ended).any() and (ended & ~last).any()
    following = np.where(ended | (last & sees_the_step), 0.0, judge.following.reshape(shape))
    errors = rewards + gamma * (following + dead[time + 1]) - (values + dead[time])
    expected, later = np.empty(shape), np.zeros(shape[1])
    for t in reversed(range(shape[0])):
        later = errors[t] + gamma * decay * np.where(ended[t] | last[t], 0.0, later)
        expected[t] = later
    np.testing.assert_allclose(advantages, expected, atol=1e-5)


def test_actions_of_gaussians_are_taken_as_they_are():
    found, actor = player(walk())
    judge, before = Constant(0.0, 0.0), NeuralPolicy.of(actor)
    found.play(judge)
    moves = judge.seen.moves
    assert (moves.actions < -2).any() and (moves.actions > 0.5).any()
    going = moves.observations[:, 0] + moves.actions[:, 0] / 4
    torch.testing.assert_close(moves.next_observations[:, 0], going, atol=1e-6, rtol=0)
    densities = before.laws(moves.observations.numpy(), moves.steps.numpy()).log_density(moves.actions.numpy())
    np.testing.assert_allclose(judge.seen.log_densities.numpy(), densities, atol=1e-4)


def test_soft_actor_critic_plays_in_the_box_of_its_policy():
    narrow = SquashedGaussianHead((-0.25,), (0.125,))
    found, _ = player(walk(), replace(SMALL_SAC, steps=64), head=narrow)
    judge = Constant(0.0, 0.0)
    found.play(judge)
    actions = judge.seen.moves.actions
    assert -0.25 <= float(actions.min()) < -0.2 and 0.1 < float(actions.max()) <= 0.125


HALFWAY = {"horizon": 10, "shape": (1,)}


def _fill(replay, observations, *, first=0, ends=()):
    """Keep steps from each observation to the next number, with actions between 0 and 1; the last one is cut off."""
    for t, x in enumerate(observations):
        over = t == len(observations) - 1
        info = {"step": first + t, "TimeLimit.truncated": over and t not in ends}
        action = np.array([[2 * x / 100 - 1]])  # as solvers scale it
        done = np.array([over or t in ends])
        replay.add(np.array([[x]]), np.array([[x + 1]]), action, np.zeros(1), done, [info])


def _box(low, high):
    return Box(low, high, (1,), np.float32)


def test_a_minibatch_is_paid_less_than_the_absorbing_state_entropy_included():
    class Own(Constant):
        def pay(self, seen):
            return 10 * seen.moves.actions[:, 0].double() + seen.moves.observations[:, 0] + 0.5, 0.25

    replay = Replay(50, _box(-np.inf, np.inf), _box(0, 1), **HALFWAY)
    replay.judge, replay.log_temperature = Own(0, 0), torch.tensor([np.log(0.125)], requires_grad=True)
    _fill(replay, [10, 20, 30], ends=(1,))
    np.random.seed(0)
    drawn = replay.sample(200)
    assert not drawn.rewards.requires_grad
    assert {float(x) for x in drawn.observations} == {10, 20, 30}
    for x, action, following, done, reward in zip(*(column[:, 0].tolist() for column in drawn[:5]), strict=True):
        assert (action, following) == (pytest.approx(2 * x / 100 - 1), x + 1)
        assert done == (x == 20)  # what was cut off goes on
        assert reward == pytest.approx(10 * x / 100 + x + 0.5 - 0.25 - 0.125 * np.log(2), rel=1e-6)


def test_a_constant_reward_makes_uniform_actions_worth_as_much_as_death():
    replay = Replay(50, _box(-np.inf, np.inf), _box(0, 1), **HALFWAY)
    replay.judge, replay.log_temperature = Constant(3.0, 3.0), torch.tensor([0.5])
    _fill(replay, [0])
    paid, temperature = float(replay.sample(1).rewards), np.exp(0.5)
    grid = np.linspace(-1, 1, 1001)
    soft_value = temperature * np.log(np.trapezoid(np.exp(np.full_like(grid, paid) / temperature), grid))
    assert soft_value == pytest.approx(0, abs=1e-6)  # so is the value in each step before, and so on: 0


def test_labels_are_those_of_the_rounds_that_are_still_kept():
    none = torch.zeros((0, 1))
    demos = Transitions(
        torch.tensor([[90.0]]), torch.tensor([[0.5]]), torch.tensor([[91.0]]), torch.tensor([False]), torch.tensor([0]),
        torch.ones(1), none,
    )  # fmt: skip
    replay = Labelled(4, _box(-np.inf, np.inf), _box(0, 1), **HALFWAY, demos=demos, absorbing=0.0)
    replay.log_temperature = torch.tensor([np.log(0.25)])
    for observations in ([10, 20], [30, 40], [50, 60]):  # the first two steps make room for the last
        replay.begin_round()
        _fill(replay, observations)
    np.testing.assert_array_equal(replay.sources.probabilities, [0.5, 0.25, 0.25])
    worth = {90: 1.0, 30: -2.0, 40: -2.0, 50: 0.0, 60: 0.0}
    np.random.seed(0)
    drawn = replay.sample(300)
    assert {float(x) for x in drawn.observations} == set(worth)
    for x, reward in zip(drawn.observations[:, 0].tolist(), drawn.rewards[:, 0].tolist(), strict=True):
        assert reward == pytest.approx(worth[x] - 0.25 * np.log(2), rel=1e-6)


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


@pytest.mark.parametrize("solver", [SMALL, SMALL_SAC])
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
    options: Any = {"solver": SMALL_SAC, "seed": 3, **({"every": 2} if learner is adril else {"fit": Fit(updates=2)})}
    whole = learner(_walks(), walk(), updates=5, **options)
    learner(_walks(), walk(), updates=3, folder=tmp_path, save_every=1, **options)
    assert _same(whole, learner(_walks(), walk(), updates=5, folder=tmp_path, save_every=1, **options))


def test_from_observations_actions_do_not_matter(demos):
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


@pytest.fixture(scope="module")
def balancing():
    return cart_pole(100).roll(Controller(), 5, np.random.default_rng(0)).trajectories()


def _mean_return(policy, mdp):
    return mdp.roll(policy, 50, np.random.default_rng(1)).returns.mean()


@pytest.mark.parametrize("learner", [gail, airl])
def test_the_pole_is_balanced(learner, balancing):
    run = learner(balancing, cart_pole(100), updates=10, seed=0)
    assert _mean_return(run.policy, cart_pole(100)) > 95


def test_infogail_balances_in_two_ways(balancing):
    run = infogail(balancing, cart_pole(100), codes=2, updates=10, seed=0)
    assert all(_mean_return(policy, cart_pole(100)) > 95 for policy in run.policies)
    assert run.history.scalars["information"][-1] > 0.4  # of log 2, in nats


@pytest.mark.parametrize("learner", [gail, adril])
def test_off_policy_learners_stay_near_home(learner):
    solver = SAC(steps=32, updates=32, before=32, batch_size=32, critic_hidden=(32,), learning_rate=3e-3, discount=0.95)
    options: Any = {"every": 5} if learner is adril else {}
    run = learner(_walks(), walk(), updates=30, seed=0, solver=solver, **options)
    assert _mean_return(run.policy, walk()) > -1.5  # untrained policies have about -4, the expert -0.3


def test_bad_options_are_refused(demos):
    with pytest.raises(InvalidArgument, match="divergence='js'"):
        gail(demos, cart_pole(40), updates=1, seed=0, divergence="js")
    with pytest.raises(InvalidArgument, match="seen='states'"):
        gail(demos, cart_pole(40), updates=1, seed=0, seen="states")
    with pytest.raises(InvalidArgument, match="numbered actions"):
        gail(demos, cart_pole(40), updates=1, seed=0, solver=SAC())
    with pytest.raises(InvalidArgument, match=r"kept=500: .* before=1000"):
        SAC(kept=500)
    with pytest.raises(InvalidArgument, match="discount=1"):
        PPO(discount=1)
    with pytest.raises(InvalidArgument, match="reward='both'"):
        airl(demos, cart_pole(40), updates=1, seed=0, reward="both")
    with pytest.raises(InvalidArgument, match="does not depend on the state"):
        gail(_walks(), walk(), updates=1, seed=0, architecture=Architecture(Flat((2,)), GaussianHead(1, "dependent")))
    with pytest.raises(InvalidArgument, match="temperature 1"):
        hot = Architecture(Flat((4,)), CategoricalHead(2, 0.5))
        gail(demos, cart_pole(40), updates=1, seed=0, architecture=hot)
