"""Run the cells of experiments on any executor, each once: what a ledger holds already is not computed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iltheory.engine.blocks import run_blocks
from iltheory.engine.ledger import BlockKey, Ledger, Record
from iltheory.engine.provenance import libraries, sources
from iltheory.experiments.experiment import Cell, Experiment, Outcome, Section, experiments

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
    keys = {experiment.id: cell_keys(experiment, smoke=smoke) for experiment in chosen}
    with Ledger(ledger) as opened:
        run_blocks(
            [key for of_one in keys.values() for key in of_one],
            work_of_cell,
            ledger=opened,
            executor=executor,
            budget=budget,
            on_result=on_result,
        )
        records = {record.key: record for record in opened.results()}
    outcomes = {id: [_outcome(records[key]) for key in of_one if key in records] for id, of_one in keys.items()}
    return ScaleReport(
        sections={e.id: e.summary(outcomes[e.id]) for e in chosen if outcomes[e.id]},
        done={id: len(done) for id, done in outcomes.items()},
        planned={id: len(of_one) for id, of_one in keys.items()},
        seconds={id: sum(outcome.seconds for outcome in done) for id, done in outcomes.items()},
    )


def cell_keys(experiment: Experiment, *, smoke: bool) -> list[BlockKey]:
    """Names of the cells in a ledger: settings, and a digest of all our sources that their work imports."""
    digest, versions = sources(experiment.work.__module__), libraries()
    return [
        BlockKey(experiment.id, digest, "scale", _text(cell), int(cell.get("seed", 0)), 0, 1, versions)
        for cell in experiment.cells(smoke=smoke)
    ]


def work_of_cell(key: BlockKey) -> Mapping[str, Any]:
    """Compute one cell, in whichever process."""
    return experiments()[key.claim].work(json.loads(key.family))


def _outcome(record: Record) -> Outcome:
    return Outcome(json.loads(record.key.family), record.result, record.seconds)


def _text(cell: Cell) -> str:
    return json.dumps(dict(cell), sort_keys=True, allow_nan=False)
