"""Calls into a library that lives in an environment of its own: one child process, one line a call."""

from __future__ import annotations

import os
import subprocess
import weakref
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np

from benchmarks.third_party.inside import wire
from sims.errors import IltheoryError

HERE = Path(__file__).parent
INSIDE = HERE / "inside"
ENVIRONMENT = HERE.parents[1] / ".venv-third-party" / "bin" / "python"
VARIABLE = "ILTHEORY_THIRD_PARTY"
"""Environment variable that names another Python with the libraries."""


class NoEnvironment(IltheoryError):
    """The Python that has the libraries is missing, or cannot start."""


class LibraryRaised(Exception):
    """What a library raised, in its words."""


class Library:
    """Modules of a folder, imported and called by another Python; it starts at the first call.

    Parameters
    ----------
    python : by default what ``ILTHEORY_THIRD_PARTY`` says, or else ``.venv-third-party/bin/python``
    folder : where the modules are
    """

    def __init__(self, python: str | Path | None = None, folder: Path = INSIDE) -> None:
        self.python = Path(python or os.environ.get(VARIABLE) or ENVIRONMENT)
        self.folder = folder
        self._child: subprocess.Popen[str] | None = None
        self._complaints: IO[str] | None = None

    @property
    def available(self) -> bool:
        """Whether there is such a Python."""
        return self.python.exists()

    def call(self, function: str, **arguments: Any) -> Any:
        """Call ``module.function`` over there; what it writes into its arrays is written into the caller's.

        Raises
        ------
        NoEnvironment
            If there is no such Python, or its process ended.
        NotImplementedError
            If the function refuses what it is given.
        LibraryRaised
            If it raises anything else.
        """
        child = self._started()
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(wire.dumps({"call": function, "with": arguments}) + "\n")
            child.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = child.stdout.readline()
        if not line:
            self._child = None
            raise NoEnvironment(f"the process of {self.python} ended in {function}.\n  It said: {self._last_words()}")
        answer = wire.loads(line)
        if "refused" in answer:
            raise NotImplementedError(answer["refused"])
        if "raised" in answer:
            raise LibraryRaised(answer["raised"])
        for path, array in answer["changed"].items():
            np.copyto(_at(arguments, path), array)
        return answer["result"]

    def _started(self) -> subprocess.Popen[str]:
        if self._child is not None:
            return self._child
        if not self.available:
            raise NoEnvironment(
                f"there is no {self.python}, the Python that has the libraries under test.\n"
                f"  Build it with `make third-party`, or let {VARIABLE} name another one."
            )
        self._complaints = TemporaryFile("w+", errors="replace")  # noqa: SIM115  (lives as long as the child)
        self._child = subprocess.Popen(
            [str(self.python), str(INSIDE / "worker.py"), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        )
        weakref.finalize(self, self._child.kill)
        return self._child

    def _last_words(self) -> str:
        assert self._complaints is not None
        self._complaints.seek(0)
        return "\n  ".join(deque((line.rstrip() for line in self._complaints), maxlen=3)) or "nothing"


def _at(arguments: Mapping[str, Any], path: str) -> Any:
    found: Any = arguments
    for name in path.split("."):
        found = found[name]
    return found
