"""DAgger with a network: learn from the expert's answers where the learner goes itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iltheory.learners.neural.acting import StepMixture, answers, check_answers
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.behavioral_cloning import cloning_loss
from iltheory.learners.neural.networks import Architecture, PolicyNetwork
from iltheory.learners.neural.optimizers import adam, descend
from iltheory.learners.neural.policy import NeuralPolicy, architecture_for
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained, train
from iltheory.learners.online import count
from iltheory.learners.options import require_rule
from iltheory.learners.schedules import Schedule, never
from sims.errors import InvalidArgument, require
from sims.sampled import SampledMDP, SampledPolicy


@dataclass(frozen=True, eq=False)
class Labelled:
    """States that were visited, with the expert's answers there.

    Attributes
    ----------
    observations : ``[n, ...]``
    steps : ints ``[n]``, from 0
    actions : ``[n, ...]``, what the expert would do
    iterations : ints ``[n]``, when they were gathered, from 0
    """

    observations: NDArray[Any]
    steps: NDArray[np.intp]
    actions: NDArray[Any]
    iterations: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Dagger(Trained):
    """What DAgger learnt; ``policy`` is trained on the data of all iterations.

    Losses are sums over the steps taken, divided by trajectories times horizon: means over the steps of a process in
    which all policies act alike after termination.

    Attributes
    ----------
    policies : those that acted, one an iteration
    losses : floats ``[N]``, of each on the states of its own iteration
    class_error : loss of ``policy``, averaged over the states of all iterations: the least loss in hindsight as far as
        training finds it
    regret : average of the losses minus ``class_error``; a lower bound if a better policy in hindsight exists
    labelled : everything the expert was asked
    """

    policies: tuple[NeuralPolicy, ...] = field(kw_only=True)
    losses: NDArray[np.float64] = field(kw_only=True)
    class_error: float = field(kw_only=True)
    regret: float = field(kw_only=True)
    labelled: Labelled = field(kw_only=True)


def dagger(
    mdp: SampledMDP,
    expert: SampledPolicy,
    *,
    iterations: int,
    trajectories: int,
    updates: int,
    seed: int,
    beta: Schedule = never,
    architecture: Architecture | None = None,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    l2: float = 0.0,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> Dagger:
    """Dataset aggregation (Ross, Gordon and Bagnell 2011, algorithm 3.1), follow-the-leader by gradient steps.

    The neural twin of :func:`iltheory.learners.dagger`. Iteration i samples trajectories with ``beta_i pi_E + (1 -
    beta_i) hat pi_i``, one of the two acting at each step, asks the expert once in every state visited, and trains the
    same network further on everything gathered so far.

    Parameters
    ----------
    mdp : the world
    expert : can be asked in any state
    iterations : N
    trajectories : to sample at each iteration
    updates : gradient steps (Adam) at each iteration
    seed : of everything random: the same seed gives the same policies, bit for bit on the CPU
    beta : iteration, from 1 -> probability of acting as the expert at a step
    architecture, batch_size, learning_rate, l2 : see :func:`~iltheory.learners.neural.behavioral_cloning`
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
    require_rule("beta", beta, "never, at_first or geometric(alpha)")
    expert.check(mdp.spaces)
    total = count("iterations", iterations) * count("updates", updates)
    seeds, architecture = Seeds.of(seed, device), architecture_for(mdp.spaces, architecture)
    shares = [float(beta(i)) for i in range(1, iterations + 1)]
    settings = {
        "learner": "dagger",
        "world": mdp.description,
        "architecture": architecture.as_json(),
        "updates": updates,
        "trajectories": count("trajectories", trajectories),
        "beta": shares,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "l2": l2,
        "seed": seed,
        "device": device,
    }
    recipe = Aggregation(
        mdp, expert, PolicyNetwork(architecture, seeds.init).to(device), seeds, settings=settings, shares=shares
    )
    run = train(recipe, updates=total, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return Dagger(**vars(run), **recipe.outcome())


class Aggregation(Recipe):
    """Gradient steps of DAgger, and the gathering of data before the first step of each iteration."""

    def __init__(
        self,
        mdp: SampledMDP,
        expert: SampledPolicy,
        actor: PolicyNetwork,
        seeds: Seeds,
        *,
        settings: Mapping[str, Any],
        shares: list[float],
    ) -> None:
        if not all(0 <= share <= 1 for share in shares):
            raise InvalidArgument(f"beta gives {shares}: a probability must lie in [0, 1].")
        self.actor, self.settings = actor, settings
        self.optimizer = adam(actor.parameters(), settings["learning_rate"], l2=settings["l2"])
        self._mdp, self._expert, self._seeds, self._shares = mdp, expert, seeds, shares
        self._gathered = _Gathered(expert, actor, Batches((torch.empty(1),), settings["batch_size"], seeds.batches))
        self._weight = 1 / (settings["trajectories"] * mdp.horizon)

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {
            "actor": self.actor,
            "optimizer": self.optimizer,
            "gathered": self._gathered,
            "minibatches": self._gathered.batches,
            **self._seeds.parts,
        }

    def update(self) -> Mapping[str, Any]:
        """One gradient step on one batch of all data, after gathering if an iteration begins."""
        gathered = self._gathered
        if gathered.updates % self.settings["updates"] == 0:
            self._gather()
        loss = cloning_loss(self.actor, *gathered.batches.next())
        descend(self.optimizer, loss)
        gathered.updates += 1
        return {"loss": loss.detach()}

    def _gather(self) -> None:
        """Let the mixture act, and ask the expert where it went."""
        i, rng = len(self._gathered.policies), self._seeds.exploration
        policy = NeuralPolicy.of(self.actor)
        rolls = self._mdp.roll(StepMixture(self._expert, policy, self._shares[i]), self.settings["trajectories"], rng)
        steps = np.nonzero(rolls.alive)[1]
        observations = rolls.observations[rolls.alive]
        seed = int(rng.integers(2**62))
        actions = answers(self._expert, observations, steps, seed)
        self._gathered.add(policy, Labelled(observations, steps, actions, np.full(len(steps), i)), seed)
        self._gathered.losses.append(self._loss(i))

    def _loss(self, i: int | None = None) -> float:
        """Loss of the actor now, on the states of one iteration or of all."""
        observations, steps, actions, iterations = self._gathered.tensors
        chosen = slice(None) if i is None else iterations == i
        with torch.no_grad():
            losses = self.actor(observations[chosen], steps[chosen]).loss(actions[chosen])
        total: float = self._weight * float(losses.sum())
        return total

    def outcome(self) -> dict[str, Any]:
        """What :class:`Dagger` adds to :class:`~iltheory.learners.neural.training.Trained`."""
        losses = np.array(self._gathered.losses)
        class_error = self._loss() / len(losses)
        return {
            "policies": tuple(self._gathered.policies),
            "losses": losses,
            "class_error": class_error,
            "regret": float(losses.mean()) - class_error,
            "labelled": self._gathered.labelled,
        }


class _Gathered:
    """The data of all iterations, and what happened in them; a part of checkpoints."""

    def __init__(self, expert: SampledPolicy, actor: PolicyNetwork, batches: Batches) -> None:
        self.updates, self.losses, self.batches, self._expert, self._actor = 0, list[float](), batches, expert, actor
        self.policies: list[NeuralPolicy] = []
        self._data: list[Labelled] = []
        self._seeds: list[int] = []  # of the answers

    @property
    def labelled(self) -> Labelled:
        """Everything so far."""
        return Labelled(
            **{f.name: np.concatenate([getattr(data, f.name) for data in self._data]) for f in fields(Labelled)}
        )

    def add(self, policy: NeuralPolicy, data: Labelled, seed: int) -> None:
        """Take in an iteration; the normalisation of observations is learnt from the first."""
        self._data.append(data)
        self._seeds.append(seed)
        if not self.policies:
            self._actor.normalise(torch.as_tensor(data.observations))
        self.policies.append(policy)
        self._serve()

    def _serve(self) -> None:
        everything, actor = self.labelled, self._actor
        dtype, device = actor.architecture.dtype, next(actor.parameters()).device
        observations, actions = (
            torch.as_tensor(x, device=device) for x in (everything.observations, everything.actions)
        )
        observations, actions = (x.to(dtype) if x.is_floating_point() else x for x in (observations, actions))
        steps, iterations = (torch.as_tensor(x, device=device) for x in (everything.steps, everything.iterations))
        self.tensors = (observations, steps, actions, iterations)
        self.batches.put((observations, steps, actions, torch.ones(len(steps), dtype=dtype, device=device)))

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {
            "updates": self.updates,
            "losses": self.losses,
            "policies": [policy.weights for policy in self.policies],
            "data": [vars(data) for data in self._data],
            "seeds": self._seeds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where :meth:`state_dict` was taken; ``InvalidCheckpoint`` if another expert was asked there."""
        self.updates, self.losses, self._seeds = state["updates"], state["losses"], state["seeds"]
        self.policies = [NeuralPolicy(self._actor.architecture, weights) for weights in state["policies"]]
        self._data = [Labelled(**data) for data in state["data"]]
        for data, seed in zip(self._data, self._seeds, strict=True):
            check_answers(self._expert, data.observations, data.steps, seed, data.actions)
        self._serve()
