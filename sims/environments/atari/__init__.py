"""Games of the Arcade Learning Environment as exact finite decision processes.

`tabulate` makes the table of a game with ale-py; `load` reads one from a file, or one of those that are `shipped`,
without it. `merged` joins the states that no future tells apart.
"""

from __future__ import annotations

from sims.environments.atari.build import tabulate
from sims.environments.atari.errors import BuildFailed, InvalidGame, InvalidTable, TooManyStates
from sims.environments.atari.file import find, load, save, shipped
from sims.environments.atari.merging import Merged, merged
from sims.environments.atari.table import AtariTable

__all__ = [
    "AtariTable",
    "BuildFailed",
    "InvalidGame",
    "InvalidTable",
    "Merged",
    "TooManyStates",
    "find",
    "load",
    "merged",
    "save",
    "shipped",
    "tabulate",
]
