"""The one error of this room."""

from __future__ import annotations

from sims.errors import IltheoryError


class InvalidEnvironment(IltheoryError, ValueError):
    """There is no such environment, or it does not give what is asked of it; the message says which and the way out."""
