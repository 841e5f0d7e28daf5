"""Minari's HDF5 layout, read and written with h5py alone.

A dataset is a folder `data/` with `metadata.json` (identity, totals, spaces) and `main_data.hdf5`, where each
group `episode_i` holds `observations` (T+1, ...), `actions`, `rewards`, `terminations`, `truncations` (T,
...) and `infos`. The flags are kept per step: only the last one of an episode may be true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.datasets._atomic import replacing
from sims.datasets._extra import extra
from sims.datasets.errors import InvalidDataset
from sims.datasets.trajectories import Trajectories, are_indices, kind

Array = NDArray[Any]

WRITTEN_VERSION = "0.5.4"
READ_VERSIONS = ("0.4.0", "0.4.1", "0.4.2", "0.4.3", "0.5.0", "0.5.1", "0.5.2", "0.5.3", "0.5.4")
LAYOUT = ("data/metadata.json", "data/main_data.hdf5")
DATASET_ID = re.compile(r"([-\w]+/)*[-\w]+-v\d+")
IMAGE_SIDE = 32


def read_minari(path: str | PathLike[str], *, drop_infos: bool = False) -> Trajectories:
    """Read a Minari dataset from its folder (the one that holds `data/`).

    Parameters
    ----------
    path : the dataset's folder, `<datasets root>/<dataset id>`
    drop_infos : read a dataset that records `infos`, which `Trajectories` does not carry, without them

    Returns
    -------
    Trajectories
        In the order of the episode numbers; seeds and options of the episodes are not read.

    Raises
    ------
    InvalidDataset
        If a file is missing or damaged, the version or storage is not one of Minari's HDF5 ones, an
        observation or action is not a single array of numbers, totals or lengths disagree, an index lies
        outside its space, a flag is set before the last step, or there are infos and `drop_infos` is false.
    """
    folder = Path(path) / "data"
    metadata = _read_metadata(folder / "metadata.json")
    episodes = _read_episodes(folder / "main_data.hdf5", metadata, drop_infos=drop_infos)
    lengths = [len(episode["rewards"]) for episode in episodes]
    flags = {
        name: np.array(
            [_ending(episode[name], f"{folder}: {name} of episode_{i}") for i, episode in enumerate(episodes)]
        )
        for name in ("terminations", "truncations")
    }
    try:
        trajectories = Trajectories(
            states=_joined("observations", episodes),
            actions=_joined("actions", episodes),
            rewards=_joined("rewards", episodes),
            terminated=flags["terminations"],
            truncated=flags["truncations"],
            offsets=np.cumsum([0, *lengths]),
        )
    except InvalidDataset as error:
        raise InvalidDataset(f"{folder}: {error}") from None
    for name, array in (("observation", trajectories.states), ("action", trajectories.actions)):
        _check_in_space(array, metadata.get(f"{name}_space"), f"{folder}: {name}s")
    return trajectories


def write_minari(
    trajectories: Trajectories,
    path: str | PathLike[str],
    *,
    dataset_id: str,
    n_states: int | None = None,
    n_actions: int | None = None,
    description: str | None = None,
    env_spec: str | None = None,
) -> None:
    """Write a Minari dataset; a folder that already holds one is replaced, wholly or not at all.

    `minari.load_dataset(dataset_id)` finds it if `path` is `$MINARI_DATASETS_PATH/<dataset_id>`. State and
    action indices become `Discrete` spaces; anything else a `Box` as wide as its dtype, since its true bounds
    are not known.

    Parameters
    ----------
    trajectories : with rewards
    path : folder to make
    dataset_id : `name-v0` or `namespace/name-v0`
    n_states, n_actions : size of the `Discrete` space, where states (actions) are indices; None where not
    description : kept in the metadata
    env_spec : the environment they were recorded in, as `gymnasium.spec(id).to_json()` writes it; kept there, too

    Raises
    ------
    InvalidDataset
        If rewards are missing, a trajectory without steps has a flag (Minari keeps flags at steps),
        `n_states` or `n_actions` is missing, superfluous or too small, `dataset_id` is malformed, or the disk
        refuses.
    """
    h5py = extra("h5py")
    if not DATASET_ID.fullmatch(dataset_id):
        raise InvalidDataset(f"dataset_id is {dataset_id!r} (should be like 'name-v0' or 'namespace/name-v0').")
    if trajectories.rewards is None:
        raise InvalidDataset("rewards were not recorded, and Minari requires them.")
    flagged = (trajectories.lengths == 0) & (trajectories.terminated | trajectories.truncated)
    if flagged.any():
        raise InvalidDataset(
            f"{flagged.sum()} of {len(flagged)} trajectories are over before their first step.\n"
            "  Minari keeps the flags at steps, so their ends would be lost: leave them out."
        )
    metadata = {
        "dataset_id": dataset_id,
        "minari_version": WRITTEN_VERSION,
        "data_format": "hdf5",
        "jpeg_encoding": False,
        "total_episodes": len(trajectories),
        "total_steps": len(trajectories.actions),
        "observation_space": json.dumps(_space("n_states", n_states, trajectories.states)),
        "action_space": json.dumps(_space("n_actions", n_actions, trajectories.actions)),
    }
    kept = {"description": description, "env_spec": env_spec}
    metadata |= {name: text for name, text in kept.items() if text is not None}
    with replacing(Path(path), layout=LAYOUT) as new:
        data = new / "data"
        data.mkdir(parents=True)
        # HDF5's own file driver crashes the process when the disk fills up; a Python file raises OSError.
        with (
            (data / "main_data.hdf5").open("w+b") as stream,
            h5py.File(stream, "w", track_order=True) as file,
        ):
            for i, trajectory in enumerate(trajectories):
                steps = len(trajectory.actions)
                last = np.arange(1, steps + 1) == steps
                episode = file.create_group(f"episode_{i}")
                episode.attrs["id"] = i
                episode.attrs["total_steps"] = steps
                episode["observations"] = trajectory.states
                episode["actions"] = trajectory.actions
                episode["rewards"] = trajectory.rewards
                episode["terminations"] = last & trajectory.terminated
                episode["truncations"] = last & trajectory.truncated
                episode.create_group("infos")
        metadata["dataset_size"] = round((data / "main_data.hdf5").stat().st_size / 1e6, 1)
        (data / "metadata.json").write_text(json.dumps(metadata))


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidDataset(
            f"{path} does not exist.\n  Give the dataset's folder, the one that holds data/metadata.json."
        ) from None
    except (OSError, ValueError) as error:
        raise InvalidDataset(f"{path} cannot be read: {error}") from error
    if not isinstance(metadata, dict):
        raise InvalidDataset(f"{path} holds a {type(metadata).__name__}, not the metadata of a dataset.")
    version, storage = metadata.get("minari_version"), metadata.get("data_format")
    if version not in READ_VERSIONS:
        raise InvalidDataset(f"{path}: minari_version is {version!r}; readable are {', '.join(READ_VERSIONS)}.")
    if storage != "hdf5":
        raise InvalidDataset(f"{path}: data_format is {storage!r}; only 'hdf5' is read.\n  Convert it with Minari.")
    for total in ("total_episodes", "total_steps"):
        if not isinstance(metadata.get(total), int):
            raise InvalidDataset(f"{path}: {total} is {metadata.get(total)!r} (should be an integer).")
    for name in ("observation_space", "action_space"):
        metadata[name] = _read_space(metadata.get(name), metadata.get("jpeg_encoding", True), f"{path}: {name}")
    return metadata


def _read_space(text: str | None, jpeg: bool, where: str) -> dict[str, Any] | None:
    """The space as written by Minari; None where the dataset leaves it to its environment."""
    if text is None:
        return None
    try:
        space = json.loads(text)
        name = space["type"]
        if name == "Discrete":
            return {"type": name, "start": int(space["start"]), "n": int(space["n"])}
        shape = tuple(space.get("shape", ()))
        image = name == "Box" and space["dtype"] == "uint8" and len(shape) in (2, 3) and min(shape[:2]) >= IMAGE_SIDE
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InvalidDataset(f"{where} is {text!r}, which is no space: {error!r}") from None
    if name in ("Dict", "Tuple", "Text"):
        raise InvalidDataset(f"{where} is a {name}: Trajectories carry a single array of numbers.\n  Flatten it first.")
    if jpeg and image:
        raise InvalidDataset(f"{where} is of images kept as JPEG.\n  Write the dataset again with jpeg_encoding=False.")
    return {"type": name}


def _read_episodes(path: Path, metadata: Mapping[str, Any], *, drop_infos: bool) -> list[dict[str, Array]]:
    h5py = extra("h5py")
    if not path.is_file():
        raise InvalidDataset(f"{path} does not exist.")
    try:
        with h5py.File(path, "r") as file:
            if len(file) != metadata["total_episodes"]:
                raise InvalidDataset(
                    f"{path} holds {len(file)} episodes, the metadata speak of {metadata['total_episodes']}."
                )
            for i in range(len(file)):
                if f"episode_{i}" not in file:
                    raise InvalidDataset(f"{path} holds {len(file)} groups, but episode_{i} is not one of them.")
            episodes = [
                _read_episode(file[f"episode_{i}"], f"{path}: episode_{i}", drop_infos=drop_infos)
                for i in range(len(file))
            ]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise InvalidDataset(f"{path} is damaged: {error}") from error
    steps = sum(len(episode["rewards"]) for episode in episodes)
    if steps != metadata["total_steps"]:
        raise InvalidDataset(f"{path} holds {steps} steps, the metadata speak of {metadata['total_steps']}.")
    if not episodes:
        raise InvalidDataset(f"{path} holds no episode.")
    return episodes


def _read_episode(group: Any, where: str, *, drop_infos: bool) -> dict[str, Array]:
    h5py = extra("h5py")
    episode: dict[str, Array] = {}
    for name in ("observations", "actions", "rewards", "terminations", "truncations"):
        node = group.get(name) if isinstance(group, h5py.Group) else None
        if not isinstance(node, h5py.Dataset) or node.ndim < 1:
            found = "missing" if node is None else "not a single array"
            raise InvalidDataset(f"{where}: {name} is {found}.")
        episode[name] = node[()]
    steps = len(episode["rewards"])
    for name, array in episode.items():
        length = steps + (name == "observations")
        if len(array) != length:
            raise InvalidDataset(f"{where}: {name} has {len(array)} entries; {steps} rewards ask for {length}.")
        if array.shape[1:] and name not in ("observations", "actions"):
            raise InvalidDataset(f"{where}: {name} has shape {array.shape} (should be {(length,)}).")
    infos = sorted(group["infos"]) if "infos" in group else []
    if infos and not drop_infos:
        raise InvalidDataset(
            f"{where}: infos hold {', '.join(infos)}, which Trajectories do not carry.\n"
            "  Pass drop_infos=True to read the dataset without them."
        )
    return episode


def _joined(name: str, episodes: list[dict[str, Array]]) -> Array:
    arrays = [episode[name] for episode in episodes]
    for i, array in enumerate(arrays):
        if kind(array) != kind(arrays[0]):
            raise InvalidDataset(
                f"{name} of episode_{i} are {kind(array)}, of episode_0 {kind(arrays[0])}: they should agree."
            )
    return np.concatenate(arrays)


def _ending(flags: Array, where: str) -> bool:
    """Whether the last step is flagged; no other may be."""
    if flags.dtype.kind not in "biu" or not np.isin(flags, (0, 1)).all():
        raise InvalidDataset(f"{where} are {flags.dtype}, not all 0 or 1: they are no flags.")
    early = np.flatnonzero(flags[:-1])
    if early.size:
        raise InvalidDataset(
            f"{where} is true at step {early[0]} of {len(flags)}: an episode ends with its flag.\n"
            "  Split the episode there."
        )
    return bool(flags.size and flags[-1])


def _check_in_space(array: Array, space: Mapping[str, Any] | None, where: str) -> None:
    if space is None or space["type"] != "Discrete":
        return
    low, high = space["start"], space["start"] + space["n"] - 1
    if not are_indices(array):
        raise InvalidDataset(f"{where} are {kind(array)}, but their space is Discrete.")
    if array.size and not low <= array.min() <= array.max() <= high:
        raise InvalidDataset(f"{where} run from {array.min()} to {array.max()}, outside their space {low}..{high}.")


def _space(argument: str, size: int | None, array: Array) -> dict[str, Any]:
    name = argument.removeprefix("n_")
    if are_indices(array):
        least = int(array.max()) + 1 if array.size else 1
        if size is None or size < least:
            raise InvalidDataset(
                f"{argument} is {size}, and {name} are indices up to {least - 1}: give {argument} >= {least}."
            )
        return {"type": "Discrete", "dtype": "int64", "start": 0, "n": int(size)}
    if size is not None:
        raise InvalidDataset(f"{argument} is {size}, but {name} are {kind(array)}, not indices.")
    bounds = np.iinfo(array.dtype) if array.dtype.kind in "iu" else None
    low, high = (-np.inf, np.inf) if bounds is None else (bounds.min, bounds.max)
    return {
        "type": "Box",
        "dtype": str(array.dtype),
        "shape": list(array.shape[1:]),
        "low": np.full(array.shape[1:], low).tolist(),
        "high": np.full(array.shape[1:], high).tolist(),
    }
