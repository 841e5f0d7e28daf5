"""The table of bugs names functions that exist, and every one of the functions."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

from iltheory import testing
from iltheory.testing.registry import names

PAGE = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text()
ROWS = dict(re.findall(r"^\| (B\d+) \|(.*)$", PAGE, re.M))
INVARIANTS = set(names())


def test_every_bug_has_a_row_and_every_invariant_a_bug():
    assert list(ROWS) == [f"B{i}" for i in range(1, 45)]
    named = {name for row in ROWS.values() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named >= INVARIANTS
    assert named - INVARIANTS <= {"discount"}


def test_docstrings_and_the_table_agree():
    for name in INVARIANTS:
        told = set(re.findall(r"B\d+", inspect.getdoc(getattr(testing, name)).partition("\n")[0]))
        listed = {bug for bug, row in ROWS.items() if f"`{name}`" in row.split("|")[1]}
        assert told <= listed, (name, told - listed)
        assert told, name


def test_the_library_imports_neither_hypothesis_nor_its_invariants():
    heavy = ("hypothesis", "iltheory.testing", "scipy", "torch")
    code = f"import sys, iltheory; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    code = "import sys, iltheory.testing; print([m for m in ('hypothesis', 'scipy', 'torch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
