"""``python -m iltheory.proofs [THEOREM ... | all]``: print what is to be read side by side, or keep that it was."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from iltheory.claims.registry import catalogue
from iltheory.proofs.vetting import claim_text, keep_read, unvetted
from proofs_check.coq.development import SOURCES, statements


def main(words: Sequence[str], sources: Path = SOURCES) -> int:
    """Print what is to be read, or keep that it was; exit code 1 while something is left."""
    claims = catalogue()
    left = {str(statement): statement for statement in unvetted(claims.values(), sources)}
    unknown = sorted(set(words) - {str(statement) for statement in statements(sources)} - {"all"})
    if unknown:
        print(f"{', '.join(unknown)}: no theorem; Statements/ has them all", file=sys.stderr)
        return 2
    now = left.keys() if "all" in words else left.keys() & set(words)
    keep_read([left[name] for name in now], claims.values(), sources)
    for name, statement in left.items():
        if name not in now and statement.claim is not None:
            print(f"{name}\n\n{statement.text}\n\n{claim_text(claims[statement.claim])}\n{'-' * 80}")
    return int(now < left.keys())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
