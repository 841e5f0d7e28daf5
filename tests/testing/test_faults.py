"""The invariants fail every published bug and pass its corrected twin; `slow`: all of them, with no hint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from seeded_faults import FAULTS
from seeded_faults.confusion import confusion, named, without_functions

from iltheory.testing.adapter import Adapter
from iltheory.testing.registry import names
from iltheory.testing.runner import check

PAGE = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text()
ROWS = dict(re.findall(r"^\| (B\d+) \|(.*)$", PAGE, re.M))

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)


def test_all_published_bugs_but_the_withdrawn_one_are_seeded():
    assert [fault.id for fault in FAULTS] == [f"B{i}" for i in range(1, 45) if i != 26]


@every_fault
def test_twins_offer_the_same_and_expect_what_is_documented(fault):
    faulty, corrected = Adapter.of(fault.faulty), Adapter.of(fault.corrected)
    assert set(faulty.functions) == set(corrected.functions)
    assert set(faulty.settings) == set(corrected.settings)
    assert set(fault.invariants) <= set(names()) & set(re.findall(r"`(\w+)`", ROWS[fault.id].split("|")[1]))


@every_fault
def test_its_invariants_fail_the_faulty_twin_and_pass_the_corrected_one(fault):
    faulty, corrected = (check(twin, only=fault.invariants) for twin in (fault.faulty, fault.corrected))
    assert set(without_functions(named(faulty, "fails"))) == set(fault.invariants)
    assert set(without_functions(named(corrected, "holds"))) == set(fault.invariants)
    assert not corrected.failures


@pytest.mark.slow
@every_fault
def test_all_invariants_that_apply_sort_the_twins(fault):
    (row,) = confusion([fault])
    assert row.right, row
