"""What there is to say of a game's table, for the terminal."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from sims.environments.atari import AtariTable


def atari_page(table: AtariTable, quotient: AtariTable, value: Fraction, path: Path) -> RenderableType:
    """Sizes, rewards, optimal value, where the table is."""
    spec = table.spec
    low, high = table.reward_range
    origin = ", ".join(f"{name} {value}" for name, value in table.provenance.items())
    page = Table(box=None, pad_edge=False, show_header=False)
    page.add_column(style="bold", no_wrap=True)
    page.add_column(overflow="fold")
    page.add_row("game", f"{spec.game}, horizon {spec.horizon}, frame skip {spec.frame_skip}, sticky {spec.sticky}")
    page.add_row("actions", ", ".join(spec.actions))
    page.add_row("start", ", ".join(spec.start) or "as reset")
    page.add_row("states", f"{table.n_states}, of which {quotient.n_states} differ in what can follow")
    page.add_row("of each step", ", ".join(str(last - first) for first, last in pairwise(table.layers.tolist())))
    page.add_row("outcomes", str(table.next_state.size))
    page.add_row("points a step", f"from {low} to {high}")
    page.add_row("optimal value", str(value) if value.denominator == 1 else f"{float(value):.6g}")
    page.add_row("made with", origin)
    page.add_row("file", f"{path}, {path.stat().st_size / 1024:.0f} kB")
    return page
