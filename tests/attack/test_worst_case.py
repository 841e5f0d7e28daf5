"""Worst cases found from scratch, and what bounds them from above."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from typer.testing import CliRunner

import iltheory as il
from iltheory.attack.sweep import sweep
from iltheory.attack.tightness import tightness_of
from iltheory.attack.worst_case import worst_case
from iltheory.claims.claim import Claim, InvalidClaim
from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.engine.evaluate import decide, exact_sides
from iltheory.engine.executors import processes
from iltheory.engine.verify import InvalidOption
from iltheory.reporting.worst_case_pages import tightness_summary
from sims.arithmetic import Enclosure

IMPORTANT = [
    "ross-bagnell-2010-thm-2-1",
    "ross-bagnell-2010-thm-2-1.horizon-weighted",
    "ross-bagnell-2010-forward",
    "ross-bagnell-2010-forward.sharper",
    "dagger-2011-thm-2-2",
    "dagger-2011-lemma-4-1.refined",
    "simulation-lemma.sharper",
    "traj-chain-rules.tv",
    "occ-l1-from-policy",
    "j-gap-from-occ",
    "occ-dpi.tv",
    "nrpi-2014-thm",
    "kaariainen-2006-flip.quadratic",
    "feature-matching.finite",
]


def tight_ratio(claim: Claim) -> float:
    return float(decide(claim, claim.bind_any(claim.tight().instance), 1).ratios[0])


def inequalities() -> list[str]:
    """Claims with a tight instance whose ratio is a number."""
    return [
        id
        for id, claim in catalogue().items()
        if claim.tight is not None
        and not claim.statistical
        and decide(claim, claim.bind_any(claim.tight().instance), 1).op != "=="
        and tight_ratio(claim) == tight_ratio(claim)
    ]


def reaches(id: str, budget: float) -> None:
    claim = catalogue()[id]
    found = worst_case(claim, budget=budget)
    assert found.ratio is not None and found.ratio.lower >= Fraction(99, 100) * Fraction(tight_ratio(claim))
    lhs, rhs = exact_sides(claim, found.best.instance)
    assert (str(found.best.lhs), str(found.best.rhs)) == (str(Enclosure.of(lhs)), str(Enclosure.of(rhs)))


@pytest.mark.parametrize("id", IMPORTANT)
def test_tight_values_are_found_from_scratch(id):
    reaches(id, budget=2)


@pytest.mark.slow
def test_every_tight_value_is_found_from_scratch():
    missed = []
    for id in inequalities():
        try:
            reaches(id, budget=10)
        except AssertionError:
            missed.append(id)
    assert not missed


def test_vertices_bound_the_ratio_where_both_sides_are_multi_affine():
    found = worst_case(
        "ross-bagnell-2010-thm-2-1", states=2, actions=2, horizon=1, learner_class="deterministic", budget=2
    )
    assert found.attained and found.upper.value == 1
    assert "multi-affine (checked on" in found.upper.words and "proved" not in found.upper.words


def test_the_bound_is_the_closed_form_of_a_claim_that_is_not_tight():
    @il.claim(statement=r"\mu^\top r \le 3")
    def generous(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        return il.value(mdp, pi) <= 3 * mdp.horizon

    found = worst_case(generous, states=2, actions=2, horizon=2, budget=1)
    assert found.ratio.lower == found.ratio.upper == found.upper.value == Fraction(1, 3) and not found.attained


def test_no_bound_where_a_side_is_no_multi_affine_function():
    found = worst_case("ross-bagnell-2010-thm-2-1", states=2, actions=2, horizon=2, budget=2)
    assert found.upper.value is None and found.upper.words == "no upper bound: not multi-affine in expert, learner"


def test_a_sweep_sees_the_order_of_a_bound_that_grows_too_fast():
    @il.claim(statement=r"J \le H^2")
    def quadratic(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        return il.value(mdp, pi) <= mdp.horizon**2

    found = sweep(quadratic, over="horizon", sizes=range(1, 7), states=1, actions=1, budget=1)
    assert [case.ratio.lower for case in found.cases] == [Fraction(1, h) for h in range(1, 7)]
    assert found.ratio.slope == pytest.approx(-1) and found.bound.slope == pytest.approx(2)
    assert str(found.formula.expression) == "1/H" and found.formula.words == "guess verified at H = 5, 6"


def test_a_false_variant_is_violated_by_the_same_factor_at_every_horizon():
    found = sweep("ross-bagnell-2010-thm-2-1/half-the-constant", sizes=(1, 2), states=3, actions=2, budget=1)
    assert [case.ratio.lower for case in found.cases] == [2, 2]


def test_rows_of_the_table_resume(tmp_path):
    claims = [catalogue()[id] for id in ("ross-bagnell-2010-forward", "pdl", "dagger-2011-thm-4-2.sampled")]
    file = tmp_path / "rows.jsonl"
    with processes(1) as executor:
        rows = list(tightness_of(claims, budget=1, seed=0, executor=executor, rows=file))
        again = list(tightness_of(claims, budget=1, seed=0, executor=executor, rows=file))
    found = {row.claim: row for row in rows}
    assert sorted(again, key=lambda row: row.claim) == sorted(rows, key=lambda row: row.claim)
    assert len(file.read_text().splitlines()) == 3
    forward = found["ross-bagnell-2010-forward"]
    assert forward.reached and forward.attained and forward.tight == 1 and forward.ratios["time-varying"] == 1
    assert "is an equality" in found["pdl"].why and "is sampled" in found["dagger-2011-thm-4-2.sampled"].why
    assert "of 1 tight instances 1 reached" in tightness_summary(rows)


def test_the_command_prints_the_ratio_and_the_instance():
    arguments = ["worst-case", "ross-bagnell-2010-forward", "--horizon", "2", "--budget", "2s"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert "largest ratio with S=1, A=2, H=2, time-varying learners: at least 1, attained" in shown.output
    swept = CliRunner().invoke(app, [*arguments[:2], "--sweep", "horizon:1-3", "--budget", "1s", "--json", "-"])
    assert [case["ratio"] for case in json.loads(swept.stdout)["cases"]] == ["1", "1", "1"]
    assert CliRunner().invoke(app, [*arguments[:2], "--sweep", "horizon:x"]).exit_code == 2


def test_the_same_seed_gives_the_same_instance():
    first, second = (worst_case("occ-dpi.tv", states=2, actions=2, horizon=2, seed=3, budget=30) for _ in range(2))
    assert first.best.to_json() == second.best.to_json()


def test_bad_input_is_named():
    with pytest.raises(InvalidClaim, match="is an equality"):
        worst_case("pdl", budget=1)
    with pytest.raises(InvalidClaim, match="is sampled"):
        worst_case("dagger-2011-thm-4-2.sampled", budget=1)
    with pytest.raises(InvalidOption, match="horizon=0"):
        worst_case("ross-bagnell-2010-thm-2-1", horizon=0)
    with pytest.raises(InvalidOption, match="learner_class='greedy'"):
        worst_case("ross-bagnell-2010-thm-2-1", learner_class="greedy")
    with pytest.raises(InvalidOption, match="no whole-number parameter 'samples'"):
        worst_case("ross-bagnell-2010-thm-2-1", counts={"samples": 2})
    with pytest.raises(InvalidOption, match="must be values that increase"):
        sweep("ross-bagnell-2010-thm-2-1", sizes=(2, 1))
    with pytest.raises(InvalidOption, match="over='error'"):
        sweep("ross-bagnell-2010-thm-2-1", over="error", sizes=(1, 2))
