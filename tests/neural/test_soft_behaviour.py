"""Neural inverse soft-Q learners: bugs of published ones, planted and caught; golden identities; replay, resuming."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from soft_worlds import descend, expert_of, population, ring, table

from iltheory.learners import iq_learn as exact_iq_learn
from iltheory.learners.demonstrations import empirical_occupancy
from iltheory.learners.neural import (
    Architecture,
    CategoricalHead,
    Flat,
    GaussianHead,
    InvalidCheckpoint,
    OneHot,
    SquashedGaussianHead,
    Transitions,
    transitions,
)
from iltheory.learners.neural._actor import SoftActorCritic
from iltheory.learners.neural._replay import Batch, Explorer, Occupancy, Replay
from iltheory.learners.neural._soft_q import SoftQ
from iltheory.learners.neural._soft_recipe import SoftOptions
from iltheory.learners.neural.iq_learn import InverseSoftQ, continued, iq_learn
from iltheory.learners.neural.ls_iq import ls_iq
from iltheory.learners.neural.networks import PolicyNetwork
from iltheory.learners.neural.sqil import ONLINE, sqil
from iltheory.learners.neural.value_dice import value_dice
from iltheory.measures import CHI2, F_DIVERGENCES, sampled_payoff, sampled_telescoped_value
from sims import TabularMDP
from sims.datasets import Trajectories
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP, Simulator, Spaces, Step, TabularPolicy, sampled_table
from sims.tabular.planning import soft_maximum


class Slide(Simulator):
    """A point on a line that actions push; it ends beyond 1."""

    spaces = Spaces((2,), action_low=(-1.0,), action_high=(2.0,))

    def __init__(self, n: int) -> None:
        self.n = n

    def reset(self, rng):
        self._at, self._rng = rng.normal(size=(self.n, 2)) / 4, rng
        return self._at.copy()

    def step(self, actions):
        self._at = 0.9 * self._at + 0.1 * actions + self._rng.normal(size=(self.n, 2)) / 10
        return Step(self._at.copy(), np.zeros(self.n), self._at[:, 0] > 1)


def slide(horizon: int = 30) -> SampledMDP:
    return SampledMDP(Slide, horizon=horizon, rewards=(0, 1), name="slide", spaces=Slide.spaces)


def recorded(mdp: SampledMDP, n: int = 3, seed: int = 0) -> Trajectories:
    rng, low, high = np.random.default_rng(seed), Slide.spaces.action_low, Slide.spaces.action_high
    draw = Explorer(mdp, lambda o: rng.uniform(low, high, (1, 1)), np.random.default_rng(seed))
    parts, episode = [], []
    while len(parts) < n:
        moment = draw.step()
        episode.append(moment)
        if moment.terminated[0] or len(episode) == mdp.horizon:
            states = np.concatenate([*(m.observations for m in episode), moment.following])
            over = bool(moment.terminated[0])
            actions = np.concatenate([m.actions for m in episode])
            offsets = np.array([0, len(episode)])
            parts.append(Trajectories(states, actions, None, np.array([over]), np.array([not over]), offsets))
            episode = []
    return Trajectories.concatenate(parts)


# The golden identity, through networks.


@pytest.mark.parametrize("temperature", [0.01, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_offline_chi2_is_regularised_behavioural_cloning(seed, temperature):
    """Loss of the neural code against cross-entropy and squares by hand, with ends and time limits in the batch."""
    draw = torch.Generator().manual_seed(seed)
    network = PolicyNetwork(
        Architecture(Flat((3,)), CategoricalHead(4, temperature), (16,), "relu", "float64"), torch.Generator()
    )
    critic = SoftQ(network, 0.95)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw, dtype=torch.float64) / 4)
    states, following = torch.randn(2, 50, 3, generator=draw, dtype=torch.float64)
    actions, ends = torch.randint(4, (50,), generator=draw), torch.rand(50, generator=draw) < 0.2
    batch = Occupancy(0.95, discounted=False).of(
        _transitions(states, actions, following, ends, torch.ones(50, dtype=torch.float64))
    )
    made = critic.values(batch, critic)
    assert made.rewards.max().item() < 2  # where phi is the quadratic of the paper
    price = sampled_telescoped_value(made.weights, made.v, made.later)
    loss = -sampled_payoff(made.weights, made.rewards, continued(CHI2), price)

    steps = torch.zeros(50, dtype=torch.int64)
    q, next_q = network.outputs(states, steps), network.outputs(following, steps)
    rest_v = (critic.rest + temperature * np.log(4)) / 0.05
    next_v = torch.where(ends, rest_v, temperature * torch.logsumexp(next_q / temperature, -1))
    nll = temperature * torch.nn.functional.cross_entropy(q / temperature, actions, reduction="none")
    square = (q.gather(1, actions[:, None])[:, 0] - 0.95 * next_v) ** 2
    resting = temperature * np.log(4) + critic.rest**2 / 4  # a uniform policy, for 19 visits to each end
    mass = 50 + 19 * ends.sum()
    want = (nll.sum() + square.sum() / 4 + 19 * ends.sum() * resting) / mass
    assert loss.item() == pytest.approx(want.item(), rel=1e-12)


def _transitions(states, actions, following, ends, weights):
    steps = torch.arange(len(states))
    return Transitions(states, actions, following, ends, steps, weights, states[:1])


def test_soft_values_are_those_of_the_tables():
    q = torch.randn(100, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 50
    for tau in (0.01, 1.0, 30.0):
        critic = SoftQ(PolicyNetwork(Architecture(Flat((1,)), CategoricalHead(5, tau)), torch.Generator()), 0.9)
        critic.double()
        assert np.allclose(critic.v(q).numpy(), soft_maximum(q.numpy(), np.array(tau)), rtol=1e-7)


# Ends and time limits.


def uninformative() -> tuple[TabularMDP, np.ndarray]:
    """Stay or leave for ever: an expert that tosses a fair coin shows no preference for long or short lives."""
    mdp = TabularMDP(
        [[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0.0, 0], [0, 0]], [1, 0], discount=0.9, terminal=[False, True]
    )
    return mdp, np.full((2, 2), 0.5)


def inverse(mdp: TabularMDP, data: Transitions, phi) -> InverseSoftQ:
    """IQ-Learn of a table."""
    return InverseSoftQ(
        "test",
        data,
        Spaces((), n_actions=mdp.n_actions),
        utility=continued(phi),
        value_term="initial",
        options=SoftOptions(discount=float(mdp.discount), temperature=1.0, batch_size=1000),
        architecture=table(mdp),
        seed=0,
        device="cpu",
        settings={},
    )


def learnt(mdp: TabularMDP, data: Transitions, *, masked: bool = False) -> np.ndarray:
    """The policy IQ-Learn ends at; ``masked`` plants the bug: the absorbing state has the value 0 and no reward."""
    made = inverse(mdp, data, F_DIVERGENCES["reverse-kl"])
    if masked:
        made.critic.rest_value = lambda: torch.zeros((), dtype=torch.float64)
    descend(made.critic.parameters(), lambda: made.loss(made.data, None)[0], iterations=40)
    with torch.no_grad():
        return torch.softmax(made.critic.q(torch.arange(mdp.n_states)), -1).numpy()


def test_no_learner_prefers_a_length_that_the_expert_does_not():
    """B28, B29, B12: a masked end makes the constant -1 of plain reverse KL a reason to leave; ours does not care."""
    mdp, expert = uninformative()
    data = population(mdp, mdp.occupancy(expert))
    exact = exact_iq_learn(mdp, expert, divergence="reverse-kl").policy[0, 0]
    assert exact == pytest.approx(0.5, abs=1e-12)
    assert learnt(mdp, data)[0, 0] == pytest.approx(exact, abs=1e-6)
    assert abs(learnt(mdp, data, masked=True)[0, 0] - exact) > 0.02


def walked(cut: int | None, *, died: bool = False) -> Trajectories:
    """80 steps round the ring, in one piece or cut in two, where the second piece begins where the first ended."""
    mdp, expert = ring(), expert_of(ring())
    whole = sampled_table(TabularMDP(mdp.P, mdp.r, mdp.mu, horizon=80)).roll(
        TabularPolicy(expert), 1, np.random.default_rng(0)
    )
    states = np.concatenate([whole.observations[0], whole.last])
    pieces = [(0, 80)] if cut is None else [(0, cut), (cut, 80)]
    return Trajectories(
        states=np.concatenate([states[a : b + 1] for a, b in pieces]),
        actions=np.concatenate([whole.actions[0, a:b] for a, b in pieces]),
        rewards=None,
        terminated=np.array([died and b < 80 for _, b in pieces]),
        truncated=np.array([not (died and b < 80) for _, b in pieces]),
        offsets=np.array([0, *(b for _, b in pieces)]),
    )


def test_a_time_limit_changes_nothing_and_a_death_does():
    """B9, B18: cutting a recording changes no bit of what is learnt; calling the cut a death does."""
    mdp = ring()

    def weights(demos: Trajectories) -> np.ndarray:
        options = SoftOptions(discount=0.8, temperature=1.0)
        spaces = Spaces((), n_actions=2)
        found = iq_learn(demos, spaces, updates=50, seed=0, options=options, architecture=table(mdp))
        return found.policy.weights["layers.0.weight"]

    whole = weights(walked(None))
    assert np.array_equal(whole, weights(walked(33)))
    assert not np.array_equal(whole, weights(walked(33, died=True)))


def test_occupancy_weights_are_those_of_the_exact_twin():
    """Step t weighs ``gamma**t``; an end stands for all later visits; the masses have mean 1."""
    demos = Trajectories(
        states=np.array([0, 1, 2, 3, 0, 4]),
        actions=np.array([0, 0, 0, 2]),
        rewards=None,
        terminated=np.array([False, True]),
        truncated=np.array([True, False]),
        offsets=np.array([0, 3, 4]),
    )
    data = transitions(demos, Spaces((), n_actions=3), dtype=torch.float64)
    batch = Occupancy(0.8, discounted=True).of(data)
    mdp = ring(terminal=True)
    exact = empirical_occupancy(mdp, demos)
    shares = (batch.weights / batch.size).numpy()
    assert np.allclose(shares, [exact[0, 0], exact[1, 0], exact[2, 0], exact[0, 2]])
    assert shares[3] * 0.8 / (1 - 0.8) == pytest.approx(exact[4].sum())
    assert shares.sum() + exact[4].sum() == pytest.approx(1)


# Domains.


@pytest.mark.parametrize("name", ["jensen-shannon", "squared-hellinger", "forward-kl"])
def test_rewards_outside_the_domain_are_led_back(name):
    """B10: from rewards far below the domain of phi the search still finds the policy of the exact twin."""
    mdp, phi = ring(), F_DIVERGENCES[name]
    expert = expert_of(mdp)
    made = inverse(mdp, population(mdp, mdp.occupancy(expert)), phi)
    with torch.no_grad():
        made.critic.network.layers[0].weight.fill_(-100.0)
        assert made.critic.values(made.data, made.critic).rewards.max() < phi.low
    descend(made.critic.parameters(), lambda: made.loss(made.data, None)[0])
    with torch.no_grad():
        assert made.critic.values(made.data, made.critic).rewards.min() > phi.low
        pi = torch.softmax(made.critic.q(torch.arange(4)), -1).numpy()
    assert np.abs(pi - exact_iq_learn(mdp, expert, divergence=name).policy).max() < 1e-4


# Vector actions.


def test_the_actor_follows_the_gibbs_law_of_a_fixed_critic():
    """With ``Q = -temperature (a - m(s))^2 / (2 s^2)`` the best policy is a Gaussian, cut by the box far away."""
    low, high = (-8.0,), (8.0,)
    draw = torch.Generator().manual_seed(0)
    made = Architecture(Flat((1,)), SquashedGaussianHead(low, high), (32,), "relu")
    actor = PolicyNetwork(made, draw)
    critic = SoftActorCritic(
        actor,
        discount=0.9,
        temperature=0.2,
        hidden=(8,),
        critics=1,
        generator=draw,
        noise=torch.Generator().manual_seed(1),
    )
    critic.q = lambda s, a: -0.2 * (a - s).square().sum(-1)[None] / (2 * 0.5**2)
    states = torch.linspace(-1, 1, 256)[:, None]
    for rate in (1e-2, 1e-3):
        search = torch.optim.Adam(actor.parameters(), lr=rate)
        for _ in range(500):
            search.zero_grad()
            critic.actor_loss(states).backward()
            search.step()
    with torch.no_grad():
        actions, density = zip(*(critic.act(states) for _ in range(200)), strict=True)
    actions = torch.stack(actions)[..., 0]
    assert (actions.mean(0) - states[:, 0]).abs().mean() < 0.05
    assert actions.std(0).mean().item() == pytest.approx(0.5, abs=0.03)
    entropy = -torch.stack(density).mean().item()
    assert entropy == pytest.approx(0.5 * np.log(2 * np.pi * np.e * 0.25), abs=0.03)


def test_values_of_vectors_are_those_of_their_definition():
    """Two critics, targets of their own, an absorbing state; each critic's values from its own network."""
    draw = torch.Generator().manual_seed(0)
    made = Architecture(Flat((2,)), SquashedGaussianHead((-1.0,), (2.0,)), (8,), "relu", "float64")
    actor = PolicyNetwork(made, draw)
    noise = torch.Generator().manual_seed(1)
    critic = SoftActorCritic(actor, discount=0.9, temperature=0.3, hidden=(8,), critics=2, generator=draw, noise=noise)
    states, following = torch.randn(2, 6, 2, generator=draw, dtype=torch.float64)
    actions = torch.rand(6, 1, generator=draw, dtype=torch.float64)
    ends = torch.tensor([False, True, False, False, True, False])
    batch = Batch(states, actions, following, ends, torch.ones(6, dtype=torch.float64))
    target = critic.shadow()
    with torch.no_grad():
        for parameter in target.parameters():
            parameter += 0.1
        noise.manual_seed(5)
        found = critic.values(batch, target)
        noise.manual_seed(5)
        now, density = critic.act(states)
        then, later_density = critic.act(following)
    assert found.q.shape == (2, 7) and target.actor is actor
    each = [net(torch.cat([states, 2 * (now + 1) / 3 - 1], -1))[:, 0] for net in critic.critics]
    assert torch.allclose(found.v[:, :6], torch.stack(each) - 0.3 * density)
    pairs = torch.cat([following, 2 * (then + 1) / 3 - 1], -1)
    least = torch.stack([net(pairs)[:, 0] for net in target.critics]).amin(0)
    rest = (target.rest + 0.3 * np.log(3)) / 0.1
    assert torch.allclose(found.later[:6], 0.9 * torch.where(ends, rest, least - 0.3 * later_density))
    assert torch.allclose(found.weights[-1:], torch.tensor([2 * 9 / 6], dtype=torch.float64))
    assert torch.allclose(found.v[:, 6], (critic.rest + 0.3 * np.log(3)) / 0.1)


