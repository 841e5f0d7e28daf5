"""Soft actor and critics, for vector actions in a box."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import log
from typing import Any

import torch
from torch import nn

from iltheory.learners.neural._replay import Batch
from iltheory.learners.neural._soft_q import Critic, Values
from iltheory.learners.neural.heads import SquashedGaussianHead, SquashedGaussianLaws
from iltheory.learners.neural.networks import MLP, Flat, PolicyNetwork


class SoftActorCritic(Critic):
    """Action values of vectors, and a policy that follows them (Haarnoja et al. 2018).

    Parameters
    ----------
    actor : with a squashed head
    discount : gamma, in [0, 1)
    temperature : positive
    hidden : widths of the critics' layers
    critics : number of them; each is trained on its own, the least of their values is what the actor climbs and what
        target networks say
    generator : draws the critics' weights, on the CPU
    noise : draws actions, on the device
    """

    def __init__(
        self,
        actor: PolicyNetwork,
        *,
        discount: float,
        temperature: float,
        hidden: Sequence[int],
        critics: int,
        generator: Any,
        noise: Any,
    ) -> None:
        head, features = actor.architecture.head, actor.architecture.features
        assert isinstance(head, SquashedGaussianHead) and isinstance(features, Flat)
        freedom = sum(log(b - a) for a, b in zip(head.low, head.high, strict=True))
        dtype = actor.architecture.dtype
        super().__init__(discount, temperature, freedom, dtype)
        object.__setattr__(self, "actor", actor)  # no part of this module: it is trained and saved on its own
        self._noise = noise
        self.register_buffer("low", torch.tensor(head.low, dtype=dtype))
        self.register_buffer("high", torch.tensor(head.high, dtype=dtype))
        self.critics = nn.ModuleList(
            MLP(features.size + head.size, 1, generator, hidden=hidden, activation="relu", dtype=dtype)
            for _ in range(critics)
        )

    def q(self, observations: Any, actions: Any) -> Any:
        """``[critics, n]``."""
        pairs = self.pairs(observations, actions)
        return torch.stack([critic(pairs)[:, 0] for critic in self.critics])

    def pairs(self, observations: Any, actions: Any) -> Any:
        """What critics see: normalised observations, and actions as shares of their box, in [-1, 1]."""
        flat = self.actor.normalization(observations.flatten(1))
        return torch.cat([flat, 2 * (actions - self.low) / (self.high - self.low) - 1], -1)

    def act(self, observations: Any) -> tuple[Any, Any]:
        """An action in each state and its log density; gradients pass through both."""
        laws = self.actor(observations, None)
        assert isinstance(laws, SquashedGaussianLaws)
        return laws.sample_with_density(self._noise)

    def start_v(self, observations: Any) -> Any:
        """``Q(s, a) - temperature * log pi(a|s)`` at one action of the policy, ``[critics, n]``."""
        with torch.no_grad():
            actions, density = self.act(observations)
        return self.q(observations, actions) - self.temperature * density

    def raw(self, observations: Any, actions: Any, following: Any, ahead: Critic) -> tuple[Any, Any, Any]:
        """See :class:`Critic`."""
        assert isinstance(ahead, SoftActorCritic)
        return self.q(observations, actions), self.start_v(observations), self._next(following, ahead)

    def own(self, batch: Batch, ahead: Critic) -> Values:
        """See :class:`Critic`: one action a state."""
        assert isinstance(ahead, SoftActorCritic)
        with torch.no_grad():
            actions, density = self.act(batch.observations)
        q = self.q(batch.observations, actions)
        return self.at(batch, q, q - self.temperature * density, self._next(batch.next_observations, ahead), ahead)

    def _next(self, following: Any, ahead: SoftActorCritic) -> Any:
        v = ahead.start_v(following)
        return v if ahead is self else v.amin(0)

    def shadow(self) -> SoftActorCritic:
        """See :class:`Critic`; it follows the same actor."""
        return copy.deepcopy(self, {id(self.actor): self.actor, id(self._noise): self._noise})

    def actor_loss(self, observations: Any) -> Any:
        """``E [temperature * log pi(a|s) - min Q(s, a)]``: minus the mean soft value of the policy."""
        actions, density = self.act(observations)
        return (self.temperature * density - self.q(observations, actions).amin(0)).mean()
