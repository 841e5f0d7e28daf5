"""Algorithms of imitation learning, one a file."""

from __future__ import annotations

from iltheory.learners.behavioral_cloning import behavioral_cloning

__all__ = ["behavioral_cloning"]
