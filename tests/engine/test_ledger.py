from __future__ import annotations

import dataclasses
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from block_work import key, keys, pseudo_random

from iltheory.engine import ledger as ledger_module
from iltheory.engine.ledger import BlockKey, Ledger, LedgerError, Record
from sims.errors import IltheoryError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def fill(ledger: Ledger, blocks: list[BlockKey], seconds: float = 1.0) -> None:
    for block in blocks:
        ledger.record(block, pseudo_random(block), seconds)


def filled(path: Path, count: int = 20) -> str:
    with Ledger(path) as ledger:
        fill(ledger, keys(count))
        return ledger.content_digest()


# What is recorded is there, and nothing else is content


def test_a_record_is_read_back_after_closing(path: Path) -> None:
    result = {"verdict": "holds", "ratio": 0.1 + 0.2, "exact": "1/3", "by": {"family": [1, None, True]}}
    with Ledger(path) as ledger:
        assert ledger.record(key(0), result, seconds=0.25)
    with Ledger(path) as ledger:
        assert list(ledger.results()) == [Record(key(0), result, 0.25)]
        assert key(0) in ledger and key(1) not in ledger
        assert ledger.done(keys(3)) == {key(0)}
        assert len(ledger) == 1


def test_the_first_result_under_a_key_stays(path: Path) -> None:
    with Ledger(path) as ledger:
        assert ledger.record(key(0), {"ratio": 1}, seconds=1)
        assert not ledger.record(key(0), {"ratio": 2}, seconds=2)
        assert list(ledger.results()) == [Record(key(0), {"ratio": 1}, 1.0)]


def test_every_field_of_the_key_tells_blocks_apart() -> None:
    others = [
        dataclasses.replace(key(0), **{field.name: "other" if isinstance(getattr(key(0), field.name), str) else 99})
        for field in dataclasses.fields(BlockKey)
    ]
    with Ledger(":memory:") as ledger:
        fill(ledger, [key(0)])
        assert ledger.done(others) == set()
        fill(ledger, others)
        assert ledger.done(others) == set(others)
        assert len(ledger) == 1 + len(dataclasses.fields(BlockKey))


def test_the_digest_depends_on_content_and_on_neither_order_nor_time() -> None:
    blocks = keys(20)
    digests = []
    for shuffle in range(3):
        random.Random(shuffle).shuffle(blocks)
        with Ledger(":memory:") as ledger:
            fill(ledger, blocks, seconds=shuffle)
            digests.append(ledger.content_digest())
    assert len(set(digests)) == 1

    with Ledger(":memory:") as ledger:
        fill(ledger, keys(19))
        assert ledger.content_digest() != digests[0]
        ledger.record(key(19), pseudo_random(key(19)) | {"worst": 0.5}, 0)
        assert ledger.content_digest() != digests[0]


def test_results_come_in_the_order_of_keys_and_can_be_chosen() -> None:
    other = dataclasses.replace(key(0), claim="another-claim")
    with Ledger(":memory:") as ledger:
        fill(ledger, [*reversed(keys(12)), other])
        assert [record.key.index for record in ledger.results(claim="a-claim", seed=7)] == list(range(12))
        assert [record.key for record in ledger.results(claim="another-claim")] == [other]
        assert list(ledger.results(seed=8)) == []
        with pytest.raises(LedgerError, match=r"no field 'colour'.* family"):
            ledger.results(colour="red")


def test_numpy_integers_name_the_same_block() -> None:
    with Ledger(":memory:") as ledger:
        fill(ledger, [dataclasses.replace(key(0), index=np.int32(5), seed=np.uint64(7), size=np.int64(100))])
        assert key(5) in ledger


# Bad keys and results


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("claim", None, "claim is None .should be a string"),
        ("versions", ("numpy", "2"), "versions is .* .should be a string"),
        ("seed", -1, "seed is -1"),
        ("seed", 2**63, "seed is 9223372036854775808"),
        ("seed", 1.0, "seed is 1.0 .should be an integer"),
        ("index", -1, r"index is -1 .should be in \[0, 2\*\*63"),
        ("size", 0, r"size is 0 .should be in \[1, 2\*\*63"),
    ],
)
def test_a_bad_key_is_refused_by_name(field: str, value: object, said: str) -> None:
    with pytest.raises(LedgerError, match=said):
        dataclasses.replace(key(0), **{field: value})


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"ratio": float("nan")}, "nan as strings"),
        ({"ratio": float("inf")}, "infinities and nan as strings"),
        ({"ratio": Fraction(1, 3)}, "Fraction"),
        ({"worst": np.zeros(2)}, "ndarray"),
        ({"count": np.int64(3)}, "int64"),
        ([1, 2], "is a list .should be a mapping"),
    ],
)
def test_a_result_that_json_cannot_say_is_refused(result: object, said: str) -> None:
    with Ledger(":memory:") as ledger:
        with pytest.raises(LedgerError, match=rf"(?s)block 4 of a-claim on garnet.*{said}"):
            ledger.record(key(4), result, 0)  # type: ignore[arg-type]
        assert len(ledger) == 0


