"""Versions of what is installed here."""

import platform
from importlib.metadata import version

LIBRARIES = ("imitation", "stable-baselines3", "seals", "gymnasium", "torch", "numpy")


def versions():
    """By name, Python among them."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
