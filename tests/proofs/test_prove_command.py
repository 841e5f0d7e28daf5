"""`iltheory prove` on a development of two theorems: what it prints, writes, keeps, skips, and calls broken."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.engine.executors import serial
from iltheory.proofs import known_theorems, proved_in_coq
from iltheory.proofs.vetting import keep_read
from iltheory.reporting.site import content as site
from iltheory.reporting.site import coq_pages
from proofs_check import coq as development
from proofs_check.coq import statements

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

HEAD = "From mathcomp Require Import all_ssreflect.\n"
STATED = """
(** claim: pdl
    In words, [n] is a number. *)
Definition small : Prop := forall n : nat, n <= n.+1.

(** foundation: Adding nothing. *)
Definition nothing : Prop := forall n : nat, n + 0 = n.
"""
PROVED = """From ImitationLearning.Statements Require Small.
Theorem small : Statements.Small.small.
Proof. by move=> n; exact: leqnSn. Qed.
Theorem nothing : Statements.Small.nothing.
Proof. exact: addn0. Qed.
"""


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A development, what the command runs in, and small shapes."""
    folder = tmp_path / "sources"
    for room, text in (("Definitions", HEAD), ("Statements", HEAD + STATED), ("Proofs", HEAD + PROVED)):
        (folder / room).mkdir(parents=True)
        (folder / room / "Small.v").write_text(text)
    keep_read(statements(folder), catalogue().values(), folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("iltheory.proofs.coq.SOURCES", folder)
    monkeypatch.setattr("iltheory.proofs.shapes.LARGEST", (2, 2, 1))
    monkeypatch.setattr("iltheory.engine.executors.processes", lambda workers: serial())
    return folder


def invoked(*args, status=0):
    done = CliRunner().invoke(app, [*args], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == status, done.output
    return done


EXTENSIONAL = """From Coq Require Import FunctionalExtensionality.
From ImitationLearning.Statements Require Small.
Theorem small : Statements.Small.small.
Proof.
move=> n; exact: (let _ := @functional_extensionality_dep nat (fun=> nat) id id (fun=> erefl) in leqnSn n).
Qed.
Theorem nothing : Statements.Small.nothing.
Proof. exact: addn0. Qed.
"""


@needs_coq
def test_axioms_of_the_reals_are_shown_and_written(sources, tmp_path):
    (sources / "Definitions" / "Reals.v").write_text(HEAD)
    about = "From ImitationLearning.Definitions Require Import Reals.\n"
    (sources / "Statements" / "Small.v").write_text(HEAD + about + STATED)
    keep_read(statements(sources), catalogue().values(), sources)
    (sources / "Proofs" / "Small.v").write_text(HEAD + EXTENSIONAL)
    page = invoked("prove", "pdl", "--json", "proofs.json").stdout
    assert [line.split()[-2:] for line in page.splitlines() if "Small.small" in line] == [["axioms", "1"]]
    axiom = "FunctionalExtensionality.functional_extensionality_dep"
    assert f"axioms 1: {axiom}\n" in page
    assert json.loads((tmp_path / "proofs.json").read_text())["theorems"][0]["assumptions"] == [axiom]
    assert f"assumes {axiom}" in " ".join(invoked("show", "pdl").stdout.split())


@needs_coq
def test_theorems_are_shown_written_and_kept(sources, tmp_path):
    page = invoked("prove", "pdl", "--json", "proofs.json").stdout
    rows = [line.split() for line in page.splitlines()]
    assert ["pdl", "proved", "Small.small"] in [row[:3] for row in rows]
    assert "proved for shape S=2, A=2, H=1" in page
    assert "Claims proved for all finite models: 1; for some shapes only: 0; foundations: 0." in page
    document = json.loads((tmp_path / "proofs.json").read_text())
    assert document["schema"] == "iltheory-proofs/1" and (document["kept"], document["skipped"]) == (0, [])
    general, shaped = document["theorems"]
    assert (shaped["rung"], shaped["name"], len(shaped["shapes"])) == ("shape", "polynomial identity", 4)
    assert general["text"] == "Definition small : Prop := forall n : nat, n <= n.+1."
    assert (general["rung"], general["assumptions"], general["shapes"]) == ("proved", [], [])
    ledger = tmp_path / "iltheory.sqlite"
    kept = known_theorems([catalogue()["pdl"]], ledger=ledger)["pdl"]
    assert [theorem.document for theorem in kept] == [general, shaped]
    assert [theorem.name for theorem in proved_in_coq(ledger=ledger)] == ["Small.small", "Small.nothing"]
    shown = " ".join(invoked("show", "pdl").stdout.split())
    assert "proved: Small.small; assumes no axiom" in shown and general["text"] in shown
    assert "proved for shape S=2, A=2, H=1: polynomial identity; 4 shapes, the largest" in shown
    (sources / "Definitions" / "Small.v").write_text(HEAD + "Definition two := 2.\n")
    assert proved_in_coq(ledger=ledger) == ()
    assert "Small.small" not in invoked("show", "pdl").stdout


@needs_coq
def test_a_second_run_keeps_what_the_first_checked_until_a_source_or_coq_changes(sources, tmp_path, monkeypatch):
    invoked("prove", "pdl")
    asked = []
    monkeypatch.setattr(development, "check", lambda folder, **chosen: asked.append(chosen["subjects"]) or [])
    page = invoked("prove", "pdl", "--json", "proofs.json").stdout
    assert "2 of the 2 theorems in their files were checked earlier" in page and asked == []
    document = json.loads((tmp_path / "proofs.json").read_text())
    assert document["kept"] == 2 and document["theorems"][0]["name"] == "Small.small"
    monkeypatch.setattr(development, "versions", lambda: "another Coq")
    assert "were checked earlier" not in invoked("prove", "pdl").stdout and asked == [{"Small"}]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert proved_in_coq(ledger=tmp_path / "iltheory.sqlite") == ()  # of the true development, nothing is known here


@needs_coq
def test_the_whole_run_lists_foundations_and_a_broken_proof_fails_it(sources, tmp_path, monkeypatch):
    monkeypatch.setattr("iltheory.cli.prove.chosen", lambda ids: [])
    page = invoked("prove").stdout
    assert "(foundation)" in page and "foundations: 1." in page
    wrong = PROVED.replace("exact: addn0", "exact: add0n")
    (sources / "Proofs" / "Small.v").write_text(HEAD + wrong)
    done = invoked("prove", status=1)
    assert "a proof is broken" in done.stderr and "Small.v" in done.stderr and "foundation" not in done.stdout
    assert proved_in_coq(ledger=tmp_path / "iltheory.sqlite") == ()


def test_without_coq_theorems_are_skipped_and_said_to_be(sources, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = invoked("prove", "pdl", "--json", "-")
    document = json.loads(done.stdout)
    assert [theorem["rung"] for theorem in document["theorems"]] == ["shape"]
    assert "coqc is not installed (Debian: apt install" in document["skipped"][0]
    assert "skipped: coqc is not installed" in invoked("prove", "pdl").stdout


@needs_coq
def test_a_report_asks_coq_for_what_the_ledger_lacks(sources, tmp_path, monkeypatch):
    monkeypatch.setattr("iltheory.engine.verify.LEAST_BUDGET", 0.1)
    monkeypatch.setattr(coq_pages, "SOURCES", sources)
    coq_pages.coq_files.cache_clear()
    monkeypatch.setattr(site, "statements", lambda: development.statements(sources))
    report = ("report", "pdl", "--folder", "site", "--json", "-")
    without = json.loads(invoked(*report, "--no-compute").stdout)
    assert without["missing"]["theorems"] == ["Small.small", "Small.nothing"]
    assert without["missing"]["shapes"] == ["pdl", "pdl.discounted"] and without["counts"]["proved"] == 0
    document = json.loads(invoked(*report).stdout)
    assert document["missing"]["theorems"] == document["missing"]["shapes"] == []
    assert document["counts"]["proved"] == 1 and "sources/coq/Proofs/Small.v.html" in document["files"]
    text = (tmp_path / "site" / "claims" / "pdl.html").read_text()
    assert "<p>In words, <code>n</code> is a number.</p>" in text and "Definition small : Prop" in text
    assert "Adding nothing." in (tmp_path / "site" / "proofs" / "index.html").read_text()
    coq_pages.coq_files.cache_clear()
    (sources / "Proofs" / "Small.v").write_text(HEAD)
    assert "a proof is broken" in invoked(*report, status=1).stderr
