from __future__ import annotations

import io
import json
import pickle
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import assert_same, recordings, walks

from sims.datasets import InvalidDataset, Trajectories, read_imitation, write_imitation

WRITTEN_BY_IMITATION = Path(__file__).parent / "imitation-1.0.1"
LAYOUTS = ["folder", "archive.npz"]


def with_flags(batch, terminated, truncated):
    return Trajectories(batch.states, batch.actions, batch.rewards, terminated, truncated, batch.offsets)


@settings(max_examples=60, deadline=None)
@given(recordings(min_steps=1), st.sampled_from(LAYOUTS))
def test_the_infos_carry_both_flags_to_the_last_bit(batch, layout):
    batch = with_flags(batch, batch.terminated & ~batch.truncated, batch.truncated)
    with tempfile.TemporaryDirectory() as root:
        write_imitation(batch, Path(root) / layout, truncated_as="infos")
        assert_same(read_imitation(Path(root) / layout, terminal_as="infos"), batch)


@settings(max_examples=60, deadline=None)
@given(recordings(min_steps=1), st.sampled_from(LAYOUTS), st.sampled_from(["terminal", "unfinished"]))
def test_the_single_flag_says_what_the_caller_chose(batch, layout, truncated_as):
    never = np.zeros_like(batch.terminated)
    terminal = batch.terminated | (batch.truncated if truncated_as == "terminal" else never)
    with tempfile.TemporaryDirectory() as root:
        write_imitation(batch, Path(root) / layout, truncated_as=truncated_as)
        read = {
            meaning: read_imitation(Path(root) / layout, terminal_as=meaning) for meaning in ("terminated", "truncated")
        }
    assert_same(read["terminated"], with_flags(batch, terminal, never))
    assert_same(read["truncated"], with_flags(batch, never, terminal))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_needs_to_be_said_where_nothing_can_be_lost(tmp_path, layout):
    fragments = walks(terminated=[False, False], truncated=[False, False])
    write_imitation(fragments, tmp_path / layout)
    assert_same(read_imitation(tmp_path / layout), fragments)


@pytest.mark.parametrize(("terminal_as", "truncated"), [("truncated", [True, False]), ("terminated", [False, False])])
def test_a_folder_written_by_imitation_is_read(terminal_as, truncated):
    batch = read_imitation(WRITTEN_BY_IMITATION / "plain", terminal_as=terminal_as)
    assert batch.states.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [100, 101], [102, 103], [104, 105]]
    assert batch.states.dtype == np.float32 and batch.actions.tolist() == [0, 1, 0, 0, 1]
    assert batch.rewards.tolist() == [0.0, 0.25, 0.5, 0.0, 0.25] and batch.lengths.tolist() == [3, 2]
    assert batch.truncated.tolist() == truncated
    assert batch.terminated.tolist() == [not truncated[0], False]


def test_time_limits_in_the_infos_of_imitation_are_found():
    with pytest.raises(InvalidDataset, match=r"infos hold TimeLimit.truncated, terminal_observation, which"):
        read_imitation(WRITTEN_BY_IMITATION / "limits")
    with pytest.raises(InvalidDataset, match=r"infos hold terminal_observation, which Trajectories do not carry"):
        read_imitation(WRITTEN_BY_IMITATION / "limits", terminal_as="infos")
    batch = read_imitation(WRITTEN_BY_IMITATION / "limits", terminal_as="infos", drop_infos=True)
    assert batch.truncated.tolist() == [True, False] and batch.terminated.tolist() == [False, True]


def test_a_folder_has_the_schema_that_imitation_writes(tmp_path):
    batch = read_imitation(WRITTEN_BY_IMITATION / "plain", terminal_as="terminated")
    write_imitation(batch, tmp_path / "ours")

    def described(folder):
        with pa.OSFile(str(folder / "data-00000-of-00001.arrow")) as file:
            table = pa.ipc.open_stream(file).read_all()
        state = json.loads((folder / "state.json").read_text())
        features = json.loads((folder / "dataset_info.json").read_text())["features"]
        assert json.loads(table.schema.metadata[b"huggingface"]) == {"info": {"features": features}}
        # `List` is the name that datasets 4 gave to `Sequence`, which every version reads.
        renamed = json.loads(json.dumps(features).replace('"List"', '"Sequence"'))
        return table.select(sorted(table.column_names)).to_pydict(), state | {"_fingerprint": ""}, renamed

    assert described(tmp_path / "ours") == described(WRITTEN_BY_IMITATION / "plain")


