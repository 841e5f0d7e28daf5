"""The one error of this room."""

from __future__ import annotations

from sims.errors import IltheoryError


class InvalidDataset(IltheoryError):
    """Trajectories that contradict themselves, or that a file cannot give or take without a silent loss."""
