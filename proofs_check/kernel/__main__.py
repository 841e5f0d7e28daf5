"""``python -m proofs_check.kernel FILE...``: say what each certificate proves; exit code 1 if one proves nothing."""

import sys
from pathlib import Path
from typing import Any

from proofs_check.kernel import programmes, saddle, statements
from proofs_check.kernel.reading import Refused, parse

CHECKS = {"saddle": saddle.check, "statements": statements.check, "programme": programmes.check}


def check(text: str | bytes) -> Any:
    """Say what a certificate proves, or raise ``Refused``."""
    try:
        data = parse(text)
        return {f"iltheory-{name}/1": check for name, check in CHECKS.items()}[data["schema"]](data)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as problem:
        raise Refused(f"the file makes no sense: {type(problem).__name__}: {problem}") from problem


def main(paths: list[str]) -> int:
    """Check each file and print what it proves, or what fails."""
    refused = not paths
    for path in paths:
        try:
            print(f"{path}: valid: {check(Path(path).read_bytes())}")
        except (Refused, OSError) as problem:
            print(f"{path}: {str(problem).splitlines()[0]}")
            refused = True
    return int(refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