def test_more_rows_than_a_batch_are_written(tmp_path):
    n = 2501
    states, actions = np.arange(2 * n).reshape(n, 2), np.arange(n).reshape(n, 1)
    batch = Trajectories.from_arrays(states, actions, actions / 2, np.ones(n, bool), np.zeros(n, bool))
    write_imitation(batch, tmp_path / "folder")
    assert_same(read_imitation(tmp_path / "folder", terminal_as="terminated"), batch)


def archive(**changed):
    """An archive as imitation 0.3 writes it, its infos pickled; `...` leaves an array out."""
    arrays = {
        "obs": np.arange(7.0),
        "acts": np.array([0, 1, 0, 0, 1]),
        "infos": np.full(5, {}),
        "terminal": np.array([True, False]),
        "indices": np.array([3]),
        "rews": np.arange(5) / 4,
    }
    stream = io.BytesIO()
    np.savez_compressed(stream, **{name: x for name, x in (arrays | changed).items() if x is not ...})
    return stream.getvalue()


def read_archive(path, content, **options):
    path.write_bytes(content)
    return read_imitation(path, **({"terminal_as": "terminated", "drop_infos": True} | options))


def test_an_archive_of_imitation_is_read_without_its_pickles(tmp_path):
    batch = read_archive(tmp_path / "x.npz", archive())
    assert batch.lengths.tolist() == [3, 2] and batch.terminated.tolist() == [True, False]
    assert batch[1].states.tolist() == [4.0, 5.0, 6.0] and batch[1].rewards.tolist() == [0.75, 1.0]
    assert read_archive(tmp_path / "x.npz", archive(rews=...)).rewards is None
    # The empty cumulative sum of a single trajectory is a float array.
    one = archive(obs=np.arange(6.0), terminal=np.array([True]), indices=np.cumsum([]))
    assert read_archive(tmp_path / "x.npz", one).lengths.tolist() == [5]


class Bomb:
    def __reduce__(self):
        return (open, ("exploded", "w"))


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bomb = np.array([Bomb()] * 7)
    for content in (
        archive(obs=bomb),
        archive(infos=bomb[:5]),
        archive(terminal=bomb[:2]),
        pickle.dumps([Bomb()]),
    ):
        for drop_infos in (False, True):
            if drop_infos and content == archive(infos=bomb[:5]):
                continue
            with pytest.raises(InvalidDataset, match="never loaded"):
                read_archive(tmp_path / "x.npz", content, drop_infos=drop_infos)
    read_archive(tmp_path / "x.npz", archive(infos=bomb[:5]))
    assert not (tmp_path / "exploded").exists()


def recompressed(content, change):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def flipped(content, position):
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, r"is not an .npz archive"),
        (archive()[:-30], {}, r"is not an .npz archive, but a pickle or a damaged file"),
        (flipped(archive(), 60), {}, r"is damaged"),
        (recompressed(archive(), lambda name, x: x[:-1]), {}, r"is damaged"),
        (archive(), {"drop_infos": False}, r"infos holds pickled Python objects.*\n.*drop_infos=True"),
        (archive(), {"terminal_as": "infos"}, r"infos holds pickled Python objects"),
        (
            archive(),
            {"terminal_as": None},
            r"1 of 2 trajectories are terminal: truly over, or cut by a time limit",
        ),
        (archive(), {"terminal_as": "done"}, r"terminal_as is 'done' \(should be one of"),
        (archive(obs=...), {}, r"has no array obs"),
        (archive(terminal=..., indices=...), {}, r"has no array indices, terminal"),
        (archive(acts=np.array(3)), {}, r"acts is a single number"),
        (
            archive(terminal=np.array([1, 0])),
            {},
            r"terminal is int64 of shape \(2,\) \(should be a bool a trajectory\)",
        ),
        (archive(terminal=np.array([[True], [False]])), {}, r"terminal is bool of shape \(2, 1\)"),
        (archive(terminal=np.zeros(0, bool)), {}, r"terminal is bool of shape \(0,\)"),
        (
            archive(indices=np.array([1, 3])),
            {},
            r"indices are 2 int64; 2 trajectories are split at 1 integers",
        ),
        (archive(indices=np.array([3.0])), {}, r"indices are 1 float64"),
        (archive(indices=np.array([0])), {}, r"trajectory 0 has 0 steps"),
        (archive(indices=np.array([9])), {}, r"trajectory 1 has -4 steps"),
        (archive(indices=np.array([-2])), {"terminal_as": "infos"}, r"pickled"),
        (archive(obs=np.arange(6.0)), {}, r"states have shape \(6,\); the offsets ask for 7"),
        (archive(rews=np.arange(4.0)), {}, r"rewards have shape \(4,\) \(should be \(5,\)"),
        (archive(rews=np.full(5, np.nan)), {}, r"rewards contain nan \(trajectory 0, step 0\)"),
        (
            archive(infos=np.full(4, "{}")),
            {"drop_infos": False},
            r"infos are <U2 of shape \(4,\) \(should be 5 JSON",
        ),
        (archive(infos=np.full(5, "{")), {"drop_infos": False}, r"the info '{' is not JSON"),
        (archive(infos=np.full(5, "[1]")), {"drop_infos": False}, r"the info '\[1\]' is not a JSON object"),
        (
            archive(infos=np.full(5, '{"a": 1}')),
            {"drop_infos": False},
            r"infos hold a, which Trajectories do not carry",
        ),
        (
            archive(infos=np.full(5, "{}")),
            {"terminal_as": "infos"},
            r"last info of 1 of 1 terminal trajectories has no bool",
        ),
        (
            archive(infos=np.full(5, '{"TimeLimit.truncated": 1}')),
            {"terminal_as": "infos"},
            r"last info of 1 of 1 terminal trajectories has no bool",
        ),
        (
            archive(infos=np.full(5, '{"TimeLimit.truncated": true}')),
            {"terminal_as": "infos"},
            r"TimeLimit.truncated is true at 4 steps that end no terminal trajectory",
        ),
    ],
)
def test_corrupt_archives_are_refused(tmp_path, content, options, message):
    with pytest.raises(InvalidDataset, match=message):
        read_archive(tmp_path / "x.npz", content, **options)