# Exploring, remembering, going on.


def test_replay_keeps_the_newest_within_its_memory():
    occupancy = Occupancy(0.9, discounted=True)
    replay = Replay(Slide.spaces, 50, occupancy, dtype=torch.float32, device="cpu")
    explorer = Explorer(slide(7), lambda o: np.full((1, 1), 1.5), np.random.default_rng(0))
    moments = [explorer.step() for _ in range(120)]
    for moment in moments:
        replay.add(moment)
    assert len(replay) == 50 and sum(array.nbytes for array in replay._arrays.values()) == 50 * (5 * 4 + 1 + 4)
    steps = np.array([m.step for m in moments[-50:]])
    assert steps.max() <= 6
    ends = np.array([m.terminated[0] for m in moments[-50:]])
    masses = 0.9**steps * (1 + 9 * ends)
    batch = replay.sample(20_000, np.random.default_rng(1))
    kept = {tuple(np.float32(m.observations[0])) for m in moments[-50:]}
    assert {tuple(row) for row in batch.observations.numpy()} == kept
    assert float(batch.weights.max()) == pytest.approx((0.9**steps).max() * 50 / masses.sum(), rel=1e-5)


def test_an_explorer_goes_on_where_it_stopped():
    rng = np.random.default_rng(3)
    first = Explorer(slide(20), lambda o: rng.uniform(-1, 2, (1, 1)), np.random.default_rng(0))
    for _ in range(33):
        first.step()
    state, drawn, seeds = first.state_dict(), rng.bit_generator.state, first._rng.bit_generator.state
    ahead = [first.step() for _ in range(40)]
    rng.bit_generator.state = drawn
    other = Explorer(slide(20), lambda o: rng.uniform(-1, 2, (1, 1)), np.random.default_rng(9))
    other._rng.bit_generator.state = seeds
    other.load_state_dict(state)
    for one in ahead:
        two = other.step()
        assert np.array_equal(one.observations, two.observations) and np.array_equal(one.following, two.following)


