"""The command line as a user meets it: output, exit status, JSON, interruptions."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iltheory.engine.ledger import Ledger

THEOREM = "ross-bagnell-2010-thm-2-1"
SRC = Path(__file__).parent.parent


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "iltheory", *args]


def run(*args: str, cwd: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(*args), cwd=cwd, capture_output=True, text=True, timeout=100, env=_wide())
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def _wide() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}


def test_import_is_light():
    heavy = ("torch", "gymnasium", "matplotlib", "scipy", "numba", "h5py", "cvxpy", "sympy")
    code = f"import sys, iltheory, sims; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command_with_an_example(tmp_path):
    assert all(word in run("--help", cwd=tmp_path).stdout for word in ("list", "show", "verify"))
    for name in ("list", "show", "verify"):
        assert "Example" in run(name, "--help", cwd=tmp_path).stdout


def test_help_lists_each_command_in_its_order_on_one_line():
    from typer.main import get_command
    from typer.testing import CliRunner

    from iltheory.cli import app
    from iltheory.cli.common import ORDER

    assert set(get_command(app).commands) == set(ORDER)
    page = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80", "NO_COLOR": "1"}).output
    rows = page[page.index("Commands") :].splitlines()[1:-2]
    assert [row.split()[1] for row in rows] == list(ORDER) and all(row[:-1].rstrip().endswith(".") for row in rows)


def test_an_interrupted_table_says_so_and_the_same_command_goes_on(tmp_path):
    pytest.importorskip("ale_py")
    build = ("tabulate", "freeway", "--horizon", "9", "--workers", "1", "--out", "t.npz")
    process = subprocess.Popen(command(*build), cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=_wide())
    patience = time.monotonic() + 60
    while not list(tmp_path.glob("*.unfinished")):
        assert process.poll() is None and time.monotonic() < patience
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.count("error: interrupted") == 1 and "Traceback" not in said
    assert "256, of which 26 differ" in run(*build, cwd=tmp_path).stdout and not list(tmp_path.glob("*.unfinished"))


def test_list_and_show(tmp_path):
    listing = run("list", "--json", "out.json", cwd=tmp_path).stdout
    assert THEOREM in listing and "Ross and Bagnell" in listing
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["schema"] == "iltheory-list/1"
    assert THEOREM in {claim["id"] for claim in document["claims"]}
    page = run("show", THEOREM, cwd=tmp_path).stdout
    for words in ("J(π_E) - J(π̂) ≤ H^2 ϵ", "Theorem 2.1", "rewards in [0, 1]", "49/10", "none yet"):
        assert words in page


def test_list_and_show_say_which_claims_are_certified_on_one_instance(tmp_path):
    listing = " ".join(run("list", THEOREM, "xu-2020-bc", cwd=tmp_path).stdout.split())
    assert listing.count("[certify]") == 6 + 1 and "`iltheory certify` covers the 6 marked [certify]." in listing
    assert f"iltheory certify {THEOREM} --instance FILE" in run("show", THEOREM, cwd=tmp_path).stdout
    assert "certify xu-2020-bc --instance" not in run("show", "xu-2020-bc", cwd=tmp_path).stdout  # logarithms
    assert "`iltheory list` marks the claims" in run("certify", "--help", cwd=tmp_path).stdout


def test_verify_prints_the_table_writes_json_and_leaves_evidence(tmp_path):
    done = run("verify", THEOREM, "--n", "2", "--json", "out.json", cwd=tmp_path)
    assert "holds on" in done.stdout and "0 refuted" in done.stdout
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["schema"] == "iltheory-report/1"
    (report,) = (r for r in document["reports"] if r["claim"] == THEOREM)
    assert report["rung"] == "instances" and report["tight_agrees"]
    assert report["worst_instance"]["mdp"]["horizon"] >= 1
    assert "holds on" in run("show", THEOREM, cwd=tmp_path).stdout
    assert json.loads(run("verify", THEOREM, "--n", "2", "--json", "-", cwd=tmp_path).stdout) == document


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("verify", "ross-bagnel"), ("ross-bagnel", "did you mean ross-bagnell-2010")),
        (("show", "nothing-at-all"), ("nothing-at-all", "iltheory list")),
        (("verify", THEOREM, "--arithmetic", "double"), ("arithmetic='double'", "rational")),
        (("verify", THEOREM, "--n", "0"), ("--n",)),
        (("verify", THEOREM, "--seed", "-1"), ("--seed",)),
        (("verify", THEOREM, "--budget", "-5"), ("budget=-5",)),
        (("verify", THEOREM, "--workers", "0"), ("--workers",)),
        (("verify", THEOREM, "--n", "4", "--ledger", "no/such/folder/x.sqlite"), ("no/such/folder",)),
        (("verify", THEOREM, "--n", "4", "--json", "no/such/folder/x.json"), ("no/such/folder", "another file")),
        (("verify", THEOREM, "--dask", "tcp://127.0.0.1:1"), ("tcp://127.0.0.1:1", "dask scheduler")),
        (("frobnicate",), ("frobnicate",)),
    ],
)
def test_bad_input_is_one_clear_error_with_status_2(args, words, tmp_path):
    done = run(*args, cwd=tmp_path, status=2)
    for word in words:
        assert word in done.stderr


def test_a_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("my notes, not a database at all, and rather long ones")
    done = run("verify", THEOREM, "--n", "4", "--ledger", "notes.txt", cwd=tmp_path, status=2)
    assert "notes.txt" in done.stderr
    assert (tmp_path / "notes.txt").read_text().startswith("my notes")


def digest(path: Path) -> str:
    with Ledger(path) as ledger:
        return ledger.content_digest()


@pytest.mark.timeout(300)
def test_killed_ten_times_at_random_moments_it_ends_with_the_same_ledger(tmp_path):
    options = ("verify", "ross-bagnell-2010-thm-2-1", "--n", "16", "--ledger")
    run(*options, "whole.sqlite", cwd=tmp_path)
    dice = random.Random(0)
    for k in range(10):
        process = subprocess.Popen(
            command(*options, "killed.sqlite"),
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        time.sleep(dice.uniform(0.5, 2.5))
        process.send_signal(signal.SIGKILL if k % 2 else signal.SIGINT)
        error = process.communicate(timeout=60)[1].decode()
        assert "Traceback" not in error
        # Python ends by the signal itself when it came within an exec of text, as a dataclass is made by one:
        # a shell calls both 130.
        assert process.returncode in (0, 130, -signal.SIGINT, -signal.SIGKILL), error
    run(*options, "killed.sqlite", cwd=tmp_path)
    assert digest(tmp_path / "killed.sqlite") == digest(tmp_path / "whole.sqlite")
