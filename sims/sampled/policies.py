"""Policies of sampled worlds: from observations to laws of actions with known densities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.sampled.errors import InvalidPolicy
from sims.sampled.laws import ActionLaws, Categorical, Gaussian, GaussianMixture, Point, SquashedGaussian
from sims.sampled.simulator import Array, Spaces

__all__ = [
    "ActionLaws",
    "Categorical",
    "Gaussian",
    "GaussianMixture",
    "Point",
    "SampledPolicy",
    "Smoothed",
    "SquashedGaussian",
    "TabularPolicy",
]


TOLERANCE = Fraction(1, 2**40)
"""By how much, relatively, rounding may take the probability of an action below a policy's least one."""


class SampledPolicy(ABC):
    """A policy that may depend on the observation and the step, and on nothing else.

    Attributes
    ----------
    deterministic : whether every law puts probability 1 on one action; checked whenever it is asked for laws
    stationary : whether laws depend on the observation alone, not on the step; checked at steps 1, 2, 4, 8, ... of one
        observation each
    least_probability : a positive number that no action's probability is ever below, or None if there is none; checked
        like that
    """

    deterministic: bool = False
    stationary: bool = False
    least_probability: Fraction | None = None

    @abstractmethod
    def laws(self, observations: Array, steps: NDArray[np.intp]) -> ActionLaws:
        """Laws of the actions.

        Parameters
        ----------
        observations : ``[m, ...]``
        steps : ints ``[m]``, steps already taken in the episode: 0 at the first action
        """

    def check(self, spaces: Spaces) -> None:  # noqa: B027 (policies that have nothing to check leave it)
        """Raise :class:`InvalidPolicy` if it certainly is no policy of a world with these spaces."""


def laws_of(policy: SampledPolicy, observations: Array, step: int) -> ActionLaws:
    """A policy's laws at one step, which are as it says about itself.

    Parameters
    ----------
    observations : ``[m, ...]``, m at least 1; the policy gets a copy, so what it does to it is not seen by others

    Raises
    ------
    InvalidPolicy
        If there are not m of them, or the policy said that it is deterministic, or stationary, or that no action is
        less likely than some number, and a law is not like that.
    """
    m = len(observations)
    laws = policy.laws(observations.copy(), np.full(m, step))
    if len(laws) != m:
        raise InvalidPolicy(f"{_named(policy)} gives {len(laws)} laws for {m} observations at step {step}.")
    if policy.deterministic and not isinstance(laws, Point):
        sure = isinstance(laws, Categorical) and np.all(np.count_nonzero(laws.probabilities, axis=1) == 1)
        if not sure:
            raise InvalidPolicy(
                f"{_named(policy)} says that it is deterministic, but at step {step} some {type(laws).__name__} law "
                "puts mass on several actions. Set deterministic = False, or return Point or one-hot Categorical laws."
            )
    if policy.stationary and step.bit_count() == 1 and not _alike(policy, observations[:1], step):
        raise InvalidPolicy(
            f"{_named(policy)} says that it is stationary, but its law at step {step} is another than at step 0 where "
            "the observation is the same. Set stationary = False."
        )
    if policy.least_probability is not None:
        least = float(laws.probabilities.min()) if isinstance(laws, Categorical) else 0.0
        if Fraction(least) < policy.least_probability * (1 - TOLERANCE):
            raise InvalidPolicy(
                f"{_named(policy)} says that no action has a probability below {float(policy.least_probability):.6g}, "
                f"but at step {step} some {type(laws).__name__} law gives one {least:.6g}. Correct least_probability, "
                "or set it to None."
            )
    return laws


def _alike(policy: SampledPolicy, observation: Array, step: int) -> bool:
    """Whether an action, drawn from the law of the first step, has the same density at both steps."""
    first, now = (policy.laws(observation.copy(), np.array([h], dtype=np.intp)) for h in (0, step))
    action = first.sample(np.random.default_rng(step))
    return np.array_equal(first.log_density(action), now.log_density(action), equal_nan=True)


def _named(policy: SampledPolicy) -> str:
    return str(getattr(policy, "name", type(policy).__name__))


class TabularPolicy(SampledPolicy):
    """A policy table, for worlds whose observations are the indices of states.

    Parameters
    ----------
    pi : numbers ``[S, A]`` or ``[H, S, A]`` of any number system; used in floats. As everywhere, ``[1, S, A]`` is
        ``[S, A]``, the same law at every step

    Raises
    ------
    InvalidPolicy
        If it has another shape or a row is no distribution.
    """

    def __init__(self, pi: Any) -> None:
        table = np.asarray(ar.midpoint(ar.asarray(pi)), dtype=np.float64)
        if table.ndim not in (2, 3):
            raise InvalidPolicy(f"pi has shape {table.shape} (should be [S, A] or [H, S, A], one policy).")
        rows = Categorical(table.reshape(-1, table.shape[-1])).probabilities
        self.pi = rows.reshape(-1, *table.shape[-2:])
        self.pi.flags.writeable = False
        self.deterministic = bool(np.all((self.pi == 0) | (self.pi == 1)))
        self.stationary = len(self.pi) == 1
        least = float(self.pi.min())
        self.least_probability = Fraction(least) if least > 0 else None

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Categorical:
        if len(self.pi) > 1 and np.max(steps, initial=0) >= len(self.pi):
            raise InvalidPolicy(f"the policy has {len(self.pi)} steps and is asked about step {np.max(steps)}.")
        return Categorical(self.pi[steps if len(self.pi) > 1 else 0, observations])

    def check(self, spaces: Spaces) -> None:
        if spaces.n_actions != self.pi.shape[-1] or spaces.observation_shape != ():
            raise InvalidPolicy(
                f"a table with {self.pi.shape[-1]} actions for each index of a state is no policy of a world with "
                f"observations of shape {spaces.observation_shape} and "
                + (f"{spaces.n_actions} actions." if spaces.discrete else "vector actions.")
            )


class Smoothed(SampledPolicy):
    """A policy that takes some action at random with a small probability, so that it may take every action.

    Parameters
    ----------
    policy : with numbered actions
    n_actions : number of actions
    weight : number in (0, 1], the probability of an action drawn uniformly

    Raises
    ------
    InvalidPolicy
        If the weight is out of range, or (when asked for laws) the policy's actions are vectors.
    """

    def __init__(self, policy: SampledPolicy, n_actions: int, weight: Any) -> None:
        self.policy, self.n_actions, self.weight = policy, n_actions, Fraction(weight)
        self.stationary = policy.stationary
        if not 0 < self.weight <= 1:
            raise InvalidPolicy(f"weight={weight}: must lie in (0, 1].")
        self.least_probability = self.weight / n_actions

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Categorical:
        law = self.policy.laws(observations, steps)
        if not isinstance(law, Categorical):
            raise InvalidPolicy(
                f"a policy with laws of type {type(law).__name__} cannot be smoothed: number its actions."
            )
        return Categorical((1 - float(self.weight)) * law.probabilities + float(self.weight) / self.n_actions)

    def check(self, spaces: Spaces) -> None:
        if spaces.n_actions != self.n_actions:
            raise InvalidPolicy(f"smoothed over {self.n_actions} actions; the world has {spaces.n_actions}.")
        self.policy.check(spaces)