def test_an_episode_that_ends_sooner_is_of_another_world():
    first = Explorer(slide(20), lambda o: np.zeros((1, 1)), np.random.default_rng(0))
    for _ in range(15):
        first.step()
    shorter = Explorer(slide(7), lambda o: np.zeros((1, 1)), np.random.default_rng(0))
    with pytest.raises(InvalidCheckpoint, match=r"after 15 steps .* end it after 7 here: this is another world"):
        shorter.load_state_dict(first.state_dict())


@pytest.mark.parametrize("learn", [sqil, ls_iq])
def test_a_run_never_goes_on_in_another_world(learn, tmp_path):
    demos = recorded(slide())
    learn(demos, slide(), updates=2, seed=0, folder=tmp_path)
    for horizon in (29, 31):
        with pytest.raises(InvalidCheckpoint, match=f"world='slide for exactly 30 .* exactly {horizon} steps"):
            learn(demos, slide(horizon), updates=3, seed=0, folder=tmp_path)
    learn(demos, slide(), updates=3, seed=0, folder=tmp_path)


SMALL = Architecture(Flat((2,)), SquashedGaussianHead((-1.0,), (2.0,)), (8,), "relu")
MIXED = SoftOptions(exploration=1, critics=2, target_rate=0.01, capacity=40)
LEARNERS = {
    "iq_learn": lambda **where: iq_learn(
        recorded(slide()), slide(), seed=1, value_term="mixture", options=MIXED, gradient_penalty=1.0, **where
    ),
    "iq_learn of states": lambda **where: iq_learn(
        recorded(slide()), slide(), seed=1, value_term="initial", observations_only=True, **where
    ),
    "sqil": lambda **where: sqil(recorded(slide()), slide(), seed=1, **where),
    "ls_iq": lambda **where: ls_iq(recorded(slide()), slide(), seed=1, **where),
    "value_dice": lambda **where: value_dice(recorded(slide()), slide(), seed=1, gradient_penalty=10.0, **where),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_runs_repeat_and_resume_bit_for_bit(name, tmp_path):
    learn = LEARNERS[name]
    whole = learn(updates=40, architecture=SMALL, ema=0.9)
    learn(updates=25, architecture=SMALL, ema=0.9, folder=tmp_path, save_every=10)
    resumed = learn(updates=40, architecture=SMALL, ema=0.9, folder=tmp_path, save_every=10)
    for one, two in ((whole.policy, resumed.policy), (whole.averaged, resumed.averaged)):
        assert all(np.array_equal(one.weights[key], two.weights[key]) for key in one.weights)
    assert all(np.isfinite(values).all() for values in resumed.history.scalars.values())
    shown = transitions(recorded(slide()), Slide.spaces)
    assert resumed.rewards(shown).shape == (len(shown),)


# Bad inputs.


@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("value_term='start'", lambda d, w: iq_learn(d, w, updates=1, seed=0, value_term="start")),
        ("exploration=1", lambda d, w: iq_learn(d, w, updates=1, seed=0, value_term="mixture")),
        ("divergence='hinge'", lambda d, w: iq_learn(d, w, updates=1, seed=0, divergence="hinge")),
        ("needs gradient_penalty", lambda d, w: iq_learn(d, w, updates=1, seed=0, divergence="wasserstein")),
        ("gradient_penalty=1", lambda d, w: iq_learn(d, w, updates=1, seed=0, gradient_penalty=1.0)),
        ("SampledMDP", lambda d, w: iq_learn(d, w.spaces, updates=1, seed=0, options=ONLINE)),
        ("discount=1", lambda d, w: SoftOptions(discount=1)),
        ("temperature", lambda d, w: SoftOptions(temperature=0)),
        ("exploration=-1", lambda d, w: SoftOptions(exploration=-1)),
        ("target_rate=2", lambda d, w: SoftOptions(target_rate=2)),
        ("sqil learns from what it sees", lambda d, w: sqil(d, w, updates=1, seed=0, options=SoftOptions())),
        ("c=0", lambda d, w: ls_iq(d, w, updates=1, seed=0, c=0)),
        ("SquashedGaussianHead", lambda d, w: iq_learn(d, w, updates=1, seed=0, architecture=GAUSSIAN)),
        ("discount=1.5", lambda d, w: value_dice(d, w, updates=1, seed=0, discount=1.5)),
    ],
)
def test_bad_inputs_are_named(what, call):
    with pytest.raises(InvalidArgument, match=re.escape(what)):
        call(recorded(slide()), slide())


