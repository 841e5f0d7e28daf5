"""The terminal says what was found in strict words, with the whole instance, or where an attack looked."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from attacked import SEARCHED, VARIANTS, falsification, known, uncertified
from rich.console import Console

from iltheory.attack.falsification import Falsification
from iltheory.reporting.attack_pages import falsification_page

LINEAR = "ross-bagnell-2010-thm-2-1/linear-in-h"


def page(found: Falsification, width: int = 110) -> str:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    console.print(falsification_page(found))
    return console.file.getvalue()  # type: ignore[attr-defined]


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_refutation_shows_both_sides_and_every_row():
    found = known("rajaraman-2020-bc-det/linear-in-h")
    text = page(falsification(found))
    assert "refuted: lhs = 559238575/268435456 ≥ 2.08332, rhs ≤ 1.96203, so lhs > rhs" in text
    assert "simplest and worst counterexample, S=4, A=2, H=4" in text
    assert "mdp: horizon 4, starts in s0: 1/4, s1: 1/4, s2: 1/2" in text
    assert ["s2", "a0", "s0:", "1/4,", "s1:", "1/4,", "s2:", "1/2", "1", "1", "0"] in rows(text)
    assert ["s3", "a1", "s3", "0", "0", "1"] in rows(text)


def test_simplest_and_worst_stand_apart_where_they_differ():
    simplest = known(LINEAR)
    text = page(falsification(simplest, replace(simplest, ratio=7.0)))
    assert "simplest counterexample" in text
    assert "worst counterexample, " in text
    assert "ratio 7" in text


def test_steps_with_the_same_rows_share_them():
    text = page(falsification(known("dagger-2011-thm-2-2/u-where-the-expert-goes")))
    assert ["1", "s0", "a1", "1"] in rows(text)
    assert ["2-3", "s0", "a1", "0"] in rows(text)


def test_nothing_found_says_where_it_looked_and_how_close_it_came():
    found = known(LINEAR)
    text = page(Falsification(found.claim, None, None, found.instance, SEARCHED, 3, 60.0, 4.2))
    assert "none found among 102,000 instances in 4.2 s (budget 60 s, seed 3)" in text
    assert ["extremes", "2,000", "0.75", "0.2", "S=2,", "A=1;", "S=2,", "A=2"] in rows(text)
    assert ["gradient", "100,000", "0.96875", "4.0", "S=3,", "A=2"] in rows(text)
    assert "worst ratio reached: 0.96875" in text
    assert "0.75 after 1,000, 0.96875 after 102,000" in text
    assert "closest instance, S=2, A=2, H=" in text
    assert "refuted" not in text
    assert "holds" not in text


@pytest.mark.parametrize("variant", list(VARIANTS.values())[::9], ids=lambda variant: variant.id)
def test_pages_of_false_variants_name_every_parameter(variant):
    text = page(falsification(uncertified(variant)))
    assert all(name in text for name in variant.parameters)
