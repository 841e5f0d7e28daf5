"""Compile the development, and have Coq compare each theorem with its statement and list its axioms."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory

from proofs_check.coq.locking import alone
from proofs_check.coq.programs import Run, side_by_side

SOURCES = Path(__file__).parent
LIBRARY = "ImitationLearning"
PATHS = ("-Q", ".", LIBRARY)
CLOSED = "Closed under the global context"
VERSIONS = "versions"
PACKAGES = "coq libcoq-mathcomp-algebra libcoq-mathcomp-algebra-tactics libcoq-mathcomp-zify"

STATEMENT = re.compile(
    r"\(\*\*\s*(?P<kind>claim|foundation):\s*(?P<about>[^\n]*?)\s*(?:\n(?P<prose>.*?))?\*\)\s*"
    r"(?P<text>Definition\s+(?P<name>\w+)\s*:\s*Prop\s*:=.*?\.)(?=\s)",
    re.DOTALL,
)
"""A statement below its comment."""
STATING = re.compile(
    rf"From (?:Coq|mathcomp|{LIBRARY}\.Definitions)\b[\w.]* Require|Import GRing\.Theory|Set Implicit Arguments$|"
    r"Unset Strict Implicit$|Local Open Scope|Definition\s"
)
"""How sentences of ``Statements/`` begin: none of them changes what others seem to say."""
DEFINING = re.compile(
    rf"{STATING.pattern}|From {LIBRARY}\.Proofs Require (?!Import|Export)|Import |"
    r"(?:Implicit Types?|Section|Variables?|Context|Let|End|Record|Fixpoint|Arguments)\s"
)
"""How sentences of ``Definitions/`` begin."""
REALS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",  # of the exponential and the logarithm
        "Epsilon.epsilon_statement",  # of MathComp's fields: a choice from every decidable set
    }
)
"""Axioms that Coq's real numbers rest on; theorems with logarithms may use them, and list them."""
ABOUT_REALS = re.compile(
    rf"^From {LIBRARY}\.Definitions Require(?: Import| Export)?[\w\s]*?\sReals(?:\s[\w\s]*)?\.$", re.MULTILINE
)
"""How a file says that it is about the real numbers."""
GAPS = re.compile(
    r"\b(?:Admitted|admit|Axioms?|Parameters?|Conjecture|Module|bypass_check|(?:Guard|Positivity|Universe)\s+Checking)\b"
)
"""What assumes, switches off checks, or could bear the name of a library's axiom."""
MISSING = re.compile(rf"in file (\S+), library (\S+) is required from root {LIBRARY}(\.\w+)? and has not been found")
"""How coqdep says that a file of the development needs one that is not there."""
LEXEMES = re.compile(r'"(?:[^"]|"")*"|\(\*|\*\)|[^"(*]+|.', re.DOTALL)


class Unavailable(Exception):
    """Coq or the libraries that the development needs are not installed."""


class Broken(Exception):
    """A file does not compile, leaves a gap, or does not prove its statement."""


@dataclass(frozen=True)
class Statement:
    """What a theorem says.

    Attributes
    ----------
    subject : file of ``Statements/``, and of ``Proofs/``
    name : of the definition there, and of the theorem
    claim : id of the Python claim; None of a foundation, which has none
    about : what the comment above says in words
    text : the definition, in Coq
    reals : whether its file is about the real numbers, whose axioms a proof may use
    """

    subject: str
    name: str
    claim: str | None
    about: str
    text: str
    reals: bool

    def __str__(self) -> str:
        return f"{self.subject}.{self.name}"


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


def statements(sources: Path = SOURCES) -> tuple[Statement, ...]:
    """Read all statements, in the order of their files.

    Raises
    ------
    Broken
        If a file holds anything but statements, each below a comment that names its claim.
    """
    return tuple(statement for path in sorted((sources / "Statements").glob("*.v")) for statement in _stated(path))


