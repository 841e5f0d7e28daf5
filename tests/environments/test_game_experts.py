"""Experts for games: no sequence of actions does better, and the emulator pays what the table says."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from sims.environments import atari, atari_simulator
from sims.environments.experts import InvalidExpert, OpenLoop, demonstrations, game_expert
from sims.sampled import InvalidPolicy, SampledMDP, sampled_table

CROSSING = ["UP"] * 11
"""In Freeway at 12 frames a decision, after which a point is up to the player."""


@pytest.fixture(scope="module")
def freeway():
    return atari.tabulate("freeway", horizon=4, frame_skip=12, start=CROSSING, processes=1)


def emulator(spec):
    options = {"frame_skip": spec.frame_skip, "start": spec.start, "sticky": spec.sticky}
    one = atari_simulator(spec.game, 1, **options)
    return SampledMDP(
        lambda n: atari_simulator(spec.game, n, **options),
        horizon=spec.horizon,
        rewards=(-1, 1),
        name=spec.game,
        spaces=one.spaces,
    )


def test_no_sequence_of_actions_does_better_in_the_emulator(freeway):
    expert = game_expert(freeway)
    world, rng = emulator(freeway.spec), np.random.default_rng(0)
    n_actions = len(freeway.spec.actions)
    returns = {
        actions: world.roll(OpenLoop(actions, n_actions), 1, rng).returns[0]
        for actions in product(range(n_actions), repeat=freeway.spec.horizon)
    }
    assert expert.value == max(returns.values()) == 1 > min(returns.values())
    assert returns[tuple(expert.open_loop().actions.tolist())] == 1


def test_returns_are_exact(freeway):
    expert = game_expert(freeway)
    assert isinstance(expert.value, Fraction) and expert.value == Fraction(expert.mdp.optimal_value())
    world = sampled_table(expert.mdp)
    assert world.roll(expert.policy, 3, np.random.default_rng(0)).returns.tolist() == [1, 1, 1]
    soft = float(expert.mdp.to("float64").value(expert.stochastic.pi))
    returns = world.roll(expert.stochastic, 4000, np.random.default_rng(0)).returns
    assert abs(returns.mean() - soft) < 5 * returns.std() / np.sqrt(4000) and 0 < soft < 1
    assert (expert.stochastic.pi > 0).all()


def test_the_colder_the_better(freeway):
    values = [
        float(freeway.mdp().to("float64").value(game_expert(freeway, temperature=t).stochastic.pi)) for t in (1, 0.01)
    ]
    assert values[0] < values[1] <= 1


def test_sticky_actions_have_no_open_loop():
    table = atari.tabulate("pong", horizon=2, frame_skip=4, sticky=Fraction(1, 4), processes=1)
    expert = game_expert(table)
    assert expert.value == 0
    with pytest.raises(InvalidExpert, match="is stochastic, so what its expert plays depends on the state"):
        expert.open_loop()


def test_an_open_loop_ends():
    policy = OpenLoop([0, 2], 3)
    assert policy.laws(np.zeros((2, 1)), np.array([0, 1])).probabilities.tolist() == [[1, 0, 0], [0, 0, 1]]
    with pytest.raises(InvalidPolicy, match="there are 2 actions, and step 2 is asked about"):
        policy.laws(np.zeros((1, 1)), np.array([2]))
    with pytest.raises(InvalidPolicy, match="among 3 actions; this world has 2"):
        policy.check(sampled_table(two_actions()).spaces)


def two_actions():
    from sims import families

    return families.garnet(n_states=3, n_actions=2, branching=2, horizon=2, rng=0)


@pytest.mark.parametrize("name", atari.shipped())
def test_shipped_tables_have_experts(name):
    expert = game_expert(name)
    assert expert.value == Fraction(expert.mdp.optimal_value())
    assert (expert.stochastic.pi > 0).all() and not expert.stochastic.deterministic and expert.policy.deterministic


def test_there_is_no_such_table():
    with pytest.raises(atari.InvalidTable, match="none of the tables that are shipped"):
        game_expert("nowhere")


@pytest.mark.parametrize("sticky", [Fraction(0), Fraction(1, 4)])
def test_demonstrations_of_a_game_are_played_in_its_table(sticky):
    expert = game_expert(atari.tabulate("pong", horizon=3, frame_skip=4, sticky=sticky, processes=1))
    for stochastic, policy in ((False, expert.policy), (True, expert.stochastic)):
        demos = demonstrations(expert, 50, 0, stochastic=stochastic)
        steps = demos.steps()
        assert len(demos) == 50 and demos.truncated.all() and (demos.lengths == 3).all()
        assert (policy.pi[steps.h, steps.state, steps.action] > 0).all()
        following = expert.table.next_state[steps.state, steps.action]
        assert (following == demos.states.reshape(50, 4)[:, 1:].reshape(-1, 1)).any(axis=1).all()
        assert np.array_equal(demos.actions, demonstrations(expert, 50, 0, stochastic=stochastic).actions)
    assert demonstrations(game_expert("freeway"), 3, 0).returns().tolist() == [2, 2, 2]


def test_an_expert_of_a_game_is_shown_in_a_line():
    shown = repr(game_expert("freeway"))
    assert shown.startswith("GameExpert(table=AtariTable(freeway: 3057 states") and len(shown) < 300
