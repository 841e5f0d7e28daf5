"""Have Coq compare each theorem with its statement, and list what it assumes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from proofs_check.coq.programs import COMPILE, Run, said, side_by_side
from proofs_check.coq.reading import Statement
from proofs_check.coq.refusals import REALS
from proofs_check.coq.sentences import LIBRARY, Broken

CLOSED = "Closed under the global context"

Group = Sequence[Statement]


def audit(folder: Path, stated: Sequence[Statement], *, jobs: int) -> list[tuple[str, ...]]:
    """Return what the theorem of each statement assumes.

    Theorems that may assume nothing are asked about as one: what any of them assumes, all of them do. Coq follows
    what they have in common, which is most of it, once.

    Parameters
    ----------
    folder : where they are compiled
    jobs : programs of Coq to run at the same time

    Raises
    ------
    Broken
        If a theorem proves something else, or assumes what it may not.
    """
    closed = [statement for statement in stated if not statement.reals]
    about_reals = [statement for statement in stated if statement.reals]
    together, *axioms = _assumed(folder, [closed, *([statement] for statement in about_reals)], jobs)
    if together:
        axioms += _assumed(folder, [[statement] for statement in closed], jobs)
    found = dict.fromkeys(stated, ()) | dict(zip([*about_reals, *closed], axioms, strict=False))
    for statement in stated:
        _allow(statement, found[statement])
    return [found[statement] for statement in stated]


def _allow(statement: Statement, axioms: tuple[str, ...]) -> None:
    unproved = sorted(set(axioms) - (REALS if statement.reals else set()))
    if unproved:
        allowed = "" if statement.reals else " (only statements about Definitions/Reals.v may use axioms)"
        raise Broken(f"{statement} assumes {', '.join(unproved)}{allowed}.")


def _assumed(folder: Path, groups: Sequence[Group], jobs: int) -> list[tuple[str, ...]]:
    """What the theorems of each group assume, asked of some programs, each about its part of the groups."""
    parts = [groups[first::jobs] for first in range(min(jobs, len(groups)))]
    with side_by_side(jobs) as (pool, run):
        asked = [pool.submit(_answers, run, folder, part) for part in parts]
        answers = [iter(answer.result()) for answer in asked]
    return [next(answers[number % jobs]) for number in range(len(groups))]


def _answers(run: Run, folder: Path, groups: Sequence[Group]) -> list[tuple[str, ...]]:
    mark = secrets.token_hex(16)  # nothing that a file has Coq print can end a group's part
    with TemporaryDirectory() as apart:
        question, lines = Path(apart) / "Audit.v", _question(groups, mark)
        question.write_text("\n".join(lines), encoding="utf-8")
        try:
            printed = said(run(folder, *COMPILE, str(question)))
        except Broken as problem:
            line = re.search(r'Audit\.v", line (\d+)', str(problem))
            asked = lines[int(line[1]) - 1].strip(" ,") if line else "a theorem"
            raise Broken(f"{asked} does not hold; prove the statement, under its name.\n{problem}") from None
    _, *parts = printed.split(f"{mark}\n")
    return [assumptions(part) for _, part in zip(groups, parts, strict=True)]


def _question(groups: Sequence[Group], mark: str) -> list[str]:
    """A file in which a theorem stands where its statement is asked for, and each group of theorems is one term."""
    subjects = dict.fromkeys(statement.subject for group in groups for statement in group)
    lines = [f"From {LIBRARY}.{room} Require {subject}." for subject in subjects for room in ("Statements", "Proofs")]
    for number, group in enumerate(groups):
        theorems = [f"({LIBRARY}.Proofs.{s} : {LIBRARY}.Statements.{s})" for s in group]
        lines += [f"Definition group_{number} := (tt", *(f"  , {theorem}" for theorem in theorems), ")."]
        lines.append(f'Goal True. idtac "{mark}". Abort.')
        lines.append(f"Print Assumptions group_{number}.")
    return [*lines, ""]


def assumptions(printed: str) -> tuple[str, ...]:
    """Read what ``Print Assumptions`` printed of a term: axioms, and checks that are off; none if it is closed."""
    if printed.strip() == CLOSED:
        return ()
    entries = (line for line in printed.splitlines() if line and not line[0].isspace() and line != "Axioms:")
    return tuple(sorted(re.sub(r"\s*:.*", "", entry) for entry in entries)) or (printed.strip(),)
