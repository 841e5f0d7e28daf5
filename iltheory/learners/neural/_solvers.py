"""What the solvers of stable-baselines3 share here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from iltheory.learners.neural.networks import PolicyNetwork


class Dice:
    """The global generators of torch and numpy, which stable-baselines3 draws from, as this run left them."""

    def __init__(self, seed: int) -> None:
        self._torch = torch.Generator().manual_seed(seed).get_state()
        self._numpy = np.random.RandomState(seed % 2**32).get_state(legacy=False)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Use them, and put back what others had."""
        others = torch.get_rng_state(), np.random.get_state(legacy=False)
        torch.set_rng_state(self._torch)
        np.random.set_state(self._numpy)
        try:
            yield
        finally:
            self._torch, self._numpy = torch.get_rng_state(), np.random.get_state(legacy=False)
            torch.set_rng_state(others[0])
            np.random.set_state(others[1])

    def state_dict(self) -> dict[str, Any]:
        """Both states."""
        return {"torch": self._torch, "numpy": self._numpy}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from both states."""
        self._torch, self._numpy = state["torch"], state["numpy"]


class Normalised(BaseFeaturesExtractor):
    """Observations as the actor sees them."""

    def __init__(self, space: Any, normalization: Any) -> None:
        super().__init__(space, space.shape[0])
        self.normalization = normalization

    def forward(self, observations: Any) -> Any:
        """Of vectors ``[m, size]``."""
        return observations if self.normalization is None else self.normalization(observations)


def policy_options(actor: PolicyNetwork) -> dict[str, Any]:
    """How stable-baselines3 is to see observations and build layers, so that an actor can take its weights."""
    return {
        "activation_fn": {"tanh": nn.Tanh, "relu": nn.ReLU}[actor.architecture.activation],
        "features_extractor_class": Normalised,
        "features_extractor_kwargs": {"normalization": getattr(actor, "normalization", None)},
    }


def export(hidden: Any, last: Mapping[str, Any], actor: PolicyNetwork) -> None:
    """Give an actor the weights of hidden layers, and ``weight`` and ``bias`` of the last one."""
    states = [layer.state_dict() for layer in hidden if isinstance(layer, nn.Linear)] + [last]
    with torch.no_grad():
        for layer, state in zip(actor.layers, states, strict=True):
            if isinstance(layer, nn.Embedding):  # of one-hot vectors: a row for each
                layer.weight.copy_(state["weight"].T + state["bias"])
            else:
                layer.load_state_dict(state)
