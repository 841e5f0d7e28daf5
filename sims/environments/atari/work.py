"""The folder of an unfinished table: which table it is, and the layers so far."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sims.environments.atari.emulator import provenance
from sims.environments.atari.errors import BuildFailed, InvalidTable
from sims.environments.atari.layers import replacing
from sims.environments.atari.spec import Spec

SPEC = "spec.json"


@contextmanager
def workplace(path: Path | None, spec: Spec) -> Iterator[Path]:
    """A folder to build a table in; the one beside its file is kept until the end, so that a build goes on.

    Raises
    ------
    InvalidTable
        If the folder belongs to another table, or to something else.
    BuildFailed
        If the disk refuses.
    """
    if path is None:
        with tempfile.TemporaryDirectory(prefix="atari-") as temporary:
            _begin(Path(temporary), spec)
            yield Path(temporary)
        return
    folder = folder_of(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _begin(folder, spec)
        yield folder
        shutil.rmtree(folder)
    except OSError as error:
        raise BuildFailed(
            f"{folder} could not be written: {error.strerror or error}.\n"
            "  What was finished is kept there; free space, and the same call goes on."
        ) from error


def folder_of(path: Path) -> Path:
    """Where the unfinished table of a file lies."""
    return path.with_name(f"{path.name}.unfinished")


def read_spec_of(folder: Path) -> Spec:
    """Which table a folder is about."""
    return Spec.from_json(json.loads((folder / SPEC).read_text(encoding="utf-8"))["spec"])


def _begin(folder: Path, spec: Spec) -> None:
    document = {"spec": spec.as_json(), "provenance": provenance(spec.game)}
    file = folder / SPEC
    if not file.exists():
        if any(folder.iterdir()):
            raise InvalidTable(f"{folder} is in the way: it is not of an unfinished table.\n  Choose another path.")
        with replacing(file) as part:
            part.write_text(json.dumps(document, indent=1), encoding="utf-8")
        return
    for leftover in folder.rglob("*.part"):
        shutil.rmtree(leftover) if leftover.is_dir() else os.unlink(leftover)
    check_same(json.loads(file.read_text(encoding="utf-8")), document, f"the unfinished table in {folder}")


def check_same(found: dict[str, dict[str, object]], wanted: dict[str, dict[str, object]], what: str) -> None:
    """Raise ``InvalidTable`` with the differences unless two tables are of the same thing."""
    different = [
        f"{name}={found[part].get(name)!r} and not {value!r}"
        for part in ("spec", "provenance")
        for name, value in wanted[part].items()
        if found[part].get(name) != value
    ]
    if different:
        raise InvalidTable(f"{what} is of {', '.join(different)}.\n  Choose another path, or remove it.")
