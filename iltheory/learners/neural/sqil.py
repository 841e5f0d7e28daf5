"""SQIL with networks: soft Q-learning with reward 1 on the expert's pairs and 0 on the learner's own.

Reddy, Dragan and Levine (2020), arXiv 1905.11108 [memory].
"""

from __future__ import annotations

from os import PathLike
from typing import Any

from iltheory.learners.neural._replay import Batch
from iltheory.learners.neural._soft_q import Values
from iltheory.learners.neural._soft_recipe import SoftOptions, SoftRecipe, SoftTrained
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.networks import Architecture
from iltheory.learners.neural.training import train
from iltheory.learners.neural.transitions import Transitions
from iltheory.measures import sampled_soft_error
from sims.datasets import Trajectories
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP

ONLINE = SoftOptions(exploration=1, target_rate=0.005)
"""One step of the learner for each update, and target networks that follow slowly."""


def sqil(
    demos: Trajectories | Transitions,
    mdp: SampledMDP,
    *,
    updates: int,
    seed: int,
    options: SoftOptions = ONLINE,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> SoftTrained:
    """Minimise ``E_demos (Q - gamma V' - 1)^2 + E_replay (Q - gamma V')^2`` with the learner's own replay.

    The neural twin of :func:`iltheory.learners.sqil`: where the replay is the learner's occupancy, its fixed point is
    soft-optimal for the reward ``e / (d + e)``. The backup is the soft maximum, never the hard one.

    Parameters
    ----------
    demos : trajectories, or transitions made of them
    mdp : where they were recorded and the learner acts; its rewards are not looked at
    updates, seed, options, architecture, ema, device, folder, save_every, progress : as for
        :func:`~iltheory.learners.neural.iq_learn`; options must explore
    """
    recipe = sqil_recipe(demos, mdp, options=options, architecture=architecture, seed=seed, device=device)
    return recipe.trained(
        train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    )


def sqil_recipe(demos: Trajectories | Transitions, mdp: SampledMDP, **options: Any) -> SquaredErrors:
    """Updates of :func:`sqil`; options as those of :class:`SquaredErrors`."""
    return SquaredErrors("sqil", demos, mdp, goals=(1.0, 0.0), **options)


class SquaredErrors(SoftRecipe):
    """Squared soft Bellman errors with a reward for the expert's pairs and one for the learner's.

    Parameters
    ----------
    goals : the two rewards, the expert's first
    bounded : whether values of next states are cut to what rewards between the two can earn
    """

    def __init__(
        self,
        name: str,
        demos: Trajectories | Transitions,
        mdp: SampledMDP,
        *,
        goals: tuple[float, float],
        bounded: bool = False,
        options: SoftOptions,
        architecture: Architecture | None,
        seed: int,
        device: str,
    ) -> None:
        if not options.exploration:
            raise InvalidArgument(f"{name} learns from what it sees itself: give SoftOptions(exploration=1).")
        super().__init__(
            name,
            demos,
            mdp,
            options=options,
            architecture=architecture,
            seed=seed,
            device=device,
            settings={"goals": list(goals), "bounded": bounded},
        )
        self._goals, self._bounded = goals, bounded

    def loss(self, shown: Batch, seen: Batch | None) -> tuple[Any, dict[str, Any]]:
        """The mean of both errors."""
        assert seen is not None
        found = self.critic.both(shown, seen, self.ahead)
        ours, theirs = (self._error(values, goal) for values, goal in zip(found, self._goals, strict=True))
        loss = (ours + theirs).sum() / 2
        return loss, {"loss": loss.detach(), "error_on_expert": ours.detach().mean()}

    def _error(self, values: Values, goal: float) -> Any:
        found = self._bound(values)
        return sampled_soft_error(found.weights, found.rewards, goal)

    def _bound(self, found: Values) -> Values:
        """Optimal soft values lie within ``([low, high] + temperature * log |A|) / (1 - gamma)``."""
        if not self._bounded:
            return found
        critic, scale = self.critic, self.options.discount / (1 - self.options.discount)
        least, most = (scale * (goal + float(critic.temperature) * critic.freedom) for goal in sorted(self._goals))
        return found._replace(later=found.later.clamp(least, most))
