"""Programs that threads wait for, and that end together when one thread has to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen
from typing import Any

Run = Callable[..., CompletedProcess[str]]


@contextmanager
def side_by_side(jobs: int) -> Iterator[tuple[ThreadPoolExecutor, Run]]:
    """Threads, and a function with which they run a command: ``run(folder, *command)``.

    Leaving the context by an exception, such as Ctrl-C, ends the programs that run, and begins none of those that wait.
    """
    programs, pool = _Programs(), ThreadPoolExecutor(jobs)
    try:
        yield pool, programs.run
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        programs.end()
        raise
    finally:
        pool.shutdown()


class _Programs:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Popen[Any]] = set()
        self._ended = False

    def run(self, folder: Path, *command: str) -> CompletedProcess[str]:
        with self._lock:
            if self._ended:
                raise InterruptedError(f"{command[0]} was to begin when the others were ended")
            program = Popen(command, cwd=folder, stdout=PIPE, stderr=PIPE, text=True)
            self._running.add(program)
        with program:
            out, err = program.communicate()
        with self._lock:
            self._running.remove(program)
        return CompletedProcess(command, program.returncode, out, err)

    def end(self) -> None:
        with self._lock:
            self._ended = True
            for program in self._running:
                program.terminate()
