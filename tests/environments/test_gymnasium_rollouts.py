"""Exact values against long roll-outs of the environments themselves, time limits included."""

from fractions import Fraction

import gymnasium
import numpy as np
import pytest
from tables import roll_out

from sims.environments import gymnasium_table, read_gymnasium


def six_sigma(samples):
    return 6 * samples.std() / np.sqrt(len(samples))


def mixed(mdp, share):
    """Mostly optimal, sometimes anything, so that an episode sees many states."""
    return (1 - share) * mdp.to("float64").optimal_policy() + share / mdp.n_actions


@pytest.mark.parametrize(
    ("id", "options", "share", "n_episodes"),
    [
        ("FrozenLake-v1", {}, 0, 1000),
        ("FrozenLake-v1", {}, 1, 4000),
        ("FrozenLake-v1", {"map_name": "8x8", "success_rate": 0.8}, 0.1, 1000),
        ("CliffWalking-v1", {"is_slippery": True, "max_episode_steps": 60}, 0.2, 1000),
        ("Taxi-v4", {"max_episode_steps": 30}, 0.2, 1000),
        ("Taxi-v4", {"is_rainy": True, "max_episode_steps": 30}, 0.2, 1000),
    ],
)
def test_expected_returns_and_ends_are_those_of_gymnasium(id, options, share, n_episodes):
    mdp = gymnasium_table(id, **options)
    policy = mixed(mdp, share)
    returns, terminated, truncated = roll_out(id, options, policy, n_episodes, seed=1)
    assert abs(returns.mean() - mdp.to("float64").value(policy)) <= six_sigma(returns)

    longer = gymnasium_table(id, horizon=mdp.horizon + 1, **options).to("float64")
    ended = longer.state_occupancy(np.concatenate([policy, policy[-1:]]))[-1][mdp.terminal].sum()
    assert abs(terminated.mean() - ended) <= 6 * np.sqrt(ended * (1 - ended) / n_episodes)
    assert (terminated | truncated).all()


def test_a_fickle_passenger_is_in_the_model_and_not_in_the_table():
    options = {"fickle_passenger": True, "fickle_probability": 0.9, "max_episode_steps": 40}
    dry = gymnasium_table("Taxi-v4", max_episode_steps=40)
    table = read_gymnasium("Taxi-v4", **options)
    mdp = table.mdp
    assert (mdp.n_states, np.flatnonzero(mdp.terminal).tolist()) == (1001, [1000])
    assert mdp.mu.fractions()[:1000].reshape(2, 500).sum(axis=1).tolist() == [
        Fraction(1, 10),
        Fraction(9, 10),
    ]
    assert len(set(table.state_names)) == 1001

    policy = mixed(dry, 0.1)  # of what the environment reports: blind to whether the passenger is fickle
    seen = np.concatenate([policy[:, [s for s in table.observations if s is not None]], policy[:, -1:]], axis=1)
    value = mdp.to("float64").value(seen)
    returns, _, _ = roll_out("Taxi-v4", options, policy, 2000, seed=2)
    assert abs(returns.mean() - value) <= six_sigma(returns)
    assert abs(returns.mean() - dry.to("float64").value(policy)) > six_sigma(returns)


def test_a_fickle_passenger_changes_their_mind_exactly_where_gymnasium_lets_them():
    env = gymnasium.make("Taxi-v4", fickle_passenger=True).unwrapped
    env.reset(seed=0)
    P = gymnasium_table("Taxi-v4", fickle_passenger=True).transitions.dense()
    for s in range(500):
        row, column, passenger, _ = env.decode(s)
        if passenger in (0, 4):
            for a in range(6):
                seen = set()
                for _ in range(40 if passenger == 4 else 1):
                    env.s, env.fickle_step = s, True
                    after, _, over, _, _ = env.step(a)
                    seen.add(1000 if over else after + 500 * env.fickle_step)
                assert set(np.flatnonzero(P.num[0, s + 500, a])) == seen, (row, column, passenger, a)


def test_certain_fickleness_and_none_at_all():
    never = gymnasium_table("Taxi-v4", fickle_passenger=True, fickle_probability=0.0, horizon=20)
    dry = gymnasium_table("Taxi-v4", horizon=20)
    assert float(never.optimal_value()) == float(dry.optimal_value())
    always = gymnasium_table("Taxi-v4", fickle_passenger=True, fickle_probability=1.0, horizon=20)
    assert not always.mu.num[:500].any()
    assert len(always.restrict_to_reachable()[1]) > 500
