from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import block_work
import pytest
from block_work import BLOCKS, key, keys, pseudo_random, ten_milliseconds
from dask_cluster import Cluster, cluster

from iltheory.engine import executors
from iltheory.engine.blocks import BlockFailed, BlockRun, run_blocks
from iltheory.engine.executors import ExecutorError, dask, processes, serial
from iltheory.engine.ledger import BlockKey, Ledger, LedgerError, Record

TRUTH = {block: pseudo_random(block) for block in keys()}


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as opened:
        yield opened


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with processes(2) as opened:
        yield opened


def content(ledger: Ledger) -> dict[BlockKey, Any]:
    return {record.key: record.result for record in ledger.results()}


# Every block once, wherever it runs


def test_threads_processes_and_this_process_fill_the_same_ledger(pool: Executor) -> None:
    digests = set()
    with ThreadPoolExecutor(3) as threads:
        for executor in (threads, pool, serial()):
            with Ledger(":memory:") as ledger:
                assert run_blocks(keys(), pseudo_random, ledger=ledger, executor=executor) == BlockRun(0, BLOCKS, True)
                assert content(ledger) == TRUTH
                digests.add(ledger.content_digest())
    assert len(digests) == 1


def test_blocks_in_the_ledger_are_not_computed_again(ledger: Ledger) -> None:
    computed: list[BlockKey] = []

    def work(block: BlockKey) -> dict[str, object]:
        computed.append(block)
        return pseudo_random(block)

    half = keys()[::2]
    assert run_blocks(half, work, ledger=ledger, executor=serial()) == BlockRun(0, 30, True)
    assert run_blocks(keys(), work, ledger=ledger, executor=serial()) == BlockRun(30, 30, True)
    assert run_blocks(keys(), work, ledger=ledger, executor=serial()) == BlockRun(BLOCKS, 0, True)
    assert sorted(block.index for block in computed) == list(range(BLOCKS))
    assert content(ledger) == TRUTH


def test_each_record_is_told_after_it_is_in_the_ledger(ledger: Ledger) -> None:
    told: list[Record] = []

    def tell(record: Record) -> None:
        assert record.key in ledger
        told.append(record)

    run_blocks(keys(10), ten_milliseconds, ledger=ledger, executor=serial(), on_result=tell)
    assert sorted(told, key=lambda record: record.key.index) == list(ledger.results())
    assert all(0.01 <= record.seconds < 1 for record in told)


def test_keys_are_drawn_only_as_workers_come_free(ledger: Ledger) -> None:
    drawn = 0
    ahead: list[int] = []

    def draw() -> Iterator[BlockKey]:
        nonlocal drawn
        for block in keys():
            drawn += 1
            yield block

    with ThreadPoolExecutor(3) as threads:
        run_blocks(
            draw(),
            pseudo_random,
            ledger=ledger,
            executor=threads,
            on_result=lambda record: ahead.append(drawn - len(ledger)),
        )
    assert max(ahead) <= 2 * 3


# The budget


def test_in_this_process_each_block_is_recorded_before_the_next_begins(ledger: Ledger) -> None:
    def work(block: BlockKey) -> dict[str, object]:
        assert len(ledger) == block.index
        if block.index == 5:
            raise KeyboardInterrupt
        return pseudo_random(block)

    with pytest.raises(KeyboardInterrupt):
        run_blocks(keys(), work, ledger=ledger, executor=serial())
    assert ledger.done(keys()) == set(keys(5))


def test_a_budget_ends_an_endless_run_and_what_finished_is_kept(ledger: Ledger) -> None:
    endless = map(key, itertools.count())
    start = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        run = run_blocks(endless, slow, ledger=ledger, executor=threads, budget=0.5)
    assert 0.5 <= time.monotonic() - start < 3
    assert run == BlockRun(0, len(ledger), complete=False)
    assert len(ledger) >= 4
    assert ledger.done(keys(len(ledger))) == set(keys(len(ledger)))  # the first ones, without a hole


def slow(block: BlockKey) -> dict[str, object]:
    time.sleep(0.05)
    return pseudo_random(block)


def test_a_budget_ends_an_endless_run_over_blocks_that_are_done(ledger: Ledger) -> None:
    run_blocks(keys(), pseudo_random, ledger=ledger, executor=serial())
    again = itertools.cycle(keys())
    assert not run_blocks(again, pseudo_random, ledger=ledger, executor=serial(), budget=0.05).complete


def test_a_budget_that_suffices_leaves_a_complete_run(ledger: Ledger) -> None:
    assert run_blocks(keys(), pseudo_random, ledger=ledger, executor=serial(), budget=60).complete


