"""Each thing that is no table is refused with its name and a way out."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.toy_text import FrozenLakeEnv
from tables import TableEnv

import sims
from sims.environments import InvalidEnvironment, gymnasium_table, read_gymnasium
from sims.errors import IltheoryError
from sims.tabular import InvalidModel

END = {0: [(1.0, 1, 0, True)]}


def refused(match, env, **options):
    with pytest.raises(InvalidEnvironment, match=match) as caught:
        gymnasium_table(env, **options)
    assert isinstance(caught.value, IltheoryError)


@pytest.mark.parametrize(
    ("id", "options", "match"),
    [
        ("FrozenLak-v1", {}, r"no 'FrozenLak-v1'.\n  Did you mean 'FrozenLake-v1'"),
        ("FrozenLake-v7", {}, r"Did you mean 'FrozenLake-v1'"),
        ("CliffWalkin-v0", {}, r"Did you mean 'CliffWalking-v1'"),
        ("nowhere/Nothing-v0", {}, r"no 'nowhere/Nothing-v0'.\n  Import the package that registers it"),
        ("no_such_module:Thing-v0", {}, r"ModuleNotFoundError"),
        ("", {}, r"gymnasium.make\(''.*Malformed environment ID"),
        (
            "FrozenLake-v1",
            {"map_name": "5x5"},
            r"make\('FrozenLake-v1', {'map_name': '5x5'}\) failed: KeyError: '5x5'",
        ),
        ("FrozenLake-v1", {"slippery": True}, r"unexpected keyword argument 'slippery'"),
        ("FrozenLake-v1", {"success_rate": 1.5}, r"P\[0\]\[0\] contains the negative probability -0.25"),
        (
            "FrozenLake-v1",
            {"success_rate": 0.123456789},
            r"P\[0\]\[0\] sums to 1 - 1.39e-17 .* use normalize=True",
        ),
        ("FrozenLake-v1", {"reward_schedule": (np.inf, 0, 0)}, r"P\[14\]\[1\]\[2\]\[2\] is inf"),
        (
            "CliffWalking-v1",
            {},
            r"CliffWalking-v1 registers no max_episode_steps: give horizon=H or discount=gamma",
        ),
        ("Blackjack-v1", {}, r"BlackjackEnv has no table to read: no attribute P"),
        ("CartPole-v1", {}, r"CartPoleEnv has no table to read"),
        ("Taxi-v4", {"fickle_passenger": True, "fickle_probability": 1.5}, r"fickle_probability is 1.5"),
    ],
)
def test_ids_and_options(id, options, match):
    refused("(?s)" + match, id, **options)


@pytest.mark.filterwarnings("ignore:.*Taxi-v3 is out of date")
def test_the_taxi_that_gymnasium_withdrew():
    refused(r"has no 'Taxi-v3'.\n  Did you mean 'Taxi-v4'", "Taxi-v3")


@pytest.mark.parametrize(
    ("P", "match"),
    [
        (
            {0: {0: [(0.5, 0, 0, False), (0.47, 1, 0, True)]}, 1: END},
            r"P\[0\]\[0\] sums to 0.97 \(should be 1\)",
        ),
        ({0: END, 1: {0: [(1.0, 1, 0, True), (1e-12, 0, 0, True)]}}, r"P\[1\]\[0\] sums to 1 \+ 1e-12"),
        ({0: {0: [(1e-17, 0, 0, False), (1.0, 1, 0, True)]}, 1: END}, r"P\[0\]\[0\] sums to 1 \+ 1e-17"),
        ({0: {0: [(1.5, 0, 0, False), (-0.5, 1, 0, True)]}, 1: END}, r"P\[0\]\[0\] contains .* -0.5"),
        ({0: {0: [(float("nan"), 0, 0, False)]}, 1: END}, r"P\[0\]\[0\]\[0\]\[0\] is nan"),
        ({0: {0: [("1", 0, 0, False)]}, 1: END}, r"P\[0\]\[0\]\[0\]\[0\] is '1', not a number"),
        ({0: {0: [(1.0, 2, 0, False)]}, 1: END}, r"P\[0\]\[0\]\[0\] leads to 2, .* no state of 0\.\.1"),
        ({0: {0: [(1.0, -1, 0, False)]}, 1: END}, r"leads to -1"),
        ({0: {0: [(1.0, 0.0, 0, False)]}, 1: END}, r"leads to 0.0"),
        ({0: {0: [(1.0, 1, np.nan, False)]}, 1: END}, r"P\[0\]\[0\]\[0\]\[2\] is nan"),
        ({0: {0: [(1.0, 1, None, False)]}, 1: END}, r"\[2\] is None, not a number"),
        ({0: {0: [(1.0, 1, 0, 2)]}, 1: END}, r"has done = 2"),
        (
            {0: {0: [(1.0, 1, 0)]}, 1: END},
            r"P\[0\]\[0\]\[0\] is \(1.0, 1, 0\), not \(probability, next state",
        ),
        ({0: {0: [1.0]}, 1: END}, r"P\[0\]\[0\]\[0\] is 1.0, not"),
        ({0: {0: []}, 1: END}, r"P\[0\]\[0\] has no outcomes"),
        ({0: {0: None}, 1: END}, r"P\[0\]\[0\] must be indexed by outcomes 0, 1, 2, ...; it is None"),
        ({0: {1: END[0]}, 1: END}, r"P\[0\] must be indexed by actions 0, 1, 2"),
        ({0: END, 1: {0: END[0], 1: END[0]}}, r"P\[1\] has 2 actions, but P\[0\] has 1"),
        (np.full((2, 1, 2), 0.5), r"P\[0\]\[0\]\[0\] is np.float64\(0.5\), not"),
    ],
)
def test_malformed_tables(P, match):
    refused(match, TableEnv(P, [1.0, 0.0]), horizon=1)


@pytest.mark.parametrize(
    ("start", "name", "match"),
    [
        ([0.5, 0.2], "isd", r"isd sums to 0.7 \(should be 1\)"),
        ([1.0], "initial_state_distrib", r"initial_state_distrib has 1 entries, but P has 2 states"),
        ([2.0, -1.0], "isd", r"isd contains the negative probability -1"),
        ([np.nan, 1.0], "isd", r"isd\[0\] is nan"),
        (
            [1.0, 0.0],
            "start_distribution",
            r"no law of the first state: neither initial_state_distrib nor isd",
        ),
    ],
)
def test_malformed_starts(start, name, match):
    refused(match, TableEnv({0: END, 1: END}, start, start_name=name), horizon=1)


def test_spaces_of_another_size():
    env = TableEnv({0: END, 1: END}, [1, 0])
    env.observation_space = gymnasium.spaces.Discrete(3)
    refused("observation_space has 3 elements, but P has 2", env, horizon=1)
    env.observation_space, env.action_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(4)
    refused("action_space has 4 elements, but P has 1", env, horizon=1)


def test_states_with_other_keys():
    env = TableEnv({0: END, 1: END}, [1, 0])
    env.P = {"a": END, "b": END}
    refused("P must be indexed by states 0, 1, 2, ...; it is {'a'", env, horizon=1)


def test_nothing_to_normalize():
    env = TableEnv({0: {0: [(0.0, 0, 0, False)]}, 1: END}, [1, 0])
    refused(r"P\[0\]\[0\] sums to 0 ", env, horizon=1, normalize=True)


@pytest.mark.parametrize("thing", [3, None, {"P": {}}, FrozenLakeEnv])
def test_things_that_are_no_environment(thing):
    refused("neither a gymnasium.Env nor the id of one", thing)


def test_options_for_an_environment_already_made():
    refused("map_name: options of gymnasium.make", gymnasium.make("FrozenLake-v1"), map_name="8x8")


def test_wrappers_that_change_what_the_table_says():
    env = gymnasium.wrappers.TransformReward(gymnasium.make("FrozenLake-v1"), lambda r: 2 * r)
    refused(r"the wrapper TransformReward may change what the table says.\n  Pass env.unwrapped", env)
    assert gymnasium_table(env.unwrapped, horizon=3).horizon == 3
    refused("FrozenLakeEnv registers no max_episode_steps", FrozenLakeEnv())


@pytest.mark.parametrize(
    "end", [{"horizon": 0}, {"horizon": 2.5}, {"discount": 1}, {"horizon": 3, "discount": Fraction(1, 2)}]
)
def test_ends_out_of_range(end):
    with pytest.raises(InvalidModel):
        read_gymnasium("FrozenLake-v1", **end)


def test_gymnasium_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    refused(r"gymnasium is not installed.\n  pip install 'iltheory\[envs\]'", "FrozenLake-v1")


def test_importing_the_room_does_not_import_gymnasium():
    code = "import sims, sims.environments, sys; sys.exit('gymnasium' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(sims.__file__).parents[1])
