"""``python -m proofs_check.kernel FILE...``: say what each certificate proves; exit code 1 if one proves nothing."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from proofs_check.kernel import saddle, statements
from proofs_check.kernel.reading import Refused, parse


def check(text: str | bytes) -> str:
    """Say what a certificate proves, or raise ``Refused``."""
    checks = {"iltheory-saddle/1": saddle.check, "iltheory-statements/1": statements.check}
    try:
        data = parse(text)
        if data.get("schema") not in [*checks]:
            raise Refused(f'"schema" is {data.get("schema", "lacking")!s:.60}; it must be {" or ".join(checks)}')
        return checks[data["schema"]](data)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as problem:
        raise Refused(f"the file makes no sense: {type(problem).__name__}: {problem}") from problem


def main(arguments: list[str]) -> int:
    """Check each file and print what it proves, or what fails: one line of ASCII, whatever the file holds."""
    parser = ArgumentParser("python -m proofs_check.kernel", description="Say what each certificate proves.")
    parser.add_argument("FILE", nargs="+", help="a certificate as JSON")
    refused = False
    for path in parser.parse_args(arguments).FILE:
        try:
            said = f"valid: {check(Path(path).read_bytes())}"
        except (Refused, OSError) as problem:
            said, refused = f"refused: {problem}"[:2000], True
        print("".join(c if " " <= c <= "~" else ascii(c)[1:-1] for c in f"{path}: {said}"))
    return int(refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