@pytest.mark.parametrize("budget", [0, -1.0, float("nan")])
def test_a_budget_that_is_no_time_is_refused(ledger: Ledger, budget: float) -> None:
    with pytest.raises(ExecutorError, match=r"budget is .* positive number of seconds"):
        run_blocks(keys(), pseudo_random, ledger=ledger, budget=budget)


# Work that fails


def test_a_block_that_raises_is_named_and_its_neighbours_are_kept(ledger: Ledger, pool: Executor) -> None:
    """The exception cannot be unpickled, which would pass for a dead worker were it sent as it is."""
    with pytest.raises(BlockFailed, match=r"(?s)block 3 of a-claim on garnet.*Sour: block 3 met a lemon") as caught:
        run_blocks(keys(4), block_work.raises_on_three, ledger=ledger, executor=pool)
    assert caught.value.key == key(3)
    assert "raises_on_three" in "".join(caught.value.__notes__)
    assert ledger.done(keys()) == set(keys(3))
    assert run_blocks(keys(), pseudo_random, ledger=ledger, executor=pool) == BlockRun(3, BLOCKS - 3, True)


def test_a_result_that_json_cannot_say_is_its_blocks_failure(ledger: Ledger, pool: Executor) -> None:
    with pytest.raises(BlockFailed, match=r"(?s)block 3 of a-claim.*infinities and nan as strings"):
        run_blocks(keys(4), block_work.infinite_on_three, ledger=ledger, executor=pool)
    assert ledger.done(keys()) == set(keys(3))


def test_work_that_cannot_be_sent_to_a_worker_is_named(ledger: Ledger, pool: Executor) -> None:
    with pytest.raises(BlockFailed, match=r"(?s)block 0 of a-claim.*pickle"):
        run_blocks(keys(1), lambda block: {}, ledger=ledger, executor=pool)


def test_a_ledger_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
        ledger._connection.execute(f"PRAGMA max_page_count={pages + 2}")
        with pytest.raises(LedgerError, match="disk is full"):
            run_blocks(map(key, itertools.count()), pseudo_random, ledger=ledger, executor=serial())
        kept = content(ledger)
    assert kept == {block: pseudo_random(block) for block in keys(len(kept))}


# Workers that die


def test_a_block_whose_worker_died_is_tried_again(ledger: Ledger, pool: Executor, tmp_path: Path) -> None:
    work = partial(block_work.dies_once_on_three, mark=tmp_path / "died")
    assert run_blocks(keys(), work, ledger=ledger, executor=pool) == BlockRun(0, BLOCKS, True)
    assert (tmp_path / "died").exists()
    assert content(ledger) == TRUTH


def test_a_block_that_kills_its_workers_is_named_and_no_neighbour_is(ledger: Ledger, pool: Executor) -> None:
    with pytest.raises(BlockFailed, match=r"(?s)block 3 of a-claim.*worker died 3 times") as caught:
        run_blocks(keys(6), block_work.dies_on_three, ledger=ledger, executor=pool)
    assert caught.value.key == key(3)
    assert {block: TRUTH[block] for block in content(ledger)} == content(ledger)
    assert set(keys(3)) <= ledger.done(keys())


def test_an_executor_that_stays_broken_is_reported(ledger: Ledger) -> None:
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as broken,
        pytest.raises(ExecutorError, match=r"(?s)takes no more work.*fresh executor.*processes\(\)"),
    ):
        run_blocks(keys(), block_work.dies_on_three, ledger=ledger, executor=broken)


# Runs that are killed


