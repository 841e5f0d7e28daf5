"""InfoGAIL with networks: a policy that is told a code, and is paid for behaviour that tells the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log
from os import PathLike
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from iltheory.learners.neural._coded import coded, with_codes
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.discriminators import Discriminator, View, law_weights
from iltheory.learners.neural.gail import (
    FIT,
    Adversarial,
    DivergenceJudge,
    Fit,
    LearnedReward,
    described,
    played,
    read_divergence,
)
from iltheory.learners.neural.inner_rl import ON_POLICY, PPO, Judge, Round
from iltheory.learners.neural.networks import Architecture, Flat, PolicyNetwork
from iltheory.learners.neural.optimizers import adam, descend, nonnegative
from iltheory.learners.neural.policy import NeuralPolicy
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Trained, train
from iltheory.learners.neural.transitions import Transitions, shown
from iltheory.learners.online import count
from sims.datasets import Trajectories
from sims.errors import require
from sims.sampled import ActionLaws, SampledMDP, SampledPolicy
from sims.sampled.simulator import Array


@dataclass(frozen=True, eq=False)
class CodedPolicy(SampledPolicy):
    """A policy that is told one code.

    Attributes
    ----------
    policy : of observations with codes
    code : the code, from 0
    codes : number of codes
    """

    policy: NeuralPolicy
    code: int
    codes: int

    def laws(self, observations: Array, steps: Any) -> ActionLaws:
        """Laws of the action in observations ``[m, ...]`` at steps ``[m]``."""
        return self.policy.laws(with_codes(observations, np.full(len(observations), self.code), self.codes), steps)


@dataclass(frozen=True, eq=False)
class InfoGAIL(Trained):
    """What InfoGAIL learnt; ``policy`` and ``averaged`` see observations with codes.

    ``history.scalars`` also has ``information``, the lower bound ``L_I = E log Q(c | x) + log K`` in nats.

    Attributes
    ----------
    policies : one for each code
    reward : of the discriminator
    posterior : Q, a network whose outputs are logits of codes
    """

    policies: tuple[CodedPolicy, ...]
    reward: LearnedReward
    posterior: Discriminator


def infogail(
    demos: Trajectories | Transitions,
    mdp: SampledMDP,
    *,
    codes: int,
    updates: int,
    seed: int,
    information_weight: float = 1.0,
    divergence: str = "jensen-shannon",
    solver: PPO = ON_POLICY,
    fit: Fit = FIT,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 100,
    progress: bool = False,
) -> InfoGAIL:
    """GAIL of a mixture of policies, one a code, with a reward for telling the codes apart (Li, Song and Ermon 2017).

    The neural twin of :func:`iltheory.learners.infogail` with ``information="pair"``: ``min_{pi, Q} max_r <e, phi(r)> -
    <d, r> - lambda_1 L_I``, with ``L_I = E log Q(c | s, a) + log K``. A step is paid ``r + lambda_1 (log Q(c | s, a) +
    log K)``: nothing for behaviour that tells nothing, so information alone makes no length of episode better. A code
    is drawn at the start of each episode, uniformly. (The weight of the entropy is the solver's.)

    Parameters
    ----------
    demos, mdp, updates, seed, divergence, fit, ema, device, folder, save_every, progress : see
        :func:`iltheory.learners.neural.gail.gail`
    codes : K, number of policies, at least 1
    information_weight : ``lambda_1``, not negative
    solver : on-policy
    architecture : as for a policy without codes; the one learnt has inputs for them, too

    Raises
    ------
    InvalidDataset, InvalidArgument, InvalidPolicy, InvalidCheckpoint, TrainingDiverged
        See :func:`iltheory.learners.neural.gail.gail`.
    """
    require("mdp", mdp, SampledMDP, "sims.sampled.sampled_table(mdp)")
    require("solver", solver, PPO, "PPO(steps=64)")
    chosen, k, weight = read_divergence(divergence), count("codes", codes), nonnegative("weight", information_weight)
    seeds = Seeds.of(seed, device)
    architecture = played(mdp, solver, architecture)
    data = shown(demos, mdp.spaces, seeds.batches, dtype=torch.float32, device=device, horizon=mdp.horizon)
    told = replace(architecture, features=coded(architecture.features, k))
    actor = PolicyNetwork(told, seeds.init).to(device)
    if isinstance(architecture.features, Flat):
        seen = data.observations.flatten(1)
        actor.normalise(torch.cat([seen, seen.new_zeros(len(seen), k)], -1))  # what does not vary is left as it is
    view = View(architecture.features, mdp.spaces, "actions")
    base = DivergenceJudge(data, mdp.horizon, view, chosen, fit, seeds)
    judge = InformedJudge(base, mdp.horizon, k, weight, fit, seeds)
    options = {"codes": k, "information_weight": weight, "divergence": chosen.name}
    settings = described("infogail", mdp, data, architecture, solver, fit, seed, **options)
    recipe = Adversarial(actor, solver.player(mdp, actor, seeds, codes=k, device=device), judge, seeds, settings)
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    policies = tuple(CodedPolicy(run.policy, code, k) for code in range(k))
    return InfoGAIL(**vars(run), policies=policies, reward=base.reward, posterior=judge.posterior)


class InformedJudge(Judge):
    """A discriminator, and Q, which guesses the code from a step.

    Parameters
    ----------
    base : the discriminator
    horizon : H, of episodes
    codes : K
    weight : ``lambda_1``
    fit, seeds : as those of ``base``
    """

    def __init__(self, base: DivergenceJudge, horizon: int, codes: int, weight: float, fit: Fit, seeds: Seeds) -> None:
        self._base, self._horizon, self._codes, self._weight = base, horizon, codes, weight
        self._fit, self._seeds, view = fit, seeds, base.discriminator.view
        self.posterior = Discriminator(view, seeds.init, hidden=fit.hidden, outputs=codes)
        self.posterior.to(base.discriminator.absorbing.device)
        self._optimizer = adam([p for p in self.posterior.parameters() if p.requires_grad], fit.learning_rate)

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.inner_rl.Judge`."""
        return {**self._base.parts, "posterior": self.posterior, "posterior_optimizer": self._optimizer}

    def improve(self, seen: Round) -> Mapping[str, Any]:
        """Climb the payoff, then ``L_I``."""
        scalars, (first, second), told = self._base.improve(seen), self.posterior.view(seen.moves), seen.codes
        moves = seen.moves
        resting = ((moves.absorbing * (self._horizon - 1 - moves.steps))[:, None] * told).sum(0)
        information = 0.0
        for _ in range(self._fit.updates):
            rows = torch.from_numpy(self._seeds.batches.integers(len(told), size=self._fit.batch_size)).to(told.device)
            logits = self.posterior.everywhere(first[rows], second[rows])
            ended = resting / resting.sum() if resting.sum() > 0 else torch.full_like(resting, 1 / self._codes)
            right = torch.cat([told[rows], ended[None]])
            weights = law_weights(moves.weights[rows], seen.absorbing).to(logits)
            bound = sampled_information(weights, logits, right)
            descend(self._optimizer, -bound)
            information += float(bound.detach()) / self._fit.updates
        return {**scalars, "information": information}

    def pay(self, seen: Round) -> tuple[Any, Any]:
        """The discriminator's reward, and ``lambda_1 (log Q(c | x) + log K)``."""
        rewards, resting = self._base.pay(seen)
        both = (self.posterior(*self.posterior.view(seen.moves)), self.posterior.absorbing[None])
        told, rested = (self._weight * (F.log_softmax(x, -1) + log(self._codes)) * seen.codes for x in both)
        return rewards + told.sum(-1), resting + rested.sum(-1)


def sampled_information(weights: Any, logits: Any, codes: Any) -> Any:
    """``L_I = E log Q(c | x) + log K`` at points with ``weights`` ``[n]``, for uniform codes.

    Parameters
    ----------
    logits : ``[n, K]``, of Q
    codes : ``[n, K]``, laws of the code at each point, one-hot if it is known
    """
    return (weights * (F.log_softmax(logits, -1) * codes).sum(-1)).sum() + log(codes.shape[-1])
