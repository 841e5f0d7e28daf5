"""Training: one loop for every neural learner.

A learner is a :class:`Recipe`: modules, optimisers, data, and one update. The loop counts updates, watches for numbers
that are not finite, averages weights, writes checkpoints and TensorBoard scalars, and goes on from the last checkpoint.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iltheory.learners.neural.averaging import EMA, Average, rule
from iltheory.learners.neural.checkpoints import Checkpoints, finite
from iltheory.learners.neural.networks import PolicyNetwork
from iltheory.learners.neural.policy import NeuralPolicy, versions
from iltheory.learners.neural.stored import InvalidCheckpoint
from iltheory.learners.online import count
from sims.errors import IltheoryError


class TrainingDiverged(IltheoryError):
    """A loss or a weight is no finite number any more; the message says when, and where the last good state is."""


class Recipe(ABC):
    """What a learner trains, and how.

    Attributes
    ----------
    actor : the network whose policy is learnt
    settings : JSON values that make this run this run: the learner, its options, a digest of its data
    logged : most updates whose scalars are averaged into one number of the history; 1 where an update is a whole round
    """

    actor: PolicyNetwork
    settings: Mapping[str, Any]
    logged: int = 100

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, Any]:
        """Everything that changes, by name: modules, optimisers, batches, generators (see ``checkpoints.Parts``)."""

    @abstractmethod
    def update(self) -> Mapping[str, Any]:
        """Do one update and return scalars, detached tensors or floats; the same names each time."""


@dataclass(frozen=True, eq=False)
class History:
    """Scalars of a run: each number is the mean over the updates since the one before.

    Attributes
    ----------
    updates : ints ``[k]``, updates done when a number was taken: 1, 2, ..., 9, 10, 20, ..., 90, 100, 200, ... and the
        last, or every one where an update is a whole round of a learner
    scalars : floats ``[k]`` by name
    """

    updates: NDArray[np.intp]
    scalars: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Trained:
    """What training a policy gives.

    Attributes
    ----------
    policy : with the weights after the last update
    averaged : with their moving average, if ``ema`` was given
    history : losses and other scalars
    """

    policy: NeuralPolicy
    averaged: NeuralPolicy | None
    history: History


def train(
    recipe: Recipe,
    *,
    updates: int,
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
    ema: float | EMA | None = None,
) -> Trained:
    """Update a recipe's networks a number of times.

    Torch runs on one thread of the CPU meanwhile: networks of this size lose more by handing work over than they win,
    and a seed gives the same bits on machines with any number of cores.

    Parameters
    ----------
    updates : number of them, counted from the start of the run
    folder : for checkpoints (``checkpoints/``), TensorBoard scalars (``tensorboard/``) and the policies learnt
        (``policy/``, ``averaged/``); a run that is there already goes on from its last checkpoint, bit for bit as if it
        had never stopped. None keeps nothing on disk.
    save_every : updates from one checkpoint to the next
    progress : show a bar on the error stream
    ema : decay of a moving average of the actor's weights

    Raises
    ------
    TrainingDiverged
        If a scalar or a weight is not finite.
    InvalidCheckpoint
        If a checkpoint is damaged, belongs to another run or cannot be written, or another process trains there.
    """
    total, every = count("updates", updates), count("save_every", save_every)
    averaging = rule(ema)
    average = None if averaging is None else Average(recipe.actor, averaging)
    parts = {**recipe.parts, **({} if average is None else {"average": average.module})}
    settings = {**recipe.settings, "ema": None if averaging is None else [averaging.decay, averaging.power]}
    run = _Run(parts, settings, None if folder is None else Path(folder))
    with ExitStack() as stack:
        stack.enter_context(_one_thread())
        stack.enter_context(run.alone())
        start = run.resume(total)
        advance = stack.enter_context(_bar(progress, start, total))
        stack.enter_context(run.writing(start))
        for update in range(start + 1, total + 1):
            run.take(update, recipe.update())
            if average is not None:
                average.update(update)
            if update % _interval(update, recipe.logged) == 0:
                run.log(update)
            advance(update, run.last)
            if update % every == 0 or update == total:
                run.save(update)
        run.log(total)
        policy = NeuralPolicy.of(recipe.actor)
        averaged = None if average is None else NeuralPolicy.of(average.module)
        if folder is not None:
            policy.save(Path(folder) / "policy")
            if averaged is not None:
                averaged.save(Path(folder) / "averaged")
    return Trained(policy, averaged, run.history())


def _interval(update: int, most: int) -> int:
    """Updates from one number of the history to the next: short runs have many numbers, long ones not too many."""
    return min(int(10 ** (len(str(update)) - 1)), most)


class _Run:
    """A run: its parts, its scalars, and its files if it has a folder."""

    def __init__(self, parts: Mapping[str, Any], settings: Mapping[str, Any], folder: Path | None) -> None:
        self._parts, self._folder = parts, folder
        self._checkpoints = None if folder is None else Checkpoints(folder, {**settings, "versions": versions()})
        self._writer: Any = None
        self._sums: dict[str, float] = {}
        self._taken = 0
        self._logged: dict[str, list[float]] = {}
        self._updates: list[int] = []

    @property
    def last(self) -> dict[str, float]:
        """The newest numbers of the history."""
        return {name: values[-1] for name, values in self._logged.items()}

    def history(self) -> History:
        """All numbers so far."""
        scalars = {name: np.array(values, dtype=np.float64) for name, values in self._logged.items()}
        return History(np.array(self._updates, dtype=np.intp), scalars)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out of the folder meanwhile; the lock ends with the process, however that ends."""
        if self._folder is None:
            yield
            return
        from filelock import FileLock, Timeout

        with _disk(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / "run.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout as taken:
                raise InvalidCheckpoint(
                    f"{self._folder}: another process is training there.\n  Wait for it, or give another folder."
                ) from taken
        try:
            yield
        finally:
            lock.release()

    def resume(self, total: int) -> int:
        """Go to the last checkpoint; the number of updates done by then."""
        if self._checkpoints is None:
            return 0
        self._checkpoints.clear()
        done = self._checkpoints.updates()
        if not done:
            return 0
        if done[-1] > total:
            raise InvalidCheckpoint(
                f"{self._folder} holds a run of {done[-1]} updates, more than updates={total}.\n"
                "  Ask for at least as many, or use another folder."
            )
        state = self._checkpoints.restore(done[-1], self._parts)
        self._updates, self._logged = state["updates"], state["scalars"]
        self._sums, self._taken = state["sums"], state["taken"]
        return done[-1]

    @contextmanager
    def writing(self, start: int) -> Iterator[None]:
        """Write scalars for TensorBoard meanwhile; those of updates that are done again are replaced."""
        if self._folder is None:
            yield
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError as error:
            raise IltheoryError(
                f"folder={str(self._folder)!r}: {error.name} is not installed: pip install 'iltheory[torch]'"
            ) from error

        with _disk(self._folder):
            self._writer = SummaryWriter(str(self._folder / "tensorboard"), purge_step=start + 1)
        try:
            yield
        finally:
            with _disk(self._folder):
                self._writer.close()

    def take(self, update: int, scalars: Mapping[str, Any]) -> None:
        """Add up scalars, and stop at the first that is not finite."""
        for name, value in scalars.items():
            number = float(value)
            if not math.isfinite(number):
                raise self._diverged(f"{name} is {number} at update {update}")
            self._sums[name] = self._sums.get(name, 0.0) + number
        self._taken += 1

    def log(self, update: int) -> None:
        """Take the means of what was added up since the last time; nothing if there is nothing."""
        if not self._taken:
            return
        self._updates.append(update)
        for name, total in self._sums.items():
            self._logged.setdefault(name, []).append(total / self._taken)
        self._sums, self._taken = {}, 0
        if self._writer is not None and self._folder is not None:
            with _disk(self._folder):
                for name, number in self.last.items():
                    self._writer.add_scalar(name, number, update)

    def save(self, update: int) -> None:
        """Write a checkpoint of finite weights."""
        wrong = finite(self._parts)
        if wrong is not None:
            raise self._diverged(f"{wrong} has an entry that is not finite after update {update}")
        if self._checkpoints is not None:
            history = {"updates": self._updates, "scalars": self._logged, "sums": self._sums, "taken": self._taken}
            self._checkpoints.save(update, self._parts, history)

    def _diverged(self, what: str) -> TrainingDiverged:
        done = [] if self._checkpoints is None else self._checkpoints.updates()
        if self._checkpoints is not None and done:
            where = f"The last good checkpoint is {self._checkpoints.path(done[-1])}, after update {done[-1]}."
        elif self._checkpoints is not None:
            where = "There is no checkpoint yet: save_every is larger."
        else:
            where = "No checkpoint was kept: give folder=..., and perhaps a smaller save_every."
        return TrainingDiverged(f"{what}: training stopped.\n  {where} A smaller learning_rate often helps.")


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise InvalidCheckpoint(
            f"{folder} could not be written: {problem.strerror or problem}.\n"
            "  Checkpoints are unchanged: free space and run the same again to go on."
        ) from problem


@contextmanager
def _bar(progress: bool, start: int, total: int) -> Iterator[Any]:
    """A function of (update, scalars) that moves the bar."""
    if not progress:
        yield lambda update, scalars: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, completed=start)

        def advance(update: int, scalars: Mapping[str, float]) -> None:
            bar.update(task, completed=update, description="  ".join(f"{k} {v:.4g}" for k, v in scalars.items()))

        yield advance
