"""The one error of this room."""

from __future__ import annotations

from sims.errors import IltheoryError


class InvalidExpert(IltheoryError, ValueError):
    """An expert that is unknown, damaged, of another world, or in a form that is not read."""
