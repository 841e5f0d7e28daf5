"""Two sites, each written once: some claims with all evidence, and the whole catalogue with none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import NamedTuple

import pytest
from sites import CLAIMS, CLONING, DAGGER
from typer.testing import CliRunner

from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.engine.executors import serial
from iltheory.engine.verify import verify_all
from iltheory.figures import VENUES, computed_figures, find
from iltheory.proofs import prove_for_shapes, prove_in_coq, shapes
from iltheory.reporting.site import gather, write_site
from proofs_check import coq
from proofs_check.coq import Proof, statements


def accepted(folder, **_):
    """What Coq would say of some theorems; tests/proofs asks it."""
    about = (CLONING, DAGGER, None)
    kept = [one for one in statements() if one.claim in about]
    return [Proof(one, ("Classical_Prop.classic",) if one.claim == DAGGER else (), 1.25) for one in kept]


class Small(NamedTuple):
    """A site of some claims, what it was written from, and where."""

    folder: object
    content: object
    reports: dict
    ledger: object
    figures: object


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    claims, ledger = [catalogue()[id] for id in CLAIMS], folder / "ledger.sqlite"
    reports = verify_all(claims, budget=0.05, ledger=ledger, executor=serial())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coq, "check", accepted)
        patch.setattr(coq, "versions", lambda: "Coq")
        prove_in_coq(folder / "coq", ledger=ledger)
        patch.setattr(shapes, "LARGEST", (2, 2, 2))  # seconds
        prove_for_shapes(claims, ledger=ledger, executor=serial())
    (scaling,) = find(["horizon-scaling"])
    short = replace(scaling.data, cells=[cell for cell in scaling.data.cells if cell["horizon"] <= 16])
    (figure,) = computed_figures([replace(scaling, data=short)], executor=serial())
    (folder / "figures").mkdir()
    figure.save(folder / "figures", VENUES["neurips2025"], ())
    content = gather(claims, ledger=ledger, figures_folder=folder / "figures", executor=serial())
    write_site(content, folder / "site")
    by_id = {report.claim: report for report in reports}
    return Small(folder / "site", content, by_id, ledger, folder / "figures")


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    options = ["--no-compute", "--folder", str(folder / "site"), "--ledger", str(folder / "none.sqlite")]
    done = CliRunner().invoke(app, ["report", *options, "--json", str(folder / "report.json")])
    assert done.exit_code == 0, done.output
    return folder / "site", json.loads((folder / "report.json").read_text(encoding="utf-8")), done.output
