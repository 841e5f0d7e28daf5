"""An experiment: independent cells of work, and what their outcomes say together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from sims.errors import InvalidArgument

Cell = Mapping[str, Any]
"""Settings of one piece of work, its seed included: JSON values."""

MODULES = (
    "horizon_tables",
    "recoverability",
    "hellinger",
    "duality_gaps",
    "horizon_hopper",
    "offline_control",
    "locomotion",
)
"""The files of this package that hold experiments, in the order of a report."""


@dataclass(frozen=True)
class Outcome:
    """What one cell gave, and how long it took where it ran.

    Attributes
    ----------
    cell : its settings
    result : JSON values
    seconds : wall time
    """

    cell: Cell
    result: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Finding:
    """One sentence of a report, in the strict words, with the claim it is about, if any."""

    text: str
    claim: str = ""


@dataclass(frozen=True)
class Section:
    """What an experiment found.

    Attributes
    ----------
    columns : heads of the table
    rows : cells of the table, as text
    findings : what they say
    refuted : how many verdicts are refutations
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    findings: tuple[Finding, ...]
    refuted: int = 0

    def to_json(self) -> dict[str, Any]:
        """Describe the section in plain JSON values."""
        return {
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "refuted": self.refuted,
            "findings": [{"text": finding.text, "claim": finding.claim} for finding in self.findings],
        }


@dataclass(frozen=True)
class Experiment:
    """One question about theory at scale.

    Attributes
    ----------
    id : name on the command line
    title : the question, in words
    work : computes one cell; a function of a module, deterministic given the cell
    full, smoke : cells of the whole experiment, and of the version that takes about a minute
    summary : what outcomes of any of these cells say together; never called without outcomes
    """

    id: str
    title: str
    work: Callable[[Cell], Mapping[str, Any]]
    full: Sequence[Cell]
    smoke: Sequence[Cell]
    summary: Callable[[Sequence[Outcome]], Section]

    def cells(self, *, smoke: bool) -> Sequence[Cell]:
        """The cells of one of the two versions."""
        return self.smoke if smoke else self.full


@cache
def experiments() -> Mapping[str, Experiment]:
    """All experiments, by id."""
    found = [import_module(f"iltheory.experiments.{module}").EXPERIMENT for module in MODULES]
    return {experiment.id: experiment for experiment in found}


def find(ids: Sequence[str]) -> list[Experiment]:
    """The experiments of some ids; all of them for none.

    Raises
    ------
    InvalidArgument
        If there is no such experiment.
    """
    known = experiments()
    for id in ids:
        if id not in known:
            raise InvalidArgument(f"no experiment is called {id!r}; there are {', '.join(known)}.")
    return [experiment for id, experiment in known.items() if not ids or id in ids]
