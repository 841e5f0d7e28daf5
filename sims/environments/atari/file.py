"""Tables in files: integers only, never anything pickled."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import bare
from sims.environments.atari.errors import BuildFailed, InvalidTable
from sims.environments.atari.layers import Arrays, replacing
from sims.environments.atari.spec import Spec
from sims.environments.atari.table import AtariTable
from sims.environments.atari.thumbnails import HEIGHT, WIDTH, accumulated, changes

SCHEMA = "iltheory-atari-table/1"
NUMBERS = ("layers", "next_state", "rewards", "image_of")
PICTURES = ("images", "palette")


def save(table: AtariTable, path: str | Path) -> None:
    """Write a table as ``.npz``, wholly or not at all; the same table gives the same bytes.

    Raises
    ------
    BuildFailed
        If the disk refuses.
    """
    header = {"schema": SCHEMA, "spec": table.spec.as_json(), "provenance": dict(table.provenance)}
    arrays: Arrays = {name: _narrow(getattr(table, name)) for name in NUMBERS}
    arrays["header"] = np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8)
    arrays["images"], arrays["palette"] = changes(table.images), table.palette
    try:
        with replacing(Path(path)) as part, part.open("wb") as file:
            np.savez_compressed(file, **arrays)
    except OSError as error:
        raise BuildFailed(
            f"{path} could not be written: {error.strerror or error}.\n  Free space or choose another path."
        ) from error


def _narrow(x: NDArray[np.int64]) -> NDArray[np.integer[Any]]:
    """The same integers in the narrowest type that holds them."""
    return x.astype(np.result_type(*(np.min_scalar_type(int(end)) for end in (x.min(), x.max()))))


def shipped() -> tuple[str, ...]:
    """Names of the tables that come with the package; :func:`load` takes them."""
    return tuple(sorted(file.name.removesuffix(".npz") for file in _folder().iterdir() if file.name.endswith(".npz")))


def find(name: str) -> str | None:
    """Which of :func:`shipped` has a name, whatever its capitals and underscores; None if none has, or for a path."""
    return {bare(known): known for known in shipped()}.get(bare(name)) if Path(name).name == name else None


def load(path: str | Path) -> AtariTable:
    """Read a table from a file, or one of :func:`shipped` by its name (see :func:`find`); ale-py is not needed.

    Raises
    ------
    InvalidTable
        If it is no table, or a damaged one.
    """
    name = find(path) if isinstance(path, str) else None
    if name is not None:
        with _folder().joinpath(f"{name}.npz").open("rb") as file:
            return _load(file, name)
    path = Path(path)
    if not path.is_file():
        raise InvalidTable(f"{path} is no file, and none of the tables that are shipped: {', '.join(shipped())}.")
    with path.open("rb") as file:
        return _load(file, str(path))


def _folder() -> Any:
    return files("sims.environments.atari") / "tables"


def _load(file: Any, name: str) -> AtariTable:
    try:
        if not zipfile.is_zipfile(file):
            raise InvalidTable(f"{name} is no table of a game, or damaged: it is no archive of arrays (npz).")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            missing = {*NUMBERS, *PICTURES, "header"} - set(archive.files)
            if missing:
                raise InvalidTable(f"{name} is no table of a game: it has no {', '.join(sorted(missing))}.")
            arrays = {key: archive[key] for key in (*NUMBERS, *PICTURES, "header")}
        header = json.loads(arrays["header"].tobytes())
        if header["schema"] != SCHEMA:
            raise InvalidTable(f"{name} is of the schema {header['schema']!r}; this version reads {SCHEMA!r}.")
        spec, provenance = Spec.from_json(header["spec"]), header["provenance"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        why = "it holds pickled objects, which are never read." if "allow_pickle" in str(error) else error
        raise InvalidTable(f"{name} is no table of a game, or damaged: {why}") from error
    _check(arrays, spec, provenance, name)
    numbers = {key: arrays[key].astype(np.int64) for key in NUMBERS}
    images = accumulated(arrays["images"])
    return AtariTable(spec=spec, provenance=provenance, images=images, palette=arrays["palette"], **numbers)


def _check(arrays: Arrays, spec: Spec, provenance: Any, name: str) -> None:
    """Raise ``InvalidTable`` unless the arrays fit together: every state leads to the next step, or to an end."""
    layers, following = arrays["layers"], arrays["next_state"]
    shape = (*following.shape[:1], len(spec.actions), spec.outcomes)
    n, images = shape[0], len(arrays["images"]) if arrays["images"].ndim else 0
    wanted = {
        "layers": (spec.horizon + 1,),
        "next_state": shape,
        "rewards": shape,
        "image_of": (n,),
        "images": (images, HEIGHT, WIDTH),
        "palette": (256, 3),
    }
    for key, expected in wanted.items():
        kinds = "u" if key in PICTURES else "iu"
        if arrays[key].shape != expected or arrays[key].dtype.kind not in kinds:
            found = f"{arrays[key].dtype} of shape {arrays[key].shape}"
            raise InvalidTable(f"{name} is damaged: {key} is {found}, and should be integers of shape {expected}.")
    ints = layers.astype(np.int64)
    if not isinstance(provenance, Mapping) or ints[0] != 0 or ints[-1] != n or (np.diff(ints) < 0).any() or n == 0:
        raise InvalidTable(f"{name} is damaged: its layers do not cut {n} states.")
    step = np.searchsorted(ints, np.arange(n), side="right") - 1
    low, high = (np.append(ints, n)[step + i][:, None, None] for i in (1, 2))
    beyond = np.where(step == spec.horizon - 1, n, n + 1)[:, None, None]
    good = ((following >= low) & (following < high)) | (following == n + 1) | (following == beyond)
    if not good.all() or (arrays["image_of"] >= images).any() or (arrays["image_of"] < 0).any():
        raise InvalidTable(f"{name} is damaged: a state leads to none of the next step, or has no image.")
