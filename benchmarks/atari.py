"""How fast games become exact tables, with one process and with two."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from harness import Bench, Row

PROCESSES = 2
HORIZON, STATES = 16, 3057
ROUNDS = 3


def rows(bench: Bench) -> Iterator[Row]:
    """Freeway at frame skip 30, by wall time."""
    times: dict[int, list[float]] = {1: [], PROCESSES: []}
    for _ in range(ROUNDS):
        for processes, taken in times.items():
            taken.append(seconds(processes))
    one, several = (statistics.median(taken) for taken in times.values())
    note = f"wall seconds, medians of {ROUNDS} builds each; workers start anew for each"
    yield Row(
        f"Freeway table, horizon {HORIZON}, 2 processes", "one process", several, one, one / several, ">=", 1.8, note
    )
    note = f"{STATES} states at frame skip 30, {STATES * 3 / several:.0f} transitions a second"
    yield Row("the same in seconds", "-", several, None, several, "<=", 30.0, note)


def seconds(processes: int) -> float:
    """Wall seconds of one build."""
    from sims.environments import atari

    start = time.perf_counter()
    table = atari.tabulate("freeway", horizon=HORIZON, processes=processes)
    assert table.n_states == STATES
    return time.perf_counter() - start
