"""Arrays and what they mean: a folder with ``NAME.safetensors`` and ``NAME.json``, which holds the digests of both.

A folder appears when both files are whole, or not at all. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.datasets._atomic import replacing
from sims.errors import IltheoryError

Arrays = Mapping[str, NDArray[Any]]

PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib")

OWN = "own_sha256"
"""Key of the digest of the JSON itself: of all its other entries."""


class InvalidCheckpoint(IltheoryError):
    """Files that are missing, damaged, of something else, or that cannot be written."""


class _Damage(Exception):
    """What is wrong with a file; what to do depends on what it is for."""


def write(folder: Path, name: str, arrays: Arrays, meaning: Mapping[str, Any]) -> None:
    """Write a folder with two files; an older one of the same name is replaced, or stays as it was.

    Raises
    ------
    InvalidCheckpoint
        If the folder holds anything else, or the disk is full, or refuses.
    """
    from safetensors.numpy import save

    content = save({key: np.asarray(array, order="C") for key, array in arrays.items()})
    described = {
        **meaning,
        "shapes": {key: list(array.shape) for key, array in arrays.items()},
        "sha256": _digest(content),
    }
    described[OWN] = _digest(_canonical(json.loads(json.dumps(described))))  # as it is read
    files = (f"{name}.safetensors", f"{name}.json")
    with replacing(folder, layout=files, error=InvalidCheckpoint) as fresh:
        fresh.mkdir()
        (fresh / files[0]).write_bytes(content)
        (fresh / files[1]).write_text(json.dumps(described, indent=1, allow_nan=False) + "\n")


def read(folder: Path, name: str, kind: str, *, mend: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`write` wrote: arrays and their meaning.

    Parameters
    ----------
    kind : what the JSON file must say under ``"kind"``
    mend : what to do if a file is missing or damaged: a sentence

    Raises
    ------
    InvalidCheckpoint
        If a file is missing, is a pickle, is damaged (its digest is another), or is of another kind.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    refuse_pickles(folder)
    weights, description = folder / f"{name}.safetensors", folder / f"{name}.json"
    try:
        meaning = _described(description, kind)
        content = _content(weights)
        _whole(weights, content, meaning["sha256"])
        return load(content), meaning
    except _Damage as damage:
        raise InvalidCheckpoint(f"{damage}.\n  {mend}") from damage
    except SafetensorError as error:
        raise InvalidCheckpoint(f"{weights} is no safetensors file: {error}.\n  {mend}") from error


def _described(path: Path, kind: str) -> dict[str, Any]:
    try:
        meaning = json.loads(_content(path))
    except ValueError as error:
        raise _Damage(f"{path} is damaged: {error}") from error
    said = meaning.get("kind") if isinstance(meaning, dict) else None
    if said != kind:
        raise InvalidCheckpoint(f"{path} describes {said!r}, not {kind!r}.")
    own = meaning.pop(OWN, None)
    _whole(path, _canonical(meaning), own)
    return dict(meaning)


def _whole(path: Path, content: bytes, said: Any) -> None:
    """Raise ``_Damage`` unless a file's content has the digest that it was written with."""
    if (found := _digest(content)) != said:
        raise _Damage(f"{path} is damaged: its sha256 is {found[:12]}..., was {str(said)[:12]}... when it was written")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _canonical(meaning: Mapping[str, Any]) -> bytes:
    """The one JSON text of these entries, however a file sets them out."""
    return json.dumps(meaning, sort_keys=True, separators=(",", ":")).encode()


def refuse_pickles(path: Path) -> None:
    """Raise ``InvalidCheckpoint`` for the path of a pickle, and of torch's archives of pickles."""
    if path.is_file() and (path.suffix in PICKLES or _looks_pickled(path)):
        raise InvalidCheckpoint(
            f"{path} holds pickled objects, which can run any code and are never loaded.\n"
            "  Where you trust it, load it yourself and save its weights with safetensors."
        )


def _looks_pickled(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(4)
    return head[:1] == b"\x80" or head == b"PK\x03\x04"  # a pickle, or the archive of one that torch writes


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _Damage(f"{path} does not exist") from None
    except OSError as error:
        raise _Damage(f"{path} cannot be read: {error.strerror or error}") from error
