"""Claims of other packages, through the entry-point group ``iltheory.claims``: no package is really installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import iltheory as il
from iltheory.claims.registry import InvalidCatalogue, catalogue
from iltheory.engine.executors import processes
from iltheory.engine.ledger import Ledger

THEORY = '''
from fractions import Fraction

import iltheory as il

STEEPNESS = 1


def steep(p):
    return STEEPNESS * p


@il.claim(statement=r"p^2 \\le p", id="squares-below", tight=lambda: il.Tight((1,), 1, 1))
def below(p: il.UnitInterval):
    """Squares of numbers in [0, 1] lie below them, and so does [a, b] [/bold]."""
    return p * p <= steep(p)


@below.false_variant("above", counterexample=lambda: (Fraction(1, 2),))
def above(p):
    return p * p >= p
'''


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path where packages can be put; forgotten afterwards."""
    folder, before = tmp_path / "site", set(sys.modules)
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    catalogue.cache_clear()
    yield folder
    catalogue.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


def install(site: Path, name: str, source: str, *, entry: str | None = None) -> None:
    """Put a package of one module, and its entry point, where Python finds them."""
    (site / f"{name}.py").write_text(source)
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[iltheory.claims]\nours = {entry or name}\n")


def command(site: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "iltheory", *arguments],
        cwd=site, env=environment, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_the_command_line_lists_shows_and_verifies_them_in_worker_processes(site):
    install(site, "my_theory", THEORY)
    listing = command(site, "list", "squares-below").stdout
    assert "squares-below" in listing and "[a, b] [/bold]" in listing
    assert "STEEPNESS" not in command(site, "show", "squares-below").stdout
    done = command(site, "verify", "squares-below", "--n", "4", "--workers", "2", "--json", "out.json")
    assert "holds on 20 instances" in done.stdout
    (report,) = json.loads((site / "out.json").read_text())["reports"]
    assert report["claim"] == "squares-below" and report["variants_refuted"] == report["variants"] == 1


def test_a_statement_that_is_no_latex_is_shown_as_it_is(site):
    install(site, "my_theory", THEORY.replace(r"p^2 \le p", r"\frac{1 [/bold] [p]"))
    page = command(site, "show", "squares-below").stdout
    assert page.count(r"\frac{1 [/bold] [p]") == 2  # the statement in words and in LaTeX


def test_they_follow_ours_in_the_catalogue_and_run_in_worker_processes(site, tmp_path):
    install(site, "my_theory", THEORY)
    assert list(il.catalogue())[-1] == "squares-below"
    il.verify("squares-below", n=4, ledger=tmp_path / "here")
    with processes(2) as pool:
        il.verify("squares-below", n=4, ledger=tmp_path / "there", executor=pool)
    with Ledger(tmp_path / "here") as here, Ledger(tmp_path / "there") as there:
        assert here.content_digest() == there.content_digest()


def test_their_edited_helpers_are_computed_anew(site, tmp_path):
    install(site, "my_theory", THEORY)
    assert il.verify("squares-below", n=4, ledger=tmp_path / "ledger").rung == "instances"
    (site / "my_theory.py").write_text(THEORY.replace("STEEPNESS = 1", "STEEPNESS = Fraction(1, 8)"))
    del sys.modules["my_theory"]
    catalogue.cache_clear()
    report = il.verify("squares-below", n=4, ledger=tmp_path / "ledger")
    assert report.rung == "refuted" and report.instances == 20


def test_a_clash_names_both_modules(site):
    install(site, "my_theory", THEORY)
    install(site, "your_theory", THEORY)
    with pytest.raises(InvalidCatalogue) as caught:
        catalogue()
    for word in ("'squares-below'", "my_theory", "your_theory", "id=", "uninstall"):
        assert word in str(caught.value)
    assert "'squares-below'" in command(site, "list", status=2).stderr


def test_a_clash_with_ours_names_both_modules(site):
    install(site, "my_theory", THEORY.replace("squares-below", "kaariainen-2006-flip"))
    with pytest.raises(InvalidCatalogue, match=r"iltheory\.claims\.kaariainen_2006 and in my_theory"):
        catalogue()


@pytest.mark.parametrize(
    ("source", "entry", "words"),
    [
        ("import no_such_package", None, ("ModuleNotFoundError: No module named 'no_such_package'",)),
        ("1 / 0", None, ("ZeroDivisionError",)),
        ("def f(:", None, ("SyntaxError",)),
        (THEORY.replace("p: il.UnitInterval", "p"), None, ("InvalidClaim", "no annotated parameters")),
        (THEORY, "no_such_module", ("No module named 'no_such_module'",)),
        (THEORY, "my_theory:no_such_name", ("no_such_name",)),
        (THEORY, "my_theory:below", ("names a Claim; it must name a module",)),
    ],
    ids=["its imports", "its code", "its syntax", "its claims", "its module", "its name", "its claim, not its module"],
)
def test_a_package_that_cannot_be_had_is_named(site, source, entry, words):
    install(site, "my_theory", source, entry=entry)
    with pytest.raises(InvalidCatalogue) as caught:
        catalogue()
    for word in ("entry point ours", "group iltheory.claims", "my_theory", *words):
        assert word in str(caught.value)
