"""`iltheory prove` on a development of two theorems: what it prints, writes, keeps, skips, and calls broken."""

import json
import shutil
from dataclasses import replace
from importlib.metadata import version
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.cli.common import coq_folder
from iltheory.engine.executors import serial
from iltheory.proofs import Theorem, citation, known_theorems, proved_in_coq
from iltheory.proofs.coq import readable
from iltheory.proofs.theorem import REALS_ASSUMED
from iltheory.proofs.vetting import keep_read
from iltheory.reporting.names import parts
from iltheory.reporting.proof_pages import proofs_page
from iltheory.reporting.site import content as site
from iltheory.reporting.site import coq_pages
from proofs_check import coq as development
from proofs_check.coq import statements
from proofs_check.coq.refusals import REALS
from sims.errors import IltheoryError

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
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("proofs_check.coq.reading.SOURCES", folder)
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
    assert json.loads((tmp_path / "proofs.json").read_text())["theorems"][0]["assumes"] == REALS_ASSUMED
    assert f"assumes {REALS_ASSUMED} ({axiom})" in " ".join(invoked("show", "pdl").stdout.split())
    assert f"finite models: 1 (1 of them from {REALS_ASSUMED});" in page


@needs_coq
def test_theorems_are_shown_written_and_kept(sources, tmp_path):
    page = invoked("prove", "pdl", "--json", "proofs.json").stdout
    rows = [line.split() for line in page.splitlines()]
    assert ["pdl", "proved", "Small.small"] in [row[:3] for row in rows]
    assert "proved for shape S=2, A=2, H=1" in page
    assert "Claims proved for all finite models: 1; for some shapes only: " in page
    document = json.loads((tmp_path / "proofs.json").read_text())
    assert document["schema"] == "iltheory-proofs/1" and (document["kept"], document["skipped"]) == (0, [])
    general, shaped = (theorem for theorem in document["theorems"] if theorem["claim"] == "pdl")
    assert (shaped["rung"], shaped["name"], len(shaped["shapes"])) == ("shape", "polynomial identity", 4)
    assert general["text"] == "Definition small : Prop := forall n : nat, n <= n.+1."
    assert (general["rung"], general["assumptions"], general["shapes"]) == ("proved", [], [])
    ledger = tmp_path / "iltheory.sqlite"
    kept = known_theorems([catalogue()["pdl"]], ledger=ledger)["pdl"]
    assert [{**theorem.document, "assumes": "no axiom"} for theorem in kept] == [general, shaped]
    assert general["checker"] == readable(development.versions()) and general["checker"] in document["cite"]
    assert document["cite"] in " ".join(page.split()) and "1 theorem by Coq" in document["cite"]
    assert [theorem.name for theorem in proved_in_coq(ledger=ledger)] == ["Small.small", "Small.nothing"]
    shown = " ".join(invoked("show", "pdl").stdout.split())
    assert "proved: Small.small; assumes no axiom" in shown and general["text"] in shown
    assert "proved for shape S=2, A=2, H=1: polynomial identity; 4 shapes, the largest" in shown
    (sources / "Definitions" / "Small.v").write_text(HEAD + "Definition two := 2.\n")
    assert proved_in_coq(ledger=ledger) == ()
    assert "Small.small in Coq, not checked here yet" in invoked("show", "pdl").stdout


def test_claims_without_any_proof_are_named_and_nothing_else_is_shown_of_them(sources, tmp_path, monkeypatch):
    asked = "ho-ermon-2016-ga-js"
    without = [asked, f"{asked}.optimal", f"{asked}.conjugate"]
    monkeypatch.setenv("PATH", str(tmp_path))  # without Coq: claims that it has theorems on are skipped, not named
    page = invoked("prove", asked).stdout
    assert f"no proof of: {', '.join(without)}.\n" in page and "claim " not in page and "Claims proved" not in page
    document = json.loads(invoked("prove", asked, "pdl", "--json", "-").stdout)
    assert document["unproved"] == without and "pdl" in {theorem["claim"] for theorem in document["theorems"]}
    assert "no proof of" not in invoked("prove", "pdl").stdout


