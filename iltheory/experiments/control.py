"""What experiments with neural learners in sampled worlds share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from iltheory.experiments.experiment import Finding, Outcome
from iltheory.experiments.statistics import Estimate, mean_over_seeds

EPISODES = 20
"""Episodes of each evaluation, in which learners play the mode of their policy, as in the papers."""


def shown(world: Any, env: str, *, trajectories: int, subsample: int, seed: int) -> Any:
    """Transitions of the shipped expert's demonstrations, every k-th of them."""
    from iltheory.learners.neural import transitions
    from sims.environments import experts

    rng = np.random.default_rng([seed, 1])
    return transitions(experts.demonstrations(env, trajectories, rng), world.spaces, subsample=subsample, rng=rng)


def mean_returns(world: Any, env: str, policies: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Mean returns of some fresh episodes of policies, the shipped expert and uniformly random actions.

    All of them are clipped to the declared range of rewards; ``clipped`` counts the rewards that were.
    """
    from sims.environments import experts
    from sims.sampled import UniformPolicy

    everybody = {**policies, "expert": experts.load(env).policy, "random": UniformPolicy(world.spaces)}
    rolled = {
        name: world.roll(policy, EPISODES, np.random.default_rng([seed, 2])) for name, policy in everybody.items()
    }
    returns = {name: float(episodes.returns.mean()) for name, episodes in rolled.items()}
    return {**returns, "clipped": sum(int(episodes.clipped) for episodes in rolled.values())}


def normalised(result: Mapping[str, Any]) -> float:
    """0 for uniformly random actions, 1 for the expert."""
    return float((result["return"] - result["random"]) / (result["expert"] - result["random"]))


def said_of_returns(outcomes: Sequence[Outcome]) -> Finding:
    """How returns were found."""
    clipped = sum(outcome.result["clipped"] for outcome in outcomes)
    return Finding(
        f"Returns are means of {EPISODES} fresh episodes a seed, of the mode of each policy after its last update: no "
        f"best one is picked. Those of expert and random actions are of the same kind; {clipped} rewards of all these "
        "episodes were clipped to their declared range."
    )


def seeds_and_seconds(some: list[Outcome], read: Callable[[Mapping[str, Any]], float]) -> tuple[str, str, Estimate]:
    """Number of seeds, mean seconds, and a mean over seeds."""
    seconds = sum(outcome.result["seconds"] for outcome in some) / len(some)
    return str(len(some)), f"{seconds:.0f}", mean_over_seeds([read(outcome.result) for outcome in some])
