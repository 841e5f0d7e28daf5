"""Worlds: exact and sampled decision processes, and the numbers they are computed in."""

from __future__ import annotations
