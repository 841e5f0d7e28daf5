"""The errors of this room."""

from __future__ import annotations

from sims.environments.errors import InvalidEnvironment
from sims.errors import IltheoryError


class InvalidTable(IltheoryError):
    """A file or folder that holds no table, a damaged one, or one of something else."""


class InvalidGame(InvalidEnvironment):
    """A game, an action or another option of a table that does not exist, or an emulator that is not installed."""


class TooManyStates(IltheoryError):
    """A game has more states within the horizon than it may have."""


class BuildFailed(IltheoryError):
    """A build that stopped: a worker died or the disk refused. What was finished is kept."""
