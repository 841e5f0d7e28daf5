"""The `.npz` layout of imitation 0.3: flat arrays, and `indices` that say where to split them.

imitation keeps the infos of a step as a pickled dictionary. They are never loaded. Archives written here hold
JSON texts in their place: imitation loads them, but what looks into them there (`rollout_stats`) wants
dictionaries, and so the folder layout.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from sims.datasets._columns import Array, Columns
from sims.datasets.errors import InvalidDataset


def read_npz(path: Path, *, read_infos: bool) -> Columns:
    """Read the archive at `path`; anything pickled in it raises `InvalidDataset`."""
    arrays = _read_arrays(path, {"obs", "acts", "terminal", "indices"} | ({"infos"} if read_infos else set()))
    for name, array in arrays.items():
        if array.ndim < 1:
            raise InvalidDataset(f"{path}: {name} is a single number, not an array.")
    terminal, indices, steps = arrays["terminal"], arrays["indices"], len(arrays["acts"])
    if terminal.dtype != np.bool_ or terminal.ndim != 1 or not terminal.size:
        raise InvalidDataset(
            f"{path}: terminal is {terminal.dtype} of shape {terminal.shape} (should be a bool a trajectory)."
        )
    # imitation leaves the empty indices of a single trajectory as floats.
    if len(indices) != len(terminal) - 1 or (indices.size and indices.dtype.kind not in "iu"):
        raise InvalidDataset(
            f"{path}: indices are {len(indices)} {indices.dtype}; {len(terminal)} trajectories are split at "
            f"{len(terminal) - 1} integers."
        )
    infos = arrays.get("infos")
    if infos is not None and (infos.dtype.kind != "U" or infos.shape != (steps,)):
        raise InvalidDataset(f"{path}: infos are {infos.dtype} of shape {infos.shape} (should be {steps} JSON texts).")
    return Columns(
        obs=arrays["obs"],
        acts=arrays["acts"],
        rews=arrays.get("rews"),
        terminal=terminal,
        infos=None if infos is None else infos.tolist(),
        offsets=np.concatenate([[0], indices.astype(np.intp), [steps]]),
    )


def write_npz(columns: Columns, path: Path) -> None:
    """Write the archive that `read_npz` reads."""
    arrays = {
        "obs": columns.obs,
        "acts": columns.acts,
        "infos": np.array(columns.infos, dtype=np.str_),
        "terminal": columns.terminal,
        "indices": columns.offsets[1:-1],
    }
    if columns.rews is not None:
        arrays["rews"] = columns.rews
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def _read_arrays(path: Path, required: set[str]) -> dict[str, Array]:
    if not path.is_file():
        raise InvalidDataset(f"{path} does not exist.")
    if not zipfile.is_zipfile(path):
        raise InvalidDataset(
            f"{path} is not an .npz archive, but a pickle or a damaged file.\n"
            "  Pickles are never loaded: where you trust one, save it again with imitation's serialize.save."
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = required - set(archive.files)
            if missing:
                raise InvalidDataset(f"{path} has no array {', '.join(sorted(missing))}.")
            if archive.zip.testzip() is not None:
                raise InvalidDataset(f"{path} is damaged: the checksum of {archive.zip.testzip()} is wrong.")
            wanted = required | ({"rews"} & set(archive.files))
            return {name: _array(archive, name, path) for name in sorted(wanted)}
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidDataset(f"{path} is damaged: {error}") from error


def _array(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> Array:
    try:
        array: Array = archive[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        cure = (
            "Pass drop_infos=True to read the other arrays."
            if name == "infos"
            else "Where you trust the file, save it again with imitation's serialize.save."
        )
        raise InvalidDataset(
            f"{path}: {name} holds pickled Python objects, which are never loaded.\n  {cure}"
        ) from None
    return array
