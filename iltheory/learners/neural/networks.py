"""Networks in torch: multilayer perceptrons, and policies made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import nn

from iltheory.learners.neural.heads import HEADS, Head, Laws
from sims.errors import InvalidArgument, require
from sims.sampled import InvalidPolicy

Activation = Literal["tanh", "relu"]
Precision = Literal["float32", "float64"]

FARTHEST = 10.0
"""Normalised observations are cut to this many standard deviations: coordinates that hardly vary where the expert goes
would otherwise blow up elsewhere."""


@dataclass(frozen=True)
class Flat:
    """Observations of a shape, as one vector; each coordinate less its mean, over its standard deviation.

    Both are learnt from demonstrations once and then belong to the policy (:func:`normalisation`).
    """

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @property
    def size(self) -> int:
        """Length of the vector."""
        return int(np.prod(self.shape, dtype=int))


@dataclass(frozen=True)
class OneHot:
    """One coordinate for each state of a finite world, or with a horizon for each pair of step and state."""

    n_states: int
    horizon: int | None = None

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.n_states * (self.horizon or 1)

    def index(self, observations: Any, steps: Any) -> Any:
        """The coordinate that is one, for states ``[m]`` at steps ``[m]``, numpy or torch."""
        return observations if self.horizon is None else steps * self.n_states + observations

    def check(self, observations: Any, steps: Any) -> None:
        """Raise ``InvalidPolicy`` for numpy arrays of anything but states ``[m]`` and steps ``[m]`` in range."""
        if observations.ndim != 1 or observations.dtype.kind not in "iu":
            raise InvalidPolicy(
                f"observations are {observations.dtype} of shape {observations.shape[1:]}, but the policy was made for "
                "the indices of states: it belongs to another observation space."
            )
        for name, found, size in (("state", observations, self.n_states), ("step", np.asarray(steps), self.horizon)):
            if size is not None and found.size and not 0 <= found.min() <= found.max() < size:
                wrong = found.min() if found.min() < 0 else found.max()
                raise InvalidPolicy(f"{name} {wrong}: the policy was made for {size} of them, from 0.")


Features = Flat | OneHot
FEATURES = {kind.__name__: kind for kind in (Flat, OneHot)}


@dataclass(frozen=True)
class Architecture:
    """Everything about a policy network but its weights.

    Attributes
    ----------
    features : what the network sees of an observation
    head : which law of the action its outputs stand for
    hidden : widths of hidden layers; () for a linear network
    activation : between layers
    precision : of all weights
    """

    features: Features
    head: Head
    hidden: tuple[int, ...] = (32, 32)
    activation: Activation = "tanh"
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        require("head", self.head, Head, "CategoricalHead(n_actions)")
        object.__setattr__(self, "hidden", widths(self.hidden))
        for name, kinds in (("activation", Activation), ("precision", Precision)):
            if getattr(self, name) not in get_args(kinds):
                raise InvalidArgument(f"{name}={getattr(self, name)!r}: there are {', '.join(get_args(kinds))}.")

    @property
    def dtype(self) -> Any:
        """The torch dtype of weights."""
        return getattr(torch, self.precision)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of everything a network of this kind keeps, by name."""
        with torch.device("meta"):
            return {name: tuple(x.shape) for name, x in PolicyNetwork(self, None).state_dict().items()}

    def as_json(self) -> dict[str, Any]:
        """For files: what :meth:`from_json` reads."""
        kinds = {name: {"kind": type(x).__name__, **asdict(x)} for name, x in vars(self).items() if name in _PARTS}
        return {**asdict(self), **kinds}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Architecture:
        """Read what :meth:`as_json` wrote; ``KeyError``, ``TypeError`` or ``ValueError`` if it is something else."""
        fields = dict(written)
        for name, kinds in _PARTS.items():
            part = dict(fields[name])
            fields[name] = kinds[part.pop("kind")](
                **{k: tuple(v) if isinstance(v, list) else v for k, v in part.items()}
            )
        return cls(**fields)


_PARTS: dict[str, dict[str, Any]] = {"features": FEATURES, "head": HEADS}