def start(path: Path, work: Callable[[BlockKey], object]) -> subprocess.Popen[str]:
    """Start a run in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, block_work.__file__, str(path), work.__name__],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(run: subprocess.Popen[str], timeout: float = 60) -> tuple[str, str]:
    """Wait for the end of a run and of all its workers: they hold the other ends of its pipes."""
    try:
        return run.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        raise


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, float]:
    """The digest of an uninterrupted run, and its seconds."""
    path = tmp_path_factory.mktemp("uninterrupted") / "ledger.sqlite"
    begun = time.monotonic()
    assert finish(start(path, ten_milliseconds)) == (f"0 {BLOCKS}\n", "")
    seconds = time.monotonic() - begun
    with Ledger(path) as ledger:
        assert content(ledger) == TRUTH
        return ledger.content_digest(), seconds


@pytest.mark.parametrize("moment", range(10))
def test_a_run_killed_at_any_moment_resumes_to_the_same_ledger(
    moment: int, uninterrupted: tuple[str, float], tmp_path: Path
) -> None:
    digest, seconds = uninterrupted
    path = tmp_path / "ledger.sqlite"
    rng = random.Random(moment)
    run = start(path, ten_milliseconds)
    time.sleep((moment + rng.random()) / 10 * seconds)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL if moment % 2 else signal.SIGINT)
    _, errors = finish(run, timeout=30)
    assert errors.count("Traceback") <= 1  # that of Ctrl-C while this script was still importing; none of a worker
    with Ledger(path) as ledger:
        kept = content(ledger)
        assert kept == {block: TRUTH[block] for block in kept}

    assert finish(start(path, ten_milliseconds)) == (f"{len(kept)} {BLOCKS - len(kept)}\n", "")
    with Ledger(path) as ledger:
        assert ledger.content_digest() == digest


@pytest.mark.parametrize("ends_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_a_run_that_is_ended_in_long_blocks(ends_by: signal.Signals, tmp_path: Path) -> None:
    """Only the parent gets the signal, while its workers are in blocks that would never end."""
    run = start(tmp_path / "ledger.sqlite", block_work.for_ever)
    assert run.stdout is not None and run.stdout.readline() == "busy\n"
    os.kill(run.pid, ends_by)
    _, errors = finish(run, timeout=30)
    assert run.returncode == (130 if ends_by == signal.SIGINT else -ends_by)
    assert "Traceback" not in errors


def test_an_interrupt_never_lands_inside_a_method_of_a_future(ledger: Ledger) -> None:
    """There it would leave the future's lock taken, and the pool that needs it would wait for ever."""
    inside: list[int] = []
    whole: list[int] = []

    class Watched(Future[Any]):
        def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
            inside.append(threading.get_ident())
            signal.raise_signal(signal.SIGINT)
            super().add_done_callback(fn)
            whole.append(threading.get_ident())

        def result(self, timeout: float | None = None) -> Any:
            assert threading.current_thread() is not threading.main_thread()
            return super().result(timeout)

        exception = cancelled = done = result

    class Watching(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            watched = Watched()
            super().submit(lambda: (time.sleep(0.02), watched.set_result(fn(*args, **kwargs))))
            return watched

    with Watching(1) as executor, pytest.raises(KeyboardInterrupt):
        run_blocks(keys(), pseudo_random, ledger=ledger, executor=executor)
    assert inside == whole == [threading.main_thread().ident]


# A real dask cluster


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    with cluster(workers=2) as running:
        yield running


def test_a_dask_worker_killed_during_the_run_loses_nothing(two: Cluster, ledger: Ledger) -> None:
    pids = two.worker_pids()
    finished = itertools.count(1)

    def kill_one(record: Record) -> None:
        if next(finished) == 10:
            os.kill(pids[0], signal.SIGKILL)

    with dask(two.address) as executor:
        run = run_blocks(keys(), ten_milliseconds, ledger=ledger, executor=executor, on_result=kill_one)
    assert run == BlockRun(0, BLOCKS, True)
    assert content(ledger) == TRUTH
    assert pids[0] not in two.worker_pids()


def test_a_block_that_dask_gives_up_is_tried_again(two: Cluster, ledger: Ledger, tmp_path: Path) -> None:
    from distributed import Client

    work = partial(block_work.dies_once_on_three, mark=tmp_path / "died")
    with Client(two.address, set_as_default=False) as client:
        run = run_blocks(keys(), work, ledger=ledger, executor=client.get_executor())
    assert run == BlockRun(0, BLOCKS, True)
    assert (tmp_path / "died").exists()
    assert content(ledger) == TRUTH


def test_a_block_that_kills_dask_workers_is_named(two: Cluster, ledger: Ledger) -> None:
    with (
        dask(two.address) as executor,
        pytest.raises(BlockFailed, match="worker died 3 times") as caught,
    ):
        run_blocks(keys(6), block_work.dies_on_three, ledger=ledger, executor=executor)
    assert caught.value.key == key(3)


def test_a_block_that_raises_on_dask_is_named(two: Cluster, ledger: Ledger) -> None:
    with dask(two.address) as executor, pytest.raises(BlockFailed, match="met a lemon"):
        run_blocks(keys(4), block_work.raises_on_three, ledger=ledger, executor=executor)
    assert ledger.done(keys()) == set(keys(3))


def test_a_dask_cluster_that_goes_away_is_reported(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    with (
        cluster(workers=1) as gone,
        pytest.raises(ExecutorError, match=r"(?s)gone.*blocks that finished are in the ledger"),
        dask(gone.address) as executor,
    ):
        run_blocks(
            keys(), ten_milliseconds, ledger=ledger, executor=executor, on_result=lambda record: gone.process.kill()
        )
    assert content(ledger) == {block: TRUTH[block] for block in content(ledger)} != {}
