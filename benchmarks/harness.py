"""Races between ours and peers: medians measured in one run, turn by turn, on one thread."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

WORKER = Path(__file__).with_name("peer.py")


@dataclass(frozen=True)
class Row:
    """One comparison with its target.

    Attributes
    ----------
    task, against : what is measured, and beside what
    ours, theirs : CPU seconds, or another unit named in `note`; None if not measured
    measured : the number the target is about
    sense, target : the target
    note : certificates, errors, why something was skipped
    """

    task: str
    against: str
    ours: float | None
    theirs: float | None
    measured: float | None
    sense: Literal[">=", "<="]
    target: float
    note: str = ""

    @property
    def verdict(self) -> str:
        """``met``, ``missed`` or ``skipped``."""
        if self.measured is None:
            return "skipped"
        met = self.measured >= self.target if self.sense == ">=" else self.measured <= self.target
        return "met" if met else "missed"

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``bench.json``."""
        return {**asdict(self), "verdict": self.verdict}


class Peer:
    """A worker process in the peers' environment that holds one prepared task."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the worker of {self.process.args!r} ended while asked to {line!r}")
        return answer

    def seconds(self) -> float:
        """Run the task once; CPU seconds of the worker's process."""
        return float(self._ask("run"))

    def answer(self, path: Path) -> np.ndarray:
        """Return the answer of the last run."""
        self._ask(f"save {path}")
        return np.asarray(np.load(path))


@dataclass(frozen=True)
class Bench:
    """Where the peers live, and a folder for instances."""

    peers: Path
    folder: Path

    @contextlib.contextmanager
    def peer(self, task: str, **instance: Any) -> Iterator[Peer | str]:
        """Start a peer and let it prepare `task` on an instance; without one, the reason why."""
        python = self.peers / "bin" / "python"
        if not python.exists():
            yield f"no environment at {self.peers}"
            return
        path = self.folder / f"{task}.npz"
        np.savez(path, **instance)
        complaints = self.folder / f"{task}.txt"
        with (
            complaints.open("w") as stderr,
            subprocess.Popen(
                [str(python), str(WORKER), task, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            ) as process,
        ):
            try:
                assert process.stdout is not None
                if process.stdout.readline().strip() == "ready":
                    yield Peer(process)
                else:
                    process.wait()
                    *_, last = ["no message", *complaints.read_text().strip().splitlines()]
                    yield f"{task} failed: {last}"
            finally:
                process.kill()


def local(task: Callable[[], object]) -> Callable[[], float]:
    """Run a task of this process once; CPU seconds."""

    def seconds() -> float:
        start = time.process_time()
        task()
        return time.process_time() - start

    return seconds


def race(*contestants: Callable[[], float], rounds: int = 9, seconds: float = 2.0) -> list[float]:
    """Let the contestants take turns; the median of each after one warm-up.

    At least `rounds` turns, more while they take less than `seconds` in all.
    """
    for contestant in contestants:
        contestant()
    times: list[list[float]] = [[] for _ in contestants]
    start = time.perf_counter()
    while len(times[0]) < rounds or (time.perf_counter() - start < seconds and len(times[0]) < 100):
        for contestant, taken in zip(contestants, times, strict=True):
            taken.append(contestant())
    return [statistics.median(taken) for taken in times]


@dataclass(frozen=True)
class Ours:
    """What we bring to a race.

    Attributes
    ----------
    task : what is measured
    kernel : computes the answer with its certificate; this is what the targets are about
    method : the same through ``TabularMDP``, as users meet it
    note : the certificate
    """

    task: str
    kernel: Callable[[], object]
    method: Callable[[], object]
    note: str

    def rows(self, rivals: dict[str, Callable[[], float]], targets: dict[str, float]) -> dict[str, Row]:
        """Race with the rivals; a row for each, its note to be completed."""
        kernel, method, *theirs = race(local(self.kernel), local(self.method), *rivals.values())
        note = f"{self.note}; through TabularMDP {method * 1e3:.3g} ms"
        return {
            name: Row(self.task, name, kernel, time_, time_ / kernel, ">=", targets[name], note)
            for name, time_ in zip(rivals, theirs, strict=True)
        } | {
            name: Row(self.task, name, kernel, None, None, ">=", target, note)
            for name, target in targets.items()
            if name not in rivals
        }


def against_peers(
    bench: Bench, ours: Ours, targets: dict[str, float], *, check: Callable[[np.ndarray], str], **instance: Any
) -> Iterator[Row]:
    """One row for each peer task, with the speed-up that is the target.

    Parameters
    ----------
    check : from a peer's answer to what to say about its accuracy
    """
    with contextlib.ExitStack() as stack:
        found = {name: stack.enter_context(bench.peer(name, **instance)) for name in targets}
        ready = {name: peer for name, peer in found.items() if isinstance(peer, Peer)}
        rows = ours.rows({name: peer.seconds for name, peer in ready.items()}, targets)
        for name in targets:
            if name in ready:
                said = check(ready[name].answer(bench.folder / f"{name}.npy"))
            else:
                said = f"skipped: {found[name]}"
            yield replace(rows[name], note=f"{rows[name].note}; {said}")


def against_floors(
    ours: Ours, floors: dict[str, Callable[[], np.ndarray]], target: float, *, check: Callable[[np.ndarray], str]
) -> Iterator[Row]:
    """One row for each plain-library method of this process."""
    rows = ours.rows({name: local(floor) for name, floor in floors.items()}, dict.fromkeys(floors, target))
    for name, floor in floors.items():
        yield replace(rows[name], note=f"{rows[name].note}; {check(floor())}")
