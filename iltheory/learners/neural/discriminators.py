"""Discriminators: rewards as networks, what they are worth against a learner, and their gradient penalty.

The adversary of every learner here maximises ``<e, phi(r)> - <d, r>``, the payoff of
:class:`~iltheory.games.OccupancyGame` with the same :class:`~iltheory.measures.FDivergence`: e is the law of what the
expert shows, d that of what the learner does. Both are laws of *all* H steps of an episode. Those in the absorbing
state after a termination are one point, whose number is a parameter of its own: it is part of the game, so no reward
pays for the length of an episode by itself (Kostrikov et al. 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import expm1, inf, log
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional as F

from iltheory.learners.neural.networks import MLP, Features, Flat, Normalization, OneHot
from iltheory.learners.neural.transitions import Transitions
from iltheory.measures import FDivergence, sampled_payoff
from sims.sampled import Spaces

Seen = Literal["actions", "next observations"]
"""What a discriminator sees beside an observation."""

TINY = 1e-12
"""Added to squared norms, whose root has no derivative at 0."""


def reward_of_logit(divergence: FDivergence, logit: Any) -> Any:
    """Map real numbers onto the rewards of a divergence: increasing, and 0 to the neutral reward.

    For ``jensen-shannon`` this is ``log(1 + e^z) - log 2``, that is GAIL's ``-log D - log 2`` with the logit z of
    ``1 - D``; where both ends of the domain are infinite, ``z + neutral``.

    Returns
    -------
    Tensor of float64: logits in ]-36, 36[ stay inside the domain
    """
    z, low, high, neutral = logit.double(), divergence.low, divergence.high, float(divergence.neutral)
    if low == -inf and high == inf:
        return z + neutral
    if high == inf:
        return low + F.softplus(z + log(expm1(neutral - low)))
    if low == -inf:
        return high - F.softplus(log(expm1(high - neutral)) - z)
    share = (neutral - low) / (high - low)
    return low + (high - low) * torch.sigmoid(z + log(share / (1 - share)))


@dataclass(frozen=True, eq=False)
class Law:
    """Numbers under a law: ``values`` ``[..., m]`` with probabilities ``weights`` ``[..., m]``."""

    values: Any
    weights: Any

    def mean(self) -> Any:
        """The expectation."""
        return (self.weights * self.values).sum(-1)


def payoff(divergence: FDivergence, shown: Law, seen: Law) -> Any:
    """``<e, phi(r)> - <d, r>``: what rewards are worth to the adversary; at most ``D_f(d || e)``.

    Parameters
    ----------
    shown, seen : the rewards under the law of the expert, and of the learner
    """
    return sampled_payoff(shown.weights, shown.values, divergence.utility, seen.mean())


def absorbing_share(demos: Transitions, horizon: int) -> float:
    """Share of the ``H`` steps of each episode that is spent in the absorbing state, after termination.

    An episode that was truncated earlier counts with the steps it shows.
    """
    resting = float((demos.weights * demos.absorbing * (horizon - 1 - demos.steps)).sum())
    return resting / (resting + float(demos.weights.sum()))


class View(nn.Module):  # type: ignore[misc] # torch is untyped here
    """How a discriminator sees a transition: as two vectors, of the observation and of what follows it.

    Parameters
    ----------
    features : of observations
    spaces : of the world
    seen : whether the action follows, as a vector or a one-hot code, or the next observation
    dtype : of the vectors
    """

    def __init__(self, features: Features, spaces: Spaces, seen: Seen, *, dtype: Any = torch.float32) -> None:
        super().__init__()
        self.features, self.seen, self.dtype = features, seen, dtype
        self.n_actions = spaces.n_actions if seen == "actions" else None
        actions = spaces.n_actions or (len(spaces.action_low) if spaces.action_low else 0)
        self.sizes = features.size, actions if seen == "actions" else features.size
        if isinstance(features, Flat):
            self.normalization = Normalization(features.size, dtype)

    def learn(self, demos: Transitions) -> None:
        """Learn the normalisation of observations."""
        if isinstance(self.features, Flat):
            self.normalization.learn(demos.observations.flatten(1))

    def encode(self, observations: Any, steps: Any) -> Any:
        """Vectors ``[m, size]`` of observations ``[m, ...]`` at steps ``[m]``."""
        if isinstance(self.features, OneHot):
            return F.one_hot(self.features.index(observations, steps), self.features.size).to(self.dtype)
        return self.normalization(observations.flatten(1))

    def forward(self, moves: Transitions) -> tuple[Any, Any]:
        """The two vectors of each transition."""
        first = self.encode(moves.observations, moves.steps)
        if self.seen == "next observations":
            return first, self.encode(moves.next_observations, moves.steps)
        if self.n_actions is None:
            return first, moves.actions.to(first)
        return first, F.one_hot(moves.actions, self.n_actions).to(first)


class Discriminator(nn.Module):  # type: ignore[misc]
    """A function of transitions, as a :class:`View` shows them, with a number of its own in the absorbing state.

    Of finitely many actions the network has one output each and is linear in the action's code: at a law of actions it
    is the expectation under it. With one-hot observations and no hidden layers it is a table.

    Parameters
    ----------
    view : what it sees
    generator : ``torch.Generator`` on the CPU that draws the weights
    hidden : widths of its layers
    outputs : numbers it returns
    bound : None, or a function that its numbers go through
    """

    def __init__(
        self,
        view: View,
        generator: Any,
        *,
        hidden: Sequence[int],
        outputs: int = 1,
        bound: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__()
        self.view, self.outputs, self.bound = view, outputs, bound
        first, second = view.sizes
        inputs = first if view.n_actions else first + second
        self.network = MLP(inputs, (view.n_actions or 1) * outputs, generator, hidden=hidden, dtype=view.dtype)
        self.absorbing = nn.Parameter(torch.zeros(outputs, dtype=view.dtype))

    def forward(self, first: Any, second: Any) -> Any:
        """Numbers ``[m]``, or ``[m, outputs]``, of vectors as a view shows them."""
        each = self.table(first if self.view.n_actions else torch.cat([first, second], -1))
        found = (second.unsqueeze(-1) * each).sum(-2) if self.view.n_actions else each.squeeze(-2)
        return found.squeeze(-1) if self.outputs == 1 else found

    def table(self, inputs: Any) -> Any:
        """Numbers of each action, ``[m, A, outputs]``; of vectors that hold everything, ``[m, 1, outputs]``."""
        found = self.network(inputs).unflatten(-1, (-1, self.outputs))
        return found if self.bound is None else self.bound(found)

    def everywhere(self, first: Any, second: Any) -> Any:
        """As :meth:`forward`, and at last the absorbing state: ``[m + 1, ...]``."""
        return torch.cat([self(first, second), self.absorbing if self.outputs == 1 else self.absorbing[None]])


def law_weights(weights: Any, absorbing: float) -> Any:
    """Probabilities ``[n + 1]`` of steps whose ``weights`` ``[n]`` have mean 1, and at last of the absorbing state."""
    shares = (1 - absorbing) / len(weights) * weights.double()
    return torch.cat([shares, shares.new_tensor([absorbing])])


def gradient_penalty(function: Any, first: Sequence[Any], second: Sequence[Any], generator: Any) -> Any:
    """``E (|grad f(x)| - 1)^2`` at random points x of segments (Gulrajani et al. 2017; Kostrikov et al. 2019).

    Parameters
    ----------
    function : of tensors ``[m, k_i]``, returns ``[m]``
    first, second : the ends, tensors ``[m, k_i]`` each: row i of the one is joined with row i of the other, by one
        random number for all coordinates, so that points lie on the segments
    generator : draws the points
    """
    share = torch.rand(len(first[0]), 1, generator=generator, device=first[0].device, dtype=first[0].dtype)
    points = [torch.lerp(x, y, share).detach().requires_grad_() for x, y in zip(first, second, strict=True)]
    slopes = torch.autograd.grad(function(*points).sum(), points, create_graph=True, materialize_grads=True)
    norms = (torch.cat(slopes, -1).square().sum(-1) + TINY).sqrt()
    return (norms - 1).square().mean()
