"""Read what the development states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofs_check.coq.refusals import refuse
from proofs_check.coq.sentences import Broken, needed, sentences

SOURCES = Path(__file__).parent
STATEMENT = re.compile(
    r"\(\*\*\s*(?P<kind>claim|foundation):\s*(?P<about>(?:(?!\*\))[^\n])*?)\s*(?:\n(?P<prose>(?:(?!\*\)).)*))?\*\)\s*"
    r"(?P<text>Definition\s+(?P<name>\w+)\s*:\s*Prop\s*:=.*?\.)(?=\s)",
    re.DOTALL,
)
"""A statement below its comment."""


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


def statements(sources: Path = SOURCES) -> tuple[Statement, ...]:
    """Read all statements, in the order of their files.

    Raises
    ------
    Broken
        If a file holds anything but statements, each below a comment that names its claim.
    """
    return tuple(statement for path in sorted((sources / "Statements").glob("*.v")) for statement in _stated(path))


def _stated(path: Path) -> Iterator[Statement]:
    refuse(path)
    text = path.read_text(encoding="utf-8")
    found = list(STATEMENT.finditer(text))
    _compare(path, [match["text"] for match in found], text)
    reals = "Definitions/Reals.v" in needed(text)
    for match in found:
        claim = match["about"] if match["kind"] == "claim" else None
        prose = " ".join((match["prose"] or "").split())
        about = prose if claim else " ".join(filter(None, (match["about"], prose)))
        yield Statement(path.stem, match["name"], claim, about, match["text"], reals)


def _compare(path: Path, shown: list[str], text: str) -> None:
    """Refuse a file whose definitions, as Coq reads them, are not those that are shown: comments hide and cut."""
    compiled = [sentence for sentence in sentences(text) if sentence.startswith("Definition ")]
    read = [sentence for definition in shown for sentence in sentences(definition)]
    for definition in shown:
        if "(*" in definition or '"' in definition:  # strings, as comments, are left out of sentences
            raise Broken(
                f"Statements/{path.name}: a comment or a string in a definition; say it above: {definition!r}."
            )
    for sentence in compiled:
        if sentence not in read:
            raise Broken(
                f"Statements/{path.name}: {sentence!r} stands below no comment (** claim: ID *) or "
                "(** foundation: WORDS *), or is not written Definition NAME : Prop := ...; write both."
            )
    if read != compiled:
        hidden = next((sentence for sentence in read if sentence not in compiled), "a definition")
        raise Broken(f"Statements/{path.name}: {hidden!r} stands in a comment, or twice; remove it.")
