"""Sentences of Coq: what a file says without its comments, and which files it requires."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

LIBRARY = "ImitationLearning"
ROOMS = ("Definitions", "Statements", "Proofs")

LEXEMES = re.compile(r'"(?:[^"]|"")*"|\(\*|\*\)|[^"(*]+|.', re.DOTALL)
NAMING_FILES = re.compile(
    r"(?:From (?P<origin>[\w.']+) Require(?P<imports> Import)?|(?P<plain>Import)) (?P<names>[\w.']+(?: [\w.']+)*)"
)


class Broken(Exception):
    """A file does not compile, holds what it must not, leaves a gap, or does not prove its statement."""


@dataclass(frozen=True)
class Requirement:
    """A sentence that requires files, or imports what others required.

    Attributes
    ----------
    origin : the folder of a library, such as ``ImitationLearning.Definitions``; none of a sentence that only imports
    imports : whether what is in the files can be named without them, and their notations hold
    names : the files
    files : those of the development, such as ``Definitions/Games.v``
    """

    origin: str | None
    imports: bool
    names: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def root(self) -> str | None:
        """The library."""
        return self.origin and self.origin.partition(".")[0]


def code(text: str) -> str:
    """Return a file without its comments, which may be nested, and without what strings say.

    Raises
    ------
    Broken
        If what opens a comment does not stand after a space: Coq may read ``^(*`` as the operators ``^(`` and ``*``.
    """
    depth, kept = 0, list[str]()
    for lexeme in LEXEMES.findall(text):
        if lexeme == "(*" and not depth and kept and not kept[-1][-1].isspace():
            raise Broken(f"{kept[-1].split()[-1]}(* may be no comment; write a space before it.")
        if lexeme == "(*" or (lexeme == "*)" and depth):
            depth += 1 if lexeme == "(*" else -1
            kept.append(" ")
        elif not depth:
            kept.append('""' if lexeme[0] == '"' else lexeme)
    return "".join(kept)


def sentences(text: str) -> list[str]:
    """Return the sentences of a file, as `code` has them, without the dots they end with and with single spaces."""
    return [" ".join(part.split()) for part in re.split(r"\.(?=\s|\Z)", code(text)) if part.strip()]


def requirement(sentence: str) -> Requirement | None:
    """Read what a sentence requires or imports; None if it does neither.

    Raises
    ------
    Broken
        If it does so in other words than ``From ORIGIN Require [Import] NAMES`` and ``Import NAMES``, or names no file
        of a room of the development.
    """
    found = NAMING_FILES.fullmatch(sentence)
    if found is None and re.search(r"\bRequire\b|^(?:Import|Export)\b", sentence):
        raise Broken(f"{sentence!r} is to be written From ORIGIN Require [Import] NAMES, or Import NAMES.")
    if found is None:
        return None
    origin, names = found["origin"], tuple(found["names"].split())
    ours = origin is not None and origin.partition(".")[0] == LIBRARY
    files = tuple(_file(f"{origin}.{name}") for name in names) if ours else ()
    return Requirement(origin, bool(found["imports"] or found["plain"]), names, files)


def _file(module: str) -> str:
    _, room, *name = module.split(".")
    if room not in ROOMS or len(name) != 1:
        raise Broken(f"{module} is no file of {', '.join(ROOMS)}: write From {LIBRARY}.ROOM Require [Import] NAMES.")
    return f"{room}/{name[0]}.v"


def requirements(text: str) -> Iterator[Requirement]:
    """Yield what the sentences of a file require or import."""
    return filter(None, map(requirement, sentences(text)))


@cache  # every statement asks it of the definitions it may use
def needed(text: str) -> tuple[str, ...]:
    """Return the files of the development that a text requires, such as ``Definitions/Games.v``, in its order."""
    return tuple(dict.fromkeys(file for one in requirements(text) for file in one.files))
