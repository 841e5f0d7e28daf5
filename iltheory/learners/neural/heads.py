"""Heads of policy networks: which law of the action the outputs of a network stand for.

Each head is written once and answers twice: with laws of torch tensors, which gradients pass through, and with the
laws of numpy arrays that sampled worlds ask for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf, log, pi
from typing import Any, Literal

import numpy as np
import torch
from torch.nn import functional as F

from sims import sampled
from sims.environments.experts.network import softmax
from sims.errors import InvalidArgument

LOG_STD = (-5.0, 2.0)
"""Logarithms of standard deviations stay between these: the likelihood of a deterministic expert has no maximum."""

_AT_ONE = log(-LOG_STD[0] / LOG_STD[1])  # a network that answers 0 has standard deviation 1


class Laws(ABC):
    """Laws of the action in m states, of torch tensors."""

    @abstractmethod
    def log_density(self, actions: Any) -> Any:
        """Logarithm of the probability, or of the density, of one action in each state: ``[m]``."""

    @abstractmethod
    def sample(self, generator: Any) -> Any:
        """One action in each state, ``[m, ...]``; gradients pass through continuous ones (reparametrised)."""

    def loss(self, actions: Any) -> Any:
        """What imitating one action in each state loses, ``[m]``: ``-log_density``; squared error without density."""
        return -self.log_density(actions)

    def entropy(self) -> Any:
        """Entropy in each state, ``[m]``, in nats, where it has a closed form.

        Raises
        ------
        InvalidArgument
            If it has none.
        """
        raise InvalidArgument(f"{type(self).__name__} have no entropy in closed form: estimate it by -log_density.")


@dataclass(frozen=True, eq=False)
class CategoricalLaws(Laws):
    """Softmax of logits ``[m, A]``."""

    logits: Any

    def log_density(self, actions: Any) -> Any:
        """See :class:`Laws`; actions are integers ``[m]``."""
        return -F.cross_entropy(self.logits, actions, reduction="none")

    def log_probabilities(self) -> Any:
        """Logarithms of all probabilities, ``[m, A]``."""
        return F.log_softmax(self.logits, -1)

    def sample(self, generator: Any) -> Any:
        """See :class:`Laws`."""
        return torch.multinomial(torch.softmax(self.logits.detach(), -1), 1, generator=generator)[:, 0]

    def entropy(self) -> Any:
        """See :class:`Laws`."""
        log_p = self.log_probabilities()
        return -(log_p.exp() * log_p).sum(-1)


@dataclass(frozen=True, eq=False)
class GaussianLaws(Laws):
    """Independent Gaussians: ``mean`` and ``log_std`` ``[m, d]``."""

    mean: Any
    log_std: Any

    def log_density(self, actions: Any) -> Any:
        """See :class:`Laws`."""
        return _normal(actions, self.mean, self.log_std)

    def sample(self, generator: Any) -> Any:
        """See :class:`Laws`."""
        return self.mean + self.log_std.exp() * _noise(self.mean, generator)

    def entropy(self) -> Any:
        """See :class:`Laws`."""
        return (self.log_std + (log(2 * pi) + 1) / 2).expand_as(self.mean).sum(-1)


@dataclass(frozen=True, eq=False)
class MixtureLaws(Laws):
    """Mixtures of K diagonal Gaussians: ``logits`` ``[m, K]``, ``means`` and ``log_stds`` ``[m, K, d]``."""

    logits: Any
    means: Any
    log_stds: Any

    def log_density(self, actions: Any) -> Any:
        """See :class:`Laws`."""
        parts = _normal(actions[:, None], self.means, self.log_stds)
        return torch.logsumexp(F.log_softmax(self.logits, -1) + parts, -1)

    def sample(self, generator: Any) -> Any:
        """See :class:`Laws`; gradients pass through the component drawn, not through the draw of it."""
        k = CategoricalLaws(self.logits).sample(generator)
        rows = torch.arange(len(k), device=k.device)
        return GaussianLaws(self.means[rows, k], self.log_stds[rows, k]).sample(generator)


@dataclass(frozen=True, eq=False)
class SquashedGaussianLaws(Laws):
    """Gaussians sent through tanh into a box: ``low + (high - low) (1 + tanh u) / 2``."""

    mean: Any
    log_std: Any
    low: Any
    high: Any

    def log_density(self, actions: Any) -> Any:
        """See :class:`Laws`; an action on the boundary is taken as the nearest float inside."""
        half = (self.high - self.low) / 2
        edge = 1 - torch.finfo(actions.dtype).eps
        u = torch.atanh(((actions - self.low) / half - 1).clamp(-edge, edge))
        return self._density(u)

    def sample_with_density(self, generator: Any) -> tuple[Any, Any]:
        """Actions and their log densities, computed before tanh loses digits."""
        u = GaussianLaws(self.mean, self.log_std).sample(generator)
        return self.low + (self.high - self.low) / 2 * (1 + torch.tanh(u)), self._density(u)

    def sample(self, generator: Any) -> Any:
        """See :class:`Laws`."""
        return self.sample_with_density(generator)[0]

    def _density(self, u: Any) -> Any:
        # log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2u)), exact for large |u|
        slope = 2 * (log(2) - u - F.softplus(-2 * u)) + torch.log((self.high - self.low) / 2)
        return _normal(u, self.mean, self.log_std) - slope.sum(-1)


@dataclass(frozen=True, eq=False)
class PointLaws(Laws):
    """One action in each state, ``[m, d]``: no law with a density."""

    actions: Any

    def log_density(self, actions: Any) -> Any:
        """Refused: there is no density."""
        raise InvalidArgument("a deterministic policy of continuous actions has no density: use a squared error.")

    def loss(self, actions: Any) -> Any:
        """Squared Euclidean distance to one action in each state, ``[m]``."""
        return ((self.actions - actions) ** 2).sum(-1)

    def sample(self, generator: Any) -> Any:
        """See :class:`Laws`."""
        return self.actions


class Head(ABC):
    """What the last layer of a policy network stands for."""

    @property
    @abstractmethod
    def action_shape(self) -> tuple[int, ...]:
        """Shape of one action: ``()`` if actions are numbered."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Numbers the network must give in each state."""

    @property
    def free(self) -> int:
        """Parameters beside the network that no state moves."""
        return 0

    @abstractmethod
    def laws(self, outputs: Any, free: Any) -> Laws:
        """Laws from outputs ``[m, outputs]`` and free parameters ``[free]``, tensors."""

    @abstractmethod
    def sampled_laws(self, outputs: Any, free: Any) -> Any:
        """The same laws from numpy arrays, as sampled worlds take them."""

    @abstractmethod
    def greedy_laws(self, outputs: Any, free: Any) -> Any:
        """The most probable action of each state (of a mixture: the mean of its heaviest component), with no noise."""


