"""Gymnasium's spaces, as far as sampled worlds have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sims.environments._make import extra
from sims.environments.errors import InvalidEnvironment
from sims.sampled import Spaces


def spaces_of(env: Any, id: str) -> Spaces:
    """What observations and actions of a Gymnasium environment look like.

    Raises
    ------
    InvalidEnvironment
        If observations are no arrays or indices, or actions neither numbered from 0 nor vectors.
    """
    spaces = extra("gymnasium").spaces
    seen, acted = env.observation_space, env.action_space
    if not isinstance(seen, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        raise InvalidEnvironment(
            f"{id} observes {seen}, which is no array.\n  Register it with gymnasium.wrappers.FlattenObservation."
        )
    if isinstance(acted, spaces.Discrete) and acted.start == 0:
        return Spaces(seen.shape, n_actions=int(acted.n))
    if isinstance(acted, spaces.Box) and len(acted.shape) == 1:
        low, high = (tuple(float(end) for end in np.atleast_1d(ends)) for ends in (acted.low, acted.high))
        return Spaces(seen.shape, action_low=low, action_high=high)
    raise InvalidEnvironment(f"{id} takes {acted}; sampled worlds take actions 0, ..., n - 1 or vectors.")
