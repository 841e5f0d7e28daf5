"""Running blocks: those the ledger lacks, on any executor, each recorded as it finishes."""

from __future__ import annotations

import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import nullcontext
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import iltheory
import sims
from iltheory.engine.executors import (
    ExecutorError,
    interrupts_held,
    processes,
    worker_count,
    worker_died,
)
from iltheory.engine.ledger import BlockKey, Ledger, Record, result_json
from sims.errors import IltheoryError

__all__ = ["BlockFailed", "BlockRun", "run_blocks"]

OUR_FOLDERS = tuple(os.path.join(folder, "") for package in (iltheory, sims) for folder in package.__path__)
PICKLING_ADVICE = (
    "\n  A worker process imports what it runs: put it in a module (a claim: in one that an entry point of the group "
    "iltheory.claims names), or leave the executor out."
)
IN_FLIGHT_PER_WORKER = 2  # one running, one waiting at the worker's door
MOST_DEATHS = 3

Work = Callable[[BlockKey], Mapping[str, Any]]
Timed = tuple[Mapping[str, Any], float]


class BlockFailed(IltheoryError):
    """The work of a block raised, or killed every worker that tried it.

    Attributes
    ----------
    key : BlockKey
    reason : str
    """

    def __init__(self, key: BlockKey, reason: str) -> None:
        super().__init__(key, reason)  # both, so that it can be pickled on its way from a worker
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.key} failed: {self.reason}\n"
            "  The blocks that finished are in the ledger: mend this one's cause and run again."
        )


@dataclass(frozen=True, slots=True)
class BlockRun:
    """What a run did.

    Attributes
    ----------
    reused : int
        Blocks the ledger had already.
    computed : int
        Blocks that this run computed and recorded.
    complete : bool
        Whether every key now has a result; False when the budget was spent first.
    """

    reused: int
    computed: int
    complete: bool


