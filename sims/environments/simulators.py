"""Any Gymnasium environment as a simulator: single environments in a loop, CartPole in one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import described, extra, make
from sims.environments._spaces import spaces_of
from sims.environments.errors import InvalidEnvironment
from sims.environments.restorable import RestorableSimulator, Snapshot, seeds
from sims.sampled import Step
from sims.sampled.simulator import Array

ENDLESS = 2**31 - 1
"""Steps after which Gymnasium's own vector environments would truncate: none that anybody takes."""


def gymnasium_simulator(id: str, n: int, **make_kwargs: Any) -> RestorableSimulator:
    """Copies of a Gymnasium environment, without its registered time limit and without automatic resets.

    CartPole is stepped in one array by Gymnasium's own vector environment, with the dynamics of the single one, bit
    for bit; anything else is single environments, one after another.

    Parameters
    ----------
    id : registered id, such as ``LunarLander-v3``, ``Acrobot-v1`` or ``ALE/Pong-v5``
    n : number of copies
    make_kwargs : for ``gymnasium.make``, such as ``obs_type="ram"``

    Raises
    ------
    InvalidEnvironment
        If there is no such id (with the nearest one), a package is missing (with the command that installs it), or
        observations and actions are of a kind that sampled worlds do not have.
    """
    if "max_episode_steps" in make_kwargs:
        raise InvalidEnvironment(
            "max_episode_steps: simulators have no time limit; give the sampled world its horizon=H instead."
        )
    simulator = CartPoleSimulator if id == "CartPole-v1" else GymnasiumSimulator
    return simulator(id, n, **make_kwargs)


@dataclass(frozen=True, eq=False)
class Past:
    """The history of an environment: what was before, then an action, or a seed where it started or drew anew."""

    before: Past | None
    action: Any = None
    seed: int | None = None

    def events(self) -> list[Past]:
        """From the start."""
        events, event = [], self
        while event.before is not None:
            events.append(event)
            event = event.before
        return [event, *reversed(events)]


class GymnasiumSimulator(RestorableSimulator):
    """n single environments; see :func:`gymnasium_simulator`.

    Notes
    -----
    An environment's state is its history, seeds and actions: it is restored by living through them again, which takes
    as long as it took, and works for physics engines that cannot be copied (a copy of an environment that derives from
    ``EzPickle`` silently starts anew). What it observes at the end must be what was observed before.
    """

    def __init__(self, id: str, n: int, **options: Any) -> None:
        unlimited = {"max_episode_steps": -1, "disable_env_checker": True, **options}
        first = make(id, unlimited)
        super().__init__(described(id, options), n, spaces_of(first, id))
        self._envs = [first, *(make(id, unlimited) for _ in range(self.n - 1))]
        self._pasts: list[Past] = []

    def _start(self, rng: np.random.Generator) -> Array:
        self._pasts = [Past(None, seed=seed) for seed in seeds(rng, self.n)]
        return np.stack([env.reset(seed=past.seed)[0] for env, past in zip(self._envs, self._pasts, strict=True)])

    def _move(self, actions: Array, moving: NDArray[np.intp]) -> Step:
        returned = []
        for i in moving:
            action = actions[i].copy()
            observation, reward, terminated, truncated, _ = self._envs[i].step(action)
            if truncated:
                raise InvalidEnvironment(
                    f"{self.name} cut an episode after {len(self._pasts[i].events())} steps by a limit of its own, "
                    "which is no end of the world.\n  Make it without that limit, or declare a shorter horizon."
                )
            self._pasts[i] = Past(self._pasts[i], action)
            returned.append((observation, reward, terminated))
        observations, rewards, terminated = zip(*returned, strict=True)
        return Step(np.stack(observations), np.array(rewards, np.float64), np.array(terminated, np.bool_))

    def _states(self) -> NDArray[np.object_]:
        states = np.empty(self.n, dtype=object)
        states[:] = self._pasts
        return states

    def _resume(self, snapshot: Snapshot, rng: np.random.Generator | None) -> None:
        if not all(isinstance(past, Past) for past in snapshot.states):
            raise InvalidEnvironment(f"snapshot was taken of another world than {self.name}.")
        if rng is not None and hasattr(self._envs[0].unwrapped, "ale"):
            raise InvalidEnvironment(
                f"{self.name} draws inside its emulator, which takes no new generator half-way.\n"
                "  Use atari_simulator, or restore without rng."
            )
        for env, past, expected in zip(self._envs, snapshot.states, snapshot.observations, strict=True):
            if not np.array_equal(_relive(env, past), expected, equal_nan=True):
                raise InvalidEnvironment(
                    f"{self.name} observed something else when its history was lived through again: its seed and "
                    "actions do not determine it, so it cannot be restored."
                )
        self._pasts = list(snapshot.states)
        if rng is not None:
            self._pasts = [Past(past, seed=seed) for past, seed in zip(self._pasts, seeds(rng, self.n), strict=True)]
            for env, past in zip(self._envs, self._pasts, strict=True):
                _draw_anew(env, past)


def _relive(env: Any, past: Past) -> Array:
    """Bring an environment to the end of a history; what it observes there."""
    start, *rest = past.events()
    observation, _ = env.reset(seed=start.seed)
    for event in rest:
        if event.seed is None:
            observation, *_ = env.step(event.action)
        else:
            _draw_anew(env, event)
    return np.asarray(observation)


def _draw_anew(env: Any, event: Past) -> None:
    env.unwrapped.np_random = np.random.default_rng(event.seed)


class CartPoleSimulator(RestorableSimulator):
    """n carts in one array, by Gymnasium's own vector environment; see :func:`gymnasium_simulator`."""

    def __init__(self, id: str, n: int, **options: Any) -> None:
        vectors = {"vectorization_mode": "vector_entry_point", "max_episode_steps": ENDLESS}
        single = make(id, options)  # says what is wrong with the options
        super().__init__(described(id, options), n, spaces_of(single, id))
        self._carts = extra("gymnasium").make_vec(id, num_envs=self.n, **vectors, **options)

    def _start(self, rng: np.random.Generator) -> Array:
        observations, _ = self._carts.reset(seed=int(rng.integers(2**31)))
        return np.asarray(observations)

    def _move(self, actions: Array, moving: NDArray[np.intp]) -> Step:
        self._carts.unwrapped.prev_done[:] = False  # or it would start the carts that fell anew
        observations, rewards, terminated, _, _ = self._carts.step(actions)
        return Step(observations[moving], rewards[moving].astype(np.float64), terminated[moving])

    def _states(self) -> NDArray[np.float64]:
        return np.array(self._carts.unwrapped.state.T)

    def _resume(self, snapshot: Snapshot, rng: np.random.Generator | None) -> None:
        if snapshot.states.dtype != np.float64 or snapshot.states.shape[1:] != (4,):
            raise InvalidEnvironment(f"snapshot was taken of another world than {self.name}.")
        self._carts.reset(seed=0)  # counts its steps from here
        self._carts.unwrapped.state = np.array(snapshot.states.T)
