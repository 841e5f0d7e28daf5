"""What experiments on exact Atari tables share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.experiments.experiment import Cell, Finding, Outcome
from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

NOISE = Fraction(1, 8)
"""Probability that a game hears a random action in place of the one it is told."""

HARD_OF_HEARING = Finding(
    f"Games hear a uniformly random action with probability {NOISE}. Without that a game follows one demonstration for "
    "ever, and there is nothing to learn; the noisy game is as exact."
)
"""What reports say of them."""


def game(name: str, horizon: int) -> TabularMDP:
    """The first steps of a shipped table, exact, with the whole table's range of rewards mapped onto [0, 1]."""
    from sims.environments import atari

    table = atari.load(name)
    low, high = table.reward_range
    mdp = table.until(horizon).mdp()
    return mdp.with_rewards((mdp.rewards() - low) / (high - low))


def noisy_game(name: str, horizon: int) -> TabularMDP:
    """The same game hard of hearing: at each step it hears a uniformly random action with probability ``NOISE``.

    Its states are those of the table, which are closed under all actions, so it is exact, too. Without noise a game
    follows one demonstration for ever, and there is nothing to learn.
    """
    mdp = game(name, horizon)
    transitions = mdp.transitions
    assert isinstance(transitions, DeterministicTransitions) and mdp.horizon is not None
    n, k = transitions.next_state.shape
    heard = (1 - NOISE) * ar.asarray(np.eye(k, dtype=np.int64)) + NOISE / k  # [told, heard]
    following = np.repeat(transitions.next_state, k, axis=0).ravel()  # rows (s, told), entries heard
    P = SparseTransitions(np.arange(0, n * k * k + 1, k), following, ar.reshape(ar.stack([heard] * n), (-1,)), n, k)
    r = ar.einsum("th,...sh->...st", heard, mdp.rewards())
    return TabularMDP(P, r, mdp.mu, horizon=mdp.horizon, terminal=mdp.terminal)


def verdict(claim: str, mdp: TabularMDP, expert: Numbers, learner: Numbers) -> tuple[ar.Comparison, str]:
    """Both sides of a claim in intervals, and ``holds``, ``refuted`` or ``undecided``."""
    from iltheory.claims.registry import catalogue

    found = catalogue()[claim]
    comparison = found.evaluate(found.convert(found.bind(mdp, expert, learner), ar.INTERVAL))
    return comparison, {ar.HOLDS: "holds", ar.REFUTED: "refuted"}.get(int(comparison.verdicts), "undecided")


def counted(words: Sequence[str]) -> str:
    """Verdicts by their numbers."""
    return ", ".join(f"{words.count(word)} {word}" for word in ("holds", "undecided", "refuted"))


def grid(**axes: Sequence[Any]) -> list[Cell]:
    """All combinations of some settings."""
    cells: list[dict[str, Any]] = [{}]
    for name, values in axes.items():
        cells = [{**cell, name: value} for cell in cells for value in values]
    return list(cells)


HORIZONS = {
    "breakout": (6, 8, 10, 12, 14),
    "freeway": (10, 12, 14, 16),
    "pong": (16, 20, 24, 28),
    "space_invaders": (4, 5, 6, 7),
}
"""Steps within which each game pays something."""


def horizons(*, seeds: int) -> list[Cell]:
    """All games and horizons, so many times each."""
    return [
        cell for table, steps in HORIZONS.items() for cell in grid(table=(table,), horizon=steps, seed=range(seeds))
    ]


def groups(outcomes: Sequence[Outcome], *names: str) -> dict[tuple[Any, ...], list[Outcome]]:
    """Outcomes by the values of some settings, in the order of these values."""
    found: dict[tuple[Any, ...], list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(tuple(outcome.cell[name] for name in names), []).append(outcome)
    return dict(sorted(found.items()))
