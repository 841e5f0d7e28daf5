"""DAeQuIL with networks: on-policy value moments by no-regret online learning with the answers of an expert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from iltheory.learners.neural.acting import answers, check_answers
from iltheory.learners.neural.advil import action_payoff, chosen
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.discriminators import Discriminator, View, gradient_penalty
from iltheory.learners.neural.networks import Architecture, PolicyNetwork, widths
from iltheory.learners.neural.optimizers import adam, descend, nonnegative
from iltheory.learners.neural.policy import NeuralPolicy, architecture_for
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained, train
from iltheory.learners.neural.transitions import Transitions, transitions
from iltheory.learners.online import count
from sims.datasets import Trajectories
from sims.errors import require
from sims.sampled import SampledMDP, SampledPolicy


@dataclass(frozen=True, eq=False)
class DAeQuIL(Trained):
    """What DAeQuIL learnt; ``policy`` is the last iterate.

    Attributes
    ----------
    best : the iterate with the smallest loss
    policies : those that acted, one an iteration
    losses : floats ``[N]``, ``U3(pi_i, f_i)`` of each against its own discriminator, a mean over the H steps
    """

    best: NeuralPolicy = field(kw_only=True)
    policies: tuple[NeuralPolicy, ...] = field(kw_only=True)
    losses: NDArray[np.float64] = field(kw_only=True)


def daequil(
    mdp: SampledMDP,
    expert: SampledPolicy,
    *,
    iterations: int,
    trajectories: int,
    updates: int,
    seed: int,
    fit_updates: int = 200,
    regularization: float = 0.1,
    architecture: Architecture | None = None,
    hidden: tuple[int, ...] = (64, 64),
    batch_size: int = 256,
    learning_rate: float = 1e-3,
    discriminator_rate: float = 3e-3,
    penalty: float = 0.0,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> DAeQuIL:
    """Dataset aggregation with the loss of the best discriminator (Swamy et al. 2021, DAeQuIL).

    The neural twin of :func:`iltheory.learners.daequil`. Iteration i lets the policy act, asks the expert in every
    state visited, fits a new discriminator ``f_i``, with values in [-1, 1], to climb ``U3(pi_i, f)``, and trains the
    policy further on ``mean_{j <= i} E_{s ~ pi_j}[E_pi f_j - E_{pi_E} f_j] - regularization / i * E[entropy]``:
    follow-the-regularised-leader. In the absorbing state all policies act alike, so it costs nothing.

    Parameters
    ----------
    mdp : the world
    expert : can be asked in any state
    iterations : N
    trajectories : to sample at each iteration
    updates : gradient steps (Adam) of the policy at each iteration
    seed : of everything random
    fit_updates : gradient steps of each discriminator
    regularization : weight of the entropy, one over the rate of the online learner
    architecture, batch_size, learning_rate : see :func:`~iltheory.learners.neural.behavioral_cloning`
    hidden, discriminator_rate, penalty : see :func:`~iltheory.learners.neural.advil.advil`
    ema, device, folder, save_every, progress : see :func:`iltheory.learners.neural.training.train`

    Raises
    ------
    InvalidPolicy
        If the expert or the architecture does not fit the world.
    InvalidArgument, InvalidCheckpoint, TrainingDiverged
        See :func:`~iltheory.learners.neural.training.train`.
    """
    require("mdp", mdp, SampledMDP, "sims.sampled.sampled_table(mdp)")
    require("expert", expert, SampledPolicy, "sims.sampled.TabularPolicy(pi)")
    expert.check(mdp.spaces)
    total = count("iterations", iterations) * count("updates", updates)
    seeds, architecture = Seeds.of(seed, device), architecture_for(mdp.spaces, architecture)
    settings = {
        "learner": "daequil",
        "world": mdp.description,
        "architecture": architecture.as_json(),
        "iterations": iterations,
        "updates": updates,
        "trajectories": count("trajectories", trajectories),
        "fit_updates": count("fit_updates", fit_updates),
        "regularization": nonnegative("regularization", regularization),
        "hidden": list(widths(hidden)),
        "batch_size": count("batch_size", batch_size),
        "learning_rate": learning_rate,
        "discriminator_rate": discriminator_rate,
        "penalty": nonnegative("penalty", penalty),
        "seed": seed,
        "device": device,
    }
    recipe = Games(mdp, expert, PolicyNetwork(architecture, seeds.init).to(device), seeds, settings)
    run = train(recipe, updates=total, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return DAeQuIL(**vars(run), **recipe.played.outcome())


class Games(Recipe):
    """Gradient steps of DAeQuIL, and before the first one of each iteration what an iteration begins with."""

    def __init__(
        self,
        mdp: SampledMDP,
        expert: SampledPolicy,
        actor: PolicyNetwork,
        seeds: Seeds,
        settings: Mapping[str, Any],
    ) -> None:
        self.actor, self.settings, self._mdp, self._seeds = actor, settings, mdp, seeds
        self._optimizer = adam(actor.parameters(), settings["learning_rate"])
        device = next(actor.parameters()).device
        self._view = View(actor.architecture.features, mdp.spaces, "actions", dtype=actor.architecture.dtype).to(device)
        self._discriminators = nn.ModuleList(
            Discriminator(self._view, seeds.init, hidden=settings["hidden"], bound=torch.tanh)
            for _ in range(settings["iterations"])
        ).to(device)
        self.played = Played(mdp, expert, actor)

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {
            "actor": self.actor,
            "optimizer": self._optimizer,
            "discriminators": self._discriminators,
            "played": self.played,
            **self._seeds.parts,
        }

    def update(self) -> Mapping[str, Any]:
        """One gradient step of the policy, on a batch of an iteration drawn from those so far."""
        played = self.played
        if played.updates % self.settings["updates"] == 0:
            self._begin()
        i, n = int(self._seeds.batches.integers(len(played.data))), len(played.data)
        moves = self._batch(i)
        laws = self.actor(moves.observations, moves.steps)
        loss = self._loss(i, moves, laws)
        objective = loss
        if self.settings["regularization"]:
            objective = loss - self.settings["regularization"] / n * laws.entropy().mean()
        descend(self._optimizer, objective)
        played.updates += 1
        return {"loss": loss.detach()}

    def _begin(self) -> None:
        """Let the policy act, ask the expert, and fit a discriminator."""
        played, settings, rng = self.played, self.settings, self._seeds.exploration
        policy, i = NeuralPolicy.of(self.actor), len(self.played.data)
        visited = self._mdp.roll(policy, settings["trajectories"], rng).trajectories()
        moves = played.ask(policy, visited, int(rng.integers(2**62)))
        if not i:
            self.actor.normalise(moves.observations)
            self._view.learn(moves)
        f = self._discriminators[i]
        optimizer = adam(f.network.parameters(), settings["discriminator_rate"])
        for _ in range(settings["fit_updates"]):
            batch = self._batch(i)
            with torch.no_grad():
                laws = self.actor(batch.observations, batch.steps)
                own = chosen(laws, self._seeds.noise)
            loss = -self._loss(i, batch, laws, own)
            if settings["penalty"]:
                first, taken = self._view(batch)
                loss = loss + settings["penalty"] * gradient_penalty(f, (first, taken), (first, own), self._seeds.noise)
            descend(optimizer, loss)
        with torch.no_grad():
            played.losses.append(float(self._loss(i, moves, self.actor(moves.observations, moves.steps))))

    def _loss(self, i: int, moves: Transitions, laws: Any, own: Any = None) -> Any:
        """``l_i``, a mean over all H steps, at some of its states."""
        first, taken = self._view(moves)
        own = chosen(laws, self._seeds.noise) if own is None else own
        running = len(self.played.data[i]) / (self.settings["trajectories"] * self._mdp.horizon)
        return running * action_payoff(self._discriminators[i], first, own, taken, moves.weights)

    def _batch(self, i: int) -> Transitions:
        data = self.played.data[i]
        rows = torch.from_numpy(self._seeds.batches.integers(len(data), size=self.settings["batch_size"]))
        return data.take(rows.to(data.observations.device))


class Played:
    """What happened in the iterations so far; a part of checkpoints."""

    def __init__(self, mdp: SampledMDP, expert: SampledPolicy, actor: PolicyNetwork) -> None:
        self._spaces, self._expert, self._actor, self.updates = mdp.spaces, expert, actor, 0
        self._asked: list[Mapping[str, Any]] = []
        self.data: list[Transitions] = []
        self.policies: list[NeuralPolicy] = []
        self.losses: list[float] = []

    def ask(self, policy: NeuralPolicy, visited: Trajectories, seed: int) -> Transitions:
        """Take in the states that a policy visited, with what the expert would do there, as the actor's tensors."""
        steps, observations, _ = visited.steps()
        self._keep(visited, answers(self._expert, observations, steps, seed), seed)
        self.policies.append(policy)
        return self.data[-1]

    def outcome(self) -> dict[str, Any]:
        """What :class:`DAeQuIL` adds to :class:`~iltheory.learners.neural.training.Trained`."""
        losses = np.array(self.losses)
        return {"best": self.policies[int(losses.argmin())], "policies": tuple(self.policies), "losses": losses}

    def _keep(self, visited: Trajectories, said: NDArray[Any], seed: int) -> None:
        dtype, device = self._actor.architecture.dtype, next(self._actor.parameters()).device
        moves = transitions(visited, self._spaces, dtype=dtype, device=device)
        actions = torch.as_tensor(said, dtype=moves.actions.dtype, device=device)
        self.data.append(replace(moves, actions=actions))
        self._asked.append({"visited": vars(visited), "answers": said, "seed": seed})

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {
            "updates": self.updates,
            "losses": self.losses,
            "asked": self._asked,
            "policies": [policy.weights for policy in self.policies],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state_dict` was taken; ``InvalidCheckpoint`` if another expert was asked there."""
        self.updates, self.losses, self._asked, self.data = state["updates"], state["losses"], [], []
        for asked in state["asked"]:
            visited, said, seed = Trajectories(**asked["visited"]), asked["answers"], asked["seed"]
            steps, observations, _ = visited.steps()
            check_answers(self._expert, observations, steps, seed, said)
            self._keep(visited, said, seed)
        self.policies = [NeuralPolicy(self._actor.architecture, weights) for weights in state["policies"]]
