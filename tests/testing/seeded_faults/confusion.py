"""Every applicable invariant on both twins of every seeded fault, with no hint which one it is about."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from iltheory.testing.report import InvariantReport
from iltheory.testing.runner import check
from seeded_faults.fault import Fault


@dataclass(frozen=True)
class Row:
    """What the invariants say of one fault.

    Attributes
    ----------
    id, where, words : of the fault
    expected : invariants that must fail for the faulty twin
    refuted_by : invariants that do
    held : invariants that hold for it all the same
    false_alarms : invariants that fail for the corrected twin
    passed : invariants that hold for it
    errors : invariants that either twin ended with an exception
    seconds : wall-clock time for both
    """

    id: str
    where: str
    words: str
    expected: tuple[str, ...]
    refuted_by: tuple[str, ...]
    held: tuple[str, ...]
    false_alarms: tuple[str, ...]
    passed: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float

    @property
    def right(self) -> bool:
        """The faulty twin fails all that it should, the corrected one passes whatever applies, and nothing else."""
        failed = set(self.expected) <= set(without_functions(self.refuted_by))
        return failed and bool(self.passed) and not self.false_alarms and not self.errors

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {**asdict(self), "right": self.right}


def confusion(faults: Sequence[Fault], *, seed: int = 0) -> Iterator[Row]:
    """The row of each fault, one at a time."""
    for fault in faults:
        start = time.perf_counter()
        faulty, corrected = (check(twin, seed=seed) for twin in (fault.faulty, fault.corrected))
        yield Row(
            id=fault.id,
            where=fault.where,
            words=fault.words,
            expected=fault.invariants,
            refuted_by=named(faulty, "fails"),
            held=named(faulty, "holds"),
            false_alarms=named(corrected, "fails"),
            passed=named(corrected, "holds"),
            errors=named(faulty, "error") + named(corrected, "error"),
            seconds=time.perf_counter() - start,
        )


def named(report: InvariantReport, status: str) -> tuple[str, ...]:
    """Invariants of a status, each with the function that it was run on if there are several."""
    return tuple(outcome.name for outcome in report.outcomes if outcome.status == status)


def without_functions(invariants: Sequence[str]) -> tuple[str, ...]:
    """Names of invariants, each once, without what they were run on."""
    return tuple(dict.fromkeys(name.partition("[")[0] for name in invariants))
