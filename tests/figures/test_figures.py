"""Figures: computed once, drawn again from what is kept, the same to the byte."""

from __future__ import annotations

import csv
import inspect
import json
import re
from dataclasses import replace
from fractions import Fraction
from importlib.metadata import version
from io import StringIO

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Picture
from typer.testing import CliRunner

import iltheory as il
from iltheory.cli import app
from iltheory.engine.executors import serial
from iltheory.experiments.computation import Computation
from iltheory.experiments.statistics import mean_over_seeds
from iltheory.figures import VENUES, Figure, NoData, computed_figures, figures, find, kept_figures, recorded_figures
from iltheory.figures.figure import FITTED
from iltheory.figures.rows import as_csv, enclosed, groups, points, read, senses
from iltheory.figures.run import NoLatex
from iltheory.figures.sheet import Sheet, fitted, ratios, with_slope
from iltheory.figures.venues import stand_in
from sims.arithmetic import Enclosure
from sims.errors import InvalidArgument

CALLS: list[int] = []
HALF = Enclosure(Fraction(1, 2), Fraction(1, 2))


def work(cell):
    CALLS.append(cell["horizon"])
    gap = Fraction(cell["horizon"] ** 2, 3)
    return {"gap": enclosed(gap), "verdict": "holds"}


def draw(rows, sheet):
    (panel,) = sheet.panels()
    panel.named(x="H", y="gap", log="xy").curve(points(rows, "horizon", "gap"), "gap")
    panel.slope(points(rows, "horizon", "gap"), 2)
    panel.legend()


@pytest.fixture
def squares():
    CALLS.clear()
    cells = [{"horizon": h} for h in (2, 4, 8)]
    return Figure(
        id="squares",
        title="Squares",
        caption="Squares.",
        claims=("ross-bagnell-2010-thm-2-1",),
        data=Computation("squares", work, cells),
        draw=draw,
        aspect=0.6,
    )


@pytest.mark.parametrize("style", VENUES)
def test_a_figure_has_the_width_of_its_venue_and_the_same_bytes_again(squares, style, tmp_path):
    (drawn,) = computed_figures([squares], executor=serial())
    venue, formats = VENUES[style], ("pdf", "svg", "png")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, in_order in ((first, formats), (second, formats[::-1])):
        folder.mkdir()
        drawn.save(folder, venue, in_order)
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in second.iterdir()
    }
    assert len(list(first.iterdir())) == 5
    width, height = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", (first / "squares.pdf").read_bytes()).groups()
    assert float(width) == pytest.approx(72 * venue.narrow) and float(height) == pytest.approx(72 * venue.narrow * 0.6)
    pdf = (first / "squares.pdf").read_bytes()
    assert b"/Type3" not in pdf and b"/CIDFontType2" in pdf
    wide = venue.settings(wide=True)["figure.figsize"][0]
    assert venue.narrow <= wide <= 6.75


def test_rows_are_computed_once_and_drawn_again_without_computing(squares, tmp_path):
    ledger = tmp_path / "ledger.sqlite"
    assert recorded_figures([squares], ledger=ledger) == ([], [f"squares: 3 of 3 cells are not in {ledger}"])
    (drawn,) = computed_figures([squares], ledger=ledger, executor=serial())
    drawn.save(tmp_path, VENUES["icml2025"], ["svg"])
    picture = (tmp_path / "squares.svg").read_bytes()
    assert CALLS == [2, 4, 8]
    (again,), missing = recorded_figures([squares], ledger=ledger)
    (kept,) = kept_figures([squares], tmp_path)
    for same in (again, kept):
        same.save(tmp_path, VENUES["icml2025"], ["svg"])
        assert (tmp_path / "squares.svg").read_bytes() == picture
    assert CALLS == [2, 4, 8] and not missing


def test_data_say_where_they_come_from(squares, tmp_path):
    (drawn,) = computed_figures([squares], executor=serial())
    drawn.save(tmp_path, VENUES["colt"], [])
    document = json.loads((tmp_path / "squares.json").read_text())
    assert document["verdicts"] == {"holds": 3} and document["provenance"]["arithmetic"] == ["exact"]
    assert {"commit", "sources", "libraries", "seeds"} <= document["provenance"].keys()
    assert document["provenance"]["iltheory"] == version("iltheory")
    claim = il.catalogue()["ross-bagnell-2010-thm-2-1"]
    (described,) = document["claims"].values()
    assert document["claims"].keys() == {claim.id} and described["statement"] == claim.statement
    assert described["status"] == claim.status and described["source"]["title"] == claim.source.title
    assert described["source"]["theorem"] == "Theorem 2.1" and "arxiv" in described["source"]
    (row, *_) = csv.DictReader(StringIO((tmp_path / "squares.csv").read_text()))
    assert row["horizon"] == "2" and row["gap_sense"] == "exact"
    assert Fraction(row["gap_lower"]) < Fraction(4, 3) < Fraction(row["gap_upper"])


