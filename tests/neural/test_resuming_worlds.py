"""Runs go on bit for bit in worlds that are stepped one copy at a time, whose episodes are lived through again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iltheory.learners.neural import (
    PPO,
    Fit,
    InvalidCheckpoint,
    SoftOptions,
    Trained,
    airl,
    behavioral_cloning,
    gail,
    infogail,
    iq_learn,
    stored,
)
from iltheory.learners.neural._copies import Apart, copies_of
from sims.datasets import Trajectories
from sims.environments import sampled_environment
from sims.sampled import SampledMDP, UniformPolicy

PLAY: Any = {"solver": PPO(copies=2, steps=20, epochs=1, batch_size=20), "fit": Fit(updates=2)}
LEARNERS: dict[str, Callable[..., Trained]] = {
    "gail": lambda *world, **options: gail(*world, **PLAY, **options),
    "airl": lambda *world, **options: airl(*world, **PLAY, **options),
    "infogail": lambda *world, **options: infogail(*world, codes=2, **PLAY, **options),
    "iq_learn": lambda *world, **options: iq_learn(
        *world, value_term="mixture", options=SoftOptions(exploration=1, batch_size=8), **options
    ),
}


def acrobot() -> SampledMDP:
    return sampled_environment("Acrobot-v1", horizon=30)


@pytest.fixture(scope="module")
def demos() -> Trajectories:
    return acrobot().roll(UniformPolicy(acrobot().spaces), 2, np.random.default_rng(0)).trajectories()


@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
def test_a_run_goes_on_amid_its_episodes(learner: Any, demos: Trajectories, tmp_path: Path) -> None:
    whole = learner(demos, acrobot(), updates=5, seed=0)
    learner(demos, acrobot(), updates=2, seed=0, folder=tmp_path)  # 20 steps a round: amid episodes of 30
    resumed = learner(demos, acrobot(), updates=5, seed=0, folder=tmp_path)
    for name, weight in whole.policy.weights.items():
        np.testing.assert_array_equal(weight, resumed.policy.weights[name])
    for name, scalars in whole.history.scalars.items():
        np.testing.assert_array_equal(scalars, resumed.history.scalars[name])


def test_actions_of_an_episode_are_one_array(demos: Trajectories, tmp_path: Path) -> None:
    assert isinstance(copies_of(acrobot(), 2, np.random.default_rng(0)), Apart)
    gail(demos, acrobot(), updates=2, seed=0, folder=tmp_path, **PLAY)
    card = json.loads((tmp_path / "checkpoints" / "000000002" / "checkpoint.json").read_text())
    assert [shape for name, shape in card["shapes"].items() if name.endswith("actions")] == [[10], [10]]


def _entries(entry: Any) -> Iterator[tuple[Any, Any]]:
    """Every mapping or list of a JSON value with each of its keys."""
    for key in entry if isinstance(entry, dict) else range(len(entry)) if isinstance(entry, list) else ():
        yield entry, key
        yield from _entries(entry[key])


def test_no_number_of_a_checkpoint_can_change_unseen(demos: Trajectories, tmp_path: Path) -> None:
    behavioral_cloning(demos, acrobot(), updates=2, seed=0, folder=tmp_path)
    description = tmp_path / "checkpoints" / "000000002" / "checkpoint.json"
    card = json.loads(description.read_text())
    places = [(entry, key) for entry, key in _entries(card) if isinstance(entry[key], int | float)]
    assert len(places) > 20  # seeds, states of generators, losses, shapes
    for entry, key in places:
        was, entry[key] = entry[key], entry[key] + 1
        description.write_text(json.dumps(card))
        entry[key] = was
        with pytest.raises(InvalidCheckpoint, match=r"checkpoint\.json is damaged"):
            behavioral_cloning(demos, acrobot(), updates=2, seed=0, folder=tmp_path)
    description.write_text(json.dumps(card))
    behavioral_cloning(demos, acrobot(), updates=3, seed=0, folder=tmp_path)


def test_a_damaged_checkpoint_says_where_the_run_goes_on(demos: Trajectories, tmp_path: Path) -> None:
    def train(updates: int = 3) -> Trained:
        return behavioral_cloning(demos, acrobot(), updates=updates, seed=0, folder=tmp_path, save_every=1)

    for updates in (2, 3):
        whole = train(updates)
    first, last = (tmp_path / "checkpoints" / f"{update:09d}" for update in (2, 3))
    (last / "checkpoint.json").unlink()
    with pytest.raises(
        InvalidCheckpoint, match=rf"000000003/checkpoint.json does not exist.*\n.*goes on from the one before, {first}"
    ):
        train()
    shutil.rmtree(last)
    for name, weight in train().policy.weights.items():
        np.testing.assert_array_equal(weight, whole.policy.weights[name])
    shutil.rmtree(first)
    (last / "checkpoint.safetensors").write_bytes(b"")
    with pytest.raises(InvalidCheckpoint, match=r"safetensors is damaged: .*\n.*and the run starts anew"):
        train()
    shutil.rmtree(last)
    for name, weight in train().policy.weights.items():
        np.testing.assert_array_equal(weight, whole.policy.weights[name])


@pytest.mark.parametrize("array", [np.array(3), np.zeros((2, 0)), np.arange(6.0).reshape(2, 3).T])
def test_arrays_keep_their_shapes(array: Any, tmp_path: Path) -> None:
    stored.write(tmp_path / "x", "x", {"a": array}, {"kind": "test"})
    back = stored.read(tmp_path / "x", "x", "test", mend="")[0]["a"]
    assert back.shape == array.shape and back.dtype == array.dtype and np.array_equal(back, array)
