"""The ledger: what was computed, in an SQLite file that survives any interruption.

A run is cut into *blocks*, each named by a deterministic `BlockKey`. A finished block is one row, written in
one transaction; a run that is interrupted and started again computes the blocks that have no row yet and ends
with the same ledger (`Ledger.content_digest`).

The file is in write-ahead mode, so a reader never waits for the writer, and synchronous=FULL, so a row once
recorded also survives a power cut; with synchronous=NORMAL it would survive only the death of the process.
A commit waits for the disk in the parent (0.2 ms on an idle solid-state one, 5 ms on a busy one), and blocks
take far longer.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import operator
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, Self

from sims.errors import IltheoryError

__all__ = ["BlockKey", "Ledger", "LedgerError", "Record", "result_json"]

APPLICATION_ID = 0x696C7468  # "ilth", in the file's header: tells a ledger from another program's database
SCHEMA_VERSION = 1
BUSY_SECONDS = 30.0


class LedgerError(IltheoryError):
    """The ledger cannot be opened, read or written; the message names the file, the trouble and the fix."""


@dataclass(frozen=True, slots=True)
class BlockKey:
    """What determines the result of a block, and so its name in the ledger.

    Parameters
    ----------
    claim : str
        Id of the claim.
    claim_hash : str
        Hash of the claim's source: an edited claim is another claim.
    arithmetic : str
        Number system, with its options.
    family : str
        Family the instances come from.
    seed : int
        Seed of the run, 0 <= seed < 2**63.
    index : int
        Number of the block in its family, from 0.
    size : int
        Number of instances in the block, at least 1.
    versions : str
        Versions of what computes (iltheory, numpy, ...), as one line.

    Raises
    ------
    LedgerError
        A field has the wrong type or is out of its range.
    """

    claim: str
    claim_hash: str
    arithmetic: str
    family: str
    seed: int
    index: int
    size: int
    versions: str

    def __post_init__(self) -> None:
        for name in ("claim", "claim_hash", "arithmetic", "family", "versions"):
            text = getattr(self, name)
            if not isinstance(text, str):
                raise LedgerError(f"BlockKey: {name} is {text!r} (should be a string).")
        for name, smallest in (("seed", 0), ("index", 0), ("size", 1)):
            given = getattr(self, name)
            try:
                number = operator.index(given)  # numpy integers are welcome; SQLite would store them as bytes
            except TypeError:
                raise LedgerError(f"BlockKey: {name} is {given!r} (should be an integer).") from None
            if not smallest <= number < 2**63:
                raise LedgerError(f"BlockKey: {name} is {number} (should be in [{smallest}, 2**63)).")
            object.__setattr__(self, name, number)

    def __str__(self) -> str:
        return (
            f"block {self.index} of {self.claim} on {self.family} "
            f"({self.arithmetic}, {self.size} instances, seed {self.seed})"
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A finished block.

    Attributes
    ----------
    key : BlockKey
    result : mapping
        What the block found; JSON values only.
    seconds : float
        Wall time of the block where it ran. Not part of the ledger's content.
    """

    key: BlockKey
    result: Mapping[str, Any]
    seconds: float


_FIELDS = tuple(field.name for field in dataclasses.fields(BlockKey))
_COLUMNS = ", ".join(f'"{name}"' for name in _FIELDS)  # quoted: "index" is a word of SQL
_SCHEMA = f"""
CREATE TABLE blocks (
    "claim" TEXT NOT NULL, "claim_hash" TEXT NOT NULL, "arithmetic" TEXT NOT NULL, "family" TEXT NOT NULL,
    "seed" INTEGER NOT NULL, "index" INTEGER NOT NULL, "size" INTEGER NOT NULL, "versions" TEXT NOT NULL,
    result TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY ({_COLUMNS})
)"""
_INSERT = (
    f"INSERT INTO blocks ({_COLUMNS}, result, seconds) VALUES ({', '.join('?' * (len(_FIELDS) + 2))}) "
    f"ON CONFLICT ({_COLUMNS}) DO NOTHING"
)
_EXISTS = f"SELECT 1 FROM blocks WHERE ({_COLUMNS}) = ({', '.join('?' * len(_FIELDS))})"

