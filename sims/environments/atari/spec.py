"""What a table is a table of: the game and how it is played."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from sims.environments.atari import emulator
from sims.environments.atari.errors import InvalidGame
from sims.errors import InvalidArgument

ActionSet = Literal["minimal", "full"]


@dataclass(frozen=True)
class Spec:
    """A game and how it is played.

    Attributes
    ----------
    game : the emulator's name of it
    horizon : number of decisions
    frame_skip : frames between decisions
    actions : names of the actions, in the order of the model's
    sticky : probability that a frame repeats the action of the frame before
    start : actions played before the first decision, ``frame_skip`` frames each
    """

    game: str
    horizon: int
    frame_skip: int
    actions: tuple[str, ...]
    sticky: Fraction
    start: tuple[str, ...]

    @property
    def outcomes(self) -> int:
        """How many things an action can lead to: one for each frame at which it may be heard, and for never."""
        return 1 if self.sticky == 0 else self.frame_skip + 1

    def as_json(self) -> dict[str, Any]:
        """The same in types that JSON has."""
        return {**asdict(self), "sticky": str(self.sticky), "actions": list(self.actions), "start": list(self.start)}

    @staticmethod
    def from_json(document: dict[str, Any]) -> Spec:
        """Read what :meth:`as_json` wrote."""
        return Spec(
            game=str(document["game"]),
            horizon=int(document["horizon"]),
            frame_skip=int(document["frame_skip"]),
            actions=tuple(map(str, document["actions"])),
            sticky=Fraction(document["sticky"]),
            start=tuple(map(str, document["start"])),
        )


def read_spec(game: str, *, horizon: Any, frame_skip: Any, actions: Any, sticky: Any, start: Any) -> Spec:
    """Check the arguments of :func:`~sims.environments.atari.tabulate`.

    Raises
    ------
    InvalidGame, InvalidArgument
    """
    for name, number in (("horizon", horizon), ("frame_skip", frame_skip)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise InvalidArgument(f"{name}={number!r}: must be an integer, at least 1.")
    if actions not in ("minimal", "full"):
        raise InvalidArgument(f"actions={actions!r}: must be 'minimal' (those the game answers to) or 'full' (all 18).")
    emulated = emulator.Emulator(game)
    known = emulated.actions("full")
    if isinstance(start, str):
        raise InvalidArgument(f"start={start!r}: must be a list of names of actions, such as ['FIRE', 'NOOP'].")
    for name in start:
        if name not in known:
            raise InvalidGame(f"start: {emulated.game} has no action {name!r}; there are {', '.join(known)}.")
    return Spec(emulated.game, horizon, frame_skip, emulated.actions(actions), _probability(sticky), tuple(start))


def _probability(sticky: Any) -> Fraction:
    try:
        p = Fraction(str(sticky) if isinstance(sticky, float | np.floating) else sticky)  # 0.1 is meant as 1/10
    except (TypeError, ValueError, OverflowError):
        p = Fraction(-1)
    if not 0 <= p < 1:
        raise InvalidArgument(f"sticky={sticky!r}: must be a probability from 0 to below 1, such as Fraction(1, 4).")
    return p
