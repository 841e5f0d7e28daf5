"""Errors of sampled worlds."""

from __future__ import annotations

from sims.errors import IltheoryError


class InvalidPolicy(IltheoryError, ValueError):
    """A policy's action laws are no laws, or not laws on the actions of the world."""


class InvalidSimulator(IltheoryError, ValueError):
    """What a simulator returns does not fit what it says about itself."""


class NotEstimable(IltheoryError, ValueError):
    """A quantity of a sampled world that no number of roll-outs bounds; the message says why."""
