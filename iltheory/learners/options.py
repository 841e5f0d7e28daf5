"""Reading the arguments of learners: what is of another kind than it should be is named at once."""

from __future__ import annotations

from fractions import Fraction
from math import inf
from reprlib import repr as short
from typing import Any

from sims import TabularMDP
from sims.errors import InvalidArgument, require


def require_model(mdp: Any) -> None:
    """Raise ``InvalidArgument`` unless an argument is a model."""
    require("mdp", mdp, TabularMDP, "TabularMDP(P, r, mu, horizon=H): it and the expert may have changed places")


def positive(name: str, x: Any) -> float:
    """Read a positive, finite number as a float, or raise ``InvalidArgument``."""
    if not isinstance(x, int | float | Fraction) or not 0 < x < inf:
        raise InvalidArgument(f"{name}={short(x)} must be a positive number.")
    return float(x)


def require_rule(name: str, x: Any, example: str) -> None:
    """Raise ``InvalidArgument`` unless an argument can be called with the number of an iteration."""
    if not callable(x):
        raise InvalidArgument(f"{name}={short(x)} must be a function of the iteration, such as {example}.")
