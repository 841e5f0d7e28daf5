"""Augmented random search for linear policies, version V2 (Mania, Guy and Recht 2018, algorithm 1).

Directions of one iteration depend on the seed and the number of the iteration only, so a run which was interrupted
and resumed is, bit for bit, the run that was not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments.experts.evaluation import world_of
from sims.environments.experts.network import Network, Normalization

Array = NDArray[Any]
Floats = NDArray[np.float64]

LEAST_VARIANCE = 1e-8


@dataclass(frozen=True)
class ARS:
    """What to run: `rounds` times `iterations` updates.

    Parameters
    ----------
    directions : N, random directions an update, each tried both ways
    top : b <= N, those of the best roll-outs, along which the weights move
    step_size, noise : alpha and nu
    alive_bonus : what a step pays for not having fallen; taken off while training
    exploration : standard deviation of the actions of the stochastic version
    """

    directions: int
    top: int
    step_size: float
    noise: float
    rounds: int
    iterations: int = 5
    alive_bonus: float = 0.0
    exploration: float = 0.1

    @property
    def method(self) -> str:
        """In words."""
        return (
            f"augmented random search V2 (linear policy): N={self.directions}, b={self.top}, alpha={self.step_size}, "
            f"nu={self.noise}, {self.rounds * self.iterations} updates, alive bonus {self.alive_bonus} left out; "
            f"noise of the stochastic version chosen: {self.exploration}"
        )

    def advance(self, environment: str, tensors: dict[str, Array], *, seed: int, index: int) -> dict[str, Array]:
        """The arrays after round `index`, from those after the round before (none before the first)."""
        world = world_of(environment)
        shape = (*world.action_space.shape, *world.observation_space.shape)
        search = _Search.from_tensors(tensors) if tensors else _Search.start(*shape)
        for iteration in range(index * self.iterations, (index + 1) * self.iterations):
            self._update(world, search, np.random.default_rng([seed, iteration]))
        world.close()
        return search.tensors()

    def network(self, tensors: dict[str, Array]) -> Network:
        """The linear policy."""
        search = _Search.from_tensors(tensors)
        return Network(Normalization(search.mean, search.std), [search.weight], [np.zeros(len(search.weight))])

    def log_std(self, tensors: dict[str, Array]) -> Floats:
        """Logarithms (d,) of the standard deviations of the stochastic version."""
        return np.full(len(tensors["weight"]), np.log(self.exploration))

    def _update(self, world: Any, search: _Search, rng: np.random.Generator) -> None:
        """2 N roll-outs of perturbed policies, then a step along the best directions."""
        deltas = rng.standard_normal((self.directions, *search.weight.shape))
        mean, std = search.mean, search.std  # all roll-outs of one update see the same
        returns = np.empty((self.directions, 2))
        for i, delta in enumerate(deltas):
            for j, sign in enumerate((1.0, -1.0)):
                gain = (search.weight + sign * self.noise * delta) / std
                act = _clipped_affine(gain, -gain @ mean, world.action_space.low, world.action_space.high)
                observed, returns[i, j] = _roll(world, act, int(rng.integers(2**31)), self.alive_bonus)
                search.meet(observed)
        best = np.argsort(-returns.max(1), kind="stable")[: self.top]
        spread = float(returns[best].std())
        if spread > 0:
            along = np.einsum("i,ikd->kd", returns[best, 0] - returns[best, 1], deltas[best])
            search.weight = search.weight + self.step_size / (self.top * spread) * along


@dataclass
class _Search:
    """Weights (k, d) on observations normalised by `mean` and the sums of `squares` (d,) of `steps` observations."""

    weight: Floats
    mean: Floats
    squares: Floats
    steps: int

    @classmethod
    def start(cls, n_actions: int, n_observed: int) -> _Search:
        return cls(np.zeros((n_actions, n_observed)), np.zeros(n_observed), np.zeros(n_observed), 0)

    @classmethod
    def from_tensors(cls, tensors: dict[str, Array]) -> _Search:
        return cls(tensors["weight"], tensors["mean"], tensors["squares"], int(tensors["steps"]))

    def tensors(self) -> dict[str, Array]:
        return {"weight": self.weight, "mean": self.mean, "squares": self.squares, "steps": np.array(self.steps)}

    @property
    def std(self) -> Floats:
        """Standard deviations (d,); 1 before anything was met, and where a number never varied."""
        variance = self.squares / max(self.steps, 1)
        return np.where(variance < LEAST_VARIANCE, 1.0, np.sqrt(variance))

    def meet(self, observations: Floats) -> None:
        """Take observations (n, d) into the statistics (the pairwise update of Chan, Golub and LeVeque)."""
        n, mean = len(observations), observations.mean(0)
        total, shift = self.steps + n, mean - self.mean
        self.squares = self.squares + ((observations - mean) ** 2).sum(0) + shift**2 * self.steps * n / total
        self.mean = self.mean + shift * n / total
        self.steps = total


def _clipped_affine(gain: Floats, offset: Floats, low: Floats, high: Floats) -> Callable[[Floats], Floats]:
    return lambda observation: np.minimum(np.maximum(gain @ observation + offset, low), high)


def _roll(world: Any, act: Callable[[Floats], Floats], seed: int, bonus: float) -> tuple[Floats, float]:
    """The observations acted on (n, d), and the return without the bonus for being alive."""
    observation, _ = world.reset(seed=seed)
    observed, total, over = [], 0.0, False
    while not over:
        observed.append(observation)
        observation, reward, terminated, truncated, _ = world.step(act(observation))
        total += float(reward) - bonus
        over = terminated or truncated
    return np.asarray(observed, dtype=np.float64), total
