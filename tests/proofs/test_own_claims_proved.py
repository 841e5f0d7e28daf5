"""Claims that are not in the catalogue are proved for shapes as those of the catalogue are."""

from dataclasses import replace

import pytest

import iltheory as il
from iltheory.claims.registry import catalogue
from iltheory.engine.executors import serial
from iltheory.proofs import prove_for_shapes, proved_for_shapes


@il.claim(statement=r"J(\pi_E) - J(\pi) \le H^2 \epsilon")
def squared(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner)


@il.claim(statement=r"J(\pi_E) - J(\pi) \le H \epsilon")
def linear(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon * il.error_rate(mdp, expert, learner)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Shapes small enough for a test."""
    monkeypatch.setattr("iltheory.proofs.shapes.LARGEST", (2, 2, 2))


def test_an_own_claim_is_proved_here_and_a_false_one_only_where_it_holds():
    true, false = prove_for_shapes([squared, linear])
    assert (true.claim, true.rung) == ("squared", "shape") and "S=2, A=2, H=2" in true.shapes
    assert false.claim == "linear" and not {"S=2, A=2, H=2"} & {*false.shapes}
    assert "S=1, A=2, H=2" in false.shapes  # with one state no mistake leads elsewhere


def test_an_own_claim_with_the_id_of_another_is_not_taken_for_it(tmp_path):
    own, ledger = replace(linear, id="ross-bagnell-2010-thm-2-1"), tmp_path / "ledger"
    theirs = catalogue()[own.id]
    first, second = prove_for_shapes([own, theirs], ledger=ledger, executor=serial())
    assert "S=2, A=2, H=2" in first.shapes and "S=2, A=2, H=2" not in second.shapes
    assert proved_for_shapes([theirs], ledger=ledger) == (first,) and proved_for_shapes([own], ledger=ledger) == ()
