"""`iltheory invariants` as a user meets it; docs/testing.md says what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from iltheory.cli import main

DOCUMENT = Path(__file__).parents[2].joinpath("docs", "testing.md").read_text(encoding="utf-8")
LIBRARY, IN_PYTHON, IN_PYTEST = re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)[:3]
SHOWN = re.search(r"```\n(learner_recovers.*?)```", DOCUMENT, flags=re.DOTALL)
VALUE = "class Value:\n    def value(self, mdp, policy):\n        return mdp.value(policy)\n"


class Done(NamedTuple):
    stdout: str
    stderr: str


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in an empty folder, in this process; modules it imports are forgotten."""

    def runs(*arguments: str, status: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["iltheory", "invariants", *arguments])
        known = set(sys.modules)
        with pytest.raises(SystemExit) as end:
            main()
        for name in set(sys.modules) - known:
            if str(tmp_path) in str(getattr(sys.modules[name], "__path__", getattr(sys.modules[name], "__file__", ""))):
                del sys.modules[name]
        done = Done(*capsys.readouterr())
        assert (end.value.code or 0) == status, done
        return done

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return runs


def test_the_tutorial_prints_what_it_says(tmp_path):
    (tmp_path / "my_library.py").write_text(LIBRARY)
    done = subprocess.run(
        [sys.executable, "-m", "iltheory", "invariants", "my_library.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, env={**os.environ, "COLUMNS": "110"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    printed = re.sub(" +$", "", done.stdout, flags=re.MULTILINE)
    assert SHOWN is not None and printed.endswith("\n" + SHOWN[1])
    assert re.search(r"^occupancy_is_a_law +holds on 33 models$", printed, re.MULTILINE)
    assert "; value: pairing_is_the_value, value_is_exact, discount_is_used[value]; " in " ".join(printed.split())
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["my_library.py"]


def test_the_tutorial_in_python(capsys):
    exec(compile(IN_PYTHON, "docs/testing.md", "exec"), {"__name__": "__tutorial__"})
    (said,) = re.findall(r"# (SimpleNamespace: .*)", IN_PYTHON)
    assert capsys.readouterr().out.strip() == said


def test_the_tutorial_in_pytest(tmp_path):
    (tmp_path / "my_library.py").write_text(LIBRARY)
    (tmp_path / "test_mine.py").write_text(IN_PYTEST)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert "1 failed, 6 passed" in done.stdout, done.stdout
    assert "test_mine.py::test_cloning::learner_recovers_the_expert" in done.stdout


@pytest.mark.parametrize("reference", ["theirs.py:Value", "theirs:Value", "package.theirs:Value", "theirs"])
def test_modules_and_files_of_the_current_directory_are_found(tmp_path, run, reference):
    (tmp_path / "package").mkdir()
    for place in (tmp_path, tmp_path / "package"):
        (place / "theirs.py").write_text(VALUE + "def value(mdp, policy):\n    return mdp.value(policy)\n")
    page = run(reference, "--only", "value_is_exact", "--json", "out.json").stdout
    assert f"{reference}: 1 hold, 0 fail" in page
    document = json.loads((tmp_path / "out.json").read_text())
    assert (document["schema"], document["adapter"], document["seed"]) == ("iltheory-invariants/1", reference, 0)
    (outcome,) = document["outcomes"]
    assert outcome == {"name": "value_is_exact", "status": "holds", "models": 33, "message": "", "instance": None}


def test_json_on_standard_output_holds_the_failing_model(tmp_path, run):
    (tmp_path / "theirs.py").write_text(
        VALUE.replace("policy)\n", "policy) + 1\n").replace("mdp, policy) + 1", "mdp, policy)")
    )
    printed = run("theirs:Value", "--json", "-", "--seed", "5", status=1).stdout
    outcome = next(o for o in json.loads(printed)["outcomes"] if o["name"] == "value_is_exact")
    assert outcome["instance"]["mdp"] == {"P": [[["1"]]], "r": [["0"]], "mu": ["1"], "horizon": 1}


@pytest.mark.parametrize(
    ("source", "arguments", "words"),
    [
        (VALUE, ["theirs:Values"], ["no attribute 'Values'", "theirs has Value"]),
        (VALUE, ["others"], ["module 'others' cannot be imported", "No module named 'others'"]),
        (VALUE, ["others.py"], ["there is no file others.py"]),
        (VALUE, ["theirs"], ["has none of the functions an adapter may have", "occupancy"]),
        ("1 / 0", ["theirs.py"], ["theirs.py cannot be run: ZeroDivisionError", "in theirs.py, line 1: 1 / 0"]),
        ("1 / 0", ["theirs"], ["cannot be imported: ZeroDivisionError", "in theirs.py, line 1: 1 / 0"]),
        (VALUE.replace("policy", "pi"), ["theirs:Value"], ["value asks for `pi`", "policy"]),
        (VALUE, ["theirs:Value", "--only", "value"], ["no invariant 'value'", "value_is_exact"]),
        (VALUE, ["theirs:Value", "--seed", "-1"], ["--seed"]),
    ],
)
def test_bad_input_is_one_message_and_status_2(tmp_path, run, source, arguments, words):
    (tmp_path / "theirs.py").write_text(source)
    done = run(*arguments, status=2)
    assert done.stdout == "" and all(word in " ".join(done.stderr.split()) for word in words), done.stderr


def test_a_file_imports_from_the_current_directory(tmp_path, run):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "values.py").write_text(VALUE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "adapter.py").write_text("from mine.values import Value")
    assert "value_is_exact" in run("tests/adapter.py:Value").stdout


def test_help_has_examples(run):
    page = run("--help").stdout
    assert "Example" in page and "--only" in page and "--json" in page
