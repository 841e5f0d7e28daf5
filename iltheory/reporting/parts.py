"""Cut what is needed, and no more, out of the sources of ``proofs_check/standalone``."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SOURCES = (
    ("proofs_check.standalone", "fixed.py"),
    ("proofs_check.standalone", "scalars.py"),
    ("proofs_check.standalone", "arrays.py"),
    ("proofs_check.standalone", "models.py"),
    ("proofs_check.standalone", "measures.py"),
    ("proofs_check.standalone", "soft.py"),
    ("proofs_check.standalone", "samples.py"),
    ("proofs_check.standalone", "worlds.py"),
    ("proofs_check.standalone", "checking.py"),
)
"""Files in the order in which a script has their parts."""


@dataclass(frozen=True)
class Piece:
    """One definition at the top level of a file, or one method of a class.

    Attributes
    ----------
    text : its source, decorators included
    names : names it reads that are not its own variables
    attributes : attributes it reads of anything
    members : of a class its methods and other statements, by name; ``text`` is then what stands above them
    """

    text: str
    names: frozenset[str]
    attributes: frozenset[str]
    members: tuple[tuple[str, Piece], ...] = ()


@cache
def library() -> tuple[dict[str, Piece], dict[str, str]]:
    """All pieces by name, in order; and the imports from the standard library, by the name they bind."""
    pieces: dict[str, Piece] = {}
    imports: dict[str, str] = {}
    for package, file in SOURCES:
        text = files(package).joinpath(file).read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            for name, line in standard_imports(node):
                imports[name] = line
            for name in defined(node):
                if name in pieces:
                    raise AssertionError(f"{file} defines {name} once more")
                pieces[name] = _piece(node, lines)
    return pieces, imports


def standard_imports(node: ast.stmt) -> Iterable[tuple[str, str]]:
    """Names that an import binds, each with a line that binds it; none for imports of our own files."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name, ast.unparse(ast.Import([alias]))
    elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in _NOT_STANDARD:
        for alias in node.names:
            yield alias.asname or alias.name, ast.unparse(ast.ImportFrom(node.module, [alias], 0))


_NOT_STANDARD = ("__future__", "proofs_check")


def defined(node: ast.stmt) -> list[str]:
    """Names that a statement at the top level binds, imports aside."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def variables(node: ast.AST) -> set[str]:
    """Names that are parameters or assigned inside a function."""
    own = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    stored = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    inner = {part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef) and part is not node}
    return own | stored | inner


def _piece(node: ast.stmt, lines: list[str]) -> Piece:
    if not isinstance(node, ast.ClassDef):
        return _leaf(node, lines)
    names, attributes = _reads([*node.decorator_list, *node.bases])
    head = lines[_first(node) - 1 : min(_first(part) for part in node.body) - 1]
    members = tuple((_member_name(part), _leaf(part, lines)) for part in node.body)
    return Piece("\n".join(head).rstrip(), names, attributes, members)


def _member_name(node: ast.stmt) -> str:
    """Name of a method; what is no method is always needed, as the special methods are."""
    return node.name if isinstance(node, ast.FunctionDef) else "__other__"


def _leaf(node: ast.stmt, lines: list[str]) -> Piece:
    names, attributes = _reads([node])
    return Piece("\n".join(lines[_first(node) - 1 : node.end_lineno]), names, attributes)


def _first(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return min([node.lineno, *(part.lineno for part in decorators)])


def _reads(nodes: Iterable[ast.AST]) -> tuple[frozenset[str], frozenset[str]]:
    names: set[str] = set()
    attributes: set[str] = set()
    for node in nodes:
        own = variables(node) if isinstance(node, ast.FunctionDef) else set()
        names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - own
        attributes |= {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return frozenset(names), frozenset(attributes)


class Parts:
    """The pieces that some names and attributes need, with everything these need in turn."""

    def __init__(self, names: Iterable[str], attributes: Iterable[str]) -> None:
        self._pieces, self._imports = library()
        self.names: set[str] = set()
        self.attributes: set[str] = set(attributes)
        self._read = set(names)
        while self._grow():
            pass

    def _grow(self) -> bool:
        before = len(self.names), len(self.attributes), len(self._read)
        self.names |= self._read & self._pieces.keys()
        for name in self.names:
            for part in self._needed(self._pieces[name]):
                self._read |= part.names
                self.attributes |= part.attributes
        return before != (len(self.names), len(self.attributes), len(self._read))

    def _needed(self, piece: Piece) -> list[Piece]:
        return [piece, *(member for name, member in piece.members if self._is_used(name))]

    def _is_used(self, method: str) -> bool:
        return method.startswith("__") or method in self.attributes

    @property
    def imports(self) -> set[str]:
        """Import statements, one for each name of the standard library that is read."""
        return {self._imports[name] for name in self._read & self._imports.keys()}

    @property
    def text(self) -> str:
        """The source of the pieces, in the order of their files."""
        blocks = [self._block(piece) for name, piece in self._pieces.items() if name in self.names]
        return joined(blocks)

    def _block(self, piece: Piece) -> str:
        text = piece.text
        for member in self._needed(piece)[1:]:
            gap = "\n" if is_short(member.text) and is_short(text.rpartition("\n\n")[2]) else "\n\n"
            text += ("\n" if text == piece.text else gap) + member.text
        return text


def is_short(text: str) -> bool:
    """Whether a definition is a plain assignment."""
    return not text.lstrip().startswith(("def ", "class ", "@", '"""'))


def joined(blocks: list[str]) -> str:
    """Definitions one after the other, with two empty lines around functions and classes."""
    text = ""
    for before, block in zip(["", *blocks], blocks, strict=False):
        text += ("" if not before else "\n" if is_short(before) and is_short(block) else "\n\n\n") + block
    return text
