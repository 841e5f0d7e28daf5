r"""Bundles hold what others need: pictures, a checker, LaTeX that reads, and a regression test that can fail."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from attacked import VARIANTS, falsification, known, uncertified
from pylatexenc.latexwalker import LatexWalker

from iltheory.attack.counterexample import certify
from iltheory.attack.falsification import Falsification
from iltheory.attack.references import resolve
from iltheory.reporting.bundle import ForeignFile, write_bundle
from iltheory.reporting.latex_pages import description, escaped
from proofs_check.kernel.__main__ import main as kernel
from sims import families
from sims.errors import InvalidArgument

LINEAR = "ross-bagnell-2010-thm-2-1/linear-in-h"
NAMES = [
    "counterexample.json",
    "simplest.svg",
    "simplest.png",
    "worst.svg",
    "worst.png",
    "check_simplest.py",
    "check_worst.py",
    "certificate_simplest.json",
    "certificate_worst.json",
    "counterexample.tex",
    "test_regression.py",
]
CONJECTURE = """
import iltheory as il


@il.claim(statement=r"J(\\pi_E) - J(\\pi) \\le H \\epsilon")
def linear(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon * il.error_rate(mdp, expert, learner)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("refuted") / "linear"
    assert write_bundle(falsification(known(LINEAR)), folder) == [folder / name for name in NAMES]
    return folder


def run_pytest(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_regression.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_folder_holds_the_bundle_and_nothing_else(bundle):
    assert sorted(path.name for path in bundle.iterdir()) == sorted(NAMES)
    document = json.loads((bundle / "counterexample.json").read_text(encoding="utf-8"))
    assert document == falsification(known(LINEAR)).to_json()
    assert (bundle / "simplest.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (bundle / "worst.svg").read_text(encoding="utf-8")


def test_the_checker_of_the_bundle_confirms_it_without_our_packages(bundle):
    command = [sys.executable, "-I", "-S", str(bundle / "check_simplest.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_independent_checker_proves_the_certificates_of_the_bundle(bundle, capsys):
    assert kernel([str(bundle / f"certificate_{name}.json") for name in ("simplest", "worst")]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert re.search(r"valid: .*\(gap <= \w+\) is false .*error_rate is .*refutes ross-bagnell-2010-thm-2-1", line)


def test_the_regression_test_passes_and_fails_on_another_instance(bundle, tmp_path):
    passed = run_pytest(bundle)
    assert passed.returncode == 0, passed.stdout
    assert "2 passed" in passed.stdout
    for name in ("counterexample.json", "test_regression.py"):
        (tmp_path / name).write_bytes((bundle / name).read_bytes())
    document = json.loads((tmp_path / "counterexample.json").read_text(encoding="utf-8"))
    rewards = document["worst"]["instance"]["mdp"]["r"]
    document["worst"]["instance"]["mdp"]["r"] = [[str(Fraction(x) / 2) for x in row] for row in rewards]
    (tmp_path / "counterexample.json").write_text(json.dumps(document), encoding="utf-8")
    failed = run_pytest(tmp_path)
    assert failed.returncode == 1
    assert "1 failed, 1 passed" in failed.stdout


def test_the_regression_test_of_a_claim_in_a_file_moves_with_the_folder(tmp_path):
    home = tmp_path / "here"
    home.mkdir()
    (home / "my_conjecture.py").write_text(CONJECTURE, encoding="utf-8")
    claim = resolve(f"{home / 'my_conjecture.py'}::linear")
    found = certify(claim, claim.bind(*families.cliff(horizon=3, error=Fraction(1, 2))))
    assert found is not None
    write_bundle(falsification(found), home / "refuted")
    text = (home / "refuted" / "test_regression.py").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert "../my_conjecture.py" in text
    home.rename(tmp_path / "there")
    passed = run_pytest(tmp_path / "there" / "refuted")
    assert passed.returncode == 0, passed.stdout


def test_a_second_run_replaces_the_first_byte_by_byte(bundle):
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}
    write_bundle(falsification(known(LINEAR)), bundle)
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before


@pytest.mark.parametrize("name", NAMES)
def test_files_of_others_are_never_replaced(tmp_path, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(ForeignFile, match=re.escape(name)):
        write_bundle(falsification(known(LINEAR)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "notes.md").write_text("mine", encoding="utf-8")
    write_bundle(falsification(known(LINEAR)), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*NAMES, "notes.md"])


def test_without_a_counterexample_there_is_nothing_to_bundle(tmp_path):
    nothing = Falsification(resolve(LINEAR), None, None, None, (), 0, 60.0, 60.0)
    with pytest.raises(InvalidArgument, match="no counterexample"):
        write_bundle(nothing, tmp_path / "empty")
    assert not (tmp_path / "empty").exists()


def balanced(latex: str) -> None:
    """Raise unless braces, dollars and environments of a LaTeX text match."""
    nodes, *_ = LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    assert nodes
    assert Counter(re.findall(r"\\begin\{(\w+)\}", latex)) == Counter(re.findall(r"\\end\{(\w+)\}", latex))
    for table in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", latex, re.DOTALL):
        columns, body = table
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len(rows) >= 2
        assert all(len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1 for row in rows)


def test_latex_has_every_number_exactly(bundle):
    latex = (bundle / "counterexample.tex").read_text(encoding="utf-8")
    found = known(LINEAR)
    balanced(latex)
    numbers = json.dumps(found.to_json()["instance"])
    assert {f"${number}$" for number in re.findall(r'"([^" a-zA-Z_]+)"', numbers)} <= set(
        re.findall(r"\$[^$]+\$", latex)
    )
    assert r"\mathrm{lhs} > \mathrm{rhs}" in latex


@pytest.mark.parametrize("variant", list(VARIANTS.values())[::9], ids=lambda variant: variant.id)
def test_latex_of_false_variants_is_balanced(variant):
    balanced(description([("Simplest", uncertified(variant))], mark="mark"))


def test_special_characters_are_escaped():
    assert escaped(r"a_b & 50% {x} \y") == r"a\_b \& 50\% \{x\} \textbackslash{}y"
