"""What is proved, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.proofs import Theorem, citation
from iltheory.proofs.theorem import ALL, SHAPE
from iltheory.reporting.names import Name, longest_part


def proofs_page(
    theorems: Sequence[Theorem], earlier: Sequence[Theorem], said: Sequence[str], skipped: Sequence[str]
) -> RenderableType:
    """A row a theorem: its claim, rung, seconds and assumptions; then what is known from earlier, or was skipped.

    Axioms that some theorems assume are named once, below the table.

    Parameters
    ----------
    theorems : checked now, or by the Coq that is installed
    earlier : those in Coq that the ledger holds of these sources, where there is no Coq to check them now
    said : lines to print, too
    skipped : why theorems were not checked
    """
    axioms = list(dict.fromkeys(theorem.assumptions for theorem in (*theorems, *earlier) if theorem.assumptions))
    parts: list[RenderableType] = [_table(theorems, axioms), Text(_totals(theorems))] if theorems else []
    parts += [Text(line) for line in said]
    parts += [Text(f"skipped: {line}", style="yellow") for line in skipped]
    if earlier:
        by = " or ".join(dict.fromkeys(theorem.checker for theorem in earlier))
        head = f"\nNot checked now, but earlier, from these very sources, by {by}; the ledger keeps them:\n"
        parts += [Text(head), _table(earlier, axioms), Text(_totals(earlier))]
    parts += [Text(f"axioms {number}: {', '.join(names)}") for number, names in enumerate(axioms, 1)]
    sentence = citation(theorems)
    return Group(*parts, *([Text(f"To cite: {sentence}")] if sentence else []))


def _table(theorems: Sequence[Theorem], axioms: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    ids = [theorem.claim or "(foundation)" for theorem in theorems]
    names = [theorem.name for theorem in theorems if theorem.rung == ALL]
    table.add_column("claim", min_width=longest_part(ids))
    table.add_column("rung")
    table.add_column("theorem", min_width=longest_part(names))
    table.add_column("seconds", justify="right")
    table.add_column("assumptions")
    for id, theorem in zip(ids, theorems, strict=True):
        assumed = f"axioms {axioms.index(theorem.assumptions) + 1}" if theorem.assumptions else "none"
        name = Name(theorem.name) if theorem.rung == ALL else theorem.name
        table.add_row(Name(id), theorem.verdict, name, f"{theorem.seconds:.1f}", assumed)
    return table


def _totals(theorems: Sequence[Theorem]) -> str:
    general, shaped, assuming = (
        {theorem.claim for theorem in theorems if theorem.claim and chosen(theorem)}
        for chosen in (
            lambda theorem: theorem.rung == ALL,
            lambda theorem: theorem.rung == SHAPE,
            lambda theorem: bool(theorem.assumptions),
        )
    )
    foundations = sum(theorem.claim is None for theorem in theorems)
    axioms = f" ({len(assuming)} of them from the axioms of Coq's real numbers)" if assuming else ""
    return (
        f"Claims proved for all finite models: {len(general)}{axioms}; for some shapes only: {len(shaped - general)}; "
        f"foundations: {foundations}."
    )
