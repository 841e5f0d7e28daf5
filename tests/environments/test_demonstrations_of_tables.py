"""From an environment's table to demonstrations in a file and back."""

import numpy as np
import pytest
from tables import roll_out

from sims.datasets import read_imitation, read_minari, write_imitation, write_minari
from sims.environments import gymnasium_table

WORLDS = [
    ("FrozenLake-v1", {}),
    ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": False}),
    ("CliffWalking-v1", {"max_episode_steps": 40}),
    ("Taxi-v4", {"is_rainy": True, "max_episode_steps": 30}),
]


@pytest.fixture(params=WORLDS, ids=lambda world: world[0])
def world(request):
    """An environment, its model, a policy that mostly does well, and demonstrations of it."""
    id, options = request.param
    mdp = gymnasium_table(id, **options)
    policy = 0.9 * mdp.to("float64").optimal_policy() + 0.1 / mdp.n_actions
    model = mdp.to("float64")
    return (id, options), model, policy, model.sample(policy, 2000, rng=0)


def same(a, b):
    return all(
        np.array_equal(getattr(a, name), getattr(b, name)) and getattr(a, name).dtype == getattr(b, name).dtype
        for name in ("states", "actions", "rewards", "terminated", "truncated", "offsets")
    )


def test_files_give_back_what_was_sampled(world, tmp_path):
    _, mdp, policy, _ = world
    demos = mdp.sample(policy, 60, rng=1)
    sizes = {"n_states": mdp.n_states, "n_actions": mdp.n_actions}
    write_minari(demos, tmp_path / "minari", dataset_id="toy/demos-v0", **sizes)
    assert same(read_minari(tmp_path / "minari"), demos)
    for place in ("imitation", "imitation.npz"):
        write_imitation(demos, tmp_path / place, truncated_as="infos")
        assert same(read_imitation(tmp_path / place, terminal_as="infos"), demos)
    assert same(mdp.sample(policy, 60, rng=1), demos)


def test_demonstrations_end_as_episodes_do(world):
    _, mdp, _, demos = world
    for states, actions, _, terminated, truncated in demos:
        assert mdp.terminal[states[-1]] == terminated == (not truncated)
        assert not mdp.terminal[states[:-1]].any()
        assert len(actions) == mdp.horizon or terminated


def test_demonstrations_are_worth_what_the_model_and_gymnasium_say(world):
    (id, options), mdp, policy, demos = world
    returns = demos.returns()
    assert abs(returns.mean() - mdp.value(policy)) <= 6 * returns.std() / np.sqrt(len(returns))
    played, terminated, _ = roll_out(id, options, policy, 500, seed=3)
    spread = np.hypot(returns.std() / np.sqrt(2000), played.std() / np.sqrt(500))
    assert abs(returns.mean() - played.mean()) <= 6 * spread
    share = np.concatenate([demos.terminated, terminated]).mean()
    spread = np.sqrt(share * (1 - share) * (1 / 2000 + 1 / 500))
    assert abs(demos.terminated.mean() - terminated.mean()) <= 6 * spread


def test_counts_of_demonstrations_are_the_occupancy(world):
    _, mdp, policy, demos = world
    counts = demos.counts(mdp.horizon, mdp.n_states, mdp.n_actions)
    d = mdp.occupancy(policy)
    d[:, mdp.terminal] = 0  # a demonstration stops where it terminates
    n, level = len(demos), np.log(2 * d.size / 1e-9)
    bernstein = level / 3 + np.sqrt((level / 3) ** 2 + 2 * level * n * d * (1 - d))
    assert np.all(np.abs(counts - n * d) <= bernstein)
    assert not counts[d == 0].any()
