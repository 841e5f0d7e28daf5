"""The trajectory formats of the `imitation` library, read and written without importing it.

Both layouts, a folder of Hugging Face `datasets` (imitation 0.4 and later) and an `.npz` archive (0.3), hold
the same five things: `obs` (T+1, ...), `acts` (T, ...), `infos` (T,), `rews` (T,) and **one** flag,
`terminal`: true if the trajectory contains the end of its episode, however that came about. A time limit and
a death look the same there, so both directions ask the caller which one is meant. Only the infos can tell
them apart, by the convention of Stable-Baselines3, whose environments imitation records: the info of the last
step holds `{"TimeLimit.truncated": true}` where a limit, and nothing else, ended the episode.
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from sims.datasets._atomic import replacing
from sims.datasets._columns import Array, Columns
from sims.datasets._huggingface import LAYOUT, read_folder, write_folder
from sims.datasets._npz import read_npz, write_npz
from sims.datasets.errors import InvalidDataset
from sims.datasets.trajectories import Trajectories

TerminalAs = Literal["terminated", "truncated", "infos"]
TruncatedAs = Literal["terminal", "unfinished", "infos"]

LIMIT = "TimeLimit.truncated"
NO_INFO = "{}"


def read_imitation(
    path: str | PathLike[str], *, terminal_as: TerminalAs | None = None, drop_infos: bool = False
) -> Trajectories:
    """Read trajectories saved by `imitation`: a Hugging Face folder, or an `.npz` archive.

    Parameters
    ----------
    path : folder or `.npz` file
    terminal_as : what `terminal=True` means, which the format does not say
        Needed as soon as one trajectory is terminal.

        - "terminated": the environment ended these episodes;
        - "truncated": a time limit did. imitation's own `seals` environments have a fixed horizon: there,
          every `terminal=True` is a time limit;
        - "infos": ask `TimeLimit.truncated` in the last info of each.

        `terminal=False` says that the recording stops inside an episode: neither terminated nor truncated.
    drop_infos : read without its infos a dataset that has some, as `Trajectories` do not carry them
        An archive written by imitation always needs this: its infos are pickled, even the empty ones, and
        nothing is unpickled here.

    Returns
    -------
    Trajectories
        `rewards` is None where the dataset has no `rews`.

    Raises
    ------
    InvalidDataset
        If a file is missing or damaged, holds pickled objects, lengths disagree, a number is not finite; if
        `terminal_as` is needed and missing, or "infos" and the infos do not tell; if there are other infos
        and `drop_infos` is false.
    """
    _check_choice("terminal_as", terminal_as, TerminalAs)
    path = Path(path)
    read_infos = terminal_as == "infos" or not drop_infos
    columns = read_folder(path) if path.is_dir() else read_npz(path, read_infos=read_infos)
    lengths = np.diff(columns.offsets)
    if lengths.min() < 1:
        raise InvalidDataset(f"{path}: trajectory {lengths.argmin()} has {lengths.min()} steps (should be >= 1).")
    infos = _decoded(columns.infos, path) if read_infos else {}
    keys = {key for info in infos.values() for key in info} - ({LIMIT} if terminal_as == "infos" else set())
    if keys and not drop_infos:
        raise InvalidDataset(
            f"{path}: infos hold {', '.join(sorted(keys))}, which Trajectories do not carry.\n"
            "  Pass drop_infos=True to read the dataset without them"
            + (f", terminal_as='infos' to use {LIMIT}." if LIMIT in keys else ".")
        )
    n_terminal = int(columns.terminal.sum())
    if n_terminal and terminal_as is None:
        raise InvalidDataset(
            f"{path}: {n_terminal} of {len(columns.terminal)} trajectories are terminal: truly over, or cut "
            "by a time limit?\n  Say which: terminal_as='terminated', 'truncated' (as in seals) or 'infos'."
        )
    truncated = np.zeros_like(columns.terminal)
    if terminal_as == "truncated":
        truncated = columns.terminal
    elif terminal_as == "infos":
        truncated = _time_limits(infos, columns, path)
    try:
        return Trajectories(
            states=columns.obs,
            actions=columns.acts,
            rewards=columns.rews,
            terminated=columns.terminal & ~truncated,
            truncated=truncated,
            offsets=columns.offsets,
        )
    except InvalidDataset as error:
        raise InvalidDataset(f"{path}: {error}") from None


def write_imitation(
    trajectories: Trajectories, path: str | PathLike[str], *, truncated_as: TruncatedAs | None = None
) -> None:
    """Write trajectories for `imitation`: an `.npz` archive if `path` ends so, else a Hugging Face folder.

    An older dataset at `path` is replaced, wholly or not at all. Infos are empty JSON objects (in the archive
    too: strings, no pickles), save for `truncated_as="infos"`.

    Parameters
    ----------
    trajectories : each of at least one step, as imitation requires
    path : file or folder to make
    truncated_as : what becomes of a truncated trajectory, for which the format has no flag
        Needed as soon as one is truncated.

        - "terminal": `terminal=True`, as imitation itself records a time limit (and takes it for a death);
        - "unfinished": `terminal=False`, a recording that stops inside its episode;
        - "infos": `terminal=True`, and `TimeLimit.truncated` in the last info for `read_imitation` to find.

        A trajectory that is terminated as well is terminal in any case; "infos" refuses it, as that key
        cannot say both.

    Raises
    ------
    InvalidDataset
        If a trajectory is truncated and `truncated_as` is missing or cannot carry it, a trajectory has no
        step, or the disk refuses.
    """
    _check_choice("truncated_as", truncated_as, TruncatedAs)
    path = Path(path)
    n = len(trajectories)
    if not trajectories.lengths.all():
        raise InvalidDataset(
            f"{np.sum(trajectories.lengths == 0)} of {n} trajectories have no step: imitation refuses them.\n"
            "  Leave them out."
        )
    if trajectories.truncated.any() and truncated_as is None:
        raise InvalidDataset(
            f"{trajectories.truncated.sum()} of {n} trajectories are truncated; imitation has one flag.\n"
            "  Say what becomes of them with truncated_as='terminal', 'unfinished' or 'infos'."
        )
    both = trajectories.terminated & trajectories.truncated
    if both.any() and truncated_as == "infos":
        raise InvalidDataset(
            f"{both.sum()} of {n} trajectories are terminated and truncated, which {LIMIT} cannot say.\n"
            "  Choose truncated_as='terminal' to keep only that they are over."
        )
    lost = truncated_as == "unfinished"
    terminal = trajectories.terminated if lost else trajectories.terminated | trajectories.truncated
    infos = np.full(len(trajectories.actions), NO_INFO, dtype=object)
    if truncated_as == "infos":
        last = trajectories.offsets[1:] - 1
        infos[last[terminal]] = [json.dumps({LIMIT: bool(cut)}) for cut in trajectories.truncated[terminal]]
    columns = Columns(
        obs=trajectories.states,
        acts=trajectories.actions,
        rews=trajectories.rewards,
        terminal=terminal,
        infos=infos.tolist(),
        offsets=trajectories.offsets,
    )
    if path.suffix == ".npz":
        with replacing(path) as new:
            write_npz(columns, new)
    else:
        with replacing(path, layout=LAYOUT) as new:
            write_folder(columns, new)


def _check_choice(argument: str, value: str | None, choices: Any) -> None:
    if value is not None and value not in get_args(choices):
        raise InvalidDataset(f"{argument} is {value!r} (should be one of {get_args(choices)}).")


def _decoded(texts: list[str] | None, path: Path) -> dict[str, dict[str, Any]]:
    """Each distinct info text with the JSON object it holds (a jsonpickle is one; it is not unpickled)."""
    infos: dict[str, dict[str, Any]] = {}
    for text in set(texts or ()):
        try:
            info = json.loads(text) or {}
        except ValueError as error:
            raise InvalidDataset(f"{path}: the info {text[:60]!r} is not JSON: {error}") from None
        if not isinstance(info, dict):
            raise InvalidDataset(f"{path}: the info {text[:60]!r} is not a JSON object.")
        infos[text] = info
    return infos


def _time_limits(infos: dict[str, dict[str, Any]], columns: Columns, path: Path) -> Array:
    """Which trajectories a time limit ended, by their last info."""
    marks = [infos[text].get(LIMIT) for text in columns.infos or ()]
    last = columns.offsets[1:] - 1
    ends = set(last[columns.terminal].tolist())
    unsaid = sum(not isinstance(marks[step], bool) for step in ends)
    if unsaid:
        raise InvalidDataset(
            f"{path}: the last info of {unsaid} of {len(ends)} terminal trajectories has no bool {LIMIT}.\n"
            "  Say what ended them with terminal_as='terminated' or 'truncated'."
        )
    stray = [step for step, mark in enumerate(marks) if mark and step not in ends]
    if stray:
        raise InvalidDataset(
            f"{path}: {LIMIT} is true at {len(stray)} steps that end no terminal trajectory.\n"
            "  Flag and infos contradict each other: mend the dataset, or choose another terminal_as."
        )
    return np.array([marks[step] is True for step in last])