@dataclass(frozen=True)
class CategoricalHead(Head):
    """Softmax over ``n_actions`` actions: ``pi(a|s)`` proportional to ``exp(output_a / temperature)``."""

    n_actions: int
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _at_least("n_actions", self.n_actions, 1)
        if not 0 < self.temperature < inf:
            raise InvalidArgument(f"temperature={self.temperature}: must be a positive number.")

    @property
    def action_shape(self) -> tuple[int, ...]:
        """See :class:`Head`."""
        return ()

    @property
    def outputs(self) -> int:
        """See :class:`Head`."""
        return self.n_actions

    def laws(self, outputs: Any, free: Any) -> CategoricalLaws:
        """See :class:`Head`."""
        return CategoricalLaws(outputs if self.temperature == 1 else outputs / self.temperature)

    def sampled_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        return sampled.Categorical(softmax(outputs / self.temperature))

    def greedy_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        return sampled.Categorical(np.eye(self.n_actions)[outputs.argmax(-1)])


@dataclass(frozen=True)
class GaussianHead(Head):
    """Diagonal Gaussians on ``size`` numbers; ``std`` the same everywhere, or an output of the network."""

    size: int
    std: Literal["independent", "dependent"] = "independent"

    def __post_init__(self) -> None:
        _at_least("size", self.size, 1)
        if self.std not in ("independent", "dependent"):
            raise InvalidArgument(f"std={self.std!r}: there are 'independent' and 'dependent', on the state.")

    @property
    def action_shape(self) -> tuple[int, ...]:
        """See :class:`Head`."""
        return (self.size,)

    @property
    def outputs(self) -> int:
        """See :class:`Head`."""
        return self.size if self.std == "independent" else 2 * self.size

    @property
    def free(self) -> int:
        """See :class:`Head`."""
        return self.size if self.std == "independent" else 0

    def laws(self, outputs: Any, free: Any) -> GaussianLaws:
        """See :class:`Head`."""
        mean, raw = self._parts(outputs, free)
        return GaussianLaws(mean, bounded_log_std(raw, torch.tanh))

    def sampled_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        mean, raw = self._parts(outputs, free)
        return sampled.Gaussian(mean, _std(raw))

    def greedy_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        return sampled.Point(self._parts(outputs, free)[0])

    def _parts(self, outputs: Any, free: Any) -> tuple[Any, Any]:
        return outputs[..., : self.size], (free if self.std == "independent" else outputs[..., self.size :])


