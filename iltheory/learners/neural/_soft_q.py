"""Soft action values as networks, and what they are at the transitions of a batch."""

from __future__ import annotations

import copy
from abc import abstractmethod
from math import log
from typing import Any, NamedTuple

import torch
from torch import nn

from iltheory.learners.neural._replay import Batch
from iltheory.learners.neural.heads import CategoricalHead
from iltheory.learners.neural.networks import PolicyNetwork


class Values(NamedTuple):
    """Values at n transitions; if one leads to the absorbing state, its transition to itself follows as one more.

    Attributes
    ----------
    weights : ``[n]``
    q : of the pairs, ``[..., n]``; axes before the last are critics
    v : of the states
    later : of what comes after, ``gamma V(s')``
    """

    weights: Any
    q: Any
    v: Any
    later: Any

    @property
    def rewards(self) -> Any:
        """``Q - gamma V'``, ``[..., n]``."""
        return self.q - self.later


class Critic(nn.Module):  # type: ignore[misc] # torch is untyped here
    """Soft values with a discount, and the value of the absorbing state.

    In the absorbing state, where all actions do the same and the policy is uniform, a reward ``r_A`` of its own is paid
    for ever: ``V = (r_A + temperature * log |A|) / (1 - gamma)``, with a volume for ``|A|`` if actions are vectors. A
    value of 0 instead would reward or punish survival (``lsiq-absorbing``).

    Parameters
    ----------
    discount : gamma, in [0, 1)
    temperature : positive
    freedom : ``log |A|``
    dtype : of ``r_A``
    """

    def __init__(self, discount: float, temperature: float, freedom: float, dtype: Any) -> None:
        super().__init__()
        self.discount, self.freedom = discount, freedom
        self.register_buffer("temperature", torch.tensor(temperature, dtype=dtype))
        self.rest = nn.Parameter(torch.zeros((), dtype=dtype))

    def rest_value(self) -> Any:
        """The value of the absorbing state."""
        return (self.rest + self.temperature * self.freedom) / (1 - self.discount)

    def values(self, batch: Batch, ahead: Critic) -> Values:
        """Values at transitions; ``ahead`` says what next states are worth: self, or a target network."""
        return self.at(batch, *self.raw(batch.observations, batch.actions, batch.next_observations, ahead), ahead)

    def both(self, first: Batch, second: Batch, ahead: Critic) -> tuple[Values, Values]:
        """Values at the transitions of two batches, by one pass through the networks."""
        observations, actions, following = (torch.cat(pair) for pair in zip(first[:3], second[:3], strict=True))
        q, v, next_v = self.raw(observations, actions, following, ahead)
        sizes = [first.size, second.size]
        (q1, q2), (v1, v2), (n1, n2) = (x.split(sizes, -1) for x in (q, v, next_v))
        return self.at(first, q1, v1, n1, ahead), self.at(second, q2, v2, n2, ahead)

    @abstractmethod
    def raw(self, observations: Any, actions: Any, following: Any, ahead: Critic) -> tuple[Any, Any, Any]:
        """Values of pairs, of states, and of next states as if none were absorbing, ``[..., n]`` each."""

    @abstractmethod
    def own(self, batch: Batch, ahead: Critic) -> Values:
        """Values where the policy's own actions stand in for those taken."""

    @abstractmethod
    def start_v(self, observations: Any) -> Any:
        """Values of states, ``[..., m]``."""

    def shadow(self) -> Critic:
        """A copy."""
        return copy.deepcopy(self)

    def at(self, batch: Batch, q: Any, v: Any, next_v: Any, ahead: Critic) -> Values:
        """Values at transitions ``[n]``, from those of their pairs, states and next states.

        The absorbing state is visited as often as its flow equation says: ``gamma / (1 - gamma)`` times for each time
        it is entered.
        """
        weights = batch.weights / batch.size
        if not batch.absorbing.any():
            return Values(weights, q, v, self.discount * next_v)
        ends = (weights * batch.absorbing).sum() * self.discount / (1 - self.discount)
        resting = self.rest_value()
        after = self.discount * (resting if ahead is self else ahead.rest_value())
        later = torch.where(batch.absorbing, after, self.discount * next_v)
        pair = self.rest + after
        return Values(torch.cat([weights, ends[None]]), _and(q, pair), _and(v, resting), _and(later, after))


class SoftQ(Critic):
    """Action values of numbered actions: the outputs of a network whose policy is ``softmax(Q / temperature)``.

    Parameters
    ----------
    network : with a categorical head, which knows the temperature
    discount : gamma, in [0, 1)
    """

    def __init__(self, network: PolicyNetwork, discount: float) -> None:
        head = network.architecture.head
        assert isinstance(head, CategoricalHead)
        super().__init__(discount, head.temperature, log(head.n_actions), network.architecture.dtype)
        self.network = network

    def q(self, observations: Any) -> Any:
        """``[n, A]``; a stationary policy sees no steps."""
        return self.network.outputs(observations, torch.zeros(len(observations), dtype=torch.int64))

    def v(self, q: Any) -> Any:
        """``temperature * log sum_a exp(Q / temperature)``, ``[n]``: ``soft_maximum`` in one kernel of torch."""
        return self.temperature * torch.logsumexp(q / self.temperature, -1)

    def raw(self, observations: Any, actions: Any, following: Any, ahead: Critic) -> tuple[Any, Any, Any]:
        """See :class:`Critic`."""
        assert isinstance(ahead, SoftQ)
        n = len(observations)
        if ahead is self:  # one pass through the network is quicker than two
            q = self.q(torch.cat([observations, following]))
            v, next_v = self.v(q).split(n)
            q = q[:n]
        else:
            q = self.q(observations)
            v, next_v = self.v(q), ahead.v(ahead.q(following))
        return q.gather(-1, actions[:, None])[:, 0], v, next_v

    def start_v(self, observations: Any) -> Any:
        """See :class:`Critic`."""
        return self.v(self.q(observations))

    def own(self, batch: Batch, ahead: Critic) -> Values:
        """See :class:`Critic`: a row for each transition and action; gradients pass through laws of actions."""
        assert isinstance(ahead, SoftQ)
        q = self.q(batch.observations)
        v, following = self.v(q), ahead.v(ahead.q(batch.next_observations))
        law = torch.softmax(q / self.temperature, -1)
        rows = [self.at(batch, q[:, a], v, following, ahead) for a in range(q.shape[-1])]
        resting = law.new_full((len(rows[0].weights) - batch.size, q.shape[-1]), 1 / q.shape[-1])
        shares = torch.cat([law, resting]).T  # [A, n] or [A, n + 1]
        weights = torch.cat([share * row.weights for share, row in zip(shares, rows, strict=True)])
        return Values(weights, *(torch.cat([getattr(row, name) for row in rows]) for name in ("q", "v", "later")))


def _and(values: Any, last: Any) -> Any:
    """``[..., n]`` and one number, as ``[..., n + 1]``."""
    return torch.cat([values, last.expand(*values.shape[:-1], 1)], -1)
