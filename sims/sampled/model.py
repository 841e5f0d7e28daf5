"""Finite-horizon decision processes that can only be sampled."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np

from sims.arithmetic import INTERVAL
from sims.errors import InvalidArgument, require
from sims.sampled.errors import InvalidPolicy, InvalidSimulator, NotEstimable
from sims.sampled.laws import ActionLaws
from sims.sampled.policies import SampledPolicy, laws_of
from sims.sampled.rollouts import Rollouts
from sims.sampled.simulator import Array, Floats, Mask, Simulator, Spaces
from sims.tabular import TabularMDP

COPIES = 512
"""Episodes that run side by side at most."""

TABLES = frozenset(dir(TabularMDP)) | {
    "mu", "n_states", "next_state_reward", "transitions", "terminal", "batch_shape",
}  # fmt: skip
"""What tabular models have and sampled ones cannot."""


ARRAYS = ("observations", "actions", "rewards", "alive", "terminated", "last")
"""Arrays of roll-outs."""


class Moment(NamedTuple):
    """One step of the episodes that still run, m of n.

    Attributes
    ----------
    step : steps taken before, from 0
    running : bools ``[n]``, with m true
    observations : ``[m, ...]``, before the step
    laws : of the action, one for each policy
    actions : ``[m, ...]``
    rewards : float64 ``[m]``, clipped to the declared range
    following : ``[m, ...]``, observations after the step
    terminated : bools ``[m]``
    clipped : number of rewards that were clipped
    """

    step: int
    running: Mask
    observations: Array
    laws: tuple[ActionLaws, ...]
    actions: Array
    rewards: Floats
    following: Array
    terminated: Mask
    clipped: int


@dataclass(frozen=True)
class StatesAlong:
    """The laws of the states along a policy, of which nothing is known but episodes."""

    policy: SampledPolicy


class SampledMDP:
    """A decision process with a horizon of which only episodes are seen.

    It has exactly H actions and H rewards. When the world terminates, an absorbing state follows that pays 0 and in
    which all policies act alike; a time limit other than H does not exist. Rewards are clipped to the declared range:
    what is said about this process is said about clipped rewards.

    Parameters
    ----------
    make : function of n, returns a :class:`Simulator` of n copies
    horizon : number H of steps, at least 1
    rewards : numbers (low, high) with ``low <= 0 <= high``, the declared range
    name : of the world
    spaces : what its observations and actions look like

    Attributes
    ----------
    horizon, name, spaces : as given
    system : intervals, which what is said about it is made of
    rewards_range : Fractions (low, high), between which it pays
    absorbing_reward : what the absorbing state pays, 0 unless rescaled
    description : the process in words, with its horizon, range and clip

    Raises
    ------
    InvalidArgument
        If the horizon or the range is none.
    """

    discount = None
    system = INTERVAL

    def __init__(
        self,
        make: Callable[[int], Simulator],
        *,
        horizon: int,
        rewards: tuple[Any, Any],
        name: str,
        spaces: Spaces,
    ) -> None:
        if not callable(make):
            raise InvalidArgument(f"make={make!r:.60} must be a function of n that returns a Simulator of n copies.")
        if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 1:
            raise InvalidArgument(f"horizon={horizon!r}: must be an integer number of steps, at least 1.")
        require("spaces", spaces, Spaces, "Spaces(observation_shape=(4,), n_actions=2)")
        self._make = make
        self._idle: Simulator | None = None
        self.horizon, self.name, self.spaces = int(horizon), str(name), spaces
        self.clip = _range(rewards)
        self.rewards_range, self.absorbing_reward = self.clip, Fraction(0)

    def rescaled(self) -> Self:
        """The same process with rewards ``(r - low) / (high - low)``, so in [0, 1]; also in the absorbing state."""
        new, (low, high) = copy.copy(self), self.clip
        new.rewards_range, new.absorbing_reward = (Fraction(0), Fraction(1)), -low / (high - low)
        return new

    @property
    def is_rescaled(self) -> bool:
        """Whether rewards are shares of the declared range."""
        return self.rewards_range != self.clip

    @property
    def n_actions(self) -> int:
        """Number of actions.

        Raises
        ------
        NotEstimable
            If actions are vectors.
        """
        if self.spaces.n_actions is None:
            raise NotEstimable(f"{self.name} has vector actions: there is no number of them.")
        return self.spaces.n_actions

    @property
    def description(self) -> str:
        """The process in words."""
        low, high = self.clip
        paid = f", then rescaled to [0, 1] ({low} to 0, {high} to 1)" if self.is_rescaled else ""
        return (
            f"{self.name} for exactly {self.horizon} steps, absorbing with reward 0 after termination, "
            f"rewards clipped to [{_plain(low)}, {_plain(high)}]{paid}"
        )

    def simulator(self, n: int) -> Simulator:
        """Make n new copies of the world, without horizon, clip or absorbing state.

        Parameters
        ----------
        n : number of copies, at least 1

        Raises
        ------
        InvalidArgument
            If n is none.
        InvalidSimulator
            If ``make`` returned something else.
        """
        if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
            raise InvalidArgument(f"n={n!r}: must be a whole number of copies, at least 1.")
        simulator = self._make(int(n))
        if not isinstance(simulator, Simulator) or simulator.n != n:
            got = f"{simulator.n} copies" if isinstance(simulator, Simulator) else f"a {type(simulator).__name__}"
            raise InvalidSimulator(
                f"make({n}) returned {got}: make must be a function of n that returns a Simulator of n copies."
            )
        return simulator

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_idle": None}  # handles of physics and games are of one process

    def __repr__(self) -> str:
        return f"<SampledMDP: {self.description}>"

    def __getattr__(self, name: str) -> NoReturn:
        if name in TABLES:
            raise NotEstimable(
                f"{name} of {self.__dict__.get('name', 'a sampled world')} is not known: the world is only sampled, it "
                "has no table of states. Quantities with a sampled counterpart, such as il.value, il.gap and "
                "il.error_rate, take a SampledMDP."
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def state_occupancy(self, pi: SampledPolicy) -> StatesAlong:
        """The laws of the states along a policy, for quantities that are means over them; they are no arrays."""
        require("pi", pi, SampledPolicy, "sims.sampled.TabularPolicy(pi)")
        return StatesAlong(pi)

    def roll(self, policy: SampledPolicy, n: int, rng: np.random.Generator) -> Rollouts:
        """Sample n independent episodes of a policy.

        Parameters
        ----------
        n : number of episodes, at least 1
        rng : all randomness; equal generators give equal episodes

        Raises
        ------
        InvalidPolicy, InvalidSimulator
            If an action law or a reward is none.
        """
        parts = [self._roll(policy, size, rng) for size in portions(n)]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
        return Rollouts(**joined, clipped=sum(part.clipped for part in parts))

    def _roll(self, policy: SampledPolicy, n: int, rng: np.random.Generator) -> Rollouts:
        alive, terminated = np.zeros((n, self.horizon), dtype=np.bool_), np.zeros(n, dtype=np.bool_)
        rewards, clipped = np.full((n, self.horizon), float(self.absorbing_reward)), 0
        arrays: list[Array] = []
        for moment in self.walk((policy,), n, rng):
            h, running = moment.step, moment.running
            if not arrays:
                arrays = [
                    np.zeros((n, *size, *x.shape[1:]), dtype=x.dtype)
                    for x, size in (
                        (moment.observations, (self.horizon,)),
                        (moment.actions, (self.horizon,)),
                        (moment.following, ()),
                    )
                ]
            observations, actions, last = arrays
            observations[running, h], actions[running, h] = moment.observations, moment.actions
            rewards[running, h], last[running] = moment.rewards, moment.following
            alive[:, h], terminated[running] = running, moment.terminated
            clipped += moment.clipped
        return Rollouts(observations, actions, rewards, alive, terminated, last, clipped)

    def walk(
        self,
        policies: Sequence[SampledPolicy],
        n: int,
        rng: np.random.Generator,
        *,
        others: Sequence[SampledPolicy] = (),
    ) -> Iterator[Moment]:
        """Run n episodes side by side and yield each step of those that still run.

        Parameters
        ----------
        policies : each episode is drawn from one of them, all with the same chance, and follows it to its end
        others : policies that do not act, but whose laws are wanted, too
        n : number of episodes, at most ``COPIES``

        Yields
        ------
        Moment
            With the laws of ``policies``, then those of ``others``.
        """
        everyone = (*policies, *others)
        for policy in everyone:
            require("policy", policy, SampledPolicy, "sims.sampled.TabularPolicy(pi)")
            policy.check(self.spaces)
        simulator = self.simulator(n) if self._idle is None or self._idle.n != n else self._idle
        self._idle = None  # another walk that begins before this one ends gets copies of its own
        yield from self._walk(simulator, everyone, len(policies), rng)
        self._idle = simulator

    def _walk(
        self, simulator: Simulator, policies: Sequence[SampledPolicy], acting: int, rng: np.random.Generator
    ) -> Iterator[Moment]:
        n = simulator.n
        world, actor = rng.spawn(2)
        chosen = actor.integers(acting, size=n)
        observations, running = np.asarray(simulator.reset(world)), np.ones(n, dtype=np.bool_)
        self._check_observations(observations, n)
        for step in range(self.horizon):
            seen = observations[running]
            laws = tuple(laws_of(policy, seen, step) for policy in policies)
            taken = self._act(laws[:acting], chosen[running], actor)
            actions = self.spaces.no_actions(n)
            actions[running] = taken
            following, raw, terminated = simulator.step(actions)
            rewards, clipped = self._rewards(np.asarray(raw, dtype=np.float64)[running], step)
            over = np.asarray(terminated)[running]
            yield Moment(step, running.copy(), seen, laws, taken, rewards, following[running], over, clipped)
            running[running] = ~over
            observations = following
            if not running.any():
                return

    def _act(self, laws: Sequence[ActionLaws], chosen: Array, rng: np.random.Generator) -> Array:
        """An action for each running episode, from the law of the policy it follows."""
        drawn = [np.asarray(law.sample(rng)) for law in laws]
        taken = drawn[0]
        for i, actions in enumerate(drawn[1:], 1):
            taken = np.where((chosen == i).reshape(-1, *(1,) * (taken.ndim - 1)), actions, taken)
        shape = (len(chosen), *self.spaces.action_shape)
        if taken.shape != shape or (taken.dtype.kind not in "iu") == self.spaces.discrete:
            raise InvalidPolicy(
                f"a policy drew actions of shape {taken.shape} and type {taken.dtype}; {self.name} takes {shape}, "
                f"{'whole numbers' if self.spaces.discrete else 'floats'}."
            )
        if self.spaces.n_actions is not None and np.any((taken < 0) | (taken >= self.spaces.n_actions)):
            raise InvalidPolicy(
                f"a policy drew the action {taken.max()}; {self.name} has {self.spaces.n_actions} of them."
            )
        return taken

    def _rewards(self, raw: Floats, step: int) -> tuple[Floats, int]:
        """Rewards as they are paid, and how many of them left the declared range."""
        if not np.all(np.isfinite(raw)):
            raise InvalidSimulator(f"{self.name} paid {raw[~np.isfinite(raw)][0]} at step {step}: no finite number.")
        low, high = (float(end) for end in self.clip)
        beyond = int(np.sum((raw < low) | (raw > high)))
        paid = np.clip(raw, low, high)
        return (paid - low) / (high - low) if self.is_rescaled else paid, beyond

    def _check_observations(self, observations: Array, n: int) -> None:
        if observations.shape != (n, *self.spaces.observation_shape):
            raise InvalidSimulator(
                f"reset returned observations of shape {observations.shape}; {n} copies of {self.name} have "
                f"{(n, *self.spaces.observation_shape)}."
            )


def portions(n: int) -> list[int]:
    """Numbers of episodes to run side by side, one after another, of n at least 1 in all."""
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InvalidArgument(f"n={n!r}: must be a whole number of episodes, at least 1.")
    full, rest = divmod(int(n), COPIES)
    return [COPIES] * full + [rest] * (rest > 0)


def _range(rewards: Any) -> tuple[Fraction, Fraction]:
    try:
        low, high = (Fraction(end) for end in rewards)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgument(f"rewards={rewards!r:.60}: give two finite numbers, (low, high).") from None
    if not low <= 0 <= high or low == high:
        raise InvalidArgument(
            f"rewards=({low}, {high}): must be low <= 0 <= high, low < high, because the absorbing state after "
            "termination pays 0."
        )
    return low, high


def _plain(x: Fraction) -> str:
    return str(x) if x.denominator < 1000 else f"{float(x):g}"
