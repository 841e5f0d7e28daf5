"""What computed a result: versions, and a digest of our own sources."""

from __future__ import annotations

import ast
import hashlib
import inspect
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("numpy", "scipy", "python-flint")
ROOMS = ("sims", "iltheory.measures", "iltheory.learners", "iltheory.claims", "iltheory.engine")
"""Where a changed line can change a result."""
OURS = ("sims", "iltheory", "proofs_check")
DATA = (".npz", ".safetensors")
"""Files that ship beside sources: tables of games, weights of experts."""


@cache
def versions() -> str:
    """One line that names the versions of what computes; a result in a ledger is valid for one such line."""
    return f"iltheory {version('iltheory')} (sources {_digest()}), {libraries()}"


@cache
def libraries() -> str:
    """The part of `versions` that names other packages."""
    return ", ".join(f"{package} {version(package)}" for package in PACKAGES)


@cache
def sources(work: Callable[..., object]) -> str:
    """Digest of a function of ours: of what it reaches in its module by name, and of all modules of ours these import.

    With them count the data that ship beside these modules, and the versions of the packages that they import. Imports
    inside functions count, too; an import by a computed name does not. What else stands in its module, such as how
    results are drawn, does not count.
    """
    own, waiting = _reached(work)
    seen: dict[Path, bytes] = {}
    foreign: set[str] = set()
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if path is None:
            foreign.add(name.partition(".")[0])
        elif path not in seen:
            seen[path] = path.read_bytes()
            waiting += _imports(ast.parse(seen[path]))
    shipped = {data for path in seen for data in path.parent.rglob("*") if data.suffix in DATA}
    parts = [own, *(seen[path] for path in sorted(seen)), *(path.read_bytes() for path in sorted(shipped))]
    return hashlib.sha256(b"\0".join([*parts, _versions(foreign).encode()])).hexdigest()[:16]


@cache
def _packages() -> Mapping[str, list[str]]:
    """Packages by their modules: a walk through all that is installed."""
    return packages_distributions()


def _versions(modules: set[str]) -> str:
    """Versions of the packages that modules belong to; the standard library's have none."""
    packages = _packages()
    found = {package for module in modules for package in packages.get(module, [])}
    return ", ".join(f"{package} {version(package)}" for package in sorted(found))


@cache
def commit() -> str | None:
    """The commit of the checkout this runs from, with ``+`` if it has other files; None where it is no checkout."""
    root = Path(__file__).parents[2]

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", root, *words], check=True, capture_output=True, text=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", __file__)  # or else the repository is that of somebody who installed this
        edited = git("status", "--porcelain", "--untracked-files=no")
        added = git("ls-files", "--others", "--exclude-standard", "iltheory", "sims", "proofs_check")
        return git("rev-parse", "HEAD") + "+" * bool(edited or added)
    except (OSError, subprocess.CalledProcessError):
        return None


def _reached(work: Callable[..., object]) -> tuple[bytes, list[str]]:
    """Sources of the top-level statements that a function reaches, and the modules that they import."""
    text = Path(inspect.getfile(work)).read_text(encoding="utf-8")
    statements = ast.parse(text).body
    defined = {name: statement for statement in statements for name in _names(statement)}
    waiting, reached = [work.__name__], dict[ast.stmt, None]()
    while waiting:
        statement = defined.get(waiting.pop())
        if statement is not None and statement not in reached:
            reached[statement] = None
            waiting += [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    kept = [statement for statement in statements if statement in reached]
    source = "\n".join(ast.unparse(statement) for statement in kept)
    return source.encode(), [module for statement in kept for module in _imports(statement)]


def _names(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module defines."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    else:
        inner = {
            id(name)
            for node in ast.walk(statement)
            if isinstance(node, ast.comprehension)
            for name in ast.walk(node.target)
        }
        names = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and id(node) not in inner)
        yield from (node.id for node in names if isinstance(node.ctx, ast.Store))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Names a source imports, with the names it takes out of them, which may be modules themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str) -> Path | None:
    """Where the source of a module of ours is, which is not imported for that; None for other names."""
    root, *rest = module.split(".")
    spec = find_spec(root) if root in OURS else None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*rest)
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.exists()), None)


def arithmetic_on(arithmetic: str, device: str | None) -> str:
    """Name an arithmetic with the device it runs on, as blocks are filed: verdicts are the same, widths may differ."""
    return arithmetic if device is None else f"{arithmetic} on {device}, torch {version('torch')}"


def split_arithmetic(filed: str) -> tuple[str, str | None]:
    """Arithmetic and device of what `arithmetic_on` made."""
    arithmetic, _, place = filed.partition(" on ")
    return arithmetic, place.partition(",")[0] or None


def _digest() -> str:
    digest = hashlib.sha256()
    for room in ROOMS:
        spec = find_spec(room)
        assert spec is not None and spec.submodule_search_locations is not None
        for folder in spec.submodule_search_locations:
            for path in sorted(Path(folder).rglob("*.py")):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
