"""How fast games become exact tables, with one process and with two."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from harness import Bench, Row

PROCESSES = 2
HORIZON, STATES = 16, 3057
RACED, ROUNDS = 12, 3


def rows(bench: Bench) -> Iterator[Row]:
    """Freeway at frame skip 30, by wall time."""
    times: dict[int, list[float]] = {1: [], PROCESSES: []}
    for _ in range(ROUNDS):
        for processes, taken in times.items():
            taken.append(seconds(RACED, processes)[0])
    one, several = (statistics.median(taken) for taken in times.values())
    note = f"wall seconds of {ROUNDS} builds each, horizon {RACED}; workers start anew for each"
    yield Row("Atari table, frame skip 30, 2 processes", "one process", several, one, one / several, ">=", 1.8, note)
    whole, states = seconds(HORIZON, PROCESSES)
    assert states == STATES
    note = f"wall seconds; {states} states, {states * 3 / whole:.0f} transitions a second"
    yield Row(f"Freeway table, horizon {HORIZON}, 2 processes", "-", whole, None, whole, "<=", 30.0, note)


def seconds(horizon: int, processes: int) -> tuple[float, int]:
    """Wall seconds of one build, and the number of states."""
    from sims.environments import atari

    start = time.perf_counter()
    table = atari.tabulate("freeway", horizon=horizon, processes=processes)
    return time.perf_counter() - start, table.n_states
