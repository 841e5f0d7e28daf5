"""Make figures: compute their rows once, keep these beside the pictures, draw."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from iltheory.claims.registry import catalogue
from iltheory.engine.ledger import Record
from iltheory.engine.provenance import commit, libraries, sources
from iltheory.experiments.computation import computed, recorded
from iltheory.experiments.experiment import Outcome
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, as_csv, encoded, read, senses
from iltheory.figures.venues import Venue
from sims.errors import IltheoryError

SCHEMA = "iltheory-figure/1"
ORIGIN: Mapping[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None, "Creator": "iltheory", "Producer": None}},
    "svg": {"metadata": {"Date": None, "Creator": "iltheory"}},
    "png": {"metadata": {"Software": "iltheory"}},
    "pgf": {},
}
"""What files say of their origin, as options of savefig: never when."""
FORMATS = tuple(ORIGIN)
SCALE = Path("scale.sqlite")
"""Where `iltheory scale` keeps its outcomes unless it is told otherwise."""


class NoData(IltheoryError):
    """A figure is to be drawn again whose rows are not there, or not readable."""


class NoLatex(IltheoryError):
    """LaTeX is to set the texts of a figure, and fails."""


@dataclass(frozen=True)
class Drawn:
    """A figure and its rows.

    Attributes
    ----------
    figure : which
    document : what its JSON file holds
    """

    figure: Figure
    document: Mapping[str, Any]

    @property
    def rows(self) -> list[Row]:
        """Rows with their enclosures."""
        return [{name: read(value) for name, value in row.items()} for row in self.document["rows"]]

    def save(self, folder: Path, venue: Venue, formats: Sequence[str], *, latex: bool = False) -> None:
        """Write the rows as JSON and CSV, and the picture; the same rows give the same bytes.

        Parameters
        ----------
        formats : some of ``FORMATS``
        latex : whether LaTeX sets the texts; it must be installed

        Raises
        ------
        NoLatex
            If LaTeX fails, mostly for want of a font or a package; pictures that were there are left as they were.
        """
        import logging

        import matplotlib
        from matplotlib.figure import Figure as Picture

        from iltheory.figures.sheet import Sheet

        _write(folder / f"{self.figure.id}.json", json.dumps(self.document, indent=1, ensure_ascii=False) + "\n")
        _write(folder / f"{self.figure.id}.csv", as_csv(self.document["rows"]))
        logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns of the dates in matplotlib's own fonts
        settings = venue.settings(wide=self.figure.wide, aspect=self.figure.aspect, latex=latex)
        explained = _latex(self.figure.id) if latex or "pgf" in formats else nullcontext()
        scratch = TemporaryDirectory(dir=folder, prefix=f".{self.figure.id}-")
        with matplotlib.rc_context(settings), explained, scratch as made:
            for suffix in formats:
                picture = Picture()  # anew: each saving moves what constrained layout has placed
                self.figure.draw(self.rows, Sheet(picture))
                picture.savefig(Path(made, f"{self.figure.id}.{suffix}"), format=suffix, **ORIGIN[suffix])
            for path in Path(made).iterdir():  # PGF keeps images in files of their own
                path.replace(folder / path.name)


@contextmanager
def _latex(id: str) -> Iterator[None]:
    """Say in one line what LaTeX failed at."""
    from matplotlib.backends.backend_pgf import LatexError

    try:
        yield
    except (RuntimeError, LatexError) as problem:
        lines = str(problem).splitlines()
        reason = next((line for line in lines if line.startswith("!")), lines[0]).lstrip("! ")
        raise NoLatex(
            f"LaTeX cannot set the texts of {id}: {reason}\n"
            "  Install what it lacks, or do without --latex and pgf (Debian: texlive-latex-extra, cm-super, "
            "texlive-fonts-recommended)."
        ) from problem


def computed_figures(
    chosen: Sequence[Figure],
    *,
    ledger: str | Path = ":memory:",
    executor: Executor | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> list[Drawn]:
    """Compute the rows that the ledger lacks.

    Raises
    ------
    NoData
        If a figure shows an experiment that the ledger lacks: those are not computed here.
    BlockFailed
        If a cell raises; those done before are kept.
    LedgerError
        If the ledger cannot be written.
    """
    _, waiting = computable(chosen, ledger=ledger)
    if waiting:
        raise NoData("\n".join(waiting))
    outcomes = computed([figure.data for figure in chosen], ledger=ledger, executor=executor, on_result=on_result)
    outcomes |= _experiments(chosen, ledger)
    return [_drawn(figure, outcomes) for figure in chosen]


def computable(chosen: Sequence[Figure], *, ledger: str | Path) -> tuple[list[Figure], list[str]]:
    """Figures whose experiments the ledger has all, and a line on each that waits for `iltheory scale`."""
    outcomes = _experiments(chosen, ledger)
    ready, waiting = [], []
    for figure in chosen:
        if _lacking(figure, outcomes):
            waiting.append(_advice(figure, ledger))
        else:
            ready.append(figure)
    return ready, waiting


def _lacking(figure: Figure, outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, int]:
    """How many outcomes of its experiments there are not."""
    left = {needed.id: len(needed.cells) - len(outcomes[needed.id]) for needed in figure.experiments}
    return {id: count for id, count in left.items() if count}


def _advice(figure: Figure, ledger: str | Path) -> str:
    """How to come by the experiments that a ledger lacks: from the ledger of `iltheory scale` where that has more."""
    known = {str(place): _lacking(figure, _experiments([figure], place)) for place in (ledger, SCALE)}
    place = min(known, key=lambda place: sum(known[place].values()))
    draws = f"`iltheory figures {figure.id} --ledger {place}` draws it"
    if not known[place]:
        return f"{figure.id}: experiments are not, or not all, in {ledger}, but in {place}: {draws}"
    then = "" if place == str(ledger) else f", and then {draws}"
    command = f"iltheory scale {' '.join(known[place])} --ledger {place}"
    return f"{figure.id}: experiments are not, or not all, in {ledger}; `{command}` runs them{then}"


def recorded_figures(chosen: Sequence[Figure], *, ledger: str | Path) -> tuple[list[Drawn], list[str]]:
    """Figures whose cells the ledger has all, and a line on each that lacks some; nothing is computed."""
    ready, missing = computable(chosen, ledger=ledger)
    outcomes = recorded([figure.data for figure in ready], ledger=ledger) | _experiments(ready, ledger)
    drawn = []
    for figure in ready:
        found, planned = len(outcomes[figure.data.id]), len(figure.data.cells)
        if found == planned:
            drawn.append(_drawn(figure, outcomes))
        else:
            missing.append(f"{figure.id}: {planned - found} of {planned} cells are not in {ledger}")
    return drawn, missing


def _experiments(chosen: Sequence[Figure], ledger: str | Path) -> dict[str, list[Outcome]]:
    return recorded([experiment for figure in chosen for experiment in figure.experiments], ledger=ledger)


def kept_figures(chosen: Sequence[Figure], folder: Path) -> list[Drawn]:
    """Read the rows that lie beside pictures made before; nothing is computed.

    Title and caption are the figure's as it is now, all else is as it was when the rows were computed.

    Raises
    ------
    NoData
        If a figure has none, or its file is damaged.
    """
    found = []
    for figure in chosen:
        path = folder / f"{figure.id}.json"
        if not path.exists():
            raise NoData(f"{path} does not exist: run `iltheory figures {figure.id}` without --redraw first.")
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["schema"] != SCHEMA or document["id"] != figure.id:
                raise ValueError(f"schema {document['schema']!r} of figure {document['id']!r}")
            found.append(Drawn(figure, document | _texts(figure)))
            _ = found[-1].rows
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise NoData(
                f"{path} is not the data of {figure.id}: {problem}.\n"
                f"  Run `iltheory figures {figure.id}` without --redraw."
            ) from problem
    return found


def _drawn(figure: Figure, outcomes: Mapping[str, Sequence[Outcome]]) -> Drawn:
    """A figure with the rows of its cells, and after them those of its experiments."""
    rows = encoded(outcomes[figure.data.id])
    for id, reading in figure.scale.items():
        rows += [{"experiment": id, **outcome.cell, **row} for outcome in outcomes[id] for row in reading(outcome)]
    return Drawn(figure, _document(figure, rows))


def _document(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    words = Counter(row["verdict"] for row in rows if "verdict" in row)
    claims = {id: catalogue()[id].to_json() for id in figure.claims}
    return {
        "schema": SCHEMA,
        "id": figure.id,
        **_texts(figure),
        "claims": {id: {key: claim[key] for key in ("statement", "source", "status")} for id, claim in claims.items()},
        "provenance": {
            "iltheory": version("iltheory"),
            "commit": commit(),
            "sources": {c.id: sources(c.work) for c in (figure.data, *figure.experiments)},
            "libraries": libraries(),
            "seeds": sorted({row["seed"] for row in rows if "seed" in row}),
            "arithmetic": senses(rows),
        },
        "verdicts": dict(sorted(words.items())),
        "rows": rows,
    }


def _texts(figure: Figure) -> dict[str, str]:
    return {"title": figure.title, "caption": figure.caption}


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
