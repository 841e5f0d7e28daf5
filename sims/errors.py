"""The root of every error this project raises on purpose."""

from __future__ import annotations


class IltheoryError(Exception):
    """Something the caller can mend; the message names it and says how."""


class InvalidArgument(IltheoryError, ValueError):
    """An argument is out of its range; the message names the argument and the range."""
