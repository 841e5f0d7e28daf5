"""Claims of the catalogue withstand attacks: a true claim is never refuted."""

from __future__ import annotations

import pytest

import iltheory as il
from iltheory.attack.falsify import falsify

USUAL = 1.0
"""Seconds of attack on each claim of a sample, in every run of the tests."""
NIGHTLY = 10 * USUAL
"""Seconds of attack on every claim of the catalogue, at night."""

CATALOGUE = tuple(il.catalogue())


def withstands(id: str, budget: float) -> None:
    found = falsify(id, budget=budget, seed=1)
    assert found.verdict == "none found", found.to_json()["simplest"]
    assert found.instances > 0


@pytest.mark.parametrize("id", CATALOGUE[::20])
def test_a_sample_withstands_a_short_attack(id: str) -> None:
    withstands(id, USUAL)


@pytest.mark.slow
@pytest.mark.parametrize("id", CATALOGUE)
def test_the_catalogue_withstands_a_long_attack(id: str) -> None:
    withstands(id, NIGHTLY)
