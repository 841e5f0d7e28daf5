"""What can go wrong between number systems."""

from __future__ import annotations

from sims.errors import IltheoryError


class MixedArithmetic(IltheoryError, TypeError):
    """Numbers of two systems met in one formula, for instance a float in exact rational arithmetic."""


class NotRepresentable(IltheoryError, ArithmeticError):
    """A function or value leaves the number system, for instance a logarithm of rationals."""


class UndecidedComparison(IltheoryError, ArithmeticError):
    """A truth value was asked of a comparison that the enclosures leave open."""


class NotSingle(IltheoryError, TypeError):
    """One number, or one truth value, was asked of an array of several."""


class NotANumber(IltheoryError, TypeError):
    """An operand is of no number system."""
