"""Compile the development, and have Coq compare each theorem with its statement and list its axioms."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory

from proofs_check.coq.audit import audit
from proofs_check.coq.locking import alone
from proofs_check.coq.programs import COMPILE, PATHS, Run, available, run, said, side_by_side
from proofs_check.coq.reading import SOURCES, Statement, statements
from proofs_check.coq.refusals import refuse_all
from proofs_check.coq.sentences import LIBRARY, Broken, needed

VERSIONS = "versions"
MISSING = re.compile(rf"in file (\S+), library (\S+) is required from root {LIBRARY}(\.\w+)? and has not been found")
"""How coqdep says that a file of the development needs one that is not there."""


@dataclass(frozen=True)
class Proof:
    """A statement that Coq accepted a proof of.

    Attributes
    ----------
    statement : what is proved
    axioms : what the proof assumes, as ``Print Assumptions`` lists it; none if it is closed
    seconds : of compiling its file, which it shares with others
    """

    statement: Statement
    axioms: tuple[str, ...]
    seconds: float


def check(
    folder: Path,
    *,
    sources: Path = SOURCES,
    subjects: Collection[str] | None = None,
    jobs: int = 1,
    on_step: Callable[[str], None] = lambda words: None,
) -> list[Proof]:
    """Compile the development and check each theorem against its statement.

    Parameters
    ----------
    folder : where it is built, by one process at a time; what did not change since the last time is not compiled anew
    sources : the development, in folders ``Definitions``, ``Statements`` and ``Proofs``
    subjects : files of ``Statements/`` whose theorems are checked, with all that these need (default: all)
    jobs : files to compile at the same time
    on_step : called with what was just done, or is waited for, in words

    Raises
    ------
    Unavailable
        If Coq or one of its libraries is missing; the message names the packages.
    Broken
        If anything is not proved.
    """
    available()
    stated = tuple(s for s in statements(sources) if subjects is None or s.subject in subjects)
    refuse_all(sources)
    for statement in stated:
        if not (sources / "Proofs" / f"{statement.subject}.v").exists():
            raise Broken(f"{statement} has no proof: there is no Proofs/{statement.subject}.v.")
    with alone(folder, lambda: on_step(f"another process compiles in {folder}; waiting for it")):
        _copy(sources, folder)
        wanted = {f"Proofs/{statement.subject}.v" for statement in stated}
        seconds = _compile(folder, jobs, on_step, None if subjects is None else wanted)
        on_step(f"{len(seconds)} files are compiled; comparing {len(stated)} theorems with their statements")
        audited = zip(stated, audit(folder, stated, jobs=jobs), strict=True)
        return [Proof(s, axioms, seconds[f"Proofs/{s.subject}.v"]) for s, axioms in audited]


def digest(sources: Path = SOURCES) -> str:
    """Identify a development, and the program that checks it."""
    files = {path.relative_to(sources).as_posix(): path.read_bytes() for path in sources.rglob("*.v")}
    files |= {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.py")}
    named = (name.encode() + b"\0" + files[name] for name in sorted(files))
    return hashlib.sha256(b"\0".join(named)).hexdigest()[:16]


def versions() -> str:
    """Identify the Coq that is installed, and its mathematical libraries.

    Raises
    ------
    Unavailable
        If Coq is not installed.
    """
    available()
    version, where = (run(SOURCES, "coqc", option).split() for option in ("--print-version", "-where"))
    libraries = Path(where[0]) / "user-contrib" / "mathcomp"
    content = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(libraries.rglob("*.vo"))))
    return f"Coq {version[0]}, MathComp {content.hexdigest()[:16]}"


def recheck(folder: Path) -> tuple[str, ...]:
    """Have Coq's second checker, `coqchk`, go through all that `check` compiled, and MathComp with it.

    Returns
    -------
    tuple of str
        The axioms of all libraries that are loaded, whether a theorem uses them or not: `check` says which it uses.

    Raises
    ------
    Broken
        If anything compiled is not what it says.
    """
    modules = [f"{LIBRARY}.Proofs.{path.stem}" for path in sorted((folder / "Proofs").glob("*.vo"))]
    with alone(folder):
        found = run(folder, "coqchk", "-silent", "-o", *PATHS, *modules)
    axioms = re.search(r"^\* Axioms:(.*?)^\* ", found, re.MULTILINE | re.DOTALL)
    if axioms is None:
        raise Broken(f"coqchk names no axioms:\n{found.strip()}")
    return tuple(name for name in axioms[1].split() if name != "<none>")


def prepare(folder: Path, text: str, *, jobs: int = 1, on_step: Callable[[str], None] = lambda words: None) -> None:
    """Compile the files of the development that a text needs, so that Coq can compile the text.

    Parameters
    ----------
    folder, jobs, on_step : as for `check`
    text : of a file that requires files of the development

    Raises
    ------
    Unavailable
        If Coq or one of its libraries is missing; the message names the packages.
    """
    available()
    with alone(folder, lambda: on_step(f"another process compiles in {folder}; waiting for it")):
        _prepare(folder, text, jobs, on_step)


def ask(folder: Path, text: str) -> str:
    """Compile a file that uses the development, and return what Coq prints.

    Parameters
    ----------
    folder : as for `check`; files of the development that the text needs are compiled there first
    text : the file

    Raises
    ------
    Unavailable
        If Coq or one of its libraries is missing.
    Broken
        If Coq does not accept it.
    """
    available()
    with alone(folder), TemporaryDirectory() as apart:
        _prepare(folder, text, 1, lambda words: None)
        question = Path(apart) / "Question.v"
        question.write_text(text, encoding="utf-8")
        return run(folder, *COMPILE, str(question))


def _prepare(folder: Path, text: str, jobs: int, on_step: Callable[[str], None]) -> None:
    _copy(SOURCES, folder)
    there = {file for file in needed(text) if (folder / file).exists()}  # Coq names those that are not
    _compile(folder, jobs, on_step, there)


def _copy(sources: Path, folder: Path) -> None:
    """Bring the sources to the folder; those that are the same keep their dates.

    What another Coq compiled is of no use, and removed.
    """
    made_by, installed = folder / VERSIONS, versions()
    if not made_by.exists() or made_by.read_text(encoding="utf-8") != installed:
        for path in folder.rglob("*.vo"):
            path.unlink()
        made_by.write_text(installed, encoding="utf-8")
    kept = set()
    for path in sources.rglob("*.v"):
        copy = folder / path.relative_to(sources)
        kept.add(copy)
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    for pattern in ("*.v", "*.vo", "*.vos", "*.vok"):  # coqdep takes each of them for the library
        for path in folder.rglob(pattern):
            if path.with_suffix(".v") not in kept:
                path.unlink()


def _compile(
    folder: Path, jobs: int, on_step: Callable[[str], None], wanted: set[str] | None = None
) -> dict[str, float]:
    """Compile what is older than what it needs, or of that what some files need; return the seconds of each file."""
    needs = _dependencies(folder)
    if wanted is not None:
        needs = {file: needs[file] for file in _closure(needs, wanted)}
    order = TopologicalSorter(needs)
    order.prepare()
    seconds: dict[str, float] = {}
    running: dict[Future[float], str] = {}
    with side_by_side(jobs) as (pool, beside):
        while order.is_active():
            running |= {pool.submit(_compiled, beside, folder, file, needs[file]): file for file in order.get_ready()}
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                file = running.pop(future)
                seconds[file] = future.result()
                on_step(f"{len(seconds)} of {len(needs)} files are compiled: {file}, {seconds[file]:.1f} s")
                order.done(file)
    return seconds


def _closure(needs: Mapping[str, set[str]], files: set[str]) -> set[str]:
    more = files.union(*(needs[file] for file in files))
    return files if more == files else _closure(needs, more)


def _dependencies(folder: Path) -> Mapping[str, set[str]]:
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.v"))
    needs: dict[str, set[str]] = {}
    listed = run(folder, "coqdep", *PATHS, *files)
    missing = MISSING.search(listed)
    if missing is not None:
        file, name, room = missing.groups(default="")
        raise Broken(
            f"{file} requires {room.strip('.')}{'/' * bool(room)}{name.replace('.', '/')}.v, which does not exist."
        )
    for line in listed.splitlines():
        targets, _, sources = line.partition(":")
        if ".vo" in targets.split(" ")[0] and not targets.split(" ")[0].endswith(".vio"):
            file, *others = sources.split()
            needs[file] = {other.removesuffix("o") for other in others if other.endswith(".vo")}
    return needs


def _compiled(beside: Run, folder: Path, file: str, needs: set[str]) -> float:
    made = folder / f"{file}o"
    sources = [folder / file, *(folder / f"{need}o" for need in needs)]
    record = made.with_suffix(".made")
    if made.exists() and record.exists() and all(made.stat().st_mtime >= path.stat().st_mtime for path in sources):
        seconds, _, digest = record.read_text().partition(" ")
        if digest == _digest_of(made):  # or one of the two was damaged
            return float(seconds)
    record.unlink(missing_ok=True)  # if this is interrupted, what it leaves does not count
    begun = time.perf_counter()
    said(beside(folder, *COMPILE, file))
    taken = time.perf_counter() - begun
    record.write_text(f"{taken} {_digest_of(made)}")
    return taken


def _digest_of(made: Path) -> str:
    return hashlib.sha256(made.read_bytes()).hexdigest()
