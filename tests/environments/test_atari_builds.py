"""Builds that are interrupted, killed or refused by the disk go on to the same bytes; bad input is one clear error."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from iltheory.cli import main
from sims.environments import atari
from sims.environments.atari import expansion, workers
from sims.environments.atari.layers import Layer, bounds
from sims.environments.atari.work import folder_of
from sims.errors import IltheoryError, InvalidArgument

OPTIONS = {"horizon": 7, "frame_skip": 12, "start": ["UP"] * 11}
"""Freeway: 109 states in seven layers."""


def build(path, *, processes, **options):
    """The source of a program that builds a table, for a process of its own."""
    chosen = {**OPTIONS, **options}
    call = f"atari.tabulate('freeway', path={str(path)!r}, **{chosen!r}, processes={processes})"
    return f"from sims.environments import atari; {call}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "table.npz"
    atari.tabulate("freeway", path=path, processes=1, **OPTIONS)
    return path


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_build_goes_on_to_the_same_bytes(whole, tmp_path, processes):
    path = tmp_path / "table.npz"
    folder = folder_of(path)
    process = subprocess.Popen([sys.executable, "-c", build(path, processes=processes)])
    limit = time.monotonic() + 100
    while not Layer(folder, 1).expanded and time.monotonic() < limit:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not path.exists()
    atari.tabulate("freeway", path=path, processes=1, **OPTIONS)
    assert path.read_bytes() == whole.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["table.npz"]


def test_finished_chunks_are_not_expanded_again(whole, tmp_path, monkeypatch):
    path, done = tmp_path / "table.npz", []
    expand = expansion.expand

    def interrupted(emulator, spec, folder, step, index):
        if len(done) == 5:
            raise KeyboardInterrupt
        expand(emulator, spec, folder, step, index)
        done.append((step, index))

    monkeypatch.setattr(expansion, "expand", interrupted)
    with pytest.raises(KeyboardInterrupt):
        atari.tabulate("freeway", path=path, processes=1, **OPTIONS)
    first = list(done)
    monkeypatch.setattr(expansion, "expand", lambda *job: (expand(*job), done.append(job[-2:])))
    table = atari.tabulate("freeway", path=path, processes=1, **OPTIONS)
    assert path.read_bytes() == whole.read_bytes()
    assert len(set(done)) == len(done) == sum(len(bounds(n)) for n in np.diff(table.layers))
    assert first == done[:5]


def test_workers_end_with_the_process_that_started_them(tmp_path):
    path = tmp_path / "table.npz"
    process = subprocess.Popen([sys.executable, "-c", build(path, processes=2, horizon=30)])
    limit = time.monotonic() + 100
    while not Layer(folder_of(path), 3).exists and time.monotonic() < limit:
        time.sleep(0.01)
    process.kill()
    process.wait()
    name = str(folder_of(path)).encode()
    while time.monotonic() < limit:
        left = [pid for pid in os.listdir("/proc") if pid.isdigit() and name in _arguments(pid)]
        if not left:
            return
        time.sleep(0.1)
    raise AssertionError(f"{left} are still there")


def _arguments(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_worker_that_dies_is_one_error_and_the_same_call_goes_on(whole, tmp_path, monkeypatch):
    path = tmp_path / "table.npz"
    expand = workers.Worker.expand

    def dying(self, step, index):
        if step == 4:
            self.process.kill()
            self.process.wait()
        return expand(self, step, index)

    monkeypatch.setattr(workers.Worker, "expand", dying)
    with pytest.raises(atari.BuildFailed, match=r"step 4 .* the process died \(exit status -9\)"):
        atari.tabulate("freeway", path=path, processes=2, **OPTIONS)
    monkeypatch.undo()
    atari.tabulate("freeway", path=path, processes=2, **OPTIONS)
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_full_disk_is_one_error_and_the_same_call_goes_on(whole, tmp_path, processes):
    path = tmp_path / "table.npz"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (120_000,) * 2)"
    limited = f"{limit}; {build(path, processes=processes)}"
    run = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, timeout=100)
    assert run.returncode == 1
    *_, last, advice = run.stderr.strip().splitlines()
    assert "BuildFailed" in last and "File too large" in last
    assert "What was finished is kept" in advice
    assert Layer(folder_of(path), 1).expanded
    atari.tabulate("freeway", path=path, processes=1, **OPTIONS)
    assert path.read_bytes() == whole.read_bytes()


def test_a_table_that_is_there_is_not_built_again(whole, monkeypatch):
    monkeypatch.setattr(expansion, "expand", None)
    table = atari.tabulate("Freeway", path=whole, processes=1, **OPTIONS)
    assert table.n_states == 109


def test_a_file_of_another_table_is_left_alone(whole, tmp_path):
    before = whole.read_bytes()
    with pytest.raises(atari.InvalidTable, match=r"horizon=7 and not 6, frame_skip=12 and not 30") as caught:
        atari.tabulate("freeway", horizon=6, path=whole, start=["UP"] * 11)
    assert "start" not in str(caught.value)
    assert whole.read_bytes() == before
    with pytest.raises(atari.InvalidTable, match="is of"):
        atari.tabulate("pong", horizon=6, path=whole)
    folder = tmp_path / "notes.npz.unfinished"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(atari.InvalidTable, match="in the way"):
        atari.tabulate("freeway", horizon=6, path=tmp_path / "notes.npz")
    assert (folder / "diary.txt").read_text() == "mine"


def test_a_budget_of_states_says_what_fits_and_keeps_what_is_there(whole, tmp_path):
    path = tmp_path / "table.npz"
    with pytest.raises(atari.TooManyStates, match=r"max_states=40.*\n.*horizon=\d has \d+ states and fits") as caught:
        atari.tabulate("freeway", path=path, processes=1, max_states=40, **OPTIONS)
    fits = int(str(caught.value).split("horizon=")[1].split()[0])
    layers = atari.load(whole).layers
    assert layers[fits] <= 40 < layers[fits + 1]
    atari.tabulate("freeway", path=path, processes=1, **OPTIONS)
    assert path.read_bytes() == whole.read_bytes()


BAD = [
    ({"game": "pog"}, atari.InvalidGame, ["'pog'", "Did you mean", "pong"]),
    ({"game": "no such game at all"}, atari.InvalidGame, ["get_all_rom_ids"]),
    ({"game": None}, atari.InvalidGame, ["None"]),
    ({"horizon": 0}, InvalidArgument, ["horizon=0", "at least 1"]),
    ({"horizon": 2.0}, InvalidArgument, ["horizon=2.0", "integer"]),
    ({"frame_skip": True}, InvalidArgument, ["frame_skip=True"]),
    ({"actions": "all"}, InvalidArgument, ["actions='all'", "minimal"]),
    ({"sticky": 1}, InvalidArgument, ["sticky=1", "below 1"]),
    ({"sticky": float("nan")}, InvalidArgument, ["sticky=nan"]),
    ({"sticky": -0.25}, InvalidArgument, ["sticky=-0.25"]),
    ({"start": "FIRE"}, InvalidArgument, ["start='FIRE'", "list of names"]),
    ({"start": ["JUMP"]}, atari.InvalidGame, ["start", "'JUMP'", "NOOP"]),
    ({"game": "breakout", "start": ["FIRE"] * 20}, atari.InvalidGame, ["over before the first decision"]),
    ({"processes": 0}, InvalidArgument, ["processes=0"]),
    ({"max_states": -1}, InvalidArgument, ["max_states=-1"]),
]


@pytest.mark.parametrize(("options", "error", "words"), BAD, ids=[str(row[0])[:40] for row in BAD])
def test_bad_options_are_named(options, error, words):
    with pytest.raises(error) as caught:
        atari.tabulate(**({"game": "freeway", "horizon": 2} | options))
    assert isinstance(caught.value, IltheoryError)
    assert all(word in str(caught.value) for word in words)


def test_a_missing_ale_is_one_line_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "ale_py", None)
    with pytest.raises(IltheoryError) as caught:
        atari.tabulate("pong", horizon=2)
    assert str(caught.value) == "ale-py is not installed: pip install 'iltheory[envs]'"


def test_a_missing_or_damaged_rom_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ALE_ROMS_DIR", str(tmp_path))
    with pytest.raises(atari.InvalidGame, match="ROM of pong is missing or damaged"):
        atari.tabulate("pong", horizon=2)
    (tmp_path / "pong.bin").write_bytes(b"not a game")
    with pytest.raises(atari.InvalidGame, match="ROM of pong is missing or damaged"):
        atari.tabulate("pong", horizon=2)


# Files.


def _changed(path, target, **changes):
    with np.load(path) as archive:
        arrays = dict(archive)
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    np.savez(target, **arrays)
    return target


def _set(index, value):
    def change(x):
        x[index] = value
        return x

    return change


def test_damaged_and_foreign_files_are_refused(whole, tmp_path):
    data, target = whole.read_bytes(), tmp_path / "x.npz"

    def refused(*words):
        with pytest.raises(atari.InvalidTable) as caught:
            atari.load(target)
        assert "x.npz" in str(caught.value) and "load it" not in str(caught.value)
        assert all(word in str(caught.value) for word in words)

    refused("is no file, and none", "pong")
    for damaged in (b"", data[: len(data) // 2], b"\x80\x04N."):
        target.write_bytes(damaged)
        refused()
    for position in np.random.default_rng(0).integers(200, len(data) - 2000, size=20):
        target.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        try:
            atari.load(target)
        except atari.InvalidTable:
            continue
        assert np.array_equal(atari.load(target).next_state, atari.load(whole).next_state)
    np.savez(target, obs=np.zeros(3))
    refused("it has no header")
    np.save(tmp_path / "single.npy", np.zeros(3))
    shutil.move(tmp_path / "single.npy", target)
    refused("is no archive of arrays")
    target.write_text("Some text.")
    refused("is no archive of arrays")
    np.savez(target, **{**dict(np.load(whole)), "next_state": np.array([{}])})
    refused("pickled objects, which are never read")
    _changed(whole, target, next_state=_set((0, 0, 0), 40))
    refused("leads to none of the next step")
    _changed(whole, target, next_state=lambda x: x[:-1])
    refused("rewards", "shape")
    _changed(whole, target, rewards=lambda x: x.astype(float))
    refused("float64")
    _changed(whole, target, layers=_set(2, 1))
    refused("leads to none")
    _changed(whole, target, header=lambda x: np.frombuffer(bytes(x).replace(b"table/1", b"table/9"), dtype=np.uint8))
    refused("table/9", "this version reads")


def test_a_table_survives_its_file(whole, tmp_path):
    table = atari.load(whole)
    atari.save(table, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == whole.read_bytes()
    assert table.provenance["ale-py"] and len(table.provenance["rom md5"]) == 32
    with pytest.raises(atari.BuildFailed, match="could not be written"):
        atari.save(table, tmp_path / "no" / "folder.npz")


def test_a_state_without_a_screen_is_named(whole):
    table = atari.load(whole)
    for state in (-1, table.cut, table.over, 1.5):
        with pytest.raises(InvalidArgument, match=r"the horizon is\s+reached"):
            table.screen(state)
    with pytest.raises(InvalidArgument, match="horizon=8"):
        table.until(8)


def test_a_table_of_another_rom_is_not_replayed(whole):
    table = atari.load(whole)
    with pytest.raises(atari.InvalidTable, match="MD5 0000"):
        replace(table, provenance={**table.provenance, "rom md5": "0000"}).replay(1)


def test_the_command_writes_the_table_and_says_what_is_in_it(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["tabulate", "freeway", "--horizon", "7", "--frame-skip", "12", "--start", " ".join(OPTIONS["start"])]
    monkeypatch.setattr(sys, "argv", ["iltheory", *arguments, "--workers", "1", "--json", "-"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    document = json.loads(capsys.readouterr().out)
    assert document["states"] == 109 and document["merged states"] < 109
    assert Fraction(document["optimal value"]) == 1
    assert (tmp_path / "freeway-7.npz").read_bytes() == whole.read_bytes()
    monkeypatch.setattr(sys, "argv", ["iltheory", "tabulate", "freewy", "--horizon", "7"])
    with pytest.raises(SystemExit) as left:
        main()
    error = capsys.readouterr().err
    assert left.value.code == 2 and "Did you mean freeway" in error and "Traceback" not in error
