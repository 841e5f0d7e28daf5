"""Episodes of a sampled world, as rectangular arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sims.sampled.simulator import Array, Floats, Mask

if TYPE_CHECKING:
    from sims.datasets import Trajectories


@dataclass(frozen=True, eq=False)
class Rollouts:
    """n episodes of a policy, each of exactly H steps: after termination the absorbing state is walked through.

    Attributes
    ----------
    observations : ``[n, H, ...]``, zeros where the episode is over
    actions : ``[n, H, ...]``, zeros where the episode is over
    rewards : float64 ``[n, H]``, clipped to the declared range; those of the absorbing state where it is over
    alive : bools ``[n, H]``, whether the episode still ran when the step was taken
    terminated : bools ``[n]``, whether the world ended the episode within H steps
    last : ``[n, ...]``, the observation after the last step that was taken
    clipped : number of rewards that left the declared range and were clipped
    """

    observations: Array
    actions: Array
    rewards: Floats
    alive: Mask
    terminated: Mask
    last: Array
    clipped: int

    def __len__(self) -> int:
        return len(self.alive)

    @property
    def returns(self) -> Floats:
        """Sum of the rewards of each episode, ``[n]``."""
        return np.asarray(self.rewards.sum(axis=1))

    @property
    def lengths(self) -> NDArray[np.intp]:
        """Number of steps that each episode took before it was over, ``[n]``."""
        return np.asarray(self.alive.sum(axis=1))

    def trajectories(self) -> Trajectories:
        """The steps that were taken, as recorded data: terminated by the world, or truncated after H steps."""
        from sims.datasets import Trajectories

        n, horizon = self.alive.shape
        states = np.concatenate([self.observations, np.zeros_like(self.observations[:, :1])], axis=1)
        states[np.arange(n), self.lengths] = self.last
        kept = np.arange(horizon + 1) <= self.lengths[:, None]
        return Trajectories(
            states=states[kept],
            actions=self.actions[self.alive],
            rewards=self.rewards[self.alive],
            terminated=self.terminated,
            truncated=~self.terminated,
            offsets=np.concatenate([[0], np.cumsum(self.lengths)]),
        )
