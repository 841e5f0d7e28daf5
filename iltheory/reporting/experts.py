"""Experts and their returns, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

if TYPE_CHECKING:
    from sims.datasets import Trajectories
    from sims.environments.experts import Card, Evaluation, Expert


def experts_table(cards: Sequence[Card]) -> RenderableType:
    """One row an expert: its returns with their intervals, and how it was made."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("expert", "return", "with noise", "made by", "steps"):
        table.add_column(name, no_wrap=name != "made by", justify="right" if name == "steps" else "left")
    for card in cards:
        method = card.method.partition(":")[0].partition(", observations")[0]
        table.add_row(card.id, _short(card.deterministic), _short(card.stochastic), method, f"{card.steps:,}")
    table.caption = (
        "mean return with its 95 % interval, to the environment's own time limit\n"
        "games: experts.game_expert(NAME) solves a shipped table exactly; iltheory tabulate makes others"
    )
    table.caption_justify = "left"
    return table


def card_page(card: Card) -> RenderableType:
    """Everything on a card but the single returns."""
    spaces = card.spaces
    actions = f"{spaces.n_actions} numbered" if spaces.discrete else f"{spaces.action_shape[0]} numbers"
    page = _page()
    page.add_row("expert", card.id)
    page.add_row("world", f"{card.environment}: {spaces.observation_shape[0]} numbers observed, actions {actions}")
    page.add_row("return", _long(card.deterministic))
    page.add_row("with noise", _long(card.stochastic))
    page.add_row("interval", card.deterministic.interval)
    page.add_row("made by", card.method)
    page.add_row("steps, time", f"{card.steps:,} steps of the environment, {card.seconds:.0f} s, seed {card.seed}")
    page.add_row("again by", card.command)
    page.add_row("versions", ", ".join(f"{name} {version}" for name, version in card.versions.items()))
    page.add_row("SHA-256", card.sha256)
    return page


def roll_page(
    expert: Expert, found: Evaluation, trajectories: Trajectories, *, stochastic: bool, out: Path | None
) -> RenderableType:
    """Returns of episodes beside those of the card."""
    page = _page()
    if expert.card is not None:
        page.add_row("expert", f"{expert.card.id}, {'with noise' if stochastic else 'deterministic'}")
        page.add_row("card", _long(expert.card.stochastic if stochastic else expert.card.deterministic))
    page.add_row("here", _long(found))
    terminated, lengths = int(trajectories.terminated.sum()), trajectories.lengths
    page.add_row("lengths", f"from {lengths.min()} to {lengths.max()} steps, {terminated} of {len(lengths)} terminated")
    if out is not None:
        page.add_row("written", str(out))
    return page


def _page() -> Table:
    page = Table(box=None, pad_edge=False, show_header=False)
    page.add_column(style="bold", no_wrap=True)
    page.add_column(overflow="fold")
    return page


def _short(made: Evaluation) -> str:
    return f"{made.mean:,.1f} [{made.low:,.1f}, {made.high:,.1f}]"


def _long(made: Evaluation) -> str:
    least, most, n = min(made.returns), max(made.returns), len(made.returns)
    return f"{_short(made)}, {n} episodes from {least:,.1f} to {most:,.1f}"
