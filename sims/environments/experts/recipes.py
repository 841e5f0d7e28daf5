"""How the shipped experts were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments.experts.ars import ARS
from sims.environments.experts.network import Network, Normalization
from sims.environments.experts.ppo import PPO
from sims.environments.experts.training import Recipe

Array = NDArray[Any]


@dataclass(frozen=True)
class Controller:
    """A linear controller written down, not trained: the logit (or the action) is `gain` times `weight @ o`.

    Parameters
    ----------
    weight : tuple of d numbers
    gain : how sharply the stochastic version decides
    """

    weight: tuple[float, ...]
    gain: float

    rounds = 0

    @property
    def method(self) -> str:
        """In words."""
        return f"linear controller written down: right if o . {self.weight} > 0; softmax of {self.gain} times that"

    def advance(self, environment: str, tensors: dict[str, Array], *, seed: int, index: int) -> dict[str, Array]:
        """There is nothing to do."""
        return tensors

    def network(self, tensors: dict[str, Array]) -> Network:
        """Logits of left (0) and right."""
        row = self.gain * np.array(self.weight)
        identity = Normalization(np.zeros(len(row)), np.ones(len(row)))
        return Network(identity, [np.stack([np.zeros(len(row)), row])], [np.zeros(2)])

    def log_std(self, tensors: dict[str, Array]) -> None:
        """Actions are numbered."""


RECIPES: dict[str, Recipe] = {
    "CartPole-v1": Controller((0.3, 0.9, 6.0, 2.0), gain=5.0),
    "Acrobot-v1": PPO(
        rounds=16,
        round_steps=8_192,
        copies=16,
        learning_rate=1e-3,
        options={"n_steps": 128, "batch_size": 256, "n_epochs": 4, "gamma": 0.99, "gae_lambda": 0.94},
    ),
    "LunarLander-v3": PPO(
        rounds=36,
        round_steps=16_384,
        copies=16,
        learning_rate=5e-4,
        options={
            "n_steps": 256,
            "batch_size": 256,
            "n_epochs": 4,
            "gamma": 0.999,
            "gae_lambda": 0.98,
            "ent_coef": 0.01,
        },
    ),
    "InvertedPendulum-v5": ARS(directions=8, top=4, step_size=0.2, noise=0.2, rounds=4),
    "Hopper-v5": ARS(directions=8, top=4, step_size=0.02, noise=0.05, rounds=16, alive_bonus=1.0),
    "HalfCheetah-v5": ARS(directions=4, top=4, step_size=0.02, noise=0.03, rounds=10, iterations=10),
    "Walker2d-v5": PPO(
        rounds=60,
        round_steps=16_384,
        copies=16,
        learning_rate=5e-4,
        options={"n_steps": 128, "batch_size": 256, "n_epochs": 10, "gamma": 0.99, "gae_lambda": 0.95},
    ),
}