GAUSSIAN = Architecture(Flat((2,)), GaussianHead(1))


@pytest.mark.parametrize("learn", [iq_learn, sqil, ls_iq, value_dice])
def test_values_that_know_no_steps_refuse_features_that_do(learn):
    mdp = ring()
    world = sampled_table(TabularMDP(mdp.P, mdp.r, mdp.mu, horizon=5))
    demos = world.roll(TabularPolicy(expert_of(mdp)), 2, np.random.default_rng(0)).trajectories()
    with_steps = Architecture(OneHot(4, 5), CategoricalHead(2), hidden=())
    with pytest.raises(InvalidArgument, match=r"only those of step 0 would be learnt.\n  Give OneHot\(4\)"):
        learn(demos, world, updates=1, seed=0, architecture=with_steps)
    learn(demos, world, updates=1, seed=0, architecture=table(mdp))


@pytest.mark.parametrize("value_term", ["initial", "expert"])
def test_exploring_is_refused_where_it_changes_nothing(value_term):
    """Numbered actions: Q is the policy, and only the mixture looks at the replay. Vectors: the actor learns there."""
    mdp, online = ring(), SoftOptions(exploration=1, batch_size=4)
    world = sampled_table(TabularMDP(mdp.P, mdp.r, mdp.mu, horizon=5))
    demos = world.roll(TabularPolicy(expert_of(mdp)), 2, np.random.default_rng(0)).trajectories()
    with pytest.raises(InvalidArgument, match=f"value_term='{value_term}' .*\n  Give value_term='mixture'"):
        iq_learn(demos, world, updates=1, seed=0, architecture=table(mdp), value_term=value_term, options=online)
    iq_learn(demos, world, updates=1, seed=0, architecture=table(mdp), value_term="mixture", options=online)
    iq_learn(recorded(slide()), slide(), updates=1, seed=0, value_term=value_term, options=online)
