"""The policy that draws all actions alike: what a learner has to beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.sampled.errors import InvalidPolicy
from sims.sampled.laws import ActionLaws, Array, Categorical, Floats
from sims.sampled.policies import SampledPolicy
from sims.sampled.simulator import Spaces


class UniformBox(ActionLaws):
    """m uniform laws on one box of vectors.

    Parameters
    ----------
    low, high : floats ``[d]``, ``low < high``
    m : number of laws
    """

    base = "lebesgue"

    def __init__(self, low: Any, high: Any, m: int) -> None:
        self.low, self.high = (np.asarray(end, dtype=np.float64) for end in (low, high))
        if not np.all(np.isfinite(self.high - self.low) & (self.low < self.high)):
            raise InvalidPolicy(f"the box from {self.low} to {self.high} has no uniform law (ends must be finite).")
        self._m = m

    def __len__(self) -> int:
        return self._m

    def sample(self, rng: np.random.Generator) -> Floats:
        return rng.uniform(self.low, self.high, (self._m, *self.low.shape))

    def log_density(self, actions: Array) -> Floats:
        inside = np.all((actions >= self.low) & (actions <= self.high), axis=1)
        return np.where(inside, -np.log(self.high - self.low).sum(), -np.inf)

    def rounding(self, actions: Array) -> Floats:
        return np.full(self._m, 2.0**-48 * (1 + np.abs(np.log(self.high - self.low)).sum()))


class UniformPolicy(SampledPolicy):
    """Every action alike, wherever it is.

    Parameters
    ----------
    spaces : of the world; boxes of actions must have finite ends
    """

    stationary = True

    def __init__(self, spaces: Spaces) -> None:
        self.spaces = spaces

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> ActionLaws:
        m, n_actions = len(observations), self.spaces.n_actions
        if n_actions is not None:
            return Categorical(np.full((m, n_actions), 1 / n_actions))
        return UniformBox(self.spaces.action_low, self.spaces.action_high, m)
