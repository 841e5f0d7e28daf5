"""Imported before the others: says in one line what is not installed."""

from __future__ import annotations

from importlib import import_module

from sims.errors import IltheoryError

for module in ("safetensors", "torch"):
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise IltheoryError(f"{module} is not installed: pip install 'iltheory[torch]'") from error
