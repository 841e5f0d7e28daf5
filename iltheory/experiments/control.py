"""What experiments with neural learners in sampled worlds share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from iltheory.experiments.experiment import Outcome
from iltheory.experiments.statistics import Estimate, mean_over_seeds

EPISODES = 20
"""Episodes of each evaluation, in which learners play the mode of their policy, as in the papers."""


def shown(world: Any, env: str, *, trajectories: int, subsample: int, seed: int) -> Any:
    """Transitions of the shipped expert's demonstrations, every k-th of them."""
    from iltheory.learners.neural import transitions
    from sims.environments import experts

    rng = np.random.default_rng([seed, 1])
    return transitions(experts.demonstrations(env, trajectories, rng), world.spaces, subsample=subsample, rng=rng)


def mean_return(world: Any, policy: Any, seed: int) -> float:
    """Mean return of some fresh episodes."""
    return float(world.roll(policy, EPISODES, np.random.default_rng([seed, 2])).returns.mean())


def expert_return(env: str) -> float:
    """Mean return of the shipped expert, from its card."""
    from sims.environments import experts

    card = experts.load(env).card
    assert card is not None
    return float(card.deterministic.mean)


def random_return(world: Any, seed: int) -> float:
    """Mean return of a policy that draws its actions uniformly."""
    from sims.sampled import UniformPolicy

    return mean_return(world, UniformPolicy(world.spaces), seed)


def normalised(result: Mapping[str, Any]) -> float:
    """0 for uniformly random actions, 1 for the expert."""
    return float((result["return"] - result["random"]) / (result["expert"] - result["random"]))


def seeds_and_seconds(some: list[Outcome], read: Callable[[Mapping[str, Any]], float]) -> tuple[str, str, Estimate]:
    """Number of seeds, mean seconds, and a mean over seeds."""
    seconds = sum(outcome.result["seconds"] for outcome in some) / len(some)
    return str(len(some)), f"{seconds:.0f}", mean_over_seeds([read(outcome.result) for outcome in some])
