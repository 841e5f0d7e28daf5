"""The checker of the Coq development finds what is no proof."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from iltheory.claims.registry import catalogue
from proofs_check import coq
from proofs_check.coq import development, refusals
from proofs_check.coq.locking import alone
from proofs_check.coq.reading import SOURCES
from proofs_check.coq.sentences import needed

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
    (proof,) = checked(tmp_path)
    compiled = {path: path.stat().st_mtime_ns for path in (tmp_path / "build").rglob("*.vo")}
    assert (str(proof.statement), proof.statement.claim, proof.statement.about) == ("Small.small", "pdl", "In words.")
    assert proof.axioms == () and proof.seconds > 0
    assert coq.check(tmp_path / "build", sources=tmp_path / "sources") == [proof]
    assert len(compiled) == 3 and compiled == {path: path.stat().st_mtime_ns for path in compiled}


@needs_coq
def test_what_another_coq_compiled_is_compiled_anew(tmp_path, monkeypatch):
    (proof,) = checked(tmp_path)
    monkeypatch.setattr(development, "versions", lambda: "another Coq")
    (again,) = coq.check(tmp_path / "build", sources=tmp_path / "sources")
    assert again.seconds != proof.seconds


@needs_coq
@pytest.mark.parametrize("file", ["Statements/Small.vo", "Proofs/Small.vo", "Proofs/Small.made"])
def test_what_was_damaged_is_compiled_anew(tmp_path, file):
    (proof,) = checked(tmp_path)
    damaged = tmp_path / "build" / file
    damaged.write_bytes(damaged.read_bytes()[:20])
    (again,) = coq.check(tmp_path / "build", sources=tmp_path / "sources")
    assert again.seconds != proof.seconds and again.axioms == ()


@needs_coq
@pytest.mark.parametrize(("room", "name"), [(".Proofs", "Gone"), ("", "Proofs.Gone")])
def test_what_is_required_and_was_deleted_is_named_and_its_compiled_file_removed(tmp_path, room, name):
    required = PROOF + f"From ImitationLearning{room} Require {name}.\n"
    sources = written(tmp_path / "sources", proofs=required + PROVED)
    (sources / "Proofs" / "Gone.v").write_text(HEAD)
    assert len(coq.check(tmp_path / "build", sources=sources)) == 1
    (sources / "Proofs" / "Gone.v").unlink()
    with pytest.raises(coq.Broken, match=r"^Proofs/Small\.v requires Proofs/Gone\.v, which does not exist\.$"):
        coq.check(tmp_path / "build", sources=sources)
    assert not (tmp_path / "build" / "Proofs" / "Gone.vo").exists()
    (sources / "Proofs" / "Small.v").write_text(PROOF + PROVED)
    assert len(coq.check(tmp_path / "build", sources=sources)) == 1


SLEEPING = """#!/bin/sh
case $1 in
  --print-version) echo "8.99 5.0";;
  -where) echo /nowhere;;
  *) echo $$ >> "$STARTED"; exec sleep 60;;
