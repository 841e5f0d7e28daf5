"""What is proved, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.proofs import Theorem
from iltheory.proofs.theorem import ALL, SHAPE


def proofs_page(theorems: Sequence[Theorem], kept: Sequence[str], skipped: Sequence[str]) -> RenderableType:
    """A row a theorem: its claim, rung, seconds and assumptions; then what is known from earlier, or was skipped.

    Axioms that some theorems assume are named once, below the table.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("claim", "rung", "theorem", "seconds", "assumptions"):
        table.add_column(column, overflow="fold", justify="right" if column == "seconds" else "left")
    axioms = list(dict.fromkeys(theorem.assumptions for theorem in theorems if theorem.assumptions))
    for theorem in theorems:
        assumed = f"axioms {axioms.index(theorem.assumptions) + 1}" if theorem.assumptions else "none"
        table.add_row(theorem.claim or "(foundation)", theorem.verdict, theorem.name, f"{theorem.seconds:.1f}", assumed)
    general, shaped = (
        {theorem.claim for theorem in theorems if theorem.claim and theorem.rung == rung} for rung in (ALL, SHAPE)
    )
    foundations = sum(theorem.claim is None for theorem in theorems)
    total = Text(
        f"Claims proved for all finite models: {len(general)}; for some shapes only: {len(shaped - general)}; "
        f"foundations: {foundations}."
    )
    listed = (Text(f"axioms {number}: {', '.join(names)}") for number, names in enumerate(axioms, 1))
    return Group(
        table, *listed, total, *map(Text, kept), *(Text(f"skipped: {line}", style="yellow") for line in skipped)
    )