def rows(**changed):
    """Two rows of a folder's table; `...` leaves a column out."""
    columns = {
        "obs": [[0, 1, 2, 3], [4, 5]],
        "acts": [[0, 1, 0], [1]],
        "infos": [["{}"] * 3, ["{}"]],
        "terminal": [True, False],
        "rews": [[0.0, 0.5, 1.0], [0.25]],
    }
    return pa.table({name: x for name, x in (columns | changed).items() if x is not ...})


def stream(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def folder(path, *tables, state=None, **options):
    """Read a folder of these data files, each a table or the bytes of a file."""
    path.mkdir(exist_ok=True)
    names = [f"data-{i:05}.arrow" for i in range(len(tables))]
    for name, table in zip(names, tables, strict=True):
        (path / name).write_bytes(table if isinstance(table, bytes) else stream(table))
    files = {"_data_files": [{"filename": name} for name in names]}
    (path / "state.json").write_text(json.dumps(files | (state or {})))
    return read_imitation(path, **({"terminal_as": "terminated"} | options))


def test_a_dataset_in_several_files_is_read_in_order(tmp_path):
    assert folder(tmp_path / "x", rows(), rows()).states.tolist() == [0, 1, 2, 3, 4, 5] * 2
    assert folder(tmp_path / "x", rows(rews=...)).rewards is None
    null_infos = rows(infos=[["null"] * 3, ["{}"]])
    assert len(folder(tmp_path / "x", null_infos)) == 2


def test_wide_and_fixed_lists_are_read(tmp_path):
    wide = pa.array([[[0, 1]] * 4, [[2, 3]] * 2], pa.large_list(pa.large_list(pa.int16())))
    fixed = pa.array([[[0, 1]] * 4, [[2, 3]] * 2], pa.list_(pa.list_(pa.int16(), 2)))
    for obs in (wide, fixed):
        batch = folder(tmp_path / "x", rows(obs=obs))
        assert batch.states.dtype == np.int16 and batch.states.tolist() == [[0, 1]] * 4 + [[2, 3]] * 2


@pytest.mark.parametrize(
    ("tables", "options", "message"),
    [
        ([rows()], {"terminal_as": None}, r"1 of 2 trajectories are terminal"),
        ([rows(), rows(rews=...)], {}, r"the data files do not fit together"),
        ([rows(obs=...)], {}, r"has no column obs"),
        ([rows(infos=..., terminal=...)], {}, r"has no column infos, terminal"),
        ([rows().slice(0, 0)], {}, r"holds no trajectory"),
        ([stream(rows())[:-8]], {}, r"is cut short"),
        ([stream(rows())[:200]], {}, r"is damaged"),
        ([b"not arrow"], {}, r"is damaged"),
        ([rows(obs=[[0, 1, 2], [4, 5]])], {}, r"trajectory 0 has 3 obs and 3 acts"),
        ([rows(rews=[[0.0] * 3, []])], {}, r"trajectory 1 has 0 rews and 1 acts"),
        ([rows(infos=[["{}"] * 4, ["{}"]])], {}, r"trajectory 0 has 4 infos and 3 acts"),
        (
            [rows(obs=[[0], [1, 2]], acts=[[], [1]], infos=[[], ["{}"]], rews=[[], [1.0]])],
            {},
            r"trajectory 0 has 0 steps",
        ),
        ([rows(obs=[0, 1])], {}, r"obs is int64 \(should be a list\)"),
        ([rows(acts=[None, [1]])], {}, r"acts is null, 1 times"),
        ([rows(acts=[[0, None, 1], [1]])], {}, r"acts holds int64 with 1 nulls \(should be numbers"),
        (
            [rows(obs=[[[0], [1, 2], [3], [4]], [[5], [6]]])],
            {},
            r"obs has entries of lengths \[1, 2\], not of one shape",
        ),
        ([rows(obs=[[[0], None, [3], [4]], [[5], [6]]])], {}, r"an entry of obs is null, 1 times"),
        (
            [rows(obs=[[{"a": 1}] * 4, [{"a": 1}] * 2])],
            {},
            r"an entry of obs is struct<a: int64> \(should be a list\)",
        ),
        ([rows(obs=[["a"] * 4, ["b"] * 2])], {}, r"obs holds string"),
        ([rows(infos=[[1] * 3, [1]])], {}, r"infos holds int64 with 0 nulls \(should be texts"),
        ([rows(terminal=[1, 0])], {}, r"terminal is int64"),
        ([rows(terminal=[True, None])], {}, r"terminal is bool, 1 null"),
        ([rows(rews=[[0.0, np.inf, 1.0], [0.25]])], {}, r"rewards contain inf \(trajectory 0, step 1\)"),
        ([rows(acts=[[0, -1, 0], [1]])], {}, r"actions contain -1 \(trajectory 0, step 1\)"),
        (
            [rows()],
            {"state": {"_data_files": [{"filename": "../x.arrow"}]}},
            r"names '../x.arrow', which is not a file",
        ),
        (
            [rows()],
            {"state": {"_data_files": [{"filename": "y.arrow"}]}},
            r"names 'y.arrow', which is not a file",
        ),
        ([rows()], {"state": {"_data_files": []}}, r"names no data file"),
        ([rows()], {"state": {"_data_files": 3}}, r"state.json cannot be read"),
        (
            [rows()],
            {"state": {"_indices_data_files": [{"filename": "i"}]}},
            r"selects rows by an indices file",
        ),
    ],
)
def test_corrupt_folders_are_refused(tmp_path, tables, options, message):
    with pytest.raises(InvalidDataset, match=message):
        folder(tmp_path / "x", *tables, **options)


def test_folders_of_something_else_are_refused(tmp_path):
    with pytest.raises(InvalidDataset, match=r"has no state.json"):
        read_imitation(tmp_path)
    (tmp_path / "dataset_dict.json").write_text("{}")
    with pytest.raises(InvalidDataset, match=r"holds several splits"):
        read_imitation(tmp_path)
    with pytest.raises(InvalidDataset, match=r"nowhere does not exist"):
        read_imitation(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["data-00000-of-00001.arrow", "state.json", "x.npz"])
def test_a_file_cut_anywhere_is_refused(tmp_path, name):
    place = tmp_path / ("x.npz" if name == "x.npz" else "x")
    write_imitation(walks(), place, truncated_as="infos")
    file = place if place.is_file() else place / name
    whole = file.read_bytes()
    for length in [*range(0, len(whole), max(len(whole) // 100, 1)), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(InvalidDataset):
            read_imitation(place, terminal_as="infos")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("batch", "truncated_as", "message"),
    [
        (
            walks(),
            None,
            r"1 of 2 trajectories are truncated; imitation has one flag.\n  Say what becomes of them",
        ),
        (walks(), "dropped", r"truncated_as is 'dropped' \(should be one of"),
        (
            walks(truncated=(True, True)),
            "infos",
            r"1 of 2 trajectories are terminated and truncated, which TimeLimit",
        ),
        (walks(steps=0), "terminal", r"2 of 2 trajectories have no step: imitation refuses them"),
    ],
)
def test_what_imitation_cannot_hold_is_refused(tmp_path, layout, batch, truncated_as, message):
    with pytest.raises(InvalidDataset, match=message):
        write_imitation(batch, tmp_path / layout, truncated_as=truncated_as)
    assert not list(tmp_path.iterdir())


def test_moving_a_folder_keeps_it_whole(tmp_path):
    write_imitation(walks(), tmp_path / "here", truncated_as="infos")
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert_same(read_imitation(tmp_path / "there", terminal_as="infos"), walks())
