"""Small networks with a forward pass in numpy: what experts are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sims.environments.experts.errors import InvalidExpert

Floats = NDArray[np.float64]

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0.0)}


@dataclass(frozen=True, eq=False)
class Normalization:
    """Observations are seen as ``clip((o - mean) / std, -clip, clip)``.

    Parameters
    ----------
    mean, std : array (d,)
    clip : largest absolute value that the network sees; infinity for no limit
    """

    mean: Floats
    std: Floats
    clip: float = np.inf

    def __post_init__(self) -> None:
        mean, std = _numbers("mean", self.mean, 1), _numbers("std", self.std, 1)
        if mean.shape != std.shape:
            raise InvalidExpert(f"mean has shape {mean.shape} and std {std.shape}: one number an observed number each.")
        if not (std > 0).all():
            raise InvalidExpert(f"std[{int(std.argmin())}] is {std.min()} (should be positive).")
        if not self.clip > 0:
            raise InvalidExpert(f"clip is {self.clip} (should be positive, or infinity for no limit).")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", std)

    def __call__(self, observations: Floats) -> Floats:
        """Normalise observations (..., d)."""
        seen: Floats = np.clip((observations - self.mean) / self.std, -self.clip, self.clip)
        return seen


@dataclass(frozen=True, eq=False)
class Network:
    """Normalisation, then affine layers with an activation between them; one affine layer is a linear map.

    Parameters
    ----------
    normalization : of the observations
    weights : arrays (d_out, d_in), one a layer
    biases : arrays (d_out,)
    activation : `tanh` or `relu`

    Raises
    ------
    InvalidExpert
        If layers do not fit one another, a number is not finite, or the activation is another one.

    Notes
    -----
    Weights keep the numbers they were trained with; the forward pass computes in float64.
    """

    normalization: Normalization
    weights: Sequence[Floats]
    biases: Sequence[Floats]
    activation: str = "tanh"

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise InvalidExpert(f"activation is {self.activation!r} (should be one of {', '.join(ACTIVATIONS)}).")
        weights = [_numbers(f"layers.{i}.weight", w, 2) for i, w in enumerate(self.weights)]
        biases = [_numbers(f"layers.{i}.bias", b, 1) for i, b in enumerate(self.biases)]
        if not weights or len(weights) != len(biases):
            raise InvalidExpert(f"there are {len(weights)} weights and {len(biases)} biases (one of each a layer).")
        width = len(self.normalization.mean)
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            if weight.shape != (len(bias), width):
                raise InvalidExpert(
                    f"layers.{i}.weight has shape {weight.shape} (should be {(len(bias), width)}: "
                    f"{len(bias)} biases, {width} numbers from the layer before)."
                )
            width = len(bias)
        object.__setattr__(self, "weights", tuple(weights))
        object.__setattr__(self, "biases", tuple(biases))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Any], *, activation: str, clip: float) -> Network:
        """The network of the tensors of a file; the inverse of `tensors`."""
        n = sum(name.startswith("layers.") and name.endswith(".weight") for name in tensors)
        names = [f"layers.{i}.{part}" for i in range(n) for part in ("weight", "bias")]
        for name in ("normalization.mean", "normalization.std", *names):
            if name not in tensors:
                raise InvalidExpert(f"the tensor {name} is missing; there are {', '.join(sorted(tensors))}.")
        return cls(
            Normalization(tensors["normalization.mean"], tensors["normalization.std"], clip),
            [tensors[f"layers.{i}.weight"] for i in range(n)],
            [tensors[f"layers.{i}.bias"] for i in range(n)],
            activation,
        )

    def tensors(self) -> dict[str, Floats]:
        """What a file keeps."""
        layers = {f"layers.{i}.weight": w for i, w in enumerate(self.weights)}
        layers |= {f"layers.{i}.bias": b for i, b in enumerate(self.biases)}
        return {"normalization.mean": self.normalization.mean, "normalization.std": self.normalization.std} | layers

    @property
    def n_inputs(self) -> int:
        """Numbers of one observation."""
        return len(self.normalization.mean)

    @property
    def n_outputs(self) -> int:
        """Numbers of one output."""
        return len(self.biases[-1])

    def __call__(self, observations: ArrayLike) -> Floats:
        """Outputs (..., n_outputs) at observations (..., n_inputs)."""
        x = self.normalization(np.asarray(observations, dtype=np.float64))
        activation = ACTIVATIONS[self.activation]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = activation(x @ weight.T + bias)
        out: Floats = x @ self.weights[-1].T + self.biases[-1]
        return out


def linear(
    weight: ArrayLike, *, mean: ArrayLike | None = None, std: ArrayLike | None = None, bias: ArrayLike | None = None
) -> Network:
    """The linear map ``weight @ (o - mean) / std + bias``.

    Parameters
    ----------
    weight : array (d_out, d_in)
    mean, std : array (d_in,), default 0 and 1
    bias : array (d_out,), default 0
    """
    matrix = _numbers("weight", weight, 2)
    n_outputs, n_inputs = matrix.shape
    normalization = Normalization(
        np.zeros(n_inputs) if mean is None else np.asarray(mean, dtype=np.float64),
        np.ones(n_inputs) if std is None else np.asarray(std, dtype=np.float64),
    )
    return Network(normalization, [matrix], [np.zeros(n_outputs) if bias is None else np.asarray(bias)])


def softmax(logits: Floats) -> Floats:
    """``exp(logits)``, normalised over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    normalised: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return normalised


def _numbers(name: str, values: Any, ndim: int) -> Floats:
    array = np.array(values, dtype=np.float64, order="C")
    if array.ndim != ndim or not array.size:
        raise InvalidExpert(f"{name} has shape {array.shape} (should have {ndim} axes, none empty).")
    if not np.isfinite(array).all():
        raise InvalidExpert(f"{name} contains {array[~np.isfinite(array)][0]}: every number must be finite.")
    array.setflags(write=False)
    return array
