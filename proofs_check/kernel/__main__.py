"""``python -m proofs_check.kernel FILE...``: say what each certificate proves; exit code 1 if one proves nothing."""

import sys
from pathlib import Path

from proofs_check.kernel import saddle, statements
from proofs_check.kernel.reading import Refused, parse


def check(text: str | bytes) -> str:
    """Say what a certificate proves, or raise ``Refused``."""
    checks = {"iltheory-saddle/1": saddle.check, "iltheory-statements/1": statements.check}
    try:
        data = parse(text)
        return checks[data["schema"]](data)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as problem:
        raise Refused(f"the file makes no sense: {type(problem).__name__}: {problem}") from problem


def main(paths: list[str]) -> int:
    """Check each file and print what it proves, or what fails."""
    refused = not paths
    for path in paths:
        try:
            said = f"valid: {check(Path(path).read_bytes())}"
        except (Refused, OSError) as problem:
            said, refused = str(problem).splitlines()[0], True
        print(f"{path}: {said}")
    return int(refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