def run_blocks(
    keys: Iterable[BlockKey],
    work: Work,
    *,
    ledger: Ledger,
    executor: Executor | None = None,
    budget: float | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> BlockRun:
    """Compute the blocks that the ledger lacks, and record each as it finishes.

    Parameters
    ----------
    keys : iterable of BlockKey
        Read as workers come free, so it may be endless where there is a budget.
    work : callable, BlockKey -> mapping of JSON values
        Deterministic; importable in the workers (a function of a module, or a ``functools.partial`` of one).
    ledger : Ledger
        Only this process writes to it.
    executor : concurrent.futures.Executor, optional
        By default `processes()`, one worker a core. The caller's own stays open, and blocks in flight when
        this function is interrupted are left to it.
    budget : float, optional
        Seconds after which no further block is started. Blocks in flight are finished and recorded.
    on_result : callable, Record -> anything, optional
        Called in this process after each record.

    Returns
    -------
    BlockRun

    Raises
    ------
    BlockFailed
        The work of a block raised; or its worker died 3 times, the last time with no other block in flight,
        so that an innocent neighbour is never blamed. The other blocks that had begun are recorded before.
    LedgerError
        A result cannot be recorded.
    ExecutorError
        The executor cannot go on, or ``budget`` is not a positive number.
    """
    if budget is not None and not budget > 0:
        raise ExecutorError(f"budget is {budget} (should be a positive number of seconds, or None).")
    with nullcontext(executor) if executor is not None else processes() as pool:
        return _Run(keys, work, ledger, pool, budget, on_result).finish()


@dataclass(frozen=True, slots=True)
class _Attempt:
    key: BlockKey
    deaths: int = 0

    @property
    def alone(self) -> bool:
        """Whether to run it with nothing else in flight: then nothing else is to blame if its worker dies."""
        return self.deaths == MOST_DEATHS - 1


class _Run:
    """The state of one call of `run_blocks`."""

    def __init__(
        self,
        keys: Iterable[BlockKey],
        work: Work,
        ledger: Ledger,
        executor: Executor,
        budget: float | None,
        on_result: Callable[[Record], object] | None,
    ) -> None:
        self.keys: Iterator[BlockKey] = iter(keys)
        self.work = work
        self.ledger = ledger
        self.executor = executor
        self.deadline = float("inf") if budget is None else time.monotonic() + budget
        self.on_result = on_result
        self.waiting: deque[_Attempt] = deque()
        self.in_flight: dict[Future[Timed], _Attempt] = {}
        self.finished: SimpleQueue[tuple[Future[Timed], Timed | BaseException]] = SimpleQueue()
        self.failure: BlockFailed | None = None
        self.exhausted = False
        self.reused = 0
        self.computed = 0

    def finish(self) -> BlockRun:
        while True:
            self.submit()
            if not self.in_flight:
                break
            future, outcome = self.finished.get()
            self.collect(self.in_flight.pop(future), outcome)
        if self.failure is not None:
            raise self.failure
        return BlockRun(self.reused, self.computed, complete=self.exhausted and not self.waiting)

    def submit(self) -> None:
        """Put blocks in flight while there is room and time and nothing to record."""
        while self.has_room() and self.finished.empty():
            attempt = self.next_attempt()
            if attempt is None:
                return
            if self.spent():
                self.waiting.appendleft(attempt)
                return
            try:
                future = self.executor.submit(_timed, self.work, attempt)
            except RuntimeError as error:
                raise ExecutorError(
                    f"The executor takes no more work, at {attempt.key}: {error}\n"
                    "  Run again with a fresh executor; the blocks that finished are in the ledger. "
                    "The one of `iltheory.engine.executors.processes()` restarts workers that die."
                ) from error
            self.in_flight[future] = attempt
            # A Ctrl-C inside a method of a future can leave its lock taken, and the pool would wait for it
            # for ever. So only this one is called here; the others in the thread that finishes the future.
            with interrupts_held():
                future.add_done_callback(lambda future: self.finished.put((future, _outcome(future))))

    def has_room(self) -> bool:
        if not self.in_flight:
            return True
        if any(attempt.alone for attempt in (*self.in_flight.values(), *self.waiting)):
            return False
        return len(self.in_flight) < IN_FLIGHT_PER_WORKER * worker_count(self.executor)

    def next_attempt(self) -> _Attempt | None:
        if self.waiting:
            return self.waiting.popleft()
        if self.failure is not None:
            return None  # nothing new is begun
        for key in self.keys:
            if key not in self.ledger:
                return _Attempt(key)
            self.reused += 1
            if self.spent():
                return None
        self.exhausted = True
        return None

    def spent(self) -> bool:
        return time.monotonic() >= self.deadline

    def collect(self, attempt: _Attempt, outcome: Timed | BaseException) -> None:
        """Record a finished block, or see why it did not finish."""
        key = attempt.key
        if not isinstance(outcome, BaseException):
            record = Record(key, *outcome)
            self.ledger.record(record.key, record.result, record.seconds)
            self.computed += 1
            if self.on_result is not None:
                self.on_result(record)
        elif isinstance(outcome, CancelledError):
            raise ExecutorError(
                f"The executor gave up {key}: its workers or their scheduler are gone.\n"
                "  Bring them back and run again; the blocks that finished are in the ledger."
            )
        elif worker_died(outcome):
            if attempt.alone:
                reason = (
                    f"its worker died {MOST_DEATHS} times, as it does when out of memory, in a crash, "
                    f"or in a script that lacks `if __name__ == '__main__':`. {outcome}"
                )
                self.fail(key, reason, outcome)
            else:
                self.waiting.append(_Attempt(key, attempt.deaths + 1))
        elif isinstance(outcome, BlockFailed):
            self.failure = self.failure or outcome
        else:
            advice = PICKLING_ADVICE if "pickle" in str(outcome) else ""
            self.fail(key, f"{type(outcome).__name__}: {outcome}{advice}", outcome)

    def fail(self, key: BlockKey, reason: str, cause: BaseException) -> None:
        failure = BlockFailed(key, reason)
        failure.__cause__ = cause
        self.failure = self.failure or failure


def _outcome(future: Future[Timed]) -> Timed | BaseException:
    """What a finished future holds."""
    try:
        return future.result()
    except BaseException as error:
        return error


def _where(error: Exception) -> str:
    """Name the first line of code that is not ours, such as a user's claim, among those that led to an error."""
    frames = traceback.extract_tb(error.__traceback__)
    foreign = [frame for frame in frames if not frame.filename.startswith(OUR_FOLDERS)]
    return f"\n  It came from {foreign[0].filename}, line {foreign[0].lineno}." if foreign else ""


def _timed(work: Work, attempt: _Attempt) -> Timed:
    """In a worker: the result of a block and its seconds.

    The argument is the attempt and not its key, because dask takes calls with equal arguments for one call.
    """
    key = attempt.key
    start = time.perf_counter()
    try:
        result = work(key)
        result_json(result)  # what the ledger would refuse is this block's failure
    except Exception as error:
        # As text: an exception that cannot be unpickled would break the pool, and look like a dead worker.
        failure = BlockFailed(key, f"{type(error).__name__}: {error}{_where(error)}")
        failure.add_note(traceback.format_exc())
        raise failure from None
    return result, time.perf_counter() - start
