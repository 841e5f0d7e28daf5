"""The runner of experiments: every cell once, whatever interrupts it, and slopes with intervals."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from importlib import import_module

import numpy as np
import pytest

from iltheory.engine.blocks import BlockFailed
from iltheory.engine.executors import serial
from iltheory.engine.provenance import sources
from iltheory.experiments import Experiment, Finding, Section, locomotion, run
from iltheory.experiments.run import run_experiments
from iltheory.experiments.statistics import log_slope, mean_over_seeds
from iltheory.reporting.scale_pages import scale_markdown, scale_page
from sims.errors import InvalidArgument

CALLS: list[int] = []


def work(cell):
    CALLS.append(cell["seed"])
    if cell["seed"] == 13:
        raise ValueError("an unlucky seed")
    return {"square": cell["seed"] ** 2}


def summary(outcomes):
    rows = tuple((str(outcome.cell["seed"]), str(outcome.result["square"])) for outcome in outcomes)
    return Section(("seed", "square | of it"), rows, (Finding(f"{len(rows)} squares", "pdl"),))


@pytest.fixture
def squares(monkeypatch):
    experiment = Experiment("squares", "Squares", work, [{"seed": s} for s in (1, 2, 3)], [{"seed": 2}], summary)
    known = {"squares": experiment}
    monkeypatch.setattr(run, "experiments", lambda: known)
    monkeypatch.setattr("iltheory.reporting.scale_pages.experiments", lambda: known)
    CALLS.clear()
    return experiment


def test_a_cell_is_computed_once(squares, tmp_path):
    ledger = tmp_path / "ledger"
    first = run_experiments([squares], smoke=True, ledger=ledger, executor=serial())
    assert CALLS == [2] and first.complete and first.done == {"squares": 1}
    second = run_experiments([squares], ledger=ledger, executor=serial())
    assert CALLS == [2, 1, 3] and second.complete
    assert [row[1] for row in second.sections["squares"].rows] == ["1", "4", "9"]


def test_cells_done_before_a_failure_are_kept(squares, tmp_path):
    unlucky = Experiment("squares", "", work, [{"seed": 1}, {"seed": 13}], [], summary)
    with pytest.raises(BlockFailed, match="an unlucky seed"):
        run_experiments([unlucky], ledger=tmp_path / "ledger", executor=serial())
    CALLS.clear()
    assert run_experiments([squares], ledger=tmp_path / "ledger", executor=serial()).complete
    assert CALLS == [2, 3]


def test_pages_hold_the_table_and_the_findings(squares):
    report = run_experiments([squares], executor=serial())
    text = scale_markdown(report)
    assert "| seed | square \\| of it |" in text and "- 3 squares (`pdl`)" in text
    assert "3 of 3 cells done" in text
    assert scale_page(report) is not None
    assert report.to_json()["experiments"][0]["section"]["rows"][2] == ["3", "9"]


def test_a_digest_of_sources_follows_what_a_function_reaches(tmp_path, monkeypatch):
    chain, leaf = tmp_path / "ours" / "chain.py", tmp_path / "ours" / "leaf.py"
    chain.parent.mkdir()
    (tmp_path / "ours" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("iltheory.engine.provenance.OURS", ("ours",))
    installed = {"numpy": "1", "scipy": "1"}
    monkeypatch.setattr("iltheory.engine.provenance.version", installed.__getitem__)

    def digest(*, leaf_value=1, factor=2, drawn="blue", shipped=b"0", numpy="1", scipy="1"):
        installed.update(numpy=numpy, scipy=scipy)
        (tmp_path / "ours" / "table.npz").write_bytes(shipped)
        leaf.write_text(f"import numpy\nx = {leaf_value}\n")
        chain.write_text(
            f"FACTOR = {factor}\n\ndef helper():\n    from ours import leaf\n    return FACTOR * leaf.x\n\n"
            f"def work(cell):\n    return helper()\n\ndef draw():\n    return {drawn!r}\n\n"
            "DRAWN = [draw() for cell in range(2)]\n"
        )
        sources.cache_clear()
        return sources(import_module("ours.chain").work)

    first = digest()
    assert digest(drawn="red") == first == digest()
    assert digest(scipy="2") == first  # it is not imported
    others = [digest(leaf_value=2), digest(factor=3), digest(shipped=b"1"), digest(numpy="2")]
    assert len({first, *others}) == 5
    sources.cache_clear()


def test_a_digest_needs_none_of_the_packages_that_the_work_does():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from iltheory.engine.provenance import sources\nfrom iltheory.experiments.locomotion import work\n"
        "print(sources(work))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sources(locomotion.work)


def test_slopes_of_powers_are_exact_and_their_intervals_contain_them():
    exact = log_slope({h: [3.0 * h**2] for h in (1, 2, 4, 8)})
    assert exact.centre == pytest.approx(2, abs=1e-12) and np.isnan(exact.low)
    rng = np.random.default_rng(0)
    noisy = {h: list(h**1.5 * rng.uniform(0.5, 1.5, 40)) for h in (2, 4, 8, 16)}
    found = log_slope(noisy)
    assert found.low < 1.5 < found.high and found.high - found.low < 0.4
    ragged = log_slope({2: [2.0, 2.0, 2.0], 4: [4.0, 4.0], 8: [8.0, 8.0]})  # a run that was cut short
    assert ragged.low == pytest.approx(1) == ragged.high
    with pytest.raises(InvalidArgument, match="three are the fewest"):
        log_slope({1: [1.0], 2: [2.0]})
    with pytest.raises(InvalidArgument, match="at size 2 is 0, not positive"):
        log_slope({1: [1.0], 2: [0.0], 3: [1.0]})


@pytest.mark.parametrize(("n", "spread"), [(5, 0.3), (10, 0.3), (5, 1.0)])
def test_intervals_of_slopes_cover_as_often_as_they_say(n, spread):
    rng, sizes, hits, repetitions = np.random.default_rng(0), (2, 4, 8, 16), 0, 400
    for _ in range(repetitions):
        found = log_slope({h: h**2 * np.exp(spread * rng.normal(size=n)) for h in sizes})
        hits += found.low <= 2 <= found.high
    assert hits >= 0.95 * repetitions - 4 * (0.95 * 0.05 * repetitions) ** 0.5


def test_the_interval_of_a_mean_is_students():
    found = mean_over_seeds([1.0, 2.0, 3.0])
    assert found.centre == 2 and found.high - 2 == pytest.approx(4.302652729911275 / 3**0.5)
    with pytest.raises(InvalidArgument, match="none were given"):
        mean_over_seeds([])


def test_a_refuted_bound_is_exit_status_1_and_an_unfinished_run_says_so(monkeypatch, tmp_path):
    from typer.testing import CliRunner

    from iltheory.cli import app

    def broken(outcomes):
        return Section(("seed",), (("2",),), (Finding("a bound is refuted", "pdl"),), refuted=1)

    experiment = Experiment("squares", "Squares", work, [{"seed": 1}], [{"seed": 1}, {"seed": 2}], broken)
    monkeypatch.setattr(run, "experiments", lambda: {"squares": experiment})
    monkeypatch.setattr("iltheory.reporting.scale_pages.experiments", lambda: {"squares": experiment})
    monkeypatch.setattr("iltheory.experiments.experiment.experiments", lambda: {"squares": experiment})
    monkeypatch.setattr("iltheory.engine.executors.processes", lambda workers: nullcontext(serial()))
    ledger = ("--ledger", str(tmp_path / "ledger"))
    done = CliRunner().invoke(app, ["scale", "--smoke", *ledger])
    assert done.exit_code == 1 and "a bound is refuted" in done.output and "2 of 2 cells done" in done.output
    part = run_experiments([experiment], smoke=True, executor=serial(), budget=1e-9)
    assert not part.complete and "The same command goes on with the others." in scale_markdown(part)
