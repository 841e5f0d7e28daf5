"""Cells of work on any executor, each computed once: what a ledger holds already is not computed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from iltheory.engine.blocks import run_blocks
from iltheory.engine.ledger import BlockKey, Ledger, Record
from iltheory.engine.provenance import libraries, sources
from iltheory.experiments.experiment import Cell, Outcome

Work = Callable[[Cell], Mapping[str, Any]]


@dataclass(frozen=True)
class Computation:
    """Cells of one work, and the id that a ledger files them by.

    Attributes
    ----------
    id : of an experiment or a figure
    work : computes one cell; a function of a module, deterministic given the cell
    cells : all that there are
    """

    id: str
    work: Work
    cells: Sequence[Cell]

    def keys(self) -> list[BlockKey]:
        """Names of the cells in a ledger: settings, and a digest of all our sources that their work imports."""
        digest, versions = sources(self.work), libraries()
        return [
            BlockKey(self.id, digest, "scale", _text(cell), int(cell.get("seed", 0)), 0, 1, versions)
            for cell in self.cells
        ]


def computed(
    computations: Sequence[Computation],
    *,
    ledger: str | Path = ":memory:",
    executor: Executor | None = None,
    budget: float | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> dict[str, list[Outcome]]:
    """Compute the cells that the ledger lacks, and give the outcomes of all that are done, by id.

    Parameters
    ----------
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
    keys = {computation.id: computation.keys() for computation in computations}
    works = {computation.id: computation.work for computation in computations}
    with Ledger(ledger) as opened:
        run_blocks(
            [key for of_one in keys.values() for key in of_one],
            partial(_work, works),
            ledger=opened,
            executor=executor,
            budget=budget,
            on_result=on_result,
        )
        return _outcomes(keys, opened)


def recorded(computations: Sequence[Computation], *, ledger: str | Path) -> dict[str, list[Outcome]]:
    """The outcomes that a ledger holds, by id; nothing is computed."""
    if not Path(ledger).exists():
        return {computation.id: [] for computation in computations}
    with Ledger(ledger) as opened:
        return _outcomes({computation.id: computation.keys() for computation in computations}, opened)


def _work(works: Mapping[str, Work], key: BlockKey) -> Mapping[str, Any]:
    """Compute one cell, in whichever process."""
    return works[key.claim](json.loads(key.family))


def _outcomes(keys: Mapping[str, Sequence[BlockKey]], ledger: Ledger) -> dict[str, list[Outcome]]:
    records = {record.key: record for record in ledger.results()}
    return {id: [_outcome(records[key]) for key in of_one if key in records] for id, of_one in keys.items()}


def _outcome(record: Record) -> Outcome:
    return Outcome(json.loads(record.key.family), record.result, record.seconds)


def _text(cell: Cell) -> str:
    return json.dumps(dict(cell), sort_keys=True, allow_nan=False)
