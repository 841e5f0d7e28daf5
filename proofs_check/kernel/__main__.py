"""``python -m proofs_check.kernel CERTIFICATE.json ...``: re-check certificates; exit code 1 if one is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from proofs_check.kernel.saddle import Refused, check


def main(paths: list[str]) -> int:
    """Check each file and say what it proves."""
    refused = 0
    for path in paths:
        try:
            lower, upper = check(json.loads(Path(path).read_text()))
        except (Refused, KeyError, ValueError, IndexError, TypeError, ArithmeticError) as problem:
            print(f"{path}: refused: {type(problem).__name__}: {problem}")
            refused += 1
        else:
            print(
                f"{path}: proved: the value lies in [{float(lower)!r}, {float(upper)!r}], gap {float(upper - lower):.3g}"
            )
    return 1 if refused or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