def test_what_is_drawn_again_has_the_texts_of_now_and_the_data_of_then(squares, tmp_path):
    (drawn,) = computed_figures([squares], executor=serial())
    drawn.save(tmp_path, VENUES["colt"], [])
    edited = replace(squares, title="Powers", caption="Powers of 2.", claims=("pdl",))
    (kept,) = kept_figures([edited], tmp_path)
    assert dict(kept.document) == {**drawn.document, "title": "Powers", "caption": "Powers of 2."}
    kept.save(tmp_path, VENUES["colt"], [])
    assert json.loads((tmp_path / "squares.json").read_text()) == kept.document


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "iltheory-figure/1", "id": "other"}', '{"schema": 1, "id": "squares"}']
)
def test_damaged_data_are_named(squares, text, tmp_path):
    with pytest.raises(NoData, match="without --redraw"):
        kept_figures([squares], tmp_path)
    (tmp_path / "squares.json").write_text(text)
    with pytest.raises(NoData, match=r"squares\.json is not the data of squares"):
        kept_figures([squares], tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        Enclosure(Fraction(1, 3), Fraction(1, 3)),
        Enclosure(0.25, 0.5, "ball"),
        Enclosure(0, float("inf"), "interval"),
        Enclosure(0, 1, "confidence", Fraction(1, 100)),
    ],
)
def test_enclosures_survive_json(value):
    assert read(json.loads(json.dumps(enclosed(value)))) == value


def test_long_rationals_are_rounded_outward():
    exact = Fraction(10**50 + 1, 3**100)
    kept, short = enclosed(exact), enclosed(Fraction(1, 3))
    found = read(kept)
    assert found.sense == "ball" and found.lower < exact < found.upper and found.width < Fraction(1, 10**13)
    ball = enclosed(Enclosure(exact, exact + 1, "ball"))
    assert senses([{"x": kept, "y": 1}, {"x": short}, {"x": ball}]) == ["ball", "exact", "rounded outward"]
    (row,) = csv.DictReader(StringIO(as_csv([{"x": kept, "y": short}])))
    assert (row["x_sense"], row["y_sense"]) == ("rounded outward", "exact")
    power = enclosed(10**60)
    assert power["sense"] == "exact" and read(power).lower == 10**60


def test_bands_are_named_only_where_probability_comes_in():
    panel = Sheet(Picture()).panels()[0]
    panel.curve([(1, HALF), (2, HALF)], "exact")
    panel.curve([(1, Enclosure(0, 1, "ball"))], "rigorous")
    assert not panel.bands
    panel.curve([(1, Enclosure(0, 1, "confidence", Fraction(1, 100)))], "sampled")
    panel.curve([(1, mean_over_seeds([1.0, 2.0]))], "seeds")
    panel.legend()
    names = [text.get_text() for text in panel.axes.get_legend().get_texts()]
    assert names == [
        "exact", "rigorous", "sampled", "seeds", "99 % confidence", "95 % interval over seeds (Student)",
    ]  # fmt: skip
    styles = [(line.get_color(), line.get_marker(), str(line.get_linestyle())) for line in panel.axes.lines]
    assert len(set(styles)) == 4
    with pytest.raises(InvalidArgument, match="'nothing': none were given"):
        panel.curve([], "nothing")


def test_slopes_and_ratios_of_curves():
    squares = [(h, Enclosure.of(Fraction(h**2))) for h in (2, 4, 8)]
    assert with_slope("gap", squares) == "gap: slope $2.00$ [$2.00$, $2.00$]"
    assert ratios(squares, [(h, Enclosure.of(2 * h**2)) for h in (2, 4, 8)]) == [(h, HALF) for h in (2, 4, 8)]
    assert ratios([(1, 3.0)], [(1, 2.0)]) == [(1, 1.5)]


def test_captions_say_what_the_intervals_of_slopes_are():
    shown = {id: inspect.getsource(inspect.getmodule(figure.draw)) for id, figure in figures().items()}
    fitting = {id for id, source in shown.items() if "with_slope(" in source or ".exponents(" in source}
    assert len(fitting) == 8 and fitting == {id for id, figure in figures().items() if figure.caption.endswith(FITTED)}


