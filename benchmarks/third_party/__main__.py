"""Print what the invariants find in imitation and stable-baselines3: `python -m benchmarks.third_party`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.third_party.adapters import third_party
from benchmarks.third_party.process import NoEnvironment
from benchmarks.third_party.report import known, run, table


def main(arguments: list[str] | None = None) -> int:
    """Run the adapters, or those that are named; print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", help="name of an adapter; several times for several")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="file for everything")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.only or ()) - set(known())
    if unknown:
        parser.error(f"there is no adapter {', '.join(sorted(unknown))}; they are {', '.join(known())}")
    try:
        found = run(third_party(), chosen.only, seed=chosen.seed, tell=lambda line: print(line, file=sys.stderr))
    except NoEnvironment as missing:
        print(missing, file=sys.stderr)
        return 2
    print(table(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found.to_json(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
