"""The invariants, given no hint, fail every published bug and pass its corrected twin."""

from __future__ import annotations

import pytest
from seeded_faults import FAULTS
from seeded_faults.confusion import confusion, without_functions

from iltheory.testing.adapter import Adapter
from iltheory.testing.registry import names

MODELS = "iltheory.testing.cases.MODELS"


def test_all_published_bugs_but_the_withdrawn_one_are_seeded():
    assert [fault.id for fault in FAULTS] == [f"B{i}" for i in range(1, 45) if i != 26]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_both_twins_offer_the_same_functions_and_expect_invariants_that_exist(fault):
    faulty, corrected = Adapter.of(fault.faulty), Adapter.of(fault.corrected)
    assert set(faulty.functions) == set(corrected.functions)
    assert set(faulty.settings) == set(corrected.settings)
    assert set(fault.invariants) <= set(names())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_the_faulty_twin_fails_and_the_corrected_one_passes(fault):
    (row,) = confusion([fault])
    assert set(row.expected) <= set(without_functions(row.refuted_by))
    assert row.passed and not row.false_alarms and not row.errors
    assert row.right