@needs_coq
def test_progress_is_plain_lines_where_no_terminal_shows_it(sources, monkeypatch):
    monkeypatch.setattr("iltheory.reporting.progress.PAUSE", 0.0)
    said = invoked("prove", "pdl").stderr.splitlines()
    assert said[0] == "proving claims for shapes: 2" and said[1].startswith("1 of 2, proofs for shapes: pdl")
    assert said[3] == "comparing theorems with what was checked earlier"
    assert sum("files are compiled: " in line for line in said) == 2, said


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
    assert "(foundation)" in page and "foundations: 1." in page and "no proof of" not in page
    monkeypatch.setattr("iltheory.cli.prove.chosen", lambda ids: [catalogue()["ho-ermon-2016-ga-js"]])
    assert "no proof of: 1 claim (--json FILE names them).\n" in invoked("prove").stdout
    wrong = PROVED.replace("exact: addn0", "exact: add0n")
    (sources / "Proofs" / "Small.v").write_text(HEAD + wrong)
    done = invoked("prove", status=1)
    assert "a proof is broken" in done.stderr and "Small.v" in done.stderr and "foundation" not in done.stdout
    assert proved_in_coq(ledger=tmp_path / "iltheory.sqlite") == ()


@needs_coq
def test_a_statement_of_no_claim_is_named_with_the_nearest_one(sources):
    for id, said in (("pdll", "did you mean pdl?"), ("-", "write foundation")):
        (sources / "Statements" / "Small.v").write_text(HEAD + STATED.replace("claim: pdl", f"claim: {id}"))
        done = invoked("prove", "pdl", status=1)
        assert f"Small.small bears the id '{id}', which no claim of the catalogue has" in done.stderr
        assert said in done.stderr


@needs_coq
def test_a_folder_that_cannot_be_written_is_named_with_the_way_to_another(sources, tmp_path, monkeypatch):
    invoked("prove", "pdl")
    assert (tmp_path / "cache" / "iltheory" / "coq" / "Proofs" / "Small.vo").exists()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    failed = CliRunner().invoke(app, ["prove", "pdl", "--ledger", "fresh.sqlite"])
    assert isinstance(failed.exception, IltheoryError)
    assert f"cannot be compiled in {tmp_path / 'file' / 'iltheory' / 'coq'}: Not a directory" in str(failed.exception)
    assert "Set XDG_CACHE_HOME to a folder" in str(failed.exception)


def test_what_is_compiled_goes_to_the_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert coq_folder() == tmp_path / "iltheory" / "coq"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for none in ("", "relative"):  # which the specification of such folders says to ignore
        monkeypatch.setenv("XDG_CACHE_HOME", none)
        assert coq_folder() == tmp_path / "home" / ".cache" / "iltheory" / "coq"


