"""What computed a result: versions, and a digest of our own sources."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("numpy", "scipy", "python-flint")
ROOMS = ("sims", "iltheory.measures", "iltheory.learners", "iltheory.claims", "iltheory.engine")
"""Where a changed line can change a result."""
OURS = ("sims", "iltheory")


@cache
def versions() -> str:
    """One line that names the versions of what computes; a result in a ledger is valid for one such line."""
    return f"iltheory {version('iltheory')} (sources {_digest()}), {libraries()}"


@cache
def libraries() -> str:
    """The part of `versions` that names other packages."""
    return ", ".join(f"{package} {version(package)}" for package in PACKAGES)


@cache
def sources(module: str) -> str:
    """Digest of a module of ours and of all modules of ours that it imports, at whatever depth.

    Imports inside functions count, too; an import by a computed name does not.
    """
    seen: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if name not in seen and path is not None:
            seen[name] = path.read_bytes()
            waiting += _imports(seen[name])
    return hashlib.sha256(b"\0".join(seen[name] for name in sorted(seen))).hexdigest()[:16]


def _imports(source: bytes) -> Iterator[str]:
    """Names a source imports, with the names it takes out of them, which may be modules themselves."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str) -> Path | None:
    """Where the source of a module of ours is; None for other modules, and names that are none."""
    if module.partition(".")[0] not in OURS:
        return None
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # its parent is a module, not a package
        return None
    return None if spec is None or spec.origin is None else Path(spec.origin)


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