def widths(hidden: Any) -> tuple[int, ...]:
    """Check widths of hidden layers."""
    read = tuple(hidden) if isinstance(hidden, Sequence | np.ndarray) else (hidden,)
    if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 1 for n in read):
        raise InvalidArgument(f"hidden={hidden!r}: must be widths of layers, such as (64, 64), or () for a linear one.")
    return tuple(int(n) for n in read)


class MLP(nn.Module):  # type: ignore[misc] # torch is untyped here
    """A multilayer perceptron whose weights are drawn from a generator.

    Weights and biases are uniform within ``1 / sqrt(inputs of the layer)``, as torch draws them.

    Parameters
    ----------
    inputs, outputs : sizes of the first and the last layer
    generator : ``torch.Generator`` on the CPU
    hidden : widths in between; () for a linear map
    activation : between layers
    one_hot : inputs are integers in ``[0, inputs)`` that stand for unit vectors; the first layer has no bias then
    dtype : of weights, torch's default if None
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        generator: Any,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: Activation = "tanh",
        one_hot: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = [inputs, *widths(hidden), outputs]
        self.layers, self.activation = nn.ModuleList(), {"tanh": torch.tanh, "relu": torch.relu}[activation]
        for i, (n, m) in enumerate(pairwise(sizes)):
            kind = nn.Embedding if one_hot and i == 0 else nn.Linear
            layer = nn.utils.skip_init(kind, n, m, dtype=dtype)
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -(n**-0.5), n**-0.5, generator=generator)
            self.layers.append(layer)

    def forward(self, x: Any) -> Any:
        """Outputs ``[m, outputs]`` of inputs ``[m, inputs]``, or of indices ``[m]``."""
        first, *others = self.layers
        x = first(x)
        for layer in others:
            x = layer(self.activation(x))
        return x


class Normalization(nn.Module):  # type: ignore[misc]
    """``(x - mean) / std`` entry by entry, cut to ten standard deviations; the identity until it has seen data."""

    def __init__(self, size: int, dtype: Any) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size, dtype=dtype))
        self.register_buffer("std", torch.ones(size, dtype=dtype))

    def forward(self, x: Any) -> Any:
        """Of vectors ``[m, size]``."""
        return ((x - self.mean) / self.std).clamp(-FARTHEST, FARTHEST)

    def learn(self, x: Any) -> None:
        """Take mean and standard deviation of each entry from vectors ``[n, size]``; 1 where it does not vary."""
        std, mean = torch.std_mean(x.to(torch.float64), 0, correction=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6 * (1 + mean.abs()), std, 1))


class PolicyNetwork(MLP):
    """A policy in torch: features, a perceptron, a head.

    Parameters
    ----------
    architecture : its parts
    generator : ``torch.Generator`` on the CPU that draws the weights

    Attributes
    ----------
    free : parameters of the head that no state moves, ``[head.free]``; None if it has none
    """

    def __init__(self, architecture: Architecture, generator: Any) -> None:
        features, head = architecture.features, architecture.head
        super().__init__(
            features.size,
            head.outputs,
            generator,
            hidden=architecture.hidden,
            activation=architecture.activation,
            one_hot=isinstance(features, OneHot),
            dtype=architecture.dtype,
        )
        self.architecture = architecture
        free = nn.Parameter(torch.zeros(head.free, dtype=architecture.dtype)) if head.free else None
        self.register_parameter("free", free)
        if isinstance(features, Flat):
            self.normalization = Normalization(features.size, architecture.dtype)

    def outputs(self, observations: Any, steps: Any) -> Any:
        """What the last layer says, ``[m, head.outputs]``, of observations ``[m, ...]`` at steps ``[m]`` (from 0)."""
        features = self.architecture.features
        if isinstance(features, OneHot):
            return super().forward(features.index(observations, steps))
        return super().forward(self.normalization(observations.flatten(1)))

    def forward(self, observations: Any, steps: Any) -> Laws:  # type: ignore[override] # another kind of input
        """Laws of the action in observations ``[m, ...]`` at steps ``[m]``."""
        return self.architecture.head.laws(self.outputs(observations, steps), self.free)

    def normalise(self, observations: Any) -> None:
        """Learn the normalisation from observations ``[n, ...]``; states of a finite world have none."""
        if isinstance(self.architecture.features, Flat):
            self.normalization.learn(observations.flatten(1))
