"""Arguments of strategies, read once."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from numbers import Rational
from typing import Any

from iltheory.claims.domains import Box
from sims import LinearMDP, TabularMDP
from sims.errors import InvalidArgument, require


def check_count(name: str, n: Any) -> None:
    """Raise unless ``n`` is a whole number from 1 on."""
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise InvalidArgument(f"{name}={n!r} must be a whole number, at least 1.")


def check_law(deterministic: bool, full_support: bool) -> None:
    """Raise if distributions are to have all mass on one outcome and some on each."""
    if deterministic and full_support:
        raise InvalidArgument("deterministic=True and full_support=True exclude each other; give one of them.")


def read_range(name: str, ends: Any) -> Box:
    """Read the smallest and the largest of some numbers."""
    if not isinstance(ends, tuple | list) or len(ends) != 2:
        raise InvalidArgument(f"{name}={ends!r:.60} must be the smallest and the largest number, such as (0, 1).")
    low, high = (_read_exact(name, x) for x in ends)
    if low > high:
        raise InvalidArgument(f"{name}=({low}, {high}) is empty; give the smaller number first.")
    return Box(low, high)


def read_discounts(discounts: Iterable[Any]) -> tuple[Fraction, ...]:
    """Read exact discounts."""
    found = tuple(_read_exact("discounts", x) for x in discounts)
    if not found or not all(0 <= gamma < 1 for gamma in found):
        raise InvalidArgument(f"discounts={discounts!r:.80} must be exact numbers in [0, 1), at least one.")
    return found


def read_model(mdp: Any) -> TabularMDP:
    """Read one model, no batch; a linear one in its tables."""
    if isinstance(mdp, LinearMDP):
        return mdp.tabular()
    require("mdp", mdp, TabularMDP, "one drawn by finite_mdps()")
    model: TabularMDP = mdp
    if model.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {model.batch_shape}; give one model, mdp.select(i).")
    return model


def _read_exact(name: str, x: Any) -> Fraction:
    if not isinstance(x, Rational):
        raise InvalidArgument(f"{name} holds {x!r:.60}; give exact numbers, integers or Fractions.")
    return Fraction(x)