# Files that are no ledger of ours stay as they are


def test_a_ledger_of_another_version_is_refused(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=7")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*version 7.*reads version 1.*name another file"):
        Ledger(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE blocks (recipe TEXT)")
        connection.execute(f"PRAGMA user_version={ledger_module.SCHEMA_VERSION}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*another program.*Name another file"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    path.write_text("state,action\n0,1\n" * 100)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*not an SQLite file.*Name another file"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_truncated_ledger_is_reported_as_damaged(path: Path) -> None:
    filled(path, 100)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*damaged.*recover"), Ledger(path) as ledger:
        list(ledger.results())


def test_an_empty_file_becomes_a_ledger(path: Path) -> None:
    path.touch()
    assert filled(path) == filled(path)


# Places that cannot be written, and disks that are full


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"(?s)nowhere/ledger.sqlite.*cannot be opened.*folder exists"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no folder itself"):
        Ledger(tmp_path)


@pytest.fixture
def unprivileged_folder() -> Iterator[Path]:
    """A folder, and this process without the right of root to write where it must not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        was = os.geteuid()
        if was == 0:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            folder.chmod(0o755)
            os.seteuid(was)


def test_a_read_only_folder_is_reported(unprivileged_folder: Path) -> None:
    unprivileged_folder.chmod(0o555)
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*cannot be opened or created.*writable"):
        Ledger(unprivileged_folder / "ledger.sqlite")


def test_a_read_only_ledger_is_reported_before_any_work(unprivileged_folder: Path) -> None:
    path = unprivileged_folder / "ledger.sqlite"
    digest = filled(path)
    path.chmod(0o444)
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*read-only.*writable"):
        Ledger(path)
    path.chmod(0o644)
    with Ledger(path) as ledger:
        assert ledger.content_digest() == digest


def test_a_full_database_keeps_what_it_has_and_goes_on_when_there_is_room(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, keys(20))
        connection = ledger._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*disk is full.*Free some space.*resumes"):
            fill(ledger, keys(400))
        kept = len(ledger)
        assert 20 <= kept < 400
        assert ledger.done(keys(400)) == set(keys(kept))
        connection.execute("PRAGMA max_page_count=100000")
        fill(ledger, keys(400))
        digest = ledger.content_digest()
    with Ledger(":memory:") as whole:
        fill(whole, keys(400))
        assert digest == whole.content_digest()


def test_a_disk_that_refuses_to_write_loses_nothing(path: Path) -> None:
    """The system's own limit on the size of a file, so that the write itself fails."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Ledger(path) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        try:
            with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*(refused|full).*recorded before is kept"):
                fill(ledger, keys(400))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with Ledger(path) as ledger:
        kept = len(ledger)
        assert 0 < kept < 400
        assert {record.key: record.result for record in ledger.results()} == {
            block: pseudo_random(block) for block in keys(kept)
        }


# Several processes, and the wrong moment


def test_two_processes_that_fill_the_same_new_ledger_agree(path: Path) -> None:
    program = (
        "import sys; from block_work import *\n"
        "with Ledger(sys.argv[1]) as ledger:\n"
        "    print([ledger.record(key, pseudo_random(key), 0) for key in keys(300)].count(True))\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, path],
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    recorded = [int(writer.communicate(timeout=30)[0]) for writer in writers]
    assert sum(recorded) == 300
    with Ledger(path) as ledger, Ledger(":memory:") as whole:
        fill(whole, keys(300))
        assert ledger.content_digest() == whole.content_digest()


def test_a_ledger_kept_locked_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = filled(path)
    monkeypatch.setattr(ledger_module, "BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*another process.*locked"):
        Ledger(path)
    holder.close()
    with Ledger(path) as ledger:
        assert ledger.content_digest() == digest


def test_a_closed_ledger_says_so(path: Path) -> None:
    with Ledger(path) as ledger:
        pass
    with pytest.raises(LedgerError, match=r"(?s)ledger.sqlite.*closed.*with Ledger"):
        len(ledger)


def test_its_errors_are_the_projects() -> None:
    assert issubclass(LedgerError, IltheoryError)