_TROUBLES = {
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "Free some space and run again: what was recorded before is kept, and the run resumes from it.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk refused to read or write",
        "Check the disk, its quota and the file size limit, and run again: what was recorded before is kept.",
    ),
    sqlite3.SQLITE_READONLY: (
        "it is read-only",
        "Make it, its -wal and -shm files and its folder writable, or name another file.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened or created",
        "Check that its folder exists and is writable and that it is no folder itself, or name another file.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "it is not an SQLite file",
        "Name another file; this one has been left as it is.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        "Move it away and run again, or save what can be read with `sqlite3 OLD .recover | sqlite3 NEW`.",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process has kept it locked for {BUSY_SECONDS:g} s",
        "Wait for that process or end it, or name another file.",
    ),
}


def result_json(result: Mapping[str, Any]) -> str:
    """Write a result as JSON, one text for one result: sorted keys, no spaces, no NaN.

    Raises
    ------
    TypeError
        It is not a mapping, or holds what JSON has no word for (a ``Fraction``, an array, NaN, an infinity).
    """
    if not isinstance(result, Mapping):
        raise TypeError(f"the result is a {type(result).__name__} (should be a mapping of JSON values).")
    try:
        return json.dumps(dict(result), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"the result cannot be written as JSON: {error}.\n"
            "  Give fractions, infinities and nan as strings, arrays as lists, numpy integers through int()."
        ) from error


