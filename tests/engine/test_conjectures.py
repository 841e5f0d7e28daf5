"""Conjectures of users: whatever their formula does, verification says so, and keeps what it finished."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

import iltheory as il
from iltheory.claims.claim import InvalidClaim
from iltheory.engine import verify as verification
from iltheory.engine.blocks import BlockFailed
from iltheory.engine.evaluate import check_separable
from iltheory.engine.ledger import Ledger
from iltheory.engine.report import document
from iltheory.engine.verify import OtherVersion, run_block
from iltheory.engine.worlds import RandomWorld
from iltheory.reporting.terminal import refutation_text
from sims import arithmetic as ar


def conjecture(formula, **options):
    """A claim about a number p in [0, 1]."""

    @il.claim(statement="planted", id="planted", **options)
    def planted(p: il.UnitInterval):
        return formula(p)

    return planted


@il.claim(statement="p <= 1")
def fine(p: il.UnitInterval):
    return p <= 1


def test_a_formula_that_raises_is_named_with_its_line_and_the_other_blocks_are_kept(tmp_path):
    def sometimes(p):
        if np.any(ar.upper(p) < 1 / 100):
            raise RuntimeError("too small for me")
        return p <= 1

    with pytest.raises(BlockFailed) as caught:
        il.verify_all([fine, conjecture(sometimes)], n=3, ledger=tmp_path / "ledger")
    for word in ("of planted on random", "RuntimeError: too small for me", __file__, "in the ledger"):
        assert word in str(caught.value)
    with Ledger(tmp_path / "ledger") as ledger:
        kept = {(record.key.claim, record.key.family) for record in ledger.results()}
    assert ("fine", "random uniform") in kept and (caught.value.key.claim, caught.value.key.family) not in kept

    again: list = []
    il.verify_all([fine], n=3, ledger=tmp_path / "ledger", on_result=again.append)
    assert not {(record.key.claim, record.key.family) for record in again} & kept


@pytest.mark.parametrize("arithmetic", ["auto", "interval", "rational", "ball"])
def test_a_rounded_constant_is_no_part_of_a_rigorous_formula(arithmetic):
    tenth = conjecture(lambda p: p / 10 <= 0.1)
    with pytest.raises(BlockFailed, match=r"(?s)MixedArithmetic: .*float.* Fraction.*test_conjectures\.py, line"):
        il.verify(tenth, n=3, arithmetic=arithmetic)
    assert il.verify(tenth, n=3, arithmetic="float64").rung == "none"


def test_refutations_with_numbers_of_thousands_of_digits_are_written_exactly():
    report = il.verify(conjecture(lambda p: 1 + (p + Fraction(1, 3)) ** 3000 <= 1), n=3)
    lhs, p = report.refutation["lhs"], Fraction(report.refutation["instance"]["p"])
    numerator, denominator = (int(flint.fmpz(part)) for part in lhs.split("/"))
    assert len(lhs) > 10_000 and report.refutation["rhs"] == "1"
    assert Fraction(numerator, denominator) == 1 + (p + Fraction(1, 3)) ** 3000
    assert len(refutation_text(report)) < 300
    json.dumps(document([report]), allow_nan=False)


@pytest.mark.parametrize(
    "formula",
    [
        lambda mdp, pi: il.value(mdp, pi).sum() <= 10**6,
        lambda mdp, pi: ar.wrap(mdp.v(pi)).sum() <= 10**6,
        lambda mdp, pi: il.value(mdp, pi) - ar.amax(il.value(mdp, pi), 0) <= 0,
    ],
    ids=["sum of values", "sum of everything", "maximum over the batch"],
)
def test_formulas_that_mix_the_instances_of_a_batch_are_refused(formula):
    @il.claim(statement="planted")
    def mixing(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        return formula(mdp, pi)

    instance = RandomWorld("uniform").draw(mixing, np.random.default_rng(0), 6)
    with pytest.raises(InvalidClaim, match=r"mixing: the [lr]hs of one instance is .* alone, but .* in a batch"):
        check_separable(mixing, instance)


def test_every_claim_of_the_catalogue_treats_the_instances_of_a_batch_apart():
    for number, claim in enumerate(il.catalogue().values()):
        if not claim.statistical:  # those are evaluated one instance at a time
            check_separable(claim, RandomWorld("mixed").draw(claim, np.random.default_rng(number), 2))


def test_sides_without_a_bound_are_undecided_and_have_a_report():
    report = il.verify(conjecture(lambda p: il.equal(il.log(p - 2), il.log(p - 2))), n=3)
    assert report.rung == "none" and report.undecided == report.instances == 15
    assert json.loads(json.dumps(document([report]), allow_nan=False))["reports"][0]["width"] is None


def test_a_worker_with_another_claim_or_other_packages_computes_nothing(monkeypatch):
    keys = list(verification._first([fine], verification.Plan(0, "auto", 2)))
    assert run_block(keys[0], {"fine": fine})["counts"]["holds"] == 2
    for change in ({"claim_hash": "0" * 16}, {"versions": "iltheory 0.0.1 (sources 0), numpy 1.0"}):
        with pytest.raises(OtherVersion, match=r"(?s)the run is of fine .* this worker has it as .* Install the same"):
            run_block(replace(keys[0], **change), {"fine": fine})


def test_a_conjecture_may_have_the_id_of_a_claim_of_ours(tmp_path):
    @il.claim(statement="p <= 1/100", id="kaariainen-2006-flip")
    def other(p: il.UnitInterval):
        return p <= Fraction(1, 100)

    ours = il.verify("kaariainen-2006-flip", n=4, ledger=tmp_path / "ledger")
    theirs = il.verify(other, n=4, ledger=tmp_path / "ledger")
    assert (ours.rung, theirs.rung) == ("instances", "refuted")
    assert il.verify("kaariainen-2006-flip", n=4, ledger=tmp_path / "ledger") == ours


def test_claims_are_chosen_by_id_or_as_they_are():
    reports = il.verify_all(["kaariainen-2006-flip", fine], n=2)
    assert [report.claim for report in reports] == ["kaariainen-2006-flip", "fine"]
