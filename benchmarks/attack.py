"""Attacks: instances moved along gradients in a second, and seconds until a false variant is refuted, on two cores."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from harness import Bench, Row
from instances import SEED

CLAIM = "ross-bagnell-2010-thm-2-1"
CORES, BATCH, STEPS, SECONDS = 2, 512, 20, 5.0
RATE, MEDIAN = 1e4, 5.0
BUDGET = 60.0


def rows(bench: Bench) -> Iterator[Row]:
    """Gradients of the T^2 epsilon claim; then every registered false variant."""
    with ProcessPoolExecutor(CORES, multiprocessing.get_context("spawn")) as executor:
        rate = sum(executor.map(gradients_per_second, range(CORES)))
        note = f"gradients of instances per second on {CORES} cores, torch, float64, batches of {BATCH}"
        task = "T^2 epsilon claim, S=4 A=3 H=8, gradient ascent"
        yield Row(task, "our own count", None, None, rate, ">=", RATE, note)
        found = list(executor.map(seconds_to_refutation, variants(), chunksize=4))
    refuted = [seconds for seconds, places, _ in found if places]
    missed = [name for _, places, name in found if not places]
    small = sum(1 for _, places, _ in found if places and places[0] <= 4 and places[1] <= 3 and places[2] <= 4)
    note = f"{len(refuted)} of {len(found)} refuted, {small} of them within S=4, A=3, H=4; longest {max(refuted):.0f} s"
    note += f"; not within {BUDGET:.0f} s: {', '.join(missed)}" if missed else ""
    median = statistics.median(refuted)
    yield Row(
        "time to a small counterexample of a false variant", "our own count", median, None, median, "<=", MEDIAN, note
    )


def variants() -> list[str]:
    """Ids of all registered false variants."""
    from iltheory.claims.registry import catalogue

    return [variant.id for claim in catalogue().values() for variant in claim.false_variants]


def gradients_per_second(seed: int) -> float:
    """Instances that one more step along the gradient moves in a second of wall time, on one core."""
    import torch

    from iltheory.attack.coordinates import Coordinates, Shape
    from iltheory.attack.extremes import extremes
    from iltheory.attack.gradient import ascend
    from iltheory.claims.registry import catalogue

    torch.set_num_threads(1)
    rng = np.random.default_rng([SEED, seed])
    coordinates = Coordinates(catalogue()[CLAIM], Shape(4, 3, 8), rng)
    tables = extremes(coordinates, rng, BATCH)
    ascend(coordinates, tables, steps=1)  # warms up
    moved, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        ascend(coordinates, tables, steps=STEPS)
        moved += BATCH * STEPS
    return moved / (time.perf_counter() - start)


def seconds_to_refutation(variant: str) -> tuple[float, tuple[int, int, int] | None, str]:
    """Wall time of ``il.falsify``, shrinking included; states, actions and steps of the counterexample."""
    from iltheory.attack.falsify import falsify

    start = time.perf_counter()
    size = falsify(variant, budget=BUDGET).size
    places = None if size is None else (size.n_states, size.n_actions, size.horizon)
    return time.perf_counter() - start, places, variant
