"""Which statements in Coq were read beside the claims of their ids, as both are now, and found to say the same.

Coq compares a theorem with a statement; that the statement says what the claim computes, people judge. What they read
is kept by digests: if a claim, a statement or a definition that it uses is edited, the theorem is no longer called a
proof of the claim until somebody reads them again. What stands below claims, in `iltheory.measures`, is compared with
the definitions in Coq by value, in the tests.

``python -m iltheory.proofs`` prints what is to be read; with names of theorems, or ``all``, it keeps that they were.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from numbers import Rational
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from proofs_check.coq.reading import SOURCES, STATEMENT, Statement, statements
from proofs_check.coq.sentences import needed

if TYPE_CHECKING:
    from iltheory.claims.claim import Claim

__all__ = ["READ", "claim_text", "keep_read", "statement_text", "unfolded", "unvetted"]

READ = "vetted.json"
"""Beside the development: by theorem, a digest of the texts that were read."""

CLAIMS = "iltheory.claims"


def unvetted(claims: Iterable[Claim], sources: Path = SOURCES) -> tuple[Statement, ...]:
    """Return statements that bear the id of a claim and were not read beside it, as both are now."""
    read, by_id = _read(sources), {claim.id: claim for claim in claims}
    bearing = ((s, by_id[s.claim]) for s in statements(sources) if s.claim in by_id)
    return tuple(s for s, claim in bearing if read.get(str(s)) != _digest(s, claim, sources))


def keep_read(read: Iterable[Statement], claims: Iterable[Claim], sources: Path = SOURCES) -> None:
    """Keep that statements were read beside the claims whose ids they bear, and forget those that bear none now."""
    by_id, there = {claim.id: claim for claim in claims}, {str(s) for s in statements(sources) if s.claim is not None}
    kept = {name: digest for name, digest in _read(sources).items() if name in there}
    kept |= {str(s): _digest(s, by_id[s.claim], sources) for s in read if s.claim is not None}
    (sources / READ).write_text(json.dumps(kept, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def statement_text(statement: Statement, sources: Path = SOURCES) -> str:
    """What must be read to know what a statement says: it, those that it names, and all definitions it may use."""
    head = STATEMENT.sub("", _file_of(statement, sources))
    return "\n".join([*_required(head, sources).values(), head, *unfolded(statement, sources)])


def unfolded(statement: Statement, sources: Path = SOURCES) -> list[str]:
    """The text of a statement, then those of the statements of its file that it names."""
    stated = STATEMENT.finditer(_file_of(statement, sources))
    return _naming(statement.text, {match["name"]: match["text"] for match in stated})


def _file_of(statement: Statement, sources: Path) -> str:
    return (sources / "Statements" / f"{statement.subject}.v").read_text(encoding="utf-8")


def claim_text(claim: Claim) -> str:
    """What must be read to know what a claim says: its LaTeX, kinds, functions, and what these name among claims."""
    found: dict[str, str] = {}
    for function in (claim.function, *(assumption.holds for assumption in claim.assumptions)):
        _reached(function, found)
    kinds = re.sub(" at 0x[0-9a-f]+", "", str(dict(claim.parameters)))
    return "\n".join([claim.statement, kinds, *(found[name] for name in sorted(found))])


def _digest(statement: Statement, claim: Claim, sources: Path) -> str:
    return hashlib.sha256(f"{statement_text(statement, sources)}\0{claim_text(claim)}".encode()).hexdigest()[:16]


def _read(sources: Path) -> dict[str, str]:
    path = sources / READ
    read: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return read


def _naming(text: str, stated: Mapping[str, str]) -> list[str]:
    """A text and the statements that it names, and those that these name."""
    named = [text]
    for part in named:
        named += [stated[word] for word in re.findall(r"\w+", part) if word in stated and stated[word] not in named]
    return named


def _required(text: str, sources: Path) -> dict[Path, str]:
    """Files of the development that a text requires, and those that these require."""
    found: dict[Path, str] = {}
    waiting = [text]
    while waiting:
        for path in (sources / file for file in needed(waiting.pop())):
            if path not in found:
                found[path] = path.read_text(encoding="utf-8")
                waiting.append(found[path])
    return dict(sorted(found.items()))


def _reached(x: Any, found: dict[str, str]) -> None:
    """Sources of a function and of the functions of claims it refers to, and their constants, by name."""
    function = inspect.unwrap(x)
    key = f"{function.__module__}.{function.__qualname__}"
    if key in found:
        return
    found[key] = inspect.getsource(function)
    for name, value in _referred(function):
        value = getattr(value, "function", value)  # of a claim that asks another one
        if isinstance(value, FunctionType) and value.__module__.startswith(CLAIMS):
            _reached(value, found)
        elif isinstance(value, str | Rational | tuple):
            found[f"{key}.{name}"] = repr(value)


def _referred(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Globals that a function names, what it closes over, and its default arguments."""
    names = sorted(_names(function.__code__))
    yield from ((name, function.__globals__[name]) for name in names if name in function.__globals__)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    yield from ((name, cell.cell_contents) for name, cell in cells)
    yield from ((f"default {i}", value) for i, value in enumerate(function.__defaults__ or ()))


def _names(code: Any) -> set[str]:
    inner = [_names(constant) for constant in code.co_consts if hasattr(constant, "co_names")]
    return set(code.co_names).union(*inner)
