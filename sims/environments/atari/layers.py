"""What an unfinished table keeps on disk: a folder for each layer, in which finished chunks lie until all are there.

A file or folder appears under its name only when it is complete, so whatever is there can be trusted, however
the build ended.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_CHUNK, FEWEST_CHUNKS = 32, 16
"""States that a worker expands at once, which is what a killed build loses for each process, at most; and into how many
chunks a layer is cut, so that the workers end at about the same time."""

Arrays = dict[str, Any]
"""Arrays by name."""


@dataclass(frozen=True)
class Layer:
    """The states of one step, on disk.

    Its folder holds the emulator states one behind the other (``states.bin``), where each begins and the action
    it heard last (``layer.npz``), their pictures (``screens.npz``), the finished chunks and, once it is
    expanded, ``transitions.npz``.
    """

    folder: Path
    step: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / f"layer-{self.step:04d}"

    @property
    def exists(self) -> bool:
        """Whether all its states are known."""
        return self.path.exists()

    @property
    def expanded(self) -> bool:
        """Whether all that its states lead to is known."""
        return self.transitions.exists()

    @property
    def transitions(self) -> Path:
        """Where what its states lead to is kept."""
        return self.path / "transitions.npz"

    def chunk(self, index: int) -> Path:
        """Where what some of its states lead to is kept meanwhile."""
        return self.path / f"chunk-{index:06d}.npz"

    def arrays(self) -> Arrays:
        """``offsets`` ``[n + 1]`` into the emulator states, and the actions ``last`` ``[n]``."""
        return read(self.path / "layer.npz")

    def screens(self) -> Arrays:
        """``images`` without repetition, which is the image ``of`` each state, and the ``palette``."""
        return read(self.path / "screens.npz")

    def states(self, first: int, last: int, offsets: NDArray[np.int64]) -> list[bytes]:
        """The emulator states ``first`` to ``last - 1``."""
        with (self.path / "states.bin").open("rb") as file:
            file.seek(int(offsets[first]))
            packed = file.read(int(offsets[last] - offsets[first]))
        ends = offsets[first : last + 1] - offsets[first]
        return [zlib.decompress(packed[i:j]) for i, j in pairwise(ends)]

    def write(self, states: Iterable[bytes], last: NDArray[np.uint8], screens: Arrays) -> None:
        """Make the folder, unless it is there; ``states`` are packed."""
        if self.exists:
            return
        with replacing(self.path) as part:
            part.mkdir()
            offsets = [0]
            with (part / "states.bin").open("wb") as file:
                for state in states:
                    file.write(state)
                    offsets.append(offsets[-1] + len(state))
            np.savez(part / "layer.npz", offsets=np.array(offsets), last=last)
            np.savez(part / "screens.npz", **screens)

    def forget(self) -> None:
        """Drop what nobody needs once the layer is expanded: emulator states and chunks."""
        (self.path / "states.bin").unlink(missing_ok=True)
        for chunk in self.path.glob("chunk-*.npz"):
            chunk.unlink()


def pack(state: bytes) -> bytes:
    """An emulator state as it is kept."""
    return zlib.compress(state, 1)


def bounds(n: int) -> Sequence[tuple[int, int]]:
    """First state of each chunk of a layer of n states, and the one behind its last."""
    size = max(1, min(LARGEST_CHUNK, n // FEWEST_CHUNKS))
    return [(i, min(i + size, n)) for i in range(0, n, size)]


def read(path: Path) -> Arrays:
    """All arrays of a file."""
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def write(path: Path, arrays: Arrays) -> None:
    """Write arrays to a file, wholly or not at all."""
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to that becomes ``path`` at the end, or vanishes if that is not reached."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
