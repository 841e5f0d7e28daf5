"""Where blocks run: worker processes on this machine, or a dask cluster.

Both give a `concurrent.futures.Executor`; `iltheory.engine.blocks.run_blocks` takes any. For Linux and macOS.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from sims.errors import IltheoryError

__all__ = [
    "ExecutorError",
    "cores",
    "dask",
    "interrupts_held",
    "processes",
    "serial",
    "worker_count",
    "worker_died",
]

CONNECT_SECONDS = 10
# One process a core is all the parallelism there is; threads on top of it only get in each other's way.
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
    )
}

P = ParamSpec("P")
T = TypeVar("T")


class ExecutorError(IltheoryError):
    """The workers cannot be had or have been lost as a whole; the message says which, and what to do."""


@contextmanager
def processes(workers: int | None = None) -> Iterator[Executor]:
    """Worker processes on this machine.

    Parameters
    ----------
    workers : int, optional
        How many; by default one for each core this process may use.

    Yields
    ------
    concurrent.futures.Executor
        When a worker dies, the futures in flight fail with ``BrokenProcessPool`` and the next ``submit``
        starts new workers. Workers have one BLAS thread each, never see Ctrl-C, and end when this process
        ends, however it ends. Leaving the context waits for what was submitted; leaving it by an exception
        kills the workers.

    Raises
    ------
    ExecutorError
        ``workers`` is below 1.

    Notes
    -----
    The workers are spawned, so a script that submits work has to do so under ``if __name__ == "__main__":``.
    """
    pool = _Processes(cores() if workers is None else workers)
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        pool.kill()
        raise


@contextmanager
def dask(address: str) -> Iterator[Executor]:
    """The workers of a running dask cluster.

    Parameters
    ----------
    address : str
        The scheduler's, as ``dask scheduler`` prints it: ``tcp://host:8786``.

    Yields
    ------
    concurrent.futures.Executor
        ``distributed.Client.get_executor()``. Leaving the context waits for what was submitted; leaving it by
        an exception cancels it. The cluster itself goes on. What is submitted has to be importable on its
        scheduler and its workers, so iltheory must be installed there.

    Raises
    ------
    ExecutorError
        dask.distributed is not installed, or no scheduler answers at the address.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise ExecutorError(
            "dask.distributed is not installed, and a dask address was given.\n"
            "  Install it: pip install 'iltheory[dask]'."
        ) from error
    try:
        distributed.comm.resolve_address(address)  # a client given a malformed address never closes
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:  # ImportError: its versions do not fit ours
        raise ExecutorError(
            f"No dask scheduler to work with at {address!r}: {error}.\n"
            "  Start one with `dask scheduler` and give the address it prints (tcp://host:8786)."
        ) from error
    with client:
        executor = client.get_executor()
        try:
            yield executor
            executor.shutdown()
        except BaseException:
            executor.shutdown(wait=False)
            raise


def worker_count(executor: Executor) -> int:
    """Count the workers of an executor at this moment; this machine's cores where it does not say.

    On a dask cluster, whose workers come and go, a worker's threads count one each.

    Raises
    ------
    ExecutorError
        The dask scheduler does not answer any more.
    """
    client = getattr(executor, "_client", None)  # of distributed's ClientExecutor
    if client is not None:
        try:
            return sum(client.nthreads().values())
        except OSError as error:
            raise ExecutorError(
                f"The dask scheduler is gone: {error}.\n"
                "  Start it again and run again; the blocks that finished are in the ledger."
            ) from error
    # The name in both pools of the standard library, and so in those written like them.
    return getattr(executor, "_max_workers", None) or cores()


def worker_died(error: BaseException) -> bool:
    """Whether a future failed because its worker died, and not because its work raised."""
    distributed = sys.modules.get("distributed")
    return isinstance(error, BrokenExecutor) or (
        distributed is not None and isinstance(error, distributed.KilledWorker)
    )


def serial() -> Executor:
    """An executor that runs everything at once in this process."""
    return _Serial()


class _Serial(Executor):
    _max_workers = 1

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _Processes(Executor):
    """A pool of processes that starts a new one after it broke."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ExecutorError(f"workers is {workers} (should be at least 1).")
        self._max_workers = workers
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._max_workers, mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent
        )

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with _births():
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenProcessPool:
                self._pool.shutdown()
                self._pool = self._new_pool()
                return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def kill(self) -> None:
        """End the workers now, whatever they are doing."""
        with interrupts_held():
            # Public as kill_workers() from Python 3.14 on; None once the pool is shut down.
            for worker in list((self._pool._processes or {}).values()):
                worker.kill()
            if self._pool._result_queue is not None:
                # One may have died in mid-sentence: once nobody can write, whoever listens hears the end.
                self._pool._result_queue._writer.close()  # type: ignore[attr-defined]
        self._pool.shutdown()


def cores() -> int:
    """Count the processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _follow_parent() -> None:
    """In a worker: end when the parent ends, even by ``kill -9``; the pool itself would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _births() -> Iterator[None]:
    """A stretch of code in which processes are born, with one BLAS thread each and deaf to Ctrl-C.

    Both are set here and inherited: in the worker it would be too late, because by then it has imported
    numpy, and a Ctrl-C during that import would print a traceback.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    with interrupts_held():
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        os.environ.update(ONE_THREAD)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold a Ctrl-C back to the end of a stretch of code.

    Otherwise it could leave a process nobody knows of, or a lock taken that another thread waits for.
    Blocking the signal would not be enough, because any other thread may receive it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    held: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            signal.raise_signal(signal.SIGINT)
