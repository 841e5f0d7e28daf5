"""Packages that only this room needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sims.errors import IltheoryError


def extra(name: str) -> Any:
    """Import a module of the `datasets` extra, or say how to install it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise IltheoryError(f"{name} is not installed.\n  pip install 'iltheory[datasets]'") from error
