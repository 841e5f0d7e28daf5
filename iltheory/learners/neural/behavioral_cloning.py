"""Behavioural cloning with a network: supervised learning of the expert's actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch

from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.networks import Architecture, PolicyNetwork
from iltheory.learners.neural.optimizers import adam, descend, nonnegative
from iltheory.learners.neural.policy import architecture_for
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained, train
from iltheory.learners.neural.transitions import Transitions, shown, spaces_of
from sims.datasets import Trajectories
from sims.sampled import SampledMDP, Spaces


@dataclass(frozen=True, eq=False)
class BehavioralCloning(Trained):
    """What behavioural cloning learnt; ``history.scalars["loss"]`` is the loss that was minimised."""


def behavioral_cloning(
    demos: Trajectories | Transitions,
    world: SampledMDP | Spaces,
    *,
    updates: int,
    seed: int,
    architecture: Architecture | None = None,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    l2: float = 0.0,
    entropy_bonus: float = 0.0,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> BehavioralCloning:
    """Maximise the likelihood of the expert's actions, or minimise their squared error if the policy is deterministic.

    The neural twin of :func:`iltheory.learners.behavioral_cloning`: the loss is ``E_demos[-log pi(a|s)]``, to which
    ``entropy_bonus`` adds ``-entropy_bonus E_demos[H(pi(.|s))]`` and ``l2`` adds ``l2 |theta|^2 / 2``.

    Parameters
    ----------
    demos : trajectories, or transitions made of them
    world : where they were recorded; only its spaces are used
    updates : gradient steps (Adam)
    seed : of everything random: the same seed gives the same policy, bit for bit on the CPU
    architecture : of the policy; None for two layers of 32, with a softmax or a Gaussian
    batch_size : transitions of a step; those of all trajectories are shuffled once an epoch
    learning_rate, l2, entropy_bonus : numbers, not negative
    ema, folder, save_every, progress : see :func:`iltheory.learners.neural.training.train`
    device : of torch

    Raises
    ------
    InvalidDataset
        If nothing is shown, or the demonstrations are of another world.
    InvalidPolicy
        If the architecture does not fit the world.
    InvalidArgument, InvalidCheckpoint, TrainingDiverged
        See :func:`~iltheory.learners.neural.training.train`.
    """
    spaces, seeds = spaces_of(world), Seeds.of(seed, device)
    architecture = architecture_for(spaces, architecture)
    data = shown(demos, spaces, seeds.batches, dtype=architecture.dtype, device=device)
    recipe = Cloning(
        data,
        architecture,
        seeds,
        batch_size=batch_size,
        learning_rate=learning_rate,
        l2=l2,
        entropy_bonus=entropy_bonus,
        settings={"seed": seed, "device": device},
    )
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return BehavioralCloning(**vars(run))


class Cloning(Recipe):
    """Gradient steps of behavioural cloning; arguments as those of :func:`behavioral_cloning`.

    Parameters
    ----------
    settings : what else makes this run this run
    """

    def __init__(
        self,
        data: Transitions,
        architecture: Architecture,
        seeds: Seeds,
        *,
        batch_size: int,
        learning_rate: float,
        l2: float = 0.0,
        entropy_bonus: float = 0.0,
        settings: Mapping[str, Any] = {},
    ) -> None:
        self.actor = PolicyNetwork(architecture, seeds.init)
        self.actor.normalise(data.observations)
        self.actor.to(data.observations.device)
        self.optimizer = adam(self.actor.parameters(), learning_rate, l2=l2)
        self.entropy_bonus = nonnegative("entropy_bonus", entropy_bonus)
        self.settings = {
            "learner": "behavioral_cloning",
            "architecture": architecture.as_json(),
            "data": data.digest,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "l2": l2,
            "entropy_bonus": entropy_bonus,
            **settings,
        }
        self._seeds = seeds
        self._batches = Batches((data.observations, data.steps, data.actions, data.weights), batch_size, seeds.batches)

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {
            "actor": self.actor,
            "optimizer": self.optimizer,
            "minibatches": self._batches,
            **self._seeds.parts,
        }

    def update(self) -> Mapping[str, Any]:
        """One gradient step on one batch."""
        loss = cloning_loss(self.actor, *self._batches.next(), entropy_bonus=self.entropy_bonus)
        descend(self.optimizer, loss)
        return {"loss": loss.detach()}


def cloning_loss(
    network: PolicyNetwork, observations: Any, steps: Any, actions: Any, weights: Any, *, entropy_bonus: float = 0.0
) -> Any:
    """``E[-log pi(a|s)] - entropy_bonus E[H(pi(.|s))]`` over weighted transitions whose weights have mean 1."""
    laws = network(observations, steps)
    loss = laws.loss(actions)
    if entropy_bonus:
        loss = loss - entropy_bonus * laws.entropy()
    return torch.dot(weights, loss) / len(weights)
