"""Emulators in processes of their own, which end when nobody talks to them any more.

A worker reads lines ``step chunk`` from its standard input and answers each with a line when that chunk is on disk.
So it needs no guard in the caller's script, and ends with the caller, however that ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

from sims.environments.atari import expansion
from sims.environments.atari.emulator import Emulator
from sims.environments.atari.errors import BuildFailed
from sims.environments.atari.work import read_spec_of
from sims.errors import IltheoryError

DONE = "done"


Expand = Callable[[int, Iterable[int]], Iterator[int]]
"""Expands chunks of a step's layer, given their indices, in whatever order; yields each index when it is on disk."""


@contextmanager
def expanding(folder: Path, processes: int) -> Iterator[Expand]:
    """Expand chunks of the table in a folder, in this process or in several others."""
    if processes == 1:
        spec = read_spec_of(folder)
        emulator = Emulator(spec.game)

        def here(step: int, indices: Iterable[int]) -> Iterator[int]:
            for index in indices:
                expansion.expand(emulator, spec, folder, step, index)
                yield index

        yield here
        return
    with ExitStack() as stack:
        idle: SimpleQueue[Worker] = SimpleQueue()
        threads = stack.enter_context(ThreadPoolExecutor(processes))
        for _ in range(processes):  # entered last, so ended first: a thread that still waits for one hears its end
            idle.put(stack.enter_context(Worker(folder)))

        def one(step: int, index: int) -> int:
            worker = idle.get()
            try:
                return worker.expand(step, index)
            finally:
                idle.put(worker)

        def elsewhere(step: int, indices: Iterable[int]) -> Iterator[int]:
            waiting: set[Future[int]] = {threads.submit(one, step, index) for index in indices}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:
                for future in waiting:
                    future.cancel()

        yield elsewhere


class Worker:
    """A process with an emulator, for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Worker:
        path = os.pathsep.join(sys.path)  # so that it finds the packages that this process found
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import main; main()", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # a Ctrl-C is for the parent, which then ends the workers
        )
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def expand(self, step: int, index: int) -> int:
        """Let it expand a chunk; returns the index."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            print(step, index, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline().strip()
        except (BrokenPipeError, ValueError):
            answer = ""
        if answer == DONE:
            return index
        reason = answer or f"the process died (exit status {self.process.poll()}), as it does when out of memory"
        raise BuildFailed(
            f"chunk {index} of step {step} in {self.folder} was not finished: {reason}.\n"
            "  What was finished is kept; the same call goes on from there, with fewer processes if memory was short."
        )


def main() -> None:
    """Expand what standard input asks for, until it ends."""
    folder = Path(sys.argv[1])
    spec = read_spec_of(folder)
    emulator = Emulator(spec.game)
    for line in sys.stdin:
        step, index = map(int, line.split())
        try:
            expansion.expand(emulator, spec, folder, step, index)
        except (OSError, IltheoryError) as error:
            print(" ".join(str(error).split()), flush=True)
        else:
            print(DONE, flush=True)
