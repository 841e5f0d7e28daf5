"""Writing happens wholly or not at all, in every layout."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from recordings import assert_same, walks

from sims.datasets import (
    InvalidDataset,
    Trajectories,
    read_imitation,
    read_minari,
    write_imitation,
    write_minari,
)
from sims.datasets._atomic import replacing
from sims.errors import IltheoryError

LAYOUTS = ["walk-v0", "folder", "archive.npz"]


def write(batch, path):
    if path.name == "walk-v0":
        write_minari(batch, path, dataset_id="walk-v0", n_states=10**6, n_actions=2)
    else:
        write_imitation(batch, path, truncated_as="infos")


def read(path):
    return read_minari(path) if path.name == "walk-v0" else read_imitation(path, terminal_as="infos")


def long_walk(seed):
    """A recording of some 300 kB that does not compress."""
    rng = np.random.default_rng(seed)
    over = np.array([True, False])
    return Trajectories.from_arrays(
        rng.integers(10**6, size=(2, 8001)),
        rng.integers(2, size=(2, 8000)),
        rng.random((2, 8000)),
        over,
        ~over,
    )


@contextmanager
def files_up_to(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_older_dataset_is_replaced(tmp_path, layout):
    write(long_walk(0), tmp_path / layout)
    write(walks(), tmp_path / layout)
    assert_same(read(tmp_path / layout), walks())
    assert [p.name for p in tmp_path.iterdir()] == [layout]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [100, 5_000, 100_000])
def test_a_full_disk_changes_nothing(tmp_path, layout, size):
    write(walks(), tmp_path / "kept" / layout)
    with files_up_to(size):
        for path in (tmp_path / "kept" / layout, tmp_path / "new" / layout):
            with pytest.raises(InvalidDataset, match=r"could not be written: File too large.\n.*is unchanged"):
                write(long_walk(0), path)
    assert_same(read(tmp_path / "kept" / layout), walks())
    assert [p.name for p in (tmp_path / "kept").iterdir()] == [layout]
    assert not list((tmp_path / "new").iterdir())
    write(long_walk(0), tmp_path / "new" / layout)  # and the process is none the worse for it
    assert_same(read(tmp_path / "new" / layout), long_walk(0))


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidDataset, match="could not be written"):
        write(walks(), tmp_path / "file" / "archive.npz")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_interrupt_changes_nothing(tmp_path, layout, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    write(walks(), tmp_path / layout)
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(long_walk(0), tmp_path / layout)
    assert_same(read(tmp_path / layout), walks())
    assert [p.name for p in tmp_path.iterdir()] == [layout]


@pytest.mark.parametrize("layout", ["walk-v0", "folder"])
@pytest.mark.parametrize("failing", [1, 2])
def test_a_failing_swap_puts_the_old_dataset_back(tmp_path, layout, failing, monkeypatch):
    write(walks(), tmp_path / layout)
    rename, calls = os.rename, []

    def fail(old, new):
        calls.append(new)
        if len(calls) == failing:
            raise PermissionError(13, "Permission denied")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(InvalidDataset, match="could not be written: Permission denied"):
        write(long_walk(0), tmp_path / layout)
    assert_same(read(tmp_path / layout), walks())
    assert [p.name for p in tmp_path.iterdir()] == [layout]


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from test_writing import long_walk, write
path = Path(sys.argv[3])
write(long_walk(0), path)
print("ready", flush=True)
while True:
    for seed in (1, 0):
        write(long_walk(seed), path)
"""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_killing_the_writer_leaves_a_whole_dataset(tmp_path, layout, pytestconfig):
    command = [sys.executable, "-c", WRITER, str(pytestconfig.rootpath), os.path.dirname(__file__)]
    writer = subprocess.Popen([*command, str(tmp_path / layout)], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"ready\n"
    time.sleep(np.random.default_rng(len(layout)).uniform(0.05, 0.2))
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    # In the instant between the two renames of a folder, the old one lies beside.
    if not (tmp_path / layout).exists():
        next(tmp_path.glob(".*.previous")).rename(tmp_path / layout)
    states = read(tmp_path / layout).states
    assert any((states == long_walk(seed).states).all() for seed in (0, 1))


@pytest.mark.parametrize("layout", ["walk-v0", "folder"])
def test_a_folder_of_something_else_is_not_overwritten(tmp_path, layout):
    (tmp_path / layout / "data").mkdir(parents=True)
    write(walks(), tmp_path / layout)  # empty folders are nobody's work
    (tmp_path / layout / "thesis.tex").write_text("ten years")
    with pytest.raises(InvalidDataset, match=r"holds thesis.tex, which is no part of such a dataset"):
        write(walks(), tmp_path / layout)
    assert (tmp_path / layout / "thesis.tex").read_text() == "ten years"


def test_one_layout_does_not_overwrite_the_other(tmp_path):
    write(walks(), tmp_path / "walk-v0")
    with pytest.raises(InvalidDataset, match=r"holds data/main_data.hdf5, which is no part"):
        write_imitation(walks(), tmp_path / "walk-v0", truncated_as="infos")
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(InvalidDataset, match=r"folder is a file; this format is a folder"):
        write(walks(), tmp_path / "folder")
    (tmp_path / "archive.npz").mkdir()
    with pytest.raises(InvalidDataset, match=r"archive.npz is a folder; this format is a file"):
        write(walks(), tmp_path / "archive.npz")


def test_replacing_gives_the_new_file_the_place_of_the_old(tmp_path):
    path = tmp_path / "deep" / "file"
    for text in ("first", "second"):
        with replacing(path) as new:
            new.write_text(text)
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == text
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("h5py", lambda path: write(walks(), path / "walk-v0")),
        ("pyarrow", lambda path: write(walks(), path / "folder")),
    ],
)
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, module, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(IltheoryError, match=rf"{module} is not installed.\n  pip install 'iltheory\[datasets\]'"):
        call(tmp_path)


def test_importing_the_room_loads_no_format_library(pytestconfig):
    code = "import sys, sims.datasets; print({'h5py', 'pyarrow', 'minari', 'gymnasium'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=pytestconfig.rootpath)
    assert run.stdout == b"set()\n"
