"""The tables of docs/proofs.md name theorems that exist, in the files where they are."""

import re
from pathlib import Path

from iltheory.claims.registry import catalogue
from iltheory.proofs.sides import SIDES
from proofs_check.coq import statements
from sims.arithmetic import NotRepresentable

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


def test_the_claims_that_are_certified_are_counted():
    claims = sum("/" not in id for id in SIDES)
    assert f"Covered are {claims} claims and {len(SIDES) - claims} false variants of them" in PAGE


def takes_logarithms(claim):
    """Whether a claim is beyond the rationals even where its sides have a closed form, and not for a root."""
    try:
        claim.evaluate(claim.bind_any(claim.tight().instance))
    except NotRepresentable as beyond:
        return not str(beyond).startswith("sqrt")
    return False


def test_claims_with_logarithms_are_proved_over_the_reals_or_of_anything_in_their_place():
    (convention,) = re.findall(r"^- Eight claims .*?(?=\n\n|\n- )", PAGE, re.MULTILINE | re.DOTALL)
    claims = catalogue()
    elsewhere = {s.claim for s in statements() if s.claim and not s.reals}
    assert {id for id in elsewhere if takes_logarithms(claims[id])} == set(re.findall(r"`([\w.-]+)`", convention))
