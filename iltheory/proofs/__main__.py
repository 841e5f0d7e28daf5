"""Print statements in Coq beside the claims whose ids they bear, or keep that they were read.

Usage: python -m iltheory.proofs [THEOREM ... | all]

Without names: print each pair that was not read as it is now. With names of theorems, such as Cloning.supervised, or
with all: keep that they were read, and that they say the same. Exit status 1 while something is left to be read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from iltheory.claims.registry import catalogue
from iltheory.proofs.vetting import claim_text, keep_read, unvetted
from proofs_check.coq.reading import SOURCES, statements


def main(words: Sequence[str], sources: Path = SOURCES) -> int:
    """Print what is to be read, or keep that it was; exit code 1 while something is left."""
    if {"-h", "--help"} & set(words):
        print(__doc__.strip())
        return 0
    claims, stated = catalogue(), {str(statement): statement for statement in statements(sources)}
    left = {str(statement): statement for statement in unvetted(claims.values(), sources)}
    unknown = sorted(set(words) - stated.keys() - {"all"})
    if unknown:
        print(f"{', '.join(unknown)}: no theorem; Statements/ has them all", file=sys.stderr)
        return 2
    now = left.keys() if "all" in words else left.keys() & set(words)
    keep_read([left[name] for name in now], claims.values(), sources)
    for name, statement in left.items():
        if name not in now and statement.claim is not None:
            print(f"{name}\n\n{statement.text}\n\n{claim_text(claims[statement.claim])}\n{'-' * 80}")
    if now < left.keys():
        return 1
    bearing = sum(statement.claim in claims for statement in stated.values())
    print(f"all {bearing} theorems that bear the id of a claim are read")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
