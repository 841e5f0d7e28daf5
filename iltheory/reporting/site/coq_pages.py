"""The Coq development as pages of a site: where a theorem's statement, its definitions and its proof are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from proofs_check.coq import reading
from proofs_check.coq.sentences import needed


@dataclass(frozen=True)
class CoqFile:
    """A file of the development.

    Attributes
    ----------
    path : such as ``Statements/Cloning.v``
    text : what is in it
    needs : paths of the files that it requires
    """

    path: str
    text: str = field(repr=False)
    needs: tuple[str, ...]

    @property
    def page(self) -> str:
        """Path of its page."""
        return f"sources/coq/{self.path}.html"

    def at(self, name: str) -> str:
        """Path of its page, with the line that a definition or theorem begins in."""
        found = re.search(rf"^\s*[A-Z]\w* {name}\b", self.text, re.MULTILINE)
        return self.page if found is None else f"{self.page}#L{self.text.count(chr(10), 0, found.end()) + 1}"


@dataclass(frozen=True)
class Places:
    """Where a theorem is: pages, with the lines, of its statement and its proof, and what its statement uses."""

    statement: str
    proof: str
    definitions: tuple[CoqFile, ...]


@cache
def coq_files() -> Mapping[str, CoqFile]:
    """All files of the development by their paths."""
    sources = reading.SOURCES
    texts = {path.relative_to(sources).as_posix(): path.read_text(encoding="utf-8") for path in sources.rglob("*.v")}
    return {path: CoqFile(path, texts[path], needed(texts[path])) for path in sorted(texts)}


def places(theorem: str) -> Places:
    """Where the theorem of a name such as ``Cloning.supervised`` is."""
    subject, _, name = theorem.partition(".")
    files = coq_files()
    statement, proof = files[f"Statements/{subject}.v"], files[f"Proofs/{subject}.v"]
    definitions = (files[path] for path in statement.needs if path.startswith("Definitions/"))
    return Places(statement.at(name), proof.at(name), tuple(definitions))
