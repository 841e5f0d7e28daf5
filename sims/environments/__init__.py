"""Worlds that other libraries define, as exact tables.

`gymnasium_table` reads the transition table of a Gymnasium environment, `read_gymnasium` does the same and
keeps what is known of its origin, `from_seals` takes the arrays of a `seals` tabular environment. Gymnasium
is imported on use.
"""

from __future__ import annotations

from sims.environments.errors import InvalidEnvironment
from sims.environments.gymnasium import GymnasiumTable, gymnasium_table, read_gymnasium
from sims.environments.seals import from_seals

__all__ = [
    "GymnasiumTable",
    "InvalidEnvironment",
    "from_seals",
    "gymnasium_table",
    "read_gymnasium",
]
