"""AdVIL with networks: off-policy value moments, by a policy and a discriminator that improve in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch

from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.discriminators import Discriminator, View, gradient_penalty
from iltheory.learners.neural.heads import CategoricalLaws
from iltheory.learners.neural.networks import Architecture, PolicyNetwork, widths
from iltheory.learners.neural.optimizers import adam, descend, nonnegative
from iltheory.learners.neural.policy import architecture_for
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained, train
from iltheory.learners.neural.transitions import Transitions, shown, spaces_of
from sims.datasets import Trajectories
from sims.sampled import SampledMDP, Spaces

BETAS = (0.0, 0.9)
"""Of Adam for both players: momentum makes them circle around an equilibrium (Gulrajani et al. 2017)."""


@dataclass(frozen=True, eq=False)
class AdVIL(Trained):
    """What AdVIL learnt; ``history.scalars["payoff"]`` is ``U2`` after the discriminator's step.

    Attributes
    ----------
    discriminator : f, with values in [-1, 1]
    """

    discriminator: Discriminator


def advil(
    demos: Trajectories | Transitions,
    world: SampledMDP | Spaces,
    *,
    updates: int,
    seed: int,
    architecture: Architecture | None = None,
    hidden: tuple[int, ...] = (64, 64),
    batch_size: int = 256,
    learning_rate: float = 1e-3,
    discriminator_rate: float = 1e-3,
    penalty: float = 1.0,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> AdVIL:
    """Imitate the expert's actions against a discriminator of actions, offline (Swamy et al. 2021, AdVIL).

    The neural twin of :func:`iltheory.learners.advil`: ``min_pi max_f E_{s ~ d_E}[E_{a ~ pi} f(s, a) - E_{a ~ pi_E}
    f(s, a)]`` over networks f in [-1, 1]. The expectation over the policy's actions is exact if they are numbered, and
    by one reparametrised action in each state if they are vectors. There is no term of behavioural cloning. In the
    absorbing state all policies act alike, so it has no part in the game.

    Parameters
    ----------
    demos : trajectories, or transitions made of them
    world : where they were recorded; only its spaces are used
    updates : of both players, the discriminator first
    seed : of everything random
    architecture : of the policy; None for two layers of 32
    hidden : widths of the discriminator's layers
    batch_size : transitions of an update
    learning_rate, discriminator_rate : of Adam, for the policy and the discriminator
    penalty : weight of the discriminator's gradient penalty; 0 for none
    ema, folder, save_every, progress : see :func:`iltheory.learners.neural.training.train`
    device : of torch

    Raises
    ------
    InvalidDataset, InvalidArgument, InvalidPolicy, InvalidCheckpoint, TrainingDiverged
        As :func:`iltheory.learners.neural.behavioral_cloning` does.
    """
    spaces, seeds = spaces_of(world), Seeds.of(seed, device)
    architecture = architecture_for(spaces, architecture)
    data = shown(demos, spaces, seeds.batches, dtype=architecture.dtype, device=device)
    actor = PolicyNetwork(architecture, seeds.init)
    actor.normalise(data.observations)
    view = View(architecture.features, spaces, "actions", dtype=architecture.dtype)
    view.learn(data)
    f = Discriminator(view, seeds.init, hidden=widths(hidden), bound=torch.tanh)
    f.absorbing.requires_grad_(False)
    settings = {
        "learner": "advil",
        "architecture": architecture.as_json(),
        "hidden": list(widths(hidden)),
        "data": data.digest,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "discriminator_rate": discriminator_rate,
        "penalty": nonnegative("penalty", penalty),
        "seed": seed,
        "device": device,
    }
    recipe = Moments(data, actor.to(device), f.to(device), seeds, settings)
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return AdVIL(**vars(run), discriminator=f)


class Moments(Recipe):
    """Steps of both players; ``settings`` as :func:`advil` makes them."""

    def __init__(
        self, data: Transitions, actor: PolicyNetwork, f: Discriminator, seeds: Seeds, settings: Mapping[str, Any]
    ) -> None:
        self.actor, self.settings, self._f, self._seeds = actor, settings, f, seeds
        self._policy_optimizer = adam(actor.parameters(), settings["learning_rate"], betas=BETAS)
        learnt = [p for p in f.parameters() if p.requires_grad]
        self._optimizer = adam(learnt, settings["discriminator_rate"], betas=BETAS)
        everything = (data.observations, data.steps, *f.view(data), data.weights)
        self._batches = Batches(everything, settings["batch_size"], seeds.batches)

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {
            "actor": self.actor,
            "policy_optimizer": self._policy_optimizer,
            "discriminator": self._f,
            "discriminator_optimizer": self._optimizer,
            "minibatches": self._batches,
            **self._seeds.parts,
        }

    def update(self) -> Mapping[str, Any]:
        """A step of the discriminator, then one of the policy."""
        observations, steps, first, taken, weights = self._batches.next()
        with torch.no_grad():
            own = chosen(self.actor(observations, steps), self._seeds.noise)
        loss = -action_payoff(self._f, first, own, taken, weights)
        if self.settings["penalty"]:
            loss = loss + self.settings["penalty"] * gradient_penalty(
                self._f, (first, taken), (first, own), self._seeds.noise
            )
        descend(self._optimizer, loss)
        own = chosen(self.actor(observations, steps), self._seeds.noise)
        value = action_payoff(self._f, first, own, taken, weights)
        descend(self._policy_optimizer, value)
        return {"payoff": value.detach()}


def action_payoff(f: Any, states: Any, own: Any, taken: Any, weights: Any) -> Any:
    """The mean of ``E_{a ~ pi} f(s, a) - f(s, a_E)``: ``U2(pi, f)`` at the expert's states, ``U3`` at the learner's.

    Parameters
    ----------
    f : of vectors of observations and of actions; of numbered actions linear in their codes
    states : vectors ``[m, k]``
    own, taken : actions of the policy, or its laws of numbered ones, and of the expert, ``[m, j]``
    weights : ``[m]``, with mean 1
    """
    return (weights * (f(states, own) - f(states, taken))).mean()


def chosen(laws: Any, generator: Any) -> Any:
    """What a discriminator sees of a policy, ``[m, j]``: its laws of numbered actions, or a vector drawn from each."""
    return laws.log_probabilities().exp() if isinstance(laws, CategoricalLaws) else laws.sample(generator)
