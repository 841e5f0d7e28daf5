"""Recorded trajectories of deterministic experts, written out or drawn."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from small_models import random_model, random_rule

from sims.datasets import Trajectories


def dataset(paths: Any, actions: Any) -> Trajectories:
    """Trajectories from states ``[N, H]`` and the actions of a deterministic expert; what comes last is state 0."""
    paths = np.array(paths)
    taken = np.array([[actions[h][s] for h, s in enumerate(path)] for path in paths])
    ends = np.zeros((len(paths), 1), dtype=int)
    flags = np.zeros(len(paths), dtype=bool)
    return Trajectories.from_arrays(np.hstack([paths, ends]), taken, None, flags, ~flags)


def reset_paths(horizon: int, good: int) -> list[tuple[int, ...]]:
    """Equally likely trajectories of the expert, if fresh states are uniform."""
    return list(product(range(good), repeat=horizon))


def drawn(seed: int, n: int = 4) -> tuple[Any, Any, Trajectories]:
    """A random model, a deterministic expert and n of its trajectories."""
    mdp, expert = random_model(seed), random_rule(seed)
    return mdp, expert, mdp.sample(expert, n, rng=seed)
