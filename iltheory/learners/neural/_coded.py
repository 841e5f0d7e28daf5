"""Observations with codes, as policies that are told a code see them."""

from __future__ import annotations

from typing import Any

import numpy as np

from iltheory.learners.neural.networks import Features, Flat, OneHot


def with_codes(observations: Any, codes: Any, n: int) -> Any:
    """Observations ``[m, ...]`` with codes ``[m]`` of n: an index of both, or a vector that ends in a unit vector."""
    if observations.ndim == 1:
        return observations * n + codes
    return np.concatenate([observations.reshape(len(observations), -1), np.eye(n)[codes]], axis=1)


def coded(features: Features, n: int) -> Features:
    """Features of observations with codes."""
    if isinstance(features, OneHot):
        return OneHot(features.n_states * n, features.horizon)
    return Flat((features.size + n,))