def test_the_interval_of_a_slope_is_what_captions_say():
    from scipy import stats

    x, y = np.log([2, 4, 8, 16]), np.log([3, 17, 40, 300])
    line = stats.linregress(x, y)
    reach = stats.t.ppf(0.975, 2) * line.stderr
    slopes = [line.slope - reach, line.slope + reach, *(np.diff(y) / np.diff(x))]
    words = fitted([(2, 3), (4, 17), (8, 40), (16, 300)])
    assert words == f"${line.slope:.2f}$ [${min(slopes):.2f}$, ${max(slopes):.2f}$]"
    assert line.slope - reach < min(np.diff(y) / np.diff(x))
    bent = [(2, 2), (4, 4), (8, 8), (16, 16), (32, 32), (64, 64), (128, 128), (256, 512)]
    assert fitted(bent).endswith("$2.00$]")  # the last slope, beyond the interval of least squares


def test_exponents_below_stand_under_the_label_at_any_resolution():
    for dpi in (72, 300):
        picture = Picture(layout="constrained", dpi=dpi)
        (panel,) = Sheet(picture).panels()
        curve = [(h, h**2) for h in (2, 4, 8)]
        panel.named(x="H", y="gap", log="xy").exponents({panel.curve(curve, "gap"): curve}, where="below")
        FigureCanvasAgg(picture).draw()
        box, label = panel.axes.get_legend().get_window_extent(), panel.axes.xaxis.label.get_window_extent()
        assert box.y0 >= 0 and box.y1 <= label.y0 + 1 and label.y0 - box.y1 < 0.2 * dpi


def test_rows_are_grouped_and_sorted():
    rows = [{"f": "b", "x": 2, "y": 1}, {"f": "a", "x": 1, "y": 2}, {"f": "b", "x": 1, "y": 3}, {"f": "b", "x": 0}]
    assert list(groups(rows, "f")) == ["b", "a"] and points(groups(rows, "f")["b"], "x", "y") == [(1, 3), (2, 1)]
    assert as_csv(rows).splitlines()[0] == "f,x,y"


def test_a_missing_font_is_one_line(monkeypatch):
    monkeypatch.setattr("iltheory.figures.venues.installed", lambda fonts: fonts[-1])
    assert stand_in(VENUES["icml2025"]).startswith("ICML 2025: Times New Roman is not installed")
    monkeypatch.setattr("iltheory.figures.venues.installed", lambda fonts: fonts[0])
    assert stand_in(VENUES["icml2025"]) is None


def test_a_figure_that_is_asked_for_twice_is_made_once():
    assert [figure.id for figure in find(["tightness", "gail-gap", "tightness"])] == ["tightness", "gail-gap"]
    assert find([]) == list(figures().values())


def test_a_misspelt_figure_is_told_the_nearest():
    with pytest.raises(InvalidArgument, match=r"no figure is called 'horizon-scalin'; did you mean horizon-scaling\?"):
        find(["horizon-scalin"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--style", "nature"], "there are neurips2025"),
        (["--format", "pdf,bmp"], "no format is called 'bmp'; there are pdf, svg, png, pgf."),
        (["--folder", "/proc/figures"], "--folder /proc/figures cannot be written"),
        (["--redraw", "--folder", "empty"], "without --redraw first"),
    ],
)
def test_bad_options_are_one_clear_error(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["figures", "horizon-scaling", *arguments])
    assert words in str(found.exception)


@pytest.mark.parametrize("option", [["--latex"], ["--format", "pgf"]])
def test_latex_that_is_not_installed_is_named(option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    found = CliRunner().invoke(app, ["figures", "horizon-scaling", *option])
    assert "latex, which is not installed" in str(found.exception)


def test_what_latex_lacks_is_one_line_and_nothing_is_left_behind(squares, tmp_path, monkeypatch):
    latex = tmp_path / "latex"
    latex.write_text("#!/bin/sh\necho 'This is no TeX'\necho '! Font OT1/ptm/m/n/10 not loadable.'\nexit 1\n")
    latex.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("matplotlib.texmanager.TexManager._cache_dir", tmp_path / "cache")
    (drawn,) = computed_figures([squares], executor=serial())
    (tmp_path / "squares.png").write_bytes(b"older")
    with pytest.raises(NoLatex, match=r"^LaTeX cannot set the texts of squares: Font OT1/ptm/m/n/10 not loadable\.\n"):
        drawn.save(tmp_path, VENUES["colt"], ["png"], latex=True)
    assert (tmp_path / "squares.png").read_bytes() == b"older" and not list(tmp_path.glob(".squares-*"))


def test_every_figure_names_claims_of_the_catalogue_and_distinct_cells():
    claims = il.catalogue()
    for figure in figures().values():
        assert figure.claims and set(figure.claims) <= claims.keys()
        cells = [json.dumps(dict(cell), sort_keys=True) for cell in figure.data.cells]
        assert cells and len(set(cells)) == len(cells)
        assert figure.caption.endswith(".") and figure.title and 0.2 < figure.aspect < 2
    assert matplotlib.rcParams["svg.hashsalt"] is None
