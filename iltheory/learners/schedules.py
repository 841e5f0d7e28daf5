"""How often the expert acts while DAgger and AggreVaTe gather data: ``beta(i)`` at iteration i, from 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Schedule = Callable[[int], Any]
"""From the iteration to the probability of acting as the expert at a step."""


def never(i: int) -> int:
    """The learner always acts."""
    return 0


def at_first(i: int) -> int:
    """The expert gathers the data of the first iteration, the learner all others: ``I(i = 1)``."""
    return int(i == 1)


def geometric(alpha: Any) -> Schedule:
    """``beta_i = (1 - alpha)^(i-1)``, the schedule of the theorems of DAgger and AggreVaTe."""
    return lambda i: (1 - alpha) ** (i - 1)
