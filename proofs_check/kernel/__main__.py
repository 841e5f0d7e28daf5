"""``python -m proofs_check.kernel CERTIFICATE.json ...``: re-check certificates; exit code 1 if one is refused."""

from __future__ import annotations

import sys
from pathlib import Path

from proofs_check.kernel.reading import Refused, parse, show_interval
from proofs_check.kernel.saddle import check


def main(paths: list[str]) -> int:
    """Check each file and say what it proves."""
    if not paths:
        print(__doc__)
        return 1
    refused = 0
    for path in paths:
        try:
            proof = check(parse(Path(path).read_text("utf-8")))
            bounds = show_interval(proof.lower, proof.upper)
        except (Refused, OSError, UnicodeDecodeError, OverflowError) as problem:
            print(f"{path}: refused: {problem}")
            refused += 1
        else:
            print(f"{path}: proved: the value lies in {bounds} ({proof.game})")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