esac
"""
DEPENDING = """#!/bin/sh
for file; do case $file in *.v) echo "${file}o: $file";; esac; done
"""


def test_an_interrupt_ends_the_programs_that_run_and_begins_no_other(tmp_path):
    for name, script in (("coqc", SLEEPING), ("coqdep", DEPENDING)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    started = tmp_path / "started"
    around = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", "from iltheory.cli import main; main()", "prove", "pdl"]
    with subprocess.Popen(
        [*command, "--workers", "1"],
        cwd=tmp_path,
        env=around | {"STARTED": str(started)},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        while run.poll() is None and not (started.exists() and started.read_text().endswith("\n")):
            time.sleep(0.05)
        begun = time.monotonic()
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=30)
    assert time.monotonic() - begun < 5
    assert run.returncode == 130 and "interrupted. What was recorded before is kept" in said and "broken" not in said
    (program,) = started.read_text().split()  # of two files of proofs
    with pytest.raises(ProcessLookupError):
        os.kill(int(program), 0)


@needs_coq
def test_only_what_the_subjects_need_is_compiled(tmp_path):
    sources = written(tmp_path / "sources")
    for room in ("Statements", "Proofs"):
        (sources / room / "Other.v").write_text((sources / room / "Small.v").read_text().replace("Small", "Other"))
    steps: list[str] = []
    (proof,) = coq.check(tmp_path / "build", sources=sources, subjects={"Other"}, on_step=steps.append)
    assert str(proof.statement) == "Other.small"
    assert [step.partition(",")[0] for step in steps] == [
        "1 of 2 files are compiled: Statements/Other.v",
        "2 of 2 files are compiled: Proofs/Other.v",
        "2 files are compiled; comparing 1 theorems with their statements",
    ]


@needs_coq
def test_two_runs_take_turns_in_a_folder(tmp_path):
    sources = written(tmp_path / "sources")
    heard = threading.Event()

    def run():
        return coq.check(tmp_path / "build", sources=sources, on_step=lambda words: "waiting" in words and heard.set())

    with ThreadPoolExecutor() as pool:
        with alone(tmp_path / "build"):
            waiting = pool.submit(run)
            assert heard.wait(20) and not waiting.done() and not (tmp_path / "build" / "Proofs").exists()
        assert len(waiting.result(60)) == 1


@needs_coq
@pytest.mark.parametrize(
    ("proofs", "said"),
    [
        (PROOF + "Theorem small : Statements.Small.small.\nProof. Admitted.\n", "a gap by Admitted"),
        (PROOF + "Axiom trust : Statements.Small.small.\nDefinition small := trust.\n", "a gap by Axiom"),
        (
            PROOF + "Theorem small : forall n : nat, n <= n.+2.\nProof. by move=> n; exact: leqW. Qed.\n",
            r"Proofs\.Small\.small : \S+ does not hold",
        ),
        (PROOF + "Definition other := 0.\n", r"Proofs\.Small\.small : .* does not hold; prove the statement"),
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


REAL = "From ImitationLearning.Definitions Require Import Reals.\n"
EXTENSIONAL = (
    "From Coq Require Import FunctionalExtensionality.\nTheorem small : Statements.Small.small.\nProof. move=> n; "
    "exact: (let _ := @functional_extensionality_dep nat (fun=> nat) id id (fun=> erefl) in leqnSn n). Qed.\n"
)
IRRELEVANT = EXTENSIONAL.replace("FunctionalExtensionality", "ProofIrrelevance").replace(
    "@functional_extensionality_dep nat (fun=> nat) id id (fun=> erefl)", "proof_irrelevance True I I"
)


NAMESAKE = "Hypothesis functional_extensionality_dep : False.\nDefinition name := functional_extensionality_dep.\n"


def about_reals(tmp_path: Path, **texts: str) -> list[coq.Proof]:
    sources = written(tmp_path / "sources", **texts)
    (sources / "Definitions" / "Reals.v").write_text(HEAD)
    return coq.check(tmp_path / "build", sources=sources)


@needs_coq
def test_of_theorems_that_coq_is_asked_about_together_the_one_that_assumes_is_named(tmp_path):
    sources = written(tmp_path / "sources", statements=REAL + STATED, proofs=PROOF + EXTENSIONAL)
    (sources / "Definitions" / "Reals.v").write_text(HEAD)
    for name in ("Other", "Third"):
        (sources / "Statements" / f"{name}.v").write_text(STATED)
        (sources / "Proofs" / f"{name}.v").write_text((PROOF + PROVED).replace("Small", name))
    proofs = coq.check(tmp_path / "build", sources=sources, jobs=2)
    axioms = {str(proof.statement): proof.axioms for proof in proofs}
    extensional = "FunctionalExtensionality.functional_extensionality_dep"
    assert axioms == {"Other.small": (), "Small.small": (extensional,), "Third.small": ()}
    (sources / "Proofs" / "Third.v").write_text((PROOF + IRRELEVANT).replace("Small", "Third"))
    with pytest.raises(coq.Broken, match=r"^Third\.small assumes ProofIrrelevance\.proof_irrelevance \(only"):
        coq.check(tmp_path / "build", sources=sources, jobs=2)


@needs_coq
def test_axioms_of_the_reals_are_listed_where_a_statement_is_about_them(tmp_path):
    (proof,) = about_reals(tmp_path, statements=REAL + STATED, proofs=PROOF + EXTENSIONAL)
    assert proof.axioms == ("FunctionalExtensionality.functional_extensionality_dep",)


@needs_coq
@pytest.mark.parametrize(
    ("statements", "proofs", "said"),
    [
        (STATED, EXTENSIONAL, r"small assumes \S+\.functional_extensionality_dep \(only statements about"),
        (f"(* {REAL} *)\n" + STATED, EXTENSIONAL, "only statements about Definitions/Reals.v"),
        (REAL + STATED, IRRELEVANT, r"small assumes ProofIrrelevance\.proof_irrelevance\.$"),
        (REAL + STATED, NAMESAKE + EXTENSIONAL.replace("exact", "by case: name; exact"), r"small assumes Small\.func"),
        (REAL + STATED, "Unset  Positivity\nChecking.\n" + EXTENSIONAL, "a gap by Positivity"),
        (REAL + STATED, "Unset Guard  Checking.\n" + EXTENSIONAL, "a gap by Guard"),
    ],
    ids=["no logarithm", "reals in a comment", "another axiom", "a namesake", "no positivity", "no guard"],
)
def test_no_other_axiom_is_allowed_and_those_of_the_reals_nowhere_else(tmp_path, statements, proofs, said):
    with pytest.raises(coq.Broken, match=said):
        about_reals(tmp_path, statements=statements, proofs=PROOF + proofs)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"statements": HEAD + "Definition small : Prop := True.\n"}, "below no comment"),
        ({"statements": STATED + "Lemma easy : True. Proof. by []. Qed.\n"}, "'Lemma easy : True' is no definition"),
        ({"definitions": HEAD + "Lemma magic : False.\n"}, "is no definition"),
        (
            {"statements": HEAD + 'Local Notation "x <= y" := (x <= x).\n' + STATED},
            "'Local Notation .* is no definition",
        ),
        ({"statements": HEAD + "Implicit Types n : Empty_set.\n" + STATED}, "'Implicit Types .* is no definition"),
        (
            {"statements": HEAD + "From ImitationLearning.Proofs Require Small.\n" + STATED},
            "'From .* takes what nobody",
        ),
        (
            {"statements": STATED + "  Definition other : Prop := False.\n"},
            "'Definition other .* stands below no comment",
        ),
        ({"definitions": HEAD + 'Notation "x <= y" := (x <= x).\n'}, "'Notation .* is no definition"),
        ({"definitions": HEAD + "From ImitationLearning.Proofs Require Import Small.\n"}, "'From .* takes what nobody"),
    ],
    ids=[
        *("no claim", "a proof among statements", "a lemma among definitions", "a notation", "types", "proofs"),
        *("an indented statement", "a notation among definitions", "notations of proofs"),
    ],
)
@needs_coq
def test_files_to_be_read_hold_only_definitions(tmp_path, texts, said):
    with pytest.raises(coq.Broken, match=said):
        checked(tmp_path, **texts)


LOOKALIKE = 'Notation "x <= y" := (True).\n'
CLOSED = "Closed under the global context"


@needs_coq
@pytest.mark.parametrize(
    "assumed",
    [
        f"forall {CLOSED} : nat, Closed + under + the + global + context = 0 -> False",
        f'forall s : string, s = append s "{CLOSED}"%string -> False',
    ],
    ids=["bound names", "a string"],
)
def test_what_coq_prints_of_an_assumption_is_not_taken_for_there_being_none(tmp_path, assumed):
    assuming = f"From Coq Require Import String.\nHypothesis cheat : {assumed}.\n"
    used = PROVED.replace("exact: leqnSn", "exact: (let _ := cheat in leqnSn n)")
    with pytest.raises(coq.Broken, match=r"^Small\.small assumes .*Small\.cheat"):
        checked(tmp_path, proofs=PROOF + assuming + used)


@pytest.mark.parametrize("room", ["Definitions/sub", "Statements/sub", "Proofs/sub", "Elsewhere", "."])
def test_files_outside_of_the_three_rooms_are_refused(tmp_path, room):
    sources = written(tmp_path / "sources")
    (sources / room).mkdir(exist_ok=True)
    (sources / room / "Evil.v").write_text(LOOKALIKE)
    with pytest.raises(coq.Broken, match=r"Evil\.v lies in none of the rooms; move it to Definitions or Statements"):
        refusals.refuse_all(sources)


EVIL = "ImitationLearning.Proofs"


@pytest.mark.parametrize(
    "definitions",
    [
        f"From {EVIL} Require Small.\nImport {EVIL}.Small.\n",
        f"Import {EVIL}.Small.\n",
        f"Export {EVIL}.Small.\n",
        f"Require Import {EVIL}.Small.\n",
        f"From {EVIL} Require RealField Small.\n",
        "From ImitationLearning Require Import\n  Proofs.Small.\n",
        f"From mathcomp  Require Export all_ssreflect. From {EVIL}  Require\tImport Small.\n",
        "From ImitationLearning.Definitions.sub Require Import Small.\n",
        'Fixpoint le (x y : nat) : Prop := True where "x <= y" := (le x y).\n',
        'Record le := { small : nat where "x <= y" := (x = y) }.\n',
    ],
)
def test_definitions_take_no_notation_from_what_nobody_reads(tmp_path, definitions):
    sources = written(tmp_path / "sources", definitions=HEAD + definitions, proofs=LOOKALIKE)
    with pytest.raises(
        coq.Broken,
        match=r"^Definitions/Small\.v: .*(is no definition|takes what nobody|is to be written|is no file of)",
    ):
        refusals.refuse_all(sources)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ("(* (** claim: pdl *)\nDefinition a : Prop := 0 = 1. *)\nDefinition a : Prop := True.\n", "below no comment"),
        ("(* (** claim: pdl *)\nDefinition small : Prop := 0 = 1. *)\n", "stands in a comment"),
        ("(** claim: pdl *)\nDefinition small : Prop := 0 = 1 (* eq. (2) *) -> False.\n", "a comment or a string"),
        ('(* (** claim: pdl *)\nDefinition small : Prop := "a" = "a". *)\n'
         'Definition small : Prop := "a" = "b".\n', "a comment or a string"),
        (STATED + "Definition\n eq := fun (_ _ : nat) => True.\n", "'Definition eq := .* stands below no comment"),
        (STATED + "Check 1. Definition other : Prop := True.\n", "'Check 1' is no definition"),
    ],
    ids=["another", "commented out", "cut", "strings", "split", "on one line"],
)  # fmt: skip
def test_what_is_shown_of_a_statement_is_what_coq_reads(tmp_path, statements, said):
    sources = written(tmp_path, statements=HEAD + statements)
    with pytest.raises(coq.Broken, match=rf"^Statements/Small\.v: .*{said}"):
        coq.statements(sources)


@pytest.mark.parametrize(
    ("proofs", "said"),
    [
        ('Load "/tmp/evil".', "reaches outside of the development by Load"),
        ('Add LoadPath "/tmp/evil" as Evil.', "by LoadPath"),
        ('Add Rec  LoadPath "/tmp/evil" as Evil.', "by LoadPath"),
        ('Declare ML\nModule "evil".', "by Module|by ML"),
        ('Redirect "/tmp/evil" Check 1.', "by Redirect"),
        ('Cd "/tmp".', "by Cd"),
        ('Extraction "evil.ml" small.', "by Extraction"),
        ("From elpi Require Import elpi.", "requires elpi; only Coq, mathcomp, ImitationLearning may be required"),
        ("Time From Evil Require Epsilon.", "is to be written From ORIGIN Require"),
        ("Require Evil.Epsilon.", "is to be written From ORIGIN Require"),
        ('Notation "x ^( y" := (x + y) (at level 50). Check (1 ^(*3). Load evil. (* *)', r"\^\(\* may be no comment"),
    ],
)
def test_proofs_reach_outside_of_the_development_by_no_command(tmp_path, proofs, said):
    sources = written(tmp_path, proofs=PROOF + proofs + "\n" + PROVED)
    with pytest.raises(coq.Broken, match=rf"^Proofs/Small\.v: .*({said})"):
        refusals.refuse_all(sources)


@needs_coq
@pytest.mark.parametrize("place", ["COQPATH", "XDG_DATA_HOME", "XDG_CONFIG_HOME"])
def test_coq_takes_nothing_from_the_folders_of_a_user(tmp_path, monkeypatch, place):
    (tmp_path / "coq").mkdir()
    (tmp_path / "coq" / "coqrc").write_text("Axiom magic : False.\n")
    (tmp_path / "coq" / "Magic.v").write_text("Axiom magic : False.\n")
    subprocess.run(["coqc", "-q", "-Q", ".", "Coq", "Magic.v"], cwd=tmp_path / "coq", check=True)
    monkeypatch.setenv(place, str(tmp_path / "coq" if place == "COQPATH" else tmp_path))
    with pytest.raises(coq.Broken, match=r"logical path\s+Magic with prefix Coq|reference magic was not found"):
        required = "" if place == "XDG_CONFIG_HOME" else "From Coq Require Import Magic.\n"
        checked(tmp_path, proofs=PROOF + required + PROVED.replace("exact: leqnSn", "case: magic"))


def test_every_way_to_write_what_is_required_is_read():
    origin = "From ImitationLearning.Definitions"
    for text in (
        f"{origin} Require Import A. {origin} Require B.",
        f"{origin} Require Import\n  A B.",
        f"  {origin}  Require A  B. (* both *)",
        f"{origin} Require (* (* both *) *) Import A B.",
        "From ImitationLearning Require Import Definitions.A Definitions.B.",
    ):
        assert needed(text) == ("Definitions/A.v", "Definitions/B.v")
    assert needed(f"(* {origin} Require A. *)\nFrom Coq Require Import Reals.") == ()


@needs_coq
@pytest.mark.parametrize(
    "hidden",
    ["(* (* *) *) {}", '(* "*)" *) {}', 'Set Warnings "(*". {} Set Warnings "*)".', "Check (fun x => x *). {}"],
    ids=["nested comments", "a string in a comment", "comments in strings", "no comment"],
)
def test_gaps_are_found_behind_comments_and_strings(tmp_path, hidden):
    with pytest.raises(coq.Broken, match="leaves a gap by Axiom"):
        checked(tmp_path, proofs=PROOF + hidden.format("Axiom trust : False.") + "\n" + PROVED)


@needs_coq
def test_no_file_bears_the_name_of_a_library_whose_axioms_are_allowed(tmp_path):
    sources = written(tmp_path / "sources")
    (sources / "Proofs" / "Epsilon.v").write_text(HEAD)
    with pytest.raises(coq.Broken, match=r"Proofs/Epsilon\.v bears the name of a library"):
        coq.check(tmp_path / "build", sources=sources)


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
    others = [axiom.split(".") for axiom in coq.recheck(tmp_path) if not axiom.startswith(primitive)]
    assert {".".join(names[-2:]) for names in others} == refusals.REALS


def test_every_statement_names_a_claim_of_the_catalogue():
    stated = coq.statements()
    assert {statement.claim for statement in stated if statement.claim} <= set(catalogue())
    assert len({str(statement) for statement in stated}) == len(stated) >= 2
    assert all(statement.claim or statement.about for statement in stated)


def test_every_file_of_proofs_states_something_or_is_used():
    stated = {statement.subject for statement in coq.statements()}
    texts = [path.read_text() for path in (*SOURCES.rglob("*.v"), *Path(__file__).parent.glob("coq_*.py"))]
    lonely = [path.stem for path in (SOURCES / "Proofs").glob("*.v") if path.stem not in stated]
    assert [name for name in lonely if not any(f" {name}" in text for text in texts)] == []
