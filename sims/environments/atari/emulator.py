"""The Arcade Learning Environment as a function of states: restore one, press something, look at what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import bare
from sims.environments.atari.errors import InvalidGame
from sims.errors import IltheoryError

SEED = 0
"""Seed of the emulator's generator, which fills the memory when a game is loaded."""

Screen = NDArray[np.uint8]


class Emulator:
    """One emulator with one game in it.

    The emulator's own sticky actions are switched off: whoever wants them plays them frame by frame.

    Parameters
    ----------
    game : name as ale-py has it (``space_invaders``) or as people write it (``SpaceInvaders``)

    Attributes
    ----------
    game : ale-py's name
    palette : uint8 ``[256, 3]``, red, green and blue of the colours seen so far

    Raises
    ------
    IltheoryError
        If ale-py is not installed.
    InvalidGame
        If there is no such game, or its ROM is missing or damaged.
    """

    def __init__(self, game: str) -> None:
        ale_py = _ale_py()
        self.game = find_game(game)
        self.rom = _rom(self.game)
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        self._codes: dict[str, int] = {name: action.value for name, action in ale_py.Action.__members__.items()}
        self._state: Any = ale_py.ALEState
        self._ale: Any = ale_py.ALEInterface()
        self._ale.setInt("random_seed", SEED)
        self._ale.setFloat("repeat_action_probability", 0.0)
        self._ale.setInt("frame_skip", 1)
        self._ale.loadROM(str(self.rom))
        self._ale.reset_game()  # as Gymnasium does, so that its first state is ours
        self._fresh = self.save()
        self.palette = np.zeros((256, 3), dtype=np.uint8)
        self._seen = np.zeros(256, dtype=np.bool_)

    def actions(self, among: str) -> tuple[str, ...]:
        """Names of the ``minimal`` or the ``full`` set of actions."""
        actions = self._ale.getMinimalActionSet() if among == "minimal" else self._ale.getLegalActionSet()
        return tuple(action.name for action in actions)

    def reset(self) -> None:
        """Begin as a game that was just loaded and reset."""
        self.restore(self._fresh)

    def save(self) -> bytes:
        """Everything that the future depends on, the emulator's generator included."""
        state: bytes = self._ale.cloneSystemState().serialize()
        return state

    def restore(self, state: bytes) -> None:
        """Go back to a saved state."""
        self._ale.restoreSystemState(self._state(state))

    def play(self, action: str, frames: int) -> int:
        """Hold an action down for some frames; the sum of rewards. Nothing happens once the game is over."""
        code, reward = self._codes[action], 0
        for _ in range(frames):
            reward += self._ale.act(code)
        return reward

    def play_all(self, inputs: Iterable[tuple[str, int]]) -> list[int]:
        """Play (action, frames) one after the other; the reward of each."""
        return [self.play(action, frames) for action, frames in inputs]

    @property
    def over(self) -> bool:
        """Whether the game is over; losing a life does not end it."""
        return bool(self._ale.game_over(with_truncation=False))

    @property
    def lives(self) -> int:
        """Lives left."""
        return int(self._ale.lives())

    def screen(self) -> Screen:
        """Palette indices ``[210, 160]`` (or 250 lines) of the last frame; its colours enter the palette."""
        screen: Screen = self._ale.getScreen()
        if not self._seen[screen].all():
            self.palette[screen] = self._ale.getScreenRGB()
            self._seen[screen] = True
        return screen

    def rgb(self) -> Screen:
        """Red, green and blue ``[210, 160, 3]`` of the last frame."""
        screen: Screen = self._ale.getScreenRGB()
        return screen


def find_game(name: str) -> str:
    """ale-py's name of a game, whatever its capitals and underscores.

    Raises
    ------
    InvalidGame
        If there is none; the message has the nearest names.
    """
    from ale_py import roms

    known = {bare(id): id for id in roms.get_all_rom_ids()}
    if not isinstance(name, str) or bare(name) not in known:
        near = [known[match] for match in get_close_matches(bare(str(name)), known, n=3)]
        advice = f"Did you mean {' or '.join(near)}?" if near else "ale_py.roms.get_all_rom_ids() lists them."
        raise InvalidGame(f"ale-py has no game {name!r}.\n  {advice}")
    return known[bare(name)]


def provenance(game: str) -> dict[str, str]:
    """What else a table of a game depends on."""
    return {
        "ale-py": _ale_py().__version__,
        "rom md5": hashlib.md5(_rom(game).read_bytes(), usedforsecurity=False).hexdigest(),
        "random seed": str(SEED),
        "mode and difficulty": "0",
    }


def _rom(game: str) -> Path:
    from ale_py import roms

    try:
        path = roms.get_rom_path(game)
    except OSError as error:
        raise InvalidGame(
            f"the ROM of {game} is missing or damaged: {error}.\n  pip install --force-reinstall ale-py, or unset "
            "ALE_ROMS_DIR."
        ) from error
    assert path is not None, "find_game knows the names"
    return path


def _ale_py() -> Any:
    try:
        return import_module("ale_py")
    except ImportError as error:
        raise IltheoryError("ale-py is not installed: pip install 'iltheory[envs]'") from error
