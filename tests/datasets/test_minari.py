from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from recordings import assert_same, recordings, walks

from sims.datasets import InvalidDataset, Trajectories, read_minari, write_minari


def sizes(batch):
    """The arguments `n_states` and `n_actions` that this recording asks for."""
    named = {"n_states": batch.states, "n_actions": batch.actions}
    return {name: 101 for name, array in named.items() if array.ndim == 1 and array.dtype.kind in "iu"}


def write(batch, path, **options):
    write_minari(batch, path, dataset_id="toy-v0", **sizes(batch), **options)


def can_end(batch):
    """Minari keeps the flags at steps: without a step, no flag."""
    over = (batch.lengths > 0) & (batch.terminated | batch.truncated)
    return Trajectories(
        states=batch.states,
        actions=batch.actions,
        rewards=batch.rewards,
        terminated=batch.terminated & over,
        truncated=batch.truncated & over,
        offsets=batch.offsets,
    )


@settings(max_examples=60)
@given(recordings(rewards=True).map(can_end))
def test_what_is_written_is_read_back_to_the_last_bit(batch):
    with tempfile.TemporaryDirectory() as root:
        write(batch, Path(root) / "toy-v0")
        assert_same(read_minari(Path(root) / "toy-v0"), batch)


@pytest.fixture
def minari(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    return pytest.importorskip("minari")


@settings(max_examples=20)
@given(batch=recordings(rewards=True, min_steps=1))
def test_minari_reads_what_we_write(batch):
    minari = pytest.importorskip("minari")
    with tempfile.TemporaryDirectory() as root:
        write(batch, Path(root) / "toy-v0")
        dataset = minari.MinariDataset(Path(root) / "toy-v0" / "data")
        assert (dataset.total_episodes, dataset.total_steps) == (len(batch), len(batch.actions))
        for ours, theirs in zip(batch, dataset, strict=True):
            last = np.arange(1, len(theirs) + 1) == len(theirs)
            for x, y in [
                (ours.states, theirs.observations),
                (ours.actions, theirs.actions),
                (ours.rewards, theirs.rewards),
                (last & ours.terminated, theirs.terminations),
                (last & ours.truncated, theirs.truncations),
            ]:
                assert x.dtype == y.dtype and x.tobytes() == y.tobytes()
            assert "infos" in repr(theirs)
        for space, array in (dataset.observation_space, batch.states), (dataset.action_space, batch.actions):
            first = array[0]
            assert space.contains(int(first) if type(space).__name__ == "Discrete" else np.asarray(first))


def test_minari_finds_the_dataset_by_its_id(minari, tmp_path):
    write_minari(walks(), tmp_path / "iltheory/walk-v3", dataset_id="iltheory/walk-v3", n_states=9, n_actions=2)
    dataset = minari.load_dataset("iltheory/walk-v3")
    assert dataset.spec.observation_space.n == 9 and dataset.spec.action_space.n == 2
    assert list(minari.list_local_datasets()) == ["iltheory/walk-v3"]
    assert dataset.spec.version == 3 and dataset.spec.namespace == "iltheory"


@pytest.mark.parametrize("discrete", [True, False])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_we_read_what_minari_writes(minari, tmp_path, discrete):
    from gymnasium.spaces import Box, Discrete
    from minari.data_collector import EpisodeBuffer

    rng = np.random.default_rng(0)
    observations = Discrete(5) if discrete else Box(-1, 1, (2, 3), np.float32)
    episodes = []
    for seed, (steps, terminated, truncated) in enumerate([(3, True, False), (5, False, True), (1, True, True)]):
        last = np.arange(1, steps + 1) == steps
        episodes.append(
            EpisodeBuffer(
                seed=seed,
                observations=[observations.sample() for _ in range(steps + 1)],
                actions=list(rng.integers(2, size=steps)),
                rewards=list(rng.random(steps)),
                terminations=list(last & terminated),
                truncations=list(last & truncated),
                infos={} if discrete else {"height": list(rng.random(steps + 1))},
            )
        )
    minari.create_dataset_from_buffers("made/by-v0", episodes, observation_space=observations, action_space=Discrete(2))
    if not discrete:
        with pytest.raises(InvalidDataset, match="infos hold height, which Trajectories do not carry"):
            read_minari(tmp_path / "made/by-v0")
    batch = read_minari(tmp_path / "made/by-v0", drop_infos=not discrete)
    assert batch.terminated.tolist() == [True, False, True] and batch.truncated.tolist() == [
        False,
        True,
        True,
    ]
    for trajectory, episode in zip(batch, episodes, strict=True):
        assert (trajectory.states == np.array(episode.observations)).all()
        assert trajectory.actions.tolist() == episode.actions and trajectory.rewards.tolist() == episode.rewards


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_images_are_written_without_loss_and_jpeg_is_refused(minari, tmp_path):
    from gymnasium.spaces import Box, Discrete
    from minari.data_collector import EpisodeBuffer

    images = np.random.default_rng(0).integers(256, size=(3, 32, 40, 3), dtype=np.uint8)
    batch = Trajectories(images, np.array([0, 1]), np.zeros(2), np.array([True]), np.array([False]), np.array([0, 2]))
    write_minari(batch, tmp_path / "raw-v0", dataset_id="raw-v0", n_actions=2)
    assert (minari.load_dataset("raw-v0")[0].observations == images).all()
    assert_same(read_minari(tmp_path / "raw-v0"), batch)

    episode = EpisodeBuffer(
        observations=list(images),
        actions=[0, 1],
        rewards=[0.0, 0.0],
        terminations=[False, True],
        truncations=[False] * 2,
    )
    space = Box(0, 255, images.shape[1:], np.uint8)
    minari.create_dataset_from_buffers("jpeg-v0", [episode], observation_space=space, action_space=Discrete(2))
    with pytest.raises(InvalidDataset, match="observation_space is of images kept as JPEG"):
        read_minari(tmp_path / "jpeg-v0")


@pytest.mark.parametrize(
    ("batch", "options", "message"),
    [
        (
            walks(),
            {"n_states": None},
            r"n_states is None, and states are indices up to 3: give n_states >= 4",
        ),
        (walks(), {"n_states": 3}, r"give n_states >= 4"),
        (walks(), {"n_actions": None}, r"n_actions is None"),
        (walks(), {"dataset_id": "walk"}, r"dataset_id is 'walk' \(should be like 'name-v0'"),
        (walks(), {"dataset_id": "../walk-v0"}, r"dataset_id is '../walk-v0'"),
        (
            Trajectories.from_arrays(np.zeros((1, 2, 3)), np.zeros((1, 1), int), [[0]], [True], [False]),
            {},
            r"n_states is 4, but states are float64\[3\], not indices",
        ),
        (Trajectories.from_arrays([[0, 1]], [[0]], None, [True], [False]), {}, r"rewards were not recorded"),
        (walks(steps=0), {}, r"2 of 2 trajectories are over before their first step"),
    ],
)
def test_what_minari_cannot_hold_is_refused(tmp_path, batch, options, message):
    complete = {"dataset_id": "walk-v0", "n_states": 4, "n_actions": 2} | options
    with pytest.raises(InvalidDataset, match=message):
        write_minari(batch, tmp_path / "walk-v0", **complete)
    assert not list(tmp_path.iterdir())


def metadata(**changed):
    def damage(folder):
        path = folder / "data/metadata.json"
        merged = json.loads(path.read_text()) | changed
        path.write_text(json.dumps({name: value for name, value in merged.items() if value is not ...}))

    return damage


def space(**entries):
    return metadata(observation_space=json.dumps(entries))


def hdf5(change):
    def damage(folder):
        with h5py.File(folder / "data/main_data.hdf5", "a") as file:
            change(file)

    return damage


def entry(name, values):
    def change(file):
        del file[name]
        file[name] = values

    return hdf5(change)


def rewrite(name, content):
    return lambda folder: (folder / "data" / name).write_bytes(content)


def remove(*names):
    def change(file):
        for name in names:
            del file[name]

    return hdf5(change)


def as_group(file):
    del file["episode_0/observations"]
    file["episode_0/observations/x"] = [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, r"metadata.json does not exist.\n  Give the dataset's folder"),
        (lambda f: (f / "data/main_data.hdf5").unlink(), r"main_data.hdf5 does not exist"),
        (rewrite("metadata.json", b'{"total'), r"metadata.json cannot be read"),
        (rewrite("metadata.json", b"\xff\xfe"), r"metadata.json cannot be read"),
        (rewrite("metadata.json", b"[1]"), r"holds a list, not the metadata"),
        (metadata(minari_version="9.0.0"), r"minari_version is '9.0.0'; readable are 0.4.0"),
        (metadata(minari_version=...), r"minari_version is None"),
        (metadata(data_format="arrow"), r"data_format is 'arrow'; only 'hdf5' is read"),
        (metadata(total_steps="6"), r"total_steps is '6' \(should be an integer\)"),
        (metadata(total_steps=7), r"holds 6 steps, the metadata speak of 7"),
        (metadata(total_episodes=3), r"holds 2 episodes, the metadata speak of 3"),
        (metadata(total_episodes=10**15), r"the metadata speak of 1000000000000000"),
        (
            metadata(observation_space="Discrete(4)"),
            r"observation_space is 'Discrete\(4\)', which is no space",
        ),
        (metadata(observation_space="3"), r"which is no space"),
        (space(type="Dict", subspaces={}), r"observation_space is a Dict: Trajectories carry a single array"),
        (space(type="Discrete", start=0, n=3), r"observations run from 0 to 3, outside their space 0..2"),
        (space(type="Discrete", start=1, n=9), r"outside their space 1..9"),
        (space(type="Discrete", n=9), r"which is no space: KeyError\('start'\)"),
        (remove("episode_0"), r"holds 1 episodes, the metadata speak of 2"),
        (
            hdf5(lambda f: f.move("episode_0", "episode_7")),
            r"holds 2 groups, but episode_0 is not one of them",
        ),
        (entry("episode_1", 3), r"episode_1: observations is missing"),
        (remove("episode_1/actions"), r"episode_1: actions is missing"),
        (remove("episode_0/truncations"), r"episode_0: truncations is missing"),
        (hdf5(as_group), r"observations is not a single array"),
        (entry("episode_0/rewards", 1.0), r"rewards is not a single array"),
        (entry("episode_0/observations", [0, 1, 2]), r"observations has 3 entries; 3 rewards ask for 4"),
        (entry("episode_0/actions", [0, 1]), r"actions has 2 entries; 3 rewards ask for 3"),
        (entry("episode_0/rewards", [[0.0]] * 3), r"rewards has shape \(3, 1\)"),
        (entry("episode_0/rewards", [0.0, np.nan, 1.0]), r"rewards contain nan \(trajectory 0, step 1\)"),
        (entry("episode_1/actions", [0, -1, 1]), r"actions contain -1 \(trajectory 1, step 1\)"),
        (
            entry("episode_1/actions", [0.0, 1.0, 1.0]),
            r"actions of episode_1 are float64, of episode_0 int64",
        ),
        (entry("episode_0/actions", ["a", "b", "c"]), r"actions of episode_1 are int64, of episode_0 object"),
        (
            entry("episode_0/terminations", [True, False, True]),
            r"terminations of episode_0 is true at step 0 of 3",
        ),
        (
            entry("episode_1/truncations", [False, True, True]),
            r"truncations of episode_1 is true at step 1 of 3",
        ),
        (entry("episode_1/truncations", [0, 0, 2]), r"truncations of episode_1 are int64, not all 0 or 1"),
        (entry("episode_1/truncations", [0.0, 0.0, 1.0]), r"truncations of episode_1 are float64"),
        (hdf5(lambda f: f.create_dataset("episode_1/infos/x", data=[1])), r"episode_1: infos hold x"),
    ],
)
def test_corrupt_datasets_are_refused(tmp_path, damage, message):
    write(walks(), tmp_path / "toy-v0")
    damage(tmp_path / "toy-v0")
    with pytest.raises(InvalidDataset, match=message):
        read_minari(tmp_path / "toy-v0")