@dataclass(frozen=True)
class MixtureHead(Head):
    """Mixtures of ``components`` diagonal Gaussians on ``size`` numbers, all parameters outputs of the network."""

    size: int
    components: int = 5

    def __post_init__(self) -> None:
        _at_least("size", self.size, 1)
        _at_least("components", self.components, 1)

    @property
    def action_shape(self) -> tuple[int, ...]:
        """See :class:`Head`."""
        return (self.size,)

    @property
    def outputs(self) -> int:
        """See :class:`Head`."""
        return self.components * (1 + 2 * self.size)

    def laws(self, outputs: Any, free: Any) -> MixtureLaws:
        """See :class:`Head`."""
        logits, means, raw = self._parts(outputs)
        return MixtureLaws(logits, means, bounded_log_std(raw, torch.tanh))

    def sampled_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        logits, means, raw = self._parts(outputs)
        return sampled.GaussianMixture(softmax(logits), means, _std(raw))

    def greedy_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        logits, means, _ = self._parts(outputs)
        return sampled.Point(means[np.arange(len(means)), logits.argmax(-1)])

    def _parts(self, outputs: Any) -> tuple[Any, Any, Any]:
        k, d = self.components, self.size
        gaussians = outputs[..., k:].reshape(len(outputs), k, 2 * d)
        return outputs[..., :k], gaussians[..., :d], gaussians[..., d:]


@dataclass(frozen=True)
class SquashedGaussianHead(Head):
    """Gaussians sent through tanh into the box from ``low`` to ``high``; mean and std are outputs of the network."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, tuple(float(x) for x in np.atleast_1d(getattr(self, name))))
        if len(self.low) != len(self.high) or not all(
            -inf < a < b < inf for a, b in zip(self.low, self.high, strict=True)
        ):
            raise InvalidArgument(f"low={self.low}, high={self.high}: tanh needs a bounded box, low < high everywhere.")

    @property
    def action_shape(self) -> tuple[int, ...]:
        """See :class:`Head`."""
        return (self.size,)

    @property
    def size(self) -> int:
        """Numbers of an action."""
        return len(self.low)

    @property
    def outputs(self) -> int:
        """See :class:`Head`."""
        return 2 * self.size

    def laws(self, outputs: Any, free: Any) -> SquashedGaussianLaws:
        """See :class:`Head`."""
        low, high = (torch.as_tensor(x, dtype=outputs.dtype, device=outputs.device) for x in (self.low, self.high))
        mean, raw = outputs[..., : self.size], outputs[..., self.size :]
        return SquashedGaussianLaws(mean, bounded_log_std(raw, torch.tanh), low, high)

    def sampled_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        return sampled.SquashedGaussian(
            outputs[..., : self.size], _std(outputs[..., self.size :]), np.array(self.low), np.array(self.high)
        )

    def greedy_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        low, high = np.array(self.low), np.array(self.high)
        return sampled.Point(low + (high - low) / 2 * (1 + np.tanh(outputs[..., : self.size])))


@dataclass(frozen=True)
class PointHead(Head):
    """One action of ``size`` numbers in each state: learnt by squared error, not by likelihood."""

    size: int

    def __post_init__(self) -> None:
        _at_least("size", self.size, 1)

    @property
    def action_shape(self) -> tuple[int, ...]:
        """See :class:`Head`."""
        return (self.size,)

    @property
    def outputs(self) -> int:
        """See :class:`Head`."""
        return self.size

    def laws(self, outputs: Any, free: Any) -> PointLaws:
        """See :class:`Head`."""
        return PointLaws(outputs)

    def sampled_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        return sampled.Point(outputs)

    def greedy_laws(self, outputs: Any, free: Any) -> Any:
        """See :class:`Head`."""
        return sampled.Point(outputs)


HEADS = {kind.__name__: kind for kind in (CategoricalHead, GaussianHead, MixtureHead, SquashedGaussianHead, PointHead)}
"""Heads by name, as files say it."""


def _normal(x: Any, mean: Any, log_std: Any) -> Any:
    z = (x - mean) * torch.exp(-log_std)
    return -(z * z / 2 + log_std).sum(-1) - x.shape[-1] * log(2 * pi) / 2


def _noise(like: Any, generator: Any) -> Any:
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=like.device)


def bounded_log_std(raw: Any, tanh: Any) -> Any:
    """Logarithms of standard deviations within :data:`LOG_STD` from any numbers, 0 from 0; tanh of numpy or torch."""
    low, high = LOG_STD
    return low + (high - low) / 2 * (1 + tanh((raw + _AT_ONE) / 2))


def _std(raw: Any) -> Any:
    return np.exp(bounded_log_std(raw, np.tanh))


def _at_least(name: str, n: Any, least: int) -> None:
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < least:
        raise InvalidArgument(f"{name}={n!r}: must be an integer, at least {least}.")
