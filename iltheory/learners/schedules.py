"""How often the expert acts while DAgger and AggreVaTe gather data: ``beta(i)`` at iteration i, from 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.tabular.reading import read_scalar

Schedule = Callable[[int], Any]
"""From the iteration to the probability of acting as the expert at a step."""


def never(i: int) -> int:
    """The learner always acts."""
    return 0


def at_first(i: int) -> int:
    """The expert gathers the data of the first iteration, the learner all others: ``I(i = 1)``."""
    return int(i == 1)


def geometric(alpha: Any) -> Schedule:
    """``beta_i = (1 - alpha)^(i-1)``, the schedule of the theorems of DAgger and AggreVaTe.

    Parameters
    ----------
    alpha : share of the expert's actions handed over at each iteration, in [0, 1]

    Raises
    ------
    InvalidArgument
        If it is none.
    """
    share = read_scalar("alpha", alpha, InvalidArgument)
    if not np.all((ar.compare(share, ">=", 0) == 1) & (ar.compare(share, "<=", 1) == 1)):
        raise InvalidArgument(f"alpha={alpha}: a share must lie in [0, 1].")
    return lambda i: (1 - alpha) ** (i - 1)
