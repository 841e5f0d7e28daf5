"""How many systematic false variants of the catalogue are refuted: ``python benchmarks/mutants.py [--claims ID ...]``.

A variant that is not refuted is true, or open; the survivors are listed below the table, in the JSON file and, with
``--page docs/mutants.md``, in the documentation.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import Bench, Row
from mutants_page import page

BUDGET = 1.0
"""Seconds of search for each mutant that a first look leaves, in ``make bench``."""
TARGET = 5.0
"""Seconds to refutation, median."""
WIDTHS = (12, 38, 6, 8, 8, 7, 8, 5, 10, 10, 12, 8, 8, 24)
HEADINGS = (
    "operator", "", "total", "refuted", "at once", "proved", "follows", "open", "undefined", "discarded", "not applied",
    "median", "longest", "largest",
)  # fmt: skip


def main() -> int:
    """Attack the mutants of some claims; print the table and the survivors, write everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", nargs="+", metavar="ID", help="claims of the catalogue (default: all)")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of search for each mutant; 0 for none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=Path("mutants.json"))
    parser.add_argument("--page", type=Path, help="also write the page with all survivors")
    options = parser.parse_args()
    report = attacked(options.claims, options.budget, options.seed)
    print_line(*HEADINGS)
    for tally in report.tallies:
        print_line(*cells(tally))
    print(f"{len(report.attacked)} mutants in {report.seconds:.0f} s; not refuted:")
    for one in report.survivors:
        print(f"  {one.standing:8} {one.id}: {one.change}")
    options.json.write_text(json.dumps(report.to_json(), indent=1) + "\n")
    if options.page:
        options.page.write_text(page(report.to_json()))
    return 0


def rows(bench: Bench) -> Iterator[Row]:
    """One row an operator, over the whole catalogue on all cores: the median of the seconds to refutation."""
    for tally in attacked(None, BUDGET, 0).tallies:
        note = ", ".join(f"{heading} {cell}" for heading, cell in zip(HEADINGS[2:], cells(tally)[2:], strict=True))
        yield Row(f"mutants: {cells(tally)[1]}", "our own count", tally.median, None, tally.median, "<=", TARGET, note)


def attacked(claims, budget, seed):
    """Attack the mutants of some claims (None: all) on all cores."""
    from iltheory.attack.mutation import attack_mutants
    from iltheory.claims.registry import catalogue
    from iltheory.engine.executors import processes

    with processes() as executor:
        return attack_mutants(claims or list(catalogue()), budget=budget, seed=seed, executor=executor)


def cells(tally) -> list[str]:
    """One line of the table."""
    from iltheory.attack.mutants import OPERATORS

    counts = ("total", "refuted", "at_once", "proved", "follows", "open", "undefined", "discarded", "inapplicable")
    seconds = ["-" if time is None else f"{time:.2f} s" for time in (tally.median, tally.longest)]
    numbers = [str(getattr(tally, name)) for name in counts]
    return [tally.operator, OPERATORS[tally.operator], *numbers, *seconds, str(tally.largest or "-")]


def print_line(*cells: str) -> None:
    """Cells in columns."""
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
