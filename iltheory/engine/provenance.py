"""What computed a result: versions, and a digest of our own sources."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("numpy", "scipy", "python-flint")
ROOMS = ("sims", "iltheory.measures", "iltheory.learners", "iltheory.claims", "iltheory.engine")
"""Where a changed line can change a result."""


@cache
def versions() -> str:
    """One line that names the versions of what computes; a result in a ledger is valid for one such line."""
    return f"iltheory {version('iltheory')} (sources {_digest()}), {libraries()}"


@cache
def libraries() -> str:
    """The part of `versions` that names other packages."""
    return ", ".join(f"{package} {version(package)}" for package in PACKAGES)


def _digest() -> str:
    digest = hashlib.sha256()
    for room in ROOMS:
        spec = find_spec(room)
        assert spec is not None and spec.submodule_search_locations is not None
        for folder in spec.submodule_search_locations:
            for path in sorted(Path(folder).rglob("*.py")):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
