"""The folder layout of Hugging Face `datasets`, as imitation writes it, through pyarrow alone.

`state.json` names the Arrow IPC stream files, which hold one row a trajectory: `obs`, `acts`, `infos`, `rews`
are nested lists, `terminal` a bool. `dataset_info.json` and the schema's metadata describe these columns.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from sims.datasets._columns import Array, Columns
from sims.datasets._extra import extra
from sims.datasets.errors import InvalidDataset

LAYOUT = ("state.json", "dataset_info.json", "*.arrow")
NESTED = ("obs", "acts", "infos", "rews")
ROWS_A_BATCH = 1000
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def read_folder(folder: Path) -> Columns:
    """Read the dataset in `folder`; whatever contradicts its layout raises `InvalidDataset`."""
    table = _read_table(folder)
    if not len(table):
        raise InvalidDataset(f"{folder} holds no trajectory.")
    columns = {name: _flat(table, name, folder) for name in NESTED if name in table.column_names}
    lengths = columns["acts"][0]
    for name, (own, _) in columns.items():
        wrong = np.flatnonzero(own != lengths + (name == "obs"))
        if wrong.size:
            i = wrong[0]
            raise InvalidDataset(
                f"{folder}: trajectory {i} has {own[i]} {name} and {lengths[i]} acts.\n"
                "  T acts come with T + 1 obs, T infos and T rews."
            )
    terminal = table.column("terminal")
    if str(terminal.type) != "bool" or terminal.null_count:
        raise InvalidDataset(
            f"{folder}: terminal is {terminal.type}, {terminal.null_count} null (should be bool, no null)."
        )
    return Columns(
        obs=columns["obs"][1],
        acts=columns["acts"][1],
        rews=columns["rews"][1] if "rews" in columns else None,
        terminal=terminal.to_numpy(),
        infos=columns["infos"][1].tolist(),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
    )


def write_folder(columns: Columns, folder: Path) -> None:
    """Make `folder` and write the dataset that `read_folder` reads, and `datasets` too."""
    pa = extra("pyarrow")
    offsets, n = columns.offsets, len(columns.terminal)
    nested = {
        "obs": (columns.obs, offsets + np.arange(n + 1)),
        "acts": (columns.acts, offsets),
        "infos": (np.array(columns.infos, dtype=object), offsets),
    }
    if columns.rews is not None:
        nested["rews"] = (columns.rews, offsets)
    features = {name: _feature(values) for name, (values, _) in nested.items()}
    features["terminal"] = {"dtype": "bool", "_type": "Value"}
    schema = pa.schema(
        {name: _nested(values[:0], np.zeros(1, int)).type for name, (values, _) in nested.items()}
        | {"terminal": pa.bool_()},
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    folder.mkdir()
    data = folder / "data-00000-of-00001.arrow"
    with data.open("wb") as stream, pa.ipc.new_stream(stream, schema) as writer:
        for first in range(0, n, ROWS_A_BATCH):
            rows = slice(first, first + ROWS_A_BATCH + 1)
            arrays = [_nested(values, starts[rows]) for values, starts in nested.values()]
            arrays.append(pa.array(columns.terminal[first : first + ROWS_A_BATCH]))
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    info = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
    state: dict[str, Any] = {
        "_data_files": [{"filename": data.name}],
        "_fingerprint": hashlib.sha256(data.read_bytes()).hexdigest()[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }
    (folder / "dataset_info.json").write_text(json.dumps(info, indent=2))
    (folder / "state.json").write_text(json.dumps(state, indent=2))


def _read_table(folder: Path) -> Any:
    pa = extra("pyarrow")
    tables = []
    for file in _data_files(folder):
        try:
            data = file.read_bytes()
            table = pa.ipc.open_stream(data).read_all()
            table.validate(full=True)
            missing = {"obs", "acts", "infos", "terminal"} - set(table.column_names)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise InvalidDataset(f"{file} is damaged: {error}") from error
        if not data.endswith(END_OF_STREAM):
            raise InvalidDataset(f"{file} is cut short: it lacks the mark that ends an Arrow stream.")
        if missing:
            raise InvalidDataset(f"{file} has no column {', '.join(sorted(missing))}.")
        tables.append(table)
    try:
        return pa.concat_tables(tables)
    except pa.ArrowException as error:
        raise InvalidDataset(f"{folder}: the data files do not fit together: {error}") from error


def _data_files(folder: Path) -> list[Path]:
    if (folder / "dataset_dict.json").exists():
        raise InvalidDataset(
            f"{folder} holds several splits.\n  Give the folder of one of them, such as {folder / 'train'}."
        )
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        names = [str(entry["filename"]) for entry in state["_data_files"]]
    except FileNotFoundError:
        raise InvalidDataset(f"{folder} has no state.json: it is no folder written by `datasets`.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidDataset(f"{folder / 'state.json'} cannot be read: {error!r}") from error
    if state.get("_indices_data_files"):
        raise InvalidDataset(f"{folder} selects rows by an indices file.\n  Save it again after flatten_indices().")
    for name in names:
        if Path(name).name != name or not (folder / name).is_file():
            raise InvalidDataset(f"{folder}: state.json names {name!r}, which is not a file in this folder.")
    if not names:
        raise InvalidDataset(f"{folder}: state.json names no data file.")
    return [folder / name for name in names]


def _flat(table: Any, name: str, folder: Path) -> tuple[Array, Array]:
    """Lengths (n,) of the lists in a column, and their entries end to end, inner lists as trailing axes."""
    pa, pc = extra("pyarrow"), extra("pyarrow.compute")
    column, shape = table.column(name), []
    _check_lists(column, f"{folder}: {name}")
    lengths, entries = pc.list_value_length(column), pc.list_flatten(column)
    while pa.types.is_nested(entries.type):
        _check_lists(entries, f"{folder}: an entry of {name}")
        sizes = pc.unique(pc.list_value_length(entries)).to_pylist()
        if len(sizes) != 1:
            raise InvalidDataset(f"{folder}: {name} has entries of lengths {sorted(sizes)}, not of one shape.")
        shape.append(sizes[0])
        entries = pc.list_flatten(entries)
    kind = entries.type
    expected = pa.types.is_string(kind) if name == "infos" else pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if entries.null_count or not expected:
        raise InvalidDataset(
            f"{folder}: {name} holds {kind} with {entries.null_count} nulls "
            f"(should be {'texts' if name == 'infos' else 'numbers'}, no null)."
        )
    return lengths.to_numpy().astype(np.intp), entries.to_numpy().reshape(-1, *shape)


def _check_lists(column: Any, where: str) -> None:
    types = extra("pyarrow").types
    kind = column.type
    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        raise InvalidDataset(f"{where} is {kind} (should be a list).")
    if column.null_count:
        raise InvalidDataset(f"{where} is null, {column.null_count} times (should be a list).")


def _nested(values: Array, starts: Array) -> Any:
    """Entries `starts[0]:starts[-1]` of `values` as an Arrow array of one nested list a trajectory."""
    pa = extra("pyarrow")
    entries = values[starts[0] : starts[-1]]
    array = pa.array(entries.reshape(-1), type=pa.string() if entries.dtype == object else None)
    for size in reversed(entries.shape[1:]):
        array = pa.ListArray.from_arrays(pa.array(np.arange(0, len(array) + 1, size), pa.int32()), array)
    return pa.ListArray.from_arrays(pa.array(starts - starts[0], pa.int32()), array)


def _feature(values: Array) -> dict[str, Any]:
    """The column of such `values`, one list of them a trajectory, in the words of `datasets`."""
    feature: dict[str, Any] = {"dtype": "string" if values.dtype == object else str(values.dtype)}
    feature["_type"] = "Value"
    for _ in values.shape:
        feature = {"feature": feature, "_type": "Sequence"}
    return feature
