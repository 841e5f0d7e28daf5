"""What the numbers of a parameter may be: what a search may move them to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Rows:
    """Distributions along the last axis.

    Attributes
    ----------
    deterministic : whether each puts all its mass on one entry
    """

    deterministic: bool = False


@dataclass(frozen=True)
class Box:
    """Numbers in [low, high].

    Attributes
    ----------
    low, high : the ends
    ends_only : whether nothing between them is allowed
    """

    low: int | Fraction
    high: int | Fraction
    ends_only: bool = False


Domain = Rows | Box
