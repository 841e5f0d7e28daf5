"""Coq's programs, and those that threads wait for, which end together when one thread has to stop."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen
from typing import Any

from proofs_check.coq.sentences import LIBRARY, Broken

PATHS = ("-Q", ".", LIBRARY)
COMPILE = ("coqc", "-q", "-w", "none", *PATHS)
"""How files are compiled: without the commands that a user has Coq begin with."""
PACKAGES = "coq libcoq-mathcomp-algebra libcoq-mathcomp-algebra-tactics libcoq-mathcomp-zify"

Run = Callable[..., CompletedProcess[str]]


class Unavailable(Exception):
    """Coq or the libraries that the development needs are not installed."""


def available() -> None:
    """Raise `Unavailable`, with the packages to install, unless Coq is."""
    if shutil.which("coqc") is None or shutil.which("coqdep") is None:
        raise Unavailable(f"coqc is not installed (Debian: apt install {PACKAGES}); no theorem in Coq was checked.")


def installed() -> dict[str, str]:
    """Return an environment in which Coq finds the libraries that are installed with it, and no others."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COQPATH", "ROCQPATH")}
    return kept | {"XDG_DATA_HOME": os.devnull, "XDG_DATA_DIRS": os.devnull}


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder, and return what it says, as `said` does."""
    return said(subprocess.run(command, cwd=folder, env=installed(), capture_output=True, text=True, check=False))


def said(done: CompletedProcess[str]) -> str:
    """Return what a program has said.

    Raises
    ------
    Unavailable
        If it misses a library.
    Broken
        If it failed.
    """
    words = done.stdout + done.stderr
    if done.returncode and re.search(r"physical path[^.]*mathcomp|locate library[^.]*mathcomp", words):
        raise Unavailable(f"a library of Coq is missing (Debian: apt install {PACKAGES}):\n{words.strip()}")
    if done.returncode:
        raise Broken(f"{' '.join(done.args)}\n{words.strip()}")
    return words


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
            program = Popen(command, cwd=folder, env=installed(), stdout=PIPE, stderr=PIPE, text=True)
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