class Ledger:
    """The results computed so far, one row a block.

    Parameters
    ----------
    path : path-like
        The file, on a local disk (processes that open it share memory); created if it is not there.
        ``":memory:"`` keeps the ledger in memory, for a run without a file.

    Raises
    ------
    LedgerError
        From every method: the file is not a ledger, has another version, cannot be written, or the disk is
        full. Rows that were recorded before stay.

    Notes
    -----
    Several processes may have the same ledger open and record in it; writers take turns, and the first result
    recorded under a key stays. One `Ledger` belongs to the thread and the process that opened it.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        if not isinstance(path, str | PathLike) or not fspath(path):
            raise LedgerError(f"the ledger's path is {path!r} (should be the path of a file).")
        self.path = fspath(path)
        if os.path.exists(self.path) and not _writable(self.path):
            # SQLite would open it, and leave files beside it that stay read-only when it no longer is.
            raise self._trouble(sqlite3.SQLITE_READONLY, "permission denied")
        with self._reporting():
            # No isolation level: a statement is a transaction of its own, and no Ctrl-C can fall inside one.
            self._connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            with self._reporting():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Whatever `record` returned from is on the disk already."""
        self._connection.close()

    def __contains__(self, key: BlockKey) -> bool:
        with self._reporting():
            return self._connection.execute(_EXISTS, _values(key)).fetchone() is not None

    def __len__(self) -> int:
        with self._reporting():
            return int(self._connection.execute("SELECT count(*) FROM blocks").fetchone()[0])

    def done(self, keys: Iterable[BlockKey]) -> set[BlockKey]:
        """Those of the keys that have a result."""
        return {key for key in keys if key in self}

    def record(self, key: BlockKey, result: Mapping[str, Any], seconds: float) -> bool:
        """Write the result of a block, in one transaction.

        Parameters
        ----------
        key : BlockKey
        result : mapping
            JSON values only. Non-finite floats are refused, because JSON has none: write them as strings.
        seconds : float
            What the block cost.

        Returns
        -------
        bool
            False if the key had a result already; that one stays.

        Raises
        ------
        LedgerError
            The result is not a JSON mapping, or the file cannot be written.
        """
        try:
            text = result_json(result)
        except TypeError as error:
            raise LedgerError(f"{key}: {error}") from error
        with self._reporting():
            return self._connection.execute(_INSERT, (*_values(key), text, float(seconds))).rowcount == 1

    def results(self, **where: str | int) -> Iterator[Record]:
        """Iterate over the recorded blocks in the order of their keys.

        Parameters
        ----------
        **where
            Fields of `BlockKey` and the values they must have, as in ``results(claim="...", seed=0)``.

        Raises
        ------
        LedgerError
            A name is not a field of `BlockKey`.
        """
        unknown = where.keys() - set(_FIELDS)
        if unknown:
            raise LedgerError(f"results: a key has no field {min(unknown)!r}; it has {', '.join(_FIELDS)}.")
        condition = " AND ".join(f'"{name}" = ?' for name in where) or "TRUE"
        query = f"SELECT {_COLUMNS}, result, seconds FROM blocks WHERE {condition} ORDER BY {_COLUMNS}"
        return self._iterate(query, tuple(where.values()))

    def content_digest(self) -> str:
        """Hash of all keys and results, without times: equal exactly when two ledgers have the same content.

        Returns
        -------
        str
            SHA-256 in hexadecimal. It does not depend on the order in which the blocks were recorded.
        """
        digest = hashlib.sha256()
        with self._reporting():
            for row in self._connection.execute(f"SELECT {_COLUMNS}, result FROM blocks ORDER BY {_COLUMNS}"):
                digest.update(json.dumps(row).encode() + b"\n")
        return digest.hexdigest()

    def _iterate(self, query: str, values: tuple[str | int, ...]) -> Iterator[Record]:
        with self._reporting():
            for *fields, text, seconds in self._connection.execute(query, values):
                yield Record(BlockKey(*fields), json.loads(text), seconds)

    def _prepare(self) -> None:
        self._connection.execute("BEGIN")  # one snapshot: another process may be creating the ledger
        self._is_new()  # refuses a foreign file before anything in it changes
        self._connection.execute("COMMIT")
        self._enter_write_ahead_mode()
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("BEGIN IMMEDIATE")
        if self._is_new():
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        # Written even where it stands: a read-only place or a full disk shows now, not after the first block.
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        self._connection.execute("COMMIT")

    def _is_new(self) -> bool:
        """Whether the file is empty; an error if it holds anything but a ledger of this version."""
        questions = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        application, version, tables = (self._connection.execute(ask).fetchone()[0] for ask in questions)
        if (application, version, tables) == (0, 0, 0):
            return True
        if application != APPLICATION_ID:
            raise LedgerError(
                f"{self.path}: it is the database of another program.\n"
                "  Name another file; this one has been left as it is."
            )
        if version != SCHEMA_VERSION:
            raise LedgerError(
                f"{self.path}: a ledger of version {version}; this iltheory reads version {SCHEMA_VERSION}.\n"
                "  Read it with the iltheory that wrote it, or name another file and compute again."
            )
        return False

    def _enter_write_ahead_mode(self) -> None:
        # SQLite does not wait, but fails at once, when two processes switch the mode of a new file together.
        patience = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                mode = self._connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
                break
            except sqlite3.OperationalError as error:
                if _primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                    raise
                time.sleep(0.01)
        if mode not in ("wal", "memory"):
            raise LedgerError(
                f"{self.path}: its file system has no write-ahead mode (SQLite answers {mode!r}).\n"
                "  Keep the ledger on a local disk."
            )

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turn what SQLite raises into an error that names the file, the trouble and the fix."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise LedgerError(
                f"{self.path}: {error}\n  Use it inside `with Ledger(path) as ledger:`, in the thread that opened it."
            ) from error
        except sqlite3.Error as error:
            raise self._trouble(_primary_code(error), error) from error

    def _trouble(self, code: int, said: object) -> LedgerError:
        trouble, fix = _TROUBLES.get(code, ("SQLite failed", "Run again, or name another file."))
        return LedgerError(f"{self.path}: {trouble} ({said}).\n  {fix}")


def _values(key: BlockKey) -> tuple[str | int, ...]:
    return tuple(getattr(key, name) for name in _FIELDS)


def _writable(path: str) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _primary_code(error: sqlite3.Error) -> int:
    # Absent when Python's module and not SQLite raised; the low byte of an extended code is the primary one.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
