"""The root of every error this project raises on purpose."""

from __future__ import annotations


class IltheoryError(Exception):
    """Something the caller can mend; the message names it and says how."""
