from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest
from block_work import thread_settings

from iltheory.engine import executors
from iltheory.engine.executors import (
    ONE_THREAD,
    ExecutorError,
    cores,
    dask,
    processes,
    serial,
    worker_count,
    worker_died,
)


def test_workers_have_one_thread_each_and_this_process_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = dict(os.environ)
    with processes(1) as pool:
        assert pool.submit(thread_settings, list(ONE_THREAD)).result() == ONE_THREAD
    assert dict(os.environ) == before


def test_the_pool_comes_back_after_a_death() -> None:
    with processes(2) as pool:
        with pytest.raises(BrokenProcessPool) as died:
            pool.submit(os._exit, 1).result()
        assert worker_died(died.value)
        assert pool.submit(abs, -3).result() == 3


def test_leaving_normally_waits_and_leaving_by_an_exception_does_not() -> None:
    with processes(1) as pool:
        slow = pool.submit(_nap, 0.2)
    assert slow.result(timeout=0) == 0.2
    with pytest.raises(KeyError), processes(1) as pool:
        endless = pool.submit(_nap, 1000)
        pool.submit(abs, 1)
        raise KeyError
    assert endless.done()


def _nap(seconds: float) -> float:
    threading.Event().wait(seconds)
    return seconds


def test_workers_are_counted() -> None:
    class Unknown(Executor):
        pass

    with processes(3) as pool:
        assert worker_count(pool) == 3
    with processes() as pool:
        assert worker_count(pool) == cores() >= 1
    assert worker_count(ProcessPoolExecutor(2)) == 2
    assert worker_count(ThreadPoolExecutor(4)) == 4
    assert worker_count(serial()) == 1
    assert worker_count(Unknown()) == cores()


def test_an_exception_of_the_work_is_no_death() -> None:
    failed: Future[int] = serial().submit(int, "one")
    error = failed.exception()
    assert isinstance(error, ValueError) and not worker_died(error)


@pytest.mark.parametrize("workers", [0, -2])
def test_no_workers_are_refused(workers: int) -> None:
    with (
        pytest.raises(ExecutorError, match=f"workers is {workers} .should be at least 1"),
        processes(workers),
    ):
        pass


@pytest.mark.parametrize("hold", [executors._births, executors.interrupts_held])
def test_an_interrupt_is_held_back_and_not_lost(hold: type) -> None:
    reached_the_end = False
    with pytest.raises(KeyboardInterrupt), hold():
        signal.raise_signal(signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        reached_the_end = True
    assert reached_the_end
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


# Dask


def test_dask_that_is_not_installed_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ExecutorError, match=r"not installed(?s:.*)pip install 'iltheory\[dask\]'"),
        dask("tcp://h:1"),
    ):
        pass


def test_a_scheduler_that_is_not_there_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.3)
    with socket.socket() as bound:  # bound and not listening: nobody answers, and nobody else takes the port
        bound.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(ExecutorError, match=rf"(?s)'{address}'.*dask scheduler"), dask(address):
            pass


@pytest.mark.parametrize("address", ["scheduler", "gopher://scheduler:8786", "tcp://scheduler:many"])
def test_an_address_that_is_none_is_reported(address: str) -> None:
    with pytest.raises(ExecutorError, match=rf"(?s)'{address}'.*tcp://host:8786"), dask(address):
        pass


def test_the_engine_is_imported_without_dask() -> None:
    program = "import sys, iltheory.engine.blocks; print({'dask', 'distributed'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"
