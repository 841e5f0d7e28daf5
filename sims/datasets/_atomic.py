"""Writing that happens wholly or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from sims.datasets.errors import InvalidDataset
from sims.errors import IltheoryError


@contextmanager
def replacing(
    path: Path, *, layout: tuple[str, ...] = (), error: type[IltheoryError] = InvalidDataset
) -> Iterator[Path]:
    """Yield a fresh path to write to; at the end, what was written there takes the place of `path`.

    If the body fails or is interrupted, `path` is as it was. A process killed at the moment when a folder
    takes the place of an older one leaves both of them, complete, in hidden siblings of `path`.

    Parameters
    ----------
    path : the file or folder to make
    layout : patterns of the files that a folder of this kind holds; empty for a single file. An existing folder with
        any other file in it is somebody's work, and is not replaced.
    error : class of the errors below

    Raises
    ------
    error
        If `path` exists and is something else, or if the disk refuses (full, read-only, no permission).
    """
    _check_replaceable(path, layout, error)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            yield staging / path.name
            _flush(staging)
            _swap(staging / path.name, path, previous=staging.with_name(f"{staging.name}.previous"))
        finally:
            shutil.rmtree(staging)
    except OSError as problem:
        raise error(
            f"{path} could not be written: {problem.strerror or problem}.\n"
            "  What was there before is unchanged. Free space or choose another path."
        ) from problem


def _check_replaceable(path: Path, layout: tuple[str, ...], error: type[IltheoryError]) -> None:
    if not path.exists():
        return
    if path.is_dir() != bool(layout):
        there, wanted = ("folder", "file") if path.is_dir() else ("file", "folder")
        raise error(f"{path} is a {there}; this format is a {wanted}.\n  Choose another path.")
    if not path.is_dir():
        return
    for file in sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if not p.is_dir()):
        if not any(fnmatch(file, pattern) for pattern in layout):
            raise error(
                f"{path} holds {file}, which is no part of such a dataset: it is not overwritten.\n"
                "  Choose another path."
            )


def _flush(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("r+b") as stream:
                os.fsync(stream.fileno())


def _swap(new: Path, path: Path, *, previous: Path) -> None:
    if not path.is_dir():
        os.replace(new, path)
        return
    try:
        os.rename(path, previous)
        os.rename(new, path)
    except BaseException:
        if previous.exists() and not path.exists():
            os.rename(previous, path)
        raise
    shutil.rmtree(previous)
