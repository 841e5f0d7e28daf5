"""Who acts, at each step one of two policies by a coin; and what an expert answers who only watches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.neural.stored import InvalidCheckpoint
from sims.errors import InvalidArgument
from sims.sampled import ActionLaws, SampledPolicy, Spaces


def answers(expert: SampledPolicy, observations: Any, steps: Any, seed: int) -> NDArray[Any]:
    """One action of an expert in each of m states; the same seed, the same answers."""
    return expert.laws(observations, steps).sample(np.random.default_rng(seed))


def check_answers(expert: SampledPolicy, observations: Any, steps: Any, seed: int, said: NDArray[Any]) -> None:
    """Raise ``InvalidCheckpoint`` unless an expert gives again what was said in these states, but for rounding."""
    again = answers(expert, observations, steps, seed)
    changed = np.count_nonzero(~np.isclose(again, said, rtol=1e-5, atol=1e-6).reshape(len(said), -1).all(-1))
    if changed:
        raise InvalidCheckpoint(
            f"expert answers otherwise in {changed} of {len(said)} states than the one the run has asked so far.\n"
            "  Give the same expert to go on, or another folder."
        )


class StepMixture(SampledPolicy):
    """Acts as the first policy with a probability at each step, else as the second.

    Parameters
    ----------
    first, second : policies of one world
    share : probability of the first, in [0, 1]
    """

    def __init__(self, first: SampledPolicy, second: SampledPolicy, share: float) -> None:
        if not 0 <= share <= 1:
            raise InvalidArgument(f"share={share}: a probability must lie in [0, 1].")
        self._first, self._second, self._share = first, second, float(share)

    def laws(self, observations: Any, steps: Any) -> ActionLaws:
        """Mixtures of the laws of both; those of the one that acts if the coin has one side."""
        if self._share in (0, 1):
            return (self._first if self._share == 1 else self._second).laws(observations, steps)
        return MixedLaws(self._first.laws(observations, steps), self._second.laws(observations, steps), self._share)

    def check(self, spaces: Spaces) -> None:
        """Raise ``InvalidPolicy`` unless both are policies of a world with these spaces."""
        self._first.check(spaces)
        self._second.check(spaces)


class MixedLaws(ActionLaws):
    """``share * first + (1 - share) * second``; densities only if both are with respect to one measure."""

    def __init__(self, first: ActionLaws, second: ActionLaws, share: float) -> None:
        self._first, self._second, self._share = first, second, share
        self.base = first.base if first.base == second.base else "mixed"  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self._first)

    def sample(self, rng: np.random.Generator) -> NDArray[Any]:
        """Draw one action from each law, ``[m, ...]``."""
        ours, theirs = self._first.sample(rng), self._second.sample(rng)
        return np.where((rng.random(len(self)) < self._share).reshape(-1, *(1,) * (ours.ndim - 1)), ours, theirs)

    def log_density(self, actions: Any) -> NDArray[np.float64]:
        """Logarithm of the density at one action of each law, ``[m]``."""
        if self.base == "mixed":
            raise InvalidArgument(
                f"laws with respect to {self._first.base} and {self._second.base} measure have no common density."
            )
        ours, theirs = self._first.log_density(actions), self._second.log_density(actions)
        return np.asarray(np.logaddexp(np.log(self._share) + ours, np.log1p(-self._share) + theirs))

    def rounding(self, actions: Any) -> NDArray[np.float64]:
        """How far rounding may have moved :meth:`log_density`, ``[m]``."""
        return np.asarray(np.maximum(self._first.rounding(actions), self._second.rounding(actions)) + 2.0**-48)
