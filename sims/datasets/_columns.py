"""What both layouts of `imitation` hold, laid out flat."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Columns(NamedTuple):
    """The columns of n trajectories, n_steps in all, each in one array."""

    obs: Array
    """(n_steps + n, ...)"""
    acts: Array
    """(n_steps, ...)"""
    rews: Array | None
    """(n_steps,)"""
    terminal: Array
    """(n,) bool"""
    infos: list[str] | None
    """n_steps JSON texts; None if they were not read"""
    offsets: Array
    """(n + 1,), where each trajectory starts in `acts`"""
