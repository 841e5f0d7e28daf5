"""What an expert does: its network as action laws, deterministic and stochastic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.network import Floats, Network, softmax
from sims.sampled import (
    ActionLaws,
    Categorical,
    Gaussian,
    InvalidPolicy,
    Point,
    SampledPolicy,
    Spaces,
    SquashedGaussian,
)

Array = NDArray[Any]

LOG_STD_RANGE = (-20.0, 2.0)
"""Between which stable-baselines3's SAC keeps the logarithms of its standard deviations."""


class NetworkPolicy(SampledPolicy):
    """The parts that all policies of networks share.

    Parameters
    ----------
    network : from one observation, a vector of `n_inputs` numbers
    spaces : of the world that it is a policy of

    Raises
    ------
    InvalidExpert
        If the network takes other observations, or has another number of outputs than the actions ask for.
    """

    stationary = True

    def __init__(self, network: Network, spaces: Spaces) -> None:
        self.network, self.spaces = _fitting(network, spaces), spaces

    def check(self, spaces: Spaces) -> None:
        """Raise `InvalidPolicy` unless observations and actions have the form that the expert knows."""
        for what, own, theirs in (
            ("observations of shape", self.spaces.observation_shape, spaces.observation_shape),
            ("a number of actions", self.spaces.n_actions, spaces.n_actions),
            ("action vectors of shape", self.spaces.action_shape, spaces.action_shape),
        ):
            if own != theirs:
                raise InvalidPolicy(f"the expert knows {what} {own}; this world has {theirs}: it is another world's.")


class Greedy(NetworkPolicy):
    """The deterministic version: the numbered action of the largest output, or the output clipped to the range."""

    deterministic = True

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> ActionLaws:
        """All mass on one action: `Categorical` for numbered actions, `Point` for vectors."""
        outputs = self.network(observations)
        if self.spaces.discrete:
            return Categorical(np.eye(self.network.n_outputs)[outputs.argmax(axis=-1)])
        return Point(np.clip(outputs, self.spaces.action_low, self.spaces.action_high))


class Boltzmann(NetworkPolicy):
    """Numbered actions with probabilities proportional to the exponentials of the outputs."""

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Categorical:
        """Softmax of the outputs."""
        return Categorical(softmax(self.network(observations)))


class Noisy(NetworkPolicy):
    """Action vectors around the outputs, with the same normal noise everywhere.

    Parameters
    ----------
    log_std : array (d,), logarithms of the standard deviations
    clip_mean : whether the noise is around the deterministic action, or around the output as it is

    Notes
    -----
    Drawn actions may leave the range of the world, as stable-baselines3's do before it clips them: their densities
    would have no closed form otherwise. MuJoCo clamps what its motors do; costs of control are on actions as drawn.
    """

    def __init__(self, network: Network, spaces: Spaces, log_std: ArrayLike, *, clip_mean: bool) -> None:
        super().__init__(network, spaces)
        self.std: Floats = np.exp(np.asarray(log_std, dtype=np.float64))
        self.clip_mean = clip_mean
        if self.std.shape != spaces.action_shape or not np.isfinite(self.std).all():
            wanted = f"should be {spaces.action_shape[0]} finite numbers"
            raise InvalidExpert(f"log_std is {np.array2string(np.asarray(log_std))} ({wanted}).")

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Gaussian:
        """Normal laws."""
        mean = self.network(observations)
        if self.clip_mean:
            mean = np.clip(mean, self.spaces.action_low, self.spaces.action_high)
        return Gaussian(mean, self.std)


class Squashed(NetworkPolicy):
    """Deterministic: the tanh of the outputs, stretched to the range of the actions."""

    deterministic = True

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Point:
        """All mass on one action."""
        low, high = (np.asarray(end) for end in (self.spaces.action_low, self.spaces.action_high))
        return Point(low + (high - low) * (np.tanh(self.network(observations)) + 1) / 2)


class SquashedNoise(NetworkPolicy):
    """Normal laws sent through tanh into the range of the actions, their noise a network of the observation.

    Parameters
    ----------
    log_std : network with one output an entry of the action; kept in [-20, 2] as stable-baselines3 does
    """

    def __init__(self, network: Network, spaces: Spaces, log_std: Network) -> None:
        super().__init__(network, spaces)
        self.log_std = _fitting(log_std, spaces)

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> SquashedGaussian:
        """Squashed normal laws."""
        std = np.exp(np.clip(self.log_std(observations), *LOG_STD_RANGE))
        return SquashedGaussian(self.network(observations), std, self.spaces.action_low, self.spaces.action_high)


def _fitting(network: Network, spaces: Spaces) -> Network:
    """A network from observations to one number for each action, or each entry of one."""
    if spaces.observation_shape != (network.n_inputs,):
        raise InvalidExpert(
            f"the network takes {network.n_inputs} numbers; observations have shape {spaces.observation_shape}."
        )
    wanted = spaces.n_actions if spaces.discrete else spaces.action_shape[0]
    if network.n_outputs != wanted:
        raise InvalidExpert(f"the network has {network.n_outputs} outputs; the actions ask for {wanted}.")
    return network