def test_a_dataset_of_no_episode_is_refused(tmp_path):
    write(walks(), tmp_path / "toy-v0")
    remove("episode_0", "episode_1")(tmp_path / "toy-v0")
    metadata(total_episodes=0, total_steps=0)(tmp_path / "toy-v0")
    with pytest.raises(InvalidDataset, match="holds no episode"):
        read_minari(tmp_path / "toy-v0")


@pytest.mark.parametrize("name", ["main_data.hdf5", "metadata.json"])
def test_a_file_cut_anywhere_is_refused(tmp_path, name):
    write(walks(), tmp_path / "toy-v0")
    file = tmp_path / "toy-v0/data" / name
    whole = file.read_bytes()
    for length in [*range(0, len(whole), max(len(whole) // 60, 1)), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(InvalidDataset):
            read_minari(tmp_path / "toy-v0")


def test_integer_flags_of_other_writers_are_read(tmp_path):
    write(walks(), tmp_path / "toy-v0")
    entry("episode_0/terminations", [0, 0, 1])(tmp_path / "toy-v0")
    assert_same(read_minari(tmp_path / "toy-v0"), walks())


def test_a_space_left_to_its_environment_is_not_checked(tmp_path):
    write(walks(), tmp_path / "toy-v0")
    metadata(observation_space=...)(tmp_path / "toy-v0")
    assert_same(read_minari(tmp_path / "toy-v0"), walks())


def test_the_description_is_kept(tmp_path):
    write(walks(), tmp_path / "toy-v0", description="two walks")
    assert json.loads((tmp_path / "toy-v0/data/metadata.json").read_text())["description"] == "two walks"
