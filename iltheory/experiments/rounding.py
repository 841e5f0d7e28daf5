"""Ends of rigorous enclosures as short text that still encloses."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal


def at_most(x: float, digits: int) -> str:
    """A number with so many significant digits that is no less."""
    return _rounded(x, ROUND_CEILING, digits)


def at_least(x: float, digits: int) -> str:
    """A number with so many significant digits that is no more."""
    return _rounded(x, ROUND_FLOOR, digits)


def _rounded(x: float, way: str, digits: int) -> str:
    return f"{float(Context(prec=digits, rounding=way).plus(Decimal(x))):.{digits}g}"