def _stated(path: Path) -> Iterator[Statement]:
    text = path.read_text(encoding="utf-8")
    _vetted(path, text, STATING)
    found = list(STATEMENT.finditer(text))
    reals = ABOUT_REALS.search(_code(text)) is not None
    named = {match["name"] for match in found}
    for name in re.findall(r"^\s*Definition\s+(\w+)", _code(text), re.MULTILINE):
        if name not in named:
            raise Broken(f"{path.name}: {name} stands below no comment (** claim: ID *) or (** foundation: WORDS *).")
    for match in found:
        claim = match["about"] if match["kind"] == "claim" else None
        prose = " ".join((match["prose"] or "").split())
        about = prose if claim else " ".join(filter(None, (match["about"], prose)))
        yield Statement(path.stem, match["name"], claim, about, match["text"], reals)


def _vetted(path: Path, text: str, allowed: re.Pattern[str]) -> None:
    """Refuse sentences that a file to be read by people must not hold, such as proofs and notations."""
    for sentence in filter(None, map(str.strip, re.split(r"\.(?=\s)", _code(text)))):
        if not allowed.match(sentence):
            raise Broken(f"{path.parent.name}/{path.name}: {sentence.split(chr(10))[0]!r} is no definition.")


def _code(text: str) -> str:
    """A file without its comments, which may be nested, and without what strings say."""
    depth, kept = 0, list[str]()
    for lexeme in LEXEMES.findall(text):
        if lexeme == "(*" or (lexeme == "*)" and depth):
            depth += 1 if lexeme == "(*" else -1
            kept.append(" ")
        elif not depth:
            kept.append('""' if lexeme[0] == '"' else lexeme)
    return "".join(kept)


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
    _available()
    stated = tuple(s for s in statements(sources) if subjects is None or s.subject in subjects)
    for path in sources.rglob("*.v"):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "Definitions":
            _vetted(path, text, DEFINING)
        gap = GAPS.search(_code(text))
        if gap:
            raise Broken(f"{path.parent.name}/{path.name} has a gap: {gap[0]}.")
        if path.stem in {axiom.partition(".")[0] for axiom in REALS}:
            raise Broken(f"{path.parent.name}/{path.name} bears the name of a library whose axioms are allowed.")
    for statement in stated:
        if not (sources / "Proofs" / f"{statement.subject}.v").exists():
            raise Broken(f"{statement} has no proof: there is no Proofs/{statement.subject}.v.")
    with alone(folder, lambda: on_step(f"another process compiles in {folder}; waiting for it")):
        _copy(sources, folder)
        wanted = {f"Proofs/{statement.subject}.v" for statement in stated}
        seconds = _compile(folder, jobs, on_step, None if subjects is None else wanted)
        on_step(f"{len(seconds)} files are compiled; comparing {len(stated)} theorems with their statements")
        audited = zip(stated, _audit(folder, stated), strict=True)
        return [Proof(s, axioms, seconds[f"Proofs/{s.subject}.v"]) for s, axioms in audited]


def digest(sources: Path = SOURCES) -> str:
    """Identify a development, and the program that checks it."""
    files = {path.relative_to(sources).as_posix(): path.read_bytes() for path in sources.rglob("*.v")}
    named = [name.encode() + b"\0" + files[name] for name in sorted(files)]
    return hashlib.sha256(b"\0".join([Path(__file__).read_bytes(), *named])).hexdigest()[:16]


def versions() -> str:
    """Identify the Coq that is installed, and its mathematical libraries.

    Raises
    ------
    Unavailable
        If Coq is not installed.
    """
    _available()
    version, where = (_run(SOURCES, "coqc", option).split() for option in ("--print-version", "-where"))
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
        said = _run(folder, "coqchk", "-silent", "-o", *PATHS, *modules)
    axioms = re.search(r"^\* Axioms:(.*?)^\* ", said, re.MULTILINE | re.DOTALL)
    if axioms is None:
        raise Broken(f"coqchk names no axioms:\n{said.strip()}")
    return tuple(name for name in axioms[1].split() if name != "<none>")


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
    _available()
    with alone(folder), TemporaryDirectory() as apart:
        _copy(SOURCES, folder)
        question = Path(apart) / "Question.v"
        question.write_text(text, encoding="utf-8")
        needed = _run(folder, "coqdep", *PATHS, str(question)).partition(": ")[2].split("\n")[0].split()
        files = {f.removesuffix("o") for f in needed if f.endswith(".vo") and not Path(f).is_absolute()}
        _compile(folder, 1, lambda words: None, files)
        return _run(folder, "coqc", "-w", "none", *PATHS, str(question))


