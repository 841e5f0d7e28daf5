"""Returns of a policy in a Gymnasium environment, and their mean with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import make
from sims.sampled import SampledPolicy

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
STUDENT = "Student's t, 95 %, over independent episodes"


class Interval(NamedTuple):
    """A mean, its standard error and the ends of its confidence interval."""

    mean: float
    standard_error: float
    low: float
    high: float


def world_of(environment: str) -> Any:
    """One Gymnasium environment with its registered time limit."""
    return make(environment, {"disable_env_checker": True})


def episode(environment: Any, policy: SampledPolicy, seed: int) -> float:
    """The return of one episode to its end or time limit; resets and actions are drawn from `seed`.

    Actions are taken as drawn, as in `sims.sampled`; rewards are as the environment pays them.
    """
    rng = np.random.default_rng(seed)
    observation, _ = environment.reset(seed=seed)
    total, step, over = 0.0, 0, False
    while not over:
        action = policy.laws(np.asarray(observation)[None], np.array([step])).sample(rng)[0]
        observation, reward, terminated, truncated, _ = environment.step(action)
        total += float(reward)
        step += 1
        over = terminated or truncated
    return total


def episodes(environment: Any, policy: SampledPolicy, seeds: Sequence[int]) -> Floats:
    """The returns (n,) of one episode a seed."""
    return np.array([episode(environment, policy, seed) for seed in seeds])


def student_interval(returns: Floats) -> Interval:
    """Student's t interval for the mean of the law of `returns` (n,), at level 95 %.

    Exact for normal returns, approximate for others; episodes are taken to be independent.
    """
    from scipy.stats import t

    n = len(returns)
    mean, error = float(returns.mean()), float(returns.std(ddof=1) / np.sqrt(n))
    radius = float(t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
    return Interval(mean, error, mean - radius, mean + radius)


def reset_seeds(n: int, *, purpose: str, seed: int, index: int = 0) -> list[int]:
    """`n` seeds that have nothing to do with those of another purpose, seed or index."""
    rng = np.random.default_rng([*purpose.encode(), seed, index])
    return [int(s) for s in rng.integers(2**31, size=n)]
