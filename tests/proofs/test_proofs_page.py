"""The tables of docs/proofs.md name theorems that exist, in the files where they are."""

import re
from pathlib import Path

from proofs_check.coq.development import statements

PAGE = (Path(__file__).parents[2] / "docs/proofs.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\|[^|]*(?:\\\|[^|]*)*\|(?P<names>[^|]*)\| `(?P<file>\w+)\.v` \|$", re.MULTILINE)


def test_the_tables_name_theorems_that_exist():
    stated = {str(statement) for statement in statements()}
    rows = [(row["file"], name) for row in ROW.finditer(PAGE) for name in re.findall(r"`(\w+)`", row["names"])]
    assert len(rows) > 150
    assert {f"{file}.{name}" for file, name in rows} <= stated


def test_every_table_row_is_read():
    tables = PAGE.split("## What the papers say")[1].splitlines()
    rows = [line for line in tables if line.startswith("|") and not line.startswith(("| what the paper says", "|---"))]
    assert len(rows) == len(ROW.findall(PAGE))


def test_the_statement_that_is_shown_is_the_one_proved():
    shown = re.search(r"```coq\n.*?(Definition .*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() in {statement.text for statement in statements()}
