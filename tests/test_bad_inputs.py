"""Bad input gives one clear error that names the argument, the numbers and the fix; nothing recorded is lost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs import COMMANDS, FLIP, TABLE

from iltheory.cli import main
from iltheory.engine.ledger import Ledger
from sims.errors import IltheoryError


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_bad_input_is_one_clear_error(row, tmp_path):
    with pytest.raises(row.error) as caught:
        row.call(tmp_path)
    assert isinstance(caught.value, IltheoryError)
    message = str(caught.value)
    for word in row.words:
        assert word in message


def test_the_table_is_long_and_its_rows_have_names_of_their_own():
    assert len(TABLE) + len(COMMANDS) >= 150
    assert len({row.id for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(("arguments", "words"), COMMANDS, ids=[" ".join(row[0]) for row in COMMANDS])
def test_a_bad_command_prints_one_error_and_exits_with_2(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "notes.txt").write_text("my notes, not a database at all, and rather long ones")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["iltheory", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.count("error: ") + error.count("─ Error ─") == 1 and "Traceback" not in error
    for word in words:
        assert word in error
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert (tmp_path / "notes.txt").read_text().startswith("my notes")


def run(*arguments: str, cwd: Path, largest_file: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line, with room for files of ``largest_file`` bytes only."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    command = [sys.executable, "-m", "iltheory", *arguments]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=100, env=environment, preexec_fn=limit
    )


def contents(path: Path) -> tuple[int, str]:
    with Ledger(path) as ledger:
        return len(ledger), ledger.content_digest()


def test_a_full_disk_under_the_ledger_keeps_what_was_recorded_and_the_next_run_resumes(tmp_path):
    options = ("verify", FLIP, "--n", "1000", "--workers", "1", "--ledger")
    full = run(*options, "full.sqlite", cwd=tmp_path, largest_file=150_000)
    assert full.returncode == 2 and full.stdout == ""
    assert full.stderr.count("error: ") == 1 and "Traceback" not in full.stderr
    assert "full.sqlite: the disk" in full.stderr and "what was recorded before is kept" in full.stderr
    kept, _ = contents(tmp_path / "full.sqlite")
    assert run(*options, "full.sqlite", cwd=tmp_path).returncode == 0
    assert run(*options, "whole.sqlite", cwd=tmp_path).returncode == 0
    resumed, whole = contents(tmp_path / "full.sqlite"), contents(tmp_path / "whole.sqlite")
    assert 0 < kept < resumed[0] and resumed == whole


def test_a_full_disk_under_the_json_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "out.json").write_text("{}")
    full = run("list", "--json", "out.json", cwd=tmp_path, largest_file=10_000)
    assert full.returncode == 2 and "Traceback" not in full.stderr
    assert "--json out.json cannot be written: File too large" in full.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.json", "{}")]


def test_a_full_disk_under_standard_output_is_one_error(tmp_path):
    with (tmp_path / "out.txt").open("w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "iltheory", "list", "--json", "-"], cwd=tmp_path, stdout=out,
            stderr=subprocess.PIPE, text=True, timeout=100,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "File too large" in done.stderr


def test_json_goes_through_links_and_into_pipes_and_replaces_neither(tmp_path):
    (tmp_path / "link.json").symlink_to("real.json")
    assert run("list", FLIP, "--json", "link.json", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link.json").is_symlink() and (tmp_path / "real.json").read_text().startswith("{")
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert run("list", FLIP, "--json", "pipe", cwd=tmp_path).returncode == 0
    assert reader.communicate(timeout=10)[0] == (tmp_path / "real.json").read_text()
    assert (tmp_path / "pipe").is_fifo()
