"""Run experiments, and say what they found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iltheory.engine.ledger import Record
from iltheory.engine.provenance import libraries
from iltheory.experiments.computation import Computation, computed
from iltheory.experiments.experiment import Experiment, Section, experiments

SCHEMA = "iltheory-scale/1"


@dataclass(frozen=True)
class ScaleReport:
    """What experiments found so far.

    Attributes
    ----------
    sections : by id, those of which some cell is done
    done, planned : numbers of cells, by id
    seconds : wall time of the cells that are done, by id; cells run side by side
    """

    sections: Mapping[str, Section]
    done: Mapping[str, int]
    planned: Mapping[str, int]
    seconds: Mapping[str, float]

    @property
    def complete(self) -> bool:
        """Whether every cell is done."""
        return self.done == self.planned

    @property
    def refuted(self) -> int:
        """How many verdicts are refutations."""
        return sum(section.refuted for section in self.sections.values())

    def to_json(self) -> dict[str, Any]:
        """Describe the report in plain JSON values."""
        return {
            "schema": SCHEMA,
            "libraries": libraries(),
            "experiments": [
                {
                    "id": id,
                    "title": experiments()[id].title,
                    "cells": {"done": self.done[id], "planned": self.planned[id]},
                    "seconds": self.seconds[id],
                    "section": self.sections[id].to_json() if id in self.sections else None,
                }
                for id in self.planned
            ],
        }


def run_experiments(
    chosen: Sequence[Experiment],
    *,
    smoke: bool = False,
    ledger: str | Path = ":memory:",
    executor: Executor | None = None,
    budget: float | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> ScaleReport:
    """Compute the cells that the ledger lacks, one experiment's cells after the other's, and sum up.

    Parameters
    ----------
    chosen : experiments
    smoke : take their small versions
    ledger : file of the cells that are done; a cell counts as long as no source it imports was edited
    executor : where cells run; by default one worker process a core
    budget : seconds after which no further cell is begun

    Raises
    ------
    BlockFailed
        If a cell raises; those done before are kept.
    LedgerError
        If the ledger cannot be written.
    """
    computations = [Computation(e.id, e.work, e.cells(smoke=smoke)) for e in chosen]
    outcomes = computed(computations, ledger=ledger, executor=executor, budget=budget, on_result=on_result)
    return ScaleReport(
        sections={e.id: e.summary(outcomes[e.id]) for e in chosen if outcomes[e.id]},
        done={id: len(done) for id, done in outcomes.items()},
        planned={c.id: len(c.cells) for c in computations},
        seconds={id: sum(outcome.seconds for outcome in done) for id, done in outcomes.items()},
    )