def test_without_coq_theorems_are_skipped_and_said_to_be(sources, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = invoked("prove", "pdl", "--json", "-")
    document = json.loads(done.stdout)
    assert {theorem["rung"] for theorem in document["theorems"]} == {"shape"} and document["earlier"] == []
    assert "coqc is not installed (Debian: apt install" in document["skipped"][0]
    assert "skipped: coqc is not installed" in invoked("prove", "pdl").stdout


@needs_coq
def test_without_coq_what_was_checked_earlier_stands_apart_from_what_was_checked_now(sources, tmp_path, monkeypatch):
    invoked("prove", "pdl")
    checker = readable(development.versions())
    monkeypatch.setenv("PATH", str(tmp_path))
    page, document = invoked("prove", "pdl").stdout, json.loads(invoked("prove", "pdl", "--json", "-").stdout)
    now, _, earlier = page.partition("Not checked now, but earlier, from these very sources, by ")
    assert earlier.startswith(checker) and "Small.small" in earlier and "Small.small" not in now
    assert "Claims proved for all finite models: 0; for some shapes only: " in now
    assert "Claims proved for all finite models: 1; for some shapes only: 0;" in earlier
    assert {theorem["rung"] for theorem in document["theorems"]} == {"shape"}
    assert [(one["name"], one["checker"]) for one in document["earlier"]] == [("Small.small", checker)]
    assert "theorem by" not in document["cite"] and "for all models of some shapes" in document["cite"]


@needs_coq
def test_a_claim_that_is_proved_has_a_row_in_the_table_without_instances(sources, tmp_path):
    invoked("prove", "pdl")
    done = invoked("table", "pdl", "--no-compute", "--columns", "claim,verdict,proof,axioms")
    assert "| `pdl` | proved | `Small.small` | no axiom |" in done.stdout
    assert "Proved, and without instances in iltheory.sqlite: pdl, pdl.discounted." in done.stderr
    assert "missing" not in done.stderr and readable(development.versions()) in done.stdout


def test_a_claim_with_a_statement_that_was_not_checked_shows_it_with_what_it_names(sources):
    naming = STATED.replace("forall n : nat, n <= n.+1.", "nothing.")
    (sources / "Statements" / "Small.v").write_text(HEAD + naming)
    keep_read(statements(sources), catalogue().values(), sources)
    page = " ".join(invoked("show", "pdl").stdout.split())
    assert "Small.small in Coq, not checked here yet: run `iltheory prove pdl`, with coqc" in page
    assert "Definition small : Prop := nothing. Definition nothing : Prop := forall n : nat, n + 0 = n." in page


def test_versions_are_those_that_people_know_where_a_package_manager_has_them(tmp_path, monkeypatch):
    programs = {
        "coqc": "echo /lib/coq",
        "dpkg-query": 'case "$1" in --search) echo "libm: $2";; *) echo 2.9.0-1+b4;; esac',
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert readable("Coq 8.99, MathComp 0123abcd") == "Coq 8.99, MathComp 2.9.0"
    (tmp_path / "dpkg-query").write_text("#!/bin/sh\nexit 1\n")
    assert readable("Coq 8.99, MathComp 0123abcd") == "Coq 8.99, MathComp (files 0123abcd)"
    (tmp_path / "opam").write_text('#!/bin/sh\ncase "$1" in var) echo /lib;; *) echo 2.8.1;; esac\n')
    (tmp_path / "opam").chmod(0o755)
    assert readable("Coq 8.99, MathComp 0123abcd") == "Coq 8.99, MathComp 2.8.1"


def test_what_is_cited_counts_theorems_axioms_and_the_claims_of_shapes():
    general = Theorem("a", "proved", "proved", "A.a", "", "", (), 1.0, checker="Coq 8")
    reals = replace(general, claim=None, assumptions=tuple(sorted(REALS)))
    shaped = Theorem("a", "shape", "proved for shape S=2", "identity", "", "", (), 1.0, ("S=2",))
    words = citation([general, reals, shaped])
    assert words.startswith(
        "We checked 2 theorems by Coq 8 (1 without axioms, 1 from the axioms of Coq's real numbers), and 1 claim for "
        f"all models of some shapes, on polynomials with exact numbers, with iltheory {version('iltheory')}"
    )
    assert citation([]) is None


@pytest.mark.parametrize("width", [72, 80, 110, 200])
def test_ids_and_names_break_behind_dots_dashes_and_underscores_only(width):
    claim, name = "occ-polytope-discounted.converse", "DiscountedTotalVariation.gap_from_occupancy_signed"
    theorem = Theorem(claim, "proved", "proved", name, "", "", tuple(sorted(REALS)), 1.0, checker="Coq 8")
    console = Console(width=width, file=StringIO())
    console.print(proofs_page([theorem], [], [], []))
    words = [
        word for line in console.file.getvalue().split("Claims proved")[0].splitlines()[1:] for word in line.split()
    ]
    known = {"proved", "1.0", "axioms", "1"}
    found = [word for word in words if word not in known]
    assert sorted(part for word in found for part in parts(word)) == sorted(parts(claim) + parts(name))
    assert width < 200 or found == [claim, name]


@needs_coq
def test_a_report_asks_coq_for_what_the_ledger_lacks(sources, tmp_path, monkeypatch):
    monkeypatch.setattr("iltheory.engine.verify.LEAST_BUDGET", 0.1)
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
