"""The page about mutants: every survivor is on it, once, and the totals are those of the report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from iltheory.attack.mutation import attack_mutants

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def written():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from mutants_page import page
    finally:
        sys.path.remove(str(BENCHMARKS))
    report = attack_mutants(["lsiq-mixture-chi2.bounded", "ross-bagnell-2010-thm-2-1", "occ-dpi.conditional"], budget=0)
    return report, page(report.to_json())


def test_every_survivor_is_on_the_page_once(written):
    report, text = written
    assert report.survivors and all(text.count(f"`{one.id}`") == 1 for one in report.survivors)
    refuted = [one.id for one in report.attacked if one.standing == "refuted"]
    assert refuted and not [id for id in refuted if f"`{id}`" in text]


def test_the_totals_are_those_of_the_report(written):
    report, text = written
    (line,) = [line for line in text.splitlines() if line.startswith("| all |")]
    total, refuted, proved, *_ = (int(cell) for cell in line.split("|")[2:-1])
    standings = [one.standing for one in report.attacked]
    assert (total, refuted, proved) == (len(standings), standings.count("refuted"), standings.count("proved"))
    assert proved == 2 and "`lsiq-mixture-chi2.hellinger`" in text
