"""Checkpoints of a run: everything that changes while it trains, so that going on is as if nothing had happened."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iltheory.learners.neural import stored
from iltheory.learners.neural.stored import InvalidCheckpoint

KIND, NAME = "iltheory checkpoint", "checkpoint"
KEPT = 2
"""Checkpoints a run keeps: the last one, and the one before."""

Parts = Mapping[str, Any]
"""What changes, by name: generators of numpy and torch, and anything with ``state_dict`` and ``load_state_dict``."""


class Checkpoints:
    """The checkpoints of one run, ``FOLDER/checkpoints/NUMBER``.

    Parameters
    ----------
    folder : of the run; made if it is not there
    settings : what makes this run this run, JSON values; only checkpoints with the same ones are read
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        stored.refuse_pickles(folder)
        self.folder, self._settings = folder / "checkpoints", json.loads(json.dumps(settings))  # as they are read

    def updates(self) -> list[int]:
        """Numbers of updates at which there are checkpoints, in order."""
        names = [path.name for path in self.folder.glob("*") if re.fullmatch(r"\d{9}", path.name)]
        return sorted(int(name) for name in names)

    def path(self, update: int) -> Path:
        """The folder of one."""
        return self.folder / f"{update:09d}"

    def save(self, update: int, parts: Parts, history: Mapping[str, Any]) -> None:
        """Write a checkpoint and delete all but the last two.

        Raises
        ------
        InvalidCheckpoint
            If the disk is full, or refuses; older checkpoints are still there.
        """
        arrays: dict[str, NDArray[Any]] = {}
        state = {name: _pack(_state(part), name, arrays) for name, part in parts.items()}
        meaning = {"kind": KIND, "update": update, "settings": self._settings, "state": state, "history": dict(history)}
        stored.write(self.path(update), NAME, arrays, meaning)
        for old in self.updates()[:-KEPT]:
            shutil.rmtree(self.path(old))

    def restore(self, update: int, parts: Parts) -> dict[str, Any]:
        """Bring all parts to where they were, and return the history until then.

        Raises
        ------
        InvalidCheckpoint
            If the checkpoint is damaged, or of a run with other settings.
        """
        path = self.path(update)
        before = [self.path(done) for done in self.updates() if done < update]
        rest = f"goes on from the one before, {before[-1]}" if before else "starts anew: there is none before"
        mend = f"Restore it from a copy, or delete its folder {path.name}, and the run {rest}."
        arrays, meaning = stored.read(path, NAME, KIND, mend=mend)
        found = dict(meaning["settings"])
        changed = sorted(k for k in {*found, *self._settings} if found.get(k) != self._settings.get(k))
        if "learner" in changed:
            changed = ["learner"]  # whose options are others, too
        if changed:
            differences = ", ".join(f"{k}={found.get(k)!r} there and {self._settings.get(k)!r} here" for k in changed)
            raise InvalidCheckpoint(
                f"{path} is of a run with other settings: {differences}.\n"
                "  Give the same ones to go on, or another folder."
            )
        state = meaning["state"]
        if set(state) != set(parts):
            raise InvalidCheckpoint(f"{path} holds {sorted(state)}, this run has {sorted(parts)}: use another folder.")
        for name, part in parts.items():
            _restore(part, _unpack(state[name], arrays))
        return dict(meaning["history"])

    def clear(self) -> None:
        """Delete what a killed process left half-written."""
        for path in self.folder.glob(".[0-9]*.*"):
            shutil.rmtree(path)


def finite(parts: Parts) -> str | None:
    """The first tensor of the parts that has an entry which is not finite, by name; None if there is none."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, part in parts.items():
        _pack(_state(part), name, arrays)
    return next((name for name, x in arrays.items() if x.dtype.kind == "f" and not np.isfinite(x).all()), None)


def _state(part: Any) -> Any:
    if isinstance(part, np.random.Generator):
        return {**part.bit_generator.state, "children": _seeds(part).n_children_spawned}
    if isinstance(part, torch.Generator):
        return part.get_state()
    return part.state_dict()


def _restore(part: Any, state: Any) -> None:
    if isinstance(part, np.random.Generator):
        # What Generator.spawn gives next depends on the number of children, which the state of the bits leaves out.
        _seeds(part).spawn(state.pop("children") - _seeds(part).n_children_spawned)
        part.bit_generator.state = state
    elif isinstance(part, torch.Generator):
        part.set_state(state)
    else:
        part.load_state_dict(state)


def _seeds(generator: np.random.Generator) -> Any:
    return generator.bit_generator.seed_seq


def _pack(value: Any, name: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """JSON for a nested state; its arrays go to ``arrays`` under names that tell where they were."""
    if isinstance(value, torch.Tensor):
        arrays[name] = value.detach().cpu().numpy()
        return {"tensor": name}
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {"array": name}
    if isinstance(value, Mapping):
        return {"mapping": [[key, _pack(entry, f"{name}.{key}", arrays)] for key, entry in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_pack(entry, f"{name}.{i}", arrays) for i, entry in enumerate(value)]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    raise TypeError(f"{name} is a {type(value).__name__}, which no checkpoint can hold.")


def _unpack(packed: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    ((kind, content),) = packed.items()
    if kind == "tensor":
        return torch.from_numpy(arrays[content].copy())
    if kind == "array":
        return arrays[content].copy()
    if kind == "mapping":
        return {key: _unpack(entry, arrays) for key, entry in content}
    if kind in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[kind](_unpack(entry, arrays) for entry in content)
    return content
