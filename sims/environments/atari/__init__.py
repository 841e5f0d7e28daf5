"""Games of the Arcade Learning Environment as exact finite decision processes.

`tabulate` makes the table of a game with ale-py; `load` reads one from a file, or one of those that are `shipped`,
without it. `merged` is the smallest model with the same values.
"""

from __future__ import annotations

from sims.environments.atari.build import tabulate
from sims.environments.atari.errors import BuildFailed, InvalidGame, InvalidTable, TooManyStates
from sims.environments.atari.file import load, save, shipped
from sims.environments.atari.table import AtariTable

__all__ = [
    "AtariTable",
    "BuildFailed",
    "InvalidGame",
    "InvalidTable",
    "TooManyStates",
    "load",
    "save",
    "shipped",
    "tabulate",
]
