"""Run the invariants on every adapter; a table of what holds, what fails and on which model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from benchmarks.third_party.adapters import ADAPTERS
from benchmarks.third_party.process import Library
from iltheory.testing import check
from iltheory.testing.report import InvariantReport, Outcome, model_lines

SCHEMA = "iltheory-third-party/1"


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes
    ----------
    versions : of the libraries, Python and all that matters, by name
    reports : library and report of each adapter
    """

    versions: dict[str, str]
    reports: tuple[tuple[str, InvariantReport], ...]

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        reports = [{"library": library, **report.to_json()} for library, report in self.reports]
        return {"schema": SCHEMA, "versions": self.versions, "reports": reports}


def known() -> list[str]:
    """Names of all adapters."""
    return [adapter.__name__ for adapters in ADAPTERS.values() for adapter in adapters]


def run(
    library: Library, only: Sequence[str] | None = None, *, seed: int = 0, tell: Callable[[str], object]
) -> Findings:
    """Check all adapters, or those that are named.

    Parameters
    ----------
    library : where the libraries are
    only : names of adapters
    seed : of all that is drawn
    tell : called with a line as soon as an adapter is done

    Raises
    ------
    NoEnvironment
        If the libraries are not there.
    """
    versions = library.call("about.versions")
    reports = []
    for name, adapters in ADAPTERS.items():
        for adapter in adapters:
            if only is None or adapter.__name__ in only:
                start = perf_counter()
                report = check(adapter(library), seed=seed)
                tell(f"{report.summary} {perf_counter() - start:.0f} s")
                reports.append((f"{name} {versions.get(name, '')}".strip(), report))
    return Findings(versions, tuple(reports))


def table(found: Findings) -> str:
    """One line an invariant that applies, then every failure with its numbers and model, then what does not apply."""
    rows, failures, others = [], [], []
    for library, report in found.reports:
        applied = [outcome for outcome in report.outcomes if outcome.status != "does not apply"]
        rows += [(library, report.adapter, outcome.name, _verdict(outcome)) for outcome in applied]
        failures += [f"{library}, {report.adapter}: {outcome}" for outcome in applied if outcome.status != "holds"]
        others.append(f"{report.adapter}: {report.count('does not apply')} invariants do not apply.")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n\n".join(["\n".join(lines), *failures, "\n".join(others)])


def _verdict(outcome: Outcome) -> str:
    """The status, and the size of the smallest model on which it fails."""
    return f"{outcome.verdict}: {model_lines(outcome.instance)[0]}" if outcome.instance else outcome.verdict