def _available() -> None:
    if shutil.which("coqc") is None or shutil.which("coqdep") is None:
        raise Unavailable(f"coqc is not installed (Debian: apt install {PACKAGES}); no theorem in Coq was checked.")


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
    with side_by_side(jobs) as (pool, run):
        while order.is_active():
            running |= {pool.submit(_compiled, run, folder, file, needs[file]): file for file in order.get_ready()}
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
    said = _run(folder, "coqdep", *PATHS, *files)
    missing = MISSING.search(said)
    if missing is not None:
        file, name, room = missing.groups(default="")
        raise Broken(
            f"{file} requires {room.strip('.')}{'/' * bool(room)}{name.replace('.', '/')}.v, which does not exist."
        )
    for line in said.splitlines():
        targets, _, sources = line.partition(":")
        if ".vo" in targets.split(" ")[0] and not targets.split(" ")[0].endswith(".vio"):
            file, *others = sources.split()
            needs[file] = {other.removesuffix("o") for other in others if other.endswith(".vo")}
    return needs


def _compiled(run: Run, folder: Path, file: str, needs: set[str]) -> float:
    made = folder / f"{file}o"
    sources = [folder / file, *(folder / f"{need}o" for need in needs)]
    record = made.with_suffix(".made")
    if made.exists() and record.exists() and all(made.stat().st_mtime >= path.stat().st_mtime for path in sources):
        seconds, _, digest = record.read_text().partition(" ")
        if digest == _digest_of(made):  # or one of the two was damaged
            return float(seconds)
    record.unlink(missing_ok=True)  # if this is interrupted, what it leaves does not count
    begun = time.perf_counter()
    _said(run(folder, "coqc", "-w", "none", *PATHS, file))
    taken = time.perf_counter() - begun
    record.write_text(f"{taken} {_digest_of(made)}")
    return taken


def _digest_of(made: Path) -> str:
    return hashlib.sha256(made.read_bytes()).hexdigest()


def _audit(folder: Path, stated: tuple[Statement, ...]) -> Iterator[tuple[str, ...]]:
    """Ask Coq whether each theorem proves its statement, and yield what it assumes."""
    subjects = dict.fromkeys(statement.subject for statement in stated)
    lines = [f"From {LIBRARY}.{room} Require {subject}." for subject in subjects for room in ("Statements", "Proofs")]
    for i, s in enumerate(stated):
        lines.append(f"Definition checked_{i} : {LIBRARY}.Statements.{s} := {LIBRARY}.Proofs.{s}.")
        lines.append(f'Goal True. idtac "theorem {i}". Abort.')
        lines.append(f"Print Assumptions checked_{i}.")
    (folder / "Audit.v").write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        said = _run(folder, "coqc", "-w", "none", *PATHS, "Audit.v")
    finally:
        for left in [*folder.glob("Audit.*"), folder / ".Audit.aux"]:
            left.unlink(missing_ok=True)
    for statement, part in zip(stated, re.split(r"^theorem \d+$", said, flags=re.MULTILINE)[1:], strict=True):
        axioms = () if CLOSED in part else _axioms(part)
        unproved = sorted(set(axioms) - (REALS if statement.reals else set()))
        if unproved:
            allowed = "" if statement.reals else " (only statements about Definitions/Reals.v may use axioms)"
            raise Broken(f"{statement} assumes {', '.join(unproved)}{allowed}.")
        yield axioms


def _axioms(said: str) -> tuple[str, ...]:
    """What ``Print Assumptions`` lists of a proof that is not closed: axioms, and checks that are off."""
    entries = (line for line in said.splitlines() if line and not line[0].isspace() and line != "Axioms:")
    return tuple(sorted(re.sub(r"\s*:.*", "", entry) for entry in entries)) or (said.strip(),)


def _run(folder: Path, *command: str) -> str:
    return _said(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False))


def _said(done: subprocess.CompletedProcess[str]) -> str:
    said = done.stdout + done.stderr
    if done.returncode and re.search(r"physical path[^.]*mathcomp|locate library[^.]*mathcomp", said):
        raise Unavailable(f"a library of Coq is missing (Debian: apt install {PACKAGES}):\n{said.strip()}")
    if done.returncode:
        raise Broken(f"{' '.join(done.args)}\n{said.strip()}")
    return said
