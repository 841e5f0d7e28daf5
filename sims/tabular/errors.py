"""What can be wrong with a model or a policy."""

from __future__ import annotations

from sims.errors import IltheoryError


class InvalidModel(IltheoryError, ValueError):
    """The arrays do not describe a decision process."""


class InvalidPolicy(IltheoryError, ValueError):
    """The array is no policy of this model."""


class InvalidOccupancy(IltheoryError, ValueError):
    """The array has not the shape of an occupancy of this model."""


class InvalidMixture(IltheoryError, ValueError):
    """The policies and weights describe no mixture."""


class TooLarge(IltheoryError, MemoryError):
    """A table would not fit in memory."""


class IllConditioned(IltheoryError, ArithmeticError):
    """Floats cannot solve the model; exact arithmetic can."""
