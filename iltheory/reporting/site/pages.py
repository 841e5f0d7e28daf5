"""The pages of a site, written from its content: HTML, one style sheet, one small script, certificates, pictures."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from iltheory.claims.claim import Tight
from iltheory.engine.provenance import commit
from iltheory.engine.report import Report
from iltheory.figures import VENUES, Drawn
from iltheory.figures.tightness import LEARNERS as CLASSES
from iltheory.reporting.latex import readable
from iltheory.reporting.names import parts
from iltheory.reporting.site.content import MARKS, METHODS, PROOFS, RUNGS, STATUSES, Content, Entry, Learner
from iltheory.reporting.site.coq_pages import coq_files, places
from iltheory.reporting.site.docstrings import inline, linked, rendered
from iltheory.reporting.site.mathml import formula, with_formulas
from sims.arithmetic import Enclosure
from sims.errors import IltheoryError

PACKAGE = "iltheory.reporting.site"
SCHEMA = "iltheory-site/1"
MANIFEST = "site.json"
"""Lists the files of a site: a later one replaces them, and a folder that holds other things is refused."""
LONGEST_TABLE = 60


class ForeignFolder(IltheoryError, FileExistsError):
    """A folder holds files, and no site of ours."""


@dataclass(frozen=True)
class Source:
    """A function, and where its source is shown; its text goes without decorators and docstring."""

    module: str
    line: int
    text: str

    @property
    def page(self) -> str:
        """Path of the page, with the line."""
        return f"sources/{self.module}.html#L{self.line}"

    @property
    def place(self) -> str:
        """File and line, as an editor opens them."""
        return f"{_file(self.module)}, line {self.line}"


def write_site(content: Content, folder: Path) -> list[Path]:
    """Write all pages; the same content gives the same bytes.

    Parameters
    ----------
    content : as `gather` gives it
    folder : made if there is none; files of an earlier site in it that this one lacks are removed

    Returns
    -------
    list of Path
        The files, ``index.html`` first.

    Raises
    ------
    ForeignFolder
        If the folder holds files and no site of ours; nothing is written then.
    IltheoryError
        If the folder cannot be written.
    """
    earlier = check_folder(folder)
    written: dict[str, None] = {}

    def write(path: str, text: str) -> None:
        _put(folder / path, text)
        written[path] = None

    _put(folder / MANIFEST, _manifest(earlier))  # a site that is cut off is one, too: the next may replace it
    _Writer(content, write).write_all()
    for figure in content.figures:
        figure.save(folder / "figures", VENUES["neurips2025"], ("svg",))
        written |= dict.fromkeys(f"figures/{figure.figure.id}.{suffix}" for suffix in ("svg", "json", "csv"))
    write(MANIFEST, _manifest(written))
    for path in earlier - set(written):
        (folder / path).unlink(missing_ok=True)
    return [folder / path for path in written]


def _put(target: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(target)


def _manifest(paths: Iterable[str]) -> str:
    return json.dumps({"schema": SCHEMA, "files": sorted(paths)}, indent=1) + "\n"


def check_folder(folder: Path) -> set[str]:
    """The files of the site that a folder holds; an error if nothing can be written to it, or it holds other things."""
    nearest = next(place for place in (folder, *folder.resolve().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as problem:
        raise IltheoryError(
            f"--folder {folder} cannot be written: {problem.strerror}.\n  Give another folder."
        ) from problem
    manifest = folder / MANIFEST
    try:
        document = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    except ValueError:
        document = {}
    if document.get("schema") == SCHEMA:
        return set(document["files"])
    if folder.exists() and any(folder.iterdir()):
        raise ForeignFolder(
            f"{folder} is not empty, and no earlier `iltheory report` wrote what is in it.\n  Give another folder."
        )
    return set()


@dataclass(frozen=True)
class _Writer:
    content: Content
    write: Callable[[str, str], None]

    def write_all(self) -> None:
        content = self.content
        self.page("index.html", "index.html")
        for name in ("style.css", "script.js"):
            self.write(name, (files(PACKAGE) / name).read_text(encoding="utf-8"))
        papers = {entry.claim.id: paper for paper in content.papers for entry in paper.entries}
        self.page("papers.html", "papers/index.html")
        for paper in content.papers:
            self.page("paper.html", f"papers/{paper.slug}.html", paper=paper)
        for entry in content.entries:
            self.claim(entry, papers)
        self.page("learners.html", "learners/index.html")
        for learner in content.learners:
            self.page("learner.html", f"learners/{learner.name}.html", learner=learner, source=_learner_source(learner))
        self.page("figures.html", "figures/index.html")
        self.page("proofs.html", "proofs/index.html")
        self.sources()
        if self.content.in_coq:
            for file in coq_files().values():
                needs = {path: coq_files()[path].page for path in file.needs}
                self.page("source.html", file.page, title=file.path, lines=file.text.splitlines(), needs=needs)

    def claim(self, entry: Entry, papers: Mapping[str, Any]) -> None:
        variants = [] if entry.refutations is None else entry.refutations["variants"]
        needs = [] if entry.refutations is None else [need["found"] for need in entry.refutations["needs"]]
        for one in filter(None, [*variants, *needs]):
            self.write(_certificate(one["id"]), json.dumps(one["outcome"], indent=1, ensure_ascii=False) + "\n")
        if entry.report is not None and entry.report.refutation is not None:
            document = {"claim": entry.claim.id, "statement": entry.claim.statement, **entry.report.refutation}
            self.write(_certificate(entry.claim.id), json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        self.page(
            "claim.html",
            f"claims/{entry.claim.id}.html",
            entry=entry,
            paper=papers[entry.claim.id],
            source=source_of(entry.claim.function),
            known=dict(zip((variant.id for variant in entry.claim.false_variants), variants, strict=False)),
        )

    def sources(self) -> None:
        """A page for each file that a page links a line of."""
        functions: list[Any] = [learner.function for learner in self.content.learners]
        for entry in self.content.entries:
            functions += [entry.claim.function, *(variant.function for variant in entry.claim.false_variants)]
        modules = {module.__name__: module for module in map(inspect.getmodule, functions) if module is not None}
        for name, module in sorted(modules.items()):
            lines = inspect.getsource(module).splitlines()
            self.page("source.html", f"sources/{name}.html", title=_file(name), lines=lines, needs={})

    def page(self, template: str, path: str, **values: Any) -> None:
        shared = {"content": self.content, "root": "../" * path.count("/"), "path": path}
        self.write(path, _environment().get_template(template).render(**shared, **values))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "formula": formula,
        "readable": readable,
        "with_formulas": with_formulas,
        "docstring": rendered,
        "inline": inline,
        "coqdoc": lambda text: re.sub(r"\[([A-Za-z][^]]*)\]", r"``\1``", text),
        "linked": linked,
        "cleandoc": inspect.cleandoc,
        "url": quote,
        "breaking": lambda name: Markup("<wbr>").join(parts(name)),
        "thousands": lambda number: f"{number:,}",
    }
    made.globals |= {
        "rungs": RUNGS,
        "proofs": PROOFS,
        "methods": METHODS,
        "places": places,
        "statuses": STATUSES,
        "marks": MARKS,
        "certificate": _certificate,
        "source_of": source_of,
        "proof": _proof,
        "claim_pages": _claim_pages,
        "ratio": _ratio,
        "place": _place,
        "longest": LONGEST_TABLE,
        "classes": CLASSES,
        "attained": _attained,
        "version": version("iltheory"),
        "commit": commit(),
        "figure_size": _figure_size,
        "counted": _counted,
    }
    return made


def _certificate(id: str) -> str:
    return f"certificates/{id.replace('/', '--')}.json"


@cache
def source_of(function: Callable[..., Any]) -> Source:
    """Where a function is, and its text."""
    lines, begin = inspect.getsourcelines(function)
    definition = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    head, body = definition.lineno - 1, definition.body
    if ast.get_docstring(definition) is not None:
        kept = lines[head : body[0].lineno - 1] + lines[body[0].end_lineno :]
    else:
        kept = lines[head:]
    module = inspect.getmodule(function)
    assert module is not None
    return Source(module.__name__, begin + head, textwrap.dedent("".join(kept)).strip())


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _learner_source(learner: Learner) -> Source:
    return source_of(learner.function)


def _proof(entry: Entry) -> str:
    """The docstring of a claim behind its first line."""
    return (inspect.getdoc(entry.claim.function) or "").partition("\n")[2]


def _claim_pages(content: Content, root: str, of: str = "") -> dict[str, str]:
    """Where the claims are that a text names by their ids, or by their ends beside a claim of the same theorem."""
    ids = [entry.claim.id for entry in content.entries]
    theorem = of.partition(".")[0]
    ends = {id.removeprefix(theorem): id for id in ids if theorem and id.startswith(f"{theorem}.")}
    return {name: f"{root}claims/{quote(id)}.html" for name, id in ({id: id for id in ids} | ends).items() if id != of}


def _ratio(number: float | None) -> str:
    return "\N{EN DASH}" if number is None else f"{number:.3g}"


def _attained(tight: Tight) -> bool:
    """Whether both closed forms are known to be equal, and are not zero."""
    lhs, rhs = Enclosure.of(tight.lhs), Enclosure.of(tight.rhs)
    return lhs.compare("==", rhs) == 1 and lhs.lower != 0


def _place(number: float) -> float:
    """Where a ratio is on an axis from 0 to 1 that is 100 wide."""
    return round(100 * min(max(number, 0.0), 1.0), 1)


def _counted(report: Report) -> list[str]:
    """Verdicts that some family has, those that hold always among them."""
    others = ("refuted", "undecided", "not_applicable")
    return ["holds", *(name for name in others if any(getattr(family, name) for family in report.families))]


def _figure_size(drawn: Drawn) -> str:
    return "wide" if drawn.figure.wide else "narrow"
