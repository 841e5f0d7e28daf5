"""Measure the targets for speed and memory: ``python benchmarks/run.py [--peers DIR] [--only GROUP ...]``.

Each group of lines runs in a fresh process on one core; ours and a peer take turns within it. Times are CPU
seconds of the process that does the work, so another load on the machine disturbs them little.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import platform
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from harness import Bench, Row

GROUPS = (
    "values", "optimal", "occupancies", "marginals", "irl", "learners", "neural", "gail_cartpole", "saddles",
    "exact", "claims", "attack", "mutants", "faults", "memory", "rollouts", "atari", "torch_claims",
)  # fmt: skip
ON_ALL_CORES = ("claims", "attack", "mutants", "rollouts", "atari", "torch_claims")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
WIDTHS = (58, 36, 10, 10, 9, 8, 8)


def main() -> int:
    """Print the table and write it as JSON; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, default=Path(".venv-peers"), help="environment of the peers")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(THREADS, "1"))  # for the processes below
    print_line("task", "against", "ours", "theirs", "measured", "target", "")
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.peers.absolute(), Path(folder))
        for group in options.only:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
                rows = executor.submit(measure, group, bench).result()
            for row in rows:
                show(row)
            found += rows
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    options.json.write_text(json.dumps({"machine": machine, "rows": [row.as_json() for row in found]}, indent=1) + "\n")
    return int(any(row.verdict == "missed" for row in found))


def measure(group: str, bench: Bench) -> list[Row]:
    """All rows of one group, on one core unless the group measures all of them."""
    if group not in ON_ALL_CORES and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sys.path.insert(0, str(Path(__file__).parent))
    return list(importlib.import_module(group).rows(bench))


def show(row: Row) -> None:
    """One line of the table, and its note below."""
    print_line(
        row.task,
        row.against,
        amount(row.ours),
        amount(row.theirs),
        "-" if row.measured is None else f"{row.measured:.3g}",
        f"{row.sense} {row.target:g}",
        row.verdict,
    )
    print(f"    {row.note}", flush=True)


def amount(number: float | None) -> str:
    """Milliseconds below a second, plain numbers above ten."""
    if number is None:
        return "-"
    return f"{number * 1e3:.3g} ms" if number < 1 else f"{number:.4g} s" if number < 60 else f"{number:.4g}"


def print_line(*cells: str) -> None:
    """Cells in columns."""
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
