"""The checker of the Coq development finds what is no proof."""

import shutil
from pathlib import Path

import pytest

from iltheory.claims.registry import catalogue
from proofs_check import coq
from proofs_check.coq.development import SOURCES

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

HEAD = "From mathcomp Require Import all_ssreflect.\n"
STATED = HEAD + "(** claim: pdl\n    In words. *)\nDefinition small : Prop := forall n : nat, n <= n.+1.\n"
PROVED = "Theorem small : Statements.Small.small.\nProof. by move=> n; exact: leqnSn. Qed.\n"
PROOF = HEAD + "From ImitationLearning.Statements Require Small.\n"


def written(
    folder: Path, *, statements: str = STATED, proofs: str | None = PROOF + PROVED, definitions: str = HEAD
) -> Path:
    for room, text in (("Definitions", definitions), ("Statements", statements), ("Proofs", proofs)):
        (folder / room).mkdir(parents=True)
        if text is not None:
            (folder / room / "Small.v").write_text(text)
    return folder


def checked(tmp_path: Path, **texts: str | None) -> list[coq.Proof]:
    return coq.check(tmp_path / "build", sources=written(tmp_path / "sources", **texts))


@needs_coq
def test_a_theorem_is_checked_and_compiled_once(tmp_path):
    seen: list[str] = []
    (proof,) = checked(tmp_path)
    assert (str(proof.statement), proof.statement.claim, proof.statement.about) == ("Small.small", "pdl", "In words.")
    assert proof.axioms == () and proof.seconds > 0
    again = coq.check(tmp_path / "build", sources=tmp_path / "sources", on_file=lambda file, seconds: seen.append(file))
    assert again == [proof]
    assert sorted(seen) == ["Definitions/Small.v", "Proofs/Small.v", "Statements/Small.v"]


@needs_coq
@pytest.mark.parametrize(
    ("proofs", "said"),
    [
        (PROOF + "Theorem small : Statements.Small.small.\nProof. Admitted.\n", "gap: Admitted"),
        (PROOF + "Axiom trust : Statements.Small.small.\nDefinition small := trust.\n", "gap: Axiom"),
        (PROOF + "Theorem small : forall n : nat, n <= n.+2.\nProof. by move=> n; exact: leqW. Qed.\n", "has type"),
        (PROOF + "Definition other := 0.\n", "small"),
        (PROOF + PROVED.replace("exact: leqnSn", "exact: leqnn"), "Small.v"),
        (
            PROOF
            + "From Coq Require Import ProofIrrelevance.\nTheorem small : Statements.Small.small.\n"
            + "Proof. move=> n; exact: (let _ := proof_irrelevance True I I in leqnSn n). Qed.\n",
            "assumes",
        ),
        (None, "no Proofs/Small.v"),
    ],
    ids=["admitted", "axiom", "another statement", "missing", "wrong", "assumed in a library", "no file"],
)
def test_what_is_no_proof_is_broken(tmp_path, proofs, said):
    with pytest.raises(coq.Broken, match=said):
        checked(tmp_path, proofs=proofs)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"statements": HEAD + "Definition small : Prop := True.\n"}, "below no comment"),
        ({"statements": STATED + "Lemma easy : True. Proof. by []. Qed.\n"}, "'Lemma easy : True' is no definition"),
        ({"definitions": HEAD + "Axiom magic : False.\n"}, "is no definition"),
    ],
    ids=["no claim", "a proof among statements", "an axiom among definitions"],
)
@needs_coq
def test_files_to_be_read_hold_only_definitions(tmp_path, texts, said):
    with pytest.raises(coq.Broken, match=said):
        checked(tmp_path, **texts)


def test_without_coq_its_packages_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(coq.Unavailable, match="apt install coq"):
        checked(tmp_path)


@needs_coq
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_second_checker_accepts_the_whole_development(tmp_path):
    coq.check(tmp_path, jobs=2)
    primitive = ("Coq.Numbers.Cyclic.Int63.PrimInt63.", "Coq.Floats.PrimFloat.")  # of the machine, in Coq's own library
    assert [axiom for axiom in coq.recheck(tmp_path) if not axiom.startswith(primitive)] == []


def test_every_statement_names_a_claim_of_the_catalogue():
    stated = coq.statements()
    assert {statement.claim for statement in stated if statement.claim} <= set(catalogue())
    assert len({str(statement) for statement in stated}) == len(stated) >= 2
    assert all(statement.claim or statement.about for statement in stated)


def test_every_file_of_proofs_states_something_or_is_used():
    stated = {statement.subject for statement in coq.statements()}
    texts = [path.read_text() for path in SOURCES.rglob("*.v")]
    lonely = [path.stem for path in (SOURCES / "Proofs").glob("*.v") if path.stem not in stated]
    assert [name for name in lonely if not any(f" {name}" in text for text in texts)] == []
