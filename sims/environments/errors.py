"""The one error of this room."""

from __future__ import annotations

from sims.errors import IltheoryError


class InvalidEnvironment(IltheoryError, ValueError):
    """The environment exposes no table that describes a decision process."""
