"""Run all invariants on the seeded faults and their twins: ``python benchmarks/faults.py [ID ...] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from harness import Bench
from harness import Row as Line

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "testing"))

from seeded_faults import FAULTS
from seeded_faults.confusion import Row, confusion, without_functions

MARK = {True: "right", False: "WRONG"}


def main() -> int:
    """Print the confusion table and write it as JSON; exit code 1 if a twin is not where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("ids", nargs="*", metavar="ID", help="faults, such as B1; by default all")
    parser.add_argument("--json", type=Path, default=Path("faults.json"))
    options = parser.parse_args()
    unknown = set(options.ids) - {fault.id for fault in FAULTS}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    found = []
    for row in confusion([fault for fault in FAULTS if not options.ids or fault.id in options.ids]):
        show(row)
        found.append(row)
    print(summary(found))
    found_json = {"totals": totals(found), "rows": [row.to_json() for row in found]}
    options.json.write_text(json.dumps(found_json, indent=1) + "\n")
    return int(not all(row.right for row in found))


def rows(bench: Bench) -> Iterator[Line]:
    """One line for ``benchmarks/run.py``: the fraction of faults that are told from their twins."""
    start = time.process_time()
    found = list(confusion(FAULTS))
    seconds = time.process_time() - start
    caught = sum(row.right for row in found) / len(found)
    yield Line("seeded faults", "their corrected twins", seconds, None, caught, ">=", 1.0, summary(found))


def show(row: Row) -> None:
    """One fault: what refuted it, and what became of its twin."""
    print(f"{row.id:4} {MARK[row.right]}  {row.where}: {row.words}  ({row.seconds:.1f} s)")
    print(f"       faulty     refuted by {', '.join(without_functions(row.refuted_by)) or 'nothing'}")
    failed = f"FAILS {', '.join(row.false_alarms)}" if row.false_alarms else "fails none"
    print(f"       corrected  passes {len(row.passed)}, {failed}", flush=True)
    if row.errors:
        print(f"       ERRORS in {', '.join(row.errors)}", flush=True)


def totals(found: list[Row]) -> dict[str, float]:
    """Counts of the table."""
    return {
        "faults": len(found),
        "faulty_refuted": sum(bool(row.refuted_by) for row in found),
        "faulty_refuted_as_expected": sum(set(row.expected) <= set(without_functions(row.refuted_by)) for row in found),
        "corrected_refuted": sum(bool(row.false_alarms) for row in found),
        "invariants_run_on_corrected": sum(len(row.passed) + len(row.false_alarms) for row in found),
        "errors": sum(len(row.errors) for row in found),
        "seconds": sum(row.seconds for row in found),
    }


def summary(found: list[Row]) -> str:
    """The totals in words."""
    n = totals(found)
    return (
        f"{n['faulty_refuted']} of {n['faults']} faulty ones fail, {n['corrected_refuted']} of {n['faults']} corrected "
        f"ones fail; {n['invariants_run_on_corrected']} invariants ran on corrected ones, {n['errors']} errors; "
        f"{n['seconds']:.0f} s."
    )


if __name__ == "__main__":
    sys.exit(main())
